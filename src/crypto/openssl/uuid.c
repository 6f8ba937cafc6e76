/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs of version 5 over OpenSSL: the one place where SHA-1 is used, for a name and never for a promise. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "tps/crypto.h"

tps_status tps_crypto_uuid5(const uint8_t space[16], tps_span name, uint8_t uuid[16])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    bool good = context != NULL && EVP_DigestInit_ex2(context, EVP_sha1(), NULL) == 1 &&
                EVP_DigestUpdate(context, space, 16) == 1 &&
                EVP_DigestUpdate(context, name.data, name.size) == 1 &&
                EVP_DigestFinal_ex(context, digest, NULL) == 1;

    EVP_MD_CTX_free(context);
    if (!good) {
        ERR_clear_error();
        return TPS_CRYPTO_FAILED;
    }
    memcpy(uuid, digest, 16);
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x50);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    return TPS_OK;
}
