/* SPDX-License-Identifier: Apache-2.0 */
/* Results read: what each generation may say, each refusal by its name, in both encodings. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor_diagnostic.h"
#include "tps/ear.h"

static uint8_t room_bytes[8192];
static tps_buf room;
static tps_error why;

static tps_status decode(tps_span claims, tps_ear *out)
{
    static tps_buf copy;
    tps_status status;

    free(copy.data);
    copy = exact_copy(claims);
    room = TPS_BUF_OF(room_bytes);
    why = (tps_error){0};
    status = tps_ear_decode(span_of(copy), &room, out, &why);
    assert_true(status == TPS_OK || (why.status == status && why.offset <= claims.size));
    return status;
}

static tps_status decode_json(const char *text, tps_ear *out)
{
    return decode(tps_span_of_text(text), out);
}

/* Claims of CBOR, written in diagnostic notation. */
static tps_status decode_cbor(const char *notation, tps_ear *out)
{
    static uint8_t bytes[4096];
    tps_span claims;

    assert_status(tps_cbor_from_diagnostic(tps_span_of_text(notation), TPS_BUF_OF(bytes), &claims, NULL),
                  TPS_OK);
    return decode(claims, out);
}

#define ID_2023   "\"ear.verifier-id\":{\"developer\":\"d\",\"build\":\"b\"}"
#define ID_2026   "\"ear_verifier_id\":{\"developer\":\"d\",\"build\":\"b\"}"
#define HEAD_2023 "{\"eat_profile\":\"tag:github.com,2023:veraison/ear\",\"iat\":5," ID_2023 ","
#define HEAD_2025 "{\"eat_profile\":\"tag:ietf.org,2025-07:ear\",\"iat\":5," ID_2023 ","
#define HEAD_2026 "{\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\",\"iat\":5," ID_2026 ","
#define GOOD_2026 "\"submods\":{\"a\":{\"ear_status\":\"affirming\"}}"
#define CBOR_HEAD "{265:\"tag:ietf.org,2026:rats/ear#04\",6:5,1004:{0:\"d\",1:\"b\"},"
#define CBOR_GOOD "266:{\"a\":{1000:2}}"

/* ---- what is taken ---- */

