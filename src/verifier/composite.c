/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that came, part by part: what lies in wrappers, bundles and submodules goes to one queue, whose entries
 * are appraised in turn and may add others behind it. Breadth first, so the lead comes first, and no part is
 * deeper in calls than another.
 */
#include <stdio.h>

#include "tps/cmw.h"
#include "tps/eat_bundle.h"
#include "tps/eat_json.h"
#include "verifier/appraise.h"
#include "verifier/explain/explain.h"
#include "verifier/finding.h"

enum { NO_PARENT = -1 };

/* A part that waits, or was appraised. */
typedef struct {
    char name[TPS_PART_NAME_MAX];
    tps_span bytes;
    uint32_t form; /* EVIDENCE_* */
    const evidence_type *type;
    int parent;
    uint32_t depth;     /* submodules of submodules ...: 0 of what lies in nothing */
    tps_status refusal; /* why it is no evidence, or TPS_OK */
    const char *detail;
    bool has_bundle; /* its claims have digests of sets that lie in `bundle` */
    tps_eat_bundle bundle;
    appraise_outcome outcome;
} composite_part;

typedef struct {
    tps_verifier *verifier;
    const tps_appraisal_request *request;
    tps_buf room;
    tps_appraisal *out;
    size_t capacity;
    size_t count;
    bool is_cut; /* there were more */
    tps_span used_nonce;
    composite_part parts[TPS_PARTS_MAX];
} composite;

/* ---- adding ---- */

static size_t put_character(char path[TPS_PART_NAME_MAX], size_t size, char character)
{
    if (size < TPS_PART_NAME_MAX - 1) {
        path[size++] = character;
    }
    return size;
}

/* One more step of a path: "soc", then "soc/tee". A label with the separator in it makes no further step, so
 * it is escaped (RFC 6901, 3). What does not fit is cut. */
static void extend_path(char path[TPS_PART_NAME_MAX], tps_span step)
{
    size_t size = strlen(path);

    if (size > 0 && step.size > 0) {
        size = put_character(path, size, '/');
    }
    for (size_t i = 0; i < step.size; i++) {
        char character = (char)step.data[i];
        bool is_escaped = character == '/' || character == '~';
        size = put_character(path, size, is_escaped ? '~' : character);
        if (is_escaped) {
            size = put_character(path, size, character == '/' ? '1' : '0');
        }
    }
    path[size] = '\0';
}

/* A new part, with all but what is told here zeroed; NULL when there is no room for more. */
static composite_part *add_part(composite *c, tps_span name, tps_span bytes, int parent)
{
    composite_part *part = &c->parts[c->count];

    if (c->count == c->capacity) {
        c->is_cut = true;
        return NULL;
    }
    memset(part, 0, offsetof(composite_part, bundle));
    part->bytes = bytes;
    part->parent = parent;
    part->depth = parent == NO_PARENT ? 0 : c->parts[parent].depth + 1;
    if (parent != NO_PARENT) {
        memcpy(part->name, c->parts[parent].name, sizeof part->name);
    }
    extend_path(part->name, name);
    finding_clean(part->name);
    c->count++;
    return part;
}

/* A part of a collection, whose path is made already. */
static composite_part *add_named(composite *c, const char path[TPS_PART_NAME_MAX], tps_span bytes)
{
    composite_part *part = add_part(c, TPS_SPAN_EMPTY, bytes, NO_PARENT);

    if (part != NULL) {
        memcpy(part->name, path, sizeof part->name);
        finding_clean(part->name);
    }
    return part;
}

static void set_refused(composite_part *part, tps_status status, const char *detail)
{
    part->refusal = status;
    part->detail = detail;
}

static void add_refused(composite *c, tps_span name, tps_span bytes, int parent, tps_status status)
{
    composite_part *part = add_part(c, name, bytes, parent);

    if (part != NULL) {
        set_refused(part, status, NULL);
    }
}

