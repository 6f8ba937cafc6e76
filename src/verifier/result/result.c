/* SPDX-License-Identifier: Apache-2.0 */
/* The result as a signed EAR: in a JWT or a CWT, in the names of each generation, with opentps's own claims
 * (spec/ear-extensions.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/ear/claims.h"
#include "format/ear/encode.h"
#include "tps/jws.h"
#include "tps/verifier.h"
#include "verifier/policy/default.h"
#include "verifier/result/annotate.h"
#include "verifier/result/confirmation.h"
#include "verifier/result/result.h"

#define DEVELOPER "https://opentps.org"
#define BUILD     "opentps"

enum { PAYLOAD_ON_STACK = 8192, NAME_ROOM = TPS_PART_NAME_MAX + 4 };

/* ---- findings ---- */

static void put_member(dual_writer *w, int64_t label, const char *name, const char *text)
{
    if (text != NULL && *text != '\0') {
        dual_put_key(w, label, name);
        dual_put_text(w, tps_span_of_text(text));
    }
}

static uint64_t count_members(const tps_finding *finding)
{
    return 4u + (finding->status != TPS_OK) + (*finding->evidence != '\0') + (*finding->known != '\0') +
           (*finding->next_step != '\0');
}

static void put_finding(dual_writer *w, const tps_finding *finding)
{
    dual_begin_map(w, count_members(finding));
    put_member(w, FINDING_NAME, "name", finding->name);
    put_member(w, FINDING_CLAIM, "claim", tps_ear_claim_name(finding->claim));
    dual_put_key(w, FINDING_VALUE, "value");
    dual_put_int(w, finding->value);
    put_member(w, FINDING_ERROR, "error",
               finding->status == TPS_OK ? NULL : tps_status_name(finding->status));
    put_member(w, FINDING_CAUSE, "cause", finding->cause);
    put_member(w, FINDING_EVIDENCE, "evidence", finding->evidence);
    put_member(w, FINDING_KNOWN, "known", finding->known);
    put_member(w, FINDING_NEXT_STEP, "next-step", finding->next_step);
    dual_end_map(w);
}

/* The first finding in one sentence, where existing clients look for it. */
static void put_problem(dual_writer *w, const tps_appraisal *appraisal)
{
    if (appraisal->finding_count > 0) {
        dual_put_key(w, LABEL_POLICY_CLAIMS, "ear.veraison.policy-claims");
        dual_begin_map(w, 1);
        dual_put_key_text(w, TPS_SPAN_LITERAL("problem"));
        dual_put_text(w, tps_span_of_text(appraisal->findings[0].cause));
        dual_end_map(w);
    }
}

static void put_findings(dual_writer *w, const tps_appraisal *appraisal)
{
    dual_put_key(w, LABEL_FINDINGS, "opentps.findings");
    dual_begin_array(w, appraisal->finding_count);
    for (size_t i = 0; i < appraisal->finding_count; i++) {
        put_finding(w, &appraisal->findings[i]);
    }
    dual_end_array(w);
}

/* ---- what stands beside the vector ---- */

/* In JSON in the names that existing verifiers have. */
static void put_annotated(dual_writer *w, const tps_appraisal *appraisal)
{
    evidence_claims e;

    if (appraisal->payload.size != 0 && evidence_read_again(appraisal->payload, &e) == TPS_OK) {
        json_key(&w->json, "ear.veraison.annotated-evidence");
        annotate_evidence(&w->json, &e);
    }
}

/* In CBOR as they were signed: of a TPM's evidence the quote, and not the log beside it. */
static tps_span signed_claims(const tps_appraisal *appraisal)
{
    tps_tpm_evidence tpm;

    if (appraisal->scheme != TPS_SCHEME_TPM || appraisal->payload.size == 0) {
        return appraisal->payload;
    }
    return tps_tpm_evidence_decode(appraisal->payload, TPS_BUF_MEASURE, &tpm, NULL) == TPS_OK
               ? tpm.attest
               : TPS_SPAN_EMPTY;
}

static void put_claims(dual_writer *w, const tps_appraisal *appraisal)
{
    tps_span claims = signed_claims(appraisal);

    if (claims.size != 0) {
        dual_put_key(w, LABEL_CLAIMS, NULL);
        dual_put_bytes(w, claims);
    }
}

