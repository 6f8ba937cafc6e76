/* SPDX-License-Identifier: Apache-2.0 */
/* What sealed storage and counters keep when the power goes at any step of any change, and when any platform
 * call fails: after the next start the old or the new state is there, whole, what was answered stands, and
 * the neighbours are untouched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_session.h"

enum { PUT = 10, GET = 11, DELETE = 12, CREATE = 10, READ = 11, INCREASE = 12 };
enum { NAME = 1, VALUE = 2, FLAGS = 3, STEP = 2 };

#define OLD   TPS_SPAN_LITERAL("old")
#define NEW   TPS_SPAN_LITERAL("new value")
#define OTHER TPS_SPAN_LITERAL("of a neighbour")

static const uint8_t lights[32] = {0x11};

/* ---- values ---- */

static void say_put(const char *name, tps_span value, uint64_t flags)
{
    message(PUT, 3);
    put_text(NAME, name);
    put_bytes(VALUE, value);
    put_uint(FLAGS, flags);
}

static void say_named(uint64_t tag, const char *name)
{
    message(tag, 1);
    put_text(NAME, name);
}

static uint32_t open_storage(device *d)
{
    return open_session(d, &tps_storage_service, somebody());
}

static device *make_started(void)
{
    device *d = device_new();

    device_start(d);
    return d;
}

/* A device with a neighbour's value. */
static device *make_with_neighbour(void)
{
    device *d = make_started();
    uint32_t session = open_storage(d);

    say_put("other", OTHER, 0);
    send_expecting(d, session, 0);
    close_session(d, session);
    return d;
}

static device *make_with_value(void)
{
    device *d = make_with_neighbour();
    uint32_t session = open_storage(d);

    say_put("door", OLD, 0);
    send_expecting(d, session, 0);
    close_session(d, session);
    return d;
}

static uint32_t count_erases(const device *d)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < d->flash.size / d->flash.sector; i++) {
        count += d->flash.erases[i];
    }
    return count;
}

/* The log is so full that the next write tidies it up: writes are tried on copies until one erases. */
static device *make_with_full_log(void)
{
    static uint8_t large[3000];
    device *d = make_with_value();
    uint32_t session = open_storage(d);

    for (unsigned writes = 0;; writes++) {
        flash before = flash_copy(&d->flash);
        uint32_t erased = count_erases(d);
        uint64_t counters[TPS_COUNTERS_MAX];

        assert_true(writes < 100);
        memcpy(counters, d->counters, sizeof(counters));
        say_put(writes % 2 == 0 ? "large" : "larger", TPS_SPAN_OF(large), 0);
        send_expecting(d, session, 0);
        if (writes > 0 && count_erases(d) != erased) { /* so would any other have */
            flash_put_back(&d->flash, &before);
            memcpy(d->counters, counters, sizeof(counters));
            flash_free(&before);
            device_start(d);
            return d;
        }
        flash_free(&before);
    }
}

/* Which of the values it is; it must be one. */
static tps_span value_of(device *d, uint32_t session, const char *name)
{
    tps_span answer;

    say_named(GET, name);
    answer = send_message(d, session);
    if (error_of(answer) == TPS_SEALED_ERROR_UNKNOWN) {
        return TPS_SPAN_EMPTY;
    }
    assert_int_equal(error_of(answer), 0);
    return member(answer, 1);
}

static void check_neighbour(device *d, uint32_t session)
{
    assert_true(tps_span_equal(value_of(d, session, "other"), OTHER));
    say_put("later", NEW, 0); /* the storage still takes values */
    send_expecting(d, session, 0);
    assert_true(tps_span_equal(value_of(d, session, "later"), NEW));
}

static uint32_t prepare_large_put(device *d)
{
    static uint8_t large[3000] = {1};
    uint32_t session = open_storage(d);

    say_put("door", TPS_SPAN_OF(large), 0);
    return session;
}

