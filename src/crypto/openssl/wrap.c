/* SPDX-License-Identifier: Apache-2.0 */
/* AES key wrap (RFC 3394) over OpenSSL. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/algorithms.h"
#include "crypto/openssl/algorithms.h"
#include "tps/secret.h"

/* `direction` 1 wraps and 0 unwraps, as OpenSSL says it. A failure before the data is the library's; with the
 * data, when unwrapping, the message's. */
static tps_status do_wrap(int32_t alg, tps_span kek, tps_span in, tps_buf out, int direction)
{
    EVP_CIPHER_CTX *context = openssl_cipher(alg) == NULL ? NULL : EVP_CIPHER_CTX_new();
    tps_status status = TPS_CRYPTO_FAILED;
    int done = 0;

    if (context != NULL) {
        EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        if (EVP_CipherInit_ex2(context, openssl_cipher(alg), kek.data, NULL, direction, NULL) == 1) {
            status = EVP_CipherUpdate(context, out.data, &done, in.data, (int)in.size) == 1 ? TPS_OK
                     : direction == 1 ? TPS_CRYPTO_FAILED
                                      : TPS_CRYPTO_BAD_TAG;
        }
    }
    EVP_CIPHER_CTX_free(context);
    if (status != TPS_OK) {
        ERR_clear_error();
    }
    return status;
}

tps_status tps_crypto_wrap(int32_t alg, tps_span kek, tps_span plain, tps_buf out)
{
    tps_status status = crypto_check_wrap(alg, kek, plain.size, out.size);

    if (status == TPS_OK) {
        status = do_wrap(alg, kek, plain, out, 1);
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}

tps_status tps_crypto_unwrap(int32_t alg, tps_span kek, tps_span wrapped, tps_buf out)
{
    tps_status status = crypto_check_wrap(alg, kek, out.size, wrapped.size);

    if (status == TPS_OK) {
        status = do_wrap(alg, kek, wrapped, out, 0);
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}
