/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts see of devices that no signed evidence of these tests makes: every claim, value and state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tps/policy.h"
#include "verifier/policy/library.h"
#include "verifier/policy/names.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/script.h"
#include "verifier_support.h"

/* ---- a device made by hand ---- */

static tps_verifier verifier;
static knowledge_class class;
static trust signer;
static evidence_claims evidence;
static accepted_claims accepted;
static tps_device_history history;
static tps_appraisal_request request;
static tps_appraisal appraisal;
static judgement j;

static int begin(void **state)
{
    (void)state;
    memset(&evidence, 0, sizeof evidence);
    memset(&appraisal, 0, sizeof appraisal);
    memset(&accepted, 0, sizeof accepted);
    class = (knowledge_class){.vendor = TPS_SPAN_LITERAL("V")};
    verifier.knowledge.classes = &class;
    verifier.knowledge.class_count = 1;
    signer = (trust){.device = KNOWLEDGE_NONE};
    history = (tps_device_history){.is_known = true};
    request = (tps_appraisal_request){.now = NOW, .history = &history};
    j = (judgement){.verifier = &verifier,
                    .request = &request,
                    .evidence = &evidence,
                    .signer = &signer,
                    .class_index = KNOWLEDGE_NONE,
                    .accepted = &accepted,
                    .appraisal = &appraisal};
    return 0;
}

static tps_policy_problem problem;

/* Runs a policy; true when it does not fail. */
static bool runs(const char *body)
{
    char text[4096];
    script *s = NULL;
    bool is_good;

    snprintf(text, sizeof text, "policy { name = 'a', version = '1', full = true } %s", body);
    if (script_new(tps_span_of_text(text), &s, &problem) != TPS_OK) {
        fail_msg("line %u: %s", (unsigned)problem.line, problem.text);
    }
    is_good = script_run(s, &j);
    problem = s->problem;
    script_free(s);
    return is_good;
}

static void see(const char *expression)
{
    char body[2048];

    snprintf(body, sizeof body, "if not (%s) then set('not so', 0) end", expression);
    if (!runs(body)) {
        fail_msg("%s: line %u: %s", expression, (unsigned)problem.line, problem.text);
    }
}

static void fails(const char *body, const char *words)
{
    if (runs(body) || strstr(problem.text, words) == NULL) {
        fail_msg("%s: line %u: %s", body, (unsigned)problem.line, problem.text);
    }
}

/* ---- the evidence ---- */

static void claims_of_psa_tokens(void **state)
{
    (void)state;
    evidence.scheme = TPS_SCHEME_PSA;
    evidence.claims.psa = (tps_psa_claims){.client_id = -7, .lifecycle = 0x5001};
    see("evidence.client_id == -7 and evidence.lifecycle_state == 0x50 and evidence.lifecycle_code == 0x5001");
    see("evidence.bootseed == nil and evidence.implementation_id == nil and evidence.nonce == nil");
    evidence.claims.psa.boot_seed = TPS_SPAN_LITERAL("\x01\xff");
    evidence.claims.psa.certification_reference = TPS_SPAN_LITERAL("1");
    evidence.claims.psa.verification_service = TPS_SPAN_LITERAL("2");
    see("evidence.bootseed == '01ff' and evidence.certification_reference == '1'");
    see("evidence.verification_service == '2' and evidence.oemid == nil and evidence.swname == nil");
}

