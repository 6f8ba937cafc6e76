/* SPDX-License-Identifier: Apache-2.0 */
/* Composite devices: each part by itself, the whole no better than its worst part; what vouches for what. */
#include "composite_support.h"
#include "support/check.h"
#include "tps/dice.h"
#include "tps/eat_bundle.h"
#include "tps/freshness.h"

/* ---- one message ---- */

static void what_stands_alone_is_one_part(void **state)
{
    (void)state;
    appraise_all(lamp());
    assert_int_equal(count, 1);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
}

static void what_is_nothing_is_one_part_that_is_refused(void **state)
{
    static const char *const nothing[] = {"",   "eyJ",         "[", "{", "\x82", "\xd9\x02\x5a",
                                          "[[", " [ [\"JWT\"", "x"};

    (void)state;
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        appraise_all(tps_span_of_text(nothing[i]));
        assert_int_equal(count, 1);
        assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
        assert_string_equal(parts[0].findings[0].name, "evidence.malformed");
    }
}

/* ---- tokens in a token ---- */

static void a_lead_and_what_it_carries_are_each_judged(void **state)
{
    const submodule inside[] = {{.name = "lock", .bytes = lock()}};

    (void)state;
    appraise_all(lamp_with(inside, 1));
    assert_int_equal(count, 2);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
    assert_string_equal(parts[1].device_class, "Lumen Lock");
    assert_memory_not_equal(parts[0].signer_sha256, parts[1].signer_sha256, 32);
}

static void one_bad_part_spoils_the_whole(void **state)
{
    static const uint8_t unknown[32] = {9};
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock"}};

    (void)state;
    claims.components[1].digest = TPS_SPAN_OF(unknown);
    inside[0].bytes = keep(sign_eat(&claims, device_key(2), NULL, 0));
    appraise_all(lamp_with(inside, 1));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_WARNING);
    expect_finding(&parts[1], "executables.unknown-measurement", TPS_OK);
    assert_int_equal(tier, TPS_EAR_TIER_WARNING);
}

static void a_nested_token_must_have_the_nonce_itself(void **state)
{
    static const uint8_t another[32] = {2};
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock"}};

    (void)state;
    claims.nonce = TPS_SPAN_OF(another);
    inside[0].bytes = keep(sign_eat(&claims, device_key(2), NULL, 0));
    appraise_all(lamp_with(inside, 1));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_CONTRAINDICATED);
    expect_finding(&parts[1], "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void a_nested_token_must_have_a_signer_that_is_known(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock"}};

    (void)state;
    claims.ueid = instance_of(device_key(7));
    inside[0].bytes = keep(sign_eat(&claims, device_key(7), NULL, 0));
    appraise_all(lamp_with(inside, 1));
    expect_part(1, "lock", TPS_EAR_TIER_CONTRAINDICATED);
    expect_finding(&parts[1], "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void parts_have_their_path_for_name(void **state)
{
    submodule inner[] = {{.name = "deep"}, {.name = "bad\x1b[2J"}};
    submodule inside[] = {{.name = "soc"}};
    tps_device_claims claims = lock_eat();

    (void)state;
    inner[0].bytes = TPS_SPAN_LITERAL("\xd2\x84\x40\xa0\x40\x40");
    inner[1].bytes = inner[0].bytes;
    claims.submods = submods_of(inner, 2);
    inside[0].bytes = keep(sign_eat(&claims, device_key(2), NULL, 0));
    appraise_all(lamp_with(inside, 1));
    assert_int_equal(count, 4);
    expect_part(1, "soc", TPS_EAR_TIER_AFFIRMING);
    expect_part(2, "soc/deep", TPS_EAR_TIER_CONTRAINDICATED);
    expect_part(3, "soc/bad?[2J", TPS_EAR_TIER_CONTRAINDICATED);
}

static void a_long_path_is_cut(void **state)
{
    char name[101];
    submodule inside[] = {{.name = name}};

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[100] = '\0';
    inside[0].bytes = lock();
    appraise_all(lamp_with(inside, 1));
    assert_int_equal(strlen(parts[1].name), TPS_PART_NAME_MAX - 1);
}

static void nothing_in_a_lead_that_is_refused_is_looked_at(void **state)
{
    const submodule inside[] = {{.name = "lock", .bytes = lock()}};
    tps_span lead = lamp_with(inside, 1);
    tps_appraisal_request other = {.nonce = tps_span_make(the_nonce, 31), .now = NOW};
    uint8_t *changed;

    (void)state;
    changed = (uint8_t *)(uintptr_t)lead.data + lead.size - 1; /* it is in memory of composite_support.c */
    *changed ^= 1;
    appraise_all(lead);
    assert_int_equal(count, 1);
    expect_part(0, "", TPS_EAR_TIER_CONTRAINDICATED);
    *changed ^= 1;
    appraise_within(lead, TPS_BUF_OF(room), TPS_PARTS_MAX, &other);
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
}

static void without_a_nonce_no_part_is_fresh(void **state)
{
    const submodule inside[] = {{.name = "lock", .bytes = lock()}};
    tps_appraisal_request request = {.now = NOW};

    (void)state;
    appraise_within(lamp_with(inside, 1), TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < 2; i++) {
        expect_finding(&parts[i], "freshness.not-judged", TPS_OK);
    }
    assert_int_equal(tier, TPS_EAR_TIER_WARNING);
}

static void one_device_is_not_two(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "left", .bytes = lock()}, {.name = "right"}};

    (void)state;
    inside[1].bytes = inside[0].bytes;
    appraise_all(lamp_with(inside, 2));
    expect_part(1, "left", TPS_EAR_TIER_AFFIRMING);
    expect_part(2, "right", TPS_EAR_TIER_CONTRAINDICATED);
    expect_finding(&parts[2], "evidence.repeated-part", TPS_VERIFIER_COMPOSITE);
    assert_string_equal(parts[2].findings[0].evidence, "it is of the same device as part \"left\"");
    claims.intuse = TPS_EAT_USE_GENERIC; /* another token of the same device */
    claims.present |= TPS_DEVICE_HAS_INTUSE;
    inside[1].bytes = keep(sign_eat(&claims, device_key(2), NULL, 0));
    appraise_all(lamp_with(inside, 2));
    expect_finding(&parts[2], "evidence.repeated-part", TPS_VERIFIER_COMPOSITE);
    inside[0].bytes = lamp(); /* the lead itself, again */
    appraise_all(lamp_with(inside, 1));
    expect_finding(&parts[1], "evidence.repeated-part", TPS_VERIFIER_COMPOSITE);
    assert_string_equal(parts[1].findings[0].evidence, "it is of the same device as part \"the lead\"");
}

