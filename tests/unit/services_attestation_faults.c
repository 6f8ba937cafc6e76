/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation, identification, bindings, uses of keys and the change of owner when something fails: every
 * cryptographic operation and every platform call in turn, and the power at every step of what is stored. A
 * message then has no answer or an error, and the next start finds the old or the new state. The linker puts
 * the functions below in the place of the real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tps/dice.h"

#include "component/core/ownership.h"
#include "component/services/keys/message.h"
#include "key_store_support.h"
#include "services_session.h"
#include "support/faults.h"
#include "support/stand_in.h"

STAND_IN(tps_crypto_hkdf, (tps_span secret, tps_span salt, tps_span info, tps_buf out),
         (secret, salt, info, out))
STAND_IN(tps_crypto_hmac_sha256, (tps_span key, tps_span message, uint8_t tag[32]), (key, message, tag))
STAND_IN(tps_crypto_hash_begin, (tps_crypto_hash * hash, int32_t alg), (hash, alg))
STAND_IN(tps_crypto_hash_of, (int32_t alg, tps_span bytes, tps_digest *digest), (alg, bytes, digest))
STAND_IN(tps_crypto_key_derive_p256, (const uint8_t seed[48], tps_crypto_key **key), (seed, key))
STAND_IN(tps_crypto_key_from_point, (const tps_crypto_point *point, tps_crypto_key **key), (point, key))
STAND_IN(tps_crypto_key_from_scalar, (int32_t curve, tps_span scalar, tps_crypto_key **key),
         (curve, scalar, key))
STAND_IN(tps_crypto_key_point, (const tps_crypto_key *key, tps_crypto_point *point), (key, point))
STAND_IN(tps_crypto_key_spki, (const tps_crypto_key *key, tps_buf out, size_t *size), (key, out, size))
STAND_IN(tps_crypto_ecdh, (tps_crypto_key * own, const tps_crypto_key *peer, tps_buf shared),
         (own, peer, shared))
STAND_IN(tps_crypto_mac_begin, (tps_crypto_mac * mac, int32_t alg, tps_span key), (mac, alg, key))
STAND_IN(tps_crypto_sign,
         (tps_crypto_key * key, int32_t alg, const tps_digest *digest, tps_buf signature, size_t *size),
         (key, alg, digest, signature, size))
STAND_IN(tps_crypto_aead_seal,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span plain, tps_buf out),
         (alg, key, nonce, aad, plain, out))
/* The vault has two copies of what it opens: that one is not opened may cost nothing. */
static bool may_cost_nothing;
tps_status __real_tps_crypto_aead_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                       tps_span sealed, tps_buf out);
tps_status __wrap_tps_crypto_aead_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                       tps_span sealed, tps_buf out);
tps_status __wrap_tps_crypto_aead_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                       tps_span sealed, tps_buf out)
{
    if (fault_now()) {
        may_cost_nothing = true;
        return TPS_CRYPTO_FAILED;
    }
    return __real_tps_crypto_aead_open(alg, key, nonce, aad, sealed, out);
}

static const uint8_t shop[32] = {0x5a};
static const uint8_t club[32] = {0xc1};
static const uint8_t nonce[32] = {9, 8, 7};

static device *new_device(void)
{
    device *d = device_new();

    device_start(d);
    return d;
}

static uint32_t bound(device *d, const tps_service *service, uint32_t mode, const uint8_t provider[32])
{
    uint32_t session = open_session(d, service, administrator());

    bind_session(d, session, mode, provider);
    return session;
}

static uint32_t pairwise(device *d)
{
    return bound(d, &tps_attestation_service, TPS_MODE_PAIRWISE, shop);
}

/* A register that was extended, so that there is something to blind. */
static void measure(device *d)
{
    uint32_t session = open_session(d, &tps_measurement_service, administrator());

    message(11, 2);
    put_uint(1, 0);
    put_bytes(2, TPS_SPAN_OF(nonce));
    send_expecting(d, session, 0);
    close_session(d, session);
}

