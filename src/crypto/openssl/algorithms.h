/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithms as OpenSSL knows them, fetched once: an implicit fetch at every use costs more than a short
 * hash. */
#ifndef TPS_CRYPTO_OPENSSL_ALGORITHMS_H
#define TPS_CRYPTO_OPENSSL_ALGORITHMS_H

#include <openssl/evp.h>

#include "tps/crypto.h"

/** The hash `alg` (TPS_ALG_SHA*), or NULL: unknown, or the library has none. */
const EVP_MD *openssl_hash(int32_t alg);

/** The cipher of an AEAD or a key wrap, or NULL: unknown, or the library has none. */
const EVP_CIPHER *openssl_cipher(int32_t alg);

/** HMAC with the hash `hash` (TPS_ALG_SHA*) and without a key, to be copied; or NULL. A copy costs half of
 * what naming the hash to the library does. */
const EVP_MAC_CTX *openssl_hmac(int32_t hash);

/** HKDF, or NULL. */
EVP_KDF *openssl_hkdf(void);

#endif
