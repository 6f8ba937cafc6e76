/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption and recipients: every algorithm there and back, whom a message is for, and each refusal. */
#include "tps/cose_encrypt.h"
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/secret.h"

#define AAD TPS_SPAN_LITERAL("beside")

static const uint8_t k[64] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
                              18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33};
static const tps_span plain_text = {(const uint8_t *)"what nobody else reads", 22};
static tps_crypto_key *p256;
static tps_crypto_key *other;
static tps_crypto_key *p384;
static tps_crypto_key *p521;

static int make_keys(void **state)
{
    (void)state;
    p256 = test_key(1);
    other = test_key(2);
    p384 = test_key_p384();
    assert_status(tps_crypto_key_generate(TPS_CURVE_P521, &p521), TPS_OK);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    tps_crypto_key_free(p256);
    tps_crypto_key_free(other);
    tps_crypto_key_free(p384);
    tps_crypto_key_free(p521);
    return 0;
}

static tps_cose_secret secret_of(size_t size)
{
    return (tps_cose_secret){.bytes = {k, size}};
}

static const int32_t content_algs[] = {TPS_ALG_A128GCM, TPS_ALG_A192GCM, TPS_ALG_A256GCM,
                                       TPS_ALG_AES_CCM_16_64_128, TPS_ALG_AES_CCM_16_128_128};

/* ---- Encrypt0 ---- */

/* Makes it in memory of exactly its size. */
static tps_buf make0(const tps_cose_make_options *options, int32_t alg, const tps_cose_secret *key)
{
    tps_span measured;
    tps_span encoded;
    tps_buf out;

    assert_status(tps_cose_encrypt0_make(plain_text, options, alg, key, TPS_BUF_MEASURE, &measured), TPS_OK);
    assert_null(measured.data);
    out = (tps_buf){malloc(measured.size), measured.size};
    assert_status(
        tps_cose_encrypt0_make(plain_text, options, alg, key, (tps_buf){out.data, out.size - 1}, &encoded),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, measured.size);
    assert_status(tps_cose_encrypt0_make(plain_text, options, alg, key, out, &encoded), TPS_OK);
    assert_ptr_equal(encoded.data, out.data);
    assert_int_equal(encoded.size, measured.size);
    return out;
}

static tps_status open0(tps_buf message, const tps_cose_secret *key, const tps_cose_terms *terms)
{
    tps_cose_message parsed;
    uint8_t room[64];
    tps_span plain;
    tps_status status;

    TPS_TRY(tps_cose_encrypted_parse(span_of(message), terms, &parsed, NULL));
    memset(room, 0xa5, sizeof room);
    status = tps_cose_encrypt0_open(&parsed, key, terms, TPS_BUF_OF(room), &plain);
    if (status == TPS_OK) {
        assert_span(plain, plain_text);
    } else {
        assert_int_equal(plain.size, 0);
        assert_memory_not_equal(room, plain_text.data, plain_text.size);
    }
    return status;
}

static void every_content_algorithm_decrypts_what_it_encrypted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof content_algs / sizeof content_algs[0]; i++) {
        tps_cose_secret key = secret_of(tps_crypto_aead_key_size(content_algs[i]));
        tps_cose_make_options options = {
            .aad = AAD, .kid = TPS_SPAN_LITERAL("k"), .is_kid_unprotected = true};
        tps_cose_terms terms = {.aad = AAD};
        tps_buf message = make0(&options, content_algs[i], &key);
        tps_buf again = make0(&options, content_algs[i], &key);

        assert_status(tps_cbor_check(span_of(message), &cbor_limits_deterministic, NULL, NULL), TPS_OK);
        assert_status(open0(message, &key, &terms), TPS_OK);
        assert_status(open0(message, &key, NULL), TPS_COSE_BAD_TAG);
        assert_memory_not_equal(message.data, again.data, message.size); /* another nonce */
        terms.alg = TPS_ALG_A128GCM == content_algs[i] ? TPS_ALG_A256GCM : TPS_ALG_A128GCM;
        assert_status(open0(message, &key, &terms), TPS_COSE_ALG_REFUSED);
        free(again.data);
        free(message.data);
    }
}

