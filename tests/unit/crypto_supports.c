/* SPDX-License-Identifier: Apache-2.0 */
/* What a back end says that it has is what it has: neither more nor less is taken by its operations. */
#include "support/check.h"
#include "support/keys.h"
#include "tps/crypto.h"

static const int32_t everything[] = {
    TPS_ALG_ES256,
    TPS_ALG_ESP256,
    TPS_ALG_ES384,
    TPS_ALG_ESP384,
    TPS_ALG_ES512,
    TPS_ALG_ESP512,
    TPS_ALG_EDDSA,
    TPS_ALG_ED25519,
    TPS_ALG_PS256,
    TPS_ALG_SHA256,
    TPS_ALG_SHA384,
    TPS_ALG_SHA512,
    TPS_ALG_HMAC256_64,
    TPS_ALG_HMAC256,
    TPS_ALG_HMAC384,
    TPS_ALG_HMAC512,
    TPS_ALG_A128GCM,
    TPS_ALG_A192GCM,
    TPS_ALG_A256GCM,
    TPS_ALG_AES_CCM_16_64_128,
    TPS_ALG_AES_CCM_16_128_128,
    TPS_ALG_A128KW,
    TPS_ALG_A192KW,
    TPS_ALG_A256KW,
};

/* What the chip's configuration of mbedTLS wants (src/crypto/psa/mbedtls_config_chip.h). */
static const int32_t on_a_chip[] = {
    TPS_ALG_ES256,   TPS_ALG_ESP256,  TPS_ALG_SHA256, TPS_ALG_HMAC256_64, TPS_ALG_HMAC256, TPS_ALG_A128GCM,
    TPS_ALG_A192GCM, TPS_ALG_A256GCM, TPS_ALG_A128KW, TPS_ALG_A192KW,     TPS_ALG_A256KW,
};

static bool is_chip(void)
{
    return strcmp(TPS_TEST_BACKEND, "psa_chip") == 0;
}

static bool is_in(int32_t alg, const int32_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == alg) {
            return true;
        }
    }
    return false;
}

static bool is_meant(int32_t alg)
{
    if (is_chip()) {
        return is_in(alg, on_a_chip, sizeof on_a_chip / sizeof on_a_chip[0]);
    }
    return is_in(alg, everything, sizeof everything / sizeof everything[0]) &&
           ((alg != TPS_ALG_EDDSA && alg != TPS_ALG_ED25519) || strcmp(TPS_TEST_BACKEND, "psa") != 0);
}

static void what_is_meant_to_be_there_is_and_nothing_else(void **state)
{
    (void)state;
    for (int32_t alg = -70000; alg <= 70000; alg++) {
        assert_int_equal(tps_crypto_supports(alg), is_meant(alg));
    }
    assert_false(tps_crypto_supports(INT32_MIN));
    assert_false(tps_crypto_supports(INT32_MAX));
    for (int32_t curve = -10; curve <= 300; curve++) {
        bool is_nist =
            curve == TPS_CURVE_P256 || (!is_chip() && (curve == TPS_CURVE_P384 || curve == TPS_CURVE_P521));
        assert_int_equal(tps_crypto_supports_curve(curve),
                         is_nist || (curve == TPS_CURVE_ED25519 && tps_crypto_supports(TPS_ALG_ED25519)));
    }
}

static void assert_taken(int32_t alg, tps_status status)
{
    if (tps_crypto_supports(alg)) {
        assert_int_not_equal(status, TPS_CRYPTO_ALG_REFUSED);
    } else {
        assert_status(status, TPS_CRYPTO_ALG_REFUSED);
    }
}

static void hashes_and_codes_are_taken_as_told(void **state)
{
    static const int32_t hashes[] = {TPS_ALG_SHA256, TPS_ALG_SHA384, TPS_ALG_SHA512};
    tps_crypto_hash hash;
    tps_crypto_mac mac;
    tps_digest digest;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int32_t alg = hashes[i];
        assert_taken(alg, tps_crypto_hash_of(alg, TPS_SPAN_EMPTY, &digest));
        assert_taken(alg, tps_crypto_hash_begin(&hash, alg));
        tps_crypto_hash_abort(&hash);
    }
    for (int32_t alg = TPS_ALG_HMAC256_64; alg <= TPS_ALG_HMAC512; alg++) {
        assert_taken(alg, tps_crypto_mac_begin(&mac, alg, TPS_SPAN_LITERAL("key")));
        tps_crypto_mac_abort(&mac);
    }
}

