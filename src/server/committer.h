/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file committer.h
 * Writes to the store from a thread of its own, in groups: while one group is brought to the disk, the next
 * gathers, so that any number of requests share the wait for it, and the event loop never waits. A job is
 * done only after its group is durable.
 */
#ifndef TPS_SERVER_COMMITTER_H
#define TPS_SERVER_COMMITTER_H

#include "store/store.h"

struct event_base;

/** One thing to write. The submitter owns it and keeps it alive until `done` is called. */
typedef struct tps_commit_job tps_commit_job;
struct tps_commit_job {
    /** Writes, in the committer's thread, inside a group. Touches nothing but the job and the store. */
    tps_status (*write)(tps_commit_job *job, tps_store *store);
    /**
     * Called in the event loop: TPS_OK, when what was written is durable; TPS_STORE_EXISTS, TPS_NOT_FOUND or
     * TPS_BAD_ARGUMENT, when `write` returned it (and so wrote nothing); else the failure of the group, of
     * which nothing was kept.
     */
    void (*done)(tps_commit_job *job, tps_status status);
    tps_commit_job *next; /* the committer's */
    tps_status status;    /* the committer's */
};

typedef struct tps_committer tps_committer;

/**
 * @brief Start the thread.
 * @param store  A handle of its own, used by nobody else until tps_committer_free().
 * @retval TPS_OUT_OF_MEMORY, TPS_IO (no thread or descriptor is to be had)
 */
TPS_MUST_USE tps_status tps_committer_new(struct event_base *base, tps_store *store,
                                          tps_committer **committer);

/** Hands a job over. From the event loop's thread only. */
void tps_committer_submit(tps_committer *committer, tps_commit_job *job);

/** Finishes what was submitted, calls what is done, ends the thread. NULL is allowed. */
void tps_committer_free(tps_committer *committer);

#endif
