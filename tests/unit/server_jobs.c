/* SPDX-License-Identifier: Apache-2.0 */
/* Queues of jobs over a fake store that records its calls and fails the Nth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <event2/event.h>
#include <unistd.h>

#include "server/jobs.h"

#define JOBS 4

/* Counts calls; call number `fail_at` fails. Records what a real store would have made durable. */
typedef struct {
    tps_store store;
    unsigned calls, fail_at;
    int open;    /* jobs written in the open group */
    int durable; /* jobs in committed groups */
    unsigned groups;
    size_t largest_batch;
} fake_store;

static fake_store *fake(tps_store *store)
{
    return (fake_store *)(void *)store;
}

static tps_status step(fake_store *f)
{
    return ++f->calls == f->fail_at ? TPS_STORE_AWAY : TPS_OK;
}

static tps_status fake_begin(tps_store *store)
{
    fake(store)->open = 0;
    return step(fake(store));
}

static tps_status fake_commit(tps_store *store)
{
    fake_store *f = fake(store);
    tps_status status = step(f);

    f->groups++;
    f->durable += status == TPS_OK ? f->open : 0;
    f->open = 0;
    return status;
}

static void fake_abandon(tps_store *store)
{
    fake(store)->open = 0;
}

/* Sessions whose id begins with 1 were there before. */
static tps_status fake_put_sessions(tps_store *store, tps_store_session_step *steps, size_t count,
                                    int64_t now)
{
    fake_store *f = fake(store);

    (void)now;
    TPS_TRY(step(f));
    f->largest_batch = count > f->largest_batch ? count : f->largest_batch;
    for (size_t i = 0; i < count; i++) {
        steps[i].status = steps[i].to->id[0] == 1 ? TPS_STORE_EXISTS : TPS_OK;
        f->open += steps[i].status == TPS_OK;
    }
    return TPS_OK;
}

static tps_status fake_prune(tps_store *store, int64_t now, size_t limit)
{
    (void)now;
    (void)limit;
    return step(fake(store));
}

/* The history that a handle is in, as after a failover. */
static tps_status fake_generation(tps_store *store, char generation[TPS_STORE_GENERATION_MAX])
{
    (void)snprintf(generation, TPS_STORE_GENERATION_MAX, "second");
    return step(fake(store));
}

static const tps_store_ops fake_ops = {.generation = fake_generation,
                                       .begin_group = fake_begin,
                                       .commit_group = fake_commit,
                                       .abandon_group = fake_abandon,
                                       .put_sessions = fake_put_sessions,
                                       .prune = fake_prune};

typedef struct {
    tps_job job; /* first */
    fake_store *store;
    tps_store_session session;
    tps_store_session_step step;
    bool exists;
    unsigned done;
    tps_status status;
    int durable_when_done;
} test_job;

static tps_status run_job(tps_job *job, tps_store *store)
{
    test_job *t = (test_job *)(void *)job;

    if (t->exists) {
        return TPS_STORE_EXISTS;
    }
    TPS_TRY(step(fake(store)));
    fake(store)->open++;
    return TPS_OK;
}

static void job_done(tps_job *job, tps_status status)
{
    test_job *t = (test_job *)(void *)job;

    t->done++;
    t->status = status;
    t->durable_when_done = t->store->durable;
}

/* A job that writes, one that finds its thing there, a step of a new session, one of a session that was
 * there. */
static void make_jobs(fake_store *f, test_job jobs[JOBS])
{
    for (int i = 0; i < JOBS; i++) {
        test_job *t = &jobs[i];

        *t = (test_job){.job = {.run = run_job, .done = job_done}, .store = f, .exists = i == 1};
        if (i >= 2) {
            t->session.id[0] = i == 3;
            t->step.to = &t->session;
            t->job.run = NULL;
            t->job.step = &t->step;
        }
    }
}

static bool all_done(const test_job jobs[JOBS])
{
    for (int i = 0; i < JOBS; i++) {
        if (jobs[i].done == 0) {
            return false;
        }
    }
    return true;
}