/* What a device is called, and how it speaks, is not who it is. */
static void one_device_in_two_schemes_is_not_two(void **state)
{
    tps_psa_claims claims = lamp_psa();
    submodule inside[] = {{.name = "twin"}};

    (void)state;
    inside[0].bytes = keep(sign_psa(&claims, device_key(1), TPS_ALG_ES256));
    appraise_all(lamp_with(inside, 1));
    assert_int_equal(count, 2);
    assert_int_equal(parts[0].scheme, TPS_SCHEME_OPENTPS);
    assert_int_equal(parts[1].scheme, TPS_SCHEME_PSA);
    expect_finding(&parts[1], "evidence.repeated-part", TPS_VERIFIER_COMPOSITE);
}

/* A key that was added speaks for any instance; as two it is the same device still. */
static void one_key_under_two_instance_ids_is_not_two(void **state)
{
    tps_psa_claims claims = lamp_psa();
    submodule inside[] = {{.name = "left"}, {.name = "right"}};
    uint8_t spki[128];
    uint8_t ids[2][33] = {{1, 1}, {1, 2}};
    size_t size;

    (void)state;
    assert_status(tps_crypto_key_spki(device_key(9), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_status(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    for (size_t i = 0; i < 2; i++) {
        claims.instance_id = TPS_SPAN_OF(ids[i]);
        inside[i].bytes = keep(sign_psa(&claims, device_key(9), TPS_ALG_ES256));
    }
    appraise_all(lamp_with(inside, 2));
    expect_part(1, "left", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[2], "evidence.repeated-part", TPS_VERIFIER_COMPOSITE);
}

/* "a/b" is the part "b" of the part "a", and nothing else. */
static void a_label_makes_no_path(void **state)
{
    submodule inside[] = {{.name = "a/b"}, {.name = "c~1d"}};

    (void)state;
    inside[0].bytes = lock();
    inside[1].bytes = TPS_SPAN_LITERAL("\xd2\x84\x40\xa0\x40\x40");
    appraise_all(lamp_with(inside, 2));
    expect_part(1, "a~1b", TPS_EAR_TIER_AFFIRMING);
    expect_part(2, "c~01d", TPS_EAR_TIER_CONTRAINDICATED);
}

static void ids_of_other_sizes_are_of_other_devices(void **state)
{
    static const uint8_t id[] = {1, 2, 3, 4, 5, 6, 7, 8};
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "a"}, {.name = "b"}};

    (void)state;
    forget_locks_key();
    for (size_t i = 0; i < 2; i++) {
        claims.ueid = tps_span_make(id, 7 + i);
        inside[i].raw = claims_of(&claims);
    }
    appraise_all(psa_lamp_with(submods_of(inside, 2)));
    assert_int_equal(count, 3);
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
}

static void more_parts_than_there_is_room_for_refuse_the_lead(void **state)
{
    const submodule inside[] = {{.name = "lock", .bytes = lock()}};
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    (void)state;
    appraise_within(lamp_with(inside, 1), TPS_BUF_OF(room), 1, &request);
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.too-many-parts", TPS_TOO_LARGE);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
    appraise_within(lamp_with(inside, 1), TPS_BUF_OF(room), 99, &request);
    assert_int_equal(count, 2);
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
}

static void what_has_no_room_is_told_whatever_it_is(void **state)
{
    tps_device_claims claims = lock_eat();
    const submodule inside[] = {{.name = "a", .raw = claims_of(&claims)}};
    const submodule digests[] = {{.name = "b", .raw = digest_of(TPS_SPAN_LITERAL("\xa0"))}};
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    (void)state;
    appraise_within(psa_lamp_with(submods_of(inside, 1)), TPS_BUF_OF(room), 1, &request);
    expect_finding(&parts[0], "evidence.too-many-parts", TPS_TOO_LARGE);
    appraise_within(psa_lamp_with(submods_of(digests, 1)), TPS_BUF_OF(room), 1, &request);
    expect_finding(&parts[0], "evidence.too-many-parts", TPS_TOO_LARGE);
    assert_int_equal(count, 1);
}

static void the_worst_part_counts_wherever_it_stands(void **state)
{
    static const uint8_t unknown[32] = {9};
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "a"}, {.name = "b"}};

    (void)state;
    forget_locks_key();
    claims.components[1].digest = TPS_SPAN_OF(unknown);
    inside[0].raw = claims_of(&claims); /* a warning */
    inside[1].raw = TPS_SPAN_LITERAL("\xa1\x0a\x48"
                                     "12345678"); /* contraindicated */
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    assert_int_equal(tier, TPS_EAR_TIER_WARNING);
    appraise_all(psa_lamp_with(submods_of(inside, 2)));
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
    inside[1].raw = inside[0].raw;
    inside[0].raw = TPS_SPAN_LITERAL("\xa1\x0a\x48"
                                     "12345678");
    appraise_all(psa_lamp_with(submods_of(inside, 2)));
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void a_path_that_is_full_is_not_gone_beyond(void **state)
{
    char name[101];
    submodule inner[] = {{.name = "inner", .bytes = TPS_SPAN_LITERAL("\xd2\x84\x40\xa0\x40\x40")}};
    submodule inside[] = {{.name = name}};
    tps_device_claims claims = lock_eat();

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[100] = '\0';
    claims.submods = submods_of(inner, 1);
    inside[0].bytes = keep(sign_eat(&claims, device_key(2), NULL, 0));
    appraise_all(lamp_with(inside, 1));
    assert_int_equal(count, 3);
    assert_string_equal(parts[2].name, parts[1].name);
}

