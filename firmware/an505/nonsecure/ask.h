/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ask.h
 * What test images of the non-secure world share: a line of text to the host, and one message to a service.
 * Not for applications: each message has a session of its own, and writing waits for the line.
 */
#ifndef AN505_ASK_H
#define AN505_ASK_H

#include "tps/span.h"
#include "tps/tpsc_client_api.h"

/** Bytes of a response, at most. */
#define ASK_RESPONSE_MAX 4096u

/** A service that is asked. */
typedef struct {
    const char *name; /**< as the host calls it */
    TPSC_UUID id;
} ask_service;

extern const ask_service ask_storage, ask_counters, ask_keys, ask_attestation;

/** Registers the connector to the secure world. Call it first. @return TPSC_SUCCESS, or what it said. */
uint32_t ask_start(void);

/**
 * @brief One request to a service, as TPSC_LOGIN_USER, in a session of its own.
 * @param[out] response  Until the next call.
 * @return TPSC_SUCCESS, or what the first call that failed returned.
 */
uint32_t ask(const ask_service *service, tps_span request, tps_span *response);

/** The three steps of ask(), for who does more in between; the session is closed by TPSC_CloseSession(). */
uint32_t ask_open(const ask_service *service, TPSC_Session *session);
uint32_t ask_execute(const TPSC_Session *session, tps_span request, tps_span *response);

/** Text, a number in decimal, bytes in hexadecimal, onto the line; each waits until it is taken. */
void say(const char *text);
void say_number(uint32_t number);
void say_hex(tps_span bytes);

#endif