/* Runs the jobs over a store whose call `fail_at` fails. */
static void run_jobs(fake_store *f, test_job jobs[JOBS], bool writes, unsigned fail_at)
{
    struct event_base *base = event_base_new();
    tps_job_queue_options options = {.writes = writes, .capacity = 100};
    tps_job_queue *q = NULL;
    int count = writes ? JOBS : 2;

    memset(f, 0, sizeof(*f));
    f->store.ops = &fake_ops;
    f->fail_at = fail_at;
    make_jobs(f, jobs);
    for (int i = count; i < JOBS; i++) {
        jobs[i].done = 1;
    }
    assert_int_equal(tps_job_queue_new(base, &f->store, &options, &q), TPS_OK);
    for (int i = 0; i < count; i++) {
        assert_int_equal(tps_job_submit(q, &jobs[i].job), TPS_OK);
    }
    for (int i = 0; i < 4000 && !all_done(jobs); i++) {
        (void)event_base_loop(base, EVLOOP_NONBLOCK);
        (void)usleep(500);
    }
    assert_int_equal(tps_job_queue_look(q).depth, 0);
    assert_int_equal(tps_job_queue_look(q).jobs, (unsigned)count);
    tps_job_queue_free(q);
    event_base_free(base);
}

static void jobs_are_done_once_and_durable_by_then(void **state)
{
    test_job jobs[JOBS];
    fake_store f;

    (void)state;
    run_jobs(&f, jobs, true, 0);

    assert_int_equal(f.durable, 2);
    assert_int_equal(jobs[0].status, TPS_OK);
    assert_true(jobs[0].durable_when_done >= 1);
    assert_int_equal(jobs[1].status, TPS_STORE_EXISTS);
    assert_int_equal(jobs[2].status, TPS_OK);
    assert_int_equal(jobs[3].status, TPS_STORE_EXISTS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].done, 1);
    }
}

static void whichever_call_fails_no_job_claims_what_is_not_durable(void **state)
{
    test_job jobs[JOBS];
    fake_store f;

    (void)state;
    for (unsigned n = 1; n <= 16; n++) {
        int claimed = 0;
        bool failed = false;

        run_jobs(&f, jobs, true, n);
        for (int i = 0; i < JOBS; i++) {
            assert_int_equal(jobs[i].done, 1);
            assert_true(jobs[i].status == TPS_OK || jobs[i].status == TPS_STORE_EXISTS ||
                        jobs[i].status == TPS_STORE_AWAY);
            claimed += jobs[i].status == TPS_OK;
            failed = failed || jobs[i].status == TPS_STORE_AWAY;
        }
        assert_int_equal(claimed, f.durable);
        assert_true(n > f.calls || failed);
    }
}

static void a_reading_queue_runs_each_by_itself(void **state)
{
    test_job jobs[JOBS];
    fake_store f;

    (void)state;
    run_jobs(&f, jobs, false, 1);

    assert_int_equal(jobs[0].status, TPS_STORE_AWAY);
    assert_int_equal(jobs[1].status, TPS_STORE_EXISTS);
    assert_int_equal(f.groups, 0);
}

/* Holds the thread until the test lets it go. */
typedef struct {
    tps_job job; /* first */
    int gate[2];
    unsigned done;
} held_job;

static tps_status hold(tps_job *job, tps_store *store)
{
    char byte;

    (void)store;
    return read(((held_job *)(void *)job)->gate[0], &byte, 1) == 1 ? TPS_OK : TPS_IO;
}

static void let_go(tps_job *job, tps_status status)
{
    (void)status;
    ((held_job *)(void *)job)->done++;
}

static void a_full_queue_refuses_and_takes_again(void **state)
{
    struct event_base *base = event_base_new();
    fake_store f = {.store = {&fake_ops}};
    tps_job_queue_options options = {.writes = true, .capacity = 2};
    tps_job_queue *q = NULL;
    held_job held = {.job = {.run = hold, .done = let_go}};
    test_job jobs[JOBS];

    (void)state;
    make_jobs(&f, jobs);
    assert_int_equal(pipe(held.gate), 0);
    assert_int_equal(tps_job_queue_new(base, &f.store, &options, &q), TPS_OK);
    assert_int_equal(tps_job_submit(q, &held.job), TPS_OK);
    assert_int_equal(tps_job_submit(q, &jobs[0].job), TPS_OK);
    assert_int_equal(tps_job_submit(q, &jobs[1].job), TPS_SERVER_BUSY);
    assert_int_equal(write(held.gate[1], "x", 1), 1);
    while (jobs[0].done == 0) {
        (void)event_base_loop(base, EVLOOP_ONCE);
    }
    assert_int_equal(tps_job_submit(q, &jobs[1].job), TPS_OK);
    tps_job_queue_free(q);
    event_base_free(base);

    assert_int_equal(held.done, 1);
    assert_int_equal(jobs[1].done, 1);
    (void)close(held.gate[0]);
    (void)close(held.gate[1]);
}

