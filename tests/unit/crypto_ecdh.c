/* SPDX-License-Identifier: Apache-2.0 */
/* Key agreement: secrets that another library agrees on (Python's cryptography), both sides alike, misuse. */
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/crypto.h"

static const struct {
    int32_t curve;
    const char *scalar;
    const char *peer_x;
    const char *peer_y;
    const char *secret;
} known[] = {
    {TPS_CURVE_P256, "030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc",
     "f57c63a73098f1f8134239dc751094e60628eb39bcd13acf99982fb5b31290e6",
     "d835fa5746f28687f00e20db51ab01ae8abc54e5793d4574abbcd2221f9a10d8",
     "29036bed0cfa9fe909f0195051024a58757c912d42e05ac00514999fa4f49062"},
    {TPS_CURVE_P384,
     "030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d141b222930373e454c",
     "ebdde619936a5e5f6ee72fc82256bacf414b2c6df717846f38c491c5a8a493e4bcbb5f894f56481fcabfbae5e8ac5590",
     "97ed9b0962ee905a09f45562d7acc835ef0cd745fbd8845a889395b4221484655c9a75c9000b10d27bc9e4fcc2860387",
     "f233f90ea0b746311e9159c1c36779de474b1b91d9ef46606d4c8fe351e07e9b2c088ce7f8770131854e0a439119025b"},
    {TPS_CURVE_P521,
     "00030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d141b222930373e454c535a61686f767d"
     "848b9299a0a7aeb5bcc3",
     "00674c91be3240aa88a80d60b5b723398aa92b857658c5c1da94bfa3d1a99cc203d293ff34e48f3a0b065a0906fe92224d9210bbbefd5ddd"
     "82e9effade0050a3ea70",
     "00ef25188cf50cf054df496601a811523bb4b4f03ac170ac0eb5a045c87532c2909914331680c6c0516531266bcdb15ffb8efddfdc6422d8"
     "fefb87feeab7445735d1",
     "01cae6565ab00b07091c2612b1413ddd56be411a59ca2d8da40434b2b8370e428913e0a84939261331dbb3c546aef6a1664e5180204361af"
     "b8d0cf9801eb7fdbc0a4"},
};

static tps_crypto_key *own_key(size_t i)
{
    tps_buf scalar = bytes_from_hex(known[i].scalar);
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_from_scalar(known[i].curve, span_of(scalar), &key), TPS_OK);
    free(scalar.data);
    return key;
}

static tps_crypto_key *peer_key(size_t i)
{
    tps_buf x = bytes_from_hex(known[i].peer_x);
    tps_buf y = bytes_from_hex(known[i].peer_y);
    tps_crypto_point point = {.curve = known[i].curve, .size = x.size};
    tps_crypto_key *key = NULL;

    memcpy(point.x, x.data, x.size);
    memcpy(point.y, y.data, y.size);
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_OK);
    free(x.data);
    free(y.data);
    return key;
}

static void known_secrets_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_crypto_key *own;
        tps_crypto_key *peer;
        tps_buf expected = bytes_from_hex(known[i].secret);
        uint8_t secret[TPS_COORDINATE_SIZE_MAX];

        if (!tps_crypto_supports_curve(known[i].curve)) {
            free(expected.data);
            continue;
        }
        own = own_key(i);
        peer = peer_key(i);
        assert_int_equal(expected.size, tps_crypto_curve_size(known[i].curve));
        assert_status(tps_crypto_ecdh(own, peer, (tps_buf){secret, expected.size}), TPS_OK);
        assert_span(tps_span_make(secret, expected.size), span_of(expected));
        tps_crypto_key_free(own);
        tps_crypto_key_free(peer);
        free(expected.data);
    }
}

static void both_sides_agree(void **state)
{
    static const int32_t curves[] = {TPS_CURVE_P256, TPS_CURVE_P384, TPS_CURVE_P521};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t size = tps_crypto_curve_size(curves[i]);
        tps_crypto_key *a = NULL;
        tps_crypto_key *b = NULL;
        uint8_t left[TPS_COORDINATE_SIZE_MAX];
        uint8_t right[TPS_COORDINATE_SIZE_MAX];

        if (!tps_crypto_supports_curve(curves[i])) {
            continue;
        }
        assert_status(tps_crypto_key_generate(curves[i], &a), TPS_OK);
        assert_status(tps_crypto_key_generate(curves[i], &b), TPS_OK);
        assert_status(tps_crypto_ecdh(a, b, (tps_buf){left, size}), TPS_OK);
        assert_status(tps_crypto_ecdh(b, a, (tps_buf){right, size}), TPS_OK);
        assert_memory_equal(left, right, size);
        tps_crypto_key_free(a);
        tps_crypto_key_free(b);
    }
}

static void assert_refused(const tps_crypto_key *own, const tps_crypto_key *peer, size_t size,
                           tps_status expected)
{
    uint8_t secret[80];

    memset(secret, 0xa5, sizeof secret);
    assert_status(tps_crypto_ecdh(own, peer, (tps_buf){secret, size}), expected);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(secret[i], 0);
    }
}

static void keys_on_other_curves_are_refused_and_the_output_wiped(void **state)
{
    tps_crypto_key *own;
    tps_crypto_key *other;

    (void)state;
    require_curve(TPS_CURVE_P384);
    own = own_key(0);
    other = own_key(1);
    assert_refused(own, other, 32, TPS_CRYPTO_BAD_KEY);
    assert_refused(other, own, 48, TPS_CRYPTO_BAD_KEY);
    tps_crypto_key_free(own);
    tps_crypto_key_free(other);
}

static void public_keys_and_other_sizes_are_refused_and_the_output_wiped(void **state)
{
    tps_crypto_key *own = own_key(0);
    tps_crypto_key *peer = peer_key(0);

    (void)state;
    assert_refused(peer, own, 32, TPS_CRYPTO_BAD_KEY);
    assert_refused(own, peer, 31, TPS_BAD_ARGUMENT);
    assert_refused(own, peer, 33, TPS_BAD_ARGUMENT);
    assert_refused(own, peer, 66, TPS_BAD_ARGUMENT);
    tps_crypto_key_free(own);
    tps_crypto_key_free(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_secrets_come_out),
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(keys_on_other_curves_are_refused_and_the_output_wiped),
        cmocka_unit_test(public_keys_and_other_sizes_are_refused_and_the_output_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
