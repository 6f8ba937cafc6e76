/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chip_support.h"
#include "support/fake_chip.h"

uint32_t chip_draw(chip_rig *r)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 17;
    r->random ^= r->random << 5;
    return r->random;
}

/* ---- what a cut left ---- */

static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

static void drop_unsure(chip_rig *r, size_t at)
{
    free(r->unsure[at].old);
    free(r->unsure[at].fresh);
    r->unsure[at] = r->unsure[--r->unsure_count];
}

static void add_unsure(chip_rig *r, uint32_t offset, const uint8_t *old, const uint8_t *fresh, uint32_t size)
{
    assert_true(r->unsure_count < CHIP_UNSURE_MAX);
    r->unsure[r->unsure_count++] = (chip_unsure){
        .offset = offset, .size = size, .old = copy_of(old, size), .fresh = copy_of(fresh, size)};
}

static void read_anew(chip_rig *r, const chip_unsure *unsure)
{
    uint32_t kind = r->reads != CHIP_READS_ANYHOW ? r->reads : chip_draw(r) % 4 + 1;

    for (uint32_t i = 0; i < unsure->size; i++) {
        uint8_t mask = kind == CHIP_READS_OLD   ? 0
                       : kind == CHIP_READS_NEW ? 0xff
                                                : (uint8_t)(chip_draw(r) >> 8);

        r->flash.bytes[unsure->offset + i] = (uint8_t)((unsure->fresh[i] & mask) | (unsure->old[i] & ~mask));
    }
}

/* ---- the chip's operations ---- */

/* True, and *status, if the flash does not do what it was asked for. */
static bool misbehaves(chip_rig *r, tps_status *status)
{
    r->operations++;
    *status = r->operations == r->fail_at ? TPS_COMPONENT_STORAGE : TPS_OK;
    return r->operations == r->fail_at || r->operations == r->lie_at;
}

static tps_status program(void *context, uint32_t offset, tps_span bytes)
{
    chip_rig *r = context;
    uint8_t *old;
    bool was_on = !r->flash.is_off;
    tps_status status;

    if (was_on && misbehaves(r, &status)) {
        memset(r->flash.is_written + offset / r->flash.unit, 1, bytes.size / r->flash.unit);
        r->flash.bytes[offset] &= status == TPS_OK ? 0x00 : 0xff;
        return status;
    }
    old = copy_of(r->flash.bytes + offset, bytes.size);
    status = flash_write(&r->flash, offset, bytes);
    if (was_on && r->flash.is_off) {
        add_unsure(r, offset, old, bytes.data, (uint32_t)bytes.size);
    }
    free(old);
    return status;
}

static tps_status erase(void *context, uint32_t offset)
{
    chip_rig *r = context;
    uint32_t size = r->flash.sector;
    uint8_t *old;
    uint8_t *fresh;
    bool was_on = !r->flash.is_off;
    tps_status status;

    for (size_t i = 0; i < r->worn_count; i++) {
        if (r->worn[i] == offset) {
            return TPS_COMPONENT_STORAGE;
        }
    }
    if (was_on && misbehaves(r, &status)) {
        return status;
    }
    old = copy_of(r->flash.bytes + offset, size);
    status = flash_erase(&r->flash, offset);
    for (size_t i = r->unsure_count; status == TPS_OK && i-- > 0;) {
        if (r->unsure[i].offset >= offset && r->unsure[i].offset - offset < size) {
            drop_unsure(r, i);
        }
    }
    if (was_on && r->flash.is_off) {
        fresh = malloc(size);
        assert_non_null(fresh);
        memset(fresh, 0xff, size);
        add_unsure(r, offset, old, fresh, size);
        free(fresh);
    }
    free(old);
    return status;
}

static tps_status unique_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    const chip_rig *r = context;

    memset(secret, r->is_locked ? 0 : 0x5a, TPS_UNIQUE_SECRET_SIZE);
    return r->is_locked ? TPS_COMPONENT_NO_SECRET : TPS_OK;
}

static tps_status lock_secret(void *context)
{
    ((chip_rig *)context)->is_locked = true;
    return TPS_OK;
}

static bool is_clean_start(void *context)
{
    return ((const chip_rig *)context)->is_clean;
}

static void reset(void *context)
{
    ((chip_rig *)context)->resets++;
}

static void log_line(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)level;
    (void)text;
    (void)status;
    ((chip_rig *)context)->logged++;
}

/* ---- a chip ---- */

chip_rig *chip_new(uint32_t sector, uint32_t unit)
{
    static const uint8_t image[] = "the secure image";
    chip_rig *r = calloc(1, sizeof(*r));
    uint32_t pair = 2 * sector;
    uint32_t storage = (TPS_CHIP_STORAGE_SIZE + pair - 1) / pair * pair;

    assert_non_null(r);
    flash_make(&r->flash, (1 + TPS_CHIP_COUNTER_SECTORS) * sector + storage + 2 * 8192, sector, unit);
    r->random = 1;
    r->chip = fake_chip(r->flash.bytes, r->flash.size, sector, unit);
    r->chip.properties = TPS_PLATFORM_INSECURE;
    r->chip.context = r;
    r->chip.flash_program = program;
    r->chip.flash_erase = erase;
    r->chip.is_clean_start = is_clean_start;
    r->chip.unique_secret = unique_secret;
    r->chip.lock_secret = lock_secret;
    r->chip.reset = reset;
    r->chip.log = log_line;
    r->chip.component_image = TPS_SPAN_OF(image);
    return r;
}

void chip_free(chip_rig *r)
{
    while (r->unsure_count > 0) {
        drop_unsure(r, r->unsure_count - 1);
    }
    flash_free(&r->flash);
    free(r);
}

tps_status chip_start(chip_rig *r)
{
    if (r->flash.is_off) {
        flash_power_on(&r->flash);
    }
    for (size_t i = 0; i < r->unsure_count; i++) {
        read_anew(r, &r->unsure[i]);
    }
    return tps_trustzone_m_init(&r->platform, &r->chip);
}
