/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys: every kind, what they say of their use, and what is none. */
#include "format/json/jwk.h"

#include "support/check.h"

/* RFC 7515, A.3; RFC 8037, A.2; RFC 7515, A.2 (n) and A.1 (k). */
#define EC_X  "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\""
#define EC_Y  "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define OKP_X "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define RSA_N                                                                                                \
    "\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4" \
    "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9"  \
    "e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"  \
    "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\""
#define EC(more)  "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "," EC_Y more "}"
#define OCT(more) "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"" more "}"

#define BIT(op) (1u << TPS_KEY_OP_##op)

static uint8_t room[JWK_ROOM_SIZE];

static jwk read_good(const char *text)
{
    jwk found;
    tps_error why = {0};

    assert_status(jwk_read(tps_span_of_text(text), TPS_BUF_OF(room), &found, &why), TPS_OK);
    return found;
}

static void expect_refused(const char *text, const char *member)
{
    tps_buf copy = exact_copy(tps_span_of_text(text));
    jwk found = {.also = 77};
    tps_error why = {0};

    assert_status(jwk_read(tps_span_make(copy.data, copy.size), TPS_BUF_OF(room), &found, &why),
                  TPS_JWK_BAD_KEY);
    assert_names(&why, member);
    assert_int_equal(found.also, 77);
    free(copy.data);
}