static void make_key(device *d, uint64_t kind, uint32_t mode, const uint8_t provider[32])
{
    uint32_t session = bound(d, &tps_key_store_service, mode, provider);
    bool has_limit = kind == TPS_KEY_P256_SIGN;

    message(10, has_limit ? 3 : 2);
    put_text(1, "key");
    put_uint(5, kind);
    if (has_limit) {
        put_uint(9, 100);
    }
    send_expecting(d, session, 0);
    close_session(d, session);
}

static void evidence(uint64_t profile, uint64_t more)
{
    message(10, 2 + more);
    put_uint(1, profile);
    put_bytes(2, TPS_SPAN_OF(nonce));
}

/* ---- what is asked; each leaves its message to be sent ---- */

static uint32_t ask_pairwise(device *d)
{
    uint32_t session = pairwise(d);

    measure(d);
    evidence(TPS_EVIDENCE_OPENTPS, 1);
    put_text(3, "https://shop.example");
    return session;
}

static uint32_t ask_psa(device *d)
{
    uint32_t session = open_session(d, &tps_attestation_service, somebody());

    evidence(TPS_EVIDENCE_PSA, 0);
    return session;
}

static uint32_t ask_confirmed(device *d)
{
    uint32_t session = pairwise(d);

    make_key(d, TPS_KEY_P256_SIGN, TPS_MODE_PAIRWISE, shop);
    evidence(TPS_EVIDENCE_OPENTPS, 1);
    put_text(9, "key");
    return session;
}

static uint32_t ask_passport_confirmed(device *d)
{
    uint32_t session = open_session(d, &tps_attestation_service, administrator());

    make_key(d, TPS_KEY_P256_SIGN, TPS_MODE_PASSPORT, club);
    evidence(TPS_EVIDENCE_OPENTPS, 2);
    put_text(9, "key");
    put_bytes(10, TPS_SPAN_OF(club));
    return session;
}

static uint32_t ask_authentication_confirmed(device *d)
{
    uint32_t session = pairwise(d);
    tps_cbor_writer *w = message(10, 3);

    put_uint(1, TPS_EVIDENCE_OPENTPS);
    put_bytes(2, TPS_SPAN_OF(nonce));
    tps_cbor_put_uint(w, 11);
    tps_cbor_put_bool(w, true);
    return session;
}

static void agree(device *d)
{
    static const uint8_t scalar[32] = {1};
    tps_crypto_key *peer;
    tps_cbor_writer *w;

    make_key(d, TPS_KEY_P256_AGREE, TPS_MODE_PAIRWISE, shop);
    assert_int_equal(tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), &peer), TPS_OK);
    w = message(18, 2);
    put_text(1, "key");
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, peer), TPS_OK);
    tps_crypto_key_free(peer);
}

static uint32_t ask_agree(device *d)
{
    uint32_t session = pairwise(d);

    agree(d);
    return session;
}

static uint32_t ask_mac(device *d)
{
    uint32_t session = ask_agree(d);

    send_expecting(d, session, 0);
    evidence(TPS_EVIDENCE_OPENTPS, 1);
    put_uint(8, TPS_EVIDENCE_MAC0);
    return session;
}

static uint32_t ask_public_key(device *d)
{
    uint32_t session = pairwise(d);

    message(11, 0);
    return session;
}

static uint32_t ask_certificates(device *d)
{
    uint32_t session = pairwise(d);

    message(12, 0);
    return session;
}

static uint32_t ask_certification(device *d)
{
    uint32_t session;

    close_session(d, pairwise(d));
    session = open_session(d, &tps_attestation_service, administrator());
    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(nonce));
    put_bytes(2, TPS_SPAN_OF(shop));
    return session;
}

