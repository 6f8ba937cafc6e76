/* SPDX-License-Identifier: Apache-2.0 */
/* COSE built with TPS_WITHOUT_EDDSA and TPS_WITHOUT_RSA, as that for microcontrollers is: both names of EdDSA
 * are refused, made and verified, by a name, whatever the back end could do; nothing else is. */
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cose.h"
#include "tps/cose_key.h"

#ifndef TPS_WITHOUT_EDDSA
#error "this test is of a build with TPS_WITHOUT_EDDSA"
#endif

static const int32_t names[] = {TPS_ALG_EDDSA, TPS_ALG_ED25519};

/* The first key of RFC 8032, 7.1. */
static const uint8_t seed[] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                               0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                               0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
static const char public_key[] = "a3010120062158"
                                 "20d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/* NULL where the back end has no Ed25519. */
static tps_crypto_key *ed25519;

static int set_up(void **state)
{
    tps_status status = tps_crypto_key_from_scalar(TPS_CURVE_ED25519, TPS_SPAN_OF(seed), &ed25519);

    (void)state;
    return status == TPS_OK || status == TPS_CRYPTO_ALG_REFUSED ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    tps_crypto_key_free(ed25519);
    return 0;
}

static tps_status never_called(void *context, int32_t alg, tps_span message, tps_buf signature)
{
    (void)context, (void)alg, (void)message, (void)signature;
    fail_msg("a whole message came to the signer");
    return TPS_OK;
}

static void nothing_is_signed_as_a_whole(void **state)
{
    uint8_t room[256];
    uint8_t scratch[256];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_cose_signer signer = {.alg = names[i], .sign = never_called, .sign_message = never_called};
        tps_cose_make_options options = {.scratch = TPS_BUF_OF(scratch)};
        tps_span encoded = TPS_SPAN_LITERAL("left");

        assert_status(
            tps_cose_sign1_make(TPS_SPAN_LITERAL("payload"), &options, &signer, TPS_BUF_OF(room), &encoded),
            TPS_COSE_ALG_REFUSED);
        assert_int_equal(encoded.size, 0);
    }
}

static void a_key_makes_no_signer_of_whole_messages(void **state)
{
    tps_crypto_key *p256 = test_key(1);
    tps_crypto_key *key = ed25519 == NULL ? p256 : ed25519;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_cose_signer signer = tps_cose_signer_of_key(key, names[i]);
        uint8_t room[256];
        tps_span encoded;

        assert_null(signer.sign_message);
        assert_status(
            tps_cose_sign1_make(TPS_SPAN_LITERAL("payload"), NULL, &signer, TPS_BUF_OF(room), &encoded),
            TPS_COSE_ALG_REFUSED);
    }
    tps_crypto_key_free(p256);
}

/* A message that others would take: 18([<<{1: alg}>>, {}, 'hi', signature]), put together here. */
static tps_span make_elsewhere(int32_t alg, uint8_t room[128])
{
    uint8_t to_be_signed[] = "\x84\x6aSignature1\x43\xa1\x01?\x40\x42hi";
    uint8_t start[] = "\xd2\x84\x43\xa1\x01?\xa0\x42hi\x58\x40";
    size_t start_size = sizeof start - 1;
    tps_span covered = tps_span_make(to_be_signed, sizeof to_be_signed - 1);
    size_t size = 0;

    to_be_signed[15] = start[5] = (uint8_t)(0x20 - 1 - alg); /* -8 and -19 fit into a head */
    memcpy(room, start, start_size);
    memset(room + start_size, 0, 64);
    if (ed25519 != NULL) {
        tps_buf signature = {room + start_size, 64};

        assert_status(tps_crypto_sign_message(ed25519, alg, covered, signature, &size), TPS_OK);
        assert_status(
            tps_crypto_verify_message(ed25519, alg, covered, tps_span_make(signature.data, signature.size)),
            TPS_OK);
    }
    return tps_span_make(room, start_size + 64);
}

