/* SPDX-License-Identifier: Apache-2.0 */
/* Who a certificate is, for those who look it up in lists; and certificate revocation lists (RFC 5280, 5). */
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/openssl/x509_read.h"
#include "crypto/x509.h"

/* The list is an object of OpenSSL's under another name. */
static const X509_CRL *list_of(const tps_x509_crl *crl)
{
    return (const X509_CRL *)(const void *)crl;
}

/* Sizes of 0 where it is negative, or longer than RFC 5280, 4.1.2.2, lets it be: no list can be asked then.
 */
static tps_x509_serial serial_of(const ASN1_INTEGER *serial)
{
    tps_x509_serial out = {.size = 0};
    int size = ASN1_STRING_length(serial);

    if (ASN1_STRING_type(serial) == V_ASN1_INTEGER && size > 0 && (size_t)size <= sizeof out.bytes) {
        memcpy(out.bytes, ASN1_STRING_get0_data(serial), (size_t)size);
        out.size = (size_t)size;
    }
    return out;
}

static tps_status identify(X509 *certificate, tps_span der, tps_x509_identity *out)
{
    unsigned char *spki = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    tps_digest of_key;
    tps_digest of_all;
    tps_status status = size <= 0
                            ? TPS_CRYPTO_BAD_CERTIFICATE
                            : tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, (size_t)size), &of_key);

    OPENSSL_free(spki);
    TPS_TRY(status);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, der, &of_all));
    memcpy(out->spki_sha256, of_key.bytes, sizeof out->spki_sha256);
    memcpy(out->sha256, of_all.bytes, sizeof out->sha256);
    out->serial = serial_of(X509_get0_serialNumber(certificate));
    return x509_seconds(X509_get0_notBefore(certificate), &out->not_before) &&
                   x509_seconds(X509_get0_notAfter(certificate), &out->not_after)
               ? TPS_OK
               : TPS_CRYPTO_BAD_CERTIFICATE;
}

tps_status tps_x509_identify(tps_span der, tps_x509_identity *identity)
{
    X509 *certificate = x509_read(der);
    tps_x509_identity made;
    tps_status status = certificate == NULL ? TPS_CRYPTO_BAD_CERTIFICATE : identify(certificate, der, &made);

    X509_free(certificate);
    ERR_clear_error();
    if (status == TPS_OK) {
        *identity = made;
    }
    return status;
}

/* ---- lists ---- */

static X509_CRL *read_pem(tps_span pem)
{
    BIO *bio = pem.size > INT32_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.size);
    X509_CRL *crl = bio == NULL ? NULL : PEM_read_bio_X509_CRL(bio, NULL, x509_no_passphrase, NULL);

    BIO_free(bio);
    return crl;
}

static X509_CRL *read_der(tps_span der)
{
    const unsigned char *at = der.data;
    X509_CRL *crl = der.size > INT32_MAX ? NULL : d2i_X509_CRL(NULL, &at, (long)der.size);

    if (crl != NULL && at != der.data + der.size) {
        X509_CRL_free(crl);
        crl = NULL;
    }
    return crl;
}

/* Critical extensions say that a list is no full one of its issuer's own certificates: a delta, an indirect
 * one, one of some reasons. Read as if it were, it would leave out what is revoked. */
static bool has_critical(const X509_CRL *crl)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
        if (X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)) != 0) {
            return true;
        }
    }
    return false;
}

static tps_status check_form(const X509_CRL *crl)
{
    int64_t seconds;

    if (has_critical(crl)) {
        return TPS_UNSUPPORTED;
    }
    return X509_CRL_get0_lastUpdate(crl) != NULL && X509_CRL_get0_nextUpdate(crl) != NULL &&
                   x509_seconds(X509_CRL_get0_lastUpdate(crl), &seconds) &&
                   x509_seconds(X509_CRL_get0_nextUpdate(crl), &seconds)
               ? TPS_OK
               : TPS_CRYPTO_BAD_CRL;
}

tps_status tps_x509_crl_read(tps_span bytes, tps_x509_crl **crl)
{
    X509_CRL *read = bytes.size > 0 && bytes.data[0] == 0x30 ? read_der(bytes) : read_pem(bytes);
    tps_status status = read == NULL ? TPS_CRYPTO_BAD_CRL : check_form(read);

    ERR_clear_error();
    if (status != TPS_OK) {
        X509_CRL_free(read);
        read = NULL;
    }
    *crl = (tps_x509_crl *)(void *)read;
    return status;
}

void tps_x509_crl_free(tps_x509_crl *crl)
{
    X509_CRL_free((X509_CRL *)(void *)crl);
}

void tps_x509_crl_describe(const tps_x509_crl *crl, tps_x509_crl_info *info)
{
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED((X509_CRL *)(uintptr_t)crl);

    *info = (tps_x509_crl_info){.count = revoked == NULL ? 0 : (size_t)sk_X509_REVOKED_num(revoked)};
    (void)x509_seconds(X509_CRL_get0_lastUpdate(list_of(crl)), &info->this_update);
    (void)x509_seconds(X509_CRL_get0_nextUpdate(list_of(crl)), &info->next_update);
}

tps_x509_serial tps_x509_crl_serial(const tps_x509_crl *crl, size_t index)
{
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED((X509_CRL *)(uintptr_t)crl);

    return serial_of(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, (int)index)));
}

static tps_status check_issuer(const X509_CRL *crl, X509 *issuer)
{
    enum { NEEDED = KU_KEY_CERT_SIGN | KU_CRL_SIGN };
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0 ||
        !x509_is_key_bearable(issuer) || X509_CRL_verify((X509_CRL *)(uintptr_t)crl, key) != 1) {
        return TPS_CRYPTO_CHAIN_BROKEN;
    }
    /* without key usage, a key may be used for all (RFC 5280, 4.2.1.3) */
    return X509_check_ca(issuer) != 0 && (X509_get_key_usage(issuer) & NEEDED) == NEEDED
               ? TPS_OK
               : TPS_CRYPTO_CHAIN_RULES;
}

tps_status tps_x509_crl_check(const tps_x509_crl *crl, tps_span issuer_der)
{
    X509 *issuer = x509_read(issuer_der);
    tps_status status = issuer == NULL ? TPS_CRYPTO_BAD_CERTIFICATE : check_issuer(list_of(crl), issuer);

    X509_free(issuer);
    ERR_clear_error();
    return status;
}
