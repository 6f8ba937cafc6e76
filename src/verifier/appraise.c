/* SPDX-License-Identifier: Apache-2.0 */
/* The appraisal of evidence, step by step: is it evidence, who signed it, does it answer, what does it say.
 */
#include <stdio.h>

#include "tps/secret.h"
#include "tps/verifier.h"
#include "verifier/facts.h"
#include "verifier/finding.h"
#include "verifier/policy/policy.h"
#include "verifier/state.h"
#include "verifier/trust/trust.h"

enum { EVIDENCE_MAX = 65536, IAT_LEEWAY = 300 };

/* The evidence is no such thing, or a forgery, or no answer to this request: nothing in it may count. */
static void refuse_all(tps_appraisal *appraisal, const char *name, tps_status status, const tps_error *why)
{
    memset(appraisal->vector, TPS_EAR_CRYPTO_FAILED, sizeof appraisal->vector);
    finding_of_status(finding_add(appraisal, TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_CRYPTO_FAILED, name), status,
                      why);
}

static void refuse_identity(tps_appraisal *appraisal, const char *name, int8_t value, tps_status status)
{
    finding_of_status(finding_add(appraisal, TPS_EAR_INSTANCE_IDENTITY, value, name), status, NULL);
}

/* ---- reading ---- */

static tps_status read_message(const tps_verifier *v, tps_span bytes, tps_cose_sign1 *message,
                               evidence_claims *e, tps_error *why)
{
    e->scheme = TPS_SCHEME_UNKNOWN;
    if (bytes.size > EVIDENCE_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, "evidence of more than 64 KiB");
    }
    TPS_TRY(tps_cose_sign1_parse(bytes, message, why));
    if (message->tag == TPS_TAG_COSE_MAC0 && v->mac_count == 0) {
        return tps_fail(why, TPS_UNSUPPORTED, 0,
                        "evidence under a shared key (COSE_Mac0), and none is known");
    }
    if (message->is_detached) {
        return tps_fail(why, TPS_COSE_DETACHED, 0, NULL);
    }
    TPS_TRY(verifier_check_headers(message, false));
    return evidence_read(message->payload, e, why);
}

static void describe(const evidence_claims *e, tps_appraisal *appraisal)
{
    appraisal->scheme = e->scheme;
    appraisal->instance_id_size = e->instance_id.size;
    memcpy(appraisal->instance_id, e->instance_id.data, e->instance_id.size);
}

/* ---- the signature ---- */

static void refuse_signature(tps_appraisal *appraisal, tps_status status)
{
    switch (status) {
    case TPS_COSE_BAD_SIGNATURE: refuse_all(appraisal, "evidence.bad-signature", status, NULL); return;
    case TPS_COSE_BAD_TAG: refuse_all(appraisal, "evidence.bad-mac", status, NULL); return;
    case TPS_COSE_ALG_REFUSED: refuse_all(appraisal, "evidence.algorithm-refused", status, NULL); return;
    case TPS_COSE_KEY_USE: refuse_all(appraisal, "evidence.key-use", status, NULL); return;
    case TPS_VERIFIER_NO_TRUST_ANCHOR:
    case TPS_CRYPTO_CHAIN_UNTRUSTED:
        refuse_identity(appraisal, "instance-identity.unknown-signer", TPS_EAR_IDENTITY_UNRECOGNIZED, status);
        return;
    case TPS_VERIFIER_INSTANCE_MISMATCH:
        refuse_identity(appraisal, "instance-identity.other-device", TPS_EAR_IDENTITY_UNTRUSTWORTHY, status);
        return;
    case TPS_CRYPTO_CHAIN_PURPOSE:
        refuse_identity(appraisal, "instance-identity.other-purpose", TPS_EAR_IDENTITY_UNTRUSTWORTHY, status);
        return;
    case TPS_VERIFIER_CLASS_UNPROVEN:
        refuse_identity(appraisal, "instance-identity.class-unproven", TPS_EAR_IDENTITY_UNRECOGNIZED, status);
        return;
    case TPS_VERIFIER_CLASS_OF_ANOTHER:
        refuse_identity(appraisal, "instance-identity.class-of-another", TPS_EAR_IDENTITY_UNTRUSTWORTHY,
                        status);
        return;
    case TPS_VERIFIER_DEMONSTRATION:
        refuse_identity(appraisal, "instance-identity.demonstration", TPS_EAR_IDENTITY_UNTRUSTWORTHY, status);
        return;
    case TPS_CORIM_EXPIRED:
        refuse_identity(appraisal, "instance-identity.endorsement-expired", TPS_EAR_IDENTITY_UNRECOGNIZED,
                        status);
        return;
    case TPS_CRYPTO_CHAIN_EXPIRED:
        refuse_identity(appraisal, "instance-identity.certificate-expired", TPS_EAR_IDENTITY_UNTRUSTWORTHY,
                        status);
        return;
    default: refuse_all(appraisal, "evidence.unverifiable", status, NULL); return;
    }
}

/* ---- the request ---- */

static bool answers_nonce(const evidence_claims *e, tps_span nonce)
{
    return e->nonce.size == nonce.size && tps_equal_secret(e->nonce.data, nonce.data, nonce.size);
}

/* False when the evidence is of another time. A device's clock may be ahead by IAT_LEEWAY in what it says of
 * itself; exp and nbf say what must not be taken. */
