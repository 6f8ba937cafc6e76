/* SPDX-License-Identifier: Apache-2.0 */
/* A result read: its own claims, all of its appraisals checked, and the walks over what it holds. */
#include "format/ear/claims.h"

/* What must be there. */
enum { SEEN_IAT = 1, SEEN_SUBMODS = 2, SEEN_VERIFIER_ID = 4, SEEN_ALL = 7 };

typedef struct {
    dual_reader reader;
    const char *where;
    uint32_t seen;
    uint8_t worst; /* status of all appraisals */
} decoder;

static bool begins_json(tps_span claims)
{
    for (size_t i = 0; i < claims.size; i++) {
        if (claims.data[i] != ' ' && claims.data[i] != '\n' && claims.data[i] != '\r' &&
            claims.data[i] != '\t') {
            return claims.data[i] == '{';
        }
    }
    return false;
}

/* ---- the profile comes first: it says by which names the others go ---- */

static tps_span find_profile(dual_reader *r)
{
    dual_list list = dual_enter_map(r);

    while (dual_next(r, &list)) {
        dual_key key = dual_get_key(r);
        if (dual_key_is(r, &key, ear_label(EAR_PROFILE), ear_name(EAR_PROFILE, TPS_EAR_2023))) {
            return dual_peek(r) == DUAL_TEXT ? dual_get_text(r) : TPS_SPAN_EMPTY;
        }
        dual_skip(r);
    }
    return TPS_SPAN_EMPTY;
}

/* ---- times ---- */

/* Writers of the first generation have 1.666529184e+09: the same second, written otherwise. */
static int64_t read_number(dual_reader *r)
{
    double number = json_get_double(&r->json);

    return number >= 0 && number <= 9007199254740991.0 && (double)(int64_t)number == number ? (int64_t)number
                                                                                            : -1;
}

static int64_t read_time(dual_reader *r, uint32_t generation)
{
    int64_t seconds = -1;

    if (dual_peek(r) == DUAL_INT) {
        seconds = dual_get_int(r);
    } else if (r->is_json && generation == TPS_EAR_2023 && json_peek(&r->json) == JSON_NUMBER) {
        seconds = read_number(r);
    }
    if (dual_status(r) != TPS_OK || seconds < 0) {
        dual_rename(r, TPS_EAR_BAD_TIME);
        return 0;
    }
    return seconds;
}

/* ---- what a result says of itself ---- */

static void read_verifier_id(decoder *d, tps_ear *out)
{
    dual_reader *r = &d->reader;
    dual_list list = dual_enter_map(r);

    while (dual_next(r, &list)) {
        dual_key key = dual_get_key(r);
        if (dual_key_is(r, &key, 0, "developer")) {
            out->developer = dual_get_text(r);
        } else if (dual_key_is(r, &key, 1, "build")) {
            out->build = dual_get_text(r);
        } else {
            out->unknown_count++;
            dual_skip(r);
        }
    }
    if (dual_status(r) == TPS_OK && (out->developer.size == 0 || out->build.size == 0)) {
        dual_fail(r, TPS_EAR_BAD_CLAIM);
    }
}

/* Bytes; in the newest drafts a wrapper around them. */
static void read_raw_evidence(decoder *d, tps_ear *out)
{
    if (dual_peek(&d->reader) == DUAL_ARRAY) {
        out->raw_evidence = dual_skip(&d->reader);
        out->present |= TPS_EAR_HAS_RAW_CMW;
    } else {
        out->raw_evidence = dual_get_bytes(&d->reader);
    }
}

/* One, or a list of them (RFC 7519, 4.1.3). */
static tps_span read_audience(dual_reader *r)
{
    const uint8_t *start = dual_place(r);
    dual_list list;

    if (dual_peek(r) == DUAL_TEXT) {
        return dual_skip(r);
    }
    list = dual_enter_array(r);
    while (dual_next(r, &list)) {
        if (dual_peek(r) != DUAL_TEXT) {
            dual_fail(r, TPS_EAR_BAD_CLAIM);
        }
        dual_skip(r);
    }
    return dual_since(r, start);
}

/* Whoever uses it reads it: tps_cwt_confirmation_decode(), or RFC 7800's in JSON. */
static tps_span read_confirmation(dual_reader *r)
{
    if (dual_peek(r) != DUAL_MAP) {
        dual_fail(r, TPS_EAR_BAD_CLAIM);
    }
    return dual_skip(r);
}

