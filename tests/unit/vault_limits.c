/* SPDX-License-Identifier: Apache-2.0 */
/* What the vault refuses, and whom: older code, other images, other providers; too much, too large; a
 * platform that fails at its Nth call, for all N. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vault_support.h"

static tps_status put_with(rig *r, const char *name, const tps_vault_context *context, uint32_t flags)
{
    tps_vault_id id = rig_id(name);

    return tps_vault_put(&r->vault, &id, context, tps_span_of_text(name), flags);
}

static tps_status get_with(rig *r, const char *name, const tps_vault_context *context)
{
    tps_vault_id id = rig_id(name);

    return tps_vault_get(&r->vault, &id, context, TPS_BUF_OF(r->room), &r->size);
}

/* ---- keys ---- */

static void newer_code_opens_what_older_code_sealed_and_never_the_reverse(void **state)
{
    rig *r = rig_new(4096, 512, 16);
    snapshot of_older;

    (void)state;
    rig_run(r, 3);
    rig_open(r);
    assert_int_equal(rig_put(r, "a", "by 3"), TPS_OK);
    of_older = rig_save(r);
    rig_run(r, 5);
    rig_open(r);
    rig_expect(r, "a", "by 3");
    rig_run(r, 3); /* 5 wrote nothing */
    rig_open(r);
    rig_run(r, 5);
    rig_open(r);
    assert_int_equal(rig_put(r, "b", "by 5"), TPS_OK);
    rig_expect(r, "a", "by 3");
    rig_run(r, 4);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_NEWER);
    rig_run(r, 255);
    rig_open(r);
    assert_int_equal(tps_vault_scrub(&r->vault), TPS_OK);
    rig_open(r);
    rig_expect(r, "a", "by 3");
    rig_expect(r, "b", "by 5");
    rig_run(r, 5);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_NEWER);
    rig_put_image_back(r, &of_older);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    snapshot_free(&of_older);
    rig_free(r);
}

static void another_device_opens_nothing(void **state)
{
    rig *r = rig_new(4096, 512, 16);

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "a", "secret"), TPS_OK);
    r->handover.sv[0] ^= 1;
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_CORRUPT);
    rig_free(r);
}

static void a_bound_value_is_read_by_the_same_images_only(void **state)
{
    rig *r = rig_new(4096, 512, 16);

    (void)state;
    rig_open(r);
    assert_int_equal(put_with(r, "bound", NULL, TPS_VAULT_BOUND), TPS_OK);
    assert_int_equal(rig_put(r, "free", "x"), TPS_OK);
    r->handover.cdi_attest[31] ^= 1;
    rig_open(r);
    assert_int_equal(rig_get(r, "bound"), TPS_COMPONENT_STORAGE_BOUND);
    rig_expect(r, "free", "x");
    assert_int_equal(tps_vault_scrub(&r->vault), TPS_OK); /* copied by code that cannot open it */
    r->handover.cdi_attest[31] ^= 1;
    rig_open(r);
    rig_expect(r, "bound", "bound");
    r->handover.cdi_attest[31] ^= 1;
    rig_open(r);
    assert_int_equal(rig_delete(r, "bound"), TPS_OK);
    assert_int_equal(rig_get(r, "bound"), TPS_NOT_FOUND);
    rig_free(r);
}

