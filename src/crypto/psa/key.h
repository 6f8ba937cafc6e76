/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a key is behind crypto.h with PSA Crypto: the number of a volatile key, dressed as a pointer.
 * Everything else is asked of the key's attributes, so that no memory of ours is needed.
 */
#ifndef TPS_CRYPTO_PSA_KEY_H
#define TPS_CRYPTO_PSA_KEY_H

#include <psa/crypto.h>

#include "tps/crypto.h"

/** The number behind a key. */
static inline psa_key_id_t psa_id_of(const tps_crypto_key *key)
{
    return (psa_key_id_t)(uintptr_t)key;
}

/** PSA Crypto's name of a hash, an authentication code, an AEAD or a signature of TPS_ALG_*, or PSA_ALG_NONE:
 * it is none, or mbedTLS was built without it. */
psa_algorithm_t psa_hash_alg(int32_t alg);
psa_algorithm_t psa_mac_alg(int32_t alg);
psa_algorithm_t psa_aead_alg(int32_t alg);
psa_algorithm_t psa_signature_alg(int32_t alg);

/** The bits of a curve of TPS_CURVE_* that PSA Crypto has here, or 0. */
size_t psa_curve_bits(int32_t curve);

/** A failure in words of ours: TPS_OUT_OF_MEMORY, TPS_CRYPTO_NO_ENTROPY, or TPS_CRYPTO_FAILED when the
 * library is at fault, and `otherwise` when its input was. */
tps_status psa_failure(psa_status_t failure, tps_status otherwise);

/** What every key of ours may be used for: `type` and `bits` are PSA Crypto's. */
psa_key_attributes_t psa_key_policy(psa_key_type_t type, size_t bits);

/** The key that a call of PSA Crypto made, dressed, or the call's failure. */
TPS_MUST_USE tps_status psa_key_dress(psa_status_t done, psa_key_id_t id, tps_crypto_key **key);

/** A key of `type` and `bits` from PSA Crypto's own form of it. @retval TPS_CRYPTO_BAD_KEY  It is none. */
TPS_MUST_USE tps_status psa_key_take(psa_key_type_t type, size_t bits, tps_span bytes, tps_crypto_key **key);

#endif