static void every_profile_has_its_generation(void **state)
{
    static const struct {
        const char *profile;
        uint32_t generation;
    } cases[] = {
        {"tag:github.com,2023:veraison/ear", TPS_EAR_2023},
        {"tag:github.com,2024:confidential-containers/Trustee", TPS_EAR_2023},
        {"tag:ietf.org,2025-07:ear", TPS_EAR_2025},
        {"tag:ietf.org,2026:rats/ear#03", TPS_EAR_2026},
        {"tag:ietf.org,2026:rats/ear#04", TPS_EAR_2026},
        {"tag:ietf.org,2026:rats/ear#05", TPS_EAR_2026},
        {"tag:ietf.org,2026:rats/ear#", TPS_EAR_GENERATIONS},
        {"tag:ietf.org,2026:rats/ear#044", TPS_EAR_GENERATIONS},
        {"", TPS_EAR_GENERATIONS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(tps_ear_generation_of(tps_span_of_text(cases[i].profile)), cases[i].generation);
    }
    for (uint32_t generation = 0; generation < TPS_EAR_GENERATIONS; generation++) {
        assert_int_equal(tps_ear_generation_of(tps_span_of_text(tps_ear_profile(generation))), generation);
    }
    assert_null(tps_ear_profile(TPS_EAR_GENERATIONS));
}

static void all_claims_of_the_newest_generation_are_read(void **state)
{
    static const char text[] =
        " {\"submods\":{\"x\\u0031\":{\"ear_status\":\"warning\",\"eat_nonce\":\"AAAAAAAAAAE\","
        "\"eat_profile\":\"p\",\"ear_trustworthiness_vector\":{\"configuration\":-33,\"other\":1},"
        "\"ear_appraisal_policy_ids\":[\"\\u0070\",\"q\"],\"z\":[]},\"y\":{\"ear_status\":\"none\"}},"
        "\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\",\"iss\":\"i\",\"aud\":\"\\u0061\",\"iat\":5,\"exp\":9,"
        "\"nbf\":4,\"eat_nonce\":[\"AAAAAAAAAAI\",\"AAAAAAAAAAM\"],\"ear_status\":\"warning\","
        "\"ear_raw_evidence\":\"AQI\", \"ear_verifier_id\":{\"developer\":\"d\",\"build\":\"b\",\"c\":1},\"w\":{}}";
    tps_ear ear;
    tps_ear_appraisal appraisal;
    tps_ear_walk walk;
    tps_ear_walk policies;
    tps_span id;
    tps_ear_extra extra;

    (void)state;
    assert_status(decode_json(text, &ear), TPS_OK);
    assert_int_equal(ear.present, TPS_EAR_HAS_EXP | TPS_EAR_HAS_NBF | TPS_EAR_HAS_STATUS);
    assert_int_equal(ear.status, TPS_EAR_TIER_WARNING);
    assert_int_equal(ear.exp, 9);
    assert_int_equal(ear.nbf, 4);
    assert_span_text(ear.issuer, "i");
    assert_span_text(ear.audience, "\"\\u0061\"");
    assert_span(ear.raw_evidence, TPS_SPAN_LITERAL("\x01\x02"));
    assert_int_equal(ear.submod_count, 2);
    assert_int_equal(ear.unknown_count, 2);
    assert_int_equal(ear.encoded.data[0], '{');
    assert_true(tps_ear_nonce_is(ear.nonce, true, TPS_SPAN_LITERAL("\0\0\0\0\0\0\0\x03")));
    assert_false(tps_ear_nonce_is(ear.nonce, true, TPS_SPAN_LITERAL("\0\0\0\0\0\0\0\x01")));

    walk = tps_ear_appraisals(&ear);
    assert_true(tps_ear_next_appraisal(&walk, &room, &appraisal));
    assert_span_text(appraisal.name, "x1");
    assert_span_text(appraisal.profile, "p");
    assert_int_equal(appraisal.vector_claims, 2);
    assert_int_equal(appraisal.vector[1], -33);
    assert_int_equal(appraisal.unknown_count, 2);
    assert_true(tps_ear_nonce_is(appraisal.nonce, true, TPS_SPAN_LITERAL("\0\0\0\0\0\0\0\x01")));
    policies = tps_ear_policy_ids(&appraisal);
    assert_true(tps_ear_next_policy_id(&policies, &room, &id));
    assert_span_text(id, "p");
    assert_true(tps_ear_next_policy_id(&policies, &room, &id));
    assert_span_text(id, "q");
    assert_false(tps_ear_next_policy_id(&policies, &room, &id));
    assert_true(tps_ear_next_appraisal(&walk, &room, &appraisal));
    assert_span_text(appraisal.name, "y");
    assert_int_equal(appraisal.vector_claims, 0);
    policies = tps_ear_policy_ids(&appraisal);
    assert_false(tps_ear_next_policy_id(&policies, &room, &id));
    assert_false(tps_ear_next_appraisal(&walk, &room, &appraisal));
    walk = tps_ear_extras(&ear);
    assert_true(tps_ear_next_extra(&walk, &room, &extra));
    assert_span_text(extra.name, "w");
    assert_span_text(extra.value, "{}");
    assert_false(tps_ear_next_extra(&walk, &room, &extra));
}

static void all_claims_of_cbor_are_read(void **state)
{
    tps_ear ear;
    tps_ear_appraisal appraisal;
    tps_ear_walk walk;
    tps_ear_extra extra;

    (void)state;
    assert_status(decode_cbor("{_ 1:\"i\",3:[\"a\",\"b\"],4:9,5:4,6:5,10:h'0000000000000001',"
                              "265:\"tag:ietf.org,2025-07:ear\",266:{_ \"a\":{1000:96,1001:{0:97,7:-128,8:1},"
                              "1003:\"p\",10:[h'0000000000000002',h'0000000000000003'],-70000:1}},"
                              "1002:[263,h'01'],1004:{0:\"d\",1:\"b\"},-70000:7,\"t\":8}",
                              &ear),
                  TPS_OK);
    assert_int_equal(ear.present, TPS_EAR_HAS_EXP | TPS_EAR_HAS_NBF | TPS_EAR_HAS_RAW_CMW);
    assert_int_equal(ear.raw_evidence.data[0], 0x82);
    assert_int_equal(ear.audience.data[0], 0x82);
    assert_true(tps_ear_nonce_is(ear.nonce, false, TPS_SPAN_LITERAL("\0\0\0\0\0\0\0\x01")));
    walk = tps_ear_appraisals(&ear);
    assert_true(tps_ear_next_appraisal(&walk, NULL, &appraisal));
    assert_int_equal(appraisal.vector[0], 97);
    assert_int_equal(appraisal.vector[7], -128);
    assert_int_equal(appraisal.vector_claims, 129);
    assert_true(tps_ear_nonce_is(appraisal.nonce, false, TPS_SPAN_LITERAL("\0\0\0\0\0\0\0\x03")));
    assert_false(tps_ear_nonce_is(appraisal.nonce, false, TPS_SPAN_LITERAL("\0\0\0\0\0\0\0\x01")));
    walk = tps_ear_appraisal_extras(&appraisal);
    assert_true(tps_ear_next_extra(&walk, NULL, &extra));
    assert_true(extra.is_int);
    assert_int_equal(extra.number, -70000);
    assert_false(tps_ear_next_extra(&walk, NULL, &extra));
    walk = tps_ear_extras(&ear);
    assert_true(tps_ear_next_extra(&walk, NULL, &extra));
    assert_span(extra.value, TPS_SPAN_LITERAL("\x07"));
    assert_true(tps_ear_next_extra(&walk, NULL, &extra));
    assert_span_text(extra.name, "t");
    assert_false(tps_ear_next_extra(&walk, NULL, &extra));
}

/* The names of another generation are unknown claims. */
static void a_generation_knows_its_own_names_only(void **state)
{
    tps_ear ear;

    (void)state;
    assert_status(decode_json(HEAD_2023 "\"submods\":{\"a\":{\"ear.status\":\"none\",\"ear_status\":7}},"
                                        "\"ear.status\":7,\"ear_status\":7}",
                              &ear),
                  TPS_OK);
    assert_int_equal(ear.unknown_count, 2);
    assert_status(decode_json(HEAD_2026 "\"submods\":{\"a\":{\"ear.status\":\"none\"}}}", &ear),
                  TPS_EAR_CLAIM_MISSING);
    assert_string_equal(why.detail, "ear_status");
    assert_status(decode_json("{\"eat_profile\":\"tag:ietf.org,2025-07:ear\",\"iat\":5," ID_2026
                              ",\"submods\":{\"a\":{\"ear.status\":\"none\"}}}",
                              &ear),
                  TPS_EAR_CLAIM_MISSING);
    assert_string_equal(why.detail, "ear_verifier_id");
    /* 1000 at the top is the third generation's */
    assert_status(decode_cbor("{265:\"tag:ietf.org,2025-07:ear\",6:5,1004:{0:\"d\",1:\"b\"},"
                              "266:{\"a\":{1000:2}},1000:77}",
                              &ear),
                  TPS_OK);
    assert_int_equal(ear.unknown_count, 1);
}

static void times_of_the_first_generation_may_have_an_exponent(void **state)
{
    tps_ear ear;

    (void)state;
    assert_status(decode_json("{\"eat_profile\":\"tag:github.com,2023:veraison/ear\",\"iat\":1.6e+09," ID_2023
                              ",\"submods\":{\"a\":{\"ear.status\":\"none\"}}}",
                              &ear),
                  TPS_OK);
    assert_int_equal(ear.iat, 1600000000);
    assert_status(
        decode_json("\n\r\t {\"eat_profile\":\"tag:github.com,2023:veraison/ear\",\"iat\":true}", &ear),
        TPS_EAR_BAD_TIME);
}

/* ---- what is refused ---- */

static const struct {
    const char *text;
    tps_status status;
} bad_json[] = {
    {"{}", TPS_EAR_UNKNOWN_PROFILE},
    {"[]", TPS_CBOR_TRUNCATED}, /* no object: taken for CBOR, and it is none */
    {"", TPS_CBOR_TRUNCATED},
    {" ", TPS_EAR_UNKNOWN_PROFILE}, /* -1 in CBOR */
    {"{\"eat_profile\":7}", TPS_EAR_UNKNOWN_PROFILE},
    {"{\"eat_profile\":\"x\"}", TPS_EAR_UNKNOWN_PROFILE},
    {HEAD_2026 GOOD_2026 "} x", TPS_JSON_TRAILING},
    {HEAD_2026 GOOD_2026 ",\"iat\":6}", TPS_JSON_DUPLICATE_NAME},
    {HEAD_2026 GOOD_2026 ",\"iss\":7}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"aud\":7}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"aud\":[\"a\",7]}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"exp\":1.5}", TPS_EAR_BAD_TIME},
    {HEAD_2026 GOOD_2026 ",\"exp\":1e3}", TPS_EAR_BAD_TIME},
    {HEAD_2026 GOOD_2026 ",\"exp\":-1}", TPS_EAR_BAD_TIME},
    {HEAD_2026 GOOD_2026 ",\"exp\":99999999999999999999}", TPS_EAR_BAD_TIME},
    {HEAD_2026 GOOD_2026 ",\"nbf\":\"5\"}", TPS_EAR_BAD_TIME},
    {HEAD_2025 "\"submods\":{\"a\":{\"ear.status\":\"none\"}},\"exp\":1.0}", TPS_EAR_BAD_TIME},
    {HEAD_2023 "\"submods\":{\"a\":{\"ear.status\":\"none\"}},\"exp\":1.5}", TPS_EAR_BAD_TIME},
    {HEAD_2023 "\"submods\":{\"a\":{\"ear.status\":\"none\"}},\"exp\":-1.0}", TPS_EAR_BAD_TIME},
    {HEAD_2023 "\"submods\":{\"a\":{\"ear.status\":\"none\"}},\"exp\":1e16}", TPS_EAR_BAD_TIME},
    {HEAD_2023 "\"submods\":{\"a\":{\"ear.status\":\"none\"}},\"exp\":1e999}", TPS_EAR_BAD_TIME},
    {HEAD_2026 GOOD_2026 ",\"eat_nonce\":\"AAAAAAA\"}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"eat_nonce\":[\"AAAAAAAAAAE\"]}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"eat_nonce\":[\"AAAAAAAAAAE\",7]}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"eat_nonce\":7}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"ear_raw_evidence\":\"A\"}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"ear_raw_evidence\":7}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 GOOD_2026 ",\"ear_status\":\"good\"}", TPS_EAR_BAD_STATUS},
    {HEAD_2026 GOOD_2026 ",\"ear_status\":2}", TPS_EAR_BAD_STATUS},
    {HEAD_2026 "\"submods\":{}}", TPS_EAR_NO_APPRAISAL},
    {HEAD_2026 "\"submods\":[]}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 "\"submods\":{\"\":{\"ear_status\":\"none\"}}}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 "\"submods\":{\"a\":7}}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 "\"submods\":{\"a\":{}}}", TPS_EAR_CLAIM_MISSING},
    {HEAD_2026 "\"submods\":{\"a\":{\"ear_status\":96}}}", TPS_EAR_BAD_STATUS},
    {HEAD_2026 "\"submods\":{\"a\":{\"ear_status\":\"none\",\"eat_profile\":7}}}", TPS_EAR_BAD_CLAIM},
    {HEAD_2026 "\"x\":1}", TPS_EAR_CLAIM_MISSING},
    {"{\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\"," ID_2026 "," GOOD_2026 "}", TPS_EAR_CLAIM_MISSING},
    {"{\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\",\"iat\":5," GOOD_2026 "}", TPS_EAR_CLAIM_MISSING},
    {"{\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\",\"iat\":5,\"ear_verifier_id\":{\"build\":\"b\"}," GOOD_2026
     "}",
     TPS_EAR_BAD_CLAIM},
    {"{\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\",\"iat\":5,\"ear_verifier_id\":{\"developer\":\"b\"}," GOOD_2026
     "}",
     TPS_EAR_BAD_CLAIM},
    {"{\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\",\"iat\":5,\"ear_verifier_id\":\"b\"," GOOD_2026 "}",
     TPS_EAR_BAD_CLAIM},
};

static void results_of_json_are_refused_by_name(void **state)
{
    tps_ear ear;

    (void)state;
    for (size_t i = 0; i < sizeof bad_json / sizeof bad_json[0]; i++) {
        tps_status status = decode_json(bad_json[i].text, &ear);
        if (status != bad_json[i].status) {
            fail_msg("%s: %s (%s)", bad_json[i].text, tps_status_name(status), why.detail);
        }
        assert_int_not_equal(status, TPS_OK);
    }
}

static void appraisals_are_refused_by_name(void **state)
{
    static const struct {
        const char *members;
        tps_status status;
    } bad[] = {
        {"\"ear_trustworthiness_vector\":{}", TPS_EAR_BAD_VECTOR},
        {"\"ear_trustworthiness_vector\":{\"x\":1}", TPS_EAR_BAD_VECTOR},
        {"\"ear_trustworthiness_vector\":[]", TPS_EAR_BAD_CLAIM},
        {"\"ear_trustworthiness_vector\":{\"hardware\":128}", TPS_EAR_BAD_VECTOR},
        {"\"ear_trustworthiness_vector\":{\"hardware\":-129}", TPS_EAR_BAD_VECTOR},
        {"\"ear_trustworthiness_vector\":{\"hardware\":1.0}", TPS_EAR_BAD_VECTOR},
        {"\"ear_trustworthiness_vector\":{\"hardware\":\"2\"}", TPS_EAR_BAD_VECTOR},
        {"\"ear_trustworthiness_vector\":{\"hardware\":99999999999999999999}", TPS_EAR_BAD_VECTOR},
        {"\"ear_trustworthiness_vector\":{\"hardware\":127}", TPS_OK},
        {"\"ear_appraisal_policy_ids\":\"p\"", TPS_EAR_BAD_CLAIM},
        {"\"ear_appraisal_policy_ids\":[]", TPS_EAR_BAD_CLAIM},
        {"\"ear_appraisal_policy_ids\":[7]", TPS_EAR_BAD_CLAIM},
        {"\"eat_nonce\":[]", TPS_EAR_BAD_CLAIM},
    };
    char text[1024];
    tps_ear ear;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_status status;
        snprintf(text, sizeof text, HEAD_2026 "\"submods\":{\"a\":{\"ear_status\":\"contraindicated\",%s}}}",
                 bad[i].members);
        status = decode_json(text, &ear);
        if (status != bad[i].status) {
            fail_msg("%s: %s", bad[i].members, tps_status_name(status));
        }
    }
    assert_status(decode_json(HEAD_2025 "\"submods\":{\"a\":{\"ear.status\":\"none\","
                                        "\"ear.appraisal-policy-id\":7}}}",
                              &ear),
                  TPS_EAR_BAD_CLAIM);
    assert_status(decode_json(HEAD_2025 "\"submods\":{\"a\":{\"ear.status\":\"none\","
                                        "\"ear.appraisal-policy-id\":[\"p\"]}}}",
                              &ear),
                  TPS_OK);
}