/* Tokens in tokens, each of a device of its own that is not known but for its key. */
static tps_span nested(uint8_t depth)
{
    tps_device_claims claims = lamp_eat();
    submodule inside[] = {{.name = "in"}};

    if (depth > 0) {
        inside[0].bytes = nested((uint8_t)(depth - 1));
        claims.submods = submods_of(inside, 1);
    }
    claims.ueid = instance_of(device_key((uint8_t)(10 + depth)));
    return keep(sign_eat(&claims, device_key((uint8_t)(10 + depth)), NULL, 0));
}

static void too_deep_parts_refuse_what_they_lie_in(void **state)
{
    uint8_t point[65];
    tps_crypto_point p;

    (void)state;
    for (uint8_t i = 10; i < 15; i++) {
        assert_status(tps_crypto_key_point(device_key(i), &p), TPS_OK);
        point[0] = 4;
        memcpy(point + 1, p.x, 32);
        memcpy(point + 33, p.y, 32);
        assert_status(tps_verifier_add_key(v, TPS_SPAN_OF(point)), TPS_OK);
    }
    appraise_all(nested(3));
    assert_int_equal(count, 4);
    expect_part(3, "in/in/in", TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
    appraise_all(nested(4));
    assert_int_equal(count, 4);
    expect_finding(&parts[3], "evidence.too-many-parts", TPS_CBOR_TOO_DEEP);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void a_nonce_is_used_up_once_for_all_parts(void **state)
{
    static uint8_t memory[3 * 16 * 8];
    static const uint8_t key[TPS_NONCE_KEY_SIZE] = {5};
    static uint8_t nonce[TPS_NONCE_SIZE];
    tps_nonce_uses uses;
    tps_appraisal_request request = {
        .freshness = TPS_FRESHNESS_TIME, .nonce_key = TPS_SPAN_OF(key), .uses = &uses, .now = NOW};
    tps_device_claims outer = lamp_eat();
    tps_device_claims inner = lock_eat();
    submodule inside[] = {{.name = "lock"}};
    tps_span whole;

    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 300), TPS_OK);
    assert_status(tps_nonce_make(TPS_SPAN_OF(key), TPS_SPAN_EMPTY, NOW, nonce), TPS_OK);
    outer.nonce = TPS_SPAN_OF(nonce);
    inner.nonce = TPS_SPAN_OF(nonce);
    inside[0].bytes = keep(sign_eat(&inner, device_key(2), NULL, 0));
    outer.submods = submods_of(inside, 1);
    whole = keep(sign_eat(&outer, device_key(1), NULL, 0));
    appraise_within(whole, TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
    assert_int_equal(count, 2);
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
    appraise_within(whole, TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "freshness.reused", TPS_VERIFIER_NONCE_USED);
}

/* ---- claims in a token ---- */

static void claims_in_a_token_are_as_good_as_it(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .raw = claims_of(&claims)}};

    (void)state;
    forget_locks_key();
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    assert_int_equal(count, 2);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    assert_memory_equal(parts[0].signer_sha256, parts[1].signer_sha256, 32);
    assert_string_equal(parts[1].device_class, "Lumen Lock");
    assert_int_equal(parts[1].freshness, TPS_FRESHNESS_NONCE);
}

