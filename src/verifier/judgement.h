/* SPDX-License-Identifier: Apache-2.0 */
/* All that is known of one piece of evidence when the policy is asked: what its scripts can see. */
#ifndef TPS_VERIFIER_JUDGEMENT_H
#define TPS_VERIFIER_JUDGEMENT_H

#include "verifier/evidence/evidence.h"
#include "verifier/match/accepted.h"
#include "verifier/state.h"
#include "verifier/trust/trust.h"

typedef struct {
    tps_verifier *verifier;
    const tps_appraisal_request *request;
    const evidence_claims *evidence;
    const trust *signer;
    uint32_t class_index;      /**< in the verifier's knowledge, or KNOWLEDGE_NONE */
    uint32_t matched;          /**< components of the evidence that are as endorsed: bits 1 << index */
    accepted_claims *accepted; /**< claims in the general form, endorsed ones included */
    tps_appraisal *appraisal;  /**< vector and findings so far; the policy goes on with it */
} judgement;

#endif
