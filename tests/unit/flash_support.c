/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flash_support.h"

void flash_make(flash *f, uint32_t size, uint32_t sector, uint32_t unit)
{
    memset(f, 0, sizeof(*f));
    f->size = size;
    f->sector = sector;
    f->unit = unit;
    f->bytes = malloc(size);
    f->is_written = calloc(size / unit, 1);
    f->erases = calloc(size / sector, sizeof(*f->erases));
    assert_non_null(f->bytes);
    assert_non_null(f->is_written);
    assert_non_null(f->erases);
    memset(f->bytes, 0xff, size);
    f->random = 1;
}

void flash_free(flash *f)
{
    free(f->bytes);
    free(f->is_written);
    free(f->erases);
    memset(f, 0, sizeof(*f));
}

void flash_put_back(flash *f, const flash *image)
{
    memcpy(f->bytes, image->bytes, f->size);
    memcpy(f->is_written, image->is_written, f->size / f->unit);
}

flash flash_copy(const flash *f)
{
    flash copy;

    flash_make(&copy, f->size, f->sector, f->unit);
    flash_put_back(&copy, f);
    return copy;
}

void flash_power_on(flash *f)
{
    f->is_off = false;
    f->cut_at = 0;
}

void flash_cut(flash *f, unsigned steps, uint32_t pattern)
{
    f->cut_at = f->steps + steps;
    f->pattern = pattern;
}

static uint32_t draw(flash *f)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 17;
    f->random ^= f->random << 5;
    return f->random;
}

/* The bits of byte `i` of `size` that are done when the power goes. */
static uint8_t done(flash *f, size_t i, size_t size)
{
    switch (f->pattern) {
    case CUT_NOTHING: return 0;
    case CUT_EVERYTHING: return 0xff;
    case CUT_FIRST_HALF: return i < size / 2 ? 0xff : 0;
    case CUT_SECOND_HALF: return i >= size / 2 ? 0xff : 0;
    default: return (uint8_t)(draw(f) >> 8);
    }
}

/* Counts a step; true when the power goes in it. */
static bool power_goes(flash *f)
{
    f->is_off = ++f->steps == f->cut_at;
    return f->is_off;
}

tps_status flash_read(flash *f, uint32_t offset, tps_buf out)
{
    assert_true(offset <= f->size && out.size <= f->size - offset && out.size > 0);
    if (f->is_off || f->is_unreadable) {
        return TPS_COMPONENT_STORAGE;
    }
    if (offset < f->bad_to && offset + out.size > f->bad_from) {
        return f->bad_status != TPS_OK ? f->bad_status : TPS_COMPONENT_STORAGE;
    }
    memcpy(out.data, f->bytes + offset, out.size);
    return TPS_OK;
}

tps_status flash_write(flash *f, uint32_t offset, tps_span bytes)
{
    bool is_cut;

    if (f->is_off) {
        return TPS_COMPONENT_STORAGE;
    }
    assert_true(offset % f->unit == 0 && bytes.size % f->unit == 0 && bytes.size > 0);
    assert_true(offset <= f->size && bytes.size <= f->size - offset);
    is_cut = power_goes(f);
    for (size_t i = 0; i < bytes.size / f->unit; i++) {
        assert_false(f->is_written[offset / f->unit + i]);
        f->is_written[offset / f->unit + i] = 1;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t mask = is_cut ? done(f, i, bytes.size) : 0xff;

        f->bytes[offset + i] = (uint8_t)((bytes.data[i] & mask) | (f->bytes[offset + i] & ~mask));
    }
    return is_cut ? TPS_COMPONENT_STORAGE : TPS_OK;
}

tps_status flash_erase(flash *f, uint32_t offset)
{
    bool is_cut;

    if (f->is_off) {
        return TPS_COMPONENT_STORAGE;
    }
    assert_true(offset % f->sector == 0 && offset < f->size);
    is_cut = power_goes(f);
    f->erases[offset / f->sector]++;
    for (uint32_t i = 0; i < f->sector; i++) {
        f->bytes[offset + i] |= is_cut ? done(f, i, f->sector) : 0xff;
    }
    memset(f->is_written + offset / f->unit, is_cut ? 1 : 0, f->sector / f->unit);
    return is_cut ? TPS_COMPONENT_STORAGE : TPS_OK;
}

tps_status flash_count(flash *f, uint64_t *counter, uint64_t *value)
{
    bool is_cut;

    if (f->is_off) {
        return TPS_COMPONENT_STORAGE;
    }
    is_cut = power_goes(f);
    if (is_cut && (done(f, 0, 2) & 1) == 0) {
        return TPS_COMPONENT_STORAGE;
    }
    *value = ++*counter;
    return is_cut ? TPS_COMPONENT_STORAGE : TPS_OK;
}
