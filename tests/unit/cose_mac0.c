/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Mac0, made and verified; and what a receiver's terms and a maker's options do to it and to Sign1:
 * detached payloads, external data, critical headers, EdDSA's scratch. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cose.h"

#define AAD TPS_SPAN_LITERAL("beside")

static const tps_span payload = {(const uint8_t *)"what is claimed", 15};
static const uint8_t k[64] = {7};
static const tps_cose_secret secret = {.bytes = {k, 32}};
static tps_crypto_key *p256;
static tps_crypto_key *ed25519;

static int make_keys(void **state)
{
    (void)state;
    p256 = test_key(1);
    return tps_crypto_key_generate(TPS_CURVE_ED25519, &ed25519) == TPS_OK ? 0 : -1;
}

static int free_keys(void **state)
{
    (void)state;
    tps_crypto_key_free(ed25519);
    tps_crypto_key_free(p256);
    return 0;
}

static tps_buf make_mac(const tps_cose_make_options *options, int32_t alg, const tps_cose_secret *key)
{
    tps_span measured;
    tps_span encoded;
    tps_buf out;

    assert_status(tps_cose_mac0_make(payload, options, alg, key, TPS_BUF_MEASURE, &measured), TPS_OK);
    out = (tps_buf){malloc(measured.size), measured.size};
    assert_status(tps_cose_mac0_make(payload, options, alg, key, (tps_buf){out.data, out.size - 1}, &encoded),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, measured.size);
    assert_status(tps_cose_mac0_make(payload, options, alg, key, out, &encoded), TPS_OK);
    assert_int_equal(encoded.size, out.size);
    return out;
}

static tps_status verify_mac(tps_buf message, const tps_cose_secret *key, const tps_cose_terms *terms)
{
    tps_cose_message out = {.payload = payload};
    tps_error why = {0};
    tps_status status = tps_cose_mac0_verify(span_of(message), key, terms, &out, &why);

    assert_int_equal(why.status, status);
    if (status == TPS_OK) {
        assert_span(out.payload, payload);
    } else {
        static const tps_cose_message zeros;
        assert_memory_equal(&out, &zeros, sizeof out); /* what was good before is not left standing */
    }
    return status;
}

static void every_mac_verifies_with_its_key_alone(void **state)
{
    static const int32_t algs[] = {TPS_ALG_HMAC256_64, TPS_ALG_HMAC256, TPS_ALG_HMAC384, TPS_ALG_HMAC512};
    const tps_cose_secret another = {.bytes = {k + 1, 32}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        tps_buf message = make_mac(NULL, algs[i], &secret);
        tps_cose_message parsed;

        assert_status(verify_mac(message, &secret, NULL), TPS_OK);
        assert_status(verify_mac(message, &another, NULL), TPS_COSE_BAD_TAG);
        assert_status(tps_cose_sign1_parse(span_of(message), &parsed, NULL), TPS_OK);
        assert_int_equal(parsed.tag, TPS_TAG_COSE_MAC0);
        parsed.signature.size--; /* a code cut short is no code */
        assert_status(tps_cose_mac0_verify_parsed(&parsed, &secret, NULL), TPS_COSE_BAD_TAG);
        message.data[0] = 0xd2;
        assert_status(verify_mac(message, &secret, NULL), TPS_COSE_NOT_WELL_FORMED);
        message.data[0] = 0;
        assert_int_not_equal(verify_mac(message, &secret, NULL), TPS_OK);
        free(message.data);
    }
}

static void a_mac_key_is_used_as_it_says(void **state)
{
    tps_cose_secret key = secret;
    tps_buf message = make_mac(NULL, TPS_ALG_HMAC256, &key);
    uint8_t out[128];
    tps_span encoded;

    (void)state;
    key.alg = TPS_ALG_HMAC384;
    assert_status(verify_mac(message, &key, NULL), TPS_COSE_KEY_USE);
    key = secret;
    key.ops = 1u << TPS_KEY_OP_MAC_CREATE;
    assert_status(verify_mac(message, &key, NULL), TPS_COSE_KEY_USE);
    key.ops = 1u << TPS_KEY_OP_MAC_VERIFY;
    assert_status(verify_mac(message, &key, NULL), TPS_OK);
    assert_status(tps_cose_mac0_make(payload, NULL, TPS_ALG_HMAC256, &key, TPS_BUF_OF(out), &encoded),
                  TPS_COSE_KEY_USE);
    assert_status(tps_cose_mac0_make(payload, NULL, TPS_ALG_ES256, &secret, TPS_BUF_OF(out), &encoded),
                  TPS_COSE_ALG_REFUSED);
    key = (tps_cose_secret){.bytes = TPS_SPAN_EMPTY};
    assert_status(verify_mac(message, &key, NULL), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_cose_mac0_make(payload, NULL, TPS_ALG_HMAC256, &key, TPS_BUF_OF(out), &encoded),
                  TPS_CRYPTO_BAD_KEY);
    assert_null(encoded.data);
    assert_int_equal(encoded.size, 0);
    free(message.data);
}

