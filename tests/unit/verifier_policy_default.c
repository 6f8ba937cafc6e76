/* SPDX-License-Identifier: Apache-2.0 */
/* The default policy in its two forms, the text for people and the C that runs, over thousands of devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tps/policy.h"
#include "verifier/finding.h"
#include "verifier/policy/default.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/script.h"
#include "verifier_support.h"

enum { ROUNDS = 20000 };

/* A device for both, each with an appraisal of its own. */
static tps_verifier verifier;
static trust signer = {.device = KNOWLEDGE_NONE};
static evidence_claims evidence;
static accepted_claims accepted;
static tps_device_history history;
static tps_appraisal_request request = {.now = NOW, .history = &history};
static tps_appraisal ours;
static tps_appraisal theirs;

static uint32_t state_of_random = 1;

/* Below `end`; the same in every run. */
static uint32_t draw(uint32_t end)
{
    state_of_random = state_of_random * 1664525u + 1013904223u;
    return (state_of_random >> 8) % end;
}

static bool toss(void)
{
    return draw(2) == 1;
}

static void draw_psa(void)
{
    static const uint16_t states[] = {0x0000, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000, 0xff00};

    evidence.scheme = TPS_SCHEME_PSA;
    evidence.claims.psa.lifecycle = (uint16_t)(states[draw(sizeof states / sizeof states[0])] + draw(256));
}

static void draw_eat(void)
{
    static const uint8_t states[] = {0, 1, 2, 3, 4, TPS_EAT_DEBUG_ABSENT};

    evidence.scheme = TPS_SCHEME_OPENTPS;
    evidence.claims.eat.dbgstat = states[draw(sizeof states)];
    evidence.claims.eat.present = draw(128);
    evidence.claims.eat.oemboot = toss();
    evidence.claims.eat.lifecycle = draw(5);
    evidence.claims.eat.security_counter = draw(4);
}

/* What was found before the policy is asked. */
static void draw_result(tps_appraisal *to)
{
    static const int8_t values[] = {0, 2, 3, 32, 33, 96, 97, -1, 1, -40};

    memset(to, 0, sizeof *to);
    for (size_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        to->vector[i] = values[draw(sizeof values)];
    }
    for (uint32_t count = draw(20); count > 17; count--) {
        finding_text(finding_add(to, draw(TPS_EAR_CLAIMS), 32, "earlier.finding")->cause, "found before");
    }
}

static void draw_device(void)
{
    memset(&evidence, 0, sizeof evidence);
    switch (draw(10)) {
    case 0: evidence.scheme = TPS_SCHEME_DICE; break;
    case 1: evidence.scheme = TPS_SCHEME_TPM; break;
    case 2:
    case 3:
    case 4: draw_psa(); break;
    default: draw_eat(); break;
    }
    history =
        (tps_device_history){.is_known = toss(), .has_security_counter = toss(), .security_counter = draw(4)};
    request.history = draw(4) == 0 ? NULL : &history;
    draw_result(&ours);
    theirs = ours;
}

static judgement judgement_of(tps_appraisal *appraisal)
{
    return (judgement){.verifier = &verifier,
                       .request = &request,
                       .evidence = &evidence,
                       .signer = &signer,
                       .class_index = KNOWLEDGE_NONE,
                       .accepted = &accepted,
                       .appraisal = appraisal};
}

static void expect_same(void)
{
    assert_memory_equal(ours.vector, theirs.vector, sizeof ours.vector);
    assert_int_equal(ours.finding_count, theirs.finding_count);
    for (size_t i = 0; i < ours.finding_count; i++) {
        const tps_finding *a = &ours.findings[i];
        const tps_finding *b = &theirs.findings[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->claim, b->claim);
        assert_int_equal(a->value, b->value);
        assert_int_equal(a->status, b->status);
        assert_string_equal(a->cause, b->cause);
        assert_string_equal(a->evidence, b->evidence);
        assert_string_equal(a->known, b->known);
        assert_string_equal(a->next_step, b->next_step);
    }
}

static void the_text_and_the_c_of_the_default_policy_say_the_same(void **state)
{
    tps_policy_problem problem = {.line = 0};
    script *text = NULL;
    size_t with_findings = 0;

    (void)state;
    assert_int_equal(script_new(tps_policy_default(), &text, &problem), TPS_OK);
    for (size_t i = 0; i < ROUNDS; i++) {
        judgement in_c;
        judgement in_lua;
        draw_device();
        in_c = judgement_of(&ours);
        in_lua = judgement_of(&theirs);
        policy_default(&in_c);
        if (!script_run(text, &in_lua)) {
            fail_msg("line %u: %s", (unsigned)text->problem.line, text->problem.text);
        }
        expect_same();
        with_findings += ours.finding_count > 0;
    }
    assert_in_range(with_findings, ROUNDS / 4, ROUNDS - 1);
    script_free(text);
}

static void the_default_policy_passes_its_own_check(void **state)
{
    tps_policy_description description;
    tps_policy_problem problem;

    (void)state;
    assert_int_equal(tps_policy_check(tps_policy_default(), &description, &problem), TPS_OK);
    assert_string_equal(description.id, "default@1");
    assert_true(description.is_full);
    assert_in_range(description.steps, 0, 2000);
    assert_in_range(description.room, 1, 96 * 1024);
}

/* The text with its settings filled in, as its first lines tell people to. */
static const tps_appraisal *judge_with(const char *settings, tps_verifier *v, tps_span bytes)
{
    static char text[TPS_POLICY_TEXT_MAX];
    static tps_appraisal appraisal;
    tps_span whole = tps_policy_default();
    const char *from = strstr((const char *)whole.data, "local required = {");
    const char *to = strstr(from, "}\n\n");
    tps_appraisal_request asked = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_policy_problem problem;

    snprintf(text, sizeof text, "%.*s local required = %s %.*s", (int)(from - (const char *)whole.data),
             (const char *)whole.data, settings, (int)((const char *)whole.data + whole.size - to - 1),
             to + 1);
    if (tps_verifier_add_policy(v, tps_span_of_text(text), NULL, &problem) != TPS_OK) {
        fail_msg("line %u: %s", (unsigned)problem.line, problem.text);
    }
    tps_verifier_appraise(v, bytes, &asked, &appraisal);
    tps_verifier_free(v);
    return &appraisal;
}

static void versions_and_certification_can_be_asked_for(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_span token = sign_psa(&claims, device_key(1), TPS_ALG_ES256);

    (void)state;
    expect_affirming(
        judge_with("{ certified = false, minimum_versions = { boot = '1.0' } }", maker_verifier(), token));
    expect_finding(
        judge_with("{ certified = false, minimum_versions = { boot = '1.1' } }", maker_verifier(), token),
        "executables.too-old", TPS_OK);
    expect_finding(
        judge_with("{ certified = false, minimum_versions = { other = '1' } }", maker_verifier(), token),
        "executables.too-old", TPS_OK);
    expect_finding(judge_with("{ certified = true, minimum_versions = {} }", maker_verifier(), token),
                   "hardware.not-certified", TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_and_the_c_of_the_default_policy_say_the_same),
        cmocka_unit_test(the_default_policy_passes_its_own_check),
        cmocka_unit_test(versions_and_certification_can_be_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
