/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that evidence rests on beside its own: what it confirms, and what authenticates it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/services/keys/message.h"
#include "services_session.h"
#include "tps/device_claims.h"

static const uint8_t shop[32] = {0x5a};
static const uint8_t other_shop[32] = {0x5b};
static const uint8_t nonce[32] = {9, 8, 7};
static uint8_t kept[16384];

static uint32_t session_of(device *d, tps_login login, uint32_t mode, const uint8_t provider[32])
{
    uint32_t session = open_session(d, &tps_attestation_service, login);

    if (mode != TPS_MODE_NONE) {
        bind_session(d, session, mode, provider);
    }
    return session;
}

/* The public key that the session tells for itself, or for the key that it names. */
static tps_crypto_key *told_key(device *d, uint32_t session, uint64_t key)
{
    tps_crypto_key *public_key;

    message(11, key == 0 ? 0 : 1);
    if (key != 0) {
        put_uint(1, key);
    }
    assert_int_equal(tps_cose_key_read(member(send_message(d, session), 1), &public_key), TPS_OK);
    return public_key;
}

/* A token's claims, its signature checked with the key; points into `kept`. */
static tps_device_claims claims_of(tps_span token, tps_crypto_key *key, size_t chain)
{
    tps_device_claims claims;
    tps_cose_message parsed;

    assert_true(token.size <= sizeof(kept));
    memcpy(kept, token.data, token.size);
    assert_int_equal(tps_cose_sign1_parse(tps_span_make(kept, token.size), &parsed, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_verify_parsed(&parsed, key, NULL), TPS_OK);
    assert_int_equal(parsed.headers.x5chain_count, chain);
    assert_int_equal(tps_device_claims_decode(parsed.payload, &claims, NULL), TPS_OK);
    return claims;
}

static tps_device_claims evidence(device *d, uint32_t session, uint64_t key, size_t chain)
{
    tps_crypto_key *signer = told_key(d, session, key);
    tps_device_claims claims;

    message(10, 2);
    put_uint(1, TPS_EVIDENCE_OPENTPS);
    put_bytes(2, TPS_SPAN_OF(nonce));
    claims = claims_of(member(send_message(d, session), 1), signer, chain);
    tps_crypto_key_free(signer);
    return claims;
}

/* A key of the key store, in a session that is bound as the one that will speak of it. */
static void make_key(device *d, const char *name, uint64_t kind, uint32_t mode, const uint8_t provider[32])
{
    uint32_t session = open_session(d, &tps_key_store_service, somebody());

    if (mode != TPS_MODE_NONE) {
        bind_session(d, session, mode, provider);
    }
    message(10, 2);
    put_text(1, name);
    put_uint(5, kind);
    send_expecting(d, session, 0);
    close_session(d, session);
}

static void put_peer(const char *name, const tps_crypto_key *peer)
{
    tps_cbor_writer *w = message(18, 2);

    put_text(1, name);
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, peer), TPS_OK);
}

/* The key that the authentication service tells, as evidence confirms it: {1: COSE_Key}. */
static size_t told_authentication(device *d, tps_login login, uint32_t mode, const uint8_t provider[32],
                                  uint8_t cnf[256])
{
    uint32_t session = open_session(d, &tps_authentication_service, login);
    tps_span told;

    if (mode != TPS_MODE_NONE) {
        bind_session(d, session, mode, provider);
    }
    message(13, 0);
    told = member(send_message(d, session), 1);
    cnf[0] = 0xa1;
    cnf[1] = 1;
    memcpy(cnf + 2, told.data, told.size);
    close_session(d, session);
    return told.size + 2;
}

static void ask_confirmed(bool is_true, const char *name, const uint8_t *passport)
{
    tps_cbor_writer *w = message(10, 3u + (name != NULL ? 1u : 0u) + (passport != NULL ? 1u : 0u));

    put_uint(1, TPS_EVIDENCE_OPENTPS);
    put_bytes(2, TPS_SPAN_OF(nonce));
    tps_cbor_put_uint(w, 11);
    tps_cbor_put_bool(w, is_true);
    if (name != NULL) {
        put_text(9, name);
    }
    if (passport != NULL) {
        put_bytes(10, tps_span_make(passport, 32));
    }
}

