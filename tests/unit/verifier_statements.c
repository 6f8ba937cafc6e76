/* SPDX-License-Identifier: Apache-2.0 */
/* Claims against reference values: what corroborates them, what never does, and what is said then. */
#include "support/check.h"
#include "verifier/match/known_bad.h"
#include "verifier_statements_support.h"

static void refer(world *w, uint64_t number, const tps_corim_measurement *measurement)
{
    know_values(w, STATEMENT_REFERENCE, layer(number), measurement, 1, 1);
}

/* ---- one measurement ---- */

static void a_claim_is_corroborated_by_a_reference_value_of_its_environment(void **state)
{
    world *w = *state;
    accepted_claim *c = claim(w, layer(1), digest_a);

    refer(w, 2, &digest_b);
    refer(w, 1, &digest_b);
    refer(w, 1, &digest_a);
    match(w);

    expect(w, NULL);
    assert_true(c->is_corroborated);
    assert_int_equal(c->source, 1);
    assert_false(w->appraisal.is_demonstration);
}

static void a_reference_value_of_another_environment_corroborates_nothing(void **state)
{
    world *w = *state;
    accepted_claim *c = claim(w, layer(1), digest_a);

    refer(w, 2, &digest_a);
    match(w);

    expect(w, "executables.no-reference-values");
    assert_false(c->is_corroborated);
    assert_string_equal(w->appraisal.findings[0].cause, "ACME Lamp, layer 1 has no reference values here");
    assert_string_equal(w->appraisal.findings[0].evidence, "sha-256 aa00000000000000...");
}

static void a_claim_that_need_not_match_is_no_finding(void **state)
{
    world *w = *state;

    claim(w, layer(1), digest_a)->must_match = false;
    match(w);

    expect(w, NULL);
}

