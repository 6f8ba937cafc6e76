/* SPDX-License-Identifier: Apache-2.0 */
/* Counters in flash: whenever the power goes, and whatever half written bits read as afterwards, no value
 * that was told is taken back, and none is told that nobody asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chip_support.h"
#include "platform/trustzone_m/counters.h"

/* Sectors and units. */
static const uint32_t kinds[][2] = {{512, 1}, {512, 8}, {512, 16}, {1024, 64}, {4096, 16}};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What a test knows of the counters. */
typedef struct {
    uint64_t told[TPS_COUNTERS_MAX];  /* the highest that was returned */
    uint64_t asked[TPS_COUNTERS_MAX]; /* the highest that was asked for */
    uint64_t start;                   /* the number of the last start */
} model;

static uint64_t value_of(chip_rig *r, uint32_t counter)
{
    uint64_t value = UINT64_MAX;

    assert_int_equal(r->platform.table.counter_read(&r->platform, counter, &value), TPS_OK);
    return value;
}

static tps_status step(chip_rig *r, model *m, uint32_t counter)
{
    uint64_t value = UINT64_MAX;
    tps_status status;

    if (m->asked[counter] < m->told[counter] + 1) {
        m->asked[counter] = m->told[counter] + 1;
    }
    status = r->platform.table.counter_increase(&r->platform, counter, &value);
    if (status == TPS_OK) {
        assert_int_equal(value, m->told[counter] + 1);
        m->told[counter] = value;
        assert_int_equal(value_of(r, counter), value);
    } else {
        assert_int_equal(value, UINT64_MAX);
    }
    return status;
}

/* Every counter is what it was, or what was asked for. */
static void expect(chip_rig *r, model *m)
{
    for (uint32_t i = 0; i < TPS_COUNTERS_MAX; i++) {
        uint64_t value = value_of(r, i);

        assert_true(value >= m->told[i]);
        assert_true(value == m->told[i] || value <= m->asked[i]);
        m->told[i] = value;
        m->asked[i] = value;
    }
}

static void start(chip_rig *r, model *m)
{
    uint64_t number;

    assert_int_equal(chip_start(r), TPS_OK);
    number = tps_trustzone_m_start_number(&r->platform);
    assert_true(number > m->start);
    m->start = number;
    expect(r, m);
}

/* A start that is counted, as the first stage counts it. */
static void boot(chip_rig *r, model *m)
{
    start(r, m);
    assert_int_equal(step(r, m, TPS_COUNTER_BOOT), TPS_OK);
}

static void a_new_device_counts_from_0(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        chip_rig *r = chip_new(kinds[k][0], kinds[k][1]);
        model m = {.start = 0};

        start(r, &m);
        for (uint32_t i = 0; i < TPS_COUNTERS_MAX; i++) {
            assert_int_equal(value_of(r, i), 0);
            assert_int_equal(step(r, &m, i), TPS_OK);
        }
        chip_free(r);
    }
}

static void values_stay_over_starts_and_full_sectors(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        chip_rig *r = chip_new(kinds[k][0], kinds[k][1]);
        model m = {.start = 0};

        for (unsigned n = 0; n < 30; n++) {
            start(r, &m);
            for (unsigned i = 0; i < 40; i++) {
                assert_int_equal(step(r, &m, i % 3 == 0 ? n % TPS_COUNTERS_MAX : 0), TPS_OK);
            }
        }
        start(r, &m);
        assert_true(m.told[0] > 800);
        chip_free(r);
    }
}

static void there_is_no_other_counter(void **state)
{
    chip_rig *r = chip_new(4096, 16);
    uint64_t value;

    (void)state;
    assert_int_equal(chip_start(r), TPS_OK);
    assert_int_equal(r->platform.table.counter_read(&r->platform, TPS_COUNTERS_MAX, &value), TPS_UNSUPPORTED);
    assert_int_equal(r->platform.table.counter_increase(&r->platform, UINT32_MAX, &value), TPS_UNSUPPORTED);
    chip_free(r);
}

