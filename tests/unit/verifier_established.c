/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that were established with devices: for whom, how long, and that the table never mixes them up. */
#include "certified_support.h"
#include "tps/cose.h"
#include "verifier/state.h"

static const uint8_t secret[32] = {1, 2, 3};
static const uint8_t other[32] = {3, 2, 1};

static tps_span mac_of(const tps_psa_claims *claims, const uint8_t key[32], int32_t alg)
{
    static uint8_t message[4096];
    uint8_t payload[2048];
    tps_cose_secret shared = {.bytes = tps_span_make(key, 32)};
    tps_span encoded;

    assert_status(tps_psa_encode(claims, TPS_BUF_OF(payload), &encoded, NULL), TPS_OK);
    assert_status(tps_cose_mac0_make(encoded, NULL, alg, &shared, TPS_BUF_OF(message), &encoded), TPS_OK);
    return encoded;
}

/* What the device's own signature says. */
static const tps_appraisal *signed_lamp(tps_verifier *v)
{
    tps_psa_claims claims = lamp_psa();

    return appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
}

static tps_status establish(tps_verifier *v, const uint8_t key[32], int64_t until)
{
    return tps_verifier_establish_key(v, signed_lamp(v), tps_span_make(key, 32), until);
}

static void dress_as_lock(tps_psa_claims *claims)
{
    claims->implementation_id = TPS_SPAN_OF(lock_class);
    for (size_t i = 0; i < 3; i++) {
        const tps_corim_component *c = &lock_software()[i];
        claims->components[i] = (tps_psa_component){
            .type = c->name, .version = c->version, .measurement = c->digest, .signer_id = c->signer_id};
    }
}

static const tps_appraisal *signed_lock(tps_verifier *v)
{
    tps_psa_claims claims = lamp_psa();

    claims.instance_id = instance_of(device_key(2));
    dress_as_lock(&claims);
    return appraise(v, sign_psa(&claims, device_key(2), TPS_ALG_ES256));
}

static void an_endorsed_device_attests_again_under_its_established_key(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = maker_verifier();
    const tps_appraisal *a;

    (void)state;
    assert_status(establish(v, secret, NOW + 60), TPS_OK);
    a = appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256));
    expect_affirming(a);
    assert_true(a->is_mac);
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    expect_finding(appraise(v, mac_of(&claims, other, TPS_ALG_HMAC256)), "evidence.bad-mac",
                   TPS_COSE_BAD_TAG);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256_64)), "evidence.algorithm-refused",
                   TPS_COSE_ALG_REFUSED);
    tps_verifier_free(v);
}

static void software_is_judged_as_of_signed_evidence(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = maker_verifier();
    uint8_t unknown[32] = {0x66};

    (void)state;
    assert_status(establish(v, secret, NOW + 60), TPS_OK);
    claims.components[2].measurement = TPS_SPAN_OF(unknown);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)), "executables.unknown-measurement",
                   TPS_OK);
    tps_verifier_free(v);
}

static void a_key_ends_and_is_dismissed_and_speaks_for_one_device_alone(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = maker_verifier();

    (void)state;
    assert_status(establish(v, secret, NOW), TPS_OK);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)), "evidence.key-ended",
                   TPS_VERIFIER_KEY_ENDED);
    assert_status(establish(v, secret, NOW + 1), TPS_OK);
    expect_affirming(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)));
    tps_verifier_dismiss_key(v, claims.instance_id);
    assert_status(tps_verifier_establish_key(v, signed_lock(v), TPS_SPAN_OF(secret), NOW + 1), TPS_OK);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)), "instance-identity.unknown-signer",
                   TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
}

static void a_basis_is_signed_fresh_affirming_and_says_who_it_is(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_appraisal good = *signed_lamp(v);
    tps_appraisal bad[7];

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        bad[i] = good;
    }
    bad[0].tier = TPS_EAR_TIER_WARNING;
    bad[1].tier = TPS_EAR_TIER_NONE;
    bad[2].is_fresh = false;
    bad[3].is_mac = true;
    bad[4].instance_id_size = 0;
    bad[5].instance_id_size = sizeof good.instance_id + 1;
    bad[6].class_id_size = 0;
    for (size_t i = 0; i < 7; i++) {
        assert_status(tps_verifier_establish_key(v, &bad[i], TPS_SPAN_OF(secret), NOW + 9), TPS_BAD_ARGUMENT);
    }
    assert_status(tps_verifier_establish_key(v, &good, tps_span_make(secret, 31), NOW + 9), TPS_BAD_ARGUMENT);
    assert_int_equal(v->established.count, 0);
    assert_status(tps_verifier_establish_key(v, &good, TPS_SPAN_OF(secret), NOW + 9), TPS_OK);
    tps_verifier_free(v);
}

