/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing without storing: who opens what, and the form of a sealed message as spec/sealed-storage.cddl has
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/keys.h"
#include "services_say.h"
#include "tps/cose_encrypt.h"

enum { SEAL = 15, UNSEAL = 16 };
enum { VALUE = 2, FLAGS = 3, AAD = 6 };

#define HELLO TPS_SPAN_LITERAL("hello")

static const tps_service *const storage = &tps_storage_service;
static const uint8_t lights[32] = {0x11};
static const uint8_t locks[32] = {0x22};

/* A sealed message. */
typedef struct {
    uint8_t bytes[TPS_SEAL_MAX + TPS_SEAL_OVERHEAD];
    size_t size;
} sealed;

static sealed seal_with(device *d, asker who, tps_span plain, uint64_t flags, tps_span aad)
{
    tps_cbor_writer w = say(SEAL, 3);
    tps_span answer;
    sealed out;

    say_bytes(&w, VALUE, plain);
    say_uint(&w, FLAGS, flags);
    say_bytes(&w, AAD, aad);
    answer = send(d, storage, who, &w);
    assert_int_equal(error_of(answer), 0);
    out.size = member(answer, 1).size;
    assert_true(out.size <= sizeof(out.bytes));
    memcpy(out.bytes, member(answer, 1).data, out.size);
    return out;
}

static sealed seal(device *d, asker who)
{
    return seal_with(d, who, HELLO, 0, TPS_SPAN_EMPTY);
}

static tps_span unseal_with(device *d, asker who, const sealed *message, tps_span aad)
{
    tps_cbor_writer w = say(UNSEAL, 2);

    say_bytes(&w, VALUE, tps_span_make(message->bytes, message->size));
    say_bytes(&w, AAD, aad);
    return send(d, storage, who, &w);
}

static void assert_opens(device *d, asker who, const sealed *message)
{
    tps_span answer = unseal_with(d, who, message, TPS_SPAN_EMPTY);

    assert_int_equal(error_of(answer), 0);
    assert_true(tps_span_equal(member(answer, 1), HELLO));
}

static void assert_refused(device *d, asker who, const sealed *message, uint64_t error)
{
    assert_int_equal(error_of(unseal_with(d, who, message, TPS_SPAN_EMPTY)), error);
}

static void run_counter(device *d, uint32_t security_counter)
{
    tps_manifest manifest = device_manifest("1.0.0");

    manifest.security_counter = security_counter;
    device_sign_component(d, security_counter);
    device_sign_manifest(d, manifest);
    d->counters[TPS_COUNTER_SECURITY] = 0;
    device_start(d);
    assert_int_equal(d->handover.security_counter, security_counter);
}

static void its_owner_opens_it_also_after_a_restart(void **state)
{
    device *d = *state;
    sealed message = seal(d, as_user(1));

    assert_opens(d, as_user(1), &message);
    device_start(d);
    assert_opens(d, as_user(1), &message);
}

static void nobody_else_opens_it(void **state)
{
    device *d = *state;
    device *other = device_new();
    asker others[] = {as_user(2), as_application(1), as_provider(1, lights)};
    sealed message = seal(d, as_user(1));

    for (size_t i = 0; i < 3; i++) {
        assert_refused(d, others[i], &message, TPS_SEALED_ERROR_MESSAGE);
    }
    device_stop(d);
    other->secret[0] ^= 1;
    device_start(other);
    assert_refused(other, as_user(1), &message, TPS_SEALED_ERROR_MESSAGE);
    device_free(other);
}

static void a_session_for_another_provider_does_not_open_it(void **state)
{
    device *d = *state;
    sealed message = seal(d, as_provider(1, lights));

    assert_opens(d, as_provider(1, lights), &message);
    assert_refused(d, as_provider(1, locks), &message, TPS_SEALED_ERROR_MESSAGE);
    assert_refused(d, as_user(1), &message, TPS_SEALED_ERROR_MESSAGE);
}

static void additional_data_must_be_the_same(void **state)
{
    device *d = *state;
    sealed message = seal_with(d, as_user(1), HELLO, 0, TPS_SPAN_LITERAL("door"));

    assert_int_equal(error_of(unseal_with(d, as_user(1), &message, TPS_SPAN_LITERAL("door"))), 0);
    assert_int_equal(error_of(unseal_with(d, as_user(1), &message, TPS_SPAN_LITERAL("gate"))),
                     TPS_SEALED_ERROR_MESSAGE);
    assert_refused(d, as_user(1), &message, TPS_SEALED_ERROR_MESSAGE);
}