static void what_differs_is_named(void **state)
{
    static const tps_corim_key key_a = {.tag = TPS_CORIM_TAG_BYTES, .value = SPAN("a")};
    static const tps_corim_key key_b = {.tag = TPS_CORIM_TAG_BYTES, .value = SPAN("b")};
    static const tps_corim_register register_a = {{.type = TPS_CBOR_UINT, .value = 7}, ONE(&hash_a)};
    static const tps_corim_register register_b = {{.type = TPS_CBOR_UINT, .value = 7}, ONE(&hash_b)};
    static const struct {
        tps_corim_measurement evidence;
        tps_corim_measurement reference;
        const char *name;
    } cases[] = {
        {{.version = SPAN("1")}, {.version = SPAN("2")}, "executables.other-version"},
        {{.has_svn = true, .svn = 1}, {.has_svn = true, .svn = 2}, "executables.other-svn"},
        {{.has_svn = true, .svn = 1},
         {.has_svn = true, .svn = 2, .svn_tag = TPS_CORIM_TAG_MIN_SVN},
         "executables.old-svn"},
        {{.digests = ONE(&hash_a)}, {.digests = ONE(&hash_b)}, "executables.unknown-measurement"},
        {{.flags_present = 8, .flags = 8}, {.flags_present = 8}, "configuration.other-flags"},
        {{.raw_tag = 560, .raw_value = SPAN("a")},
         {.raw_tag = 560, .raw_value = SPAN("b")},
         "configuration.other-raw-value"},
        {{.mac = SPAN("aaaaaa")}, {.mac = SPAN("bbbbbb")}, "configuration.other-mac-address"},
        {{.ip = SPAN("aaaa")}, {.ip = SPAN("bbbb")}, "configuration.other-ip-address"},
        {{.serial = SPAN("a")}, {.serial = SPAN("b")}, "hardware.other-serial"},
        {{.ueid = SPAN("aaaaaaa")}, {.ueid = SPAN("bbbbbbb")}, "hardware.other-ueid"},
        {{.uuid = SPAN("aaaaaaaaaaaaaaaa")}, {.uuid = SPAN("bbbbbbbbbbbbbbbb")}, "hardware.other-uuid"},
        {{.name = SPAN("a")}, {.name = SPAN("b")}, "executables.other-name"},
        {{.keys = ONE(&key_a)}, {.keys = ONE(&key_b)}, "hardware.other-keys"},
        {{.registers = ONE(&register_a)}, {.registers = ONE(&register_b)}, "executables.unknown-register"},
        {{.range = {true, true, false, false, 1, 0}},
         {.range = {true, true, false, false, 2, 0}},
         "executables.other-range"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world *w = *state;
        refer(w, i, &cases[i].reference);
        w->set.count = 0;
        memset(&w->appraisal, 0, sizeof w->appraisal);
        claim(w, layer(i), cases[i].evidence);
        match(w);
        expect(w, cases[i].name);
        assert_true(w->appraisal.findings[0].evidence[0] != '\0');
        assert_true(w->appraisal.findings[0].known[0] != '\0');

        w->set.count = 0;
        memset(&w->appraisal, 0, sizeof w->appraisal);
        claim(w, layer(i), cases[i].reference);
        match(w);
        if (strcmp(cases[i].name, "executables.old-svn") != 0) {
            expect(w, NULL);
        }
    }
}

static void a_value_that_nobody_knows_is_a_finding(void **state)
{
    static const tps_corim_extension own = {.key = {.type = TPS_CBOR_NINT, .value = 0},
                                            .value = SPAN("\x01")};
    static const tps_corim_measurement reference = {.digests = ONE(&hash_a),
                                                    .extensions = {.items = &own, .count = 1}};
    world *w = *state;

    refer(w, 1, &reference);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.other-extension");
}

static void the_nearest_reference_value_is_told(void **state)
{
    static const tps_corim_measurement far = {.version = SPAN("9"), .digests = ONE(&hash_b)};
    static const tps_corim_measurement near = {.version = SPAN("1"), .digests = ONE(&hash_b)};
    static const tps_corim_measurement evidence = {.version = SPAN("1"), .digests = ONE(&hash_a)};
    world *w = *state;

    refer(w, 1, &far);
    refer(w, 1, &near);
    refer(w, 1, &far);
    claim(w, layer(1), evidence);
    match(w);

    expect(w, "executables.unknown-measurement");
    assert_string_equal(w->appraisal.findings[0].evidence, "sha-256 aa00000000000000...");
    assert_string_equal(w->appraisal.findings[0].known, "sha-256 bb00000000000000...");
}

static void what_the_evidence_does_not_tell_is_named(void **state)
{
    static const tps_corim_measurement reference = {
        .digests = ONE(&hash_a), .has_svn = true, .svn = 3, .svn_tag = TPS_CORIM_TAG_MIN_SVN};
    world *w = *state;

    refer(w, 1, &reference);
    claim(w, layer(1), digest_a)->measurement.key = (tps_corim_value){.kind = TPS_CORIM_ABSENT};
    match(w);

    expect(w, "executables.other-svn");
    assert_string_equal(w->appraisal.findings[0].cause,
                        "ACME Lamp, layer 1 has another security version: the evidence does not tell it");
    assert_string_equal(w->appraisal.findings[0].evidence, "");
    assert_string_equal(w->appraisal.findings[0].known, "svn at least 3");
}

static void a_measurement_under_another_key_is_another(void **state)
{
    static const tps_corim_measurement reference = {.key = KEY("boot"), .digests = ONE(&hash_a)};
    static const tps_corim_measurement evidence = {.key = KEY("app"), .digests = ONE(&hash_a)};
    world *w = *state;

    refer(w, 1, &reference);
    claim(w, layer(1), evidence);
    match(w);

    expect(w, "executables.unknown-measurement");
    assert_string_equal(w->appraisal.findings[0].cause,
                        "ACME Lamp, layer 1 \"app\" has a measurement for which there is no reference value");
}

static void text_of_evidence_reaches_no_terminal(void **state)
{
    tps_corim_environment environment = layer(1);
    world *w = *state;

    environment.model = TPS_SPAN_LITERAL("\x1b[31m");
    claim(w, environment, (tps_corim_measurement){.version = SPAN("\x1b[0m")});
    match(w);

    assert_null(strchr(w->appraisal.findings[0].cause, 0x1b));
    assert_null(strchr(w->appraisal.findings[0].evidence, 0x1b));
}

static void more_claims_than_findings_are_told_to_be_many(void **state)
{
    world *w = *state;

    for (uint64_t i = 0; i < TPS_FINDINGS_MAX + 4; i++) {
        claim(w, layer(i), digest_a);
    }
    match(w);

    assert_int_equal(w->appraisal.finding_count, TPS_FINDINGS_MAX);
    assert_int_equal(w->appraisal.vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_UNRECOGNIZED);
}

/* ---- states of several measurements ---- */

static const tps_corim_measurement old_state[] = {{.key = KEY("boot"), .version = SPAN("1")},
                                                  {.key = KEY("app"), .version = SPAN("1")}};
static const tps_corim_measurement new_state[] = {{.key = KEY("boot"), .version = SPAN("2")},
                                                  {.key = KEY("app"), .version = SPAN("2")}};

static void all_measurements_of_a_state_match_together(void **state)
{
    world *w = *state;

    know_values(w, STATEMENT_REFERENCE, layer(1), old_state, 2, 1);
    know_values(w, STATEMENT_REFERENCE, layer(1), new_state, 2, 1);
    claim(w, layer(1), old_state[0]);
    claim(w, layer(1), old_state[1]);
    match(w);

    expect(w, NULL);
    assert_true(w->set.claims[0].is_corroborated && w->set.claims[1].is_corroborated);
}

static void measurements_of_two_states_are_never_mixed(void **state)
{
    world *w = *state;

    know_values(w, STATEMENT_REFERENCE, layer(1), old_state, 2, 1);
    know_values(w, STATEMENT_REFERENCE, layer(1), new_state, 2, 1);
    claim(w, layer(1), old_state[0]);
    claim(w, layer(1), new_state[1]);
    match(w);

    assert_int_equal(w->appraisal.finding_count, 2);
    assert_string_equal(w->appraisal.findings[0].name, "executables.mixed-state");
    assert_string_equal(w->appraisal.findings[1].name, "executables.mixed-state");
}

static void a_state_whose_other_measurement_is_missing_matches_nothing(void **state)
{
    world *w = *state;

    know_values(w, STATEMENT_REFERENCE, layer(1), old_state, 2, 1);
    claim(w, layer(1), old_state[0]);
    claim(w, layer(2), old_state[1])->must_match = false;
    match(w);

    expect(w, "executables.mixed-state");
    assert_false(w->set.claims[1].is_corroborated);
}

static void every_claim_under_a_key_of_a_state_is_of_that_state(void **state)
{
    world *w = *state;

    know_values(w, STATEMENT_REFERENCE, layer(1), old_state, 2, 1);
    claim(w, layer(1), old_state[0]);
    claim(w, layer(1), old_state[1]);
    claim(w, layer(1), new_state[1]);
    match(w);

    assert_int_equal(w->appraisal.finding_count, 3);
    assert_false(w->set.claims[0].is_corroborated);
}

static void measurements_of_one_key_in_a_state_are_alternatives(void **state)
{
    const tps_corim_measurement both[] = {old_state[0], new_state[0], old_state[1]};
    world *w = *state;

    know_values(w, STATEMENT_REFERENCE, layer(1), both, 3, 1);
    claim(w, layer(1), new_state[0]);
    claim(w, layer(1), old_state[1]);
    match(w);

    expect(w, NULL);
}

static void what_was_corroborated_stays_with_who_said_it_first(void **state)
{
    world *w = *state;

    know_values(w, STATEMENT_REFERENCE, layer(1), old_state, 2, 2);
    know_values(w, STATEMENT_REFERENCE, layer(1), &old_state[0], 1, 1);
    claim(w, layer(1), old_state[0]);
    claim(w, layer(1), old_state[1]);
    match(w);

    expect(w, NULL);
    assert_int_equal(w->set.claims[0].source, 1);
    assert_int_equal(w->set.claims[1].source, 2);
}

static void two_parts_of_one_name_match_each_by_itself(void **state)
{
    world *w = *state;

    refer(w, 1, &digest_a);
    refer(w, 1, &digest_b);
    claim(w, layer(1), digest_a);
    claim(w, layer(1), digest_b);
    match(w);

    expect(w, NULL);
}

/* ---- who says it ---- */

static void another_makers_reference_values_count_for_nothing(void **state)
{
    uint8_t maker[32];
    world *w = *state;

    memset(maker, 0x22, sizeof maker);
    refer(w, 1, &digest_a);
    w->maker = maker;
    claim(w, layer(1), digest_a);
    match(w);
    expect(w, "executables.no-reference-values");

    memset(&w->appraisal, 0, sizeof w->appraisal);
    know_values(w, STATEMENT_REFERENCE, layer(1), &digest_a, 1, 2);
    match(w);
    expect(w, NULL);
    assert_int_equal(w->set.claims[0].source, 2);
}

static void what_nobody_signed_and_somebody_permitted_counts(void **state)
{
    uint8_t maker[32];
    world *w = *state;

    memset(maker, 0x22, sizeof maker);
    know_values(w, STATEMENT_REFERENCE, layer(1), &digest_a, 1, 0);
    w->maker = maker;
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, NULL);
}

