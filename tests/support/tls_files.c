/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests and benchmarks that speak TLS: made anew each time, so that none expires here. */
#include "support/tls_files.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "tls_files: %s failed\n", what);
        exit(2);
    }
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    require(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, "an extension");
    X509_EXTENSION_free(extension);
}

static void add_name(X509_NAME *name, const char *text)
{
    require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) ==
                1,
            "a name");
}

tls_identity tls_identity_new(const char *name, const tls_identity *issuer, long from, long to)
{
    static long serial;
    tls_identity made = {X509_new(), EVP_EC_gen("P-256")};
    const tls_identity *by = issuer == NULL ? &made : issuer;

    require(made.certificate != NULL && made.key != NULL, "a key");
    (void)X509_set_version(made.certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
    (void)X509_gmtime_adj(X509_getm_notBefore(made.certificate), from);
    (void)X509_gmtime_adj(X509_getm_notAfter(made.certificate), to);
    add_name(X509_get_subject_name(made.certificate), name);
    require(X509_set_issuer_name(made.certificate, X509_get_subject_name(by->certificate)) == 1 &&
                X509_set_pubkey(made.certificate, made.key) == 1,
            "a certificate");
    add_extension(made.certificate, NID_basic_constraints, issuer == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    if (issuer != NULL) {
        add_extension(made.certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    }
    require(X509_sign(made.certificate, by->key, EVP_sha256()) > 0, "signing");
    return made;
}

void tls_identity_free(tls_identity *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
}

const char *tls_path(const char *folder, const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "wb");

    require(file != NULL, path);
    return file;
}

void tls_write_certificates(const char *path, const tls_identity *first, const tls_identity *second)
{
    FILE *file = open_file(path);

    require(PEM_write_X509(file, first->certificate) == 1 &&
                (second == NULL || PEM_write_X509(file, second->certificate) == 1) && fclose(file) == 0,
            path);
}

void tls_write_key(const char *path, const tls_identity *identity, const char *passphrase)
{
    FILE *file = open_file(path);

    require(PEM_write_PKCS8PrivateKey(file, identity->key, passphrase == NULL ? NULL : EVP_aes_256_cbc(),
                                      passphrase, passphrase == NULL ? 0 : (int)strlen(passphrase), NULL,
                                      NULL) == 1 &&
                fclose(file) == 0,
            path);
}

void tls_write_text(const char *path, const char *text)
{
    FILE *file = open_file(path);

    require(fputs(text, file) >= 0 && fclose(file) == 0, path);
}
