/* SPDX-License-Identifier: Apache-2.0 */
/* Verification, update, authentication and lifecycle with every cryptographic operation failing once, one
 * after the other: then a message has no answer, or an error, and no fault ever makes a yes of a no. The
 * linker puts the functions below in the place of the real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "provider_certificates.h"
#include "services_session.h"
#include "support/faults.h"
#include "support/stand_in.h"
#include "support/vectors.h"
#include "tps/cose.h"

STAND_IN(tps_crypto_hkdf, (tps_span secret, tps_span salt, tps_span info, tps_buf out),
         (secret, salt, info, out))
STAND_IN(tps_crypto_hash_begin, (tps_crypto_hash * hash, int32_t alg), (hash, alg))
STAND_IN(tps_crypto_hash_of, (int32_t alg, tps_span bytes, tps_digest *digest), (alg, bytes, digest))
STAND_IN(tps_crypto_key_derive_p256, (const uint8_t seed[48], tps_crypto_key **key), (seed, key))
STAND_IN(tps_crypto_key_from_point, (const tps_crypto_point *point, tps_crypto_key **key), (point, key))
STAND_IN(tps_crypto_key_from_spki, (tps_span spki, tps_crypto_key **key), (spki, key))
STAND_IN(tps_crypto_key_point, (const tps_crypto_key *key, tps_crypto_point *point), (key, point))
STAND_IN(tps_crypto_key_spki, (const tps_crypto_key *key, tps_buf out, size_t *size), (key, out, size))
STAND_IN(tps_crypto_sign,
         (tps_crypto_key * key, int32_t alg, const tps_digest *digest, tps_buf signature, size_t *size),
         (key, alg, digest, signature, size))
STAND_IN(tps_crypto_verify, (tps_crypto_key * key, int32_t alg, const tps_digest *digest, tps_span signature),
         (key, alg, digest, signature))
STAND_IN(tps_crypto_aead_seal,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span plain, tps_buf out),
         (alg, key, nonce, aad, plain, out))
STAND_IN(tps_crypto_aead_open,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span sealed, tps_buf out),
         (alg, key, nonce, aad, sealed, out))

/* A hash is ended by its finish, whatever comes of it. */
tps_status __real_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest)
{
    tps_status status = __real_tps_crypto_hash_finish(hash, digest);

    return fault_now() ? TPS_CRYPTO_FAILED : status;
}

static const uint8_t bytes32[32] = {0x32};

static device *new_device(void)
{
    device *d = device_new();

    device_start(d);
    return d;
}

static void put_manifest(uint64_t tag, const device *d)
{
    message(tag, 1);
    put_bytes(1, tps_span_make(d->manifest, d->manifest_size));
}

/* A manifest of a newer release of the same bytes; what runs is still the old one. */
static void sign_newer(device *d)
{
    device_sign_image(d, "1.1.0");
}

/* ---- what is asked; each leaves its message to be sent ---- */

static uint32_t ask_authorise(device *d)
{
    sign_newer(d);
    put_manifest(10, d);
    return open_session(d, &tps_update_service, administrator());
}

static uint32_t ask_begin(device *d)
{
    sign_newer(d);
    put_manifest(11, d);
    return open_session(d, &tps_update_service, administrator());
}

static uint32_t ask_finish(device *d)
{
    uint32_t session = ask_begin(d);

    send_expecting(d, session, 0);
    message(12, 2);
    put_uint(1, 0);
    put_bytes(2, tps_span_make(d->image, d->image_size));
    send_expecting(d, session, 0);
    message(13, 0);
    return session;
}

static uint32_t ask_stage(device *d)
{
    uint32_t session = ask_finish(d);

    send_expecting(d, session, 0);
    message(14, 0);
    return session;
}

static uint32_t ask_verify(device *d)
{
    message(10, 2);
    put_uint(1, TPS_ROLE_RELEASE);
    put_bytes(7, tps_span_make(d->manifest, d->manifest_size));
    return open_session(d, &tps_verification_service, administrator());
}

static uint32_t ask_list(device *d)
{
    message(11, 0);
    return open_session(d, &tps_verification_service, administrator());
}

static uint32_t ask_register(device *d)
{
    tps_cbor_writer *w = message(12, 3);

    put_uint(1, TPS_ROLE_OWNER);
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, d->release_key), TPS_OK);
    put_text(3, "the owner");
    return open_session(d, &tps_verification_service, administrator());
}

