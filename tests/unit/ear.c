/* SPDX-License-Identifier: Apache-2.0 */
/* The trustworthiness vector's tiers and names. */
#include "tps/ear.h"

#include "support/check.h"

/* Every value, against the ranges as ear.h gives them. */
static void every_value_has_the_tier_of_its_range(void **state)
{
    (void)state;
    for (int value = -128; value <= 127; value++) {
        uint8_t expected = TPS_EAR_TIER_CONTRAINDICATED;

        if (value >= -1 && value <= 1) {
            expected = TPS_EAR_TIER_NONE;
        } else if ((value >= 2 && value <= 31) || (value >= -32 && value <= -2)) {
            expected = TPS_EAR_TIER_AFFIRMING;
        } else if ((value >= 32 && value <= 95) || (value >= -96 && value <= -33)) {
            expected = TPS_EAR_TIER_WARNING;
        }
        assert_int_equal(tps_ear_tier_of((int8_t)value), expected);
    }
}

static void the_worst_claim_decides_the_vector(void **state)
{
    int8_t vector[TPS_EAR_CLAIMS] = {0};

    (void)state;
    assert_int_equal(tps_ear_tier_of_vector(vector), TPS_EAR_TIER_NONE);
    vector[TPS_EAR_SOURCED_DATA] = TPS_EAR_AFFIRMING;
    assert_int_equal(tps_ear_tier_of_vector(vector), TPS_EAR_TIER_AFFIRMING);
    vector[TPS_EAR_CONFIGURATION] = TPS_EAR_CONFIG_UNSAFE;
    assert_int_equal(tps_ear_tier_of_vector(vector), TPS_EAR_TIER_WARNING);
    vector[TPS_EAR_INSTANCE_IDENTITY] = TPS_EAR_IDENTITY_UNRECOGNIZED;
    assert_int_equal(tps_ear_tier_of_vector(vector), TPS_EAR_TIER_CONTRAINDICATED);
    vector[TPS_EAR_INSTANCE_IDENTITY] = TPS_EAR_CRYPTO_FAILED;
    assert_int_equal(tps_ear_tier_of_vector(vector), TPS_EAR_TIER_CONTRAINDICATED);
}

static void tiers_and_claims_have_their_published_names(void **state)
{
    (void)state;
    assert_string_equal(tps_ear_tier_name(TPS_EAR_TIER_NONE), "none");
    assert_string_equal(tps_ear_tier_name(TPS_EAR_TIER_AFFIRMING), "affirming");
    assert_string_equal(tps_ear_tier_name(TPS_EAR_TIER_WARNING), "warning");
    assert_string_equal(tps_ear_tier_name(TPS_EAR_TIER_CONTRAINDICATED), "contraindicated");
    assert_string_equal(tps_ear_claim_name(TPS_EAR_INSTANCE_IDENTITY), "instance-identity");
    assert_string_equal(tps_ear_claim_name(TPS_EAR_EXECUTABLES), "executables");
    assert_string_equal(tps_ear_claim_name(TPS_EAR_SOURCED_DATA), "sourced-data");
    assert_string_equal(tps_ear_claim_name(TPS_EAR_CLAIMS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_the_tier_of_its_range),
        cmocka_unit_test(the_worst_claim_decides_the_vector),
        cmocka_unit_test(tiers_and_claims_have_their_published_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
