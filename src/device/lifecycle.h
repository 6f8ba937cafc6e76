/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lifecycle.h
 * The lifecycle of a device, as who owns its folder asks for it: spec/lifecycle.cddl.
 */
#ifndef TPS_DEVICE_LIFECYCLE_H
#define TPS_DEVICE_LIFECYCLE_H

#include "device/agent.h"

/** The name of a state, TPS_LIFECYCLE_*; "unknown" for others. */
const char *tps_device_state_name(uint32_t state);

/** The step (TPS_STEP_*) of this name, such as "format"; 0: there is none. */
uint32_t tps_device_step_of(const char *name);

/** Asks for the state. */
TPS_MUST_USE tps_status tps_device_state(tps_device_agent *agent, uint32_t *state,
                                         tps_device_problem *problem);

/**
 * @brief Take a step, prepared and confirmed in one session. None can be undone.
 *
 * @param step        TPS_STEP_* but TPS_STEP_RESTART.
 * @param[out] state  After the step.
 *
 * @retval TPS_COMPONENT_DENIED       This user does not speak for the device's owner.
 * @retval TPS_BAD_ARGUMENT           The state does not allow the step, or an image is not signed.
 * @retval TPS_COMPONENT_UNREACHABLE, TPS_COMPONENT_BAD_MESSAGE, TPS_UNSUPPORTED
 */
TPS_MUST_USE tps_status tps_device_step(tps_device_agent *agent, uint32_t step, uint32_t *state,
                                        tps_device_problem *problem);

#endif
