/* SPDX-License-Identifier: Apache-2.0 */
/* Software against reference values. */
#ifndef TPS_VERIFIER_MATCH_COMPONENTS_H
#define TPS_VERIFIER_MATCH_COMPONENTS_H

#include "verifier/evidence/evidence.h"
#include "verifier/state.h"

/** The most findings of components that are missing: more than an appraisal can hold. */
#define MATCH_MISSING_MAX TPS_FINDINGS_MAX

/**
 * Judges the executables: every component of the evidence must be a reference value of the device's own
 * class, in name, digest and signer, no two may be the same one, and every name that the class has must be
 * there. Sets the claim and adds a finding for each that is not so.
 *
 * @param class_index   The class, or KNOWLEDGE_NONE: then nothing is known.
 * @param[out] matched  The components that are as endorsed: bits 1 << index.
 * @return How many reference values were looked at, the same one as often as it was. With n of the class (at
 * most KNOWLEDGE_REFERENCES_MAX) and c components: at most n (2 c + MATCH_MISSING_MAX + 2).
 */
size_t match_components(const knowledge *k, uint32_t class_index, const evidence_claims *e, int64_t now,
                        uint32_t *matched, tps_appraisal *appraisal);

/** True when a reference value of the class is valid now. */
bool match_has_references(const knowledge *k, uint32_t class_index, int64_t now);

#endif
