/* SPDX-License-Identifier: Apache-2.0 */
/* AES key wrap (RFC 3394) over OpenSSL. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/algorithms.h"
#include "crypto/openssl/algorithms.h"
#include "tps/secret.h"

/* `direction` 1 wraps and 0 unwraps, as OpenSSL says it. The output is either of its whole size or none. */
static bool do_wrap(int32_t alg, tps_span kek, tps_span in, tps_buf out, int direction)
{
    EVP_CIPHER_CTX *context = openssl_cipher(alg) == NULL ? NULL : EVP_CIPHER_CTX_new();
    int done = 0;
    bool good;

    if (context != NULL) {
        EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    }
    good = context != NULL &&
           EVP_CipherInit_ex2(context, openssl_cipher(alg), kek.data, NULL, direction, NULL) == 1 &&
           EVP_CipherUpdate(context, out.data, &done, in.data, (int)in.size) == 1 && done == (int)out.size;
    EVP_CIPHER_CTX_free(context);
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

tps_status tps_crypto_wrap(int32_t alg, tps_span kek, tps_span plain, tps_buf out)
{
    tps_status status = crypto_check_wrap(alg, kek, plain.size, out.size);

    if (status == TPS_OK && !do_wrap(alg, kek, plain, out, 1)) {
        status = TPS_CRYPTO_FAILED;
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}

tps_status tps_crypto_unwrap(int32_t alg, tps_span kek, tps_span wrapped, tps_buf out)
{
    tps_status status = crypto_check_wrap(alg, kek, out.size, wrapped.size);

    if (status == TPS_OK && !do_wrap(alg, kek, wrapped, out, 0)) {
        status = TPS_CRYPTO_BAD_TAG;
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}