static void claims_of_the_opentps_profile(void **state)
{
    tps_device_claims *eat = &evidence.claims.eat;

    (void)state;
    evidence.scheme = TPS_SCHEME_OPENTPS;
    *eat = (tps_device_claims){.dbgstat = TPS_EAT_DEBUG_ABSENT, .binder_origin = TPS_DEVICE_BINDER_ABSENT};
    see("evidence.dbgstat == nil and evidence.oemboot == nil and evidence.lifecycle == nil");
    see("evidence.intuse == nil and evidence.bootcount == nil and evidence.security_counter == nil");
    see("evidence.registers == nil and evidence.applications == nil and evidence.staged == nil");
    see("evidence.cnf == nil and evidence.binder_origin == nil and evidence.bootseed == nil");
    *eat = (tps_device_claims){.present = 127,
                               .dbgstat = 1,
                               .lifecycle = 4,
                               .binder_origin = TPS_DEVICE_BINDER_CALLER,
                               .bootcount = UINT64_MAX,
                               .intuse = 2,
                               .bootseed = TPS_SPAN_LITERAL("\x05"),
                               .sueid = TPS_SPAN_LITERAL("\x06"),
                               .registers = TPS_SPAN_LITERAL("\x80"),
                               .applications = TPS_SPAN_LITERAL("\x41\x01"),
                               .staged = TPS_SPAN_LITERAL("\xf6")};
    see("evidence.dbgstat == 1 and evidence.oemboot == false and evidence.lifecycle == 'decommissioned'");
    see("evidence.binder_origin == 'caller' and evidence.bootcount == 2.0 ^ 64 and evidence.bootseed == '05'");
    see("#evidence.registers == 0 and evidence.applications == '01' and evidence.staged == nil");
    see("evidence.intuse ~= nil and evidence.sueid == '06' and evidence.security_counter == 0");
    eat->binder_origin = TPS_DEVICE_BINDER_APPLICATION;
    see("evidence.binder_origin == 'application'");
    eat->registers = TPS_SPAN_LITERAL("\x81");
    fails("local r = evidence.registers", "cannot be read");
}

static void claims_of_other_schemes_have_neither(void **state)
{
    (void)state;
    evidence.scheme = TPS_SCHEME_TPM;
    see("evidence.scheme == 'TPM2' and evidence.lifecycle == nil and evidence.bootseed == nil");
    see("evidence.binder_origin == nil and evidence.debug == nil and evidence.client_id == nil");
    see("#evidence.components == 0 and #evidence.measurements == 0 and not evidence.has_submods");
}

static void dates_are_whole_seconds(void **state)
{
    (void)state;
    see("evidence.exp == nil and evidence.nbf == nil and evidence.iat == nil");
    evidence.cwt = (tps_cwt_claims){.present = TPS_CWT_HAS_EXP | TPS_CWT_HAS_IAT,
                                    .exp = {.is_float = true, .value.real = 1.5},
                                    .iat = {.value.integer = -1}};
    see("evidence.exp == 2 and evidence.iat == -1 and evidence.nbf == nil");
}

static void a_quote_tells_the_tpm_s_clock_and_counts(void **state)
{
    (void)state;
    evidence.scheme = TPS_SCHEME_TPM;
    evidence.claims.tpm.quote.clock = 5;
    evidence.claims.tpm.quote.reset_count = 6;
    evidence.claims.tpm.quote.restart_count = 7;
    evidence.claims.tpm.quote.is_clock_safe = true;
    evidence.claims.tpm.quote.firmware_version = 8;
    see("evidence.clock == 5 and evidence.reset_count == 6 and evidence.restart_count == 7");
    see("evidence.clock_safe and evidence.firmware_version == 8");
    evidence.scheme = TPS_SCHEME_DICE;
    see("evidence.clock == nil and evidence.clock_safe == nil and evidence.firmware_version == nil");
}

