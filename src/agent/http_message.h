/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http_message.h
 * A strict reader of HTTP/1.1 answers (RFC 9112) for the agent of a chip: bytes in, in pieces of any size;
 * one answer's code, the few fields that the agent acts on, and its body out. No I/O, no memory but the
 * caller's.
 *
 * What two readers could understand differently is refused: both framings, a field of these twice, lists and
 * signs in lengths, transfer codings other than one "chunked", content codings, folded lines, bare line feeds
 * and carriage returns, control characters, white space before a colon. So is an answer without a length,
 * whose end could not be told from a connection that broke, but for 204 and 304, which have no body.
 * Extensions of chunks and trailers are checked and dropped, as RFC 9112, 7.1.1 asks.
 *
 * Interim answers (1xx) are passed over, a few of them; 101 is refused.
 */
#ifndef TPS_AGENT_HTTP_MESSAGE_H
#define TPS_AGENT_HTTP_MESSAGE_H

#include "tps/span.h"
#include "tps/status.h"

/** Bytes of a head at most, from the status line to the empty line; of trailers, too. */
#define TPS_AGENT_HEAD_MAX 8192u
/** Fields of a head, or of trailers, at most. */
#define TPS_AGENT_FIELDS_MAX 64u
/** Bytes of a line that are kept. Lines of fields that mean nothing here may be longer; others may not. */
#define TPS_AGENT_LINE_MAX 288u
/** Bytes of the field Location, at most. */
#define TPS_AGENT_LOCATION_MAX 256u
/** Bytes of a body at most, kept or not. */
#define TPS_AGENT_BODY_MAX 65536u
/** Interim answers before the final one, at most. */
#define TPS_AGENT_INTERIM_MAX 4u

/** An answer that is being read. Private above the line; valid below it once `is_complete`. */
typedef struct {
    uint32_t state;
    uint32_t head_size;
    uint32_t fields;
    uint32_t interim;
    uint32_t seen; /* fields that may stand once */
    uint32_t left; /* bytes of the body, or of the chunk */
    bool is_chunked;
    bool is_cr;
    uint32_t line_size; /* of the line, also where it is longer than what is kept */
    uint8_t line[TPS_AGENT_LINE_MAX];

    /* ---- */
    tps_status status;  /**< TPS_OK, or TPS_DEVICE_BAD_ANSWER or TPS_TOO_LARGE: nothing more is read */
    const char *fault;  /**< what is wrong, for people: static text; NULL if nothing is */
    bool is_complete;   /**< all of it has come */
    bool is_kept_open;  /**< the stream can carry another request */
    uint32_t code;      /**< 200 to 599 */
    uint32_t wait;      /**< Retry-After in seconds, at most 3600; 0 if it is not there or a date */
    tps_buf room;       /**< the caller's, for the body */
    uint32_t body_size; /**< of the body; more than room.size if it did not fit: then its front is there */
    uint32_t location_size;
    char location[TPS_AGENT_LOCATION_MAX]; /**< without a final zero; printable ASCII without spaces */
} tps_agent_answer;

/**
 * Begins an answer.
 * @param room  For the body. What does not fit is counted and dropped.
 */
void tps_agent_answer_begin(tps_agent_answer *answer, tps_buf room);

/**
 * @brief Read what came.
 *
 * @return How many of `bytes` belong to this answer: all of them, unless `answer->is_complete` or
 * `answer->status` is not TPS_OK afterwards. A refused answer stays refused; nothing behind it can be told
 * apart.
 *
 * Each byte is looked at once. Stack: about 100 bytes.
 */
size_t tps_agent_answer_take(tps_agent_answer *answer, tps_span bytes);

#endif
