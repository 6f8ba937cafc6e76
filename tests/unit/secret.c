/* SPDX-License-Identifier: Apache-2.0 */
/* Wiping and comparing secrets. */
#include "tps/secret.h"

#include "support/check.h"

static void wiping_zeroes_exactly_the_bytes_given(void **state)
{
    uint8_t bytes[] = {1, 2, 3, 4, 5};
    const uint8_t expected[] = {1, 0, 0, 0, 5};

    (void)state;
    tps_wipe(bytes + 1, 3);
    assert_memory_equal(bytes, expected, sizeof bytes);
    tps_wipe(NULL, 0);
    tps_wipe(bytes, 0);
    assert_memory_equal(bytes, expected, sizeof bytes);
}

static void secrets_are_equal_only_in_every_bit(void **state)
{
    uint8_t a[33];
    uint8_t b[33];

    (void)state;
    memset(a, 0x5a, sizeof a);
    memcpy(b, a, sizeof b);
    assert_true(tps_equal_secret(a, b, sizeof a));
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(tps_equal_secret(a, b, sizeof a));
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(tps_equal_secret(a, b, sizeof a));
}

static void nothing_equals_nothing(void **state)
{
    (void)state;
    assert_true(tps_equal_secret(NULL, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wiping_zeroes_exactly_the_bytes_given),
        cmocka_unit_test(secrets_are_equal_only_in_every_bit),
        cmocka_unit_test(nothing_equals_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
