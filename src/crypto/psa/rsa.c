/* SPDX-License-Identifier: Apache-2.0 */
/* Public RSA keys over PSA Crypto. */
#include "crypto/rsa.h"

#include "crypto/psa/key.h"

tps_status tps_crypto_key_from_rsa(const tps_crypto_rsa *rsa, tps_crypto_key **key)
{
    uint8_t der[CRYPTO_RSA_DER_MAX];

    *key = NULL;
    if (!crypto_rsa_is_sound(rsa)) {
        return TPS_CRYPTO_BAD_KEY;
    }
    return psa_key_take(PSA_KEY_TYPE_RSA_PUBLIC_KEY, 8 * rsa->n_size,
                        tps_span_make(der, crypto_rsa_write(rsa, der)), key);
}

tps_status tps_crypto_key_rsa(const tps_crypto_key *key, tps_crypto_rsa *rsa)
{
    uint8_t der[CRYPTO_RSA_DER_MAX];
    size_t size = 0;

    if (tps_crypto_key_kind(key) != TPS_KEY_RSA) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (psa_export_public_key(psa_id_of(key), der, sizeof der, &size) != PSA_SUCCESS ||
        !crypto_rsa_read(tps_span_make(der, size), rsa)) {
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}
