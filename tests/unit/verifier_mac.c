/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence under a shared key (COSE_Mac0): which keys are taken, for whom they count, and that the result
 * says what it is worth. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/base64.h"
#include "tps/cose.h"
#include "tps/jws.h"
#include "verifier_support.h"

/* A secret of 32 bytes, and another. */
static const uint8_t secret[32] = {1, 2, 3};
static const uint8_t other[32] = {3, 2, 1};

static tps_span mac_of(const tps_psa_claims *claims, tps_span key, int32_t alg)
{
    static uint8_t message[4096];
    uint8_t payload[2048];
    tps_cose_secret shared = {.bytes = key};
    tps_span encoded;

    assert_status(tps_psa_encode(claims, TPS_BUF_OF(payload), &encoded, NULL), TPS_OK);
    assert_status(tps_cose_mac0_make(encoded, NULL, alg, &shared, TPS_BUF_OF(message), &encoded), TPS_OK);
    return encoded;
}

/* A verifier with reference values of the lamp, and no endorsed key of any. */
static tps_verifier *lamp_verifier(void)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();

    manifest.device_count = 0;
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    return v;
}

static void evidence_under_a_shared_key_is_taken(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = lamp_verifier();
    const tps_appraisal *a;
    uint8_t zeros[32] = {0};

    (void)state;
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(other), TPS_SPAN_EMPTY), TPS_OK);
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OK);
    a = appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256));
    expect_affirming(a);
    assert_true(a->is_mac);
    assert_memory_equal(a->signer_sha256, zeros, 32);
    tps_verifier_free(v);
}

static void a_short_code_is_taken_by_the_keys_word_alone(void **state)
{
    /* {1: 4, 3: 4 (HMAC 256/64), -1: secret} */
    static const uint8_t cose[7] = {0xa3, 0x01, 0x04, 0x03, 0x04, 0x20, 0x58};
    uint8_t described[8 + 32];
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = lamp_verifier();

    (void)state;
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OK);
    expect_finding(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256_64)),
                   "evidence.algorithm-refused", TPS_COSE_ALG_REFUSED);
    memcpy(described, cose, 7);
    described[7] = 32;
    memcpy(described + 8, secret, 32);
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(described), TPS_SPAN_EMPTY), TPS_OK);
    expect_affirming(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256_64)));
    tps_verifier_free(v);
}

static void a_shared_key_alone_is_not_affirming(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = true});
    const tps_appraisal *a;

    (void)state;
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OK);
    a = appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC512));
    assert_true(a->is_mac);
    expect_finding(a, "hardware.unknown-class", TPS_OK);
    tps_verifier_free(v);
}

static void evidence_under_another_key_is_refused(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = lamp_verifier();
    const tps_appraisal *a;

    (void)state;
    expect_finding(appraise(v, mac_of(&claims, TPS_SPAN_OF(other), TPS_ALG_HMAC256)), "evidence.malformed",
                   TPS_UNSUPPORTED);
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OK);
    a = appraise(v, mac_of(&claims, TPS_SPAN_OF(other), TPS_ALG_HMAC256));
    expect_finding(a, "evidence.bad-mac", TPS_COSE_BAD_TAG);
    assert_false(a->is_mac);
    assert_int_equal(a->payload.size, 0);
    tps_verifier_free(v);
}

static void a_shared_key_may_be_for_one_instance(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = lamp_verifier();
    uint8_t somebody[33] = {1};

    (void)state;
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_OF(somebody)), TPS_OK);
    expect_finding(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256)),
                   "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), claims.instance_id), TPS_OK);
    expect_affirming(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256)));
    tps_verifier_free(v);
}

static void a_shared_key_cannot_speak_for_an_endorsed_instance(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = maker_verifier();

    (void)state;
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OK);
    expect_finding(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256)),
                   "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void a_mac_that_was_changed_is_refused(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = lamp_verifier();
    tps_buf evidence = exact_copy(mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256));

    (void)state;
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OK);
    for (size_t bit = 0; bit < evidence.size * 8; bit += 3) {
        evidence.data[bit / 8] = (uint8_t)(evidence.data[bit / 8] ^ 1u << bit % 8);
        assert_true(appraise(v, span_of(evidence))->tier != TPS_EAR_TIER_AFFIRMING);
        evidence.data[bit / 8] = (uint8_t)(evidence.data[bit / 8] ^ 1u << bit % 8);
    }
    free(evidence.data);
    tps_verifier_free(v);
}

