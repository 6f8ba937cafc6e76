/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file transport.h
 * The bytes of one connection: a non-blocking socket, plain or with TLS on it. Nothing here waits, and
 * nothing knows HTTP; who calls is told what to wait for.
 */
#ifndef TPS_SERVER_HTTP_TRANSPORT_H
#define TPS_SERVER_HTTP_TRANSPORT_H

#include "server/http/tls.h"

struct ssl_st;

/** What came of it. */
typedef enum {
    TPS_HTTP_IO_DONE,       /**< bytes were moved, or the handshake is complete */
    TPS_HTTP_IO_WAIT_READ,  /**< not before the socket is readable */
    TPS_HTTP_IO_WAIT_WRITE, /**< not before the socket is writable */
    TPS_HTTP_IO_ENDED,      /**< the peer has shut its sending side */
    TPS_HTTP_IO_FAILED      /**< the connection is of no use any more */
} tps_http_io;

typedef struct {
    int fd;             /**< -1: closed */
    struct ssl_st *tls; /**< NULL: plain */
    bool is_ready;      /**< bytes of HTTP can be moved: plain, or the handshake is complete */
    bool is_broken;     /**< TLS has failed: it may only be closed */
} tps_http_transport;

/**
 * Takes a socket over, which must be non-blocking. With `tls`, tps_http_transport_handshake() comes next.
 * @return false when there is no memory; the socket stays the caller's.
 */
bool tps_http_transport_open(tps_http_transport *t, int fd, tps_http_tls *tls);

/** Goes on with TLS's handshake. Never ENDED. */
tps_http_io tps_http_transport_handshake(tps_http_transport *t);

/**
 * @brief The peer's certificate (DER), after the handshake.
 * @param[out] size  Its bytes; 0 when it has shown none.
 * @return Memory for free(), or NULL when there is none to return; with a `size` above 0, when there is no
 * memory.
 */
uint8_t *tps_http_transport_peer_certificate(const tps_http_transport *t, size_t *size);

/** Receives at most `size` bytes, at least one when DONE. */
tps_http_io tps_http_transport_receive(tps_http_transport *t, void *room, size_t size, size_t *got);

/** True when something was received that tps_http_transport_receive() has not given out: do not wait for the
 * socket. */
bool tps_http_transport_has_more(const tps_http_transport *t);

/**
 * Sends what the socket takes of `head`, and then of `body`, at least one byte when DONE. After WAIT_WRITE
 * the same bytes must be sent next; they may lie elsewhere.
 */
tps_http_io tps_http_transport_send(tps_http_transport *t, tps_span head, tps_span body, size_t *sent);

/** Shuts the sending side: TLS's close_notify where there is TLS, and then TCP's end. */
void tps_http_transport_end(tps_http_transport *t);

/** Throws away what has arrived after the end, at most `size` bytes through `room`; raw, not decrypted. */
tps_http_io tps_http_transport_discard(const tps_http_transport *t, void *room, size_t size, size_t *got);

/** Closes the socket, unless `fd` is -1; with close_notify where TLS is in good order and that was not sent
 * yet. */
void tps_http_transport_close(tps_http_transport *t);

/** TLS for a socket, for which nothing was sent or received yet; NULL when there is no memory. In tls.c. */
struct ssl_st *tps_http_tls_connect(const tps_http_tls *tls, int fd);

#endif
