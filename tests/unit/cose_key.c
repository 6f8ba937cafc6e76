/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Key: what is written is read again; what is incomplete, private or off the curve is refused. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cose.h"

/* The published key of cose-wg/Examples, kid "11" (RFC 9052, C.7.1 prints it, too). */
#define X "2158 20 bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"
#define Y "2258 20 20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"

static tps_status read_hex(const char *hex, tps_crypto_key **key)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_status status = tps_cose_key_read(span_of(bytes), key);

    free(bytes.data);
    return status;
}

static void refuse(const char *hex, tps_status expected)
{
    tps_crypto_key *key = NULL;

    assert_status(read_hex(hex, &key), expected);
    assert_null(key);
}

static void take(const char *hex)
{
    tps_crypto_key *key = NULL;

    assert_status(read_hex(hex, &key), TPS_OK);
    assert_int_equal(tps_crypto_key_curve(key), TPS_CURVE_P256);
    assert_false(tps_crypto_key_is_private(key));
    tps_crypto_key_free(key);
}

static void a_key_comes_back_without_its_private_part(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        tps_crypto_key *key = i == 0 ? test_key(1) : test_key_p384();
        tps_crypto_key *back = NULL;
        uint8_t bytes[128];
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
        tps_crypto_point expected;
        tps_crypto_point point;

        assert_status(tps_cose_key_put(&w, key), TPS_OK);
        assert_status(tps_cbor_check(tps_span_make(bytes, w.size), &cbor_limits_deterministic, NULL, NULL),
                      TPS_OK);
        assert_int_equal(w.size, i == 0 ? 75 : 107);
        assert_status(tps_cose_key_read(tps_span_make(bytes, w.size), &back), TPS_OK);
        assert_false(tps_crypto_key_is_private(back));
        assert_status(tps_crypto_key_point(key, &expected), TPS_OK);
        assert_status(tps_crypto_key_point(back, &point), TPS_OK);
        assert_int_equal(point.curve, expected.curve);
        assert_memory_equal(point.x, expected.x, expected.size);
        assert_memory_equal(point.y, expected.y, expected.size);
        tps_crypto_key_free(back);
        tps_crypto_key_free(key);
    }
}

static void a_published_key_is_read_in_any_order_with_other_members(void **state)
{
    (void)state;
    take("a401022001" X Y);
    take("a4" Y X "20010102");
    take("a6010202423131 2001" X Y "0326");
    take("a5010220016161f6" X Y);
}

static void an_incomplete_or_unknown_key_is_refused(void **state)
{
    (void)state;
    refuse("a32001" X Y, TPS_COSE_BAD_KEY);
    refuse("a30102" X Y, TPS_COSE_BAD_KEY);
    refuse("a301022001" Y, TPS_COSE_BAD_KEY);
    refuse("a301022001" X, TPS_COSE_BAD_KEY);
    refuse("a401012001" X Y, TPS_COSE_BAD_KEY); /* OKP */
    refuse("a401042001" X Y, TPS_COSE_BAD_KEY); /* symmetric */
    refuse("a401022003" X Y, TPS_COSE_BAD_KEY); /* P-521 */
    refuse("a401022008" X Y, TPS_COSE_BAD_KEY); /* secp256k1 */
    refuse("a401022002" X Y, TPS_COSE_BAD_KEY); /* P-384 with coordinates of 32 bytes */
    refuse("a401022001" X "2240", TPS_COSE_BAD_KEY);
    refuse("a40102200121 41ba" Y, TPS_COSE_BAD_KEY);
    refuse("a0", TPS_COSE_BAD_KEY);
    refuse("80", TPS_COSE_BAD_KEY);
}

/* Two points have this x: the sign of y says which. */
static void a_compressed_point_is_read(void **state)
{
    tps_crypto_key *even = NULL;
    tps_crypto_key *full = NULL;
    tps_crypto_point point;
    tps_crypto_point expected;

    (void)state;
    take("a401022001" X "22f5");
    assert_status(read_hex("a401022001" X "22f4", &even), TPS_OK);
    assert_status(read_hex("a401022001" X Y, &full), TPS_OK);
    assert_status(tps_crypto_key_point(even, &point), TPS_OK);
    assert_status(tps_crypto_key_point(full, &expected), TPS_OK);
    assert_memory_equal(point.y, expected.y, expected.size);
    tps_crypto_key_free(full);
    tps_crypto_key_free(even);
    refuse("a401022001" X "22f6", TPS_COSE_BAD_KEY);
}

static void a_private_part_is_refused(void **state)
{
    (void)state;
    refuse("a501022001" X Y "2340", TPS_COSE_BAD_KEY);
    refuse("a52340 01022001" X Y, TPS_COSE_BAD_KEY);
    refuse("a501022001" X Y "3803 40", TPS_COSE_BAD_KEY);
}

static void a_point_off_the_curve_is_refused(void **state)
{
    (void)state;
    refuse("a401022001" X "2258 20 20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117f",
           TPS_CRYPTO_BAD_KEY);
    refuse("a401022001 215820 0000000000000000000000000000000000000000000000000000000000000000"
           "225820 0000000000000000000000000000000000000000000000000000000000000000",
           TPS_CRYPTO_BAD_KEY);
    /* A coordinate beyond the field's prime. */
    refuse("a401022001 215820 ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" Y,
           TPS_CRYPTO_BAD_KEY);
}

static void members_of_a_wrong_type_are_refused(void **state)
{
    (void)state;
    refuse("a4016245432001" X Y, TPS_COSE_BAD_KEY);
    refuse("a40102206550 2d323536" X Y, TPS_COSE_BAD_KEY);
    refuse("a4010220012160" Y, TPS_COSE_BAD_KEY);
    refuse("a540000102 2001" X Y, TPS_COSE_BAD_KEY);
}

static void what_is_no_cbor_is_refused_by_the_checker(void **state)
{
    (void)state;
    refuse("", TPS_CBOR_TRUNCATED);
    refuse("a401022001" X, TPS_CBOR_TRUNCATED);
    refuse("a401022001" X Y "00", TPS_CBOR_TRAILING);
    refuse("a5010218010 22001" X Y, TPS_CBOR_DUPLICATE_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_comes_back_without_its_private_part),
        cmocka_unit_test(a_published_key_is_read_in_any_order_with_other_members),
        cmocka_unit_test(an_incomplete_or_unknown_key_is_refused),
        cmocka_unit_test(a_compressed_point_is_read),
        cmocka_unit_test(a_private_part_is_refused),
        cmocka_unit_test(a_point_off_the_curve_is_refused),
        cmocka_unit_test(members_of_a_wrong_type_are_refused),
        cmocka_unit_test(what_is_no_cbor_is_refused_by_the_checker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
