/* SPDX-License-Identifier: Apache-2.0 */
/* What endorsements add: endorsed values, conditions, series, domains; who must have said what they rest on.
 */
#include "support/check.h"
#include "support/keys.h"
#include "tps/base64.h"
#include "verifier_statements_support.h"
#include "verifier_support.h"

/* ---- endorsed values ---- */

static void an_endorsed_value_is_added_to_an_environment_that_is_there(void **state)
{
    world *w = *state;

    endorse(w, product("Lamp"), &certified, 1);
    endorse(w, product("Lock"), &outdated, 1);
    observe(w, layer(1), digest_a);
    observe(w, layer(2), digest_a);
    match(w);

    expect(w, NULL);
    assert_int_equal(count_endorsed(w), 1);
    assert_true(has_endorsed(w, product("Lamp"), "certified"));
    assert_int_equal(w->set.claims[2].source, 1);
}

static void endorsed_values_corroborate_nothing(void **state)
{
    world *w = *state;

    endorse(w, product("Lamp"), &digest_a, 1);
    claim(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.no-reference-values");
}

static void another_makers_endorsed_values_count_for_nothing(void **state)
{
    uint8_t maker[32];
    world *w = *state;

    memset(maker, 0x22, sizeof maker);
    w->maker = maker;
    endorse(w, product("Lamp"), &certified, 1);
    endorse(w, product("Lamp"), &outdated, 2);
    observe(w, layer(1), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 1);
    assert_true(has_endorsed(w, product("Lamp"), "outdated"));
}

static void an_endorsed_value_under_the_demonstration_ca_is_told(void **state)
{
    tps_corim_environment other = product("Lamp");
    world *w = *state;

    endorse(w, product("Lamp"), &certified, 4);
    other.has_index = true;
    endorse(w, other, &outdated, 1);
    observe(w, layer(1), digest_a);
    match(w);
    assert_int_equal(count_endorsed(w), 1);
    assert_true(w->appraisal.is_demonstration);
}

static void values_that_find_no_room_are_a_finding(void **state)
{
    static tps_corim_measurement many[ACCEPTED_MAX];
    world *w = *state;

    for (size_t i = 0; i < ACCEPTED_MAX; i++) {
        many[i] = (tps_corim_measurement){.key = {TPS_CORIM_UINT, i, {NULL, 0}}, .has_svn = true};
    }
    know_values(w, STATEMENT_ENDORSED, product("Lamp"), many, ACCEPTED_MAX, 1);
    observe(w, layer(1), digest_a);
    match(w);
    expect(w, "executables.too-many-claims");
    assert_int_equal(count_endorsed(w), 0);
}

/* ---- conditional endorsements ---- */

static void what_is_under_conditions_is_added_when_all_hold(void **state)
{
    world *w = *state;

    condition(w, layer(1), &digest_a, layer(2), &digest_b, &certified, 1);
    observe(w, layer(1), digest_a);
    observe(w, layer(2), digest_b);
    match(w);

    expect(w, NULL);
    assert_int_equal(count_endorsed(w), 1);
    assert_true(has_endorsed(w, product("Lamp"), "certified"));
}

static void what_is_under_conditions_is_not_added_when_one_fails(void **state)
{
    world *w = *state;

    condition(w, layer(1), &digest_a, layer(2), &digest_b, &certified, 1);
    condition(w, layer(1), &digest_b, layer(2), &digest_a, &certified, 1);
    condition(w, layer(1), &digest_a, layer(3), &digest_a, &certified, 1);
    observe(w, layer(1), digest_a);
    observe(w, layer(2), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 0);
}

static void a_condition_can_rest_on_what_another_added(void **state)
{
    static const tps_corim_measurement steps[] = {
        {.name = SPAN("one")}, {.name = SPAN("two")}, {.name = SPAN("three")}};
    world *w = *state;

    condition(w, product("Lamp"), &steps[0], product("Lamp"), NULL, &steps[1], 1);
    condition(w, product("Lamp"), &steps[1], product("Lamp"), NULL, &steps[2], 1);
    condition(w, layer(1), &digest_a, layer(1), NULL, &steps[0], 1);
    observe(w, layer(1), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 3);
    assert_true(has_endorsed(w, product("Lamp"), "three"));
}

static void conditions_that_rest_on_each_other_add_nothing(void **state)
{
    world *w = *state;

    condition(w, product("Lamp"), &certified, product("Lamp"), NULL, &outdated, 1);
    condition(w, product("Lamp"), &outdated, product("Lamp"), NULL, &certified, 1);
    observe(w, layer(1), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 0);
}

static void a_condition_is_met_by_one_entry_alone(void **state)
{
    static const tps_corim_measurement both[] = {{.key = KEY("boot"), .version = SPAN("1")},
                                                 {.key = KEY("app"), .version = SPAN("1")}};
    tps_corim_statement one = {.environment = product("Lamp"), .measurements = ITEMS(both)};
    tps_corim_statement endorsement = {.environment = product("Lamp"), .measurements = ONE(&certified)};
    tps_corim_conditional conditional = {.conditions = ONE(&one), .endorsements = ONE(&endorsement)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};
    world *w = *state;

    know(w, STATEMENT_CONDITIONAL, &comid, 1);
    observe(w, layer(1), both[0]);
    observe(w, layer(2), both[1]);
    match(w);
    assert_int_equal(count_endorsed(w), 0);

    observe(w, layer(1), both[1]);
    match(w);
    assert_int_equal(count_endorsed(w), 1);
}

static void what_evidence_and_manifests_say_are_entries_of_their_own(void **state)
{
    static const tps_corim_measurement both[] = {{.key = KEY("boot"), .version = SPAN("1")},
                                                 {.key = KEY("app"), .version = SPAN("1")}};
    tps_corim_statement one = {.environment = layer(1), .measurements = ITEMS(both)};
    tps_corim_statement endorsement = {.environment = product("Lamp"), .measurements = ONE(&certified)};
    tps_corim_conditional conditional = {.conditions = ONE(&one), .endorsements = ONE(&endorsement)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};
    world *w = *state;

    know(w, STATEMENT_CONDITIONAL, &comid, 1);
    endorse(w, layer(1), &both[1], 1);
    observe(w, layer(1), both[0]);
    match(w);
    assert_int_equal(count_endorsed(w), 1);

    endorse(w, layer(1), &both[0], 0);
    match(w);
    assert_int_equal(count_endorsed(w), 2);

    endorse(w, layer(1), &both[0], 1);
    match(w);
    assert_int_equal(count_endorsed(w), 4);
}

static void an_image_that_is_known_to_be_bad_meets_no_condition(void **state)
{
    tps_revocation why = {TPS_REVOKED_IMAGE, hash_a.value, 0, ""};
    world *w = *state;
    bool is_new;

    assert_int_equal(revocation_add(&w->revoked, &why, &is_new), TPS_OK);
    condition(w, layer(1), &digest_a, layer(1), NULL, &certified, 1);
    observe(w, layer(1), digest_a);
    match(w);

    expect(w, "executables.known-bad");
    assert_int_equal(count_endorsed(w), 0);
}

static void several_endorsements_under_one_condition_are_all_added(void **state)
{
    tps_corim_statement one = {.environment = layer(1), .measurements = ONE(&digest_a)};
    tps_corim_statement two[] = {{.environment = product("Lamp"), .measurements = ONE(&certified)},
                                 {.environment = product("Lock"), .measurements = ONE(&outdated)}};
    tps_corim_conditional conditional = {.conditions = ONE(&one), .endorsements = ITEMS(two)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};
    world *w = *state;

    know(w, STATEMENT_CONDITIONAL, &comid, 1);
    endorse(w, product("Lock"), &certified, 1);
    observe(w, layer(1), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 3);
    assert_true(has_endorsed(w, product("Lock"), "outdated"));
    assert_true(
        has_endorsed(w, product("Lock"), "certified")); /* an endorsed environment, endorsed further */
}

/* ---- series ---- */

static void the_first_step_of_a_series_that_holds_counts(void **state)
{
    world *w = *state;

    know_series(w, product("Lamp"), &application, NULL);
    observe(w, layer(1), svn_5);
    match(w);

    assert_int_equal(count_endorsed(w), 1);
    assert_true(has_endorsed(w, layer(1), "certified"));
}

static void one_parts_step_is_not_anothers(void **state)
{
    world *w = *state;

    know_series(w, product("Lamp"), NULL, NULL);
    observe(w, layer(1), svn_5);
    observe(w, layer(2), svn_4);
    match(w);

    assert_int_equal(count_endorsed(w), 2);
    assert_true(has_endorsed(w, layer(1), "certified"));
    assert_true(has_endorsed(w, layer(2), "outdated"));
}

static void a_series_whose_condition_fails_adds_nothing(void **state)
{
    world *w = *state;

    know_series(w, product("Lamp"), &loader, NULL);
    know_series(w, layer(2), NULL, NULL);
    observe(w, layer(1), svn_5);
    match(w);

    assert_int_equal(count_endorsed(w), 0);
}

static void a_series_none_of_whose_steps_holds_adds_nothing(void **state)
{
    world *w = *state;

    know_series(w, product("Lamp"), NULL, NULL);
    observe(w, layer(1), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 0);
}

static void a_series_sees_what_all_else_has_added(void **state)
{
    static const tps_corim_measurement svn = {.has_svn = true, .svn = 9};
    world *w = *state;

    know_series(w, product("Lamp"), NULL, NULL);
    condition(w, layer(1), &digest_a, layer(1), NULL, &svn, 1);
    observe(w, layer(1), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 2);
    assert_true(has_endorsed(w, product("Lamp"), "certified"));
}

static void a_series_waits_for_the_last_of_what_is_no_series(void **state)
{
    static const tps_corim_measurement old_svn = {.has_svn = true, .svn = 4};
    static const tps_corim_measurement new_svn = {.has_svn = true, .svn = 9};
    world *w = *state;

    know_series(w, product("Lamp"), NULL, NULL);
    condition(w, product("Board"), &digest_a, layer(1), NULL, &old_svn, 1);
    /* Looked at first, and once a round; holds in the second. */
    condition(w, product("Board"), &digest_a, product("Lamp"), &old_svn, &new_svn, 1);
    observe(w, product("Board"), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 3);
    assert_true(has_endorsed(w, product("Lamp"), "certified"));
    assert_false(has_endorsed(w, product("Lamp"), "outdated"));
}

/* ---- who must have said it ---- */

static uint8_t signer_digest[32];

/* A text of PEM, in one line; it stays until there are four of them. */
static tps_span pem_of(const char *label, tps_span der)
{
    static char texts[4][4096];
    static size_t next;
    char *pem = texts[next++ % 4];
    size_t used = (size_t)snprintf(pem, sizeof *texts, "-----BEGIN %s-----\n", label);

    assert_in_range(der.size, 1, 2048);
    used += tps_base64_write(der, pem + used);
    snprintf(pem + used, sizeof *texts - used, "\n-----END %s-----\n", label);
    return tps_span_of_text(pem);
}

/* The signer's key as PEM text; its digest in signer_digest. */
static tps_span make_signer(void)
{
    uint8_t spki[TPS_SPKI_SIZE_MAX];
    tps_crypto_key *key = test_key(3);
    tps_digest digest;
    size_t size;

    assert_int_equal(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest), TPS_OK);
    memcpy(signer_digest, digest.bytes, 32);
    tps_crypto_key_free(key);
    return pem_of("PUBLIC KEY", tps_span_make(spki, size));
}