static void every_kind_becomes_a_key(void **state)
{
    static const struct {
        const char *text;
        int32_t kind;
        int32_t curve;
        size_t x_size;
        size_t y_size;
    } cases[] = {
        {EC(""), TPS_KEY_EC2, TPS_CURVE_P256, 32, 32},
        {"{\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"crv\":\"Ed25519\",\"kty\":\"OKP\"}",
         TPS_KEY_OKP, TPS_CURVE_ED25519, 32, 0},
        {" {\"e\":\"AQAB\"," RSA_N ",\"kty\":\"RSA\"} ", TPS_KEY_RSA, 0, 256, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        jwk found = read_good(cases[i].text);
        tps_crypto_key *key;

        assert_int_equal(found.key.kty, cases[i].kind);
        assert_int_equal(found.key.curve, cases[i].curve);
        assert_int_equal(found.key.x.size, cases[i].x_size);
        assert_int_equal(found.key.y.size, cases[i].y_size);
        assert_int_equal(found.key.alg, TPS_ALG_NONE);
        assert_int_equal(found.key.ops, 0);
        assert_false(found.has_private_part);
        assert_null(found.key.secret.data);
        assert_status(tps_cose_key_public(&found.key, &key), TPS_OK);
        assert_int_equal(tps_crypto_key_kind(key), cases[i].kind);
        tps_crypto_key_free(key);
    }
}

static void a_symmetric_key_is_a_secret(void **state)
{
    jwk found = read_good(OCT(""));
    tps_cose_secret secret;

    (void)state;
    assert_int_equal(found.key.kty, TPS_KEY_SYMMETRIC);
    assert_status(tps_cose_key_secret(&found.key, &secret), TPS_OK);
    assert_int_equal(secret.bytes.size, 33);
    assert_int_equal(secret.bytes.data[0], 0x03);
}

static void a_private_part_is_told_and_not_read(void **state)
{
    jwk found = read_good(EC(",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""));

    (void)state;
    assert_true(found.has_private_part);
    assert_null(found.key.secret.data);
}

/* One name in JOSE for what has two in COSE. */
static void alg_is_told_by_the_integers_of_cose(void **state)
{
    static const struct {
        const char *text;
        int64_t alg;
        int64_t also;
    } cases[] = {
        {OCT(",\"alg\":\"ES256\""), TPS_ALG_ES256, TPS_ALG_ESP256},
        {OCT(",\"alg\":\"ES384\""), TPS_ALG_ES384, TPS_ALG_ESP384},
        {OCT(",\"alg\":\"ES512\""), TPS_ALG_ES512, TPS_ALG_ESP512},
        {OCT(",\"alg\":\"EdDSA\""), TPS_ALG_EDDSA, TPS_ALG_ED25519},
        {OCT(",\"alg\":\"Ed25519\""), TPS_ALG_ED25519, TPS_ALG_EDDSA},
        {OCT(",\"alg\":\"PS256\""), TPS_ALG_PS256, 0},
        {OCT(",\"alg\":\"HS256\""), TPS_ALG_HMAC256, 0},
        {OCT(",\"alg\":\"HS384\""), TPS_ALG_HMAC384, 0},
        {OCT(",\"alg\":\"HS512\""), TPS_ALG_HMAC512, 0},
        {OCT(",\"alg\":\"RS256\""), JWK_ALG_OTHER, 0},
        {OCT(",\"alg\":\"\""), JWK_ALG_OTHER, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        jwk found = read_good(cases[i].text);

        assert_int_equal(found.key.alg, cases[i].alg);
        assert_int_equal(found.also, cases[i].also);
    }
}

static void use_and_key_ops_count_both(void **state)
{
    static const struct {
        const char *text;
        uint32_t ops;
    } cases[] = {
        {OCT(",\"use\":\"sig\""), 1 | BIT(SIGN) | BIT(VERIFY) | BIT(MAC_CREATE) | BIT(MAC_VERIFY)},
        {OCT(",\"use\":\"enc\""),
         1 | BIT(ENCRYPT) | BIT(DECRYPT) | BIT(WRAP) | BIT(UNWRAP) | BIT(DERIVE_KEY) | BIT(DERIVE_BITS)},
        {OCT(",\"use\":\"tls\""), 1},
        {OCT(",\"key_ops\":[]"), 1},
        {OCT(",\"key_ops\":[\"levitate\",\"levitate\"]"), 1},
        {OCT(",\"key_ops\":[\"sign\"]"), 1 | BIT(SIGN) | BIT(MAC_CREATE)},
        {OCT(",\"key_ops\":[\"verify\"]"), 1 | BIT(VERIFY) | BIT(MAC_VERIFY)},
        {OCT(",\"key_ops\":[\"encrypt\",\"decrypt\"]"), 1 | BIT(ENCRYPT) | BIT(DECRYPT)},
        {OCT(",\"key_ops\":[\"wrapKey\",\"unwrapKey\"]"), 1 | BIT(WRAP) | BIT(UNWRAP)},
        {OCT(",\"key_ops\":[\"deriveKey\",\"deriveBits\"]"), 1 | BIT(DERIVE_KEY) | BIT(DERIVE_BITS)},
        {OCT(",\"use\":\"sig\",\"key_ops\":[\"verify\",\"encrypt\"]"), 1 | BIT(VERIFY) | BIT(MAC_VERIFY)},
        {OCT(",\"key_ops\":[\"verify\"],\"use\":\"enc\""), 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_good(cases[i].text).key.ops, cases[i].ops);
    }
}

static void a_use_of_enc_alone_is_told(void **state)
{
    (void)state;
    assert_true(read_good(EC(",\"use\":\"enc\"")).is_enc_by_use);
    assert_false(read_good(EC(",\"use\":\"enc\",\"key_ops\":[\"deriveKey\"]")).is_enc_by_use);
    assert_false(read_good(EC(",\"use\":\"sig\"")).is_enc_by_use);
    assert_false(read_good(EC("")).is_enc_by_use);
}

static void what_is_no_key_is_refused_by_the_member(void **state)
{
    static const struct {
        const char *text;
        const char *member;
    } cases[] = {
        {"[]", "no object"},
        {"\"EC\"", "no object"},
        {"{}", "kty"},
        {"{\"kty\":\"ec\"," EC_X "," EC_Y ",\"crv\":\"P-256\"}", "kty"},
        {"{\"kty\":7}", "kty"},
        {"{\"kty\":\"EC\"," EC_X "," EC_Y "}", "crv"},
        {"{\"kty\":\"EC\",\"crv\":1," EC_X "," EC_Y "}", "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"secp256k1\"," EC_X "," EC_Y "}", "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"Ed25519\"," OKP_X "}", "crv"},
        {"{\"kty\":\"OKP\",\"crv\":\"P-256\"," EC_X "," EC_Y "}", "crv"},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\"," OKP_X "}", "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\"," EC_X "," EC_Y "}", "x"},
        {"{\"kty\":\"EC\",\"crv\":\"P-521\"," EC_X "," EC_Y "}", "x"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_Y "}", "x"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"!\"," EC_Y "}", "x"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":7," EC_Y "}", "x"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "}", "y"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X ",\"y\":\"AAAA\"}", "y"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\"," OKP_X "," EC_Y "}", "y"},
        {"{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "n"},
        {"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "n"},
        {"{\"kty\":\"RSA\"," RSA_N "}", "e"},
        {"{\"kty\":\"RSA\"," RSA_N ",\"e\":\"AAEAAQ\"}", "e"},
        {"{\"kty\":\"RSA\"," RSA_N ",\"e\":\"AQEBAQEBAQEB\"}", "e"},
        {"{\"kty\":\"oct\"}", "k"},
        {"{\"kty\":\"oct\",\"k\":\"\"}", "k"},
        {EC(",\"alg\":5"), "alg"},
        {EC(",\"use\":[]"), "use"},
        {EC(",\"key_ops\":\"verify\""), "key_ops"},
        {EC(",\"key_ops\":[1]"), "key_ops"},
        {EC(",\"key_ops\":[\"verify\",\"sign\",\"verify\"]"), "key_ops"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_refused(cases[i].text, cases[i].member);
    }
}

static void a_modulus_has_2048_to_4096_bits_and_no_leading_zero(void **state)
{
    static const struct {
        size_t size;
        char first;
        bool is_good;
    } cases[] = {{255, 'g', false}, {256, 'g', true},  {256, 'A', false},
                 {512, 'g', true},  {513, 'g', false}, {1200, 'g', false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const size_t rest[] = {0, 2, 3};
        char text[2048] = "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"";
        size_t at = strlen(text);
        size_t length = cases[i].size / 3 * 4 + rest[cases[i].size % 3];

        memset(text + at, 'A', length);
        text[at] = cases[i].first;
        strcpy(text + at + length, "\"}");
        if (cases[i].is_good) {
            assert_int_equal(read_good(text).key.x.size, cases[i].size);
        } else {
            expect_refused(text, "n");
        }
    }
}

static void text_that_is_no_json_is_named_as_such(void **state)
{
    jwk found;

    (void)state;
    assert_status(jwk_read(TPS_SPAN_EMPTY, TPS_BUF_OF(room), &found, NULL), TPS_JSON_TRUNCATED);
    assert_status(jwk_read(TPS_SPAN_LITERAL("{\"kty\":\"oct\",}"), TPS_BUF_OF(room), &found, NULL),
                  TPS_JSON_NOT_WELL_FORMED);
    assert_status(jwk_read(TPS_SPAN_LITERAL("{\"k\":\"\",\"\\u006b\":\"\"}"), TPS_BUF_OF(room), &found, NULL),
                  TPS_JSON_DUPLICATE_NAME);
}

static void other_members_are_passed_over(void **state)
{
    jwk found = read_good(EC(",\"kid\":\"a\",\"x5c\":[{\"kty\":\"oct\"}],\"ext\":true,\"alg\":\"ES256\""));

    (void)state;
    assert_int_equal(found.key.kty, TPS_KEY_EC2);
    assert_int_equal(found.key.alg, TPS_ALG_ES256);
    assert_int_equal(found.key.kid.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_becomes_a_key),
        cmocka_unit_test(a_symmetric_key_is_a_secret),
        cmocka_unit_test(a_private_part_is_told_and_not_read),
        cmocka_unit_test(alg_is_told_by_the_integers_of_cose),
        cmocka_unit_test(use_and_key_ops_count_both),
        cmocka_unit_test(a_use_of_enc_alone_is_told),
        cmocka_unit_test(what_is_no_key_is_refused_by_the_member),
        cmocka_unit_test(a_modulus_has_2048_to_4096_bits_and_no_leading_zero),
        cmocka_unit_test(text_that_is_no_json_is_named_as_such),
        cmocka_unit_test(other_members_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
