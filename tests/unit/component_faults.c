/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services with every cryptographic operation failing once, one after the other: a start fails whole, a
 * request is answered or leaves nothing behind, and no fault ever makes firmware look signed. The linker puts
 * the functions below in the place of the real ones; the failing platform is in services_support.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/keys.h"
#include "services_session.h"
#include "support/faults.h"
#include "support/stand_in.h"
#include "tps/crypto.h"

STAND_IN(tps_crypto_uuid5, (const uint8_t space[16], tps_span name, uint8_t uuid[16]), (space, name, uuid))
STAND_IN(tps_crypto_hkdf, (tps_span secret, tps_span salt, tps_span info, tps_buf out),
         (secret, salt, info, out))
STAND_IN(tps_crypto_hash_begin, (tps_crypto_hash * hash, int32_t alg), (hash, alg))
STAND_IN(tps_crypto_hash_of, (int32_t alg, tps_span bytes, tps_digest *digest), (alg, bytes, digest))
STAND_IN(tps_crypto_aead_seal,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span plain, tps_buf out),
         (alg, key, nonce, aad, plain, out))
STAND_IN(tps_crypto_aead_open,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span sealed, tps_buf out),
         (alg, key, nonce, aad, sealed, out))
STAND_IN(tps_crypto_key_generate, (int32_t curve, tps_crypto_key **key), (curve, key))
STAND_IN(tps_crypto_key_derive_p256, (const uint8_t seed[48], tps_crypto_key **key), (seed, key))
STAND_IN(tps_crypto_key_from_point, (const tps_crypto_point *point, tps_crypto_key **key), (point, key))
STAND_IN(tps_crypto_key_from_scalar, (int32_t curve, tps_span scalar, tps_crypto_key **key),
         (curve, scalar, key))
STAND_IN(tps_crypto_key_scalar, (const tps_crypto_key *key, tps_buf scalar), (key, scalar))
STAND_IN(tps_crypto_key_point, (const tps_crypto_key *key, tps_crypto_point *point), (key, point))
STAND_IN(tps_crypto_key_spki, (const tps_crypto_key *key, tps_buf out, size_t *size), (key, out, size))
STAND_IN(tps_crypto_sign,
         (tps_crypto_key * key, int32_t alg, const tps_digest *digest, tps_buf signature, size_t *size),
         (key, alg, digest, signature, size))

#define NONCE_32 "\x58\x20nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define GENERATE TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x02\xf5") /* {1: "a", 2: true} */
#define SIGN     TPS_SPAN_LITERAL("\xcb\xa2\x01\x61\x61\x04\x40")
#define PUBLIC   TPS_SPAN_LITERAL("\xcc\xa1\x01\x61\x61")

static const tps_login login = {.method = TPSC_LOGIN_USER, .uid = 1000};
static uint8_t room[8192];

/* Asks with the nth operation failing. False when that many do not happen: then it was answered. */
static bool ask_with_fault(device *d, const tps_service *service, tps_span message, unsigned nth)
{
    static const uint8_t zeros[sizeof room];
    tps_span answer;
    tps_status status;

    memset(room, 0xaa, sizeof room);
    fault_arm(nth);
    status = ask(d, service, &login, message, TPS_BUF_OF(room), &answer);
    if (!fault_struck()) {
        assert_int_equal(status, TPS_OK);
        assert_true(answer.size > 4);
        assert_false(answer.data[1] == 0xa1 && answer.data[2] == 2); /* {2: error} */
        return false;
    }
    assert_int_equal(status, TPS_CRYPTO_FAILED);
    assert_memory_equal(room, zeros, sizeof room);
    return true;
}

static void a_start_with_a_fault_fails_whole_or_believes_no_signature(void **state)
{
    device *d = *state;
    bool has_struck = true;
    unsigned failed = 0;

    for (unsigned n = 1; has_struck; n++) {
        tps_status status;

        fault_arm(n);
        status = device_try_start(d);
        has_struck = fault_struck();
        if (status != TPS_OK) {
            failed++;
            assert_true(has_struck);
            assert_int_equal(status, TPS_CRYPTO_FAILED);
            assert_null(d->attestation.iak);
        } else if (has_struck) { /* the first stage believed nothing, or it struck the vault, which is told */
            assert_int_equal(d->handover.are_all_signed, d->handover.images[1].is_signed);
        } else {
            assert_true(d->handover.are_all_signed);
        }
    }
    assert_true(failed > 10);
}