static void check_tidied(device *d, bool is_done)
{
    uint32_t session = open_storage(d);
    size_t size = value_of(d, session, "door").size;

    assert_true(size == 3000 || (!is_done && size == OLD.size));
    check_neighbour(d, session);
}

static uint32_t prepare_put(device *d)
{
    uint32_t session = open_storage(d);

    say_put("door", NEW, 0);
    return session;
}

static uint32_t prepare_once(device *d)
{
    uint32_t session = open_storage(d);

    say_put("door", NEW, TPS_SEALED_ONCE | TPS_SEALED_BOUND);
    return session;
}

static void check_made(device *d, bool is_done)
{
    uint32_t session = open_storage(d);
    tps_span value = value_of(d, session, "door");

    assert_true(tps_span_equal(value, NEW) || (!is_done && value.size == 0));
    check_neighbour(d, session);
}

static void check_replaced(device *d, bool is_done)
{
    uint32_t session = open_storage(d);
    tps_span value = value_of(d, session, "door");

    assert_true(tps_span_equal(value, NEW) || (!is_done && tps_span_equal(value, OLD)));
    check_neighbour(d, session);
}

static uint32_t prepare_delete(device *d)
{
    uint32_t session = open_storage(d);

    say_named(DELETE, "door");
    return session;
}

static void check_deleted(device *d, bool is_done)
{
    uint32_t session = open_storage(d);
    tps_span value = value_of(d, session, "door");

    assert_true(value.size == 0 || (!is_done && tps_span_equal(value, OLD)));
    check_neighbour(d, session);
}

static const power_test made = {make_with_neighbour, prepare_put, check_made};
static const power_test made_once = {make_with_neighbour, prepare_once, check_made};
static const power_test replaced = {make_with_value, prepare_put, check_replaced};
static const power_test replaced_and_tidied = {make_with_full_log, prepare_large_put, check_tidied};
static const power_test deleted = {make_with_value, prepare_delete, check_deleted};

static void a_value_is_made_whole_or_not(void **state)
{
    (void)state;
    cut_power_at_every_step(&made);
    fail_every_call(&made);
    cut_power_at_every_step(&made_once);
    fail_every_call(&made_once);
}

static void a_value_is_replaced_whole_or_not(void **state)
{
    (void)state;
    cut_power_at_every_step(&replaced);
    fail_every_call(&replaced);
}

static void a_value_is_replaced_whole_or_not_while_the_log_is_tidied(void **state)
{
    device *d = make_with_full_log();
    uint32_t session = prepare_large_put(d);
    uint32_t erased = count_erases(d);

    (void)state;
    send_expecting(d, session, 0);
    assert_true(count_erases(d) > erased); /* it is what it says */
    device_free(d);
    cut_power_at_every_step(&replaced_and_tidied);
    fail_every_call(&replaced_and_tidied);
}

static void a_value_is_deleted_or_not(void **state)
{
    (void)state;
    cut_power_at_every_step(&deleted);
    fail_every_call(&deleted);
}

/* ---- for a provider ---- */

static uint32_t open_for_provider(device *d)
{
    uint32_t session = open_storage(d);

    bind_session(d, session, TPS_MODE_PAIRWISE, lights);
    return session;
}

static device *make_with_providers_value(void)
{
    device *d = make_with_neighbour();
    uint32_t session = open_for_provider(d);

    say_put("door", OLD, 0);
    send_expecting(d, session, 0);
    close_session(d, session);
    return d;
}

static uint32_t prepare_providers_put(device *d)
{
    uint32_t session = open_for_provider(d);

    say_put("door", NEW, 0);
    return session;
}

static void check_providers(device *d, bool is_done)
{
    uint32_t session = open_for_provider(d);
    tps_span value = value_of(d, session, "door");

    assert_true(tps_span_equal(value, NEW) || (!is_done && tps_span_equal(value, OLD)));
    close_session(d, session);
    session = open_storage(d);
    assert_int_equal(value_of(d, session, "door").size, 0);
    check_neighbour(d, session);
}