/* ---- forms of keys ---- */

static tps_status add(tps_verifier *v, tps_span key)
{
    return tps_verifier_add_mac_key(v, key, TPS_SPAN_EMPTY);
}

static void keys_come_as_cose_key_or_jwk_too(void **state)
{
    tps_psa_claims claims = lamp_psa();
    uint8_t cose[64];
    char jwk[128] = "{\"kty\":\"oct\",\"alg\":\"HS256\",\"use\":\"sig\",\"k\":\"";
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(cose));
    tps_verifier *v = lamp_verifier();
    size_t size = strlen(jwk);

    (void)state;
    tps_cbor_put_map(&w, 3);
    tps_cbor_put_int(&w, 1);
    tps_cbor_put_int(&w, 4);
    tps_cbor_put_int(&w, 3);
    tps_cbor_put_int(&w, TPS_ALG_HMAC256);
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(secret));
    assert_status(add(v, tps_span_make(cose, w.size)), TPS_OK);
    expect_affirming(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256)));
    expect_finding(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC384)), "evidence.key-use",
                   TPS_COSE_KEY_USE);
    tps_verifier_free(v);
    v = lamp_verifier();
    size += tps_base64url_write(TPS_SPAN_OF(secret), jwk + size);
    strcpy(jwk + size, "\"}");
    assert_status(add(v, tps_span_of_text(jwk)), TPS_OK);
    expect_affirming(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256)));
    expect_finding(appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC384)), "evidence.key-use",
                   TPS_COSE_KEY_USE);
    tps_verifier_free(v);
}

static void the_cause_is_the_key_that_came_closest(void **state)
{
    static const char *const other_use =
        "{\"kty\":\"oct\",\"alg\":\"HS512\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\"}";
    tps_psa_claims claims = lamp_psa();
    tps_span evidence = mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256);
    tps_verifier *v = lamp_verifier();

    (void)state;
    assert_status(add(v, TPS_SPAN_OF(other)), TPS_OK);
    assert_status(add(v, tps_span_of_text(other_use)), TPS_OK);
    expect_finding(appraise(v, evidence), "evidence.bad-mac", TPS_COSE_BAD_TAG);
    tps_verifier_free(v);
    v = lamp_verifier();
    assert_status(add(v, tps_span_of_text(other_use)), TPS_OK);
    expect_finding(appraise(v, evidence), "evidence.key-use", TPS_COSE_KEY_USE);
    assert_status(add(v, TPS_SPAN_OF(other)), TPS_OK);
    expect_finding(appraise(v, evidence), "evidence.bad-mac", TPS_COSE_BAD_TAG);
    tps_verifier_free(v);
}

static void what_is_no_shared_key_is_refused(void **state)
{
    static const uint8_t ec2[] = {0xa1, 0x01, 0x02};
    static const uint8_t okp[] = {0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20, 1,  2,  3,  4,  5,  6,
                                  7,    8,    9,    10,   11,   12,   13,   14,   15, 16, 17, 18, 19, 20,
                                  21,   22,   23,   24,   25,   26,   27,   28,   29, 30, 31, 32};
    uint8_t large[129] = {0};
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = true});
    tps_verifier_counts counts;

    (void)state;
    assert_status(add(v, TPS_SPAN_EMPTY), TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, tps_span_make(secret, 31)), TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL(" \n")), TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, TPS_SPAN_OF(large)), TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL("-----BEGIN PUBLIC KEY-----")), TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL("\xef\xbb\xbf-----BEGIN PUBLIC KEY-----")), TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8V0WkFVqjWgBqZ\r\n")),
                  TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL("00112233445566778899aabbccddeeff0011223344556677")),
                  TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, TPS_SPAN_OF(ec2)), TPS_COSE_BAD_KEY);
    assert_status(add(v, TPS_SPAN_OF(okp)), TPS_COSE_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL("{\"kty\":\"EC\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\"}")),
                  TPS_JWK_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL("{\"kty\":\"oct\",\"k\":\"AAAA\"}")), TPS_CRYPTO_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL("{\"kty\":\"oct\",\"k\":1}")), TPS_JWK_BAD_KEY);
    assert_status(add(v, TPS_SPAN_LITERAL("{\"kty\":\"oct\"")), TPS_JSON_TRUNCATED);
    assert_status(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), tps_span_make(large, 34)),
                  TPS_BAD_ARGUMENT);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.mac_keys, 0);
    tps_verifier_free(v);
}

