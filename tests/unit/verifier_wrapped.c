/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in a wrapper (CMW): taken off when it holds one message of a known type, and no other rule is
 * changed by it. */
#include "support/check.h"
#include "tps/cmw.h"
#include "verifier_support.h"

#define PSA_TYPE "application/eat+cwt; eat_profile=\"" TPS_PSA_PROFILE "\""

static uint8_t wrapped[8192];
static uint8_t room_bytes[16384];
static tps_verifier *v;
static tps_span psa;
static uint8_t psa_bytes[4096];

static int set_up(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_span evidence = sign_psa(&claims, device_key(1), TPS_ALG_ES256);

    (void)state;
    memcpy(psa_bytes, evidence.data, evidence.size);
    psa = tps_span_make(psa_bytes, evidence.size);
    v = maker_verifier();
    return 0;
}

static int tear_down(void **state)
{
    tps_verifier_free(v);
    return support_end(state);
}

static const tps_appraisal *appraise_wrapped(tps_span bytes)
{
    static tps_appraisal appraisal;
    tps_appraisal_request request = {.nonce = {the_nonce, 32}, .now = NOW};

    tps_verifier_appraise_wrapped(v, bytes, TPS_BUF_OF(room_bytes), &request, &appraisal);
    return &appraisal;
}

static tps_span wrap(const tps_cmw_record *record, bool is_json)
{
    size_t size;

    assert_status(tps_cmw_write_record(record, is_json, TPS_BUF_OF(wrapped), &size), TPS_OK);
    return tps_span_make(wrapped, size);
}

static tps_span wrap_as(const char *type, tps_span message)
{
    tps_cmw_record record = {.type = tps_span_of_text(type), .message = message};

    return wrap(&record, false);
}

static void evidence_is_taken_out_of_every_form(void **state)
{
    tps_cmw_record record = {
        .content_format = TPS_CONTENT_FORMAT_PSA, .message = psa, .indicator = TPS_CMW_EVIDENCE};
    tps_cmw_label label = {.text = TPS_SPAN_LITERAL("lamp")};
    tps_cmw_writer w;
    size_t size;

    (void)state;
    expect_affirming(appraise_wrapped(psa)); /* without a wrapper */
    expect_affirming(appraise_wrapped(wrap(&record, false)));
    expect_affirming(appraise_wrapped(wrap(&record, true)));
    w = tps_cmw_writer_init(TPS_BUF_OF(wrapped), false);
    tps_cmw_put_tag(&w, TPS_CONTENT_FORMAT_PSA, psa);
    assert_status(tps_cmw_writer_finish(&w, &size), TPS_OK);
    expect_affirming(appraise_wrapped(tps_span_make(wrapped, size)));
    for (int is_json = 0; is_json < 2; is_json++) {
        w = tps_cmw_writer_init(TPS_BUF_OF(wrapped), is_json);
        tps_cmw_put_collection(&w, TPS_SPAN_LITERAL("tag:a,2026:b"), 1);
        tps_cmw_put_label(&w, &label);
        tps_cmw_put_record(&w, &record);
        assert_status(tps_cmw_writer_finish(&w, &size), TPS_OK);
        expect_affirming(appraise_wrapped(tps_span_make(wrapped, size)));
    }
}

static void every_type_of_evidence_is_known(void **state)
{
    static const char *const types[] = {"application/eat+cwt", PSA_TYPE, "application/psa-attestation-token"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        expect_affirming(appraise_wrapped(wrap_as(types[i], psa)));
    }
    {
        tps_psa_claims claims = lamp_psa();
        claims.is_2_0_0 = true;
        expect_affirming(
            appraise_wrapped(wrap_as(types[2], sign_psa(&claims, device_key(1), TPS_ALG_ES256))));
    }
    {
        tps_device_claims claims = lamp_eat();
        tps_span eat = sign_eat(&claims, device_key(1), NULL, 0);
        tps_cmw_record record = {.content_format = TPS_CONTENT_FORMAT_EAT_CWT, .message = eat};
        expect_affirming(
            appraise_wrapped(wrap_as("application/eat+cwt;eat_profile=\"" TPS_DEVICE_PROFILE "\"", eat)));
        expect_affirming(appraise_wrapped(wrap(&record, true)));
    }
}

