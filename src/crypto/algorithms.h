/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every back end asks before it calls its library: does the algorithm fit, have keys, nonces and buffers
 * their sizes. In one place, so that all back ends refuse the same things with the same words. Portable.
 */
#ifndef TPS_CRYPTO_ALGORITHMS_H
#define TPS_CRYPTO_ALGORITHMS_H

#include "tps/crypto.h"

/** True when `alg` is one of TPS_ALG_* but TPS_ALG_NONE: what a back end that lacks nothing supports. */
bool crypto_is_known(int32_t alg);

/** The size of a digest of the hash `alg` in bytes (32, 48, 64), or 0 if `alg` is no hash. */
size_t crypto_hash_size(int32_t alg);

/** The hash under an authentication code (TPS_ALG_HMAC256_64 -> TPS_ALG_SHA256), or TPS_ALG_NONE. */
int32_t crypto_mac_hash(int32_t alg);

/** True when `alg` is one of TPS_ALG_AES_CCM_*. */
bool crypto_is_ccm(int32_t alg);

/** Whether these may be given to an AEAD, as tps_crypto_aead_seal() says: `plain_size` bytes without their
 * tag, `sealed_size` with it. */
TPS_MUST_USE tps_status crypto_check_aead(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                          size_t plain_size, size_t sealed_size);

/** The same for tps_crypto_aead_open(): TPS_CRYPTO_BAD_TAG, too, for what is shorter than a tag. */
TPS_MUST_USE tps_status crypto_check_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                          size_t sealed_size, size_t out_size);

/** Whether a key of `size` bytes may be derived of this secret, as tps_crypto_hkdf() says. */
TPS_MUST_USE tps_status crypto_check_hkdf(tps_span secret, size_t size);

/** Whether these may be given to a key wrap, as tps_crypto_wrap() says. */
TPS_MUST_USE tps_status crypto_check_wrap(int32_t alg, tps_span kek, size_t plain_size, size_t wrapped_size);

/** The size of a key-wrapping key in bytes (16, 24, 32), or 0 if `alg` is none of TPS_ALG_A*KW. */
size_t crypto_wrap_key_size(int32_t alg);

/** The curve that a signature algorithm signs with, TPS_CURVE_*, or 0. */
int32_t crypto_alg_curve(int32_t alg);

/** The size of a signature by this key in bytes: twice a coordinate, 64 with Ed25519, the modulus with RSA.
 */
size_t crypto_key_signature_size(const tps_crypto_key *key);

/** Whether a digest may be verified with this key: as tps_crypto_verify() says, all but the mathematics. */
TPS_MUST_USE tps_status crypto_check_verify(const tps_crypto_key *key, int32_t alg, const tps_digest *digest,
                                            size_t signature_size);

/** Whether `alg` may sign with this key into `signature`: as tps_crypto_sign() says. Sets `size` in any case:
 * 0 if `alg` does not fit. */
TPS_MUST_USE tps_status crypto_check_sign(const tps_crypto_key *key, int32_t alg, tps_buf signature,
                                          size_t *size);

/** True for the algorithms that sign messages and not digests. */
bool crypto_signs_messages(int32_t alg);

#endif