static void results_of_cbor_are_refused_by_name(void **state)
{
    static const struct {
        const char *notation;
        tps_status status;
    } bad[] = {
        {"[]", TPS_EAR_UNKNOWN_PROFILE},
        {"{265:h'00'}", TPS_EAR_UNKNOWN_PROFILE},
        {"{265:\"tag:ietf.org,2026:rats/ear#04\"}", TPS_EAR_CLAIM_MISSING},
        {CBOR_HEAD CBOR_GOOD ",4:1.0}", TPS_EAR_BAD_TIME},
        {CBOR_HEAD CBOR_GOOD ",4:1(5)}", TPS_EAR_BAD_TIME},
        {CBOR_HEAD CBOR_GOOD ",4:-1}", TPS_EAR_BAD_TIME},
        {CBOR_HEAD CBOR_GOOD ",4:18446744073709551615}", TPS_EAR_BAD_TIME},
        {CBOR_HEAD CBOR_GOOD ",10:\"AAAAAAAAAAE\"}", TPS_EAR_BAD_CLAIM},
        {CBOR_HEAD CBOR_GOOD ",10:h'00000000000000'}", TPS_EAR_BAD_CLAIM},
        {CBOR_HEAD CBOR_GOOD ",8:h''}", TPS_EAR_BAD_CLAIM},
        {CBOR_HEAD CBOR_GOOD ",1002:\"AQ\"}", TPS_EAR_BAD_CLAIM},
        {CBOR_HEAD CBOR_GOOD ",1000:\"affirming\"}", TPS_EAR_BAD_STATUS},
        {CBOR_HEAD CBOR_GOOD ",1000:1}", TPS_EAR_BAD_STATUS},
        {CBOR_HEAD CBOR_GOOD ",1:(_ \"a\")}", TPS_EAR_BAD_CLAIM},
        {CBOR_HEAD CBOR_GOOD ",h'':1}", TPS_EAR_BAD_CLAIM},
        {CBOR_HEAD "266:{1:{1000:2}}}", TPS_EAR_BAD_CLAIM},
        {CBOR_HEAD "266:{\"a\":{1000:18446744073709551615}}}", TPS_EAR_BAD_STATUS},
        {CBOR_HEAD "266:{\"a\":{1000:96,1001:{0:128}}}}", TPS_EAR_BAD_VECTOR},
        {CBOR_HEAD CBOR_GOOD ",4:5,4:5}", TPS_CBOR_DUPLICATE_KEY},
    };
    tps_ear ear;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_status status = decode_cbor(bad[i].notation, &ear);
        if (status != bad[i].status) {
            fail_msg("%s: %s (%s)", bad[i].notation, tps_status_name(status), why.detail);
        }
    }
    assert_status(decode_cbor(CBOR_HEAD CBOR_GOOD "}", &ear), TPS_OK);
}