static void a_message_with_any_bit_changed_is_refused(void **state)
{
    device *d = *state;
    sealed message = seal(d, as_user(1));

    for (size_t i = 0; i < message.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            message.bytes[i] ^= (uint8_t)(1u << bit);
            assert_int_not_equal(error_of(unseal_with(d, as_user(1), &message, TPS_SPAN_EMPTY)), 0);
            message.bytes[i] ^= (uint8_t)(1u << bit);
        }
    }
    for (message.size--; message.size > 0; message.size--) {
        assert_refused(d, as_user(1), &message, TPS_SEALED_ERROR_MESSAGE);
    }
    assert_refused(d, as_user(1), &message, TPS_SEALED_ERROR_MESSAGE);
}

static void newer_code_opens_what_older_code_sealed_and_never_the_reverse(void **state)
{
    device *d = *state;
    sealed old;
    sealed new;
    sealed of_provider;

    run_counter(d, 2);
    old = seal(d, as_user(1));
    of_provider = seal(d, as_provider(1, lights));
    run_counter(d, 9);
    assert_opens(d, as_user(1), &old);
    assert_opens(d, as_provider(1, lights), &of_provider);
    new = seal(d, as_user(1));
    run_counter(d, 2);
    assert_refused(d, as_user(1), &new, TPS_KEPT_NEWER);
    assert_opens(d, as_user(1), &old);
}

static void a_bound_message_is_for_the_same_images_only(void **state)
{
    device *d = *state;
    uint8_t manifest[sizeof(d->manifest)];
    size_t manifest_size = d->manifest_size;
    sealed message = seal_with(d, as_user(1), HELLO, TPS_SEAL_BOUND, TPS_SPAN_EMPTY);

    memcpy(manifest, d->manifest, sizeof(manifest));
    assert_opens(d, as_user(1), &message);
    device_sign_image(d, "1.0.1");
    device_start(d);
    assert_refused(d, as_user(1), &message, TPS_KEPT_BOUND);
    memcpy(d->manifest, manifest, sizeof(manifest));
    d->manifest_size = manifest_size;
    device_start(d);
    assert_opens(d, as_user(1), &message);
}

static void a_device_that_was_not_made_binds_nothing(void **state)
{
    device *d = device_new();
    tps_cbor_writer w;
    sealed message;

    (void)state;
    d->identity_size = 0;
    device_start(d);
    w = say(SEAL, 2);
    say_bytes(&w, VALUE, HELLO);
    say_uint(&w, FLAGS, TPS_SEAL_BOUND);
    assert_int_equal(error_of(send(d, storage, as_user(1), &w)), TPS_KEPT_BOUND);
    message = seal(d, as_user(1));
    assert_opens(d, as_user(1), &message);
    device_free(d);
}

static void sizes_are_as_said(void **state)
{
    device *d = *state;
    static uint8_t bytes[TPS_SEAL_MAX + TPS_SEAL_OVERHEAD + 1];
    sealed message;
    tps_cbor_writer w;

    message = seal_with(d, as_user(1), TPS_SPAN_EMPTY, 0, TPS_SPAN_EMPTY);
    assert_int_equal(error_of(unseal_with(d, as_user(1), &message, TPS_SPAN_EMPTY)), 0);
    message = seal_with(d, as_user(1), tps_span_make(bytes, TPS_SEAL_MAX), TPS_SEAL_BOUND,
                        tps_span_make(bytes, TPS_SEAL_AAD_MAX));
    assert_int_equal(
        member(unseal_with(d, as_user(1), &message, tps_span_make(bytes, TPS_SEAL_AAD_MAX)), 1).size,
        TPS_SEAL_MAX);
    w = say(SEAL, 1);
    say_bytes(&w, VALUE, tps_span_make(bytes, TPS_SEAL_MAX + 1));
    assert_int_equal(error_of(send(d, storage, as_user(1), &w)), TPS_SEALED_ERROR_SIZE);
    w = say(SEAL, 2);
    say_bytes(&w, VALUE, HELLO);
    say_bytes(&w, AAD, tps_span_make(bytes, TPS_SEAL_AAD_MAX + 1));
    assert_int_equal(error_of(send(d, storage, as_user(1), &w)), TPS_SEALED_ERROR_SIZE);
    w = say(UNSEAL, 1);
    say_bytes(&w, VALUE, TPS_SPAN_OF(bytes));
    assert_int_equal(error_of(send(d, storage, as_user(1), &w)), TPS_SEALED_ERROR_SIZE);
    w = say(UNSEAL, 2);
    say_bytes(&w, VALUE, HELLO);
    say_bytes(&w, AAD, tps_span_make(bytes, TPS_SEAL_AAD_MAX + 1));
    assert_int_equal(error_of(send(d, storage, as_user(1), &w)), TPS_SEALED_ERROR_SIZE);
}

