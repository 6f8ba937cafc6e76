/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file result_keys.h
 * The keys that sign attestation results, one after the other: which one signs now, and which public ones
 * relying parties still need (a JWK Set, RFC 7517).
 *
 * A key is known before it signs and for as long as what it signed counts, so that nobody ever meets a result
 * whose key they cannot find:
 *
 *     add key B, active_from tomorrow      both are published; A signs
 *     tomorrow                             B signs
 *     the last result of A expires         A is published no more, and can be removed
 *
 * Publish a key ahead by as long as relying parties may keep a JWK Set. A key that must not be believed any
 * more is removed at once.
 *
 * Plain data of the caller's; times are seconds since 1970. Thread-safe for distinct rings. The key objects
 * are the caller's, one thread's at a time, and must live as long as they are in a ring.
 */
#ifndef TPS_RESULT_KEYS_H
#define TPS_RESULT_KEYS_H

#include "tps/crypto.h"
#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The most keys of a ring. */
#define TPS_RESULT_KEYS_MAX 8u

/** Characters of a key's name, with the final zero. */
#define TPS_RESULT_KEY_ID_SIZE 44u

/** Characters of one key as a JWK at most. */
#define TPS_RESULT_JWK_MAX 224u

/** One key. */
typedef struct {
    tps_crypto_key *key;
    int64_t active_from;             /**< signs from here on, unless a newer one does */
    int64_t retired_at;              /**< signs no more from here on; INT64_MAX: nobody said so */
    char id[TPS_RESULT_KEY_ID_SIZE]; /**< its kid: the SHA-256 thumbprint of its JWK (RFC 7638), base64url */
} tps_result_key;

/** A ring. Zero-initialise. */
typedef struct {
    tps_result_key keys[TPS_RESULT_KEYS_MAX]; /**< by active_from, the oldest first */
    size_t count;
} tps_result_keys;

/**
 * @brief Add a key to a ring.
 *
 * @param key          On P-256; private where it shall sign, public where it is only published.
 * @param active_from  From when on it signs. Of several that could sign, the one with the latest
 * `active_from` does; among equals the one that was added last.
 *
 * @retval TPS_OK
 * @retval TPS_CRYPTO_ALG_REFUSED  The key is not on P-256 (results in JWTs are signed with ES256).
 * @retval TPS_BAD_ARGUMENT        It is in the ring.
 * @retval TPS_TOO_LARGE           There are TPS_RESULT_KEYS_MAX.
 * @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_result_keys_add(tps_result_keys *ring, tps_crypto_key *key, int64_t active_from);

/**
 * Says when a key signs no more; an older one, or none, does from then on. It stays published as long as it
 * is needed. The earlier of two such times counts.
 * @retval TPS_OK, TPS_NOT_FOUND (no key has this id)
 */
TPS_MUST_USE tps_status tps_result_keys_retire(tps_result_keys *ring, const char *id, int64_t at);

/** Takes a key out: it is neither used nor published. @retval TPS_OK, TPS_NOT_FOUND */
TPS_MUST_USE tps_status tps_result_keys_remove(tps_result_keys *ring, const char *id);

/** The key that signs at this time, inside the ring; NULL when none does. Its `id` goes into
 * tps_ear_options.key_id. */
const tps_result_key *tps_result_keys_active(const tps_result_keys *ring, int64_t now);

/**
 * @brief Whether a key is needed by relying parties: it will sign, it signs, or what it signed counts.
 *
 * @param key       Of the ring.
 * @param lifetime  How long a result counts at most: exp - iat, in seconds.
 */
bool tps_result_keys_is_needed(const tps_result_keys *ring, const tps_result_key *key, int64_t now,
                               int64_t lifetime);

/**
 * @brief Write the needed public keys as a JWK Set: {"keys":[...]}, the one that signs first.
 *
 * Each has kty, crv, x, y, alg (ES256), use (sig) and kid.
 *
 * @param lifetime   As above.
 * @param out        Takes the text, no final zero; TPS_BUF_MEASURE measures.
 * @param[out] size  Written, or needed.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_result_keys_jwks(const tps_result_keys *ring, int64_t now, int64_t lifetime,
                                             tps_buf out, size_t *size);

/** One public key as a JWK, as in tps_result_keys_jwks(). Errors as there. */
TPS_MUST_USE tps_status tps_result_key_jwk(const tps_result_key *key, tps_buf out, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
