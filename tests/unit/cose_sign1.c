/* SPDX-License-Identifier: Apache-2.0 */
/* Taking COSE_Sign1 apart and verifying it: shapes, algorithms, keys, the payload that is not there. */
#include "support/check.h"
#include "support/cose_craft.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cose.h"

#define PAYLOAD TPS_SPAN_LITERAL("what is claimed")

static tps_crypto_key *p256;
static tps_crypto_key *p384;

static int make_keys(void **state)
{
    (void)state;
    p256 = test_key(1);
    p384 = test_key_p384();
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    tps_crypto_key_free(p256);
    tps_crypto_key_free(p384);
    return 0;
}

static tps_status verify(tps_span message, tps_crypto_key *key)
{
    tps_cose_key_finder finder = test_finder(key);
    tps_cose_sign1 out;

    return tps_cose_sign1_verify(message, &finder, NULL, &out, NULL);
}

/* Verifies a message with this protected bucket, signed as `alg` says. */
static void assert_crafted(const char *protected_hex, tps_crypto_key *key, int32_t alg,
                           tps_crypto_key *verifier, tps_status expected)
{
    tps_buf message = craft_sign1(protected_hex, "a0", PAYLOAD, key, alg);

    assert_status(verify(span_of(message), verifier), expected);
    free(message.data);
}

static void each_algorithm_verifies_with_a_key_of_its_curve(void **state)
{
    (void)state;
    assert_crafted("a10126", p256, TPS_ALG_ES256, p256, TPS_OK);
    assert_crafted("a10128", p256, TPS_ALG_ESP256, p256, TPS_OK);
    assert_crafted("a1013822", p384, TPS_ALG_ES384, p384, TPS_OK);
    assert_crafted("a1013832", p384, TPS_ALG_ESP384, p384, TPS_OK);
}

static void an_algorithm_is_refused_with_a_key_of_another_curve(void **state)
{
    (void)state;
    assert_crafted("a10126", p256, TPS_ALG_ES256, p384, TPS_COSE_ALG_REFUSED);
    assert_crafted("a10128", p256, TPS_ALG_ESP256, p384, TPS_COSE_ALG_REFUSED);
    assert_crafted("a1013822", p384, TPS_ALG_ES384, p256, TPS_COSE_ALG_REFUSED);
    assert_crafted("a1013832", p384, TPS_ALG_ESP384, p256, TPS_COSE_ALG_REFUSED);
    /* ES256 over P-384 would be SHA-256 with the larger curve: allowed once, never here. */
    assert_crafted("a10126", p384, TPS_ALG_ES384, p384, TPS_COSE_ALG_REFUSED);
}

static void unknown_and_absent_algorithms_are_refused(void **state)
{
    (void)state;
    assert_crafted("", p256, TPS_ALG_ES256, p256, TPS_COSE_ALG_REFUSED);
    assert_crafted("a0", p256, TPS_ALG_ES256, p256, TPS_COSE_ALG_REFUSED);
    assert_crafted("a10100", p256, TPS_ALG_ES256, p256, TPS_COSE_ALG_REFUSED);
    assert_crafted("a10127", p256, TPS_ALG_ES256, p256, TPS_COSE_ALG_REFUSED); /* EdDSA */
    assert_crafted("a1013823", p256, TPS_ALG_ES256, p256,
                   TPS_COSE_BAD_SIGNATURE);                                    /* ES512 verifies with P-256 */
    assert_crafted("a10105", p256, TPS_ALG_ES256, p256, TPS_COSE_ALG_REFUSED); /* HMAC */
    assert_crafted("a1012f", p256, TPS_ALG_ES256, p256, TPS_COSE_ALG_REFUSED); /* SHA-256 */
    /* -7 and 2^32 - 7 would be one in 32 bits. */
    assert_crafted("a1011afffffff9", p256, TPS_ALG_ES256, p256, TPS_COSE_ALG_REFUSED);
    assert_crafted("a1013b0000000100000006", p256, TPS_ALG_ES256, p256, TPS_COSE_ALG_REFUSED);
}

/* ES256 and ESP256 are one mathematics; the name is signed, so a signature under one is none under the other.
 */
