/* SPDX-License-Identifier: Apache-2.0 */
/* Results verified: signature, time, nonce and audience, as JWT and as CWT. */
#include "support/check.h"
#include "support/cose_craft.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/base64.h"
#include "tps/ear.h"

#define NOW 1700000000

static tps_crypto_key *key;
static tps_crypto_key *other_key;
static uint8_t claims_bytes[1024];
static uint8_t token[2048];
static uint8_t room_bytes[4096];

static int make_keys(void **state)
{
    (void)state;
    key = test_key(1);
    other_key = test_key(2);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    tps_crypto_key_free(key);
    tps_crypto_key_free(other_key);
    return 0;
}

static const tps_ear_terms strict = {.now = NOW};

static tps_span make_claims(bool is_json, const char *audience)
{
    tps_ear_appraisal_content appraisal = {.name = TPS_SPAN_LITERAL("A"), .status = TPS_EAR_TIER_AFFIRMING};
    tps_ear_content content = {.is_json = is_json,
                               .has_exp = true,
                               .iat = NOW - 10,
                               .exp = NOW + 10,
                               .audience = tps_span_of_text(audience),
                               .nonce = TPS_SPAN_LITERAL("12345678"),
                               .developer = TPS_SPAN_LITERAL("d"),
                               .build = TPS_SPAN_LITERAL("b"),
                               .appraisals = &appraisal,
                               .appraisal_count = 1};
    tps_buf room = TPS_BUF_OF(room_bytes);
    size_t size;

    assert_status(tps_ear_encode(&content, &room, TPS_BUF_OF(claims_bytes), &size), TPS_OK);
    return tps_span_make(claims_bytes, size);
}

static tps_span make_jwt(tps_span claims)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    size_t size;

    assert_status(tps_jws_make(claims, "k", &signer, TPS_BUF_OF(token), &size), TPS_OK);
    return tps_span_make(token, size);
}

static tps_span make_cwt(tps_span claims)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_span message;

    assert_status(tps_cose_sign1_make(claims, NULL, &signer, TPS_BUF_OF(token), &message), TPS_OK);
    return message;
}

static tps_status verify(bool is_json, tps_span text, tps_crypto_key *with, const tps_ear_terms *terms,
                         tps_ear *ear)
{
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_cose_key_finder keys = test_finder(with);
    tps_error why = {0};
    tps_status status = is_json ? tps_ear_verify_jwt(text, with, terms, &room, ear, &why)
                                : tps_ear_verify_cwt(text, &keys, terms, ear, &why);

    assert_true(status == TPS_OK || why.status == status);
    return status;
}

static tps_span make(bool is_json, const char *audience)
{
    tps_span claims = make_claims(is_json, audience);

    return is_json ? make_jwt(claims) : make_cwt(claims);
}

static void a_good_result_is_read(void **state)
{
    tps_ear ear;

    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        assert_status(verify(is_json, make(is_json, NULL), key, &strict, &ear), TPS_OK);
        assert_int_equal(ear.submod_count, 1);
        assert_int_equal(ear.iat, NOW - 10);
    }
}

static void another_key_or_a_changed_text_is_refused(void **state)
{
    tps_ear ear = {.iat = 77};

    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        tps_status bad = is_json ? TPS_CRYPTO_BAD_SIGNATURE : TPS_COSE_BAD_SIGNATURE;
        tps_span text = make(is_json, NULL);
        assert_status(verify(is_json, text, other_key, &strict, &ear), bad);
        token[text.size - 2] = token[text.size - 2] == 'A' ? 'B' : 'A'; /* stays base64url */
        assert_status(verify(is_json, text, key, &strict, &ear), bad);
        assert_int_not_equal(verify(is_json, tps_span_make(text.data, text.size / 2), key, &strict, &ear),
                             TPS_OK);
        assert_int_equal(ear.iat, 77);
    }
}

