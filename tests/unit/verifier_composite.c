/* SPDX-License-Identifier: Apache-2.0 */
/* Composite devices: each part by itself, the whole no better than its worst part; what vouches for what. */
#include <stdlib.h>

#include "crypto/x509.h"
#include "support/check.h"
#include "tps/base64.h"
#include "tps/cmw.h"
#include "tps/dice.h"
#include "tps/eat_bundle.h"
#include "tps/eat_json.h"
#include "tps/freshness.h"
#include "tps/jws.h"
#include "tps/revocation.h"
#include "verifier_support.h"

#define JWT_TYPE "application/eat+jwt"

static tps_verifier *v;
static tps_appraisal parts[TPS_PARTS_MAX];
static size_t count;
static uint8_t tier;
static uint8_t room[1 << 20];

/* Bytes of the test that runs. */
static uint8_t arena[1 << 20];
static size_t arena_used;

static tps_span keep(tps_span bytes)
{
    uint8_t *copy = arena + arena_used;

    assert_true(bytes.size <= sizeof arena - arena_used);
    memcpy(copy, bytes.data, bytes.size);
    arena_used += bytes.size;
    return tps_span_make(copy, bytes.size);
}

static int set_up(void **state)
{
    (void)state;
    arena_used = 0;
    v = maker_verifier();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tps_verifier_free(v);
    return 0;
}

static void appraise_within(tps_span bytes, tps_buf within, size_t capacity,
                            const tps_appraisal_request *request)
{
    memset(parts, 0xee, sizeof parts);
    tps_verifier_appraise_all(v, bytes, within, request, parts, capacity, &count, &tier);
}

static void appraise_all(tps_span bytes)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    appraise_within(bytes, TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
}

/* ---- making ---- */

/** What goes into a map of submodules. */
typedef struct {
    const char *name;
    tps_span bytes; /**< as byte string; if empty: */
    tps_span raw;   /**< as it is */
    const char *text;
} submodule;

static tps_span submods_of(const submodule *list, size_t n)
{
    static uint8_t bytes[1 << 17];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span map;

    tps_cbor_put_map(&w, n);
    for (size_t i = 0; i < n; i++) {
        tps_cbor_put_text(&w, list[i].name);
        if (list[i].bytes.size > 0) {
            tps_cbor_put_bytes(&w, list[i].bytes);
        } else if (list[i].raw.size > 0) {
            tps_cbor_put_raw(&w, list[i].raw);
        } else {
            tps_cbor_put_text(&w, list[i].text);
        }
    }
    assert_status(tps_cbor_writer_finish(&w, &map), TPS_OK);
    return keep(map);
}

static tps_device_claims lock_eat(void)
{
    tps_device_claims claims = lamp_eat();

    claims.ueid = instance_of(device_key(2));
    claims.hwmodel = TPS_SPAN_OF(lock_class);
    for (size_t i = 0; i < 3; i++) {
        const tps_corim_component *c = &lock_software()[i];
        claims.components[i] = (tps_device_component){c->name, c->version, c->digest, c->signer_id};
    }
    return claims;
}

static tps_span lamp(void)
{
    tps_device_claims claims = lamp_eat();

    return keep(sign_eat(&claims, device_key(1), NULL, 0));
}

static tps_span lock(void)
{
    tps_device_claims claims = lock_eat();

    return keep(sign_eat(&claims, device_key(2), NULL, 0));
}

