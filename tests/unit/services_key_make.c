/* SPDX-License-Identifier: Apache-2.0 */
/* How keys come into the key store: wrapped imports, derivation, agreement; and that nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "key_store_support.h"

static const tps_login me = {.method = TPSC_LOGIN_USER, .uid = 1000, .gid = 50};
static const uint8_t secret[64] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+";

static int setup(void **state)
{
    device *d = device_new();

    device_start(d);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("in"), KIND(TPS_KEY_P256_IMPORT)), 0);
    *state = d;
    return 0;
}

static uint64_t import(device *d, const char *name, uint32_t kind, tps_span cose_key)
{
    tps_span wrapped = key_wrap(d, &me, "in", cose_key);

    return ERROR(d, &me, TPS_KEY_TAG_IMPORT, NAME(name), KIND(kind), TEXT(TPS_KEY_SOURCE, "in"),
                 BYTES(TPS_KEY_WRAPPED, wrapped));
}

static void key_pairs_come_in_wrapped_and_sign(void **state)
{
    static const struct {
        uint32_t kind;
        int32_t curve;
        int32_t alg;
    } known[] = {{TPS_KEY_P256_SIGN, TPS_CURVE_P256, TPS_ALG_ESP256},
                 {TPS_KEY_P384_SIGN, TPS_CURVE_P384, TPS_ALG_ESP384},
                 {TPS_KEY_ED25519_SIGN, TPS_CURVE_ED25519, TPS_ALG_ED25519}};
    device *d = *state;

    for (size_t i = 0; i < 3; i++) {
        tps_crypto_key *key;
        tps_key_entry entry;

        assert_int_equal(tps_crypto_key_generate(known[i].curve, &key), TPS_OK);
        assert_int_equal(import(d, "k", known[i].kind, key_private(key)), 0);
        assert_int_equal(tps_crypto_verify_message(
                             key, known[i].alg, TPS_SPAN_LITERAL("hello"),
                             member(ASK(d, &me, TPS_KEY_TAG_SIGN, NAME("k"), DATA("hello")), TPS_KEY_RESULT)),
                         TPS_OK);
        entry = key_stored(d, &me, "k");
        assert_int_equal(entry.origin, TPS_KEY_IMPORTED);
        assert_untold(d, tps_key_entry_secret(&entry));
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("k")), 0);
        tps_crypto_key_free(key);
    }
}

static void secrets_come_in_wrapped_and_work(void **state)
{
    device *d = *state;
    uint8_t mac[32];

    assert_int_equal(import(d, "m", TPS_KEY_HMAC256, key_symmetric(tps_span_make(secret, 32), 0, 0)), 0);
    assert_int_equal(tps_crypto_hmac_sha256(tps_span_make(secret, 32), TPS_SPAN_LITERAL("x"), mac), TPS_OK);
    assert_memory_equal(member(ASK(d, &me, TPS_KEY_TAG_MAC, NAME("m"), DATA("x")), TPS_KEY_RESULT).data, mac,
                        32);
    assert_int_equal(import(d, "h", TPS_KEY_HKDF, key_symmetric(tps_span_make(secret, 16), 0, 0)), 0);
    assert_int_equal(import(d, "i", TPS_KEY_HKDF, key_symmetric(tps_span_make(secret, 64), 0, 0)), 0);
    assert_untold(d, TPS_SPAN_OF(secret));
}

static void a_wrapped_key_is_of_the_kind_that_it_says_or_stays_out(void **state)
{
    device *d = *state;
    tps_span s32 = tps_span_make(secret, 32);
    tps_crypto_key *p256;

    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &p256), TPS_OK);
    assert_int_equal(import(d, "a", TPS_KEY_HMAC256, key_symmetric(tps_span_make(secret, 31), 0, 0)),
                     TPS_KEY_ERROR_WRAPPED);
    assert_int_equal(import(d, "a", TPS_KEY_HKDF, key_symmetric(tps_span_make(secret, 15), 0, 0)),
                     TPS_KEY_ERROR_WRAPPED);
    assert_int_equal(import(d, "a", TPS_KEY_AES128_GCM, key_symmetric(s32, 0, 0)), TPS_KEY_ERROR_WRAPPED);
    assert_int_equal(import(d, "a", TPS_KEY_AES256_GCM, key_symmetric(s32, TPS_ALG_HMAC256, 0)),
                     TPS_KEY_ERROR_WRAPPED);
    assert_int_equal(import(d, "a", TPS_KEY_AES256_GCM,
                            key_symmetric(s32, TPS_ALG_A256GCM, TPS_KEY_USE(TPS_KEY_OP_DECRYPT))),
                     TPS_KEY_ERROR_WRAPPED); /* it may not encrypt, and is asked to */
    assert_int_equal(import(d, "a", TPS_KEY_P256_SIGN, key_symmetric(s32, 0, 0)), TPS_KEY_ERROR_WRAPPED);
    assert_int_equal(import(d, "a", TPS_KEY_HMAC256, key_private(p256)), TPS_KEY_ERROR_WRAPPED);
    assert_int_equal(import(d, "a", TPS_KEY_P384_SIGN, key_private(p256)), TPS_KEY_ERROR_WRAPPED);
    assert_int_equal(import(d, "a", TPS_KEY_P256_SIGN, TPS_SPAN_LITERAL("\x80")), TPS_KEY_ERROR_WRAPPED);
    assert_int_equal(import(d, "a", TPS_KEY_P256_IMPORT, key_private(p256)), TPS_KEY_ERROR_KIND);
    {
        tps_span other = key_private(p256); /* a private part that is not of this public one */
        uint8_t mixed[256];

        memcpy(mixed, other.data, other.size);
        mixed[other.size - 1] ^= 1;
        assert_int_equal(import(d, "a", TPS_KEY_P256_SIGN, tps_span_make(mixed, other.size)),
                         TPS_KEY_ERROR_WRAPPED);
    }
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESCRIBE, NAME("a")), TPS_KEY_ERROR_UNKNOWN);
    assert_int_equal(import(d, "a", TPS_KEY_AES256_GCM,
                            key_symmetric(s32, TPS_ALG_A256GCM,
                                          TPS_KEY_USE(TPS_KEY_OP_DECRYPT) | TPS_KEY_USE(TPS_KEY_OP_ENCRYPT))),
                     0);
    tps_crypto_key_free(p256);
}

