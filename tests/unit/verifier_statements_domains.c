/* SPDX-License-Identifier: Apache-2.0 */
/* Domains: what a device consists of, and what rests on what. And all of matching, ended early. */
#include "support/check.h"
#include "verifier/match/matching.h"
#include "verifier_statements_support.h"

/* ---- domains ---- */

static void know_domain(world *w, uint32_t kind, tps_corim_environment domain,
                        const tps_corim_environment *members, size_t count)
{
    tps_corim_domain one = {.domain = domain, .members = {.items = members, .count = count}};
    tps_corim_comid comid = {.identity = {.version = 0}};

    if (kind == STATEMENT_MEMBERSHIP) {
        comid.memberships = (tps_corim_domains)ONE(&one);
    } else {
        comid.dependencies = (tps_corim_domains)ONE(&one);
    }
    know(w, kind, &comid, 1);
}

/* That the gateway itself is there. */
static void observe_gateway(world *w)
{
    accepted_claim *c = accepted_add(&w->set, ACCEPTED_PROVEN);

    c->environment = product("Gateway");
}

static void a_domain_whose_members_are_proven_is_a_claim(void **state)
{
    const tps_corim_environment members[] = {layer(1), layer(2)};
    static const tps_corim_measurement whole = {.name = SPAN("whole")};
    world *w = *state;

    know_domain(w, STATEMENT_MEMBERSHIP, product("Gateway"), members, 2);
    know_values(w, STATEMENT_REFERENCE, product("Lamp"), &digest_a, 1, 1);
    endorse(w, product("Gateway"), &whole, 1);
    observe_gateway(w);
    claim(w, layer(1), digest_a);
    claim(w, layer(2), digest_a);
    match(w);

    expect(w, NULL);
    assert_int_equal(count_endorsed(w), 2);
    assert_true(has_endorsed(w, product("Gateway"), ""));
}

static void a_domain_with_a_member_that_is_not_proven_is_none(void **state)
{
    const tps_corim_environment members[] = {layer(1), layer(2)};
    world *w = *state;

    know_domain(w, STATEMENT_MEMBERSHIP, product("Gateway"), members, 2);
    know_values(w, STATEMENT_REFERENCE, product("Lamp"), &digest_a, 1, 1);
    observe_gateway(w);
    claim(w, layer(1), digest_a);
    claim(w, layer(2), digest_b);
    match(w);

    expect(w, "executables.unknown-measurement");
    assert_int_equal(count_endorsed(w), 0);
}

static void a_part_that_is_missing_is_a_finding(void **state)
{
    const tps_corim_environment members[] = {layer(1), layer(2), layer(3)};
    world *w = *state;

    know_domain(w, STATEMENT_MEMBERSHIP, product("Gateway"), members, 3);
    observe_gateway(w);
    observe(w, layer(1), digest_a);
    match(w);

    expect(w, "hardware.missing-part");
    assert_string_equal(
        w->appraisal.findings[0].cause,
        "ACME Gateway is endorsed with a part that is not in the evidence: ACME Lamp, layer 2");
    assert_string_equal(w->appraisal.findings[0].evidence, "1 of 3 parts");
    assert_int_equal(count_endorsed(w), 0);
}

static void what_is_endorsed_only_is_no_part_that_is_there(void **state)
{
    tps_corim_statement one = {.environment = layer(1), .measurements = ONE(&digest_a)};
    tps_corim_statement lock = {.environment = product("Lock"), .measurements = ONE(&certified)};
    tps_corim_conditional conditional = {.conditions = ONE(&one), .endorsements = ONE(&lock)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};
    const tps_corim_environment members[] = {layer(1), product("Lock")};
    world *w = *state;

    know(w, STATEMENT_CONDITIONAL, &comid, 1);
    know_domain(w, STATEMENT_MEMBERSHIP, product("Gateway"), members, 2);
    observe_gateway(w);
    observe(w, layer(1), digest_a);
    match(w);

    expect(w, "hardware.missing-part");
}

static void parts_that_are_appraised_elsewhere_are_no_finding(void **state)
{
    const tps_corim_environment members[] = {layer(1), layer(2)};
    world *w = *state;

    know_domain(w, STATEMENT_MEMBERSHIP, product("Gateway"), members, 2);
    know_domain(w, STATEMENT_DEPENDENCY, product("Gateway"), members, 2);
    observe_gateway(w);
    match(w);

    expect(w, NULL);
    assert_int_equal(count_endorsed(w), 0);
}

static void another_domain_of_the_same_kind_is_not_spoken_of(void **state)
{
    const tps_corim_environment members[] = {layer(1), layer(2)};
    tps_corim_environment other = product("Gateway");
    world *w = *state;

    other.has_index = true;
    know_domain(w, STATEMENT_MEMBERSHIP, other, members, 2);
    observe_gateway(w);
    observe(w, layer(1), digest_a);
    match(w);

    expect(w, NULL);
}

static void a_member_can_be_a_domain_itself(void **state)
{
    const tps_corim_environment outer[] = {layer(1), product("Board")};
    const tps_corim_environment inner[] = {layer(2), layer(3)};
    world *w = *state;

    know_domain(w, STATEMENT_MEMBERSHIP, product("Gateway"), outer, 2);
    know_domain(w, STATEMENT_MEMBERSHIP, product("Board"), inner, 2);
    observe_gateway(w);
    observe(w, layer(1), digest_a);
    observe(w, layer(2), digest_a);
    observe(w, layer(3), digest_a);
    match(w);

    expect(w, NULL);
    assert_true(has_endorsed(w, product("Board"), ""));
    assert_true(has_endorsed(w, product("Gateway"), ""));
}