/* A verifier that took these bytes for a secret would believe whoever knows them. */
static void expect_no_secret(tps_span public_bytes, tps_status expected)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = lamp_verifier();

    assert_status(add(v, public_bytes), expected);
    assert_true(appraise(v, mac_of(&claims, public_bytes, TPS_ALG_HMAC256))->tier != TPS_EAR_TIER_AFFIRMING);
    tps_verifier_free(v);
}

static void what_everybody_knows_is_no_shared_key(void **state)
{
    static const char ed25519[] = "-----BEGIN PUBLIC KEY-----\n"
                                  "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                                  "-----END PUBLIC KEY-----\n";
    static const uint8_t secp256k1[] = {
        /* a curve that nothing here reads */
        0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05,
        0x2b, 0x81, 0x04, 0x00, 0x0a, 0x03, 0x42, 0x00, 0x04, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc,
        0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d,
        0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98, 0x48, 0x3a, 0xda, 0x77,
        0x26, 0xa3, 0xc4, 0x65, 0x5d, 0xa4, 0xfb, 0xfc, 0x0e, 0x11, 0x08, 0xa8, 0xfd, 0x17, 0xb4,
        0x48, 0xa6, 0x85, 0x54, 0x19, 0x9c, 0x47, 0xd0, 0x8f, 0xfb, 0x10, 0xd4, 0xb8};
    static const char okp[] =
        "\n{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    uint8_t bytes[128] = {0x04};
    char text[128];
    tps_crypto_point point;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    size_t size;

    (void)state;
    assert_status(tps_crypto_key_point(device_key(1), &point), TPS_OK);
    memcpy(bytes + 1, point.x, 32);
    memcpy(bytes + 33, point.y, 32);
    expect_no_secret(tps_span_make(bytes, 65), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_spki(device_key(1), TPS_BUF_OF(bytes), &size), TPS_OK);
    expect_no_secret(tps_span_make(bytes, size), TPS_CRYPTO_BAD_KEY);
    memmove(bytes + 1, point.x, 32);
    bytes[0] = (uint8_t)(0x02 | (point.y[31] & 1)); /* compressed */
    expect_no_secret(tps_span_make(bytes, 33), TPS_CRYPTO_BAD_KEY);
    expect_no_secret(TPS_SPAN_OF(secp256k1), TPS_CRYPTO_BAD_KEY);
    snprintf(text, sizeof text, "\n%s", ed25519);
    expect_no_secret(tps_span_of_text(text), TPS_CRYPTO_BAD_KEY);
    snprintf(text, sizeof text, "# of a lamp\n%s", ed25519);
    expect_no_secret(tps_span_of_text(text), TPS_CRYPTO_BAD_KEY);
    expect_no_secret(tps_span_of_text(okp), TPS_JWK_BAD_KEY);
    tps_cbor_put_map(&w, 3); /* X25519, which no reader of ours takes */
    tps_cbor_put_int(&w, 1);
    tps_cbor_put_int(&w, TPS_KEY_OKP);
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_int(&w, 4);
    tps_cbor_put_int(&w, -2);
    tps_cbor_put_bytes(&w, tps_span_make(point.x, 32));
    expect_no_secret(tps_span_make(bytes, w.size), TPS_COSE_BAD_KEY);
}

/* Only by its first byte: 33 random bytes make a good secret. */
static void what_begins_as_a_compressed_point_is_no_shared_key(void **state)
{
    static const size_t sizes[] = {33, 49, 67};
    uint8_t bytes[67] = {0};
    tps_verifier *v = lamp_verifier();

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (bytes[0] = 0; bytes[0] < 6; bytes[0]++) {
            bool is_point = bytes[0] == 2 || bytes[0] == 3;
            assert_status(add(v, tps_span_make(bytes, sizes[i])), is_point ? TPS_CRYPTO_BAD_KEY : TPS_OK);
        }
    }
    bytes[0] = 2;
    assert_status(add(v, tps_span_make(bytes, 40)), TPS_OK); /* of no curve's size */
    bytes[0] = 0x30;
    assert_status(add(v, tps_span_make(bytes, 40)), TPS_OK); /* no DER behind it */
    tps_verifier_free(v);
}