static void only_an_import_key_opens_what_was_wrapped_for_it(void **state)
{
    static uint8_t large[TPS_KEY_DATA_MAX + 1];
    device *d = *state;
    tps_span wrapped = key_wrap(d, &me, "in", key_symmetric(tps_span_make(secret, 32), 0, 0));
    const field with_other[] = {NAME("a"), KIND(TPS_KEY_HMAC256), TEXT(TPS_KEY_SOURCE, "other"),
                                BYTES(TPS_KEY_WRAPPED, wrapped)};
    uint8_t changed[512];

    assert_int_equal(error_of(key_send(d, 0, &me, TPS_KEY_TAG_IMPORT, with_other, 4)), TPS_KEY_ERROR_UNKNOWN);
    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("other"), KIND(TPS_KEY_P256_IMPORT));
    assert_int_equal(error_of(key_send(d, 0, &me, TPS_KEY_TAG_IMPORT, with_other, 4)), TPS_KEY_ERROR_WRAPPED);
    (void)ASK(d, &me, TPS_KEY_TAG_DESTROY, NAME("other"));
    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("other"), KIND(TPS_KEY_P256_AGREE));
    assert_int_equal(error_of(key_send(d, 0, &me, TPS_KEY_TAG_IMPORT, with_other, 4)), TPS_KEY_ERROR_USE);
    for (size_t i = 0; i < wrapped.size; i += 3) {
        memcpy(changed, wrapped.data, wrapped.size);
        changed[i] ^= 0x10;
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_IMPORT, NAME("a"), KIND(TPS_KEY_HMAC256),
                               TEXT(TPS_KEY_SOURCE, "in"),
                               BYTES(TPS_KEY_WRAPPED, tps_span_make(changed, wrapped.size))),
                         TPS_KEY_ERROR_WRAPPED);
    }
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_IMPORT, NAME("a"), KIND(TPS_KEY_HMAC256),
                           TEXT(TPS_KEY_SOURCE, "in"), BYTES(TPS_KEY_WRAPPED, TPS_SPAN_OF(large))),
                     TPS_KEY_ERROR_DATA);
}

