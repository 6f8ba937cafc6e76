/* SPDX-License-Identifier: Apache-2.0 */
/* Endorsed values that contradict each other. */
#ifndef TPS_VERIFIER_ENDORSEMENTS_CONFLICTS_H
#define TPS_VERIFIER_ENDORSEMENTS_CONFLICTS_H

#include "verifier/endorsements/load.h"

/**
 * @brief Find what was endorsed otherwise for the same environment and element (mkey).
 *
 * A member that both tell must be the same: digests and registers by algorithm, flags one by one. Reference
 * values may differ: a device may be in one of several states. Endorsed values are all true at once.
 *
 * Lets the statement that was added last, which this endorsed value is of, be found by the next one.
 *
 * @retval TPS_VERIFIER_CONFLICT
 * @retval TPS_TOO_LARGE, TPS_OUT_OF_MEMORY, TPS_CRYPTO_*
 */
TPS_MUST_USE tps_status conflicts_check(load *l, const tps_corim_environment *environment,
                                        const tps_corim_measurement *measurement);

#endif
