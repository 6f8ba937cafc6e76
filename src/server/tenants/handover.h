/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file handover.h
 * The way of what was loaded into the event loop: a list, in order, from any thread.
 */
#ifndef TPS_SERVER_HANDOVER_H
#define TPS_SERVER_HANDOVER_H

#include "server/tenants/loader.h"

typedef struct tps_handover tps_handover;

/**
 * @param ops  Whom to hand it to.
 * @retval TPS_OUT_OF_MEMORY, TPS_IO (no descriptor is to be had)
 */
TPS_MUST_USE tps_status tps_handover_new(struct event_base *base, const tps_loader_ops *ops,
                                         tps_handover **handover);

/** Before any thread: whether things are handed over within the call, in the caller's thread. At first they
 * are not. */
void tps_handover_set_direct(tps_handover *handover, bool is_direct);

/** Something empty for a tenant; NULL when out of memory. Ended by tps_loaded_free() or tps_handover_give().
 */
tps_loaded *tps_loaded_new(int64_t tenant, const char *name, int64_t revision);
void tps_loaded_free(tps_loaded *loaded);

/** Hands it over; it is the handover's in any case. @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_handover_give(tps_handover *handover, tps_loaded *loaded);

/** Tells how far it is in step (tps_loader_ops). @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_handover_tell(tps_handover *handover, int64_t revision, const char *generation,
                                          tps_status status);

/** Once no thread gives any more: what was not taken is ended. NULL is allowed. */
void tps_handover_free(tps_handover *handover);

#endif
