/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: what they see, what they can do to a result, and which one judges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/keys.h"
#include "tps/policy.h"
#include "verifier_support.h"

#define HEAD "policy { name = \"test\", version = \"1\" } "
#define FULL "policy { name = \"test\", version = \"1\", full = true } "

/* Fails with what the checker says, unless it takes the text. */
static void add(tps_verifier *v, const char *text)
{
    tps_policy_problem problem;
    tps_status status = tps_verifier_add_policy(v, tps_span_of_text(text), NULL, &problem);

    if (status != TPS_OK) {
        fail_msg("%s: line %u: %s", tps_status_name(status), (unsigned)problem.line, problem.text);
    }
}

static tps_appraisal appraisal;

static const tps_appraisal *judge(const char *text, tps_span evidence, const tps_appraisal_request *request)
{
    tps_verifier *v = maker_verifier();

    add(v, text);
    tps_verifier_appraise(v, evidence, request, &appraisal);
    tps_verifier_free(v);
    return &appraisal;
}

static tps_span good_eat(void)
{
    tps_device_claims claims = lamp_eat();

    return sign_eat(&claims, device_key(1), NULL, 0);
}

static tps_span good_psa(void)
{
    tps_psa_claims claims = lamp_psa();

    return sign_psa(&claims, device_key(1), TPS_ALG_ES256);
}

static const tps_appraisal *judge_eat(const char *text)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    return judge(text, good_eat(), &request);
}

/* The policy, over a good PSA token, must find `expression` true. */
static void expect_over(tps_span evidence, const tps_appraisal_request *request, const char *expression)
{
    char text[1024];
    const tps_appraisal *a;

    snprintf(text, sizeof text,
             HEAD "if request.now ~= %lld or (%s) then return end "
                  "refuse { claim = \"configuration\", cause = [[not so: %s]], next_step = \"-\" }",
             (long long)NOW, expression, expression);
    a = judge(text, evidence, request);
    if (a->finding_count != 0) {
        fail_msg("%s: %s", a->findings[0].cause, a->findings[0].evidence);
    }
    assert_string_equal(a->policy_id, "test@1");
}

static void expect_psa(const char *expression)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    expect_over(good_psa(), &request, expression);
}

static void expect_eat(const char *expression)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    expect_over(good_eat(), &request, expression);
}

/* ---- the default ---- */

static void without_a_policy_the_default_one_judges_and_is_named(void **state)
{
    tps_verifier *v = maker_verifier();
    const tps_appraisal *a = appraise(v, good_psa());
    tps_digest digest;

    (void)state;
    assert_string_equal(a->policy_id, "policy:PSA_IOT");
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_policy_default(), &digest), TPS_OK);
    assert_memory_equal(a->policy_sha256, digest.bytes, 32);
    expect_affirming(a);
    tps_verifier_free(v);
}

static void evidence_that_no_policy_was_asked_about_names_none(void **state)
{
    tps_verifier *v = maker_verifier();
    const tps_appraisal *a;

    (void)state;
    add(v, HEAD);
    a = appraise(v, TPS_SPAN_LITERAL("no evidence"));
    assert_string_equal(a->policy_id, "");
    tps_verifier_free(v);
}

static void an_empty_policy_judges_as_the_default_one(void **state)
{
    const tps_appraisal *a = judge_eat(HEAD);

    (void)state;
    expect_affirming(a);
    assert_string_equal(a->policy_id, "test@1");
    assert_int_equal(a->vector[TPS_EAR_CONFIGURATION], TPS_EAR_CONFIG_APPROVED);
}

