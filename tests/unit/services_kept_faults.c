/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed storage, counters, registers and random bytes with every cryptographic operation failing once, one
 * after the other: an answer is the right one, an error, or none; what was there stays. The linker puts the
 * functions below in the place of the real ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_say.h"
#include "support/faults.h"
#include "support/stand_in.h"

STAND_IN(tps_crypto_hkdf, (tps_span secret, tps_span salt, tps_span info, tps_buf out),
         (secret, salt, info, out))
STAND_IN(tps_crypto_hash_of, (int32_t alg, tps_span bytes, tps_digest *digest), (alg, bytes, digest))
STAND_IN(tps_crypto_random, (tps_buf out), (out))
STAND_IN(tps_crypto_aead_seal,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span plain, tps_buf out),
         (alg, key, nonce, aad, plain, out))
STAND_IN(tps_crypto_aead_open,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span sealed, tps_buf out),
         (alg, key, nonce, aad, sealed, out))

enum { PUT = 10, GET = 11, DELETE = 12, LIST = 13, DESCRIBE = 14, SEAL = 15, UNSEAL = 16 };
enum { CREATE = 10, READ = 11, INCREASE = 12 };

static const uint8_t lights[32] = {0x11};

static int setup(void **state)
{
    *state = device_new();
    device_start(*state);
    fault_arm(0);
    return 0;
}

static int teardown(void **state)
{
    fault_arm(0);
    device_free(*state);
    return 0;
}

static tps_cbor_writer say_put(const char *name, const char *value)
{
    tps_cbor_writer w = say(PUT, 2);

    say_text(&w, 1, name);
    say_bytes(&w, 2, tps_span_of_text(value));
    return w;
}

static tps_cbor_writer say_named(uint64_t tag, const char *name)
{
    tps_cbor_writer w = say(tag, 1);

    say_text(&w, 1, name);
    return w;
}

/* Sends with the nth operation failing. False when there are not that many. With a fault `*answer` is empty,
 * and then nothing of it was written, or it is whole. */
static bool send_with_fault(device *d, const tps_service *service, asker who, const tps_cbor_writer *w,
                            unsigned nth, tps_span *answer)
{
    static const uint8_t zeros[8192];
    static uint8_t room[8192];
    tps_status status;

    memset(room, 0xaa, sizeof(room));
    fault_arm(nth);
    status = try_send(d, service, who, w, TPS_BUF_OF(room), answer);
    if (status != TPS_OK) {
        assert_true(fault_struck());
        assert_int_equal(status, TPS_CRYPTO_FAILED);
        assert_memory_equal(room, zeros, sizeof(room));
        *answer = TPS_SPAN_EMPTY;
        return true;
    }
    return fault_struck();
}

/* An answer that came in spite of a fault, and is no error. */
static bool is_good(tps_span answer)
{
    return answer.size > 0 && error_of(answer) == 0;
}

static void reading_with_a_fault_tells_the_value_or_nothing(void **state)
{
    device *d = *state;
    const asker askers[] = {as_user(1), as_provider(1, lights)};

    for (size_t i = 0; i < 2; i++) {
        tps_cbor_writer w = say_put("door", "hello");
        tps_span answer;
        unsigned n = 1;

        (void)send(d, &tps_storage_service, askers[i], &w);
        w = say_named(GET, "door");
        for (; send_with_fault(d, &tps_storage_service, askers[i], &w, n, &answer); n++) {
            if (is_good(answer)) {
                assert_true(tps_span_equal(member(answer, 1), TPS_SPAN_LITERAL("hello")));
            } else if (answer.size > 0) {
                assert_int_not_equal(error_of(answer), TPS_SEALED_ERROR_UNKNOWN); /* that would be a lie */
            }
        }
        assert_true(n > 2);
        assert_true(tps_span_equal(member(answer, 1), TPS_SPAN_LITERAL("hello")));
    }
}

