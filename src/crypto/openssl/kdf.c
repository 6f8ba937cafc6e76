/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes, HMAC and HKDF over OpenSSL. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "tps/crypto.h"
#include "tps/secret.h"

tps_status tps_crypto_random(tps_buf out)
{
    if (out.size > INT32_MAX || RAND_priv_bytes(out.data, (int)out.size) != 1) {
        tps_wipe(out.data, out.size);
        return TPS_CRYPTO_NO_ENTROPY;
    }
    return TPS_OK;
}

tps_status tps_crypto_hmac_sha256(tps_span key, tps_span bytes, uint8_t mac[TPS_SHA256_SIZE])
{
    static const uint8_t nothing; /* OpenSSL takes no NULL, not even for no bytes */
    const uint8_t *key_data = key.size == 0 ? &nothing : key.data;
    const uint8_t *data = bytes.size == 0 ? &nothing : bytes.data;
    unsigned int size = 0;

    if (key.size > INT32_MAX ||
        HMAC(EVP_sha256(), key_data, (int)key.size, data, bytes.size, mac, &size) == NULL ||
        size != TPS_SHA256_SIZE) {
        tps_wipe(mac, TPS_SHA256_SIZE);
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}

tps_status tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret.data, secret.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.data, info.size),
        OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };
    tps_status status = TPS_CRYPTO_FAILED;

    if (salt.size > 0) { /* OpenSSL takes an absent salt as zeros, as RFC 5869 says, but not an empty one */
        params[3] =
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt.data, salt.size);
    }
    if (context != NULL && EVP_KDF_derive(context, out.data, out.size, params) == 1) {
        status = TPS_OK;
    } else {
        tps_wipe(out.data, out.size);
    }
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return status;
}
