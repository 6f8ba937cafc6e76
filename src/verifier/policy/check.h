/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a policy is fit for use, before it is used. */
#ifndef TPS_VERIFIER_POLICY_CHECK_H
#define TPS_VERIFIER_POLICY_CHECK_H

#include "verifier/policy/script.h"

/**
 * Compiles a policy, looks at its names (names.h) and runs it over the samples that `selector` (NULL: its
 * own) leaves.
 * @param[out] out          The script, set if TPS_OK.
 * @param[out] description  May be NULL.
 * @retval TPS_OK, and the errors of tps_policy_check()
 */
TPS_MUST_USE tps_status policy_checked(tps_span text, const tps_policy_selector *selector, script **out,
                                       tps_policy_description *description, tps_policy_problem *problem);

#endif