static void a_nonce_is_given_whole_in_part_or_drawn(void **state)
{
    const uint8_t iv[12] = {1};
    const uint8_t base[12] = {9, 9, 9};
    tps_cose_secret key = {.bytes = {k, 16}, .base_iv = TPS_SPAN_OF(base)};
    tps_cose_make_options whole = {.iv = TPS_SPAN_OF(iv)};
    tps_cose_make_options part = {.partial_iv = {iv, 2}};
    tps_cose_make_options both = {.iv = TPS_SPAN_OF(iv), .partial_iv = {iv, 2}};
    tps_cose_make_options short_one = {.iv = {iv, 11}};
    tps_buf message = make0(&whole, TPS_ALG_A128GCM, &key);
    uint8_t out[128];
    tps_span encoded;

    (void)state;
    assert_status(open0(message, &key, NULL), TPS_OK);
    free(message.data);
    message = make0(&part, TPS_ALG_A128GCM, &key);
    assert_status(open0(message, &key, NULL), TPS_OK);
    key.base_iv.size = 13;
    assert_status(open0(message, &key, NULL), TPS_COSE_BAD_HEADER);
    key.base_iv.size = 0;
    assert_status(open0(message, &key, NULL), TPS_COSE_BAD_HEADER);
    assert_status(tps_cose_encrypt0_make(plain_text, &part, TPS_ALG_A128GCM, &key, TPS_BUF_OF(out), &encoded),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_cose_encrypt0_make(plain_text, &both, TPS_ALG_A128GCM, &key, TPS_BUF_OF(out), &encoded),
                  TPS_BAD_ARGUMENT);
    assert_status(
        tps_cose_encrypt0_make(plain_text, &short_one, TPS_ALG_A128GCM, &key, TPS_BUF_OF(out), &encoded),
        TPS_BAD_ARGUMENT);
    assert_null(encoded.data);
    free(message.data);
}

static void a_ciphertext_may_stand_beside_its_message(void **state)
{
    uint8_t sealed[38];
    tps_cose_secret key = secret_of(16);
    tps_cose_make_options options = {
        .is_detached = true, .is_untagged = true, .detached_room = TPS_BUF_OF(sealed)};
    tps_buf message = make0(&options, TPS_ALG_A128GCM, &key);
    tps_cose_terms terms = {.detached = TPS_SPAN_OF(sealed)};
    uint8_t out[128];
    tps_span encoded;

    (void)state;
    assert_status(open0(message, &key, &terms), TPS_OK);
    assert_status(open0(message, &key, NULL), TPS_COSE_DETACHED);
    sealed[0] ^= 1;
    assert_status(open0(message, &key, &terms), TPS_COSE_BAD_TAG);
    terms.detached.size = 15;
    assert_status(open0(message, &key, &terms), TPS_COSE_BAD_TAG);
    free(message.data);
    options.detached_room.size--;
    assert_status(
        tps_cose_encrypt0_make(plain_text, &options, TPS_ALG_A128GCM, &key, TPS_BUF_OF(out), &encoded),
        TPS_BUFFER_TOO_SMALL);
    options.detached_room.data = NULL;
    assert_status(
        tps_cose_encrypt0_make(plain_text, &options, TPS_ALG_A128GCM, &key, TPS_BUF_OF(out), &encoded),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, 0);
    options = (tps_cose_make_options){.aad = AAD};
    message = make0(&options, TPS_ALG_A128GCM, &key);
    assert_status(open0(message, &key, &terms), TPS_COSE_ATTACHED);
    free(message.data);
}

static void a_key_is_used_as_it_says_and_with_its_size(void **state)
{
    tps_cose_secret key = secret_of(16);
    tps_buf message = make0(NULL, TPS_ALG_A128GCM, &key);
    uint8_t out[128];
    tps_span encoded;

    (void)state;
    key.alg = TPS_ALG_A256GCM;
    assert_status(open0(message, &key, NULL), TPS_COSE_KEY_USE);
    key.alg = TPS_ALG_A128GCM;
    key.ops = 1u | 1u << TPS_KEY_OP_ENCRYPT;
    assert_status(open0(message, &key, NULL), TPS_COSE_KEY_USE);
    assert_status(tps_cose_encrypt0_make(plain_text, NULL, TPS_ALG_A128GCM, &key, TPS_BUF_OF(out), &encoded),
                  TPS_OK);
    key.ops = 1u << TPS_KEY_OP_DECRYPT;
    assert_status(open0(message, &key, NULL), TPS_OK);
    assert_status(tps_cose_encrypt0_make(plain_text, NULL, TPS_ALG_A128GCM, &key, TPS_BUF_OF(out), &encoded),
                  TPS_COSE_KEY_USE);
    key = secret_of(24);
    assert_status(open0(message, &key, NULL), TPS_CRYPTO_BAD_KEY);
    memset(out, 0xa5, sizeof out);
    assert_status(tps_cose_encrypt0_make(plain_text, NULL, TPS_ALG_A128GCM, &key, TPS_BUF_OF(out), &encoded),
                  TPS_CRYPTO_BAD_KEY);
    assert_int_equal(out[0], 0); /* wiped: the plaintext was there */
    assert_status(tps_cose_encrypt0_make(plain_text, NULL, TPS_ALG_ES256, &key, TPS_BUF_OF(out), &encoded),
                  TPS_COSE_ALG_REFUSED);
    free(message.data);
}

