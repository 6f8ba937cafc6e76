/* SPDX-License-Identifier: Apache-2.0 */
/* Signed wrappers: COSE_Sign1 around CBOR, compact JWS around JSON. */
#include "support/check.h"
#include "support/cose_craft.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cmw.h"

#define CBOR_RECORD             \
    TPS_SPAN_LITERAL("\x82\x63" \
                     "a/b"      \
                     "\x41\x01")
#define JSON_RECORD TPS_SPAN_LITERAL("[\"a\\/b\",\"AQ\"]")

static tps_crypto_key *key;
static uint8_t out[1024];
static uint8_t room_bytes[1024];

static int make_key(void **state)
{
    (void)state;
    key = test_key(1);
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    tps_crypto_key_free(key);
    return 0;
}

static tps_status verify_crafted(const char *protected_hex, const char *unprotected_hex, tps_span payload)
{
    tps_cose_key_finder keys = test_finder(key);
    tps_buf message = craft_sign1(protected_hex, unprotected_hex, payload, key, TPS_ALG_ES256);
    tps_error why = {0};
    tps_cmw cmw;
    tps_status status = tps_cmw_verify_cose(span_of(message), &keys, &cmw, &why);

    assert_true(status == TPS_OK || why.status == status);
    free(message.data);
    return status;
}

static void a_wrapper_of_cbor_is_signed_and_verified(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    /* The content type is the wrapper's, whatever the options say of one. */
    tps_cose_make_options options = {
        .kid = TPS_SPAN_LITERAL("k"), .has_content_format = true, .content_format = 60};
    tps_cose_key_finder keys = test_finder(key);
    tps_cose_key_finder no_keys = test_finder(NULL);
    tps_cose_message parsed;
    tps_span message;
    tps_cmw cmw;

    (void)state;
    for (int with_options = 0; with_options < 2; with_options++) {
        assert_status(tps_cmw_sign_cose(CBOR_RECORD, with_options ? &options : NULL, &signer, TPS_BUF_OF(out),
                                        &message),
                      TPS_OK);
        assert_status(tps_cmw_verify_cose(message, &keys, &cmw, NULL), TPS_OK);
        assert_int_equal(cmw.form, TPS_CMW_CBOR_RECORD);
        assert_span_text(cmw.type, "a/b");
        assert_status(tps_cose_sign1_parse(message, &parsed, NULL), TPS_OK);
        assert_int_equal(parsed.headers.kid.size, with_options);
        assert_status(tps_cmw_verify_cose(message, &no_keys, &cmw, NULL), TPS_COSE_NO_KEY);
    }
    out[message.size - 1] ^= 1;
    assert_status(tps_cmw_verify_cose(message, &keys, &cmw, NULL), TPS_COSE_BAD_SIGNATURE);
}

static void what_does_not_say_that_it_is_a_wrapper_is_refused(void **state)
{
    (void)state;
    /* application/cmw+cbor and 273, protected */
    assert_status(
        verify_crafted("a2 01 26 03 74 6170706c69636174696f6e2f636d772b63626f72", "a0", CBOR_RECORD), TPS_OK);
    assert_status(verify_crafted("a2 01 26 03 190111", "a0", CBOR_RECORD), TPS_OK);
    /* unprotected, absent, another one */
    assert_status(verify_crafted("a1 01 26", "a1 03 190111", CBOR_RECORD), TPS_CMW_NOT_SIGNED_CMW);
    assert_status(verify_crafted("a1 01 26", "a0", CBOR_RECORD), TPS_CMW_NOT_SIGNED_CMW);
    assert_status(verify_crafted("a2 01 26 03 190112", "a0", CBOR_RECORD), TPS_CMW_NOT_SIGNED_CMW);
    assert_status(verify_crafted("a2 01 26 03 63612f62", "a0", CBOR_RECORD), TPS_CMW_NOT_SIGNED_CMW);
}

static void what_was_signed_must_be_a_wrapper_of_cbor(void **state)
{
    (void)state;
    assert_status(verify_crafted("a2 01 26 03 190111", "a0", JSON_RECORD), TPS_CMW_NOT_WELL_FORMED);
    assert_status(verify_crafted("a2 01 26 03 190111", "a0", TPS_SPAN_LITERAL("\xa0")),
                  TPS_CMW_EMPTY_COLLECTION);
    assert_status(verify_crafted("a2 01 26 03 190111", "a0", TPS_SPAN_LITERAL("\x01")),
                  TPS_CMW_NOT_WELL_FORMED);
}

