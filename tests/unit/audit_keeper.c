/* SPDX-License-Identifier: Apache-2.0 */
/* When audit logs are signed: after a while, after many changes, at the end; one after the other; again after
 * a failure. The queue, the clock and what is signed are played by the test. */
#include "support/check.h"

#include "server/audit/checkpoint.h"
#include "server/audit/keeper.h"
#include "server/operation/log.h"
#include "server/tenants/tenant.h"

#define INTERVAL 600
#define START    5000u

static tps_audit_keeper *keeper;
static tps_job *queue[32];
static size_t queued;
static bool is_full;
static uint64_t clock_ms;
static tps_status keys_status, append_status;
static size_t lines;

/* ---- what the keeper asks of others ---- */

uint64_t tps_now_ms(void);
uint64_t tps_now_ms(void)
{
    return clock_ms;
}

tps_status tps_job_submit(tps_job_queue *to, tps_job *job)
{
    assert_null(to);
    if (is_full) {
        return TPS_SERVER_BUSY;
    }
    assert_true(queued < 32);
    queue[queued++] = job;
    return TPS_OK;
}

tps_status tps_tenant_build_keys(tps_store *store, int64_t tenant, tps_tenant_keys **keys)
{
    (void)store;
    (void)tenant;
    *keys = keys_status == TPS_OK ? calloc(1, sizeof(**keys)) : NULL;
    return keys_status;
}

void tps_tenant_keys_free(tps_tenant_keys *keys)
{
    free(keys);
}

tps_status tps_audit_checkpoint_append(tps_store *store, int64_t tenant, const char *name,
                                       const tps_result_keys *ring, int64_t now, bool *made)
{
    (void)store;
    (void)tenant;
    (void)name;
    (void)ring;
    (void)now;
    *made = append_status == TPS_OK;
    return append_status;
}

void tps_log(tps_log_level level, const char *message, const tps_log_member *members, size_t count)
{
    (void)level;
    (void)message;
    (void)members;
    (void)count;
    lines++;
}

/* ---- the test's side ---- */

static int begin(void **state)
{
    (void)state;
    queued = 0;
    is_full = false;
    clock_ms = START;
    keys_status = append_status = TPS_OK;
    lines = 0;
    assert_status(tps_audit_keeper_new(NULL, INTERVAL, &keeper), TPS_OK);
    return 0;
}

/* Does what is queued; what a job says goes to its end, unless `failure` is the group's. */
static void work(tps_status failure)
{
    for (size_t i = 0; i < queued; i++) {
        tps_status status = queue[i]->run(queue[i], NULL);

        queue[i]->done(queue[i], failure != TPS_OK ? failure : status);
    }
    queued = 0;
}

static int end(void **state)
{
    (void)state;
    work(TPS_OK);
    tps_audit_keeper_free(keeper);
    tps_audit_keeper_free(NULL);
    return 0;
}

static void tell(int64_t tenant, int64_t revision)
{
    char name[16];

    (void)snprintf(name, sizeof(name), "t%d", (int)tenant);
    tps_audit_keeper_note(keeper, tenant, name, revision, clock_ms);
}

static size_t tick_after(uint64_t ms)
{
    clock_ms += ms;
    tps_audit_keeper_tick(keeper, clock_ms);
    return queued;
}

static void a_change_is_signed_after_the_interval_and_not_before(void **state)
{
    (void)state;
    tell(1, 10);
    assert_int_equal(tick_after(INTERVAL * 1000u - 1), 0);
    assert_int_equal(tick_after(1), 1);
    work(TPS_OK);
    assert_int_equal(tps_audit_keeper_look(keeper).made, 1);
    assert_int_equal(tick_after(10 * INTERVAL * 1000u), 0); /* nothing changed since */
    tell(1, 10);
    assert_int_equal(tick_after(10 * INTERVAL * 1000u), 0);
    tell(1, 11);
    assert_int_equal(tick_after(INTERVAL * 1000u), 1);
}

static void further_changes_do_not_put_it_off(void **state)
{
    (void)state;
    tell(1, 10);
    for (int i = 1; i <= 9; i++) {
        assert_int_equal(tick_after(INTERVAL * 100u), 0);
        tell(1, 10 + i);
    }
    assert_int_equal(tick_after(INTERVAL * 100u), 1);
}

static void many_changes_are_signed_at_once(void **state)
{
    (void)state;
    tell(1, 10);
    assert_int_equal(tick_after(INTERVAL * 1000u), 1);
    work(TPS_OK);
    tell(1, 9 + TPS_AUDIT_KEEPER_CHANGES);
    assert_int_equal(tick_after(1), 0);
    tell(1, 10 + TPS_AUDIT_KEEPER_CHANGES);
    assert_int_equal(tick_after(1), 1);
}

