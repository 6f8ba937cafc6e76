/* SPDX-License-Identifier: Apache-2.0 */
/* A bank made anew of what counts in the other one. Sealed values are copied as they are, whoever can open
 * them; headers are sealed again for their new place. */
#include "component/vault/internal.h"

uint32_t tps_vault_capacity(const tps_vault *vault)
{
    /* START, and one record that deletes, so that a full vault can be emptied */
    return tps_vault_bank_size(vault) - 2 * TPS_VAULT_RECORD_MIN;
}

/** The sealed value of a record, behind the place of the header. */
static tps_status read_value(tps_vault *vault, const tps_vault_entry *entry, const tps_vault_record *record)
{
    uint32_t room = tps_vault_value_room(vault, record->kind, record->flags, record->size);

    return room == 0 ? TPS_OK
                     : tps_vault_read(vault, entry->offset + TPS_VAULT_HEADER_SIZE,
                                      (tps_buf){vault->work + TPS_VAULT_HEADER_SIZE, room});
}

/** The record of an entry with its sealed value; or as lost, if the medium lost it or it `may_be_lost`. */
static tps_status read_whole(tps_vault *vault, tps_vault_entry *entry, bool may_be_lost,
                             tps_vault_record *record)
{
    uint32_t end = tps_vault_bank_begin(vault, vault->bank) + tps_vault_bank_size(vault);
    uint8_t salt[TPS_VAULT_SALT_SIZE];
    tps_status status = tps_vault_read_record(vault, entry->offset, end, record, salt);

    if (status == TPS_OK) {
        status = read_value(vault, entry, record);
    } else {
        *record = (tps_vault_record){
            .kind = TPS_VAULT_KIND_VALUE, .flags = entry->flags, .size = entry->size, .id = entry->id};
    }
    if (status != TPS_OK) {
        if (!tps_vault_is_damage(status) && !may_be_lost) {
            return status;
        }
        record->flags |= TPS_VAULT_FLAG_LOST;
        entry->flags |= TPS_VAULT_FLAG_LOSING;
    }
    return TPS_OK;
}

static tps_status write_next(tps_vault *vault, uint32_t *at, const uint8_t salt[TPS_VAULT_SALT_SIZE],
                             const tps_vault_record *record)
{
    TPS_TRY(tps_vault_make_header(vault, *at, salt, record));
    TPS_TRY(tps_vault_write_record(vault, *at, record));
    *at += tps_vault_record_size(vault, record);
    return TPS_OK;
}

static tps_status copy_all(tps_vault *vault, const uint8_t salt[TPS_VAULT_SALT_SIZE], uint32_t *at,
                           const tps_vault_record *start, const tps_vault_id *given_up)
{
    for (uint32_t i = 0; i < vault->count; i++) {
        tps_vault_entry *entry = &vault->entries[i];
        tps_vault_record record;

        TPS_TRY(
            read_whole(vault, entry, given_up != NULL && tps_vault_is_same(&entry->id, given_up), &record));
        record.sequence = start->sequence;
        record.recovery = start->recovery;
        TPS_TRY(write_next(vault, at, salt, &record));
    }
    return write_next(vault, at, salt, start);
}

/** Nothing is lost: the bank was not made. */
static void keep_all(tps_vault *vault)
{
    for (uint32_t i = 0; i < vault->count; i++) {
        vault->entries[i].flags &= (uint8_t)~TPS_VAULT_FLAG_LOSING;
    }
}

tps_status tps_vault_renew(tps_vault *vault, uint64_t sequence, uint64_t recovery,
                           const tps_vault_id *given_up)
{
    const tps_vault_record start = {
        .kind = TPS_VAULT_KIND_START, .sequence = sequence, .recovery = (uint32_t)recovery};
    const tps_platform *p = vault->platform;
    uint32_t other = 1 - vault->bank;
    uint32_t begin = tps_vault_bank_begin(vault, other);
    uint32_t at = begin;
    uint8_t salt[TPS_VAULT_SALT_SIZE];
    bool is_blank = vault->is_other_blank;
    tps_status status;

    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(salt)));
    vault->is_other_blank = false;
    if (!is_blank) {
        TPS_TRY(tps_vault_erase(vault, other));
    }
    status = copy_all(vault, salt, &at, &start, given_up);
    if (status != TPS_OK) {
        keep_all(vault);
        return status;
    }
    tps_vault_move(vault, begin);
    memcpy(vault->salt, salt, sizeof(salt));
    vault->bank = other;
    vault->at = at;
    return TPS_OK;
}
