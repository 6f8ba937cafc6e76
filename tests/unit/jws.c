/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWS: made, taken apart, verified; what is not three parts of base64url is refused. */
#include "tps/jws.h"

#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/base64.h"

#define PAYLOAD TPS_SPAN_LITERAL("{\"a\":1}")

static tps_crypto_key *key;

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

static void assert_part(tps_span part, const char *expected)
{
    uint8_t bytes[256];
    size_t size;

    assert_status(tps_base64_read(part, TPS_BUF_OF(bytes), &size), TPS_OK);
    assert_span_text(tps_span_make(bytes, size), expected);
}

static void what_is_made_verifies_and_says_what_was_put_in(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    static const char *const headers[] = {"{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"ES256\",\"kid\":\"key-1\",\"typ\":\"JWT\"}"};
    uint8_t text[256];
    size_t size;
    tps_jws jws;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_status(tps_jws_make(PAYLOAD, i == 0 ? NULL : "key-1", &signer, TPS_BUF_OF(text), &size),
                      TPS_OK);
        assert_status(tps_jws_parse(tps_span_make(text, size), &jws), TPS_OK);
        assert_part(jws.header, headers[i]);
        assert_part(jws.payload, "{\"a\":1}");
        assert_int_equal(jws.signature.size, 86);
        assert_int_equal(jws.signed_part.size, jws.header.size + 1 + jws.payload.size);
        assert_status(tps_jws_verify(&jws, key), TPS_OK);
    }
}

static void the_published_result_verifies_with_its_key(void **state)
{
    tps_buf text;
    tps_buf pem;
    tps_crypto_key *public_key = NULL;
    tps_jws jws;

    (void)state;
    vectors_require();
    text = vector_read("ear/ear.jwt");
    pem = vector_read("ear/ear-verifier-pub.pem");
    assert_status(tps_crypto_key_from_pem(span_of(pem), &public_key), TPS_OK);
    assert_status(tps_jws_parse(span_of(text), &jws), TPS_OK);
    assert_status(tps_jws_verify(&jws, public_key), TPS_OK);
    assert_status(tps_jws_verify(&jws, key), TPS_CRYPTO_BAD_SIGNATURE);
    tps_crypto_key_free(public_key);
    free(pem.data);
    free(text.data);
}

static void a_changed_text_never_verifies(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    uint8_t text[256];
    size_t size;

    (void)state;
    assert_status(tps_jws_make(PAYLOAD, NULL, &signer, TPS_BUF_OF(text), &size), TPS_OK);
    for (size_t i = 0; i < size; i++) {
        uint8_t before = text[i];
        tps_jws jws;

        text[i] = before == 'A' ? 'B' : 'A';
        if (tps_jws_parse(tps_span_make(text, size), &jws) == TPS_OK) {
            assert_status(tps_jws_verify(&jws, key), TPS_CRYPTO_BAD_SIGNATURE);
        }
        text[i] = before;
    }
}

static tps_status fail_to_sign(void *context, int32_t alg, tps_span digest, tps_buf signature)
{
    unsigned *calls = context;

    (void)alg;
    assert_int_equal(digest.size, 32);
    assert_int_equal(signature.size, 64);
    (*calls)++;
    return TPS_COMPONENT_UNREACHABLE;
}

static void the_signer_is_called_only_when_there_is_room_and_its_failure_is_passed_on(void **state)
{
    unsigned calls = 0;
    tps_cose_signer signer = {TPS_ALG_ES256, fail_to_sign, &calls, NULL};
    uint8_t text[256];
    size_t needed;
    size_t size;

    (void)state;
    assert_status(tps_jws_make(PAYLOAD, "k", &signer, TPS_BUF_MEASURE, &needed), TPS_OK);
    for (size_t room = 0; room < needed; room++) {
        tps_buf out = {malloc(room == 0 ? 1 : room), room};

        assert_status(tps_jws_make(PAYLOAD, "k", &signer, out, &size), TPS_BUFFER_TOO_SMALL);
        assert_int_equal(size, needed);
        free(out.data);
    }
    assert_int_equal(calls, 0);
    assert_status(tps_jws_make(PAYLOAD, "k", &signer, TPS_BUF_OF(text), &size), TPS_COMPONENT_UNREACHABLE);
    assert_int_equal(calls, 1);
}

