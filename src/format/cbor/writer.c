/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR writer: shortest heads, and one path for measuring and writing. */
#include "tps/cbor.h"

#include "format/cbor/head.h"

tps_cbor_writer tps_cbor_writer_init(tps_buf buffer)
{
    return (tps_cbor_writer){buffer.data, buffer.data == NULL ? 0 : buffer.size, 0, TPS_OK};
}

#ifndef __OPTIMIZE_SIZE__
static CBOR_INLINE uint64_t load_8(const uint8_t *from)
{
    uint64_t word;

    memcpy(&word, from, sizeof word);
    return word;
}
#endif

/* Copies `size` bytes, which may lie there already: from 8 to 32 of them in line, in words of which the last
 * overlap those before. */
static CBOR_INLINE void copy(uint8_t *to, const uint8_t *from, size_t size)
{
#ifndef __OPTIMIZE_SIZE__
    if (size >= 8 && size <= 32) {
        uint64_t first = load_8(from);
        uint64_t last = load_8(from + size - 8);
        if (size > 16) {
            uint64_t second = load_8(from + 8);
            uint64_t third = load_8(from + size - 16);
            memcpy(to + 8, &second, sizeof second);
            memcpy(to + size - 16, &third, sizeof third);
        }
        memcpy(to, &first, sizeof first);
        memcpy(to + size - 8, &last, sizeof last);
        return;
    }
#endif
    memmove(to, from, size);
}

/* True when `size` more bytes fit. */
static inline bool has_room(const tps_cbor_writer *writer, size_t size)
{
    return writer->size <= writer->capacity && size <= writer->capacity - writer->size;
}

static CBOR_PART void put(tps_cbor_writer *writer, const uint8_t *bytes, size_t size)
{
    if (size > SIZE_MAX - writer->size) {
        writer->status = TPS_TOO_LARGE;
        return;
    }
    if (size > 0 && has_room(writer, size)) {
        copy(writer->data + writer->size, bytes, size);
    }
    writer->size += size;
}

/* A head of any size, wherever it goes. */
static CBOR_RARE void put_any_head(tps_cbor_writer *writer, uint32_t major, uint64_t argument)
{
    uint8_t head[CBOR_FOR_SIZE ? 9 : 16]; /* as far as a copy of eight may look */

    put(writer, head, cbor_head_make(head, major, argument));
}

static CBOR_INLINE void put_head(tps_cbor_writer *writer, uint32_t major, uint64_t argument)
{
#ifndef __OPTIMIZE_SIZE__
    if (argument <= UINT16_MAX && has_room(writer, 3)) { /* what most heads are */
        uint8_t *head = writer->data + writer->size;
        if (argument < 24) {
            head[0] = (uint8_t)(major << 5 | argument);
            writer->size += 1;
        } else if (argument <= UINT8_MAX) {
            head[0] = (uint8_t)(major << 5 | 24);
            head[1] = (uint8_t)argument;
            writer->size += 2;
        } else {
            head[0] = (uint8_t)(major << 5 | 25);
            head[1] = (uint8_t)(argument >> 8);
            head[2] = (uint8_t)argument;
            writer->size += 3;
        }
        return;
    }
#endif
    put_any_head(writer, major, argument);
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

/* The major type comes last, where the others leave a register for it. */
static CBOR_PART void put_string(tps_cbor_writer *writer, const uint8_t *data, size_t size, uint32_t major)
{
    put_head(writer, major, size);
    put(writer, data, size);
}

void tps_cbor_put_bytes(tps_cbor_writer *writer, tps_span bytes)
{
    put_string(writer, bytes.data, bytes.size, TPS_CBOR_BYTES);
}

void tps_cbor_put_text_span(tps_cbor_writer *writer, tps_span text)
{
    put_string(writer, text.data, text.size, TPS_CBOR_TEXT);
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

void tps_cbor_pair_uint(tps_cbor_writer *writer, int32_t key, uint64_t value)
{
    tps_cbor_put_int(writer, key);
    tps_cbor_put_uint(writer, value);
}

void tps_cbor_pair_bytes(tps_cbor_writer *writer, int32_t key, tps_span bytes)
{
    tps_cbor_put_int(writer, key);
    tps_cbor_put_bytes(writer, bytes);
}

void tps_cbor_pair_text_span(tps_cbor_writer *writer, int32_t key, tps_span text)
{
    tps_cbor_put_int(writer, key);
    tps_cbor_put_text_span(writer, text);
}

void tps_cbor_pair_text(tps_cbor_writer *writer, int32_t key, const char *text)
{
    tps_cbor_pair_text_span(writer, key, tps_span_of_text(text));
}

void tps_cbor_pair_bool(tps_cbor_writer *writer, int32_t key, bool value)
{
    tps_cbor_put_int(writer, key);
    tps_cbor_put_bool(writer, value);
}

void tps_cbor_pair_array(tps_cbor_writer *writer, int32_t key, uint64_t count)
{
    tps_cbor_put_int(writer, key);
    tps_cbor_put_array(writer, count);
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