static void es256_and_esp256_are_never_taken_for_each_other(void **state)
{
    tps_buf message = craft_sign1("a10126", "a0", PAYLOAD, p256, TPS_ALG_ES256);

    (void)state;
    assert_status(verify(span_of(message), p256), TPS_OK);
    assert_int_equal(message.data[4], 0x26);
    message.data[4] = 0x28;
    assert_status(verify(span_of(message), p256), TPS_COSE_BAD_SIGNATURE);
    free(message.data);

    message = craft_sign1("a1013822", "a0", PAYLOAD, p384, TPS_ALG_ES384);
    message.data[5] = 0x32;
    assert_status(verify(span_of(message), p384), TPS_COSE_BAD_SIGNATURE);
    free(message.data);
}

static void an_unprotected_algorithm_is_refused(void **state)
{
    tps_buf message = craft_sign1("", "a10126", PAYLOAD, p256, TPS_ALG_ES256);

    (void)state;
    assert_status(verify(span_of(message), p256), TPS_COSE_BAD_HEADER);
    free(message.data);
}

static void a_signature_of_another_size_is_bad(void **state)
{
    (void)state;
    assert_crafted("a1013822", p256, TPS_ALG_ES256, p384, TPS_COSE_BAD_SIGNATURE);
}

static void unprotected_headers_may_change_without_harm(void **state)
{
    tps_buf message = craft_sign1("a10126", "a1044131", PAYLOAD, p256, TPS_ALG_ES256);
    tps_buf other = craft_sign1("a10126", "a1044132", PAYLOAD, p256, TPS_ALG_ES256);

    (void)state;
    message.data[8] = 0x32;
    assert_status(verify(span_of(message), p256), TPS_OK);
    assert_memory_equal(message.data, other.data, message.size - 64);
    free(message.data);
    free(other.data);
}

/* Wraps a good untagged message in the tags given as hex. */
static tps_status verify_tagged(const char *tags_hex)
{
    tps_buf message = craft_sign1("a10126", "a0", PAYLOAD, p256, TPS_ALG_ES256);
    tps_buf tags = bytes_from_hex(tags_hex);
    tps_buf tagged = {malloc(tags.size + message.size), tags.size + message.size};
    tps_status status;

    if (tags.size > 0) {
        memcpy(tagged.data, tags.data, tags.size);
    }
    memcpy(tagged.data + tags.size, message.data, message.size);
    status = verify(span_of(tagged), p256);
    free(tagged.data);
    free(tags.data);
    free(message.data);
    return status;
}

static void the_tag_may_be_absent_and_a_cwt_tag_stands_before_it(void **state)
{
    (void)state;
    assert_status(verify_tagged(""), TPS_OK);
    assert_status(verify_tagged("d2"), TPS_OK);
    assert_status(verify_tagged("d83dd2"), TPS_OK);
    assert_status(verify_tagged("d83d"), TPS_COSE_NOT_WELL_FORMED);
    assert_status(verify_tagged("d2d2"), TPS_COSE_NOT_WELL_FORMED);
    assert_status(verify_tagged("d2d83d"), TPS_COSE_NOT_WELL_FORMED);
    assert_status(verify_tagged("d83dd83dd2"), TPS_COSE_NOT_WELL_FORMED);
    assert_status(verify_tagged("d1"), TPS_COSE_NOT_WELL_FORMED);
    assert_status(verify_tagged("d83dd1"), TPS_COSE_NOT_WELL_FORMED);
    assert_status(verify_tagged("d9d9f7d2"), TPS_COSE_NOT_WELL_FORMED);
    assert_status(verify_tagged("d862"), TPS_COSE_NOT_WELL_FORMED);
}

static void what_is_no_array_of_four_is_refused(void **state)
{
    static const char *const samples[] = {
        "00",
        "a0",
        "f6",
        "80",
        "8343a10126a040",
        "8543a10126a0404040",
        "9f43a10126a04040ff",
        "8443a10126a00040",
        "8443a10126a0f540",
        "8443a10126a06040",
        "8443a10126a05f40ff40",
        "8443a10126a040f6",
        "8443a10126a04080",
        "845f43a10126ffa04040",
        "84f6a04040",
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        tps_buf bytes = bytes_from_hex(samples[i]);
        tps_cose_sign1 out;
        tps_error why = {0};

        assert_status(tps_cose_sign1_parse(span_of(bytes), &out, &why), TPS_COSE_NOT_WELL_FORMED);
        assert_int_equal(why.status, TPS_COSE_NOT_WELL_FORMED);
        assert_non_null(why.detail);
        free(bytes.data);
    }
}