static void nothing_is_plaintext_without_its_tag(void **state)
{
    tps_cose_secret key = secret_of(16);
    tps_buf message = make0(NULL, TPS_ALG_A128GCM, &key);
    tps_cose_message parsed;
    uint8_t room[22];
    tps_span plain;

    (void)state;
    assert_status(tps_cose_encrypted_parse(span_of(message), NULL, &parsed, NULL), TPS_OK);
    assert_status(tps_cose_encrypt0_open(&parsed, &key, NULL, TPS_BUF_MEASURE, &plain), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(plain.size, plain_text.size);
    assert_null(plain.data);
    assert_status(tps_cose_encrypt0_open(&parsed, &key, NULL, (tps_buf){room, 21}, &plain),
                  TPS_BUFFER_TOO_SMALL);
    assert_status(tps_cose_encrypt0_open(&parsed, &key, NULL, TPS_BUF_OF(room), &plain), TPS_OK);
    /* In place: the message is writable here. */
    assert_status(tps_cose_encrypt0_open(&parsed, &key, NULL,
                                         (tps_buf){message.data + (parsed.payload.data - message.data), 22},
                                         &plain),
                  TPS_OK);
    assert_span(plain, plain_text);
    /* And now its bytes are no ciphertext any more. */
    assert_status(tps_cose_encrypt0_open(&parsed, &key, NULL, TPS_BUF_OF(room), &plain), TPS_COSE_BAD_TAG);
    parsed.tag = TPS_TAG_COSE_ENCRYPT;
    assert_status(tps_cose_encrypt0_open(&parsed, &key, NULL, TPS_BUF_OF(room), &plain),
                  TPS_COSE_NOT_WELL_FORMED);
    parsed.tag = TPS_TAG_COSE_ENCRYPT0;
    parsed.headers.alg = TPS_ALG_HMAC256;
    assert_status(tps_cose_encrypt0_open(&parsed, &key, NULL, TPS_BUF_OF(room), &plain),
                  TPS_COSE_ALG_REFUSED);
    free(message.data);
}

/* ---- recipients ---- */

/* A way to the content's key: who sends, who receives. */
typedef struct {
    tps_cose_recipient to;
    tps_cose_receiver me;
} way;

static tps_cose_secret direct_key;
static tps_cose_secret kek128 = {.bytes = {k, 16}};
static tps_cose_secret kek192 = {.bytes = {k, 24}};
static tps_cose_secret kek256 = {.bytes = {k, 32}};
static tps_cose_agreement agreements[3];

static size_t ways(way *out, int32_t content)
{
    const tps_cose_recipient to[] = {
        {.alg = TPS_ALG_DIRECT, .secret = &direct_key},
        {.alg = TPS_ALG_DIRECT_HKDF_256, .secret = &kek256},
        {.alg = TPS_ALG_ECDH_ES_HKDF_256, .peer = p256},
        {.alg = TPS_ALG_A128KW, .secret = &kek128},
        {.alg = TPS_ALG_A192KW, .secret = &kek192},
        {.alg = TPS_ALG_A256KW, .secret = &kek256},
        {.alg = TPS_ALG_A256GCM, .secret = &kek256},
        {.alg = TPS_ALG_AES_CCM_16_64_128, .secret = &kek128},
        {.alg = TPS_ALG_ECDH_ES_A128KW, .peer = p256},
        {.alg = TPS_ALG_ECDH_ES_A192KW, .peer = p384},
        {.alg = TPS_ALG_ECDH_ES_A256KW, .peer = p521},
    };
    size_t content_size = tps_crypto_alg_mac_size(content) != 0 ? 32 : tps_crypto_aead_key_size(content);

    direct_key = secret_of(content_size);
    agreements[0] = tps_cose_agreement_of_key(p256);
    agreements[1] = tps_cose_agreement_of_key(p384);
    agreements[2] = tps_cose_agreement_of_key(p521);
    for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
        out[i] = (way){.to = to[i], .me = {.secret = to[i].secret}};
        for (size_t j = 0; j < 3; j++) {
            if (to[i].peer != NULL && tps_crypto_key_curve(to[i].peer) == agreements[j].curve) {
                out[i].me.agreement = &agreements[j];
            }
        }
    }
    return sizeof to / sizeof to[0];
}

