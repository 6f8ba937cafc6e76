/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as people hand them over, and what belongs to the demonstration CA. */
#ifndef TPS_VERIFIER_KEY_READ_H
#define TPS_VERIFIER_KEY_READ_H

#include "tps/cose.h"

/** The algorithms that a key says it is for: one, by up to two names; zeros: any. */
typedef struct {
    int32_t alg;
    int32_t also;
} key_algs;

/** A public key that was read, and what it says of itself. */
typedef struct {
    tps_crypto_key *key; /**< the caller frees it; NULL on failure */
    key_algs algs;
    bool is_demonstration; /**< it is the demonstration CA's, or a certificate that this CA issued */
} found_key;

/**
 * A public key in any of the forms of tps_verifier_add_key(). Private parts are dropped.
 * @retval TPS_COSE_KEY_USE  By its own alg, use or key_ops it verifies no signatures, or none that fit it.
 * @retval TPS_CRYPTO_BAD_KEY, TPS_CRYPTO_BAD_CERTIFICATE, TPS_JWK_BAD_KEY, TPS_JSON_*, TPS_COSE_BAD_KEY
 */
TPS_MUST_USE tps_status key_read(tps_span input, found_key *out);

/** Whether an algorithm of a message is one that the key is for (RFC 9052, 7.1; RFC 7517, 4.4). */
bool key_algs_permit(const key_algs *algs, int64_t alg);

/** As key_read(), for one X.509 certificate in DER. */
TPS_MUST_USE tps_status key_read_certificate(tps_span der, tps_crypto_key **key, bool *is_demonstration);

/** True when the DER certificate is the demonstration CA's or was issued by it. */
bool key_is_under_demonstration(tps_span der);

/**
 * As key_is_under_demonstration() for certificates that name the demonstration CA as their issuer; costs
 * nothing for others. For places where such a certificate could only be found by honest name.
 */
bool key_names_demonstration(const tps_span *ders, size_t count);

/**
 * Whether an instance id is the one that goes with a key: 0x01, SHA-256(0x04, X, Y) (spec/keys.md).
 * @retval TPS_VERIFIER_INSTANCE_MISMATCH  It is not.
 */
TPS_MUST_USE tps_status key_check_instance(const tps_crypto_point *key, tps_span instance_id);

/** SHA-256 of a key's SubjectPublicKeyInfo. @retval TPS_CRYPTO_* */
TPS_MUST_USE tps_status key_digest(const tps_crypto_key *key, uint8_t digest[32]);

/** The text without white space before it. */
tps_span key_skip_white(tps_span input);

#endif