static void a_context_opens_its_own_values_only(void **state)
{
    tps_vault_context p = {.provider = {1}, .owner = {2}};
    tps_vault_context q = {.provider = {3}, .owner = {2}};
    rig *r = rig_new(4096, 512, 16);

    (void)state;
    rig_open(r);
    assert_int_equal(put_with(r, "of p", &p, 0), TPS_OK);
    assert_int_equal(put_with(r, "both", &p, TPS_VAULT_BOUND), TPS_OK);
    assert_int_equal(rig_put(r, "plain", "x"), TPS_OK);
    assert_int_equal(get_with(r, "of p", &p), TPS_OK);
    assert_int_equal(get_with(r, "both", &p), TPS_OK);
    assert_int_equal(get_with(r, "of p", &q), TPS_COMPONENT_STORAGE_CORRUPT);
    assert_int_equal(r->room[0], 0);
    assert_int_equal(get_with(r, "of p", NULL), TPS_COMPONENT_STORAGE_CORRUPT);
    assert_int_equal(get_with(r, "plain", &p), TPS_COMPONENT_STORAGE_CORRUPT);
    rig_run(r, 9); /* the context key is of the value's own v */
    assert_int_equal(tps_vault_scrub(&r->vault), TPS_OK);
    rig_open(r);
    assert_int_equal(get_with(r, "of p", &p), TPS_OK);
    assert_int_equal(tps_vault_delete_contexts(&r->vault), TPS_OK);
    assert_int_equal(tps_vault_tell(&r->vault).values, 1);
    rig_expect(r, "plain", "x");
    rig_free(r);
}

/* ---- scrub, format, list ---- */

static bool has_bytes(const rig *r, const uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i + size <= r->flash.size; i++) {
        if (memcmp(r->flash.bytes + i, bytes, size) == 0) {
            return true;
        }
    }
    return false;
}

static void what_was_deleted_is_gone_after_a_scrub(void **state)
{
    rig *r = rig_new(4096, 512, 16);
    uint8_t sealed[16];
    uint32_t at;

    (void)state;
    rig_open(r);
    at = r->vault.at + 128;
    assert_int_equal(rig_put(r, "a", "sixteen bytes and more"), TPS_OK);
    memcpy(sealed, r->flash.bytes + at, sizeof(sealed));
    assert_int_equal(rig_delete(r, "a"), TPS_OK);
    assert_true(has_bytes(r, sealed, sizeof(sealed)));
    assert_int_equal(tps_vault_scrub(&r->vault), TPS_OK);
    assert_false(has_bytes(r, sealed, sizeof(sealed)));
    rig_free(r);
}

static void a_vault_that_cannot_be_opened_can_be_formatted(void **state)
{
    rig *r = rig_new(4096, 512, 16);
    snapshot old;

    (void)state;
    rig_open(r);
    old = rig_save(r);
    for (unsigned odd = 0; odd < 4; odd++) { /* whatever the counters are */
        assert_int_equal(rig_put(r, "a", "b"), TPS_OK);
        r->counters[TPS_COUNTER_STORAGE] += 4 + odd % 2;
        r->counters[TPS_COUNTER_RECOVERY] += odd / 2;
        rig_put_image_back(r, &old);
        assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);
        assert_int_equal(tps_vault_format(&r->vault, &r->platform, &r->handover), TPS_OK);
        rig_open(r);
        assert_int_equal(tps_vault_tell(&r->vault).values, 0);
        assert_int_equal(rig_put(r, "a", "b"), TPS_OK);
        rig_open(r);
        rig_expect(r, "a", "b");
    }
    snapshot_free(&old);
    rig_free(r);
}

static void values_are_listed_by_space_and_owner(void **state)
{
    static const uint8_t owner[16] = {7};
    rig *r = rig_new(8192, 1024, 16);
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_COUNTERS, owner, TPS_SPAN_LITERAL("n"));
    size_t place = 0;

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "a", ""), TPS_OK);
    assert_int_equal(tps_vault_put(&r->vault, &id, NULL, TPS_SPAN_EMPTY, 0), TPS_OK);
    id.owner[0] = 8;
    assert_int_equal(tps_vault_put(&r->vault, &id, NULL, TPS_SPAN_EMPTY, 0), TPS_OK);
    assert_true(tps_vault_next(&r->vault, TPS_VAULT_COUNTERS, owner, &place, &id));
    assert_int_equal(id.owner[0], 7);
    assert_false(tps_vault_next(&r->vault, TPS_VAULT_COUNTERS, owner, &place, &id));
    place = 0;
    assert_true(tps_vault_next(&r->vault, TPS_VAULT_COUNTERS, NULL, &place, &id));
    assert_true(tps_vault_next(&r->vault, TPS_VAULT_COUNTERS, NULL, &place, &id));
    assert_false(tps_vault_next(&r->vault, TPS_VAULT_COUNTERS, NULL, &place, &id));
    rig_free(r);
}