/* Whatever the evidence is, each member has a value or is nil. */
static void every_member_can_be_asked_for_in_every_scheme(void **state)
{
    static const uint32_t schemes[] = {TPS_SCHEME_UNKNOWN, TPS_SCHEME_PSA, TPS_SCHEME_OPENTPS,
                                       TPS_SCHEME_DICE, TPS_SCHEME_TPM};
    char body[128];

    (void)state;
    for (size_t i = 0; i < 2 * sizeof schemes / sizeof schemes[0]; i++) {
        evidence.scheme = schemes[i / 2];
        request.history = i % 2 == 0 ? &history : NULL;
        for (const library_name *known = library_names; known->name != NULL; known++) {
            assert_true(strlen(known->name) <= LIBRARY_NAME_MAX);
            for (const view_member *m = known->kind == NULL ? NULL : known->kind->members;
                 m != NULL && m->name != NULL; m++) {
                assert_true(strlen(m->name) <= LIBRARY_NAME_MAX);
                snprintf(body, sizeof body, "local x = %s.%s", known->name, m->name);
                if (!runs(body)) {
                    fail_msg("%s: %s", body, problem.text);
                }
            }
        }
    }
}

/* ---- any claim ---- */

static void see_claim(const char *hex, const char *expression)
{
    uint8_t bytes[256];
    size_t size = strlen(hex) / 2;

    for (size_t i = 0; i < size; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (uint8_t)value;
    }
    appraisal.payload = tps_span_make(bytes, size);
    see(expression);
}

static void fail_claim(const char *hex, const char *words)
{
    uint8_t bytes[256];
    size_t size = strlen(hex) / 2;

    for (size_t i = 0; i < size; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (uint8_t)value;
    }
    appraisal.payload = tps_span_make(bytes, size);
    fails("local c = claim(1)", words);
}

static void claims_are_read_as_values_of_lua(void **state)
{
    (void)state;
    see_claim("a0", "claim(1) == nil and claim('eat_nonce') == nil");
    see_claim("", "claim(1) == nil");
    see_claim("80", "claim(1) == nil");
    see_claim("a10a4101", "claim(10) == '01' and claim('eat_nonce') == '01' and claim('iss') == nil");
    see_claim("a1011bffffffffffffffff", "claim(1) == 2.0 ^ 64 and claim(1) > 0");
    see_claim("a1011b7fffffffffffffff", "claim(1) == 0x7fffffffffffffff");
    see_claim("a1013b7fffffffffffffff", "claim(1) < 0 and claim(1) == -0x7fffffffffffffff - 1");
    see_claim("a1013bffffffffffffffff", "claim(1) == -(2.0 ^ 64)");
    see_claim("a10120", "claim(1) == -1");
    see_claim("a101f5", "claim(1) == true");
    see_claim("a101f4", "claim(1) == false");
    see_claim("a101f6", "claim(1) == nil");
    see_claim("a101f93e00", "claim(1) == 1.5");
    see_claim("a10161c3", "true"); /* a text that is none was refused before: here it is bytes */
    see_claim("a10160", "claim(1) == nil");
    see_claim("a101830102f6", "claim(1)[1] == 1 and claim(1)[2] == 2 and #claim(1) == 2");
    see_claim("a101a301616161610282030405", "claim(1)[1] == 'a' and claim(1).a == 2 and true");
    see_claim("a101a2410102f503", "#claim(1) == 0 and claim(1)['01'] == 2"); /* a byte string is a key, too */
    see_claim("a101d81e820103", "claim(1)[1] == 1 and claim(1)[2] == 3");
    see_claim("a101c101", "claim(1) == 1");
}

static void claims_that_cannot_be_shown_fail(void **state)
{
    (void)state;
    fail_claim("a10181818181818181818101", "more than 8 levels");
    see_claim("a101818181818181818101", "claim(1)[1][1][1][1][1][1][1][1] == 1");
    see_claim("a10182a18080a0", "#claim(1) == 2 and #claim(1)[1] == 0");
    fail_claim("a1015f4101ff", "cannot be read");
    fail_claim("a101815f4101ff", "cannot be read");
}

