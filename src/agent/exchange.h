/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file exchange.h
 * Messages to the services of a component through the TPS Client API, for agents on chips and on hosts: find
 * the service, open a session, say one thing, understand the answer.
 */
#ifndef TPS_AGENT_EXCHANGE_H
#define TPS_AGENT_EXCHANGE_H

#include "tps/cbor.h"
#include "tps/tpsc_client_api.h"

/** Components that may offer one service, at most, on a device that runs this. */
#ifndef TPS_AGENT_COMPONENTS_MAX
#define TPS_AGENT_COMPONENTS_MAX 4u
#endif

/* The services, by the numbers that their files in spec/ give them: a chip's application knows no more of
 * them. */
#define TPS_AGENT_UUID_ATTESTATION                                                                           \
    TPSC_UUID_INIT(0xd4, 0x12, 0xf0, 0xc7, 0x5d, 0x50, 0x5a, 0x44, 0x85, 0x41, 0xe6, 0xd9, 0x8d, 0x18, 0xcc, \
                   0x3b)
#define TPS_AGENT_UUID_STORAGE                                                                               \
    TPSC_UUID_INIT(0x34, 0x21, 0x3b, 0xc2, 0x15, 0xa1, 0x5a, 0xf6, 0xac, 0xc3, 0x3d, 0x63, 0x53, 0x63, 0x33, \
                   0x8d)

#define TPS_AGENT_UUID_RANDOM                                                                                \
    TPSC_UUID_INIT(0x2b, 0x8c, 0xe8, 0x5b, 0xdc, 0xb5, 0x52, 0x61, 0xae, 0x8d, 0x53, 0x42, 0xf1, 0x6e, 0x0e, \
                   0x8e)

/** Why a service did not do what it was asked. */
typedef struct {
    uint32_t result;       /**< TPSC_*: what the component said; TPSC_SUCCESS if the service answered */
    const char *cause;     /**< for people; static text */
    const char *next_step; /**< for people; static text */
} tps_agent_refusal;

/**
 * Finds a service and opens a session under a login (TPSC_LOGIN_*) that needs no more than its name.
 * @return as TPSC_ServiceDiscovery() and TPSC_OpenSession(); TPSC_ERROR_BAD_IDENTIFIER if nobody offers the
 * service.
 */
uint32_t tps_agent_open_session(const TPSC_UUID *service, uint32_t login, TPSC_Session *session);

/**
 * One message in a session.
 * @param room         For the answer; must not overlap the request.
 * @param[out] answer  Inside `room`; empty unless TPSC_SUCCESS.
 * @return as TPSC_ExecuteTransaction().
 */
uint32_t tps_agent_execute(const TPSC_Session *session, tps_span request, tps_buf room, tps_span *answer);

/** One message in a session of its own. Parameters and results as of the two above. */
uint32_t tps_agent_call(const TPSC_UUID *service, uint32_t login, tps_span request, tps_buf room,
                        tps_span *answer);

/**
 * A reader behind the answer's tag, at its map.
 * @retval TPS_OK
 * @retval TPS_COMPONENT_BAD_MESSAGE, TPS_CBOR_*  It is none with this tag, or malformed.
 */
TPS_MUST_USE tps_status tps_agent_open_answer(tps_span answer, uint64_t tag, tps_cbor_reader *r,
                                              tps_cbor_list *map);

/** Says why not. @return `status` */
tps_status tps_agent_refuse(tps_agent_refusal *why, tps_status status, const char *cause,
                            const char *next_step);

/** Says that an answer cannot be understood. @return TPS_COMPONENT_BAD_MESSAGE */
tps_status tps_agent_refuse_answer(tps_agent_refusal *why);

/**
 * tps_agent_call() and tps_agent_open_answer(), with the reason where one of them fails.
 * @param[out] r, map  At the answer's map, which lies in `room`.
 * @param[out] why     `result` in any case, the rest on failure.
 * @retval TPS_OK
 * @retval TPS_COMPONENT_UNREACHABLE  Not done; `why->result` is the TPSC_ error.
 * @retval TPS_COMPONENT_BAD_MESSAGE  The answer is none with this tag, or malformed.
 */
TPS_MUST_USE tps_status tps_agent_ask(const TPSC_UUID *service, uint32_t login, tps_span request,
                                      tps_buf room, uint64_t tag, tps_cbor_reader *r, tps_cbor_list *map,
                                      tps_agent_refusal *why);

/** What a TPSC_ result means when a service was asked, for people. Never NULL. */
const char *tps_agent_result_text(uint32_t result);

#endif