static void what_is_not_valid_now_counts_for_nothing(void **state)
{
    world *w = *state;

    know_values(w, STATEMENT_REFERENCE, layer(1), &digest_a, 1, 3);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.no-reference-values");
}

static void a_reference_value_under_the_demonstration_ca_is_told(void **state)
{
    world *w = *state;

    know_values(w, STATEMENT_REFERENCE, layer(1), &digest_a, 1, 4);
    claim(w, layer(1), digest_a);
    match(w);

    assert_true(w->appraisal.is_demonstration);
}

static void a_reference_value_can_say_whose_evidence_it_is_for(void **state)
{
    static uint8_t signer[32] = {7};
    static const tps_corim_key who = {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT,
                                      .digest = {.alg = TPS_ALG_SHA256, .value = {signer, 32}}};
    static const tps_corim_measurement reference = {.digests = ONE(&hash_a), .authorized_by = ONE(&who)};
    world *w = *state;

    refer(w, 1, &reference);
    claim(w, layer(1), digest_a);
    match(w);
    assert_false(w->set.claims[0].is_corroborated);

    w->set.signer = signer;
    memset(&w->appraisal, 0, sizeof w->appraisal);
    match(w);
    expect(w, NULL);
}

/* ---- known bad ---- */

static void revoke(world *w, tps_span digest, int64_t since)
{
    tps_revocation why = {TPS_REVOKED_IMAGE, digest, since, "CVE-2026-1234"};
    bool is_new;

    assert_int_equal(revocation_add(&w->revoked, &why, &is_new), TPS_OK);
}

