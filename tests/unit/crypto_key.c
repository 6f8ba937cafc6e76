/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: made, derived (FIPS 186-5, A.2.1), taken apart and put together; what is no key is refused. */
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/crypto.h"

/* The order of P-256, and the private key of RFC 6979, A.2.5. */
#define ORDER   "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define RFC6979 "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"

static tps_status from_scalar(const char *hex, tps_crypto_key **key)
{
    tps_buf scalar = bytes_from_hex(hex);
    tps_status status = tps_crypto_key_from_scalar(TPS_CURVE_P256, span_of(scalar), key);

    free(scalar.data);
    return status;
}

static void assert_same_point(const tps_crypto_key *a, const tps_crypto_key *b)
{
    tps_crypto_point p;
    tps_crypto_point q;

    assert_status(tps_crypto_key_point(a, &p), TPS_OK);
    assert_status(tps_crypto_key_point(b, &q), TPS_OK);
    assert_int_equal(p.curve, q.curve);
    assert_memory_equal(p.x, q.x, p.size);
    assert_memory_equal(p.y, q.y, p.size);
}

static void a_scalar_gives_its_published_point(void **state)
{
    tps_crypto_key *key = NULL;
    tps_crypto_point point;
    tps_buf x = bytes_from_hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
    tps_buf y = bytes_from_hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");

    (void)state;
    assert_status(from_scalar(RFC6979, &key), TPS_OK);
    assert_true(tps_crypto_key_is_private(key));
    assert_int_equal(tps_crypto_key_curve(key), TPS_CURVE_P256);
    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    assert_int_equal(point.size, 32);
    assert_span(tps_span_make(point.x, 32), span_of(x));
    assert_span(tps_span_make(point.y, 32), span_of(y));
    tps_crypto_key_free(key);
    free(x.data);
    free(y.data);
}

static void scalars_outside_of_the_order_are_refused(void **state)
{
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        ORDER,
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "",
        "01",
        "00" RFC6979,
    };
    tps_crypto_key *key = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_status(from_scalar(bad[i], &key), TPS_CRYPTO_BAD_KEY);
        assert_null(key);
    }
    /* A size that no int holds must not be read. */
    assert_status(tps_crypto_key_from_scalar(TPS_CURVE_P256, tps_span_make("x", (size_t)1 << 31), &key),
                  TPS_CRYPTO_BAD_KEY);
    assert_status(from_scalar("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", &key),
                  TPS_OK);
    tps_crypto_key_free(key);
    assert_status(from_scalar("0000000000000000000000000000000000000000000000000000000000000001", &key),
                  TPS_OK);
    tps_crypto_key_free(key);
}

static void a_scalar_comes_back(void **state)
{
    static const char *const scalars[] = {RFC6979,
                                          "0000000000000000000000000000000000000000000000000000000000000101"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_buf expected = bytes_from_hex(scalars[i]);
        tps_crypto_key *key = NULL;
        uint8_t scalar[32];

        assert_status(from_scalar(scalars[i], &key), TPS_OK);
        assert_status(tps_crypto_key_scalar(key, scalar), TPS_OK);
        assert_span(TPS_SPAN_OF(scalar), span_of(expected));
        tps_crypto_key_free(key);
        free(expected.data);
    }
}

static void only_a_p256_key_pair_gives_its_scalar(void **state)
{
    tps_crypto_key *pair = test_key(1);
    tps_crypto_key *p384 = test_key_p384();
    tps_crypto_key *public_key = NULL;
    tps_crypto_point point;
    uint8_t scalar[32];

    (void)state;
    assert_status(tps_crypto_key_point(pair, &point), TPS_OK);
    assert_status(tps_crypto_key_from_point(&point, &public_key), TPS_OK);
    assert_status(tps_crypto_key_scalar(public_key, scalar), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_scalar(p384, scalar), TPS_CRYPTO_BAD_KEY);
    tps_crypto_key_free(public_key);
    tps_crypto_key_free(p384);
    tps_crypto_key_free(pair);
}

