/* SPDX-License-Identifier: Apache-2.0 */
/* The appraisal of one part: what stands alone, or belongs to a composite device (composite.c). */
#ifndef TPS_VERIFIER_APPRAISE_H
#define TPS_VERIFIER_APPRAISE_H

#include "verifier/evidence/evidence.h"
#include "verifier/trust/trust.h"

/** What is to be appraised. */
typedef struct {
    tps_span bytes;
    uint32_t form;              /**< EVIDENCE_* */
    bool has_parts_judged;      /**< its submodules are appraised as parts of their own */
    const trust *voucher;       /**< EVIDENCE_CLAIMS: who signed the token that these claims lie in */
    uint32_t voucher_freshness; /**< EVIDENCE_CLAIMS: in which way that token is fresh: TPS_FRESHNESS_* */
    tps_span *used_nonce; /**< the one nonce that was used up for all parts; empty before; may be NULL */
} appraise_part;

/**
 * Appraises one part.
 * @param[out] out     Filled always. Its `payload` is empty unless the signature is good.
 * @param[out] signer  Who signed it; set if `out->payload` is not empty. May be NULL.
 */
void appraise_one(tps_verifier *v, const appraise_part *part, const tps_appraisal_request *request,
                  tps_appraisal *out, trust *signer);

/** All claims 99, and a finding: the evidence is no such thing, or a forgery, or no answer to this request,
 * and nothing in it may count. `why` may be NULL. */
tps_finding *appraise_refuse(tps_appraisal *out, const char *name, tps_status status, const tps_error *why);

/** The tier that goes with vector and findings: no better than the worst claim, and with a finding never
 * affirming. */
void appraise_set_tier(tps_appraisal *out);

/** As evidence that cannot be read: zeroed, with the digest of `bytes`, refused, with its tier. */
tps_finding *appraise_refuse_bytes(tps_appraisal *out, tps_span bytes, const char *name, tps_status status,
                                   const tps_error *why);

#endif
