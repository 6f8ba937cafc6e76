/* SPDX-License-Identifier: Apache-2.0 */
/* AES key wrap: the examples of RFC 3394, changes, sizes. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/crypto.h"

#define KEK_128 "000102030405060708090a0b0c0d0e0f"
#define KEK_192 KEK_128 "1011121314151617"
#define KEK_256 KEK_192 "18191a1b1c1d1e1f"
#define KEY_128 "00112233445566778899aabbccddeeff"
#define KEY_192 KEY_128 "0001020304050607"
#define KEY_256 KEY_192 "08090a0b0c0d0e0f"

/* RFC 3394, 4.1 to 4.6. */
static const struct {
    int32_t alg;
    const char *kek;
    const char *plain;
    const char *wrapped;
} published[] = {
    {TPS_ALG_A128KW, KEK_128, KEY_128, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"},
    {TPS_ALG_A192KW, KEK_192, KEY_128, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"},
    {TPS_ALG_A256KW, KEK_256, KEY_128, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"},
    {TPS_ALG_A192KW, KEK_192, KEY_192, "031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2"},
    {TPS_ALG_A256KW, KEK_256, KEY_192, "a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1"},
    {TPS_ALG_A256KW, KEK_256, KEY_256,
     "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"},
};

static void assert_wiped(tps_buf bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        assert_int_equal(bytes.data[i], 0);
    }
}

static void published_keys_are_wrapped_and_unwrapped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        tps_buf kek = bytes_from_hex(published[i].kek);
        tps_buf plain = bytes_from_hex(published[i].plain);
        tps_buf wrapped = bytes_from_hex(published[i].wrapped);
        uint8_t room[72];

        assert_status(
            tps_crypto_wrap(published[i].alg, span_of(kek), span_of(plain), (tps_buf){room, wrapped.size}),
            TPS_OK);
        assert_span(tps_span_make(room, wrapped.size), span_of(wrapped));
        assert_status(
            tps_crypto_unwrap(published[i].alg, span_of(kek), span_of(wrapped), (tps_buf){room, plain.size}),
            TPS_OK);
        assert_span(tps_span_make(room, plain.size), span_of(plain));
        free(kek.data);
        free(plain.data);
        free(wrapped.data);
    }
}

static void any_changed_bit_is_found_and_the_output_wiped(void **state)
{
    tps_buf kek = bytes_from_hex(published[0].kek);
    tps_buf wrapped = bytes_from_hex(published[0].wrapped);
    uint8_t room[16];

    (void)state;
    for (size_t bit = 0; bit < 8 * wrapped.size; bit++) {
        wrapped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(room, 0xa5, sizeof room);
        assert_status(tps_crypto_unwrap(TPS_ALG_A128KW, span_of(kek), span_of(wrapped), TPS_BUF_OF(room)),
                      TPS_CRYPTO_BAD_TAG);
        assert_wiped(TPS_BUF_OF(room));
        wrapped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    kek.data[15] ^= 1;
    assert_status(tps_crypto_unwrap(TPS_ALG_A128KW, span_of(kek), span_of(wrapped), TPS_BUF_OF(room)),
                  TPS_CRYPTO_BAD_TAG);
    free(kek.data);
    free(wrapped.data);
}

static void keys_of_16_to_64_bytes_are_wrapped_and_nothing_else(void **state)
{
    const uint8_t zeros[80] = {0};
    tps_span kek = tps_span_make(zeros, 16);
    uint8_t wrapped[88];
    uint8_t back[80];

    (void)state;
    for (size_t size = 0; size <= sizeof zeros; size++) {
        bool is_good = size >= 16 && size <= 64 && size % 8 == 0;
        tps_buf out = {wrapped, size + 8};

        memset(wrapped, 0xa5, sizeof wrapped);
        assert_status(tps_crypto_wrap(TPS_ALG_A128KW, kek, tps_span_make(zeros, size), out),
                      is_good ? TPS_OK : TPS_BAD_ARGUMENT);
        if (!is_good) {
            assert_wiped(out);
        }
        assert_status(
            tps_crypto_unwrap(TPS_ALG_A128KW, kek, tps_span_make(wrapped, size + 8), (tps_buf){back, size}),
            is_good ? TPS_OK : TPS_BAD_ARGUMENT);
    }
    assert_status(tps_crypto_wrap(TPS_ALG_A128KW, kek, tps_span_make(zeros, 16), (tps_buf){wrapped, 16}),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_crypto_wrap(TPS_ALG_A128KW, kek, tps_span_make(zeros, 16), (tps_buf){wrapped, 32}),
                  TPS_BAD_ARGUMENT);
}

static void keys_and_algorithms_that_do_not_fit_are_refused(void **state)
{
    const uint8_t zeros[32] = {0};
    static const int32_t algs[] = {TPS_ALG_A128KW, TPS_ALG_A192KW, TPS_ALG_A256KW};
    uint8_t out[24];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t size = 0; size <= 32; size++) {
            assert_status(tps_crypto_wrap(algs[i], tps_span_make(zeros, size), tps_span_make(zeros, 16),
                                          TPS_BUF_OF(out)),
                          size == 16 + 8 * i ? TPS_OK : TPS_CRYPTO_BAD_KEY);
        }
    }
    assert_status(
        tps_crypto_wrap(TPS_ALG_A128GCM, tps_span_make(zeros, 16), tps_span_make(zeros, 16), TPS_BUF_OF(out)),
        TPS_CRYPTO_ALG_REFUSED);
    assert_status(
        tps_crypto_unwrap(TPS_ALG_NONE, tps_span_make(zeros, 16), TPS_SPAN_OF(out), (tps_buf){out, 16}),
        TPS_CRYPTO_ALG_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_keys_are_wrapped_and_unwrapped),
        cmocka_unit_test(any_changed_bit_is_found_and_the_output_wiped),
        cmocka_unit_test(keys_of_16_to_64_bytes_are_wrapped_and_nothing_else),
        cmocka_unit_test(keys_and_algorithms_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
