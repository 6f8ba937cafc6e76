/* SPDX-License-Identifier: Apache-2.0 */
/* Key agreement over OpenSSL. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/openssl/key.h"
#include "tps/secret.h"

/* OpenSSL checks that the peer's point lies on the curve. */
static bool derive(const tps_crypto_key *own, const tps_crypto_key *peer, tps_buf secret)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own->pkey, NULL);
    size_t size = secret.size;
    bool good = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                EVP_PKEY_derive_set_peer(context, peer->pkey) == 1 &&
                EVP_PKEY_derive(context, secret.data, &size) == 1 && size == secret.size;

    EVP_PKEY_CTX_free(context);
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

tps_status tps_crypto_ecdh(const tps_crypto_key *own, const tps_crypto_key *peer, tps_buf secret)
{
    tps_status status = TPS_OK;

    if (!own->is_private || own->kind != TPS_KEY_EC2 || own->curve != peer->curve) {
        status = TPS_CRYPTO_BAD_KEY;
    } else if (secret.size != own->point.size) {
        status = TPS_BAD_ARGUMENT;
    } else if (!derive(own, peer, secret)) {
        status = TPS_CRYPTO_FAILED;
    }
    if (status != TPS_OK) {
        tps_wipe(secret.data, secret.size);
    }
    return status;
}
