/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is behind crypto.h with OpenSSL: the library's key, and its contexts kept for the next use. */
#ifndef TPS_CRYPTO_OPENSSL_KEY_H
#define TPS_CRYPTO_OPENSSL_KEY_H

#include <openssl/evp.h>

#include "tps/crypto.h"

struct tps_crypto_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *verify;   /**< made at the first verification of a digest, then reused */
    EVP_PKEY_CTX *sign;     /**< made at the first signature over a digest, then reused */
    EVP_MD_CTX *message;    /**< made at the first use of Ed25519, then reused */
    tps_crypto_point point; /**< the public point: asked for often, and slow to get from the library */
    int32_t kind;
    int32_t curve; /**< 0 of an RSA key */
    bool is_private;
};

/** What OpenSSL calls a curve of TPS_CURVE_*. */
typedef struct {
    int32_t curve;
    int nid;
    const char *group;
} openssl_curve;

/** The entry of a curve for ECDSA and ECDH, or NULL: Ed25519 is none of them. */
const openssl_curve *openssl_curve_find(int32_t curve);

/** Takes ownership of `pkey` (freed on failure, too; NULL is a bad key) and makes a key of it. The error
 * queue is empty afterwards.
 * @retval TPS_CRYPTO_BAD_KEY  No curve of TPS_CURVE_*, no sound public RSA key. @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status openssl_key_adopt(EVP_PKEY *pkey, tps_crypto_key **key);

/** The same for a public key whose point is known to be that of `pkey`. */
TPS_MUST_USE tps_status openssl_key_adopt_point(EVP_PKEY *pkey, const tps_crypto_point *point,
                                                tps_crypto_key **key);

#endif