static void evidence_with_a_fault_is_none(void **state)
{
    const tps_span messages[] = {
        TPS_SPAN_LITERAL("\xca\xa2\x01\x01\x02" NONCE_32), /* a PSA token */
        TPS_SPAN_LITERAL("\xca\xa2\x01\x02\x02" NONCE_32), /* the device profile */
        TPS_SPAN_LITERAL("\xcb\xa0"),                      /* the public key */
    };

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        unsigned n = 1;

        while (ask_with_fault(*state, &tps_attestation_service, messages[i], n)) {
            n++;
        }
        assert_true(n > 2);
    }
}

/* The same of the key store. A fault while a stored key is opened is an answer, too: the key cannot be read,
 * or the vault found another way to it. */
static bool use_key_with_fault(device *d, tps_span message, unsigned nth)
{
    tps_span answer;
    tps_status status;

    fault_arm(nth);
    status = ask(d, &tps_key_store_service, &login, message, TPS_BUF_OF(room), &answer);
    if (!fault_struck()) {
        assert_int_equal(status, TPS_OK);
        assert_int_equal(error_of(answer), 0);
        return false;
    }
    if (status == TPS_OK) {
        assert_true(error_of(answer) == TPS_KEY_ERROR_CORRUPT || error_of(answer) == 0);
    }
    return true;
}

/* Sends what message() began with the nth operation failing, until that many do not happen: an answer, or
 * none. */
static void send_with_faults(device *d, uint32_t session, unsigned *faults)
{
    bool has_struck = true;

    for (unsigned n = 1; has_struck; n++) {
        tps_span answer;
        tps_status status;

        fault_arm(n);
        status = try_send(d, session, 16384, &answer);
        has_struck = fault_struck();
        fault_arm(0);
        assert_true(status == TPS_OK || (has_struck && answer.size == 0));
        *faults += has_struck ? 1 : 0;
    }
}

static void begin_evidence(uint64_t form)
{
    static const uint8_t nonce[32] = {1};

    message(10, 3);
    put_uint(1, TPS_EVIDENCE_OPENTPS);
    put_bytes(2, TPS_SPAN_OF(nonce));
    put_uint(8, form);
}

static void a_fault_in_a_providers_session_leaves_an_answer_or_none(void **state)
{
    static const uint8_t shop[32] = {0x5a};
    static const uint8_t club[32] = {0xc1};
    device *d = *state;
    unsigned faults = 0;
    uint32_t store = open_session(d, &tps_key_store_service, somebody());
    uint32_t pairwise = open_session(d, &tps_attestation_service, somebody());
    uint32_t passport = open_session(d, &tps_attestation_service, somebody());
    uint32_t owner = open_session(d, &tps_attestation_service, administrator());
    uint32_t named = open_session(d, &tps_identification_service, somebody());

    bind_session(d, store, TPS_MODE_PAIRWISE, shop);
    bind_session(d, pairwise, TPS_MODE_PAIRWISE, shop);
    bind_session(d, named, TPS_MODE_PAIRWISE, shop);
    bind_session(d, passport, TPS_MODE_PASSPORT, club);
    message(10, 2);
    put_text(1, "kex");
    put_uint(5, 4);
    send_expecting(d, store, 0);

    begin_evidence(TPS_EVIDENCE_SIGN1);
    send_with_faults(d, pairwise, &faults);
    message(11, 0);
    send_with_faults(d, pairwise, &faults);
    message(11, 0);
    send_with_faults(d, named, &faults);
    message(17, 2);
    put_text(1, "kex");
    put_bytes(2, TPS_SPAN_OF(shop));
    send_with_faults(d, pairwise, &faults);
    tps_cbor_writer *w = message(18, 2);
    put_text(1, "kex");
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, d->release_key), TPS_OK);
    send_with_faults(d, pairwise, &faults);
    begin_evidence(TPS_EVIDENCE_MAC0);
    send_with_faults(d, pairwise, &faults);
    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(shop));
    put_bytes(2, TPS_SPAN_OF(shop));
    send_with_faults(d, owner, &faults);
    message(15, 1);
    put_bytes(1, TPS_SPAN_OF(shop));
    send_with_faults(d, passport, &faults);
    message(16, 0);
    send_with_faults(d, passport, &faults);
    assert_true(faults > 20);
}