/* ---- limits ---- */

static void a_full_vault_says_so_and_loses_nothing(void **state)
{
    rig *r = rig_new(4096, 512, 16);
    char name[16];
    int n = 0;
    tps_status status;

    (void)state;
    rig_open(r);
    do {
        (void)snprintf(name, sizeof(name), "%d", n++);
        status = rig_put(r, name, name);
    } while (status == TPS_OK);
    assert_int_equal(status, TPS_COMPONENT_STORAGE_FULL);
    assert_int_equal(tps_vault_tell(&r->vault).values, n - 1);
    assert_true(tps_vault_tell(&r->vault).used + 288 > tps_vault_tell(&r->vault).capacity);
    rig_open(r);
    for (int i = 0; i < n - 1; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        rig_expect(r, name, name);
    }
    for (int i = 0; i < n - 1; i++) { /* it can be emptied, with never a byte more */
        (void)snprintf(name, sizeof(name), "%d", i);
        assert_int_equal(rig_delete(r, name), TPS_OK);
    }
    assert_int_equal(tps_vault_tell(&r->vault).used, 0);
    rig_free(r);
}

static void a_record_takes_no_more_than_is_told(void **state)
{
    static const uint8_t bytes[64];
    tps_vault_id id = rig_id("v");

    (void)state;
    for (uint32_t unit = 1; unit <= TPS_STORAGE_UNIT_MAX; unit *= 2) {
        rig *r = rig_new(32768, 4096, unit);
        uint32_t most = 0;

        rig_open(r);
        for (uint32_t size = 0; size < sizeof(bytes); size++) {
            uint32_t beyond;

            assert_int_equal(tps_vault_put(&r->vault, &id, NULL, tps_span_make(bytes, size), 0), TPS_OK);
            beyond = tps_vault_tell(&r->vault).used - size;
            most = beyond > most ? beyond : most;
        }
        assert_int_equal(most, tps_vault_tell(&r->vault).overhead);
        rig_free(r);
    }
}

static void there_are_so_many_values_and_no_more(void **state)
{
    rig *r = rig_new(131072, 4096, 16);
    char name[16];

    (void)state;
    rig_open(r);
    for (unsigned i = 0; i < TPS_VAULT_VALUES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "%u", i);
        assert_int_equal(rig_put(r, name, ""), TPS_OK);
    }
    assert_int_equal(rig_put(r, "more", ""), TPS_COMPONENT_STORAGE_FULL);
    assert_int_equal(rig_put(r, "0", "replaced"), TPS_OK);
    rig_open(r);
    rig_expect(r, "0", "replaced");
    rig_free(r);
}