static uint32_t ask_proof(device *d)
{
    uint32_t session = open_session(d, &tps_authentication_service, somebody());

    bind_session(d, session, TPS_MODE_PAIRWISE, bytes32);
    message(11, 2);
    put_bytes(1, TPS_SPAN_OF(bytes32));
    put_text(2, "door");
    return session;
}

static uint32_t ask_key(device *d)
{
    uint32_t session = open_session(d, &tps_authentication_service, administrator());

    message(13, 0);
    return session;
}

/* A provider's proof by `signer`, under the root key; with the certificate (hex) between them, if any. */
static uint32_t ask_peer_of(device *d, tps_crypto_key *root, tps_crypto_key *signer, const char *certificate)
{
    uint32_t session = open_session(d, &tps_authentication_service, somebody());
    uint8_t spki[128];
    uint8_t nonce[32];
    uint8_t payload[256];
    uint8_t room[512];
    uint8_t p[32];
    size_t size;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(payload));
    tps_cose_make_options options = {.aad = TPS_SPAN_LITERAL(TPS_AUTHENTICATION_AAD)};
    tps_cose_signer by = tps_cose_signer_of_key(signer, TPS_ALG_ESP256);
    tps_cbor_writer *m;
    tps_span proof;

    assert_int_equal(tps_crypto_key_spki(root, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_manifest_signer_id(root, p), TPS_OK);
    bind_session(d, session, TPS_MODE_DIRECT, p);
    message(10, 0);
    memcpy(nonce, member(send_message(d, session), 1).data, 32);
    tps_cbor_put_map(&w, 5);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, TPS_PROOF_OF_PROVIDER);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(nonce));
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(bytes32));
    tps_cbor_put_uint(&w, 4);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(p));
    tps_cbor_put_uint(&w, 5);
    tps_cbor_put_text(&w, "door");
    assert_int_equal(
        tps_cose_sign1_make(tps_span_make(payload, w.size), &options, &by, TPS_BUF_OF(room), &proof), TPS_OK);
    m = message(12, certificate != NULL ? 4 : 3);
    put_bytes(1, proof);
    put_text(2, "door");
    if (certificate != NULL) {
        tps_buf der = bytes_from_hex(certificate);

        tps_cbor_put_uint(m, 4);
        tps_cbor_put_array(m, 1);
        tps_cbor_put_bytes(m, tps_span_make(der.data, der.size));
        free(der.data);
    }
    put_bytes(5, tps_span_make(spki, size));
    return session;
}

static uint32_t ask_peer(device *d)
{
    return ask_peer_of(d, d->release_key, d->release_key, NULL);
}

static uint32_t ask_certified_peer(device *d)
{
    tps_crypto_key *keys[2];
    uint32_t session;

    for (size_t i = 0; i < 2; i++) { /* the private keys of provider_certificates.h */
        uint8_t scalar[32] = {0};

        scalar[31] = (uint8_t)(i + 1);
        assert_int_equal(tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), &keys[i]), TPS_OK);
    }
    session = ask_peer_of(d, keys[0], keys[1], provider_leaf);
    tps_crypto_key_free(keys[0]);
    tps_crypto_key_free(keys[1]);
    return session;
}

static uint32_t ask_step(device *d)
{
    return confirm_step(d, TPS_STEP_DEBUG, bytes32);
}

typedef uint32_t (*asker)(device *d);

static const asker askers[] = {ask_authorise, ask_begin, ask_finish, ask_stage, ask_verify,         ask_list,
                               ask_register,  ask_proof, ask_key,    ask_peer,  ask_certified_peer, ask_step};

static void a_fault_has_no_answer_or_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++) {
        unsigned faults = 0;

        for (bool has_struck = true; has_struck; faults++) {
            device *d = new_device();
            uint32_t session = askers[i](d);
            tps_span answer;
            tps_status status;

            fault_arm(faults + 1);
            status = try_send(d, session, 16384, &answer);
            has_struck = fault_struck();
            fault_arm(0);
            if (!has_struck) {
                assert_int_equal(status, TPS_OK);
                assert_int_equal(error_of(answer), 0);
            } else {
                assert_true(status != TPS_OK || error_of(answer) != 0 || askers[i] == ask_list);
            }
            device_free(d);
        }
        assert_true(faults > 1 || askers[i] == ask_list);
    }
}

/* One answer after the other is given less room than it needs, by one byte. */
static void an_answer_asks_for_the_room_that_it_needs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++) {
        device *d = new_device();
        uint32_t session = askers[i](d);
        size_t room = room_for(d, session);
        tps_span answer;

        while (try_send(d, session, room, &answer) == TPS_BUFFER_TOO_SMALL) {
            assert_true(answer.size > room);
            room = answer.size;
        }
        assert_int_equal(error_of(answer), 0);
        device_free(d);
    }
}

