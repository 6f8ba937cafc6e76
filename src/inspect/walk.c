/* SPDX-License-Identifier: Apache-2.0 */
/* Walking maps of CBOR, and finding places in a file; see walk.h. */
#include "inspect/walk.h"

bool walk_int(tps_span item, int64_t *value)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);

    *value = tps_cbor_get_int(&r);
    return r.status == TPS_OK;
}

bool walk_next(tps_cbor_reader *reader, tps_cbor_list *map, walk_entry *entry)
{
    if (!tps_cbor_next(reader, map)) {
        return false;
    }
    entry->key = tps_cbor_skip(reader);
    entry->value = tps_cbor_skip(reader);
    if (!walk_int(entry->key, &entry->label)) {
        entry->label = WALK_FOREIGN;
    }
    return reader->status == TPS_OK;
}

tps_span walk_find(tps_span map, int64_t label)
{
    tps_cbor_reader r = tps_cbor_reader_init(map);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    walk_entry entry;

    while (walk_next(&r, &list, &entry)) {
        if (entry.label == label) {
            return entry.value;
        }
    }
    return TPS_SPAN_EMPTY;
}

uint32_t walk_type(tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);

    return tps_cbor_peek(&r);
}

tps_span walk_string(tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);

    return walk_type(item) == TPS_CBOR_BYTES ? tps_cbor_get_bytes(&r) : tps_cbor_get_text(&r);
}

bool walk_is_printable(tps_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] < 0x20 || bytes.data[i] > 0x7e) {
            return false;
        }
    }
    return bytes.size > 0;
}

size_t offset_in(tps_span file, tps_span part)
{
    uintptr_t start = (uintptr_t)file.data;
    uintptr_t at = (uintptr_t)part.data;

    return at >= start && at < start + file.size ? (size_t)(at - start) : 0;
}
