/* SPDX-License-Identifier: Apache-2.0 */
/* One record on the medium: header, sealed value, and the header once more. The copy is written last, so it
 * says that the record is whole; and a record with one damaged header loses nothing. */
#include "component/vault/internal.h"

static const uint8_t magic[5] = {'t', 'p', 's', 'V', 1}; /* the last is the layout's version */

enum { AT_MAGIC = 0, AT_V = 5, AT_MODE = 6, AT_SALT = 8 };

static void put_number(uint8_t *to, uint64_t number, unsigned size)
{
    for (; size > 0; size--) {
        *to++ = (uint8_t)number;
        number >>= 8;
    }
}

static uint64_t get_number(const uint8_t *from, unsigned size)
{
    uint64_t number = 0;

    while (size > 0) {
        number = number << 8 | from[--size];
    }
    return number;
}

static void encode(const tps_vault_record *record, uint8_t body[TPS_VAULT_SEALED_SIZE])
{
    body[0] = record->kind;
    body[1] = record->flags;
    body[2] = record->id.space;
    body[3] = record->id.name_size;
    put_number(body + 4, record->size, 2);
    body[6] = record->value_v;
    body[7] = 0;
    put_number(body + 8, record->sequence, 8);
    put_number(body + 16, record->recovery, 4);
    put_number(body + 20, record->bound, 4);
    memcpy(body + 24, record->value_salt, TPS_VAULT_SALT_SIZE);
    memcpy(body + 40, record->id.owner, TPS_VAULT_OWNER_SIZE);
    memcpy(body + 56, record->id.name, TPS_VAULT_NAME_MAX);
}

static void decode(const uint8_t body[TPS_VAULT_SEALED_SIZE], tps_vault_record *record)
{
    record->kind = body[0];
    record->flags = body[1];
    record->id.space = body[2];
    record->id.name_size = body[3];
    record->size = (uint16_t)get_number(body + 4, 2);
    record->value_v = body[6];
    record->sequence = get_number(body + 8, 8);
    record->recovery = (uint32_t)get_number(body + 16, 4);
    record->bound = (uint32_t)get_number(body + 20, 4);
    memcpy(record->value_salt, body + 24, TPS_VAULT_SALT_SIZE);
    memcpy(record->id.owner, body + 40, TPS_VAULT_OWNER_SIZE);
    memcpy(record->id.name, body + 56, TPS_VAULT_NAME_MAX);
}

/** What this code never writes, it does not take; nobody else has the key. */
static bool is_possible(const tps_vault *vault, const tps_vault_record *record)
{
    return record->kind >= TPS_VAULT_KIND_VALUE && record->kind <= TPS_VAULT_KIND_START &&
           record->flags <= (TPS_VAULT_FLAG_BOUND | TPS_VAULT_FLAG_CONTEXT | TPS_VAULT_FLAG_LOST) &&
           record->size <= TPS_VAULT_VALUE_MAX && record->id.name_size <= TPS_VAULT_NAME_MAX &&
           record->value_v <= vault->handover->security_counter;
}

uint32_t tps_vault_value_room(const tps_vault *vault, uint8_t kind, uint8_t flags, uint32_t size)
{
    uint32_t unit = vault->platform->unit_size;

    if (kind != TPS_VAULT_KIND_VALUE || (flags & TPS_VAULT_FLAG_LOST) != 0) {
        return 0;
    }
    return (size + TPS_VAULT_TAG_SIZE + unit - 1) / unit * unit;
}

uint32_t tps_vault_record_size(const tps_vault *vault, const tps_vault_record *record)
{
    return TPS_VAULT_RECORD_MIN + tps_vault_value_room(vault, record->kind, record->flags, record->size);
}

/** Reads the header at `place`, the one or the other of the record at `offset`. */
static tps_status read_header(tps_vault *vault, uint32_t place, uint32_t offset, tps_vault_record *record,
                              uint8_t salt[TPS_VAULT_SALT_SIZE])
{
    uint8_t header[TPS_VAULT_HEADER_SIZE];

    TPS_TRY(tps_vault_read(vault, place, (tps_buf){header, TPS_VAULT_CLEAR_SIZE}));
    if (memcmp(header + AT_MAGIC, magic, sizeof(magic)) != 0) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    if (header[AT_MODE] != vault->handover->inputs.mode) {
        return TPS_COMPONENT_STORAGE_MODE;
    }
    TPS_TRY(tps_vault_read(vault, place, TPS_BUF_OF(header)));
    TPS_TRY(tps_vault_open_header(vault, offset, header));
    decode(header + TPS_VAULT_CLEAR_SIZE, record);
    memcpy(salt, header + AT_SALT, TPS_VAULT_SALT_SIZE);
    return is_possible(vault, record) ? TPS_OK : TPS_COMPONENT_STORAGE_CORRUPT;
}

