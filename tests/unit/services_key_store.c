/* SPDX-License-Identifier: Apache-2.0 */
/* The key store over a platform in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/keys.h"
#include "services_support.h"
#include "tps/secret.h"

#define GENERATE_A       "caa1016161" /* {1: "a"} */
#define GENERATE_A_BOUND "caa201616102f5"
#define SIGN_A           "cba2016161044568656c6c6f" /* {1: "a", 4: 'hello'} */
#define PUBLIC_A         "cca1016161"
#define LIST             "cda0"
#define DESTROY_A        "cea1016161"

static const tps_service *const keys = &tps_key_store_service;

static int setup(void **state)
{
    *state = device_new();
    device_start(*state);
    return 0;
}

static int teardown(void **state)
{
    device_free(*state);
    return 0;
}

/* The signature in `answer` over "hello" verifies under the public key of `a`. */
static void assert_signed_by_a(device *d, const tps_login *login, tps_span answer)
{
    uint8_t signature[64];
    tps_crypto_key *key;
    tps_digest digest;

    assert_int_equal(member(answer, 1).size, sizeof(signature));
    memcpy(signature, member(answer, 1).data, sizeof(signature));
    assert_int_equal(tps_cose_key_read(member(ask_hex(d, keys, login, PUBLIC_A), 1), &key), TPS_OK);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_LITERAL("hello"), &digest), TPS_OK);
    assert_int_equal(tps_crypto_verify(key, TPS_ALG_ESP256, &digest, TPS_SPAN_OF(signature)), TPS_OK);
    tps_crypto_key_free(key);
}

static void a_key_signs_messages_and_digests(void **state)
{
    device *d = *state;
    tps_login login = user(1000);

    assert_int_equal(error_of(ask_hex(d, keys, &login, GENERATE_A)), 0);
    assert_signed_by_a(d, &login, ask_hex(d, keys, &login, SIGN_A));
    /* SHA-256 of "hello" */
    assert_signed_by_a(d, &login,
                       ask_hex(d, keys, &login,
                               "cba201616103"
                               "58202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
}

static void a_request_to_sign_has_a_digest_or_a_message(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    uint8_t room[512];
    tps_span answer;
    const tps_span wrong[] = {
        TPS_SPAN_LITERAL("\xcb\xa1\x01\x61\x61"),
        TPS_SPAN_LITERAL("\xcb\xa2\x01\x61\x61\x03\x41\x00"),
        TPS_SPAN_LITERAL("\xcb\xa3\x01\x61\x61\x03\x41\x00\x04\x40"),
        TPS_SPAN_LITERAL("\xcb\xa1\x04\x40"),
    };

    (void)ask_hex(d, keys, &login, GENERATE_A);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ask(d, keys, &login, wrong[i], TPS_BUF_OF(room), &answer),
                         TPS_COMPONENT_BAD_MESSAGE);
    }
    assert_int_equal(error_of(ask_hex(d, keys, &login,
                                      "cba201616104"
                                      "40")),
                     0); /* an empty message is one */
}

static void keys_survive_a_restart(void **state)
{
    device *d = *state;
    tps_login login = user(1000);

    (void)ask_hex(d, keys, &login, GENERATE_A);
    device_start(d);

    assert_signed_by_a(d, &login, ask_hex(d, keys, &login, SIGN_A));
}

static void another_owner_sees_no_key(void **state)
{
    device *d = *state;
    tps_login mine = user(1000);
    tps_login others[] = {user(1001), {.method = TPSC_LOGIN_GROUP, .gid = 1000}};

    (void)ask_hex(d, keys, &mine, GENERATE_A);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(error_of(ask_hex(d, keys, &others[i], SIGN_A)), TPS_KEY_ERROR_UNKNOWN);
        assert_int_equal(error_of(ask_hex(d, keys, &others[i], PUBLIC_A)), TPS_KEY_ERROR_UNKNOWN);
        assert_int_equal(error_of(ask_hex(d, keys, &others[i], DESTROY_A)), TPS_KEY_ERROR_UNKNOWN);
        assert_int_equal(member(ask_hex(d, keys, &others[i], LIST), 1).size, 1); /* an empty array */
        assert_int_equal(error_of(ask_hex(d, keys, &others[i], GENERATE_A)),
                         0); /* the name is free to them */
    }
    assert_signed_by_a(d, &mine, ask_hex(d, keys, &mine, SIGN_A));
}

