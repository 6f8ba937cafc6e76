/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues of jobs: a thread that takes all that waits at once and hands it back through an eventfd. A queue
 * that writes makes one group of it, and prunes old sessions in passing, a few more than come in.
 */
#include "server/jobs.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "server/operation/metrics.h"

#define PRUNE_LEAST 64u
#define STEPS_MAX   256u /* of a group that are handed to the store at once */

struct tps_job_queue {
    tps_store *store;
    tps_job_queue_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    tps_job *waiting, **waiting_end; /* under the lock, like all up to `ending` */
    tps_job *finished, **finished_end;
    tps_job_queue_figures figures;
    bool ending;
    size_t under_way;                  /* the event loop's: submitted, and not yet done */
    tps_job *gathered, **gathered_end; /* the event loop's: handed over when its round is over */
    struct event *round_over;
    char generation[TPS_STORE_GENERATION_MAX]; /* the event loop's */
    int fd;
    struct event *event;
    tps_store_session_step steps[STEPS_MAX]; /* the thread's */
    tps_job *stepping[STEPS_MAX];
};

bool tps_job_status_is_answer(tps_status status)
{
    switch (status) {
    case TPS_OK:
    case TPS_NOT_FOUND:
    case TPS_BAD_ARGUMENT:
    case TPS_TOO_LARGE:
    case TPS_STORE_EXISTS:
    case TPS_STORE_CHANGED:
    case TPS_STORE_USED:
    case TPS_STORE_PASSED: return true;
    default: return false;
    }
}

static int64_t microseconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- in the thread ---- */

static tps_status take_steps(tps_job_queue *q, size_t count, int64_t now)
{
    TPS_TRY(q->store->ops->put_sessions(q->store, q->steps, count, now));
    for (size_t i = 0; i < count; i++) {
        q->stepping[i]->status = q->steps[i].status;
    }
    return TPS_OK;
}

static bool takes_evidence(const tps_job *job)
{
    return job->step->from == TPS_STORE_SESSION_NEW || job->step->from == TPS_STORE_SESSION_WAITING;
}

/*
 * After a failover the store may have forgotten what this session did before it.
 * @param present  The generation of the group's connection; asked for once a group.
 */
static tps_status check_history(tps_job_queue *q, const tps_job *job, char present[TPS_STORE_GENERATION_MAX])
{
    if (job->generation[0] == '\0' || !takes_evidence(job)) {
        return TPS_OK;
    }
    if (present[0] == '\0') {
        TPS_TRY(q->store->ops->generation(q->store, present));
    }
    return strcmp(present, job->generation) == 0 ? TPS_OK : TPS_STORE_PASSED;
}

/* All steps of sessions, many at once. */
static tps_status put_sessions(tps_job_queue *q, tps_job *jobs, int64_t now)
{
    char generation[TPS_STORE_GENERATION_MAX] = "";
    size_t count = 0;

    for (tps_job *job = jobs; job != NULL; job = job->next) {
        if (job->step == NULL) {
            continue;
        }
        job->status = check_history(q, job, generation);
        if (job->status == TPS_STORE_PASSED) {
            continue;
        }
        TPS_TRY(job->status);
        q->steps[count] = *job->step;
        q->stepping[count++] = job;
        if (count == STEPS_MAX) {
            TPS_TRY(take_steps(q, count, now));
            count = 0;
        }
    }
    return count == 0 ? TPS_OK : take_steps(q, count, now);
}

static tps_status write_jobs(tps_job_queue *q, tps_job *jobs)
{
    int64_t now = (int64_t)time(NULL);
    size_t count = 0;

    TPS_TRY(put_sessions(q, jobs, now));
    for (tps_job *job = jobs; job != NULL; job = job->next, count++) {
        if (job->run != NULL) {
            job->status = job->run(job, q->store);
        }
        if (!tps_job_status_is_answer(job->status)) {
            return job->status;
        }
    }
    return q->store->ops->prune(q->store, now, PRUNE_LEAST + 2 * count);
}

static tps_status write_group(tps_job_queue *q, tps_job *jobs)
{
    tps_status status = q->store->ops->begin_group(q->store);

    if (status == TPS_OK) {
        status = write_jobs(q, jobs);
        if (status == TPS_OK) {
            status = q->store->ops->commit_group(q->store);
        } else {
            q->store->ops->abandon_group(q->store);
        }
    }
    for (tps_job *job = jobs; status != TPS_OK && job != NULL; job = job->next) {
        job->status = status;
    }
    return status;
}

static tps_status read_each(tps_job_queue *q, tps_job *jobs)
{
    tps_status worst = TPS_OK;

    for (tps_job *job = jobs; job != NULL; job = job->next) {
        job->status = job->run(job, q->store);
        worst = tps_job_status_is_answer(job->status) ? worst : job->status;
    }
    return worst;
}

static tps_job *take_waiting(tps_job_queue *q)
{
    tps_job *jobs;

    (void)pthread_mutex_lock(&q->lock);
    while (q->waiting == NULL && !q->ending) {
        (void)pthread_cond_wait(&q->wake, &q->lock);
    }
    jobs = q->waiting;
    q->waiting = NULL;
    q->waiting_end = &q->waiting;
    (void)pthread_mutex_unlock(&q->lock);
    return jobs;
}

static void count_group(bool writes, size_t jobs, tps_status status, int64_t took)
{
    tps_metrics_add(TPS_METRIC_STORE_FAILURES, 0, status != TPS_OK);
    if (writes) {
        tps_metrics_add(TPS_METRIC_COMMITS, status == TPS_OK ? TPS_RESULT_OK : TPS_RESULT_FAILED, 1);
        tps_metrics_observe_count(TPS_METRIC_COMMIT_GROUP, 0, jobs);
        tps_metrics_observe_us(TPS_METRIC_COMMIT_SECONDS, 0, (uint64_t)took);
    }
}

