/* SPDX-License-Identifier: Apache-2.0 */
/* Software that is known to be bad (revocation.h), whoever endorsed it. */
#ifndef TPS_VERIFIER_MATCH_KNOWN_BAD_H
#define TPS_VERIFIER_MATCH_KNOWN_BAD_H

#include "tps/appraisal.h"
#include "verifier/evidence/evidence.h"
#include "verifier/trust/revocation.h"

/** Reports each component whose digest is of a revoked image: executables.known-bad. `revoked` may be NULL.
 */
void match_known_bad(const revocations *revoked, const evidence_claims *e, int64_t now,
                     tps_appraisal *appraisal);

#endif