static void an_ordinary_policy_only_adds_to_the_default_one(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    const tps_appraisal *a;

    (void)state;
    claims.dbgstat = TPS_EAT_DEBUG_ENABLED;
    a = judge(HEAD "set('configuration', 2) set('runtime-opaque', 2) set('file-system', 2)",
              sign_eat(&claims, device_key(1), NULL, 0), &request);
    expect_finding(a, "configuration.debug", TPS_OK);
    assert_int_equal(a->vector[TPS_EAR_CONFIGURATION], TPS_EAR_CONFIG_UNSUPPORTABLE);
    assert_int_equal(a->vector[TPS_EAR_RUNTIME_OPAQUE], TPS_EAR_CONFIG_UNSUPPORTABLE);
    assert_int_equal(a->vector[TPS_EAR_FILE_SYSTEM], 2); /* nobody had set it */
}

static void a_full_policy_stands_in_the_place_of_the_default_one(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_span evidence;

    (void)state;
    claims.dbgstat = TPS_EAT_DEBUG_ENABLED;
    evidence = sign_eat(&claims, device_key(1), NULL, 0);
    expect_affirming(judge(FULL "set('configuration', 3)", evidence, &request));
    assert_int_equal(appraisal.vector[TPS_EAR_CONFIGURATION], 3);
    expect_finding(judge(FULL "default()", evidence, &request), "configuration.debug", TPS_OK);
    expect_affirming(judge(FULL
                           "default() if withdraw('configuration.debug') > 0 then set('configuration', 2) "
                           "set('runtime-opaque', 2) set('storage-opaque', 2) end",
                           evidence, &request));
}

static void withdraw_takes_the_findings_of_one_name_alone(void **state)
{
    const tps_appraisal *a = judge_eat(
        FULL
        "for i, n in ipairs({ 'a', 'b', 'a', 'c' }) do "
        "warn { claim = 'hardware', name = n, cause = n, next_step = '-' } end "
        "if withdraw('a') ~= 2 or withdraw('z') ~= 0 or #result.findings ~= 2 or not found('b') or found('a')"
        " then set('hardware', 96) end");

    (void)state;
    assert_int_equal(a->finding_count, 2);
    assert_string_equal(a->findings[0].name, "b");
    assert_string_equal(a->findings[1].name, "c");
    assert_int_equal(a->vector[TPS_EAR_HARDWARE], 32);
}

static void refuse_and_warn_write_a_finding_as_they_are_told(void **state)
{
    const tps_appraisal *a =
        judge_eat(HEAD "warn { claim = 'sourced-data', cause = 'old', evidence = 3, known = 'new', "
                       "next_step = 'renew', name = 'data.old', value = -40 } "
                       "refuse { claim = 'file_system', cause = 'a\\27[2Jb', next_step = 'n' }");

    (void)state;
    assert_int_equal(a->finding_count, 2);
    assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
    assert_int_equal(a->findings[0].claim, TPS_EAR_SOURCED_DATA);
    assert_int_equal(a->findings[0].value, -40);
    assert_int_equal(a->vector[TPS_EAR_SOURCED_DATA], -40);
    assert_string_equal(a->findings[0].name, "data.old");
    assert_string_equal(a->findings[0].cause, "old");
    assert_string_equal(a->findings[0].evidence, "3");
    assert_string_equal(a->findings[0].known, "new");
    assert_string_equal(a->findings[0].next_step, "renew");
    assert_string_equal(a->findings[1].name, "file-system.policy");
    assert_string_equal(a->findings[1].cause, "a?[2Jb"); /* nothing reaches a terminal */
    assert_int_equal(a->vector[TPS_EAR_FILE_SYSTEM], 96);
}

static void more_findings_than_there_is_room_for_keep_the_first_ones(void **state)
{
    const tps_appraisal *a = judge_eat(HEAD "for i = 1, 100 do refuse { claim = 'hardware', name = 'n' .. i, "
                                            "cause = 'c', next_step = 's' } end");

    (void)state;
    assert_int_equal(a->finding_count, TPS_FINDINGS_MAX);
    assert_string_equal(a->findings[0].name, "n1");
    assert_string_equal(a->findings[15].name, "n100");
}

