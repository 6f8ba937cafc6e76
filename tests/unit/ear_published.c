/* SPDX-License-Identifier: Apache-2.0 */
/* Published results, in both encodings and all generations, read field by field. */
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cbor_diagnostic.h"
#include "tps/cmw.h"
#include "tps/ear.h"

#define PSA_POLICY "https://veraison.example/policy/1/60a0068d"

static uint8_t room_bytes[8192];
static tps_buf room;

static tps_ear decode(tps_span claims)
{
    tps_ear ear;
    tps_error why = {0};
    tps_status status;

    room = TPS_BUF_OF(room_bytes);
    status = tps_ear_decode(claims, &room, &ear, &why);
    if (status != TPS_OK) {
        fail_msg("%s at %zu: %s", tps_status_name(status), why.offset, why.detail);
    }
    return ear;
}

static tps_ear_appraisal only_appraisal(const tps_ear *ear)
{
    tps_ear_walk walk = tps_ear_appraisals(ear);
    tps_ear_appraisal appraisal;
    tps_ear_appraisal second;

    assert_int_equal(ear->submod_count, 1);
    assert_true(tps_ear_next_appraisal(&walk, &room, &appraisal));
    assert_false(tps_ear_next_appraisal(&walk, &room, &second));
    assert_status(walk.status, TPS_OK);
    return appraisal;
}

static void expect_policy(const tps_ear_appraisal *appraisal, const char *expected)
{
    tps_ear_walk walk = tps_ear_policy_ids(appraisal);
    tps_span id;

    assert_true(tps_ear_next_policy_id(&walk, &room, &id));
    assert_span_text(id, expected);
    assert_false(tps_ear_next_policy_id(&walk, &room, &id));
}

static void expect_vector(const tps_ear_appraisal *appraisal, uint8_t claims,
                          const int8_t expected[TPS_EAR_CLAIMS])
{
    assert_int_equal(appraisal->vector_claims, claims);
    assert_memory_equal(appraisal->vector, expected, TPS_EAR_CLAIMS);
}

/* What the drafts' examples of one device have in common. */
static void expect_example(const tps_ear *ear)
{
    assert_int_equal(ear->generation, TPS_EAR_2026);
    assert_span_text(ear->profile, "tag:ietf.org,2026:rats/ear#03");
    assert_int_equal(ear->iat, 1666529184);
    assert_int_equal(ear->present, 0);
    assert_span_text(ear->developer, "https://veraison-project.org");
    assert_span_text(ear->build, "vts 0.0.1");
    assert_int_equal(ear->issuer.size, 0);
    assert_int_equal(ear->audience.size, 0);
    assert_int_equal(ear->nonce.size, 0);
    assert_int_equal(ear->unknown_count, 0);
}

static void expect_contraindicated(const tps_ear_appraisal *appraisal, const char *name)
{
    static const int8_t vector[TPS_EAR_CLAIMS] = {2, 0, 96, 0, 2};

    assert_span_text(appraisal->name, name);
    assert_int_equal(appraisal->status, TPS_EAR_TIER_CONTRAINDICATED);
    expect_vector(appraisal, 1 | 4 | 16, vector);
    expect_policy(appraisal, PSA_POLICY);
    assert_int_equal(appraisal->nonce.size, 0);
    assert_int_equal(appraisal->profile.size, 0);
}

static void the_example_in_cbor_is_read(void **state)
{
    tps_buf text;
    uint8_t bytes[1024];
    tps_span claims;
    tps_ear ear;
    tps_ear_appraisal appraisal;

    (void)state;
    vectors_require();
    text = vector_read("ear/ear-cbor-1.diag");
    assert_status(tps_cbor_from_diagnostic(span_of(text), TPS_BUF_OF(bytes), &claims, NULL), TPS_OK);
    ear = decode(claims);
    assert_false(ear.is_json);
    expect_example(&ear);
    assert_span_text(ear.raw_evidence, "lifeboatman");
    assert_span(ear.encoded, claims);
    appraisal = only_appraisal(&ear);
    expect_contraindicated(&appraisal, "PSA");
    assert_int_equal(appraisal.unknown_count, 0);
    free(text.data);
}

static void the_example_in_json_is_read(void **state)
{
    tps_buf text;
    tps_ear ear;
    tps_ear_appraisal appraisal;

    (void)state;
    vectors_require();
    text = vector_read("ear/ear-json-1.diag");
    ear = decode(span_of(text));
    assert_true(ear.is_json);
    expect_example(&ear);
    assert_span_text(ear.raw_evidence, "74726973656374\n");
    appraisal = only_appraisal(&ear);
    expect_contraindicated(&appraisal, "PSA");
    assert_int_equal(appraisal.unknown_count, 0);
    free(text.data);
}

static void the_example_with_extensions_is_read(void **state)
{
    tps_buf text;
    tps_ear ear;
    tps_ear_appraisal appraisal;
    tps_ear_walk walk;
    tps_ear_extra extra;

    (void)state;
    vectors_require();
    text = vector_read("ear/ext-veraison-json-1.diag");
    ear = decode(span_of(text));
    expect_example(&ear);
    appraisal = only_appraisal(&ear);
    expect_contraindicated(&appraisal, "PSA_IOT");
    assert_int_equal(appraisal.unknown_count, 2);
    walk = tps_ear_appraisal_extras(&appraisal);
    assert_true(tps_ear_next_extra(&walk, &room, &extra));
    assert_span_text(extra.name, "ear_veraison_annotated_evidence");
    assert_int_equal(extra.value.data[0], '{');
    assert_int_equal(extra.value.data[extra.value.size - 1], '}');
    assert_true(tps_ear_next_extra(&walk, &room, &extra));
    assert_span_text(extra.name, "ear_veraison_policy_claims");
    assert_false(tps_ear_next_extra(&walk, &room, &extra));
    walk = tps_ear_extras(&ear);
    assert_false(tps_ear_next_extra(&walk, &room, &extra));
    free(text.data);
}

