/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file services.h
 * What a small application asks of its component beside evidence: values that are kept sealed over a power
 * cut (spec/sealed-storage.cddl), and random bytes (spec/random.cddl). Each call opens a session of its own.
 */
#ifndef TPS_AGENT_SERVICES_H
#define TPS_AGENT_SERVICES_H

#include "agent/exchange.h"

/** Bytes of a value, at most: the state of a small device, not its data. */
#define TPS_AGENT_VALUE_MAX 128u
/** Random bytes in one call, at most. */
#define TPS_AGENT_RANDOM_MAX 64u

/**
 * @brief Keep a value under a name; one that is there is replaced.
 *
 * After a power cut at any moment the old value or the new one is there.
 *
 * @param login     TPSC_LOGIN_*, not PUBLIC: whose value it is.
 * @param name      Text, 1 to 32 bytes.
 * @param value     At most TPS_AGENT_VALUE_MAX bytes.
 * @param[out] why  Filled unless TPS_OK.
 *
 * @retval TPS_OK
 * @retval TPS_TOO_LARGE              Name or value.
 * @retval TPS_BAD_ARGUMENT           The name is empty.
 * @retval TPS_COMPONENT_UNREACHABLE  `why->result` says what failed. The value may be kept or not.
 * @retval TPS_COMPONENT_BAD_MESSAGE  The answer is none that is known here.
 * @retval TPS_COMPONENT_STORAGE      The service keeps none, and says why.
 */
TPS_MUST_USE tps_status tps_agent_put(uint32_t login, tps_span name, tps_span value, tps_agent_refusal *why);

/**
 * @brief Get a value that was kept.
 *
 * @param room        At least TPS_AGENT_VALUE_MAX bytes, or as many as the value has.
 * @param[out] value  Inside `room`; untouched unless TPS_OK.
 *
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND         Nothing is kept under this name.
 * @retval TPS_BUFFER_TOO_SMALL  It is larger than the room, or than TPS_AGENT_VALUE_MAX.
 * @retval others                As tps_agent_put(): TPS_COMPONENT_STORAGE if it cannot be read.
 */
TPS_MUST_USE tps_status tps_agent_get(uint32_t login, tps_span name, tps_buf room, tps_span *value,
                                      tps_agent_refusal *why);

/**
 * @brief Random bytes fit for keys, 1 to TPS_AGENT_RANDOM_MAX of them.
 * @retval TPS_OK
 * @retval TPS_TOO_LARGE              More are asked for.
 * @retval TPS_COMPONENT_UNREACHABLE, TPS_COMPONENT_BAD_MESSAGE  As tps_agent_put(); `out` is wiped.
 */
TPS_MUST_USE tps_status tps_agent_random(tps_buf out, tps_agent_refusal *why);

#endif