static void what_a_jwk_says_of_its_use_is_obeyed(void **state)
{
    static const char *const good[] = {"\"use\":\"sig\"", "\"key_ops\":[\"sign\",\"verify\"]",
                                       "\"key_ops\":[\"verify\"]", "\"alg\":\"HS384\"",
                                       "\"use\":\"sig\",\"key_ops\":[\"verify\"]"};
    static const char *const bad[] = {
        "\"use\":\"enc\"",  "\"use\":\"other\"",      "\"use\":\"enc\",\"key_ops\":[\"verify\"]",
        "\"alg\":\"none\"", "\"alg\":\"A128KW\"",     "\"alg\":\"ES256\"",
        "\"key_ops\":[]",   "\"key_ops\":[\"sign\"]", "\"key_ops\":[\"wrapKey\",\"unwrapKey\"]"};
    tps_verifier *v = lamp_verifier();
    char jwk[128];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(jwk, sizeof jwk, " {\"kty\":\"oct\",%s,\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\"}", good[i]);
        assert_status(add(v, tps_span_of_text(jwk)), TPS_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(jwk, sizeof jwk, "{\"kty\":\"oct\",%s,\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\"}", bad[i]);
        assert_status(add(v, tps_span_of_text(jwk)), TPS_COSE_KEY_USE);
    }
    tps_verifier_free(v);
}

/* {1: 4, member: value, -1: a secret of 32 bytes} */
static tps_status add_symmetric(int64_t member, int64_t value)
{
    uint8_t cose[64];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(cose));
    tps_verifier *v = lamp_verifier();
    tps_status status;

    tps_cbor_put_map(&w, 3);
    tps_cbor_put_int(&w, 1);
    tps_cbor_put_int(&w, TPS_KEY_SYMMETRIC);
    tps_cbor_put_int(&w, member);
    if (member == 4) {
        tps_cbor_put_array(&w, 1);
    }
    tps_cbor_put_int(&w, value);
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(secret));
    status = add(v, tps_span_make(cose, w.size));
    tps_verifier_free(v);
    return status;
}

static void what_a_cose_key_says_of_its_use_is_obeyed(void **state)
{
    (void)state;
    assert_status(add_symmetric(3, TPS_ALG_HMAC512), TPS_OK);
    assert_status(add_symmetric(3, TPS_ALG_A128GCM), TPS_COSE_KEY_USE);
    assert_status(add_symmetric(3, INT64_MAX), TPS_COSE_KEY_USE);
    assert_status(add_symmetric(4, TPS_KEY_OP_MAC_VERIFY), TPS_OK);
    assert_status(add_symmetric(4, TPS_KEY_OP_MAC_CREATE), TPS_COSE_KEY_USE);
}

/* X, Y without a byte before them: a public key that no reader takes, and no secret. */
static void a_point_without_its_first_byte_is_no_shared_key(void **state)
{
    static const int32_t curves[] = {TPS_CURVE_P256, TPS_CURVE_P384, TPS_CURVE_P521};
    tps_verifier *v = lamp_verifier();

    (void)state;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        uint8_t bytes[2 * TPS_COORDINATE_SIZE_MAX];
        tps_crypto_key *key;
        tps_crypto_point point;
        size_t size;

        assert_status(tps_crypto_key_generate(curves[i], &key), TPS_OK);
        assert_status(tps_crypto_key_point(key, &point), TPS_OK);
        size = point.size;
        memcpy(bytes, point.x, size);
        memcpy(bytes + size, point.y, size);
        assert_status(add(v, tps_span_make(bytes, 2 * size)), TPS_CRYPTO_BAD_KEY);
        bytes[2 * size - 1] ^= 1;
        assert_status(add(v, tps_span_make(bytes, 2 * size)), 2 * size > 128 ? TPS_CRYPTO_BAD_KEY : TPS_OK);
        tps_crypto_key_free(key);
    }
    tps_verifier_free(v);
}

static void there_is_a_limit_of_shared_keys(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = true});
    tps_verifier_counts counts;

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        assert_status(add(v, TPS_SPAN_OF(secret)), TPS_OK);
    }
    assert_status(add(v, TPS_SPAN_OF(secret)), TPS_TOO_LARGE);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.mac_keys, 64);
    tps_verifier_free(v);
}

