/* SPDX-License-Identifier: Apache-2.0 */
/* DER written from its end to its start. */
#include "format/der/writer.h"

/* The writer stays at the first of these once it has passed the second. */
#define SIZE_TOO_LARGE SIZE_MAX
#define SIZE_LIMIT     0x7fffffffu

der_writer der_writer_init(tps_buf buffer)
{
    return (der_writer){buffer.data, buffer.data == NULL ? 0 : buffer.size, 0};
}

void der_put_raw(der_writer *writer, tps_span encoded)
{
    if (encoded.size > SIZE_LIMIT || writer->size > SIZE_LIMIT - encoded.size) {
        writer->size = SIZE_TOO_LARGE;
        return;
    }
    writer->size += encoded.size;
    if (encoded.size > 0 && writer->size <= writer->capacity) {
        memcpy(writer->data + (writer->capacity - writer->size), encoded.data, encoded.size);
    }
}

static void put_byte(der_writer *writer, uint8_t byte)
{
    der_put_raw(writer, tps_span_make(&byte, 1));
}

void der_close(der_writer *writer, uint8_t tag, size_t mark)
{
    size_t length = writer->size - mark;
    uint8_t count = 0;

    if (length < 0x80) {
        put_byte(writer, (uint8_t)length);
    } else {
        for (; length > 0; length >>= 8, count++) {
            put_byte(writer, (uint8_t)length);
        }
        put_byte(writer, (uint8_t)(0x80 | count));
    }
    put_byte(writer, tag);
}

void der_put(der_writer *writer, uint8_t tag, tps_span content)
{
    size_t mark = writer->size;

    der_put_raw(writer, content);
    der_close(writer, tag, mark);
}

void der_put_uint(der_writer *writer, uint8_t tag, uint64_t value)
{
    size_t mark = writer->size;
    uint8_t last;

    do {
        last = (uint8_t)value;
        put_byte(writer, last);
        value >>= 8;
    } while (value > 0);
    if (last >= 0x80) {
        put_byte(writer, 0); /* or it would be negative */
    }
    der_close(writer, tag, mark);
}

void der_put_named_bits(der_writer *writer, uint8_t tag, uint32_t bits)
{
    uint8_t bytes[5] = {0};
    size_t size = 1;

    for (unsigned i = 0; i < 32; i++) {
        if ((bits >> i & 1u) != 0) {
            bytes[1 + i / 8] |= (uint8_t)(0x80u >> i % 8);
            size = 2 + i / 8;
            bytes[0] = (uint8_t)(7 - i % 8);
        }
    }
    der_put(writer, tag, tps_span_make(bytes, size));
}

tps_status der_writer_finish(const der_writer *writer, tps_span *encoded)
{
    *encoded = tps_span_make(NULL, writer->size);
    if (writer->size > SIZE_LIMIT) {
        encoded->size = 0;
        return TPS_TOO_LARGE;
    }
    if (writer->data == NULL) {
        return TPS_OK;
    }
    if (writer->size > writer->capacity) {
        return TPS_BUFFER_TOO_SMALL;
    }
    memmove(writer->data, writer->data + (writer->capacity - writer->size), writer->size);
    encoded->data = writer->data;
    return TPS_OK;
}
