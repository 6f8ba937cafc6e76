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
        assert_status(tps_crypto_key_scalar(key, TPS_BUF_OF(scalar)), TPS_OK);
        assert_span(TPS_SPAN_OF(scalar), span_of(expected));
        tps_crypto_key_free(key);
        free(expected.data);
    }
}

static void only_a_key_pair_gives_its_scalar(void **state)
{
    tps_crypto_key *pair = test_key(1);
    tps_crypto_key *public_key = NULL;
    tps_crypto_point point;
    uint8_t scalar[48];

    (void)state;
    assert_status(tps_crypto_key_point(pair, &point), TPS_OK);
    assert_status(tps_crypto_key_from_point(&point, &public_key), TPS_OK);
    assert_status(tps_crypto_key_scalar(public_key, (tps_buf){scalar, 32}), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_scalar(pair, TPS_BUF_OF(scalar)), TPS_BAD_ARGUMENT);
    tps_crypto_key_free(public_key);
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
    assert_status(tps_crypto_key_scalar(key, TPS_BUF_OF(scalar)), TPS_OK);
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
    /* Seeds of full size, by another library (Python's integers). */
    assert_derived("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                   "ffffffffffffffffffffffffffffffff",
                   "431905529c0166ce652e96b7ccca0a9a679b73e29ad16947f01cf012fc632550");
    assert_derived("a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7"
                   "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7",
                   "2bf143bca0654f60040569bba23a06f1ab41aa431614b05e4beecf6bce732078");
    assert_derived("eaa5e3b9979012832907b00170cbcefa675375d007d1f9ccc5c1c9a3308871f2"
                   "c909a3756a561b29a495aedae48cd3b5",
                   "9369a83b1e02d1839d3723eaa13a201976d4d176cfb224510aa448a988b8ea66");
    assert_derived("8000000000000000000000000000000000000000000000000000000000000000"
                   "00000000000000000000000000000000",
                   "a18c82a8ce00b367b2974b5be665054d1241374820f483e671eb5d6afc632551");
    assert_derived("ffffffff00000000fffffffffffffffebce6faaea7179e83f3b9cac2fc632551"
                   "4319055258e8617b0c46353d039cdaaf",
                   "0000000000000000000000000000000100000000000000000000000000000000");
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
    assert_status(tps_crypto_key_scalar(a, TPS_BUF_OF(left)), TPS_OK);
    assert_status(tps_crypto_key_scalar(c, TPS_BUF_OF(right)), TPS_OK);
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

static tps_crypto_key *generated(int32_t curve)
{
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_generate(curve, &key), TPS_OK);
    assert_int_equal(tps_crypto_key_curve(key), curve);
    assert_int_equal(tps_crypto_key_kind(key), TPS_KEY_EC2);
    assert_true(tps_crypto_key_is_private(key));
    return key;
}

/* TPS_CURVE_P256, _P384 and _P521 follow each other; the smallest back ends have the first alone. */
static int32_t last_curve(void)
{
    return tps_crypto_supports_curve(TPS_CURVE_P521) ? TPS_CURVE_P521 : TPS_CURVE_P256;
}

static void a_point_comes_back_as_a_public_key(void **state)
{
    (void)state;
    for (int32_t curve = TPS_CURVE_P256; curve <= last_curve(); curve++) {
        tps_crypto_key *pair = generated(curve);
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
    tps_status of_p384 =
        tps_crypto_supports_curve(TPS_CURVE_P384) ? TPS_CRYPTO_BAD_KEY : TPS_CRYPTO_ALG_REFUSED;

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
    assert_status(tps_crypto_key_from_point(&point, &key), of_p384);
    point.size = 48;
    assert_status(tps_crypto_key_from_point(&point, &key), of_p384);
    point = good;
    point.curve = 8;
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_ALG_REFUSED);
    point = good;
    point.size = 31;
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_CRYPTO_BAD_KEY);
    tps_crypto_key_free(pair);
}

/* The smallest back ends do not, and say so of every point. */
static void require_decompression(void)
{
    tps_crypto_point point = {.curve = TPS_CURVE_P256, .size = 0};

    if (tps_crypto_point_decompress(&point, true) == TPS_CRYPTO_ALG_REFUSED) {
        print_message("skipped: this back end takes no compressed points\n");
        skip();
    }
}

static void a_point_comes_back_from_its_x_and_one_bit(void **state)
{
    (void)state;
    require_decompression();
    for (int32_t curve = TPS_CURVE_P256; curve <= last_curve(); curve++) {
        for (int n = 0; n < 8; n++) {
            tps_crypto_key *key = generated(curve);
            tps_crypto_point expected;
            tps_crypto_point point;
            tps_crypto_key *other = NULL;
            bool is_odd;

            assert_status(tps_crypto_key_point(key, &expected), TPS_OK);
            is_odd = expected.y[expected.size - 1] % 2 != 0;
            point = expected;
            memset(point.y, 0xa5, sizeof point.y);
            assert_status(tps_crypto_point_decompress(&point, is_odd), TPS_OK);
            assert_memory_equal(point.y, expected.y, expected.size);
            assert_status(tps_crypto_point_decompress(&point, !is_odd), TPS_OK);
            assert_memory_not_equal(point.y, expected.y, expected.size);
            assert_status(tps_crypto_key_from_point(&point, &other),
                          TPS_OK); /* its negative lies on the curve, too */
            tps_crypto_key_free(other);
            tps_crypto_key_free(key);
        }
    }
}