/* A certificate of the session's AK_p by the release key. */
static uint32_t ask_keep_certificates(device *d)
{
    static uint8_t name[TPS_DICE_NAME_MAX];
    static uint8_t der[1024];
    uint32_t session = pairwise(d);
    tps_dice_certificate_plan plan = {.subject_key = NULL};
    tps_crypto_key *key;
    tps_cbor_writer *w;
    tps_span encoded;

    message(11, 0);
    assert_int_equal(tps_cose_key_read(member(send_message(d, session), 1), &key), TPS_OK);
    plan.subject_key = key;
    assert_int_equal(tps_dice_name_encode(TPS_SPAN_LITERAL("ACA"), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY,
                                          TPS_BUF_OF(name), &plan.issuer),
                     TPS_OK);
    plan.subject = plan.issuer;
    assert_int_equal(tps_dice_certificate_make(&plan, d->release_key, TPS_BUF_OF(der), &encoded), TPS_OK);
    tps_crypto_key_free(key);
    w = message(14, 1);
    tps_cbor_put_uint(w, 1);
    tps_cbor_put_array(w, 1);
    tps_cbor_put_bytes(w, encoded);
    return session;
}

static uint32_t ask_certified(device *d)
{
    uint32_t session = ask_keep_certificates(d);

    send_expecting(d, session, 0);
    evidence(TPS_EVIDENCE_OPENTPS, 0);
    return session;
}

static uint32_t ask_keep_result(device *d)
{
    uint32_t session = bound(d, &tps_attestation_service, TPS_MODE_PASSPORT, club);

    message(15, 1);
    put_bytes(1, TPS_SPAN_LITERAL("a result"));
    return session;
}

/* The same of a login that is no administrator, and so is counted. */
static uint32_t ask_keep_result_counted(device *d)
{
    uint32_t session = open_session(d, &tps_attestation_service, somebody());

    bind_session(d, session, TPS_MODE_PASSPORT, club);
    message(15, 1);
    put_bytes(1, TPS_SPAN_LITERAL("a result"));
    return session;
}

static uint32_t ask_result(device *d)
{
    uint32_t session = ask_keep_result(d);

    send_expecting(d, session, 0);
    message(16, 0);
    return session;
}

static uint32_t ask_key_attestation(device *d)
{
    uint32_t session = pairwise(d);

    make_key(d, TPS_KEY_P256_SIGN, TPS_MODE_PAIRWISE, shop);
    message(17, 3);
    put_text(1, "key");
    put_bytes(2, TPS_SPAN_OF(nonce));
    put_text(3, "https://shop.example");
    return session;
}

static uint32_t ask_instance(device *d)
{
    uint32_t session = bound(d, &tps_identification_service, TPS_MODE_PAIRWISE, shop);

    message(11, 0);
    return session;
}

static uint32_t ask_bind(device *d)
{
    uint32_t session = open_session(d, &tps_attestation_service, somebody());

    message(9, 2);
    put_uint(1, TPS_MODE_PAIRWISE);
    put_bytes(2, TPS_SPAN_OF(club));
    return session;
}

/* A key that is counted for its login. */
static uint32_t ask_generate(device *d)
{
    uint32_t session = open_session(d, &tps_key_store_service, somebody());

    bind_session(d, session, TPS_MODE_PAIRWISE, shop);
    message(10, 2);
    put_text(1, "new");
    put_uint(5, TPS_KEY_HMAC256);
    return session;
}

static uint32_t ask_counter(device *d)
{
    uint32_t session = open_session(d, &tps_counters_service, somebody());

    bind_session(d, session, TPS_MODE_PAIRWISE, shop);
    message(10, 1);
    put_text(1, "new");
    return session;
}

static uint32_t ask_put(device *d)
{
    uint32_t session = open_session(d, &tps_storage_service, somebody());

    bind_session(d, session, TPS_MODE_PAIRWISE, shop);
    message(10, 2);
    put_text(1, "new");
    put_bytes(2, TPS_SPAN_LITERAL("x"));
    return session;
}