static void only_good_wrappers_are_signed(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_span message;
    size_t size;

    (void)state;
    assert_status(tps_cmw_sign_cose(JSON_RECORD, NULL, &signer, TPS_BUF_OF(out), &message),
                  TPS_CMW_NOT_WELL_FORMED);
    assert_status(tps_cmw_sign_cose(TPS_SPAN_LITERAL("\xa0"), NULL, &signer, TPS_BUF_OF(out), &message),
                  TPS_CMW_EMPTY_COLLECTION);
    assert_int_equal(message.size, 0);
    assert_status(tps_cmw_sign_jws(CBOR_RECORD, NULL, &signer, &room, TPS_BUF_OF(out), &size),
                  TPS_CMW_NOT_WELL_FORMED);
    assert_status(tps_cmw_sign_jws(TPS_SPAN_LITERAL("{}"), NULL, &signer, &room, TPS_BUF_OF(out), &size),
                  TPS_CMW_EMPTY_COLLECTION);
    assert_int_equal(size, 0);
}

static tps_status verify_jws(tps_span text, size_t room_size, tps_cmw *cmw)
{
    tps_buf room = {room_bytes, room_size};
    tps_error why = {0};
    tps_status status = tps_cmw_verify_jws(text, key, &room, cmw, &why);

    assert_true(status == TPS_OK || why.status == status);
    return status;
}

static void a_wrapper_of_json_is_signed_and_verified(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_span text;
    size_t size;
    tps_cmw cmw;

    (void)state;
    assert_status(tps_cmw_sign_jws(JSON_RECORD, "kid", &signer, &room, TPS_BUF_OF(out), &size), TPS_OK);
    text = tps_span_make(out, size);
    assert_status(verify_jws(text, sizeof room_bytes, &cmw), TPS_OK);
    assert_int_equal(cmw.form, TPS_CMW_JSON_RECORD);
    assert_span_text(cmw.type, "a/b");
    for (size_t room_size = 0; room_size < size; room_size++) {
        tps_status status = verify_jws(text, room_size, &cmw);
        assert_true(status == TPS_OK || status == TPS_BUFFER_TOO_SMALL);
    }
    out[size - 2] = out[size - 2] == 'A' ? 'B' : 'A'; /* stays base64url */
    assert_status(verify_jws(text, sizeof room_bytes, &cmw), TPS_CRYPTO_BAD_SIGNATURE);
    assert_status(verify_jws(TPS_SPAN_LITERAL("a.b"), sizeof room_bytes, &cmw), TPS_JWT_NOT_WELL_FORMED);
    assert_status(verify_jws(TPS_SPAN_LITERAL("e30.YQ.YQ"), sizeof room_bytes, &cmw),
                  TPS_JWT_NOT_WELL_FORMED);
}

static tps_status verify_made(const char *cty, const char *payload)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_jws_options options = {.cty = cty};
    size_t size;
    tps_cmw cmw;

    assert_status(tps_jws_make_with(tps_span_of_text(payload), &options, &signer, TPS_BUF_OF(out), &size),
                  TPS_OK);
    return verify_jws(tps_span_make(out, size), sizeof room_bytes, &cmw);
}

static void a_jws_must_say_that_it_holds_a_wrapper(void **state)
{
    (void)state;
    assert_status(verify_made("application/cmw+json", "[\"a/b\",\"AQ\"]"), TPS_OK);
    assert_status(verify_made("cmw+json", "[\"a/b\",\"AQ\"]"), TPS_OK);
    assert_status(verify_made(NULL, "[\"a/b\",\"AQ\"]"), TPS_CMW_NOT_SIGNED_CMW);
    assert_status(verify_made("application/cmw+cbor", "[\"a/b\",\"AQ\"]"), TPS_CMW_NOT_SIGNED_CMW);
    assert_status(verify_made("cmw+json", "\x82\x63"
                                          "a/b"
                                          "\x41\x01"),
                  TPS_CMW_NOT_WELL_FORMED);
    assert_status(verify_made("cmw+json", "[]"), TPS_CMW_NOT_WELL_FORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrapper_of_cbor_is_signed_and_verified),
        cmocka_unit_test(what_does_not_say_that_it_is_a_wrapper_is_refused),
        cmocka_unit_test(what_was_signed_must_be_a_wrapper_of_cbor),
        cmocka_unit_test(only_good_wrappers_are_signed),
        cmocka_unit_test(a_wrapper_of_json_is_signed_and_verified),
        cmocka_unit_test(a_jws_must_say_that_it_holds_a_wrapper),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
