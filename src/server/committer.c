/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The committer: a thread that takes all waiting jobs at once, writes them as one group, and hands them back
 * through an eventfd. Old results are pruned in passing, a few more than come in.
 */
#include "server/committer.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define PRUNE_LEAST 64u

struct tps_committer {
    tps_store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    tps_commit_job *waiting, **waiting_end; /* under the lock, like the next two */
    tps_commit_job *finished;
    bool ending;
    int fd;
    struct event *event;
};

/* These say that one job wrote nothing; the group goes on. */
static bool is_answer(tps_status status)
{
    return status == TPS_OK || status == TPS_STORE_EXISTS || status == TPS_NOT_FOUND ||
           status == TPS_BAD_ARGUMENT;
}

static tps_status write_jobs(tps_store *store, tps_commit_job *jobs)
{
    size_t count = 0;

    for (tps_commit_job *job = jobs; job != NULL; job = job->next) {
        job->status = job->write(job, store);
        if (!is_answer(job->status)) {
            return job->status;
        }
        count++;
    }
    return store->ops->prune(store, (int64_t)time(NULL), PRUNE_LEAST + 2 * count);
}

static void write_group(tps_store *store, tps_commit_job *jobs)
{
    tps_status status = store->ops->begin_group(store);

    if (status == TPS_OK) {
        status = write_jobs(store, jobs);
        if (status == TPS_OK) {
            status = store->ops->commit_group(store);
        } else {
            store->ops->abandon_group(store);
        }
    }
    if (status != TPS_OK) {
        for (tps_commit_job *job = jobs; job != NULL; job = job->next) {
            job->status = status;
        }
    }
}

static tps_commit_job *take_waiting(tps_committer *c)
{
    tps_commit_job *jobs;

    (void)pthread_mutex_lock(&c->lock);
    while (c->waiting == NULL && !c->ending) {
        (void)pthread_cond_wait(&c->wake, &c->lock);
    }
    jobs = c->waiting;
    c->waiting = NULL;
    c->waiting_end = &c->waiting;
    (void)pthread_mutex_unlock(&c->lock);
    return jobs;
}

static void hand_back(tps_committer *c, tps_commit_job *jobs)
{
    tps_commit_job **end;
    uint64_t one = 1;

    (void)pthread_mutex_lock(&c->lock);
    for (end = &c->finished; *end != NULL; end = &(*end)->next) {
    }
    *end = jobs;
    (void)pthread_mutex_unlock(&c->lock);
    (void)!write(c->fd, &one, sizeof(one));
}

static void *run(void *context)
{
    tps_committer *c = context;
    tps_commit_job *jobs;

    while ((jobs = take_waiting(c)) != NULL) {
        write_group(c->store, jobs);
        hand_back(c, jobs);
    }
    return NULL;
}

static void call_finished(tps_committer *c)
{
    tps_commit_job *jobs;
    tps_commit_job *next;

    (void)pthread_mutex_lock(&c->lock);
    jobs = c->finished;
    c->finished = NULL;
    (void)pthread_mutex_unlock(&c->lock);
    for (; jobs != NULL; jobs = next) {
        next = jobs->next; /* `done` may free the job */
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

void tps_committer_submit(tps_committer *c, tps_commit_job *job)
{
    job->next = NULL;
    (void)pthread_mutex_lock(&c->lock);
    *c->waiting_end = job;
    c->waiting_end = &job->next;
    (void)pthread_cond_signal(&c->wake);
    (void)pthread_mutex_unlock(&c->lock);
}

static tps_status start(tps_committer *c, struct event_base *base)
{
    c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->fd < 0) {
        return TPS_IO;
    }
    c->event = event_new(base, c->fd, EV_READ | EV_PERSIST, on_finished, c);
    if (c->event == NULL || event_add(c->event, NULL) != 0) {
        return TPS_OUT_OF_MEMORY;
    }
    return pthread_create(&c->thread, NULL, run, c) == 0 ? TPS_OK : TPS_IO;
}

static void release(tps_committer *c)
{
    if (c->event != NULL) {
        event_free(c->event);
    }
    if (c->fd >= 0) {
        (void)close(c->fd);
    }
    (void)pthread_cond_destroy(&c->wake);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

tps_status tps_committer_new(struct event_base *base, tps_store *store, tps_committer **committer)
{
    tps_committer *c = calloc(1, sizeof(*c));
    tps_status status;

    if (c == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    c->store = store;
    c->waiting_end = &c->waiting;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->wake, NULL);
    status = start(c, base);
    if (status != TPS_OK) {
        release(c);
        return status;
    }
    *committer = c;
    return TPS_OK;
}

void tps_committer_free(tps_committer *c)
{
    if (c == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&c->lock);
    c->ending = true;
    (void)pthread_cond_signal(&c->wake);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_join(c->thread, NULL);
    call_finished(c);
    release(c);
}
