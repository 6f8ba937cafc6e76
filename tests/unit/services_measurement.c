/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of the measurement service, and their logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_say.h"

enum { EXTEND = 11, REGISTERS = 12, LOG = 13 };
enum { NUMBER = 1, DIGEST = 2, CONTENT = 3 };
enum { HEAD = 3, WHICH = 4, COUNT = 5, APPLICATION = 6 };

static const tps_service *const measurement = &tps_measurement_service;
static const uint8_t digest[32] = {0xd1, 0x6e, 0x57};

/* User 0 owns the device. */
static bool is_root(void *context, uint32_t method, uint32_t uid, uint32_t gid, const uint8_t *application)
{
    (void)context;
    (void)gid;
    (void)application;
    return method == TPSC_LOGIN_USER && uid == 0;
}

static int setup(void **state)
{
    device *d = device_new();

    d->platform.is_administrator = is_root;
    device_start(d);
    *state = d;
    return 0;
}

static tps_span extend_own(device *d, asker who, tps_span content)
{
    tps_cbor_writer w = say(EXTEND, 1);

    say_bytes(&w, CONTENT, content);
    return send(d, measurement, who, &w);
}

static tps_span extend_shared(device *d, uint64_t which)
{
    tps_cbor_writer w = say(EXTEND, 2);

    say_uint(&w, NUMBER, which);
    say_bytes(&w, DIGEST, TPS_SPAN_OF(digest));
    return send(d, measurement, as_user(0), &w);
}

static tps_span log_of(device *d, uint64_t which)
{
    tps_cbor_writer w = say(LOG, 1);

    say_uint(&w, NUMBER, which);
    return send(d, measurement, as_user(1000), &w);
}

static tps_status status_of(device *d, asker who, const tps_cbor_writer *w)
{
    uint8_t room[256];
    tps_span answer;

    return try_send(d, measurement, who, w, TPS_BUF_OF(room), &answer);
}

/* What the log says, from 32 zeros on. Contents must fit their digests. Returns how many events there are. */
static uint64_t replay(tps_span answer, uint8_t head[32])
{
    tps_cbor_reader r = tps_cbor_reader_init(member(answer, 1));
    tps_cbor_list events = tps_cbor_enter_array(&r);
    uint64_t count = 0;

    memset(head, 0, 32);
    while (tps_cbor_next(&r, &events)) {
        tps_cbor_list event = tps_cbor_enter_map(&r);
        uint8_t joined[64];
        tps_digest of;

        memcpy(joined, head, 32);
        while (tps_cbor_next(&r, &event)) {
            bool is_digest = tps_cbor_get_uint(&r) == 7;
            tps_span bytes = tps_cbor_get_bytes(&r);

            if (is_digest) {
                assert_int_equal(bytes.size, 32);
                memcpy(joined + 32, bytes.data, 32);
            } else {
                assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, &of), TPS_OK);
                assert_memory_equal(of.bytes, joined + 32, 32);
            }
        }
        assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(joined), &of), TPS_OK);
        memcpy(head, of.bytes, 32);
        count++;
    }
    assert_int_equal(r.status, TPS_OK);
    return count;
}

static void a_head_is_what_its_log_replays_to(void **state)
{
    device *d = *state;
    uint8_t head[32];
    tps_span answer;

    (void)extend_own(d, as_application(1), TPS_SPAN_LITERAL("configuration 7"));
    (void)extend_own(d, as_application(1), TPS_SPAN_LITERAL("plug-in dimmer"));
    {
        tps_cbor_writer w = say(EXTEND, 1);

        say_bytes(&w, DIGEST, TPS_SPAN_OF(digest));
        (void)send(d, measurement, as_application(1), &w);
    }
    answer = log_of(d, TPS_REGISTERS_SHARED);

    assert_int_equal(replay(answer, head), 3);
    assert_true(tps_span_equal(member(answer, HEAD), TPS_SPAN_OF(head)));
    assert_int_equal(number(answer, COUNT), 3);
}