static void a_mac_of_a_signature_algorithm_is_refused(void **state)
{
    tps_buf message = make_mac(NULL, TPS_ALG_HMAC256, &secret);
    tps_cose_message parsed;

    (void)state;
    assert_status(tps_cose_sign1_parse(span_of(message), &parsed, NULL), TPS_OK);
    parsed.headers.alg = TPS_ALG_ES256;
    assert_status(tps_cose_mac0_verify_parsed(&parsed, &secret, NULL), TPS_COSE_ALG_REFUSED);
    parsed.headers.alg = 0;
    assert_status(tps_cose_mac0_verify_parsed(&parsed, &secret, NULL), TPS_COSE_ALG_REFUSED);
    parsed.headers.alg = TPS_ALG_HMAC256;
    parsed.tag = TPS_TAG_COSE_SIGN1;
    assert_status(tps_cose_mac0_verify_parsed(&parsed, &secret, NULL), TPS_COSE_NOT_WELL_FORMED);
    free(message.data);
}

/* ---- terms and options ---- */

static void a_detached_payload_is_given_by_the_receiver(void **state)
{
    tps_cose_make_options options = {.is_detached = true, .aad = AAD};
    tps_cose_signer signer = tps_cose_signer_of_key(p256, TPS_ALG_ESP256);
    tps_cose_key_finder finder = test_finder(p256);
    tps_cose_terms terms = {.aad = AAD, .detached = payload};
    tps_buf mac = make_mac(&options, TPS_ALG_HMAC256, &secret);
    uint8_t bytes[128];
    tps_span message;
    tps_cose_message out;

    (void)state;
    assert_status(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_OF(bytes), &message), TPS_OK);
    assert_status(tps_cose_sign1_verify(message, &finder, &terms, &out, NULL), TPS_OK);
    assert_true(out.is_detached);
    assert_span(out.payload, payload);
    assert_status(verify_mac(mac, &secret, &terms), TPS_OK);
    terms.detached.size--;
    assert_status(tps_cose_sign1_verify(message, &finder, &terms, &out, NULL), TPS_COSE_BAD_SIGNATURE);
    assert_status(verify_mac(mac, &secret, &terms), TPS_COSE_BAD_TAG);
    terms.detached = TPS_SPAN_EMPTY;
    assert_status(tps_cose_sign1_verify(message, &finder, &terms, &out, NULL), TPS_COSE_DETACHED);
    assert_status(tps_cose_sign1_verify(message, &finder, NULL, &out, NULL), TPS_COSE_DETACHED);
    assert_status(verify_mac(mac, &secret, &terms), TPS_COSE_DETACHED);
    free(mac.data);

    /* An empty payload is one, too. */
    assert_status(tps_cose_sign1_make(TPS_SPAN_EMPTY, &options, &signer, TPS_BUF_OF(bytes), &message),
                  TPS_OK);
    terms.detached = TPS_SPAN_LITERAL("");
    assert_status(tps_cose_sign1_verify(message, &finder, &terms, &out, NULL), TPS_OK);
}

static void a_payload_inside_is_refused_when_one_is_given_beside(void **state)
{
    tps_cose_terms terms = {.detached = payload};
    tps_buf mac = make_mac(NULL, TPS_ALG_HMAC256, &secret);

    (void)state;
    assert_status(verify_mac(mac, &secret, &terms), TPS_COSE_ATTACHED);
    free(mac.data);
}

static void terms_may_name_the_one_algorithm(void **state)
{
    tps_cose_terms terms = {.alg = TPS_ALG_HMAC256};
    tps_buf mac = make_mac(NULL, TPS_ALG_HMAC256, &secret);

    (void)state;
    assert_status(verify_mac(mac, &secret, &terms), TPS_OK);
    terms.alg = TPS_ALG_HMAC256_64;
    assert_status(verify_mac(mac, &secret, &terms), TPS_COSE_ALG_REFUSED);
    free(mac.data);
}

