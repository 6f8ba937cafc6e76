/* SPDX-License-Identifier: Apache-2.0 */
/* Devices whose class has statements in the general form: what is endorsed of them, and what is known as bad.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "tps/anchor.h"
#include "tps/revocation.h"
#include "verifier/facts.h"
#include "verifier_support.h"

#define TEXT(text) TPS_SPAN_LITERAL(text)
#define ONE(pointer)                   \
    {                                  \
        .items = (pointer), .count = 1 \
    }
#define KEY(text)                                   \
    (tps_corim_value)                               \
    {                                               \
        .kind = TPS_CORIM_TEXT, .bytes = TEXT(text) \
    }

/* A CoMID with its own number as its id, in a manifest of the opentps profile. */
static tps_span write_comid(const tps_corim_comid *comid)
{
    static uint8_t room[8192];
    static uint8_t number;
    uint8_t id[16] = {++number};
    tps_corim_comid named = *comid;
    tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = &named};
    tps_corim corim = {.id = KEY("statements"), .tags = ONE(&tag)};
    tps_error why = {0};
    tps_span encoded;

    corim.profile = (tps_corim_value){TPS_CORIM_TEXT, 32, tps_span_of_text(TPS_CORIM_PROFILE_OPENTPS_URI)};
    named.identity.id = (tps_corim_value){TPS_CORIM_UUID, 37, TPS_SPAN_OF(id)};
    if (tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, &why) != TPS_OK) {
        fail_msg("%s: %s", tps_status_name(why.status), why.detail);
    }
    return encoded;
}

static tps_corim_environment environment_of(const uint8_t class_id[32])
{
    tps_corim_manifest of = class_id == lamp_class ? lamp_manifest() : lock_manifest();

    return (tps_corim_environment){.class_id = {TPS_CORIM_BYTES, TPS_CORIM_TAG_BYTES, {class_id, 32}},
                                   .vendor = of.vendor,
                                   .model = of.model};
}

static tps_span write_value(const uint8_t class_id[32], tps_corim_value key, tps_span name)
{
    tps_corim_measurement value = {.key = key, .name = name};
    tps_corim_statement statement = {environment_of(class_id), ONE(&value)};
    tps_corim_comid comid = {.endorsed_values = ONE(&statement)};

    return write_comid(&comid);
}

static tps_span write_purpose(const uint8_t class_id[32], const char *purpose)
{
    return write_value(class_id, KEY("opentps.purpose"), tps_span_of_text(purpose));
}

static void add(tps_verifier *v, tps_span corim)
{
    tps_error why = {0};

    if (tps_verifier_add_corim(v, corim, NOW, &why) != TPS_OK) {
        fail_msg("%s: %s", tps_status_name(why.status), why.detail == NULL ? "" : why.detail);
    }
}

static const tps_appraisal *appraise_psa(tps_verifier *v, const tps_psa_claims *claims)
{
    return appraise(v, sign_psa(claims, device_key(1), TPS_ALG_ES256));
}

static const tps_appraisal *appraise_eat(tps_verifier *v, const tps_device_claims *claims)
{
    return appraise(v, sign_eat(claims, device_key(1), NULL, 0));
}

/* ---- the purpose ---- */

static void an_endorsed_purpose_is_told(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims psa = lamp_psa();
    tps_device_claims eat = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    add(v, write_purpose(lamp_class, "lighting"));
    a = appraise_eat(v, &eat);
    expect_affirming(a);
    assert_string_equal(a->purpose, "lighting");

    a = appraise_psa(v, &psa);
    expect_affirming(a);
    assert_string_equal(a->purpose, "lighting");
    tps_verifier_free(v);
}

static void the_purpose_of_another_class_is_not_the_devices(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims eat = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    add(v, write_purpose(lock_class, "locking"));
    add(v, write_value(lamp_class, KEY("opentps.certification"), TEXT("SESIP 2")));
    add(v, write_value(lamp_class, (tps_corim_value){.kind = TPS_CORIM_UINT, .number = 1}, TEXT("one")));
    a = appraise_eat(v, &eat);
    expect_affirming(a);
    assert_string_equal(a->purpose, "");
    tps_verifier_free(v);
}

static void a_purpose_without_a_name_says_nothing(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_corim_measurement value = {.key = KEY("opentps.purpose"), .version = TEXT("1")};
    tps_corim_statement statement = {environment_of(lamp_class), ONE(&value)};
    tps_corim_comid comid = {.endorsed_values = ONE(&statement)};
    tps_device_claims eat = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    add(v, write_comid(&comid));
    a = appraise_eat(v, &eat);
    expect_affirming(a);
    assert_string_equal(a->purpose, "");
    tps_verifier_free(v);
}

