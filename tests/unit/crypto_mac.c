/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC in steps: RFC 4231's test cases with SHA-256, SHA-384 and SHA-512; the short code; misuse. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/crypto.h"

#define LONG_KEY_TEXT "Test Using Larger Than Block-Size Key - Hash Key First"

/* RFC 4231, 4.3 (test case 2) and 4.7 (test case 6, a key of 131 bytes 0xaa). */
static const struct {
    int32_t alg;
    const char *case_2;
    const char *case_6;
} published[] = {
    {TPS_ALG_HMAC256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {TPS_ALG_HMAC256_64, "5bdcc146bf60754e", "60e431591ee0b67f"},
    {TPS_ALG_HMAC384,
     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
     "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"},
    {TPS_ALG_HMAC512,
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b"
     "636e070a38bce737",
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec"
     "8b915a985d786598"},
};

static void assert_tag(const tps_digest *tag, const char *hex)
{
    tps_buf expected = bytes_from_hex(hex);

    assert_span(tps_span_make(tag->bytes, tag->size), span_of(expected));
    for (size_t i = tag->size; i < sizeof tag->bytes; i++) {
        assert_int_equal(tag->bytes[i], 0); /* nothing of a longer code */
    }
    free(expected.data);
}

static void published_codes_come_out(void **state)
{
    uint8_t key[131];

    (void)state;
    memset(key, 0xaa, sizeof key);
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        tps_crypto_mac mac;
        tps_digest tag;

        if (!tps_crypto_supports(published[i].alg)) {
            continue;
        }
        assert_status(tps_crypto_mac_begin(&mac, published[i].alg, TPS_SPAN_LITERAL("Jefe")), TPS_OK);
        tps_crypto_mac_update(&mac, TPS_SPAN_LITERAL("what do ya "));
        tps_crypto_mac_update(&mac, TPS_SPAN_EMPTY);
        tps_crypto_mac_update(&mac, TPS_SPAN_LITERAL("want for nothing?"));
        memset(&tag, 0xa5, sizeof tag);
        assert_status(tps_crypto_mac_finish(&mac, &tag), TPS_OK);
        assert_tag(&tag, published[i].case_2);
        assert_int_equal(tag.size, tps_crypto_alg_mac_size(published[i].alg));

        assert_status(tps_crypto_mac_begin(&mac, published[i].alg, TPS_SPAN_OF(key)), TPS_OK);
        for (size_t at = 0; at < sizeof(LONG_KEY_TEXT) - 1; at++) {
            tps_crypto_mac_update(&mac, tps_span_make(&LONG_KEY_TEXT[at], 1));
        }
        assert_status(tps_crypto_mac_finish(&mac, &tag), TPS_OK);
        assert_tag(&tag, published[i].case_6);
    }
}

static void codes_under_way_do_not_disturb_each_other(void **state)
{
    tps_crypto_mac one;
    tps_crypto_mac two;
    tps_digest tag;
    size_t other = tps_crypto_supports(TPS_ALG_HMAC512) ? 3 : 1;

    (void)state;
    assert_status(tps_crypto_mac_begin(&one, TPS_ALG_HMAC256, TPS_SPAN_LITERAL("Jefe")), TPS_OK);
    assert_status(tps_crypto_mac_begin(&two, published[other].alg, TPS_SPAN_LITERAL("Jefe")), TPS_OK);
    tps_crypto_mac_update(&one, TPS_SPAN_LITERAL("what do ya want for nothing?"));
    tps_crypto_mac_update(&two, TPS_SPAN_LITERAL("what do ya want for nothing?"));
    assert_status(tps_crypto_mac_finish(&one, &tag), TPS_OK);
    assert_tag(&tag, published[0].case_2);
    assert_status(tps_crypto_mac_finish(&two, &tag), TPS_OK);
    assert_tag(&tag, published[other].case_2);
}

static void a_code_given_up_or_ended_cannot_be_ended_again(void **state)
{
    tps_crypto_mac mac;
    tps_digest tag;

    (void)state;
    assert_status(tps_crypto_mac_begin(&mac, TPS_ALG_HMAC256, TPS_SPAN_LITERAL("Jefe")), TPS_OK);
    tps_crypto_mac_abort(&mac);
    tps_crypto_mac_abort(&mac);
    tps_crypto_mac_update(&mac, TPS_SPAN_LITERAL("abc"));
    assert_status(tps_crypto_mac_finish(&mac, &tag), TPS_CRYPTO_FAILED);
    assert_tag(&tag, "");
    assert_status(tps_crypto_mac_begin(&mac, TPS_ALG_HMAC256, TPS_SPAN_LITERAL("Jefe")), TPS_OK);
    assert_status(tps_crypto_mac_finish(&mac, &tag), TPS_OK);
    assert_status(tps_crypto_mac_finish(&mac, &tag), TPS_CRYPTO_FAILED);
    assert_tag(&tag, "");
}

/* A back end keeps few keys at once (mbedTLS 32): each code gives its own back. */
static void many_codes_one_after_the_other_run_out_of_nothing(void **state)
{
    tps_crypto_mac mac;
    tps_digest tag;

    (void)state;
    for (int i = 0; i < 200; i++) {
        assert_status(tps_crypto_mac_begin(&mac, TPS_ALG_HMAC256, TPS_SPAN_LITERAL("key")), TPS_OK);
        if (i % 2 == 0) {
            tps_crypto_mac_abort(&mac);
        } else {
            assert_status(tps_crypto_mac_finish(&mac, &tag), TPS_OK);
        }
    }
}

static void empty_keys_and_what_is_no_code_are_refused(void **state)
{
    static const int32_t others[] = {TPS_ALG_NONE, TPS_ALG_A256GCM, 8, TPS_ALG_SHA256, TPS_ALG_ES256, 14};
    tps_crypto_mac mac;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_status(tps_crypto_mac_begin(&mac, others[i], TPS_SPAN_LITERAL("key")), TPS_CRYPTO_ALG_REFUSED);
        tps_crypto_mac_abort(&mac); /* may be given up all the same */
        assert_int_equal(tps_crypto_alg_mac_size(others[i]), 0);
    }
    assert_status(tps_crypto_mac_begin(&mac, TPS_ALG_HMAC256, TPS_SPAN_EMPTY), TPS_CRYPTO_BAD_KEY);
    tps_crypto_mac_abort(&mac);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_codes_come_out),
        cmocka_unit_test(codes_under_way_do_not_disturb_each_other),
        cmocka_unit_test(a_code_given_up_or_ended_cannot_be_ended_again),
        cmocka_unit_test(many_codes_one_after_the_other_run_out_of_nothing),
        cmocka_unit_test(empty_keys_and_what_is_no_code_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
