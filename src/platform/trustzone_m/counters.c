/* SPDX-License-Identifier: Apache-2.0 */
/* Counters as records in a ring of sectors; counters.h says why it is as it is. */
#include "platform/trustzone_m/counters.h"

#include "platform/trustzone_m/storage.h"

_Static_assert(TPS_CHIP_COUNTER_SECTORS >= TPS_CHIP_COUNTER_SECTORS_MIN, "a ring needs another sector");

/** Records of a sector's beginning: a value for each counter, the seal, and DONE. */
enum { AT_SEAL = TPS_COUNTERS_MAX, AT_DONE = TPS_COUNTERS_MAX + 1, AT_STEPS = TPS_COUNTERS_MAX + 2 };

/** What is found in a sector. */
typedef struct {
    bool is_whole;    /* it begins as a sector does */
    bool is_complete; /* and something stands behind the seal */
    uint32_t next;    /* place behind the last record, or what was begun as one */
    uint64_t number;
    uint64_t values[TPS_COUNTERS_MAX];
} found_sector;

static uint32_t stride_of(const tps_trustzone_m *p)
{
    return tps_chip_record_stride(p->layout.unit_size);
}

static uint32_t records_of(const tps_trustzone_m *p)
{
    return p->layout.sector_size / stride_of(p);
}

static uint32_t offset_of(const tps_trustzone_m *p, uint32_t sector, uint32_t at)
{
    return p->layout.counters + sector * p->layout.sector_size + at * stride_of(p);
}

/* ---- reading ---- */

static bool is_blank(const tps_trustzone_m *p, uint32_t sector)
{
    return trustzone_m_is_erased(p->chip, offset_of(p, sector, 0), p->layout.sector_size);
}

static bool read_record(const tps_trustzone_m *p, uint32_t sector, uint32_t at, uint32_t *kind,
                        uint64_t *value)
{
    return tps_chip_record_get(p->chip->flash + offset_of(p, sector, at), kind, value);
}

static bool read_beginning(const tps_trustzone_m *p, uint32_t sector, found_sector *found)
{
    uint32_t kind;

    for (uint32_t i = 0; i < TPS_COUNTERS_MAX; i++) {
        if (!read_record(p, sector, i, &kind, &found->values[i]) || kind != i) {
            return false;
        }
    }
    return read_record(p, sector, AT_SEAL, &kind, &found->number) && kind == TPS_CHIP_RECORD_SEAL;
}

static void read_sector(const tps_trustzone_m *p, uint32_t sector, found_sector *found)
{
    uint32_t kind;
    uint64_t value;

    memset(found, 0, sizeof(*found));
    found->is_whole = read_beginning(p, sector, found);
    found->next = AT_DONE;
    for (uint32_t at = AT_DONE; found->is_whole && at < records_of(p); at++) {
        if (trustzone_m_is_erased(p->chip, offset_of(p, sector, at), stride_of(p))) {
            continue;
        }
        found->is_complete = true;
        found->next = at + 1;
        if (read_record(p, sector, at, &kind, &value) && kind < TPS_COUNTERS_MAX &&
            value > found->values[kind]) {
            found->values[kind] = value;
        }
    }
}

/** The newest complete sector. False if there is none. */
static bool find_newest(const tps_trustzone_m *p, uint32_t *sector, found_sector *newest)
{
    bool is_found = false;

    for (uint32_t i = 0; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        found_sector found;

        read_sector(p, i, &found);
        if (found.is_complete && (!is_found || found.number > newest->number)) {
            *newest = found;
            *sector = i;
            is_found = true;
        }
    }
    return is_found;
}

/** Nothing was ever complete here: the first start, or one that was cut within it. */
static bool is_new_device(const tps_trustzone_m *p)
{
    for (uint32_t i = 1; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        if (!is_blank(p, i)) {
            return false;
        }
    }
    return true;
}

/* ---- writing ---- */

static tps_status write_record(tps_trustzone_m *p, uint32_t sector, uint32_t at, uint32_t kind,
                               uint64_t value)
{
    uint8_t bytes[TPS_STORAGE_UNIT_MAX];

    memset(bytes, 0xff, sizeof(bytes));
    tps_chip_record_put(kind, value, bytes);
    return trustzone_m_program(p->chip, offset_of(p, sector, at), tps_span_make(bytes, stride_of(p)));
}

static tps_status begin_sector(tps_trustzone_m *p, uint32_t sector, uint64_t number,
                               const uint64_t values[TPS_COUNTERS_MAX])
{
    TPS_TRY(trustzone_m_erase(p->chip, offset_of(p, sector, 0)));
    for (uint32_t i = 0; i < TPS_COUNTERS_MAX; i++) {
        TPS_TRY(write_record(p, sector, i, i, values[i]));
    }
    TPS_TRY(write_record(p, sector, AT_SEAL, TPS_CHIP_RECORD_SEAL, number));
    return write_record(p, sector, AT_DONE, TPS_CHIP_RECORD_DONE, number);
}

