/* SPDX-License-Identifier: Apache-2.0 */
/* One appraisal read: status, vector, policies, nonce; and what it shares with the result around it. */
#include "format/ear/claims.h"

#include "tps/base64.h"

static const uint8_t tiers[] = {TPS_EAR_TIER_NONE, TPS_EAR_TIER_AFFIRMING, TPS_EAR_TIER_WARNING,
                                TPS_EAR_TIER_CONTRAINDICATED};

/* ---- status ---- */

/* A name in JSON, a number in CBOR; the other way round is wrong. Names have no room here, and need none. */
uint8_t ear_read_status(dual_reader *reader)
{
    bool is_expected = dual_peek(reader) == (reader->is_json ? DUAL_TEXT : DUAL_INT);
    json_str name = {.is_escaped = false};
    int64_t number = -1;

    if (!is_expected) {
        dual_fail(reader, TPS_EAR_BAD_STATUS);
        return TPS_EAR_TIER_NONE;
    }
    if (reader->is_json) {
        name = json_get_string(&reader->json);
    } else {
        number = dual_get_int(reader);
    }
    for (size_t i = 0; dual_status(reader) == TPS_OK && i < sizeof tiers; i++) {
        if (reader->is_json ? json_str_is(name, tps_ear_tier_name(tiers[i])) : number == tiers[i]) {
            return tiers[i];
        }
    }
    dual_rename(reader, TPS_EAR_BAD_STATUS);
    return TPS_EAR_TIER_NONE;
}

/* ---- nonces ---- */

/* One nonce: 8 to 64 bytes; in JSON their text, of 8 to 88 characters (RFC 9711, 4.1). */
static void skip_nonce(dual_reader *reader)
{
    uint32_t kind = dual_peek(reader);
    size_t size = 0;

    if (reader->is_json && kind == DUAL_TEXT) {
        size = json_get_string(&reader->json).raw.size;
    } else if (kind == DUAL_BYTES) {
        size = tps_cbor_get_bytes(&reader->cbor).size;
    }
    if (size < 8 || size > (reader->is_json ? 88u : 64u)) {
        dual_fail(reader, TPS_EAR_BAD_CLAIM);
    }
}

static void skip_nonces(dual_reader *reader)
{
    dual_list list = dual_enter_array(reader);
    uint32_t count = 0;

    while (dual_next(reader, &list)) {
        skip_nonce(reader);
        count++;
    }
    if (count < 2) { /* a single one needs no array */
        dual_fail(reader, TPS_EAR_BAD_CLAIM);
    }
}

tps_span ear_read_nonce(dual_reader *reader)
{
    const uint8_t *start = dual_place(reader);

    if (dual_peek(reader) == DUAL_ARRAY) {
        skip_nonces(reader);
    } else {
        skip_nonce(reader);
    }
    return dual_since(reader, start);
}

static bool is_base64_of(json_str text, tps_span nonce)
{
    uint8_t unescaped[96];
    uint8_t bytes[72];
    tps_buf room = TPS_BUF_OF(unescaped);
    tps_span value;
    size_t size;

    return json_str_value(text, &room, &value) == TPS_OK &&
           tps_base64_read(value, TPS_BUF_OF(bytes), &size) == TPS_OK &&
           tps_span_equal(tps_span_make(bytes, size), nonce);
}

static bool next_nonce_is(dual_reader *reader, tps_span nonce)
{
    return reader->is_json ? is_base64_of(json_get_string(&reader->json), nonce)
                           : tps_span_equal(tps_cbor_get_bytes(&reader->cbor), nonce);
}

bool tps_ear_nonce_is(tps_span encoded, bool is_json, tps_span nonce)
{
    dual_reader r = dual_reader_init(encoded, is_json, NULL);
    dual_list list;

    if (encoded.size == 0 || nonce.size == 0) {
        return false;
    }
    if (dual_peek(&r) != DUAL_ARRAY) {
        return next_nonce_is(&r, nonce);
    }
    list = dual_enter_array(&r);
    while (dual_next(&r, &list)) {
        if (next_nonce_is(&r, nonce)) {
            return true;
        }
    }
    return false;
}

/* ---- vector ---- */

