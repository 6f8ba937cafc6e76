/* SPDX-License-Identifier: Apache-2.0 */
/* Counters as records in a ring of sectors; counters.h says why it is as it is. */
#include "platform/trustzone_m/counters.h"

#include "platform/trustzone_m/storage.h"

#define NO_SECTOR UINT32_MAX

static uint32_t records_of(const tps_trustzone_m *p)
{
    return p->layout.sector_size / tps_chip_record_stride(p->layout.unit_size);
}

static bool is_blank(const tps_trustzone_m *p, uint32_t sector)
{
    return trustzone_m_is_erased(p->chip, tps_chip_record_offset(&p->layout, sector, 0),
                                 p->layout.sector_size);
}

/** The newest sector that is sure; NO_SECTOR if there is none. */
static uint32_t find_sure(const tps_trustzone_m *p)
{
    uint32_t sure = NO_SECTOR;
    uint64_t number = 0;

    for (uint32_t i = 0; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        tps_chip_counters found;

        tps_chip_counters_read(p->chip->flash, &p->layout, i, &found);
        if (found.is_sure && (sure == NO_SECTOR || found.number > number)) {
            sure = i;
            number = found.number;
        }
    }
    return sure;
}

/** Only the first sector was ever begun: the first start, or one that was cut within it. */
static bool is_new_device(const tps_trustzone_m *p)
{
    for (uint32_t i = 1; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        if (!is_blank(p, i)) {
            return false;
        }
    }
    return true;
}

static bool are_zero(const tps_chip_counters *counters)
{
    uint64_t any = 0;

    for (uint32_t i = 0; i < TPS_COUNTERS_MAX; i++) {
        any |= counters->values[i];
    }
    return any == 0;
}

/* ---- writing ---- */

/** Programs a record; what is behind it, up to the next unit, stays erased. */
static tps_status write_record(tps_trustzone_m *p, uint32_t sector, uint32_t at,
                               const uint8_t record[TPS_CHIP_RECORD_SIZE])
{
    uint8_t units[TPS_STORAGE_UNIT_MAX];

    memset(units, 0xff, sizeof(units));
    memcpy(units, record, TPS_CHIP_RECORD_SIZE);
    return trustzone_m_program(p->chip, tps_chip_record_offset(&p->layout, sector, at),
                               tps_span_make(units, tps_chip_record_stride(p->layout.unit_size)));
}

static tps_status begin_sector(tps_trustzone_m *p, uint32_t sector, uint64_t number,
                               const uint64_t values[TPS_COUNTERS_MAX])
{
    uint8_t record[TPS_CHIP_RECORD_SIZE];

    TPS_TRY(trustzone_m_erase(p->chip, tps_chip_record_offset(&p->layout, sector, 0)));
    for (uint32_t i = 0; i < TPS_CHIP_BEGINNING; i++) {
        tps_chip_beginning_put(i, number, values, record);
        TPS_TRY(write_record(p, sector, i, record));
    }
    return TPS_OK;
}

/** Goes to the next sector that can be written, but for `keep`; each attempt has a number of its own. */
static tps_status move_on(tps_trustzone_m *p, const uint64_t values[TPS_COUNTERS_MAX], uint32_t keep)
{
    tps_trustzone_m_counters *c = &p->counters;
    tps_status status = TPS_COMPONENT_STORAGE;

    for (uint32_t i = 1; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        uint32_t sector = (c->sector + i) % TPS_CHIP_COUNTER_SECTORS;

        if (sector == keep || c->number >= TPS_CHIP_NUMBER_MAX) {
            continue;
        }
        c->number++;
        status = begin_sector(p, sector, c->number, values);
        if (status == TPS_OK) {
            c->sector = sector;
            c->next = TPS_CHIP_BEGINNING;
            c->is_torn = false;
            memcpy(c->values, values, sizeof(c->values));
            return TPS_OK;
        }
    }
    return status;
}

/** Erases what may yet become complete and is not older than `newest`: what reads as blank, too, unless
 * nothing can have been cut, since its erasure may have been. What is worn, and cannot be erased, never
 * becomes whole either. */
static tps_status erase_others(tps_trustzone_m *p, uint32_t sector, const tps_chip_counters *newest,
                               bool is_calm)
{
    for (uint32_t i = 0; i < TPS_CHIP_COUNTER_SECTORS; i++) {
        tps_chip_counters found;

        tps_chip_counters_read(p->chip->flash, &p->layout, i, &found);
        if (i == sector || (is_calm && is_blank(p, i)) ||
            (found.is_complete && found.number < newest->number)) {
            continue;
        }
        if (trustzone_m_erase(p->chip, tps_chip_record_offset(&p->layout, i, 0)) != TPS_OK &&
            found.is_whole) {
            return TPS_COMPONENT_STORAGE;
        }
    }
    return TPS_OK;
}

/** After a reset in which nothing was cut: DONE once more, so that this start has a number. */
static tps_status go_on(tps_trustzone_m *p)
{
    tps_trustzone_m_counters *c = &p->counters;
    uint8_t record[TPS_CHIP_RECORD_SIZE];

    tps_chip_record_put(TPS_CHIP_RECORD_DONE, c->number, record);
    TPS_TRY(write_record(p, c->sector, c->next, record));
    c->next++;
    return TPS_OK;
}

static tps_status begin_start(tps_trustzone_m *p)
{
    const tps_chip *chip = p->chip;
    tps_trustzone_m_counters *c = &p->counters;
    bool is_clean = chip->is_clean_start != NULL && chip->is_clean_start(chip->context);
    uint32_t sure = find_sure(p);
    tps_chip_counters newest;

    if (sure == NO_SECTOR && is_new_device(p)) {
        c->sector = TPS_CHIP_COUNTER_SECTORS - 1; /* the next one is the first */
        return move_on(p, c->values, NO_SECTOR);
    }
    if (!tps_chip_counters_newest(chip->flash, &p->layout, &c->sector, &newest) ||
        (sure == NO_SECTOR && !are_zero(&newest))) {
        return TPS_COMPONENT_STORAGE;
    }
    is_clean = is_clean && newest.is_sure;
    TPS_TRY(erase_others(p, c->sector, &newest, is_clean));
    c->number = newest.number;
    c->next = newest.next;
    memcpy(c->values, newest.values, sizeof(c->values));
    if (is_clean && c->next < records_of(p) && go_on(p) == TPS_OK) {
        return TPS_OK;
    }
    return move_on(p, c->values, sure);
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
    uint8_t record[TPS_CHIP_RECORD_SIZE];

    if (!c->is_torn && c->next < records_of(p)) {
        tps_chip_record_put(counter, value, record);
        c->is_torn = write_record(p, c->sector, c->next, record) != TPS_OK;
        if (!c->is_torn) {
            c->next++;
            c->values[counter] = value;
            return TPS_OK;
        }
    }
    memcpy(values, c->values, sizeof(values));
    values[counter] = value;
    return move_on(p, values, c->sector);
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