static void a_purpose_reaches_no_terminal_and_is_cut(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims eat = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    add(v,
        write_purpose(lamp_class,
                      "\x1b[31mnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
                      "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"));
    a = appraise_eat(v, &eat);
    expect_affirming(a);
    assert_null(strchr(a->purpose, 0x1b));
    assert_in_range(strlen(a->purpose), 1, TPS_PURPOSE_MAX - 1);
    tps_verifier_free(v);
}

static void a_purpose_under_a_condition_needs_the_component(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_corim_measurement app = {.key = KEY("opentps.software-component"), .name = TEXT("app")};
    tps_corim_statement condition = {environment_of(lamp_class), ONE(&app)};
    tps_corim_measurement purpose = {.key = KEY("opentps.purpose"), .name = TEXT("lighting")};
    tps_corim_statement endorsement = {environment_of(lamp_class), ONE(&purpose)};
    tps_corim_conditional conditional = {ONE(&condition), ONE(&endorsement)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};
    tps_device_claims eat = lamp_eat();
    static const uint8_t other[32] = {0x66};
    const tps_appraisal *a;

    (void)state;
    add(v, write_comid(&comid));
    a = appraise_eat(v, &eat);
    expect_affirming(a);
    assert_string_equal(a->purpose, "lighting");

    eat.components[2].digest = TPS_SPAN_OF(other);
    a = appraise_eat(v, &eat);
    expect_finding(a, "executables.unknown-measurement", TPS_OK);
    assert_string_equal(a->purpose, "");
    tps_verifier_free(v);
}

static void a_condition_names_a_component_for_either_profile(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_corim_measurement app = {.key = KEY("opentps.software-component"), .name = TEXT("app")};
    tps_corim_statement condition = {environment_of(lamp_class), ONE(&app)};
    tps_corim_measurement purpose = {.key = KEY("opentps.purpose"), .name = TEXT("lighting")};
    tps_corim_statement endorsement = {environment_of(lamp_class), ONE(&purpose)};
    tps_corim_conditional conditional = {ONE(&condition), ONE(&endorsement)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};
    tps_device_claims eat = lamp_eat();
    tps_psa_claims psa = lamp_psa();

    (void)state;
    add(v, write_comid(&comid));
    assert_string_equal(appraise_psa(v, &psa)->purpose, "lighting");
    assert_string_equal(appraise_eat(v, &eat)->purpose, "lighting");
    tps_verifier_free(v);
}

/* "When the lamp has this component, the environment is for lighting." */
static void add_condition(tps_verifier *v, tps_corim_measurement component, tps_corim_environment environment)
{
    tps_corim_statement condition = {environment_of(lamp_class), ONE(&component)};
    tps_corim_measurement purpose = {.key = KEY("opentps.purpose"), .name = TEXT("lighting")};
    tps_corim_statement endorsement = {environment, ONE(&purpose)};
    tps_corim_conditional conditional = {ONE(&condition), ONE(&endorsement)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};

    add(v, write_comid(&comid));
}

static void what_rests_on_a_device_that_runs_something_else_is_told(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_corim_environment lamp = environment_of(lamp_class);
    tps_corim_domain domain = {lamp, ONE(&lamp)};
    tps_corim_comid comid = {.memberships = ONE(&domain), .dependencies = ONE(&domain)};
    static const uint8_t other[32] = {0x66};
    tps_device_claims eat = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    add(v, write_comid(&comid));
    expect_affirming(appraise_eat(v, &eat));
    eat.components[1].digest = TPS_SPAN_OF(other);
    a = appraise_eat(v, &eat);
    expect_finding(a, "executables.unknown-measurement", TPS_OK);
    expect_finding(a, "executables.unproven-dependency", TPS_OK);
    tps_verifier_free(v);
}

static void a_condition_can_ask_whose_evidence_it_is(void **state)
{
    (void)state;
    for (uint8_t number = 1; number <= 2; number++) {
        tps_verifier *v = maker_verifier();
        uint8_t spki[TPS_SPKI_SIZE_MAX];
        size_t size;
        tps_digest digest;
        tps_corim_key who = {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = {.alg = TPS_ALG_SHA256}};
        tps_corim_measurement app = {
            .key = KEY("opentps.software-component"), .name = TEXT("app"), .authorized_by = ONE(&who)};
        tps_device_claims eat = lamp_eat();

        assert_int_equal(tps_crypto_key_spki(device_key(number), TPS_BUF_OF(spki), &size), TPS_OK);
        assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest), TPS_OK);
        who.digest.value = tps_span_make(digest.bytes, 32);
        add_condition(v, app, environment_of(lamp_class));
        assert_string_equal(appraise_eat(v, &eat)->purpose, number == 1 ? "lighting" : "");
        tps_verifier_free(v);
    }
}

