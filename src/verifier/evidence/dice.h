/* SPDX-License-Identifier: Apache-2.0 */
/* An answer below a DICE chain (spec/dice-evidence.md): a nonce, and whom it is for. All else the chain says.
 */
#ifndef TPS_VERIFIER_EVIDENCE_DICE_H
#define TPS_VERIFIER_EVIDENCE_DICE_H

#include "verifier/evidence/evidence.h"

/**
 * Reads the claims: fills nonce, aud, and instance_id if there is a ueid.
 * @param payload  Of profile TPS_DICE_PROFILE.
 * @param[out] out  Its other members stay.
 * @retval TPS_OK
 * @retval TPS_CLAIM_MISSING    There is no nonce.
 * @retval TPS_CLAIM_BAD_TYPE, TPS_CLAIM_BAD_VALUE  A claim is not as the specification says.
 * @retval TPS_CBOR_*           From tps_cbor_check() under tps_cbor_limits_message.
 */
TPS_MUST_USE tps_status dice_answer_read(tps_span payload, evidence_claims *out, tps_error *why);

#endif