/* An algorithm is what the key allows; "none" never is one. */
static void a_header_cannot_choose_to_be_unsigned(void **state)
{
    static const char *const headers[] = {"{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"ES384\"}",
                                          "{\"alg\":\"ES256\",\"crit\":[\"x\"]}", "{}"};
    static const tps_status expected[] = {TPS_COSE_ALG_REFUSED, TPS_COSE_ALG_REFUSED, TPS_CRYPTO_ALG_REFUSED,
                                          TPS_COSE_CRIT_UNKNOWN, TPS_JWT_NOT_WELL_FORMED};
    tps_span claims = make_claims(true, NULL);
    tps_ear ear;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        size_t size = tps_base64url_write(tps_span_of_text(headers[i]), (char *)token);
        token[size++] = '.';
        size += tps_base64url_write(claims, (char *)token + size);
        memcpy(token + size, ".AAAA", 5);
        assert_status(verify(true, tps_span_make(token, size + 5), key, &strict, &ear), expected[i]);
    }
}

static void the_payload_must_be_of_the_tokens_encoding(void **state)
{
    tps_ear ear;

    (void)state;
    assert_status(verify(true, make_jwt(make_claims(false, NULL)), key, &strict, &ear), TPS_EAR_BAD_CLAIM);
    assert_status(verify(false, make_cwt(make_claims(true, NULL)), key, &strict, &ear), TPS_EAR_BAD_CLAIM);
    assert_status(verify(false, make_cwt(TPS_SPAN_LITERAL("\xa0")), key, &strict, &ear),
                  TPS_EAR_UNKNOWN_PROFILE);
}

static void cwt_tags_are_taken_off_and_macs_are_not_taken(void **state)
{
    tps_span claims = make_claims(false, NULL);
    tps_buf untagged = craft_sign1("a10126", "a0", claims, key, TPS_ALG_ES256);
    tps_ear ear;
    tps_span message;

    (void)state;
    assert_status(verify(false, span_of(untagged), key, &strict, &ear), TPS_OK);
    message = make_cwt(claims);
    memmove(token + 2, token, message.size);
    token[0] = 0xd8;
    token[1] = 61;
    assert_status(verify(false, tps_span_make(token, message.size + 2), key, &strict, &ear), TPS_OK);
    token[2] = 0xd1; /* 17: a MAC */
    assert_int_not_equal(verify(false, tps_span_make(token, message.size + 2), key, &strict, &ear), TPS_OK);
    free(untagged.data);
}

static void time_decides(void **state)
{
    static const struct {
        int64_t now;
        uint32_t leeway;
        tps_status status;
    } cases[] = {
        {NOW + 9, 0, TPS_OK},
        {NOW + 10, 0, TPS_EAR_EXPIRED},
        {NOW + 10, 1, TPS_OK},
        {NOW - 10, 0, TPS_OK},
        {NOW - 11, 0, TPS_EAR_NOT_YET_VALID},
        {NOW - 11, 1, TPS_OK},
        {INT64_MAX, 5, TPS_EAR_EXPIRED},
        {0, UINT32_MAX, TPS_OK},
    };
    tps_ear ear;

    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        tps_span text = make(is_json, NULL);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            tps_ear_terms terms = {.now = cases[i].now, .leeway = cases[i].leeway};
            assert_status(verify(is_json, text, key, &terms, &ear), cases[i].status);
        }
    }
}