/* As `tps factory chip` leaves the ring. */
static void put_sector(chip_rig *r, uint64_t number, const uint64_t values[TPS_COUNTERS_MAX])
{
    for (uint32_t i = 0; i < TPS_CHIP_BEGINNING; i++) {
        uint32_t offset = r->flash.sector + i * tps_chip_record_stride(r->flash.unit);

        tps_chip_beginning_put(i, number, values, r->flash.bytes + offset);
        r->flash.is_written[offset / r->flash.unit] = 1;
    }
}

/* One start with a step of each of two counters; the power goes in operation `at` of them. False when it did
 * not. */
static bool live(chip_rig *r, model *m, unsigned at, uint32_t pattern, unsigned steps)
{
    flash_power_on(&r->flash);
    flash_cut(&r->flash, at, pattern);
    if (chip_start(r) == TPS_OK) {
        assert_true(tps_trustzone_m_start_number(&r->platform) > m->start);
        m->start = tps_trustzone_m_start_number(&r->platform);
        expect(r, m);
        for (unsigned i = 0; i < steps && !r->flash.is_off; i++) {
            (void)step(r, m, i % 2 == 0 ? TPS_COUNTER_BOOT : TPS_COUNTER_STORAGE);
        }
    } else {
        assert_true(r->flash.is_off);
        assert_int_equal(tps_trustzone_m_start_number(&r->platform), 0);
    }
    return r->flash.is_off;
}

/* Every operation of the first start, of later ones, and of steps up to a full sector; then cut again at
 * every operation of the next start. */
static void a_cut_at_any_operation_takes_nothing_back(void **state)
{
    (void)state;
    for (uint32_t pattern = 0; pattern < CUT_PATTERNS; pattern++) {
        bool was_cut = true;

        for (unsigned k = 1; was_cut; k++) {
            for (unsigned j = 1; j < 31; j++) {
                chip_rig *r = chip_new(512, 16);
                model m = {.start = 0};

                r->random = k * 100 + j;
                was_cut = live(r, &m, k, pattern, 30);
                (void)live(r, &m, j, pattern, 3);
                flash_power_on(&r->flash);
                start(r, &m);
                assert_int_equal(step(r, &m, 3), TPS_OK);
                start(r, &m);
                chip_free(r);
            }
            assert_true(k < 100);
        }
    }
}

/* Thousands of starts, cut anywhere, one after the other. */
static void cuts_without_end_take_nothing_back(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        chip_rig *r = chip_new(kinds[k][0], kinds[k][1]);
        model m = {.start = 0};

        r->random = (uint32_t)(k + 7);
        r->flash.random = (uint32_t)(k + 11);
        for (unsigned n = 0; n < 4000; n++) {
            (void)live(r, &m, 1 + chip_draw(r) % 40, chip_draw(r) % CUT_PATTERNS, chip_draw(r) % 30);
        }
        flash_power_on(&r->flash);
        start(r, &m);
        assert_true(m.told[TPS_COUNTER_BOOT] > 100);
        chip_free(r);
    }
}

static bool is_blank(const chip_rig *r, uint32_t sector)
{
    const uint8_t *bytes = r->flash.bytes + (size_t)sector * r->flash.sector;

    return bytes[0] == 0xff && memcmp(bytes, bytes + 1, r->flash.sector - 1) == 0;
}

/* Cuts a start in its first DONE: the sector that it made may or may not be complete. */
static void cut_in_done(chip_rig *r)
{
    unsigned blank = 0;

    for (uint32_t i = 1; i <= TPS_CHIP_COUNTER_SECTORS; i++) {
        blank += is_blank(r, i) ? 1 : 0;
    }
    flash_power_on(&r->flash);
    flash_cut(&r->flash, blank + TPS_CHIP_BEGINNING, CUT_EVERYTHING);
    assert_int_equal(chip_start(r), TPS_COMPONENT_STORAGE);
    assert_true(r->flash.is_off);
    assert_int_equal(r->unsure[r->unsure_count - 1].offset % r->flash.sector / 16, TPS_CHIP_BEGINNING - 2);
}

/* Two sectors that were begun, one on the other, and read as not complete when a third start takes the first
 * one's place: the second must not come back later, with a higher number and without what was counted since.
 */