static void encryption_and_key_wrap_are_taken_as_told(void **state)
{
    static const uint8_t zeros[48];
    uint8_t out[48];

    (void)state;
    for (int32_t alg = TPS_ALG_A256KW; alg <= TPS_ALG_AES_CCM_16_128_128; alg++) {
        tps_span key = {zeros, tps_crypto_aead_key_size(alg)};
        tps_span nonce = {zeros, tps_crypto_aead_nonce_size(alg)};
        size_t size = tps_crypto_aead_tag_size(alg);

        if (size != 0) {
            memset(out, 0xa5, sizeof out);
            assert_taken(alg, tps_crypto_aead_seal(alg, key, nonce, (tps_crypto_aad){NULL, 0}, TPS_SPAN_EMPTY,
                                                   (tps_buf){out, size}));
            assert_taken(alg, tps_crypto_aead_open(alg, key, nonce, (tps_crypto_aad){NULL, 0},
                                                   tps_span_make(zeros, size + 1), (tps_buf){out, 1}));
            assert_int_equal(out[0], 0); /* wiped: it was refused, or the tag is wrong */
        }
    }
    for (int32_t alg = TPS_ALG_A256KW; alg <= TPS_ALG_A128KW; alg++) {
        size_t size = 8u * (size_t)(-1 - alg);
        assert_taken(alg, tps_crypto_wrap(alg, tps_span_make(zeros, size), tps_span_make(zeros, 16),
                                          (tps_buf){out, 24}));
    }
}

static void keys_are_taken_as_told(void **state)
{
    static const int32_t curves[] = {TPS_CURVE_P256, TPS_CURVE_P384, TPS_CURVE_P521, TPS_CURVE_ED25519};
    uint8_t scalar[TPS_COORDINATE_SIZE_MAX] = {0};

    (void)state;
    scalar[31] = 1;
    for (size_t i = 0; i < 4; i++) {
        tps_status expected = tps_crypto_supports_curve(curves[i]) ? TPS_OK : TPS_CRYPTO_ALG_REFUSED;
        tps_crypto_key *key = NULL;
        tps_crypto_point point = {.curve = curves[i], .size = tps_crypto_curve_size(curves[i])};

        assert_status(tps_crypto_key_generate(curves[i], &key), expected);
        assert_int_equal(key != NULL, expected == TPS_OK);
        if (expected == TPS_OK) {
            assert_status(tps_crypto_key_point(key, &point), TPS_OK);
        }
        tps_crypto_key_free(key);
        assert_status(tps_crypto_key_from_point(&point, &key), expected);
        tps_crypto_key_free(key);
        assert_status(tps_crypto_key_from_scalar(curves[i], tps_span_make(scalar, point.size), &key),
                      expected);
        tps_crypto_key_free(key);
    }
}

/* ES512 fits a key on P-256, too: it is verified if there is SHA-512. */
static void a_signature_is_verified_if_there_is_its_hash(void **state)
{
    tps_crypto_key *key = test_key(1);
    tps_digest digest = {.size = 64};
    uint8_t signature[64] = {1};
    tps_status expected =
        tps_crypto_supports(TPS_ALG_SHA512) ? TPS_CRYPTO_BAD_SIGNATURE : TPS_CRYPTO_ALG_REFUSED;

    (void)state;
    assert_status(tps_crypto_verify(key, TPS_ALG_ES512, &digest, TPS_SPAN_OF(signature)), expected);
    assert_status(
        tps_crypto_verify_message(key, TPS_ALG_ES512, TPS_SPAN_LITERAL("abc"), TPS_SPAN_OF(signature)),
        expected);
    tps_crypto_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_meant_to_be_there_is_and_nothing_else),
        cmocka_unit_test(hashes_and_codes_are_taken_as_told),
        cmocka_unit_test(encryption_and_key_wrap_are_taken_as_told),
        cmocka_unit_test(keys_are_taken_as_told),
        cmocka_unit_test(a_signature_is_verified_if_there_is_its_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
