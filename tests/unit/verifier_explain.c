/* SPDX-License-Identifier: Apache-2.0 */
/* What an appraisal tells of itself: every link, where the chain breaks, and that it says what was found. */
#include <stdio.h>

#include "support/check.h"
#include "tps/cose.h"
#include "tps/explain.h"
#include "verifier_support.h"

static tps_explanation explanation;

static const tps_explained_part *explained(tps_verifier *v, tps_span evidence)
{
    tps_verifier_explain(v, &explanation);
    (void)appraise(v, evidence);
    tps_verifier_explain(v, NULL);
    assert_int_equal(explanation.part_count, 1);
    return &explanation.parts[0];
}

/* The `nth` link of this name. */
static const tps_link *link_of(const tps_explained_part *part, const char *name, unsigned nth)
{
    for (size_t i = 0; i < part->link_count; i++) {
        if (strcmp(part->links[i].name, name) == 0 && nth-- == 0) {
            return &part->links[i];
        }
    }
    fail_msg("there is no link \"%s\"", name);
    return NULL;
}

static void expect_state(const tps_explained_part *part, const char *name, uint32_t state)
{
    const tps_link *link = link_of(part, name, 0);

    if (link->state != state) {
        fail_msg("\"%s\" %s: %s", name, tps_link_state_name(link->state), link->cause);
    }
    assert_int_equal(*link->cause != '\0', state == TPS_LINK_WEAK || state == TPS_LINK_BROKEN);
}

static void every_link_of_a_good_device_holds(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims psa = lamp_psa();
    tps_device_claims eat = lamp_eat();

    (void)state;
    for (int form = 0; form < 2; form++) {
        const tps_explained_part *part = explained(v, form == 0 ? sign_psa(&psa, device_key(1), TPS_ALG_ES256)
                                                                : sign_eat(&eat, device_key(1), NULL, 0));
        for (size_t i = 0; i < part->link_count; i++) {
            assert_int_equal(part->links[i].state, TPS_LINK_GOOD);
            assert_string_not_equal(part->links[i].what, "");
            assert_string_equal(part->links[i].cause, "");
        }
        for (unsigned i = 0; i < 3; i++) {
            assert_non_null(
                strstr(link_of(part, "piece of software", i)->by, "unsigned, which was permitted"));
        }
        assert_string_equal(link_of(part, "result", 0)->what, "affirming");
    }
    tps_verifier_free(v);
}

static void a_good_result_is_told_to_nobody_who_did_not_ask(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims psa = lamp_psa();

    (void)state;
    explanation.part_count = 0;
    expect_affirming(appraise(v, sign_psa(&psa, device_key(1), TPS_ALG_ES256)));
    assert_int_equal(explanation.part_count, 0);
    tps_verifier_free(v);
}

static void nothing_behind_a_broken_link_was_looked_at(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims psa = lamp_psa();
    const tps_explained_part *part = explained(v, sign_psa(&psa, device_key(9), TPS_ALG_ES256));
    bool is_behind = false;

    (void)state;
    for (size_t i = 0; i + 1 < part->link_count; i++) {
        assert_int_equal(part->links[i].state == TPS_LINK_NOT_LOOKED_AT, is_behind);
        is_behind = is_behind || part->links[i].state == TPS_LINK_BROKEN;
    }
    assert_true(is_behind);
    expect_state(part, "signature", TPS_LINK_BROKEN);
    assert_int_equal(link_of(part, "result", 0)->state, TPS_LINK_BROKEN);

    part = explained(v, TPS_SPAN_LITERAL("no evidence"));
    expect_state(part, "evidence", TPS_LINK_BROKEN);
    expect_state(part, "software", TPS_LINK_NOT_LOOKED_AT);

    psa.nonce = TPS_SPAN_OF(((uint8_t[32]){7}));
    part = explained(v, sign_psa(&psa, device_key(1), TPS_ALG_ES256));
    expect_state(part, "signature", TPS_LINK_GOOD);
    expect_state(part, "freshness", TPS_LINK_BROKEN);
    expect_state(part, "class", TPS_LINK_NOT_LOOKED_AT);
    tps_verifier_free(v);
}