static bool check_times(const tps_cwt_claims *cwt, int64_t now, tps_appraisal *appraisal)
{
    tps_status status = tps_cwt_check_time(cwt, now, 0, NULL);
    bool is_early = (cwt->present & TPS_CWT_HAS_IAT) != 0 && tps_number_ceiling(cwt->iat) > now + IAT_LEEWAY;
    tps_finding *finding;

    if (status == TPS_CLAIM_EXPIRED) {
        refuse_all(appraisal, "freshness.expired", TPS_VERIFIER_EVIDENCE_EXPIRED, NULL);
        finding = &appraisal->findings[appraisal->finding_count - 1];
        finding_text(finding->evidence, "expired %lld s ago",
                     (long long)(uint64_t)((uint64_t)now - (uint64_t)tps_number_ceiling(cwt->exp)));
        return false;
    }
    if (status != TPS_OK || is_early) {
        refuse_all(appraisal, "freshness.not-yet-valid", TPS_CLAIM_NOT_YET_VALID, NULL);
        return false;
    }
    return true;
}

/* False when the evidence is not for this request. */
static bool check_request(const evidence_claims *e, const tps_appraisal_request *request,
                          tps_appraisal *appraisal)
{
    tps_finding *finding;
    char text[40];

    if (request->nonce.size > 0 && !answers_nonce(e, request->nonce)) {
        refuse_all(appraisal, "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH, NULL);
        finding = &appraisal->findings[appraisal->finding_count - 1];
        finding_hex(e->nonce, 8, text);
        finding_text(finding->evidence, "nonce %s", text);
        finding_hex(request->nonce, 8, text);
        finding_text(finding->known, "nonce %s", text);
        return false;
    }
    if (!check_times(&e->cwt, request->now, appraisal)) {
        return false;
    }
    if (e->aud.size > 0 && request->aud.size > 0 && !tps_span_equal(e->aud, request->aud)) {
        refuse_all(appraisal, "freshness.other-audience", TPS_VERIFIER_AUDIENCE, NULL);
        finding = &appraisal->findings[appraisal->finding_count - 1];
        finding_text(finding->evidence, "for \"%.*s\"", TEXT_OF(e->aud));
        finding_text(finding->known, "\"%.*s\"", TEXT_OF(request->aud));
        return false;
    }
    appraisal->is_fresh = request->nonce.size > 0;
    return true;
}

static void report_unknown_freshness(tps_appraisal *appraisal)
{
    tps_finding *finding =
        finding_add(appraisal, TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_NO_CLAIM, "freshness.not-judged");

    finding_text(finding->cause,
                 "whether the evidence is fresh cannot be told: no nonce was given to compare with");
    finding_text(finding->next_step, "give the nonce that the device was asked with");
}

static void report_submods(tps_appraisal *appraisal)
{
    tps_finding *finding =
        finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_NO_CLAIM, "evidence.submodules-not-judged");

    finding_text(finding->cause, "the evidence has submodules, and nothing here appraises them");
    finding_text(finding->next_step, "send the evidence of each submodule by itself");
}

/* ---- the whole ---- */

/* The signature is good from here on: what follows is about the device. */
static void judge_verified(tps_verifier *v, const evidence_claims *e, const trust *signer,
                           const tps_appraisal_request *request, tps_appraisal *out)
{
    judgement j = {.verifier = v,
                   .request = request,
                   .evidence = e,
                   .signer = signer,
                   .class_index = KNOWLEDGE_NONE,
                   .accepted = v->accepted,
                   .appraisal = out};

    if (!check_request(e, request, out)) {
        return;
    }
    v->accepted->count = 0;
    if (facts_establish(&j)) {
        policy_judge(&j);
    }
    if (e->has_submods && e->scheme == TPS_SCHEME_OPENTPS) {
        report_submods(out);
    }
    if (!out->is_fresh) {
        report_unknown_freshness(out);
    }
}

/* No result is better than its worst claim, and none with a finding is affirming. */
static void set_tier(tps_appraisal *appraisal)
{
    appraisal->tier = tps_ear_tier_of_vector(appraisal->vector);
    if (appraisal->finding_count > 0 && appraisal->tier < TPS_EAR_TIER_WARNING) {
        appraisal->tier = TPS_EAR_TIER_WARNING;
    }
}

void tps_verifier_appraise(tps_verifier *verifier, tps_span evidence, const tps_appraisal_request *request,
                           tps_appraisal *out)
{
    tps_cose_sign1 message;
    evidence_claims e;
    trust signer;
    tps_digest digest;
    tps_error why = {0};
    tps_status status;

    memset(out, 0, sizeof *out);
    status = tps_crypto_hash_of(TPS_ALG_SHA256, evidence, &digest);
    if (status == TPS_OK) {
        memcpy(out->evidence_sha256, digest.bytes, sizeof out->evidence_sha256);
        status = read_message(verifier, evidence, &message, &e, &why);
        out->scheme = e.scheme;
    }
    if (status != TPS_OK) {
        refuse_all(out, "evidence.malformed", status, &why);
        set_tier(out);
        return;
    }
    describe(&e, out);
    status = trust_establish(verifier, &message, &e, request->now, &signer);
    if (status == TPS_OK) {
        memcpy(out->signer_sha256, signer.digest, sizeof out->signer_sha256);
        out->is_demonstration = signer.is_demonstration;
        out->is_mac = signer.is_mac;
        out->payload = message.payload;
        judge_verified(verifier, &e, &signer, request, out);
    } else {
        refuse_signature(out, status);
    }
    set_tier(out);
}