static const power_test providers = {make_with_providers_value, prepare_providers_put, check_providers};

static void a_value_for_a_provider_is_replaced_whole_or_not(void **state)
{
    (void)state;
    cut_power_at_every_step(&providers);
    fail_every_call(&providers);
}

/* ---- counters ---- */

static uint32_t open_counters(device *d)
{
    return open_session(d, &tps_counters_service, somebody());
}

static device *make_with_counter(void)
{
    device *d = make_with_neighbour();
    uint32_t session = open_counters(d);

    say_named(CREATE, "use");
    send_expecting(d, session, 0);
    message(INCREASE, 2);
    put_text(NAME, "use");
    put_uint(STEP, 41);
    send_expecting(d, session, 0);
    close_session(d, session);
    return d;
}

static uint32_t prepare_increase(device *d)
{
    uint32_t session = open_counters(d);

    say_named(INCREASE, "use");
    return session;
}

static void check_increased(device *d, bool is_done)
{
    uint32_t session = open_counters(d);
    uint64_t value;

    say_named(READ, "use");
    value = number(send_message(d, session), 1);
    assert_true(value == 42 || (!is_done && value == 41));
    say_named(INCREASE, "use");
    assert_int_equal(number(send_message(d, session), 1), value + 1);
    close_session(d, session);
    check_neighbour(d, open_storage(d));
}

static uint32_t prepare_create(device *d)
{
    uint32_t session = open_counters(d);

    say_named(CREATE, "use");
    return session;
}

static void check_created(device *d, bool is_done)
{
    uint32_t session = open_counters(d);
    tps_span answer;

    say_named(READ, "use");
    answer = send_message(d, session);
    assert_true(error_of(answer) == 0 || (!is_done && error_of(answer) == TPS_COUNTER_ERROR_UNKNOWN));
    if (error_of(answer) == 0) {
        assert_int_equal(number(answer, 1), 0);
    }
    close_session(d, session);
    check_neighbour(d, open_storage(d));
}

static const power_test increased = {make_with_counter, prepare_increase, check_increased};
static const power_test created = {make_with_neighbour, prepare_create, check_created};

static void a_counter_is_increased_or_not_and_never_goes_back(void **state)
{
    (void)state;
    cut_power_at_every_step(&increased);
    fail_every_call(&increased);
}

static void a_counter_is_made_or_not(void **state)
{
    (void)state;
    cut_power_at_every_step(&created);
    fail_every_call(&created);
}

/* Cut after cut, each start going on with what the last one left: no value that was answered or read ever
 * comes back. */
static void a_counter_survives_many_cuts_in_a_row(void **state)
{
    device *d = make_with_counter();
    uint64_t seen = 41;

    (void)state;
    for (unsigned i = 0; i < 120; i++) {
        uint32_t session = prepare_increase(d);
        tps_span answer;

        flash_cut(&d->flash, i % 7 + 1, i % CUT_PATTERNS);
        if (try_send(d, session, 256, &answer) == TPS_OK && error_of(answer) == 0) {
            seen = number(answer, 1);
        }
        flash_power_on(&d->flash);
        device_start(d);
        session = open_counters(d);
        say_named(READ, "use");
        answer = send_message(d, session);
        assert_in_range(number(answer, 1), seen, seen + 1);
        seen = number(answer, 1);
        close_session(d, session);
    }
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_made_whole_or_not),
        cmocka_unit_test(a_value_is_replaced_whole_or_not),
        cmocka_unit_test(a_value_is_replaced_whole_or_not_while_the_log_is_tidied),
        cmocka_unit_test(a_value_is_deleted_or_not),
        cmocka_unit_test(a_value_for_a_provider_is_replaced_whole_or_not),
        cmocka_unit_test(a_counter_is_increased_or_not_and_never_goes_back),
        cmocka_unit_test(a_counter_is_made_or_not),
        cmocka_unit_test(a_counter_survives_many_cuts_in_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
