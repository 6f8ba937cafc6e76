/* SPDX-License-Identifier: Apache-2.0 */
/* Who can stop the power at any step and write any of what the flash ever held: whole images, a bank of one
 * and a bank of another, single sectors. Whatever is put together, and however often a start is cut: the
 * vault is refused, or shows a value that was not replaced by an acknowledged one, and always the same one
 * until the next write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vault_support.h"

enum { SIZE = 4096, SECTOR = 512, UNIT = 16, IMAGES = 96, ROUNDS = 60, SEEDS = 40 };

/* The device, and all that its owner and its attacker know. */
typedef struct {
    rig *r;
    uint32_t random;
    uint8_t images[IMAGES][SIZE]; /* of the flash, after a step each */
    unsigned image_count;
    unsigned next;  /* number of the next write; they are the values */
    unsigned known; /* what must be there: the number of the last write that was told, or seen; 0: nothing */
    unsigned pending; /* a write that was cut: it may be there instead; 0: none */
    unsigned refused; /* starts */
    unsigned opened;
} world;

static world now;

static uint32_t draw(uint32_t below)
{
    now.random ^= now.random << 13;
    now.random ^= now.random >> 17;
    now.random ^= now.random << 5;
    return now.random % below;
}

/* ---- what the attacker sees: the flash after every step ---- */

static tps_status (*real_write)(void *, uint32_t, tps_span);
static tps_status (*real_erase)(void *, uint32_t);
static tps_status (*real_count)(void *, uint32_t, uint64_t *);

static void see(void)
{
    unsigned at = now.image_count < IMAGES ? now.image_count++ : draw(IMAGES);

    memcpy(now.images[at], now.r->flash.bytes, SIZE);
}

static tps_status seen_write(void *context, uint32_t offset, tps_span bytes)
{
    tps_status status = real_write(context, offset, bytes);

    see();
    return status;
}

static tps_status seen_erase(void *context, uint32_t offset)
{
    tps_status status = real_erase(context, offset);

    see();
    return status;
}

static tps_status seen_count(void *context, uint32_t counter, uint64_t *value)
{
    see();
    return real_count(context, counter, value);
}

/* ---- what the attacker does ---- */

static void put_flash(const uint8_t *bytes)
{
    flash *f = &now.r->flash;

    memcpy(f->bytes, bytes, SIZE);
    for (uint32_t unit = 0; unit < SIZE / UNIT; unit++) {
        f->is_written[unit] = 0;
        for (uint32_t i = 0; i < UNIT; i++) {
            f->is_written[unit] |= f->bytes[unit * UNIT + i] != 0xff;
        }
    }
}

static void compose(void)
{
    static const uint32_t parts[] = {SIZE, SIZE / 2, SIZE / 2, SECTOR};
    uint32_t part = parts[draw(4)];
    uint8_t made[SIZE];

    memcpy(made, now.r->flash.bytes, SIZE);
    for (uint32_t at = 0; at < SIZE; at += part) {
        if (part != SECTOR || draw(3) == 0) {
            uint32_t from = part == SIZE / 2 && draw(6) == 0 ? SIZE / 2 - at : at; /* banks swapped */

            memcpy(made + at, now.images[draw(now.image_count)] + from, part);
        }
    }
    put_flash(made);
}

/* ---- what the owner sees ---- */

/* The value must be what is known, or the write that was cut, if it is not corrupt: sectors were mixed. */
static void check(void)
{
    rig *r = now.r;
    tps_status status = rig_get(r, "a");
    unsigned found = 0;

    if (status == TPS_COMPONENT_STORAGE_CORRUPT) {
        return;
    }
    if (status == TPS_OK) {
        r->room[r->size] = '\0';
        found = (unsigned)atoi((const char *)r->room);
    } else {
        assert_int_equal(status, TPS_NOT_FOUND);
    }
    if (found != now.known && found != now.pending) {
        print_error("known %u, pending %u, found %u\n", now.known, now.pending, found);
        fail();
    }
    assert_true(found == now.known || now.pending != 0);
    now.known = found; /* from now on it is this one */
    now.pending = 0;
}

static void maybe_cut(uint32_t one_in)
{
    if (draw(one_in) == 0) {
        flash_cut(&now.r->flash, 1 + draw(14), draw(CUT_PATTERNS));
    }
}

/* One start, which may be cut. @return whether the vault is open. */
static bool start(bool may_be_cut, bool *was_cut)
{
    rig *r = now.r;
    tps_status status;

    flash_power_on(&r->flash);
    if (may_be_cut) {
        maybe_cut(3);
    }
    status = tps_vault_open(&r->vault, &r->platform, &r->handover, NULL);
    *was_cut = *was_cut || r->flash.is_off;
    if (r->flash.is_off || status != TPS_OK) {
        now.refused++;
        return false;
    }
    flash_power_on(&r->flash);
    now.opened++;
    check();
    return true;
}

/* Storage of the attacker's making, some times over; then what was there, if need be. */
static void restart(void)
{
    uint8_t genuine[SIZE];
    uint64_t counters[TPS_COUNTERS_MAX];
    bool was_cut = false;

    memcpy(genuine, now.r->flash.bytes, SIZE);
    memcpy(counters, now.r->counters, sizeof(counters));
    for (uint32_t tries = draw(4); tries > 0; tries--) {
        compose();
        if (start(true, &was_cut)) {
            return;
        }
    }
    put_flash(genuine);
    if (start(false, &was_cut)) {
        return;
    }
    assert_true(was_cut); /* who is refused changed nothing: what was there still opens */
    assert_memory_not_equal(counters, now.r->counters, sizeof(counters));
    flash_power_on(&now.r->flash);
    assert_int_equal(tps_vault_format(&now.r->vault, &now.r->platform, &now.r->handover), TPS_OK);
    now.known = 0;
    now.pending = 0;
}

static void write_next(void)
{
    char text[16];
    tps_status status;

    (void)snprintf(text, sizeof(text), "%u", ++now.next);
    maybe_cut(2);
    status = rig_put(now.r, "a", text);
    if (status == TPS_OK) {
        now.known = now.next;
    } else {
        assert_true(now.r->flash.is_off);
        now.pending = now.next;
    }
}

static void live(uint32_t seed)
{
    rig *r = rig_new(SIZE, SECTOR, UNIT);
    bool was_cut = false;

    memset(&now, 0, sizeof(now));
    now.r = r;
    now.random = seed * 2654435761u + 1;
    real_write = r->platform.storage_write;
    real_erase = r->platform.storage_erase;
    real_count = r->platform.counter_increase;
    r->platform.storage_write = seen_write;
    r->platform.storage_erase = seen_erase;
    r->platform.counter_increase = seen_count;
    assert_true(start(false, &was_cut));
    for (unsigned i = 0; i < ROUNDS; i++) {
        do {
            write_next();
        } while (!r->flash.is_off && draw(3) != 0);
        if (!r->flash.is_off && draw(4) == 0) {
            maybe_cut(2);
            assert_true(tps_vault_scrub(&r->vault) == TPS_OK || r->flash.is_off);
        }
        restart();
    }
    rig_free(r);
}

static void no_image_and_no_mixture_brings_back_what_was_replaced(void **state)
{
    unsigned refused = 0;
    unsigned opened = 0;

    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        live(seed);
        refused += now.refused;
        opened += now.opened;
    }
    assert_true(refused > SEEDS * ROUNDS / 4 && opened > SEEDS * ROUNDS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_image_and_no_mixture_brings_back_what_was_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