static void a_value_has_its_largest_size_and_no_more(void **state)
{
    static uint8_t large[TPS_VAULT_VALUE_MAX + 1];
    tps_vault_id id = rig_id("large");
    rig *r = rig_new(32768, 4096, 64);

    (void)state;
    memset(large, 0x33, sizeof(large));
    rig_open(r);
    assert_int_equal(tps_vault_put(&r->vault, &id, NULL, TPS_SPAN_OF(large), 0), TPS_TOO_LARGE);
    assert_int_equal(tps_vault_put(&r->vault, &id, NULL, tps_span_make(large, TPS_VAULT_VALUE_MAX), 0),
                     TPS_OK);
    assert_int_equal(tps_vault_get(&r->vault, &id, NULL, TPS_BUF_MEASURE, &r->size), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(r->size, TPS_VAULT_VALUE_MAX);
    assert_int_equal(rig_get(r, "large"), TPS_OK);
    assert_memory_equal(r->room, large, TPS_VAULT_VALUE_MAX);
    assert_int_equal(tps_vault_put(&r->vault, &id, NULL, TPS_SPAN_EMPTY, 2), TPS_BAD_ARGUMENT);
    id.name_size = TPS_VAULT_NAME_MAX + 1;
    assert_int_equal(tps_vault_put(&r->vault, &id, NULL, TPS_SPAN_EMPTY, 0), TPS_BAD_ARGUMENT);
    rig_free(r);
}

static void an_id_has_room_for_so_long_a_name(void **state)
{
    static const uint8_t name[TPS_VAULT_NAME_MAX + 1] = {1};
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_TEST, NULL, TPS_SPAN_OF(name));

    (void)state;
    assert_int_equal(id.name_size, TPS_VAULT_NAME_MAX);
    id = tps_vault_id_make(TPS_VAULT_TEST, NULL, TPS_SPAN_EMPTY);
    assert_int_equal(id.name_size, 0);
}

static void sizes_that_no_flash_has_are_refused(void **state)
{
    static const uint32_t sizes[][3] = {{0, 512, 16},     {4096, 0, 16},       {4096, 768, 16},
                                        {4096, 256, 16},  {4096, 512, 0},      {4096, 512, 24},
                                        {4096, 512, 128}, {512, 512, 16},      {1536, 512, 16},
                                        {5000, 512, 16},  {262144, 131072, 16}};
    rig *r = rig_new(4096, 512, 16);

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        r->platform.storage_size = sizes[i][0];
        r->platform.sector_size = sizes[i][1];
        r->platform.unit_size = sizes[i][2];
        assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE);
        assert_int_equal(tps_vault_format(&r->vault, &r->platform, &r->handover), TPS_COMPONENT_STORAGE);
    }
    assert_int_equal(r->counters[TPS_COUNTER_STORAGE], 0);
    rig_free(r);
}

static void without_counters_there_is_no_vault(void **state)
{
    rig *r = rig_new(4096, 512, 16);

    (void)state;
    r->has_no_counters = true;
    assert_int_equal(rig_try_open(r), TPS_UNSUPPORTED);
    assert_int_equal(tps_vault_format(&r->vault, &r->platform, &r->handover), TPS_UNSUPPORTED);
    rig_free(r);
}

static void counters_at_their_end_are_refused(void **state)
{
    rig *r = rig_new(4096, 512, 16);

    (void)state;
    r->counters[TPS_COUNTER_STORAGE] = UINT64_MAX - 1;
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE);
    r->counters[TPS_COUNTER_STORAGE] = 2;
    r->counters[TPS_COUNTER_RECOVERY] = UINT32_MAX;
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE);
    rig_free(r);
}

/* ---- a platform that fails ---- */

static tps_status act(rig *r, unsigned which)
{
    switch (which) {
    case 0: return rig_put(r, "a", "new");
    case 1: return rig_delete(r, "a");
    case 2: return tps_vault_scrub(&r->vault);
    case 3: return put_with(r, "bound", NULL, TPS_VAULT_BOUND);
    default: return tps_vault_format(&r->vault, &r->platform, &r->handover);
    }
}

static void expect_old_or_new(rig *r, unsigned which)
{
    tps_status status = rig_get(r, "a");

    if (which == 1 || which == 4) {
        assert_true(status == TPS_OK || status == TPS_NOT_FOUND);
    } else {
        assert_int_equal(status, TPS_OK);
        assert_true(r->room[0] == 'o' || (which == 0 && r->room[0] == 'n'));
    }
    if (which != 4) {
        rig_expect(r, "other", "stays");
    }
}