static void a_type_that_does_not_agree_with_what_is_inside_is_refused(void **state)
{
    static const char *const types[] = {
        "application/eat+cwt; eat_profile=\"" TPS_DEVICE_PROFILE "\"",
        "application/eat+cwt; eat_profile=\"" TPS_PSA_PROFILE_2_0_0 "\"",
        "application/eat-cwt; profile=\"" TPS_PSA_PROFILE_2_0_0 "\"",
    };
    tps_device_claims claims = lamp_eat();

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const tps_appraisal *a = appraise_wrapped(wrap_as(types[i], psa));
        expect_finding(a, "evidence.other-type", TPS_VERIFIER_TYPE_MISMATCH);
        assert_int_equal(a->payload.size, 0);
        assert_string_equal(a->findings[0].evidence, "profile " TPS_PSA_PROFILE);
    }
    {
        tps_span eat = sign_eat(&claims, device_key(1), NULL, 0);
        const tps_appraisal *a = appraise_wrapped(wrap_as("application/psa-attestation-token", eat));
        expect_finding(a, "evidence.other-type", TPS_VERIFIER_TYPE_MISMATCH);
        assert_string_equal(a->findings[0].known, "wrapped as application/psa-attestation-token");
    }
}

static void other_types_and_other_messages_are_refused_by_name(void **state)
{
    tps_cmw_record record = {
        .content_format = TPS_CONTENT_FORMAT_PSA, .message = psa, .indicator = TPS_CMW_RESULTS};

    (void)state;
    expect_finding(appraise_wrapped(wrap_as("application/rim+cose", psa)), "evidence.malformed",
                   TPS_VERIFIER_WRAPPED_TYPE);
    expect_finding(appraise_wrapped(wrap(&record, false)), "evidence.malformed", TPS_VERIFIER_WRAPPED_TYPE);
    record.indicator = TPS_CMW_EVIDENCE | TPS_CMW_ENDORSEMENTS;
    expect_affirming(appraise_wrapped(wrap(&record, false)));
    record.content_format = 30001;
    expect_finding(appraise_wrapped(wrap(&record, false)), "evidence.malformed", TPS_VERIFIER_WRAPPED_TYPE);
}

static void collections_of_more_than_one_message_are_refused(void **state)
{
    tps_cmw_record record = {.content_format = TPS_CONTENT_FORMAT_PSA, .message = psa};
    tps_cmw_label labels[] = {{.is_int = true, .number = 1}, {.is_int = true, .number = 2}};
    tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(wrapped), false);
    size_t size;

    (void)state;
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 2);
    tps_cmw_put_label(&w, &labels[0]);
    tps_cmw_put_record(&w, &record);
    tps_cmw_put_label(&w, &labels[1]);
    tps_cmw_put_record(&w, &record);
    assert_status(tps_cmw_writer_finish(&w, &size), TPS_OK);
    expect_finding(appraise_wrapped(tps_span_make(wrapped, size)), "evidence.malformed",
                   TPS_VERIFIER_WRAPPED_TYPE);
    w = tps_cmw_writer_init(TPS_BUF_OF(wrapped), false);
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 1);
    tps_cmw_put_label(&w, &labels[0]);
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 1);
    tps_cmw_put_label(&w, &labels[0]);
    tps_cmw_put_record(&w, &record);
    assert_status(tps_cmw_writer_finish(&w, &size), TPS_OK);
    expect_finding(appraise_wrapped(tps_span_make(wrapped, size)), "evidence.malformed",
                   TPS_VERIFIER_WRAPPED_TYPE);
}

static void malformed_wrappers_are_refused_with_their_reason(void **state)
{
    tps_cmw_record record = {.content_format = TPS_CONTENT_FORMAT_PSA, .message = psa};
    tps_appraisal_request request = {.nonce = {the_nonce, 32}, .now = NOW};
    tps_appraisal appraisal;

    (void)state;
    expect_finding(appraise_wrapped(TPS_SPAN_LITERAL("{}")), "evidence.malformed", TPS_CMW_EMPTY_COLLECTION);
    expect_finding(appraise_wrapped(TPS_SPAN_LITERAL("[\"a\",\"AQ\"]")), "evidence.malformed",
                   TPS_CMW_BAD_TYPE);
    tps_verifier_appraise_wrapped(v, wrap(&record, true), (tps_buf){room_bytes, 10}, &request, &appraisal);
    expect_finding(&appraisal, "evidence.malformed", TPS_BUFFER_TOO_SMALL);
    record.type = TPS_SPAN_LITERAL("application/psa-attestation-token"); /* nothing to unescape */
    tps_verifier_appraise_wrapped(v, wrap(&record, true), (tps_buf){room_bytes, 10}, &request, &appraisal);
    expect_finding(&appraisal, "evidence.malformed", TPS_BUFFER_TOO_SMALL);
    tps_verifier_appraise_wrapped(v, TPS_SPAN_LITERAL("{\"\\u0061\":[\"a/b\",\"AQ\"]}"),
                                  (tps_buf){room_bytes, 0}, &request, &appraisal);
    expect_finding(&appraisal, "evidence.malformed", TPS_BUFFER_TOO_SMALL);
}

static void assert_is_of(const tps_appraisal *a, tps_span bytes)
{
    tps_digest digest;

    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, &digest), TPS_OK);
    assert_memory_equal(a->evidence_sha256, digest.bytes, 32);
}

