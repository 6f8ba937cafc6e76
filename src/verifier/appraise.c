/* SPDX-License-Identifier: Apache-2.0 */
/* The appraisal of evidence, step by step: is it evidence, who signed it, does it answer, what does it say.
 */
#include "verifier/appraise.h"
#include "tps/verifier.h"
#include "verifier/explain/explain.h"
#include "verifier/facts.h"
#include "verifier/finding.h"
#include "verifier/policy/policy.h"
#include "verifier/request.h"
#include "verifier/state.h"
#include "verifier/trust/jws.h"
#include "verifier/trust/tpm.h"
#include "verifier/trust/trust.h"
#include "verifier/trust/voucher.h"

tps_finding *appraise_refuse(tps_appraisal *out, const char *name, tps_status status, const tps_error *why)
{
    tps_finding *finding;

    memset(out->vector, TPS_EAR_CRYPTO_FAILED, sizeof out->vector);
    finding = finding_add(out, TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_CRYPTO_FAILED, name);
    finding_of_status(finding, status, why);
    return finding;
}

static void refuse_all(tps_appraisal *appraisal, const char *name, tps_status status)
{
    (void)appraise_refuse(appraisal, name, status, NULL);
}

static void refuse_identity(tps_appraisal *appraisal, const char *name, int8_t value, tps_status status)
{
    finding_of_status(finding_add(appraisal, TPS_EAR_INSTANCE_IDENTITY, value, name), status, NULL);
}

static void describe(const evidence_claims *e, tps_appraisal *appraisal)
{
    appraisal->scheme = e->scheme;
    appraisal->instance_id_size = e->instance_id.size;
    if (e->instance_id.size > 0) {
        memcpy(appraisal->instance_id, e->instance_id.data, e->instance_id.size);
    }
}

/* ---- the signature ---- */

