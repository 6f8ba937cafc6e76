/* SPDX-License-Identifier: Apache-2.0 */
/* The flash of a chip as somebody with a programmer left it: the ring of counters and a container of parts
 * are the input. Nothing is read outside, what was opened reads the same again, and counters do not go back
 * over starts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/support/fake_chip.h"
#include "platform/trustzone_m/provided.h"
#include "platform/trustzone_m/trustzone_m.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECTOR = 512, UNIT = 16, RING = TPS_CHIP_COUNTER_SECTORS * SECTOR, SLOT = 4096 };

static uint8_t flash[SECTOR + RING + TPS_CHIP_STORAGE_SIZE + 2 * SLOT];

static void must(bool is_so)
{
    if (!is_so) {
        abort();
    }
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t crc(uint32_t so_far, const uint8_t *bytes, size_t size)
{
    so_far = ~so_far;
    for (size_t i = 0; i < size; i++) {
        so_far ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            so_far = (so_far >> 1) ^ ((so_far & 1) != 0 ? 0xedb88320 : 0);
        }
    }
    return ~so_far;
}

/* The head's check is made good, or nothing behind it would be seen. */
static void seal(uint8_t *slot)
{
    uint32_t count = slot[16] <= TPS_CHIP_PARTS_MAX ? slot[16] : 0;

    put32(slot + 60, crc(crc(0, slot, 60), slot + 64, 64 * count));
}

/* Half of an input is records: 8 bytes each, the opposite is added, so that they are good ones. */
static void fill_ring(const uint8_t *data, size_t size, bool is_good)
{
    uint8_t *ring = flash + SECTOR;

    for (size_t i = 0; is_good && i + 8 <= size && 2 * i + 16 <= RING; i += 8) {
        bool is_blank = data[i] == 0xff;

        for (size_t k = 0; k < 8; k++) {
            ring[2 * i + k] = is_blank ? 0xff : data[i + k];
            ring[2 * i + 8 + k] = is_blank ? 0xff : (uint8_t)~data[i + k];
        }
    }
    if (!is_good) {
        memcpy(ring, data, size < RING ? size : RING);
    }
}

static void read_all(tps_trustzone_m *platform)
{
    static const uint32_t kinds[] = {TPS_PROVIDED_IDENTITY, TPS_PROVIDED_CERTIFICATES,
                                     TPS_PROVIDED_DEVICE_ID};
    uint8_t out[64];
    size_t size;

    for (size_t i = 0; i < 3; i++) {
        (void)platform->table.provided_read(platform, kinds[i], NULL, 1, TPS_BUF_OF(out), &size);
        must(size <= sizeof(out));
    }
    for (uint32_t i = 0; platform->has_parts && i < platform->parts.count; i++) {
        tps_chip_part part = tps_chip_parts_get(&platform->parts, i);
        tps_span content;

        must(tps_chip_parts_find(&platform->parts, part.part, part.image, &content) == TPS_OK);
        must(content.data == part.content.data && content.size == part.content.size);
        must(content.size == 0 ||
             (content.data >= flash && content.data + content.size <= flash + sizeof(flash)));
    }
}

static void count(tps_trustzone_m *platform, uint64_t values[TPS_COUNTERS_MAX])
{
    for (uint32_t i = 0; i < TPS_COUNTERS_MAX; i++) {
        uint64_t value = 0;

        must(platform->table.counter_read(platform, i, &value) == TPS_OK);
        must(value >= values[i]);
        if (platform->table.counter_increase(platform, i, &values[i]) != TPS_OK) {
            must(value == TPS_CHIP_RECORD_VALUE_MAX);
            values[i] = value;
        } else {
            must(values[i] == value + 1);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static tps_trustzone_m platform;
    tps_chip chip = fake_chip(flash, sizeof(flash), SECTOR, UNIT);
    uint64_t values[TPS_COUNTERS_MAX] = {0};
    uint64_t start = 0;
    size_t half = size / 2;
    uint8_t *slot = flash + sizeof(flash) - 2 * SLOT;

    if (size < 2) {
        return 0;
    }
    memset(flash, 0xff, sizeof(flash));
    fill_ring(data, half, (data[size - 1] & 1) != 0);
    memcpy(slot, data + half, size - half < SLOT ? size - half : SLOT);
    if ((data[size - 1] & 2) != 0) {
        memcpy(slot, "tpsParts\1\0\0", 12);
        seal(slot);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (tps_trustzone_m_init(&platform, &chip) != TPS_OK) {
            must(start == 0 || start >> 16 == TPS_CHIP_NUMBER_MAX);
            return 0;
        }
        must(tps_trustzone_m_start_number(&platform) > start);
        start = tps_trustzone_m_start_number(&platform);
        read_all(&platform);
        count(&platform, values);
    }
    return 0;
}
