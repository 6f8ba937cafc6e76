/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes, HMAC-SHA-256 (RFC 4231) and HKDF-SHA-256 (RFC 5869). */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/crypto.h"

static tps_buf repeated(uint8_t byte, size_t size)
{
    tps_buf out = {malloc(size), size};

    memset(out.data, byte, size);
    return out;
}

static void assert_mac(tps_buf key, tps_buf bytes, const char *expected_hex, size_t compared)
{
    tps_buf expected = bytes_from_hex(expected_hex);
    uint8_t mac[TPS_SHA256_SIZE];

    assert_status(tps_crypto_hmac_sha256(span_of(key), span_of(bytes), mac), TPS_OK);
    assert_span(tps_span_make(mac, compared), span_of(expected));
    free(expected.data);
    free(key.data);
    free(bytes.data);
}

static tps_buf text(const char *characters)
{
    return exact_copy(tps_span_of_text(characters));
}

static void rfc4231_macs_come_out(void **state)
{
    (void)state;
    assert_mac(repeated(0x0b, 20), text("Hi There"),
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", 32);
    assert_mac(text("Jefe"), text("what do ya want for nothing?"),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", 32);
    assert_mac(repeated(0xaa, 20), repeated(0xdd, 50),
               "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", 32);
    assert_mac(bytes_from_hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), repeated(0xcd, 50),
               "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b", 32);
    assert_mac(repeated(0x0c, 20), text("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b", 16);
    assert_mac(repeated(0xaa, 131), text("Test Using Larger Than Block-Size Key - Hash Key First"),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", 32);
    assert_mac(
        repeated(0xaa, 131),
        text("This is a test using a larger than block-size key and a larger than block-size data. The key "
             "needs to be hashed before being used by the HMAC algorithm."),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2", 32);
}

/* The well-known MAC of nothing under nothing. */
static void an_empty_key_and_an_empty_message_have_a_mac(void **state)
{
    uint8_t mac[TPS_SHA256_SIZE];
    tps_buf expected = bytes_from_hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");

    (void)state;
    assert_status(tps_crypto_hmac_sha256(TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, mac), TPS_OK);
    assert_span(TPS_SPAN_OF(mac), span_of(expected));
    free(expected.data);
}

static void assert_hkdf(tps_buf secret, tps_buf salt, tps_buf info, const char *expected_hex)
{
    tps_buf expected = bytes_from_hex(expected_hex);
    tps_buf out = {malloc(expected.size), expected.size};

    assert_status(tps_crypto_hkdf(span_of(secret), span_of(salt), span_of(info), out), TPS_OK);
    assert_span(span_of(out), span_of(expected));
    free(out.data);
    free(expected.data);
    free(secret.data);
    free(salt.data);
    free(info.data);
}

static tps_buf counting(uint8_t first, size_t size)
{
    tps_buf out = {malloc(size), size};

    for (size_t i = 0; i < size; i++) {
        out.data[i] = (uint8_t)(first + i);
    }
    return out;
}

static void rfc5869_keys_come_out(void **state)
{
    (void)state;
    assert_hkdf(repeated(0x0b, 22), counting(0x00, 13), counting(0xf0, 10),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_hkdf(
        counting(0x00, 80), counting(0x60, 80), counting(0xb0, 80),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

/* Test case 3: salt and info of no bytes, given as no span at all and as one of size 0. */
static void rfc5869_case_3_has_empty_salt_and_info(void **state)
{
    static const char expected[] =
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";

    (void)state;
    assert_hkdf(repeated(0x0b, 22), (tps_buf){NULL, 0}, (tps_buf){NULL, 0}, expected);
    assert_hkdf(repeated(0x0b, 22), text(""), text(""), expected);
}

static void a_key_may_have_up_to_8160_bytes(void **state)
{
    uint8_t *out = malloc(8161);
    const uint8_t zeros[32] = {0};

    (void)state;
    assert_status(tps_crypto_hkdf(TPS_SPAN_OF(zeros), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, (tps_buf){out, 8160}),
                  TPS_OK);
    memset(out, 0xa5, 8161);
    assert_status(tps_crypto_hkdf(TPS_SPAN_OF(zeros), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, (tps_buf){out, 8161}),
                  TPS_BAD_ARGUMENT);
    for (size_t i = 0; i < 8161; i++) {
        assert_int_equal(out[i], 0);
    }
    free(out);
}

static void a_key_of_nothing_and_no_key_at_all_are_refused(void **state)
{
    uint8_t out[16];

    (void)state;
    memset(out, 0xa5, sizeof out);
    assert_status(tps_crypto_hkdf(TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("s"), TPS_SPAN_EMPTY, TPS_BUF_OF(out)),
                  TPS_BAD_ARGUMENT);
    assert_int_equal(out[0], 0);
    assert_status(tps_crypto_hkdf(TPS_SPAN_LITERAL("k"), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, (tps_buf){out, 0}),
                  TPS_BAD_ARGUMENT);
}

static void random_bytes_differ(void **state)
{
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};

    (void)state;
    assert_status(tps_crypto_random(TPS_BUF_OF(a)), TPS_OK);
    assert_status(tps_crypto_random(TPS_BUF_OF(b)), TPS_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_status(tps_crypto_random((tps_buf){a, 0}), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc4231_macs_come_out),
        cmocka_unit_test(an_empty_key_and_an_empty_message_have_a_mac),
        cmocka_unit_test(rfc5869_keys_come_out),
        cmocka_unit_test(rfc5869_case_3_has_empty_salt_and_info),
        cmocka_unit_test(a_key_may_have_up_to_8160_bytes),
        cmocka_unit_test(a_key_of_nothing_and_no_key_at_all_are_refused),
        cmocka_unit_test(random_bytes_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
