/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file jwks.h
 * The public keys of an identity provider: a JSON Web Key Set (RFC 7517, 5), taken apart once, and then asked
 * whether one of its keys made a signature.
 *
 * Algorithms: RS256, PS256, ES256, ES384, ES512, EdDSA with Ed25519 (also named Ed25519, RFC 9864). What is
 * not in this list does not exist here: "none" and authentication codes have no way in, whatever a key is.
 */
#ifndef TPS_SERVER_ACCESS_JWKS_H
#define TPS_SERVER_ACCESS_JWKS_H

#include "tps/crypto.h"

#define TPS_JWKS_SIZE_MAX 262144u /**< bytes of a set */
#define TPS_JWKS_KEYS_MAX 64u     /**< keys that are kept; further ones are passed over */
#define TPS_JWKS_KID_MAX  256u    /**< bytes; a key with a longer kid is passed over */

/** A set; immutable, and counted: whoever has a reference may use it. Verification is for one thread at a
 * time (keys keep their contexts). */
typedef struct tps_jwks tps_jwks;

/**
 * @brief Take a key set apart.
 *
 * Keys that cannot be used here are passed over (RFC 7517, 5): of unknown kty, crv or alg, symmetric ones,
 * those that are for encryption, whose key_ops lack "verify", that are malformed or too small (RSA below
 * 2,048 bits), and those that come with their private part, which therefore is no secret.
 *
 * @param json      At most TPS_JWKS_SIZE_MAX bytes.
 * @param[out] out  One reference, given back by tps_jwks_release(); NULL on failure.
 * @param[out] why  What is wrong; may be NULL.
 * @retval TPS_OK
 * @retval TPS_SERVER_BAD_KEY_SET  No object with an array "keys", or no key in it that can be used.
 * @retval TPS_JSON_*              No JSON, or beyond 16 levels or 512 entries each.
 * @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_jwks_read(tps_span json, tps_jwks **out, tps_error *why);

/** Another reference; from any thread. Returns `set`. */
tps_jwks *tps_jwks_retain(tps_jwks *set);

/** Gives a reference back; from any thread. NULL is allowed. */
void tps_jwks_release(tps_jwks *set);

/** How many keys can be used. */
size_t tps_jwks_count(const tps_jwks *set);

/**
 * @brief Whether a key of this set made a signature.
 *
 * With a kid, keys of this kid alone are asked; without one (RFC 7515, 4.1.4, has it optional) there must be
 * exactly one key of the algorithm, so that nobody chooses among keys by leaving it out.
 *
 * @param alg  As the header has it.
 * @param kid  As the header has it; empty: none.
 * @retval TPS_OK
 * @retval TPS_COSE_ALG_REFUSED      `alg` is none of the list above.
 * @retval TPS_COSE_NO_KEY           No key has this kid; or there is none, or more than one, to choose from.
 * @retval TPS_COSE_KEY_USE          The key of this kid is for another algorithm.
 * @retval TPS_CRYPTO_BAD_SIGNATURE  It does not match. @retval TPS_CRYPTO_FAILED, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_jwks_verify(tps_jwks *set, tps_span alg, tps_span kid, tps_span message,
                                        tps_span signature);

#endif