static tps_buf make_for(const tps_cose_recipient *to, size_t count, int32_t alg)
{
    tps_cose_make_options options = {.aad = AAD};
    tps_span measured;
    tps_span encoded;
    tps_buf out;
    bool is_mac = tps_crypto_alg_mac_size(alg) != 0;

    assert_status(
        is_mac ? tps_cose_mac_make(plain_text, &options, alg, to, count, TPS_BUF_MEASURE, &measured)
               : tps_cose_encrypt_make(plain_text, &options, alg, to, count, TPS_BUF_MEASURE, &measured),
        TPS_OK);
    out = (tps_buf){malloc(measured.size), measured.size};
    assert_status(is_mac ? tps_cose_mac_make(plain_text, &options, alg, to, count, out, &encoded)
                         : tps_cose_encrypt_make(plain_text, &options, alg, to, count, out, &encoded),
                  TPS_OK);
    assert_int_equal(encoded.size, measured.size);
    assert_status(tps_cbor_check(encoded, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    return out;
}

static tps_status open_as(tps_buf message, const tps_cose_receiver *me)
{
    tps_cose_terms terms = {.aad = AAD};
    tps_cose_message parsed;
    uint8_t room[64];
    tps_span plain;
    tps_status status;

    TPS_TRY(tps_cose_encrypted_parse(span_of(message), &terms, &parsed, NULL));
    status = tps_cose_encrypt_open(&parsed, me, &terms, TPS_BUF_OF(room), &plain);
    if (status == TPS_OK) {
        assert_span(plain, plain_text);
    }
    return status;
}

static tps_status verify_as(tps_buf message, const tps_cose_receiver *me)
{
    tps_cose_terms terms = {.aad = AAD};
    tps_cose_message parsed;

    TPS_TRY(tps_cose_mac_parse(span_of(message), &terms, &parsed, NULL));
    return tps_cose_mac_verify_parsed(&parsed, me, &terms);
}

static void every_way_leads_to_every_content_key(void **state)
{
    way all[16];

    (void)state;
    for (size_t a = 0; a < sizeof content_algs / sizeof content_algs[0]; a++) {
        size_t count = ways(all, content_algs[a]);

        for (size_t i = 0; i < count; i++) {
            tps_buf message = make_for(&all[i].to, 1, content_algs[a]);

            assert_status(open_as(message, &all[i].me), TPS_OK);
            message.data[message.size - 1] ^= 1;
            assert_int_not_equal(open_as(message, &all[i].me), TPS_OK);
            free(message.data);
        }
    }
}

static void every_way_leads_to_the_key_of_a_mac(void **state)
{
    static const int32_t macs[] = {TPS_ALG_HMAC256_64, TPS_ALG_HMAC256, TPS_ALG_HMAC384, TPS_ALG_HMAC512};
    way all[16];

    (void)state;
    for (size_t a = 0; a < 4; a++) {
        size_t count = ways(all, macs[a]);

        for (size_t i = 0; i < count; i++) {
            tps_buf message = make_for(&all[i].to, 1, macs[a]);

            assert_status(verify_as(message, &all[i].me), TPS_OK);
            message.data[8] ^= 1;
            assert_int_not_equal(verify_as(message, &all[i].me), TPS_OK);
            free(message.data);
        }
    }
}

static void each_of_many_recipients_finds_its_own(void **state)
{
    way all[16];
    tps_cose_recipient to[8];
    size_t count = ways(all, TPS_ALG_A128GCM) - 3; /* the direct ones stand alone */
    tps_cose_agreement strange = tps_cose_agreement_of_key(other);
    tps_cose_receiver stranger = {.agreement = &strange};
    char names[8][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    tps_buf message;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        to[i] = all[i + 3].to;
    }
    message = make_for(to, count, TPS_ALG_A128GCM);
    for (size_t i = 0; i < count; i++) { /* by trying */
        assert_status(open_as(message, &all[i + 3].me), TPS_OK);
    }
    assert_status(open_as(message, &stranger), TPS_COSE_NO_KEY);
    free(message.data);

    for (size_t i = 0; i < count; i++) {
        to[i].kid = tps_span_of_text(names[i]);
    }
    message = make_for(to, count, TPS_ALG_A128GCM);
    for (size_t i = 0; i < count; i++) { /* by name */
        all[i + 3].me.kid = to[i].kid;
        assert_status(open_as(message, &all[i + 3].me), TPS_OK);
        all[i + 3].me.kid = TPS_SPAN_LITERAL("z");
        assert_status(open_as(message, &all[i + 3].me), TPS_COSE_NO_KEY);
    }
    free(message.data);
}

static void a_receiver_tries_no_more_than_its_limit(void **state)
{
    tps_cose_recipient to[TPS_COSE_TRIES_MAX + 1];
    tps_cose_secret wrong = {.bytes = {k + 1, 16}};
    tps_cose_receiver me = {.secret = &wrong};
    tps_buf message;

    (void)state;
    for (size_t i = 0; i <= TPS_COSE_TRIES_MAX; i++) {
        to[i] = (tps_cose_recipient){.alg = TPS_ALG_A128KW, .secret = &kek128};
    }
    to[TPS_COSE_TRIES_MAX - 1].secret = &wrong;
    message = make_for(to, TPS_COSE_TRIES_MAX + 1, TPS_ALG_A128GCM);
    assert_status(open_as(message, &me), TPS_OK);
    free(message.data);
    to[TPS_COSE_TRIES_MAX - 1].secret = &kek128;
    to[TPS_COSE_TRIES_MAX].secret = &wrong;
    message = make_for(to, TPS_COSE_TRIES_MAX + 1, TPS_ALG_A128GCM);
    assert_status(open_as(message, &me), TPS_COSE_BAD_TAG);
    free(message.data);
}

static void a_direct_recipient_stands_alone(void **state)
{
    way all[16];
    size_t count = ways(all, TPS_ALG_A128GCM);
    uint8_t out[1024];
    tps_span encoded;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_cose_recipient two[2] = {all[i].to, all[4].to};

        assert_true(count > 4);
        assert_status(
            tps_cose_encrypt_make(plain_text, NULL, TPS_ALG_A128GCM, two, 2, TPS_BUF_OF(out), &encoded),
            TPS_BAD_ARGUMENT);
    }
    assert_status(
        tps_cose_encrypt_make(plain_text, NULL, TPS_ALG_A128GCM, NULL, 0, TPS_BUF_OF(out), &encoded),
        TPS_BAD_ARGUMENT);
}

static void recipients_that_cannot_be_are_not_made(void **state)
{
    tps_cose_secret large = secret_of(64);
    tps_cose_secret only_sign = {.bytes = {k, 16}, .ops = 1u << TPS_KEY_OP_SIGN};
    tps_crypto_key *ed25519 = NULL;
    const struct {
        tps_cose_recipient to;
        tps_status expected;
    } cases[] = {
        {{.alg = TPS_ALG_ES256, .secret = &kek128}, TPS_COSE_ALG_REFUSED},
        {{.alg = TPS_ALG_HMAC256, .secret = &kek128}, TPS_COSE_ALG_REFUSED},
        {{.alg = TPS_ALG_A128KW}, TPS_BAD_ARGUMENT},
        {{.alg = TPS_ALG_ECDH_ES_A128KW, .secret = &kek128}, TPS_BAD_ARGUMENT},
        {{.alg = TPS_ALG_A128KW, .secret = &only_sign}, TPS_COSE_KEY_USE},
        {{.alg = TPS_ALG_A128GCM, .secret = &only_sign}, TPS_COSE_KEY_USE},
        {{.alg = TPS_ALG_DIRECT, .secret = &only_sign}, TPS_COSE_KEY_USE},
        {{.alg = TPS_ALG_DIRECT_HKDF_256, .secret = &only_sign}, TPS_COSE_KEY_USE},
        {{.alg = TPS_ALG_DIRECT, .secret = &kek192}, TPS_CRYPTO_BAD_KEY},
        {{.alg = TPS_ALG_A256KW, .secret = &kek128}, TPS_CRYPTO_BAD_KEY},
        {{.alg = TPS_ALG_DIRECT, .secret = &large}, TPS_CRYPTO_BAD_KEY},
    };
    tps_cose_recipient to_ed25519 = {.alg = TPS_ALG_ECDH_ES_A128KW};
    uint8_t out[1024];
    tps_span encoded;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(tps_cose_encrypt_make(plain_text, NULL, TPS_ALG_A128GCM, &cases[i].to, 1,
                                            TPS_BUF_OF(out), &encoded),
                      cases[i].expected);
        assert_int_equal(encoded.size, 0);
    }
    large.bytes.size = 65;
    assert_status(
        tps_cose_mac_make(plain_text, NULL, TPS_ALG_HMAC256, &cases[10].to, 1, TPS_BUF_OF(out), &encoded),
        TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_generate(TPS_CURVE_ED25519, &ed25519), TPS_OK);
    to_ed25519.peer = ed25519;
    assert_status(
        tps_cose_encrypt_make(plain_text, NULL, TPS_ALG_A128GCM, &to_ed25519, 1, TPS_BUF_OF(out), &encoded),
        TPS_COSE_ALG_REFUSED);
    tps_crypto_key_free(ed25519);
    assert_status(
        tps_cose_encrypt_make(plain_text, NULL, TPS_ALG_HMAC256, &cases[8].to, 1, TPS_BUF_OF(out), &encoded),
        TPS_COSE_ALG_REFUSED);
    assert_status(
        tps_cose_mac_make(plain_text, NULL, TPS_ALG_A128GCM, &cases[8].to, 1, TPS_BUF_OF(out), &encoded),
        TPS_COSE_ALG_REFUSED);
}

