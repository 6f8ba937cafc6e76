/* SPDX-License-Identifier: Apache-2.0 */
/* The vault's operations: read, put, delete, scrub, list. */
#include "component/vault/vault.h"

#include "component/vault/internal.h"
#include "tps/secret.h"

tps_vault_id tps_vault_id_make(uint8_t space, const uint8_t *owner, tps_span name)
{
    tps_vault_id id;

    memset(&id, 0, sizeof(id));
    id.space = space;
    if (owner != NULL) {
        memcpy(id.owner, owner, sizeof(id.owner));
    }
    id.name_size = (uint8_t)(name.size < TPS_VAULT_NAME_MAX ? name.size : TPS_VAULT_NAME_MAX);
    if (id.name_size > 0) {
        memcpy(id.name, name.data, id.name_size);
    }
    return id;
}

/* ---- read ---- */

/** Reads the record of an entry; it must be the entry's. */
static tps_status read_entry(tps_vault *vault, const tps_vault_entry *entry, tps_vault_record *record)
{
    uint32_t size = tps_vault_bank_size(vault);
    uint32_t end = entry->offset < size ? size : 2 * size;
    uint8_t salt[TPS_VAULT_SALT_SIZE];
    tps_status status;

    if ((entry->flags & TPS_VAULT_FLAG_LOST) != 0) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    status = tps_vault_read_record(vault, entry->offset, end, record, salt);
    if (status != TPS_OK && !tps_vault_is_damage(status)) {
        return status;
    }
    if (status != TPS_OK || record->kind != TPS_VAULT_KIND_VALUE || record->size != entry->size ||
        memcmp(&record->id, &entry->id, sizeof(record->id)) != 0) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    return TPS_OK;
}

static tps_status check_bound(const tps_vault *vault, const tps_vault_record *record)
{
    uint32_t mark;

    if ((record->flags & TPS_VAULT_FLAG_BOUND) == 0) {
        return TPS_OK;
    }
    TPS_TRY(tps_vault_bound_mark(vault, &mark));
    return mark == record->bound ? TPS_OK : TPS_COMPONENT_STORAGE_BOUND;
}

static tps_status open_entry(tps_vault *vault, const tps_vault_entry *entry, const tps_vault_context *context,
                             tps_buf out)
{
    tps_buf sealed = {vault->work, entry->size + TPS_VAULT_TAG_SIZE};
    tps_vault_record record;
    tps_status status;

    TPS_TRY(read_entry(vault, entry, &record));
    TPS_TRY(check_bound(vault, &record));
    if (((record.flags & TPS_VAULT_FLAG_CONTEXT) != 0) != (context != NULL)) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    TPS_TRY(tps_vault_read(vault, entry->offset + TPS_VAULT_HEADER_SIZE, sealed));
    status = tps_vault_open_value(vault, &record, context, tps_span_make(sealed.data, sealed.size), out);
    return status == TPS_CRYPTO_BAD_TAG ? TPS_COMPONENT_STORAGE_CORRUPT : status;
}

tps_status tps_vault_get(tps_vault *vault, const tps_vault_id *id, const tps_vault_context *context,
                         tps_buf out, size_t *size)
{
    const tps_vault_entry *entry = tps_vault_find(vault, id);
    tps_status status;

    if (entry == NULL) {
        return TPS_NOT_FOUND;
    }
    *size = entry->size;
    if (out.size < entry->size) {
        return (entry->flags & TPS_VAULT_FLAG_LOST) != 0 ? TPS_COMPONENT_STORAGE_CORRUPT
                                                         : TPS_BUFFER_TOO_SMALL;
    }
    status = open_entry(vault, entry, context, (tps_buf){out.data, entry->size});
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}

/* ---- write ---- */

/** Room for a record in the log: made if need be. `given_up`: as in tps_vault_renew(). */
static tps_status make_room(tps_vault *vault, uint32_t size, const tps_vault_id *given_up)
{
    uint32_t end = tps_vault_bank_begin(vault, vault->bank) + tps_vault_bank_size(vault);

    if (size <= end - vault->at) {
        return TPS_OK;
    }
    return tps_vault_renew(vault, vault->counter - 1, vault->recoveries, given_up);
}

/** Writes the record whose value is sealed in vault->work, between two steps of the counter. */
static tps_status append(tps_vault *vault, tps_vault_record *record)
{
    record->sequence = vault->counter + 1;
    record->recovery = (uint32_t)vault->recoveries;
    TPS_TRY(tps_vault_make_header(vault, vault->at, vault->salt, record));

    vault->is_broken = true; /* until it is done: only a start can tell what is on the medium */
    TPS_TRY(tps_vault_step(vault, TPS_COUNTER_STORAGE, &vault->counter));
    TPS_TRY(tps_vault_write_record(vault, vault->at, record));
    TPS_TRY(tps_vault_step(vault, TPS_COUNTER_STORAGE, &vault->counter));
    TPS_TRY(tps_vault_apply(vault, vault->at, record));
    vault->at += tps_vault_record_size(vault, record);
    vault->is_broken = false;
    return TPS_OK;
}