static void a_key_is_made_whole_or_not_at_all(void **state)
{
    device *d = *state;
    unsigned n = 1;

    for (; use_key_with_fault(d, GENERATE, n); n++) {
        device_start(d); /* the vault writes no more after a failure */
        assert_int_equal(error_of(ask_hex(d, &tps_key_store_service, &login, "cca1016161")),
                         TPS_KEY_ERROR_UNKNOWN);
    }
    assert_true(n > 6);
    assert_false(use_key_with_fault(d, PUBLIC, 0));
}

static void a_key_is_not_used_by_halves_and_stays(void **state)
{
    device *d = *state;
    unsigned n = 1;

    assert_false(use_key_with_fault(d, GENERATE, 0));
    while (use_key_with_fault(d, SIGN, n)) {
        n++;
    }
    assert_true(n > 4);
    for (n = 1; use_key_with_fault(d, PUBLIC, n); n++) {
    }
    assert_true(n > 2);
}

/* Every other message of the key store, on keys in memory: an answer or a failure, never half of either. */
static void each_use_of_a_key_with_a_fault_is_none(void **state)
{
    const tps_span messages[] = {
        TPS_SPAN_LITERAL("\xca\xa3\x01\x61\x65\x05\x06\x07\x02"),             /* generate "e", AES */
        TPS_SPAN_LITERAL("\xd5\xa2\x01\x61\x65\x04\x41\x78"),                 /* encrypt */
        TPS_SPAN_LITERAL("\xca\xa3\x01\x61\x68\x05\x0b\x07\x02"),             /* generate "h", HKDF */
        TPS_SPAN_LITERAL("\xd1\xa4\x01\x61\x6d\x05\x08\x07\x02\x0a\x61\x68"), /* derive "m", HMAC */
        TPS_SPAN_LITERAL("\xd3\xa2\x01\x61\x6d\x04\x40"),                     /* mac */
        TPS_SPAN_LITERAL("\xca\xa3\x01\x61\x70\x05\x02\x07\x02"),             /* generate "p", P-384 */
        TPS_SPAN_LITERAL("\xcb\xa2\x01\x61\x70\x04\x40"),                     /* sign */
        TPS_SPAN_LITERAL("\xcf\xa1\x01\x61\x70"),                             /* describe */
    };

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        unsigned n = 1;

        while (use_key_with_fault(*state, messages[i], n)) {
            n++;
        }
        assert_true(n > 1);
    }
}

static void derivations_with_a_fault_give_no_key(void **state)
{
    const uint8_t s0[TPS_KEYS_SIZE] = {1};
    tps_crypto_key *key = NULL;
    uint8_t id[TPS_KEYS_UEID_SIZE];

    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        fault_arm(n);
        assert_int_equal(tps_keys_iak(s0, &key), TPS_CRYPTO_FAILED);
        assert_null(key);
    }
    fault_arm(0);
    assert_int_equal(tps_keys_iak(s0, &key), TPS_OK);
    for (unsigned n = 1; n <= 2; n++) {
        fault_arm(n);
        assert_int_equal(tps_keys_instance_id(key, id), TPS_CRYPTO_FAILED);
    }
    fault_arm(0);
    tps_crypto_key_free(key);
}

static void a_manifest_with_a_fault_is_not_signed(void **state)
{
    device *d = *state;
    tps_manifest manifest = device_manifest("2.0.0");
    uint8_t digest[32] = {1};
    bool has_struck = true;

    manifest.digest = TPS_SPAN_OF(digest);
    for (unsigned n = 1; has_struck; n++) {
        tps_span encoded = TPS_SPAN_EMPTY;
        tps_status status;

        fault_arm(n);
        status = tps_manifest_make(&manifest, d->release_key, TPS_BUF_OF(room), &encoded, NULL);
        has_struck = fault_struck();
        assert_int_equal(status, has_struck ? TPS_CRYPTO_FAILED : TPS_OK);
        assert_int_equal(encoded.size == 0, has_struck);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_start_with_a_fault_fails_whole_or_believes_no_signature),
        TEST(evidence_with_a_fault_is_none),
        TEST(a_fault_in_a_providers_session_leaves_an_answer_or_none),
        TEST(a_key_is_made_whole_or_not_at_all),
        TEST(a_key_is_not_used_by_halves_and_stays),
        TEST(each_use_of_a_key_with_a_fault_is_none),
        TEST(derivations_with_a_fault_give_no_key),
        TEST(a_manifest_with_a_fault_is_not_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
