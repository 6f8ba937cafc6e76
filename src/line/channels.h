/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stream.c and line.c share: the numbers of messages (spec/serial-line.md, "Channels"), rings of bytes,
 * and the stream's part of receiving and sending.
 */
#ifndef TPS_LINE_CHANNELS_H
#define TPS_LINE_CHANNELS_H

#include "line/line.h"

/** Channel in the upper half, message in the lower. */
enum {
    MESSAGE_DIAL = 0x10,    /**< chip: number, window (2) */
    MESSAGE_DIALLED = 0x11, /**< host: number, window (2), flags, size of host, host, path */
    MESSAGE_BYTES = 0x12,   /**< number, bytes */
    MESSAGE_CREDIT = 0x13,  /**< number, bytes more (2) */
    MESSAGE_FINISH = 0x14,  /**< number */
    MESSAGE_RESET = 0x15,   /**< number, reason */
    MESSAGE_COMMAND = 0x20, /**< host: number, text */
    MESSAGE_ANSWER = 0x21,  /**< chip: number, result, text */
    MESSAGE_LOG = 0x30      /**< chip: lines lost, text */
};

/** Bytes of MESSAGE_DIALLED before the address; and a bit of its flags: TLS is spoken from the bridge on. */
enum { DIALLED_HEAD = 5, DIALLED_IS_HTTPS = 1 };

/** memcpy() that takes an empty span. */
static inline void copy_to(uint8_t *to, tps_span from)
{
    if (from.size > 0) {
        memcpy(to, from.data, from.size);
    }
}

/* ---- rings ---- */

static inline uint16_t ring_room(const tps_line_ring *ring, size_t capacity)
{
    return (uint16_t)(capacity - ring->used);
}

/** Adds bytes, for which there is room. */
static inline void ring_put(tps_line_ring *ring, uint8_t *bytes, size_t capacity, tps_span added)
{
    size_t at = (ring->first + (size_t)ring->used) % capacity;
    size_t until_end = capacity - at < added.size ? capacity - at : added.size;

    if (added.size == 0) {
        return;
    }
    memcpy(bytes + at, added.data, until_end);
    memcpy(bytes, added.data + until_end, added.size - until_end);
    ring->used = (uint16_t)(ring->used + added.size);
}

/** Takes the first bytes, `size` at most. @return how many. */
static inline size_t ring_take(tps_line_ring *ring, const uint8_t *bytes, size_t capacity, uint8_t *to,
                               size_t size)
{
    size_t taken = ring->used < size ? ring->used : size;
    size_t until_end = capacity - ring->first < taken ? capacity - ring->first : taken;

    if (taken == 0) {
        return 0;
    }
    memcpy(to, bytes + ring->first, until_end);
    memcpy(to + until_end, bytes, taken - until_end);
    ring->first = (uint16_t)((ring->first + taken) % capacity);
    ring->used = (uint16_t)(ring->used - taken);
    return taken;
}

/* ---- the stream's part ---- */

/** A message of channel 1 came. What is none, or of another stream, is dropped; what breaks the rules ends
 * the stream. */
void line_stream_take(tps_line *line, uint8_t message, tps_span payload);

/** Writes the stream's next message into the link, bytes excepted. @return false: there is none. */
bool line_stream_put_control(tps_line *line);

/** The same for bytes, and what ends them. */
bool line_stream_put_bytes(tps_line *line);

/** Another end came. */
void line_stream_anew(tps_line *line);

#endif
