/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepted claims against the statements of endorsements (draft-ietf-rats-corim-10, 8.2 to 8.5): reference
 * values, then conditional endorsements and their series, then endorsed values, until nothing is added.
 */
#ifndef TPS_VERIFIER_MATCH_STATEMENTS_H
#define TPS_VERIFIER_MATCH_STATEMENTS_H

#include "tps/appraisal.h"
#include "verifier/knowledge/knowledge.h"
#include "verifier/match/accepted.h"

/**
 * Corroborates claims, adds endorsed ones, and reports each claim of evidence that must match and does not,
 * by the member that differs: executables (digests, version, svn, registers) or configuration (flags, raw
 * value).
 *
 * @param maker  When not NULL, only statements of this maker (a trust anchor's key, see knowledge_source)
 * corroborate.
 * @return How many statements were looked at; bounded by what the index gives for the claims' environments.
 */
size_t match_statements(const knowledge *k, accepted_claims *set, const uint8_t maker[32], int64_t now,
                        tps_appraisal *appraisal);

#endif