/* A session of the key store with a key, whose message is begun: name and two members more. */
static uint32_t with_key(device *d, uint64_t kind, uint64_t tag, uint64_t more)
{
    uint32_t session;

    make_key(d, kind, TPS_MODE_PAIRWISE, shop);
    session = bound(d, &tps_key_store_service, TPS_MODE_PAIRWISE, shop);
    message(tag, 1 + more);
    put_text(TPS_KEY_NAME, tag == TPS_KEY_TAG_DERIVE || tag == TPS_KEY_TAG_AGREE ? "made" : "key");
    return session;
}

static uint32_t ask_sign(device *d)
{
    uint32_t session = with_key(d, TPS_KEY_P256_SIGN, TPS_KEY_TAG_SIGN, 1);

    put_bytes(TPS_KEY_DATA, TPS_SPAN_OF(nonce));
    return session;
}

static uint32_t ask_code(device *d)
{
    uint32_t session = with_key(d, TPS_KEY_HMAC256, TPS_KEY_TAG_MAC, 1);

    put_bytes(TPS_KEY_DATA, TPS_SPAN_OF(nonce));
    return session;
}

static uint32_t ask_verify_code(device *d)
{
    uint32_t session = with_key(d, TPS_KEY_HMAC384, TPS_KEY_TAG_VERIFY_MAC, 2);

    put_bytes(TPS_KEY_DATA, TPS_SPAN_OF(nonce));
    put_bytes(TPS_KEY_MAC, TPS_SPAN_OF(nonce));
    return session;
}

static uint32_t ask_encrypt(device *d)
{
    uint32_t session = with_key(d, TPS_KEY_AES256_GCM, TPS_KEY_TAG_ENCRYPT, 1);

    put_bytes(TPS_KEY_DATA, TPS_SPAN_OF(nonce));
    return session;
}

static uint32_t ask_decrypt(device *d)
{
    uint32_t session = ask_encrypt(d);
    tps_span answer = send_message(d, session);
    uint8_t sealed[64];
    uint8_t iv[12];
    size_t size = member(answer, TPS_KEY_RESULT).size;

    memcpy(sealed, member(answer, TPS_KEY_RESULT).data, size);
    memcpy(iv, member(answer, TPS_KEY_NONCE).data, sizeof(iv));
    message(TPS_KEY_TAG_DECRYPT, 3);
    put_text(TPS_KEY_NAME, "key");
    put_bytes(TPS_KEY_DATA, tps_span_make(sealed, size));
    put_bytes(TPS_KEY_NONCE, TPS_SPAN_OF(iv));
    return session;
}

static uint32_t ask_derive(device *d)
{
    uint32_t session = with_key(d, TPS_KEY_HKDF, TPS_KEY_TAG_DERIVE, 2);

    put_text(TPS_KEY_SOURCE, "key");
    put_uint(TPS_KEY_KIND, TPS_KEY_AES128_GCM);
    return session;
}

static uint32_t ask_agreed_key(device *d)
{
    static const uint8_t scalar[32] = {1};
    uint32_t session;
    tps_crypto_key *peer;
    tps_cbor_writer *w;

    assert_int_equal(tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), &peer), TPS_OK);
    session = with_key(d, TPS_KEY_P256_AGREE, TPS_KEY_TAG_AGREE, 0);
    w = message(TPS_KEY_TAG_AGREE, 3);
    put_text(TPS_KEY_NAME, "made");
    put_text(TPS_KEY_SOURCE, "key");
    tps_cbor_put_uint(w, TPS_KEY_PEER);
    assert_int_equal(tps_cose_key_put(w, peer), TPS_OK);
    tps_crypto_key_free(peer);
    return session;
}

static uint32_t ask_list(device *d)
{
    uint32_t session = with_key(d, TPS_KEY_P256_SIGN, TPS_KEY_TAG_LIST, 0);

    message(TPS_KEY_TAG_LIST, 0);
    return session;
}