static tps_span claims_of(const tps_device_claims *claims)
{
    static uint8_t bytes[8192];
    tps_span encoded;

    assert_status(tps_device_claims_encode(claims, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    return keep(encoded);
}

/* A lamp of the opentps profile whose token carries others'. */
static tps_span lamp_with(const submodule *list, size_t n)
{
    tps_device_claims claims = lamp_eat();

    claims.submods = submods_of(list, n);
    return keep(sign_eat(&claims, device_key(1), NULL, 0));
}

/* A PSA token, whose profile leaves open what submodules are, with a certificate if there is one. */
static tps_span psa_under(const tps_psa_claims *claims, tps_span submods, tps_crypto_key *key,
                          const tps_span *leaf)
{
    static uint8_t bytes[1 << 17];
    static uint8_t message[1 << 17];
    const tps_cose_sign1_options options = {.x5chain = leaf, .x5chain_count = leaf == NULL ? 0 : 1};
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_span signed_one;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    uint8_t encoded[4096];
    tps_span map;

    assert_status(tps_psa_encode(claims, TPS_BUF_OF(encoded), &map, NULL), TPS_OK);
    assert_true(map.data[0] >= 0xa0 && map.data[0] < 0xb7);
    tps_cbor_put_map(&w, (uint64_t)(map.data[0] - 0xa0) + 1);
    tps_cbor_put_int(&w, TPS_EAT_SUBMODS);
    tps_cbor_put_raw(&w, submods);
    memcpy(bytes + w.size, map.data + 1, map.size - 1);
    assert_status(tps_cose_sign1_make(tps_span_make(bytes, w.size + map.size - 1), &options, &signer,
                                      TPS_BUF_OF(message), &signed_one),
                  TPS_OK);
    return keep(signed_one);
}

static tps_span psa_with(const tps_psa_claims *claims, tps_span submods)
{
    return psa_under(claims, submods, device_key(1), NULL);
}

static tps_span psa_lamp_with(tps_span submods)
{
    tps_psa_claims claims = lamp_psa();

    return psa_with(&claims, submods);
}

/* A verifier that knows the lock's software, and no lock by its key. */
static void forget_locks_key(void)
{
    tps_corim_manifest lamp_one = lamp_manifest();
    tps_corim_manifest lock_class_only = lock_manifest();

    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    lock_class_only.device_count = 0;
    assert_status(tps_verifier_add_corim(v, encode(&lamp_one), NOW, NULL), TPS_OK);
    assert_status(tps_verifier_add_corim(v, encode(&lock_class_only), NOW, NULL), TPS_OK);
}

static void expect_part(size_t index, const char *name, uint8_t expected)
{
    assert_true(index < count);
    assert_string_equal(parts[index].name, name);
    if (parts[index].tier != expected) {
        fail_msg("part %s is %s: %s", name, tps_ear_tier_name(parts[index].tier),
                 parts[index].finding_count > 0 ? parts[index].findings[0].cause : "");
    }
}

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

    (void)state;
    arena[(size_t)(lead.data - arena) + lead.size - 1] ^= 1;
    appraise_all(lead);
    assert_int_equal(count, 1);
    expect_part(0, "", TPS_EAR_TIER_CONTRAINDICATED);
    arena[(size_t)(lead.data - arena) + lead.size - 1] ^= 1;
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

/* Two makers, each with an anchor: one for lamps, one for locks. */
static void trust_two_makers(void)
{
    tps_corim_validity valid = {.is_present = true, .not_after = NOW + 1000};
    tps_corim_manifest manifests[2] = {lamp_manifest(), lock_manifest()};

    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){0});
    manifests[1].device_count = 0;
    for (uint8_t i = 0; i < 2; i++) {
        tps_crypto_key *root = device_key((uint8_t)(20 + i));
        tps_crypto_key *signer = device_key((uint8_t)(30 + i));
        tps_span ca = make_ca(i == 0 ? "Lumen" : "Chiave", root, TPS_SPAN_EMPTY, NULL);
        tps_span chain[2] = {
            make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, signer, ca, root, NOW + 1000), ca};
        assert_status(tps_verifier_add_anchor(v, ca), TPS_OK);
        assert_status(
            tps_verifier_add_corim(v, sign_manifest(&manifests[i], signer, chain, 2, valid), NOW, NULL),
            TPS_OK);
    }
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
    inside[0].raw = claims_of(&claims);
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
}