/* {1: 2, -1: 1, -2: x, -3: y} */
static tps_span write_cose_key(const tps_crypto_key *key, uint8_t room[80])
{
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){room, 80});
    tps_crypto_point point;
    tps_span encoded;

    assert_int_equal(tps_crypto_key_point(key, &point), TPS_OK);
    tps_cbor_put_map(&w, 4);
    tps_cbor_put_int(&w, 1);
    tps_cbor_put_int(&w, 2);
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_int(&w, 1);
    tps_cbor_put_int(&w, -2);
    tps_cbor_put_bytes(&w, tps_span_make(point.x, 32));
    tps_cbor_put_int(&w, -3);
    tps_cbor_put_bytes(&w, tps_span_make(point.y, 32));
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static void keys_of_conditions_lead_to_who_signed(void **state)
{
    static uint8_t other[32] = {9};
    static uint8_t cose_key[80];
    const tps_span pem = make_signer();
    tps_crypto_key *key = test_key(3);
    const tps_span der = make_ca("Signer", key, TPS_SPAN_EMPTY, NULL);
    const tps_corim_digest good = {.alg = TPS_ALG_SHA256, .value = {signer_digest, 32}};
    const tps_corim_digest wrong = {.alg = TPS_ALG_SHA256, .value = {other, 32}};
    const struct {
        tps_corim_key key;
        bool leads;
    } cases[] = {
        {{.tag = TPS_CORIM_TAG_KEY_PEM, .value = pem}, true},
        {{.tag = TPS_CORIM_TAG_CERTIFICATE_PEM, .value = pem_of("CERTIFICATE", der)}, true},
        {{.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = der}, true},
        {{.tag = TPS_CORIM_TAG_COSE_KEY, .value = write_cose_key(key, cose_key)}, true},
        {{.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = good}, true},
        {{.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = wrong}, false},
        {{.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = long_hash}, false},
        {{.tag = TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT, .digest = good}, false},
        {{.tag = TPS_CORIM_TAG_KEY_PEM, .value = SPAN("no key")}, false},
        {{.tag = TPS_CORIM_TAG_CERTIFICATE_PEM, .value = SPAN("no certificate")}, false},
        {{.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = SPAN("no certificate")}, false},
        {{.tag = TPS_CORIM_TAG_COSE_KEY, .value = SPAN("\xa1\x01\x02")}, false},
        {{.tag = TPS_CORIM_TAG_BYTES, .value = {signer_digest, 32}}, false},
    };
    world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const tps_corim_measurement wanted = {.digests = ONE(&hash_a), .authorized_by = ONE(&cases[i].key)};
        w->set.count = 0;
        w->set.signer = signer_digest;
        condition(w, layer(i), &wanted, layer(i), NULL, &certified, 1);
        observe(w, layer(i), digest_a);
        match(w);
        assert_int_equal(count_endorsed(w), cases[i].leads);
    }
    tps_crypto_key_free(key);
}

