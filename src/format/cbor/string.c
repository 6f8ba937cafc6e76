/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of indefinite length in one piece (RFC 8949, 3.2.3). */
#include "format/cbor/walk.h"

/* The chunks one behind the other; only as many bytes are written as there is room. Returns the size of all.
 */
static size_t join(tps_cbor_reader *reader, uint32_t type, tps_buf room)
{
    size_t size = 0;
    tps_cbor_item chunk;

    while (tps_cbor_peek(reader) != TPS_CBOR_BREAK) {
        if (!cbor_take(reader, CBOR_TYPE(type), &chunk)) {
            return 0;
        }
        if (room.data != NULL && size <= room.size && chunk.bytes.size <= room.size - size) {
            memcpy(room.data + size, chunk.bytes.data, chunk.bytes.size);
        }
        size += chunk.bytes.size;
    }
    reader->at++;
    return size;
}

static tps_span join_string(tps_cbor_reader *reader, uint32_t type, tps_buf room)
{
    const uint8_t *at = reader->at;
    tps_cbor_item item;
    size_t size;

    if (!tps_cbor_read(reader, &item)) {
        return TPS_SPAN_EMPTY;
    }
    if (item.type != type) {
        cbor_refuse(reader, at, TPS_CBOR_UNEXPECTED_TYPE);
        return TPS_SPAN_EMPTY;
    }
    if (item.value != TPS_CBOR_INDEFINITE_LENGTH) {
        return item.bytes;
    }
    size = join(reader, type, room);
    if (reader->status != TPS_OK) {
        reader->at = at;
        return TPS_SPAN_EMPTY;
    }
    if (room.data == NULL || size > room.size) {
        cbor_refuse(reader, at, TPS_BUFFER_TOO_SMALL);
        return (tps_span){NULL, size};
    }
    return tps_span_make(room.data, size);
}

tps_span tps_cbor_join_bytes(tps_cbor_reader *reader, tps_buf room)
{
    return join_string(reader, TPS_CBOR_BYTES, room);
}

tps_span tps_cbor_join_text(tps_cbor_reader *reader, tps_buf room)
{
    return join_string(reader, TPS_CBOR_TEXT, room);
}
