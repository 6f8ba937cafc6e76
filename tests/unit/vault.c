/* SPDX-License-Identifier: Apache-2.0 */
/* The vault's operations on flash that does what it should: what is put can be read, after a restart too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vault_support.h"

static void what_is_put_can_be_read_after_a_restart(void **state)
{
    rig *r = rig_new(32768, 4096, 16);

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "a", "first"), TPS_OK);
    assert_int_equal(rig_put(r, "b", ""), TPS_OK);
    assert_int_equal(rig_put(r, "a", "second"), TPS_OK);
    rig_open(r);
    rig_expect(r, "a", "second");
    rig_expect(r, "b", "");
    assert_int_equal(rig_get(r, "c"), TPS_NOT_FOUND);
    assert_int_equal(rig_delete(r, "a"), TPS_OK);
    assert_int_equal(rig_delete(r, "a"), TPS_NOT_FOUND);
    rig_open(r);
    assert_int_equal(rig_get(r, "a"), TPS_NOT_FOUND);
    rig_expect(r, "b", "");
    rig_free(r);
}

static void it_goes_round_without_losing_anything(void **state)
{
    rig *r = rig_new(8192, 1024, 16);
    char text[32];

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "stays", "here"), TPS_OK);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(text, sizeof(text), "value %d", i);
        assert_int_equal(rig_put(r, "changes", text), TPS_OK);
        rig_expect(r, "stays", "here");
        rig_expect(r, "changes", text);
    }
    rig_open(r);
    rig_expect(r, "stays", "here");
    rig_expect(r, "changes", text);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_can_be_read_after_a_restart),
        cmocka_unit_test(it_goes_round_without_losing_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
