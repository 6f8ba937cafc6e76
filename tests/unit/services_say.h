/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of tests, put together by a writer, and sent in a session of a login that may speak for a
 * provider. */
#ifndef TPS_TEST_SERVICES_SAY_H
#define TPS_TEST_SERVICES_SAY_H

#include "services_support.h"

/* Who asks: a login, and the provider that the session is bound to (NULL: none). */
typedef struct {
    tps_login login;
    const uint8_t *provider; /* P, 32 bytes */
} asker;

/* A user's session; an application's, whose digest begins with `first`; a user's for a provider. */
asker as_user(uint32_t uid);
asker as_application(uint8_t first);
asker as_provider(uint32_t uid, const uint8_t provider[32]);

/* Begins a message: its tag, and a map of as many members. One message at a time. */
tps_cbor_writer say(uint64_t tag, uint64_t members);
void say_uint(tps_cbor_writer *w, uint64_t key, uint64_t value);
void say_bytes(tps_cbor_writer *w, uint64_t key, tps_span value);
void say_text(tps_cbor_writer *w, uint64_t key, const char *value);

/* Sends it: any status, and the answer inside `room`. */
tps_status try_send(device *d, const tps_service *service, asker who, const tps_cbor_writer *w, tps_buf room,
                    tps_span *answer);

/* Sends it with a full room, and it must work; the answer points to static memory. */
tps_span send(device *d, const tps_service *service, asker who, const tps_cbor_writer *w);

/* The number under `key` in an answer; fails the test if it is not there. */
uint64_t number(tps_span answer, uint64_t key);

/* Whether an answer has `key`. */
bool has(tps_span answer, uint64_t key);

#endif