static void a_put_with_a_fault_leaves_the_old_or_the_new_value(void **state)
{
    device *d = *state;
    const asker askers[] = {as_user(1), as_provider(1, lights)};

    for (size_t i = 0; i < 2; i++) {
        bool has_struck = true;
        unsigned n = 1;

        for (; has_struck; n++) {
            tps_cbor_writer w = say_put("door", "old");
            tps_span answer;
            bool is_done;
            tps_span value;

            (void)send(d, &tps_storage_service, askers[i], &w);
            w = say_put("door", "new");
            has_struck = send_with_fault(d, &tps_storage_service, askers[i], &w, n, &answer);
            is_done = is_good(answer);
            fault_arm(0);
            device_start(d);
            w = say_named(GET, "door");
            value = member(send(d, &tps_storage_service, askers[i], &w), 1);
            assert_true(tps_span_is_text(value, "new") || (!is_done && tps_span_is_text(value, "old")));
        }
        assert_true(n > 4);
    }
}

static void an_increase_with_a_fault_is_made_or_not(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say_named(CREATE, "use");
    bool has_struck = true;
    uint64_t last = 0;

    (void)send(d, &tps_counters_service, as_user(1), &w);
    for (unsigned n = 1; has_struck; n++) {
        tps_span answer;
        uint64_t now;
        bool is_done;

        w = say_named(INCREASE, "use");
        has_struck = send_with_fault(d, &tps_counters_service, as_user(1), &w, n, &answer);
        is_done = is_good(answer);
        fault_arm(0);
        device_start(d);
        w = say_named(READ, "use");
        now = number(send(d, &tps_counters_service, as_user(1), &w), 1);
        assert_true(now == last + 1 || (!is_done && now == last));
        last = now;
    }
}

static void sealing_with_a_fault_gives_nothing(void **state)
{
    device *d = *state;
    const asker askers[] = {as_user(1), as_provider(1, lights)};
    uint8_t sealed[256];

    for (size_t i = 0; i < 2; i++) {
        tps_cbor_writer w = say(SEAL, 1);
        tps_span answer;
        tps_span message;
        unsigned n = 1;

        say_bytes(&w, 2, TPS_SPAN_LITERAL("hello"));
        for (; send_with_fault(d, &tps_storage_service, askers[i], &w, n, &answer); n++) {
            assert_int_equal(answer.size, 0);
        }
        assert_true(n > 2);
        message = member(answer, 1);
        memcpy(sealed, message.data, message.size);
        w = say(UNSEAL, 1);
        say_bytes(&w, 2, tps_span_make(sealed, message.size));
        for (n = 1; send_with_fault(d, &tps_storage_service, askers[i], &w, n, &answer); n++) {
            assert_false(is_good(answer));
        }
        assert_true(n > 2);
        assert_true(tps_span_equal(member(answer, 1), TPS_SPAN_LITERAL("hello")));
    }
}

static void random_bytes_with_a_fault_are_none(void **state)
{
    tps_cbor_writer w = say(10, 1);
    tps_span answer;
    unsigned n = 1;

    say_uint(&w, 1, 32);
    for (; send_with_fault(*state, &tps_random_service, as_user(1), &w, n, &answer); n++) {
        assert_int_equal(answer.size, 0);
    }
    assert_int_equal(n, 4); /* the fake platform's bytes, the library's, the derivation */
    assert_int_equal(member(answer, 1).size, 32);
}

static void an_extension_with_a_fault_is_none(void **state)
{
    device *d = *state;
    const tps_register_head *heads[TPS_REGISTERS_MAX];
    tps_cbor_writer w = say(11, 1);
    tps_span answer;
    unsigned n = 1;

    say_bytes(&w, 3, TPS_SPAN_LITERAL("plug-in"));
    for (; send_with_fault(d, &tps_measurement_service, as_application(1), &w, n, &answer); n++) {
        assert_int_equal(answer.size, 0);
        assert_int_equal(tps_measurement_heads(&d->component, heads), 0);
    }
    assert_int_equal(n, 3);
    assert_int_equal(tps_measurement_heads(&d->component, heads), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reading_with_a_fault_tells_the_value_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_put_with_a_fault_leaves_the_old_or_the_new_value, setup, teardown),
        cmocka_unit_test_setup_teardown(an_increase_with_a_fault_is_made_or_not, setup, teardown),
        cmocka_unit_test_setup_teardown(sealing_with_a_fault_gives_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(random_bytes_with_a_fault_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(an_extension_with_a_fault_is_none, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