static void a_receiver_obeys_what_its_secret_says(void **state)
{
    way all[16];
    const size_t indices[] = {0, 1, 3, 6};
    tps_cose_secret restricted;
    size_t count = ways(all, TPS_ALG_A128GCM);

    (void)state;
    assert_true(count > 6);
    for (size_t i = 0; i < 4; i++) {
        way *w = &all[indices[i]];
        tps_buf message = make_for(&w->to, 1, TPS_ALG_A128GCM);

        restricted = *w->to.secret;
        restricted.ops = 1u << TPS_KEY_OP_VERIFY;
        w->me.secret = &restricted;
        assert_status(open_as(message, &w->me), TPS_COSE_KEY_USE);
        free(message.data);
    }
}

/* What both ends mix in is sent along, or known to both. */
static void parties_and_salt_are_mixed_in(void **state)
{
    tps_cose_kdf_info sent = {.u = {TPS_SPAN_LITERAL("U"), TPS_SPAN_LITERAL("u1"), TPS_SPAN_LITERAL("u2")},
                              .v = {TPS_SPAN_LITERAL("V"), TPS_SPAN_LITERAL("v1"), TPS_SPAN_LITERAL("v2")},
                              .supp_pub_other = TPS_SPAN_LITERAL("public"),
                              .supp_priv = TPS_SPAN_LITERAL("private"),
                              .salt = TPS_SPAN_LITERAL("salt"),
                              .is_sent = true};
    tps_cose_kdf_info known = {.supp_pub_other = sent.supp_pub_other, .supp_priv = sent.supp_priv};
    tps_cose_recipient to = {.alg = TPS_ALG_ECDH_ES_A128KW, .peer = p256, .info = &sent};
    tps_cose_agreement own = tps_cose_agreement_of_key(p256);
    tps_cose_receiver me = {.agreement = &own, .info = &known};
    tps_buf message = make_for(&to, 1, TPS_ALG_A128GCM);
    uint8_t long_name[TPS_COSE_KDF_CONTEXT_MAX] = {0};
    uint8_t out[2048];
    tps_span encoded;

    (void)state;
    assert_status(open_as(message, &me), TPS_OK);
    known.v.other = TPS_SPAN_LITERAL("v2");
    assert_status(open_as(message, &me), TPS_OK);
    known.v.other = TPS_SPAN_LITERAL("v3");
    assert_status(open_as(message, &me), TPS_COSE_BAD_HEADER);
    known.v.other = TPS_SPAN_EMPTY;
    known.supp_priv = TPS_SPAN_LITERAL("privatf");
    assert_status(open_as(message, &me), TPS_COSE_BAD_TAG);
    free(message.data);

    sent.is_sent = false;
    message = make_for(&to, 1, TPS_ALG_A128GCM);
    known = sent;
    assert_status(open_as(message, &me), TPS_OK);
    known.u.identity = TPS_SPAN_EMPTY;
    assert_status(open_as(message, &me), TPS_COSE_BAD_TAG);
    free(message.data);

    sent.u.identity = TPS_SPAN_OF(long_name);
    assert_status(tps_cose_encrypt_make(plain_text, NULL, TPS_ALG_A128GCM, &to, 1, TPS_BUF_OF(out), &encoded),
                  TPS_TOO_LARGE);
}