static void all_options_come_back_in_deterministic_form(void **state)
{
    const uint8_t more[] = {0x18, 0x63, 0x05};
    const uint8_t crit[] = {0x82, 0x01, 0x18, 0x63};
    const uint8_t claims[] = {0xa1, 0x01, 0x61, 'i'};
    uint8_t x5t_room[TPS_COSE_X5T_SIZE];
    tps_cose_make_options options = {.has_content_format = true,
                                     .content_format = 0,
                                     .has_typ_format = true,
                                     .typ_format = 61,
                                     .kid = TPS_SPAN_LITERAL("k"),
                                     .is_kid_unprotected = true,
                                     .kid_context = TPS_SPAN_LITERAL("c"),
                                     .cwt_claims = TPS_SPAN_OF(claims),
                                     .more_protected = TPS_SPAN_OF(more),
                                     .more_protected_count = 1,
                                     .crit = TPS_SPAN_OF(crit),
                                     .is_untagged = true};
    const int64_t understood[] = {98, 99};
    tps_cose_terms terms = {.understood = understood, .understood_count = 2};
    tps_cose_message out;
    tps_span value;
    tps_buf mac;

    (void)state;
    assert_status(tps_cose_x5t_make(TPS_SPAN_LITERAL("leaf"), x5t_room, &options.x5t), TPS_OK);
    mac = make_mac(&options, TPS_ALG_HMAC256, &secret);
    assert_status(tps_cbor_check(span_of(mac), &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    assert_status(verify_mac(mac, &secret, NULL), TPS_COSE_CRIT_UNKNOWN);
    terms.understood_count = 1;
    assert_status(verify_mac(mac, &secret, &terms), TPS_COSE_CRIT_UNKNOWN);
    terms.understood_count = 2;
    assert_status(tps_cose_mac0_verify(span_of(mac), &secret, &terms, &out, NULL), TPS_OK);
    assert_status(tps_cbor_check(out.protected_raw, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    assert_int_equal(out.tag, 0);
    assert_int_equal(out.headers.content_format, 0);
    assert_int_equal(out.headers.typ_format, 61);
    assert_span_text(out.headers.kid, "k");
    assert_span_text(out.headers.kid_context, "c");
    assert_span(out.headers.cwt_claims, TPS_SPAN_OF(claims));
    assert_int_equal(out.headers.x5t_alg, TPS_ALG_SHA256);
    assert_status(tps_cose_x5t_check(&out.headers, TPS_SPAN_LITERAL("leaf")), TPS_OK);
    assert_status(tps_cose_x5t_check(&out.headers, TPS_SPAN_LITERAL("lead")), TPS_NOT_FOUND);
    assert_true(tps_cose_header_find(out.protected_raw, 99, &value));
    assert_span(value, tps_span_make("\x05", 1));
    assert_true(tps_cose_header_find(out.unprotected_raw, TPS_HEADER_KID, &value));
    assert_false(tps_cose_header_find(out.protected_raw, -99, &value));
    assert_int_equal(value.size, 0);
    free(mac.data);
    options = (tps_cose_make_options){.typ = TPS_SPAN_LITERAL("a/b")};
    mac = make_mac(&options, TPS_ALG_HMAC256, &secret);
    assert_status(tps_cose_mac0_verify(span_of(mac), &secret, NULL, &out, NULL), TPS_OK);
    assert_span_text(out.headers.typ, "a/b");
    free(mac.data);
}

static void x5t_of_other_hashes_is_checked_or_refused(void **state)
{
    tps_cose_headers headers = {.x5t_alg = TPS_ALG_SHA512};
    tps_digest digest;

    (void)state;
    assert_status(tps_cose_x5t_check(&headers, payload), TPS_NOT_FOUND);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA512, payload, &digest), TPS_OK);
    headers.x5t = tps_span_make(digest.bytes, digest.size);
    assert_status(tps_cose_x5t_check(&headers, payload), TPS_OK);
    headers.x5t_alg = TPS_ALG_SHA384;
    assert_status(tps_cose_x5t_check(&headers, payload), TPS_NOT_FOUND);
    headers.x5t_alg = -15; /* SHA-256/64: a filter, no proof */
    assert_status(tps_cose_x5t_check(&headers, payload), TPS_COSE_ALG_REFUSED);
    headers.x5t_alg = 0;
    assert_status(tps_cose_x5t_check(&headers, payload), TPS_COSE_ALG_REFUSED);
    headers.x5t_alg = TPS_ALG_SHA256 + ((int64_t)1 << 32);
    assert_status(tps_cose_x5t_check(&headers, payload), TPS_COSE_ALG_REFUSED);
}

static tps_status verify_eddsa(tps_span message, tps_buf scratch)
{
    tps_cose_key_finder finder = test_finder(ed25519);
    tps_cose_terms terms = {.scratch = scratch};
    tps_cose_message out;

    return tps_cose_sign1_verify(message, &finder, scratch.size == 0 ? NULL : &terms, &out, NULL);
}

static void eddsa_needs_scratch_for_what_is_not_small(void **state)
{
    static const int32_t algs[] = {TPS_ALG_EDDSA, TPS_ALG_ED25519};
    uint8_t large[300] = {1};
    uint8_t scratch[400];
    size_t needed = tps_cose_scratch_size(3, 0, sizeof large);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_cose_signer signer = tps_cose_signer_of_key(ed25519, algs[i]);
        tps_cose_make_options options = {.scratch = {scratch, needed}};
        uint8_t out[512];
        tps_span message;

        assert_status(tps_cose_sign1_make(payload, NULL, &signer, TPS_BUF_OF(out), &message), TPS_OK);
        assert_status(verify_eddsa(message, TPS_BUF_MEASURE), TPS_OK);
        assert_status(tps_cose_sign1_make(TPS_SPAN_OF(large), NULL, &signer, TPS_BUF_OF(out), &message),
                      TPS_BUFFER_TOO_SMALL);
        assert_int_equal(message.size, 0);
        assert_status(tps_cose_sign1_make(TPS_SPAN_OF(large), &options, &signer, TPS_BUF_OF(out), &message),
                      TPS_OK);
        assert_status(verify_eddsa(message, TPS_BUF_MEASURE), TPS_BUFFER_TOO_SMALL);
        assert_status(verify_eddsa(message, (tps_buf){scratch, sizeof large}), TPS_BUFFER_TOO_SMALL);
        assert_status(verify_eddsa(message, (tps_buf){scratch, needed}), TPS_OK);
        out[message.size - 1] ^= 1;
        assert_status(verify_eddsa(message, (tps_buf){scratch, needed}), TPS_COSE_BAD_SIGNATURE);
        signer.sign_message = NULL;
        assert_status(tps_cose_sign1_make(payload, NULL, &signer, TPS_BUF_OF(out), &message),
                      TPS_COSE_ALG_REFUSED);
        options.scratch.data = NULL;
        signer = tps_cose_signer_of_key(ed25519, algs[i]);
        assert_status(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_OF(out), &message), TPS_OK);
    }
}

