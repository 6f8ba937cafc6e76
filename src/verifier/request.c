/* SPDX-License-Identifier: Apache-2.0 */
/* The request that evidence must answer: one place for every scheme. */
#include "verifier/request.h"

#include "tps/cose_key.h"
#include "tps/freshness.h"
#include "tps/secret.h"
#include "verifier/finding.h"

enum { IAT_LEEWAY = 300, MAX_AGE = 300 };

static void refuse(tps_appraisal *out, const char *name, tps_status status)
{
    (void)appraise_refuse(out, name, status, NULL);
}

/* ---- freshness (RFC 9334, 10) ---- */

static bool is_same(tps_span a, tps_span b)
{
    return a.size == b.size && tps_equal_secret(a.data, b.data, a.size);
}

static bool check_nonce(const evidence_claims *e, const tps_appraisal_request *request, tps_appraisal *out)
{
    tps_finding *finding;
    char text[40];

    if (request->nonce.size == 0) {
        return true; /* not judged: request_report() says so */
    }
    if (is_same(e->nonce, request->nonce)) {
        out->freshness = TPS_FRESHNESS_NONCE;
        out->is_nonce_of_relying_party = request->is_nonce_of_relying_party;
        return true;
    }
    finding = appraise_refuse(out, "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH, NULL);
    finding_hex(e->nonce, 8, text);
    finding_text(finding->evidence, "nonce %s", text);
    finding_hex(request->nonce, 8, text);
    finding_text(finding->known, "nonce %s", text);
    return false;
}

static bool refuse_age(int64_t age, int64_t max_age, tps_appraisal *out)
{
    tps_finding *finding = appraise_refuse(out, "freshness.too-old", TPS_VERIFIER_NONCE_TOO_OLD, NULL);

    finding_text(finding->evidence, "a nonce made %lld s ago", (long long)age);
    finding_text(finding->known, "at most %lld s", (long long)max_age);
    return false;
}

/* A nonce that tells when it was made. It is used up once all else that concerns the request is good. */
static bool check_time(const evidence_claims *e, const tps_appraisal_request *request, tps_appraisal *out)
{
    int64_t max_age = request->max_age == 0 ? MAX_AGE : request->max_age;
    int64_t age = 0;
    tps_status status =
        tps_nonce_check(request->nonce_key, request->nonce_context, e->nonce, request->now, max_age, &age);

    if (status == TPS_VERIFIER_NONCE_TOO_OLD) {
        return refuse_age(age, max_age, out);
    }
    if (status != TPS_OK) {
        refuse(out, "freshness.foreign-nonce", status);
        return false;
    }
    out->freshness = TPS_FRESHNESS_TIME;
    return true;
}

static bool check_epoch(const evidence_claims *e, const tps_appraisal_request *request, tps_appraisal *out)
{
    tps_finding *finding;
    char text[40];

    for (size_t i = 0; i < request->epoch_count; i++) {
        if (e->nonce.size > 0 && is_same(e->nonce, request->epochs[i])) {
            out->freshness = TPS_FRESHNESS_EPOCH;
            return true;
        }
    }
    finding = appraise_refuse(out, "freshness.unknown-epoch", TPS_VERIFIER_EPOCH_UNKNOWN, NULL);
    finding_hex(e->nonce, 8, text);
    finding_text(finding->evidence, "epoch %s", text);
    return false;
}

static bool check_freshness(const evidence_claims *e, const appraise_part *part,
                            const tps_appraisal_request *request, tps_appraisal *out)
{
    /* Claims in the token of another are as fresh as that token, but for a nonce of their own. */
    if (part->form == EVIDENCE_CLAIMS && e->nonce.size == 0) {
        out->freshness = part->voucher_freshness;
        return true;
    }
    switch (request->freshness) {
    case TPS_FRESHNESS_NONE:
    case TPS_FRESHNESS_NONCE: return check_nonce(e, request, out);
    case TPS_FRESHNESS_TIME: return check_time(e, request, out);
    case TPS_FRESHNESS_EPOCH: return check_epoch(e, request, out);
    default: refuse(out, "freshness.not-judged", TPS_BAD_ARGUMENT); return false;
    }
}

/* A nonce that carries its time counts once, for all parts of one appraisal together. */
static bool use_nonce(const evidence_claims *e, const appraise_part *part,
                      const tps_appraisal_request *request, tps_appraisal *out)
{
    tps_status status;

    if (out->freshness != TPS_FRESHNESS_TIME || request->uses == NULL || part->form == EVIDENCE_CLAIMS ||
        (part->used_nonce != NULL && is_same(*part->used_nonce, e->nonce))) {
        return true;
    }
    status = tps_nonce_uses_take(request->uses, e->nonce, request->now);
    if (status != TPS_OK) {
        refuse(out, status == TPS_VERIFIER_NONCE_USED ? "freshness.reused" : "freshness.not-judged", status);
        return false;
    }
    if (part->used_nonce != NULL) {
        *part->used_nonce = e->nonce;
    }
    return true;
}

/* False when the evidence is of another time. A device's clock may be ahead by IAT_LEEWAY in what it says of
 * itself; exp and nbf say what must not be taken. */
static bool check_dates(const tps_cwt_claims *cwt, int64_t now, tps_appraisal *out)
{
    tps_status status = tps_cwt_check_time(cwt, now, 0, NULL);
    bool is_early = (cwt->present & TPS_CWT_HAS_IAT) != 0 && tps_number_ceiling(cwt->iat) > now + IAT_LEEWAY;
    tps_finding *finding;

    if (status == TPS_CLAIM_EXPIRED) {
        finding = appraise_refuse(out, "freshness.expired", TPS_VERIFIER_EVIDENCE_EXPIRED, NULL);
        finding_text(finding->evidence, "expired %lld s ago",
                     (long long)(uint64_t)((uint64_t)now - (uint64_t)tps_number_ceiling(cwt->exp)));
        return false;
    }
    if (status != TPS_OK || is_early) {
        refuse(out, "freshness.not-yet-valid", TPS_CLAIM_NOT_YET_VALID);
        return false;
    }
    return true;
}

/* ---- for whom, and bound to what ---- */

/* Evidence that names nobody is for everybody. What is no CWT has one audience at most. */
static bool is_for(const evidence_claims *e, tps_span aud)
{
    if (e->cwt.aud.size > 0) {
        return tps_cwt_is_for(&e->cwt, aud);
    }
    return e->aud.size == 0 || tps_span_equal(e->aud, aud);
}

static bool check_audience(const evidence_claims *e, tps_span aud, tps_appraisal *out)
{
    tps_finding *finding;

    if (aud.size == 0 || is_for(e, aud)) {
        return true;
    }
    finding = appraise_refuse(out, "freshness.other-audience", TPS_VERIFIER_AUDIENCE, NULL);
    if (e->aud.size > 0) {
        finding_text(finding->evidence, "for \"%.*s\"", TEXT_OF(e->aud));
    } else {
        finding_text(finding->evidence, "for several others");
    }
    finding_text(finding->known, "\"%.*s\"", TEXT_OF(aud));
    return false;
}

static uint32_t binder_origin_of(const evidence_claims *e)
{
    return e->scheme == TPS_SCHEME_OPENTPS ? e->claims.eat.binder_origin : (uint32_t)TPS_DEVICE_BINDER_ABSENT;
}

/* An application's word counts where the evidence measures that very application: it then is among the
 * reference values, or the appraisal is not affirming. */
static bool is_measured(const evidence_claims *e, tps_span application)
{
    for (size_t i = 0; i < e->component_count; i++) {
        if (tps_span_equal(e->components[i].digest, application)) {
            return true;
        }
    }
    return false;
}

static bool has_good_origin(const evidence_claims *e, const tps_appraisal_request *request)
{
    uint32_t permitted =
        request->binder_origins == 0 ? 1u << TPS_DEVICE_BINDER_COMPONENT : request->binder_origins;
    uint32_t origin = binder_origin_of(e);

    return (permitted & 1u << origin) != 0 &&
           (origin != TPS_DEVICE_BINDER_APPLICATION || is_measured(e, e->claims.eat.application));
}

/* A key that is named by itself: an id alone could be anybody's, and a secret that lies open in evidence is.
 */
static bool confirms_key(tps_span cnf)
{
    tps_cwt_confirmation confirmation;
    tps_cose_key key;

    if (cnf.size == 0 || tps_cwt_confirmation_decode(cnf, &confirmation, NULL) != TPS_OK) {
        return false;
    }
    return confirmation.kind == TPS_CWT_CONFIRMATION_THUMBPRINT ||
           (confirmation.kind == TPS_CWT_CONFIRMATION_KEY &&
            tps_cose_key_parse(confirmation.value, &key, NULL) == TPS_OK && key.kty != TPS_KEY_SYMMETRIC);
}

static bool answers_binder(const tps_appraisal_request *request, const tps_appraisal *out)
{
    return request->is_binder && out->freshness == TPS_FRESHNESS_NONCE;
}

/* Claims in the token of another answer a binder as that token does: who computed it, it says. */
static bool is_in_channel(const evidence_claims *e, const appraise_part *part,
                          const tps_appraisal_request *request, const tps_appraisal *out)
{
    return answers_binder(request, out) &&
           (part->form == EVIDENCE_CLAIMS ? part->voucher_bound == TPS_BOUND_CHANNEL
                                          : has_good_origin(e, request));
}

static void bind(const evidence_claims *e, const appraise_part *part, const tps_appraisal_request *request,
                 tps_appraisal *out)
{
    out->confirmation = e->cwt.cnf;
    out->binder_origin = answers_binder(request, out) ? binder_origin_of(e) : 0;
    if (is_in_channel(e, part, request, out)) {
        out->bound = TPS_BOUND_CHANNEL;
    } else if (out->freshness != TPS_FRESHNESS_NONE && confirms_key(e->cwt.cnf)) {
        out->bound = TPS_BOUND_KEY;
    }
}

bool request_check(const evidence_claims *e, const appraise_part *part, const tps_appraisal_request *request,
                   tps_appraisal *out)
{
    if (!check_freshness(e, part, request, out) || !check_dates(&e->cwt, request->now, out) ||
        !check_audience(e, request->aud, out) || !use_nonce(e, part, request, out)) {
        out->freshness = TPS_FRESHNESS_NONE;
        return false;
    }
    out->is_fresh = out->freshness != TPS_FRESHNESS_NONE;
    bind(e, part, request, out);
    return true;
}

/* ---- what is left to say ---- */

static void report_unknown_freshness(tps_appraisal *out)
{
    tps_finding *finding =
        finding_add(out, TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_NO_CLAIM, "freshness.not-judged");

    finding_text(finding->cause,
                 "whether the evidence is fresh cannot be told: no nonce was given to compare with");
    finding_text(finding->next_step, "give the nonce that the device was asked with");
}

static void report_origin(const evidence_claims *e, tps_appraisal *out)
{
    static const char *const names[] = {"nobody", "the component", "an application", "whoever asked"};
    tps_finding *finding =
        finding_add(out, TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_NO_CLAIM, "freshness.binder-origin");

    finding_of_status(finding, TPS_VERIFIER_BINDER_ORIGIN, NULL);
    finding_text(finding->evidence, "the binder is by %s%s", names[binder_origin_of(e)],
                 binder_origin_of(e) == TPS_DEVICE_BINDER_APPLICATION ? ", measured or not" : "");
}

void request_report(const evidence_claims *e, const tps_appraisal_request *request, tps_appraisal *out)
{
    if (!out->is_fresh) {
        report_unknown_freshness(out);
    } else if (answers_binder(request, out) && out->bound != TPS_BOUND_CHANNEL) {
        report_origin(e, out);
    }
}