static void tenants_are_signed_one_after_the_other(void **state)
{
    (void)state;
    for (int64_t tenant = 20; tenant >= 1; tenant--) {
        tell(tenant, 5);
    }
    for (size_t i = 1; i <= 20; i++) {
        assert_int_equal(tick_after(INTERVAL * 1000u), 1);
        assert_int_equal(tick_after(1000), 1);
        work(TPS_OK);
        assert_int_equal(tps_audit_keeper_look(keeper).made, i);
    }
    assert_int_equal(tick_after(INTERVAL * 1000u), 0);
}

static void what_could_not_be_signed_is_tried_again(void **state)
{
    (void)state;
    tell(1, 5);
    assert_int_equal(tick_after(INTERVAL * 1000u), 1);
    work(TPS_STORE_AWAY);
    assert_int_equal(tps_audit_keeper_look(keeper).failed, 1);
    assert_int_equal(lines, 1);
    assert_int_equal(tick_after(29999), 0);
    assert_int_equal(tick_after(1), 1);
    work(TPS_OK);
    assert_int_equal(tps_audit_keeper_look(keeper).made, 1);
}

static void a_full_queue_is_tried_again_at_the_next_tick(void **state)
{
    (void)state;
    tell(1, 5);
    is_full = true;
    assert_int_equal(tick_after(INTERVAL * 1000u), 0);
    is_full = false;
    assert_int_equal(tick_after(1000), 1);
}

static void keys_that_cannot_be_used_fail_nobody_elses_group(void **state)
{
    static const struct {
        tps_status keys, append, expected;
    } cases[] = {
        {TPS_CRYPTO_BAD_KEY, TPS_OK, TPS_NOT_FOUND}, {TPS_OK, TPS_NOT_FOUND, TPS_NOT_FOUND},
        {TPS_OK, TPS_CRYPTO_FAILED, TPS_NOT_FOUND},  {TPS_OK, TPS_STORE_FAILED, TPS_STORE_FAILED},
        {TPS_STORE_AWAY, TPS_OK, TPS_STORE_AWAY},    {TPS_OK, TPS_OK, TPS_OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tell(1, (int64_t)i + 5);
        assert_int_equal(tick_after(INTERVAL * 1000u), 1);
        keys_status = cases[i].keys;
        append_status = cases[i].append;
        assert_status(queue[0]->run(queue[0], NULL), cases[i].expected);
        work(TPS_OK);
    }
    assert_int_equal(tps_audit_keeper_look(keeper).failed, 5);
}

static void at_the_end_all_that_waits_is_signed(void **state)
{
    (void)state;
    for (int64_t tenant = 1; tenant <= 5; tenant++) {
        tell(tenant, 5);
    }
    assert_int_equal(tick_after(INTERVAL * 1000u), 1);
    tps_audit_keeper_finish(keeper);
    assert_int_equal(queued, 5);
    work(TPS_OK);
    tps_audit_keeper_finish(keeper);
    assert_int_equal(queued, 0);
}

static void a_removed_tenant_is_forgotten_even_while_it_is_signed(void **state)
{
    (void)state;
    tell(1, 5);
    tell(2, 5);
    tell(3, 5);
    tps_audit_keeper_forget(keeper, 2);
    tps_audit_keeper_forget(keeper, 99);
    assert_int_equal(tick_after(INTERVAL * 1000u), 1);
    tps_audit_keeper_forget(keeper, 1);
    append_status = TPS_NOT_FOUND;
    work(TPS_OK);
    assert_int_equal(tps_audit_keeper_look(keeper).failed, 0);
    append_status = TPS_OK;
    assert_int_equal(tick_after(0), 1);
    work(TPS_OK);
    assert_int_equal(tick_after(INTERVAL * 1000u), 0);
}

static void without_an_interval_only_many_changes_and_the_end_are_signed(void **state)
{
    (void)state;
    tps_audit_keeper_free(keeper);
    assert_status(tps_audit_keeper_new(NULL, 0, &keeper), TPS_OK);
    tell(1, 5);
    assert_int_equal(tick_after(UINT32_MAX), 0);
    tell(1, 5 + TPS_AUDIT_KEEPER_CHANGES);
    assert_int_equal(tick_after(0), 1);
    work(TPS_OK);
    tell(1, 6 + TPS_AUDIT_KEEPER_CHANGES);
    tps_audit_keeper_finish(keeper);
    assert_int_equal(queued, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_change_is_signed_after_the_interval_and_not_before),
        TEST(further_changes_do_not_put_it_off),
        TEST(many_changes_are_signed_at_once),
        TEST(tenants_are_signed_one_after_the_other),
        TEST(what_could_not_be_signed_is_tried_again),
        TEST(a_full_queue_is_tried_again_at_the_next_tick),
        TEST(keys_that_cannot_be_used_fail_nobody_elses_group),
        TEST(at_the_end_all_that_waits_is_signed),
        TEST(a_removed_tenant_is_forgotten_even_while_it_is_signed),
        TEST(without_an_interval_only_many_changes_and_the_end_are_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
