/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes over OpenSSL. Algorithms are fetched once: an implicit fetch at every use costs more than a short
 * hash. */
#include <openssl/evp.h>
#include <pthread.h>

#include "tps/crypto.h"
#include "tps/secret.h"

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static EVP_MD *sha384;
static EVP_MD *sha512;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    sha384 = EVP_MD_fetch(NULL, "SHA2-384", NULL);
    sha512 = EVP_MD_fetch(NULL, "SHA2-512", NULL);
}

static const EVP_MD *digest_of(int32_t alg)
{
    pthread_once(&fetched, fetch);
    switch (alg) {
    case TPS_ALG_SHA256: return sha256;
    case TPS_ALG_SHA384: return sha384;
    case TPS_ALG_SHA512: return sha512;
    default: return NULL;
    }
}

tps_status tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg)
{
    const EVP_MD *md = digest_of(alg);
    EVP_MD_CTX *context;

    *hash = (tps_crypto_hash){{NULL, NULL}};
    if (md == NULL) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestInit_ex2(context, md, NULL) != 1) {
        EVP_MD_CTX_free(context);
        return TPS_CRYPTO_FAILED;
    }
    hash->state[0] = context;
    return TPS_OK;
}

void tps_crypto_hash_update(tps_crypto_hash *hash, tps_span bytes)
{
    if (hash->state[0] != NULL && EVP_DigestUpdate(hash->state[0], bytes.data, bytes.size) != 1) {
        tps_crypto_hash_abort(hash);
    }
}

tps_status tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest)
{
    unsigned int size = 0;
    bool good = hash->state[0] != NULL && EVP_DigestFinal_ex(hash->state[0], digest->bytes, &size) == 1;

    tps_crypto_hash_abort(hash);
    digest->size = good ? size : 0;
    return good ? TPS_OK : TPS_CRYPTO_FAILED;
}

void tps_crypto_hash_abort(tps_crypto_hash *hash)
{
    EVP_MD_CTX_free(hash->state[0]);
    hash->state[0] = NULL;
}

tps_status tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, alg));
    tps_crypto_hash_update(&hash, bytes);
    return tps_crypto_hash_finish(&hash, digest);
}