static void evidence_certifies_the_authentication_key_of_its_context(void **state)
{
    static const uint8_t club[32] = {0x5c};
    static const uint8_t *const providers[] = {NULL, shop, other_shop};
    static const uint8_t *const passports[] = {club, club, NULL}; /* beside the session's own context */
    device *d = *state;
    uint8_t expected[256];
    uint32_t direct;
    size_t size;

    (void)session_of(d, administrator(), TPS_MODE_PASSPORT, club);
    for (uint32_t mode = TPS_MODE_NONE; mode <= TPS_MODE_PAIRWISE; mode++) {
        uint32_t session = session_of(d, administrator(), mode, providers[mode]);
        tps_crypto_key *key = told_key(d, session, 0);
        tps_device_claims claims;

        size = told_authentication(d, administrator(), mode, providers[mode], expected);
        ask_confirmed(true, NULL, NULL);
        claims = claims_of(member(send_message(d, session), 1), key, 0);
        assert_true(tps_span_equal(claims.cnf, tps_span_make(expected, size)));
        ask_confirmed(true, "ldevid", NULL); /* one of both */
        send_expecting(d, session, TPS_EVIDENCE_ERROR_CLAIM);
        ask_confirmed(false, NULL, NULL);
        send_expecting(d, session, TPS_EVIDENCE_ERROR_CLAIM);
        ask_confirmed(true, NULL, club);
        if (passports[mode] == NULL) {
            send_expecting(d, session, TPS_EVIDENCE_ERROR_PROVIDER); /* another provider's, to this one */
        } else {
            size = told_authentication(d, administrator(), TPS_MODE_PASSPORT, club, expected);
            ask_confirmed(true, NULL, club);
            claims = claims_of(member(send_message(d, session), 1), key, 0);
            assert_true(tps_span_equal(claims.cnf, tps_span_make(expected, size)));
        }
        tps_crypto_key_free(key);
    }
    direct = session_of(d, somebody(), TPS_MODE_DIRECT, shop);
    ask_confirmed(true, NULL, NULL);
    send_expecting(d, direct, 0);
    send_expecting(d, session_of(d, somebody(), TPS_MODE_NONE, NULL), TPS_EVIDENCE_ERROR_KEY);
    message(10, 3); /* a provider, and no key in its context */
    put_uint(1, TPS_EVIDENCE_OPENTPS);
    put_bytes(2, TPS_SPAN_OF(nonce));
    put_bytes(10, TPS_SPAN_OF(club));
    send_expecting(d, session_of(d, somebody(), TPS_MODE_NONE, NULL), TPS_EVIDENCE_ERROR_CLAIM);
    tps_cbor_writer *w = message(10, 3);
    put_uint(1, TPS_EVIDENCE_PSA); /* which has no cnf */
    put_bytes(2, TPS_SPAN_OF(nonce));
    tps_cbor_put_uint(w, 11);
    tps_cbor_put_bool(w, true);
    send_expecting(d, session_of(d, administrator(), TPS_MODE_NONE, NULL), TPS_EVIDENCE_ERROR_CLAIM);
}

/* The key store could do what MAC_p is made with, too: agree with the verifier's key, then derive. */
static void no_application_makes_the_key_of_evidence_for_itself(void **state)
{
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    tps_device_claims claims = evidence(d, session, 0, 0);
    uint32_t store = open_session(d, &tps_key_store_service, somebody());
    tps_crypto_key *peer;
    tps_cbor_writer *w;
    uint8_t seed[32];

    memcpy(seed, claims.bootseed.data, sizeof(seed));
    bind_session(d, store, TPS_MODE_PAIRWISE, shop);
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &peer), TPS_OK);
    make_key(d, "kex", 4, TPS_MODE_PAIRWISE, shop);
    w = message(TPS_KEY_TAG_AGREE, 3);
    put_text(TPS_KEY_NAME, "shared");
    put_text(TPS_KEY_SOURCE, "kex");
    tps_cbor_put_uint(w, TPS_KEY_PEER);
    assert_int_equal(tps_cose_key_put(w, peer), TPS_OK);
    send_expecting(d, store, 0);
    for (int i = 0; i < 2; i++) {
        message(TPS_KEY_TAG_DERIVE, 5);
        put_text(TPS_KEY_NAME, "forger");
        put_uint(TPS_KEY_KIND, TPS_KEY_HMAC256);
        put_text(TPS_KEY_SOURCE, "shared");
        put_bytes(TPS_KEY_SALT, TPS_SPAN_OF(seed));
        put_bytes(TPS_KEY_INFO, i == 0 ? TPS_SPAN_LITERAL("mac") : TPS_SPAN_LITERAL("macs"));
        send_expecting(d, store, i == 0 ? TPS_KEY_ERROR_POLICY : 0);
    }
    tps_crypto_key_free(peer);
}

/* What came in from outside is known there. */
static void no_mac_comes_from_an_imported_key(void **state)
{
    static const tps_key_entry whole = {.kind = TPS_KEY_P256_AGREE,
                                        .usages = 1u << 7,
                                        .lifetime = 2,
                                        .secret_size = 32,
                                        .secret = {1},
                                        .name = "kex",
                                        .name_size = 3};
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_DIRECT, shop);
    tps_crypto_key *peer;

    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &peer), TPS_OK);
    for (uint32_t origin = TPS_KEY_GENERATED; origin <= TPS_KEY_DERIVED; origin++) {
        tps_session as = {.login = somebody(), .binding = {.mode = TPS_MODE_DIRECT}};
        tps_key_entry *entry = &d->key_store.volatile_keys[0];
        tps_key_asker asker;

        memcpy(as.binding.provider, shop, sizeof(shop));
        assert_int_equal(tps_key_asker_begin(&asker, &d->component, &as, &d->key_store), TPS_OK);
        *entry = whole;
        entry->origin = origin;
        memcpy(entry->owner, asker.owner, sizeof(entry->owner));
        memcpy(entry->context, asker.context, sizeof(entry->context));
        tps_key_asker_end(&asker);
        put_peer("kex", peer);
        send_expecting(d, session, origin == TPS_KEY_GENERATED ? 0 : TPS_EVIDENCE_ERROR_NAME);
    }
    tps_crypto_key_free(peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(evidence_certifies_the_authentication_key_of_its_context),
        TEST(no_application_makes_the_key_of_evidence_for_itself),
        TEST(no_mac_comes_from_an_imported_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