/* What a token in JSON is: [type, token]. */
static tps_status open_json_token(composite *c, composite_part *part)
{
    tps_eat_json_token token;
    tps_span claims;

    TPS_TRY(tps_eat_json_token_read(part->bytes, c->room, &token, NULL));
    evidence_take_room(&c->room, token.content);
    part->bytes = token.content;
    switch (token.kind) {
    case TPS_EAT_JSON_JWT: part->form = EVIDENCE_JWS; return TPS_OK;
    case TPS_EAT_JSON_CBOR: part->form = evidence_form_of(token.content); return TPS_OK;
    case TPS_EAT_JSON_BUNDLE: part->form = EVIDENCE_BUNDLE_JSON; return TPS_OK;
    default: break;
    }
    part->form = EVIDENCE_CLAIMS; /* unprotected by itself */
    TPS_TRY(tps_eat_from_json(token.content, c->room, &claims, NULL));
    evidence_take_room(&c->room, claims);
    part->bytes = claims;
    return TPS_OK;
}

static tps_status open_bundle(composite *c, composite_part *part)
{
    bool is_json = part->form == EVIDENCE_BUNDLE_JSON;
    tps_error why = {0};
    tps_eat_iterator sets;
    tps_eat_detached set;

    if (is_json) {
        TPS_TRY(tps_eat_bundle_read_json(part->bytes, c->room, &part->bundle, &why));
    } else {
        TPS_TRY(tps_eat_bundle_read(part->bytes, &part->bundle, &why));
    }
    sets = tps_eat_each(&part->bundle.detached);
    while (is_json && tps_eat_next_detached(&sets, &set)) {
        evidence_take_room(&c->room, set.content);
    }
    part->has_bundle = true;
    part->bytes = part->bundle.main_token;
    if (part->bundle.main_kind == TPS_EAT_SUBMODULE_JSON_TOKEN) {
        return open_json_token(c, part);
    }
    part->form = evidence_form_of(part->bytes);
    return TPS_OK;
}

/* A message of which the form is known: a bundle is opened. */
static void open_message(composite *c, composite_part *part)
{
    tps_status status = TPS_OK;

    if (part->form == EVIDENCE_BUNDLE || part->form == EVIDENCE_BUNDLE_JSON) {
        status = open_bundle(c, part);
        if (status == TPS_OK && (part->form == EVIDENCE_BUNDLE || part->form == EVIDENCE_BUNDLE_JSON)) {
            status = TPS_CLAIM_BAD_VALUE; /* a bundle around a bundle */
        }
    }
    if (status == TPS_OK && part->form == EVIDENCE_CLAIMS && part->parent == NO_PARENT) {
        status = TPS_VERIFIER_COMPOSITE;
        part->detail = "nobody signed these claims, nor what they lie in";
    }
    part->refusal = status;
}

/* ---- what came: wrappers ---- */

static void add_record(composite *c, const tps_cmw *cmw, const char path[TPS_PART_NAME_MAX])
{
    composite_part *part = add_named(c, path, cmw->encoded);
    tps_span message;
    tps_status status;

    if (part == NULL) {
        return;
    }
    if (cmw->indicator != 0 && (cmw->indicator & TPS_CMW_EVIDENCE) == 0) {
        set_refused(part, TPS_VERIFIER_WRAPPED_TYPE, "its indicator says that it is no evidence");
        return;
    }
    part->type = evidence_type_of(cmw->type, cmw->content_format);
    if (part->type == NULL) {
        set_refused(part, TPS_VERIFIER_WRAPPED_TYPE, NULL);
        return;
    }
    status = tps_cmw_message(cmw, &c->room, &message);
    if (status != TPS_OK) {
        set_refused(part, status, NULL);
        return;
    }
    part->bytes = message;
    part->form = part->type->form;
    open_message(c, part);
}

/* The path of collections' labels from the outermost on. */
typedef struct {
    char text[TPS_PART_NAME_MAX];
} label_path;

static label_path extend(const label_path *outer, const tps_cmw_label *label)
{
    label_path path = *outer;
    char number[24];

    if (label->is_int) {
        snprintf(number, sizeof number, "%lld", (long long)label->number);
        extend_path(path.text, tps_span_of_text(number));
    } else {
        extend_path(path.text, label->text);
    }
    return path;
}