/* One of the names by its number; those that are not known here promise nothing. */
static const char *name_in(const char *const *names, uint32_t count, uint32_t number)
{
    return names[number < count ? number : 0];
}

static const char *bound_of(const tps_appraisal *appraisal)
{
    static const char *const names[] = {"none", "key", "channel"};

    return name_in(names, 3, appraisal->bound);
}

static const char *freshness_of(const tps_appraisal *appraisal)
{
    static const char *const names[] = {"none", "nonce", "time", "epoch"};

    return name_in(names, 4, appraisal->is_fresh ? appraisal->freshness : TPS_FRESHNESS_NONE);
}

/* NULL when it is bound to no channel. */
static const char *binder_origin_of(const tps_appraisal *appraisal)
{
    static const char *const names[] = {NULL, "component", "measured-app", "caller"};

    return appraisal->bound == TPS_BOUND_CHANNEL ? name_in(names, 4, appraisal->binder_origin) : NULL;
}

/* The default policy comes with the verifier, whose build the result names: only others need their digest. */
static bool has_policy_digest(const tps_appraisal *appraisal)
{
    static const uint8_t none[32];

    return memcmp(appraisal->policy_sha256, none, sizeof none) != 0 &&
           memcmp(appraisal->policy_sha256, policy_default_sha256, sizeof none) != 0;
}

static void put_facts(dual_writer *w, const tps_appraisal *appraisal)
{
    put_member(w, LABEL_BOUND, "opentps.bound", bound_of(appraisal));
    dual_put_key(w, LABEL_FRESH, "opentps.fresh");
    dual_put_bool(w, appraisal->is_fresh);
    put_member(w, LABEL_DEVICE_CLASS, "opentps.device-class", appraisal->device_class);
    dual_put_key(w, LABEL_EVIDENCE_SHA256, "opentps.evidence-sha-256");
    dual_put_bytes(w, TPS_SPAN_OF(appraisal->evidence_sha256));
}

/* The verifier itself could have made such evidence: whoever reads the result must know. */
static void put_mac(dual_writer *w, const tps_appraisal *appraisal)
{
    if (appraisal->is_mac) {
        dual_put_key(w, LABEL_MAC, "opentps.mac");
        dual_put_bool(w, true);
    }
}

/* In which way it is fresh, what it is tied to, and by which policy it was judged. */
static void put_grounds(dual_writer *w, const tps_appraisal *appraisal)
{
    put_member(w, LABEL_FRESHNESS, "opentps.freshness", freshness_of(appraisal));
    if (appraisal->is_nonce_of_relying_party) {
        dual_put_key(w, LABEL_OF_RELYING_PARTY, "opentps.freshness-of-relying-party");
        dual_put_bool(w, true);
    }
    put_member(w, LABEL_BINDER_ORIGIN, "opentps.binder-origin", binder_origin_of(appraisal));
    put_member(w, LABEL_PURPOSE, "opentps.purpose", appraisal->purpose);
    if (has_policy_digest(appraisal)) {
        dual_put_key(w, LABEL_POLICY_SHA256, "opentps.policy-sha-256");
        dual_put_bytes(w, TPS_SPAN_OF(appraisal->policy_sha256));
    }
}

static void put_beside_vector(const tps_appraisal *appraisal, bool with_claims, dual_writer *w)
{
    if (w->is_json) {
        if (with_claims) {
            put_annotated(w, appraisal);
        }
        put_findings(w, appraisal);
        put_problem(w, appraisal);
        put_facts(w, appraisal);
        put_mac(w, appraisal);
        put_grounds(w, appraisal);
    } else { /* labels in their order */
        put_problem(w, appraisal);
        put_findings(w, appraisal);
        put_facts(w, appraisal);
        if (with_claims) {
            put_claims(w, appraisal);
        }
        put_mac(w, appraisal);
        put_grounds(w, appraisal);
    }
}

static void put_without_claims(const void *context, dual_writer *w)
{
    put_beside_vector(context, false, w);
}

static void put_with_claims(const void *context, dual_writer *w)
{
    put_beside_vector(context, true, w);
}

static uint32_t count_beside_vector(const tps_appraisal *appraisal, bool with_claims)
{
    return 5u + (appraisal->finding_count > 0) + (*appraisal->device_class != '\0') +
           (with_claims && signed_claims(appraisal).size != 0) + appraisal->is_mac +
           appraisal->is_nonce_of_relying_party + (binder_origin_of(appraisal) != NULL) +
           (*appraisal->purpose != '\0') + has_policy_digest(appraisal);
}