/* ---- what is seen ---- */

static void a_policy_sees_the_claims_of_a_psa_token(void **state)
{
    (void)state;
    expect_psa("evidence.scheme == 'PSA_IOT' and evidence.lifecycle == 'secured'");
    expect_psa("evidence.lifecycle_code == 0x3000 and evidence.lifecycle_state == 0x30");
    expect_psa("evidence.nonce == '0101010101010101010101010101010101010101010101010101010101010101'");
    expect_psa("#evidence.instance == 66 and evidence.instance:starts('01')");
    expect_psa("evidence.class == evidence.implementation_id");
    expect_psa("evidence.dbgstat == nil and evidence.debug == nil and evidence.oemboot == nil");
    expect_psa("evidence.bootcount == nil and evidence.security_counter == nil and evidence.ueid == nil");
    expect_psa("evidence.binder_origin == nil and evidence.registers == nil and evidence.cnf == nil");
    expect_psa("#evidence.components == 3 and evidence.components[1].name == 'boot'");
    expect_psa("evidence.components['rot'].version == '1.0' and evidence.components['none'] == nil");
    expect_psa("evidence.components[0] == nil and evidence.components[4] == nil");
    expect_psa("#evidence.components[3].digest == 64 and #evidence.components[3].signer == 64");
    expect_psa("claim(2395) == 0x3000 and claim('eat_nonce') == evidence.nonce and claim(-1) == nil");
    expect_psa("claim(2399)[1][1] == 'boot' and #claim(2399) == 3");
    expect_psa(
        "evidence.exp == nil and evidence.iat == nil and evidence.nbf == nil and not evidence.has_submods");
    expect_psa("#evidence.measurements >= 0 and evidence.measurements['x'] == nil");
}

static void a_policy_sees_the_claims_of_the_opentps_profile(void **state)
{
    (void)state;
    expect_eat(
        "evidence.scheme == 'OPENTPS' and evidence.dbgstat >= 2 and evidence.debug:starts('disabled')");
    expect_eat("evidence.ueid == evidence.instance and evidence.hwmodel == evidence.class");
    expect_eat("evidence.client_id == nil and evidence.lifecycle_code == nil");
    expect_eat("evidence.implementation_id == nil and evidence.verification_service == nil");
    expect_eat("type(claim(265)) == 'string' and claim('dbgstat') == evidence.dbgstat");
    expect_eat("type(claim(273)) == 'table' and claim(273)[1][1] == 60");
}

static void a_policy_sees_who_signed_and_what_is_endorsed(void **state)
{
    (void)state;
    expect_psa("signer.kind == 'endorsed key' and #signer.key == 64 and not signer.demonstration");
    expect_psa("endorsed.known and endorsed.device and endorsed.vendor ~= nil and endorsed.model ~= nil");
    expect_psa("endorsed.purpose == nil and endorsed.certification == nil and #endorsed.values == 0");
}

static void a_policy_sees_the_result_so_far(void **state)
{
    (void)state;
    expect_psa("result.status == 'affirming' and result.executables == 2 and result.hardware == 2");
    expect_psa("result.instance_identity == 2 and result.runtime_opaque == 2 and result.storage_opaque == 2");
    expect_psa("result.file_system == 0 and result.sourced_data == 0 and result.configuration == 0");
    expect_psa("#result.findings == 0 and result.findings[1] == nil and not found('x')");
}

