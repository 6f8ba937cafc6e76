/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file reader.h
 * A strict reader of HTTP/1.1 requests (RFC 9112): bytes in, one request's head and body out. It does no I/O
 * and takes no memory of its own. What two readers could understand differently is refused, so that nobody
 * can smuggle a request past a proxy in front of us: both framings at once, repeated framing fields, numbers
 * with signs or spaces, folded lines, bare line feeds, NUL and other control characters, white space before a
 * colon.
 *
 * Use: tps_http_reader_init(); tps_http_reader_head() with everything received so far until it is ready;
 * drop `head_size` bytes; tps_http_reader_body() until it is ready; tps_http_reader_init() for the next
 * request.
 */
#ifndef TPS_SERVER_HTTP_READER_H
#define TPS_SERVER_HTTP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tps/span.h"

/** As many header fields as a request can have; the caller may allow fewer. */
#define TPS_HTTP_FIELDS_MAX 64u

/** How far the reading got. */
typedef enum {
    TPS_HTTP_MORE,   /**< all that was given is fine so far, and more is needed */
    TPS_HTTP_READY,  /**< the head, or the body, is complete */
    TPS_HTTP_REFUSED /**< see the reader's `refusal`; answer it and close: what follows cannot be told apart
                      */
} tps_http_step;

/** What the caller is willing to read. All in bytes, but for `fields`. */
typedef struct {
    size_t target; /**< longest request target; beyond it 414 */
    size_t head;   /**< request line and fields together, trailers likewise; beyond it 431. At most 65,535. */
    size_t fields; /**< number of header fields; beyond it 431. At most TPS_HTTP_FIELDS_MAX. */
} tps_http_limits;

/** Why a request was refused: the status to answer, the cause, and what the sender can do. Static texts. */
typedef struct {
    unsigned status; /**< 400, 411, 413, 414, 417, 431, 501 or 505 */
    const char *cause;
    const char *next_step;
} tps_http_refusal;

/** The methods that are understood; any other is refused with 501. */
typedef enum {
    TPS_HTTP_GET,
    TPS_HTTP_HEAD,
    TPS_HTTP_POST,
    TPS_HTTP_PUT,
    TPS_HTTP_DELETE,
    TPS_HTTP_PATCH,
    TPS_HTTP_OPTIONS
} tps_http_method;

/** One header field; the value without the white space around it. */
typedef struct {
    tps_span name;
    tps_span value;
} tps_http_field;

/** A request's head. All spans point into the bytes that were given last. */
typedef struct {
    tps_http_method method;
    unsigned minor; /**< HTTP/1.`minor`: 0 or 1 */
    tps_span path;  /**< "/..." as sent (percent-encoding checked, not decoded); "*" for OPTIONS * */
    tps_span query; /**< what follows the question mark, or empty */
    tps_span host; /**< of the target when that is absolute, else of the Host field; empty only in HTTP/1.0 */
    tps_http_field fields[TPS_HTTP_FIELDS_MAX];
    size_t field_count;
    bool chunked;            /**< the body comes in chunks */
    bool has_length;         /**< a Content-Length was given */
    uint64_t content_length; /**< bytes of the body; 0 when there is none or it is chunked */
    bool keep_alive;         /**< the connection may be used for a further request */
    bool expect_continue;    /**< the client waits for "100 Continue" before it sends the body */
} tps_http_request;

/** Offsets of one field's parts in the head: spans would dangle when the caller's buffer moves between calls.
 */
typedef struct {
    uint16_t name, name_size, value, value_size;
} tps_http_field_offsets;

/** The reader's state, about 600 bytes. The caller's only business is `refusal`. */
typedef struct {
    tps_http_limits limits;
    tps_http_refusal refusal;
    size_t scanned;    /* bytes of the head that were looked at */
    size_t line_start; /* where the line being read begins */
    uint32_t lines;    /* complete lines, the request line included */
    bool skipped_empty_line;
    bool last_was_cr;
    tps_http_method method;
    unsigned minor;
    size_t target, target_size;
    tps_http_field_offsets fields[TPS_HTTP_FIELDS_MAX];
    size_t field_count;
    uint32_t chunk_state;
    bool chunked;
    uint64_t body_max;
    uint64_t body_left; /* of the body, or of the chunk being read */
    uint64_t body_seen;
    size_t framing_seen; /* bytes of the chunk line or of the trailers being read */
    uint32_t chunk_digits;
} tps_http_reader;

/** Makes ready for one request. Cheap; call it again for each further request on a connection. */
void tps_http_reader_init(tps_http_reader *reader, const tps_http_limits *limits);

/**
 * @brief Read a request's head.
 *
 * Give everything that was received from the request's first byte on, every time; only what is new is looked
 * at, and the bytes may have moved meanwhile. Each line is judged as soon as it is complete.
 *
 * @param bytes           All received so far, from the same first byte as in the calls before.
 * @param[out] request    Filled when TPS_HTTP_READY is returned, else untouched. Points into `bytes`.
 * @param[out] head_size  Bytes of the head, the empty line included; set with TPS_HTTP_READY.
 *
 * @return TPS_HTTP_REFUSED with the reader's refusal: 400 malformed or ambiguous, 411 a body is announced by
 * its type but has no length, 414 and 431 over the limits, 417 unknown expectation, 501 unknown method or
 * transfer coding, 505 another version than HTTP/1.0 and 1.1. RFC 9112, sections 2 to 6.
 */
tps_http_step tps_http_reader_head(tps_http_reader *reader, tps_span bytes, tps_http_request *request,
                                   size_t *head_size);

/**
 * @brief Set the largest body that will be read, after the head is ready and before tps_http_reader_body().
 * @return TPS_HTTP_REFUSED with 413 when the Content-Length is already over it, else TPS_HTTP_READY.
 */
tps_http_step tps_http_reader_accept_body(tps_http_reader *reader, const tps_http_request *request,
                                          uint64_t body_max);

/**
 * @brief Read a piece of the body.
 *
 * Call it, even with no bytes, until it says TPS_HTTP_READY or the bytes are used up: one call returns one
 * piece.
 *
 * @param bytes          What was received and not yet consumed.
 * @param[out] piece     Bytes of the body, pointing into `bytes`; may be empty.
 * @param[out] consumed  How many of `bytes` were used; drop them before the next call.
 *
 * @return TPS_HTTP_REFUSED: 400 the chunks are malformed, 413 the body exceeds the limit, 431 the trailers
 * do. Trailers are checked like header fields and dropped. Chunk extensions are checked and ignored. RFC
 * 9112, 7.1.
 */
tps_http_step tps_http_reader_body(tps_http_reader *reader, tps_span bytes, tps_span *piece,
                                   size_t *consumed);

/** The value of the first field of this name (letter case does not matter); NULL when there is none. */
const tps_span *tps_http_request_field(const tps_http_request *request, const char *name);

/** True when both texts are equal but for the case of ASCII letters. */
bool tps_http_text_equal(tps_span a, const char *text);

/** The method's name, such as "GET". */
const char *tps_http_method_name(tps_http_method method);

#endif
