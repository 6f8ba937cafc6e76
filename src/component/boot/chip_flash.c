/* SPDX-License-Identifier: Apache-2.0 */
/* The division of a chip's flash, and reading and writing of what lies in it (spec/chip-flash.md). Offsets
 * and sizes come from flash: each is checked before it is used, and no sum of two can wrap. */
#include "component/boot/chip_flash.h"

#include "tps/secret.h"

#define VERSION 1u

/* Places in a container's head, */
enum {
    HEAD_MAGIC = 0,
    HEAD_VERSION = 8,
    HEAD_GENERATION = 12,
    HEAD_COUNT = 16,
    HEAD_SIZE = 20,
    HEAD_CHECK = 60
};
/* and in an entry of its table. */
enum { ENTRY_PART = 0, ENTRY_OFFSET = 4, ENTRY_SIZE = 8, ENTRY_CHECK = 12, ENTRY_IMAGE = 16 };

/* Places of records in a sector of the ring. */
enum { AT_SEAL = TPS_COUNTERS_MAX, AT_DONE = TPS_COUNTERS_MAX + 1 };

_Static_assert(TPS_CHIP_COUNTER_SECTORS >= TPS_CHIP_COUNTER_SECTORS_MIN, "a ring needs another sector");

static const uint8_t parts_magic[8] = {'t', 'p', 's', 'P', 'a', 'r', 't', 's'};
static const uint8_t secret_magic[16] = {'o', 'p', 'e', 'n', 't', 'p', 's', ' ',
                                         'I', 'N', 'S', 'E', 'C', 'U', 'R', 'E'};

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t any = 0;

    for (size_t i = 0; i < size; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

/** CRC-32 as in IEEE 802.3, begun with UINT32_MAX and inverted at the end by who calls. */
static uint32_t crc_update(uint32_t crc, tps_span bytes)
{
    static const uint32_t halves[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.data[i];
        crc = (crc >> 4) ^ halves[crc & 15];
        crc = (crc >> 4) ^ halves[crc & 15];
    }
    return crc;
}

static uint32_t crc_of(tps_span bytes)
{
    return ~crc_update(UINT32_MAX, bytes);
}

/* ---- the division ---- */

static bool is_power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

uint32_t tps_chip_record_stride(uint32_t unit_size)
{
    return unit_size < TPS_CHIP_RECORD_SIZE ? TPS_CHIP_RECORD_SIZE : unit_size;
}

tps_status tps_chip_layout_make(uint32_t flash_size, uint32_t sector_size, uint32_t unit_size,
                                tps_chip_layout *layout)
{
    uint32_t pair = 2 * sector_size;
    uint32_t slots;

    if (!is_power_of_two(sector_size) || sector_size < TPS_STORAGE_SECTOR_MIN ||
        sector_size > TPS_STORAGE_SECTOR_MAX || !is_power_of_two(unit_size) ||
        unit_size > TPS_STORAGE_UNIT_MAX || sector_size / tps_chip_record_stride(unit_size) < 16 ||
        flash_size % sector_size != 0) {
        return TPS_BAD_ARGUMENT;
    }
    *layout = (tps_chip_layout){.flash_size = flash_size, .sector_size = sector_size, .unit_size = unit_size};
    layout->counters = sector_size;
    layout->storage = layout->counters + TPS_CHIP_COUNTER_SECTORS * sector_size;
    layout->storage_size = (TPS_CHIP_STORAGE_SIZE + pair - 1) / pair * pair;
    slots = layout->storage + layout->storage_size;
    if (flash_size < slots || flash_size - slots < TPS_CHIP_SLOTS * sector_size) {
        return TPS_TOO_LARGE;
    }
    layout->slot_size = (flash_size - slots) / TPS_CHIP_SLOTS / sector_size * sector_size;
    layout->slots[0] = slots;
    layout->slots[1] = slots + layout->slot_size;
    return TPS_OK;
}

/* ---- the secret ---- */

void tps_chip_insecure_secret_encode(const tps_chip_insecure_secret *secret,
                                     uint8_t encoded[TPS_CHIP_INSECURE_SECRET_SIZE])
{
    memset(encoded, 0, TPS_CHIP_INSECURE_SECRET_SIZE);
    memcpy(encoded, secret_magic, sizeof(secret_magic));
    memcpy(encoded + 16, secret->secret, sizeof(secret->secret));
    memcpy(encoded + 48, secret->seed, sizeof(secret->seed));
    put32(encoded + 92, crc_of(tps_span_make(encoded, 92)));
}

tps_status tps_chip_insecure_secret_decode(const uint8_t encoded[TPS_CHIP_INSECURE_SECRET_SIZE],
                                           tps_chip_insecure_secret *secret)
{
    if (memcmp(encoded, secret_magic, sizeof(secret_magic)) != 0 || !is_zero(encoded + 80, 12) ||
        get32(encoded + 92) != crc_of(tps_span_make(encoded, 92))) {
        tps_wipe(secret, sizeof(*secret));
        return TPS_COMPONENT_NO_SECRET;
    }
    memcpy(secret->secret, encoded + 16, sizeof(secret->secret));
    memcpy(secret->seed, encoded + 48, sizeof(secret->seed));
    return TPS_OK;
}

/* ---- records ---- */

void tps_chip_record_put(uint32_t kind, uint64_t value, uint8_t record[TPS_CHIP_RECORD_SIZE])
{
    uint64_t word = (uint64_t)kind << 56 | value;

    for (unsigned int i = 0; i < 8; i++) {
        record[i] = (uint8_t)(word >> (8 * i));
        record[8 + i] = (uint8_t)~record[i];
    }
}

bool tps_chip_record_get(const uint8_t record[TPS_CHIP_RECORD_SIZE], uint32_t *kind, uint64_t *value)
{
    uint64_t word = 0;
    uint8_t both = 0xff;

    for (unsigned int i = 0; i < 8; i++) {
        word |= (uint64_t)record[i] << (8 * i);
        both &= record[i] ^ record[8 + i];
    }
    *kind = (uint32_t)(word >> 56);
    *value = word & TPS_CHIP_RECORD_VALUE_MAX;
    return both == 0xff;
}

void tps_chip_beginning_put(uint32_t index, uint64_t number, const uint64_t values[TPS_COUNTERS_MAX],
                            uint8_t record[TPS_CHIP_RECORD_SIZE])
{
    if (index < TPS_COUNTERS_MAX) {
        tps_chip_record_put(index, values[index], record);
    } else {
        tps_chip_record_put(index == AT_SEAL ? TPS_CHIP_RECORD_SEAL : TPS_CHIP_RECORD_DONE, number, record);
    }
}

uint32_t tps_chip_record_offset(const tps_chip_layout *layout, uint32_t sector, uint32_t at)
{
    return layout->counters + sector * layout->sector_size + at * tps_chip_record_stride(layout->unit_size);
}

static bool read_beginning(const uint8_t *sector, uint32_t stride, tps_chip_counters *out)
{
    uint32_t kind;

    for (uint32_t i = 0; i < TPS_COUNTERS_MAX; i++) {
        if (!tps_chip_record_get(sector + i * stride, &kind, &out->values[i]) || kind != i) {
            return false;
        }
    }
    return tps_chip_record_get(sector + AT_SEAL * stride, &kind, &out->number) &&
           kind == TPS_CHIP_RECORD_SEAL && out->number <= TPS_CHIP_NUMBER_MAX;
}

static bool is_erased(const uint8_t *bytes, uint32_t size)
{
    uint8_t all = 0xff;

    for (uint32_t i = 0; i < size; i++) {
        all &= bytes[i];
    }
    return all == 0xff;
}

void tps_chip_counters_read(const uint8_t *flash, const tps_chip_layout *layout, uint32_t sector,
                            tps_chip_counters *counters)
{
    uint32_t stride = tps_chip_record_stride(layout->unit_size);
    const uint8_t *records = flash + tps_chip_record_offset(layout, sector, 0);
    uint32_t kind;
    uint64_t value;

    memset(counters, 0, sizeof(*counters));
    if (!read_beginning(records, stride, counters)) {
        memset(counters, 0, sizeof(*counters));
        return;
    }
    counters->is_whole = true;
    counters->next = AT_DONE;
    for (uint32_t at = AT_DONE; at < layout->sector_size / stride; at++) {
        const uint8_t *record = records + at * stride;

        if (is_erased(record, stride)) {
            continue;
        }
        counters->is_complete = true;
        counters->is_sure = at > AT_DONE;
        counters->next = at + 1;
        if (tps_chip_record_get(record, &kind, &value) && kind < TPS_COUNTERS_MAX &&
            value > counters->values[kind]) {
            counters->values[kind] = value;
        }
    }
}

bool tps_chip_counters_newest(const uint8_t *flash, const tps_chip_layout *layout, uint32_t *sector,
                              tps_chip_counters *counters)
{
    bool is_found = false;

    for (uint32_t i = 0; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        tps_chip_counters found;

        tps_chip_counters_read(flash, layout, i, &found);
        if (found.is_complete && (!is_found || found.number > counters->number)) {
            *counters = found;
            *sector = i;
            is_found = true;
        }
    }
    return is_found;
}

/* ---- parts: reading ---- */

static const uint8_t *entry_of(tps_span slot, uint32_t index)
{
    return slot.data + TPS_CHIP_HEAD_SIZE + index * TPS_CHIP_ENTRY_SIZE;
}

static uint32_t table_end(uint32_t count)
{
    return TPS_CHIP_HEAD_SIZE + count * TPS_CHIP_ENTRY_SIZE;
}

static uint32_t aligned(uint32_t offset)
{
    return (offset + TPS_CHIP_PART_ALIGNMENT - 1) / TPS_CHIP_PART_ALIGNMENT * TPS_CHIP_PART_ALIGNMENT;
}

/** Head without its check, then the table. */
static uint32_t check_of_table(const uint8_t *head, uint32_t count)
{
    uint32_t crc = crc_update(UINT32_MAX, tps_span_make(head, HEAD_CHECK));

    return ~crc_update(crc, tps_span_make(head + TPS_CHIP_HEAD_SIZE, count * TPS_CHIP_ENTRY_SIZE));
}

static tps_status open_head(tps_span slot, tps_chip_parts *out)
{
    const uint8_t *head = slot.data;

    if (slot.size < TPS_CHIP_HEAD_SIZE || slot.size > INT32_MAX ||
        memcmp(head, parts_magic, sizeof(parts_magic)) != 0) {
        return TPS_NOT_FOUND;
    }
    *out = (tps_chip_parts){.slot = slot,
                            .generation = get32(head + HEAD_GENERATION),
                            .count = get32(head + HEAD_COUNT),
                            .size = get32(head + HEAD_SIZE),
                            .is_whole = true};
    if (get32(head + HEAD_VERSION) != VERSION || out->count == 0 || out->count > TPS_CHIP_PARTS_MAX ||
        !is_zero(head + HEAD_SIZE + 4, HEAD_CHECK - HEAD_SIZE - 4) || out->size > slot.size ||
        out->size < table_end(out->count) || get32(head + HEAD_CHECK) != check_of_table(head, out->count)) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    return TPS_OK;
}

/** The name fits the part, and ends in zeros. */
static bool is_named_well(uint32_t part, const char *image, const uint8_t *behind, size_t room)
{
    bool has_name = part == TPS_PROVIDED_IMAGE || part == TPS_PROVIDED_MANIFEST;

    return part >= TPS_PROVIDED_IDENTITY && part <= TPS_PROVIDED_DEVICE_ID && is_zero(behind, room) &&
           (has_name ? tps_image_name_is_valid(image) : image[0] == '\0');
}

tps_chip_part tps_chip_parts_get(const tps_chip_parts *parts, uint32_t index)
{
    const uint8_t *entry = entry_of(parts->slot, index);
    tps_chip_part part = {.part = get32(entry + ENTRY_PART)};

    memcpy(part.image, entry + ENTRY_IMAGE, TPS_IMAGE_NAME_MAX);
    part.content = tps_span_make(parts->slot.data + get32(entry + ENTRY_OFFSET), get32(entry + ENTRY_SIZE));
    return part;
}

/** Entry `index` names a part that none before it names, and its content lies at `*at`; moves `*at` behind
 * it. */
static bool is_good_entry(tps_chip_parts *parts, uint32_t index, uint32_t *at)
{
    const uint8_t *entry = entry_of(parts->slot, index);
    uint32_t offset = get32(entry + ENTRY_OFFSET);
    uint32_t size = get32(entry + ENTRY_SIZE);
    tps_chip_part part;
    size_t length;

    if (offset != *at || offset > parts->size || size > parts->size - offset) {
        return false;
    }
    part = tps_chip_parts_get(parts, index);
    length = strlen(part.image);
    if (!is_named_well(part.part, part.image, entry + ENTRY_IMAGE + length, TPS_IMAGE_NAME_MAX - length)) {
        return false;
    }
    for (uint32_t i = 0; i < index; i++) {
        tps_chip_part other = tps_chip_parts_get(parts, i);

        if (other.part == part.part && strcmp(other.image, part.image) == 0) {
            return false;
        }
    }
    *at = offset + size;
    if (get32(entry + ENTRY_CHECK) == crc_of(part.content)) {
        return true;
    }
    parts->is_whole = false;
    return part.part == TPS_PROVIDED_IMAGE;
}

tps_status tps_chip_parts_open(tps_span slot, tps_chip_parts *parts)
{
    tps_chip_parts opened;
    uint32_t at;

    TPS_TRY(open_head(slot, &opened));
    at = table_end(opened.count);
    for (uint32_t i = 0; i < opened.count; i++) {
        at = aligned(at);
        if (!is_good_entry(&opened, i, &at)) {
            return TPS_COMPONENT_STORAGE_CORRUPT;
        }
    }
    if (at != opened.size) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    *parts = opened;
    return TPS_OK;
}

/** Whether a container is to be taken rather than another one that can be opened, too. */
static bool is_better(const tps_chip_parts *parts, const tps_chip_parts *other)
{
    return parts->is_whole != other->is_whole ? parts->is_whole : parts->generation > other->generation;
}

tps_status tps_chip_parts_newest(const uint8_t *flash, const tps_chip_layout *layout, tps_chip_parts *parts,
                                 uint32_t *at)
{
    tps_chip_parts best = {.count = 0};
    tps_status result = TPS_NOT_FOUND;
    uint32_t slot = 0;

    for (uint32_t i = 0; i < TPS_CHIP_SLOTS; i++) {
        tps_chip_parts opened;
        tps_status status =
            tps_chip_parts_open(tps_span_make(flash + layout->slots[i], layout->slot_size), &opened);

        if (status == TPS_OK && (result != TPS_OK || is_better(&opened, &best))) {
            best = opened;
            slot = i;
        }
        if (result != TPS_OK && status != TPS_NOT_FOUND) {
            result = status;
        }
    }
    if (result == TPS_OK) {
        *parts = best;
        if (at != NULL) {
            *at = slot;
        }
    }
    return result;
}

tps_status tps_chip_parts_find(const tps_chip_parts *parts, uint32_t part, const char *image,
                               tps_span *content)
{
    for (uint32_t i = 0; i < parts->count; i++) {
        tps_chip_part found = tps_chip_parts_get(parts, i);

        if (found.part == part && strcmp(found.image, image == NULL ? "" : image) == 0) {
            *content = found.content;
            return TPS_OK;
        }
    }
    return TPS_NOT_FOUND;
}

/* ---- parts: writing ---- */

static bool is_good_part(const tps_chip_part *parts, uint32_t index)
{
    const tps_chip_part *part = &parts[index];

    if (memchr(part->image, 0, sizeof(part->image)) == NULL ||
        !is_named_well(part->part, part->image, NULL, 0)) {
        return false;
    }
    for (uint32_t i = 0; i < index; i++) {
        if (parts[i].part == part->part && strcmp(parts[i].image, part->image) == 0) {
            return false;
        }
    }
    return true;
}

static void put_entry(uint8_t *entry, const tps_chip_part *part, uint32_t offset)
{
    memset(entry, 0, TPS_CHIP_ENTRY_SIZE);
    put32(entry + ENTRY_PART, part->part);
    put32(entry + ENTRY_OFFSET, offset);
    put32(entry + ENTRY_SIZE, (uint32_t)part->content.size);
    put32(entry + ENTRY_CHECK, crc_of(part->content));
    memcpy(entry + ENTRY_IMAGE, part->image, strlen(part->image));
}

static void put_head(uint8_t *head, uint32_t count, uint32_t generation, uint32_t size)
{
    memset(head, 0, TPS_CHIP_HEAD_SIZE);
    memcpy(head, parts_magic, sizeof(parts_magic));
    put32(head + HEAD_VERSION, VERSION);
    put32(head + HEAD_GENERATION, generation);
    put32(head + HEAD_COUNT, count);
    put32(head + HEAD_SIZE, size);
    put32(head + HEAD_CHECK, check_of_table(head, count));
}

tps_status tps_chip_parts_encode(const tps_chip_part *parts, uint32_t count, uint32_t generation,
                                 uint32_t slot_size, tps_buf head, tps_span *encoded,
                                 uint32_t offsets[TPS_CHIP_PARTS_MAX])
{
    uint32_t at = table_end(count);

    if (count == 0) {
        return TPS_BAD_ARGUMENT;
    }
    if (count > TPS_CHIP_PARTS_MAX || at > slot_size || slot_size > INT32_MAX) {
        return TPS_TOO_LARGE;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!is_good_part(parts, i)) {
            return TPS_BAD_ARGUMENT;
        }
        at = aligned(at);
        if (at > slot_size || parts[i].content.size > slot_size - at) {
            return TPS_TOO_LARGE;
        }
        offsets[i] = at;
        at += (uint32_t)parts[i].content.size;
    }
    encoded->size = table_end(count);
    if (head.size < encoded->size || head.data == NULL) {
        return TPS_BUFFER_TOO_SMALL;
    }
    for (uint32_t i = 0; i < count; i++) {
        put_entry(head.data + TPS_CHIP_HEAD_SIZE + i * TPS_CHIP_ENTRY_SIZE, &parts[i], offsets[i]);
    }
    put_head(head.data, count, generation, at);
    *encoded = tps_span_make(head.data, table_end(count));
    return TPS_OK;
}
