/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates over OpenSSL: reading them, and checking a chain against anchors. */
#include "crypto/x509.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "crypto/openssl/key.h"
#include "crypto/openssl/x509_read.h"

X509 *x509_read(tps_span der)
{
    const unsigned char *at = der.data;
    X509 *certificate = der.size > INT32_MAX ? NULL : d2i_X509(NULL, &at, (long)der.size);

    if (certificate != NULL && at != der.data + der.size) {
        X509_free(certificate);
        certificate = NULL;
    }
    ERR_clear_error();
    return certificate;
}

/*
 * Chains come from strangers, and are checked before anything of them is trusted. Keys that nobody needs here
 * make that dear: a signature on a binary curve costs a hundred times one of P-256.
 */
bool x509_is_key_bearable(const X509 *certificate)
{
    enum { RSA_BITS_MAX = 4096 };
    static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    char curve[32];

    if (key == NULL) {
        return false;
    }
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        return EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
    }
    if (EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) != 1) {
        return EVP_PKEY_is_a(key, "ED25519") == 1;
    }
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (EVP_PKEY_is_a(key, "EC") == 1 && strcmp(curve, curves[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Each certificate must name the next as its issuer and carry its signature: a clear error before the general
 * check. */
static tps_status check_links(STACK_OF(X509) * certificates)
{
    for (int i = 0; i + 1 < sk_X509_num(certificates); i++) {
        X509 *subject = sk_X509_value(certificates, i);
        X509 *issuer = sk_X509_value(certificates, i + 1);
        int problem = X509_check_issued(issuer, subject);
        if (problem == X509_V_ERR_KEYUSAGE_NO_CERTSIGN || !x509_is_key_bearable(issuer)) {
            return TPS_CRYPTO_CHAIN_RULES;
        }
        if (problem != X509_V_OK || X509_verify(subject, X509_get0_pubkey(issuer)) != 1) {
            return TPS_CRYPTO_CHAIN_BROKEN;
        }
    }
    return TPS_OK;
}

static tps_status status_of(int error)
{
    switch (error) {
    case X509_V_OK: return TPS_OK;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return TPS_CRYPTO_CHAIN_EXPIRED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED: return TPS_CRYPTO_CHAIN_UNTRUSTED;
    default: return TPS_CRYPTO_CHAIN_RULES; /* basic constraints, key usage, path length, key identifiers */
    }
}

static tps_status read_all(const tps_span *ders, size_t count, STACK_OF(X509) * into)
{
    for (size_t i = 0; i < count; i++) {
        X509 *certificate = x509_read(ders[i]);
        if (certificate == NULL) {
            return TPS_CRYPTO_BAD_CERTIFICATE;
        }
        if (sk_X509_push(into, certificate) <= 0) {
            X509_free(certificate);
            return TPS_OUT_OF_MEMORY;
        }
    }
    return TPS_OK;
}

static size_t index_of(STACK_OF(X509) * certificates, const X509 *wanted)
{
    for (int i = 0; i < sk_X509_num(certificates); i++) {
        if (X509_cmp(sk_X509_value(certificates, i), wanted) == 0) {
            return (size_t)i;
        }
    }
    return SIZE_MAX;
}

static tps_status run_check(STACK_OF(X509) * certificates, STACK_OF(X509) * anchors, int64_t now,
                            size_t *anchor)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    tps_status status = TPS_CRYPTO_FAILED;

    if (store != NULL && context != NULL &&
        X509_STORE_CTX_init(context, store, sk_X509_value(certificates, 0), certificates) == 1) {
        X509_STORE_CTX_set0_trusted_stack(context, anchors);
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT);
        X509_STORE_CTX_set_time(context, 0, (time_t)now);
        X509_STORE_CTX_set_depth(context, (int)TPS_X509_CHAIN_MAX);
        status = X509_verify_cert(context) == 1 ? TPS_OK : status_of(X509_STORE_CTX_get_error(context));
        if (status == TPS_OK && anchor != NULL) {
            STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(context);
            *anchor = index_of(anchors, sk_X509_value(built, sk_X509_num(built) - 1));
        }
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return status;
}

static tps_status verify_chain(const tps_span *chain, size_t count, STACK_OF(X509) * trusted, int64_t now,
                               tps_crypto_key **key, size_t *anchor)
{
    STACK_OF(X509) *certificates = sk_X509_new_null();
    tps_status status = TPS_OUT_OF_MEMORY;

    *key = NULL;
    if (count == 0 || count > TPS_X509_CHAIN_MAX) {
        status = TPS_CRYPTO_BAD_CERTIFICATE;
    } else if (certificates != NULL && trusted != NULL) {
        status = read_all(chain, count, certificates);
        status = status != TPS_OK ? status : check_links(certificates);
        status = status != TPS_OK ? status : run_check(certificates, trusted, now, anchor);
        status = status != TPS_OK ? status
                                  : openssl_key_adopt(X509_get_pubkey(sk_X509_value(certificates, 0)), key);
    }
    sk_X509_pop_free(certificates, X509_free);
    return status;
}

tps_status tps_x509_chain_verify(const tps_span *chain, size_t count, const tps_span *anchors,
                                 size_t anchor_count, int64_t now, tps_crypto_key **key, size_t *anchor)
{
    STACK_OF(X509) *trusted = sk_X509_new_null();
    tps_status status = trusted == NULL ? TPS_OUT_OF_MEMORY : read_all(anchors, anchor_count, trusted);

    *key = NULL;
    if (status == TPS_OK) {
        status = verify_chain(chain, count, trusted, now, key, anchor);
    }
    sk_X509_pop_free(trusted, X509_free);
    return status;
}

/* The set is a stack of OpenSSL's under another name. */
static STACK_OF(X509) * stack_of(const tps_x509_anchors *anchors)
{
    return (STACK_OF(X509) *)(uintptr_t)anchors;
}

tps_status tps_x509_anchors_add(tps_x509_anchors **anchors, tps_span der)
{
    if (*anchors == NULL) {
        *anchors = (tps_x509_anchors *)sk_X509_new_null();
    }
    return *anchors == NULL ? TPS_OUT_OF_MEMORY : read_all(&der, 1, stack_of(*anchors));
}

void tps_x509_anchors_cut(tps_x509_anchors *anchors, size_t count)
{
    while (anchors != NULL && (size_t)sk_X509_num(stack_of(anchors)) > count) {
        X509_free(sk_X509_pop(stack_of(anchors)));
    }
}

void tps_x509_anchors_free(tps_x509_anchors *anchors)
{
    sk_X509_pop_free(stack_of(anchors), X509_free);
}

tps_status tps_x509_chain_verify_under(const tps_span *chain, size_t count, const tps_x509_anchors *anchors,
                                       int64_t now, tps_crypto_key **key, size_t *anchor)
{
    return anchors == NULL ? tps_x509_chain_verify(chain, count, NULL, 0, now, key, anchor)
                           : verify_chain(chain, count, stack_of(anchors), now, key, anchor);
}

bool x509_seconds(const ASN1_TIME *when, int64_t *seconds)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int rest = 0;
    bool good = epoch != NULL && ASN1_TIME_diff(&days, &rest, epoch, when) == 1;

    ASN1_TIME_free(epoch);
    *seconds = good ? (int64_t)days * 86400 + rest : 0;
    return good;
}

/* A name in RFC 2253's form, UTF-8, cut at the size of `out`. */
static void print_name(const X509_NAME *name, char *out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long length = 0;

    out[0] = '\0';
    if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        length = BIO_get_mem_data(bio, &text);
        snprintf(out, size, "%.*s", (int)length, text == NULL ? "" : text);
    }
    BIO_free(bio);
}

