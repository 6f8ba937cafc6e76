/* SPDX-License-Identifier: Apache-2.0 */
/* The committer over a fake store that records its calls and fails the Nth; and the table of waiting
 * sessions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <event2/event.h>
#include <unistd.h>

#include "server/committer.h"
#include "server/session_table.h"

#define JOBS 3

/* Counts calls; call number `fail_at` fails. Records what a real store would have made durable. */
typedef struct {
    tps_store store;
    unsigned calls, fail_at;
    int open;    /* jobs written in the open group */
    int durable; /* jobs in committed groups */
    unsigned groups;
} fake_store;

static tps_status step(fake_store *f)
{
    return ++f->calls == f->fail_at ? TPS_STORE_FAILED : TPS_OK;
}

static tps_status fake_begin(tps_store *store)
{
    ((fake_store *)(void *)store)->open = 0;
    return step((fake_store *)(void *)store);
}

static tps_status fake_commit(tps_store *store)
{
    fake_store *f = (fake_store *)(void *)store;
    tps_status status = step(f);

    f->groups++;
    f->durable += status == TPS_OK ? f->open : 0;
    f->open = 0;
    return status;
}

static void fake_abandon(tps_store *store)
{
    ((fake_store *)(void *)store)->open = 0;
}

static tps_status fake_prune(tps_store *store, int64_t now, size_t limit)
{
    (void)now;
    (void)limit;
    return step((fake_store *)(void *)store);
}

static const tps_store_ops fake_ops = {.begin_group = fake_begin,
                                       .commit_group = fake_commit,
                                       .abandon_group = fake_abandon,
                                       .prune = fake_prune};

typedef struct {
    tps_commit_job job; /* first */
    fake_store *store;
    bool exists;
    unsigned done;
    tps_status status;
    int durable_when_done;
} test_job;

static tps_status write_job(tps_commit_job *job, tps_store *store)
{
    test_job *t = (test_job *)(void *)job;
    fake_store *f = (fake_store *)(void *)store;

    if (t->exists) {
        return TPS_STORE_EXISTS;
    }
    TPS_TRY(step(f));
    f->open++;
    return TPS_OK;
}

static void job_done(tps_commit_job *job, tps_status status)
{
    test_job *t = (test_job *)(void *)job;

    t->done++;
    t->status = status;
    t->durable_when_done = t->store->durable;
}

/* Runs three jobs, the second of which finds its nonce used, over a store whose call `fail_at` fails. */
static void run_jobs(fake_store *f, test_job jobs[JOBS], unsigned fail_at)
{
    struct event_base *base = event_base_new();
    tps_committer *c = NULL;

    memset(f, 0, sizeof(*f));
    f->store.ops = &fake_ops;
    f->fail_at = fail_at;
    assert_int_equal(tps_committer_new(base, &f->store, &c), TPS_OK);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (test_job){.job = {.write = write_job, .done = job_done}, .store = f, .exists = i == 1};
        tps_committer_submit(c, &jobs[i].job);
    }
    for (int i = 0; i < 2000 && (jobs[0].done == 0 || jobs[1].done == 0 || jobs[2].done == 0); i++) {
        (void)event_base_loop(base, EVLOOP_NONBLOCK);
        (void)usleep(500);
    }
    tps_committer_free(c);
    event_base_free(base);
}

static void jobs_are_done_once_and_durable_by_then(void **state)
{
    test_job jobs[JOBS];
    fake_store f;

    (void)state;
    run_jobs(&f, jobs, 0);

    assert_int_equal(f.durable, 2);
    assert_int_equal(jobs[0].status, TPS_OK);
    assert_true(jobs[0].durable_when_done >= 1);
    assert_int_equal(jobs[1].status, TPS_STORE_EXISTS);
    assert_int_equal(jobs[2].status, TPS_OK);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].done, 1);
    }
}

static void whichever_call_fails_no_job_claims_what_is_not_durable(void **state)
{
    test_job jobs[JOBS];
    fake_store f;

    (void)state;
    for (unsigned n = 1; n <= 10; n++) {
        int acknowledged = 0;

        run_jobs(&f, jobs, n);
        for (int i = 0; i < JOBS; i++) {
            assert_int_equal(jobs[i].done, 1);
            assert_true(jobs[i].status == TPS_OK || jobs[i].status == TPS_STORE_EXISTS ||
                        jobs[i].status == TPS_STORE_FAILED);
            acknowledged += jobs[i].status == TPS_OK;
        }
        assert_int_equal(acknowledged, f.durable);
        assert_true(n > f.calls || jobs[0].status == TPS_STORE_FAILED || jobs[1].status == TPS_STORE_FAILED ||
                    jobs[2].status == TPS_STORE_FAILED);
    }
}

static void freeing_finishes_what_was_submitted(void **state)
{
    struct event_base *base = event_base_new();
    fake_store f = {.store = {&fake_ops}};
    tps_committer *c = NULL;
    test_job job = {.job = {.write = write_job, .done = job_done}, .store = &f};

    (void)state;
    assert_int_equal(tps_committer_new(base, &f.store, &c), TPS_OK);
    tps_committer_submit(c, &job.job);
    tps_committer_free(c);
    event_base_free(base);

    assert_int_equal(job.done, 1);
    assert_int_equal(job.status, TPS_OK);
}

static const uint8_t *id(uint8_t n)
{
    static uint8_t bytes[TPS_STORE_SESSION_ID_SIZE];

    memset(bytes, 0, sizeof(bytes));
    bytes[15] = n; /* all in one bucket */
    return bytes;
}

static void sessions_are_found_until_they_end(void **state)
{
    tps_session_table *table = tps_session_table_new(10);
    tps_session *s = NULL;

    (void)state;
    assert_int_equal(tps_session_table_add(table, id(1), 1000, 50, &s), TPS_OK);
    assert_int_equal(tps_session_table_add(table, id(2), 1010, 50, &s), TPS_OK);

    assert_ptr_equal(tps_session_table_find(table, id(2), 1059), s);
    assert_null(tps_session_table_find(table, id(1), 1050));
    assert_null(tps_session_table_find(table, id(3), 1000));
    tps_session_table_remove(table, s);
    assert_null(tps_session_table_find(table, id(2), 1020));
    tps_session_table_free(table);
}

static void a_full_table_takes_none_until_one_ends(void **state)
{
    tps_session_table *table = tps_session_table_new(2);
    tps_session *taken = NULL;
    tps_session *s = NULL;

    (void)state;
    assert_int_equal(tps_session_table_add(table, id(1), 1000, 50, &taken), TPS_OK);
    assert_int_equal(tps_session_table_add(table, id(2), 1010, 50, &s), TPS_OK);
    taken->taken = true;

    assert_int_equal(tps_session_table_add(table, id(3), 1055, 50, &s), TPS_SERVER_BUSY);
    assert_int_equal(tps_session_table_add(table, id(3), 1060, 50, &s), TPS_OK);
    assert_ptr_equal(tps_session_table_find(table, id(1), 2000), taken);
    assert_int_equal(tps_session_table_count(table), 2);
    tps_session_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_done_once_and_durable_by_then),
        cmocka_unit_test(whichever_call_fails_no_job_claims_what_is_not_durable),
        cmocka_unit_test(freeing_finishes_what_was_submitted),
        cmocka_unit_test(sessions_are_found_until_they_end),
        cmocka_unit_test(a_full_table_takes_none_until_one_ends),
    };

    return cmocka_run_group_tests_name("store_committer", tests, NULL, NULL);
}
