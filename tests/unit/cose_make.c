/* SPDX-License-Identifier: Apache-2.0 */
/* Making COSE_Sign1: what was put in comes out, in buffers of every size, with signers that fail. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cose.h"

static const tps_span certificates[] = {
    {(const uint8_t *)"leaf", 4},
    {(const uint8_t *)"issuer", 6},
};

static const tps_cose_sign1_options full = {
    .content_type = {(const uint8_t *)"application/x", 13},
    .kid = {(const uint8_t *)"11", 2},
    .x5chain = certificates,
    .x5chain_count = 2,
    .corim_meta = {(const uint8_t *)"\xa0", 1},
};

static const tps_span payload = {(const uint8_t *)"what is claimed", 15};

/* Makes the message in heap memory of exactly its size, after measuring. */
static tps_buf make(const tps_cose_sign1_options *options, const tps_cose_signer *signer)
{
    tps_span measured;
    tps_span encoded;
    tps_buf out;

    assert_status(tps_cose_sign1_make(payload, options, signer, TPS_BUF_MEASURE, &measured), TPS_OK);
    assert_null(measured.data);
    out = (tps_buf){malloc(measured.size), measured.size};
    assert_status(tps_cose_sign1_make(payload, options, signer, out, &encoded), TPS_OK);
    assert_ptr_equal(encoded.data, out.data);
    assert_int_equal(encoded.size, measured.size);
    return out;
}

static tps_cose_sign1 verified(tps_buf message, tps_crypto_key *key)
{
    tps_cose_key_finder finder = test_finder(key);
    tps_cose_sign1 out;

    assert_status(tps_cose_sign1_verify(span_of(message), &finder, NULL, &out, NULL), TPS_OK);
    assert_int_equal(out.tag, TPS_TAG_COSE_SIGN1);
    assert_span(out.payload, payload);
    return out;
}

static void every_algorithm_makes_what_verifies(void **state)
{
    static const int32_t algorithms[] = {TPS_ALG_ES256, TPS_ALG_ESP256, TPS_ALG_ES384, TPS_ALG_ESP384};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        tps_crypto_key *key = i < 2 ? test_key(1) : test_key_p384();
        tps_cose_signer signer = tps_cose_signer_of_key(key, algorithms[i]);
        tps_buf message = make(NULL, &signer);

        assert_int_equal(verified(message, key).headers.alg, algorithms[i]);
        free(message.data);
        tps_crypto_key_free(key);
    }
}

/* Written where it will stand, at the end and before the signature, a payload needs no room of its own. */
static void a_payload_may_lie_in_its_place(void **state)
{
    static const size_t sizes[] = {1, 7, 8, 15, 32, 33, 300}; /* each way of copying */
    static const uint8_t bytes[300] = {0xa1, 0x01};
    tps_crypto_key *key = test_key(1);
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_cose_key_finder finder = test_finder(key);

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tps_cose_sign1 parsed;
        tps_span encoded;
        tps_buf out;
        uint8_t *place;

        assert_status(
            tps_cose_sign1_make(tps_span_make(NULL, sizes[i]), &full, &signer, TPS_BUF_MEASURE, &encoded),
            TPS_OK);
        out = (tps_buf){malloc(encoded.size), encoded.size};
        place = out.data + out.size - 2 - tps_crypto_alg_signature_size(TPS_ALG_ES256) - sizes[i];
        memcpy(place, bytes, sizes[i]);
        assert_status(tps_cose_sign1_make(tps_span_make(place, sizes[i]), &full, &signer, out, &encoded),
                      TPS_OK);
        assert_status(tps_cose_sign1_verify(encoded, &finder, NULL, &parsed, NULL), TPS_OK);
        assert_ptr_equal(parsed.payload.data, place);
        assert_span(parsed.payload, tps_span_make(bytes, sizes[i]));
        free(out.data);
    }
    tps_crypto_key_free(key);
}