static void no_status_is_better_than_the_worst_that_it_stands_for(void **state)
{
    static const uint8_t tiers[] = {TPS_EAR_TIER_AFFIRMING, TPS_EAR_TIER_NONE, TPS_EAR_TIER_WARNING,
                                    TPS_EAR_TIER_CONTRAINDICATED};
    static const int values[] = {2, 0, 32, 96};
    char text[512];
    tps_ear ear;

    (void)state;
    for (int status = 0; status < 4; status++) {
        for (int worst = 0; worst < 4; worst++) {
            tps_status expected = status < worst ? TPS_EAR_STATUS_TOO_GOOD : TPS_OK;
            snprintf(text, sizeof text,
                     HEAD_2026 "\"submods\":{\"a\":{\"ear_status\":\"%s\",\"ear_trustworthiness_vector\":"
                               "{\"hardware\":%d}}}}",
                     tps_ear_tier_name(tiers[status]), values[worst]);
            assert_status(decode_json(text, &ear), expected);
            snprintf(text, sizeof text, CBOR_HEAD "266:{\"a\":{1000:%d,1001:{4:%d}}}}", tiers[status],
                     values[worst]);
            assert_status(decode_cbor(text, &ear), expected);
            /* the result's against those of its appraisals */
            snprintf(text, sizeof text,
                     HEAD_2026 "\"ear_status\":\"%s\",\"submods\":{\"a\":{\"ear_status\":\"affirming\"},"
                               "\"b\":{\"ear_status\":\"%s\"}}}",
                     tps_ear_tier_name(tiers[status]), tps_ear_tier_name(tiers[worst]));
            assert_status(decode_json(text, &ear), expected);
        }
    }
    /* a claim that says nothing does not count beside one that affirms */
    assert_status(decode_cbor(CBOR_HEAD "266:{\"a\":{1000:2,1001:{0:2,1:0,2:-1}}}}", &ear), TPS_OK);
}