/* FIPS 186-5, A.2.1: (seed mod (n - 1)) + 1. `expected` is the scalar. */
static void assert_derived(const char *seed_hex, const char *expected_hex)
{
    tps_buf seed = bytes_from_hex(seed_hex);
    tps_buf expected = bytes_from_hex(expected_hex);
    tps_crypto_key *key = NULL;
    uint8_t scalar[32];

    assert_int_equal(seed.size, 48);
    assert_status(tps_crypto_key_derive_p256(seed.data, &key), TPS_OK);
    assert_status(tps_crypto_key_scalar(key, scalar), TPS_OK);
    assert_span(TPS_SPAN_OF(scalar), span_of(expected));
    tps_crypto_key_free(key);
    free(seed.data);
    free(expected.data);
}

#define ZEROS16 "00000000000000000000000000000000"

static void derived_scalars_are_the_seed_modulo_the_order_less_one_plus_one(void **state)
{
    (void)state;
    assert_derived(ZEROS16 ZEROS16 ZEROS16, ZEROS16 "00000000000000000000000000000001");
    assert_derived(ZEROS16 ZEROS16 "000000000000000000000000000000ff",
                   ZEROS16 "00000000000000000000000000000100");
    /* n - 2 gives n - 1, the largest; n - 1 begins again at 1; n gives 2. */
    assert_derived(ZEROS16 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
                   "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
    assert_derived(ZEROS16 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
                   ZEROS16 "00000000000000000000000000000001");
    assert_derived(ZEROS16 ORDER, ZEROS16 "00000000000000000000000000000002");
}

static void derivation_is_the_same_at_every_run(void **state)
{
    tps_crypto_key *a = test_key(7);
    tps_crypto_key *b = test_key(7);
    tps_crypto_key *c = test_key(8);
    uint8_t left[32];
    uint8_t right[32];

    (void)state;
    assert_same_point(a, b);
    assert_status(tps_crypto_key_scalar(a, left), TPS_OK);
    assert_status(tps_crypto_key_scalar(c, right), TPS_OK);
    assert_memory_not_equal(left, right, 32);
    tps_crypto_key_free(a);
    tps_crypto_key_free(b);
    tps_crypto_key_free(c);
}

static void generated_keys_differ_and_unknown_curves_are_refused(void **state)
{
    tps_crypto_key *a = NULL;
    tps_crypto_key *b = NULL;
    tps_crypto_point p;
    tps_crypto_point q;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &a), TPS_OK);
    assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &b), TPS_OK);
    assert_status(tps_crypto_key_point(a, &p), TPS_OK);
    assert_status(tps_crypto_key_point(b, &q), TPS_OK);
    assert_memory_not_equal(p.x, q.x, 32);
    tps_crypto_key_free(a);
    tps_crypto_key_free(b);
    assert_status(tps_crypto_key_generate(4, &a), TPS_CRYPTO_ALG_REFUSED);
    assert_null(a);
    assert_status(tps_crypto_key_generate(0, &a), TPS_CRYPTO_ALG_REFUSED);
}

static void a_point_comes_back_as_a_public_key(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        tps_crypto_key *pair = i == 0 ? test_key(3) : test_key_p384();
        tps_crypto_key *public_key = NULL;
        tps_crypto_point point;

        assert_status(tps_crypto_key_point(pair, &point), TPS_OK);
        assert_status(tps_crypto_key_from_point(&point, &public_key), TPS_OK);
        assert_false(tps_crypto_key_is_private(public_key));
        assert_same_point(pair, public_key);
        tps_crypto_key_free(public_key);
        tps_crypto_key_free(pair);
    }
}

static void points_that_are_none_are_refused(void **state)
{
    tps_crypto_key *pair = test_key(3);
    tps_crypto_key *key = NULL;
    tps_crypto_point good;
    tps_crypto_point point;

    (void)state;
    assert_status(tps_crypto_key_point(pair, &good), TPS_OK);
    point = good;
    point.y[31] ^= 1;
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_BAD_KEY);
    assert_null(key);
    point = good;
    memset(point.x, 0, sizeof point.x);
    memset(point.y, 0, sizeof point.y);
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_BAD_KEY);
    point = good;
    memset(point.x, 0xff, sizeof point.x);
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_BAD_KEY);
    point = good;
    point.curve = TPS_CURVE_P384;
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_BAD_KEY);
    point.size = 48;
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_BAD_KEY);
    point = good;
    point.curve = 8;
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_ALG_REFUSED);
    point = good;
    point.size = 31;
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_BAD_KEY);
    tps_crypto_key_free(pair);
}

