/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is behind crypto.h with OpenSSL: the library's key, and its contexts kept for the next use. */
#ifndef TPS_CRYPTO_OPENSSL_KEY_H
#define TPS_CRYPTO_OPENSSL_KEY_H

#include <openssl/evp.h>

#include "tps/crypto.h"

struct tps_crypto_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *verify;   /**< made at the first verification, then reused */
    EVP_PKEY_CTX *sign;     /**< made at the first signature, then reused */
    tps_crypto_point point; /**< the public point: asked for often, and slow to get from the library */
    int32_t curve;
    bool is_private;
};

/** Takes ownership of `pkey` (freed on failure, too) and makes a key of it. @retval TPS_CRYPTO_BAD_KEY  Not
 * P-256 or P-384. */
TPS_MUST_USE tps_status openssl_key_adopt(EVP_PKEY *pkey, tps_crypto_key **key);

/**
 * A passphrase callback for PEM that has none: an encrypted text is refused, of whatever kind. Without a
 * callback OpenSSL asks on the terminal, and a server would stand still.
 */
int openssl_no_passphrase(char *passphrase, int size, int is_writing, void *context);

#endif
