/* SPDX-License-Identifier: Apache-2.0 */
/* The appraisal of one part: what stands alone, or belongs to a composite device (composite.c). */
#ifndef TPS_VERIFIER_APPRAISE_H
#define TPS_VERIFIER_APPRAISE_H

#include "verifier/evidence/evidence.h"
#include "verifier/evidence/type.h"
#include "verifier/trust/trust.h"

/** What is to be appraised. */
typedef struct {
    tps_span bytes;
    uint32_t form;              /**< EVIDENCE_* */
    const evidence_type *type;  /**< what a wrapper says that it is; NULL: nothing did */
    tps_buf *room;              /**< for what has to be decoded; NULL: none */
    bool has_parts_judged;      /**< its submodules are appraised as parts of their own */
    const trust *voucher;       /**< EVIDENCE_CLAIMS: who signed the token that these claims lie in */
    uint32_t voucher_freshness; /**< EVIDENCE_CLAIMS: in which way that token is fresh: TPS_FRESHNESS_* */
    uint32_t voucher_bound;     /**< EVIDENCE_CLAIMS: what that token is tied to: TPS_BOUND_* */
    tps_span *used_nonce; /**< the one nonce that was used up for all parts; empty before; may be NULL */
} appraise_part;

/** What is known of a part, for parts that lie in it. */
typedef struct {
    bool is_signed;       /**< somebody vouches for the key that signed: `signer` is set */
    bool is_answer;       /**< the signature is good, and it answers the request: the others below are set */
    bool has_submods;     /**< of out->payload */
    uint32_t class_index; /**< see judgement.h; so the next one */
    uint32_t matched;
    trust signer;
} appraise_outcome;

/**
 * Appraises one part.
 * @param[out] out  Filled always. Its `payload` is empty unless the signature is good.
 */
void appraise_one(tps_verifier *v, const appraise_part *part, const tps_appraisal_request *request,
                  tps_appraisal *out, appraise_outcome *outcome);

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