static void spki_has_its_size_and_comes_back(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        tps_crypto_key *pair = i == 0 ? test_key(3) : test_key_p384();
        size_t expected = i == 0 ? 91 : 120;
        tps_crypto_key *back = NULL;
        uint8_t spki[128];
        size_t size = 0;

        assert_status(tps_crypto_key_spki(pair, TPS_BUF_MEASURE, &size), TPS_OK);
        assert_int_equal(size, expected);
        assert_status(tps_crypto_key_spki(pair, (tps_buf){spki, expected - 1}, &size), TPS_BUFFER_TOO_SMALL);
        assert_int_equal(size, expected);
        assert_status(tps_crypto_key_spki(pair, (tps_buf){spki, expected}, &size), TPS_OK);
        assert_status(tps_crypto_key_from_spki(tps_span_make(spki, size), &back), TPS_OK);
        assert_false(tps_crypto_key_is_private(back));
        assert_same_point(pair, back);
        tps_crypto_key_free(back);
        for (size_t cut = 0; cut < size; cut++) {
            assert_status(tps_crypto_key_from_spki(tps_span_make(spki, cut), &back), TPS_CRYPTO_BAD_KEY);
        }
        assert_status(tps_crypto_key_from_spki(tps_span_make(spki, size + 1), &back), TPS_CRYPTO_BAD_KEY);
        assert_status(tps_crypto_key_from_spki(TPS_SPAN_EMPTY, &back), TPS_CRYPTO_BAD_KEY);
        tps_crypto_key_free(pair);
    }
}

/* An X25519 key and a point of secp256k1, as SubjectPublicKeyInfo. */
static void spki_of_unknown_kinds_and_curves_is_refused(void **state)
{
    tps_buf x25519 = bytes_from_hex(
        "302a300506032b656e03210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
    tps_buf secp256k1 = bytes_from_hex(
        "3056301006072a8648ce3d020106052b8104000a0342000479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b"
        "16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
    tps_crypto_key *key = NULL;

    (void)state;
    assert_status(tps_crypto_key_from_spki(span_of(x25519), &key), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_from_spki(span_of(secp256k1), &key), TPS_CRYPTO_BAD_KEY);
    assert_null(key);
    free(x25519.data);
    free(secp256k1.data);
}

static void a_copy_lives_on_its_own(void **state)
{
    tps_crypto_key *key = test_key(4);
    tps_crypto_key *copy = NULL;
    tps_digest digest = {.size = 32};
    uint8_t signature[64];
    size_t size;

    (void)state;
    assert_status(tps_crypto_key_copy(key, &copy), TPS_OK);
    assert_same_point(key, copy);
    assert_true(tps_crypto_key_is_private(copy));
    assert_status(tps_crypto_sign(key, TPS_ALG_ES256, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
    tps_crypto_key_free(key);
    assert_status(tps_crypto_verify(copy, TPS_ALG_ES256, &digest, TPS_SPAN_OF(signature)), TPS_OK);
    assert_status(tps_crypto_sign(copy, TPS_ALG_ES256, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
    tps_crypto_key_free(copy);
    tps_crypto_key_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scalar_gives_its_published_point),
        cmocka_unit_test(scalars_outside_of_the_order_are_refused),
        cmocka_unit_test(a_scalar_comes_back),
        cmocka_unit_test(only_a_p256_key_pair_gives_its_scalar),
        cmocka_unit_test(derived_scalars_are_the_seed_modulo_the_order_less_one_plus_one),
        cmocka_unit_test(derivation_is_the_same_at_every_run),
        cmocka_unit_test(generated_keys_differ_and_unknown_curves_are_refused),
        cmocka_unit_test(a_point_comes_back_as_a_public_key),
        cmocka_unit_test(points_that_are_none_are_refused),
        cmocka_unit_test(spki_has_its_size_and_comes_back),
        cmocka_unit_test(spki_of_unknown_kinds_and_curves_is_refused),
        cmocka_unit_test(a_copy_lives_on_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
