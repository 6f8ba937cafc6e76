/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of software, classes and states at the edges: long names, no names, many of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "verifier_support.h"

static const uint8_t other[32] = {0x66};

/* 100 letters. */
#define LONG                                             \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static tps_verifier *verifier_with(const tps_corim_component *components, size_t count)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();

    manifest.profile_kind = TPS_CORIM_PROFILE_OPENTPS;
    manifest.components = components;
    manifest.component_count = count;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    return v;
}

static const tps_appraisal *appraise_eat(tps_verifier *v, const tps_device_claims *claims)
{
    return appraise(v, sign_eat(claims, device_key(1), NULL, 0));
}

static void a_version_that_two_endorsements_name_is_told_once(void **state)
{
    tps_corim_component components[3];
    tps_device_claims claims = lamp_eat();
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        components[i] = lamp_software()[0];
    }
    components[1].signer_id = TPS_SPAN_OF(other); /* the same version, by two who sign */
    components[2].digest = lamp_software()[2].digest;
    components[2].version = TPS_SPAN_LITERAL("0.9");
    v = verifier_with(components, 3);
    claims.components[0].digest = lamp_software()[1].digest;
    claims.component_count = 1;

    a = appraise_eat(v, &claims);

    expect_finding(a, "executables.unknown-measurement", TPS_OK);
    assert_string_equal(a->findings[0].known, "0.9, 1.0");
    tps_verifier_free(v);
}

static void a_missing_component_of_several_versions_is_told_once(void **state)
{
    tps_corim_component components[3];
    tps_device_claims claims = lamp_eat();
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    components[0] = lamp_software()[0];
    components[1] = components[2] = lamp_software()[1];
    components[2].digest = TPS_SPAN_OF(other);
    components[2].version = TPS_SPAN_LITERAL("1.1");
    v = verifier_with(components, 3);
    claims.component_count = 1;

    a = appraise_eat(v, &claims);

    expect_finding(a, "executables.missing-component", TPS_OK);
    assert_int_equal(a->finding_count, 1);
    assert_string_equal(a->findings[0].known, "1.1, 1.0");
    tps_verifier_free(v);
}

static void names_and_versions_without_end_are_cut(void **state)
{
    tps_corim_component components[2] = {lamp_software()[0], lamp_software()[1]};
    tps_device_claims claims = lamp_eat();
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    components[0].name = TPS_SPAN_LITERAL(LONG);
    components[0].version = TPS_SPAN_LITERAL(LONG);
    v = verifier_with(components, 2);
    claims.components[0].name = TPS_SPAN_LITERAL(LONG);
    claims.components[0].version = TPS_SPAN_LITERAL(LONG);
    claims.component_count = 2;
    expect_affirming(appraise_eat(v, &claims));

    claims.components[0].digest = TPS_SPAN_OF(other);
    a = appraise_eat(v, &claims);
    expect_finding(a, "executables.unknown-measurement", TPS_OK);
    assert_int_equal(strlen(a->findings[0].known), 32);
    assert_null(
        strstr(a->findings[0].cause, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"));

    claims.components[0] = claims.components[1];
    claims.component_count = 1;
    expect_finding(appraise_eat(v, &claims), "executables.missing-component", TPS_OK);

    claims = lamp_eat();
    claims.components[0].name = claims.components[2].name = TPS_SPAN_LITERAL(LONG);
    claims.components[0].version = claims.components[2].version = TPS_SPAN_LITERAL(LONG);
    claims.components[2].digest = claims.components[0].digest;
    expect_finding(appraise_eat(v, &claims), "executables.repeated-component", TPS_OK);
    tps_verifier_free(v);
}

static void reference_values_count_while_they_are_valid(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest old = lamp_manifest();
    tps_corim_manifest new = lamp_manifest();
    tps_appraisal_request request = {.nonce = tps_span_make(the_nonce, 32)};
    static tps_appraisal a;
    tps_device_claims claims = lamp_eat();
    tps_span evidence;

    (void)state;
    old.profile_kind = new.profile_kind = TPS_CORIM_PROFILE_OPENTPS;
    old.validity = (tps_corim_validity){.is_present = true, .not_after = NOW + 10};
    old.device_count = 0;
    new.component_count = 0;
    assert_int_equal(tps_verifier_add_corim(v, encode(&old), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, encode(&new), NOW, NULL), TPS_OK);
    evidence = sign_eat(&claims, device_key(1), NULL, 0);
    request.now = NOW + 10;
    tps_verifier_appraise(v, evidence, &request, &a);
    expect_affirming(&a);

    request.now = NOW + 11;
    tps_verifier_appraise(v, evidence, &request, &a);
    expect_finding(&a, "executables.no-reference-values", TPS_OK);
    tps_verifier_free(v);
}

static void software_without_signer_or_version_is_told_as_such(void **state)
{
    tps_corim_component components[1] = {lamp_software()[0]};
    tps_device_claims claims = lamp_eat();
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    components[0].version = TPS_SPAN_EMPTY;
    v = verifier_with(components, 1);
    claims.component_count = 1;
    claims.components[0].digest = TPS_SPAN_OF(other);
    claims.components[0].version = TPS_SPAN_EMPTY;
    a = appraise_eat(v, &claims);
    expect_finding(a, "executables.unknown-measurement", TPS_OK);
    assert_string_equal(a->findings[0].cause, "component \"boot\" is not among the maker's reference values");
    assert_string_equal(a->findings[0].known, "");

    claims.components[0].signer_id = TPS_SPAN_EMPTY;
    a = appraise_eat(v, &claims);
    expect_finding(a, "executables.unknown-signer", TPS_OK);
    assert_string_equal(a->findings[0].cause,
                        "component \"boot\" is not among the maker's reference values, and is unsigned");
    assert_string_equal(a->findings[0].evidence, "sha-256 6600000000000000..., signer none");

    claims.components[0].signer_id = TPS_SPAN_OF(other);
    a = appraise_eat(v, &claims);
    assert_string_equal(
        a->findings[0].cause,
        "component \"boot\" is not among the maker's reference values, and its signer is unknown");
    tps_verifier_free(v);
}

static void more_missing_components_than_are_told_still_refuse(void **state)
{
    static char names[100][8];
    static tps_corim_component components[100];
    tps_device_claims claims = lamp_eat();
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        snprintf(names[i], sizeof names[i], "c%zu", i);
        components[i] = lamp_software()[0];
        components[i].name = i == 0 ? components[i].name : tps_span_of_text(names[i]);
    }
    v = verifier_with(components, 100);
    claims.component_count = 1;

    a = appraise_eat(v, &claims);

    expect_finding(a, "executables.missing-component", TPS_OK);
    assert_int_equal(a->finding_count, TPS_FINDINGS_MAX);
    assert_int_equal(a->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_UNRECOGNIZED);
    tps_verifier_free(v);
}

static void a_class_is_named_by_what_is_known_of_it(void **state)
{
    const struct {
        tps_span vendor;
        tps_span model;
        const char *name;
    } cases[] = {
        {TPS_SPAN_LITERAL("Lumen"), TPS_SPAN_LITERAL("Lamp"), "Lumen Lamp"},
        {TPS_SPAN_LITERAL("Lumen"), TPS_SPAN_EMPTY, "Lumen"},
        {TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, ""},
    };
    tps_psa_claims claims = lamp_psa();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
        tps_corim_manifest manifest = lamp_manifest();
        const tps_appraisal *a;

        manifest.vendor = cases[i].vendor;
        manifest.model = cases[i].model;
        assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
        a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
        expect_affirming(a);
        assert_string_equal(a->device_class, cases[i].name);
        tps_verifier_free(v);
    }
}

