/* SPDX-License-Identifier: Apache-2.0 */
/* The counters service and the random service. Power cuts are in services_kept.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_say.h"

enum { CREATE = 10, READ = 11, INCREASE = 12, LIST = 13, RANDOM = 10 };
enum { NAME = 1, STEP = 2, BY = 1, ID = 3 };

static const tps_service *const counters = &tps_counters_service;
static const uint8_t lights[32] = {0x11};

static tps_span named(device *d, asker who, uint64_t tag, const char *name)
{
    tps_cbor_writer w = say(tag, 1);

    say_text(&w, NAME, name);
    return send(d, counters, who, &w);
}

static tps_span increase(device *d, asker who, const char *name, uint64_t step)
{
    tps_cbor_writer w = say(INCREASE, 2);

    say_text(&w, NAME, name);
    say_uint(&w, STEP, step);
    return send(d, counters, who, &w);
}

static void a_counter_begins_at_zero_and_grows_over_restarts(void **state)
{
    device *d = *state;

    assert_int_equal(number(named(d, as_user(1), CREATE, "use"), 1), 0);
    assert_int_equal(number(named(d, as_user(1), INCREASE, "use"), 1), 1);
    assert_int_equal(number(increase(d, as_user(1), "use", 41), 1), 42);
    device_start(d);
    assert_int_equal(number(named(d, as_user(1), READ, "use"), 1), 42);
}

static void a_counter_is_made_once_and_keeps_its_id(void **state)
{
    device *d = *state;
    uint8_t id[TPS_COUNTER_ID_SIZE];
    tps_span told = member(named(d, as_user(1), CREATE, "use"), ID);

    assert_int_equal(told.size, sizeof(id));
    memcpy(id, told.data, sizeof(id));
    (void)increase(d, as_user(1), "use", 7);
    assert_int_equal(error_of(named(d, as_user(1), CREATE, "use")), TPS_COUNTER_ERROR_EXISTS);
    device_start(d);
    assert_int_equal(error_of(named(d, as_user(1), CREATE, "use")), TPS_COUNTER_ERROR_EXISTS);
    assert_int_equal(number(named(d, as_user(1), READ, "use"), 1), 7);
    assert_true(tps_span_equal(member(named(d, as_user(1), READ, "use"), ID), TPS_SPAN_OF(id)));
    assert_false(tps_span_equal(member(named(d, as_user(1), CREATE, "other"), ID), TPS_SPAN_OF(id)));
}

static void a_counter_belongs_to_its_owner(void **state)
{
    device *d = *state;
    asker others[] = {as_user(2), as_application(1), as_provider(1, lights)};
    tps_cbor_writer w;

    (void)named(d, as_user(1), CREATE, "use");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(error_of(named(d, others[i], READ, "use")), TPS_COUNTER_ERROR_UNKNOWN);
        assert_int_equal(error_of(increase(d, others[i], "use", 1)), TPS_COUNTER_ERROR_UNKNOWN);
        w = say(LIST, 0);
        assert_int_equal(member(send(d, counters, others[i], &w), 1).data[0], 0x80);
        assert_int_equal(error_of(named(d, others[i], CREATE, "use")), 0);
        assert_int_equal(number(increase(d, others[i], "use", 5), 1), 5);
    }
    assert_int_equal(number(named(d, as_user(1), READ, "use"), 1), 0);
    w = say(LIST, 0);
    assert_true(
        tps_span_equal(member(send(d, counters, as_user(1), &w), 1), TPS_SPAN_LITERAL("\x81\x63use")));
}

static void steps_have_bounds_and_a_counter_has_an_end(void **state)
{
    device *d = *state;
    uint8_t record[25] = {1};
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_login login = user(1);
    tps_vault_id id;
    tps_vault *vault;

    (void)named(d, as_user(1), CREATE, "use");
    assert_int_equal(error_of(increase(d, as_user(1), "use", 0)), TPS_COUNTER_ERROR_STEP);
    assert_int_equal(error_of(increase(d, as_user(1), "use", (uint64_t)TPS_COUNTER_STEP_MAX + 1)),
                     TPS_COUNTER_ERROR_STEP);
    assert_int_equal(number(increase(d, as_user(1), "use", TPS_COUNTER_STEP_MAX), 1), TPS_COUNTER_STEP_MAX);

    memset(record + 17, 0xff, 8); /* as it would lie there at its end, but for one */
    record[24] = 0xfe;
    tps_login_owner(&login, owner);
    id = tps_vault_id_make(TPS_VAULT_COUNTERS, owner, TPS_SPAN_LITERAL("use"));
    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    assert_int_equal(tps_vault_put(vault, &id, NULL, TPS_SPAN_OF(record), 0), TPS_OK);
    assert_int_equal(error_of(increase(d, as_user(1), "use", 2)), TPS_COUNTER_ERROR_STEP);
    assert_int_equal(number(increase(d, as_user(1), "use", 1), 1), UINT64_MAX);
    assert_int_equal(error_of(increase(d, as_user(1), "use", 1)), TPS_COUNTER_ERROR_STEP);
}

