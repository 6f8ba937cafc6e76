/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets, and OpenSSL on them. What OpenSSL reports is brought to the five outcomes that the caller knows.
 */
#include "server/http/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

bool tps_http_transport_open(tps_http_transport *t, int fd, tps_http_tls *tls)
{
    *t = (tps_http_transport){.fd = fd, .is_ready = tls == NULL};
    if (tls != NULL) {
        t->tls = tps_http_tls_connect(tls, fd);
    }
    return tls == NULL || t->tls != NULL;
}

/* ---- the plain socket ---- */

static tps_http_io of_errno(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? TPS_HTTP_IO_WAIT_READ : TPS_HTTP_IO_FAILED;
}

static tps_http_io receive_plain(int fd, void *room, size_t size, size_t *got)
{
    ssize_t n;

    do {
        n = recv(fd, room, size, 0);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        return n == 0 ? TPS_HTTP_IO_ENDED : of_errno();
    }
    *got = (size_t)n;
    return TPS_HTTP_IO_DONE;
}

static ssize_t send_both(int fd, tps_span head, tps_span body)
{
    struct iovec parts[2] = {{(void *)(uintptr_t)head.data, head.size},
                             {(void *)(uintptr_t)body.data, body.size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static tps_http_io send_plain(int fd, tps_span head, tps_span body, size_t *sent)
{
    ssize_t n;

    do {
        n = head.size == 0   ? send(fd, body.data, body.size, MSG_NOSIGNAL)
            : body.size == 0 ? send(fd, head.data, head.size, MSG_NOSIGNAL)
                             : send_both(fd, head, body);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return of_errno() == TPS_HTTP_IO_FAILED ? TPS_HTTP_IO_FAILED : TPS_HTTP_IO_WAIT_WRITE;
    }
    *sent = (size_t)n;
    return TPS_HTTP_IO_DONE;
}

/* ---- TLS ---- */

/* What a call that did not succeed means. The queue of errors is a thread's, so it is emptied before each
 * call. */
static tps_http_io of_tls_error(tps_http_transport *t, int result)
{
    switch (SSL_get_error(t->tls, result)) {
    case SSL_ERROR_WANT_READ: return TPS_HTTP_IO_WAIT_READ;
    case SSL_ERROR_WANT_WRITE: return TPS_HTTP_IO_WAIT_WRITE;
    case SSL_ERROR_ZERO_RETURN: return TPS_HTTP_IO_ENDED;
    default: t->is_broken = true; return TPS_HTTP_IO_FAILED;
    }
}

/* Somebody speaks plain HTTP here: that is worth a word that he can read. */
static void answer_plain_request(int fd)
{
    static const char answer[] =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: 148\r\n"
        "Connection: close\r\n\r\n"
        "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
        "\"detail\":\"this port speaks TLS, and the request came without\",\"next_step\":\"use https://\"}\r\n";

    (void)!send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
}

tps_http_io tps_http_transport_handshake(tps_http_transport *t)
{
    tps_http_io io;
    int result;

    ERR_clear_error();
    result = SSL_accept(t->tls);
    if (result == 1) {
        t->is_ready = true;
        return TPS_HTTP_IO_DONE;
    }
    io = of_tls_error(t, result);
    if (io == TPS_HTTP_IO_FAILED && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
        answer_plain_request(t->fd);
    }
    return io == TPS_HTTP_IO_ENDED ? TPS_HTTP_IO_FAILED : io;
}

uint8_t *tps_http_transport_peer_certificate(const tps_http_transport *t, size_t *size)
{
    X509 *certificate = t->tls == NULL ? NULL : SSL_get0_peer_certificate(t->tls);
    int needed = certificate == NULL ? 0 : i2d_X509(certificate, NULL);
    uint8_t *bytes;
    uint8_t *end;

    *size = needed > 0 ? (size_t)needed : 0;
    if (needed <= 0) {
        return NULL;
    }
    bytes = malloc(*size);
    end = bytes;
    if (bytes != NULL) {
        (void)i2d_X509(certificate, &end);
    }
    return bytes;
}

static tps_http_io send_tls(tps_http_transport *t, tps_span bytes, size_t *sent)
{
    int result;

    ERR_clear_error();
    result = SSL_write_ex(t->tls, bytes.data, bytes.size, sent);
    return result == 1 ? TPS_HTTP_IO_DONE : of_tls_error(t, result);
}

/* ---- both ---- */

tps_http_io tps_http_transport_receive(tps_http_transport *t, void *room, size_t size, size_t *got)
{
    int result;

    if (t->tls == NULL) {
        return receive_plain(t->fd, room, size, got);
    }
    ERR_clear_error();
    result = SSL_read_ex(t->tls, room, size, got);
    return result == 1 ? TPS_HTTP_IO_DONE : of_tls_error(t, result);
}

bool tps_http_transport_has_more(const tps_http_transport *t)
{
    return t->tls != NULL && !t->is_broken && SSL_has_pending(t->tls) == 1;
}

tps_http_io tps_http_transport_send(tps_http_transport *t, tps_span head, tps_span body, size_t *sent)
{
    if (t->is_broken) {
        return TPS_HTTP_IO_FAILED;
    }
    return t->tls == NULL ? send_plain(t->fd, head, body, sent)
                          : send_tls(t, head.size > 0 ? head : body, sent);
}

void tps_http_transport_end(tps_http_transport *t)
{
    if (t->tls != NULL && t->is_ready && !t->is_broken) {
        ERR_clear_error();
        (void)SSL_shutdown(t->tls); /* one that the socket does not take is lost: TCP's end says the same */
    }
    (void)shutdown(t->fd, SHUT_WR);
}

tps_http_io tps_http_transport_discard(const tps_http_transport *t, void *room, size_t size, size_t *got)
{
    return receive_plain(t->fd, room, size, got);
}

void tps_http_transport_close(tps_http_transport *t)
{
    if (t->tls != NULL) {
        if (t->is_ready && !t->is_broken && (SSL_get_shutdown(t->tls) & SSL_SENT_SHUTDOWN) == 0) {
            ERR_clear_error();
            (void)SSL_shutdown(t->tls);
        }
        SSL_free(t->tls);
        t->tls = NULL;
    }
    if (t->fd >= 0) {
        (void)close(t->fd);
        t->fd = -1;
    }
}