/* What is wrong with a signer. Value 0: with all of the evidence. */
static const struct {
    tps_status status;
    int8_t value;
    const char *name;
} refusals[] = {
    {TPS_COSE_BAD_SIGNATURE, 0, "evidence.bad-signature"},
    {TPS_COSE_BAD_TAG, 0, "evidence.bad-mac"},
    {TPS_COSE_ALG_REFUSED, 0, "evidence.algorithm-refused"},
    {TPS_COSE_KEY_USE, 0, "evidence.key-use"},
    {TPS_VERIFIER_KEY_ENDED, 0, "evidence.key-ended"},
    {TPS_VERIFIER_NO_TRUST_ANCHOR, TPS_EAR_IDENTITY_UNRECOGNIZED, "instance-identity.unknown-signer"},
    {TPS_CRYPTO_CHAIN_UNTRUSTED, TPS_EAR_IDENTITY_UNRECOGNIZED, "instance-identity.unknown-signer"},
    {TPS_VERIFIER_INSTANCE_MISMATCH, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.other-device"},
    {TPS_CRYPTO_CHAIN_PURPOSE, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.other-purpose"},
    {TPS_VERIFIER_CLASS_UNPROVEN, TPS_EAR_IDENTITY_UNRECOGNIZED, "instance-identity.class-unproven"},
    {TPS_VERIFIER_CLASS_OF_ANOTHER, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.class-of-another"},
    {TPS_VERIFIER_DEMONSTRATION, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.demonstration"},
    {TPS_CORIM_EXPIRED, TPS_EAR_IDENTITY_UNRECOGNIZED, "instance-identity.endorsement-expired"},
    {TPS_CRYPTO_CHAIN_EXPIRED, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.certificate-expired"},
    {TPS_VERIFIER_OUT_OF_SCOPE, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.out-of-scope"},
    {TPS_VERIFIER_REVOKED_KEY, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.revoked"},
    {TPS_VERIFIER_REVOKED_CERTIFICATE, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.revoked"},
    {TPS_VERIFIER_REVOKED_DEVICE, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "instance-identity.revoked"},
    {TPS_VERIFIER_SIGNER_WITHDRAWN, TPS_EAR_IDENTITY_UNRECOGNIZED, "instance-identity.signer-withdrawn"},
    {TPS_VERIFIER_CRL_OUTDATED, TPS_EAR_IDENTITY_UNRECOGNIZED, "instance-identity.revocation-unknown"},
};

static void refuse_signature(tps_appraisal *appraisal, tps_status status)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (refusals[i].status == status && refusals[i].value != 0) {
            refuse_identity(appraisal, refusals[i].name, refusals[i].value, status);
            return;
        }
        if (refusals[i].status == status) {
            refuse_all(appraisal, refusals[i].name, status);
            return;
        }
    }
    refuse_all(appraisal, "evidence.unverifiable", status);
}

/* ---- the whole ---- */

static void report_submods(tps_appraisal *appraisal)
{
    tps_finding *finding =
        finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_NO_CLAIM, "evidence.submodules-not-judged");

    finding_text(finding->cause, "the evidence has submodules, and nothing here appraises them");
    finding_text(finding->next_step, "send the evidence of each submodule by itself");
}

/* The signature is good from here on: what follows is about the device. False when it is no answer. */
static bool judge_verified(tps_verifier *v, const appraise_part *part, const evidence_claims *e,
                           appraise_outcome *outcome, const tps_appraisal_request *request,
                           tps_appraisal *out)
{
    judgement j = {.verifier = v,
                   .request = request,
                   .evidence = e,
                   .signer = &outcome->signer,
                   .class_index = KNOWLEDGE_NONE,
                   .accepted = v->accepted,
                   .appraisal = out};

    if (!request_check(e, part, request, out)) {
        return false;
    }
    v->accepted->count = 0;
    if (facts_establish(&j)) {
        policy_judge(&j);
    }
    if (e->has_submods && !part->has_parts_judged) {
        report_submods(out);
    }
    request_report(e, request, out);
    outcome->class_index = j.class_index;
    outcome->matched = j.matched;
    return true;
}

void appraise_set_tier(tps_appraisal *out)
{
    out->tier = tps_ear_tier_of_vector(out->vector);
    if (out->finding_count > 0 && out->tier < TPS_EAR_TIER_WARNING) {
        out->tier = TPS_EAR_TIER_WARNING;
    }
}

/* Findings are left as they are, for they are many: finding_add() zeroes each that counts. */
static void begin(tps_appraisal *out)
{
    memset(out, 0, offsetof(tps_appraisal, findings));
    out->payload = TPS_SPAN_EMPTY;
    out->confirmation = TPS_SPAN_EMPTY;
}

static tps_status digest_of(tps_span bytes, tps_appraisal *out)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, &digest));
    memcpy(out->evidence_sha256, digest.bytes, sizeof out->evidence_sha256);
    return TPS_OK;
}

tps_finding *appraise_refuse_bytes(tps_appraisal *out, tps_span bytes, const char *name, tps_status status,
                                   const tps_error *why)
{
    tps_finding *finding;

    begin(out);
    (void)digest_of(bytes, out); /* zeros stay if it fails: it is refused anyhow */
    finding = appraise_refuse(out, name, status, why);
    appraise_set_tier(out);
    return finding;
}

/* Who signed it, in whichever way it is protected. */
static tps_status establish(tps_verifier *v, const appraise_part *part, const evidence_message *message,
                            const evidence_claims *e, int64_t now, trust *signer)
{
    switch (message->form) {
    case EVIDENCE_CLAIMS: return trust_voucher(v, part->voucher, e, now, signer);
    case EVIDENCE_JWS: return trust_jws(v, message, e, now, signer);
    case EVIDENCE_TPM: return trust_tpm(v, e, now, signer);
    default: return trust_establish(v, &message->cose, e, now, signer);
    }
}

/* Of who asked for it; see tps_verifier_explain(). */
static void explain(tps_verifier *v, const tps_appraisal_request *request, const evidence_message *message,
                    const evidence_claims *e, const tps_appraisal *out, const appraise_outcome *outcome)
{
    if (v->explanation != NULL) {
        explain_part(&(explain_facts){.verifier = v,
                                      .request = request,
                                      .message = message,
                                      .claims = e,
                                      .signer = outcome->is_signed ? &outcome->signer : NULL,
                                      .is_answer = outcome->is_answer,
                                      .class_index = outcome->class_index,
                                      .matched = outcome->matched,
                                      .appraisal = out});
    }
}

static void appraise_read(tps_verifier *v, const appraise_part *part, const evidence_message *message,
                          const evidence_claims *e, const tps_appraisal_request *request, tps_appraisal *out,
                          appraise_outcome *outcome)
{
    trust *signer = &outcome->signer;
    tps_status status;

    describe(e, out);
    status = establish(v, part, message, e, request->now, signer);
    if (status != TPS_OK) {
        refuse_signature(out, status);
        return;
    }
    memcpy(out->signer_sha256, signer->digest, sizeof out->signer_sha256);
    out->is_demonstration = signer->is_demonstration;
    out->is_mac = signer->is_mac;
    out->payload = message->payload;
    outcome->is_signed = true;
    outcome->has_submods = e->has_submods;
    outcome->is_answer = judge_verified(v, part, e, outcome, request, out);
}

static bool check_type(const evidence_type *type, tps_span payload, tps_appraisal *out)
{
    tps_span profile = type == NULL || payload.size == 0 ? TPS_SPAN_EMPTY : tps_eat_profile_of(payload);
    tps_finding *finding;

    if (type == NULL || evidence_type_agrees(type, profile)) {
        return true;
    }
    finding = appraise_refuse(out, "evidence.other-type", TPS_VERIFIER_TYPE_MISMATCH, NULL);
    finding_text(finding->evidence, "profile %.*s", TEXT_OF(profile));
    finding_text(finding->known, "wrapped as %s", type->type);
    return false;
}

void appraise_one(tps_verifier *v, const appraise_part *part, const tps_appraisal_request *request,
                  tps_appraisal *out, appraise_outcome *outcome)
{
    evidence_message message;
    evidence_claims e;
    tps_error why = {0};
    tps_status status;

    begin(out);
    message.payload = TPS_SPAN_EMPTY;
    outcome->is_answer = false;
    outcome->is_signed = false;
    outcome->class_index = KNOWLEDGE_NONE;
    outcome->matched = 0;
    v->accepted->count = 0;
    status = digest_of(part->bytes, out);
    if (status == TPS_OK) {
        status = evidence_open(v, part->bytes, part->form, part->room, &message, &e, &why);
        out->scheme = e.scheme;
    }
    if (!check_type(part->type, message.payload, out)) {
        out->scheme = TPS_SCHEME_UNKNOWN;
    } else if (status == TPS_OK) {
        appraise_read(v, part, &message, &e, request, out, outcome);
    } else {
        (void)appraise_refuse(out, "evidence.malformed", status, &why);
    }
    appraise_set_tier(out);
    explain(v, request, status == TPS_OK ? &message : NULL, status == TPS_OK ? &e : NULL, out, outcome);
}

void tps_verifier_appraise(tps_verifier *verifier, tps_span evidence, const tps_appraisal_request *request,
                           tps_appraisal *out)
{
    const appraise_part part = {.bytes = evidence, .form = evidence_form_of(evidence)};
    appraise_outcome outcome;

    appraise_one(verifier, &part, request, out, &outcome);
}