/* ---- room, truncation, flips ---- */

static void too_little_room_is_told_and_nothing_is_written(void **state)
{
    static const char text[] =
        "{\"eat_profile\":\"tag:ietf.org,2026:rats/ear\\u002304\",\"iat\":5," ID_2026
        ",\"ear_raw_evidence\":\"AQIDBA\",\"iss\":\"\\u0069\",\"submods\":{\"\\u0061\":"
        "{\"ear_status\":\"none\",\"eat_profile\":\"\\u0062\",\"\\u0078\":1,"
        "\"ear_appraisal_policy_ids\":[\"\\u0070\"]}}}";
    tps_ear ear = {.iat = 77};
    tps_ear_appraisal appraisal;
    tps_ear_extra extra;
    tps_ear_walk walk;
    tps_span id;
    size_t least = 0;
    tps_buf none = {room_bytes, 0};

    (void)state;
    while (least < 200) {
        tps_buf small = {room_bytes, least};
        tps_status status = tps_ear_decode(tps_span_of_text(text), &small, &ear, &why);
        if (status != TPS_BUFFER_TOO_SMALL) {
            break;
        }
        assert_int_equal(ear.iat, 77);
        least++;
    }
    assert_in_range(least, 10, 100);
    assert_status(tps_ear_decode(tps_span_of_text(text), NULL, &ear, &why), TPS_JSON_BAD_ESCAPE);
    assert_status(decode_json(text, &ear), TPS_OK);
    walk = tps_ear_appraisals(&ear);
    assert_false(tps_ear_next_appraisal(&walk, &none, &appraisal));
    assert_status(walk.status, TPS_BUFFER_TOO_SMALL);
    assert_true(tps_ear_next_appraisal(&walk, &room, &appraisal));
    assert_status(walk.status, TPS_OK);
    walk = tps_ear_policy_ids(&appraisal);
    assert_false(tps_ear_next_policy_id(&walk, &none, &id));
    assert_true(tps_ear_next_policy_id(&walk, &room, &id));
    walk = tps_ear_appraisal_extras(&appraisal);
    assert_false(tps_ear_next_extra(&walk, &none, &extra));
    assert_status(walk.status, TPS_BUFFER_TOO_SMALL);
    assert_true(tps_ear_next_extra(&walk, &room, &extra));
    assert_span_text(extra.name, "x");
}