static void long_strings_fail(void **state)
{
    static uint8_t bytes[16384] = {0xa1, 0x01, 0x79};

    (void)state;
    bytes[3] = 8193 >> 8;
    bytes[4] = 8193 & 255;
    memset(bytes + 5, 'a', 8193);
    appraisal.payload = tps_span_make(bytes, 5 + 8193);
    fails("local c = claim(1)", "text of more than 8192 bytes");
    bytes[3] = 8192 >> 8;
    bytes[4] = 8192 & 255;
    appraisal.payload = tps_span_make(bytes, 5 + 8192);
    see("#claim(1) == 8192");
    bytes[2] = 0x59;
    appraisal.payload = tps_span_make(bytes, 5 + 8192);
    fails("local c = claim(1)", "byte string of more than 2048 bytes");
}

/* ---- claims in the general form ---- */

static const uint8_t digest_bytes[32] = {1};
static const tps_corim_digest digest = {TPS_ALG_SHA256, {digest_bytes, 32}, {1, {NULL, 0}}};

static void measurements_show_all_their_members(void **state)
{
    static const tps_corim_register registers[] = {
        {{TPS_CBOR_UINT, 0, 7, {NULL, 0}}, {&digest, 1, {NULL, 0}}},
        {{TPS_CBOR_TEXT, 0, 1, {(const uint8_t *)"a", 1}}, {&digest, 1, {NULL, 0}}}};
    accepted_claim *c = accepted_add(&accepted, ACCEPTED_ENDORSED);

    (void)state;
    c->measurement.key = (tps_corim_value){TPS_CORIM_UINT, 5, TPS_SPAN_EMPTY};
    c = accepted_add(&accepted, ACCEPTED_EVIDENCE);
    c->environment = (tps_corim_environment){.class_id = {TPS_CORIM_BYTES, 0, TPS_SPAN_LITERAL("\x01\x02")},
                                             .vendor = TPS_SPAN_LITERAL("V"),
                                             .model = TPS_SPAN_LITERAL("M"),
                                             .has_layer = true,
                                             .has_index = true,
                                             .layer = 1,
                                             .index = 2};
    c->measurement.key = (tps_corim_value){TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("k")};
    c->measurement.name = TPS_SPAN_LITERAL("n");
    c->measurement.serial = TPS_SPAN_LITERAL("s");
    c->measurement.raw_value = TPS_SPAN_LITERAL("\x09");
    c->measurement.has_svn = true;
    c->measurement.svn = 4;
    c->measurement.flags_present = 8;
    c->measurement.flags = 8;
    c->measurement.digests = (tps_corim_digests){&digest, 1, {NULL, 0}};
    c->measurement.registers = (tps_corim_registers){registers, 2, {NULL, 0}};
    c->measurement.range = (tps_corim_range){.is_present = true, .is_number = true, .min = -3};
    c = accepted_add(&accepted, ACCEPTED_PROVEN);
    c->measurement.range.is_present = true;
    see("#evidence.measurements == 2 and #endorsed.values == 1 and endorsed.values[1].key == 5");
    see("evidence.measurements.k.name == 'n' and evidence.measurements[1].class == '0102'");
    see("(function(m) return m.vendor == 'V' and m.model == 'M' and m.layer == 1 and m.index == 2 and m.svn == 4 "
        "and m.flags.debug == true and m.flags.secure == nil and m.raw == '09' and m.serial == 's' and "
        "m.number == -3 and not m.matched and m.version == nil end)(evidence.measurements[1])");
    see("evidence.measurements[1].registers[7][1] == evidence.measurements[1].digests[1]");
    see("#evidence.measurements[1].registers.a[1] == 64 and evidence.measurements[2].matched");
    see("evidence.measurements[2].number == nil and evidence.measurements[2].key == nil");
    see("endorsed.values[1].number == nil and endorsed.values[1].index == nil and endorsed.certification == nil");
    fails("local m = evidence.measurements[true]", "numbered from 1, or found by their key");
    fails("local m = result.findings[1].zzz", "nil");
    fails("local m = evidence.measurements[1].zzz", "a measurement has no \"zzz\"");
    fails("local m = endorsed.values[1][1]", "an endorsed value has no \"?\"");
}