/* All records of a collection and of collections in it. */
static void add_collection(composite *c, const tps_cmw *collection)
{
    tps_cmw_walk walks[TPS_PARTS_DEPTH_MAX];
    label_path paths[TPS_PARTS_DEPTH_MAX + 1];
    size_t depth = 1;
    tps_cmw_label label;
    tps_cmw entry;

    walks[0] = tps_cmw_entries(collection);
    paths[0] = (label_path){.text = ""};
    while (depth > 0 && !c->is_cut) {
        if (!tps_cmw_next(&walks[depth - 1], &c->room, &label, &entry)) {
            if (tps_cmw_left(&walks[depth - 1]) > 0) {
                add_refused(c, TPS_SPAN_EMPTY, collection->encoded, NO_PARENT, TPS_BUFFER_TOO_SMALL);
            }
            depth--;
            continue;
        }
        paths[depth] = extend(&paths[depth - 1], &label);
        if (!tps_cmw_is_collection(&entry)) {
            add_record(c, &entry, paths[depth].text);
        } else if (depth == TPS_PARTS_DEPTH_MAX) {
            composite_part *part = add_named(c, paths[depth].text, entry.encoded);
            if (part != NULL) {
                set_refused(part, TPS_CMW_TOO_DEEP, NULL);
            }
        } else {
            walks[depth++] = tps_cmw_entries(&entry);
        }
    }
}

/* The first parts: one, or those of a collection. */
static void add_first(composite *c, tps_span bytes)
{
    uint32_t form = evidence_form_of(bytes);
    tps_error why = {0};
    composite_part *part;
    tps_cmw cmw;
    tps_status status;

    if (form != EVIDENCE_COSE || tps_cmw_form(bytes) == TPS_CMW_UNKNOWN) {
        part = add_part(c, TPS_SPAN_EMPTY, bytes, NO_PARENT);
        part->form = form;
        open_message(c, part);
        return;
    }
    status = tps_cmw_read(bytes, &c->room, &cmw, &why);
    if (status != TPS_OK) {
        part = add_part(c, TPS_SPAN_EMPTY, bytes, NO_PARENT);
        set_refused(part, status, why.detail);
    } else if (tps_cmw_is_collection(&cmw)) {
        add_collection(c, &cmw);
    } else {
        add_record(c, &cmw, (label_path){.text = ""}.text);
    }
}

/* ---- what lies in a part ---- */

static void add_claims(composite *c, tps_span name, tps_span claims, int parent)
{
    composite_part *part = add_part(c, name, claims, parent);

    if (part != NULL) {
        part->form = EVIDENCE_CLAIMS;
    }
}

/* A nested token answers for itself: the signature around it says only that it was carried. */
static void add_token(composite *c, const tps_eat_submodule *submodule, int parent)
{
    composite_part *part = add_part(c, submodule->name, submodule->content, parent);
    tps_uccs uccs;
    tps_status status = TPS_OK;

    if (part == NULL) {
        return;
    }
    if (submodule->kind == TPS_EAT_SUBMODULE_JSON_TOKEN) {
        status = open_json_token(c, part);
    } else if (submodule->tag == TPS_TAG_UCCS) {
        status = tps_uccs_read(submodule->content, &uccs, NULL);
        part->form = EVIDENCE_CLAIMS;
        part->bytes = status == TPS_OK ? uccs.unprotected_claims : part->bytes;
    } else {
        part->form = evidence_form_of(part->bytes);
    }
    if (status == TPS_OK) {
        open_message(c, part);
    } else {
        set_refused(part, status, NULL);
    }
}

typedef struct {
    composite *c;
    int parent;
} set_adder;

/* A set that is kept beside its token: as good as claims in it, if the token has its digest. */
static void add_set(void *context, tps_span name, uint32_t verdict)
{
    static const tps_status causes[] = {TPS_OK, TPS_CLAIM_DIGEST_MISMATCH, TPS_CLAIM_DETACHED_MISSING,
                                        TPS_CLAIM_DETACHED_EXTRA, TPS_CRYPTO_ALG_REFUSED};
    const set_adder *adder = context;
    composite *c = adder->c;
    const tps_eat_bundle *bundle = &c->parts[adder->parent].bundle;
    tps_eat_iterator sets = tps_eat_each(&bundle->detached);
    tps_eat_detached set = {.name = name};
    tps_status status = causes[verdict];
    tps_span claims = TPS_SPAN_EMPTY;

    while (tps_eat_next_detached(&sets, &set) && !tps_span_equal(set.name, name)) {
    }
    claims = verdict == TPS_EAT_DETACHED_MISSING ? TPS_SPAN_EMPTY : set.content;
    if (status == TPS_OK && bundle->is_json) {
        status = tps_eat_from_json(set.content, c->room, &claims, NULL);
        evidence_take_room(&c->room, status == TPS_OK ? claims : TPS_SPAN_EMPTY);
    }
    if (status == TPS_OK) {
        add_claims(c, name, claims, adder->parent);
    } else {
        add_refused(c, name, claims, adder->parent, status);
    }
}

