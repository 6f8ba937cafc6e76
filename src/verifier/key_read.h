/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as people hand them over, and what belongs to the demonstration CA. */
#ifndef TPS_VERIFIER_KEY_READ_H
#define TPS_VERIFIER_KEY_READ_H

#include "tps/crypto.h"

/**
 * A public key in any of the forms of tps_verifier_add_key(). Private parts are dropped.
 * @param[out] key               The caller frees it.
 * @param[out] is_demonstration  It is the demonstration CA's, or a certificate that this CA issued.
 * @retval TPS_CRYPTO_BAD_KEY, TPS_CRYPTO_BAD_CERTIFICATE, TPS_JWK_BAD_KEY, TPS_JSON_NOT_WELL_FORMED,
 * TPS_COSE_BAD_KEY, TPS_COSE_KEY_USE
 */
TPS_MUST_USE tps_status key_read(tps_span input, tps_crypto_key **key, bool *is_demonstration);

/** As key_read(), for one X.509 certificate in DER. */
TPS_MUST_USE tps_status key_read_certificate(tps_span der, tps_crypto_key **key, bool *is_demonstration);

/** True when the DER certificate is the demonstration CA's or was issued by it. */
bool key_is_under_demonstration(tps_span der);

/**
 * As key_is_under_demonstration() for certificates that name the demonstration CA as their issuer; costs
 * nothing for others. For places where such a certificate could only be found by honest name.
 */
bool key_names_demonstration(const tps_span *ders, size_t count);

/** SHA-256 of a key's SubjectPublicKeyInfo. */
TPS_MUST_USE tps_status key_digest(const tps_crypto_key *key, uint8_t digest[32]);

/** The curve's size of coordinates: 32 or 48 bytes. */
size_t key_coordinate_size(int32_t curve);

#endif