static void a_destroyed_key_is_gone_also_after_a_restart(void **state)
{
    device *d = *state;
    tps_login login = user(1000);

    (void)ask_hex(d, keys, &login, GENERATE_A);
    assert_int_equal(error_of(ask_hex(d, keys, &login, DESTROY_A)), 0);
    assert_int_equal(error_of(ask_hex(d, keys, &login, SIGN_A)), TPS_KEY_ERROR_UNKNOWN);
    device_start(d);
    assert_int_equal(error_of(ask_hex(d, keys, &login, SIGN_A)), TPS_KEY_ERROR_UNKNOWN);
}

static void a_name_is_used_once_and_has_a_size(void **state)
{
    device *d = *state;
    tps_login login = user(1000);

    (void)ask_hex(d, keys, &login, GENERATE_A);
    assert_int_equal(error_of(ask_hex(d, keys, &login, GENERATE_A)), TPS_KEY_ERROR_EXISTS);
    assert_int_equal(error_of(ask_hex(d, keys, &login, "caa10160")), TPS_KEY_ERROR_NAME);
    assert_int_equal(error_of(ask_hex(d, keys, &login,
                                      "caa1017821"
                                      "616161616161616161616161616161616161616161616161616161616161616161")),
                     TPS_KEY_ERROR_NAME);
}

static void keys_are_bounded_for_an_owner_and_for_all(void **state)
{
    device *d = *state;
    char hex[32];

    for (uint32_t uid = 0; uid < TPS_KEYS_MAX / TPS_KEYS_PER_OWNER; uid++) {
        tps_login login = user(uid);

        for (unsigned i = 0; i < TPS_KEYS_PER_OWNER; i++) {
            (void)snprintf(hex, sizeof(hex), "caa10161%02x", 'a' + i);
            assert_int_equal(error_of(ask_hex(d, keys, &login, hex)), 0);
        }
        assert_int_equal(error_of(ask_hex(d, keys, &login, "caa101627a7a")), TPS_KEY_ERROR_FULL);
    }
    {
        tps_login late = user(5000);

        assert_int_equal(error_of(ask_hex(d, keys, &late, GENERATE_A)), TPS_KEY_ERROR_FULL);
        device_start(d); /* a full table can be read again */
        late = user(0);
        assert_int_equal(error_of(ask_hex(d, keys, &late, DESTROY_A)), 0);
        late = user(5000);
        assert_int_equal(error_of(ask_hex(d, keys, &late, GENERATE_A)), 0);
    }
}

static void a_bound_key_is_of_no_use_to_other_firmware(void **state)
{
    device *d = *state;
    tps_login login = user(1000);

    assert_int_equal(error_of(ask_hex(d, keys, &login, GENERATE_A_BOUND)), 0);
    d->image[0] ^= 1;
    device_start(d);
    assert_int_equal(error_of(ask_hex(d, keys, &login, SIGN_A)), TPS_KEY_ERROR_BOUND);
    d->image[0] ^= 1;
    device_start(d);
    assert_signed_by_a(d, &login, ask_hex(d, keys, &login, SIGN_A));
}

static void an_unmade_device_binds_nothing(void **state)
{
    device *d = *state;
    tps_login login = user(1000);

    d->identity_size = 0;
    device_start(d);
    assert_int_equal(error_of(ask_hex(d, keys, &login, GENERATE_A_BOUND)), TPS_KEY_ERROR_BOUND);
    assert_int_equal(error_of(ask_hex(d, keys, &login, GENERATE_A)), 0);
}

static void a_stored_key_that_was_changed_does_not_sign(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    tps_login other = user(1001);
    tps_key_entry *entry;

    (void)ask_hex(d, keys, &login, GENERATE_A);
    entry = &d->key_store.table.entries[0];
    tps_login_owner(&other, entry->owner); /* as if somebody wrote another owner into the table */
    {
        uint8_t room[512];
        tps_span answer;

        assert_int_equal(
            ask(d, keys, &other, TPS_SPAN_LITERAL("\xcb\xa2\x01\x61\x61\x04\x40"), TPS_BUF_OF(room), &answer),
            TPS_CRYPTO_BAD_TAG);
    }
}

static bool contains(const uint8_t *bytes, size_t size, const uint8_t *part, size_t part_size)
{
    for (size_t i = 0; i + part_size <= size; i++) {
        if (memcmp(bytes + i, part, part_size) == 0) {
            return true;
        }
    }
    return false;
}

