/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file jobs.h
 * Work on the store, in a thread of its own with a handle of its own, so that the event loop never waits for
 * it. A queue that writes takes all that waits as one group: while one group is brought to the disk, the next
 * gathers, and any number of requests share the wait. A job is done only after its group is durable. A queue
 * that reads runs one job after the other.
 */
#ifndef TPS_SERVER_JOBS_H
#define TPS_SERVER_JOBS_H

#include "store/store.h"

struct event_base;

/** One piece of work. The submitter owns it and keeps it alive until `done` is called. */
typedef struct tps_job tps_job;
struct tps_job {
    /** In the queue's thread; of a queue that writes, inside a group. Touches nothing but the job and the
     * store. NULL where `step` is the work. */
    tps_status (*run)(tps_job *job, tps_store *store);
    /** Of a queue that writes: a step of a session. The steps of a group are taken together, before what
     * `run` does. */
    tps_store_session_step *step;
    /**
     * Called in the event loop: TPS_OK, when what was written is durable; what `run` returned, or the step's
     * status, when that is an answer and no failure (it wrote nothing then); else the failure of the group,
     * of which nothing may be acknowledged.
     */
    void (*done)(tps_job *job, tps_status status);
    tps_job *next;                             /* the queue's */
    tps_status status;                         /* the queue's */
    char generation[TPS_STORE_GENERATION_MAX]; /* the queue's: of tps_job_queue_set_generation() */
};

/** How a queue works. */
typedef struct {
    bool writes;     /**< in groups, with pruning in passing */
    size_t capacity; /**< jobs that may wait or be under way */
} tps_job_queue_options;

/** What a queue has done; for metrics. Read from the event loop's thread. */
typedef struct {
    size_t depth;          /**< jobs that wait or are under way */
    uint64_t jobs, groups; /**< done */
    uint64_t failures;     /**< groups, or reading jobs, that failed */
    uint64_t busy_us;      /**< time within the store */
    bool is_away;          /**< the last group, or reading job, met TPS_STORE_AWAY or TPS_STORE_FAILED */
} tps_job_queue_figures;

typedef struct tps_job_queue tps_job_queue;

/**
 * @brief Start the thread.
 * @param store  A handle of its own, used by nobody else until tps_job_queue_free().
 * @retval TPS_OUT_OF_MEMORY, TPS_IO (no thread or descriptor is to be had)
 */
TPS_MUST_USE tps_status tps_job_queue_new(struct event_base *base, tps_store *store,
                                          const tps_job_queue_options *options, tps_job_queue **queue);

/**
 * Hands a job over. From the event loop's thread only.
 * @retval TPS_SERVER_BUSY  The queue is full: the job is still the caller's, and `done` will not be called.
 */
TPS_MUST_USE tps_status tps_job_submit(tps_job_queue *queue, tps_job *job);

/**
 * Says which history of the store (store.h, generation) the keys of sessions in use belong to. From the event
 * loop's thread.
 *
 * A step that makes a session take evidence (from NEW or WAITING) and was submitted under another history
 * than the one that its group becomes part of is not taken, and has the status TPS_STORE_PASSED: its session
 * may have taken evidence that this history does not know of. Without a generation nothing is compared.
 */
void tps_job_queue_set_generation(tps_job_queue *queue, const char *generation);

tps_job_queue_figures tps_job_queue_look(tps_job_queue *queue);

/** Finishes what was submitted, calls what is done, ends the thread. NULL is allowed. */
void tps_job_queue_free(tps_job_queue *queue);

/** True for a status that answers a job: it changed nothing, and the rest of its group goes on. */
bool tps_job_status_is_answer(tps_status status);

#endif