static void a_record_that_is_no_counter_is_corrupt_and_not_made_anew(void **state)
{
    device *d = *state;
    const tps_span wrong[] = {TPS_SPAN_LITERAL("short"),
                              TPS_SPAN_LITERAL("\x02"
                                               "0123456789abcdef01234567"), /* of another format */
                              TPS_SPAN_LITERAL("\x01"
                                               "0123456789abcdef012345678")}; /* one byte more */
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_login login = user(1);
    tps_vault_id id;
    tps_vault *vault;

    tps_login_owner(&login, owner);
    id = tps_vault_id_make(TPS_VAULT_COUNTERS, owner, TPS_SPAN_LITERAL("use"));
    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(tps_vault_put(vault, &id, NULL, wrong[i], 0), TPS_OK);
        assert_int_equal(error_of(named(d, as_user(1), READ, "use")), TPS_KEPT_CORRUPT);
        assert_int_equal(error_of(increase(d, as_user(1), "use", 1)), TPS_KEPT_CORRUPT);
        assert_int_equal(error_of(named(d, as_user(1), CREATE, "use")), TPS_COUNTER_ERROR_EXISTS);
    }
}

static void counters_that_were_put_back_are_refused(void **state)
{
    device *d = *state;
    flash old;

    (void)named(d, as_user(1), CREATE, "use");
    old = flash_copy(&d->flash);
    (void)increase(d, as_user(1), "use", 1);
    flash_put_back(&d->flash, &old);
    flash_free(&old);
    device_start(d);
    assert_int_equal(error_of(named(d, as_user(1), READ, "use")), TPS_KEPT_ROLLED_BACK);
    assert_int_equal(error_of(increase(d, as_user(1), "use", 1)), TPS_KEPT_ROLLED_BACK);
    assert_int_equal(error_of(named(d, as_user(1), CREATE, "more")), TPS_KEPT_ROLLED_BACK);
}

static void owners_have_shares(void **state)
{
    device *d = *state;
    char name[8];

    for (unsigned i = 0; i < TPS_COUNTERS_PER_OWNER; i++) {
        (void)snprintf(name, sizeof(name), "n%u", i);
        assert_int_equal(error_of(named(d, as_user(1), CREATE, name)), 0);
    }
    assert_int_equal(error_of(named(d, as_user(1), CREATE, "more")), TPS_COUNTER_ERROR_QUOTA);
    for (uint32_t uid = 2; uid < 2 + TPS_COUNTERS_OF_ALL - TPS_COUNTERS_PER_OWNER; uid++) {
        assert_int_equal(error_of(named(d, as_user(uid), CREATE, "a")), 0);
    }
    assert_int_equal(error_of(named(d, as_user(9999), CREATE, "a")), TPS_KEPT_FULL);
}

static void names_have_sizes(void **state)
{
    device *d = *state;

    assert_int_equal(error_of(named(d, as_user(1), CREATE, "")), TPS_COUNTER_ERROR_NAME);
    assert_int_equal(error_of(named(d, as_user(1), CREATE, "abcdefghijklmnopqrstuvwxyz0123456")),
                     TPS_COUNTER_ERROR_NAME);
    assert_int_equal(error_of(named(d, as_user(1), CREATE, "abcdefghijklmnopqrstuvwxyz012345")), 0);
}

static void other_requests_are_not_understood(void **state)
{
    const tps_span wrong[] = {
        TPS_SPAN_LITERAL("\xca\xa0"),                     /* no name */
        TPS_SPAN_LITERAL("\xca\xa1\x01\x41\x61"),         /* a name of bytes */
        TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x02\x01"), /* create with a step */
        TPS_SPAN_LITERAL("\xcc\xa2\x01\x61\x61\x02\x20"), /* a negative step */
        TPS_SPAN_LITERAL("\xcc\xa2\x01\x61\x61\x03\x01"), /* an unknown member */
        TPS_SPAN_LITERAL("\xcd\xa1\x01\x61\x61"),         /* list a name */
        TPS_SPAN_LITERAL("\xce\xa0"),                     /* an unknown tag */
        TPS_SPAN_LITERAL("\xc2\xa0"),                     /* another one */
    };
    device *d = *state;
    tps_login login = user(1);
    uint8_t room[256];
    tps_span answer;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ask(d, counters, &login, wrong[i], TPS_BUF_OF(room), &answer),
                         TPS_COMPONENT_BAD_MESSAGE);
    }
}