/* Half of all numbers are the x of no point: 64 in a row, and none refused, happens once in 2^64 runs. */
static void an_x_of_no_point_is_refused(void **state)
{
    (void)state;
    require_decompression();
    for (int32_t curve = TPS_CURVE_P256; curve <= last_curve(); curve++) {
        tps_crypto_point point = {.curve = curve, .size = tps_crypto_curve_size(curve)};
        unsigned refused = 0;

        for (uint8_t n = 0; n < 64; n++) {
            tps_status status;
            tps_crypto_key *key = NULL;

            point.x[point.size - 1] = n;
            status = tps_crypto_point_decompress(&point, n % 2 == 0);
            if (status == TPS_OK) {
                assert_status(tps_crypto_key_from_point(&point, &key), TPS_OK);
            } else {
                assert_status(status, TPS_CRYPTO_BAD_KEY);
                refused++;
            }
            tps_crypto_key_free(key);
        }
        assert_in_range(refused, 1, 63);
        memset(point.x, 0xff, sizeof point.x); /* not below the prime */
        assert_status(tps_crypto_point_decompress(&point, true), TPS_CRYPTO_BAD_KEY);
        point.size--;
        assert_status(tps_crypto_point_decompress(&point, true), TPS_CRYPTO_BAD_KEY);
        point.curve = 8;
        assert_status(tps_crypto_point_decompress(&point, true), TPS_CRYPTO_ALG_REFUSED);
    }
}

/* RFC 6979, A.2.6 and A.2.7; and the orders. */
static void scalars_of_the_larger_curves_give_their_points(void **state)
{
    static const struct {
        int32_t curve;
        const char *scalar;
        const char *x;
        const char *order;
    } known[] = {
        {TPS_CURVE_P384,
         "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
         "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13",
         "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"},
        {TPS_CURVE_P521,
         "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67"
         "db89ec0c08b0e996b83538",
         "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d38ffa16d2b"
         "d761dcac474b9a2f5023a4",
         "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b889"
         "9c47aebb6fb71e91386409"},
    };

    (void)state;
    require_curve(TPS_CURVE_P521);
    for (size_t i = 0; i < 2; i++) {
        tps_buf scalar = bytes_from_hex(known[i].scalar);
        tps_buf x = bytes_from_hex(known[i].x);
        tps_buf order = bytes_from_hex(known[i].order);
        tps_crypto_key *key = NULL;
        tps_crypto_point point;
        uint8_t room[TPS_COORDINATE_SIZE_MAX];

        assert_status(tps_crypto_key_from_scalar(known[i].curve, span_of(scalar), &key), TPS_OK);
        assert_status(tps_crypto_key_point(key, &point), TPS_OK);
        assert_span(tps_span_make(point.x, point.size), span_of(x));
        assert_status(tps_crypto_key_scalar(key, (tps_buf){room, scalar.size}), TPS_OK);
        assert_span(tps_span_make(room, scalar.size), span_of(scalar));
        assert_status(tps_crypto_key_scalar(key, (tps_buf){room, scalar.size - 1}), TPS_BAD_ARGUMENT);
        tps_crypto_key_free(key);
        assert_status(tps_crypto_key_from_scalar(known[i].curve, span_of(order), &key), TPS_CRYPTO_BAD_KEY);
        memset(order.data, 0, order.size);
        assert_status(tps_crypto_key_from_scalar(known[i].curve, span_of(order), &key), TPS_CRYPTO_BAD_KEY);
        assert_status(
            tps_crypto_key_from_scalar(known[i].curve, tps_span_make(scalar.data, scalar.size - 1), &key),
            TPS_CRYPTO_BAD_KEY);
        assert_status(tps_crypto_key_from_scalar(4, span_of(scalar), &key), TPS_CRYPTO_ALG_REFUSED);
        assert_null(key);
        free(scalar.data);
        free(x.data);
        free(order.data);
    }
}

static void ending_no_key_is_allowed(void **state)
{
    (void)state;
    tps_crypto_key_free(NULL);
}

static void spki_has_its_size_and_comes_back(void **state)
{
    (void)state;
    for (int32_t curve = TPS_CURVE_P256; curve <= last_curve(); curve++) {
        static const size_t sizes[] = {91, 120, 158};
        tps_crypto_key *pair = generated(curve);
        size_t expected = sizes[curve - 1];
        tps_crypto_key *back = NULL;
        uint8_t spki[168];
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
        cmocka_unit_test(only_a_key_pair_gives_its_scalar),
        cmocka_unit_test(derived_scalars_are_the_seed_modulo_the_order_less_one_plus_one),
        cmocka_unit_test(derivation_is_the_same_at_every_run),
        cmocka_unit_test(generated_keys_differ_and_unknown_curves_are_refused),
        cmocka_unit_test(a_point_comes_back_as_a_public_key),
        cmocka_unit_test(points_that_are_none_are_refused),
        cmocka_unit_test(a_point_comes_back_from_its_x_and_one_bit),
        cmocka_unit_test(an_x_of_no_point_is_refused),
        cmocka_unit_test(scalars_of_the_larger_curves_give_their_points),
        cmocka_unit_test(ending_no_key_is_allowed),
        cmocka_unit_test(spki_has_its_size_and_comes_back),
        cmocka_unit_test(spki_of_unknown_kinds_and_curves_is_refused),
        cmocka_unit_test(a_copy_lives_on_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