static void read_submods(decoder *d, tps_ear *out)
{
    dual_reader *r = &d->reader;
    const uint8_t *start = dual_place(r);
    dual_list list = dual_enter_map(r);

    d->worst = TPS_EAR_TIER_AFFIRMING;
    while (dual_next(r, &list)) {
        tps_buf scratch = r->room == NULL ? TPS_BUF_MEASURE : *r->room;
        tps_buf *room = r->room;
        tps_ear_appraisal appraisal;
        dual_key name = dual_get_key(r);
        if (name.is_int || name.text.raw.size == 0) {
            dual_fail(r, TPS_EAR_BAD_CLAIM);
        }
        r->room = room == NULL ? NULL : &scratch; /* read only to be checked: nothing of it is kept */
        ear_read_appraisal(r, out->generation, &appraisal, &d->where);
        r->room = room;
        if (ear_rank(appraisal.status) > ear_rank(d->worst)) {
            d->worst = appraisal.status;
        }
        out->submod_count++;
    }
    if (dual_status(r) == TPS_OK && out->submod_count == 0) {
        d->where = "submods";
        dual_fail(r, TPS_EAR_NO_APPRAISAL);
    }
    out->submods = dual_since(r, start);
}

static void read_claim(decoder *d, tps_ear *out)
{
    dual_reader *r = &d->reader;
    dual_key key = dual_get_key(r);
    uint32_t claim = ear_claim_of(r, &key, out->generation, false);

    d->where = claim == EAR_UNKNOWN ? "result" : ear_name(claim, TPS_EAR_2026);
    switch (claim) {
    case EAR_ISS: out->issuer = dual_get_text(r); break;
    case EAR_AUD: out->audience = read_audience(r); break;
    case EAR_EXP:
        out->exp = read_time(r, out->generation);
        out->present |= TPS_EAR_HAS_EXP;
        break;
    case EAR_NBF:
        out->nbf = read_time(r, out->generation);
        out->present |= TPS_EAR_HAS_NBF;
        break;
    case EAR_IAT:
        out->iat = read_time(r, out->generation);
        d->seen |= SEEN_IAT;
        break;
    case EAR_CNF: out->confirmation = read_confirmation(r); break;
    case EAR_NONCE: out->nonce = ear_read_nonce(r); break;
    case EAR_SUBMODS:
        read_submods(d, out);
        d->seen |= SEEN_SUBMODS;
        break;
    case EAR_STATUS:
        out->status = ear_read_status(r);
        out->present |= TPS_EAR_HAS_STATUS;
        break;
    case EAR_RAW_EVIDENCE: read_raw_evidence(d, out); break;
    case EAR_VERIFIER_ID:
        read_verifier_id(d, out);
        d->seen |= SEEN_VERIFIER_ID;
        break;
    case EAR_PROFILE: dual_skip(r); break; /* read before */
    default:
        out->unknown_count++;
        dual_skip(r);
        break;
    }
}

static void judge(decoder *d, const tps_ear *out)
{
    if (dual_status(&d->reader) != TPS_OK) {
        return;
    }
    if ((d->seen & SEEN_ALL) != SEEN_ALL) {
        d->where = (d->seen & SEEN_IAT) == 0       ? "iat"
                   : (d->seen & SEEN_SUBMODS) == 0 ? "submods"
                                                   : "ear_verifier_id";
        dual_fail(&d->reader, TPS_EAR_CLAIM_MISSING);
    } else if ((out->present & TPS_EAR_HAS_STATUS) != 0 && ear_rank(out->status) < ear_rank(d->worst)) {
        d->where = "ear_status";
        dual_fail(&d->reader, TPS_EAR_STATUS_TOO_GOOD);
    }
}

/* What is wrong with a type is wrong with the claim. */
static tps_status finish(const decoder *d, tps_error *why)
{
    tps_status status = dual_status(&d->reader);

    switch (status) {
    case TPS_OK: return TPS_OK;
    case TPS_CBOR_UNEXPECTED_TYPE:
    case TPS_CBOR_OUT_OF_RANGE:
    case TPS_CBOR_INDEFINITE:
    case TPS_JSON_UNEXPECTED_TYPE:
    case TPS_BAD_BASE64: status = TPS_EAR_BAD_CLAIM; break;
    default: break;
    }
    return tps_fail(why, status, dual_offset(&d->reader), d->where);
}

tps_status tps_ear_decode(tps_span claims, tps_buf *room, tps_ear *out, tps_error *why)
{
    bool is_json = begins_json(claims);
    decoder d = {.reader = dual_reader_init(claims, is_json, room), .where = "eat_profile"};
    dual_reader first = dual_reader_init(claims, is_json, room);
    tps_ear ear = {.is_json = is_json};
    dual_list list;

    TPS_TRY(dual_check(claims, is_json, &tps_cbor_limits_message, &json_limits_message, why));
    ear.profile = find_profile(&first);
    if (dual_status(&first) == TPS_BUFFER_TOO_SMALL || dual_status(&first) == TPS_JSON_BAD_ESCAPE) {
        return tps_fail(why, dual_status(&first), dual_offset(&first), d.where);
    }
    ear.generation = tps_ear_generation_of(ear.profile);
    if (ear.generation == TPS_EAR_GENERATIONS) {
        return tps_fail(why, TPS_EAR_UNKNOWN_PROFILE, 0, d.where);
    }
    ear.encoded = tps_span_make(dual_place(&d.reader), claims.size);
    list = dual_enter_map(&d.reader);
    while (dual_next(&d.reader, &list)) {
        read_claim(&d, &ear);
    }
    ear.encoded = dual_since(&d.reader, ear.encoded.data);
    judge(&d, &ear);
    TPS_TRY(finish(&d, why));
    *out = ear;
    return TPS_OK;
}

