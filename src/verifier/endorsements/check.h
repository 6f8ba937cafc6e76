/* SPDX-License-Identifier: Apache-2.0 */
/* What of a manifest nobody here would compare, and who may say it. */
#ifndef TPS_VERIFIER_ENDORSEMENTS_CHECK_H
#define TPS_VERIFIER_ENDORSEMENTS_CHECK_H

#include "verifier/endorsements/load.h"

/** The subject is named by what the draft has. @retval TPS_CORIM_UNSUPPORTED */
TPS_MUST_USE tps_status check_environment(load *l, const tps_corim_environment *environment);

/**
 * All members of the measurement, and its element (mkey), are the draft's or the profile's.
 * @retval TPS_CORIM_UNSUPPORTED
 */
TPS_MUST_USE tps_status check_measurement(load *l, const tps_corim_measurement *measurement);

/** check_measurement() of each; its errors, and TPS_CORIM_* of what cannot be read. */
TPS_MUST_USE tps_status check_measurements(load *l, const tps_corim_measurements *measurements);

/**
 * The maker may speak of this subject: within the scope of its anchor, of no class or device of another.
 * A class that nobody spoke of is its own from then on.
 * @retval TPS_VERIFIER_OUT_OF_SCOPE, TPS_VERIFIER_CLASS_OF_ANOTHER, TPS_VERIFIER_INSTANCE_OF_ANOTHER
 */
TPS_MUST_USE tps_status check_subject(load *l, uint32_t triple, const tps_corim_environment *environment);

/** No other maker endorsed this instance or keys of it; what is no instance id is nobody's.
 * @retval TPS_VERIFIER_INSTANCE_OF_ANOTHER */
TPS_MUST_USE tps_status check_instance(load *l, const tps_corim_value *instance);

/** Within the scope alone. @retval TPS_VERIFIER_OUT_OF_SCOPE */
TPS_MUST_USE tps_status check_scope(load *l, uint32_t triple, const tps_corim_environment *environment);

#endif