static void an_import_key_of_one_use_opens_one_key(void **state)
{
    device *d = *state;
    tps_span wrapped;

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("once"), KIND(TPS_KEY_P256_IMPORT),
              NUMBER(TPS_KEY_LIMIT, 1));
    wrapped = key_wrap(d, &me, "once", key_symmetric(tps_span_make(secret, 32), 0, 0));
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_IMPORT, NAME("a"), KIND(TPS_KEY_HMAC256),
                           TEXT(TPS_KEY_SOURCE, "once"), BYTES(TPS_KEY_WRAPPED, wrapped)),
                     0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_IMPORT, NAME("b"), KIND(TPS_KEY_HMAC256),
                           TEXT(TPS_KEY_SOURCE, "once"), BYTES(TPS_KEY_WRAPPED, wrapped)),
                     TPS_KEY_ERROR_USED_UP);
}

static void derived_keys_are_those_of_hkdf(void **state)
{
    static const uint32_t kinds[] = {TPS_KEY_AES128_GCM, TPS_KEY_AES256_GCM, TPS_KEY_HMAC256,
                                     TPS_KEY_HMAC384,    TPS_KEY_HMAC512,    TPS_KEY_HKDF};
    device *d = *state;

    assert_int_equal(import(d, "h", TPS_KEY_HKDF, key_symmetric(tps_span_make(secret, 40), 0, 0)), 0);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        uint8_t expected[64];
        tps_key_entry entry;

        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("k"), KIND(kinds[i]),
                               TEXT(TPS_KEY_SOURCE, "h"), BYTES(TPS_KEY_SALT, TPS_SPAN_LITERAL("salt")),
                               BYTES(TPS_KEY_INFO, TPS_SPAN_LITERAL("info"))),
                         0);
        entry = key_stored(d, &me, "k");
        assert_int_equal(tps_crypto_hkdf(tps_span_make(secret, 40), TPS_SPAN_LITERAL("salt"),
                                         TPS_SPAN_LITERAL("info"), (tps_buf){expected, entry.secret_size}),
                         TPS_OK);
        assert_memory_equal(entry.secret, expected, entry.secret_size);
        assert_int_equal(entry.origin, TPS_KEY_DERIVED);
        assert_untold(d, tps_key_entry_secret(&entry));
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("k")), 0);
    }
    assert_int_equal(
        ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("k"), KIND(TPS_KEY_P256_SIGN), TEXT(TPS_KEY_SOURCE, "h")),
        TPS_KEY_ERROR_KIND);
    assert_int_equal(
        ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("k"), KIND(TPS_KEY_HMAC256), TEXT(TPS_KEY_SOURCE, "in")),
        TPS_KEY_ERROR_USE);
    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("p"), KIND(TPS_KEY_P256_AGREE));
    assert_int_equal(
        ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("k"), KIND(TPS_KEY_HMAC256), TEXT(TPS_KEY_SOURCE, "p")),
        TPS_KEY_ERROR_USE);
}

/* A COSE_Key of this public key; static memory. */
static tps_span cose_key_of(const tps_crypto_key *key)
{
    static uint8_t room[256];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));

    assert_int_equal(tps_cose_key_put(&w, key), TPS_OK);
    return tps_span_make(room, w.size);
}

static void both_ends_of_an_agreement_have_one_secret(void **state)
{
    device *d = *state;

    for (uint32_t kind = TPS_KEY_P256_AGREE; kind <= TPS_KEY_P384_AGREE; kind++) {
        int32_t curve = tps_key_kind_find(kind)->curve;
        size_t size = tps_crypto_curve_size(curve);
        tps_crypto_key *peer;
        tps_crypto_key *own;
        tps_key_entry entry;
        uint8_t expected[48];

        (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("e"), KIND(kind));
        assert_int_equal(tps_crypto_key_generate(curve, &peer), TPS_OK);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_AGREE, NAME("z"), TEXT(TPS_KEY_SOURCE, "e"),
                               RAW(TPS_KEY_PEER, cose_key_of(peer))),
                         0);
        own = key_public(d, &me, "e");
        assert_int_equal(tps_crypto_ecdh(peer, own, (tps_buf){expected, size}), TPS_OK);
        entry = key_stored(d, &me, "z");
        assert_int_equal(entry.kind, TPS_KEY_HKDF);
        assert_int_equal(entry.secret_size, size);
        assert_memory_equal(entry.secret, expected, size);
        assert_untold(d, tps_key_entry_secret(&entry));
        tps_crypto_key_free(own);
        tps_crypto_key_free(peer);
        (void)ASK(d, &me, TPS_KEY_TAG_DESTROY, NAME("e"));
        (void)ASK(d, &me, TPS_KEY_TAG_DESTROY, NAME("z"));
    }
}

