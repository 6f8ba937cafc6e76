/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device for benchmarks: one real component process that is reached through TPSC_* and the local connector,
 * and one of the same make inside this process, whose services are called directly.
 */
#ifndef TPS_BENCH_DEVICE_H
#define TPS_BENCH_DEVICE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tps/tpsc_registry.h"

#define BENCH_OPERATIONS_MAX 4u

/** A component process. */
typedef struct {
    pid_t pid;       /**< of its first stage */
    pid_t component; /**< of itself */
    char socket[108];
} bench_device;

/** What is asked of a service: the same message each time. */
typedef struct {
    const char *name;
    size_t service;                                     /**< index of the service in bench_services */
    size_t (*write)(uint8_t *message, size_t capacity); /**< @return bytes of the request */
} bench_operation;

extern const bench_operation bench_operations[BENCH_OPERATIONS_MAX];
extern const size_t bench_operations_count;

/**
 * Makes two devices of one release in `folder` with the program `tps`, starts `component` on one and opens
 * the other in this process; opens a session with each service that the operations use, and makes what they
 * need (a key, a stored value). Ends the program when something fails.
 */
void bench_device_start(bench_device *device, const char *tps, const char *component, const char *folder);

/** For a process that was forked behind bench_device_start(): a session of its own for this operation. */
void bench_device_join(const bench_operation *operation);

/** The operation through TPSC_*; @return bytes of the response. Ends the program unless it succeeds. */
size_t bench_device_call(const bench_operation *operation, const uint8_t *request, size_t size, uint8_t *room,
                         size_t capacity);

/** The same, answered by the component in this process. */
size_t bench_device_answer(const bench_operation *operation, const uint8_t *request, size_t size,
                           uint8_t *room, size_t capacity);

/** Ends the process, the component in this one, and the sessions. */
void bench_device_stop(bench_device *device);

#endif