static uint32_t ask_import(device *d)
{
    tps_login login = administrator();
    uint32_t session = open_session(d, &tps_key_store_service, login);
    tps_span wrapped;

    message(TPS_KEY_TAG_GENERATE, 2);
    put_text(TPS_KEY_NAME, "in");
    put_uint(TPS_KEY_KIND, TPS_KEY_P256_IMPORT);
    send_expecting(d, session, 0);
    wrapped = key_wrap(d, &login, "in", key_symmetric(TPS_SPAN_OF(nonce), 0, 0));
    message(TPS_KEY_TAG_IMPORT, 4);
    put_text(TPS_KEY_NAME, "made");
    put_uint(TPS_KEY_KIND, TPS_KEY_HMAC256);
    put_text(TPS_KEY_SOURCE, "in");
    put_bytes(TPS_KEY_WRAPPED, wrapped);
    return session;
}

typedef uint32_t (*asker)(device *d);

static const asker askers[] = {ask_pairwise,
                               ask_psa,
                               ask_confirmed,
                               ask_passport_confirmed,
                               ask_authentication_confirmed,
                               ask_agree,
                               ask_mac,
                               ask_public_key,
                               ask_certificates,
                               ask_certification,
                               ask_keep_certificates,
                               ask_certified,
                               ask_keep_result,
                               ask_keep_result_counted,
                               ask_result,
                               ask_key_attestation,
                               ask_instance,
                               ask_bind,
                               ask_generate,
                               ask_counter,
                               ask_put,
                               ask_sign,
                               ask_code,
                               ask_verify_code,
                               ask_encrypt,
                               ask_decrypt,
                               ask_derive,
                               ask_agreed_key,
                               ask_import,
                               ask_list};
#define ASKERS (sizeof(askers) / sizeof(askers[0]))

/* ---- faults ---- */

/* {2: number} under a tag. */
static bool is_error(tps_span answer)
{
    return answer.size == 4 && answer.data[1] == 0xa1 && answer.data[2] == 2;
}

static void a_fault_has_no_answer_or_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASKERS; i++) {
        unsigned faults = 0;

        for (bool has_struck = true; has_struck; faults++) {
            device *d = new_device();
            uint32_t session = askers[i](d);
            tps_span answer;
            tps_status status;

            may_cost_nothing = false;
            fault_arm(faults + 1);
            status = try_send(d, session, 16384, &answer);
            has_struck = fault_struck();
            fault_arm(0);
            if (has_struck && !may_cost_nothing && status == TPS_OK && !is_error(answer)) {
                fail_msg("message %zu is answered in spite of fault %u", i, faults + 1);
            }
            assert_true(has_struck || (status == TPS_OK && !is_error(answer)));
            if (!has_struck) {
                device_free(d);
                break;
            }
            if (status != TPS_OK) { /* nothing of it is left: the same again works, and is answered */
                assert_int_equal(answer.size, 0);
            }
            if (try_send(d, session, 16384, &answer) != TPS_OK) {
                fail_msg("message %zu is not answered after fault %u", i, faults + 1);
            }
            device_free(d);
        }
        assert_true(faults > 0);
    }
}

static void a_failing_platform_has_no_answer_or_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASKERS; i++) {
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
            assert_true(has_failed || status == TPS_OK);
            assert_true(status == TPS_OK || answer.size == 0);
            device_free(d);
        }
    }
}

/* One answer after the other is given less room than it needs. */
static void an_answer_asks_for_the_room_that_it_needs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASKERS; i++) {
        device *d = new_device();
        uint32_t session = askers[i](d);
        size_t room = room_for(d, session);
        tps_span answer;

        while (try_send(d, session, room, &answer) == TPS_BUFFER_TOO_SMALL) {
            assert_true(answer.size > room);
            room = answer.size;
        }
        assert_true(answer.size > 0);
        device_free(d);
    }
}

