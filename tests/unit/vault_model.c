/* SPDX-License-Identifier: Apache-2.0 */
/* Thousands of random operations beside a model in memory, the power going now and then; and how evenly the
 * sectors are worn by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vault_support.h"

enum { NAMES = 9, OPERATIONS = 4000 };

/* What a value is: how it was made, or 0 for none. Contents follow from that. */
static uint32_t model[NAMES];
static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static tps_span content(uint32_t made, uint8_t room[512])
{
    uint32_t size = made % 397;

    for (uint32_t i = 0; i < size; i++) {
        room[i] = (uint8_t)(made * 31 + i * 7);
    }
    return tps_span_make(room, size);
}

static tps_vault_id id_of(uint32_t name)
{
    uint8_t n = (uint8_t)name;

    return tps_vault_id_make(TPS_VAULT_TEST, NULL, tps_span_make(&n, 1));
}

static bool is_value(rig *r, uint32_t name, uint32_t made)
{
    uint8_t room[512];
    tps_vault_id id = id_of(name);
    tps_status status = tps_vault_get(&r->vault, &id, NULL, TPS_BUF_OF(r->room), &r->size);

    if (made == 0) {
        return status == TPS_NOT_FOUND;
    }
    return status == TPS_OK && tps_span_equal(tps_span_make(r->room, r->size), content(made, room));
}

/* After a cut the value that was being changed is old or new; all others are as they were. */
static void reopen(rig *r, uint32_t name, uint32_t wanted)
{
    rig_open(r);
    if (is_value(r, name, wanted)) {
        model[name] = wanted;
    }
    for (uint32_t i = 0; i < NAMES; i++) {
        assert_true(is_value(r, i, model[i]));
    }
}

static void one_operation(rig *r, uint32_t step)
{
    uint32_t name = draw(NAMES);
    uint32_t what = draw(100);
    uint32_t wanted = what < 70 ? step + 1 : what < 97 ? 0 : model[name];
    uint8_t room[512];
    tps_vault_id id = id_of(name);
    tps_status status;

    if (draw(8) == 0) {
        flash_cut(&r->flash, 1 + draw(what < 97 ? 6 : 40), draw(CUT_PATTERNS));
    }
    if (what < 70) {
        status = tps_vault_put(&r->vault, &id, NULL, content(wanted, room), 0);
    } else if (what < 97) {
        status = tps_vault_delete(&r->vault, &id);
        status = status == TPS_NOT_FOUND ? TPS_OK : status;
    } else {
        status = tps_vault_scrub(&r->vault);
    }
    if (status == TPS_OK) {
        model[name] = wanted;
    }
    if (r->flash.is_off || draw(50) == 0) {
        reopen(r, name, wanted);
    } else {
        assert_int_equal(status, TPS_OK);
        assert_true(is_value(r, name, model[name]));
    }
}

static void expect_even_wear(const rig *r)
{
    uint32_t most = 0;
    uint32_t least = UINT32_MAX;

    for (uint32_t i = 0; i < r->flash.size / r->flash.sector; i++) {
        most = r->flash.erases[i] > most ? r->flash.erases[i] : most;
        least = r->flash.erases[i] < least ? r->flash.erases[i] : least;
    }
    assert_true(least > 10);
    assert_true(most <= 2 * least);
}

static void a_long_run_is_as_the_model(void **state)
{
    static const uint32_t sizes[][3] = {
        {16384, 512, 1}, {16384, 2048, 8}, {32768, 4096, 64}, {131072, 65536, 16}};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        rig *r = rig_new(sizes[i][0], sizes[i][1], sizes[i][2]);

        seed = (uint32_t)i;
        memset(model, 0, sizeof(model));
        rig_open(r);
        for (uint32_t step = 0; step < OPERATIONS; step++) {
            one_operation(r, step);
        }
        expect_even_wear(r);
        rig_free(r);
    }
}

static void without_cuts_all_sectors_are_erased_equally(void **state)
{
    rig *r = rig_new(8192, 1024, 16);
    char text[16];

    (void)state;
    rig_open(r);
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(rig_put(r, "counter", text), TPS_OK);
    }
    for (uint32_t i = 1; i < 8; i++) {
        assert_true(r->flash.erases[i] + 1 >= r->flash.erases[0]);
    }
    expect_even_wear(r);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_run_is_as_the_model),
        cmocka_unit_test(without_cuts_all_sectors_are_erased_equally),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