static void hand_back(tps_job_queue *q, tps_job *jobs, tps_status status, int64_t took)
{
    tps_job *last = jobs;
    size_t count = 1;
    uint64_t one = 1;

    for (; last->next != NULL; last = last->next) {
        count++;
    }
    count_group(q->options.writes, count, status, took);
    (void)pthread_mutex_lock(&q->lock);
    *q->finished_end = jobs;
    q->finished_end = &last->next;
    q->figures.jobs += count;
    q->figures.groups++;
    q->figures.failures += status != TPS_OK;
    q->figures.busy_us += (uint64_t)took;
    q->figures.is_away = status == TPS_STORE_AWAY || status == TPS_STORE_FAILED;
    (void)pthread_mutex_unlock(&q->lock);
    (void)!write(q->fd, &one, sizeof(one));
}

static void *work(void *context)
{
    tps_job_queue *q = context;
    tps_job *jobs;

    while ((jobs = take_waiting(q)) != NULL) {
        int64_t start = microseconds();
        tps_status status = q->options.writes ? write_group(q, jobs) : read_each(q, jobs);

        hand_back(q, jobs, status, microseconds() - start);
    }
    return NULL;
}

/* ---- in the event loop ---- */

static void call_finished(tps_job_queue *q)
{
    tps_job *jobs;
    tps_job *next;

    (void)pthread_mutex_lock(&q->lock);
    jobs = q->finished;
    q->finished = NULL;
    q->finished_end = &q->finished;
    (void)pthread_mutex_unlock(&q->lock);
    for (; jobs != NULL; jobs = next) {
        next = jobs->next; /* `done` may free the job */
        q->under_way--;
        jobs->done(jobs, jobs->status);
    }
}

static void on_finished(evutil_socket_t fd, short events, void *context)
{
    uint64_t count;

    (void)events;
    (void)!read(fd, &count, sizeof(count));
    call_finished(context);
}

static void hand_over(tps_job_queue *q)
{
    if (q->gathered == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&q->lock);
    *q->waiting_end = q->gathered;
    q->waiting_end = q->gathered_end;
    (void)pthread_cond_signal(&q->wake);
    (void)pthread_mutex_unlock(&q->lock);
    q->gathered = NULL;
    q->gathered_end = &q->gathered;
}

static void on_round_over(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    hand_over(context);
}

/* All that one round of the event loop brings is handed over at its end: one lock and one wake-up for many
 * jobs, and larger groups. An event that is made active runs behind those that are active already. */
tps_status tps_job_submit(tps_job_queue *q, tps_job *job)
{
    if (q->under_way >= q->options.capacity) {
        tps_metrics_add(TPS_METRIC_QUEUE_REFUSED, q->options.writes ? TPS_QUEUE_WRITE : TPS_QUEUE_READ, 1);
        return TPS_SERVER_BUSY;
    }
    q->under_way++;
    job->next = NULL;
    job->status = TPS_OK;
    memcpy(job->generation, q->generation, sizeof(job->generation));
    if (q->gathered == NULL) {
        event_active(q->round_over, 0, 0);
    }
    *q->gathered_end = job;
    q->gathered_end = &job->next;
    return TPS_OK;
}

void tps_job_queue_set_generation(tps_job_queue *q, const char *generation)
{
    (void)snprintf(q->generation, sizeof(q->generation), "%s", generation);
}

tps_job_queue_figures tps_job_queue_look(tps_job_queue *q)
{
    tps_job_queue_figures figures;

    (void)pthread_mutex_lock(&q->lock);
    figures = q->figures;
    (void)pthread_mutex_unlock(&q->lock);
    figures.depth = q->under_way;
    return figures;
}

/* ---- start and end ---- */

static tps_status start(tps_job_queue *q, struct event_base *base)
{
    q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->fd < 0) {
        return TPS_IO;
    }
    q->round_over = event_new(base, -1, 0, on_round_over, q);
    q->event = event_new(base, q->fd, EV_READ | EV_PERSIST, on_finished, q);
    if (q->round_over == NULL || q->event == NULL || event_add(q->event, NULL) != 0) {
        return TPS_OUT_OF_MEMORY;
    }
    return pthread_create(&q->thread, NULL, work, q) == 0 ? TPS_OK : TPS_IO;
}

static void release(tps_job_queue *q)
{
    if (q->round_over != NULL) {
        event_free(q->round_over);
    }
    if (q->event != NULL) {
        event_free(q->event);
    }
    if (q->fd >= 0) {
        (void)close(q->fd);
    }
    (void)pthread_cond_destroy(&q->wake);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

tps_status tps_job_queue_new(struct event_base *base, tps_store *store, const tps_job_queue_options *options,
                             tps_job_queue **queue)
{
    tps_job_queue *q = calloc(1, sizeof(*q));
    tps_status status;

    if (q == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    q->store = store;
    q->options = *options;
    q->waiting_end = &q->waiting;
    q->finished_end = &q->finished;
    q->gathered_end = &q->gathered;
    (void)pthread_mutex_init(&q->lock, NULL);
    (void)pthread_cond_init(&q->wake, NULL);
    status = start(q, base);
    if (status != TPS_OK) {
        release(q);
        return status;
    }
    *queue = q;
    return TPS_OK;
}

void tps_job_queue_free(tps_job_queue *q)
{
    if (q == NULL) {
        return;
    }
    hand_over(q);
    (void)pthread_mutex_lock(&q->lock);
    q->ending = true;
    (void)pthread_cond_signal(&q->wake);
    (void)pthread_mutex_unlock(&q->lock);
    (void)pthread_join(q->thread, NULL);
    call_finished(q);
    release(q);
}
