/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA in COSE's form: published signatures, round trips, numbers with leading zeros, wrong sizes and keys.
 */
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/crypto.h"

#define P256_X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define P256_Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define P384_X \
    "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13"
#define P384_Y \
    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720"
#define P521_X                                                                                         \
    "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633" \
    "155d38ffa16d2bd761dcac474b9a2f5023a4"
#define P521_Y                                                                                         \
    "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f" \
    "924faafbd4d33f81ea66956dfeaa2bfdfcf5"

/* RFC 6979, A.2.5 to A.2.7: the message "sample"; with SHA-512 on the smaller curves, too, which ES512
 * permits. */
static const struct {
    int32_t curve;
    int32_t alg;
    size_t size;
    const char *x;
    const char *y;
    const char *signature;
} published[] = {
    {TPS_CURVE_P256, TPS_ALG_ES256, 32, P256_X, P256_Y,
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {TPS_CURVE_P384, TPS_ALG_ES384, 48, P384_X, P384_Y,
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"},
    {TPS_CURVE_P521, TPS_ALG_ES512, 66, P521_X, P521_Y,
     "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17"
     "4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa"
     "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af28"
     "2623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"},
    {TPS_CURVE_P256, TPS_ALG_ES512, 32, P256_X, P256_Y,
     "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00"
     "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe"},
    {TPS_CURVE_P384, TPS_ALG_ES512, 48, P384_X, P384_Y,
     "ed0959d5880ab2d869ae7f6c2915c6d60f96507f9cb3e047c0046861da4a799cfe30f35cc900056d7c99cd7882433709"
     "512c8cceee3890a84058ce1e22dbc2198f42323ce8aca9135329f03c068e5112dc7cc3ef3446defceb01a45c2667fdd5"},
};

static tps_crypto_key *key_of_point(size_t i)
{
    tps_buf x = bytes_from_hex(published[i].x);
    tps_buf y = bytes_from_hex(published[i].y);
    tps_crypto_point point = {.curve = published[i].curve, .size = published[i].size};
    tps_crypto_key *key = NULL;

    memcpy(point.x, x.data, x.size);
    memcpy(point.y, y.data, y.size);
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_OK);
    free(x.data);
    free(y.data);
    return key;
}

static void published_signatures_verify_and_changed_ones_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        tps_crypto_key *key;
        tps_buf signature;
        tps_digest digest;

        if (!tps_crypto_supports(published[i].alg)) {
            continue;
        }
        key = key_of_point(i);
        signature = bytes_from_hex(published[i].signature);
        assert_status(
            tps_crypto_hash_of(tps_crypto_alg_hash(published[i].alg), TPS_SPAN_LITERAL("sample"), &digest),
            TPS_OK);
        assert_status(tps_crypto_verify(key, published[i].alg, &digest, span_of(signature)), TPS_OK);
        assert_status(
            tps_crypto_verify_message(key, published[i].alg, TPS_SPAN_LITERAL("sample"), span_of(signature)),
            TPS_OK);
        assert_status(
            tps_crypto_verify_message(key, published[i].alg, TPS_SPAN_LITERAL("simple"), span_of(signature)),
            TPS_CRYPTO_BAD_SIGNATURE);
        for (size_t bit = 0; bit < 8 * signature.size; bit += 7 * TEST_BIT_STEP) {
            signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_status(tps_crypto_verify(key, published[i].alg, &digest, span_of(signature)),
                          TPS_CRYPTO_BAD_SIGNATURE);
            signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        digest.bytes[0] ^= 1;
        assert_status(tps_crypto_verify(key, published[i].alg, &digest, span_of(signature)),
                      TPS_CRYPTO_BAD_SIGNATURE);
        free(signature.data);
        tps_crypto_key_free(key);
    }
}

/* In 600 signatures a leading zero byte in r or s is missed once in 10^4 runs of this test; both must verify
 * anyway. */
