/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/openssl/algorithms.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <pthread.h>

#include "crypto/algorithms.h"

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_KDF *hkdf;

static struct {
    int32_t alg;
    const char *name;
    EVP_MD *md;
    EVP_MAC_CTX *hmac;
} hashes[] = {
    {TPS_ALG_SHA256, "SHA2-256", NULL, NULL},
    {TPS_ALG_SHA384, "SHA2-384", NULL, NULL},
    {TPS_ALG_SHA512, "SHA2-512", NULL, NULL},
};

static struct {
    int32_t alg;
    const char *name;
    EVP_CIPHER *cipher;
} ciphers[] = {
    {TPS_ALG_A128GCM, "AES-128-GCM", NULL},
    {TPS_ALG_A192GCM, "AES-192-GCM", NULL},
    {TPS_ALG_A256GCM, "AES-256-GCM", NULL},
    {TPS_ALG_AES_CCM_16_64_128, "AES-128-CCM", NULL},
    {TPS_ALG_AES_CCM_16_128_128, "AES-128-CCM", NULL},
    {TPS_ALG_A128KW, "AES-128-WRAP", NULL},
    {TPS_ALG_A192KW, "AES-192-WRAP", NULL},
    {TPS_ALG_A256KW, "AES-256-WRAP", NULL},
};

/* HMAC that has its hash, and no key yet; NULL where there is none. */
static EVP_MAC_CTX *prepare_hmac(EVP_MAC *hmac, const char *hash)
{
    EVP_MAC_CTX *context = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
    OSSL_PARAM params[2] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)hash, 0),
        OSSL_PARAM_construct_end()};

    if (context != NULL && EVP_MAC_CTX_set_params(context, params) != 1) {
        EVP_MAC_CTX_free(context);
        return NULL;
    }
    return context;
}

static void fetch(void)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        hashes[i].md = EVP_MD_fetch(NULL, hashes[i].name, NULL);
        hashes[i].hmac = prepare_hmac(hmac, hashes[i].name);
    }
    EVP_MAC_free(hmac);
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        ciphers[i].cipher = EVP_CIPHER_fetch(NULL, ciphers[i].name, NULL);
    }
    hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
}

const EVP_MD *openssl_hash(int32_t alg)
{
    pthread_once(&fetched, fetch);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        if (hashes[i].alg == alg) {
            return hashes[i].md;
        }
    }
    return NULL;
}

const EVP_CIPHER *openssl_cipher(int32_t alg)
{
    pthread_once(&fetched, fetch);
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        if (ciphers[i].alg == alg) {
            return ciphers[i].cipher;
        }
    }
    return NULL;
}

const EVP_MAC_CTX *openssl_hmac(int32_t hash)
{
    pthread_once(&fetched, fetch);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        if (hashes[i].alg == hash) {
            return hashes[i].hmac;
        }
    }
    return NULL;
}

EVP_KDF *openssl_hkdf(void)
{
    pthread_once(&fetched, fetch);
    return hkdf;
}

bool tps_crypto_supports(int32_t alg)
{
    return crypto_is_known(alg);
}

bool tps_crypto_supports_curve(int32_t curve)
{
    return tps_crypto_curve_size(curve) != 0;
}
