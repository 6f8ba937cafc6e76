/* SPDX-License-Identifier: Apache-2.0 */
/* Names in a policy that do not exist, found without running it: also where no sample comes to. */
#ifndef TPS_VERIFIER_POLICY_NAMES_H
#define TPS_VERIFIER_POLICY_NAMES_H

#include "tps/policy.h"

/**
 * Looks at each name in a text that compiles: one that is neither declared anywhere in it nor of library.h,
 * and members of objects that those do not have.
 * @retval TPS_OK
 * @retval TPS_VERIFIER_POLICY_INVALID  `problem` is set.
 */
TPS_MUST_USE tps_status names_check(tps_span text, tps_policy_problem *problem);

#endif