static tps_status seal(tps_vault *vault, tps_vault_record *record, const tps_vault_context *context,
                       tps_span value)
{
    const tps_platform *p = vault->platform;
    uint8_t *sealed = vault->work + TPS_VAULT_HEADER_SIZE;

    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(record->value_salt)));
    if ((record->flags & TPS_VAULT_FLAG_BOUND) != 0) {
        TPS_TRY(tps_vault_bound_mark(vault, &record->bound));
    }
    memset(sealed, 0xff, tps_vault_value_room(vault, record->kind, record->flags, record->size));
    return tps_vault_seal_value(vault, record, context, value,
                                (tps_buf){sealed, value.size + TPS_VAULT_TAG_SIZE});
}

static tps_status check_put(tps_vault *vault, const tps_vault_record *record)
{
    if (vault->is_broken) {
        return TPS_COMPONENT_STORAGE;
    }
    if (tps_vault_find(vault, &record->id) == NULL && vault->count == TPS_VAULT_VALUES_MAX) {
        return TPS_COMPONENT_STORAGE_FULL;
    }
    return vault->live + tps_vault_record_size(vault, record) <= tps_vault_capacity(vault)
               ? TPS_OK
               : TPS_COMPONENT_STORAGE_FULL;
}

tps_status tps_vault_put(tps_vault *vault, const tps_vault_id *id, const tps_vault_context *context,
                         tps_span value, uint32_t flags)
{
    tps_vault_record record = {.kind = TPS_VAULT_KIND_VALUE, .size = (uint16_t)value.size, .id = *id};

    if (value.size > TPS_VAULT_VALUE_MAX) {
        return TPS_TOO_LARGE;
    }
    if ((flags & ~(uint32_t)TPS_VAULT_BOUND) != 0 || id->name_size > TPS_VAULT_NAME_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    record.flags = (uint8_t)(flags | (context != NULL ? TPS_VAULT_FLAG_CONTEXT : 0));
    record.value_v = (uint8_t)vault->handover->security_counter;
    TPS_TRY(check_put(vault, &record));
    TPS_TRY(make_room(vault, tps_vault_record_size(vault, &record), NULL));
    TPS_TRY(seal(vault, &record, context, value));
    return append(vault, &record);
}

tps_status tps_vault_delete(tps_vault *vault, const tps_vault_id *id)
{
    tps_vault_record record = {.kind = TPS_VAULT_KIND_DELETE, .id = *id};

    if (tps_vault_find(vault, id) == NULL) {
        return TPS_NOT_FOUND;
    }
    if (vault->is_broken) {
        return TPS_COMPONENT_STORAGE;
    }
    TPS_TRY(make_room(vault, tps_vault_record_size(vault, &record), id));
    return append(vault, &record);
}

tps_status tps_vault_delete_contexts(tps_vault *vault)
{
    uint32_t i = 0;

    while (i < vault->count) {
        if ((vault->entries[i].flags & TPS_VAULT_FLAG_CONTEXT) == 0) {
            i++;
        } else {
            tps_vault_id id = vault->entries[i].id; /* the entry moves */

            TPS_TRY(tps_vault_delete(vault, &id));
        }
    }
    return TPS_OK;
}

tps_status tps_vault_scrub(tps_vault *vault)
{
    if (vault->is_broken) {
        return TPS_COMPONENT_STORAGE;
    }
    TPS_TRY(tps_vault_renew(vault, vault->counter - 1, vault->recoveries, NULL));
    TPS_TRY(tps_vault_erase(vault, 1 - vault->bank));
    vault->is_other_blank = true;
    return TPS_OK;
}

/* ---- list ---- */

bool tps_vault_next(const tps_vault *vault, uint8_t space, const uint8_t *owner, size_t *place,
                    tps_vault_id *id)
{
    while (*place < vault->count) {
        const tps_vault_id *candidate = &vault->entries[(*place)++].id;

        if (candidate->space == space &&
            (owner == NULL || memcmp(candidate->owner, owner, TPS_VAULT_OWNER_SIZE) == 0)) {
            *id = *candidate;
            return true;
        }
    }
    return false;
}

tps_vault_facts tps_vault_tell(const tps_vault *vault)
{
    tps_vault_facts facts = {.values = vault->count,
                             .capacity = tps_vault_capacity(vault),
                             .used = vault->live,
                             .overhead =
                                 TPS_VAULT_RECORD_MIN + TPS_VAULT_TAG_SIZE + vault->platform->unit_size - 1u,
                             .writes = vault->counter / 2};

    for (uint32_t i = 0; i < vault->count; i++) {
        facts.corrupt += (vault->entries[i].flags & TPS_VAULT_FLAG_LOST) != 0 ? 1 : 0;
    }
    return facts;
}