static void a_signer_of_another_algorithm_is_refused(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    size_t size;

    (void)state;
    assert_status(tps_jws_make(PAYLOAD, NULL, &signer, TPS_BUF_MEASURE, &size), TPS_COSE_ALG_REFUSED);
}

static void a_key_id_that_needs_escapes_or_is_too_long_is_refused(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    char long_id[400];
    size_t size;

    (void)state;
    memset(long_id, 'x', sizeof long_id);
    long_id[399] = '\0';
    assert_status(tps_jws_make(PAYLOAD, "a\"b", &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
    assert_status(tps_jws_make(PAYLOAD, "a\\b", &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
    assert_status(tps_jws_make(PAYLOAD, "a\nb", &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
    assert_status(tps_jws_make(PAYLOAD, "a\xc3\xbc", &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
    assert_status(tps_jws_make(PAYLOAD, "a\x7f", &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
    assert_status(tps_jws_make(PAYLOAD, long_id, &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
    long_id[TPS_JWS_NAMES_MAX - 3] = '\0';
    assert_status(tps_jws_make(PAYLOAD, long_id, &signer, TPS_BUF_MEASURE, &size), TPS_OK);
}

static void white_space_around_the_text_is_no_part_of_it(void **state)
{
    tps_jws jws;

    (void)state;
    assert_status(tps_jws_parse(TPS_SPAN_LITERAL(" \t\r\na.b.c\r\n \t"), &jws), TPS_OK);
    assert_span_text(jws.header, "a");
    assert_span_text(jws.payload, "b");
    assert_span_text(jws.signature, "c");
    assert_span_text(jws.signed_part, "a.b");
}

static void what_is_not_three_parts_of_base64url_is_refused(void **state)
{
    static const char *const samples[] = {
        "",       " ",       ".",      "..",     "a",      "a.b",     "a.b.",    ".b.c",    "a..c",
        "a.b.c.", "a.b.c.d", "a.b.c=", "a+.b.c", "a.b/.c", "a b.c.d", "a.b c.d", "a.b.c d", "a.b.\xc3\xbc"};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        tps_buf copy = exact_copy(tps_span_of_text(samples[i]));
        tps_jws jws;

        if (tps_jws_parse(span_of(copy), &jws) != TPS_JWT_NOT_WELL_FORMED) {
            fail_msg("not refused: \"%s\"", samples[i]);
        }
        free(copy.data);
    }
}

static void signatures_of_another_size_and_keys_of_another_curve_are_refused(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_crypto_key *p384 = test_key_p384();
    uint8_t text[256];
    size_t size;
    tps_jws jws;

    (void)state;
    assert_status(tps_jws_make(PAYLOAD, NULL, &signer, TPS_BUF_OF(text), &size), TPS_OK);
    assert_status(tps_jws_parse(tps_span_make(text, size), &jws), TPS_OK);
    assert_status(tps_jws_verify(&jws, p384), TPS_CRYPTO_ALG_REFUSED);
    jws.signature.size = 84;
    assert_status(tps_jws_verify(&jws, key), TPS_CRYPTO_BAD_SIGNATURE);
    jws.signature.size = 85; /* no length that base 64 can have */
    assert_status(tps_jws_verify(&jws, key), TPS_CRYPTO_BAD_SIGNATURE);
    jws.signature = jws.signed_part;
    assert_status(tps_jws_verify(&jws, key), TPS_CRYPTO_BAD_SIGNATURE);
    jws.signature = tps_span_make(
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        96);
    assert_status(tps_jws_verify(&jws, key), TPS_CRYPTO_BAD_SIGNATURE);
    tps_crypto_key_free(p384);
}

static tps_jws_header read_header(const char *header_json, uint8_t *room_bytes, size_t room_size,
                                  tps_status expected)
{
    static char text[600];
    tps_buf room = {room_bytes, room_size};
    tps_jws_header header = {0};
    tps_error why = {0};
    tps_jws jws;
    size_t size = tps_base64url_write(tps_span_of_text(header_json), text);

    memcpy(text + size, ".YQ.YQ", 7);
    assert_status(tps_jws_parse(tps_span_of_text(text), &jws), TPS_OK);
    assert_status(tps_jws_read_header(&jws, &room, &header, &why), expected);
    assert_int_equal(why.status, expected);
    return header;
}

static void a_header_is_read_by_its_names(void **state)
{
    uint8_t room[256];
    tps_jws_header header =
        read_header("{\"x\":[1,{}],\"alg\":\"ES256\",\"kid\":\"\\u0061\",\"typ\":\"JWT\",\"cty\":\"t\"}",
                    room, sizeof room, TPS_OK);

    (void)state;
    assert_span_text(header.alg, "ES256");
    assert_span_text(header.kid, "a");
    assert_span_text(header.typ, "JWT");
    assert_span_text(header.cty, "t");
    header = read_header("{\"alg\":\"none\"}", room, sizeof room, TPS_OK);
    assert_span_text(header.alg, "none");
    assert_int_equal(header.kid.size, 0);
}

static void headers_are_refused_by_name(void **state)
{
    uint8_t room[256];

    (void)state;
    read_header("[]", room, sizeof room, TPS_JWT_NOT_WELL_FORMED);
    read_header("{}", room, sizeof room, TPS_JWT_NOT_WELL_FORMED);
    read_header("{\"alg\":\"\"}", room, sizeof room, TPS_JWT_NOT_WELL_FORMED);
    read_header("{\"alg\":1}", room, sizeof room, TPS_JWT_NOT_WELL_FORMED);
    read_header("{\"alg\":\"ES256\",\"kid\":{}}", room, sizeof room, TPS_JWT_NOT_WELL_FORMED);
    read_header("{\"alg\":\"ES256\",\"crit\":[\"b64\"]}", room, sizeof room, TPS_COSE_CRIT_UNKNOWN);
    read_header("{\"alg\":\"ES256\",\"alg\":\"none\"}", room, sizeof room, TPS_JSON_DUPLICATE_NAME);
    read_header("{\"alg\":", room, sizeof room, TPS_JSON_TRUNCATED);
    read_header("{\"alg\":\"ES256\"}", room, 10, TPS_BUFFER_TOO_SMALL);
    read_header("{\"alg\":\"\\u0045S256\"}", room, 21, TPS_BUFFER_TOO_SMALL);
}

static void algorithms_have_their_names_of_jose(void **state)
{
    (void)state;
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("ES256")), TPS_ALG_ESP256);
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("ES384")), TPS_ALG_ESP384);
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("ES512")), TPS_ALG_ESP512);
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("EdDSA")), TPS_ALG_EDDSA);
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("Ed25519")), TPS_ALG_ED25519);
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("PS256")), TPS_ALG_PS256);
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("none")), TPS_ALG_NONE);
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("HS256")), TPS_ALG_NONE);
    assert_int_equal(tps_jws_algorithm(TPS_SPAN_LITERAL("es256")), TPS_ALG_NONE);
}

