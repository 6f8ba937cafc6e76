/* SPDX-License-Identifier: Apache-2.0 */
/* Who can write the flash: changes bytes, puts back what was there once, swaps, erases. Nothing but a named
 * error or the values themselves may come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vault_support.h"

static const char *const names[] = {"a", "b", "c"};

static rig *with_three(void)
{
    rig *r = rig_new(4096, 512, 16);

    rig_open(r);
    assert_int_equal(rig_put(r, "b", "outdated"), TPS_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rig_put(r, names[i], names[i]), TPS_OK);
    }
    assert_int_equal(rig_put(r, "gone", "x"), TPS_OK);
    assert_int_equal(rig_delete(r, "gone"), TPS_OK);
    return r;
}

/* Each value is itself or corrupt; how many are corrupt. */
static unsigned count_corrupt(rig *r)
{
    unsigned corrupt = 0;

    for (size_t i = 0; i < 3; i++) {
        tps_status status = rig_get(r, names[i]);

        if (status == TPS_COMPONENT_STORAGE_CORRUPT) {
            corrupt++;
        } else {
            rig_expect(r, names[i], names[i]);
        }
    }
    assert_int_equal(rig_get(r, "gone"), TPS_NOT_FOUND);
    return corrupt;
}

static void one_changed_byte_costs_one_value_at_most(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    rig *r = with_three();
    snapshot good = rig_save(r);
    unsigned lost = 0;

    (void)state;
    for (uint32_t i = 0; i < r->flash.size; i++) {
        unsigned corrupt;

        rig_restore(r, &good);
        r->flash.bytes[i] ^= changes[i % 3];
        r->flash.is_written[i / 16] = 1;
        rig_open(r);
        corrupt = count_corrupt(r);
        assert_true(corrupt <= 1);
        lost += corrupt;
        if (i % 7 ==
            0) { /* and what follows is written as ever; the corrupt stays told when its bank is left */
            assert_int_equal(tps_vault_scrub(&r->vault), TPS_OK);
            rig_open(r);
            assert_int_equal(count_corrupt(r), corrupt);
        }
    }
    assert_int_equal(lost, 3 * (1 + 16)); /* a byte of the value or its tag */
    snapshot_free(&good);
    rig_free(r);
}

static void storage_that_was_put_back_is_refused(void **state)
{
    enum { IMAGES = 12 };
    rig *r = rig_new(4096, 512, 16);
    snapshot saved[IMAGES];
    char text[16];

    (void)state;
    rig_open(r);
    for (int i = 0; i < IMAGES; i++) {
        saved[i] = rig_save(r);
        (void)snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(rig_put(r, "a", text), TPS_OK);
    }
    for (int i = 0; i < IMAGES; i++) {
        snapshot now = rig_save(r);

        rig_put_image_back(r, &saved[i]);
        assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);
        assert_memory_equal(r->flash.bytes, saved[i].flash.bytes, r->flash.size);
        rig_restore(r, &now);
        rig_open(r);
        rig_expect(r, "a", text);
        snapshot_free(&now);
        snapshot_free(&saved[i]);
    }
    memset(r->flash.bytes, 0xff, r->flash.size);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    memset(r->flash.bytes, 0x5a, r->flash.size);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_CORRUPT);
    rig_free(r);
}

/* Cut within a put of NEW, so that the record is there and the counter odd. */
static snapshot cut_with_record(rig *r, const char *value)
{
    flash_cut(&r->flash, 3, CUT_EVERYTHING); /* counter, header and value, copy */
    assert_int_equal(rig_put(r, "a", value), TPS_COMPONENT_STORAGE);
    return rig_save(r);
}

/* A write that one start finished and another gave up would be two histories under one number. */
static void of_a_write_that_was_cut_nobody_can_choose_later_whether_it_was(void **state)
{
    rig *r = rig_new(4096, 512, 16);
    snapshot before;
    snapshot with;
    snapshot without;

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "a", "old"), TPS_OK);
    before = rig_save(r);
    with = cut_with_record(r, "new");

    rig_put_image_back(r, &before); /* the record is taken away: the write is given up */
    rig_open(r);
    rig_expect(r, "a", "old");
    without = rig_save(r);
    rig_put_image_back(r, &with);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    rig_put_image_back(r, &before);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    rig_put_image_back(r, &without);
    rig_open(r);
    rig_expect(r, "a", "old");

    assert_int_equal(rig_put(r, "a", "third"), TPS_OK);
    rig_put_image_back(r, &with);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    rig_put_image_back(r, &without);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);

    snapshot_free(&before);
    snapshot_free(&with);
    snapshot_free(&without);
    rig_free(r);
}