static void a_claim_is_its_makers_only_when_the_maker_said_it(void **state)
{
    static uint8_t maker[32];
    const tps_corim_key who = {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT,
                               .digest = {.alg = TPS_ALG_SHA256, .value = {maker, 32}}};
    const tps_corim_measurement wanted = {.digests = ONE(&hash_a), .authorized_by = ONE(&who)};
    world *w = *state;

    memset(maker, 0x11, sizeof maker);
    condition(w, layer(1), &wanted, layer(1), NULL, &certified, 2);
    observe(w, layer(1), digest_a);
    match(w);
    assert_int_equal(count_endorsed(w), 0);

    know_values(w, STATEMENT_REFERENCE, layer(1), &digest_a, 1, 1);
    match(w);
    assert_int_equal(count_endorsed(w), 1);
}

static void an_endorsed_claim_is_not_who_signed_the_evidence(void **state)
{
    const tps_corim_key who = {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT,
                               .digest = {.alg = TPS_ALG_SHA256, .value = {signer_digest, 32}}};
    const tps_corim_measurement wanted = {.name = SPAN("certified"), .authorized_by = ONE(&who)};
    world *w = *state;

    w->set.signer = signer_digest;
    endorse(w, product("Lamp"), &certified, 0);
    condition(w, product("Lamp"), &wanted, layer(1), NULL, &outdated, 1);
    observe(w, layer(1), digest_a);
    match(w);

    assert_int_equal(count_endorsed(w), 1);
}