static void a_payload_of_any_size_has_its_head(void **state)
{
    static const size_t sizes[] = {0, 23, 24, 255, 256, 65535, 65536};
    static uint8_t bytes[65536];
    static uint8_t out[66000];

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tps_cose_signer signer = tps_cose_signer_of_key(p256, TPS_ALG_ES256);
        tps_cose_key_finder finder = test_finder(p256);
        tps_span structure = TPS_SPAN_EMPTY;
        static uint8_t room[66000];
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
        tps_cose_message m;
        tps_digest digest;
        tps_span message;

        assert_status(
            tps_cose_sign1_make(tps_span_make(bytes, sizes[i]), NULL, &signer, TPS_BUF_OF(out), &message),
            TPS_OK);
        assert_status(tps_cose_sign1_verify(message, &finder, NULL, &m, NULL), TPS_OK);
        /* And what was signed is the Sig_structure as the writer has it. */
        tps_cbor_put_array(&w, 4);
        tps_cbor_put_text(&w, "Signature1");
        tps_cbor_put_bytes(&w, m.protected_raw);
        tps_cbor_put_bytes(&w, TPS_SPAN_EMPTY);
        tps_cbor_put_bytes(&w, m.payload);
        assert_status(tps_cbor_writer_finish(&w, &structure), TPS_OK);
        assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, structure, &digest), TPS_OK);
        assert_status(tps_crypto_verify(p256, TPS_ALG_ES256, &digest, m.signature), TPS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mac_verifies_with_its_key_alone),
        cmocka_unit_test(a_mac_key_is_used_as_it_says),
        cmocka_unit_test(a_mac_of_a_signature_algorithm_is_refused),
        cmocka_unit_test(a_detached_payload_is_given_by_the_receiver),
        cmocka_unit_test(a_payload_inside_is_refused_when_one_is_given_beside),
        cmocka_unit_test(terms_may_name_the_one_algorithm),
        cmocka_unit_test(all_options_come_back_in_deterministic_form),
        cmocka_unit_test(x5t_of_other_hashes_is_checked_or_refused),
        cmocka_unit_test(eddsa_needs_scratch_for_what_is_not_small),
        cmocka_unit_test(a_payload_of_any_size_has_its_head),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