/* SHA-256 of 32 zeros and the digest; the digest is SHA-256 of "abc" (FIPS 180-4). By Python's hashlib. */
static void the_first_head_is_known(void **state)
{
    static const uint8_t known[32] = {0x58, 0x9f, 0x9f, 0xfe, 0xd4, 0xc4, 0x77, 0x96, 0x6b, 0xfb, 0x8d,
                                      0x41, 0xf3, 0x78, 0x95, 0xb0, 0x8c, 0x69, 0x04, 0x7d, 0xf8, 0xf9,
                                      0x11, 0xd6, 0xf3, 0xb5, 0x7f, 0xbe, 0x08, 0xfa, 0xee, 0x8d};

    assert_true(tps_span_equal(member(extend_own(*state, as_application(1), TPS_SPAN_LITERAL("abc")), HEAD),
                               TPS_SPAN_OF(known)));
}

static void an_application_has_one_register_whatever_its_login(void **state)
{
    device *d = *state;
    asker mine = as_application(1);
    asker other = as_application(2);

    assert_int_equal(number(extend_own(d, mine, TPS_SPAN_LITERAL("a")), WHICH), TPS_REGISTERS_SHARED);
    assert_int_equal(number(extend_own(d, other, TPS_SPAN_LITERAL("a")), WHICH), TPS_REGISTERS_SHARED + 1);
    mine.login.method = TPSC_LOGIN_USER_APPLICATION;
    assert_int_equal(number(extend_own(d, mine, TPS_SPAN_LITERAL("b")), WHICH), TPS_REGISTERS_SHARED);
    mine.login.method = TPSC_LOGIN_GROUP_APPLICATION;
    assert_int_equal(number(extend_own(d, mine, TPS_SPAN_LITERAL("c")), COUNT), 3);
    assert_true(tps_span_equal(member(log_of(d, TPS_REGISTERS_SHARED), APPLICATION),
                               TPS_SPAN_OF(mine.login.application)));
}

static void only_applications_have_registers_of_their_own(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say(EXTEND, 1);

    say_bytes(&w, DIGEST, TPS_SPAN_OF(digest));
    assert_int_equal(status_of(d, as_user(0), &w), TPS_COMPONENT_DENIED);
    assert_int_equal(status_of(d, as_user(1000), &w), TPS_COMPONENT_DENIED);
}

static void only_the_administrator_extends_what_is_shared(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say(EXTEND, 2);

    say_uint(&w, NUMBER, 0);
    say_bytes(&w, DIGEST, TPS_SPAN_OF(digest));
    assert_int_equal(status_of(d, as_user(1000), &w), TPS_COMPONENT_DENIED);
    assert_int_equal(status_of(d, as_application(1), &w), TPS_COMPONENT_DENIED);
    assert_int_equal(status_of(d, as_user(0), &w), TPS_OK);
    d->platform.is_administrator = NULL; /* nobody owns it */
    assert_int_equal(status_of(d, as_user(0), &w), TPS_COMPONENT_DENIED);
    assert_int_equal(number(log_of(d, 0), COUNT), 1);
    assert_false(has(log_of(d, 0), APPLICATION));
}

static void nobody_extends_the_register_of_an_application_by_its_number(void **state)
{
    device *d = *state;

    (void)extend_own(d, as_application(1), TPS_SPAN_LITERAL("a"));
    assert_int_equal(error_of(extend_shared(d, TPS_REGISTERS_SHARED)), TPS_MEASUREMENT_ERROR_REGISTER);
    assert_int_equal(error_of(extend_shared(d, UINT64_MAX)), TPS_MEASUREMENT_ERROR_REGISTER);
    assert_int_equal(number(log_of(d, TPS_REGISTERS_SHARED), COUNT), 1);
}