static uint32_t vector_claim_of(const dual_reader *reader, const dual_key *key)
{
    uint32_t claim = 0;

    while (claim < TPS_EAR_CLAIMS && !dual_key_is(reader, key, claim, tps_ear_claim_name(claim))) {
        claim++;
    }
    return claim;
}

static void read_value(dual_reader *reader, uint32_t claim, tps_ear_appraisal *out)
{
    int64_t value = dual_peek(reader) == DUAL_INT ? dual_get_int(reader) : INT64_MAX;

    if (dual_status(reader) != TPS_OK || value < INT8_MIN || value > INT8_MAX) {
        dual_rename(reader, TPS_EAR_BAD_VECTOR);
        return;
    }
    out->vector[claim] = (int8_t)value;
    out->vector_claims |= (uint8_t)(1u << claim);
}

static void read_vector(dual_reader *reader, tps_ear_appraisal *out)
{
    dual_list list = dual_enter_map(reader);

    while (dual_next(reader, &list)) {
        dual_key key = dual_get_key(reader);
        uint32_t claim = vector_claim_of(reader, &key);
        if (claim < TPS_EAR_CLAIMS) {
            read_value(reader, claim, out);
        } else {
            out->unknown_count++;
            dual_skip(reader);
        }
    }
    if (dual_status(reader) == TPS_OK && out->vector_claims == 0) {
        dual_fail(reader, TPS_EAR_BAD_VECTOR);
    }
}

/* ---- policies ---- */

static void skip_policy_id(dual_reader *reader)
{
    if (dual_peek(reader) != DUAL_TEXT) {
        dual_fail(reader, TPS_EAR_BAD_CLAIM);
    }
    dual_skip(reader);
}

/* One text in the older generations, a list of them in the newest; what is published has lists in both. */
static void read_policy_ids(dual_reader *reader, uint32_t generation, tps_ear_appraisal *out)
{
    const uint8_t *start = dual_place(reader);
    dual_list list;
    uint32_t count = 0;

    if (generation != TPS_EAR_2026 && dual_peek(reader) == DUAL_TEXT) {
        skip_policy_id(reader);
    } else {
        list = dual_enter_array(reader);
        while (dual_next(reader, &list)) {
            skip_policy_id(reader);
            count++;
        }
        dual_fail(reader, count == 0 ? TPS_EAR_BAD_CLAIM : TPS_OK);
    }
    out->policy_ids = dual_since(reader, start);
}

/* ---- the whole ---- */

static bool read_claim(dual_reader *reader, uint32_t generation, tps_ear_appraisal *out, const char **where)
{
    dual_key key = dual_get_key(reader);
    uint32_t claim = ear_claim_of(reader, &key, generation, true);

    *where = claim == EAR_UNKNOWN ? "appraisal" : ear_name(claim, TPS_EAR_2026);
    switch (claim) {
    case EAR_STATUS: out->status = ear_read_status(reader); return true;
    case EAR_VECTOR: read_vector(reader, out); break;
    case EAR_POLICY_IDS: read_policy_ids(reader, generation, out); break;
    case EAR_NONCE: out->nonce = ear_read_nonce(reader); break;
    case EAR_PROFILE: out->profile = dual_get_text(reader); break;
    default:
        out->unknown_count++;
        dual_skip(reader);
        break;
    }
    return false;
}

void ear_read_appraisal(dual_reader *reader, uint32_t generation, tps_ear_appraisal *out, const char **where)
{
    const uint8_t *start = dual_place(reader);
    dual_list list = dual_enter_map(reader);
    bool has_status = false;

    *out = (tps_ear_appraisal){.generation = generation, .is_json = reader->is_json};
    while (dual_next(reader, &list)) {
        has_status |= read_claim(reader, generation, out, where);
    }
    out->encoded = dual_since(reader, start);
    if (dual_status(reader) != TPS_OK) {
        return;
    }
    *where = "ear_status";
    if (!has_status) {
        dual_fail(reader, TPS_EAR_CLAIM_MISSING);
    } else if (out->vector_claims != 0 &&
               ear_rank(out->status) < ear_rank(tps_ear_tier_of_vector(out->vector))) {
        dual_fail(reader, TPS_EAR_STATUS_TOO_GOOD);
    }
}
