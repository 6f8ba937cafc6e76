/* SPDX-License-Identifier: Apache-2.0 */
/* AES key wrap (RFC 3394) by mbedTLS: PSA Crypto has none. */
#include <mbedtls/nist_kw.h>

#include "crypto/algorithms.h"
#include "tps/secret.h"

static int begin(mbedtls_nist_kw_context *context, tps_span kek, bool is_wrapping)
{
    mbedtls_nist_kw_init(context);
    return mbedtls_nist_kw_setkey(context, MBEDTLS_CIPHER_ID_AES, kek.data, (unsigned int)kek.size * 8,
                                  is_wrapping ? 1 : 0);
}

tps_status tps_crypto_wrap(int32_t alg, tps_span kek, tps_span plain, tps_buf out)
{
    mbedtls_nist_kw_context context;
    size_t size = 0;
    tps_status status = crypto_check_wrap(alg, kek, plain.size, out.size);

    if (status == TPS_OK) {
        if (begin(&context, kek, true) != 0 ||
            mbedtls_nist_kw_wrap(&context, MBEDTLS_KW_MODE_KW, plain.data, plain.size, out.data, &size,
                                 out.size) != 0) {
            status = TPS_CRYPTO_FAILED;
        }
        mbedtls_nist_kw_free(&context);
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}

tps_status tps_crypto_unwrap(int32_t alg, tps_span kek, tps_span wrapped, tps_buf out)
{
    mbedtls_nist_kw_context context;
    size_t size = 0;
    tps_status status = crypto_check_wrap(alg, kek, out.size, wrapped.size);

    if (status == TPS_OK) {
        if (begin(&context, kek, false) != 0) {
            status = TPS_CRYPTO_FAILED;
        } else if (mbedtls_nist_kw_unwrap(&context, MBEDTLS_KW_MODE_KW, wrapped.data, wrapped.size, out.data,
                                          &size, out.size) != 0) {
            status = TPS_CRYPTO_BAD_TAG;
        }
        mbedtls_nist_kw_free(&context);
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}