/* ---- walks ---- */

static tps_ear_walk walk_of(tps_span encoded, bool is_json, uint32_t generation)
{
    dual_reader r = dual_reader_init(encoded, is_json, NULL);
    tps_ear_walk walk = {.generation = generation, .is_json = is_json};
    dual_list list;

    if (encoded.size == 0) {
        return walk;
    }
    if (dual_peek(&r) == DUAL_TEXT) {
        walk.is_single = true;
        walk.rest = encoded;
        return walk;
    }
    list = dual_peek(&r) == DUAL_MAP ? dual_enter_map(&r) : dual_enter_array(&r);
    walk.left = list.cbor.left;
    walk.close = list.json.close;
    walk.rest = dual_rest(&r);
    return walk;
}

/* Moves to the next entry; the walk itself moves only when walk_keep() says so. */
static bool walk_next(tps_ear_walk *walk, dual_reader *r, dual_list *list, tps_buf *room)
{
    *r = dual_reader_init(walk->rest, walk->is_json, room);
    *list = (dual_list){.cbor = {walk->left}, .json = {walk->close, walk->has_entry}};
    return walk->rest.size != 0 && dual_next(r, list);
}

/* The walk moves behind what was read, unless the room was too small for it. */
static bool walk_keep(tps_ear_walk *walk, const dual_reader *r, const dual_list *list)
{
    if (dual_status(r) != TPS_OK) {
        walk->status = dual_status(r);
        return false;
    }
    walk->status = TPS_OK;
    walk->rest = dual_rest(r);
    walk->left = list->cbor.left;
    walk->close = list->json.close;
    walk->has_entry = true;
    return true;
}

tps_ear_walk tps_ear_appraisals(const tps_ear *ear)
{
    return walk_of(ear->submods, ear->is_json, ear->generation);
}

static tps_span text_of_key(dual_reader *r, const dual_key *key)
{
    tps_span text = TPS_SPAN_EMPTY;

    dual_fail(r, json_str_value(key->text, r->room, &text));
    return text;
}

bool tps_ear_next_appraisal(tps_ear_walk *walk, tps_buf *room, tps_ear_appraisal *out)
{
    tps_ear_appraisal appraisal;
    const char *where;
    dual_reader r;
    dual_list list;
    dual_key key;
    tps_span name;

    if (!walk_next(walk, &r, &list, room)) {
        return false;
    }
    key = dual_get_key(&r);
    name = text_of_key(&r, &key);
    ear_read_appraisal(&r, walk->generation, &appraisal, &where);
    if (!walk_keep(walk, &r, &list)) {
        return false;
    }
    appraisal.name = name;
    *out = appraisal;
    return true;
}

tps_ear_walk tps_ear_policy_ids(const tps_ear_appraisal *appraisal)
{
    return walk_of(appraisal->policy_ids, appraisal->is_json, appraisal->generation);
}

bool tps_ear_next_policy_id(tps_ear_walk *walk, tps_buf *room, tps_span *id)
{
    dual_reader r;
    dual_list list;
    tps_span text;

    if (walk->is_single) {
        r = dual_reader_init(walk->rest, walk->is_json, room);
        list = (dual_list){0};
        if (walk->rest.size == 0) {
            return false;
        }
    } else if (!walk_next(walk, &r, &list, room)) {
        return false;
    }
    text = dual_get_text(&r);
    if (!walk_keep(walk, &r, &list)) {
        return false;
    }
    *id = text;
    return true;
}

tps_ear_walk tps_ear_extras(const tps_ear *ear)
{
    return walk_of(ear->encoded, ear->is_json, ear->generation);
}

tps_ear_walk tps_ear_appraisal_extras(const tps_ear_appraisal *appraisal)
{
    tps_ear_walk walk = walk_of(appraisal->encoded, appraisal->is_json, appraisal->generation);

    walk.is_appraisal = true;
    return walk;
}

bool tps_ear_next_extra(tps_ear_walk *walk, tps_buf *room, tps_ear_extra *extra)
{
    dual_reader r;
    dual_list list;

    while (walk_next(walk, &r, &list, room)) {
        dual_key key = dual_get_key(&r);
        bool is_extra = ear_claim_of(&r, &key, walk->generation, walk->is_appraisal) == EAR_UNKNOWN;
        tps_ear_extra found = {.is_int = key.is_int, .number = key.number};
        if (is_extra && !key.is_int) {
            found.name = text_of_key(&r, &key);
        }
        found.value = dual_skip(&r);
        if (!walk_keep(walk, &r, &list)) {
            return false;
        }
        if (is_extra) {
            *extra = found;
            return true;
        }
    }
    return false;
}