static void an_endorsed_image_that_is_known_to_be_bad_is_refused(void **state)
{
    world *w = *state;

    refer(w, 1, &digest_a);
    revoke(w, hash_a.value, 0);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.known-bad");
    assert_int_equal(w->appraisal.vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_CONTRAINDICATED);
    assert_string_equal(w->appraisal.findings[0].cause,
                        "ACME Lamp, layer 1 is software that is known to be bad: CVE-2026-1234");
    assert_false(w->set.claims[0].is_corroborated);
}

static void an_image_that_is_bad_from_tomorrow_on_counts_today(void **state)
{
    world *w = *state;

    refer(w, 1, &digest_a);
    revoke(w, hash_a.value, NOW + 1);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, NULL);
}

static void an_image_is_known_by_another_digest_of_its_reference_value(void **state)
{
    const tps_corim_digest both[] = {hash_a, long_hash};
    const tps_corim_measurement reference = {.digests = ITEMS(both)};
    world *w = *state;

    refer(w, 1, &reference);
    revoke(w, long_hash.value, 0);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.known-bad");
}

/* Two manifests endorse one image: the later by one digest, the earlier by two, one of them revoked. */
static void a_second_reference_value_does_not_hide_the_other_digest(void **state)
{
    const tps_corim_digest both[] = {hash_a, long_hash};
    const tps_corim_measurement reference = {.digests = ITEMS(both)};
    world *w = *state;

    refer(w, 1, &reference);
    refer(w, 1, &digest_a);
    revoke(w, long_hash.value, 0);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.known-bad");
    assert_true(w->set.claims[0].is_known_bad);
}

