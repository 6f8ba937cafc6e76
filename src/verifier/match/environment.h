/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environments compared (draft-ietf-rats-corim-10, "Environment Comparison"): whether what is said of one
 * holds for another. Pure functions.
 */
#ifndef TPS_VERIFIER_MATCH_ENVIRONMENT_H
#define TPS_VERIFIER_MATCH_ENVIRONMENT_H

#include "tps/corim.h"

/** Bytes of a text that environment_show() writes, the zero included. */
#define ENVIRONMENT_TEXT_MAX 96u

/**
 * True when `state` has every member that `condition` has, with the same value: kind, tag and bytes. Members
 * that only `state` has do not matter. One liberty: a class id under tag 600 (the legacy PSA profile) and one
 * under 560 with the same bytes are the same implementation id.
 */
bool environment_matches(const tps_corim_environment *state, const tps_corim_environment *condition);

/** True when each matches the other. */
bool environment_same(const tps_corim_environment *a, const tps_corim_environment *b);

/** An environment for people, "ACME Lamp, layer 2" or "class 0a1b2c3d...", not cleaned (finding.h). */
void environment_show(const tps_corim_environment *environment, char text[ENVIRONMENT_TEXT_MAX]);

/** True when both are the same identifier: kind, tag or number, and bytes. Absent ones are the same. */
bool environment_same_value(const tps_corim_value *a, const tps_corim_value *b);

#endif