tps_status tps_x509_describe(tps_span der, tps_x509_info *info)
{
    X509 *certificate = x509_read(der);
    BIGNUM *serial;
    char *hex;
    tps_digest digest = {.size = 0};
    unsigned char *spki = NULL;
    int spki_size;
    tps_status status = TPS_CRYPTO_BAD_CERTIFICATE;

    *info = (tps_x509_info){.ca = false};
    if (certificate == NULL) {
        return status;
    }
    print_name(X509_get_subject_name(certificate), info->subject, sizeof info->subject);
    print_name(X509_get_issuer_name(certificate), info->issuer, sizeof info->issuer);
    serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    hex = serial == NULL ? NULL : BN_bn2hex(serial);
    snprintf(info->serial, sizeof info->serial, "%s", hex == NULL ? "" : hex);
    (void)x509_seconds(X509_get0_notBefore(certificate), &info->not_before);
    (void)x509_seconds(X509_get0_notAfter(certificate), &info->not_after);
    info->ca = X509_check_ca(certificate) != 0;
    spki_size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    if (spki_size > 0 &&
        tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, (size_t)spki_size), &digest) == TPS_OK) {
        memcpy(info->spki_sha256, digest.bytes, sizeof info->spki_sha256);
        status = TPS_OK;
    }
    OPENSSL_free(spki);
    OPENSSL_free(hex);
    BN_free(serial);
    X509_free(certificate);
    ERR_clear_error();
    return status;
}