static void a_full_log_refuses_no_extension_and_says_that_it_is_not_whole(void **state)
{
    device *d = *state;
    uint8_t head[32];
    tps_span answer;

    for (unsigned i = 0; i < TPS_REGISTER_EVENTS + 1; i++) {
        assert_int_equal(error_of(extend_shared(d, 0)), 0);
    }
    answer = log_of(d, 0);

    assert_int_equal(replay(answer, head), TPS_REGISTER_EVENTS);
    assert_int_equal(number(answer, COUNT), TPS_REGISTER_EVENTS + 1);
    assert_false(tps_span_equal(member(answer, HEAD), TPS_SPAN_OF(head)));
}

static void every_application_that_can_be_has_a_register(void **state)
{
    device *d = *state;

    for (uint8_t i = 0; i < TPS_COMPONENT_APPLICATIONS_MAX; i++) {
        assert_int_equal(error_of(extend_own(d, as_application(i), TPS_SPAN_LITERAL("a"))), 0);
    }
    assert_int_equal(error_of(extend_own(d, as_application(99), TPS_SPAN_LITERAL("a"))),
                     TPS_MEASUREMENT_ERROR_FULL);
    assert_int_equal(error_of(extend_own(d, as_application(0), TPS_SPAN_LITERAL("a"))), 0);
}

static void heads_are_told_to_evidence_and_end_with_the_start(void **state)
{
    device *d = *state;
    const tps_register_head *heads[TPS_REGISTERS_MAX];
    tps_cbor_writer w;

    assert_int_equal(tps_measurement_heads(&d->component, heads), 0);
    (void)extend_own(d, as_application(1), TPS_SPAN_LITERAL("a"));
    (void)extend_shared(d, 2);
    assert_int_equal(tps_measurement_heads(&d->component, heads), 2);
    assert_int_equal(heads[0]->number, 2);
    assert_false(heads[0]->has_application);
    assert_int_equal(heads[1]->number, TPS_REGISTERS_SHARED);
    assert_true(heads[1]->has_application);
    assert_int_equal(heads[1]->application[0], 1);
    assert_true(tps_span_equal(member(log_of(d, 2), HEAD), TPS_SPAN_OF(heads[0]->head)));

    device_start(d);
    assert_int_equal(tps_measurement_heads(&d->component, heads), 0);
    w = say(REGISTERS, 0);
    assert_int_equal(member(send(d, measurement, as_user(1), &w), 1).data[0], 0x80);
    assert_int_equal(error_of(log_of(d, 2)), TPS_MEASUREMENT_ERROR_REGISTER);
    assert_int_equal(error_of(log_of(d, TPS_REGISTERS_MAX)), TPS_MEASUREMENT_ERROR_REGISTER);
}

static void registers_are_listed_by_number(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say(REGISTERS, 0);
    tps_cbor_reader r;
    tps_cbor_list list;
    uint64_t last = 0;

    (void)extend_own(d, as_application(1), TPS_SPAN_LITERAL("a"));
    (void)extend_shared(d, 3);
    (void)extend_shared(d, 1);
    w = say(REGISTERS, 0);
    r = tps_cbor_reader_init(member(send(d, measurement, as_user(1000), &w), 1));
    list = tps_cbor_enter_array(&r);
    assert_int_equal(list.left, 3);
    while (tps_cbor_next(&r, &list)) {
        tps_cbor_list map = tps_cbor_enter_map(&r);

        while (tps_cbor_next(&r, &map)) {
            if (tps_cbor_get_uint(&r) == WHICH) {
                uint64_t which = tps_cbor_get_uint(&r);

                assert_true(which > last);
                last = which;
            } else {
                (void)tps_cbor_skip(&r);
            }
        }
    }
    assert_int_equal(r.status, TPS_OK);
}