static void what_was_given_up_does_not_come_back(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};

    (void)state;
    boot(r, &m);
    r->reads = CHIP_READS_NEW;
    cut_in_done(r);
    cut_in_done(r);
    r->reads = CHIP_READS_OLD;
    flash_power_on(&r->flash);
    boot(r, &m);
    r->reads = CHIP_READS_NEW;
    start(r, &m);
    assert_int_equal(value_of(r, TPS_COUNTER_BOOT), 2);
    chip_free(r);
}

/* The same, with the second one's erasure cut so that it reads as blank once, and as before at the next
 * start: no start may tell anything before it has erased it itself. */
static void what_was_half_erased_does_not_come_back(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};
    uint8_t given_up[512];
    uint32_t erases;

    (void)state;
    start(r, &m);
    assert_int_equal(step(r, &m, TPS_COUNTER_BOOT), TPS_OK);
    r->reads = CHIP_READS_NEW;
    cut_in_done(r);
    cut_in_done(r);
    memcpy(given_up, r->flash.bytes + 3 * 512, 512);
    memset(r->flash.bytes + 3 * 512, 0xff, 512);
    r->reads = CHIP_READS_OLD;
    erases = r->flash.erases[3];
    flash_power_on(&r->flash);
    start(r, &m);
    assert_int_equal(step(r, &m, TPS_COUNTER_BOOT), TPS_OK);
    if (r->flash.erases[3] == erases) {
        memcpy(r->flash.bytes + 3 * 512, given_up, 512);
    }
    r->reads = CHIP_READS_NEW;
    start(r, &m);
    assert_int_equal(value_of(r, TPS_COUNTER_BOOT), 2);
    chip_free(r);
}

/* However often starts are cut, what was told stays in a sector that is never erased meanwhile. */
static void the_last_sure_sector_stays(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};

    (void)state;
    boot(r, &m);
    r->reads = CHIP_READS_NEW;
    for (unsigned n = 0; n < 3 * TPS_CHIP_COUNTER_SECTORS; n++) {
        cut_in_done(r);
    }
    r->reads = CHIP_READS_OLD;
    flash_power_on(&r->flash);
    start(r, &m);
    assert_int_equal(value_of(r, TPS_COUNTER_BOOT), 1);
    chip_free(r);
}

/* Many devices from their very first start on, some of them made by a factory. */
static void a_young_device_is_cut_as_any_other(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 400; n++) {
        chip_rig *r = chip_new(kinds[n % KINDS][0], kinds[n % KINDS][1]);
        model m = {.told = {[TPS_COUNTER_PROVISIONED] = 2 * (n % 2)},
                   .asked = {[TPS_COUNTER_PROVISIONED] = 2 * (n % 2)}};

        r->random = n;
        r->flash.random = n * 7919;
        if (n % 2 != 0) {
            put_sector(r, 1, m.told);
        }
        for (unsigned i = 0; i < 25; i++) {
            (void)live(r, &m, 1 + chip_draw(r) % 26, chip_draw(r) % CUT_PATTERNS, chip_draw(r) % 3);
        }
        flash_power_on(&r->flash);
        start(r, &m);
        chip_free(r);
    }
}

static void all_sectors_wear_alike(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;

    (void)state;
    for (unsigned n = 0; n < 400; n++) {
        boot(r, &m);
    }
    for (unsigned i = 1; i <= TPS_CHIP_COUNTER_SECTORS; i++) {
        uint32_t erases = r->flash.erases[i];

        least = erases < least ? erases : least;
        most = erases > most ? erases : most;
    }
    assert_int_equal(least, 50);
    assert_int_equal(most, 50 + TPS_CHIP_COUNTER_SECTORS - 1); /* blank ones, in the first round */
    chip_free(r);
}

static void a_clean_start_erases_nothing(void **state)
{
    chip_rig *r = chip_new(4096, 16);
    model m = {.start = 0};
    unsigned steps;

    (void)state;
    boot(r, &m);
    r->is_clean = true;
    for (unsigned n = 0; n < 20; n++) {
        steps = r->flash.steps;
        start(r, &m);
        assert_int_equal(r->flash.steps, steps + 1);
        assert_int_equal(step(r, &m, TPS_COUNTER_BOOT), TPS_OK);
    }
    assert_int_equal(r->flash.erases[1], 1);
    assert_int_equal(r->flash.erases[2], 0);
    for (unsigned n = 0; n < 200; n++) { /* and goes on in the next sector when this one is full */
        boot(r, &m);
    }
    assert_int_equal(value_of(r, TPS_COUNTER_BOOT), 221);
    assert_int_equal(r->flash.erases[2], 1);
    chip_free(r);
}

