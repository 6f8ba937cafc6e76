/* SPDX-License-Identifier: Apache-2.0 */
/* The tests of vault_power.c over platform/trustzone_m: the vault on raw storage in a chip's flash, and its
 * counters in the ring beside it. The power goes in operations of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "platform/trustzone_m/trustzone_m.h"
#include "support/fake_chip.h"
#include "vault_support.h"

/* The chip of the one rig that there is at a time. `all` is its whole flash; the rig's own flash is the part
 * of it that the vault uses, so that vault_power.c can look at it. Both count the same steps. */
static struct {
    flash all;
    tps_chip chip;
    tps_trustzone_m platform;
    uint8_t *rigs_own;
    rig *rig;
} under;

typedef struct {
    snapshot storage;
    flash all;
    uint64_t counters[TPS_COUNTERS_MAX];
} chip_snapshot;

/* ---- the chip ---- */

static void copy_power(flash *to, const flash *from)
{
    to->steps = from->steps;
    to->cut_at = from->cut_at;
    to->pattern = from->pattern;
    to->is_off = from->is_off;
    to->random = from->random;
}

static bool is_storage(uint32_t offset)
{
    return offset - under.platform.layout.storage < under.rig->flash.size;
}

static tps_status program(void *context, uint32_t offset, tps_span bytes)
{
    tps_status status;

    (void)context;
    if (is_storage(offset)) {
        return flash_write(&under.rig->flash, offset - under.platform.layout.storage, bytes);
    }
    copy_power(&under.all, &under.rig->flash);
    status = flash_write(&under.all, offset, bytes);
    copy_power(&under.rig->flash, &under.all);
    return status;
}

static tps_status erase(void *context, uint32_t offset)
{
    tps_status status;

    (void)context;
    if (is_storage(offset)) {
        return flash_erase(&under.rig->flash, offset - under.platform.layout.storage);
    }
    copy_power(&under.all, &under.rig->flash);
    status = flash_erase(&under.all, offset);
    copy_power(&under.rig->flash, &under.all);
    return status;
}

/* ---- the platform, as the rig sees it ---- */

/* What runs when the power is on again: the counters are read from flash. */
static void start_chip(void)
{
    flash_power_on(&under.rig->flash);
    assert_int_equal(tps_trustzone_m_init(&under.platform, &under.chip), TPS_OK);
    for (uint32_t i = 0; i < TPS_COUNTERS_MAX; i++) {
        assert_int_equal(under.platform.table.counter_read(&under.platform, i, &under.rig->counters[i]),
                         TPS_OK);
    }
}

static tps_status counter_increase(void *context, uint32_t counter, uint64_t *value)
{
    tps_status status = under.platform.table.counter_increase(context, counter, value);

    if (status == TPS_OK) {
        under.rig->counters[counter] = *value;
    }
    return status;
}

static rig *chip_rig_new(uint32_t size, uint32_t sector, uint32_t unit)
{
    rig *r = rig_new(size, sector, unit);
    uint32_t all = (1 + TPS_CHIP_COUNTER_SECTORS + 2) * sector + TPS_CHIP_STORAGE_SIZE;

    under.rig = r;
    flash_make(&under.all, all, sector, unit);
    under.chip = fake_chip(under.all.bytes, all, sector, unit);
    under.chip.flash_program = program;
    under.chip.flash_erase = erase;
    under.rigs_own = r->flash.bytes;
    assert_int_equal(tps_chip_layout_make(all, sector, unit, &under.platform.layout), TPS_OK);
    r->flash.bytes = under.all.bytes + under.platform.layout.storage;
    start_chip();
    r->platform = under.platform.table;
    r->platform.storage_size = size;
    r->platform.counter_increase = counter_increase;
    return r;
}

static void chip_rig_free(rig *r)
{
    r->flash.bytes = under.rigs_own;
    rig_free(r);
    flash_free(&under.all);
}

static chip_snapshot chip_rig_save(const rig *r)
{
    chip_snapshot s = {.storage = rig_save(r), .all = flash_copy(&under.all)};

    memcpy(s.counters, r->counters, sizeof(s.counters));
    return s;
}

static void chip_rig_restore(rig *r, const chip_snapshot *s)
{
    flash_put_back(&under.all, &s->all);
    rig_restore(r, &s->storage);
    start_chip();
}

static void chip_snapshot_free(chip_snapshot *s)
{
    snapshot_free(&s->storage);
    flash_free(&s->all);
}

/* After a cut the chip starts before its vault does. */
static void chip_rig_open(rig *r)
{
    start_chip();
    rig_open(r);
}

#define rig_new       chip_rig_new
#define rig_free      chip_rig_free
#define rig_save      chip_rig_save
#define rig_restore   chip_rig_restore
#define rig_open      chip_rig_open
#define snapshot      chip_snapshot
#define snapshot_free chip_snapshot_free

#include "vault_power.c"