tps_status tps_x509_public_key(tps_span der, tps_crypto_key **key)
{
    X509 *certificate = x509_read(der);
    tps_status status;

    *key = NULL;
    if (certificate == NULL) {
        return TPS_CRYPTO_BAD_CERTIFICATE;
    }
    status = openssl_key_adopt(X509_get_pubkey(certificate), key);
    X509_free(certificate);
    return status;
}

bool tps_x509_is_under(tps_span der, tps_span issuer_spki)
{
    const unsigned char *at = issuer_spki.data;
    X509 *certificate = x509_read(der);
    EVP_PKEY *issuer = d2i_PUBKEY(NULL, &at, (long)issuer_spki.size);
    bool is_under = false;

    if (certificate != NULL && issuer != NULL) {
        EVP_PKEY *own = X509_get0_pubkey(certificate);
        is_under = (own != NULL && EVP_PKEY_eq(own, issuer) == 1) || X509_verify(certificate, issuer) == 1;
    }
    EVP_PKEY_free(issuer);
    X509_free(certificate);
    ERR_clear_error();
    return is_under;
}

int x509_no_passphrase(char *passphrase, int size, int is_writing, void *context)
{
    (void)passphrase;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

tps_status tps_x509_from_pem(tps_span pem, tps_buf out, tps_span *ders, size_t *count)
{
    BIO *bio = pem.size > INT32_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.size);
    size_t capacity = *count;
    size_t used = 0;
    tps_status status = TPS_OK;
    X509 *certificate;

    *count = 0;
    while (bio != NULL && status == TPS_OK &&
           (certificate = PEM_read_bio_X509(bio, NULL, x509_no_passphrase, NULL)) != NULL) {
        int size = i2d_X509(certificate, NULL);
        unsigned char *at = out.data + used;
        if (*count == capacity || size <= 0 || (size_t)size > out.size - used) {
            status = TPS_TOO_LARGE;
        } else {
            i2d_X509(certificate, &at);
            ders[(*count)++] = tps_span_make(out.data + used, (size_t)size);
            used += (size_t)size;
        }
        X509_free(certificate);
    }
    /* The reader ends with "no start line" at the end of the text; anything else is a broken certificate. */
    if (status == TPS_OK && (*count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)) {
        status = TPS_CRYPTO_BAD_CERTIFICATE;
    }
    BIO_free(bio);
    ERR_clear_error();
    return status;
}