/* The key is derived here, by spec/sealed-storage.cddl, and the message is opened with it. */
static void a_sealed_message_has_the_form_and_the_key_of_its_specification(void **state)
{
    device *d = *state;
    sealed message = seal_with(d, as_user(7), HELLO, 0, TPS_SPAN_LITERAL("door"));
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    uint8_t info[14 + 16] = "sealed message";
    uint8_t aad[16 + 4];
    uint8_t key[32];
    uint8_t room[sizeof(message.bytes)];
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(key)};
    tps_cose_terms terms = {.aad = TPS_SPAN_OF(aad), .alg = TPS_ALG_A256GCM};
    tps_login login = user(7);
    tps_cose_message parsed;
    tps_span plain;

    tps_login_owner(&login, owner);
    memcpy(info + 14, owner, 16);
    memcpy(aad, owner, 16);
    memcpy(aad + 16, "door", 4);
    assert_int_equal(
        tps_crypto_hkdf(TPS_SPAN_OF(d->handover.sv), TPS_SPAN_EMPTY, TPS_SPAN_OF(info), TPS_BUF_OF(key)),
        TPS_OK);
    assert_int_equal(
        tps_cose_encrypted_parse(tps_span_make(message.bytes, message.size), NULL, &parsed, NULL), TPS_OK);
    assert_true(tps_span_equal(parsed.headers.kid, TPS_SPAN_LITERAL("\x01\x00\x00")));
    assert_int_equal(tps_cose_encrypt0_open(&parsed, &secret, &terms, TPS_BUF_OF(room), &plain), TPS_OK);
    assert_true(tps_span_equal(plain, HELLO));
}

static void no_two_messages_share_a_nonce(void **state)
{
    device *d = *state;
    sealed one = seal(d, as_user(1));
    sealed other = seal(d, as_user(1));

    assert_int_equal(one.size, other.size);
    assert_memory_not_equal(one.bytes, other.bytes, one.size);
}

static void a_kid_of_another_form_is_refused(void **state)
{
    device *d = *state;
    const tps_span kids[] = {TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("\x01\x00"), TPS_SPAN_LITERAL("\x02\x00\x00"),
                             TPS_SPAN_LITERAL("\x01\x02\x00"), TPS_SPAN_LITERAL("\x01\x00\x00\x00")};
    uint8_t key[32] = {0};
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(key)};

    for (size_t i = 0; i < 5; i++) {
        tps_cose_make_options options = {.kid = kids[i]};
        sealed message;
        tps_span encoded;

        assert_int_equal(tps_cose_encrypt0_make(HELLO, &options, TPS_ALG_A256GCM, &secret,
                                                TPS_BUF_OF(message.bytes), &encoded),
                         TPS_OK);
        message.size = encoded.size;
        assert_refused(d, as_user(1), &message, TPS_SEALED_ERROR_MESSAGE);
    }
}

static void a_device_at_its_end_seals_nothing(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say(SEAL, 1);
    uint8_t room[256];
    tps_span answer;
    tps_status status;

    d->handover.lifecycle = TPS_LIFECYCLE_DECOMMISSIONED;
    say_bytes(&w, VALUE, HELLO);
    status = try_send(d, storage, as_user(1), &w, TPS_BUF_OF(room), &answer);
    assert_int_equal(status, TPS_COMPONENT_DECOMMISSIONED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(its_owner_opens_it_also_after_a_restart, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(nobody_else_opens_it, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_session_for_another_provider_does_not_open_it, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(additional_data_must_be_the_same, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_message_with_any_bit_changed_is_refused, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(newer_code_opens_what_older_code_sealed_and_never_the_reverse,
                                        device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_bound_message_is_for_the_same_images_only, device_setup,
                                        device_teardown),
        cmocka_unit_test(a_device_that_was_not_made_binds_nothing),
        cmocka_unit_test_setup_teardown(sizes_are_as_said, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_sealed_message_has_the_form_and_the_key_of_its_specification,
                                        device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(no_two_messages_share_a_nonce, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_kid_of_another_form_is_refused, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_device_at_its_end_seals_nothing, device_setup, device_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
