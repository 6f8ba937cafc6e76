/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tls.h
 * What an HTTP server needs for TLS 1.3 (RFC 8446): certificate and key, whose client certificates are
 * believed, and how to exchange them while the server runs.
 *
 * TLS 1.3 alone is spoken. There are no tickets, no resumption and no early data (so nothing can be
 * replayed), no compression and no renegotiation. ALPN knows "http/1.1"; a client that offers only others is
 * refused, one that offers none is taken. Key exchange: X25519, P-256, P-384.
 *
 * The process must ignore SIGPIPE. One object may serve several servers of one thread. Nothing here is for
 * use from several threads.
 */
#ifndef TPS_SERVER_HTTP_TLS_H
#define TPS_SERVER_HTTP_TLS_H

#include "tps/span.h"
#include "tps/status.h"

typedef struct tps_http_tls tps_http_tls;

/** Files, all in PEM. The texts are copied. */
typedef struct {
    const char *certificate; /**< the server's certificate, and behind it those that lead to its root */
    const char *key;         /**< its private key, without a passphrase */
    /**
     * The certificates that clients' certificates must lead to, roots or not, or clients' own; NULL: clients
     * are not asked for any. Clients need not show one; what they show must be good for TLS clients, in time,
     * and lead to one of these, or the handshake fails. Revocation lists are not looked at: take the
     * principal away instead.
     */
    const char *client_ca;
} tps_http_tls_options;

/**
 * @brief Read the files and make ready for connections.
 *
 * @param[out] tls  Free it with tps_http_tls_free(), after the servers that use it.
 * @param[out] why  For people: which file it is, and what is wrong with it. Zero-terminated, cut to
 *                  `why_size` bytes; may be NULL with size 0.
 *
 * @retval TPS_OK
 * @retval TPS_SERVER_BAD_CONFIG  A file cannot be read; is no PEM of its kind; the key has a passphrase, or
 * is another certificate's; the certificate has expired or is too weak (RSA below 2048 bits, SHA-1).
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_http_tls_open(const tps_http_tls_options *options, tps_http_tls **tls, char *why,
                                          size_t why_size);

/**
 * @brief Read the files again. New connections use what they hold now; those that are open go on as they are.
 * @return As tps_http_tls_open(). Unless TPS_OK, everything stays as it was.
 */
TPS_MUST_USE tps_status tps_http_tls_reload(tps_http_tls *tls, char *why, size_t why_size);

/** When the certificate in use expires, in seconds since 1970 (the earliest of its chain). */
int64_t tps_http_tls_expires(const tps_http_tls *tls);

void tps_http_tls_free(tps_http_tls *tls);

#endif