static void the_certification_is_an_endorsed_value_of_that_name(void **state)
{
    accepted_claim *c = accepted_add(&accepted, ACCEPTED_EVIDENCE);

    (void)state;
    c->measurement.key = (tps_corim_value){TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("opentps.certification")};
    c->measurement.name = TPS_SPAN_LITERAL("my own word");
    see("endorsed.certification == nil");
    c = accepted_add(&accepted, ACCEPTED_ENDORSED);
    c->measurement.key = (tps_corim_value){TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("other")};
    c = accepted_add(&accepted, ACCEPTED_ENDORSED);
    c->measurement.key = (tps_corim_value){TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("opentps.certification")};
    c->measurement.name = TPS_SPAN_LITERAL("PSA 1");
    see("endorsed.certification == 'PSA 1'");
}

/* ---- the rest ---- */

static void what_is_endorsed_of_a_class(void **state)
{
    (void)state;
    see("not endorsed.known and endorsed.vendor == nil and endorsed.model == nil and not endorsed.device");
    j.class_index = 0;
    signer.device = 0;
    see("endorsed.known and endorsed.vendor == 'V' and endorsed.model == nil and endorsed.device");
}

static void who_signed(void **state)
{
    (void)state;
    see("signer.kind == 'added key' and #signer.key == 64");
    signer.is_certified = true;
    signer.is_demonstration = true;
    see("signer.kind == 'certificate' and signer.demonstration");
    signer.device = 3;
    see("signer.kind == 'endorsed key'");
    signer.is_mac = true;
    see("signer.kind == 'shared key' and signer.key == nil");
}

static void how_it_is_fresh_and_bound(void **state)
{
    static const char *const ways[] = {"nil", "'nonce'", "'time'", "'epoch'"};
    static const char *const bounds[] = {"none", "key", "channel"};
    char text[128];

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        appraisal.freshness = i;
        snprintf(text, sizeof text, "request.freshness == %s", ways[i]);
        see(text);
    }
    for (uint32_t i = 0; i < 3; i++) {
        appraisal.bound = i;
        snprintf(text, sizeof text, "request.bound == '%s'", bounds[i]);
        see(text);
    }
    appraisal.is_nonce_of_relying_party = true;
    request.aud = TPS_SPAN_LITERAL("me");
    see("request.nonce_of_relying_party and request.aud == 'me'");
}

static void a_result_with_a_finding_is_no_affirming_one(void **state)
{
    (void)state;
    appraisal.vector[TPS_EAR_HARDWARE] = 2;
    see("result.status == 'affirming'");
    appraisal.finding_count = 1;
    see("result.status == 'warning'");
    appraisal.vector[TPS_EAR_HARDWARE] = 96;
    see("result.status == 'contraindicated'");
}

static void claims_are_set_to_the_worse_value_by_tiers(void **state)
{
    static const int8_t from[] = {2, 32, 96, -1, 2, 32, -1};
    static const int8_t to[] = {-1, 2, 33, 2, 3, 96, 32};
    static const int8_t ordinary[] = {-1, 32, 96, -1, 2, 96, 32};
    script *s = NULL;
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof from; i++) {
        snprintf(text, sizeof text, "policy { name = 'a', version = '1' } set('storage_opaque', %d)", to[i]);
        appraisal.vector[TPS_EAR_STORAGE_OPAQUE] = from[i];
        assert_int_equal(script_new(tps_span_of_text(text), &s, &problem), TPS_OK);
        assert_true(script_run(s, &j));
        assert_int_equal(appraisal.vector[TPS_EAR_STORAGE_OPAQUE], ordinary[i]);
        script_free(s);
    }
}