static void nonce_and_audience_are_compared_when_asked_for(void **state)
{
    tps_ear_terms terms = {.now = NOW, .nonce = TPS_SPAN_LITERAL("12345678")};
    tps_ear ear;

    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        tps_span text = make(is_json, "me");
        terms.nonce = TPS_SPAN_LITERAL("12345678");
        assert_status(verify(is_json, text, key, &terms, &ear), TPS_OK);
        terms.nonce = TPS_SPAN_LITERAL("12345679");
        assert_status(verify(is_json, text, key, &terms, &ear), TPS_EAR_BAD_CLAIM);
        terms.nonce = TPS_SPAN_EMPTY;
        terms.audience = TPS_SPAN_LITERAL("me");
        assert_status(verify(is_json, text, key, &terms, &ear), TPS_OK);
        terms.audience = TPS_SPAN_LITERAL("you");
        assert_status(verify(is_json, text, key, &terms, &ear), TPS_EAR_BAD_CLAIM);
        assert_status(verify(is_json, make(is_json, NULL), key, &terms, &ear), TPS_OK); /* it names none */
        terms.audience = TPS_SPAN_EMPTY;
    }
}

static tps_status check_json(const char *members, const tps_ear_terms *terms)
{
    char text[1024];
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_ear ear;
    tps_error why;

    snprintf(
        text, sizeof text,
        "{\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\",\"iat\":5,\"ear_verifier_id\":{\"developer\":\"d\","
        "\"build\":\"b\"},\"submods\":{\"a\":{\"ear_status\":\"none\"}}%s}",
        members);
    assert_status(tps_ear_decode(tps_span_of_text(text), &room, &ear, NULL), TPS_OK);
    return tps_ear_check(&ear, terms, &why);
}

static void what_is_asked_for_must_be_there(void **state)
{
    tps_ear_terms terms = {.now = 100, .permit_no_expiry = true};

    (void)state;
    assert_status(check_json("", &terms), TPS_OK);
    assert_status(check_json("", &(tps_ear_terms){.now = 100}), TPS_EAR_CLAIM_MISSING);
    assert_status(check_json(",\"nbf\":100", &terms), TPS_OK);
    assert_status(check_json(",\"nbf\":101", &terms), TPS_EAR_NOT_YET_VALID);
    terms.nonce = TPS_SPAN_LITERAL("12345678");
    assert_status(check_json("", &terms), TPS_EAR_CLAIM_MISSING);
    terms.nonce = TPS_SPAN_EMPTY;
    terms.audience = TPS_SPAN_LITERAL("me");
    assert_status(check_json(",\"aud\":[\"you\",\"\\u006de\"]", &terms), TPS_OK);
    assert_status(check_json(",\"aud\":[\"you\"]", &terms), TPS_EAR_BAD_CLAIM);
    assert_status(check_json(",\"aud\":[]", &terms), TPS_EAR_BAD_CLAIM);
    assert_status(check_json(",\"aud\":\"\"", &terms), TPS_EAR_BAD_CLAIM);
}

static void too_little_room_is_told(void **state)
{
    tps_span text = make(true, "a");
    tps_ear ear;
    size_t least = 0;

    (void)state;
    for (;; least++) {
        tps_buf room = {room_bytes, least};
        tps_status status = tps_ear_verify_jwt(text, key, &strict, &room, &ear, NULL);
        if (status == TPS_OK) {
            break;
        }
        assert_status(status, TPS_BUFFER_TOO_SMALL);
    }
    assert_in_range(least, 100, 2 * text.size);
    {
        tps_buf room = TPS_BUF_OF(room_bytes);
        assert_status(tps_ear_verify_jwt(TPS_SPAN_LITERAL("a.b"), key, &strict, &room, &ear, NULL),
                      TPS_JWT_NOT_WELL_FORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_result_is_read),
        cmocka_unit_test(another_key_or_a_changed_text_is_refused),
        cmocka_unit_test(a_header_cannot_choose_to_be_unsigned),
        cmocka_unit_test(the_payload_must_be_of_the_tokens_encoding),
        cmocka_unit_test(cwt_tags_are_taken_off_and_macs_are_not_taken),
        cmocka_unit_test(time_decides),
        cmocka_unit_test(nonce_and_audience_are_compared_when_asked_for),
        cmocka_unit_test(what_is_asked_for_must_be_there),
        cmocka_unit_test(too_little_room_is_told),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
