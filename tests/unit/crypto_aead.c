/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM: the test cases 13 and 16 of the GCM specification, changes, sizes. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/crypto.h"

static const uint8_t key[32] = {0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f,
                                0x94, 0x67, 0x30, 0x83, 0x08, 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65,
                                0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08};
static const uint8_t nonce[12] = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};
static const uint8_t zeros[32];

#define AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define PLAIN                                                                                            \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b1" \
    "6aedf5aa0de657ba637b39"
#define SEALED                                                                                           \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5" \
    "f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"

static tps_buf aad;
static tps_buf plain;
static tps_buf sealed;

static tps_status seal(const uint8_t *with, const uint8_t *once, tps_span additional, tps_span in,
                       tps_buf out)
{
    return tps_crypto_aead_seal(TPS_ALG_A256GCM, tps_span_make(with, 32), tps_span_make(once, 12),
                                (tps_crypto_aad){&additional, 1}, in, out);
}

static tps_status open_sealed(const uint8_t *with, const uint8_t *once, tps_span additional, tps_span in,
                              tps_buf out)
{
    return tps_crypto_aead_open(TPS_ALG_A256GCM, tps_span_make(with, 32), tps_span_make(once, 12),
                                (tps_crypto_aad){&additional, 1}, in, out);
}

static int make(void **state)
{
    (void)state;
    aad = bytes_from_hex(AAD);
    plain = bytes_from_hex(PLAIN);
    sealed = bytes_from_hex(SEALED);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(aad.data);
    free(plain.data);
    free(sealed.data);
    return 0;
}

static void case_16_is_sealed_and_opened(void **state)
{
    uint8_t out[76];
    uint8_t back[60];

    (void)state;
    assert_status(seal(key, nonce, span_of(aad), span_of(plain), TPS_BUF_OF(out)), TPS_OK);
    assert_span(TPS_SPAN_OF(out), span_of(sealed));
    assert_status(open_sealed(key, nonce, span_of(aad), span_of(sealed), TPS_BUF_OF(back)), TPS_OK);
    assert_span(TPS_SPAN_OF(back), span_of(plain));
}

static void case_13_seals_nothing_at_all(void **state)
{
    tps_buf expected = bytes_from_hex("530f8afbc74536b9a963b4f1c4cb738b");
    uint8_t out[16];

    (void)state;
    assert_status(seal(zeros, zeros, TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, TPS_BUF_OF(out)), TPS_OK);
    assert_span(TPS_SPAN_OF(out), span_of(expected));
    assert_status(open_sealed(zeros, zeros, TPS_SPAN_EMPTY, TPS_SPAN_OF(out), TPS_BUF_MEASURE), TPS_OK);
    out[15] ^= 1;
    assert_status(open_sealed(zeros, zeros, TPS_SPAN_EMPTY, TPS_SPAN_OF(out), TPS_BUF_MEASURE),
                  TPS_CRYPTO_BAD_TAG);
    free(expected.data);
}

static void assert_wiped(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void any_changed_bit_is_found_and_the_output_wiped(void **state)
{
    uint8_t back[60];

    (void)state;
    for (size_t bit = 0; bit < 8 * sealed.size; bit++) {
        sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(back, 0xa5, sizeof back);
        assert_status(open_sealed(key, nonce, span_of(aad), span_of(sealed), TPS_BUF_OF(back)),
                      TPS_CRYPTO_BAD_TAG);
        assert_wiped(back, sizeof back);
        sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void another_key_nonce_or_aad_opens_nothing(void **state)
{
    uint8_t back[60];

    (void)state;
    assert_status(open_sealed(zeros, nonce, span_of(aad), span_of(sealed), TPS_BUF_OF(back)),
                  TPS_CRYPTO_BAD_TAG);
    assert_status(open_sealed(key, zeros, span_of(aad), span_of(sealed), TPS_BUF_OF(back)),
                  TPS_CRYPTO_BAD_TAG);
    assert_status(open_sealed(key, nonce, TPS_SPAN_EMPTY, span_of(sealed), TPS_BUF_OF(back)),
                  TPS_CRYPTO_BAD_TAG);
    assert_wiped(back, sizeof back);
}

static void sizes_that_do_not_fit_are_bad_arguments(void **state)
{
    uint8_t out[80];

    (void)state;
    assert_status(seal(key, nonce, TPS_SPAN_EMPTY, span_of(plain), (tps_buf){out, 75}), TPS_BAD_ARGUMENT);
    assert_status(seal(key, nonce, TPS_SPAN_EMPTY, span_of(plain), (tps_buf){out, 77}), TPS_BAD_ARGUMENT);
    assert_status(open_sealed(key, nonce, TPS_SPAN_EMPTY, span_of(sealed), (tps_buf){out, 61}),
                  TPS_BAD_ARGUMENT);
    assert_status(open_sealed(key, nonce, TPS_SPAN_EMPTY, tps_span_make(zeros, 15), (tps_buf){out, 0}),
                  TPS_CRYPTO_BAD_TAG);
    assert_status(open_sealed(key, nonce, TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, (tps_buf){out, 0}),
                  TPS_CRYPTO_BAD_TAG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_16_is_sealed_and_opened),
        cmocka_unit_test(case_13_seals_nothing_at_all),
        cmocka_unit_test(any_changed_bit_is_found_and_the_output_wiped),
        cmocka_unit_test(another_key_nonce_or_aad_opens_nothing),
        cmocka_unit_test(sizes_that_do_not_fit_are_bad_arguments),
    };

    return cmocka_run_group_tests(tests, make, end);
}