/* The claims without their nonce of 32 bytes. */
static tps_span without_nonce(tps_span map)
{
    static uint8_t bytes[4096];
    static const uint8_t head[] = {TPS_EAT_NONCE, 0x58, 32};
    const uint8_t *at = memmem(map.data, map.size, head, sizeof head);
    size_t before;

    assert_non_null(at);
    before = (size_t)(at - map.data);
    memcpy(bytes, map.data, before);
    memcpy(bytes + before, at + 35, map.size - before - 35);
    bytes[0]--;
    return keep(tps_span_make(bytes, map.size - 35));
}

static void claims_without_a_nonce_are_as_fresh_as_their_token(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .raw = without_nonce(claims_of(&claims))}};
    tps_appraisal_request request = {.now = NOW};
    tps_span whole;

    (void)state;
    forget_locks_key();
    whole = psa_lamp_with(submods_of(inside, 1));
    appraise_all(whole);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    assert_true(parts[1].is_fresh);
    assert_int_equal(parts[1].freshness, TPS_FRESHNESS_NONCE);
    appraise_within(whole, TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
    expect_finding(&parts[1], "freshness.not-judged", TPS_OK);
    assert_false(parts[1].is_fresh);
    /* A token of its own has no such excuse. */
    appraise_all(sign_bytes(inside[0].raw, device_key(1), TPS_ALG_ESP256));
    expect_finding(&parts[0], "evidence.malformed", TPS_CLAIM_MISSING);
}