static void headers_come_back_from_their_buckets(void **state)
{
    tps_crypto_key *key = test_key(1);
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);

    (void)state;
    for (int is_protected = 0; is_protected < 2; is_protected++) {
        tps_cose_sign1_options options = full;
        tps_span chain[2];
        tps_buf message;
        tps_cose_sign1 out;

        options.is_x5chain_protected = is_protected;
        message = make(&options, &signer);
        out = verified(message, key);
        assert_span(out.headers.content_type, full.content_type);
        assert_span(out.headers.kid, full.kid);
        assert_span(out.headers.corim_meta, full.corim_meta);
        assert_int_equal(out.headers.x5chain_count, 2);
        assert_int_equal(tps_cose_certificates(out.headers.x5chain, chain, 2), 2);
        assert_span(chain[0], certificates[0]);
        assert_span(chain[1], certificates[1]);
        /* In the protected bucket, or not. */
        assert_int_equal(out.headers.x5chain.data < out.protected_raw.data + out.protected_raw.size,
                         is_protected);
        assert_status(tps_cbor_check(span_of(message), &cbor_limits_deterministic, NULL, NULL), TPS_OK);
        assert_status(tps_cbor_check(out.protected_raw, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
        free(message.data);
    }
    tps_crypto_key_free(key);
}

/* RFC 9360, 2: a single certificate stands without an array. */
static void a_single_certificate_is_no_array(void **state)
{
    tps_crypto_key *key = test_key(1);
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_cose_sign1_options options = {.x5chain = certificates, .x5chain_count = 1};
    tps_buf message = make(&options, &signer);
    tps_cose_sign1 out = verified(message, key);

    (void)state;
    assert_int_equal(out.headers.x5chain_count, 1);
    assert_int_equal(out.headers.x5chain.data[0], 0x44);
    assert_int_equal(out.headers.x5chain.data[-1], 0x21);
    free(message.data);
    tps_crypto_key_free(key);
}

/* A signer that counts its calls and fails the one whose number is `fail_at`. */
typedef struct {
    unsigned calls;
    unsigned fail_at;
} counting;

static tps_status sign_counting(void *context, int32_t alg, tps_span digest, tps_buf signature)
{
    counting *c = context;

    assert_int_equal(alg, TPS_ALG_ESP256);
    assert_int_equal(digest.size, 32);
    assert_int_equal(signature.size, 64);
    memset(signature.data, 0x5a, signature.size);
    return ++c->calls == c->fail_at ? TPS_COMPONENT_UNREACHABLE : TPS_OK;
}

static void every_smaller_buffer_is_told_the_size_and_the_signer_is_not_called(void **state)
{
    counting count = {0, 0};
    tps_cose_signer signer = {TPS_ALG_ESP256, sign_counting, &count, NULL};
    tps_span measured;

    (void)state;
    assert_status(tps_cose_sign1_make(payload, &full, &signer, TPS_BUF_MEASURE, &measured), TPS_OK);
    for (size_t room = 0; room < measured.size; room++) {
        uint8_t *exact = malloc(room == 0 ? 1 : room);
        tps_span encoded;

        assert_status(tps_cose_sign1_make(payload, &full, &signer, (tps_buf){exact, room}, &encoded),
                      TPS_BUFFER_TOO_SMALL);
        assert_null(encoded.data);
        assert_int_equal(encoded.size, measured.size);
        free(exact);
    }
    assert_int_equal(count.calls, 0);
}

static void the_signer_is_called_once_and_its_failure_is_passed_on(void **state)
{
    counting count = {0, 2};
    tps_cose_signer signer = {TPS_ALG_ESP256, sign_counting, &count, NULL};
    uint8_t out[256];
    tps_span encoded;

    (void)state;
    assert_status(tps_cose_sign1_make(payload, NULL, &signer, TPS_BUF_OF(out), &encoded), TPS_OK);
    assert_int_equal(count.calls, 1);
    assert_status(tps_cose_sign1_make(payload, NULL, &signer, TPS_BUF_OF(out), &encoded),
                  TPS_COMPONENT_UNREACHABLE);
    assert_null(encoded.data);
    assert_int_equal(encoded.size, 0);
    assert_status(tps_cose_sign1_make(payload, NULL, &signer, TPS_BUF_OF(out), &encoded), TPS_OK);
    assert_int_equal(count.calls, 3);
}

static void the_digest_is_that_of_the_sig_structure(void **state)
{
    tps_crypto_key *key = test_key(2);
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_buf message = make(NULL, &signer);
    /* ["Signature1", h'a10126', h'', h'...'] written by hand (RFC 9052, 4.4). */
    tps_buf expected = bytes_from_hex("846a5369676e61747572653143a10126404f7768617420697320636c61696d6564");
    tps_digest digest;

    (void)state;
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, span_of(expected), &digest), TPS_OK);
    assert_status(
        tps_crypto_verify(key, TPS_ALG_ES256, &digest, tps_span_make(message.data + message.size - 64, 64)),
        TPS_OK);
    free(expected.data);
    free(message.data);
    tps_crypto_key_free(key);
}

