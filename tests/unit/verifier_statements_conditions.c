/* SPDX-License-Identifier: Apache-2.0 */
/* What endorsements add: endorsed values, conditions, series, domains; who must have said what they rest on.
 */
#include "support/check.h"
#include "support/keys.h"
#include "tps/base64.h"
#include "verifier/match/matching.h"
#include "verifier_statements_support.h"
#include "verifier_support.h"

static const tps_corim_measurement digest_a = {.digests = ONE(&hash_a)};
static const tps_corim_measurement digest_b = {.digests = ONE(&hash_b)};
static const tps_corim_measurement certified = {.name = SPAN("certified")};
static const tps_corim_measurement outdated = {.name = SPAN("outdated")};

static tps_corim_environment product(const char *model)
{
    return (tps_corim_environment){.vendor = TPS_SPAN_LITERAL("ACME"), .model = tps_span_of_text(model)};
}

static void observe(world *w, tps_corim_environment environment, tps_corim_measurement measurement)
{
    claim(w, environment, measurement)->must_match = false;
}

static void endorse(world *w, tps_corim_environment environment, const tps_corim_measurement *value,
                    uint32_t source)
{
    know_values(w, STATEMENT_ENDORSED, environment, value, 1, source);
}

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

/* "When the first is a and the second is b, the lamp is `name`d." */
static void condition(world *w, tps_corim_environment first, const tps_corim_measurement *a,
                      tps_corim_environment second, const tps_corim_measurement *b,
                      const tps_corim_measurement *value, uint32_t source)
{
    tps_corim_statement conditions[] = {{.environment = first, .measurements = {.items = a, .count = 1}},
                                        {.environment = second, .measurements = {.items = b, .count = 1}}};
    tps_corim_statement endorsement = {.environment = product("Lamp"), .measurements = ONE(value)};
    tps_corim_conditional conditional = {.conditions = {.items = conditions, .count = b == NULL ? 1 : 2},
                                         .endorsements = ONE(&endorsement)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};

    know(w, STATEMENT_CONDITIONAL, &comid, source);
}

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

static void know_series(world *w, tps_corim_environment environment, const tps_corim_measurement *claims,
                        const tps_corim_keys *authorized_by)
{
    static const tps_corim_measurement new_svn = {
        .has_svn = true, .svn = 5, .svn_tag = TPS_CORIM_TAG_MIN_SVN};
    static const tps_corim_measurement any_svn = {.has_svn = true, .svn_tag = TPS_CORIM_TAG_MIN_SVN};
    static const tps_corim_series_step steps[] = {{ONE(&new_svn), ONE(&certified)},
                                                  {ONE(&any_svn), ONE(&outdated)}};
    tps_corim_series series = {.environment = environment, .steps = ITEMS(steps)};
    tps_corim_comid comid = {.series = ONE(&series)};

    if (claims != NULL) {
        series.claims = (tps_corim_measurements)ONE(claims);
    }
    if (authorized_by != NULL) {
        series.authorized_by = *authorized_by;
    }
    know(w, STATEMENT_SERIES, &comid, 1);
}

static const tps_corim_measurement svn_5 = {.name = SPAN("application"), .has_svn = true, .svn = 5};
static const tps_corim_measurement svn_4 = {.name = SPAN("application"), .has_svn = true, .svn = 4};
static const tps_corim_measurement application = {.name = SPAN("application")};
static const tps_corim_measurement loader = {.name = SPAN("loader")};

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
        TEST(rounds_have_a_bound),
        TEST(whatever_ends_before_its_end_is_never_affirming),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