static void bytes_behind_the_message_are_refused(void **state)
{
    tps_buf message = craft_sign1("a10126", "a0", PAYLOAD, p256, TPS_ALG_ES256);
    tps_buf longer = {malloc(message.size + 1), message.size + 1};

    (void)state;
    memcpy(longer.data, message.data, message.size);
    longer.data[message.size] = 0;
    assert_status(verify(span_of(longer), p256), TPS_CBOR_TRAILING);
    free(longer.data);
    free(message.data);
}

static void a_detached_payload_is_refused_by_name(void **state)
{
    tps_buf bytes = bytes_from_hex("d28443a10126a0f640");
    tps_cose_sign1 out;

    (void)state;
    assert_status(tps_cose_sign1_parse(span_of(bytes), &out, NULL), TPS_OK);
    assert_true(out.is_detached);
    assert_int_equal(out.payload.size, 0);
    assert_status(verify(span_of(bytes), p256), TPS_COSE_DETACHED);
    free(bytes.data);
}

/* RFC 9052, 3: h'a0' for the protected bucket is signed as if it were empty. */
static void an_empty_protected_map_is_signed_as_an_empty_string(void **state)
{
    tps_buf bytes = bytes_from_hex("8441a0a0417840");
    tps_cose_sign1 out;

    (void)state;
    assert_status(tps_cose_sign1_parse(span_of(bytes), &out, NULL), TPS_OK);
    assert_int_equal(out.protected_raw.size, 0);
    free(bytes.data);
}

static tps_status fail_with_io(void *context, const tps_cose_sign1 *message, tps_crypto_key **key)
{
    (void)context;
    (void)message;
    (void)key;
    return TPS_IO;
}

static tps_status find_nothing_and_say_ok(void *context, const tps_cose_sign1 *message, tps_crypto_key **key)
{
    (void)context;
    (void)message;
    (void)key;
    return TPS_OK;
}

static void what_the_finder_says_is_passed_on_and_out_is_emptied(void **state)
{
    tps_buf message = craft_sign1("a10126", "a0", PAYLOAD, p256, TPS_ALG_ES256);
    tps_cose_key_finder io = {fail_with_io, NULL};
    tps_cose_key_finder nothing = {find_nothing_and_say_ok, NULL};
    tps_cose_sign1 out;
    tps_error why = {0};

    (void)state;
    memset(&out, 0xa5, sizeof out);
    assert_status(tps_cose_sign1_verify(span_of(message), &io, NULL, &out, &why), TPS_IO);
    assert_int_equal(why.status, TPS_IO);
    assert_status(tps_cose_sign1_verify(span_of(message), &nothing, NULL, &out, &why), TPS_COSE_NO_KEY);
    assert_status(verify(span_of(message), NULL), TPS_COSE_NO_KEY);
    message.data[message.size - 1] ^= 1;
    nothing = test_finder(p256);
    assert_status(tps_cose_sign1_verify(span_of(message), &nothing, NULL, &out, &why),
                  TPS_COSE_BAD_SIGNATURE);
    assert_null(out.payload.data);
    assert_int_equal(out.payload.size, 0);
    free(message.data);
}

static void a_message_over_the_limit_is_too_long(void **state)
{
    size_t size = TPS_COSE_MESSAGE_MAX + 1;
    uint8_t *bytes = calloc(1, size);
    tps_cose_sign1 out;

    (void)state;
    bytes[0] = 0x84;
    assert_status(tps_cose_sign1_parse(tps_span_make(bytes, size), &out, NULL), TPS_CBOR_TOO_LONG);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_verifies_with_a_key_of_its_curve),
        cmocka_unit_test(an_algorithm_is_refused_with_a_key_of_another_curve),
        cmocka_unit_test(unknown_and_absent_algorithms_are_refused),
        cmocka_unit_test(es256_and_esp256_are_never_taken_for_each_other),
        cmocka_unit_test(an_unprotected_algorithm_is_refused),
        cmocka_unit_test(a_signature_of_another_size_is_bad),
        cmocka_unit_test(unprotected_headers_may_change_without_harm),
        cmocka_unit_test(the_tag_may_be_absent_and_a_cwt_tag_stands_before_it),
        cmocka_unit_test(what_is_no_array_of_four_is_refused),
        cmocka_unit_test(bytes_behind_the_message_are_refused),
        cmocka_unit_test(a_detached_payload_is_refused_by_name),
        cmocka_unit_test(an_empty_protected_map_is_signed_as_an_empty_string),
        cmocka_unit_test(what_the_finder_says_is_passed_on_and_out_is_emptied),
        cmocka_unit_test(a_message_over_the_limit_is_too_long),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