/* ---- power ---- */

static uint64_t result_error(device *d, bool *is_new)
{
    uint32_t session = bound(d, &tps_attestation_service, TPS_MODE_PASSPORT, club);
    tps_span answer;
    uint64_t error;

    message(16, 0);
    answer = send_message(d, session);
    error = answer.data[2] == 2 ? error_of(answer) : 0;
    *is_new = error == 0 && tps_span_is_text(member(answer, 1), "another result");
    close_session(d, session);
    return error;
}

static device *make_with_result(void)
{
    device *d = new_device();
    uint32_t session = ask_keep_result(d);

    send_expecting(d, session, 0);
    close_session(d, session);
    return d;
}

static uint32_t prepare_result(device *d)
{
    uint32_t session = bound(d, &tps_attestation_service, TPS_MODE_PASSPORT, club);

    message(15, 1);
    put_bytes(1, TPS_SPAN_LITERAL("another result"));
    return session;
}

static void check_result(device *d, bool is_done)
{
    bool is_new;

    assert_int_equal(result_error(d, &is_new), 0);
    assert_true(is_new || !is_done);
}

static void check_certificates(device *d, bool is_done)
{
    uint32_t session = pairwise(d);
    size_t size;

    message(12, 0);
    size = send_message(d, session).size;
    assert_true(size == 4 || size > 200); /* none, or the whole one */
    assert_true(size > 200 || !is_done);
}

static device *make_with_provider(void)
{
    device *d = new_device();

    close_session(d, pairwise(d));
    return d;
}

static void check_bound(device *d, bool is_done)
{
    const tps_provider *p = tps_component_provider_find(&d->component, club);

    assert_int_equal(d->component.ownership.status, TPS_OK);
    assert_non_null(tps_component_provider_find(&d->component, shop));
    assert_true(p != NULL || !is_done);
    assert_true(p == NULL || p->mode == TPS_MODE_PAIRWISE);
}

static uint32_t prepare_new_owner(device *d)
{
    return confirm_step(d, TPS_STEP_NEW_OWNER, nonce);
}

/* Values of bound sessions in the vault. */
static size_t count_results(const device *d)
{
    tps_vault_id id;
    size_t place = 0;
    size_t count = 0;

    while (tps_vault_next(&d->component.vault, TPS_VAULT_ATTESTATION, NULL, &place, &id)) {
        count++;
    }
    return count;
}

/* With the old owner everything of his is there; with the new one nothing. */
static void check_owner(device *d, bool is_done)
{
    const tps_ownership *own = &d->component.ownership;
    bool is_new;

    assert_int_equal(own->status, TPS_OK);
    assert_false(own->is_forgetting);
    if (own->count == 0) {
        assert_int_equal(count_results(d), 0);
        return;
    }
    assert_false(is_done);
    assert_int_equal(own->count, 1);
    assert_int_equal(result_error(d, &is_new), 0);
}

static const power_test stored[] = {{new_device, ask_keep_certificates, check_certificates},
                                    {make_with_result, prepare_result, check_result},
                                    {make_with_provider, ask_bind, check_bound},
                                    {make_with_result, prepare_new_owner, check_owner}};

static void what_is_stored_is_old_or_new_whenever_the_power_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++) {
        cut_power_at_every_step(&stored[i]);
    }
}

static void what_is_stored_is_old_or_new_whichever_call_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++) {
        fail_every_call(&stored[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_has_no_answer_or_an_error),
        cmocka_unit_test(a_failing_platform_has_no_answer_or_an_error),
        cmocka_unit_test(an_answer_asks_for_the_room_that_it_needs),
        cmocka_unit_test(what_is_stored_is_old_or_new_whenever_the_power_goes),
        cmocka_unit_test(what_is_stored_is_old_or_new_whichever_call_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
