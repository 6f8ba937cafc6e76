/* SPDX-License-Identifier: Apache-2.0 */
/* The table of applications that the first stage started: counted by digest, bounded, never forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "component/core/applications.h"

static tps_component component;

static int setup(void **state)
{
    (void)state;
    memset(&component, 0, sizeof(component));
    return 0;
}

static tps_status start(uint8_t last)
{
    uint8_t digest[32] = {1};

    digest[31] = last;
    return tps_component_application_started(&component, digest);
}

static void nothing_was_started_at_first(void **state)
{
    size_t count = 1;

    (void)state;
    (void)tps_component_applications(&component, &count);

    assert_int_equal(count, 0);
}

static void starts_are_counted_for_each_digest(void **state)
{
    const tps_application *list;
    size_t count;

    (void)state;
    assert_int_equal(start(1), TPS_OK);
    assert_int_equal(start(2), TPS_OK);
    assert_int_equal(start(1), TPS_OK);
    list = tps_component_applications(&component, &count);

    assert_int_equal(count, 2);
    assert_int_equal(list[0].digest[0], 1);
    assert_int_equal(list[0].digest[31], 1);
    assert_int_equal(list[0].starts, 2);
    assert_int_equal(list[1].digest[31], 2);
    assert_int_equal(list[1].starts, 1);
}

static void a_full_table_refuses_another_and_counts_those_that_it_has(void **state)
{
    size_t count;

    (void)state;
    for (uint8_t i = 0; i < TPS_COMPONENT_APPLICATIONS_MAX; i++) {
        assert_int_equal(start(i), TPS_OK);
    }

    assert_int_equal(start(200), TPS_COMPONENT_FULL);
    assert_int_equal(start(1), TPS_OK);
    assert_int_equal(tps_component_applications(&component, &count)[1].starts, 2);
    assert_int_equal(count, TPS_COMPONENT_APPLICATIONS_MAX);
}

static void a_count_does_not_wrap(void **state)
{
    size_t count;

    (void)state;
    assert_int_equal(start(1), TPS_OK);
    component.applications[0].starts = UINT32_MAX;
    assert_int_equal(start(1), TPS_OK);

    assert_int_equal(tps_component_applications(&component, &count)[0].starts, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_was_started_at_first, setup),
        cmocka_unit_test_setup(starts_are_counted_for_each_digest, setup),
        cmocka_unit_test_setup(a_full_table_refuses_another_and_counts_those_that_it_has, setup),
        cmocka_unit_test_setup(a_count_does_not_wrap, setup),
    };

    return cmocka_run_group_tests_name("component_applications", tests, NULL, NULL);
}