/* The scalar is opened here by spec/keys.md, then looked for in every message and in everything stored. */
static void a_private_scalar_is_in_no_message_and_not_in_storage(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    const tps_key_entry *entry = &d->key_store.table.entries[0];
    uint8_t s0[32];
    uint8_t key[32];
    uint8_t aad[16 + 1 + 1];
    tps_span bound_to = TPS_SPAN_OF(aad);
    uint8_t scalar[32];

    (void)ask_hex(d, keys, &login, GENERATE_A);
    (void)ask_hex(d, keys, &login, SIGN_A);
    (void)ask_hex(d, keys, &login, PUBLIC_A);
    (void)ask_hex(d, keys, &login, LIST);

    assert_int_equal(tps_keys_s0(TPS_SPAN_OF(d->secret), &d->handover.inputs, s0), TPS_OK);
    assert_int_equal(
        tps_crypto_hkdf(TPS_SPAN_OF(s0), TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("key-store"), TPS_BUF_OF(key)),
        TPS_OK);
    memcpy(aad, entry->owner, 16);
    aad[16] = 0;
    aad[17] = 'a';
    assert_int_equal(tps_crypto_aead_open(TPS_ALG_A256GCM, TPS_SPAN_OF(key), TPS_SPAN_OF(entry->nonce),
                                          (tps_crypto_aad){&bound_to, 1}, TPS_SPAN_OF(entry->sealed),
                                          TPS_BUF_OF(scalar)),
                     TPS_OK);
    assert_true(contains(d->trace, d->trace_size, entry->x, 32)); /* the search finds what is there */
    assert_false(contains(d->trace, d->trace_size, scalar, 32));
    assert_false(contains((const uint8_t *)d->values, sizeof(d->values), scalar, 32));
    assert_false(contains((const uint8_t *)&d->key_store, sizeof(d->key_store), scalar, 32));
}

static void a_change_is_stored_or_did_not_happen(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    uint8_t room[512];
    tps_span answer;

    for (unsigned n = 1; n <= 2; n++) { /* generate: entropy, then storage */
        d->calls = 0;
        d->fail_at = n;
        assert_int_not_equal(
            ask(d, keys, &login, TPS_SPAN_LITERAL("\xca\xa1\x01\x61\x61"), TPS_BUF_OF(room), &answer),
            TPS_OK);
        d->fail_at = 0;
        assert_int_equal(error_of(ask_hex(d, keys, &login, PUBLIC_A)), TPS_KEY_ERROR_UNKNOWN);
    }
    (void)ask_hex(d, keys, &login, GENERATE_A);
    d->calls = 0;
    d->fail_at = 1; /* destroy: storage */
    assert_int_equal(
        ask(d, keys, &login, TPS_SPAN_LITERAL("\xce\xa1\x01\x61\x61"), TPS_BUF_OF(room), &answer),
        TPS_COMPONENT_STORAGE);
    d->fail_at = 0;
    assert_signed_by_a(d, &login, ask_hex(d, keys, &login, SIGN_A));
}

