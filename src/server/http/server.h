/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file server.h
 * An HTTP/1.1 server on libevent: connections, deadlines, answers. What a request means is the business of
 * the operations it is given; route.h has a table of routes for them, reader.h reads the bytes.
 *
 * Nothing a client does holds more than one connection's memory for longer than the deadlines: they are
 * totals, counted from a request's first byte, and no further byte extends them. Requests of one connection
 * are handled one after another, so pipelined ones are answered in order; while one is handled, no more than
 * 64 KiB of what follows is read.
 *
 * One server belongs to one event base and is used from that base's thread only; a process may run several.
 */
#ifndef TPS_SERVER_HTTP_SERVER_H
#define TPS_SERVER_HTTP_SERVER_H

#include "server/http/reader.h"
#include "tps/status.h"

struct event_base;

typedef struct tps_http_server tps_http_server;

/** One request and the answer that is due to it. Lives until it is answered. */
typedef struct tps_http_exchange tps_http_exchange;

/** How the server behaves. All times in milliseconds, all above 0. */
typedef struct {
    const char *address;    /**< "127.0.0.1:8080" or "[::1]:8080"; port 0 lets the system choose */
    tps_http_limits limits; /**< of a request's head */
    size_t connections_max; /**< when all are taken, the longest idle one makes room, else the new one gets
                               503 */
    size_t body_memory_max; /**< bytes of all bodies together; beyond it 503 for those over 16 KiB */
    uint32_t header_timeout_ms;  /**< from a request's first byte to its empty line; then 408 */
    uint32_t request_timeout_ms; /**< from a request's first byte to its body's last; then 408 */
    uint32_t idle_timeout_ms;  /**< from connecting, or from an answer, to the next first byte; then closed */
    uint32_t write_timeout_ms; /**< until an answer is taken; then closed */
    uint32_t grace_ms;         /**< on stopping: how long what is under way may take */
} tps_http_server_options;

/** Sensible values for a public server: 16 KiB heads, 10,000 connections, 256 MiB of bodies, 10 s, 30 s, 60
 * s, 30 s, 10 s. */
tps_http_server_options tps_http_server_defaults(void);

/** What the server asks of its user. */
typedef struct {
    void *context;
    /** The largest body, in bytes, that this request may bring. Asked when the head is read, before the body
     * is. */
    uint64_t (*body_max)(void *context, const tps_http_request *request);
    /**
     * The request is complete: answer it with tps_http_answer(), now or later, exactly once. The request and
     * the body stay valid until then.
     */
    void (*handle)(void *context, tps_http_exchange *exchange);
} tps_http_server_ops;

/** A header field of an answer. Values with control characters are left out of the answer. */
typedef struct {
    const char *name;
    const char *value;
} tps_http_answer_field;

/** An answer. Content-Length, Date and Connection are written by the server. */
typedef struct {
    unsigned status;
    const char *type; /**< Content-Type; NULL when there is no body */
    tps_span body;    /**< copied; not sent to HEAD */
    const tps_http_answer_field *fields;
    size_t field_count;
    bool close; /**< close the connection afterwards */
} tps_http_answer_message;

/**
 * @brief Listen, and serve as soon as the base's loop runs.
 * @retval TPS_BAD_ARGUMENT  The address is not IP:port.
 * @retval TPS_IO            It cannot be listened on: taken, or not this machine's. errno says which.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_http_server_open(struct event_base *base, const tps_http_server_options *options,
                                             const tps_http_server_ops *ops, tps_http_server **server);

/** The address that is listened on, such as "127.0.0.1:41234", with the port the system chose. */
const char *tps_http_server_address(const tps_http_server *server);

/** The number of open connections. */
size_t tps_http_server_connections(const tps_http_server *server);

/**
 * Stop gracefully: listen no more, close idle connections, finish what is under way, then call `stopped`
 * (once, from the loop). What takes longer than grace_ms is cut off.
 */
void tps_http_server_stop(tps_http_server *server, void (*stopped)(void *context), void *context);

/** Closes everything at once and frees the server. Exchanges that are unanswered must still be answered (to
 * nobody). */
void tps_http_server_free(tps_http_server *server);

/** The request's head, valid until the exchange is answered. */
const tps_http_request *tps_http_exchange_request(const tps_http_exchange *exchange);

/** The request's body, valid until the exchange is answered. */
tps_span tps_http_exchange_body(const tps_http_exchange *exchange);

/** Answers, and ends the exchange: do not touch it afterwards. If the client has gone, nothing is sent. */
void tps_http_answer(tps_http_exchange *exchange, const tps_http_answer_message *message);

/**
 * Answers with a problem (RFC 9457): application/problem+json with title (the status's name), status, detail
 * (the cause) and next_step, which says what the client can do.
 */
void tps_http_answer_problem(tps_http_exchange *exchange, unsigned status, const char *cause,
                             const char *next_step, const tps_http_answer_field *fields, size_t field_count);

/** The usual words for a status code, such as "Not Found". */
const char *tps_http_status_text(unsigned status);

#endif