static void a_purpose_of_another_environment_is_not_the_devices(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_corim_environment layer = environment_of(lamp_class);
    tps_corim_measurement app = {.key = KEY("opentps.software-component"), .name = TEXT("app")};
    tps_device_claims eat = lamp_eat();

    (void)state;
    layer.has_layer = true;
    add_condition(v, app, layer);
    add_condition(v, app, environment_of(lock_class));
    assert_string_equal(appraise_eat(v, &eat)->purpose, "");
    tps_verifier_free(v);
}

static void a_condition_can_ask_for_digests_of_each_size(void **state)
{
    static const uint8_t bytes[64] = {0x77};
    static const int32_t algs[] = {TPS_ALG_SHA256, TPS_ALG_SHA384, TPS_ALG_SHA512};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
        tps_corim_manifest manifest = lamp_manifest();
        tps_corim_component component = lamp_software()[0];
        tps_corim_digest digest = {.alg = algs[i], .value = {bytes, 32 + 16 * i}};
        tps_corim_measurement app = {.key = KEY("opentps.software-component"), .digests = ONE(&digest)};
        tps_psa_claims psa = lamp_psa();

        component.digest = digest.value;
        manifest.profile_kind = TPS_CORIM_PROFILE_OPENTPS;
        manifest.components = &component;
        manifest.component_count = 1;
        add(v, encode(&manifest));
        add_condition(v, app, environment_of(lamp_class));
        psa.components[0].measurement = digest.value;
        psa.component_count = 1;
        assert_string_equal(appraise_psa(v, &psa)->purpose, "lighting");
        tps_verifier_free(v);
    }
}

static void claims_that_find_no_room_are_a_finding(void **state)
{
    static accepted_claims accepted;
    static tps_appraisal appraisal;
    static evidence_claims e;
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = {.now = NOW};
    trust signer = {.device = KNOWLEDGE_NONE};
    judgement j = {.verifier = v,
                   .request = &request,
                   .evidence = &e,
                   .signer = &signer,
                   .accepted = &accepted,
                   .appraisal = &appraisal};

    (void)state;
    e.scheme = TPS_SCHEME_OPENTPS;
    e.class_id = tps_span_make(lamp_class, 32);
    e.component_count = 3;
    memcpy(e.components, lamp_software(), 3 * sizeof *e.components);
    for (size_t room = 0; room <= 4; room++) {
        memset(&appraisal, 0, sizeof appraisal);
        accepted.count = ACCEPTED_MAX - room;
        assert_true(facts_establish(&j));
        assert_int_equal(appraisal.finding_count, room < 4);
        if (room < 4) {
            assert_string_equal(appraisal.findings[0].name, "executables.too-many-claims");
        }
    }
    tps_verifier_free(v);
}

/* ---- who says it ---- */

static tps_span sign_corim(tps_span corim, tps_crypto_key *key, tps_span leaf, tps_span ca)
{
    static uint8_t room[16384];
    const tps_span chain[] = {leaf, ca};
    tps_corim_signer who = {.name = TEXT("someone"), .x5chain = chain, .x5chain_count = 2};
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_span encoded;

    assert_int_equal(tps_corim_sign(corim, &who, &signer, TPS_BUF_OF(room), &encoded), TPS_OK);
    return encoded;
}

/* A copy that stays. */
static tps_span keep(tps_span der, uint8_t room[2048])
{
    assert_in_range(der.size, 1, 2048);
    memcpy(room, der.data, der.size);
    return tps_span_make(room, der.size);
}

