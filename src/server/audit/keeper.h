/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file keeper.h
 * Sees to it that audit logs which grew are signed: each tenant that changed gets a checkpoint after a while,
 * at once after many changes, and when the server stops. One tenant after the other, so that a thousand that
 * were loaded at the start take no time from requests. On several nodes the first to come signs; the others
 * find nothing left to sign.
 *
 * From the event loop's thread only.
 */
#ifndef TPS_SERVER_AUDIT_KEEPER_H
#define TPS_SERVER_AUDIT_KEEPER_H

#include "server/jobs.h"

/** So many changes of a tenant are signed at once. */
#define TPS_AUDIT_KEEPER_CHANGES 1000

typedef struct tps_audit_keeper tps_audit_keeper;

/**
 * @param writer    Must live as long as jobs of the keeper are under way in it.
 * @param interval  Seconds from a change to the checkpoint behind it; 0: never, but after many changes and at
 * the end.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_audit_keeper_new(tps_job_queue *writer, uint32_t interval,
                                             tps_audit_keeper **keeper);

/** A tenant is at this revision: to be told whenever one was loaded. Out of memory, it is left for the next
 * time. */
void tps_audit_keeper_note(tps_audit_keeper *keeper, int64_t tenant, const char *name, int64_t revision,
                           uint64_t now_ms);

/** A tenant is there no more. */
void tps_audit_keeper_forget(tps_audit_keeper *keeper, int64_t tenant);

/** To be called about every second: signs what is due. `now_ms` is of a monotonic clock. */
void tps_audit_keeper_tick(tps_audit_keeper *keeper, uint64_t now_ms);

/** Before the server stops: signs all that is not signed yet, as far as the queue has room. */
void tps_audit_keeper_finish(tps_audit_keeper *keeper);

/** Checkpoints that were made, and that failed, since the start. */
typedef struct {
    uint64_t made, failed;
} tps_audit_keeper_figures;
tps_audit_keeper_figures tps_audit_keeper_look(const tps_audit_keeper *keeper);

/** After the queue is freed, so that nothing is under way. NULL is allowed. */
void tps_audit_keeper_free(tps_audit_keeper *keeper);

#endif