static void claims_in_a_token_use_no_nonce_up(void **state)
{
    static uint8_t memory[3 * 16 * 8];
    static const uint8_t key[TPS_NONCE_KEY_SIZE] = {5};
    static uint8_t nonce[TPS_NONCE_SIZE];
    tps_nonce_uses uses;
    tps_appraisal_request request = {
        .freshness = TPS_FRESHNESS_TIME, .nonce_key = TPS_SPAN_OF(key), .uses = &uses, .now = NOW};
    tps_device_claims claims = lock_eat();
    tps_psa_claims lead = lamp_psa();
    submodule inside[] = {{.name = "lock"}};

    (void)state;
    forget_locks_key();
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 300), TPS_OK);
    assert_status(tps_nonce_make(TPS_SPAN_OF(key), TPS_SPAN_EMPTY, NOW, nonce), TPS_OK);
    claims.nonce = TPS_SPAN_OF(nonce);
    lead.nonce = TPS_SPAN_OF(nonce);
    inside[0].raw = without_nonce(claims_of(&claims));
    appraise_within(psa_with(&lead, submods_of(inside, 1)), TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
}

/* Leads that are trusted by a certificate, and by a key that somebody added. */
static void who_vouches_for_a_token_vouches_for_its_claims(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .raw = claims_of(&claims)}};
    tps_span whole = psa_lamp_with(submods_of(inside, 1));
    tps_corim_manifest manifests[2] = {lamp_manifest(), lock_manifest()};
    tps_crypto_point p;
    uint8_t point[65] = {4};

    (void)state;
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    for (size_t i = 0; i < 2; i++) {
        manifests[i].device_count = 0;
        assert_status(tps_verifier_add_corim(v, encode(&manifests[i]), NOW, NULL), TPS_OK);
    }
    assert_status(tps_crypto_key_point(device_key(1), &p), TPS_OK);
    memcpy(point + 1, p.x, 32);
    memcpy(point + 33, p.y, 32);
    assert_status(tps_verifier_add_key(v, TPS_SPAN_OF(point)), TPS_OK);
    appraise_all(whole);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    claims.hwmodel = TPS_SPAN_OF(the_nonce); /* a class that nobody knows */
    inside[0].raw = claims_of(&claims);
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "hardware.unknown-class", TPS_OK);
}

static void a_certificate_of_one_maker_vouches_for_no_class_of_another(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .raw = claims_of(&claims)}};
    tps_psa_claims lead = lamp_psa();
    tps_crypto_key *root = device_key(20);
    tps_span ca;
    tps_span leaf;

    (void)state;
    trust_two_makers();
    ca = make_ca("Lumen", root, TPS_SPAN_EMPTY, NULL);
    lead.instance_id = instance_of(device_key(5)); /* no lamp that is endorsed by its key */
    leaf = make_leaf("Lamp 5", device_key(5), ca, root, NOW + 1000);
    appraise_all(psa_under(&lead, submods_of(inside, 1), device_key(5), &leaf));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[1], "instance-identity.class-of-another", TPS_VERIFIER_CLASS_OF_ANOTHER);
}

/* A lamp that runs something else signs what it likes. */
static void claims_are_no_better_than_who_signed_them(void **state)
{
    static const uint8_t unknown[32] = {0x66};
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock"}};
    tps_psa_claims lead = lamp_psa();

    (void)state;
    forget_locks_key();
    inside[0].raw = claims_of(&claims);
    lead.components[2].measurement = TPS_SPAN_OF(unknown);
    appraise_all(psa_with(&lead, submods_of(inside, 1)));
    expect_finding(&parts[0], "executables.unknown-measurement", TPS_OK);
    expect_finding(&parts[1], "evidence.carrier", TPS_VERIFIER_COMPOSITE);
}

static void claims_are_in_a_channel_as_who_signed_them(void **state)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .is_binder = true, .now = NOW};
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock"}};
    tps_psa_claims lead = lamp_psa();

    (void)state;
    forget_locks_key();
    claims.binder_origin = TPS_DEVICE_BINDER_COMPONENT; /* so it says */
    inside[0].raw = without_nonce(claims_of(&claims));
    appraise_within(psa_with(&lead, submods_of(inside, 1)), TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
    assert_int_equal(parts[0].bound, TPS_BOUND_NONE);
    assert_int_equal(parts[1].bound, TPS_BOUND_NONE);
}

static void an_answer_below_a_chain_is_no_claims_set(void **state)
{
    static uint8_t bytes[256];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    submodule inside[] = {{.name = "soc"}};

    (void)state;
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_int(&w, TPS_EAT_NONCE);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(the_nonce));
    tps_cbor_put_int(&w, TPS_EAT_PROFILE);
    tps_cbor_put_text(&w, TPS_DICE_PROFILE);
    inside[0].raw = tps_span_make(bytes, w.size);
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "evidence.malformed", TPS_VERIFIER_COMPOSITE);
}

