/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the services of a component (agent/exchange.h), and what went wrong with them in words: private
 * to the agent. */
#ifndef TPS_DEVICE_EXCHANGE_H
#define TPS_DEVICE_EXCHANGE_H

#include "agent/exchange.h"
#include "component/core/service.h"
#include "device/agent.h"

/** One message in a session of its own; what goes wrong is said in `problem`. */
TPS_MUST_USE tps_status device_call(tps_device_agent *agent, const tps_service *service, uint32_t login,
                                    tps_span request, tps_buf room, tps_span *answer,
                                    tps_device_problem *problem);

/** The state of the lifecycle, TPS_LIFECYCLE_*. */
TPS_MUST_USE tps_status device_read_state(uint32_t *state);

/** Says in `problem` what a TPSC_ result means. */
tps_status device_fail_result(const tps_device_agent *agent, uint32_t result, const char *service,
                              tps_device_problem *problem);

/** Says in `problem` that an answer is none that this program knows. */
tps_status device_fail_answer(const tps_device_agent *agent, const char *service,
                              tps_device_problem *problem);

#endif
