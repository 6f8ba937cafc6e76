/* SPDX-License-Identifier: Apache-2.0 */
/* The power goes at every single write, erase and step of a counter of every operation, with five kinds of
 * half done work; and once more at every step of the start after it. What is found then is the old state or
 * the new one, whole, and it stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vault_support.h"

#define OLD "the old value, which is a little longer than one unit of flash"
#define NEW "the new value"

/* An operation, and what it makes of the value "subject": a text, or NULL for none. */
typedef struct {
    void (*prepare)(rig *r);
    tps_status (*act)(rig *r);
    const char *before;
    const char *after;
    bool keeps_others;
} operation;

static void put_others(rig *r)
{
    assert_int_equal(rig_put(r, "other", "untouched"), TPS_OK);
    assert_int_equal(rig_put(r, "empty", ""), TPS_OK);
}

static void prepare_without(rig *r)
{
    put_others(r);
}

static void prepare_with(rig *r)
{
    put_others(r);
    assert_int_equal(rig_put(r, "subject", OLD), TPS_OK);
}

/* So full of outdated records that the next write needs the other bank. */
static void prepare_full(rig *r)
{
    uint32_t end;

    prepare_with(r);
    end = (r->vault.bank + 1) * r->flash.size / 2;
    while (end - r->vault.at >= 320) {
        assert_int_equal(rig_put(r, "other", "untouched"), TPS_OK);
    }
}

static tps_status act_put(rig *r)
{
    return rig_put(r, "subject", NEW);
}

static tps_status act_delete(rig *r)
{
    return rig_delete(r, "subject");
}

static tps_status act_scrub(rig *r)
{
    return tps_vault_scrub(&r->vault);
}

static tps_status act_format(rig *r)
{
    return tps_vault_format(&r->vault, &r->platform, &r->handover);
}

static const operation operations[] = {
    {prepare_without, act_put, NULL, NEW, true},  {prepare_with, act_put, OLD, NEW, true},
    {prepare_with, act_delete, OLD, NULL, true},  {prepare_full, act_put, OLD, NEW, true},
    {prepare_full, act_delete, OLD, NULL, true},  {prepare_with, act_scrub, OLD, OLD, true},
    {prepare_with, act_format, OLD, NULL, false},
};

static bool has(rig *r, const char *text)
{
    tps_status status = rig_get(r, "subject");

    if (text == NULL) {
        return status == TPS_NOT_FOUND;
    }
    return status == TPS_OK && r->size == strlen(text) && memcmp(r->room, text, r->size) == 0;
}

/* The state is old or new; returns whether it is new. */
static bool expect_whole(rig *r, const operation *o, bool was_done)
{
    bool is_old = has(r, o->before);
    bool is_new = has(r, o->after);

    assert_true(is_old || is_new);
    if (was_done) {
        assert_true(is_new);
    }
    if (o->keeps_others || !is_new) {
        rig_expect(r, "other", "untouched");
        rig_expect(r, "empty", "");
        assert_int_equal(r->vault.count, is_old && is_new ? r->vault.count : 2 + (has(r, NULL) ? 0 : 1));
    } else {
        assert_int_equal(r->vault.count, 0);
    }
    assert_int_equal(r->counters[TPS_COUNTER_STORAGE] % 2, 0);
    assert_int_equal(r->counters[TPS_COUNTER_RECOVERY] % 2, 0);
    return is_new;
}

/* After a start: the state is whole, the next start finds the same, and a write works. */
static void expect_settled(rig *r, const operation *o, bool was_done, const snapshot *before)
{
    bool is_new;

    for (unsigned i = 0; i < TPS_COUNTERS_MAX; i++) {
        assert_true(r->counters[i] >= before->counters[i]);
    }
    is_new = expect_whole(r, o, was_done);
    rig_open(r);
    assert_int_equal(expect_whole(r, o, was_done), is_new);
    assert_int_equal(rig_put(r, "next", "works"), TPS_OK);
    rig_open(r);
    rig_expect(r, "next", "works");
}

/* One operation cut at step k; the start after it cut at every step. */
static void cut_twice(rig *r, const operation *o, const snapshot *before, unsigned k, uint32_t pattern,
                      bool *is_over)
{
    snapshot cut;
    bool was_done;
    bool was_cut = true;

    rig_restore(r, before);
    rig_open(r);
    flash_cut(&r->flash, k, pattern);
    was_done = o->act(r) == TPS_OK;
    *is_over = !r->flash.is_off;
    cut = rig_save(r);
    for (unsigned j = 1; was_cut; j++) {
        rig_restore(r, &cut);
        flash_power_on(&r->flash);
        flash_cut(&r->flash, j, pattern);
        was_cut = tps_vault_open(&r->vault, &r->platform, &r->handover, NULL) != TPS_OK;
        assert_int_equal(was_cut, r->flash.is_off);
        rig_open(r);
        expect_settled(r, o, was_done, before);
    }
    snapshot_free(&cut);
}

static void cut_everywhere(const operation *o, uint32_t size, uint32_t sector, uint32_t unit)
{
    rig *r = rig_new(size, sector, unit);
    snapshot before;

    rig_open(r);
    o->prepare(r);
    before = rig_save(r);
    for (uint32_t pattern = 0; pattern < CUT_PATTERNS; pattern++) {
        bool is_over = false;

        for (unsigned k = 1; !is_over; k++) {
            cut_twice(r, o, &before, k, pattern, &is_over);
            assert_true(k < 100);
        }
    }
    snapshot_free(&before);
    rig_free(r);
}

static void a_cut_at_any_step_leaves_old_or_new(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        cut_everywhere(&operations[i], 4096, 512, 16);
    }
}

static void a_cut_leaves_old_or_new_on_any_flash(void **state)
{
    static const uint32_t sizes[][3] = {{4096, 512, 1}, {8192, 4096, 8}, {8192, 1024, 64}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        cut_everywhere(&operations[1], sizes[i][0], sizes[i][1], sizes[i][2]);
        cut_everywhere(&operations[3], sizes[i][0], sizes[i][1], sizes[i][2]);
    }
}

/* The very first start, on flash that holds anything. */
static void a_cut_of_the_first_start_leaves_an_empty_vault(void **state)
{
    (void)state;
    for (uint32_t pattern = 0; pattern < CUT_PATTERNS; pattern++) {
        bool was_cut = true;

        for (unsigned k = 1; was_cut; k++) {
            rig *r = rig_new(4096, 512, 16);

            flash_cut(&r->flash, k, pattern);
            was_cut = tps_vault_open(&r->vault, &r->platform, &r->handover, NULL) != TPS_OK;
            rig_open(r);
            assert_int_equal(r->vault.count, 0);
            assert_int_equal(rig_put(r, "a", "b"), TPS_OK);
            rig_open(r);
            rig_expect(r, "a", "b");
            rig_free(r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_at_any_step_leaves_old_or_new),
        cmocka_unit_test(a_cut_leaves_old_or_new_on_any_flash),
        cmocka_unit_test(a_cut_of_the_first_start_leaves_an_empty_vault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