/** Goes to the next sector that can be written; each attempt has a number of its own. */
static tps_status move_on(tps_trustzone_m *p, const uint64_t values[TPS_COUNTERS_MAX])
{
    tps_trustzone_m_counters *c = &p->counters;
    tps_status status = TPS_COMPONENT_STORAGE;

    for (uint32_t i = 1; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        uint32_t sector = (c->sector + i) % TPS_CHIP_COUNTER_SECTORS;

        c->number++;
        status = begin_sector(p, sector, c->number, values);
        if (status == TPS_OK) {
            c->sector = sector;
            c->next = AT_STEPS;
            c->is_torn = false;
            memcpy(c->values, values, sizeof(c->values));
            return TPS_OK;
        }
    }
    return status;
}

/** Erases what may yet become complete and is not older than `newest`. What is worn, and cannot be erased,
 * never becomes whole either. */
static tps_status erase_others(tps_trustzone_m *p, uint32_t sector, const found_sector *newest)
{
    for (uint32_t i = 0; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        found_sector found;

        read_sector(p, i, &found);
        if (i == sector || is_blank(p, i) || (found.is_complete && found.number < newest->number)) {
            continue;
        }
        if (trustzone_m_erase(p->chip, offset_of(p, i, 0)) != TPS_OK && found.is_whole) {
            return TPS_COMPONENT_STORAGE;
        }
    }
    return TPS_OK;
}

/** After a reset in which nothing was cut: DONE once more, so that this start has a number. */
static tps_status go_on(tps_trustzone_m *p)
{
    tps_trustzone_m_counters *c = &p->counters;

    TPS_TRY(write_record(p, c->sector, c->next, TPS_CHIP_RECORD_DONE, c->number));
    c->next++;
    return TPS_OK;
}

static tps_status begin_start(tps_trustzone_m *p)
{
    const tps_chip *chip = p->chip;
    tps_trustzone_m_counters *c = &p->counters;
    bool is_clean = chip->is_clean_start != NULL && chip->is_clean_start(chip->context);
    found_sector newest;

    if (find_newest(p, &c->sector, &newest)) {
        TPS_TRY(erase_others(p, c->sector, &newest));
        c->number = newest.number;
        c->next = newest.next;
        memcpy(c->values, newest.values, sizeof(c->values));
        if (is_clean && c->next < records_of(p) && go_on(p) == TPS_OK) {
            return TPS_OK;
        }
    } else if (is_new_device(p)) {
        c->sector = TPS_CHIP_COUNTER_SECTORS - 1; /* the next one is the first */
    } else {
        return TPS_COMPONENT_STORAGE;
    }
    return move_on(p, c->values);
}

tps_status tps_trustzone_m_counters_open(tps_trustzone_m *platform)
{
    tps_trustzone_m_counters *c = &platform->counters;
    tps_status status;

    memset(c, 0, sizeof(*c));
    status = begin_start(platform);
    c->is_open = status == TPS_OK;
    c->start = c->is_open ? c->number << 16 | c->next : 0;
    return status;
}

/* ---- the operations ---- */

tps_status tps_trustzone_m_counter_read(void *context, uint32_t counter, uint64_t *value)
{
    const tps_trustzone_m *p = context;

    if (counter >= TPS_COUNTERS_MAX) {
        return TPS_UNSUPPORTED;
    }
    if (!p->counters.is_open) {
        return TPS_COMPONENT_STORAGE;
    }
    *value = p->counters.values[counter];
    return TPS_OK;
}

/** The step as a record of the sector in use, or, where that takes none, as the beginning of another. */
static tps_status write_step(tps_trustzone_m *p, uint32_t counter, uint64_t value)
{
    tps_trustzone_m_counters *c = &p->counters;
    uint64_t values[TPS_COUNTERS_MAX];

    if (!c->is_torn && c->next < records_of(p)) {
        c->is_torn = write_record(p, c->sector, c->next, counter, value) != TPS_OK;
        if (!c->is_torn) {
            c->next++;
            c->values[counter] = value;
            return TPS_OK;
        }
    }
    memcpy(values, c->values, sizeof(values));
    values[counter] = value;
    return move_on(p, values);
}

tps_status tps_trustzone_m_counter_increase(void *context, uint32_t counter, uint64_t *value)
{
    tps_trustzone_m *p = context;
    uint64_t next;

    TPS_TRY(tps_trustzone_m_counter_read(context, counter, &next));
    next++;
    if (next > TPS_CHIP_RECORD_VALUE_MAX) {
        return TPS_COMPONENT_STORAGE;
    }
    TPS_TRY(write_step(p, counter, next));
    *value = next;
    return TPS_OK;
}
