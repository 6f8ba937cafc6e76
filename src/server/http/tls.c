/* SPDX-License-Identifier: Apache-2.0 */
/* TLS's files and settings. All is read into a new context, which takes the old one's place only when it is
 * good. */
#include "server/http/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/http/transport.h"

struct tps_http_tls {
    char *certificate, *key, *client_ca;
    SSL_CTX *context;
    int64_t expires;
};

/* Where the words go that say what is wrong. */
typedef struct {
    char *text;
    size_t size;
} complaint;

static tps_status complain(const complaint *why, const char *file, const char *what)
{
    if (why->size > 0) {
        (void)snprintf(why->text, why->size, "%s: %s", file, what);
    }
    return TPS_SERVER_BAD_CONFIG;
}

/* With what OpenSSL says of it; or the system, whose word comes first where it has one. */
static tps_status complain_of(const complaint *why, const char *file, const char *what)
{
    unsigned long first = ERR_peek_error();
    const char *reason = ERR_SYSTEM_ERROR(first) ? strerror(ERR_GET_REASON(first))
                                                 : ERR_reason_error_string(ERR_peek_last_error());
    char text[256];

    (void)snprintf(text, sizeof(text), "%s%s%s", what, reason == NULL ? "" : ": ",
                   reason == NULL ? "" : reason);
    ERR_clear_error();
    return complain(why, file, text);
}

/* A server asks nobody for a passphrase, least of all on a terminal that happens to be there. */
static int refuse_passphrase(char *room, int size, int writing, void *context)
{
    (void)room;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

/* Chooses HTTP/1.1 among what the client offers (RFC 7301); whoever offers only others cannot be served. */
static int choose_protocol(SSL *tls, const unsigned char **chosen, unsigned char *chosen_size,
                           const unsigned char *offered, unsigned int offered_size, void *context)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *match;
    int found = SSL_select_next_proto(&match, chosen_size, ours, sizeof(ours) - 1, offered, offered_size);

    (void)tls;
    (void)context;
    *chosen = match;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- certificates ---- */

static int64_t expiry_of(const X509 *certificate)
{
    struct tm t;

    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &t) != 1) {
        return 0;
    }
    return (int64_t)timegm(&t);
}

/* The earliest end of what the server shows: the chain is of no use once any of it has expired. */
static int64_t expiry_of_chain(SSL_CTX *context)
{
    STACK_OF(X509) *chain = NULL;
    int64_t expires = expiry_of(SSL_CTX_get0_certificate(context));

    (void)SSL_CTX_get0_chain_certs(context, &chain);
    for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++) {
        int64_t other = expiry_of(sk_X509_value(chain, i));

        expires = other < expires ? other : expires;
    }
    return expires;
}

static tps_status use_certificate(SSL_CTX *context, const tps_http_tls *tls, const complaint *why,
                                  int64_t *expires)
{
    if (SSL_CTX_use_certificate_chain_file(context, tls->certificate) != 1) {
        return complain_of(why, tls->certificate, "the certificate cannot be used");
    }
    *expires = expiry_of_chain(context);
    if (*expires <= (int64_t)time(NULL)) {
        return complain(why, tls->certificate, "the certificate, or one of its chain, has expired");
    }
    return TPS_OK;
}

static tps_status use_key(SSL_CTX *context, const tps_http_tls *tls, const complaint *why)
{
    ERR_clear_error();
    if (SSL_CTX_use_PrivateKey_file(context, tls->key, SSL_FILETYPE_PEM) == 1) { /* compares both, too */
        return TPS_OK;
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH) {
        ERR_clear_error();
        return complain(why, tls->key, "the private key is not the certificate's");
    }
    return complain_of(why, tls->key, "the private key cannot be used (PEM, without a passphrase)");
}

/* Clients are asked for a certificate and told whose are believed; who shows none is let in as nobody. */
static tps_status use_client_ca(SSL_CTX *context, const tps_http_tls *tls, const complaint *why)
{
    STACK_OF(X509_NAME) * names;

    if (tls->client_ca == NULL) {
        return TPS_OK;
    }
    ERR_clear_error();
    names = SSL_load_client_CA_file(tls->client_ca);
    if (names == NULL || SSL_CTX_load_verify_file(context, tls->client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return complain_of(why, tls->client_ca, "the client CA's certificates cannot be used");
    }
    SSL_CTX_set_client_CA_list(context, names);
    (void)X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(context, 8);
    return TPS_OK;
}

/* ---- the context ---- */

/*
 * Buffers are given back whenever they are empty, and a record is taken from the socket by one call. Without
 * AUTO_RETRY a client that sends nothing but TLS's own messages cannot keep the loop inside of SSL_read().
 */
static bool set_up(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void)SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1 &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1;
}

static tps_status load(const tps_http_tls *tls, const complaint *why, SSL_CTX **made, int64_t *expires)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    tps_status status;

    ERR_clear_error();
    if (context == NULL || !set_up(context)) {
        SSL_CTX_free(context);
        return TPS_OUT_OF_MEMORY;
    }
    status = use_certificate(context, tls, why, expires);
    if (status == TPS_OK) {
        status = use_key(context, tls, why);
    }
    if (status == TPS_OK) {
        status = use_client_ca(context, tls, why);
    }
    if (status != TPS_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *made = context;
    return TPS_OK;
}

tps_status tps_http_tls_reload(tps_http_tls *tls, char *why, size_t why_size)
{
    complaint words = {why, why_size};
    SSL_CTX *fresh;
    int64_t expires = 0;

    TPS_TRY(load(tls, &words, &fresh, &expires));
    SSL_CTX_free(tls->context); /* open connections hold the old one themselves */
    tls->context = fresh;
    tls->expires = expires;
    return TPS_OK;
}

tps_status tps_http_tls_open(const tps_http_tls_options *options, tps_http_tls **tls, char *why,
                             size_t why_size)
{
    tps_http_tls *made = calloc(1, sizeof(*made));
    tps_status status = TPS_OUT_OF_MEMORY;

    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->certificate = strdup(options->certificate);
    made->key = strdup(options->key);
    made->client_ca = options->client_ca == NULL ? NULL : strdup(options->client_ca);
    if (made->certificate != NULL && made->key != NULL &&
        (made->client_ca != NULL || options->client_ca == NULL)) {
        status = tps_http_tls_reload(made, why, why_size);
    }
    if (status != TPS_OK) {
        tps_http_tls_free(made);
        return status;
    }
    *tls = made;
    return TPS_OK;
}

int64_t tps_http_tls_expires(const tps_http_tls *tls)
{
    return tls->expires;
}

void tps_http_tls_free(tps_http_tls *tls)
{
    if (tls == NULL) {
        return;
    }
    SSL_CTX_free(tls->context);
    free(tls->certificate);
    free(tls->key);
    free(tls->client_ca);
    free(tls);
}

struct ssl_st *tps_http_tls_connect(const tps_http_tls *tls, int fd)
{
    SSL *connection = SSL_new(tls->context);

    if (connection != NULL && SSL_set_fd(connection, fd) != 1) {
        SSL_free(connection);
        return NULL;
    }
    return connection;
}