static void nothing_changes_when_the_answer_would_not_fit(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    uint8_t room[32];
    tps_span answer;

    assert_int_equal(
        ask(d, keys, &login, TPS_SPAN_LITERAL("\xca\xa1\x01\x61\x61"), TPS_BUF_OF(room), &answer),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(ask(d, keys, &login, TPS_SPAN_LITERAL("\xca\xa1\x01\x61\x61"), TPS_BUF_MEASURE, &answer),
                     TPS_BUFFER_TOO_SMALL);
    assert_true(answer.size >= 178); /* what to make room for */
    assert_int_equal(d->puts, 0);
    (void)ask_hex(d, keys, &login, GENERATE_A);
    assert_int_equal(
        ask(d, keys, &login, TPS_SPAN_LITERAL("\xce\xa1\x01\x61\x61"), (tps_buf){room, 1}, &answer),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(d->puts, 1);
}

static void a_table_that_cannot_be_read_stops_the_start(void **state)
{
    device *d = *state;
    tps_login login = user(1000);

    (void)ask_hex(d, keys, &login, GENERATE_A);
    for (size_t i = 0; i < d->values[0].size; i++) {
        d->values[0].bytes[i] ^= 0xff;
        (void)device_try_start(d); /* whatever it says, it neither crashes nor leaks */
        d->values[0].bytes[i] ^= 0xff;
    }
    d->values[0].size--;
    assert_int_equal(device_try_start(d), TPS_COMPONENT_STORAGE);
}

/* One entry of a stored table; every other member has its size. */
static void put_entry(tps_cbor_writer *w, uint64_t members, tps_span name, size_t nonce_size)
{
    static const uint8_t zeros[TPS_KEY_SEALED_SIZE];

    tps_cbor_put_array(w, members);
    tps_cbor_put_bytes(w, tps_span_make(zeros, TPS_LOGIN_OWNER_SIZE));
    tps_cbor_put_text_span(w, name);
    tps_cbor_put_bool(w, false);
    tps_cbor_put_bytes(w, tps_span_make(zeros, nonce_size));
    tps_cbor_put_bytes(w, tps_span_make(zeros, TPS_KEY_SEALED_SIZE));
    tps_cbor_put_bytes(w, tps_span_make(zeros, 32));
    for (; members > 6; members--) {
        tps_cbor_put_bytes(w, tps_span_make(zeros, 32));
    }
}

/* Stores a table of `count` such entries and starts. */
static tps_status start_with_table(device *d, uint64_t count, uint64_t members, tps_span name, size_t nonce)
{
    static uint8_t table[TPS_STORAGE_VALUE_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(table));
    tps_span encoded;

    tps_cbor_put_array(&w, count);
    for (uint64_t i = 0; i < count; i++) {
        put_entry(&w, members, name, nonce);
    }
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    assert_int_equal(d->platform.storage_put(d, TPS_KEY_TABLE_NAME, encoded), TPS_OK);
    return device_try_start(d);
}

static void a_stored_table_that_is_none_of_ours_stops_the_start(void **state)
{
    device *d = *state;
    tps_span a = TPS_SPAN_LITERAL("a");
    tps_span long_name = TPS_SPAN_LITERAL("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"); /* 33 */

    assert_int_equal(start_with_table(d, TPS_KEYS_MAX, 7, a, TPS_KEY_SEAL_NONCE_SIZE), TPS_OK);
    assert_int_equal(start_with_table(d, TPS_KEYS_MAX + 1, 7, a, TPS_KEY_SEAL_NONCE_SIZE),
                     TPS_COMPONENT_STORAGE);
    assert_int_equal(start_with_table(d, 1, 6, a, TPS_KEY_SEAL_NONCE_SIZE), TPS_COMPONENT_STORAGE);
    assert_int_equal(start_with_table(d, 1, 8, a, TPS_KEY_SEAL_NONCE_SIZE), TPS_COMPONENT_STORAGE);
    assert_int_equal(start_with_table(d, 1, 7, a, TPS_KEY_SEAL_NONCE_SIZE - 1), TPS_COMPONENT_STORAGE);
    assert_int_equal(start_with_table(d, 1, 7, TPS_SPAN_EMPTY, TPS_KEY_SEAL_NONCE_SIZE),
                     TPS_COMPONENT_STORAGE);
    assert_int_equal(start_with_table(d, 1, 7, long_name, TPS_KEY_SEAL_NONCE_SIZE), TPS_COMPONENT_STORAGE);
}

static void members_that_a_request_does_not_have_are_refused(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    uint8_t room[512];
    tps_span answer;
    const tps_span wrong[] = {
        TPS_SPAN_LITERAL("\xcd\xa1\x01\x61\x61"),         /* list, with a name */
        TPS_SPAN_LITERAL("\xcc\xa2\x01\x61\x61\x04\x40"), /* public key, with a message */
        TPS_SPAN_LITERAL("\xcf\xa1\x01\x61\x61"),         /* tags next to the service's own */
        TPS_SPAN_LITERAL("\xc9\xa1\x01\x61\x61"),
    };

    (void)ask_hex(d, keys, &login, GENERATE_A);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ask(d, keys, &login, wrong[i], TPS_BUF_OF(room), &answer),
                         TPS_COMPONENT_BAD_MESSAGE);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_signs_messages_and_digests),
        TEST(a_request_to_sign_has_a_digest_or_a_message),
        TEST(keys_survive_a_restart),
        TEST(another_owner_sees_no_key),
        TEST(a_destroyed_key_is_gone_also_after_a_restart),
        TEST(a_name_is_used_once_and_has_a_size),
        TEST(keys_are_bounded_for_an_owner_and_for_all),
        TEST(a_bound_key_is_of_no_use_to_other_firmware),
        TEST(an_unmade_device_binds_nothing),
        TEST(a_stored_key_that_was_changed_does_not_sign),
        TEST(a_private_scalar_is_in_no_message_and_not_in_storage),
        TEST(a_change_is_stored_or_did_not_happen),
        TEST(nothing_changes_when_the_answer_would_not_fit),
        TEST(a_table_that_cannot_be_read_stops_the_start),
        TEST(a_stored_table_that_is_none_of_ours_stops_the_start),
        TEST(members_that_a_request_does_not_have_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
