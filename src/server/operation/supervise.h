/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file supervise.h
 * Several processes that do the same, under one that watches: it starts a process again that died or hangs,
 * passes signals on, and speaks with the service manager for all (notify.h). It has no threads, opens nothing
 * and answers nobody, so that there is little in it that could fail.
 *
 *     signal            what the watching process does
 *     SIGTERM, SIGINT   passes it on as SIGTERM, waits for all to end; a second one ends them at once
 *     SIGHUP            passes it on
 *     SIGCHLD           a process that ended is started again: at once, or after a pause that doubles up to 5
 * s while they die within 10 s. One that ends before all are ready ends the whole
 *
 * A process whose tps_notify_tick() was not called for `hang_ms` is killed (SIGABRT, so that
 * there is a core to look at), and started again. If the watching process dies, the others get SIGTERM from
 * the system.
 */
#ifndef TPS_SERVER_OPERATION_SUPERVISE_H
#define TPS_SERVER_OPERATION_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tps/status.h"

#define TPS_SUPERVISE_MAX     256u
#define TPS_SUPERVISE_HANG_MS 30000u

/** What is to be done, and how often. */
typedef struct {
    uint32_t count;   /**< of processes, 1 to TPS_SUPERVISE_MAX */
    uint32_t hang_ms; /**< TPS_SUPERVISE_HANG_MS is usual */
    /** In each process, with its number from 0; returns its exit code. It calls tps_supervised_ready(). */
    int (*work)(void *context, uint32_t number);
    /** In the watching process, once all are ready. False ends the whole. */
    bool (*all_ready)(void *context);
    /** In the watching process: the process of this number died and is started again. May be NULL. */
    void (*restarting)(void *context, uint32_t number);
    void *context;
} tps_supervise_options;

/**
 * @brief Run until a signal asks for the end.
 *
 * Call it before any thread is started. In the processes it does not return.
 * @param[out] exit_code  0 when all ended well after a signal; else that of a process which did not.
 * @retval TPS_OK
 * @retval TPS_OUT_OF_MEMORY  No shared memory, or no process, could be had.
 */
TPS_MUST_USE tps_status tps_supervise(const tps_supervise_options *options, int *exit_code);

/** In a process: it serves now. */
void tps_supervised_ready(void);

#endif