static void a_policy_sees_the_request_and_what_is_remembered(void **state)
{
    tps_device_history history = {.is_known = true,
                                  .count = 7,
                                  .first_seen = 5,
                                  .last_seen = NOW - 10,
                                  .last_tier = TPS_EAR_TIER_WARNING,
                                  .has_bootcount = true,
                                  .bootcount = UINT64_MAX,
                                  .has_security_counter = true,
                                  .security_counter = 1};
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce),
                                     .now = NOW,
                                     .service = TPS_SPAN_LITERAL("heating"),
                                     .history = &history};

    (void)state;
    expect_over(good_psa(), &request,
                "request.service == 'heating' and request.aud == nil and request.fresh");
    expect_over(good_psa(), &request, "request.freshness == 'nonce' and request.bound == 'none'");
    expect_over(good_psa(), &request, "not request.nonce_of_relying_party");
    expect_over(good_psa(), &request, "history.known and history.count == 7 and history.first_seen == 5");
    expect_over(good_psa(), &request, "request.now - history.last_seen == 10");
    expect_over(good_psa(), &request, "history.last_status == 'warning' and history.bootcount > 2 ^ 63");
    expect_over(good_psa(), &request, "history.security_counter == 1");
    history.has_bootcount = false;
    history.has_security_counter = false;
    expect_over(good_psa(), &request, "history.bootcount == nil and history.security_counter == nil");
    history.is_known = false;
    expect_over(good_psa(), &request,
                "not history.known and history.count == nil and history.last_seen == nil");
    request.history = NULL;
    expect_over(good_psa(), &request, "not history.known and history.last_status == nil");
}

/* ---- helpers ---- */

static void versions_are_compared_number_by_number(void **state)
{
    (void)state;
    expect_psa("at_least('1.10', '1.9') and not at_least('1.9', '1.10') and at_least('1.0', '1')");
    expect_psa("at_least('1', '1.0.0') and not at_least('1', '1.0.1') and at_least('v2', '1.9')");
    expect_psa(
        "at_least('1.2', '1.2-rc1') and not at_least('1.2-rc1', '1.2') and at_least('1.2-b', '1.2-a')");
    expect_psa("not at_least('1.2-a', '1.2-b') and at_least('1.2+x', '1.2') and at_least('1.2', '1.2+x')");
    expect_psa("at_least('007', '7') and at_least('99999999999999999999999', '99999999999999999999998')");
    expect_psa("not at_least('99999999999999999999998', '99999999999999999999999')");
    expect_psa("not at_least(nil, '1') and not at_least('1', nil) and not at_least('', '1')");
    expect_psa("not at_least('beta', '1') and not at_least('1', 'beta') and not at_least('1.', '1')");
    expect_psa("not at_least('1.x', '1') and at_least('2.1', '2') and not at_least('2-a+b', '2-b')");
}

static void texts_have_few_methods_that_read_them_once(void **state)
{
    (void)state;
    expect_psa("('abc'):starts('ab') and not ('abc'):starts('b') and not ('a'):starts('ab')");
    expect_psa("('abc'):ends('bc') and not ('abc'):ends('ab') and not ('c'):ends('bc') and ('x'):ends('')");
    expect_psa("('abc'):contains('b') and not ('abc'):contains('.') and ('abc'):contains('')");
    expect_psa("('aBz{@'):upper() == 'ABZ{@' and ('AbZ[`'):lower() == 'abz[`'");
    expect_psa("('abcd'):sub(2, 3) == 'bc' and ('abcd'):sub(-2) == 'cd' and ('abcd'):sub(0) == 'abcd'");
    expect_psa("('abcd'):sub(3, 2) == '' and ('abcd'):sub(-9, -3) == 'ab' and ('abcd'):sub(2, 99) == 'bcd'");
    expect_psa("('abcd'):sub(1, -9) == '' and ('abcd'):sub(5) == '' and ('a'):sub(1, 0) == ''");
}

static void values_turn_into_each_other(void **state)
{
    (void)state;
    expect_psa("tostring(nil) == 'nil' and tostring(true) == 'true' and tostring(false) == 'false'");
    expect_psa("tostring(12) == '12' and tostring('a') == 'a' and tonumber('0x10') == 16");
    expect_psa("tonumber('x') == nil and tonumber(3) == 3 and tonumber(('1'):sub(2)) == nil");
    expect_psa("type(nil) == 'nil' and type(evidence) == 'table' and type(set) == 'function'");
    expect_psa("min(3, 1, 2) == 1 and max(1, 3, 2) == 3 and min(4) == 4");
    expect_psa("hex(12288) == '0x3000' and hex(0) == '0x0000' and hex(0x12345) == '0x12345'");
}