static void each_piece_of_software_has_its_own_cause(void **state)
{
    static const uint8_t other[32] = {0x66};
    tps_verifier *v = maker_verifier();
    tps_psa_claims psa = lamp_psa();
    const tps_explained_part *part;

    (void)state;
    psa.components[1].measurement = TPS_SPAN_OF(other);
    part = explained(v, sign_psa(&psa, device_key(1), TPS_ALG_ES256));
    assert_int_equal(link_of(part, "piece of software", 0)->state, TPS_LINK_GOOD);
    assert_int_equal(link_of(part, "piece of software", 1)->state, TPS_LINK_WEAK);
    assert_non_null(strstr(link_of(part, "piece of software", 1)->evidence, "66"));
    assert_string_not_equal(link_of(part, "piece of software", 1)->next_step, "");
    assert_int_equal(link_of(part, "piece of software", 2)->state, TPS_LINK_GOOD);

    psa = lamp_psa();
    psa.component_count = 2; /* one is missing: no piece's fault, and told all the same */
    part = explained(v, sign_psa(&psa, device_key(1), TPS_ALG_ES256));
    expect_state(part, "software", TPS_LINK_WEAK);
    assert_int_equal(link_of(part, "piece of software", 1)->state, TPS_LINK_GOOD);
    tps_verifier_free(v);
}

static void a_state_that_the_policy_refuses_is_the_policys_link(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims psa = lamp_psa();
    const tps_explained_part *part;

    (void)state;
    psa.lifecycle = 0x1000;
    part = explained(v, sign_psa(&psa, device_key(1), TPS_ALG_ES256));
    assert_int_equal(link_of(part, "policy", 0)->state, TPS_LINK_BROKEN);
    expect_state(part, "rule", TPS_LINK_BROKEN);
    assert_string_equal(link_of(part, "rule", 0)->what, "configuration.lifecycle");
    tps_verifier_free(v);
}

static void certificates_and_their_anchor_are_named(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("lamp 7", device_key(1), root, device_key(20), NOW + 1000);
    tps_corim_manifest manifest = lamp_manifest();
    tps_device_claims eat = lamp_eat();
    const tps_explained_part *part;

    (void)state;
    manifest.device_count = 0;
    assert_status(tps_verifier_add_anchor(v, root), TPS_OK);
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    part = explained(v, sign_eat(&eat, device_key(1), &leaf, 1));
    assert_non_null(strstr(link_of(part, "trust anchor", 0)->what, "Lumen root"));
    assert_non_null(strstr(link_of(part, "device certificate", 0)->what, "lamp 7"));
    expect_state(part, "signature", TPS_LINK_GOOD);
    tps_verifier_free(v);

    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    part = explained(v, sign_eat(&eat, device_key(1), &leaf, 1)); /* now nobody vouches */
    assert_int_equal(link_of(part, "device certificate", 0)->state, TPS_LINK_NOT_LOOKED_AT);
    expect_state(part, "who vouches", TPS_LINK_BROKEN);
    tps_verifier_free(v);
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(tps_link_state_name(TPS_LINK_GOOD), "holds");
    assert_string_equal(tps_link_state_name(TPS_LINK_NOT_LOOKED_AT), "not looked at");
    assert_string_equal(tps_link_state_name(4), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_of_a_good_device_holds),
        cmocka_unit_test(a_good_result_is_told_to_nobody_who_did_not_ask),
        cmocka_unit_test(nothing_behind_a_broken_link_was_looked_at),
        cmocka_unit_test(each_piece_of_software_has_its_own_cause),
        cmocka_unit_test(a_state_that_the_policy_refuses_is_the_policys_link),
        cmocka_unit_test(certificates_and_their_anchor_are_named),
        cmocka_unit_test(states_have_names),
    };

    return cmocka_run_group_tests_name("verifier: explanations", tests, NULL, support_end);
}