static void revoke_lock(void)
{
    const tps_revocation revoked = {.kind = TPS_REVOKED_DEVICE, .value = instance_of(device_key(2))};

    assert_status(tps_verifier_revoke(v, &revoked), TPS_OK);
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

/* ---- detached claims ---- */

static tps_span digest_of(tps_span claims)
{
    static uint8_t bytes[64];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span encoded;

    assert_status(tps_eat_put_digest(&w, TPS_ALG_SHA256, claims), TPS_OK);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return keep(encoded);
}

/* A bundle of a lamp with these digests and these sets. */
static tps_span bundle_of(const submodule *digests, size_t n, const submodule *sets, size_t m)
{
    static uint8_t bytes[1 << 17];
    tps_eat_bundle bundle = {.main_kind = TPS_EAT_SUBMODULE_CBOR_TOKEN,
                             .main_token = psa_lamp_with(submods_of(digests, n)),
                             .detached = {.encoded = submods_of(sets, m), .count = (uint32_t)m}};
    tps_span encoded;

    bundle.main_tag = 18;
    assert_status(tps_eat_bundle_write(&bundle, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    return keep(encoded);
}

static void detached_claims_are_as_good_as_the_token_with_their_digest(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_span set = claims_of(&claims);
    const submodule digests[] = {{.name = "lock", .raw = digest_of(set)}};
    const submodule sets[] = {{.name = "lock", .bytes = set}};

    (void)state;
    forget_locks_key();
    appraise_all(bundle_of(digests, 1, sets, 1));
    assert_int_equal(count, 2);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
}

static void what_does_not_fit_its_digest_is_refused(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_span set = claims_of(&claims);
    const submodule digests[] = {{.name = "gone", .raw = digest_of(set)},
                                 {.name = "lock", .raw = digest_of(tps_span_make(set.data, set.size - 1))},
                                 {.name = "odd", .raw = TPS_SPAN_LITERAL("\x82\x18\x63\x41\x07")}};
    const submodule sets[] = {
        {.name = "odd", .bytes = set}, {.name = "lock", .bytes = set}, {.name = "extra", .bytes = set}};

    (void)state;
    forget_locks_key();
    appraise_all(bundle_of(digests, 3, sets, 3));
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
    assert_int_equal(count, 5);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    for (size_t i = 1; i < count; i++) {
        tps_status expected = strcmp(parts[i].name, "gone") == 0    ? TPS_CLAIM_DETACHED_MISSING
                              : strcmp(parts[i].name, "lock") == 0  ? TPS_CLAIM_DIGEST_MISMATCH
                              : strcmp(parts[i].name, "extra") == 0 ? TPS_CLAIM_DETACHED_EXTRA
                                                                    : TPS_CRYPTO_ALG_REFUSED;
        expect_finding(&parts[i], "evidence.malformed", expected);
    }
}

/* [["CBOR", token], {"lock": set}], both in base64url. */
static tps_span json_bundle_of(const char *type, tps_span token, tps_span set)
{
    static char text[1 << 18];
    static char encoded[2][1 << 16];

    encoded[0][tps_base64url_write(token, encoded[0])] = '\0';
    encoded[1][tps_base64url_write(set, encoded[1])] = '\0';
    snprintf(text, sizeof text, " [ [\"%s\",\"%s\"], {\"lock\":\"%s\"}]", type, encoded[0], encoded[1]);
    return tps_span_of_text(text);
}

static void a_bundle_in_json_is_as_good(void **state)
{
    static uint8_t json[1 << 15];
    tps_device_claims claims = lock_eat();
    submodule digests[] = {{.name = "lock"}};
    tps_span set;
    tps_span bundle;
    size_t size;

    (void)state;
    forget_locks_key();
    assert_status(tps_eat_to_json(claims_of(&claims), TPS_BUF_OF(json), &size, NULL), TPS_OK);
    set = tps_span_make(json, size);
    digests[0].raw = digest_of(set);
    bundle = json_bundle_of("CBOR", psa_lamp_with(submods_of(digests, 1)), set);
    appraise_all(bundle);
    assert_int_equal(count, 2);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    digests[0].raw = digest_of(TPS_SPAN_LITERAL("no JSON"));
    appraise_all(json_bundle_of("CBOR", psa_lamp_with(submods_of(digests, 1)), TPS_SPAN_LITERAL("no JSON")));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[1], "evidence.malformed", TPS_JSON_NOT_WELL_FORMED);
    appraise_all(json_bundle_of("CBAR", lamp(), set));
    expect_finding(&parts[0], "evidence.malformed", TPS_CLAIM_BAD_VALUE);
}

static void a_bundle_in_a_bundle_is_refused(void **state)
{
    const submodule sets[] = {{.name = "lock", .bytes = TPS_SPAN_LITERAL("\xa0")}};
    tps_eat_bundle outer = {.main_kind = TPS_EAT_SUBMODULE_CBOR_TOKEN, .main_tag = TPS_TAG_EAT_BUNDLE};
    static uint8_t bytes[8192];
    tps_span encoded;

    (void)state;
    outer.main_token = bundle_of(sets, 0, sets, 1);
    outer.detached = (tps_eat_list){submods_of(sets, 1), 1};
    assert_status(tps_eat_bundle_write(&outer, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    appraise_all(encoded);
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.malformed", TPS_CLAIM_BAD_VALUE);
}

static void a_digest_without_a_bundle_is_a_part_that_is_missing(void **state)
{
    const submodule digests[] = {{.name = "lock", .raw = digest_of(TPS_SPAN_LITERAL("\xa0"))}};

    (void)state;
    appraise_all(psa_lamp_with(submods_of(digests, 1)));
    assert_int_equal(count, 2);
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_DETACHED_MISSING);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void claims_that_no_digest_covers_are_refused(void **state)
{
    tps_device_claims claims = lock_eat();
    const submodule sets[] = {{.name = "lock", .bytes = claims_of(&claims)}};
    static uint8_t bytes[8192];
    tps_eat_bundle bundle = {.main_kind = TPS_EAT_SUBMODULE_CBOR_TOKEN, .main_tag = 18, .main_token = lamp()};
    tps_span encoded;

    (void)state;
    forget_locks_key();
    bundle.detached = (tps_eat_list){submods_of(sets, 1), 1};
    assert_status(tps_eat_bundle_write(&bundle, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    appraise_all(encoded);
    assert_int_equal(count, 2);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_DETACHED_EXTRA);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

/* ---- JWTs ---- */

static tps_span jws_of(tps_span json, tps_crypto_key *key)
{
    static uint8_t text[1 << 16];
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    size_t size;

    assert_status(tps_jws_make(json, NULL, &signer, TPS_BUF_OF(text), &size), TPS_OK);
    return keep(tps_span_make(text, size));
}

static tps_span jwt(const tps_device_claims *claims, tps_crypto_key *key)
{
    static uint8_t json[1 << 15];
    size_t size;

    assert_status(tps_eat_to_json(claims_of(claims), TPS_BUF_OF(json), &size, NULL), TPS_OK);
    return jws_of(tps_span_make(json, size), key);
}

/* A token whose header says another algorithm than the one that signed it. */
static tps_span jws_with_alg(const char *alg, const tps_device_claims *claims)
{
    static char text[1 << 16];
    char header[64];
    tps_span token = jwt(claims, device_key(2));
    const uint8_t *dot = memchr(token.data, '.', token.size);
    size_t rest = token.size - (size_t)(dot - token.data);
    size_t size;

    snprintf(header, sizeof header, "{\"alg\":\"%s\"}", alg);
    size = tps_base64url_write(tps_span_of_text(header), text);
    memcpy(text + size, dot, rest);
    return tps_span_make((const uint8_t *)text, size + rest);
}

static void a_jwt_of_an_endorsed_device_is_accepted(void **state)
{
    tps_device_claims claims = lamp_eat();

    (void)state;
    appraise_all(jwt(&claims, device_key(1)));
    assert_int_equal(count, 1);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(parts[0].scheme, TPS_SCHEME_OPENTPS);
    assert_true(parts[0].payload.size > 0 && parts[0].payload.data[0] >= 0xa0);
}

static void a_jwt_of_another_key_is_refused(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(3));

    (void)state;
    appraise_all(token);
    expect_finding(&parts[0], "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
    claims.ueid = instance_of(device_key(3));
    appraise_all(jwt(&claims, device_key(3)));
    expect_finding(&parts[0], "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
}

static void a_jwt_without_signature_is_refused(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));
    static uint8_t text[1 << 15];
    const char *none = "eyJhbGciOiJub25lIn0"; /* {"alg":"none"} */
    const uint8_t *dot = memchr(token.data, '.', token.size);
    size_t rest = token.size - (size_t)(dot - token.data);

    (void)state;
    memcpy(text, none, strlen(none));
    memcpy(text + strlen(none), dot, rest);
    appraise_all(tps_span_make(text, strlen(none) + rest));
    expect_finding(&parts[0], "evidence.algorithm-refused", TPS_COSE_ALG_REFUSED);
}

static void a_jwt_by_an_added_key_proves_who_signed(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_crypto_point p;
    uint8_t point[65] = {4};

    (void)state;
    forget_locks_key();
    assert_status(tps_crypto_key_point(device_key(2), &p), TPS_OK);
    memcpy(point + 1, p.x, 32);
    memcpy(point + 33, p.y, 32);
    assert_status(tps_verifier_add_key(v, TPS_SPAN_OF(point)), TPS_OK);
    appraise_all(jwt(&claims, device_key(2)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    appraise_all(jwt(&claims, device_key(3)));
    expect_finding(&parts[0], "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
}

static void a_jwt_of_a_revoked_device_is_refused(void **state)
{
    tps_device_claims claims = lock_eat();

    (void)state;
    revoke_lock();
    appraise_all(jwt(&claims, device_key(2)));
    expect_finding(&parts[0], "instance-identity.revoked", TPS_VERIFIER_REVOKED_DEVICE);
}

static void a_jwt_counts_while_its_endorsement_does(void **state)
{
    tps_corim_manifest manifest = lamp_manifest();
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW + 11};
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));

    (void)state;
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    manifest.validity = (tps_corim_validity){.is_present = true, .not_after = NOW + 10};
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    appraise_all(token);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    appraise_within(token, TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
    expect_finding(&parts[0], "instance-identity.endorsement-expired", TPS_CORIM_EXPIRED);
}

static void a_ueid_is_of_its_key_in_a_jwt_too(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_device wrong = manifest.devices[0];

    (void)state;
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    wrong.instance_id = instance_of(device_key(3));
    manifest.devices = &wrong;
    claims.ueid = wrong.instance_id;
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    appraise_all(jwt(&claims, device_key(1)));
    expect_finding(&parts[0], "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
}

static void who_says_which_key_is_obeyed_for_jwts(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_corim_manifest manifest = lamp_manifest();
    tps_crypto_point p;
    uint8_t point[65] = {4};

    (void)state;
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true, .require_key = true});
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    appraise_all(jwt(&claims, device_key(1)));
    expect_finding(&parts[0], "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_status(tps_crypto_key_point(device_key(1), &p), TPS_OK);
    memcpy(point + 1, p.x, 32);
    memcpy(point + 33, p.y, 32);
    assert_status(tps_verifier_add_key(v, TPS_SPAN_OF(point)), TPS_OK);
    appraise_all(jwt(&claims, device_key(1)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
}

static void a_jwk_for_another_algorithm_checks_no_jwt(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_crypto_point p;
    char jwk[300];
    char x[64] = "";
    char y[64] = "";

    (void)state;
    forget_locks_key();
    assert_status(tps_crypto_key_point(device_key(2), &p), TPS_OK);
    x[tps_base64url_write(tps_span_make(p.x, 32), x)] = '\0';
    y[tps_base64url_write(tps_span_make(p.y, 32), y)] = '\0';
    snprintf(jwk, sizeof jwk,
             "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
    assert_status(tps_verifier_add_key(v, tps_span_of_text(jwk)), TPS_OK);
    appraise_all(jwt(&claims, device_key(2)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    appraise_all(jws_with_alg("ES384", &claims));
    expect_finding(&parts[0], "evidence.key-use", TPS_COSE_KEY_USE);
}

static void a_jwt_needs_room(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    (void)state;
    expect_finding(appraise(v, token), "evidence.malformed", TPS_UNSUPPORTED);
    for (size_t size = 0; size < TPS_APPRAISAL_ROOM(token.size); size += 97) {
        tps_buf within = {malloc(size + 1), size};
        assert_non_null(within.data);
        appraise_within(token, within, TPS_PARTS_MAX, &request);
        if (parts[0].tier != TPS_EAR_TIER_AFFIRMING) {
            expect_finding(&parts[0], "evidence.malformed", TPS_BUFFER_TOO_SMALL);
        }
        free(within.data);
    }
    assert_int_equal(parts[0].tier, TPS_EAR_TIER_AFFIRMING);
}

static void a_jwt_that_is_too_large_is_refused(void **state)
{
    static uint8_t text[65537];

    (void)state;
    memset(text, 'A', sizeof text);
    memcpy(text, "eyJ", 3);
    appraise_all(TPS_SPAN_OF(text));
    expect_finding(&parts[0], "evidence.malformed", TPS_TOO_LARGE);
}

static void tokens_of_the_other_encoding_may_be_carried(void **state)
{
    static char text[1 << 16];
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .text = text}};
    tps_span token = jwt(&claims, device_key(2));

    (void)state;
    snprintf(text, sizeof text, "[\"JWT\",\"%.*s\"]", (int)token.size, (const char *)token.data);
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    snprintf(text, sizeof text, "[\"JWX\",\"eyJ\"]");
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_BAD_VALUE);
    snprintf(text, sizeof text, "[\"UJCS\",{\"eat_profile\":\"a:b\"}]");
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_UNKNOWN_PROFILE);
}

/* ---- collections ---- */

static tps_span record_of(const char *type, tps_span message, uint32_t indicator, bool is_json)
{
    static uint8_t bytes[1 << 16];
    tps_cmw_record record = {.type = tps_span_of_text(type), .message = message, .indicator = indicator};
    size_t size;

    assert_status(tps_cmw_write_record(&record, is_json, TPS_BUF_OF(bytes), &size), TPS_OK);
    return keep(tps_span_make(bytes, size));
}

static void a_record_of_a_jwt_is_read_by_its_type(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));

    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        appraise_all(record_of(JWT_TYPE, token, TPS_CMW_EVIDENCE, is_json));
        assert_int_equal(count, 1);
        expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
        appraise_all(record_of("application/eat+cwt", token, 0, is_json));
        expect_part(0, "", TPS_EAR_TIER_CONTRAINDICATED);
        appraise_all(record_of(JWT_TYPE, lamp(), 0, is_json));
        expect_finding(&parts[0], "evidence.malformed", TPS_JWT_NOT_WELL_FORMED);
    }
}

static tps_cmw_writer writer;
static uint8_t written[1 << 16];

static void put(const char *label, const char *type, tps_span message)
{
    tps_cmw_label name = {.text = tps_span_of_text(label)};
    tps_cmw_record record = {.type = tps_span_of_text(type), .message = message};

    tps_cmw_put_label(&writer, &name);
    tps_cmw_put_record(&writer, &record);
}

static void put_inner(const char *label, uint32_t n)
{
    tps_cmw_label name = {.text = tps_span_of_text(label)};

    tps_cmw_put_label(&writer, &name);
    tps_cmw_put_collection(&writer, TPS_SPAN_EMPTY, n);
}

static tps_span finish(void)
{
    size_t size;

    assert_status(tps_cmw_writer_finish(&writer, &size), TPS_OK);
    return tps_span_make(written, size);
}

static void begin(bool is_json, uint32_t n)
{
    writer = tps_cmw_writer_init(TPS_BUF_OF(written), is_json);
    tps_cmw_put_collection(&writer, TPS_SPAN_EMPTY, n);
}

static void each_message_of_a_collection_is_a_part(void **state)
{
    tps_span first = lamp();
    tps_span second = lock();

    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        begin(is_json, 2);
        put_inner("door", 1);
        put("lock", "application/eat+cwt", second);
        put("lamp", "application/eat+cwt", first);
        appraise_all(finish());
        assert_int_equal(count, 2);
        expect_part(0, "door/lock", TPS_EAR_TIER_AFFIRMING);
        expect_part(1, "lamp", TPS_EAR_TIER_AFFIRMING);
        assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
    }
}

static void submodules_have_the_path_of_their_entry(void **state)
{
    const submodule inside[] = {{.name = "lock", .bytes = lock()}};
    tps_cmw_label number = {.is_int = true, .number = -7};
    tps_cmw_record record = {.type = TPS_SPAN_LITERAL("application/eat+cwt"),
                             .message = lamp_with(inside, 1)};

    (void)state;
    begin(false, 1);
    tps_cmw_put_label(&writer, &number);
    tps_cmw_put_record(&writer, &record);
    appraise_all(finish());
    assert_int_equal(count, 2);
    expect_part(0, "-7", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "-7/lock", TPS_EAR_TIER_AFFIRMING);
}

static void a_message_of_another_type_is_a_part_that_is_refused(void **state)
{
    tps_cmw_label name = {.text = TPS_SPAN_LITERAL("ear")};
    tps_cmw_record result = {
        .type = TPS_SPAN_LITERAL("application/eat+cwt"), .message = lock(), .indicator = TPS_CMW_RESULTS};

    (void)state;
    begin(false, 3);
    tps_cmw_put_label(&writer, &name);
    tps_cmw_put_record(&writer, &result);
    put("lamp", "application/eat+cwt", lamp());
    put("corim", "application/rim+cbor", lamp());
    appraise_all(finish());
    assert_int_equal(count, 3);
    expect_finding(&parts[0], "evidence.malformed", TPS_VERIFIER_WRAPPED_TYPE);
    expect_part(1, "lamp", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[2], "evidence.malformed", TPS_VERIFIER_WRAPPED_TYPE);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void a_type_that_is_not_the_evidences_is_told(void **state)
{
    (void)state;
    appraise_all(record_of("application/psa-attestation-token", lamp(), 0, false));
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.other-type", TPS_VERIFIER_TYPE_MISMATCH);
}

static void collections_may_not_be_too_deep_or_too_wide(void **state)
{
    static const char labels[] = "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q";

    (void)state;
    begin(false, 1);
    for (int i = 1; i < 4; i++) {
        put_inner("x", 1);
    }
    put("lamp", "application/eat+cwt", lamp());
    appraise_all(finish());
    expect_part(0, "x/x/x/lamp", TPS_EAR_TIER_AFFIRMING);
    begin(false, 1);
    for (int i = 1; i < 5; i++) {
        put_inner("x", 1);
    }
    put("lamp", "application/eat+cwt", lamp());
    appraise_all(finish());
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.malformed", TPS_CMW_TOO_DEEP);
    begin(false, TPS_PARTS_MAX + 1);
    for (uint32_t i = 0; i <= TPS_PARTS_MAX; i++) {
        put(labels + (size_t)2 * i, "application/eat+cwt", TPS_SPAN_LITERAL("x"));
    }
    appraise_all(finish());
    assert_int_equal(count, TPS_PARTS_MAX);
    expect_finding(&parts[0], "evidence.too-many-parts", TPS_TOO_LARGE);
}

static void a_json_collection_needs_room(void **state)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_span whole;

    (void)state;
    begin(true, 1);
    put("l\n", "application/eat+cwt", lamp());
    whole = finish();
    for (size_t size = 0; size < whole.size; size += 13) {
        tps_buf within = {malloc(size + 1), size};
        assert_non_null(within.data);
        appraise_within(whole, within, TPS_PARTS_MAX, &request);
        assert_int_equal(count, 1);
        if (tier != TPS_EAR_TIER_AFFIRMING) {
            assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
            assert_string_not_equal(parts[0].findings[0].cause, "");
        }
        free(within.data);
    }
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
    expect_part(0, "l?", TPS_EAR_TIER_AFFIRMING);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
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
        TEST(more_parts_than_there_is_room_for_refuse_the_lead),
        TEST(too_deep_parts_refuse_what_they_lie_in),
        TEST(a_nonce_is_used_up_once_for_all_parts),
        TEST(claims_in_a_token_are_as_good_as_it),
        TEST(claims_without_a_nonce_are_as_fresh_as_their_token),
        TEST(claims_in_a_token_use_no_nonce_up),
        TEST(who_vouches_for_a_token_vouches_for_its_claims),
        TEST(a_certificate_of_one_maker_vouches_for_no_class_of_another),
        TEST(an_answer_below_a_chain_is_no_claims_set),
        TEST(claims_with_another_nonce_are_stale),
        TEST(nobody_else_speaks_for_a_device_with_a_key),
        TEST(unprotected_claims_are_protected_by_what_they_lie_in),
        TEST(a_maker_does_not_speak_for_anothers_class),
        TEST(a_revoked_device_is_in_no_token),
        TEST(submodules_that_are_none_refuse_their_token),
        TEST(detached_claims_are_as_good_as_the_token_with_their_digest),
        TEST(what_does_not_fit_its_digest_is_refused),
        TEST(a_bundle_in_json_is_as_good),
        TEST(a_bundle_in_a_bundle_is_refused),
        TEST(a_digest_without_a_bundle_is_a_part_that_is_missing),
        TEST(claims_that_no_digest_covers_are_refused),
        TEST(a_jwt_of_an_endorsed_device_is_accepted),
        TEST(a_jwt_of_another_key_is_refused),
        TEST(a_jwt_without_signature_is_refused),
        TEST(a_jwt_by_an_added_key_proves_who_signed),
        TEST(a_jwt_of_a_revoked_device_is_refused),
        TEST(a_jwt_counts_while_its_endorsement_does),
        TEST(a_ueid_is_of_its_key_in_a_jwt_too),
        TEST(who_says_which_key_is_obeyed_for_jwts),
        TEST(a_jwk_for_another_algorithm_checks_no_jwt),
        TEST(a_jwt_needs_room),
        TEST(a_jwt_that_is_too_large_is_refused),
        TEST(tokens_of_the_other_encoding_may_be_carried),
        TEST(a_record_of_a_jwt_is_read_by_its_type),
        TEST(each_message_of_a_collection_is_a_part),
        TEST(submodules_have_the_path_of_their_entry),
        TEST(a_message_of_another_type_is_a_part_that_is_refused),
        TEST(a_type_that_is_not_the_evidences_is_told),
        TEST(collections_may_not_be_too_deep_or_too_wide),
        TEST(a_json_collection_needs_room),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
