/* SPDX-License-Identifier: Apache-2.0 */
/* The key store's table, in memory and as it is stored: [* [owner, name, bound, nonce, sealed, x, y]]. */
#include "component/services/key_table.h"

enum { MEMBERS = 7 };

static bool is_of(const tps_key_entry *entry, const uint8_t owner[TPS_LOGIN_OWNER_SIZE])
{
    return entry->name_size != 0 && memcmp(entry->owner, owner, TPS_LOGIN_OWNER_SIZE) == 0;
}

tps_key_entry *tps_key_table_find(tps_key_table *table, const uint8_t owner[TPS_LOGIN_OWNER_SIZE],
                                  tps_span name)
{
    for (size_t i = 0; i < TPS_KEYS_MAX; i++) {
        tps_key_entry *entry = &table->entries[i];

        if (is_of(entry, owner) && tps_span_equal(tps_key_entry_name(entry), name)) {
            return entry;
        }
    }
    return NULL;
}

tps_key_entry *tps_key_table_free_entry(tps_key_table *table, const uint8_t owner[TPS_LOGIN_OWNER_SIZE])
{
    tps_key_entry *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < TPS_KEYS_MAX; i++) {
        tps_key_entry *entry = &table->entries[i];

        if (is_of(entry, owner)) {
            count++;
        } else if (entry->name_size == 0 && found == NULL) {
            found = entry;
        }
    }
    return count < TPS_KEYS_PER_OWNER ? found : NULL;
}

/** A byte string of exactly `size` bytes. */
static void read_fixed(tps_cbor_reader *r, uint8_t *to, size_t size)
{
    tps_span bytes = tps_cbor_get_bytes(r);

    if (bytes.size == size) {
        memcpy(to, bytes.data, size);
    } else {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

static void read_entry(tps_cbor_reader *r, tps_key_entry *entry)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    tps_span name;

    if (list.left != MEMBERS) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    read_fixed(r, entry->owner, sizeof(entry->owner));
    name = tps_cbor_get_text(r);
    if (name.size == 0 || name.size > TPS_KEY_NAME_MAX) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
        return;
    }
    memcpy(entry->name, name.data, name.size);
    entry->name_size = (uint8_t)name.size;
    entry->is_bound = tps_cbor_get_bool(r);
    read_fixed(r, entry->nonce, sizeof(entry->nonce));
    read_fixed(r, entry->sealed, sizeof(entry->sealed));
    read_fixed(r, entry->x, sizeof(entry->x));
    read_fixed(r, entry->y, sizeof(entry->y));
}

tps_status tps_key_table_load(tps_key_table *table, const tps_platform *p)
{
    tps_cbor_reader r;
    tps_cbor_list list;
    size_t size;
    size_t count = 0;
    tps_status status = p->storage_get(p->context, TPS_KEY_TABLE_NAME, TPS_BUF_OF(table->encoded), &size);

    memset(table->entries, 0, sizeof(table->entries));
    if (status == TPS_NOT_FOUND) {
        return TPS_OK;
    }
    if (status != TPS_OK) {
        return TPS_COMPONENT_STORAGE;
    }
    if (tps_cbor_check(tps_span_make(table->encoded, size), &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        return TPS_COMPONENT_STORAGE;
    }
    r = tps_cbor_reader_init(tps_span_make(table->encoded, size));
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        if (count == TPS_KEYS_MAX) {
            return TPS_COMPONENT_STORAGE;
        }
        read_entry(&r, &table->entries[count++]);
    }
    return tps_cbor_reader_finish(&r) == TPS_OK ? TPS_OK : TPS_COMPONENT_STORAGE;
}

static void put_entry(tps_cbor_writer *w, const tps_key_entry *entry)
{
    tps_cbor_put_array(w, MEMBERS);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(entry->owner));
    tps_cbor_put_text_span(w, tps_key_entry_name(entry));
    tps_cbor_put_bool(w, entry->is_bound);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(entry->nonce));
    tps_cbor_put_bytes(w, TPS_SPAN_OF(entry->sealed));
    tps_cbor_put_bytes(w, TPS_SPAN_OF(entry->x));
    tps_cbor_put_bytes(w, TPS_SPAN_OF(entry->y));
}

tps_status tps_key_table_save(tps_key_table *table, const tps_platform *p)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(table->encoded));
    uint64_t count = 0;
    tps_span encoded;

    for (size_t i = 0; i < TPS_KEYS_MAX; i++) {
        count += table->entries[i].name_size != 0 ? 1u : 0u;
    }
    tps_cbor_put_array(&w, count);
    for (size_t i = 0; i < TPS_KEYS_MAX; i++) {
        if (table->entries[i].name_size != 0) {
            put_entry(&w, &table->entries[i]);
        }
    }
    TPS_TRY(tps_cbor_writer_finish(&w, &encoded));
    return p->storage_put(p->context, TPS_KEY_TABLE_NAME, encoded) == TPS_OK ? TPS_OK : TPS_COMPONENT_STORAGE;
}