static void tables_are_walked_in_one_order(void **state)
{
    (void)state;
    expect_psa("(function() local t = '' for k, v in pairs({ b = 1, [2] = 2, a = 3, [1.5] = 4, c = 5 }) do "
               "t = t .. k .. v .. ' ' end return t end)() == '1.54 22 a3 b1 c5 '");
    expect_psa(
        "(function() local t = '' for i, v in ipairs({ 'x', 'y' }) do t = t .. i .. v end return t end)() "
        "== '1x2y'");
    expect_psa(
        "(function() local n = 0 for i, c in ipairs(evidence.components) do n = n + i end return n end)() "
        "== 6");
}

/* ---- which one judges ---- */

static void judged_by(tps_verifier *v, const char *service, tps_span evidence, const char *policy)
{
    tps_appraisal_request request = {
        .nonce = TPS_SPAN_OF(the_nonce), .now = NOW, .service = tps_span_of_text(service)};

    tps_verifier_appraise(v, evidence, &request, &appraisal);
    assert_string_equal(appraisal.policy_id, policy);
}

static void add_for(tps_verifier *v, const char *name, const tps_policy_selector *selector)
{
    char text[128];

    snprintf(text, sizeof text, "policy { name = \"%s\", version = \"1\" }", name);
    assert_int_equal(tps_verifier_add_policy(v, tps_span_of_text(text), selector, NULL), TPS_OK);
}

static void the_most_specific_policy_judges(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_corim_manifest lamp = lamp_manifest();
    tps_policy_selector s = {.vendor = lamp.vendor};

    (void)state;
    assert_true(lamp.vendor.size > 0);
    add_for(v, "of-psa", &(tps_policy_selector){.scheme = TPS_SCHEME_PSA});
    judged_by(v, "", good_psa(), "of-psa@1");
    judged_by(v, "", good_eat(), "policy:OPENTPS");
    add_for(v, "of-heating", &(tps_policy_selector){.service = TPS_SPAN_LITERAL("heating")});
    judged_by(v, "heating", good_psa(), "of-heating@1");
    judged_by(v, "light", good_psa(), "of-psa@1");
    add_for(v, "of-vendor", &s);
    judged_by(v, "heating", good_psa(), "of-vendor@1");
    add_for(v, "of-another", &(tps_policy_selector){.vendor = TPS_SPAN_LITERAL("another")});
    s.model = lamp.model;
    add_for(v, "of-model", &s);
    judged_by(v, "heating", good_psa(), "of-model@1");
    s = (tps_policy_selector){.class_id = TPS_SPAN_OF(lamp_class)};
    add_for(v, "of-class", &s);
    judged_by(v, "heating", good_psa(), "of-class@1");
    s.service = TPS_SPAN_LITERAL("heating");
    add_for(v, "of-class-heating", &s);
    judged_by(v, "heating", good_psa(), "of-class-heating@1");
    judged_by(v, "", good_psa(), "of-class@1");
    tps_verifier_free(v);
}

static void the_order_in_which_policies_come_is_of_no_meaning(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_policy_selector s = {.class_id = TPS_SPAN_OF(lamp_class)};

    (void)state;
    add_for(v, "of-class", &s);
    add_for(v, "of-heating", &(tps_policy_selector){.service = TPS_SPAN_LITERAL("heating")});
    s.scheme = TPS_SCHEME_OPENTPS;
    add_for(v, "of-class-opentps", &s);
    judged_by(v, "heating", good_psa(), "of-class@1");
    judged_by(v, "heating", good_eat(), "of-class-opentps@1");
    tps_verifier_free(v);
}

