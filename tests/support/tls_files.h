/* SPDX-License-Identifier: Apache-2.0 */
/** @file tls_files.h  Certificates and keys of a test's own, as PEM files. Whatever fails ends the program.
 */
#ifndef TPS_TESTS_SUPPORT_TLS_FILES_H
#define TPS_TESTS_SUPPORT_TLS_FILES_H

#include <openssl/evp.h>
#include <openssl/x509.h>

/** A certificate and its key. */
typedef struct {
    X509 *certificate;
    EVP_PKEY *key;
} tls_identity;

/**
 * A certificate for a new P-256 key.
 *
 * @param issuer     Who signs it; NULL: itself, as a CA.
 * @param from, to   Its times, in seconds from now.
 */
tls_identity tls_identity_new(const char *name, const tls_identity *issuer, long from, long to);

void tls_identity_free(tls_identity *identity);

/** `folder`/`name`, in memory that the next call but seven takes again. */
const char *tls_path(const char *folder, const char *name);

/** Writes certificates, one after the other; `second` may be NULL. */
void tls_write_certificates(const char *path, const tls_identity *first, const tls_identity *second);

/** Writes a private key; with a passphrase unless that is NULL. */
void tls_write_key(const char *path, const tls_identity *identity, const char *passphrase);

/** Writes any text. */
void tls_write_text(const char *path, const char *text);

#endif