/* ---- the class ---- */

/* The certificate says "lamp"; a key that was agreed on with the lamp says no more than that. */
static void a_certified_device_claims_no_other_class_under_its_key(void **state)
{
    certified c = make_certified();
    tps_verifier *v = verifier_with_root(&c);
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *basis = appraise(v, c.evidence);
    tps_digest anchor;
    uint8_t spki[128];
    size_t size;

    (void)state;
    expect_affirming(basis);
    assert_int_equal(basis->class_id_size, 32);
    assert_memory_equal(basis->class_id, lamp_class, 32);
    assert_status(tps_crypto_key_spki(device_key(20), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &anchor), TPS_OK);
    assert_memory_equal(basis->maker_sha256, anchor.bytes, 32);
    assert_status(tps_verifier_establish_key(v, basis, TPS_SPAN_OF(secret), NOW + 60), TPS_OK);
    claims.instance_id = instance_of(device_key(3));
    expect_affirming(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)));
    dress_as_lock(&claims);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)), "instance-identity.other-class",
                   TPS_VERIFIER_CLASS_MISMATCH);
    tps_verifier_free(v);
}

/* A verifier in which these endorsements stand, by a maker with the root `ca`, or by nobody (0). */
static tps_verifier *knowing(const tps_corim_manifest *manifest, uint8_t ca)
{
    static const tps_corim_validity always = {.is_present = false};
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_span root;
    tps_span leaf;

    if (ca == 0) {
        assert_status(tps_verifier_add_corim(v, encode(manifest), NOW, NULL), TPS_OK);
        return v;
    }
    root = make_ca("Root", device_key(ca), TPS_SPAN_EMPTY, NULL);
    leaf = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), root, device_key(ca),
                         NOW + 50000);
    assert_status(tps_verifier_add_anchor(v, root), TPS_OK);
    assert_status(
        tps_verifier_add_corim(v, sign_manifest(manifest, device_key(22), &leaf, 1, always), NOW, NULL),
        TPS_OK);
    return v;
}

/* Established in the one, presented to the other. */
static const tps_appraisal *move_on(tps_verifier *from, tps_verifier *to)
{
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *a;

    expect_affirming(signed_lamp(from));
    assert_status(establish(from, secret, NOW + 60), TPS_OK);
    tps_verifier_take_established(to, from, NOW);
    assert_int_equal(to->established.count, 1);
    a = appraise(to, mac_of(&claims, secret, TPS_ALG_HMAC256));
    tps_verifier_free(from);
    tps_verifier_free(to);
    return a;
}

static void an_instance_that_is_endorsed_for_another_class_or_maker_signs_again(void **state)
{
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_manifest as_lock = lamp_manifest();
    tps_corim_manifest nobody = lamp_manifest();

    (void)state;
    as_lock.class_id = TPS_SPAN_OF(lock_class);
    nobody.device_count = 0; /* the class alone */
    expect_affirming(move_on(knowing(&lamp, 0), knowing(&lamp, 0)));
    expect_affirming(move_on(knowing(&lamp, 20), knowing(&lamp, 20)));
    expect_affirming(move_on(knowing(&lamp, 20), knowing(&lamp, 0)));
    expect_finding(move_on(knowing(&lamp, 0), knowing(&as_lock, 0)), "instance-identity.class-of-another",
                   TPS_VERIFIER_CLASS_OF_ANOTHER);
    expect_finding(move_on(knowing(&lamp, 20), knowing(&lamp, 23)), "instance-identity.class-of-another",
                   TPS_VERIFIER_CLASS_OF_ANOTHER);
    expect_finding(move_on(knowing(&lamp, 0), knowing(&lamp, 20)), "instance-identity.class-of-another",
                   TPS_VERIFIER_CLASS_OF_ANOTHER);
    expect_finding(move_on(knowing(&lamp, 20), knowing(&nobody, 23)), "instance-identity.class-of-another",
                   TPS_VERIFIER_CLASS_OF_ANOTHER);
}