/* What the check of names keeps away when a policy is loaded. */
static void the_environment_itself_refuses_what_is_not_there(void **state)
{
    (void)state;
    fails("local x = _ENV[5]", "there is no \"?\"");
    fails("_ENV[5] = 1", "write \"local ? = ...\"");
    fails("_ENV.evidence = 1", "write \"local evidence = ...\"");
    fails("local x = evidnce", "do you mean \"evidence\"?");
    fails("local x = a2345678901234567890123456789012345",
          "there is no \"a2345678901234567890123456789012345\"");
    fails("local x = ('a')[1]", "a text has no \"?\"");
    fails("for i, c in ipairs(evidence) do end", "ipairs() needs a list");
    see("(function() local f = ipairs(evidence.components) return f(5, 0) == nil and f(evidence, 0) == nil end)()");
    fails("local function f() return f end tostring(f)", "tostring() takes");
    fails("local x = at_least(('x'):upper(), {})", "string expected");
    see("at_least('', '') == false and at_least('1', '') == false and at_least('v', 'v') == false");
    see("(function() for i in ipairs({}) do return false end return true end)()");
    fails("while true do local t = ipairs end", "more than 100000 steps");
}

static void memory_that_runs_out_is_told_with_the_line(void **state)
{
    static const char text[] = "policy { name = 'a', version = '1' } if request.now ~= 1800000000 then "
                               "local s = 'x' for i = 1, 20 do s = s .. s end end";
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *a;

    (void)state;
    assert_int_equal(tps_verifier_add_policy(v, tps_span_of_text(text), NULL, &problem), TPS_OK);
    a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
    expect_finding(a, "policy.failed", TPS_VERIFIER_POLICY_FAILED);
    assert_non_null(strstr(a->findings[0].cause, "line 1: it takes more memory"));
    tps_verifier_free(v);
}

/* The walk over names ends on any text; what compiles is never cut short. */
static void names_are_walked_to_the_end_of_any_text(void **state)
{
    static const char *const texts[] = {"'",
                                        "\"\\",
                                        "[[",
                                        "[==[ ]=]",
                                        "--[[",
                                        "-- x",
                                        "function",
                                        "local",
                                        "for",
                                        "]]]",
                                        ")}]",
                                        "{{{(((",
                                        "1e5",
                                        "0x1p-2.",
                                        "...",
                                        "::",
                                        "a.b.c = d",
                                        "function f.g:h(x) end",
                                        "local function",
                                        "~= <= >= == < > = ~",
                                        "evidence.",
                                        ".x",
                                        "x.evidence.y",
                                        "x:evidence.y",
                                        "set.y",
                                        "evidence.a",
                                        "local x <close> = 1",
                                        "a2345678901234567890123456789012345678901234567890123456789"
                                        "0123456789012345"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        tps_status status = names_check(tps_span_of_text(texts[i]), &problem);
        assert_true(status == TPS_OK || status == TPS_VERIFIER_POLICY_INVALID);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(claims_of_psa_tokens),
        TEST(claims_of_the_opentps_profile),
        TEST(claims_of_other_schemes_have_neither),
        TEST(a_quote_tells_the_tpm_s_clock_and_counts),
        TEST(every_member_can_be_asked_for_in_every_scheme),
        TEST(dates_are_whole_seconds),
        TEST(claims_are_read_as_values_of_lua),
        TEST(claims_that_cannot_be_shown_fail),
        TEST(long_strings_fail),
        TEST(measurements_show_all_their_members),
        TEST(the_certification_is_an_endorsed_value_of_that_name),
        TEST(what_is_endorsed_of_a_class),
        TEST(who_signed),
        TEST(how_it_is_fresh_and_bound),
        TEST(a_result_with_a_finding_is_no_affirming_one),
        TEST(claims_are_set_to_the_worse_value_by_tiers),
        TEST(the_environment_itself_refuses_what_is_not_there),
        TEST(memory_that_runs_out_is_told_with_the_line),
        TEST(names_are_walked_to_the_end_of_any_text),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
