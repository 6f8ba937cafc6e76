/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file notify.h
 * Tells the service manager how the process stands: the protocol of sd_notify(3), datagrams of text to the
 * socket that NOTIFY_SOCKET names. Where there is none, nothing happens. A watchdog, if WATCHDOG_USEC asks
 * for one, is fed by ticks of the event loop: a loop that hangs feeds none.
 *
 * From one thread.
 */
#ifndef TPS_SERVER_OPERATION_NOTIFY_H
#define TPS_SERVER_OPERATION_NOTIFY_H

#include <stdatomic.h>
#include <stdint.h>

/** It serves; also after a reload. */
void tps_notify_ready(void);

/** It reads its configuration and certificate anew. */
void tps_notify_reloading(void);

/** It finishes what is under way. */
void tps_notify_stopping(void);

/** To be called about every second. */
void tps_notify_tick(void);

/** Each tick adds one to this, for who watches from outside; NULL ends it. It must live as long. */
void tps_notify_count_ticks(_Atomic uint64_t *ticks);

#endif
