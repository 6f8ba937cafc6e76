/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the serial line: CRC-32 and COBS, a byte at a time on the way in, in place on the way out. */
#include "line/frame.h"

#include <assert.h>

/* A body of at most 253 bytes never needs the code 0xff, which stands for 254 bytes without a zero behind
 * them. */
static_assert(TPS_LINE_FRAME_BODY_MAX <= 253, "TPS_LINE_PAYLOAD_MAX is at most 237");
static_assert(TPS_LINE_PAYLOAD_MAX >= TPS_LINE_PAYLOAD_MIN, "TPS_LINE_PAYLOAD_MAX is at least 130");

enum { DELIMITER = 0 };

uint32_t tps_line_frame_crc(tps_span bytes)
{
    /* The CRC of each half byte: 64 bytes of table, two steps for each byte. */
    static const uint32_t halves[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.data[i];
        crc = (crc >> 4) ^ halves[crc & 15];
        crc = (crc >> 4) ^ halves[crc & 15];
    }
    return ~crc;
}

static uint32_t get32(const uint8_t *bytes)
{
    return ((uint32_t)tps_line_frame_get16(bytes) << 16) | tps_line_frame_get16(bytes + 2);
}

static void put32(uint8_t *bytes, uint32_t value)
{
    tps_line_frame_put16(bytes, (uint16_t)(value >> 16));
    tps_line_frame_put16(bytes + 2, (uint16_t)value);
}

/* ---- in ---- */

static void keep(tps_line_frame_reader *reader, uint8_t byte)
{
    if (reader->size == sizeof(reader->body)) {
        reader->is_bad = true;
        return;
    }
    reader->body[reader->size++] = byte;
}

static void begin_block(tps_line_frame_reader *reader, uint8_t code)
{
    if (reader->is_zero_due) {
        keep(reader, 0);
    }
    reader->has_begun = true;
    reader->is_zero_due = true;
    reader->left = (uint8_t)(code - 1);
}

static bool parse(const tps_line_frame_reader *reader, tps_line_frame_header *header, tps_span *payload)
{
    const uint8_t *body = reader->body;
    tps_line_frame_header found;
    size_t size;

    if (reader->is_bad || reader->left > 0 || reader->size < TPS_LINE_FRAME_HEADER + TPS_LINE_FRAME_CRC) {
        return false;
    }
    size = reader->size - TPS_LINE_FRAME_CRC;
    found = (tps_line_frame_header){.kind = body[0] & 15,
                                    .sequence = body[1],
                                    .next = body[2],
                                    .message = body[3],
                                    .from = get32(body + 4),
                                    .to = get32(body + 8)};
    if (get32(body + size) != tps_line_frame_crc(tps_span_make(body, size)) ||
        body[0] >> 4 != TPS_LINE_FRAME_VERSION || found.kind < TPS_LINE_FRAME_HELLO ||
        found.kind > TPS_LINE_FRAME_DATA || found.from == 0) {
        return false;
    }
    *header = found;
    *payload = tps_span_make(body + TPS_LINE_FRAME_HEADER, size - TPS_LINE_FRAME_HEADER);
    return true;
}

static void start_over(tps_line_frame_reader *reader)
{
    reader->size = 0;
    reader->left = 0;
    reader->has_begun = false;
    reader->is_zero_due = false;
    reader->is_bad = false;
}

bool tps_line_frame_read(tps_line_frame_reader *reader, uint8_t byte, tps_line_frame_header *header,
                         tps_span *payload)
{
    bool is_good = false;

    if (byte == DELIMITER) {
        if (reader->has_begun || reader->is_bad) { /* two delimiters in a row are no frame, and no fault */
            is_good = parse(reader, header, payload);
            reader->garbled += is_good ? 0 : 1;
        }
        start_over(reader);
    } else if (!reader->is_bad && reader->left > 0) {
        reader->left--;
        keep(reader, byte);
    } else if (!reader->is_bad) {
        begin_block(reader, byte);
    }
    return is_good;
}

/* ---- out ---- */

/** Each zero, and the byte before the first, becomes the distance to the next zero; the end counts as one. */
static void stuff(uint8_t *first, size_t size)
{
    uint8_t *code = first;

    for (size_t i = 1; i <= size; i++) {
        if (first[i] == 0) {
            *code = (uint8_t)(first + i - code);
            code = first + i;
        }
    }
    *code = (uint8_t)(first + size + 1 - code);
}

size_t tps_line_frame_write(uint8_t *wire, const tps_line_frame_header *header, size_t payload_size)
{
    uint8_t *body = wire + TPS_LINE_FRAME_BEFORE;
    size_t size = TPS_LINE_FRAME_HEADER + payload_size;

    body[0] = (uint8_t)(TPS_LINE_FRAME_VERSION << 4 | header->kind);
    body[1] = header->sequence;
    body[2] = header->next;
    body[3] = header->message;
    put32(body + 4, header->from);
    put32(body + 8, header->to);
    put32(body + size, tps_line_frame_crc(tps_span_make(body, size)));
    size += TPS_LINE_FRAME_CRC;

    stuff(wire + 1, size);
    wire[0] = DELIMITER;
    wire[1 + 1 + size] = DELIMITER;
    return TPS_LINE_FRAME_BEFORE + size + 1;
}
