/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the services of a component, through the TPS Client API: private to the agent. */
#ifndef TPS_DEVICE_EXCHANGE_H
#define TPS_DEVICE_EXCHANGE_H

#include "component/core/service.h"
#include "device/agent.h"
#include "tps/cbor.h"
#include "tps/tpsc_client_api.h"

/** Bytes of a request, at most. */
#define DEVICE_REQUEST_MAX 1024u

/** Finds a service and opens a session under `login`. @return a TPSC_ result. */
uint32_t device_open_session(const tps_service *service, uint32_t login, TPSC_Session *session);

/** One message in a session. @param[out] answer  Inside `room`. @return a TPSC_ result. */
uint32_t device_execute(const TPSC_Session *session, tps_span request, tps_buf room, tps_span *answer);

/** One message in a session of its own; what goes wrong is said in `problem`. */
TPS_MUST_USE tps_status device_call(tps_device_agent *agent, const tps_service *service, uint32_t login,
                                    tps_span request, tps_buf room, tps_span *answer,
                                    tps_device_problem *problem);

/** A reader behind the answer's tag, at its map. */
TPS_MUST_USE tps_status device_open_answer(tps_span answer, uint64_t tag, tps_cbor_reader *r,
                                           tps_cbor_list *map);

/** The state of the lifecycle, TPS_LIFECYCLE_*. */
TPS_MUST_USE tps_status device_read_state(uint32_t *state);

/** Says in `problem` what a TPSC_ result means. */
tps_status device_fail_result(const tps_device_agent *agent, uint32_t result, const char *service,
                              tps_device_problem *problem);

/** Says in `problem` that an answer is none that this program knows. */
tps_status device_fail_answer(const tps_device_agent *agent, const char *service,
                              tps_device_problem *problem);

#endif