/* The same with every call of the platform failing. */
static void a_failing_platform_has_no_answer_or_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++) {
        bool has_failed = true;

        for (unsigned n = 1; has_failed; n++) {
            device *d = new_device();
            uint32_t session = askers[i](d);
            tps_span answer;
            tps_status status;

            d->calls = 0;
            d->fail_at = n;
            status = try_send(d, session, 16384, &answer);
            has_failed = d->calls >= n;
            d->fail_at = 0;
            assert_true(has_failed || (status == TPS_OK && error_of(answer) == 0));
            device_free(d);
        }
    }
}

static void what_no_rule_allows_is_no_message(void **state)
{
    static const tps_service *const services[] = {&tps_verification_service, &tps_update_service,
                                                  &tps_authentication_service, &tps_lifecycle_service};
    device *d = new_device();

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uint32_t session = open_session(d, services[i], administrator());

        for (uint64_t tag = 10; tag < 20; tag++) {
            tps_span answer;

            message(tag, 1);
            put_text(99, "what nobody knows");
            assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_BAD_MESSAGE);
            message(tag, 1);
            put_uint(1, UINT64_MAX);
            assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_BAD_MESSAGE);
        }
    }
    device_free(d);
}

static void a_registered_key_that_is_none_hides_no_other(void **state)
{
    device *d = new_device();
    uint32_t session = ask_register(d);
    uint8_t owner[TPS_VAULT_OWNER_SIZE] = {TPS_ROLE_OWNER};
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_VERIFICATION, owner, TPS_SPAN_OF(bytes32));
    tps_vault *vault;

    (void)state;
    send_expecting(d, session, 0);
    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    assert_int_equal(tps_vault_put(vault, &id, NULL, TPS_SPAN_LITERAL("\xa0"), 0), TPS_OK);
    message(10, 2);
    put_uint(1, TPS_ROLE_OWNER);
    put_bytes(7, tps_span_make(d->manifest, d->manifest_size));
    send_expecting(d, session, 0);
    device_free(d);
}

static void without_storage_only_what_needs_none_is_answered(void **state)
{
    static const asker askers_of_storage[] = {ask_register, ask_list, ask_authorise};
    device *d = new_device();
    flash old = flash_copy(&d->flash);
    uint32_t session = ask_register(d);
    tps_span answer;

    (void)state;
    send_expecting(d, session, 0);
    flash_put_back(&d->flash, &old); /* older than its counter */
    flash_free(&old);
    device_start(d);
    for (size_t i = 0; i < 3; i++) {
        session = askers_of_storage[i](d);
        assert_int_equal(try_send(d, session, 8192, &answer), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    }
    message(13, 2);
    put_uint(1, TPS_ROLE_OWNER);
    put_bytes(2, TPS_SPAN_OF(bytes32));
    session = open_session(d, &tps_verification_service, administrator());
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    message(10, 4);
    put_uint(1, TPS_ROLE_OWNER);
    put_uint(2, 1);
    put_bytes(3, TPS_SPAN_OF(bytes32));
    put_bytes(5, TPS_SPAN_OF(bytes32));
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    session = ask_verify(d); /* the release keys are in the identity */
    send_expecting(d, session, 0);
    session = ask_key(d);
    send_expecting(d, session, 0);
    device_free(d);
}

static void a_key_with_a_wrong_point_is_not_registered(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, administrator());
    tps_cbor_writer *w = message(12, 3);

    (void)state;
    put_uint(1, TPS_ROLE_OWNER);
    tps_cbor_put_uint(w, 2);
    tps_cbor_put_map(w, 4);
    put_uint(1, 2);
    tps_cbor_put_int(w, -1);
    tps_cbor_put_uint(w, 1);
    tps_cbor_put_int(w, -2);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(bytes32));
    tps_cbor_put_int(w, -3);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(bytes32));
    put_text(3, "nobody");
    send_expecting(d, session, TPS_VERIFICATION_ERROR_MALFORMED);
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_has_no_answer_or_an_error),
        cmocka_unit_test(a_failing_platform_has_no_answer_or_an_error),
        cmocka_unit_test(what_no_rule_allows_is_no_message),
        cmocka_unit_test(a_registered_key_that_is_none_hides_no_other),
        cmocka_unit_test(without_storage_only_what_needs_none_is_answered),
        cmocka_unit_test(a_key_with_a_wrong_point_is_not_registered),
        cmocka_unit_test(an_answer_asks_for_the_room_that_it_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
