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

int openssl_no_passphrase(char *passphrase, int size, int is_writing, void *context)
{
    (void)passphrase;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

/* The key of the first PUBLIC KEY block, or TPS_NOT_FOUND. Reads the block without OpenSSL's search for a
 * decoder. */
static tps_status key_from_public_block(BIO *bio, tps_crypto_key **key)
{
    tps_status status = TPS_NOT_FOUND;
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long size = 0;

    while (status == TPS_NOT_FOUND && PEM_read_bio(bio, &name, &header, &der, &size) == 1) {
        if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
            status = tps_crypto_key_from_spki(tps_span_make(der, (size_t)size), key);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)size);
    }
    return status;
}

tps_status tps_crypto_key_from_pem(tps_span pem, tps_crypto_key **key)
{
    BIO *bio = pem.size > INT32_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *pkey = NULL;
    X509 *certificate = NULL;
    tps_status status;

    *key = NULL;
    if (bio == NULL) {
        ERR_clear_error();
        return TPS_CRYPTO_BAD_KEY;
    }
    status = key_from_public_block(bio, key);
    if (status == TPS_NOT_FOUND && BIO_reset(bio) >= 0) {
        pkey = PEM_read_bio_PrivateKey(bio, NULL, openssl_no_passphrase, NULL);
        if (pkey == NULL && BIO_reset(bio) >= 0) {
            certificate = PEM_read_bio_X509(bio, NULL, openssl_no_passphrase, NULL);
            pkey = certificate == NULL ? NULL : X509_get_pubkey(certificate);
            X509_free(certificate);
        }
        status = openssl_key_adopt(pkey, key);
    }
    ERR_clear_error(); /* of the kinds that it was not */
    BIO_free(bio);
    return status;
}