/* Each operation fails once, or does something else and says that it worked. */
static void flash_that_fails_takes_nothing_back(void **state)
{
    (void)state;
    for (unsigned k = 1; k < 60; k++) {
        for (unsigned lies = 0; lies < 2; lies++) {
            chip_rig *r = chip_new(512, 16);
            model m = {.start = 0};

            start(r, &m);
            r->operations = 0;
            r->fail_at = lies == 0 ? k : 0;
            r->lie_at = lies == 1 ? k : 0;
            start(r, &m);
            for (unsigned i = 0; i < 40; i++) {
                assert_int_equal(step(r, &m, i % 3), TPS_OK);
            }
            start(r, &m);
            assert_int_equal(value_of(r, 0), 14);
            assert_int_equal(value_of(r, 1), 13);
            chip_free(r);
        }
    }
}

static void worn_sectors_are_passed_over(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};

    (void)state;
    start(r, &m);
    for (uint32_t i = 0; i < 3; i++) {
        r->worn[r->worn_count++] = (2 + 2 * i) * 512;
    }
    for (unsigned n = 0; n < 100; n++) {
        boot(r, &m);
    }
    assert_int_equal(value_of(r, TPS_COUNTER_BOOT), 100);
    chip_free(r);
}

/* All that can be written is gone: values stay, and no step is told. */
static void a_ring_that_is_worn_out_does_not_count(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};
    unsigned n = 0;

    (void)state;
    start(r, &m);
    for (uint32_t i = 0; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        r->worn[r->worn_count++] = (1 + i) * 512;
    }
    while (step(r, &m, TPS_COUNTER_STORAGE) == TPS_OK) {
        n++;
    }
    assert_int_equal(n, 512 / 16 - TPS_CHIP_BEGINNING);
    assert_int_equal(step(r, &m, TPS_COUNTER_STORAGE), TPS_COMPONENT_STORAGE);
    assert_int_equal(step(r, &m, TPS_COUNTER_BOOT), TPS_COMPONENT_STORAGE);
    assert_int_equal(value_of(r, TPS_COUNTER_STORAGE), n);
    assert_int_equal(chip_start(r), TPS_COMPONENT_STORAGE);
    chip_free(r);
}

/* What could become complete later, and cannot be erased: nothing is told. */
static void a_stale_sector_that_stays_stops_the_device(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};

    (void)state;
    boot(r, &m);
    r->reads = CHIP_READS_OLD;
    cut_in_done(r);
    r->worn[r->worn_count++] = 2 * 512;
    flash_power_on(&r->flash);
    assert_int_equal(chip_start(r), TPS_COMPONENT_STORAGE);
    r->worn_count = 0;
    start(r, &m);
    assert_int_equal(value_of(r, TPS_COUNTER_BOOT), 1);
    chip_free(r);
}

/* A clean start whose record cannot be written, and one after which nothing is sure, go to another sector. */
static void a_clean_start_that_cannot_go_on_begins_a_sector(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};
    uint32_t erases[2];

    (void)state;
    boot(r, &m);
    r->is_clean = true;
    r->fail_at = r->operations + 1;
    start(r, &m);
    assert_int_equal(r->flash.erases[2], 1);
    r->reads = CHIP_READS_NEW;
    r->is_clean = false;
    cut_in_done(r);
    r->is_clean = true;
    erases[0] = r->flash.erases[3];
    erases[1] = r->flash.erases[4];
    flash_power_on(&r->flash);
    start(r, &m);
    assert_int_equal(r->flash.erases[3], erases[0]);
    assert_int_equal(r->flash.erases[4], erases[1] + 2); /* it was blank */
    assert_int_equal(value_of(r, TPS_COUNTER_BOOT), 1);
    chip_free(r);
}

