/* SPDX-License-Identifier: Apache-2.0 */
/* A vault on flash that anybody wrote, under keys that are known here. The input is a list of changes to the
 * flash of a vault in use: bytes at a place, or a whole record that is sealed as a true one. Whatever comes
 * of it, opening ends in a named error or in values, each of which reads as itself, as true bytes, or as a
 * named error; and a vault that opened can be written and opened again. */
#include <stdlib.h>

#include "component/vault/internal.h"
#include "tps/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE = 4096, SECTOR = 512, UNIT = 16, RECORDS = 3 };

static uint8_t bytes[SIZE];
static uint64_t counters[TPS_COUNTERS_MAX];
static uint8_t used[SIZE]; /* a vault with three values, as it was made once */
static uint64_t used_counters[TPS_COUNTERS_MAX];

static tps_status give_entropy(void *context, tps_buf out)
{
    (void)context;
    return tps_crypto_random(out);
}

static tps_status read_raw(void *context, uint32_t offset, tps_buf out)
{
    (void)context;
    if (offset > SIZE || out.size > SIZE - offset) {
        abort();
    }
    memcpy(out.data, bytes + offset, out.size);
    return TPS_OK;
}

static tps_status write_raw(void *context, uint32_t offset, tps_span what)
{
    (void)context;
    if (offset % UNIT != 0 || what.size % UNIT != 0 || offset > SIZE || what.size > SIZE - offset) {
        abort();
    }
    for (size_t i = 0; i < what.size; i++) {
        if (bytes[offset + i] != 0xff) {
            abort(); /* what was not erased */
        }
        bytes[offset + i] = what.data[i];
    }
    return TPS_OK;
}

static tps_status erase_raw(void *context, uint32_t offset)
{
    (void)context;
    if (offset % SECTOR != 0 || offset >= SIZE) {
        abort();
    }
    memset(bytes + offset, 0xff, SECTOR);
    return TPS_OK;
}

static tps_status count(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    *value = counters[counter];
    return TPS_OK;
}

static tps_status step(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    *value = ++counters[counter];
    return TPS_OK;
}

static const tps_platform platform = {.version = TPS_PLATFORM_VERSION,
                                      .entropy = give_entropy,
                                      .storage_size = SIZE,
                                      .sector_size = SECTOR,
                                      .unit_size = UNIT,
                                      .storage_read = read_raw,
                                      .storage_write = write_raw,
                                      .storage_erase = erase_raw,
                                      .counter_read = count,
                                      .counter_increase = step};
static const tps_handover handover = {.security_counter = 2, .sv = {1}, .cdi_attest = {2}};
static tps_vault vault;
static tps_vault maker; /* seals the records that the input asks for */

static tps_vault_id id_of(uint8_t name)
{
    return tps_vault_id_make(TPS_VAULT_TEST, NULL, tps_span_make(&name, 1));
}

static void must(tps_status status)
{
    if (status != TPS_OK) {
        abort();
    }
}

static void make_used(void)
{
    memset(bytes, 0xff, sizeof(bytes));
    must(tps_vault_open(&vault, &platform, &handover, NULL));
    for (uint8_t i = 0; i < RECORDS; i++) {
        tps_vault_id id = id_of(i);

        must(tps_vault_put(&vault, &id, NULL, tps_span_make(&i, 1), 0));
    }
    maker = vault;
    memcpy(used, bytes, sizeof(bytes));
    memcpy(used_counters, counters, sizeof(counters));
}

/** A record with the header that the input says: `from` has 12 bytes. Sealed and put where it says. */
static void put_record(const uint8_t *from)
{
    uint32_t offset = (uint32_t)(from[0] | from[1] << 8) % SIZE / UNIT * UNIT;
    tps_vault_record record = {.kind = from[2],
                               .flags = from[3],
                               .value_v = from[4],
                               .size = (uint16_t)(from[5] | from[6] << 8),
                               .sequence = from[7],
                               .recovery = from[8],
                               .id = id_of(from[9])};
    size_t n = SIZE - offset < TPS_VAULT_HEADER_SIZE ? SIZE - offset : TPS_VAULT_HEADER_SIZE;
    uint64_t behind = offset + (uint64_t)tps_vault_record_size(&maker, &record) - TPS_VAULT_HEADER_SIZE;

    record.id.name_size = from[10];
    must(tps_vault_make_header(&maker, offset, maker.salt, &record));
    memcpy(bytes + offset, maker.work, n);
    if (behind + TPS_VAULT_HEADER_SIZE <= SIZE && (from[11] & 1) != 0) {
        memcpy(bytes + behind, maker.work, TPS_VAULT_HEADER_SIZE);
    }
}

static void change(const uint8_t *data, size_t size)
{
    for (; size >= 13; data += 13, size -= 13) {
        if (data[0] % 4 == 0) {
            put_record(data + 1);
        } else if (data[0] % 4 == 1) {
            counters[TPS_COUNTER_STORAGE] = data[1];
            counters[TPS_COUNTER_RECOVERY] = data[2];
        } else if (data[0] % 4 == 2) {
            bytes[(data[1] | data[2] << 8) % SIZE] ^= data[3];
        } else {
            memset(bytes + (data[1] | data[2] << 8) % SIZE, data[3], 1);
            memset(bytes + (data[1] | data[2] << 8) % SIZE / SECTOR * SECTOR, 0xff, data[4] % 2 * SECTOR);
        }
    }
}

/** Every value is itself or a named error. */
static void read_all(void)
{
    static uint8_t room[TPS_VAULT_VALUE_MAX];

    for (uint32_t i = 0; i < vault.count; i++) {
        tps_vault_id id = vault.entries[i].id;
        size_t got = 0;
        tps_status status = tps_vault_get(&vault, &id, NULL, TPS_BUF_OF(room), &got);

        if (status == TPS_OK
                ? got != 1 || room[0] != id.name[0] || room[0] >= RECORDS
                : status != TPS_COMPONENT_STORAGE_CORRUPT && status != TPS_COMPONENT_STORAGE_BOUND) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_made;
    tps_vault_id id = id_of(1);
    uint8_t one = 1;

    if (!is_made) {
        make_used();
        is_made = true;
    }
    memcpy(bytes, used, sizeof(bytes));
    memcpy(counters, used_counters, sizeof(counters));
    change(data, size);
    if (tps_vault_open(&vault, &platform, &handover, NULL) != TPS_OK) {
        return 0;
    }
    read_all();
    if (tps_vault_put(&vault, &id, NULL, tps_span_make(&one, 1), 0) == TPS_OK) {
        must(tps_vault_open(&vault, &platform, &handover, NULL));
        read_all();
    }
    tps_vault_close(&vault);
    return 0;
}