static void a_device_of_an_unknown_class_is_of_no_vendor(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = true});
    tps_corim_manifest lamp = lamp_manifest();
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(1), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    add_for(v, "of-vendor", &(tps_policy_selector){.vendor = lamp.vendor});
    add_for(v, "of-model", &(tps_policy_selector){.vendor = lamp.vendor, .model = lamp.model});
    judged_by(v, "", good_psa(), "policy:PSA_IOT");
    add_for(v, "of-all", NULL);
    judged_by(v, "", good_psa(), "of-all@1");
    tps_verifier_free(v);
}

static void a_policy_says_for_what_it_is(void **state)
{
    tps_verifier *v = maker_verifier();

    (void)state;
    add(v, "policy { name = 'a', version = '1', scheme = 'PSA_IOT', service = 'x' }");
    add(v, "policy { name = 'b', version = '1', class = "
           "'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff' }");
    add(v, "policy { name = 'c', version = '1', vendor = 'V', model = 'M' }");
    judged_by(v, "x", good_psa(), "a@1");
    judged_by(v, "x", good_eat(), "policy:OPENTPS");
    judged_by(v, "", good_psa(), "policy:PSA_IOT");
    tps_verifier_free(v);
}

static void two_policies_for_the_same_devices_are_a_conflict(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_policy_problem problem;

    (void)state;
    add(v, HEAD);
    assert_int_equal(tps_verifier_add_policy(v, TPS_SPAN_LITERAL(HEAD), NULL, &problem),
                     TPS_VERIFIER_CONFLICT);
    assert_true(problem.text[0] != '\0');
    add_for(v, "other", &(tps_policy_selector){.service = TPS_SPAN_LITERAL("s")});
    tps_verifier_free(v);
}

static void selectors_that_make_no_sense_are_refused(void **state)
{
    static const uint8_t long_text[129] = {'a'};
    tps_verifier *v = maker_verifier();
    tps_policy_selector wrong[] = {{.model = TPS_SPAN_LITERAL("m")},
                                   {.scheme = 9},
                                   {.service = TPS_SPAN_OF(long_text)},
                                   {.class_id = TPS_SPAN_OF(long_text)},
                                   {.vendor = TPS_SPAN_LITERAL("v"), .model = TPS_SPAN_OF(long_text)},
                                   {.vendor = TPS_SPAN_OF(long_text)}};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(tps_verifier_add_policy(v, TPS_SPAN_LITERAL(HEAD), &wrong[i], NULL),
                         TPS_BAD_ARGUMENT);
    }
    tps_verifier_free(v);
}

static void there_is_an_end_to_the_policies_of_one_verifier(void **state)
{
    tps_verifier *v = maker_verifier();
    char service[16];

    (void)state;
    for (unsigned i = 0; i <= TPS_POLICIES_MAX; i++) {
        tps_policy_selector s = {.service = TPS_SPAN_LITERAL("")};
        snprintf(service, sizeof service, "s%u", i);
        s.service = tps_span_of_text(service);
        assert_int_equal(tps_verifier_add_policy(v, TPS_SPAN_LITERAL(HEAD), &s, NULL),
                         i == TPS_POLICIES_MAX ? TPS_TOO_LARGE : TPS_OK);
    }
    tps_verifier_free(v);
}

/* ---- failing ---- */

