/* SPDX-License-Identifier: Apache-2.0 */
/* Keys over OpenSSL from SubjectPublicKeyInfo and PEM. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/openssl/key.h"
#include "crypto/spki.h"

tps_status tps_crypto_key_from_spki(tps_span spki, tps_crypto_key **key)
{
    const unsigned char *at = spki.data;
    tps_crypto_point point;
    EVP_PKEY *pkey;

    if (crypto_spki_point(spki, &point)) { /* OpenSSL's search for a decoder costs several times more */
        return tps_crypto_key_from_point(&point, key);
    }
    pkey = spki.size > INT32_MAX ? NULL : d2i_PUBKEY(NULL, &at, (long)spki.size);
    if (pkey != NULL && at != spki.data + spki.size) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return openssl_key_adopt(pkey, key);
}

/* ---- PEM ---- */

static tps_status from_private(tps_span der, tps_crypto_key **key)
{
    const unsigned char *at = der.data;
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)der.size);

    if (pkey != NULL && at != der.data + der.size) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return openssl_key_adopt(pkey, key);
}

static tps_status from_certificate(tps_span der, tps_crypto_key **key)
{
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    EVP_PKEY *pkey = certificate == NULL || at != der.data + der.size ? NULL : X509_get_pubkey(certificate);

    X509_free(certificate);
    return openssl_key_adopt(pkey, key);
}

/* In the order in which they are looked for. */
static const struct {
    const char *name;
    tps_status (*take)(tps_span der, tps_crypto_key **key);
} kinds[] = {
    {PEM_STRING_PUBLIC, tps_crypto_key_from_spki},
    {PEM_STRING_ECPRIVATEKEY, from_private},
    {PEM_STRING_PKCS8INF, from_private},
    {PEM_STRING_X509, from_certificate},
};

/* The first block of this kind, or TPS_NOT_FOUND. A block with headers is an encrypted one. */
static tps_status first_block(BIO *bio, size_t kind, tps_crypto_key **key)
{
    tps_status status = TPS_NOT_FOUND;
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long size = 0;

    while (status == TPS_NOT_FOUND && PEM_read_bio(bio, &name, &header, &der, &size) == 1) {
        if (strcmp(name, kinds[kind].name) == 0) {
            status =
                header[0] == 0 ? kinds[kind].take(tps_span_make(der, (size_t)size), key) : TPS_CRYPTO_BAD_KEY;
        }
        OPENSSL_free(name);
        OPENSSL_clear_free(der, (size_t)size);
        OPENSSL_free(header);
    }
    return status;
}

tps_status tps_crypto_key_from_pem(tps_span pem, tps_crypto_key **key)
{
    BIO *bio = pem.size > INT32_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.size);
    tps_status status = TPS_NOT_FOUND;

    *key = NULL;
    for (size_t i = 0; bio != NULL && status == TPS_NOT_FOUND && i < sizeof kinds / sizeof kinds[0]; i++) {
        (void)BIO_reset(bio);
        status = first_block(bio, i, key);
    }
    BIO_free(bio);
    ERR_clear_error(); /* of the kinds that it was not */
    return status == TPS_NOT_FOUND ? TPS_CRYPTO_BAD_KEY : status;
}