/* What else the reference value asks for does not make it another image. */
static void a_reference_value_that_asks_for_more_tells_the_other_digest_still(void **state)
{
    const tps_corim_digest both[] = {hash_a, long_hash};
    const tps_corim_measurement reference = {.digests = ITEMS(both), .version = SPAN("1.0")};
    world *w = *state;

    refer(w, 1, &digest_a);
    refer(w, 1, &reference);
    revoke(w, long_hash.value, 0);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.known-bad");
}

static void a_register_that_is_known_to_be_bad_is_refused(void **state)
{
    static const tps_corim_register bad = {{.type = TPS_CBOR_UINT, .value = 7}, ONE(&hash_a)};
    static const tps_corim_measurement reference = {.registers = ONE(&bad)};
    world *w = *state;

    refer(w, 1, &reference);
    revoke(w, hash_a.value, 0);
    claim(w, layer(1), reference);
    match(w);

    expect(w, "executables.known-bad");
}

static void components_are_named_when_they_are_known_to_be_bad(void **state)
{
    static evidence_claims e;
    world *w = *state;

    revoke(w, hash_a.value, 0);
    e.component_count = 3;
    e.components[0].digest = hash_a.value;
    e.components[1] = (tps_corim_component){
        .name = SPAN("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"),
        .digest = hash_a.value};
    e.components[2].digest = hash_b.value;
    match_known_bad(&w->k, KNOWLEDGE_NONE, w->revoked, &e, NOW, &w->appraisal);

    assert_int_equal(w->appraisal.finding_count, 2);
    assert_string_equal(w->appraisal.findings[0].name, "executables.known-bad");
    assert_non_null(strstr(w->appraisal.findings[0].cause, "component \"\""));
}

static void what_was_proven_elsewhere_is_not_told_twice(void **state)
{
    world *w = *state;

    revoke(w, hash_a.value, 0);
    claim(w, layer(1), digest_a)->origin = ACCEPTED_PROVEN;
    match(w);

    expect(w, NULL);
}

/* ---- CoSWIDs ---- */

static void a_file_of_a_linked_coswid_is_a_reference_value(void **state)
{
    static const tps_corim_measurement named = {
        .key = KEY("app"), .name = SPAN("app"), .version = SPAN("7"), .digests = ONE(&hash_b)};
    static const tps_corim_measurement of_software = {.version = SPAN("1.4"), .digests = ONE(&hash_a)};
    world *w = *state;

    know_software(w, "firmware-1.4", false, 1);
    link_software(w, 1, "firmware-1.4");
    claim(w, layer(1), digest_a);
    claim(w, layer(1), named);
    claim(w, layer(1), of_software);
    match(w);

    expect(w, NULL);
}

static void a_file_under_another_name_or_version_is_no_reference_value(void **state)
{
    static const tps_corim_measurement wrong[] = {
        {.key = KEY("boot"), .digests = ONE(&hash_b)},
        {.name = SPAN("boot"), .digests = ONE(&hash_b)},
        {.version = SPAN("8"), .digests = ONE(&hash_b)},
        {.version = SPAN("1.5"), .digests = ONE(&hash_a)},
        {.digests = ONE(&long_hash)},
        {.name = SPAN("readme")},
    };
    world *w = *state;

    know_software(w, "firmware-1.4", false, 1);
    link_software(w, 1, "firmware-1.4");
    for (size_t i = 0; i < 6; i++) {
        claim(w, layer(1), wrong[i]);
    }
    match(w);

    assert_int_equal(w->appraisal.finding_count, 6);
}

static void a_coswid_counts_where_it_is_linked_and_as_payload(void **state)
{
    world *w = *state;

    know_software(w, "found", true, 1);
    know_software(w, "others", false, 2);
    link_software(w, 1, "found");
    link_software(w, 2, "others");
    claim(w, layer(1), digest_a);
    claim(w, layer(2), digest_a);
    claim(w, layer(3), digest_a);
    match(w);

    assert_int_equal(w->appraisal.finding_count, 3);
}

static void a_coswid_that_cannot_be_read_is_no_reference_value(void **state)
{
    const tps_corim_value tag_id = KEY("broken");
    world *w = *state;

    assert_int_equal(knowledge_add_coswid(&w->k, &tag_id, TPS_SPAN_LITERAL("\xa1"), 1), TPS_OK);
    link_software(w, 1, "broken");
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.no-reference-values");
}