static void add_submodule(composite *c, const tps_eat_submodule *submodule, int parent)
{
    switch (submodule->kind) {
    case TPS_EAT_SUBMODULE_CLAIMS: add_claims(c, submodule->name, submodule->content, parent); return;
    case TPS_EAT_SUBMODULE_DIGEST:
        if (!c->parts[parent].has_bundle) { /* else add_set() */
            add_refused(c, submodule->name, TPS_SPAN_EMPTY, parent, TPS_CLAIM_DETACHED_MISSING);
        }
        return;
    default: add_token(c, submodule, parent); return;
    }
}

/* What is wrong with the parts of a part that is good by itself: it is not as a whole. */
static void refuse_whole(tps_appraisal *out, const char *name, tps_status status, const tps_error *why)
{
    tps_finding *finding = finding_add(out, TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_CRYPTO_FAILED, name);

    finding_of_status(finding, status, why);
    appraise_set_tier(out);
}

static void add_submodules(composite *c, int parent)
{
    composite_part *part = &c->parts[parent];
    set_adder adder = {c, parent};
    const tps_eat_bundle_reporter reporter = {add_set, &adder};
    tps_error why = {0};
    tps_eat_claims claims;
    tps_eat_iterator submods;
    tps_eat_submodule submodule;
    tps_status status = tps_eat_decode(c->out[parent].payload, &claims, &why);

    if (status != TPS_OK) {
        refuse_whole(&c->out[parent], "evidence.malformed", status, &why);
        return;
    }
    if (part->depth == TPS_PARTS_DEPTH_MAX - 1) {
        refuse_whole(&c->out[parent], "evidence.too-many-parts", TPS_CBOR_TOO_DEEP, NULL);
        return;
    }
    submods = tps_eat_each(&claims.submods);
    while (tps_eat_next_submodule(&submods, &submodule)) {
        add_submodule(c, &submodule, parent);
    }
    if (part->has_bundle) {
        status = tps_eat_bundle_check(&part->bundle, c->out[parent].payload, &reporter, NULL);
        if (status == TPS_CRYPTO_FAILED) {
            refuse_whole(&c->out[parent], "evidence.malformed", status, NULL);
        }
    }
}

/* ---- the whole ---- */

/* Claims are the word of the part whose signature covers them: where that is not to be believed, they are
 * not. */
static void judge_carrier(const tps_appraisal *carrier, tps_appraisal *out)
{
    bool is_worse = carrier->tier != TPS_EAR_TIER_AFFIRMING &&
                    (out->tier == TPS_EAR_TIER_AFFIRMING || carrier->tier > out->tier);
    tps_finding *finding;

    if (!is_worse) {
        return;
    }
    finding = finding_add(out, TPS_EAR_EXECUTABLES,
                          carrier->tier == TPS_EAR_TIER_CONTRAINDICATED ? TPS_EAR_EXEC_CONTRAINDICATED
                                                                        : TPS_EAR_EXEC_UNRECOGNIZED,
                          "evidence.carrier");
    finding->status = TPS_VERIFIER_COMPOSITE;
    finding_text(finding->cause, "the part that signed these claims is not affirming itself");
    finding_text(finding->evidence, "they are in part \"%s\"",
                 carrier->name[0] == '\0' ? "the lead" : carrier->name);
    finding_text(finding->next_step, "see the findings about that part");
    appraise_set_tier(out);
}

