/* SPDX-License-Identifier: Apache-2.0 */
/* What the vault keeps in memory: the names of all values, and where their records are. */
#include "component/vault/internal.h"

bool tps_vault_is_same(const tps_vault_id *a, const tps_vault_id *b)
{
    return a->space == b->space && a->name_size == b->name_size &&
           memcmp(a->owner, b->owner, sizeof(a->owner)) == 0 &&
           memcmp(a->name, b->name, sizeof(a->name)) == 0;
}

tps_vault_entry *tps_vault_find(tps_vault *vault, const tps_vault_id *id)
{
    for (uint32_t i = 0; i < vault->count; i++) {
        if (tps_vault_is_same(&vault->entries[i].id, id)) {
            return &vault->entries[i];
        }
    }
    return NULL;
}

static uint32_t size_of(const tps_vault *vault, const tps_vault_entry *entry)
{
    return TPS_VAULT_RECORD_MIN +
           tps_vault_value_room(vault, TPS_VAULT_KIND_VALUE, entry->flags, entry->size);
}

tps_status tps_vault_apply(tps_vault *vault, uint32_t offset, const tps_vault_record *record)
{
    tps_vault_entry *entry = tps_vault_find(vault, &record->id);

    if (record->kind == TPS_VAULT_KIND_VALUE && entry == NULL && vault->count == TPS_VAULT_VALUES_MAX) {
        return TPS_COMPONENT_STORAGE_FULL;
    }
    if (entry != NULL) {
        vault->live -= size_of(vault, entry);
    }
    if (record->kind == TPS_VAULT_KIND_VALUE) {
        entry = entry != NULL ? entry : &vault->entries[vault->count++];
        *entry = (tps_vault_entry){record->id, offset, record->size, record->flags};
        vault->live += size_of(vault, entry);
    } else if (entry != NULL) {
        *entry = vault->entries[--vault->count];
    }
    return TPS_OK;
}

void tps_vault_move(tps_vault *vault, uint32_t offset)
{
    vault->live = 0;
    for (uint32_t i = 0; i < vault->count; i++) {
        tps_vault_entry *entry = &vault->entries[i];

        if ((entry->flags & TPS_VAULT_FLAG_LOSING) != 0) {
            entry->flags ^= TPS_VAULT_FLAG_LOSING;
            entry->flags |= TPS_VAULT_FLAG_LOST;
        }
        entry->offset = offset + vault->live;
        vault->live += size_of(vault, entry);
    }
}

void tps_vault_forget(tps_vault *vault)
{
    vault->count = 0;
    vault->live = 0;
}
