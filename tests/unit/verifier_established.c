/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that were established with devices: for whom, how long, and that the table never mixes them up. */
#include "support/check.h"
#include "tps/cose.h"
#include "verifier/state.h"
#include "verifier_support.h"

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

static void an_endorsed_device_attests_again_under_its_established_key(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = maker_verifier();
    const tps_appraisal *a;

    (void)state;
    assert_status(tps_verifier_establish_key(v, claims.instance_id, TPS_SPAN_OF(secret), NOW + 60), TPS_OK);
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
    assert_status(tps_verifier_establish_key(v, claims.instance_id, TPS_SPAN_OF(secret), NOW + 60), TPS_OK);
    claims.components[2].measurement = TPS_SPAN_OF(unknown);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)), "executables.unknown-measurement",
                   TPS_OK);
    tps_verifier_free(v);
}

static void a_key_ends_and_is_dismissed_and_speaks_for_one_device_alone(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = maker_verifier();
    tps_span another = instance_of(device_key(7));

    (void)state;
    assert_status(tps_verifier_establish_key(v, claims.instance_id, TPS_SPAN_OF(secret), NOW), TPS_OK);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)), "evidence.key-ended",
                   TPS_VERIFIER_KEY_ENDED);
    assert_status(tps_verifier_establish_key(v, claims.instance_id, TPS_SPAN_OF(secret), NOW + 1), TPS_OK);
    expect_affirming(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)));
    tps_verifier_dismiss_key(v, claims.instance_id);
    assert_status(tps_verifier_establish_key(v, another, TPS_SPAN_OF(secret), NOW + 1), TPS_OK);
    expect_finding(appraise(v, mac_of(&claims, secret, TPS_ALG_HMAC256)), "instance-identity.unknown-signer",
                   TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
}

static void sizes_are_checked(void **state)
{
    tps_verifier *v = maker_verifier();
    uint8_t id[34] = {1};

    (void)state;
    assert_status(tps_verifier_establish_key(v, TPS_SPAN_EMPTY, TPS_SPAN_OF(secret), NOW), TPS_BAD_ARGUMENT);
    assert_status(tps_verifier_establish_key(v, TPS_SPAN_OF(id), TPS_SPAN_OF(secret), NOW), TPS_BAD_ARGUMENT);
    assert_status(tps_verifier_establish_key(v, tps_span_make(id, 33), tps_span_make(secret, 31), NOW),
                  TPS_BAD_ARGUMENT);
    tps_verifier_free(v);
}

static void keys_move_to_the_verifier_that_takes_over_but_for_ended_ones(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *old = maker_verifier();
    tps_verifier *v = maker_verifier();
    tps_span another = instance_of(device_key(7));

    (void)state;
    assert_status(tps_verifier_establish_key(old, claims.instance_id, TPS_SPAN_OF(secret), NOW + 1), TPS_OK);
    assert_status(tps_verifier_establish_key(old, another, TPS_SPAN_OF(other), NOW), TPS_OK);
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
            assert_status(established_put(&keys, id_of(number, room), TPS_SPAN_OF(key), (int64_t)number),
                          TPS_OK);
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
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(keys_move_to_the_verifier_that_takes_over_but_for_ended_ones),
        cmocka_unit_test(the_table_holds_what_a_list_would),
    };

    return cmocka_run_group_tests_name("verifier: established keys", tests, NULL, support_end);
}
