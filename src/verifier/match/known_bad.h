/* SPDX-License-Identifier: Apache-2.0 */
/* Software that is known to be bad (revocation.h), whoever endorsed it. */
#ifndef TPS_VERIFIER_MATCH_KNOWN_BAD_H
#define TPS_VERIFIER_MATCH_KNOWN_BAD_H

#include "tps/appraisal.h"
#include "verifier/evidence/evidence.h"
#include "verifier/knowledge/knowledge.h"
#include "verifier/trust/revocation.h"

/**
 * Reports each component that is a revoked image, by its digest or by another one of the same release:
 * executables.known-bad.
 * @param class_index  Of the device, or KNOWLEDGE_NONE.
 * @param revoked      May be NULL.
 */
void match_known_bad(const knowledge *k, uint32_t class_index, const revocations *revoked,
                     const evidence_claims *e, int64_t now, tps_appraisal *appraisal);

#endif