/** Looks for the copy behind a record whose size nobody knows. What cannot be looked at may have been it. */
static tps_status find_copy(tps_vault *vault, uint32_t offset, uint32_t end, tps_vault_record *record,
                            uint8_t salt[TPS_VAULT_SALT_SIZE])
{
    uint32_t most =
        TPS_VAULT_HEADER_SIZE + tps_vault_value_room(vault, TPS_VAULT_KIND_VALUE, 0, TPS_VAULT_VALUE_MAX);
    tps_status found = TPS_COMPONENT_STORAGE_CORRUPT;

    for (uint32_t behind = TPS_VAULT_HEADER_SIZE;
         behind <= most && behind + TPS_VAULT_HEADER_SIZE <= end - offset;
         behind += vault->platform->unit_size) {
        tps_status status = read_header(vault, offset + behind, offset, record, salt);

        if (status == TPS_OK && tps_vault_record_size(vault, record) == behind + TPS_VAULT_HEADER_SIZE) {
            return TPS_OK;
        }
        found = status == TPS_OK || tps_vault_is_damage(status) ? found : status;
    }
    return found;
}

tps_status tps_vault_read_record(tps_vault *vault, uint32_t offset, uint32_t end, tps_vault_record *record,
                                 uint8_t salt[TPS_VAULT_SALT_SIZE])
{
    tps_status status;
    tps_status found;

    if (end - offset < TPS_VAULT_RECORD_MIN ||
        tps_vault_is_blank(vault, offset, offset + TPS_VAULT_HEADER_SIZE)) {
        return TPS_NOT_FOUND;
    }
    status = read_header(vault, offset, offset, record, salt);
    if (status == TPS_OK && tps_vault_record_size(vault, record) <= end - offset) {
        return TPS_OK;
    }
    found = find_copy(vault, offset, end, record, salt);
    if (found == TPS_OK || !tps_vault_is_damage(found)) {
        return found;
    }
    return status == TPS_OK ? TPS_COMPONENT_STORAGE_CORRUPT : status;
}

bool tps_vault_is_damage(tps_status status)
{
    return status == TPS_COMPONENT_STORAGE_CORRUPT || status == TPS_COMPONENT_STORAGE_NEWER ||
           status == TPS_COMPONENT_STORAGE_MODE || status == TPS_NOT_FOUND;
}

bool tps_vault_is_whole(tps_vault *vault, uint32_t offset, const tps_vault_record *record)
{
    tps_vault_record copy;
    uint8_t salt[TPS_VAULT_SALT_SIZE];
    uint32_t behind = tps_vault_record_size(vault, record) - TPS_VAULT_HEADER_SIZE;

    return read_header(vault, offset + behind, offset, &copy, salt) == TPS_OK;
}

tps_status tps_vault_make_header(tps_vault *vault, uint32_t offset, const uint8_t salt[TPS_VAULT_SALT_SIZE],
                                 const tps_vault_record *record)
{
    uint8_t *header = vault->work;

    memset(header, 0, TPS_VAULT_CLEAR_SIZE);
    memcpy(header + AT_MAGIC, magic, sizeof(magic));
    header[AT_V] = (uint8_t)vault->handover->security_counter;
    header[AT_MODE] = (uint8_t)vault->handover->inputs.mode;
    memcpy(header + AT_SALT, salt, TPS_VAULT_SALT_SIZE);
    encode(record, header + TPS_VAULT_CLEAR_SIZE);
    return tps_vault_seal_header(vault, offset, header);
}

tps_status tps_vault_write_record(const tps_vault *vault, uint32_t offset, const tps_vault_record *record)
{
    uint32_t first = tps_vault_record_size(vault, record) - TPS_VAULT_HEADER_SIZE;

    TPS_TRY(tps_vault_write(vault, offset, tps_span_make(vault->work, first)));
    return tps_vault_write(vault, offset + first, tps_span_make(vault->work, TPS_VAULT_HEADER_SIZE));
}