/* Signed, of the first generation, its times written as floating-point numbers, without expiry. */
static void the_signed_result_verifies_and_is_read(void **state)
{
    static const int8_t vector[TPS_EAR_CLAIMS] = {2, 0, 2, 0, 2};
    tps_ear_terms terms = {.now = 1700000000, .permit_no_expiry = true};
    tps_crypto_key *key = NULL;
    tps_buf text;
    tps_buf pem;
    tps_ear ear;
    tps_ear_appraisal appraisal;
    tps_ear_walk walk;
    tps_ear_extra extra;
    tps_error why;

    (void)state;
    vectors_require();
    text = vector_read("ear/ear.jwt");
    pem = vector_read("ear/ear-verifier-pub.pem");
    assert_status(tps_crypto_key_from_pem(span_of(pem), &key), TPS_OK);
    room = TPS_BUF_OF(room_bytes);
    assert_status(tps_ear_verify_jwt(span_of(text), key, &terms, &room, &ear, &why), TPS_OK);
    assert_int_equal(ear.generation, TPS_EAR_2023);
    assert_span_text(ear.profile, "tag:github.com,2023:veraison/ear");
    assert_int_equal(ear.iat, 1666529184);
    assert_int_equal(ear.present, TPS_EAR_HAS_NBF);
    assert_int_equal(ear.nbf, 1677247879);
    assert_span_text(ear.developer, "https://veraison-project.org");
    assert_span_text(ear.build, "vts 0.0.1");
    assert_span_text(ear.raw_evidence, "74726973656374\n");
    assert_int_equal(ear.unknown_count, 1); /* jti */
    walk = tps_ear_extras(&ear);
    assert_true(tps_ear_next_extra(&walk, &room, &extra));
    assert_span_text(extra.name, "jti");
    assert_span_text(extra.value, "\"55b8b3fad8dd1d8eac4e48f117fe508b11f844d9f0189bfed9b87515a6754264\"");
    appraisal = only_appraisal(&ear);
    assert_span_text(appraisal.name, "PARSEC_TPM");
    assert_int_equal(appraisal.status, TPS_EAR_TIER_AFFIRMING);
    expect_vector(&appraisal, 1 | 4 | 16, vector);
    expect_policy(&appraisal, PSA_POLICY);
    assert_int_equal(appraisal.unknown_count, 1); /* the attested key */

    /* by default a result must end; and it is of the future before nbf */
    terms.permit_no_expiry = false;
    room = TPS_BUF_OF(room_bytes);
    assert_status(tps_ear_verify_jwt(span_of(text), key, &terms, &room, &ear, &why), TPS_EAR_CLAIM_MISSING);
    assert_string_equal(why.detail, "exp");
    terms = (tps_ear_terms){.now = 1677247878, .permit_no_expiry = true};
    room = TPS_BUF_OF(room_bytes);
    assert_status(tps_ear_verify_jwt(span_of(text), key, &terms, &room, &ear, &why), TPS_EAR_NOT_YET_VALID);
    tps_crypto_key_free(key);
    free(pem.data);
    free(text.data);
}

/* The verifier's published results are submodules by themselves: a result is put around them. */
static void expect_psa_iot(const char *file, uint8_t status, int8_t executables)
{
    const int8_t vector[TPS_EAR_CLAIMS] = {2, 0, executables, 0, 2, 2, 2, 0};
    static char text[8192];
    tps_buf submods = vector_read(file);
    tps_ear ear;
    tps_ear_appraisal appraisal;

    snprintf(text, sizeof text,
             "{\"eat_profile\":\"tag:github.com,2023:veraison/ear\",\"iat\":1,\"ear.verifier-id\":"
             "{\"developer\":\"d\",\"build\":\"b\"},\"submods\":%.*s}",
             (int)submods.size, (const char *)submods.data);
    ear = decode(tps_span_of_text(text));
    appraisal = only_appraisal(&ear);
    assert_span_text(appraisal.name, "PSA_IOT");
    assert_int_equal(appraisal.status, status);
    expect_vector(&appraisal, 255, vector);
    expect_policy(&appraisal, "policy:PSA_IOT");
    assert_int_equal(appraisal.unknown_count, 1);
    free(submods.data);
}

static void the_verifiers_published_results_are_read(void **state)
{
    (void)state;
    vectors_require();
    expect_psa_iot("veraison/expected-ear-psa.good.json", TPS_EAR_TIER_AFFIRMING, 2);
    expect_psa_iot("veraison/expected-ear-psa.badswcomp.json", TPS_EAR_TIER_WARNING, 33);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_in_cbor_is_read),
        cmocka_unit_test(the_example_in_json_is_read),
        cmocka_unit_test(the_example_with_extensions_is_read),
        cmocka_unit_test(the_signed_result_verifies_and_is_read),
        cmocka_unit_test(the_verifiers_published_results_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
