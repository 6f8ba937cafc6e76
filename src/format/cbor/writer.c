/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR writer: shortest heads, and one path for measuring and writing. */
#include "tps/cbor.h"

tps_cbor_writer tps_cbor_writer_init(tps_buf buffer)
{
    return (tps_cbor_writer){buffer.data, buffer.data == NULL ? 0 : buffer.size, 0, TPS_OK};
}

static void put(tps_cbor_writer *writer, const uint8_t *bytes, size_t size)
{
    if (size == 0) {
        return;
    }
    if (size > SIZE_MAX - writer->size) {
        writer->status = TPS_TOO_LARGE;
        return;
    }
    if (writer->size <= writer->capacity && size <= writer->capacity - writer->size) {
        memcpy(writer->data + writer->size, bytes, size);
    }
    writer->size += size;
}

static void put_head(tps_cbor_writer *writer, uint32_t major, uint64_t argument)
{
    uint8_t head[9];
    uint8_t first = (uint8_t)(major << 5);
    size_t extra;

    if (argument < 24) {
        head[0] = (uint8_t)(first | argument);
        put(writer, head, 1);
        return;
    }
    if (argument <= UINT8_MAX) {
        head[0] = first | 24;
        extra = 1;
    } else if (argument <= UINT16_MAX) {
        head[0] = first | 25;
        extra = 2;
    } else if (argument <= UINT32_MAX) {
        head[0] = first | 26;
        extra = 4;
    } else {
        head[0] = first | 27;
        extra = 8;
    }
    for (size_t i = extra; i > 0; i--) {
        head[i] = (uint8_t)argument;
        argument >>= 8;
    }
    put(writer, head, 1 + extra);
}

void tps_cbor_put_uint(tps_cbor_writer *writer, uint64_t value)
{
    put_head(writer, TPS_CBOR_UINT, value);
}

void tps_cbor_put_int(tps_cbor_writer *writer, int64_t value)
{
    if (value >= 0) {
        put_head(writer, TPS_CBOR_UINT, (uint64_t)value);
    } else {
        put_head(writer, TPS_CBOR_NINT, (uint64_t)(-1 - value));
    }
}

void tps_cbor_put_nint(tps_cbor_writer *writer, uint64_t value)
{
    put_head(writer, TPS_CBOR_NINT, value);
}

void tps_cbor_put_bytes_head(tps_cbor_writer *writer, uint64_t size)
{
    put_head(writer, TPS_CBOR_BYTES, size);
}

void tps_cbor_put_bytes(tps_cbor_writer *writer, tps_span bytes)
{
    put_head(writer, TPS_CBOR_BYTES, bytes.size);
    put(writer, bytes.data, bytes.size);
}

void tps_cbor_put_text_span(tps_cbor_writer *writer, tps_span text)
{
    put_head(writer, TPS_CBOR_TEXT, text.size);
    put(writer, text.data, text.size);
}

void tps_cbor_put_text(tps_cbor_writer *writer, const char *text)
{
    tps_cbor_put_text_span(writer, tps_span_of_text(text));
}

void tps_cbor_put_array(tps_cbor_writer *writer, uint64_t count)
{
    put_head(writer, TPS_CBOR_ARRAY, count);
}

void tps_cbor_put_map(tps_cbor_writer *writer, uint64_t count)
{
    put_head(writer, TPS_CBOR_MAP, count);
}

void tps_cbor_put_tag(tps_cbor_writer *writer, uint64_t tag)
{
    put_head(writer, TPS_CBOR_TAG, tag);
}

void tps_cbor_put_bool(tps_cbor_writer *writer, bool value)
{
    put_head(writer, TPS_CBOR_SIMPLE, value ? 21 : 20);
}

void tps_cbor_put_null(tps_cbor_writer *writer)
{
    put_head(writer, TPS_CBOR_SIMPLE, 22);
}

void tps_cbor_put_undefined(tps_cbor_writer *writer)
{
    put_head(writer, TPS_CBOR_SIMPLE, 23);
}

void tps_cbor_put_simple(tps_cbor_writer *writer, uint8_t value)
{
    if (value >= 24 && value < 32) {
        writer->status = TPS_BAD_ARGUMENT;
        return;
    }
    put_head(writer, TPS_CBOR_SIMPLE, value);
}

void tps_cbor_put_raw(tps_cbor_writer *writer, tps_span encoded)
{
    put(writer, encoded.data, encoded.size);
}

tps_status tps_cbor_writer_finish(const tps_cbor_writer *writer, tps_span *encoded)
{
    *encoded = (tps_span){NULL, writer->size};
    if (writer->status != TPS_OK) {
        return writer->status;
    }
    if (writer->data == NULL) {
        return TPS_OK;
    }
    if (writer->size > writer->capacity) {
        return TPS_BUFFER_TOO_SMALL;
    }
    encoded->data = writer->data;
    return TPS_OK;
}
