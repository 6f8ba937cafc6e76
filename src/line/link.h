/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file link.h
 * One message after the other, each exactly once and in order, over a line that flips, loses and adds bytes
 * (spec/serial-line.md, "The link"): numbers, acknowledgements and repetition, one message under way in each
 * direction; and sessions, by which each end notices that the other began anew. What the messages mean is
 * line.c's.
 *
 * Both ends are alike. Portable, no heap; the caller brings bytes, time, and room for them.
 */
#ifndef TPS_LINE_LINK_H
#define TPS_LINE_LINK_H

#include "line/frame.h"

/** How long an acknowledgement is waited for before the first repetition, in ms; each doubles it, up to eight
 * times. */
#ifndef TPS_LINE_REPEAT_MS
#define TPS_LINE_REPEAT_MS 200u
#endif

/** How often an end says hello that knows nobody, in ms. */
#ifndef TPS_LINE_HELLO_MS
#define TPS_LINE_HELLO_MS 500u
#endif

/** After how much silence of its own an end says that it lives, in ms; 0: it does not. */
#ifndef TPS_LINE_ALIVE_MS
#define TPS_LINE_ALIVE_MS 1000u
#endif

/** After how much silence of the other end the line counts as cut, in ms. */
#ifndef TPS_LINE_SILENCE_MS
#define TPS_LINE_SILENCE_MS 5000u
#endif

/** What a byte from the line brought. */
enum {
    TPS_LINE_LINK_NOTHING = 0,
    TPS_LINE_LINK_MESSAGE = 1, /**< the next message; tps_line_link_accept() says that it was taken */
    TPS_LINE_LINK_ANEW = 2     /**< the other end is another than before: what was under way is lost */
};

/** A link. The caller reserves it; its members are the link's own. */
typedef struct {
    uint32_t mine; /**< this end's session */
    uint32_t peer; /**< the other end's; 0: none is known */
    uint32_t now;
    uint32_t said_at;     /**< when this end last sent something */
    uint32_t heard_at;    /**< when the other end was last heard */
    uint32_t repeat_at;   /**< when the message under way is to be repeated, unless acknowledged */
    uint32_t repeat_ms;   /**< for how long is waited after the next sending */
    uint32_t repeated;    /**< messages that were repeated; goes around */
    uint16_t flight_size; /**< of the frame under way; 0: there is none */
    uint16_t out_at;      /**< bytes given out of the frame that is going out */
    uint16_t out_size;    /**< 0: nothing is going out */
    uint8_t sequence;     /**< of the message under way, or the next */
    uint8_t next;         /**< of the message that is expected */
    uint8_t limit;        /**< largest payload that the other end takes */
    bool is_known;        /**< the other end knows this session */
    bool is_flight_out;   /**< what is going out is the message under way */
    bool is_repeat_due, is_hello_due, is_ack_due;
    tps_line_frame_reader reader;
    uint8_t flight[TPS_LINE_FRAME_WIRE_MAX];
    uint8_t brief[TPS_LINE_FRAME_BEFORE + TPS_LINE_FRAME_HEADER + 1 + TPS_LINE_FRAME_CRC + 1];
} tps_line_link;

/** @param session  Not 0, and another at each start. */
void tps_line_link_init(tps_line_link *link, uint32_t session, uint32_t now_ms);

/**
 * Take one byte from the line.
 * @param[out] message  For TPS_LINE_LINK_MESSAGE: channel and message. @param[out] payload  Until the next
 * byte.
 * @return TPS_LINE_LINK_NOTHING, ...
 */
uint32_t tps_line_link_receive(tps_line_link *link, uint8_t byte, uint8_t *message, tps_span *payload);

/** The message was taken: it is acknowledged, and does not come again. One that is not accepted is repeated.
 */
void tps_line_link_accept(tps_line_link *link);

/** True when a message can be put: both ends know each other, and none is under way. */
bool tps_line_link_is_free(const tps_line_link *link);

/** Room for the payload of the next message, while tps_line_link_is_free(): tps_line_link_room() bytes. */
uint8_t *tps_line_link_payload(tps_line_link *link);

/** The largest payload that both ends take. */
size_t tps_line_link_room(const tps_line_link *link);

/** Send what was written to tps_line_link_payload(). */
void tps_line_link_put(tps_line_link *link, uint8_t message, size_t payload_size);

/**
 * Bytes for the line, of one frame at most.
 * @return how many; 0: there is nothing to be sent.
 */
size_t tps_line_link_transmit(tps_line_link *link, uint8_t *bytes, size_t room);

/** It is `now_ms`. @return ms until this is to be called again, unless something comes before. */
uint32_t tps_line_link_tick(tps_line_link *link, uint32_t now_ms);

/** True when both ends know each other, and the other one was heard of late (TPS_LINE_SILENCE_MS). */
bool tps_line_link_is_up(const tps_line_link *link);

#endif