static void a_policy_that_fails_refuses_and_says_where(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    const tps_appraisal *a;

    (void)state;
    claims.component_count = 1;
    a = judge("policy { name = \"test\", version = \"2\" }\n"
              "warn { claim = 'file-system', cause = 'c', next_step = 'n' }\n"
              "if request.now == 1790000000 then\n"
              "    local x = evidence.bootseed < 5\n"
              "end\n",
              sign_eat(&claims, device_key(1), NULL, 0), &request);
    expect_finding(a, "policy.failed", TPS_VERIFIER_POLICY_FAILED);
    assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
    assert_int_equal(a->vector[TPS_EAR_CONFIGURATION], 96);
    assert_int_equal(a->vector[TPS_EAR_RUNTIME_OPAQUE], 96);
    assert_int_equal(a->vector[TPS_EAR_STORAGE_OPAQUE], 96);
    assert_int_equal(a->vector[TPS_EAR_FILE_SYSTEM], 0); /* what it did before is taken back */
    assert_string_equal(a->policy_id, "test@2");
    assert_non_null(
        strstr(a->findings[a->finding_count - 1].cause, "test@2 failed while it judged: line 4: "));
    for (size_t i = 0; i < a->finding_count; i++) {
        assert_string_not_equal(a->findings[i].name, "file-system.policy");
    }
}

static void findings_that_a_failing_policy_withdrew_are_there_again(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    const tps_appraisal *a;

    (void)state;
    claims.component_count = 1;
    a = judge(FULL "if request.now == 1790000000 then withdraw('executables.missing-component') "
                   "local x = nil + 1 end",
              sign_eat(&claims, device_key(1), NULL, 0), &request);
    expect_finding(a, "policy.failed", TPS_VERIFIER_POLICY_FAILED);
    assert_true(a->finding_count >= 2);
    assert_true(a->vector[TPS_EAR_EXECUTABLES] >= 32);
}

static void nothing_is_kept_from_one_device_to_the_next(void **state)
{
    static const char text[] =
        HEAD "local t = { n = 0 } "
             "t.n = t.n + 1 "
             "if t.n ~= 1 then refuse { claim = 'hardware', cause = 'kept', next_step = '-' } end "
             "local s = 'x' for i = 1, 10 do s = s .. s end";
    tps_verifier *v = maker_verifier();
    tps_span evidence = good_eat();

    (void)state;
    add(v, text);
    for (int i = 0; i < 2000;
         i++) { /* each run makes 2 KiB of garbage: without an end it would be too much */
        expect_affirming(appraise(v, evidence));
    }
    tps_verifier_free(v);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_policy_the_default_one_judges_and_is_named),
        TEST(evidence_that_no_policy_was_asked_about_names_none),
        TEST(an_empty_policy_judges_as_the_default_one),
        TEST(an_ordinary_policy_only_adds_to_the_default_one),
        TEST(a_full_policy_stands_in_the_place_of_the_default_one),
        TEST(withdraw_takes_the_findings_of_one_name_alone),
        TEST(refuse_and_warn_write_a_finding_as_they_are_told),
        TEST(more_findings_than_there_is_room_for_keep_the_first_ones),
        TEST(a_policy_sees_the_claims_of_a_psa_token),
        TEST(a_policy_sees_the_claims_of_the_opentps_profile),
        TEST(a_policy_sees_who_signed_and_what_is_endorsed),
        TEST(a_policy_sees_the_result_so_far),
        TEST(a_policy_sees_the_request_and_what_is_remembered),
        TEST(versions_are_compared_number_by_number),
        TEST(texts_have_few_methods_that_read_them_once),
        TEST(values_turn_into_each_other),
        TEST(tables_are_walked_in_one_order),
        TEST(the_most_specific_policy_judges),
        TEST(the_order_in_which_policies_come_is_of_no_meaning),
        TEST(a_device_of_an_unknown_class_is_of_no_vendor),
        TEST(a_policy_says_for_what_it_is),
        TEST(two_policies_for_the_same_devices_are_a_conflict),
        TEST(selectors_that_make_no_sense_are_refused),
        TEST(there_is_an_end_to_the_policies_of_one_verifier),
        TEST(a_policy_that_fails_refuses_and_says_where),
        TEST(findings_that_a_failing_policy_withdrew_are_there_again),
        TEST(nothing_is_kept_from_one_device_to_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