/* ---- the whole ---- */

/* The parts of a result, as its submodules. */
typedef struct {
    tps_ear_appraisal_content content[TPS_RESULT_PARTS_MAX];
    ear_extension extensions[TPS_RESULT_PARTS_MAX];
    tps_span policy_ids[TPS_RESULT_PARTS_MAX];
    char names[TPS_RESULT_PARTS_MAX][NAME_ROOM];
    char policies[TPS_RESULT_PARTS_MAX][32];
    uint32_t count;
} submodules;

static bool is_taken(const submodules *s, tps_span name)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (tps_span_equal(s->content[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* A part's name, which no part before it has. */
static tps_span name_of(submodules *s, const tps_appraisal *part)
{
    const char *own = *part->name != '\0' ? part->name : tps_scheme_name(part->scheme);
    tps_span name = tps_span_of_text(own);

    for (unsigned n = 2; is_taken(s, name); n++) {
        snprintf(s->names[s->count], NAME_ROOM, "%s-%u", own, n);
        name = tps_span_of_text(s->names[s->count]);
    }
    return name;
}

static tps_span policy_of(submodules *s, const tps_appraisal *part, const tps_ear_options *options)
{
    if (options->policy_id != NULL) {
        return tps_span_of_text(options->policy_id);
    }
    if (*part->policy_id != '\0') {
        return tps_span_of_text(part->policy_id);
    }
    snprintf(s->policies[s->count], sizeof s->policies[0], "policy:%s", tps_scheme_name(part->scheme));
    return tps_span_of_text(s->policies[s->count]);
}

static void add_part(submodules *s, const tps_appraisal *part, const tps_ear_options *options)
{
    uint32_t i = s->count;

    s->policy_ids[i] = policy_of(s, part, options);
    s->content[i] = (tps_ear_appraisal_content){.name = name_of(s, part),
                                                .status = part->tier,
                                                .vector_claims = 255,
                                                .policy_ids = &s->policy_ids[i],
                                                .policy_id_count = 1};
    if (options->generation == TPS_EAR_2026) {
        s->content[i].nonce = options->nonce;
    }
    memcpy(s->content[i].vector, part->vector, sizeof part->vector);
    s->extensions[i] = (ear_extension){count_beside_vector(part, options->with_claims),
                                       options->with_claims ? put_with_claims : put_without_claims, part};
    s->count++;
}

/* RFC 8949, 4.2.1: of names, the shorter goes before the longer, then their bytes decide. */
static bool goes_before(tps_span a, tps_span b)
{
    return a.size != b.size ? a.size < b.size : memcmp(a.data, b.data, a.size) < 0;
}

static void sort_by_name(submodules *s)
{
    for (uint32_t i = 1; i < s->count; i++) {
        for (uint32_t k = i; k > 0 && goes_before(s->content[k].name, s->content[k - 1].name); k--) {
            tps_ear_appraisal_content content = s->content[k];
            ear_extension extension = s->extensions[k];
            s->content[k] = s->content[k - 1];
            s->extensions[k] = s->extensions[k - 1];
            s->content[k - 1] = content;
            s->extensions[k - 1] = extension;
        }
    }
}

static uint8_t worst_tier(const tps_appraisal *parts, size_t count)
{
    uint8_t worst = parts[0].tier;

    for (size_t i = 1; i < count; i++) {
        if (ear_rank(parts[i].tier) > ear_rank(worst)) {
            worst = parts[i].tier;
        }
    }
    return worst;
}

/* What put_demonstration() needs of all parts. */
typedef struct {
    const tps_appraisal *parts;
    size_t count;
} all_parts;

static void put_demonstration(const void *context, dual_writer *w)
{
    const all_parts *all = context;
    bool is_demonstration = false;

    for (size_t i = 0; i < all->count; i++) {
        is_demonstration = is_demonstration || all->parts[i].is_demonstration;
    }
    dual_put_key(w, LABEL_DEMONSTRATION, "opentps.demonstration");
    dual_put_bool(w, is_demonstration);
}

/* Who may present the result: who holds the key that the lead's fresh evidence is bound to. */
static tps_span confirmation_of(const tps_appraisal *lead, bool is_json, tps_buf room)
{
    tps_span value = TPS_SPAN_EMPTY;

    if (lead->bound == TPS_BOUND_KEY && lead->is_fresh && lead->confirmation.size != 0) {
        confirmation_write(lead->confirmation, is_json, room, &value);
    }
    return value;
}

static tps_status write_payload(const all_parts *all, const tps_ear_options *options, bool is_json,
                                tps_buf room, size_t *size)
{
    submodules s;
    uint8_t confirmation[CONFIRMATION_ROOM];
    tps_ear_content content = {.generation = options->generation,
                               .is_json = is_json,
                               .has_exp = true,
                               .has_status = options->generation == TPS_EAR_2026,
                               .status = worst_tier(all->parts, all->count),
                               .issuer = tps_span_of_text(options->issuer),
                               .audience = tps_span_of_text(options->aud),
                               .iat = options->iat,
                               .exp = options->exp,
                               .confirmation =
                                   confirmation_of(&all->parts[0], is_json, TPS_BUF_OF(confirmation)),
                               .nonce = options->nonce,
                               .developer = TPS_SPAN_LITERAL(DEVELOPER),
                               .build = TPS_SPAN_LITERAL(BUILD),
                               .appraisals = s.content,
                               .appraisal_count = (uint32_t)all->count};
    ear_extensions extensions = {{1, put_demonstration, all}, s.extensions};
    dual_writer w = dual_writer_init(room, is_json);

    s.count = 0;
    for (size_t i = 0; i < all->count; i++) {
        add_part(&s, &all->parts[i], options);
    }
    if (!is_json) {
        sort_by_name(&s);
    }
    TPS_TRY(ear_put(&w, &content, &extensions));
    return dual_writer_finish(&w, size);
}

static tps_status sign_jwt(tps_span payload, const tps_ear_options *options, const tps_cose_signer *signer,
                           tps_buf out, size_t *size)
{
    return tps_jws_make(payload, options->key_id, signer, out, size);
}

static tps_status sign_cwt(tps_span payload, const tps_ear_options *options, const tps_cose_signer *signer,
                           tps_buf out, size_t *size)
{
    /* without typ (RFC 9596), which readers in the field refuse as a label that they do not know */
    tps_cose_make_options headers = {.kid = tps_span_of_text(options->key_id)};
    tps_span message = TPS_SPAN_EMPTY;
    tps_status status = tps_cose_sign1_make(payload, &headers, signer, out, &message);

    *size = message.size;
    return status;
}

static tps_status make_result(const all_parts *all, const tps_ear_options *options, bool is_json,
                              const tps_cose_signer *signer, tps_buf out, size_t *size)
{
    uint8_t room[PAYLOAD_ON_STACK];
    uint8_t *larger = NULL;
    size_t payload_size = 0;
    tps_status status;

    *size = 0;
    if (all->count == 0 || all->count > TPS_RESULT_PARTS_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    status = write_payload(all, options, is_json, TPS_BUF_OF(room), &payload_size);
    if (status == TPS_BUFFER_TOO_SMALL) { /* many components or findings */
        larger = malloc(payload_size + 1);
        status = larger == NULL
                     ? TPS_OUT_OF_MEMORY
                     : write_payload(all, options, is_json, (tps_buf){larger, payload_size}, &payload_size);
    }
    if (status == TPS_OK) {
        tps_span payload = tps_span_make(larger == NULL ? room : larger, payload_size);
        status = is_json ? sign_jwt(payload, options, signer, out, size)
                         : sign_cwt(payload, options, signer, out, size);
    }
    free(larger);
    return status;
}

tps_status result_claims(const tps_appraisal *parts, size_t count, const tps_ear_options *options,
                         tps_buf out, size_t *size)
{
    *size = 0;
    if (count == 0 || count > TPS_RESULT_PARTS_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    return write_payload(&(all_parts){parts, count}, options, false, out, size);
}

tps_status tps_ear_jwt(const tps_appraisal *parts, size_t count, const tps_ear_options *options,
                       const tps_cose_signer *signer, tps_buf out, size_t *size)
{
    return make_result(&(all_parts){parts, count}, options, true, signer, out, size);
}

tps_status tps_ear_cwt(const tps_appraisal *parts, size_t count, const tps_ear_options *options,
                       const tps_cose_signer *signer, tps_buf out, size_t *size)
{
    return make_result(&(all_parts){parts, count}, options, false, signer, out, size);
}
