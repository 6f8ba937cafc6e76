/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file server.h
 * An HTTP/1.1 server on libevent, plain or over TLS 1.3 (tls.h): connections, deadlines, answers. What a
 * request means is the business of the operations it is given; route.h has a table of routes for them,
 * conditional.h reads entity tags, reader.h reads the bytes.
 *
 * Nothing a client does holds more than one connection's memory for longer than the deadlines: they are
 * totals, counted from a request's first byte (or TLS's), and no further byte extends them. Requests of one
 * connection are handled one after another, so pipelined ones are answered in order; while one is handled, no
 * more than 64 KiB of what follows is read. An idle connection keeps no buffers: about 350 bytes, and over
 * TLS what OpenSSL needs.
 *
 * One server belongs to one event base and is used from that base's thread only; a process may run several.
 */
#ifndef TPS_SERVER_HTTP_SERVER_H
#define TPS_SERVER_HTTP_SERVER_H

#include "server/http/reader.h"
#include "server/http/tls.h"
#include "tps/status.h"

struct event_base;

typedef struct tps_http_server tps_http_server;

/** One request and the answer that is due to it. Lives until it is answered. */
typedef struct tps_http_exchange tps_http_exchange;

/** How the server behaves. All times in milliseconds, all above 0. */
typedef struct {
    const char *address; /**< "127.0.0.1:8080" or "[::1]:8080"; port 0 lets the system choose */
    bool shared_port;    /**< several processes of one user listen there, and the system chooses among them */
    tps_http_tls *tls;   /**< NULL: plain HTTP. Stays the caller's, and must live longer than the server */
    tps_http_limits limits; /**< of a request's head */
    /**
     * When all are taken, the one that is idle for the longest makes room; if none is, the one that is busy
     * sending a request for the longest, and for more than a second; if none is, the new one is turned away
     * (503; over TLS just closed).
     */
    size_t connections_max;
    size_t body_memory_max;      /**< bytes of all bodies together; beyond it 503 for those over 16 KiB */
    uint32_t header_timeout_ms;  /**< from a request's first byte to its empty line; then 408. And for TLS's
                                    handshake, from connecting; then closed */
    uint32_t request_timeout_ms; /**< from a request's first byte to its body's last; then 408 */
    uint32_t idle_timeout_ms;  /**< from connecting, or from an answer, to the next first byte; then closed */
    uint32_t write_timeout_ms; /**< until an answer is taken; then closed */
    uint32_t grace_ms;         /**< on stopping: how long what is under way may take */
} tps_http_server_options;

/** Sensible values for a public server: 16 KiB heads, 10,000 connections, 256 MiB of bodies, 10 s, 30 s, 60
 * s, 30 s, 10 s. */
tps_http_server_options tps_http_server_defaults(void);

/** What became of a request: for an access log, and for metrics. */
typedef struct {
    tps_http_exchange *exchange;     /**< for tps_http_exchange_context(), _peer_address() and the like */
    const tps_http_request *request; /**< NULL when its head could not be read */
    unsigned status;                 /**< as answered */
    uint64_t bytes_in;               /**< of its body */
    uint64_t bytes_out;              /**< head and body; 0 when the client had gone */
    uint64_t microseconds;           /**< from the request's first byte to its answer */
} tps_http_finished;

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
    /**
     * A request was answered, by the user or (what cannot be read: 400, 408, 413, 431 ...) by the server.
     * Called once for each, from tps_http_answer() or the loop; what `finished` points to is good until it
     * returns. Not called for what is answered after tps_http_server_free(). May be NULL.
     */
    void (*finished)(void *context, const tps_http_finished *finished);
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
    tps_span body;    /**< copied unless `release` is set; not sent to HEAD */
    const tps_http_answer_field *fields;
    size_t field_count;
    bool close; /**< close the connection afterwards */
    /**
     * For large bodies: the body is not copied, and this is called exactly once when it is not needed any
     * more, maybe before tps_http_answer() returns, at the latest when the connection ends. NULL: it is
     * copied.
     */
    void (*release)(void *context);
    void *release_context;
} tps_http_answer_message;

/** What was counted since the server was opened, but for `connections`, which is now. */
typedef struct {
    uint64_t connections;  /**< open now */
    uint64_t idle;         /**< of these, those that wait for a request */
    uint64_t accepted;     /**< connections that were taken */
    uint64_t refused;      /**< connections that were turned away, since there was no room */
    uint64_t evicted;      /**< connections that were closed to make room for a new one */
    uint64_t requests;     /**< answers that were given, refusals included */
    uint64_t timeouts;     /**< requests, handshakes and answers that took longer than their deadline */
    uint64_t bytes_in;     /**< of HTTP, without TLS's own */
    uint64_t bytes_out;    /**< of HTTP, without TLS's own */
    uint64_t tls_accepted; /**< handshakes that succeeded */
    uint64_t tls_failed;   /**< handshakes that failed or were cut off */
} tps_http_counters;

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

/** The server's counters, as they are now. From the loop's thread, as all of this. */
tps_http_counters tps_http_server_counters(const tps_http_server *server);

/**
 * Reads the files of certificate, key and client CA again: see tps_http_tls_reload(). Nothing to do, and
 * TPS_OK, without TLS.
 */
TPS_MUST_USE tps_status tps_http_server_reload_tls(tps_http_server *server, char *why, size_t why_size);

/** When the certificate expires, in seconds since 1970; 0 without TLS. */
int64_t tps_http_server_certificate_expires(const tps_http_server *server);

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

/** Room for an IP address as text. */
#define TPS_HTTP_PEER_ADDRESS_MAX 46u

/**
 * The peer's IP address as text, without the port: "192.0.2.7", "2001:db8::1"; an IPv4 address that came over
 * IPv6 as IPv4's. Behind a proxy this is the proxy's. Good as long as the exchange is.
 *
 * @return `out`.
 */
const char *tps_http_exchange_peer_address(const tps_http_exchange *exchange,
                                           char out[TPS_HTTP_PEER_ADDRESS_MAX]);

/**
 * The certificate (DER) that the client has shown in TLS's handshake, verified against the client CA of
 * tps_http_tls_options; empty when it has shown none. Whom it stands for is the user's to find out. Valid
 * until the exchange is answered.
 */
tps_span tps_http_exchange_peer_certificate(const tps_http_exchange *exchange);

/**
 * Something of the user's that goes along with an exchange from `handle` to `finished`, NULL at first. The
 * server does nothing with it.
 */
void tps_http_exchange_set_context(tps_http_exchange *exchange, void *context);
void *tps_http_exchange_context(const tps_http_exchange *exchange);

/** One more field of the answer, whoever gives it. Must live until the exchange has ended; NULL: none. */
void tps_http_exchange_set_field(tps_http_exchange *exchange, const tps_http_answer_field *field);

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
