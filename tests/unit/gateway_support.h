/* SPDX-License-Identifier: Apache-2.0 */
/* Two worlds on a host: memory with addresses of its own, in which the non-secure side owns some ranges; a
 * component behind a gateway to it; and a service that does what a test tells it. */
#ifndef TPS_TEST_GATEWAY_SUPPORT_H
#define TPS_TEST_GATEWAY_SUPPORT_H

#include "platform/trustzone_m/gateway.h"
#include "services_support.h"

/* The address space: code that is read only, then a gap that is secure, then RAM, then secure memory. */
#define CODE      0x1000u
#define CODE_SIZE 0x1000u
#define RAM       0x20000u
#define RAM_SIZE  0x40000u
#define SPACE     0x80000u

/* Where calls lie unless a test says otherwise, their messages and their answers. */
#define CALL    (RAM + 0x1000u)
#define SEND    (RAM + 0x2000u)
#define RECEIVE (RAM + 0x14000u)

typedef struct {
    uint8_t bytes[SPACE];
    uint8_t reads[SPACE]; /* of each byte, in this call */
    bool changes;         /* each byte is another as soon as it was read */
    uintptr_t taken;      /* from here on, `taken_size` bytes are not the caller's any more ... */
    size_t taken_size;
    bool is_unprivileged; /* who calls */
    unsigned judged;      /* ranges, in this call */
    unsigned taken_after; /* ... after so many ranges were judged */
} world;

/* What the service does with a message. */
enum {
    PROBE_ECHO = 10, /* answers with the message */
    PROBE_FAIL,      /* fills its room, then fails */
    PROBE_CALL,      /* calls the gateway again, at CALL; tells what came of it */
    PROBE_TAKE,      /* the other world takes `taken_next` away */
    PROBE_CHANGE     /* the other world overwrites all its RAM */
};

typedef struct {
    world world;
    tps_gateway_memory memory;
    device *device;
    tps_component component;
    tps_gateway gateway;
    tps_veneer_call returned; /* the descriptor after the last call */
    uint32_t again;           /* what PROBE_CALL was told */
    uintptr_t taken_next;
    size_t taken_next_size;
    unsigned closed; /* sessions of the probe, so far */
    unsigned told;   /* lines in the log that name foreign memory */
} two_worlds;

/* Two worlds; the image "application" runs in the other one. As cmocka's setup and teardown. */
int worlds_begin(void **state);
int worlds_end(void **state);
extern two_worlds *w;

/* One call: the descriptor is put to CALL. */
uint32_t call(tps_veneer_call c);

/* The same with the descriptor where it says. */
uint32_t call_at(uintptr_t address, tps_veneer_call c);

/* What works, or fails the test: a connection, a session of the probe. */
uint32_t connect_as(uint32_t method);
uint32_t open_probe(uint32_t connection);

/* Puts a message to SEND: a tag of the probe with a byte string of so many bytes. @return its size. */
uint32_t put_message(unsigned int tag, size_t bytes);

/* True when these bytes are what they were in a new world. */
bool is_untouched(uintptr_t address, size_t size);

#endif
