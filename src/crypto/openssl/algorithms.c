/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/openssl/algorithms.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <pthread.h>

#include "crypto/algorithms.h"

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MAC *hmac;
static EVP_KDF *hkdf;

static struct {
    int32_t alg;
    const char *name;
    EVP_MD *md;
} hashes[] = {
    {TPS_ALG_SHA256, "SHA2-256", NULL},
    {TPS_ALG_SHA384, "SHA2-384", NULL},
    {TPS_ALG_SHA512, "SHA2-512", NULL},
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

static void fetch(void)
{
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        hashes[i].md = EVP_MD_fetch(NULL, hashes[i].name, NULL);
    }
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        ciphers[i].cipher = EVP_CIPHER_fetch(NULL, ciphers[i].name, NULL);
    }
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
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

EVP_MAC *openssl_hmac(void)
{
    pthread_once(&fetched, fetch);
    return hmac;
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