/* At every step at which a start that gives a write up can be cut, the record that was given up comes too
 * late. */
static void a_write_that_is_being_given_up_does_not_come_back(void **state)
{
    bool was_cut = true;

    (void)state;
    for (unsigned k = 2; was_cut; k++) { /* the first step decides */
        rig *r = rig_new(4096, 512, 16);
        snapshot before;
        snapshot with;
        tps_status status;

        rig_open(r);
        assert_int_equal(rig_put(r, "a", "old"), TPS_OK);
        before = rig_save(r);
        with = cut_with_record(r, "new");
        rig_put_image_back(r, &before);
        flash_power_on(&r->flash);
        flash_cut(&r->flash, k, CUT_ANY_BITS);
        was_cut = tps_vault_open(&r->vault, &r->platform, &r->handover, NULL) != TPS_OK;

        rig_put_image_back(r, &with);
        status = rig_try_open(r);
        assert_true(status == TPS_OK || status == TPS_COMPONENT_STORAGE_ROLLED_BACK);
        if (status == TPS_OK) {
            rig_expect(r, "a", "old");
        }
        snapshot_free(&before);
        snapshot_free(&with);
        rig_free(r);
    }
}

static void a_record_without_both_headers_is_never_passed_over(void **state)
{
    rig *r = with_three();
    snapshot good = rig_save(r);

    (void)state;
    for (uint32_t at = 256; at < 256 + 6 * 288; at += 288) { /* START, then records of 32 bytes of value */
        tps_status status;

        rig_restore(r, &good);
        memset(r->flash.bytes + at, 0, 288);
        status = rig_try_open(r);
        assert_true(status == TPS_COMPONENT_STORAGE_CORRUPT || status == TPS_COMPONENT_STORAGE_ROLLED_BACK);
    }
    snapshot_free(&good);
    rig_free(r);
}

static void storage_that_cannot_be_read_is_named(void **state)
{
    rig *r = with_three();

    (void)state;
    r->flash.is_unreadable = true;
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE);
    r->flash.is_unreadable = false;
    r->flash.bad_from = 256 + 128 + 3; /* the value of the first record: outdated */
    r->flash.bad_to = r->flash.bad_from + 1;
    r->flash.bad_status = TPS_COMPONENT_STORAGE_CORRUPT;
    rig_open(r);
    assert_int_equal(count_corrupt(r), 0);
    r->flash.bad_from += 288; /* of "a" */
    r->flash.bad_to += 288;
    rig_open(r);
    assert_int_equal(count_corrupt(r), 1);
    assert_int_equal(tps_vault_tell(&r->vault).corrupt, 0);
    assert_int_equal(tps_vault_scrub(&r->vault), TPS_OK);
    r->flash.bad_to = 0;
    rig_open(r);
    assert_int_equal(count_corrupt(r), 1);
    assert_int_equal(tps_vault_tell(&r->vault).corrupt, 1);
    assert_int_equal(rig_put(r, "a", "a"), TPS_OK);
    assert_int_equal(count_corrupt(r), 0);
    rig_free(r);
}

/* What only fails to be read now, a value or both of its headers, must not be given up for it. */
static void what_cannot_be_read_now_is_not_lost(void **state)
{
    static const uint32_t places[][2] = {{128, 129}, {0, 288}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        rig *r = with_three();
        uint32_t at = r->vault.entries[1].offset; /* of "a" */

        r->flash.bad_from = at + places[i][0];
        r->flash.bad_to = at + places[i][1];
        assert_int_equal(tps_vault_scrub(&r->vault), TPS_COMPONENT_STORAGE);
        assert_int_equal(rig_get(r, "a"), TPS_COMPONENT_STORAGE);
        rig_expect(r, "b", "b");
        assert_int_equal(rig_put(r, "c", "no room in the log"), TPS_COMPONENT_STORAGE);
        r->flash.bad_to = 0;
        rig_expect(r, "a", "a");
        assert_int_equal(rig_put(r, "c", "c"), TPS_OK); /* without a restart */
        rig_open(r);
        assert_int_equal(count_corrupt(r), 0);
        rig_free(r);
    }
}