static void claims_with_another_nonce_are_stale(void **state)
{
    static const uint8_t another[32] = {2};
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock"}};

    (void)state;
    forget_locks_key();
    claims.nonce = TPS_SPAN_OF(another);
    inside[0].raw = claims_of(&claims);
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
}

static void nobody_else_speaks_for_a_device_with_a_key(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .raw = claims_of(&claims)}};

    (void)state;
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void unprotected_claims_are_protected_by_what_they_lie_in(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_uccs uccs = {claims_of(&claims)};
    uint8_t bytes[4096];
    submodule inside[] = {{.name = "lock"}};
    tps_span tagged;

    (void)state;
    forget_locks_key();
    assert_status(tps_uccs_write(&uccs, TPS_BUF_OF(bytes), &tagged, NULL), TPS_OK);
    inside[0].bytes = keep(tagged);
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    appraise_all(inside[0].bytes); /* by themselves */
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.malformed", parts[0].findings[0].status);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
    inside[0].bytes = TPS_SPAN_LITERAL("\xd9\x02\x59\x01");
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_BAD_TYPE);
}

static void submodules_that_are_none_refuse_their_token(void **state)
{
    const submodule inside[] = {{.name = "lock", .raw = TPS_SPAN_LITERAL("\x18\x20")}};

    (void)state;
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.malformed", TPS_CLAIM_BAD_TYPE);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void a_maker_does_not_speak_for_anothers_class(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .raw = claims_of(&claims)}};

    (void)state;
    trust_two_makers();
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[1], "instance-identity.class-of-another", TPS_VERIFIER_CLASS_OF_ANOTHER);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
    claims.hwmodel = TPS_SPAN_OF(the_nonce); /* a class that nobody speaks for */
    inside[0].raw = claims_of(&claims);
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "hardware.unknown-class", TPS_OK);
}

static void a_revoked_device_is_in_no_token(void **state)
{
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .raw = claims_of(&claims)}};

    (void)state;
    forget_locks_key();
    revoke_lock();
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[1], "instance-identity.revoked", TPS_VERIFIER_REVOKED_DEVICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_stands_alone_is_one_part),
        TEST(what_is_nothing_is_one_part_that_is_refused),
        TEST(a_lead_and_what_it_carries_are_each_judged),
        TEST(one_bad_part_spoils_the_whole),
        TEST(a_nested_token_must_have_the_nonce_itself),
        TEST(a_nested_token_must_have_a_signer_that_is_known),
        TEST(parts_have_their_path_for_name),
        TEST(a_long_path_is_cut),
        TEST(nothing_in_a_lead_that_is_refused_is_looked_at),
        TEST(without_a_nonce_no_part_is_fresh),
        TEST(one_device_is_not_two),
        TEST(one_device_in_two_schemes_is_not_two),
        TEST(one_key_under_two_instance_ids_is_not_two),
        TEST(a_label_makes_no_path),
        TEST(ids_of_other_sizes_are_of_other_devices),
        TEST(more_parts_than_there_is_room_for_refuse_the_lead),
        TEST(what_has_no_room_is_told_whatever_it_is),
        TEST(the_worst_part_counts_wherever_it_stands),
        TEST(a_path_that_is_full_is_not_gone_beyond),
        TEST(too_deep_parts_refuse_what_they_lie_in),
        TEST(a_nonce_is_used_up_once_for_all_parts),
        TEST(claims_in_a_token_are_as_good_as_it),
        TEST(claims_without_a_nonce_are_as_fresh_as_their_token),
        TEST(claims_in_a_token_use_no_nonce_up),
        TEST(who_vouches_for_a_token_vouches_for_its_claims),
        TEST(a_certificate_of_one_maker_vouches_for_no_class_of_another),
        TEST(claims_are_no_better_than_who_signed_them),
        TEST(claims_are_in_a_channel_as_who_signed_them),
        TEST(an_answer_below_a_chain_is_no_claims_set),
        TEST(claims_with_another_nonce_are_stale),
        TEST(nobody_else_speaks_for_a_device_with_a_key),
        TEST(unprotected_claims_are_protected_by_what_they_lie_in),
        TEST(submodules_that_are_none_refuse_their_token),
        TEST(a_maker_does_not_speak_for_anothers_class),
        TEST(a_revoked_device_is_in_no_token),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
