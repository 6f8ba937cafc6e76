/* SPDX-License-Identifier: Apache-2.0 */
/* The result as a signed EAR: in a JWT or a CWT, in the names of each generation, with opentps's own claims
 * (spec/ear-extensions.md). */
#include <stdio.h>
#include <stdlib.h>

#include "format/ear/encode.h"
#include "tps/jws.h"
#include "tps/verifier.h"
#include "verifier/result/annotate.h"

#define DEVELOPER "https://opentps.org"
#define BUILD     "opentps"

/* Private labels in CBOR; -70001 is Veraison's. */
enum {
    LABEL_POLICY_CLAIMS = -70001,
    LABEL_DEMONSTRATION = -70100,
    LABEL_FINDINGS = -70101,
    LABEL_BOUND = -70102,
    LABEL_FRESH = -70103,
    LABEL_DEVICE_CLASS = -70104,
    LABEL_EVIDENCE_SHA256 = -70105,
    LABEL_CLAIMS = -70106,
    LABEL_MAC = -70107
};

enum { PAYLOAD_ON_STACK = 8192 };

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
    put_member(w, 0, "name", finding->name);
    put_member(w, 1, "claim", tps_ear_claim_name(finding->claim));
    dual_put_key(w, 2, "value");
    dual_put_int(w, finding->value);
    put_member(w, 3, "error", finding->status == TPS_OK ? NULL : tps_status_name(finding->status));
    put_member(w, 4, "cause", finding->cause);
    put_member(w, 5, "evidence", finding->evidence);
    put_member(w, 6, "known", finding->known);
    put_member(w, 7, "next-step", finding->next_step);
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

    if (appraisal->payload.size != 0 && evidence_read(appraisal->payload, &e, NULL) == TPS_OK) {
        json_key(&w->json, "ear.veraison.annotated-evidence");
        annotate_evidence(&w->json, &e);
    }
}

/* In CBOR as they came: they have that form already. */
static void put_claims(dual_writer *w, const tps_appraisal *appraisal)
{
    if (appraisal->payload.size != 0) {
        dual_put_key(w, LABEL_CLAIMS, NULL);
        dual_put_bytes(w, appraisal->payload);
    }
}

static void put_facts(dual_writer *w, const tps_appraisal *appraisal)
{
    put_member(w, LABEL_BOUND, "opentps.bound", "none");
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

static void put_beside_vector(void *context, dual_writer *w)
{
    const tps_appraisal *appraisal = context;

    if (w->is_json) {
        put_annotated(w, appraisal);
        put_findings(w, appraisal);
        put_problem(w, appraisal);
        put_facts(w, appraisal);
        put_mac(w, appraisal);
    } else { /* labels in their order */
        put_problem(w, appraisal);
        put_findings(w, appraisal);
        put_facts(w, appraisal);
        put_claims(w, appraisal);
        put_mac(w, appraisal);
    }
}

static uint32_t count_beside_vector(const tps_appraisal *appraisal)
{
    return 4u + (appraisal->finding_count > 0) + (*appraisal->device_class != '\0') +
           (appraisal->payload.size != 0) + appraisal->is_mac;
}

static void put_demonstration(void *context, dual_writer *w)
{
    const tps_appraisal *appraisal = context;

    dual_put_key(w, LABEL_DEMONSTRATION, "opentps.demonstration");
    dual_put_bool(w, appraisal->is_demonstration);
}

/* ---- the whole ---- */

static tps_status write_payload(const tps_appraisal *appraisal, const tps_ear_options *options, bool is_json,
                                tps_buf room, size_t *size)
{
    bool is_newest = options->generation == TPS_EAR_2026;
    char policy[32];
    tps_span policy_id = tps_span_of_text(options->policy_id); /* of NULL: empty, and set below */
    tps_ear_appraisal_content submodule = {.name = tps_span_of_text(tps_scheme_name(appraisal->scheme)),
                                           .status = appraisal->tier,
                                           .vector_claims = 255,
                                           .policy_ids = &policy_id,
                                           .policy_id_count = 1,
                                           .nonce = is_newest ? options->nonce : TPS_SPAN_EMPTY};
    tps_ear_content content = {.generation = options->generation,
                               .is_json = is_json,
                               .has_exp = true,
                               .has_status = is_newest,
                               .status = appraisal->tier,
                               .issuer = tps_span_of_text(options->issuer),
                               .audience = tps_span_of_text(options->aud),
                               .iat = options->iat,
                               .exp = options->exp,
                               .nonce = options->nonce,
                               .developer = TPS_SPAN_LITERAL(DEVELOPER),
                               .build = TPS_SPAN_LITERAL(BUILD),
                               .appraisals = &submodule,
                               .appraisal_count = 1};
    tps_appraisal *own = (tps_appraisal *)(uintptr_t)appraisal; /* a context takes no const; nothing writes */
    ear_extensions extensions = {.result = {1, put_demonstration},
                                 .appraisal = {count_beside_vector(appraisal), put_beside_vector},
                                 .context = own};
    dual_writer w = dual_writer_init(room, is_json);

    if (options->policy_id == NULL) {
        snprintf(policy, sizeof policy, "policy:%s", tps_scheme_name(appraisal->scheme));
        policy_id = tps_span_of_text(policy);
    }
    memcpy(submodule.vector, appraisal->vector, sizeof submodule.vector);
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

static tps_status make_result(const tps_appraisal *appraisal, const tps_ear_options *options, bool is_json,
                              const tps_cose_signer *signer, tps_buf out, size_t *size)
{
    uint8_t room[PAYLOAD_ON_STACK];
    uint8_t *larger = NULL;
    size_t payload_size = 0;
    tps_status status;

    *size = 0;
    status = write_payload(appraisal, options, is_json, TPS_BUF_OF(room), &payload_size);
    if (status == TPS_BUFFER_TOO_SMALL) { /* many components or findings */
        larger = malloc(payload_size + 1);
        status = larger == NULL ? TPS_OUT_OF_MEMORY
                                : write_payload(appraisal, options, is_json, (tps_buf){larger, payload_size},
                                                &payload_size);
    }
    if (status == TPS_OK) {
        tps_span payload = tps_span_make(larger == NULL ? room : larger, payload_size);
        status = is_json ? sign_jwt(payload, options, signer, out, size)
                         : sign_cwt(payload, options, signer, out, size);
    }
    free(larger);
    return status;
}

tps_status tps_ear_jwt(const tps_appraisal *appraisal, const tps_ear_options *options,
                       const tps_cose_signer *signer, tps_buf out, size_t *size)
{
    return make_result(appraisal, options, true, signer, out, size);
}

tps_status tps_ear_cwt(const tps_appraisal *appraisal, const tps_ear_options *options,
                       const tps_cose_signer *signer, tps_buf out, size_t *size)
{
    return make_result(appraisal, options, false, signer, out, size);
}
