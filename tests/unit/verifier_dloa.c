/* SPDX-License-Identifier: Apache-2.0 */
/* Digital letters of approval (RFC 9711, 4.2.14) and certifications: what policies see, and demand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "every_scheme.h"
#include "support/check.h"
#include "tps/policy.h"

#define POLICY "policy { name = \"mine\", version = \"1\" } "

/* [["https://dloa.example", "lamp 7"], ["https://other.example", "lamp 7", "heating"]] */
#define LETTERS "\x82\x82\x74https://dloa.example\x66lamp 7\x83\x75https://other.example\x66lamp 7\x67heating"
#define LETTER_NEEDED                                                                                      \
    POLICY "local found = false for i, letter in ipairs(evidence.dloas or {}) do "                         \
           "found = found or (letter.registrar == 'https://dloa.example' and letter.platform == 'lamp 7' " \
           "and letter.application == nil) end "                                                           \
           "if not found then refuse { claim = 'hardware', name = 'hardware.no-letter', "                  \
           "cause = 'no letter of approval', next_step = 'ask the maker for one' } end"

static tps_verifier *demands(const char *policy)
{
    tps_policy_problem problem = {0};
    tps_verifier *v = dice_verifier();

    if (tps_verifier_add_policy(v, tps_span_of_text(policy), NULL, &problem) != TPS_OK) {
        fail_msg("line %u: %s", (unsigned)problem.line, problem.text);
    }
    return v;
}

static void dloa_is_read_and_given_to_policies(void **state)
{
    const tps_span other[] = {TPS_SPAN_LITERAL("\x81\x82\x74https://dloa.exampla\x66lamp 7"),
                              TPS_SPAN_LITERAL("\x81\x83\x74https://dloa.example\x66lamp 7\x67heating")};
    tps_verifier *v = demands(LETTER_NEEDED);

    (void)state;
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        expect_affirming(appraise(v, answer_with(scheme, TPS_EAT_DLOAS, TPS_SPAN_LITERAL(LETTERS))));
        expect_finding(appraise(v, answer_with(scheme, TPS_EAT_DLOAS, TPS_SPAN_EMPTY)), "hardware.no-letter",
                       TPS_OK);
        for (size_t i = 0; i < 2; i++) {
            expect_finding(appraise(v, answer_with(scheme, TPS_EAT_DLOAS, other[i])), "hardware.no-letter",
                           TPS_OK);
        }
    }
    tps_verifier_free(v);
}

/* Of another form: no list, an empty one, entries of one text or four, of bytes, text that is no UTF-8. */
static void dloa_of_another_form_is_refused(void **state)
{
    const tps_span wrong[] = {TPS_SPAN_LITERAL("\x07"),
                              TPS_SPAN_LITERAL("\x61x"),
                              TPS_SPAN_LITERAL("\x80"),
                              TPS_SPAN_LITERAL("\x81\x81\x61x"),
                              TPS_SPAN_LITERAL("\x81\x84\x61x\x61y\x61z\x61w"),
                              TPS_SPAN_LITERAL("\x81\x82\x41x\x61y"),
                              TPS_SPAN_LITERAL("\x81\x82\x61\xff\x61y")};
    tps_verifier *v = demands(LETTER_NEEDED);

    (void)state;
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            const tps_appraisal *a = appraise(v, answer_with(scheme, TPS_EAT_DLOAS, wrong[i]));
            assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
            assert_true(has(a, "policy.failed") || has(a, "evidence.malformed"));
        }
    }
    tps_verifier_free(v);
}

/* Default policy, but for one word. */
static const char *certified_only(void)
{
    static char text[TPS_POLICY_TEXT_MAX];
    static const char *const from[] = {"name = \"default\"", "certified = false"};
    static const char *const to[] = {"name = \"certain\"", "certified = true "};
    tps_span known = tps_policy_default();

    memcpy(text, known.data, known.size);
    text[known.size] = '\0';
    for (int i = 0; i < 2; i++) {
        char *at = strstr(text, from[i]);
        assert_non_null(at);
        memcpy(at, to[i], strlen(to[i]));
    }
    return text;
}

static tps_span certification(const char *of)
{
    static const uint8_t tag_id[16] = {0xce};
    tps_corim_measurement value = {
        .key = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("opentps.certification")},
        .name = tps_span_of_text(of)};
    tps_corim_statement statement = {
        .environment = {.class_id = {TPS_CORIM_BYTES, TPS_CORIM_TAG_BYTES, TPS_SPAN_OF(lamp_class)}},
        .measurements = {.items = &value, .count = 1}};
    const tps_corim_comid comid = {.identity = {.id = {.kind = TPS_CORIM_UUID, .bytes = TPS_SPAN_OF(tag_id)}},
                                   .endorsed_values = {.items = &statement, .count = 1}};

    return write_comid(&comid);
}

/* A device's own letter does not certify it: the maker's endorsement does. */
static void dloa_a_device_that_must_be_certified_and_is_not_is_refused(void **state)
{
    tps_verifier *v = demands(certified_only());

    (void)state;
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        expect_finding(appraise(v, answer_with(scheme, TPS_EAT_DLOAS, TPS_SPAN_LITERAL(LETTERS))),
                       "hardware.not-certified", TPS_OK);
        assert_int_equal(appraise(v, answer(scheme, TPS_SPAN_OF(the_nonce)))->tier,
                         TPS_EAR_TIER_CONTRAINDICATED);
    }
    assert_status(
        tps_verifier_add_corim(v, sign_corim(certification("SESIP 2, 0123"), KEY_CA, dice_ca()), NOW, NULL),
        TPS_OK);
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        expect_affirming(appraise(v, answer(scheme, TPS_SPAN_OF(the_nonce))));
    }
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dloa_is_read_and_given_to_policies),
        cmocka_unit_test(dloa_of_another_form_is_refused),
        cmocka_unit_test(dloa_a_device_that_must_be_certified_and_is_not_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