static void a_file_that_is_known_to_be_bad_is_refused(void **state)
{
    world *w = *state;

    know_software(w, "firmware-1.4", false, 1);
    link_software(w, 1, "firmware-1.4");
    revoke(w, hash_a.value, 0);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.known-bad");
}

/* ---- limits ---- */

static void looks_have_a_bound_and_beyond_it_nothing_is_affirming(void **state)
{
    static tps_corim_measurement many[512];
    world *w = *state;

    for (size_t i = 0; i < 512; i++) {
        many[i] = (tps_corim_measurement){.key = {TPS_CORIM_UINT, i, {NULL, 0}}, .has_svn = true};
    }
    for (size_t i = 0; i < STATEMENTS_LOOKS_MAX / 512; i++) {
        know_values(w, STATEMENT_REFERENCE, layer(1), many, 512, 1);
    }
    claim(w, layer(1), digest_a);
    match(w);

    assert_int_equal(w->looks, STATEMENTS_LOOKS_MAX);
    assert_string_equal(w->appraisal.findings[w->appraisal.finding_count - 1].name,
                        "executables.too-many-statements");
}

static void what_the_evidence_has_in_common_costs_once(void **state)
{
    world *w = *state;
    size_t one;

    for (size_t i = 0; i < 1000; i++) {
        refer(w, 1, &digest_b);
    }
    claim(w, layer(1), digest_a);
    match(w);
    one = w->looks;
    assert_in_range(one, 2000, 6100);

    for (size_t i = 0; i < 99; i++) {
        claim(w, layer(1), digest_a)->must_match = false;
    }
    match(w);
    assert_in_range(w->looks, one, one + 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_claim_is_corroborated_by_a_reference_value_of_its_environment),
        TEST(a_reference_value_of_another_environment_corroborates_nothing),
        TEST(a_claim_that_need_not_match_is_no_finding),
        TEST(what_differs_is_named),
        TEST(a_value_that_nobody_knows_is_a_finding),
        TEST(the_nearest_reference_value_is_told),
        TEST(what_the_evidence_does_not_tell_is_named),
        TEST(a_measurement_under_another_key_is_another),
        TEST(text_of_evidence_reaches_no_terminal),
        TEST(more_claims_than_findings_are_told_to_be_many),
        TEST(all_measurements_of_a_state_match_together),
        TEST(measurements_of_two_states_are_never_mixed),
        TEST(a_state_whose_other_measurement_is_missing_matches_nothing),
        TEST(every_claim_under_a_key_of_a_state_is_of_that_state),
        TEST(measurements_of_one_key_in_a_state_are_alternatives),
        TEST(what_was_corroborated_stays_with_who_said_it_first),
        TEST(two_parts_of_one_name_match_each_by_itself),
        TEST(another_makers_reference_values_count_for_nothing),
        TEST(what_nobody_signed_and_somebody_permitted_counts),
        TEST(what_is_not_valid_now_counts_for_nothing),
        TEST(a_reference_value_under_the_demonstration_ca_is_told),
        TEST(a_reference_value_can_say_whose_evidence_it_is_for),
        TEST(an_endorsed_image_that_is_known_to_be_bad_is_refused),
        TEST(an_image_that_is_bad_from_tomorrow_on_counts_today),
        TEST(an_image_is_known_by_another_digest_of_its_reference_value),
        TEST(a_second_reference_value_does_not_hide_the_other_digest),
        TEST(a_reference_value_that_asks_for_more_tells_the_other_digest_still),
        TEST(a_register_that_is_known_to_be_bad_is_refused),
        TEST(components_are_named_when_they_are_known_to_be_bad),
        TEST(what_was_proven_elsewhere_is_not_told_twice),
        TEST(a_file_of_a_linked_coswid_is_a_reference_value),
        TEST(a_file_under_another_name_or_version_is_no_reference_value),
        TEST(a_coswid_counts_where_it_is_linked_and_as_payload),
        TEST(a_coswid_that_cannot_be_read_is_no_reference_value),
        TEST(a_file_that_is_known_to_be_bad_is_refused),
        TEST(looks_have_a_bound_and_beyond_it_nothing_is_affirming),
        TEST(what_the_evidence_has_in_common_costs_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