static void a_result_says_of_which_bytes_it_is(void **state)
{
    tps_span wrapper;

    (void)state;
    assert_is_of(appraise_wrapped(wrap_as(PSA_TYPE, psa)), psa);
    assert_is_of(appraise_wrapped(wrap_as("application/eat-cwt; profile=\"" TPS_PSA_PROFILE_2_0_0 "\"", psa)),
                 psa);
    wrapper = wrap_as("application/rim+cose", psa);
    assert_is_of(appraise_wrapped(wrapper), wrapper);
}

/* A wrapper proves nothing: signature and nonce are judged as ever. */
static void what_is_inside_is_judged_as_ever(void **state)
{
    tps_psa_claims claims = lamp_psa();
    static const uint8_t other_nonce[32] = {9};

    (void)state;
    expect_finding(appraise_wrapped(wrap_as(PSA_TYPE, sign_psa(&claims, device_key(9), TPS_ALG_ES256))),
                   "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
    claims.nonce = TPS_SPAN_OF(other_nonce);
    expect_finding(appraise_wrapped(wrap_as(PSA_TYPE, sign_psa(&claims, device_key(1), TPS_ALG_ES256))),
                   "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
    expect_finding(appraise_wrapped(wrap_as(PSA_TYPE, TPS_SPAN_LITERAL("x"))), "evidence.malformed",
                   TPS_CBOR_TRUNCATED);
}

static void a_type_without_a_wrapper_must_agree_with_the_profile_too(void **state)
{
    static const struct {
        const char *type;
        tps_status expected;
    } cases[] = {
        {PSA_TYPE, TPS_OK},
        {"APPLICATION/eat+cwt ;eat_profile=\"" TPS_PSA_PROFILE "\"", TPS_OK},
        {"application/eat+cwt", TPS_OK},
        {"application/psa-attestation-token", TPS_OK},
        {"application/eat+cwt; eat_profile=\"" TPS_DEVICE_PROFILE "\"", TPS_VERIFIER_TYPE_MISMATCH},
        {"application/eat-cwt; profile=\"" TPS_PSA_PROFILE_2_0_0 "\"", TPS_VERIFIER_TYPE_MISMATCH},
        {"application/eat+cwt; eat_profile=\"tag:example.com,2026:x\"", TPS_VERIFIER_WRAPPED_TYPE},
        {"application/cbor", TPS_VERIFIER_WRAPPED_TYPE},
        {"", TPS_VERIFIER_WRAPPED_TYPE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(tps_verifier_check_type(psa, tps_span_of_text(cases[i].type)), cases[i].expected);
    }
    assert_status(tps_verifier_check_type(TPS_SPAN_LITERAL("rubbish"), tps_span_of_text(cases[4].type)),
                  TPS_OK);
}

static void a_type_without_a_wrapper_must_agree_with_the_form_too(void **state)
{
    static const tps_span jwt = {(const uint8_t *)"eyJhbGciOiJFUzI1NiJ9.e30.AA", 27};
    static const tps_span bundle = {(const uint8_t *)"\xd9\x02\x5a\x82\x40\xa0", 6};
    static const tps_span json_bundle = {(const uint8_t *)"[ [\"JWT\",\"\"],{}]", 16};
    static const struct {
        const char *type;
        const tps_span *form;
    } cases[] = {
        {"application/eat+jwt", &jwt},
        {"application/eat+jwt; eat_profile=\"" TPS_DEVICE_PROFILE "\"", &jwt},
        {"application/eat-bun+cbor", &bundle},
        {"application/eat-bun+json", &json_bundle},
        {"application/eat+cwt", NULL},
        {"application/vnd.opentps.tpm2-quote+cbor", NULL},
        {"application/vnd.enacttrust.tpm-evidence", NULL},
    };
    static const tps_span *const forms[] = {&jwt, &bundle, &json_bundle};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t j = 0; j < sizeof forms / sizeof forms[0]; j++) {
            assert_status(tps_verifier_check_type(*forms[j], tps_span_of_text(cases[i].type)),
                          forms[j] == cases[i].form ? TPS_OK : TPS_VERIFIER_TYPE_MISMATCH);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_is_taken_out_of_every_form),
        cmocka_unit_test(every_type_of_evidence_is_known),
        cmocka_unit_test(a_type_that_does_not_agree_with_what_is_inside_is_refused),
        cmocka_unit_test(other_types_and_other_messages_are_refused_by_name),
        cmocka_unit_test(collections_of_more_than_one_message_are_refused),
        cmocka_unit_test(malformed_wrappers_are_refused_with_their_reason),
        cmocka_unit_test(a_result_says_of_which_bytes_it_is),
        cmocka_unit_test(what_is_inside_is_judged_as_ever),
        cmocka_unit_test(a_type_without_a_wrapper_must_agree_with_the_profile_too),
        cmocka_unit_test(a_type_without_a_wrapper_must_agree_with_the_form_too),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