/* ---- published ---- */

static void the_published_mac_token_verifies_with_its_key(void **state)
{
    static tps_appraisal out;
    tps_appraisal_request request = {.nonce = tps_span_make(the_nonce, 32), .now = NOW};
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = true});
    tps_buf token;
    tps_buf key;

    (void)state;
    vectors_require();
    token = vector_read("psa/psa-mac0.cbor");
    key = vector_read("psa/tfm-hs-iak.bin");
    assert_status(add(v, span_of(key)), TPS_OK);
    tps_verifier_appraise(v, span_of(token), &request, &out);
    assert_int_equal(out.scheme, TPS_SCHEME_PSA);
    assert_true(out.is_mac);
    assert_true(out.payload.size > 0);
    assert_int_equal(out.vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_IDENTITY_TRUSTWORTHY);
    token.data[token.size - 1] = (uint8_t)(token.data[token.size - 1] ^ 1);
    tps_verifier_appraise(v, span_of(token), &request, &out);
    expect_finding(&out, "evidence.bad-mac", TPS_COSE_BAD_TAG);
    free(token.data);
    free(key.data);
    tps_verifier_free(v);
}

/* ---- the result ---- */

static bool holds(tps_span bytes, const char *text)
{
    return memmem(bytes.data, bytes.size, text, strlen(text)) != NULL;
}

static void results_of_a_mac_say_so(void **state)
{
    static uint8_t room[16384];
    static uint8_t decoded[16384];
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = lamp_verifier();
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(1), TPS_ALG_ES256);
    tps_ear_options options = {.iat = NOW, .exp = NOW + 60};
    const tps_appraisal *a;
    tps_jws jws;
    size_t size;

    (void)state;
    assert_status(add(v, TPS_SPAN_OF(secret)), TPS_OK);
    a = appraise(v, mac_of(&claims, TPS_SPAN_OF(secret), TPS_ALG_HMAC256));
    assert_status(tps_ear_jwt(a, 1, &options, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_status(tps_jws_parse(tps_span_make(room, size), &jws), TPS_OK);
    assert_status(tps_base64_read(jws.payload, TPS_BUF_OF(decoded), &size), TPS_OK);
    assert_true(holds(tps_span_make(decoded, size), "\"opentps.mac\":true"));
    assert_status(tps_ear_cwt(a, 1, &options, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_true(holds(tps_span_make(room, size), "\x3a\x00\x01\x11\xda\xf5")); /* -70107: true */
    a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
    assert_status(tps_ear_jwt(a, 1, &options, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_status(tps_jws_parse(tps_span_make(room, size), &jws), TPS_OK);
    assert_status(tps_base64_read(jws.payload, TPS_BUF_OF(decoded), &size), TPS_OK);
    assert_false(holds(tps_span_make(decoded, size), "opentps.mac"));
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_under_a_shared_key_is_taken),
        cmocka_unit_test(a_short_code_is_taken_by_the_keys_word_alone),
        cmocka_unit_test(a_shared_key_alone_is_not_affirming),
        cmocka_unit_test(evidence_under_another_key_is_refused),
        cmocka_unit_test(a_shared_key_may_be_for_one_instance),
        cmocka_unit_test(a_shared_key_cannot_speak_for_an_endorsed_instance),
        cmocka_unit_test(a_mac_that_was_changed_is_refused),
        cmocka_unit_test(keys_come_as_cose_key_or_jwk_too),
        cmocka_unit_test(the_cause_is_the_key_that_came_closest),
        cmocka_unit_test(what_is_no_shared_key_is_refused),
        cmocka_unit_test(what_everybody_knows_is_no_shared_key),
        cmocka_unit_test(what_begins_as_a_compressed_point_is_no_shared_key),
        cmocka_unit_test(what_a_jwk_says_of_its_use_is_obeyed),
        cmocka_unit_test(what_a_cose_key_says_of_its_use_is_obeyed),
        cmocka_unit_test(a_point_without_its_first_byte_is_no_shared_key),
        cmocka_unit_test(there_is_a_limit_of_shared_keys),
        cmocka_unit_test(the_published_mac_token_verifies_with_its_key),
        cmocka_unit_test(results_of_a_mac_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