static void a_series_can_say_who_must_have_said_its_condition(void **state)
{
    static uint8_t maker[32];
    const tps_corim_key who = {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT,
                               .digest = {.alg = TPS_ALG_SHA256, .value = {maker, 32}}};
    const tps_corim_keys keys = ONE(&who);
    world *w = *state;

    memset(maker, 0x11, sizeof maker);
    know_series(w, layer(1), &application, &keys);
    know_series(w, layer(1), NULL, &keys);
    observe(w, layer(1), svn_5);
    match(w);
    assert_int_equal(count_endorsed(w), 0);

    know_values(w, STATEMENT_REFERENCE, layer(1), &svn_5, 1, 1);
    match(w);
    assert_int_equal(count_endorsed(w), 2);
}

/* ---- bounds ---- */

static void rounds_have_a_bound(void **state)
{
    static tps_corim_measurement names[100];
    static char texts[100][8];
    world *w = *state;

    for (size_t i = 0; i < 100; i++) {
        snprintf(texts[i], sizeof texts[i], "%zu", i);
        names[i] = (tps_corim_measurement){.name = tps_span_of_text(texts[i])};
    }
    for (size_t i = 0; i + 1 < 100; i++) {
        condition(w, product("Lamp"), &names[i], layer(1), NULL, &names[i + 1], 1);
    }
    condition(w, layer(1), &digest_a, layer(1), NULL, &names[0], 1);
    observe(w, layer(1), digest_a);
    match(w);

    expect(w, NULL);
    assert_int_equal(count_endorsed(w), 100);
    assert_in_range(w->looks, 100, STATEMENTS_LOOKS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_endorsed_value_is_added_to_an_environment_that_is_there),
        TEST(endorsed_values_corroborate_nothing),
        TEST(another_makers_endorsed_values_count_for_nothing),
        TEST(an_endorsed_value_under_the_demonstration_ca_is_told),
        TEST(values_that_find_no_room_are_a_finding),
        TEST(what_is_under_conditions_is_added_when_all_hold),
        TEST(what_is_under_conditions_is_not_added_when_one_fails),
        TEST(a_condition_can_rest_on_what_another_added),
        TEST(conditions_that_rest_on_each_other_add_nothing),
        TEST(a_condition_is_met_by_one_entry_alone),
        TEST(what_evidence_and_manifests_say_are_entries_of_their_own),
        TEST(an_image_that_is_known_to_be_bad_meets_no_condition),
        TEST(several_endorsements_under_one_condition_are_all_added),
        TEST(the_first_step_of_a_series_that_holds_counts),
        TEST(one_parts_step_is_not_anothers),
        TEST(a_series_whose_condition_fails_adds_nothing),
        TEST(a_series_none_of_whose_steps_holds_adds_nothing),
        TEST(a_series_sees_what_all_else_has_added),
        TEST(a_series_waits_for_the_last_of_what_is_no_series),
        TEST(keys_of_conditions_lead_to_who_signed),
        TEST(a_claim_is_its_makers_only_when_the_maker_said_it),
        TEST(an_endorsed_claim_is_not_who_signed_the_evidence),
        TEST(a_series_can_say_who_must_have_said_its_condition),
        TEST(rounds_have_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
