/* SPDX-License-Identifier: Apache-2.0 */
/* Judging facts by a policy: the one that is for the device, or the default one. */
#ifndef TPS_VERIFIER_POLICY_H
#define TPS_VERIFIER_POLICY_H

#include "verifier/judgement.h"

/** The policies of a verifier (policy.c); NULL is none but the default. */
typedef struct policies policies;

/** Judges evidence whose facts are established: sets claims of the vector, adds findings, and says in
 * `policy_id` and `policy_sha256` which policy it was. */
void policy_judge(judgement *j);

/** Ends them. NULL is allowed. */
void policies_free(policies *all);

#endif