static void a_long_vendor_and_model_are_cut(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *a;

    (void)state;
    manifest.vendor = manifest.model = TPS_SPAN_LITERAL(LONG);
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
    expect_affirming(a);
    assert_true(strlen(a->device_class) <= 129);
    tps_verifier_free(v);
}

static void debugging_is_closed_since_boot_or_for_longer(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();

    (void)state;
    for (uint8_t debug = TPS_EAT_DEBUG_ENABLED; debug <= TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY;
         debug++) {
        claims.dbgstat = debug;
        if (debug >= TPS_EAT_DEBUG_DISABLED_SINCE_BOOT) {
            expect_affirming(appraise_eat(v, &claims));
        } else {
            expect_finding(appraise_eat(v, &claims), "configuration.debug", TPS_OK);
        }
    }
    tps_verifier_free(v);
}

static void a_long_audience_is_cut_in_what_is_told_not_in_what_is_compared(void **state)
{
    static const char longer[] = LONG "x";
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();
    tps_appraisal_request request = {
        .nonce = TPS_SPAN_OF(the_nonce), .now = NOW, .aud = tps_span_of_text(longer)};
    static tps_appraisal a;

    (void)state;
    claims.aud = TPS_SPAN_LITERAL(LONG);
    tps_verifier_appraise(v, sign_eat(&claims, device_key(1), NULL, 0), &request, &a);
    expect_finding(&a, "freshness.other-audience", TPS_VERIFIER_AUDIENCE);
    assert_int_equal(strlen(a.findings[0].known), 64 + 2);
    claims.aud = request.aud;
    tps_verifier_appraise(v, sign_eat(&claims, device_key(1), NULL, 0), &request, &a);
    expect_affirming(&a);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_that_two_endorsements_name_is_told_once),
        cmocka_unit_test(a_missing_component_of_several_versions_is_told_once),
        cmocka_unit_test(names_and_versions_without_end_are_cut),
        cmocka_unit_test(reference_values_count_while_they_are_valid),
        cmocka_unit_test(software_without_signer_or_version_is_told_as_such),
        cmocka_unit_test(more_missing_components_than_are_told_still_refuse),
        cmocka_unit_test(a_class_is_named_by_what_is_known_of_it),
        cmocka_unit_test(a_long_vendor_and_model_are_cut),
        cmocka_unit_test(debugging_is_closed_since_boot_or_for_longer),
        cmocka_unit_test(a_long_audience_is_cut_in_what_is_told_not_in_what_is_compared),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