static void another_maker_gives_a_class_no_purpose_by_its_name(void **state)
{
    static uint8_t rooms[3][2048];
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = false});
    tps_corim_environment named = {.vendor = lamp_manifest().vendor, .model = lamp_manifest().model};
    tps_corim_measurement purpose = {.key = KEY("opentps.purpose"), .name = TEXT("surveillance")};
    tps_corim_statement statement = {named, ONE(&purpose)};
    tps_corim_comid comid = {.endorsed_values = ONE(&statement)};
    tps_span ca = keep(make_ca("Lumen CA", device_key(11), TPS_SPAN_EMPTY, NULL), rooms[0]);
    tps_span leaf;
    tps_device_claims eat = lamp_eat();
    tps_corim_manifest lamp = lamp_manifest();
    const tps_appraisal *a;

    (void)state;
    lamp.profile_kind = TPS_CORIM_PROFILE_OPENTPS;
    assert_int_equal(tps_verifier_add_anchor(v, ca), TPS_OK);
    leaf = keep(
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(12), ca, device_key(11), NOW + 1000),
        rooms[1]);
    add(v, sign_corim(encode(&lamp), device_key(12), leaf, ca));

    ca = keep(make_ca("Other CA", device_key(13), TPS_SPAN_EMPTY, NULL), rooms[0]);
    assert_int_equal(tps_verifier_add_anchor(v, ca), TPS_OK);
    leaf = keep(
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(14), ca, device_key(13), NOW + 1000),
        rooms[1]);
    add(v, sign_corim(write_comid(&comid), device_key(14), leaf, ca));

    a = appraise_eat(v, &eat);
    expect_affirming(a);
    assert_string_equal(a->purpose, "");
    tps_verifier_free(v);
}

/* ---- known bad ---- */

static void an_endorsed_component_that_is_known_to_be_bad_is_refused(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims psa = lamp_psa();
    tps_device_claims eat = lamp_eat();
    tps_revocation bad = {TPS_REVOKED_IMAGE, lamp_software()[1].digest, NOW, "CVE-2026-1234"};
    const tps_appraisal *a;

    (void)state;
    expect_affirming(appraise_psa(v, &psa));
    assert_int_equal(tps_verifier_revoke(v, &bad), TPS_OK);

    a = appraise_psa(v, &psa);
    expect_finding(a, "executables.known-bad", TPS_OK);
    assert_int_equal(a->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_CONTRAINDICATED);
    assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
    assert_string_equal(a->findings[0].cause,
                        "component \"rot\" is software that is known to be bad: CVE-2026-1234");
    expect_finding(appraise_eat(v, &eat), "executables.known-bad", TPS_OK);
    tps_verifier_free(v);
}

static const uint8_t long_digest[48] = {0xa2, 3, 8, 4};
static const uint8_t wide_digest[64] = {0xa2, 5, 1, 2};

/* A release of the lamp's "rot" by several digests. */
static tps_span write_releases(tps_span version, const tps_corim_digests *digests, size_t count)
{
    const tps_corim_component *rot = &lamp_software()[1];
    tps_corim_key signer = {.tag = TPS_CORIM_TAG_BYTES, .value = rot->signer_id};
    tps_corim_measurement releases[2];
    tps_corim_statement statement = {environment_of(lamp_class), {.items = releases, .count = count}};
    tps_corim_comid comid = {.reference_values = ONE(&statement)};

    for (size_t i = 0; i < count; i++) {
        releases[i] = (tps_corim_measurement){.key = KEY("opentps.software-component"),
                                              .name = rot->name,
                                              .version = version,
                                              .digests = digests[i],
                                              .keys = ONE(&signer)};
    }
    return write_comid(&comid);
}

static tps_span write_release(tps_span version, const tps_corim_digest *digests, size_t count)
{
    const tps_corim_digests one = {.items = digests, .count = count};

    return write_releases(version, &one, 1);
}

static void expect_known_bad_as(tps_verifier *v, tps_span digest)
{
    tps_psa_claims psa = lamp_psa();
    const tps_appraisal *a;

    psa.components[1].measurement = digest;
    a = appraise_psa(v, &psa);
    expect_finding(a, "executables.known-bad", TPS_OK);
    assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
    assert_int_equal(a->finding_count, 1);
}

static void a_release_that_is_revoked_by_one_digest_is_bad_by_each(void **state)
{
    const tps_corim_digest narrow = {.alg = TPS_ALG_SHA256, .value = lamp_software()[1].digest};
    const tps_corim_digest both[] = {narrow, {.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(long_digest)}};
    const tps_corim_digest wide[] = {both[1], {.alg = TPS_ALG_SHA512, .value = TPS_SPAN_OF(wide_digest)}};
    const tps_span versions[] = {TEXT("1.0"), TPS_SPAN_EMPTY};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_verifier *v = maker_verifier(); /* it knows 1.0 by SHA-256 already */
        tps_revocation bad = {TPS_REVOKED_IMAGE, narrow.value, NOW, "CVE-2026-1234"};
        tps_psa_claims psa = lamp_psa();

        add(v, write_release(versions[i], both, 2));
        add(v, write_release(versions[i], wide, 2)); /* each says a little of it */
        psa.components[1].measurement = TPS_SPAN_OF(wide_digest);
        expect_affirming(appraise_psa(v, &psa));
        bad.since = NOW + 1;
        assert_int_equal(tps_verifier_revoke(v, &bad), TPS_OK);
        expect_affirming(appraise_psa(v, &psa));
        bad.since = NOW;
        assert_int_equal(tps_verifier_revoke(v, &bad), TPS_OK);
        expect_known_bad_as(v, narrow.value);
        expect_known_bad_as(v, TPS_SPAN_OF(long_digest));
        expect_known_bad_as(v, TPS_SPAN_OF(wide_digest));
        tps_verifier_free(v);
    }
}

