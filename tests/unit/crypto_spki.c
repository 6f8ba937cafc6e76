/* SPDX-License-Identifier: Apache-2.0 */
/* SubjectPublicKeyInfo and RSA keys in DER, as every back end reads them without a library: exactly as DER
 * says, or not. */
#include "crypto/spki.h"

#include "crypto/rsa.h"
#include "support/check.h"
#include "support/vectors.h"

static tps_crypto_rsa numbers(size_t n_size, size_t e_size)
{
    tps_crypto_rsa rsa = {.n_size = n_size, .e_size = e_size};

    memset(rsa.n, 0xb5, n_size);
    memset(rsa.e, 0x13, e_size);
    return rsa;
}

static void keys_come_back_as_they_were_written(void **state)
{
    static const size_t sizes[] = {256, 257, 384, 511, 512};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        for (size_t e_size = 1; e_size <= 8; e_size++) {
            tps_crypto_rsa expected = numbers(sizes[i], e_size);
            tps_crypto_rsa rsa;
            uint8_t der[CRYPTO_RSA_DER_MAX];
            size_t size = crypto_rsa_write(&expected, der);

            assert_true(size <= sizeof der);
            assert_true(crypto_rsa_read(tps_span_make(der, size), &rsa));
            assert_span(tps_span_make(rsa.n, rsa.n_size), tps_span_make(expected.n, expected.n_size));
            assert_span(tps_span_make(rsa.e, rsa.e_size), tps_span_make(expected.e, expected.e_size));
            for (size_t cut = 0; cut < size; cut++) {
                assert_false(crypto_rsa_read(tps_span_make(der, cut), &rsa));
            }
        }
    }
}

static bool reads(tps_buf der)
{
    tps_buf exact = exact_copy(span_of(der));
    tps_crypto_rsa rsa;
    bool is_read = crypto_rsa_read(span_of(exact), &rsa);

    free(exact.data);
    return is_read;
}

/* The heads of a key of 256 bytes: 30 82 01 08, 02 82 01 01 00, ..., 02 01 13. */
static void every_other_head_is_refused(void **state)
{
    tps_crypto_rsa key = numbers(256, 1);
    uint8_t bytes[CRYPTO_RSA_DER_MAX + 2];
    tps_buf der = {bytes, crypto_rsa_write(&key, bytes)};
    static const size_t heads[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    assert_int_equal(der.size, 268);
    assert_true(reads(der));
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t kept = bytes[heads[i]];
            bytes[heads[i]] = (uint8_t)value;
            assert_int_equal(reads(der), value == kept);
            bytes[heads[i]] = kept;
        }
    }
    for (size_t at = der.size - 3; at < der.size - 1; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t kept = bytes[at];
            bytes[at] = (uint8_t)value;
            assert_int_equal(reads(der), value == kept);
            bytes[at] = kept;
        }
    }
    der.size++; /* a byte behind */
    assert_false(reads(der));
}

static void a_length_that_is_not_the_shortest_is_refused(void **state)
{
    /* An exponent of three bytes, its length in one byte, in two, in three. */
    static const char *const exponents[] = {"0203010001", "028103010001", "02820003010001"};
    tps_crypto_rsa key = numbers(256, 1);
    uint8_t bytes[CRYPTO_RSA_DER_MAX + 8];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_buf exponent = bytes_from_hex(exponents[i]);
        size_t size = crypto_rsa_write(&key, bytes) - 3;

        memcpy(bytes + size, exponent.data, exponent.size);
        size += exponent.size;
        bytes[2] = (uint8_t)((size - 4) >> 8);
        bytes[3] = (uint8_t)(size - 4);
        assert_int_equal(reads((tps_buf){bytes, size}), i == 0);
        free(exponent.data);
    }
}

static void numbers_that_are_negative_zero_or_padded_are_refused(void **state)
{
    static const char *const exponents[] = {
        "020181", "020100", "02020003", "0200", "020900b5b5b5b5b5b5b5b5", "020a00b5b5b5b5b5b5b5b5b5"};
    tps_crypto_rsa key = numbers(256, 1);
    uint8_t bytes[CRYPTO_RSA_DER_MAX + 16];

    (void)state;
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
        tps_buf exponent = bytes_from_hex(exponents[i]);
        size_t size = crypto_rsa_write(&key, bytes) - 3;

        memcpy(bytes + size, exponent.data, exponent.size);
        size += exponent.size;
        bytes[2] = (uint8_t)((size - 4) >> 8);
        bytes[3] = (uint8_t)(size - 4);
        assert_int_equal(reads((tps_buf){bytes, size}),
                         i == 4); /* eight bytes with their sign byte are good */
        free(exponent.data);
    }
}

static void points_are_found_behind_their_heads_only(void **state)
{
    static const struct {
        const char *head;
        size_t rest;
        int32_t curve;
    } kinds[] = {
        {"3059301306072a8648ce3d020106082a8648ce3d03010703420004", 64, TPS_CURVE_P256},
        {"3076301006072a8648ce3d020106052b8104002203620004", 96, TPS_CURVE_P384},
        {"30819b301006072a8648ce3d020106052b810400230381860004", 132, TPS_CURVE_P521},
        {"302a300506032b6570032100", 32, TPS_CURVE_ED25519},
    };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        tps_buf head = bytes_from_hex(kinds[i].head);
        uint8_t spki[200];
        size_t size = head.size + kinds[i].rest;
        tps_crypto_point point;

        memset(spki, 0x5a, sizeof spki);
        memcpy(spki, head.data, head.size);
        assert_true(crypto_spki_point(tps_span_make(spki, size), &point));
        assert_int_equal(point.curve, kinds[i].curve);
        assert_int_equal(point.size, tps_crypto_curve_size(kinds[i].curve));
        assert_int_equal(point.x[0], 0x5a);
        assert_int_equal(point.y[0], kinds[i].curve == TPS_CURVE_ED25519 ? 0 : 0x5a);
        assert_false(crypto_spki_point(tps_span_make(spki, size - 1), &point));
        assert_false(crypto_spki_point(tps_span_make(spki, size + 1), &point));
        for (size_t bit = 0; bit < 8 * head.size; bit++) {
            spki[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(crypto_spki_point(tps_span_make(spki, size), &point));
            spki[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        free(head.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_back_as_they_were_written),
        cmocka_unit_test(every_other_head_is_refused),
        cmocka_unit_test(a_length_that_is_not_the_shortest_is_refused),
        cmocka_unit_test(numbers_that_are_negative_zero_or_padded_are_refused),
        cmocka_unit_test(points_are_found_behind_their_heads_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
