/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes over OpenSSL. The state in a tps_crypto_hash is a pointer to the library's context; NULL after a
 * failure, an end or an abort. */
#include <pthread.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/algorithms.h"
#include "crypto/openssl/algorithms.h"

/*
 * Making a context costs as much as hashing some hundred bytes, so each thread keeps one that is done. Of
 * SHA-256 alone: at its end OpenSSL wipes what it buffered, and what stays is the digest. The thread's end
 * frees it.
 */
static _Thread_local EVP_MD_CTX *spare;
static pthread_key_t at_end;
static bool has_at_end;
static pthread_once_t at_end_made = PTHREAD_ONCE_INIT;

static void free_spare(void *context)
{
    EVP_MD_CTX_free(context);
}

static void make_at_end(void)
{
    has_at_end = pthread_key_create(&at_end, free_spare) == 0;
}

static EVP_MD_CTX *take_context(void)
{
    EVP_MD_CTX *context = spare;

    if (context == NULL || pthread_setspecific(at_end, NULL) != 0) {
        return EVP_MD_CTX_new();
    }
    spare = NULL;
    return context;
}

/* Keeps a context whose hash came to its end, or frees it. */
static void give_context(EVP_MD_CTX *context)
{
    pthread_once(&at_end_made, make_at_end);
    if (context != NULL && spare == NULL && has_at_end && EVP_MD_CTX_get_type(context) == NID_sha256 &&
        pthread_setspecific(at_end, context) == 0) {
        spare = context;
    } else {
        EVP_MD_CTX_free(context);
    }
}

static EVP_MD_CTX *context_of(const tps_crypto_hash *hash)
{
    return (EVP_MD_CTX *)(uintptr_t)hash->state[0];
}

tps_status tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg)
{
    const EVP_MD *md = openssl_hash(alg);
    EVP_MD_CTX *context;

    hash->state[0] = 0;
    if (crypto_hash_size(alg) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    context = md == NULL ? NULL : take_context();
    if (context == NULL || EVP_DigestInit_ex2(context, md, NULL) != 1) {
        EVP_MD_CTX_free(context);
        ERR_clear_error();
        return TPS_CRYPTO_FAILED;
    }
    hash->state[0] = (uint64_t)(uintptr_t)context;
    return TPS_OK;
}

void tps_crypto_hash_update(tps_crypto_hash *hash, tps_span bytes)
{
    if (hash->state[0] != 0 && EVP_DigestUpdate(context_of(hash), bytes.data, bytes.size) != 1) {
        tps_crypto_hash_abort(hash);
    }
}

tps_status tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest)
{
    unsigned int size = 0;
    bool good = hash->state[0] != 0 && EVP_DigestFinal_ex(context_of(hash), digest->bytes, &size) == 1;

    if (good) {
        give_context(context_of(hash));
        hash->state[0] = 0;
    } else {
        tps_crypto_hash_abort(hash);
    }
    digest->size = good ? size : 0;
    return good ? TPS_OK : TPS_CRYPTO_FAILED;
}

void tps_crypto_hash_abort(tps_crypto_hash *hash)
{
    EVP_MD_CTX_free(context_of(hash));
    hash->state[0] = 0;
}

tps_status tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, alg));
    tps_crypto_hash_update(&hash, bytes);
    return tps_crypto_hash_finish(&hash, digest);
}