static void signatures_verify_whatever_leading_zeros_they_have(void **state)
{
    (void)state;
    for (int i = 0; i < (tps_crypto_supports(TPS_ALG_ESP384) ? 2 : 1); i++) {
        tps_crypto_key *key = i == 0 ? test_key(5) : test_key_p384();
        int32_t alg = i == 0 ? TPS_ALG_ESP256 : TPS_ALG_ESP384;
        tps_digest digest = {.size = i == 0 ? 32 : 48};
        unsigned most = i == 0 ? 600 : 50;

        for (unsigned n = 0; n < most; n++) {
            uint8_t signature[TPS_SIGNATURE_SIZE_MAX];
            size_t size;

            digest.bytes[0] = (uint8_t)n;
            digest.bytes[1] = (uint8_t)(n >> 8);
            assert_status(tps_crypto_sign(key, alg, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
            assert_int_equal(size, 2 * digest.size);
            assert_status(tps_crypto_verify(key, alg, &digest, tps_span_make(signature, size)), TPS_OK);
        }
        tps_crypto_key_free(key);
    }
}

/* Also when it has verified before, and after a point that was refused. */
static void a_key_whose_point_changes_verifies_for_the_new_one_alone(void **state)
{
    tps_crypto_key *signers[2] = {test_key(1), test_key(2)};
    tps_crypto_point points[2];
    tps_crypto_key *key = NULL;
    tps_digest digest = {.size = 32};
    uint8_t signatures[2][64];
    size_t size;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_status(tps_crypto_key_point(signers[i], &points[i]), TPS_OK);
        assert_status(tps_crypto_sign(signers[i], TPS_ALG_ES256, &digest, TPS_BUF_OF(signatures[i]), &size),
                      TPS_OK);
    }
    for (int turn = 0; turn < 6; turn++) {
        int now = turn % 2;
        tps_crypto_point found;

        assert_status(tps_crypto_key_change_point(&key, &points[now]), TPS_OK);
        assert_status(tps_crypto_key_point(key, &found), TPS_OK);
        assert_memory_equal(found.x, points[now].x, 32);
        assert_status(tps_crypto_verify(key, TPS_ALG_ES256, &digest, TPS_SPAN_OF(signatures[now])), TPS_OK);
        assert_status(tps_crypto_verify(key, TPS_ALG_ES256, &digest, TPS_SPAN_OF(signatures[1 - now])),
                      TPS_CRYPTO_BAD_SIGNATURE);
        if (turn == 3) {
            tps_crypto_point wrong = points[now];
            wrong.y[31] ^= 1;
            assert_status(tps_crypto_key_change_point(&key, &wrong), TPS_CRYPTO_BAD_KEY);
            assert_null(key);
        }
    }
    points[0].size = 48;
    assert_status(tps_crypto_key_change_point(&key, &points[0]), TPS_CRYPTO_BAD_KEY);
    assert_null(key);
    tps_crypto_key_free(signers[0]);
    tps_crypto_key_free(signers[1]);
}

/* Zero, the order, and all ones in place of r or s: every one is a bad signature, never an error of another
 * kind. */
static void extreme_numbers_are_bad_signatures(void **state)
{
    tps_crypto_key *key = key_of_point(0);
    tps_buf order = bytes_from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    tps_digest digest = {.size = 32};

    (void)state;
    for (int r = 0; r < 4; r++) {
        for (int s = 0; s < 4; s++) {
            uint8_t signature[64];

            for (int half = 0; half < 2; half++) {
                int kind = half == 0 ? r : s;

                memset(signature + 32 * half, kind == 1 ? 0xff : 0, 32);
                signature[32 * half + 31] |= kind == 2;
                if (kind == 3) {
                    memcpy(signature + 32 * half, order.data, 32);
                }
            }
            assert_status(tps_crypto_verify(key, TPS_ALG_ES256, &digest, TPS_SPAN_OF(signature)),
                          TPS_CRYPTO_BAD_SIGNATURE);
        }
    }
    free(order.data);
    tps_crypto_key_free(key);
}

static void signatures_of_another_size_are_bad(void **state)
{
    tps_crypto_key *key = test_key(1);
    tps_digest digest = {.size = 32};
    uint8_t signature[96];
    size_t size;

    (void)state;
    assert_status(tps_crypto_sign(key, TPS_ALG_ES256, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
    for (size_t other = 0; other <= sizeof signature; other++) {
        assert_status(tps_crypto_verify(key, TPS_ALG_ES256, &digest, tps_span_make(signature, other)),
                      other == 64 ? TPS_OK : TPS_CRYPTO_BAD_SIGNATURE);
    }
    tps_crypto_key_free(key);
}

static void an_algorithm_that_does_not_fit_key_or_digest_is_refused(void **state)
{
    static const int32_t others[] = {TPS_ALG_ESP384, TPS_ALG_NONE, TPS_ALG_ESP512, TPS_ALG_EDDSA,
                                     TPS_ALG_PS256};
    tps_crypto_key *p256 = test_key(1);
    tps_digest small = {.size = 32};
    tps_digest large = {.size = 48};
    uint8_t signature[96] = {0};
    size_t size;

    (void)state;
    assert_status(tps_crypto_alg_fits(TPS_ALG_ES256, p256), TPS_OK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_status(tps_crypto_alg_fits(others[i], p256), TPS_CRYPTO_ALG_REFUSED);
    }
    assert_status(tps_crypto_sign(p256, TPS_ALG_ES256, &large, TPS_BUF_OF(signature), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_verify(p256, TPS_ALG_ES384, &large, TPS_SPAN_OF(signature)),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_verify(p256, TPS_ALG_SHA256, &small, TPS_SPAN_OF(signature)),
                  TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(p256);
}

static void an_algorithm_of_a_smaller_curve_is_refused(void **state)
{
    tps_crypto_key *p384;
    tps_digest small = {.size = 32};
    uint8_t signature[96] = {0};
    size_t size;

    (void)state;
    require_curve(TPS_CURVE_P384);
    p384 = test_key_p384();
    assert_status(tps_crypto_alg_fits(TPS_ALG_ES256, p384), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_sign(p384, TPS_ALG_ES256, &small, TPS_BUF_OF(signature), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_verify(p384, TPS_ALG_ES384, &small, TPS_SPAN_OF(signature)),
                  TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(p384);
}

static tps_crypto_key *generated(int32_t curve)
{
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_generate(curve, &key), TPS_OK);
    return key;
}

static void es512_signs_with_p521_only(void **state)
{
    tps_crypto_key *p256;
    tps_crypto_key *p384;
    tps_crypto_key *p521;
    tps_digest digest = {.size = 64};
    uint8_t signature[TPS_EC_SIGNATURE_SIZE_MAX];
    size_t size;

    (void)state;
    require_curve(TPS_CURVE_P521);
    p256 = test_key(1);
    p384 = test_key_p384();
    p521 = generated(TPS_CURVE_P521);
    assert_status(tps_crypto_alg_fits(TPS_ALG_ES512, p256), TPS_OK); /* for verification */
    assert_status(tps_crypto_sign(p256, TPS_ALG_ES512, &digest, TPS_BUF_OF(signature), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_sign(p384, TPS_ALG_ES512, &digest, TPS_BUF_OF(signature), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_sign(p256, TPS_ALG_ESP512, &digest, TPS_BUF_OF(signature), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    for (unsigned n = 0; n < 30; n++) {
        int32_t alg = n % 2 == 0 ? TPS_ALG_ES512 : TPS_ALG_ESP512;

        digest.bytes[0] = (uint8_t)n;
        assert_status(tps_crypto_sign(p521, alg, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
        assert_int_equal(size, 132);
        assert_status(tps_crypto_verify(p521, alg, &digest, TPS_SPAN_OF(signature)), TPS_OK);
    }
    assert_status(tps_crypto_alg_fits(TPS_ALG_ES256, p521), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_alg_fits(TPS_ALG_ES384, p521), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_alg_fits(TPS_ALG_ESP512, p384), TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(p256);
    tps_crypto_key_free(p384);
    tps_crypto_key_free(p521);
}

static void messages_are_hashed_and_signed(void **state)
{
    tps_crypto_key *key = test_key(1);
    tps_digest digest;
    uint8_t signature[64];
    size_t size;

    (void)state;
    assert_status(
        tps_crypto_sign_message(key, TPS_ALG_ES256, TPS_SPAN_LITERAL("sample"), TPS_BUF_OF(signature), &size),
        TPS_OK);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_LITERAL("sample"), &digest), TPS_OK);
    assert_status(tps_crypto_verify(key, TPS_ALG_ES256, &digest, TPS_SPAN_OF(signature)), TPS_OK);
    assert_status(tps_crypto_sign_message(key, TPS_ALG_ES384, TPS_SPAN_EMPTY, TPS_BUF_OF(signature), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_verify_message(key, TPS_ALG_ES384, TPS_SPAN_EMPTY, TPS_SPAN_OF(signature)),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_sign_message(key, TPS_ALG_ES256, TPS_SPAN_EMPTY, TPS_BUF_MEASURE, &size),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 64);
    tps_crypto_key_free(key);
}

static void a_public_key_does_not_sign(void **state)
{
    tps_crypto_key *key = key_of_point(0);
    tps_digest digest = {.size = 32};
    uint8_t signature[64];
    size_t size;

    (void)state;
    assert_status(tps_crypto_sign(key, TPS_ALG_ES256, &digest, TPS_BUF_OF(signature), &size),
                  TPS_CRYPTO_BAD_KEY);
    tps_crypto_key_free(key);
}

static void a_small_buffer_is_told_the_size_needed(void **state)
{
    tps_crypto_key *key = test_key(1);
    tps_digest digest = {.size = 32};
    uint8_t signature[64];
    size_t size = 0;

    (void)state;
    assert_status(tps_crypto_sign(key, TPS_ALG_ES256, &digest, (tps_buf){signature, 63}, &size),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 64);
    assert_status(tps_crypto_sign(key, TPS_ALG_ES256, &digest, TPS_BUF_MEASURE, &size), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 64);
    tps_crypto_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_whose_point_changes_verifies_for_the_new_one_alone),
        cmocka_unit_test(published_signatures_verify_and_changed_ones_do_not),
        cmocka_unit_test(signatures_verify_whatever_leading_zeros_they_have),
        cmocka_unit_test(extreme_numbers_are_bad_signatures),
        cmocka_unit_test(signatures_of_another_size_are_bad),
        cmocka_unit_test(an_algorithm_that_does_not_fit_key_or_digest_is_refused),
        cmocka_unit_test(an_algorithm_of_a_smaller_curve_is_refused),
        cmocka_unit_test(es512_signs_with_p521_only),
        cmocka_unit_test(messages_are_hashed_and_signed),
        cmocka_unit_test(a_public_key_does_not_sign),
        cmocka_unit_test(a_small_buffer_is_told_the_size_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