static void a_text_that_is_not_utf8_is_not_made(void **state)
{
    tps_cose_make_options options = {.content_type = TPS_SPAN_LITERAL("text/\xc3")};
    tps_cose_secret key = secret_of(16);
    tps_cose_recipient to = {.alg = TPS_ALG_DIRECT, .secret = &key};
    uint8_t out[512];
    tps_span encoded;

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        tps_buf room = i == 0 ? TPS_BUF_MEASURE : TPS_BUF_OF(out);
        assert_status(tps_cose_encrypt0_make(plain_text, &options, TPS_ALG_A128GCM, &key, room, &encoded),
                      TPS_BAD_ARGUMENT);
        assert_status(tps_cose_encrypt_make(plain_text, &options, TPS_ALG_A128GCM, &to, 1, room, &encoded),
                      TPS_BAD_ARGUMENT);
        assert_status(tps_cose_mac_make(plain_text, &options, TPS_ALG_HMAC256, &to, 1, room, &encoded),
                      TPS_BAD_ARGUMENT);
        assert_status(tps_cose_mac0_make(plain_text, &options, TPS_ALG_HMAC256, &key, room, &encoded),
                      TPS_BAD_ARGUMENT);
        assert_int_equal(encoded.size, 0);
    }
}

static void what_has_recipients_is_no_encrypt0_and_the_other_way_round(void **state)
{
    tps_cose_secret key = secret_of(16);
    tps_cose_receiver me = {.secret = &key};
    tps_cose_recipient to = {.alg = TPS_ALG_DIRECT, .secret = &key};
    tps_buf single = make0(NULL, TPS_ALG_A128GCM, &key);
    tps_buf multiple = make_for(&to, 1, TPS_ALG_A128GCM);
    tps_buf mac = make_for(&to, 1, TPS_ALG_HMAC256);
    tps_cose_message parsed;

    (void)state;
    assert_status(open_as(single, &me), TPS_COSE_NOT_WELL_FORMED);
    assert_status(open0(multiple, &key, NULL), TPS_COSE_NOT_WELL_FORMED);
    assert_status(open_as(mac, &me), TPS_COSE_NOT_WELL_FORMED);
    assert_status(verify_as(multiple, &me), TPS_COSE_NOT_WELL_FORMED);
    /* Untagged, the number of members tells. */
    assert_status(
        tps_cose_encrypted_parse(tps_span_make(single.data + 1, single.size - 1), NULL, &parsed, NULL),
        TPS_OK);
    assert_int_equal(parsed.recipients.size, 0);
    assert_status(
        tps_cose_encrypted_parse(tps_span_make(multiple.data + 2, multiple.size - 2), NULL, &parsed, NULL),
        TPS_OK);
    assert_int_not_equal(parsed.recipients.size, 0);
    multiple.data[multiple.size - 1] = 0x40;
    free(mac.data);
    free(multiple.data);
    free(single.data);
}