static void appraise_at(composite *c, int index)
{
    composite_part *part = &c->parts[index];
    const composite_part *parent = part->parent == NO_PARENT ? NULL : &c->parts[part->parent];
    const appraise_part what = {.bytes = part->bytes,
                                .form = part->form,
                                .type = part->type,
                                .room = &c->room,
                                .has_parts_judged = true,
                                .voucher = parent == NULL ? NULL : &parent->outcome.signer,
                                .voucher_freshness =
                                    parent == NULL ? TPS_FRESHNESS_NONE : c->out[part->parent].freshness,
                                .voucher_bound = parent == NULL ? TPS_BOUND_NONE : c->out[part->parent].bound,
                                .used_nonce = &c->used_nonce};
    tps_appraisal *out = &c->out[index];
    tps_error why = {.status = part->refusal, .detail = part->detail};

    if (part->refusal == TPS_OK) {
        appraise_one(c->verifier, &what, c->request, out, &part->outcome);
    } else {
        (void)appraise_refuse_bytes(out, part->bytes, "evidence.malformed", part->refusal, &why);
        part->outcome.is_answer = false;
    }
    if (part->form == EVIDENCE_CLAIMS && parent != NULL) {
        judge_carrier(&c->out[part->parent], out);
    }
    memcpy(out->name, part->name, sizeof out->name);
    if (part->outcome.is_answer && (part->outcome.has_submods || part->has_bundle)) {
        add_submodules(c, index);
    }
}

/* Whether both were signed by one key: claims in a token have their token's. */
static bool is_same_signer(const composite *c, size_t i, size_t j)
{
    static const uint8_t nobody[32];
    const uint8_t *a = c->out[i].signer_sha256;
    bool are_tokens = c->parts[i].form != EVIDENCE_CLAIMS && c->parts[j].form != EVIDENCE_CLAIMS;

    return are_tokens && memcmp(a, nobody, sizeof nobody) != 0 &&
           memcmp(a, c->out[j].signer_sha256, sizeof nobody) == 0;
}

/* By instance, by key, or the very same bytes: in whichever scheme it speaks. */
static bool is_same_device(const composite *c, size_t i, size_t j)
{
    const tps_appraisal *a = &c->out[i];
    const tps_appraisal *b = &c->out[j];
    bool is_instance = a->instance_id_size > 0 && a->instance_id_size == b->instance_id_size &&
                       memcmp(a->instance_id, b->instance_id, a->instance_id_size) == 0;

    return is_instance || is_same_signer(c, i, j) ||
           memcmp(a->evidence_sha256, b->evidence_sha256, sizeof a->evidence_sha256) == 0;
}

/* Evidence of one device under two names is no evidence of two. */
static void refuse_repeated(const composite *c)
{
    for (size_t i = 1; i < c->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (is_same_device(c, i, j)) {
                tps_finding *finding = finding_add(&c->out[i], TPS_EAR_INSTANCE_IDENTITY,
                                                   TPS_EAR_IDENTITY_UNTRUSTWORTHY, "evidence.repeated-part");
                finding_of_status(finding, TPS_VERIFIER_COMPOSITE, NULL);
                finding_text(finding->evidence, "it is of the same device as part \"%s\"",
                             c->out[j].name[0] == '\0' ? "the lead" : c->out[j].name);
                appraise_set_tier(&c->out[i]);
                break;
            }
        }
    }
}

/* No part makes up for another: affirming only if all are; else the worst of what is worse. */
static uint8_t worst_of(const composite *c)
{
    uint8_t worst = TPS_EAR_TIER_AFFIRMING;

    for (size_t i = 0; i < c->count; i++) {
        uint8_t tier = c->out[i].tier;
        if (tier > worst || (tier == TPS_EAR_TIER_NONE && worst == TPS_EAR_TIER_AFFIRMING)) {
            worst = tier;
        }
    }
    return worst;
}

void tps_verifier_appraise_all(tps_verifier *verifier, tps_span bytes, tps_buf room,
                               const tps_appraisal_request *request, tps_appraisal *parts, size_t capacity,
                               size_t *count, uint8_t *tier)
{
    composite c;

    c.verifier = verifier;
    c.request = request;
    c.room = room;
    c.out = parts;
    c.capacity = capacity < TPS_PARTS_MAX ? capacity : TPS_PARTS_MAX;
    c.count = 0;
    c.is_cut = false;
    c.used_nonce = TPS_SPAN_EMPTY;
    add_first(&c, bytes);
    for (size_t i = 0; i < c.count; i++) {
        appraise_at(&c, (int)i);
    }
    if (c.count > 1) {
        refuse_repeated(&c);
    }
    if (c.is_cut) {
        refuse_whole(&parts[0], "evidence.too-many-parts", TPS_TOO_LARGE, NULL);
    }
    explain_whole(verifier, parts, c.count);
    *count = c.count;
    *tier = worst_of(&c);
}