static void another_release_is_not_bad_with_it(void **state)
{
    const tps_corim_digest old = {.alg = TPS_ALG_SHA256, .value = lamp_software()[1].digest};
    const tps_corim_digest next = {.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(long_digest)};
    tps_verifier *v = maker_verifier();
    tps_revocation bad = {TPS_REVOKED_IMAGE, old.value, NOW, ""};
    tps_psa_claims psa = lamp_psa();

    (void)state;
    add(v, write_release(TEXT("1.1"), &next, 1));
    assert_int_equal(tps_verifier_revoke(v, &bad), TPS_OK);
    psa.components[1].measurement = TPS_SPAN_OF(long_digest);
    expect_affirming(appraise_psa(v, &psa));
    tps_verifier_free(v);
}

/* What is refused as a whole joins nothing. */
static void a_manifest_that_is_refused_joins_no_digests(void **state)
{
    const tps_corim_digest known = {.alg = TPS_ALG_SHA256, .value = lamp_software()[1].digest};
    const tps_corim_digest next = {.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(long_digest)};
    const tps_corim_digest both[] = {known, next};
    const tps_corim_digest clash = {.alg = TPS_ALG_SHA256, .value = lock_software()[1].digest};
    const tps_corim_digests refused[] = {{.items = both, .count = 2}, ONE(&clash)};
    tps_verifier *v = maker_verifier();
    tps_revocation bad = {TPS_REVOKED_IMAGE, known.value, NOW, ""};
    tps_psa_claims psa = lamp_psa();

    (void)state;
    add(v, write_release(TEXT("1.1"), &next, 1));
    assert_int_equal(tps_verifier_add_corim(v, write_releases(TEXT("1.0"), refused, 2), NOW, NULL),
                     TPS_VERIFIER_CONFLICT);
    assert_int_equal(tps_verifier_revoke(v, &bad), TPS_OK);
    psa.components[1].measurement = TPS_SPAN_OF(long_digest);
    expect_affirming(appraise_psa(v, &psa));
    add(v, write_release(TEXT("1.0"), both, 2));
    expect_known_bad_as(v, TPS_SPAN_OF(long_digest));
    tps_verifier_free(v);
}

static void a_component_that_is_bad_from_tomorrow_on_counts_today(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims psa = lamp_psa();
    tps_revocation bad = {TPS_REVOKED_IMAGE, lamp_software()[1].digest, NOW + 1, ""};
    tps_revocation key = {TPS_REVOKED_KEY, lamp_software()[1].digest, 0, ""};

    (void)state;
    assert_int_equal(tps_verifier_revoke(v, &bad), TPS_OK);
    assert_int_equal(tps_verifier_revoke(v, &key), TPS_OK);
    expect_affirming(appraise_psa(v, &psa));
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endorsed_purpose_is_told),
        cmocka_unit_test(the_purpose_of_another_class_is_not_the_devices),
        cmocka_unit_test(a_purpose_without_a_name_says_nothing),
        cmocka_unit_test(a_purpose_reaches_no_terminal_and_is_cut),
        cmocka_unit_test(a_purpose_under_a_condition_needs_the_component),
        cmocka_unit_test(a_condition_names_a_component_for_either_profile),
        cmocka_unit_test(what_rests_on_a_device_that_runs_something_else_is_told),
        cmocka_unit_test(a_condition_can_ask_whose_evidence_it_is),
        cmocka_unit_test(a_purpose_of_another_environment_is_not_the_devices),
        cmocka_unit_test(a_condition_can_ask_for_digests_of_each_size),
        cmocka_unit_test(claims_that_find_no_room_are_a_finding),
        cmocka_unit_test(another_maker_gives_a_class_no_purpose_by_its_name),
        cmocka_unit_test(an_endorsed_component_that_is_known_to_be_bad_is_refused),
        cmocka_unit_test(a_release_that_is_revoked_by_one_digest_is_bad_by_each),
        cmocka_unit_test(another_release_is_not_bad_with_it),
        cmocka_unit_test(a_manifest_that_is_refused_joins_no_digests),
        cmocka_unit_test(a_component_that_is_bad_from_tomorrow_on_counts_today),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