static void untagged_messages_are_told_by_their_recipients(void **state)
{
    tps_cose_secret key = secret_of(16);
    tps_cose_receiver me = {.secret = &key};
    tps_cose_recipient to = {.alg = TPS_ALG_DIRECT, .secret = &key};
    tps_buf multiple = make_for(&to, 1, TPS_ALG_A128GCM);
    tps_cose_terms terms = {.aad = AAD};
    tps_cose_message parsed;
    uint8_t room[64];
    tps_span plain;

    (void)state;
    assert_status(tps_cose_encrypted_parse(span_of(multiple), NULL, &parsed, NULL), TPS_OK);
    parsed.tag = 0;
    assert_status(tps_cose_encrypt_open(&parsed, &me, &terms, TPS_BUF_OF(room), &plain), TPS_OK);
    assert_status(tps_cose_encrypt0_open(&parsed, &key, &terms, TPS_BUF_OF(room), &plain),
                  TPS_COSE_NOT_WELL_FORMED);
    parsed.recipients = TPS_SPAN_EMPTY;
    assert_status(tps_cose_encrypt_open(&parsed, &me, &terms, TPS_BUF_OF(room), &plain),
                  TPS_COSE_NOT_WELL_FORMED);
    assert_status(tps_cose_encrypt0_open(&parsed, &key, &terms, TPS_BUF_OF(room), &plain), TPS_COSE_BAD_TAG);
    parsed.tag = TPS_TAG_COSE_ENCRYPT0;
    assert_status(tps_cose_encrypt_open(&parsed, &me, &terms, TPS_BUF_OF(room), &plain),
                  TPS_COSE_NOT_WELL_FORMED);
    key.bytes.size = 65; /* larger than any content's key */
    assert_status(open_as(multiple, &me), TPS_CRYPTO_BAD_KEY);
    free(multiple.data);
}

