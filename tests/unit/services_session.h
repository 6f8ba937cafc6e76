/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of more than one session or exchange with the component of services_support.h. */
#ifndef TPS_TEST_SERVICES_SESSION_H
#define TPS_TEST_SERVICES_SESSION_H

#include "services_support.h"

/* A login that speaks for the owner of the device, and one that does not. */
tps_login administrator(void);
tps_login somebody(void);

/* Opens a session on connection 1; it must work. */
uint32_t open_session(device *d, const tps_service *service, tps_login login);
void close_session(device *d, uint32_t session);

/* Begins the next message: its tag and the head of its map. Put the members into what is returned. */
tps_cbor_writer *message(uint64_t tag, uint64_t members);
void put_bytes(uint64_t key, tps_span bytes);
void put_text(uint64_t key, const char *text);
void put_uint(uint64_t key, uint64_t number);

/* Sends it, with this room for the answer. It can be sent again. */
tps_status try_send(device *d, uint32_t session, size_t room, tps_span *answer);

/* Sends it; it must be answered. The answer lies in static memory. */
tps_span send_message(device *d, uint32_t session);

/* The same, and the answer must be {2: error}; 0: none. */
void send_expecting(device *d, uint32_t session, uint64_t error);

/* The number under a key of an answer's map; fails the test if it is not there. */
uint64_t number(tps_span answer, uint64_t key);

/* Whether the first list of a service's features, of kinds or algorithms, has this number. */
bool tells_feature(device *d, const tps_service *service, int64_t wanted);

/* How many bytes the answer needs: what the component says when there is no room. Nothing has changed then.
 */
size_t room_for(device *d, uint32_t session);

/* Sends it while the power goes in the `step`th write, erase or step of a counter, in every way in turn, with
 * a device and a message made by `prepare` (which returns the session), starts the device anew, and lets
 * `check` look: `is_done` when the component said that it was. Goes on until no step is left. */
typedef struct {
    device *(*make)(void);
    uint32_t (*prepare)(device *d);
    void (*check)(device *d, bool is_done);
} power_test;
void cut_power_at_every_step(const power_test *test);

/* The same with every platform call failing in turn. */
void fail_every_call(const power_test *test);

/* Binds a session to a provider (spec/session.cddl). */
void bind_session(device *d, uint32_t session, uint32_t mode, const uint8_t provider[32]);

/* The challenge and the confirmation of a step of the lifecycle (spec/lifecycle.cddl), up to the message that
 * makes the step, which is left to send in the session that is returned. */
uint32_t confirm_step(device *d, uint64_t step, const uint8_t nonce[32]);

#endif
