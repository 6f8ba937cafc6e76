/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session.h
 * Sessions of challenge-response that nobody has to remember. A session's id is a UUID of version 8 (RFC
 * 9562, 5.8): the time at which it ends, random bits, and a MAC; its nonce is derived from the id. Both under
 * a key that all nodes of a tenant share. So any node can take the evidence, and a restart ends no session.
 *
 *     id     E:32  F:16  "8"  R:4  R:8  "10"  S:1 R:5  R:16  M:40          (in the order of the bytes)
 *     E      seconds since 1970 at which the session ends
 *     F      the fraction of the second in which it was made, in 65,536ths: ids of one moment are neighbours
 *     R      random
 *     S      1: its nonce cannot be derived (another size, or the client brought it); the store has it
 *     M, N   HMAC-SHA-256(key, "opentps session 1" | tenant:64 | id without M): 5 bytes M, then 23 bytes N
 *     nonce  0x00 | E | N | C: 32 bytes, of which C (4 bytes) is a checksum of what stands before it
 *
 * By C a nonce that was ours is known for ever, so that nobody can bring it as his own once it was used, and
 * have evidence that he kept appraised again.
 *
 * Who knows the nonce does not know the id, and without the key nobody makes an id or foretells a nonce. That
 * a session takes evidence once is the store's doing: its id is inserted before the answer is given.
 *
 * Thread-safe for distinct keys objects.
 */
#ifndef TPS_SERVER_SESSION_H
#define TPS_SERVER_SESSION_H

#include "store/store.h"

#define TPS_SESSION_NONCE_SIZE 32u
#define TPS_SESSION_TEXT_SIZE  37u /**< of an id as text, with the final zero */

/** Random bits are fetched for so many sessions at once: they tell ids apart, and keep no secret. */
#define TPS_SESSION_RANDOM_SIZE (5u * 64u)

/** The key for a tenant's sessions. Wipe it after use. Copy it before it makes a session, not afterwards: two
 * copies would make the same ids. */
typedef struct {
    uint8_t key[32];
    int64_t tenant;
    uint8_t random[TPS_SESSION_RANDOM_SIZE];
    size_t random_left; /**< of these, from the front */
} tps_session_keys;

/**
 * The keys for a tenant's sessions: HKDF-SHA-256 of its secret, with the store's generation, so that what was
 * given out before a failover or a restored backup is known no more.
 * @retval TPS_OK, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_session_keys_derive(const uint8_t secret[TPS_STORE_SECRET_SIZE], int64_t tenant,
                                                const char *generation, tps_session_keys *keys);

/**
 * @brief Make a session.
 * @param expires     Seconds since 1970, below 2^32.
 * @param is_stored   Its nonce will be in the store; else it is derived.
 * @param[out] id     The id. @param[out] nonce  The derived nonce; NULL if not wanted.
 * @retval TPS_OK, TPS_CRYPTO_NO_ENTROPY, TPS_CRYPTO_FAILED
 * @retval TPS_BAD_ARGUMENT  `expires`.
 */
TPS_MUST_USE tps_status tps_session_make(tps_session_keys *keys, int64_t expires, bool is_stored,
                                         uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                                         uint8_t nonce[TPS_SESSION_NONCE_SIZE]);

/** What an id says. */
typedef struct {
    int64_t expires;
    bool is_stored;
    uint8_t nonce[TPS_SESSION_NONCE_SIZE]; /**< zeros where `is_stored` */
} tps_session_facts;

/**
 * @brief Read an id, in constant time for its MAC.
 * @retval TPS_OK                 It was made with these keys, and has not ended at `now`.
 * @retval TPS_SERVER_NO_SESSION  It was not, or it has.
 * @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_session_read(const tps_session_keys *keys,
                                         const uint8_t id[TPS_STORE_SESSION_ID_SIZE], int64_t now,
                                         tps_session_facts *facts);

/** Sets the last 4 bytes of a nonce of ours, of 16 bytes or more, to the checksum of what stands before them;
 * leaves a shorter one as it is. */
void tps_session_mark_nonce(tps_buf nonce);

/** True for a nonce of 16 bytes or more that has such a checksum: one of ours, or of anybody's with a chance
 * of 2^-32. */
bool tps_session_is_own_nonce(tps_span nonce);

/** The id as text: 8-4-4-4-12 lower-case digits. */
void tps_session_write_id(const uint8_t id[TPS_STORE_SESSION_ID_SIZE], char out[TPS_SESSION_TEXT_SIZE]);

/** False when the text is no UUID; letter case does not matter. */
bool tps_session_parse_id(tps_span text, uint8_t id[TPS_STORE_SESSION_ID_SIZE]);

#endif