static void a_mac_without_recipients_or_algorithm_is_refused(void **state)
{
    tps_cose_secret key = secret_of(32);
    tps_cose_receiver me = {.secret = &key};
    tps_cose_recipient to = {.alg = TPS_ALG_DIRECT, .secret = &key};
    tps_buf mac = make_for(&to, 1, TPS_ALG_HMAC256);
    tps_cose_terms terms = {.aad = AAD};
    tps_cose_message parsed;

    (void)state;
    assert_status(tps_cose_mac_parse(span_of(mac), NULL, &parsed, NULL), TPS_OK);
    parsed.headers.alg = TPS_ALG_A128GCM;
    assert_status(tps_cose_mac_verify_parsed(&parsed, &me, &terms), TPS_COSE_ALG_REFUSED);
    parsed.headers.alg = TPS_ALG_HMAC256;
    parsed.headers.is_alg_protected = false;
    assert_status(tps_cose_mac_verify_parsed(&parsed, &me, &terms), TPS_COSE_BAD_HEADER);
    terms.permit_unprotected_alg = true;
    assert_status(tps_cose_mac_verify_parsed(&parsed, &me, &terms), TPS_OK);
    parsed.tag = TPS_TAG_COSE_MAC0;
    assert_status(tps_cose_mac_verify_parsed(&parsed, &me, &terms), TPS_COSE_NOT_WELL_FORMED);
    parsed.tag = 0;
    assert_status(tps_cose_mac_verify_parsed(&parsed, &me, &terms), TPS_OK);
    parsed.recipients = TPS_SPAN_EMPTY;
    assert_status(tps_cose_mac_verify_parsed(&parsed, &me, &terms), TPS_COSE_NOT_WELL_FORMED);
    free(mac.data);
}

/* Where the bytes of `part` lie in `whole`. */
static size_t place_of(tps_buf whole, const char *part)
{
    size_t at = 0;

    while (memcmp(whole.data + at, part, strlen(part)) != 0) {
        assert_true(++at + strlen(part) <= whole.size);
    }
    return at;
}

/* But for the kid of a recipient, which only proposes it, and for all of another recipient. */
static void every_bit_and_every_cut_of_a_message_for_two_counts(void **state)
{
    tps_cose_agreement own = tps_cose_agreement_of_key(p256);
    tps_cose_receiver me = {.kid = TPS_SPAN_LITERAL("me"), .agreement = &own};
    tps_cose_recipient to[2] = {{.alg = TPS_ALG_ECDH_ES_A128KW, .kid = TPS_SPAN_LITERAL("me"), .peer = p256},
                                {.alg = TPS_ALG_A128KW, .kid = TPS_SPAN_LITERAL("you"), .secret = &kek128}};
    tps_buf message = make_for(to, 2, TPS_ALG_A128GCM);
    size_t kid = place_of(message, "\x04\x42me");
    size_t others = place_of(message, "\x04\x43you") - 5; /* behind the heads 83 40 a2, and 01 22 */

    (void)state;
    for (size_t bit = 0; bit < 8 * message.size; bit++) {
        size_t at = bit / 8;

        message.data[at] ^= (uint8_t)(1u << bit % 8);
        if (open_as(message, &me) == TPS_OK && !(at >= kid && at < kid + 4) && at < others) {
            fail_msg("bit %zu of byte %zu does not count", bit % 8, at);
        }
        message.data[at] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 0; size < message.size; size++) {
        tps_buf cut = exact_copy(tps_span_make(message.data, size));

        assert_status(open_as(cut, &me), TPS_CBOR_TRUNCATED);
        free(cut.data);
    }
    assert_status(open_as(message, &me), TPS_OK);
    free(message.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_content_algorithm_decrypts_what_it_encrypted),
        cmocka_unit_test(a_nonce_is_given_whole_in_part_or_drawn),
        cmocka_unit_test(a_ciphertext_may_stand_beside_its_message),
        cmocka_unit_test(a_key_is_used_as_it_says_and_with_its_size),
        cmocka_unit_test(nothing_is_plaintext_without_its_tag),
        cmocka_unit_test(every_way_leads_to_every_content_key),
        cmocka_unit_test(every_way_leads_to_the_key_of_a_mac),
        cmocka_unit_test(each_of_many_recipients_finds_its_own),
        cmocka_unit_test(a_receiver_tries_no_more_than_its_limit),
        cmocka_unit_test(a_direct_recipient_stands_alone),
        cmocka_unit_test(recipients_that_cannot_be_are_not_made),
        cmocka_unit_test(a_receiver_obeys_what_its_secret_says),
        cmocka_unit_test(parties_and_salt_are_mixed_in),
        cmocka_unit_test(a_text_that_is_not_utf8_is_not_made),
        cmocka_unit_test(what_has_recipients_is_no_encrypt0_and_the_other_way_round),
        cmocka_unit_test(untagged_messages_are_told_by_their_recipients),
        cmocka_unit_test(a_mac_without_recipients_or_algorithm_is_refused),
        cmocka_unit_test(every_bit_and_every_cut_of_a_message_for_two_counts),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