static uint64_t agree(device *d, const char *source, tps_span peer)
{
    return ERROR(d, &me, TPS_KEY_TAG_AGREE, NAME("z"), TEXT(TPS_KEY_SOURCE, source), RAW(TPS_KEY_PEER, peer));
}

static void a_peer_is_a_public_key_of_the_same_curve(void **state)
{
    device *d = *state;
    tps_crypto_key *p384;
    tps_crypto_key *p256;
    tps_span point;
    uint8_t off[256];

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("e"), KIND(TPS_KEY_P256_AGREE), NUMBER(TPS_KEY_LIMIT, 1));
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P384, &p384), TPS_OK);
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &p256), TPS_OK);
    assert_int_equal(agree(d, "e", cose_key_of(p384)), TPS_KEY_ERROR_PEER);
    assert_int_equal(agree(d, "e", key_private(p256)), TPS_KEY_ERROR_PEER);
    assert_int_equal(agree(d, "e", TPS_SPAN_LITERAL("\x01")), TPS_KEY_ERROR_PEER);
    point = cose_key_of(p256);
    memcpy(off, point.data, point.size);
    off[point.size - 1] ^= 1;
    assert_int_equal(agree(d, "e", tps_span_make(off, point.size)), TPS_KEY_ERROR_PEER);
    assert_int_equal(agree(d, "in", cose_key_of(p256)), TPS_KEY_ERROR_USE);
    assert_int_equal(import(d, "h", TPS_KEY_HKDF, key_symmetric(tps_span_make(secret, 32), 0, 0)), 0);
    assert_int_equal(agree(d, "h", cose_key_of(p256)), TPS_KEY_ERROR_USE);
    assert_int_equal(agree(d, "e", cose_key_of(p256)), 0); /* none of these was a use */
    (void)ASK(d, &me, TPS_KEY_TAG_DESTROY, NAME("z"));
    assert_int_equal(agree(d, "e", cose_key_of(p256)), TPS_KEY_ERROR_USED_UP);
    tps_crypto_key_free(p256);
    tps_crypto_key_free(p384);
}

static void what_comes_of_a_bound_key_is_bound_or_gone_at_the_next_start(void **state)
{
    device *d = *state;
    tps_span wrapped;

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("h"), KIND(TPS_KEY_HKDF), FLAG(TPS_KEY_BOUND, 1));
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("a"), KIND(8), TEXT(TPS_KEY_SOURCE, "h")),
                     TPS_KEY_ERROR_POLICY);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("a"), FLAG(TPS_KEY_BOUND, 1), KIND(8),
                           TEXT(TPS_KEY_SOURCE, "h")),
                     0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("b"), KIND(8), NUMBER(TPS_KEY_LIFETIME, 2),
                           TEXT(TPS_KEY_SOURCE, "h")),
                     0);
    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("bin"), KIND(TPS_KEY_P256_IMPORT), FLAG(TPS_KEY_BOUND, 1));
    wrapped = key_wrap(d, &me, "bin", key_symmetric(tps_span_make(secret, 32), 0, 0));
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_IMPORT, NAME("c"), KIND(8), TEXT(TPS_KEY_SOURCE, "bin"),
                           BYTES(TPS_KEY_WRAPPED, wrapped)),
                     TPS_KEY_ERROR_POLICY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(key_pairs_come_in_wrapped_and_sign),
        TEST(secrets_come_in_wrapped_and_work),
        TEST(a_wrapped_key_is_of_the_kind_that_it_says_or_stays_out),
        TEST(only_an_import_key_opens_what_was_wrapped_for_it),
        TEST(an_import_key_of_one_use_opens_one_key),
        TEST(derived_keys_are_those_of_hkdf),
        TEST(both_ends_of_an_agreement_have_one_secret),
        TEST(a_peer_is_a_public_key_of_the_same_curve),
        TEST(what_comes_of_a_bound_key_is_bound_or_gone_at_the_next_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
