/* SPDX-License-Identifier: Apache-2.0 */
/* A bank read from its beginning: first the values that were there when it was made, then the record START,
 * then every write since, without a gap in their sequence. */
#include "component/vault/internal.h"

/** Even: recoveries take two steps, and what one writes carries the odd number between. */
static uint64_t rounded(uint64_t recovery)
{
    return recovery + (recovery & 1);
}

/** True for the record of the write that the counter says is under way. */
static bool is_under_way(const tps_vault *vault, const tps_vault_record *record)
{
    return (vault->counter & 1) != 0 && record->sequence == vault->counter;
}

/** A write under way counts when its last byte is there, and no start has given it up since. */
static bool is_finished(tps_vault *vault, uint32_t offset, const tps_vault_record *record)
{
    return rounded(record->recovery) == rounded(vault->recoveries) &&
           tps_vault_is_whole(vault, offset, record);
}

/** True when `record` may stand next in the log. */
static bool follows(const tps_vault_found *found, const tps_vault_record *record)
{
    if (!found->is_started) {
        return record->kind != TPS_VAULT_KIND_DELETE;
    }
    return record->kind != TPS_VAULT_KIND_START && record->sequence == found->sequence + 2 &&
           record->recovery == found->recovery;
}

static void take(tps_vault *vault, tps_vault_found *found, const tps_vault_record *record)
{
    if (record->kind != TPS_VAULT_KIND_START) {
        found->is_full = tps_vault_apply(vault, found->at, record) != TPS_OK || found->is_full;
    }
    if (found->is_started || record->kind == TPS_VAULT_KIND_START) {
        found->is_started = true;
        found->sequence = record->sequence;
        found->recovery = rounded(record->recovery);
    }
    found->at += tps_vault_record_size(vault, record);
}

/** Reads the next record and takes it; false at the end of the log. */
static bool next(tps_vault *vault, uint32_t begin, uint32_t end, tps_vault_found *found)
{
    tps_vault_record record;
    uint8_t salt[TPS_VAULT_SALT_SIZE];
    tps_status status = tps_vault_read_record(vault, found->at, end, &record, salt);

    found->is_newer = status == TPS_COMPONENT_STORAGE_NEWER;
    found->is_of_other_mode = status == TPS_COMPONENT_STORAGE_MODE && found->at == begin;
    found->is_damaged = tps_vault_is_damage(status) && status != TPS_NOT_FOUND && !found->is_newer &&
                        !found->is_of_other_mode;
    found->is_unread = status != TPS_OK && !tps_vault_is_damage(status);
    if (status != TPS_OK) {
        return false;
    }
    if (found->at == begin) {
        memcpy(found->salt, salt, sizeof(salt));
    }
    if (memcmp(found->salt, salt, sizeof(salt)) != 0 || !follows(found, &record)) {
        found->is_damaged = true;
        return false;
    }
    if (is_under_way(vault, &record) && !is_finished(vault, found->at, &record)) {
        return false;
    }
    take(vault, found, &record);
    return true;
}

void tps_vault_scan(tps_vault *vault, uint32_t bank, tps_vault_found *found)
{
    uint32_t begin = tps_vault_bank_begin(vault, bank);
    uint32_t end = begin + tps_vault_bank_size(vault);

    memset(found, 0, sizeof(*found));
    found->at = begin;
    tps_vault_forget(vault);
    while (next(vault, begin, end, found)) {
    }
    found->is_blank = tps_vault_is_blank(vault, found->at, end);
}