static void a_signer_whose_key_does_not_fit_is_refused(void **state)
{
    tps_crypto_key *key = test_key(1);
    tps_cose_signer wrong_curve = tps_cose_signer_of_key(key, TPS_ALG_ES384);
    tps_cose_signer unknown = tps_cose_signer_of_key(key, TPS_ALG_SHA256);
    uint8_t out[256];
    tps_span encoded;

    (void)state;
    assert_status(tps_cose_sign1_make(payload, NULL, &wrong_curve, TPS_BUF_OF(out), &encoded),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_cose_sign1_make(payload, NULL, &unknown, TPS_BUF_OF(out), &encoded),
                  TPS_COSE_ALG_REFUSED);
    assert_status(
        wrong_curve.sign(key, TPS_ALG_ES256, tps_span_make(out, TPS_HASH_SIZE_MAX + 1), TPS_BUF_OF(out)),
        TPS_BAD_ARGUMENT);
    tps_crypto_key_free(key);
}

static void what_nobody_could_read_is_not_made(void **state)
{
    counting count = {0, 0};
    tps_cose_signer signer = {TPS_ALG_ESP256, sign_counting, &count, NULL};
    tps_span chain[TPS_COSE_X5CHAIN_MAX + 1];
    tps_cose_sign1_options options = {.x5chain = chain, .x5chain_count = TPS_COSE_X5CHAIN_MAX + 1};
    tps_span large = {calloc(1, TPS_COSE_MESSAGE_MAX), TPS_COSE_MESSAGE_MAX};
    tps_span encoded;

    (void)state;
    for (size_t i = 0; i <= TPS_COSE_X5CHAIN_MAX; i++) {
        chain[i] = certificates[0];
    }
    assert_status(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_MEASURE, &encoded),
                  TPS_BAD_ARGUMENT);
    options.x5chain_count = TPS_COSE_X5CHAIN_MAX;
    assert_status(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_MEASURE, &encoded), TPS_OK);
    assert_status(tps_cose_sign1_make(large, NULL, &signer, TPS_BUF_MEASURE, &encoded), TPS_TOO_LARGE);
    large.size -= 100;
    assert_status(tps_cose_sign1_make(large, NULL, &signer, TPS_BUF_MEASURE, &encoded), TPS_OK);
    free((void *)(uintptr_t)large.data);
}

/* RFC 8949, 3.1: a text is UTF-8. Our own reader would refuse the message. */
static void a_text_that_is_not_utf8_is_not_made(void **state)
{
    static const char *const bad[] = {"\xff", "text/\xc3", "\xc0\x80", "\xed\xa0\x80"};
    tps_crypto_key *key = test_key(1);
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    uint8_t out[512];
    tps_span encoded;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof bad / sizeof bad[0]; i++) {
        tps_span text = tps_span_of_text(bad[i / 2]);
        tps_cose_make_options options = {.content_type = i % 2 == 0 ? text : TPS_SPAN_EMPTY,
                                         .typ = i % 2 == 0 ? TPS_SPAN_EMPTY : text};
        assert_status(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_MEASURE, &encoded),
                      TPS_BAD_ARGUMENT);
        assert_status(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_OF(out), &encoded),
                      TPS_BAD_ARGUMENT);
        assert_int_equal(encoded.size, 0);
        options.has_content_format = i % 2 == 0; /* then the text counts for nothing */
        options.has_typ_format = i % 2 != 0;
        assert_status(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_OF(out), &encoded), TPS_OK);
    }
    tps_crypto_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_makes_what_verifies),
        cmocka_unit_test(a_payload_may_lie_in_its_place),
        cmocka_unit_test(headers_come_back_from_their_buckets),
        cmocka_unit_test(a_single_certificate_is_no_array),
        cmocka_unit_test(every_smaller_buffer_is_told_the_size_and_the_signer_is_not_called),
        cmocka_unit_test(the_signer_is_called_once_and_its_failure_is_passed_on),
        cmocka_unit_test(the_digest_is_that_of_the_sig_structure),
        cmocka_unit_test(a_signer_whose_key_does_not_fit_is_refused),
        cmocka_unit_test(what_nobody_could_read_is_not_made),
        cmocka_unit_test(a_text_that_is_not_utf8_is_not_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