/* Before a failover these sessions may have taken evidence that the store has forgotten. */
static void sessions_of_another_history_take_no_evidence(void **state)
{
    static const uint32_t from[3] = {TPS_STORE_SESSION_NEW, TPS_STORE_SESSION_WAITING,
                                     TPS_STORE_SESSION_PROCESSING};
    static const tps_status expected[2][3] = {{TPS_STORE_PASSED, TPS_STORE_PASSED, TPS_OK},
                                              {TPS_OK, TPS_OK, TPS_OK}};
    static const char *const generations[2] = {"first", "second"};

    (void)state;
    for (int history = 0; history < 2; history++) {
        struct event_base *base = event_base_new();
        fake_store f = {.store = {&fake_ops}};
        tps_job_queue_options options = {.writes = true, .capacity = 10};
        tps_job_queue *q = NULL;
        test_job jobs[3];

        assert_int_equal(tps_job_queue_new(base, &f.store, &options, &q), TPS_OK);
        tps_job_queue_set_generation(q, generations[history]);
        for (int i = 0; i < 3; i++) {
            jobs[i] = (test_job){.job = {.done = job_done}, .store = &f};
            jobs[i].step = (tps_store_session_step){.from = from[i], .to = &jobs[i].session};
            jobs[i].job.step = &jobs[i].step;
            assert_int_equal(tps_job_submit(q, &jobs[i].job), TPS_OK);
        }
        tps_job_queue_set_generation(q, "second"); /* too late for those */
        tps_job_queue_free(q);
        event_base_free(base);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(jobs[i].status, expected[history][i]);
        }
        assert_int_equal(f.durable, history == 0 ? 1 : 3);
    }
}

static void what_gathers_is_one_group(void **state)
{
    struct event_base *base = event_base_new();
    fake_store f = {.store = {&fake_ops}};
    tps_job_queue_options options = {.writes = true, .capacity = 1000};
    tps_job_queue *q = NULL;
    held_job held = {.job = {.run = hold, .done = let_go}};
    static test_job jobs[300];

    (void)state;
    assert_int_equal(pipe(held.gate), 0);
    assert_int_equal(tps_job_queue_new(base, &f.store, &options, &q), TPS_OK);
    assert_int_equal(tps_job_submit(q, &held.job), TPS_OK);
    (void)event_base_loop(base, EVLOOP_NONBLOCK);
    (void)usleep(50000);
    for (size_t i = 0; i < 300; i++) {
        jobs[i] = (test_job){.job = {.done = job_done}, .store = &f};
        jobs[i].step.to = &jobs[i].session;
        jobs[i].job.step = &jobs[i].step;
        assert_int_equal(tps_job_submit(q, &jobs[i].job), TPS_OK);
    }
    assert_int_equal(write(held.gate[1], "x", 1), 1);
    tps_job_queue_free(q);
    event_base_free(base);

    assert_int_equal(f.durable, 300);
    assert_int_equal(f.groups, 2);
    assert_true(f.largest_batch > 100);
    (void)close(held.gate[0]);
    (void)close(held.gate[1]);
}

static void freeing_finishes_what_was_submitted(void **state)
{
    struct event_base *base = event_base_new();
    fake_store f = {.store = {&fake_ops}};
    tps_job_queue_options options = {.writes = true, .capacity = 10};
    tps_job_queue *q = NULL;
    test_job jobs[JOBS];

    (void)state;
    make_jobs(&f, jobs);
    assert_int_equal(tps_job_queue_new(base, &f.store, &options, &q), TPS_OK);
    assert_int_equal(tps_job_submit(q, &jobs[0].job), TPS_OK);
    tps_job_queue_free(q);
    event_base_free(base);

    assert_int_equal(jobs[0].done, 1);
    assert_int_equal(jobs[0].status, TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_done_once_and_durable_by_then),
        cmocka_unit_test(whichever_call_fails_no_job_claims_what_is_not_durable),
        cmocka_unit_test(a_reading_queue_runs_each_by_itself),
        cmocka_unit_test(a_full_queue_refuses_and_takes_again),
        cmocka_unit_test(sessions_of_another_history_take_no_evidence),
        cmocka_unit_test(what_gathers_is_one_group),
        cmocka_unit_test(freeing_finishes_what_was_submitted),
    };

    return cmocka_run_group_tests_name("server_jobs", tests, NULL, NULL);
}