static void digests_and_contents_have_sizes(void **state)
{
    device *d = *state;
    static const uint8_t bytes[TPS_EVENT_CONTENT_MAX + 1];
    const size_t digests[] = {0, 31, 33};
    const size_t contents[] = {0, TPS_EVENT_CONTENT_MAX + 1};

    for (size_t i = 0; i < 3; i++) {
        tps_cbor_writer w = say(EXTEND, 1);

        say_bytes(&w, DIGEST, tps_span_make(bytes, digests[i]));
        assert_int_equal(error_of(send(d, measurement, as_application(1), &w)), TPS_MEASUREMENT_ERROR_DIGEST);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(error_of(extend_own(d, as_application(1), tps_span_make(bytes, contents[i]))),
                         TPS_MEASUREMENT_ERROR_DIGEST);
    }
    assert_int_equal(error_of(extend_own(d, as_application(1), tps_span_make(bytes, TPS_EVENT_CONTENT_MAX))),
                     0);
}

static void other_requests_are_not_understood(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say(EXTEND, 0);

    assert_int_equal(status_of(d, as_application(1), &w), TPS_COMPONENT_BAD_MESSAGE);
    w = say(EXTEND, 2);
    say_bytes(&w, DIGEST, TPS_SPAN_OF(digest));
    say_bytes(&w, CONTENT, TPS_SPAN_OF(digest));
    assert_int_equal(status_of(d, as_application(1), &w), TPS_COMPONENT_BAD_MESSAGE);
    w = say(EXTEND, 2);
    say_bytes(&w, DIGEST, TPS_SPAN_OF(digest));
    say_uint(&w, 4, 1);
    assert_int_equal(status_of(d, as_application(1), &w), TPS_COMPONENT_BAD_MESSAGE);
    w = say(LOG, 0);
    assert_int_equal(status_of(d, as_application(1), &w), TPS_COMPONENT_BAD_MESSAGE);
    w = say(LOG, 1);
    say_bytes(&w, DIGEST, TPS_SPAN_OF(digest));
    assert_int_equal(status_of(d, as_application(1), &w), TPS_COMPONENT_BAD_MESSAGE);
    w = say(REGISTERS, 1);
    say_uint(&w, NUMBER, 1);
    assert_int_equal(status_of(d, as_application(1), &w), TPS_COMPONENT_BAD_MESSAGE);
    w = say(99, 0);
    assert_int_equal(status_of(d, as_application(1), &w), TPS_COMPONENT_BAD_MESSAGE);
}

static void an_extension_whose_answer_has_no_room_is_not_made(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say(EXTEND, 1);
    const tps_register_head *heads[TPS_REGISTERS_MAX];
    uint8_t room[256];
    tps_span answer;

    say_bytes(&w, DIGEST, TPS_SPAN_OF(digest));
    assert_int_equal(try_send(d, measurement, as_application(1), &w, TPS_BUF_MEASURE, &answer),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(tps_measurement_heads(&d->component, heads), 0);
    assert_true(answer.size <= sizeof(room));
    assert_int_equal(try_send(d, measurement, as_application(1), &w, (tps_buf){room, answer.size}, &answer),
                     TPS_OK);
    assert_int_equal(tps_measurement_heads(&d->component, heads), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_head_is_what_its_log_replays_to, setup, device_teardown),
        cmocka_unit_test_setup_teardown(the_first_head_is_known, setup, device_teardown),
        cmocka_unit_test_setup_teardown(an_application_has_one_register_whatever_its_login, setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(only_applications_have_registers_of_their_own, setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(only_the_administrator_extends_what_is_shared, setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(nobody_extends_the_register_of_an_application_by_its_number, setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_full_log_refuses_no_extension_and_says_that_it_is_not_whole, setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(every_application_that_can_be_has_a_register, setup, device_teardown),
        cmocka_unit_test_setup_teardown(heads_are_told_to_evidence_and_end_with_the_start, setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(registers_are_listed_by_number, setup, device_teardown),
        cmocka_unit_test_setup_teardown(digests_and_contents_have_sizes, setup, device_teardown),
        cmocka_unit_test_setup_teardown(other_requests_are_not_understood, setup, device_teardown),
        cmocka_unit_test_setup_teardown(an_extension_whose_answer_has_no_room_is_not_made, setup,
                                        device_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