static void trust_by_the_demonstration_ca_is_not_handed_on(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    tps_appraisal basis = *signed_lamp(v);

    (void)state;
    basis.is_demonstration = true;
    assert_status(tps_verifier_establish_key(v, &basis, TPS_SPAN_OF(secret), NOW + 60), TPS_OK);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)), "instance-identity.demonstration",
                   TPS_VERIFIER_DEMONSTRATION);
    v->options.allow_demonstration = true;
    assert_true(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256))->is_demonstration);
    tps_verifier_free(v);
}

static void keys_move_to_the_verifier_that_takes_over_but_for_ended_ones(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *old = maker_verifier();
    tps_verifier *v = maker_verifier();

    (void)state;
    assert_status(establish(old, secret, NOW + 1), TPS_OK);
    assert_status(tps_verifier_establish_key(old, signed_lock(old), TPS_SPAN_OF(other), NOW), TPS_OK);
    tps_verifier_take_established(v, old, NOW);
    assert_int_equal(old->established.count, 0);
    assert_int_equal(v->established.count, 1);
    expect_affirming(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)));
    tps_verifier_free(old);
    tps_verifier_free(v);
}

/* ---- the table, against a plain list ---- */

enum { IDS = 600 };

static tps_span id_of(unsigned number, uint8_t room[8])
{
    for (unsigned i = 0; i < 8; i++) {
        room[i] = (uint8_t)(number >> (i % 2 * 8));
    }
    return tps_span_make(room, 3 + number % 6);
}

static void the_table_holds_what_a_list_would(void **state)
{
    static bool is_there[IDS];
    static tps_appraisal basis;
    established_keys keys = {.slots = NULL};
    uint32_t draw = 1;

    (void)state;
    memset(is_there, 0, sizeof is_there);
    for (unsigned step = 0; step < 6000; step++) {
        uint8_t room[8];
        uint8_t key[32] = {0};
        unsigned number;

        draw = draw * 1664525u + 1013904223u;
        number = draw >> 8 & 0xffff;
        number %= IDS;
        key[0] = (uint8_t)number;
        key[1] = (uint8_t)(number >> 8);
        if ((draw >> 28) % 3 != 0) {
            tps_span id = id_of(number, room);
            memcpy(basis.instance_id, id.data, id.size);
            basis.instance_id_size = id.size;
            assert_status(established_put(&keys, &basis, TPS_SPAN_OF(key), (int64_t)number), TPS_OK);
            is_there[number] = true;
        } else {
            established_remove(&keys, id_of(number, room));
            is_there[number] = false;
        }
        if (step == 3000) {
            int64_t now = IDS / 2;
            established_expire(&keys, now);
            for (unsigned i = 0; i < IDS; i++) {
                is_there[i] = is_there[i] && (int64_t)i > now;
            }
        }
    }
    for (unsigned i = 0; i < IDS; i++) {
        uint8_t room[8];
        const established_key *found = established_find(&keys, id_of(i, room));
        assert_int_equal(found != NULL, is_there[i]);
        assert_true(found == NULL || (found->key[0] == (uint8_t)i && found->key[1] == (uint8_t)(i >> 8)));
    }
    established_free(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endorsed_device_attests_again_under_its_established_key),
        cmocka_unit_test(software_is_judged_as_of_signed_evidence),
        cmocka_unit_test(a_key_ends_and_is_dismissed_and_speaks_for_one_device_alone),
        cmocka_unit_test(a_basis_is_signed_fresh_affirming_and_says_who_it_is),
        cmocka_unit_test(a_certified_device_claims_no_other_class_under_its_key),
        cmocka_unit_test(an_instance_that_is_endorsed_for_another_class_or_maker_signs_again),
        cmocka_unit_test(trust_by_the_demonstration_ca_is_not_handed_on),
        cmocka_unit_test(keys_move_to_the_verifier_that_takes_over_but_for_ended_ones),
        cmocka_unit_test(the_table_holds_what_a_list_would),
    };

    return cmocka_run_group_tests_name("verifier: established keys", tests, NULL, support_end);
}