/* Else a full log that holds one would never take a write again. */
static void a_value_that_cannot_be_read_can_be_deleted_from_a_full_log(void **state)
{
    rig *r = with_three();
    tps_status status;

    (void)state;
    r->flash.bad_from = r->vault.entries[1].offset + 128; /* of "a" */
    r->flash.bad_to = r->flash.bad_from + 1;
    do {
        status = rig_put(r, "b", "again");
    } while (status == TPS_OK);
    assert_int_equal(status, TPS_COMPONENT_STORAGE);
    assert_int_equal(rig_delete(r, "b"), TPS_COMPONENT_STORAGE);
    assert_int_equal(rig_delete(r, "a"), TPS_OK);
    assert_int_equal(rig_get(r, "a"), TPS_NOT_FOUND);
    assert_int_equal(rig_put(r, "b", "once more"), TPS_OK);
    rig_open(r);
    rig_expect(r, "b", "once more");
    rig_expect(r, "c", "c");
    rig_free(r);
}

/* Whatever fails for a while, at any moment: three calls are all the tries that a read has. */
static void a_failure_that_passes_costs_nothing(void **state)
{
    bool has_failed = true;

    (void)state;
    for (unsigned n = 1; has_failed; n++) {
        rig *r = with_three();

        r->calls = 0;
        r->fail_at = n;
        r->fail_more = 2;
        has_failed = tps_vault_scrub(&r->vault) != TPS_OK;
        has_failed = r->calls >= n || has_failed;
        r->fail_at = 0;
        assert_int_equal(count_corrupt(r), 0);
        assert_int_equal(rig_put(r, "c", "c"), TPS_OK); /* it goes on without a restart */
        rig_open(r);
        assert_int_equal(count_corrupt(r), 0);
        rig_free(r);
    }
}

/* Another mode has other keys: storage of it is told from storage that was changed, and nothing happens to
 * it. */
static void storage_of_another_mode_is_named_and_kept(void **state)
{
    rig *r = with_three();
    snapshot good = rig_save(r);

    (void)state;
    for (uint32_t mode = 1; mode <= 3; mode++) {
        uint8_t key = r->handover.sv[0];

        r->handover.inputs.mode = mode;
        r->handover.sv[0] ^= (uint8_t)mode;
        assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_MODE);
        assert_memory_equal(r->flash.bytes, good.flash.bytes, r->flash.size);
        assert_memory_equal(r->counters, good.counters, sizeof(r->counters));
        r->handover.inputs.mode = 0;
        r->handover.sv[0] = key;
        rig_open(r);
        assert_int_equal(count_corrupt(r), 0);
    }
    r->handover.inputs.mode = 1;
    r->handover.sv[0] ^= 1;
    assert_int_equal(tps_vault_format(&r->vault, &r->platform, &r->handover), TPS_OK);
    assert_true(r->counters[TPS_COUNTER_STORAGE] > good.counters[TPS_COUNTER_STORAGE]);
    rig_open(r);
    assert_int_equal(tps_vault_tell(&r->vault).values, 0);
    r->handover.inputs.mode = 0;
    r->handover.sv[0] ^= 1;
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_MODE);
    rig_put_image_back(r, &good);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    snapshot_free(&good);
    rig_free(r);
}

/* The mode stands in the clear, so that it is said without the key; it is believed only with it. */
static void a_mode_that_was_changed_opens_nothing(void **state)
{
    rig *r = with_three();
    uint32_t first = r->vault.bank * 2048;

    (void)state;
    r->flash.bytes[first + 6] ^= 1; /* the other header has it */
    rig_open(r);
    assert_int_equal(count_corrupt(r), 0);
    r->flash.bytes[first + 128 + 6] ^= 1;
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_MODE);
    r->handover.inputs.mode = 1;
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_CORRUPT);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_changed_byte_costs_one_value_at_most),
        cmocka_unit_test(storage_that_was_put_back_is_refused),
        cmocka_unit_test(of_a_write_that_was_cut_nobody_can_choose_later_whether_it_was),
        cmocka_unit_test(a_write_that_is_being_given_up_does_not_come_back),
        cmocka_unit_test(a_record_without_both_headers_is_never_passed_over),
        cmocka_unit_test(storage_that_cannot_be_read_is_named),
        cmocka_unit_test(what_cannot_be_read_now_is_not_lost),
        cmocka_unit_test(a_value_that_cannot_be_read_can_be_deleted_from_a_full_log),
        cmocka_unit_test(a_failure_that_passes_costs_nothing),
        cmocka_unit_test(storage_of_another_mode_is_named_and_kept),
        cmocka_unit_test(a_mode_that_was_changed_opens_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