static void what_rests_on_something_unproven_is_a_finding(void **state)
{
    const tps_corim_environment base[] = {layer(0), layer(5)};
    world *w = *state;

    know_domain(w, STATEMENT_DEPENDENCY, layer(1), base, 2);
    know_values(w, STATEMENT_REFERENCE, product("Lamp"), &digest_a, 1, 1);
    claim(w, layer(0), digest_b);
    claim(w, layer(1), digest_a);
    match(w);

    assert_int_equal(w->appraisal.finding_count, 2);
    assert_string_equal(w->appraisal.findings[1].name, "executables.unproven-dependency");
    assert_string_equal(w->appraisal.findings[1].cause,
                        "ACME Lamp, layer 1 rests on ACME Lamp, layer 0, which is not as endorsed");
}

static void what_rests_on_something_proven_is_none(void **state)
{
    const tps_corim_environment base[] = {layer(0)};
    world *w = *state;

    know_domain(w, STATEMENT_DEPENDENCY, layer(1), base, 1);
    know_values(w, STATEMENT_REFERENCE, product("Lamp"), &digest_a, 1, 1);
    claim(w, layer(0), digest_a);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, NULL);
}

static void a_domain_that_finds_no_room_is_a_finding(void **state)
{
    static tps_corim_measurement many[ACCEPTED_MAX - 2];
    const tps_corim_environment members[] = {layer(1)};
    world *w = *state;

    for (size_t i = 0; i < ACCEPTED_MAX - 2; i++) {
        many[i] = (tps_corim_measurement){.key = {TPS_CORIM_UINT, i, {NULL, 0}}, .has_svn = true};
    }
    know_values(w, STATEMENT_ENDORSED, layer(1), many, ACCEPTED_MAX - 2, 1);
    know_domain(w, STATEMENT_MEMBERSHIP, product("Gateway"), members, 1);
    observe_gateway(w);
    observe(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.too-many-claims");
}

/* Everything that statements can say, of evidence that is as it should be. */
static void know_everything(world *w)
{
    const tps_corim_environment outer[] = {layer(0), layer(1), product("Board")};
    const tps_corim_environment inner[] = {layer(2), layer(3)};
    static const tps_corim_measurement pair[] = {{.key = KEY("boot"), .version = SPAN("1")},
                                                 {.key = KEY("app"), .digests = ONE(&hash_a)}};

    know_values(w, STATEMENT_REFERENCE, layer(0), &digest_b, 1, 1);
    know_values(w, STATEMENT_REFERENCE, layer(0), &digest_a, 1, 1);
    know_values(w, STATEMENT_REFERENCE, layer(1), pair, 2, 1);
    know_values(w, STATEMENT_REFERENCE, layer(3), &svn_5, 1, 1);
    know_software(w, "firmware-1.4", false, 1);
    link_software(w, 2, "firmware-1.4");
    endorse(w, product("Gateway"), &certified, 1);
    condition(w, layer(0), &digest_a, layer(2), &digest_a, &certified, 1);
    know_series(w, layer(3), &application, NULL);
    know_domain(w, STATEMENT_MEMBERSHIP, product("Gateway"), outer, 3);
    know_domain(w, STATEMENT_MEMBERSHIP, product("Board"), inner, 2);
    know_domain(w, STATEMENT_DEPENDENCY, layer(1), outer, 1);
    observe_gateway(w);
    claim(w, layer(0), digest_a);
    claim(w, layer(1), pair[0]);
    claim(w, layer(1), pair[1]);
    claim(w, layer(2), digest_a);
    claim(w, layer(3), svn_5);
}

static void whatever_ends_before_its_end_is_never_affirming(void **state)
{
    static accepted_claims before;
    world *w = *state;
    size_t needed;

    know_everything(w);
    before = w->set;
    match(w);
    expect(w, NULL);
    assert_int_equal(count_endorsed(w), 5);
    needed = w->looks;

    for (size_t max = 0; max < needed; max++) {
        statement_matching m = {
            .k = &w->k, .set = &w->set, .now = NOW, .appraisal = &w->appraisal, .looks_max = max};
        w->set = before;
        memset(&w->appraisal, 0, sizeof w->appraisal);
        matching_run(&m);
        assert_int_equal(m.looks, max);
        assert_in_range(w->appraisal.finding_count, 1, TPS_FINDINGS_MAX);
        assert_string_equal(w->appraisal.findings[w->appraisal.finding_count - 1].name,
                            "executables.too-many-statements");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_domain_whose_members_are_proven_is_a_claim),
        TEST(a_domain_with_a_member_that_is_not_proven_is_none),
        TEST(a_part_that_is_missing_is_a_finding),
        TEST(what_is_endorsed_only_is_no_part_that_is_there),
        TEST(parts_that_are_appraised_elsewhere_are_no_finding),
        TEST(another_domain_of_the_same_kind_is_not_spoken_of),
        TEST(a_member_can_be_a_domain_itself),
        TEST(what_rests_on_something_unproven_is_a_finding),
        TEST(what_rests_on_something_proven_is_none),
        TEST(a_domain_that_finds_no_room_is_a_finding),
        TEST(whatever_ends_before_its_end_is_never_affirming),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