static void a_good_signature_is_refused_by_name(void **state)
{
    tps_crypto_key *p256 = test_key(1);
    tps_crypto_key *key = ed25519 == NULL ? p256 : ed25519;
    tps_cose_key_finder finder = test_finder(key);
    uint8_t scratch[256];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_cose_terms terms = {.alg = names[i], .scratch = TPS_BUF_OF(scratch)};
        uint8_t room[128];
        tps_span message = make_elsewhere(names[i], room);
        tps_cose_message out;
        tps_error why = {0};

        assert_status(tps_cose_sign1_parse(message, &out, NULL), TPS_OK);
        assert_int_equal(out.headers.alg, names[i]);
        assert_status(tps_cose_sign1_verify_parsed(&out, key, NULL), TPS_COSE_ALG_REFUSED);
        assert_status(tps_cose_sign1_verify_parsed(&out, key, &terms), TPS_COSE_ALG_REFUSED);

        assert_status(tps_cose_sign1_verify(message, &finder, &terms, &out, &why), TPS_COSE_ALG_REFUSED);
        assert_int_equal(why.status, TPS_COSE_ALG_REFUSED);
        assert_null(out.payload.data);
    }
    tps_crypto_key_free(p256);
}

/* Whether there are such keys is the back end's to say; their form and their names are not. */
static void a_key_of_ed25519_has_a_name_and_is_refused_where_the_back_end_has_none(void **state)
{
    tps_span encoded = span_of(bytes_from_hex(public_key));
    tps_crypto_key *key = NULL;
    tps_digest thumbprint;
    tps_cose_key parts;

    (void)state;
    assert_status(tps_cose_key_parse(encoded, &parts, NULL), TPS_OK);
    assert_int_equal(parts.curve, TPS_CURVE_ED25519);
    assert_status(tps_cose_key_thumbprint(&parts, TPS_ALG_SHA256, &thumbprint), TPS_OK);
    assert_status(tps_cose_key_read_for(encoded, TPS_ALG_EDDSA, TPS_KEY_OP_VERIFY, &key),
                  ed25519 == NULL ? TPS_CRYPTO_ALG_REFUSED : TPS_OK);
    assert_int_equal(key == NULL, ed25519 == NULL);
    tps_crypto_key_free(key);
    free((void *)(uintptr_t)encoded.data);
}

static void what_signs_digests_is_as_ever(void **state)
{
    static const tps_span payload = {(const uint8_t *)"payload", 7};
    tps_crypto_key *key = test_key(1);
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    uint8_t room[256];
    tps_span encoded;
    tps_cose_message out;

    (void)state;
    assert_status(tps_cose_sign1_make(payload, NULL, &signer, TPS_BUF_OF(room), &encoded), TPS_OK);
    assert_status(tps_cose_sign1_parse(encoded, &out, NULL), TPS_OK);
    assert_status(tps_cose_sign1_verify_parsed(&out, key, NULL), TPS_OK);
    assert_span(out.payload, payload);
    tps_crypto_key_free(key);
}

/* TPS_WITHOUT_RSA: an RSA key is known as one, and none comes of it. */
static void an_rsa_key_is_refused_by_name(void **state)
{
    uint8_t encoded[270] = {0xa3, 0x01, 0x03, 0x20, 0x59, 0x01, 0x00};
    tps_crypto_key *key = NULL;
    tps_cose_key parsed;

    (void)state;
    memset(encoded + 7, 0xdd, 256);
    memcpy(encoded + 7 + 256, "\x21\x43\x01\x00\x01", 5);
    assert_status(tps_cose_key_parse(tps_span_make(encoded, 7 + 256 + 5), &parsed, NULL), TPS_OK);
    assert_int_equal(parsed.kty, TPS_KEY_RSA);
    assert_status(tps_cose_key_public(&parsed, &key), TPS_CRYPTO_ALG_REFUSED);
    assert_null(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_signed_as_a_whole),
        cmocka_unit_test(a_key_makes_no_signer_of_whole_messages),
        cmocka_unit_test(a_good_signature_is_refused_by_name),
        cmocka_unit_test(a_key_of_ed25519_has_a_name_and_is_refused_where_the_back_end_has_none),
        cmocka_unit_test(what_signs_digests_is_as_ever),
        cmocka_unit_test(an_rsa_key_is_refused_by_name),
    };

    return cmocka_run_group_tests_name("cose_without_eddsa", tests, set_up, tear_down);
}