static void a_platform_that_fails_once_leaves_old_or_new(void **state)
{
    (void)state;
    for (unsigned which = 0; which < 5; which++) {
        bool has_failed = true;

        for (unsigned n = 1; has_failed; n++) {
            rig *r = rig_new(4096, 512, 16);
            tps_status status;

            rig_open(r);
            assert_int_equal(rig_put(r, "a", "old"), TPS_OK);
            assert_int_equal(rig_put(r, "other", "stays"), TPS_OK);
            r->fail_at = r->calls + n;
            status = act(r, which);
            has_failed = r->calls >= r->fail_at;
            r->fail_at = 0;
            if (which != 4 || status == TPS_OK) {
                expect_old_or_new(r, which); /* what can still be read is right */
            }
            rig_open(r);
            expect_old_or_new(r, which);
            assert_int_equal(rig_put(r, "a", "next"), TPS_OK);
            rig_free(r);
        }
    }
}

static void a_start_on_a_platform_that_fails_once_is_made_up_for(void **state)
{
    rig *r = rig_new(4096, 512, 16);
    snapshot cut;
    unsigned n = 0;

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "a", "old"), TPS_OK);
    flash_cut(&r->flash, 2, CUT_ANY_BITS);
    assert_int_equal(rig_put(r, "a", "new"), TPS_COMPONENT_STORAGE);
    cut = rig_save(r);
    do {
        rig_restore(r, &cut);
        r->fail_at = r->calls + ++n;
        (void)rig_try_open(r);
        if (r->calls < r->fail_at) {
            break;
        }
        r->fail_at = 0;
        rig_open(r);
        rig_expect(r, "a", "old");
    } while (n < 1000);
    assert_true(n > 20 && n < 1000);
    snapshot_free(&cut);
    rig_free(r);
}

static void after_a_failed_write_there_is_no_other(void **state)
{
    rig *r = rig_new(4096, 512, 16);

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "a", "old"), TPS_OK);
    flash_cut(&r->flash, 1, CUT_NOTHING);
    assert_int_equal(rig_put(r, "a", "new"), TPS_COMPONENT_STORAGE);
    flash_power_on(&r->flash);
    assert_int_equal(rig_put(r, "b", "x"), TPS_COMPONENT_STORAGE);
    assert_int_equal(rig_delete(r, "a"), TPS_COMPONENT_STORAGE);
    assert_int_equal(tps_vault_scrub(&r->vault), TPS_COMPONENT_STORAGE);
    rig_expect(r, "a", "old");
    rig_open(r);
    rig_expect(r, "a", "old");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_code_opens_what_older_code_sealed_and_never_the_reverse),
        cmocka_unit_test(another_device_opens_nothing),
        cmocka_unit_test(a_bound_value_is_read_by_the_same_images_only),
        cmocka_unit_test(a_context_opens_its_own_values_only),
        cmocka_unit_test(what_was_deleted_is_gone_after_a_scrub),
        cmocka_unit_test(a_vault_that_cannot_be_opened_can_be_formatted),
        cmocka_unit_test(values_are_listed_by_space_and_owner),
        cmocka_unit_test(a_full_vault_says_so_and_loses_nothing),
        cmocka_unit_test(there_are_so_many_values_and_no_more),
        cmocka_unit_test(a_record_takes_no_more_than_is_told),
        cmocka_unit_test(a_value_has_its_largest_size_and_no_more),
        cmocka_unit_test(an_id_has_room_for_so_long_a_name),
        cmocka_unit_test(sizes_that_no_flash_has_are_refused),
        cmocka_unit_test(without_counters_there_is_no_vault),
        cmocka_unit_test(counters_at_their_end_are_refused),
        cmocka_unit_test(a_platform_that_fails_once_leaves_old_or_new),
        cmocka_unit_test(a_start_on_a_platform_that_fails_once_is_made_up_for),
        cmocka_unit_test(after_a_failed_write_there_is_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
