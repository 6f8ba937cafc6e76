/* SPDX-License-Identifier: Apache-2.0 */
/* The result as a signed EAR in JWT form, in the names of each generation. */
#include <stdio.h>
#include <stdlib.h>

#include "tps/jws.h"
#include "tps/verifier.h"
#include "verifier/annotate.h"

#define DEVELOPER "https://opentps.org"
#define BUILD     "opentps"

enum { PAYLOAD_ON_STACK = 8192 };

/* The names that differ between generations. */
typedef struct {
    const char *profile;
    const char *status;
    const char *vector;
    const char *policy;
    const char *verifier_id;
    bool is_policy_list; /* an array of ids; nonce per submodule, status at the top, too */
} generation_names;

static const generation_names generations[] = {
    [TPS_EAR_2023] = {"tag:github.com,2023:veraison/ear", "ear.status", "ear.trustworthiness-vector",
                      "ear.appraisal-policy-id", "ear.verifier-id", false},
    [TPS_EAR_2025] = {"tag:ietf.org,2025-07:ear", "ear.status", "ear.trustworthiness-vector",
                      "ear.appraisal-policy-id", "ear.verifier-id", false},
    [TPS_EAR_2026] = {"tag:ietf.org,2026:rats/ear#04", "ear_status", "ear_trustworthiness_vector",
                      "ear_appraisal_policy_ids", "ear_verifier_id", true},
};

static void put_member(json_writer *w, const char *name, const char *text)
{
    if (text != NULL && *text != '\0') {
        json_key(w, name);
        json_text(w, text);
    }
}

static void put_nonce(json_writer *w, tps_span nonce)
{
    if (nonce.size != 0) {
        json_key(w, "eat_nonce");
        json_base64url(w, nonce);
    }
}

static void put_vector(json_writer *w, const generation_names *names, const tps_appraisal *appraisal)
{
    json_key(w, names->vector);
    json_begin_object(w);
    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        json_key(w, tps_ear_claim_name(i));
        json_int(w, appraisal->vector[i]);
    }
    json_end_object(w);
}

static void put_policy(json_writer *w, const generation_names *names, const tps_appraisal *appraisal,
                       const tps_ear_options *options)
{
    char id[32];

    json_key(w, names->policy);
    if (names->is_policy_list) {
        json_begin_array(w);
    }
    if (options->policy_id == NULL) {
        snprintf(id, sizeof id, "policy:%s", tps_scheme_name(appraisal->scheme));
    }
    json_text(w, options->policy_id == NULL ? id : options->policy_id);
    if (names->is_policy_list) {
        json_end_array(w);
    }
}

static void put_finding(json_writer *w, const tps_finding *finding)
{
    json_begin_object(w);
    put_member(w, "name", finding->name);
    put_member(w, "claim", tps_ear_claim_name(finding->claim));
    json_key(w, "value");
    json_int(w, finding->value);
    put_member(w, "error", finding->status == TPS_OK ? NULL : tps_status_name(finding->status));
    put_member(w, "cause", finding->cause);
    put_member(w, "evidence", finding->evidence);
    put_member(w, "known", finding->known);
    put_member(w, "next-step", finding->next_step);
    json_end_object(w);
}

/* The first finding in one sentence, where existing clients look for it. */
static void put_problem(json_writer *w, const tps_finding *finding)
{
    json_key(w, "ear.veraison.policy-claims");
    json_begin_object(w);
    put_member(w, "problem", finding->cause);
    json_end_object(w);
}

static void put_findings(json_writer *w, const tps_appraisal *appraisal)
{
    json_key(w, "opentps.findings");
    json_begin_array(w);
    for (size_t i = 0; i < appraisal->finding_count; i++) {
        put_finding(w, &appraisal->findings[i]);
    }
    json_end_array(w);
    if (appraisal->finding_count > 0) {
        put_problem(w, &appraisal->findings[0]);
    }
}

static void put_annotated(json_writer *w, const tps_appraisal *appraisal)
{
    evidence_claims e;

    if (appraisal->payload.size != 0 && evidence_read(appraisal->payload, &e, NULL) == TPS_OK) {
        json_key(w, "ear.veraison.annotated-evidence");
        annotate_evidence(w, &e);
    }
}

static void put_submodule(json_writer *w, const generation_names *names, const tps_appraisal *appraisal,
                          const tps_ear_options *options)
{
    json_key(w, tps_scheme_name(appraisal->scheme));
    json_begin_object(w);
    put_member(w, names->status, tps_ear_tier_name(appraisal->tier));
    put_vector(w, names, appraisal);
    put_policy(w, names, appraisal, options);
    if (names->is_policy_list) {
        put_nonce(w, options->nonce);
    }
    put_annotated(w, appraisal);
    put_findings(w, appraisal);
    put_member(w, "opentps.bound", "none");
    json_key(w, "opentps.fresh");
    json_bool(w, appraisal->is_fresh);
    put_member(w, "opentps.device-class", appraisal->device_class);
    json_key(w, "opentps.evidence-sha-256");
    json_base64url(w, TPS_SPAN_OF(appraisal->evidence_sha256));
    json_end_object(w);
}

static void put_result(json_writer *w, const tps_appraisal *appraisal, const tps_ear_options *options)
{
    const generation_names *names = &generations[options->generation];

    json_begin_object(w);
    put_member(w, "eat_profile", names->profile);
    put_member(w, "iss", options->issuer);
    put_member(w, "aud", options->aud);
    json_key(w, "iat");
    json_int(w, options->iat);
    json_key(w, "exp");
    json_int(w, options->exp);
    put_nonce(w, options->nonce);
    json_key(w, names->verifier_id);
    json_begin_object(w);
    put_member(w, "developer", DEVELOPER);
    put_member(w, "build", BUILD);
    json_end_object(w);
    if (names->is_policy_list) {
        put_member(w, names->status, tps_ear_tier_name(appraisal->tier));
    }
    json_key(w, "opentps.demonstration");
    json_bool(w, appraisal->is_demonstration);
    json_key(w, "submods");
    json_begin_object(w);
    put_submodule(w, names, appraisal, options);
    json_end_object(w);
    json_end_object(w);
}

static tps_status write_payload(const tps_appraisal *appraisal, const tps_ear_options *options, tps_buf room,
                                size_t *size)
{
    json_writer w = json_writer_init(room);

    put_result(&w, appraisal, options);
    return json_writer_finish(&w, size);
}

tps_status tps_ear_jwt(const tps_appraisal *appraisal, const tps_ear_options *options,
                       const tps_cose_signer *signer, tps_buf out, size_t *size)
{
    uint8_t room[PAYLOAD_ON_STACK];
    uint8_t *larger = NULL;
    size_t payload_size = 0;
    tps_status status;

    *size = 0;
    if (options->generation >= sizeof generations / sizeof generations[0]) {
        return TPS_BAD_ARGUMENT;
    }
    status = write_payload(appraisal, options, TPS_BUF_OF(room), &payload_size);
    if (status == TPS_BUFFER_TOO_SMALL) { /* many components or findings */
        larger = malloc(payload_size);
        status = larger == NULL
                     ? TPS_OUT_OF_MEMORY
                     : write_payload(appraisal, options, (tps_buf){larger, payload_size}, &payload_size);
    }
    if (status == TPS_OK) {
        status = tps_jws_make(tps_span_make(larger == NULL ? room : larger, payload_size), options->key_id,
                              signer, out, size);
    }
    free(larger);
    return status;
}
