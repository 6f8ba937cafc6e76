/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of a chip's flash: how it is divided, and that what is half written or changed is never taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/chip_flash.h"

enum { SLOT = 8192 };

static uint32_t random_state = 1;

static uint32_t draw(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* ---- the division ---- */

static void the_areas_follow_each_other_in_whole_sectors(void **state)
{
    static const uint32_t sizes[][3] = {
        {TPS_CHIP_FLASH_SIZE, TPS_CHIP_SECTOR_SIZE, TPS_CHIP_UNIT_SIZE},
        {96 * 1024, 512, 1},
        {512 * 1024, 2048, 8},
        {1024 * 1024, 1024, 64},
        {8 * 1024 * 1024, 65536, 32},
        {98304, 4096, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t sector = sizes[i][1];
        tps_chip_layout l;

        if (i == 5) { /* one sector too few */
            assert_int_equal(tps_chip_layout_make(sizes[i][0], sector, sizes[i][2], &l), TPS_TOO_LARGE);
            assert_int_equal(tps_chip_layout_make(sizes[i][0] + 3 * sector, sector, sizes[i][2], &l), TPS_OK);
            assert_int_equal(l.slot_size, sector);
            continue;
        }
        assert_int_equal(tps_chip_layout_make(sizes[i][0], sector, sizes[i][2], &l), TPS_OK);
        assert_int_equal(l.secret, 0);
        assert_int_equal(l.counters, sector);
        assert_int_equal(l.storage, l.counters + TPS_CHIP_COUNTER_SECTORS * sector);
        assert_int_equal(l.storage_size % (2 * sector), 0);
        assert_true(l.storage_size >= TPS_CHIP_STORAGE_SIZE);
        assert_int_equal(l.slots[0], l.storage + l.storage_size);
        assert_int_equal(l.slots[1], l.slots[0] + l.slot_size);
        assert_true(l.slot_size >= sector && l.slot_size % sector == 0);
        assert_true(l.slots[1] + l.slot_size <= l.flash_size);
        assert_true(l.slots[1] + l.slot_size + 2 * sector > l.flash_size);
    }
}

static void sizes_that_no_flash_has_are_refused(void **state)
{
    static const uint32_t sizes[][3] = {
        {TPS_CHIP_FLASH_SIZE, 0, 16},         {TPS_CHIP_FLASH_SIZE, 256, 16},
        {TPS_CHIP_FLASH_SIZE, 131072, 16},    {TPS_CHIP_FLASH_SIZE, 4095, 16},
        {TPS_CHIP_FLASH_SIZE, 4096, 0},       {TPS_CHIP_FLASH_SIZE, 4096, 3},
        {TPS_CHIP_FLASH_SIZE, 4096, 128},     {TPS_CHIP_FLASH_SIZE, 512, 64}, /* too few records */
        {TPS_CHIP_FLASH_SIZE + 16, 4096, 16},
    };
    tps_chip_layout l;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(tps_chip_layout_make(sizes[i][0], sizes[i][1], sizes[i][2], &l), TPS_BAD_ARGUMENT);
    }
    assert_int_equal(tps_chip_layout_make(0, 4096, 16, &l), TPS_TOO_LARGE);
    assert_int_equal(tps_chip_layout_make(102400 + 4096, 4096, 16, &l), TPS_TOO_LARGE); /* one slot only */
}

/* ---- the secret ---- */

static void a_secret_is_read_as_it_was_written_or_not_at_all(void **state)
{
    static const tps_chip_insecure_secret none;
    tps_chip_insecure_secret secret;
    tps_chip_insecure_secret found;
    uint8_t encoded[TPS_CHIP_INSECURE_SECRET_SIZE];

    (void)state;
    memset(secret.secret, 0x11, sizeof(secret.secret));
    memset(secret.seed, 0x22, sizeof(secret.seed));
    tps_chip_insecure_secret_encode(&secret, encoded);
    assert_memory_equal(encoded, "opentps INSECURE", 16);
    assert_int_equal(tps_chip_insecure_secret_decode(encoded, &found), TPS_OK);
    assert_memory_equal(&found, &secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(encoded) * 8; i++) {
        encoded[i / 8] ^= (uint8_t)(1u << (i % 8));
        memset(&found, 0x33, sizeof(found));
        assert_int_equal(tps_chip_insecure_secret_decode(encoded, &found), TPS_COMPONENT_NO_SECRET);
        assert_memory_equal(&found, &none, sizeof(none));
        encoded[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    memset(encoded, 0xff, sizeof(encoded));
    assert_int_equal(tps_chip_insecure_secret_decode(encoded, &found), TPS_COMPONENT_NO_SECRET);
}

/* ---- records ---- */

/* Whatever part of its zeros was programmed, and whatever part of them was erased again. */
static void a_record_that_was_cut_off_is_none(void **state)
{
    uint8_t whole[TPS_CHIP_RECORD_SIZE];
    uint8_t part[TPS_CHIP_RECORD_SIZE];
    uint32_t kind;
    uint64_t value;

    (void)state;
    for (unsigned n = 0; n < 20000; n++) {
        uint32_t wanted_kind = draw() % 256;
        uint64_t wanted = ((uint64_t)draw() << 32 | draw()) & TPS_CHIP_RECORD_VALUE_MAX;

        tps_chip_record_put(wanted_kind, wanted, whole);
        assert_true(tps_chip_record_get(whole, &kind, &value));
        assert_int_equal(kind, wanted_kind);
        assert_int_equal(value, wanted);
        for (size_t i = 0; i < sizeof(part); i++) {
            part[i] = (uint8_t)(whole[i] | (n % 3 == 0 ? draw() : draw() & draw() & draw() & draw()));
        }
        assert_int_equal(tps_chip_record_get(part, &kind, &value), memcmp(part, whole, sizeof(part)) == 0);
    }
    memset(part, 0xff, sizeof(part));
    assert_false(tps_chip_record_get(part, &kind, &value));
    memset(part, 0, sizeof(part));
    assert_false(tps_chip_record_get(part, &kind, &value));
}

/* One of the records of a sector is another, or none. */
static void a_sector_begins_with_all_values_or_is_none(void **state)
{
    static const uint64_t values[TPS_COUNTERS_MAX] = {10, 11, 12, 13, 14, 15, 16, 17};
    uint8_t flash[2 * 512];
    tps_chip_layout layout = {.sector_size = 512, .unit_size = 16, .counters = 512};
    tps_chip_counters found;

    (void)state;
    for (uint32_t broken = 0; broken <= TPS_CHIP_BEGINNING; broken++) {
        for (unsigned kind = 0; kind < 2; kind++) {
            memset(flash, 0xff, sizeof(flash));
            for (uint32_t i = 0; i < TPS_CHIP_BEGINNING; i++) {
                tps_chip_beginning_put(i, 9, values, flash + 512 + i * 16);
            }
            tps_chip_record_put(3, 5, flash + 512 + 12 * 16); /* lower than before: nothing */
            tps_chip_record_put(3, 99, flash + 512 + 13 * 16);
            if (broken < TPS_CHIP_BEGINNING && kind == 0) {
                flash[512 + broken * 16 + 3] ^= 0x10;
            } else if (broken < TPS_CHIP_BEGINNING) {
                tps_chip_record_put(0x77, values[0], flash + 512 + broken * 16);
            }
            tps_chip_counters_read(flash, &layout, 0, &found);
            assert_int_equal(found.is_whole, broken >= TPS_COUNTERS_MAX + 1);
            assert_int_equal(found.is_complete, found.is_whole);
            assert_int_equal(found.is_sure, found.is_whole);
            assert_int_equal(found.number, found.is_whole ? 9 : 0);
            assert_int_equal(found.values[3], found.is_whole ? 99 : 0);
            assert_int_equal(found.next, found.is_whole ? 14 : 0);
        }
    }
}

/* ---- parts ---- */

typedef struct {
    uint8_t slot[SLOT];
    tps_chip_part parts[TPS_CHIP_PARTS_MAX + 1];
    uint32_t count;
} container;

static void add(container *c, uint32_t part, const char *image, const char *content)
{
    c->parts[c->count] = (tps_chip_part){.part = part, .content = tps_span_of_text(content)};
    strcpy(c->parts[c->count++].image, image);
}

static void fill(container *c)
{
    memset(c, 0, sizeof(*c));
    add(c, TPS_PROVIDED_IDENTITY, "", "who it is");
    add(c, TPS_PROVIDED_MANIFEST, "component", "what its maker says");
    add(c, TPS_PROVIDED_MANIFEST, "application", "what its maker says of it");
    add(c, TPS_PROVIDED_IMAGE, "application",
        "an image that is a little longer than the alignment of contents, which is sixty-four bytes");
    add(c, TPS_PROVIDED_CERTIFICATES, "", "");
}

static tps_status put(container *c, uint32_t generation)
{
    uint8_t head[TPS_CHIP_TABLE_MAX];
    uint32_t offsets[TPS_CHIP_PARTS_MAX];
    tps_span encoded;

    TPS_TRY(tps_chip_parts_encode(c->parts, c->count, generation, SLOT, TPS_BUF_OF(head), &encoded, offsets));
    memset(c->slot, 0xff, sizeof(c->slot));
    memcpy(c->slot, encoded.data, encoded.size);
    for (uint32_t i = 0; i < c->count; i++) {
        memcpy(c->slot + offsets[i], c->parts[i].content.data, c->parts[i].content.size);
    }
    return TPS_OK;
}

static void parts_are_found_as_they_were_put(void **state)
{
    container *c = malloc(sizeof(*c));
    tps_chip_parts opened;
    tps_span content;

    (void)state;
    assert_non_null(c);
    fill(c);
    assert_int_equal(put(c, 7), TPS_OK);
    assert_int_equal(tps_chip_parts_open(TPS_SPAN_OF(c->slot), &opened), TPS_OK);
    assert_int_equal(opened.generation, 7);
    assert_int_equal(opened.count, 5);
    for (uint32_t i = 0; i < c->count; i++) {
        const tps_chip_part *wanted = &c->parts[i];
        tps_chip_part part = tps_chip_parts_get(&opened, i);

        assert_int_equal(part.part, wanted->part);
        assert_string_equal(part.image, wanted->image);
        assert_true(tps_span_equal(part.content, wanted->content));
        assert_int_equal((size_t)(part.content.data - c->slot) % TPS_CHIP_PART_ALIGNMENT, 0);
        assert_int_equal(tps_chip_parts_find(&opened, wanted->part,
                                             wanted->image[0] == '\0' ? NULL : wanted->image, &content),
                         TPS_OK);
        assert_true(tps_span_equal(content, wanted->content));
    }
    assert_int_equal(tps_chip_parts_find(&opened, TPS_PROVIDED_IMAGE, "component", &content), TPS_NOT_FOUND);
    assert_int_equal(tps_chip_parts_find(&opened, TPS_PROVIDED_DEVICE_ID, NULL, &content), TPS_NOT_FOUND);
    free(c);
}

/* That of an image is the first stage's to refuse, by name. */
static void a_changed_bit_in_head_table_or_content_is_seen(void **state)
{
    container *c = malloc(sizeof(*c));
    tps_chip_parts opened;

    (void)state;
    assert_non_null(c);
    fill(c);
    assert_int_equal(put(c, 1), TPS_OK);
    assert_int_equal(tps_chip_parts_open(TPS_SPAN_OF(c->slot), &opened), TPS_OK);
    for (size_t i = 0; i < 8 * (size_t)opened.size; i++) {
        tps_chip_parts again;
        tps_status status;
        bool is_content = false;
        bool is_image = false;

        for (uint32_t k = 0; k < opened.count; k++) {
            tps_chip_part part = tps_chip_parts_get(&opened, k);
            const uint8_t *at = c->slot + i / 8;

            if (at >= part.content.data && at < part.content.data + part.content.size) {
                is_content = part.part != TPS_PROVIDED_IMAGE;
                is_image = !is_content;
            }
        }
        c->slot[i / 8] ^= (uint8_t)(1u << (i % 8));
        status = tps_chip_parts_open(TPS_SPAN_OF(c->slot), &again);
        if (i / 8 < TPS_CHIP_HEAD_SIZE + 5 * TPS_CHIP_ENTRY_SIZE || is_content) {
            assert_int_equal(status, i / 8 < 8 ? TPS_NOT_FOUND : TPS_COMPONENT_STORAGE_CORRUPT);
        } else { /* an image's, or between two contents */
            assert_int_equal(status, TPS_OK);
            assert_int_equal(again.is_whole, !is_image);
        }
        c->slot[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    free(c);
}

/* Each byte of a slot may be old or new when the power goes; the head goes in last. */
static void a_container_without_its_end_is_none(void **state)
{
    container *c = malloc(sizeof(*c));
    tps_chip_parts opened;
    uint8_t *slot;

    (void)state;
    assert_non_null(c);
    fill(c);
    assert_int_equal(put(c, 1), TPS_OK);
    assert_int_equal(tps_chip_parts_open(TPS_SPAN_OF(c->slot), &opened), TPS_OK);
    for (size_t size = 0; size < opened.size; size++) {
        slot = malloc(size + 1); /* its end is watched */
        assert_non_null(slot);
        memcpy(slot, c->slot, size);
        assert_int_equal(tps_chip_parts_open(tps_span_make(slot, size), &opened),
                         size < TPS_CHIP_HEAD_SIZE ? TPS_NOT_FOUND : TPS_COMPONENT_STORAGE_CORRUPT);
        free(slot);
    }
    free(c);
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

/* The check that a container has, made anew, so that what is behind it is tested. */
static void seal(container *c)
{
    uint32_t count = c->slot[16];
    uint32_t crc = UINT32_MAX;

    for (uint32_t i = 0; i < 64 + 64 * count; i++) {
        if (i < 60 || i >= 64) {
            crc ^= c->slot[i];
            for (unsigned bit = 0; bit < 8; bit++) {
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
            }
        }
    }
    put32(c->slot + 60, ~crc);
}

static void containers_that_lie_are_refused(void **state)
{
    /* where, what: each breaks one rule, under a good check */
    static const struct {
        uint32_t at;
        uint32_t value;
    } lies[] = {
        {8, 2},                /* version */
        {16, 0},               /* no parts */
        {16, 25},              /* too many */
        {20, SLOT + 1},        /* larger than the slot */
        {20, 100},             /* smaller than the table */
        {20, 400},             /* ends before a content begins */
        {20, 705},             /* ends behind the last content */
        {20, 0x7fffffff},      /* larger than all */
        {24, 1},               /* reserved */
        {56, 0x80000000},      /* reserved */
        {64, 0},               /* no part */
        {64, 6},               /* an unknown part */
        {64 + 4, 0},           /* in the head */
        {64 + 4, 0xffffffc0},  /* behind all */
        {64 + 8, 0xffffffff},  /* longer than all */
        {64 + 8, SLOT},        /* longer than the container */
        {64 + 12, 0},          /* content's check */
        {64 + 16, 'a'},        /* an identity with a name */
        {128 + 16, 0},         /* a manifest without */
        {128 + 16, 'A'},       /* with a bad one */
        {128 + 60, 'a' << 24}, /* with something behind its zero */
        {128, 3},              /* a second image... fine by itself, but see below */
        {320, 1},              /* a second identity */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        container *c = malloc(sizeof(*c));
        tps_chip_parts opened;

        assert_non_null(c);
        fill(c);
        assert_int_equal(put(c, 1), TPS_OK);
        seal(c);
        assert_int_equal(tps_chip_parts_open(TPS_SPAN_OF(c->slot), &opened), TPS_OK);
        put32(c->slot + lies[i].at, lies[i].value);
        seal(c);
        if (lies[i].at == 128 && lies[i].value == 3) {
            assert_int_equal(tps_chip_parts_open(TPS_SPAN_OF(c->slot), &opened), TPS_OK);
        } else {
            assert_int_equal(tps_chip_parts_open(TPS_SPAN_OF(c->slot), &opened),
                             TPS_COMPONENT_STORAGE_CORRUPT);
        }
        free(c);
    }
}

static void what_no_container_may_hold_is_not_encoded(void **state)
{
    container *c = malloc(sizeof(*c));
    uint8_t head[TPS_CHIP_TABLE_MAX];
    uint32_t offsets[TPS_CHIP_PARTS_MAX];
    tps_span encoded;

    (void)state;
    assert_non_null(c);
    fill(c);
    c->count = 0;
    assert_int_equal(put(c, 1), TPS_BAD_ARGUMENT);
    fill(c);
    add(c, TPS_PROVIDED_IDENTITY, "", "once more");
    assert_int_equal(put(c, 1), TPS_BAD_ARGUMENT);
    fill(c);
    add(c, TPS_PROVIDED_IMAGE, "", "without a name");
    assert_int_equal(put(c, 1), TPS_BAD_ARGUMENT);
    fill(c);
    add(c, TPS_PROVIDED_DEVICE_ID, "named", "x");
    assert_int_equal(put(c, 1), TPS_BAD_ARGUMENT);
    fill(c);
    memset(c->parts[3].image, 'a', sizeof(c->parts[3].image)); /* no zero */
    assert_int_equal(put(c, 1), TPS_BAD_ARGUMENT);
    fill(c);
    add(c, 0, "", "x");
    assert_int_equal(put(c, 1), TPS_BAD_ARGUMENT);
    fill(c);
    c->parts[0].content.size = SLOT;
    assert_int_equal(put(c, 1), TPS_TOO_LARGE);
    fill(c);
    c->count = TPS_CHIP_PARTS_MAX + 1;
    assert_int_equal(put(c, 1), TPS_TOO_LARGE);
    fill(c);
    assert_int_equal(tps_chip_parts_encode(c->parts, c->count, 1, 100, TPS_BUF_OF(head), &encoded, offsets),
                     TPS_TOO_LARGE);
    assert_int_equal(
        tps_chip_parts_encode(c->parts, c->count, 1, UINT32_MAX, TPS_BUF_OF(head), &encoded, offsets),
        TPS_TOO_LARGE);
    assert_int_equal(tps_chip_parts_encode(c->parts, c->count, 1, SLOT, TPS_BUF_MEASURE, &encoded, offsets),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, TPS_CHIP_HEAD_SIZE + 5 * TPS_CHIP_ENTRY_SIZE);
    assert_int_equal(
        tps_chip_parts_encode(c->parts, c->count, 1, SLOT, (tps_buf){NULL, SLOT}, &encoded, offsets),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(tps_chip_parts_encode(c->parts, c->count, 1, 400, TPS_BUF_OF(head), &encoded, offsets),
                     TPS_TOO_LARGE); /* where the second content would begin */
    free(c);
}

static void no_container_is_larger_than_a_slot_can_be(void **state)
{
    static const uint8_t head[TPS_CHIP_HEAD_SIZE] = "tpsParts";
    tps_chip_parts opened;

    (void)state;
    assert_int_equal(tps_chip_parts_open(tps_span_make(head, (size_t)INT32_MAX + 1), &opened), TPS_NOT_FOUND);
}

/* ---- two slots ---- */

static void the_newest_container_that_is_whole_counts(void **state)
{
    container *c = malloc(sizeof(*c));
    uint8_t *flash = malloc(2 * SLOT);
    tps_chip_layout layout = {.slots = {0, SLOT}, .slot_size = SLOT};
    tps_chip_parts opened;
    uint32_t at = 9;

    (void)state;
    assert_non_null(c);
    assert_non_null(flash);
    memset(flash, 0xff, 2 * SLOT);
    assert_int_equal(tps_chip_parts_newest(flash, &layout, &opened, &at), TPS_NOT_FOUND);
    fill(c);
    for (uint32_t n = 1; n < 9; n++) { /* one after the other, as updates are */
        assert_int_equal(put(c, n), TPS_OK);
        memcpy(flash + n % 2 * SLOT, c->slot, SLOT);
        assert_int_equal(tps_chip_parts_newest(flash, &layout, &opened, &at), TPS_OK);
        assert_int_equal(at, n % 2);
        assert_int_equal(opened.generation, n);
    }
    flash[64 + 5 * 64 + 3 * 64] ^= 1; /* an image of the newest was changed: one that is whole goes before */
    assert_int_equal(tps_chip_parts_newest(flash, &layout, &opened, NULL), TPS_OK);
    assert_int_equal(opened.generation, 7);
    flash[SLOT + 64 + 5 * 64 + 3 * 64] ^= 1;
    assert_int_equal(tps_chip_parts_newest(flash, &layout, &opened, NULL), TPS_OK);
    assert_int_equal(opened.generation, 8);
    flash[64 + 5 * 64 + 3 * 64] ^= 1;
    flash[SLOT + 64 + 5 * 64 + 3 * 64] ^= 1;
    flash[30] ^= 1; /* the newest is half written: the one before it counts */
    assert_int_equal(tps_chip_parts_newest(flash, &layout, &opened, NULL), TPS_OK);
    assert_int_equal(opened.generation, 7);
    flash[SLOT + 30] ^= 1;
    assert_int_equal(tps_chip_parts_newest(flash, &layout, &opened, NULL), TPS_COMPONENT_STORAGE_CORRUPT);
    memset(flash + SLOT, 0xff, SLOT);
    assert_int_equal(tps_chip_parts_newest(flash, &layout, &opened, NULL), TPS_COMPONENT_STORAGE_CORRUPT);
    free(flash);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_areas_follow_each_other_in_whole_sectors),
        cmocka_unit_test(sizes_that_no_flash_has_are_refused),
        cmocka_unit_test(a_secret_is_read_as_it_was_written_or_not_at_all),
        cmocka_unit_test(a_record_that_was_cut_off_is_none),
        cmocka_unit_test(a_sector_begins_with_all_values_or_is_none),
        cmocka_unit_test(no_container_is_larger_than_a_slot_can_be),
        cmocka_unit_test(parts_are_found_as_they_were_put),
        cmocka_unit_test(a_changed_bit_in_head_table_or_content_is_seen),
        cmocka_unit_test(a_container_without_its_end_is_none),
        cmocka_unit_test(containers_that_lie_are_refused),
        cmocka_unit_test(what_no_container_may_hold_is_not_encoded),
        cmocka_unit_test(the_newest_container_that_is_whole_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