static void every_algorithm_that_signs_is_made_and_verified(void **state)
{
    static const struct {
        int32_t curve;
        int32_t alg;
        const char *name;
    } cases[] = {
        {TPS_CURVE_P256, TPS_ALG_ES256, "ES256"},        {TPS_CURVE_P256, TPS_ALG_ESP256, "ES256"},
        {TPS_CURVE_P384, TPS_ALG_ES384, "ES384"},        {TPS_CURVE_P384, TPS_ALG_ESP384, "ES384"},
        {TPS_CURVE_P521, TPS_ALG_ESP512, "ES512"},       {TPS_CURVE_ED25519, TPS_ALG_EDDSA, "EdDSA"},
        {TPS_CURVE_ED25519, TPS_ALG_ED25519, "Ed25519"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_jws_options options = {.typ = "t", .cty = "c"};
        tps_crypto_key *own = NULL;
        tps_cose_signer signer;
        uint8_t text[512];
        size_t size;
        tps_jws jws;
        assert_status(tps_crypto_key_generate(cases[i].curve, &own), TPS_OK);
        signer = tps_cose_signer_of_key(own, cases[i].alg);
        assert_status(tps_jws_make_with(PAYLOAD, &options, &signer, TPS_BUF_OF(text), &size), TPS_OK);
        assert_status(tps_jws_parse(tps_span_make(text, size), &jws), TPS_OK);
        assert_status(tps_jws_verify_as(&jws, tps_span_of_text(cases[i].name), own), TPS_OK);
        assert_status(tps_jws_verify_as(&jws, TPS_SPAN_LITERAL("PS256"), own), TPS_CRYPTO_ALG_REFUSED);
        assert_status(tps_jws_verify_as(&jws, TPS_SPAN_LITERAL("none"), own), TPS_COSE_ALG_REFUSED);
        text[size - 2] = text[size - 2] == 'A' ? 'B' : 'A'; /* stays base64url */
        assert_status(tps_jws_verify_as(&jws, tps_span_of_text(cases[i].name), own),
                      TPS_CRYPTO_BAD_SIGNATURE);
        tps_crypto_key_free(own);
    }
}

static void what_jose_has_no_name_for_is_not_signed(void **state)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_PS256);
    tps_jws_options options = {NULL};
    size_t size;

    (void)state;
    assert_status(tps_jws_make_with(PAYLOAD, &options, &signer, TPS_BUF_MEASURE, &size),
                  TPS_COSE_ALG_REFUSED);
    signer.alg = TPS_ALG_HMAC256;
    assert_status(tps_jws_make_with(PAYLOAD, &options, &signer, TPS_BUF_MEASURE, &size),
                  TPS_COSE_ALG_REFUSED);
    signer = (tps_cose_signer){.alg = TPS_ALG_EDDSA};
    {
        uint8_t text[512];
        assert_status(tps_jws_make_with(PAYLOAD, &options, &signer, TPS_BUF_OF(text), &size),
                      TPS_COSE_ALG_REFUSED);
    }
    signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    options.typ = "a b";
    assert_status(tps_jws_make_with(PAYLOAD, &options, &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
    options = (tps_jws_options){.cty = "\""};
    assert_status(tps_jws_make_with(PAYLOAD, &options, &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_verifies_and_says_what_was_put_in),
        cmocka_unit_test(the_published_result_verifies_with_its_key),
        cmocka_unit_test(a_changed_text_never_verifies),
        cmocka_unit_test(the_signer_is_called_only_when_there_is_room_and_its_failure_is_passed_on),
        cmocka_unit_test(a_signer_of_another_algorithm_is_refused),
        cmocka_unit_test(a_key_id_that_needs_escapes_or_is_too_long_is_refused),
        cmocka_unit_test(white_space_around_the_text_is_no_part_of_it),
        cmocka_unit_test(what_is_not_three_parts_of_base64url_is_refused),
        cmocka_unit_test(signatures_of_another_size_and_keys_of_another_curve_are_refused),
        cmocka_unit_test(a_header_is_read_by_its_names),
        cmocka_unit_test(headers_are_refused_by_name),
        cmocka_unit_test(algorithms_have_their_names_of_jose),
        cmocka_unit_test(every_algorithm_that_signs_is_made_and_verified),
        cmocka_unit_test(what_jose_has_no_name_for_is_not_signed),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