/* Values are there, and nothing says that they were the last ones. */
static void a_ring_without_a_sure_sector_is_lost(void **state)
{
    static const uint64_t values[TPS_COUNTERS_MAX] = {[TPS_COUNTER_PROVISIONED] = 2};
    chip_rig *r = chip_new(512, 16);

    (void)state;
    put_sector(r, 1, values);
    memset(r->flash.bytes + 512 + (TPS_CHIP_BEGINNING - 1) * 16, 0xff, 16);
    r->flash.bytes[2 * 512] = 0;
    assert_int_equal(chip_start(r), TPS_COMPONENT_STORAGE);
    chip_free(r);
}

static void a_lost_ring_is_no_new_one(void **state)
{
    chip_rig *r = chip_new(512, 16);
    model m = {.start = 0};
    uint64_t value;

    (void)state;
    start(r, &m);
    start(r, &m);
    memset(r->flash.bytes + 512, 0, 2 * 512);
    assert_int_equal(chip_start(r), TPS_COMPONENT_STORAGE);
    assert_int_equal(r->platform.table.counter_read(&r->platform, 0, &value), TPS_COMPONENT_STORAGE);
    assert_int_equal(r->platform.table.counter_increase(&r->platform, 0, &value), TPS_COMPONENT_STORAGE);
    assert_int_equal(tps_trustzone_m_start_number(&r->platform), 0);
    chip_free(r);
}

static void a_counter_ends_before_it_wraps(void **state)
{
    chip_rig *r = chip_new(512, 16);
    uint64_t values[TPS_COUNTERS_MAX] = {[3] = TPS_CHIP_RECORD_VALUE_MAX};
    uint64_t value = 1;

    (void)state;
    put_sector(r, 1, values);
    assert_int_equal(chip_start(r), TPS_OK);
    assert_int_equal(value_of(r, 3), TPS_CHIP_RECORD_VALUE_MAX);
    assert_int_equal(r->platform.table.counter_increase(&r->platform, 3, &value), TPS_COMPONENT_STORAGE);
    assert_int_equal(value, 1);
    chip_free(r);
}

/* Only who wrote it there has a sector of such a number; and starts do not run into it. */
static void the_numbers_of_sectors_end(void **state)
{
    static const uint64_t values[TPS_COUNTERS_MAX] = {1, 1, 2};

    (void)state;
    for (uint64_t over = 0; over < 2; over++) {
        chip_rig *r = chip_new(512, 16);

        put_sector(r, TPS_CHIP_NUMBER_MAX - 1 + over, values);
        if (over == 0) {
            assert_int_equal(chip_start(r), TPS_OK);
            assert_int_equal(value_of(r, 2), 2);
        }
        assert_int_equal(chip_start(r), TPS_COMPONENT_STORAGE);
        chip_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_device_counts_from_0),
        cmocka_unit_test(values_stay_over_starts_and_full_sectors),
        cmocka_unit_test(there_is_no_other_counter),
        cmocka_unit_test(a_cut_at_any_operation_takes_nothing_back),
        cmocka_unit_test(cuts_without_end_take_nothing_back),
        cmocka_unit_test(what_was_given_up_does_not_come_back),
        cmocka_unit_test(what_was_half_erased_does_not_come_back),
        cmocka_unit_test(the_last_sure_sector_stays),
        cmocka_unit_test(a_young_device_is_cut_as_any_other),
        cmocka_unit_test(all_sectors_wear_alike),
        cmocka_unit_test(a_clean_start_erases_nothing),
        cmocka_unit_test(flash_that_fails_takes_nothing_back),
        cmocka_unit_test(worn_sectors_are_passed_over),
        cmocka_unit_test(a_ring_that_is_worn_out_does_not_count),
        cmocka_unit_test(a_stale_sector_that_stays_stops_the_device),
        cmocka_unit_test(a_clean_start_that_cannot_go_on_begins_a_sector),
        cmocka_unit_test(a_ring_without_a_sure_sector_is_lost),
        cmocka_unit_test(a_lost_ring_is_no_new_one),
        cmocka_unit_test(a_counter_ends_before_it_wraps),
        cmocka_unit_test(the_numbers_of_sectors_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
