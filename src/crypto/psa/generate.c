/* SPDX-License-Identifier: Apache-2.0 */
/* New keys by PSA Crypto. A chip has another way, which takes less of it: p256_only.c. */
#include "crypto/psa/key.h"

tps_status tps_crypto_key_generate(int32_t curve, tps_crypto_key **key)
{
    psa_key_attributes_t attributes =
        psa_key_policy(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), psa_curve_bits(curve));
    psa_key_id_t id = PSA_KEY_ID_NULL;
    psa_status_t done;

    *key = NULL;
    if (psa_curve_bits(curve) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    done = psa_generate_key(&attributes, &id);
    return psa_key_dress(done, id, key);
}