static void truncation_and_flips_never_crash(void **state)
{
    static const char notation[] =
        "{1:\"i\",4:9,6:5,10:h'0000000000000001',265:\"tag:ietf.org,2026:rats/ear#04\",266:{\"a\":{1000:96,"
        "1001:{0:97,7:-128},1003:[\"p\"]}},1000:96,1002:h'01',1004:{0:\"d\",1:\"b\"},-70000:7}";
    static const char text[] = HEAD_2026 "\"eat_nonce\":\"AAAAAAAAAAE\"," GOOD_2026 "}";
    uint8_t bytes[512];
    tps_span claims;
    tps_ear ear;

    (void)state;
    assert_status(tps_cbor_from_diagnostic(tps_span_of_text(notation), TPS_BUF_OF(bytes), &claims, NULL),
                  TPS_OK);
    assert_status(decode(claims, &ear), TPS_OK);
    for (size_t size = 0; size < claims.size; size++) {
        assert_int_not_equal(decode(tps_span_make(bytes, size), &ear), TPS_OK);
    }
    for (size_t bit = 0; bit < claims.size * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        (void)decode(claims, &ear);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_status(decode_json(text, &ear), TPS_OK);
    for (size_t size = 0; size < sizeof text - 1; size++) {
        assert_int_not_equal(decode(tps_span_make(text, size), &ear), TPS_OK);
    }
}

static void nonces_are_compared_as_bytes(void **state)
{
    tps_span nonce = TPS_SPAN_LITERAL("\xff\xef\xbe\xff\xef\xbe\xff\xef");

    (void)state;
    assert_true(tps_ear_nonce_is(TPS_SPAN_LITERAL("\"_---_---_-8\""), true, nonce));
    assert_true(tps_ear_nonce_is(TPS_SPAN_LITERAL("\"/+++/+++/+8=\""), true, nonce));
    assert_true(tps_ear_nonce_is(TPS_SPAN_LITERAL("\"\\u005f---_---_-8\""), true, nonce));
    assert_false(tps_ear_nonce_is(TPS_SPAN_LITERAL("\"_---_---_-9\""), true, nonce));
    assert_false(tps_ear_nonce_is(TPS_SPAN_LITERAL("\"_---_---_-s\""), true, nonce));
    assert_false(tps_ear_nonce_is(TPS_SPAN_LITERAL("\"?\""), true, nonce));
    assert_false(tps_ear_nonce_is(TPS_SPAN_LITERAL("7"), true, nonce));
    {
        char text[256] = "\"\\u0041";
        memset(text + 7, 'A', 200);
        text[207] = '"';
        assert_false(tps_ear_nonce_is(tps_span_of_text(text), true, nonce));
    }
    assert_false(tps_ear_nonce_is(TPS_SPAN_EMPTY, true, nonce));
    assert_false(tps_ear_nonce_is(TPS_SPAN_LITERAL("\x40"), false, TPS_SPAN_EMPTY));
    assert_true(tps_ear_nonce_is(TPS_SPAN_LITERAL("\x48\xff\xef\xbe\xff\xef\xbe\xff\xef"), false, nonce));
    assert_false(tps_ear_nonce_is(TPS_SPAN_LITERAL("\x48\xff\xef\xbe\xff\xef\xbe\xff\xee"), false, nonce));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_profile_has_its_generation),
        cmocka_unit_test(all_claims_of_the_newest_generation_are_read),
        cmocka_unit_test(all_claims_of_cbor_are_read),
        cmocka_unit_test(a_generation_knows_its_own_names_only),
        cmocka_unit_test(times_of_the_first_generation_may_have_an_exponent),
        cmocka_unit_test(results_of_json_are_refused_by_name),
        cmocka_unit_test(appraisals_are_refused_by_name),
        cmocka_unit_test(results_of_cbor_are_refused_by_name),
        cmocka_unit_test(no_status_is_better_than_the_worst_that_it_stands_for),
        cmocka_unit_test(too_little_room_is_told_and_nothing_is_written),
        cmocka_unit_test(truncation_and_flips_never_crash),
        cmocka_unit_test(nonces_are_compared_as_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
