/* SPDX-License-Identifier: Apache-2.0 */
/* The default policy: what each state of a device means for the trustworthiness vector. */
#ifndef TPS_VERIFIER_POLICY_H
#define TPS_VERIFIER_POLICY_H

#include "verifier/evidence/evidence.h"
#include "verifier/trust/trust.h"

/**
 * Judges evidence whose signature is good and which answers the request: identity, hardware, software,
 * lifecycle. Sets the vector and adds findings.
 */
void policy_judge(tps_verifier *v, const evidence_claims *e, const trust *signer, int64_t now,
                  tps_appraisal *appraisal);

#endif