static void a_step_whose_answer_has_no_room_is_not_made(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say(CREATE, 1);
    uint8_t room[128];
    tps_span answer;

    say_text(&w, NAME, "use");
    assert_int_equal(try_send(d, counters, as_user(1), &w, TPS_BUF_MEASURE, &answer), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(try_send(d, counters, as_user(1), &w, (tps_buf){room, answer.size}, &answer), TPS_OK);
    assert_int_equal(error_of(answer), 0);
    w = say(INCREASE, 1);
    say_text(&w, NAME, "use");
    assert_int_equal(try_send(d, counters, as_user(1), &w, (tps_buf){room, 8}, &answer),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(number(named(d, as_user(1), READ, "use"), 1), 0);
}

/* ---- random ---- */

static tps_span random_bytes(device *d, uint64_t size)
{
    tps_cbor_writer w = say(RANDOM, 1);

    say_uint(&w, BY, size);
    return send(d, &tps_random_service, (asker){.login = {.method = TPSC_LOGIN_PUBLIC}}, &w);
}

static void random_bytes_are_as_many_as_asked_for_and_differ(void **state)
{
    device *d = *state;
    uint8_t first[32];

    memcpy(first, member(random_bytes(d, 32), 1).data, 32);
    assert_int_equal(member(random_bytes(d, 1), 1).size, 1);
    assert_int_equal(member(random_bytes(d, TPS_RANDOM_MAX), 1).size, TPS_RANDOM_MAX);
    assert_memory_not_equal(member(random_bytes(d, 32), 1).data, first, 32);
    assert_int_equal(error_of(random_bytes(d, 0)), TPS_RANDOM_ERROR_SIZE);
    assert_int_equal(error_of(random_bytes(d, TPS_RANDOM_MAX + 1)), TPS_RANDOM_ERROR_SIZE);
    assert_int_equal(error_of(random_bytes(d, UINT64_MAX)), TPS_RANDOM_ERROR_SIZE);
}

static void without_entropy_there_are_no_random_bytes(void **state)
{
    device *d = *state;
    static const uint8_t zeros[TPS_COMPONENT_WORK_SIZE];
    uint8_t room[64];
    tps_cbor_writer w = say(RANDOM, 1);
    tps_span answer;

    say_uint(&w, BY, 32);
    d->fail_at = d->calls + 1;
    assert_int_equal(try_send(d, &tps_random_service, as_user(1), &w, TPS_BUF_OF(room), &answer),
                     TPS_CRYPTO_NO_ENTROPY);
    assert_memory_equal(room, zeros, sizeof(room));
    assert_int_equal(try_send(d, &tps_random_service, as_user(1), &w, TPS_BUF_OF(room), &answer), TPS_OK);
    assert_memory_equal(tps_component_work(&d->component), zeros, sizeof(zeros)); /* nothing stays */
}

static void an_indefinite_map_is_a_request_too(void **state)
{
    device *d = *state;
    tps_login login = user(1);
    uint8_t room[64];
    tps_span answer;

    assert_int_equal(ask(d, &tps_random_service, &login, TPS_SPAN_LITERAL("\xca\xbf\x01\x10\xff"),
                         TPS_BUF_OF(room), &answer),
                     TPS_OK);
    assert_int_equal(member(answer, 1).size, 16);
}

static void a_request_for_random_bytes_has_one_number(void **state)
{
    const tps_span wrong[] = {TPS_SPAN_LITERAL("\xca\xa0"),
                              TPS_SPAN_LITERAL("\xca\xa1\x02\x01"),
                              TPS_SPAN_LITERAL("\xca\xa1\x01\x41\x01"),
                              TPS_SPAN_LITERAL("\xca\xa2\x01\x01\x02\x01"),
                              TPS_SPAN_LITERAL("\xca\xbf\xff"),
                              TPS_SPAN_LITERAL("\xca\x01"),
                              TPS_SPAN_LITERAL("\xcb\xa1\x01\x01")};
    device *d = *state;
    tps_login login = user(1);
    uint8_t room[64];
    tps_span answer;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ask(d, &tps_random_service, &login, wrong[i], TPS_BUF_OF(room), &answer),
                         TPS_COMPONENT_BAD_MESSAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_counter_begins_at_zero_and_grows_over_restarts, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_counter_is_made_once_and_keeps_its_id, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_counter_belongs_to_its_owner, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(steps_have_bounds_and_a_counter_has_an_end, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_record_that_is_no_counter_is_corrupt_and_not_made_anew,
                                        device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(counters_that_were_put_back_are_refused, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(owners_have_shares, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(names_have_sizes, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(other_requests_are_not_understood, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_step_whose_answer_has_no_room_is_not_made, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(random_bytes_are_as_many_as_asked_for_and_differ, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(without_entropy_there_are_no_random_bytes, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(an_indefinite_map_is_a_request_too, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_request_for_random_bytes_has_one_number, device_setup,
                                        device_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
