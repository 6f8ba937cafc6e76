/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file frame.h
 * Frames of the serial line (spec/serial-line.md, "Frames"): a body of at most 253 bytes and its CRC-32,
 * stuffed by COBS between bytes of zero, so that whoever listens finds the next frame after any noise.
 * Portable, no heap, no state but the caller's.
 */
#ifndef TPS_LINE_FRAME_H
#define TPS_LINE_FRAME_H

#include "tps/span.h"

/** Largest payload that this build takes and makes, in bytes: 130 to 237. A chip may set less, to save
 * memory. */
#ifndef TPS_LINE_PAYLOAD_MAX
#define TPS_LINE_PAYLOAD_MAX 237u
#endif

/** Every end takes at least this much: a command's or answer's longest text, with what stands before it. */
#define TPS_LINE_PAYLOAD_MIN 130u

#define TPS_LINE_FRAME_HEADER   12u
#define TPS_LINE_FRAME_CRC      4u
#define TPS_LINE_FRAME_BODY_MAX (TPS_LINE_FRAME_HEADER + TPS_LINE_PAYLOAD_MAX + TPS_LINE_FRAME_CRC)

/** Bytes around a body on the line: a delimiter, the first code, and a delimiter behind. */
#define TPS_LINE_FRAME_BEFORE   2u
#define TPS_LINE_FRAME_WIRE_MAX (TPS_LINE_FRAME_BEFORE + TPS_LINE_FRAME_BODY_MAX + 1u)

/** The version that byte 0 of a frame has in its upper half. */
#define TPS_LINE_FRAME_VERSION 1u

/** Kinds of frames: the lower half of byte 0. */
enum { TPS_LINE_FRAME_HELLO = 1, TPS_LINE_FRAME_ACK = 2, TPS_LINE_FRAME_DATA = 3 };

/** What every frame says before its payload. */
typedef struct {
    uint32_t kind;    /**< TPS_LINE_FRAME_HELLO, ... */
    uint8_t sequence; /**< DATA: its number; else 0 */
    uint8_t next;     /**< number of the DATA that the sender expects next: all before it have arrived */
    uint8_t message;  /**< DATA: channel and message; else 0 */
    uint32_t from;    /**< the sender's session; never 0 */
    uint32_t to;      /**< the receiver's session as the sender knows it; 0: not known */
} tps_line_frame_header;

/** Finds frames in bytes. Begin with all zero. */
typedef struct {
    uint8_t body[TPS_LINE_FRAME_BODY_MAX];
    uint16_t size;    /**< bytes in body */
    uint8_t left;     /**< bytes until the next code */
    bool has_begun;   /**< a first code was seen */
    bool is_zero_due; /**< a zero stands before the next code's bytes */
    bool is_bad;      /**< of no use up to the next delimiter */
    uint32_t garbled; /**< frames that were thrown away; goes around */
} tps_line_frame_reader;

/** CRC-32 as of ISO-HDLC, Ethernet and zlib: polynomial 0x04c11db7 reflected, begins and ends inverted. */
uint32_t tps_line_frame_crc(tps_span bytes);

/**
 * Take one byte from the line.
 * @param[out] header   Set when true is returned.
 * @param[out] payload  Set when true is returned: into the reader; stays until the next byte is taken.
 * @return true when this byte ended a frame that is whole, of our version and of a known kind, and whose
 * sender has a session. All else is dropped, and counted in `garbled`.
 */
bool tps_line_frame_read(tps_line_frame_reader *reader, uint8_t byte, tps_line_frame_header *header,
                         tps_span *payload);

/** Where a payload is to be put into `wire` before tps_line_frame_write(). */
static inline uint8_t *tps_line_frame_payload(uint8_t *wire)
{
    return wire + TPS_LINE_FRAME_BEFORE + TPS_LINE_FRAME_HEADER;
}

/**
 * Make a frame of the payload that lies at tps_line_frame_payload(wire): adds header and CRC, and stuffs it
 * in place.
 * @param wire          Room of at least `payload_size` + 19 bytes.
 * @param payload_size  At most TPS_LINE_PAYLOAD_MAX.
 * @return bytes to send.
 */
size_t tps_line_frame_write(uint8_t *wire, const tps_line_frame_header *header, size_t payload_size);

/** A number of two bytes, most significant first. */
static inline uint16_t tps_line_frame_get16(const uint8_t *bytes)
{
    return (uint16_t)((bytes[0] << 8) | bytes[1]);
}

static inline void tps_line_frame_put16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

#endif
