/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes and HKDF over OpenSSL. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "crypto/algorithms.h"
#include "crypto/openssl/algorithms.h"
#include "tps/secret.h"

tps_status tps_crypto_random(tps_buf out)
{
    if (out.size > INT32_MAX || RAND_priv_bytes(out.data, (int)out.size) != 1) {
        ERR_clear_error();
        tps_wipe(out.data, out.size);
        return TPS_CRYPTO_NO_ENTROPY;
    }
    return TPS_OK;
}

tps_status tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out)
{
    EVP_KDF_CTX *context = openssl_hkdf() == NULL ? NULL : EVP_KDF_CTX_new(openssl_hkdf());
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret.data, secret.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.data, info.size),
        OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };
    tps_status status = crypto_check_hkdf(secret, out.size);

    if (salt.size > 0) { /* OpenSSL takes an absent salt as zeros, as RFC 5869 says, but not an empty one */
        params[3] =
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt.data, salt.size);
    }
    if (status == TPS_OK && (context == NULL || EVP_KDF_derive(context, out.data, out.size, params) != 1)) {
        ERR_clear_error();
        status = TPS_CRYPTO_FAILED;
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    EVP_KDF_CTX_free(context);
    return status;
}
