/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file freshness.h
 * What makes evidence fresh (RFC 9334, 10) when the verifier keeps no session: nonces that carry the time of
 * their making, authenticated; epochs; and a memory of the nonces that were used.
 *
 *     tps_nonce_make(key, context, now, nonce);                 ... given out; nothing is kept
 *     request.freshness = TPS_FRESHNESS_TIME;
 *     request.nonce_key = key, request.nonce_context = context, request.uses = &uses;
 *     tps_verifier_appraise(verifier, evidence, &request, &appraisal);
 *
 * Thread-safe for distinct outputs; a memory of uses serves one thread at a time.
 */
#ifndef TPS_FRESHNESS_H
#define TPS_FRESHNESS_H

#include <stdbool.h>

#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- nonces that tell their time ---- */

/**
 * Bytes of a nonce: 5 of its time (seconds since 1970, until the year 36812), 11 at random, 16 of a MAC. Who
 * has not the key guesses none with more than chance 2^-128: the MAC is a pseudo-random function of what
 * stands before it. The 88 random bits only keep two nonces of one second apart. 32 bytes are a size that PSA
 * tokens and EATs take (RFC 9783, 4.1.1; RFC 9711, 4.1).
 */
#define TPS_NONCE_SIZE 32u

/** Bytes of a key for nonces or epochs. */
#define TPS_NONCE_KEY_SIZE 32u

/** Seconds by which clocks of nodes that share a key may differ. */
#define TPS_NONCE_SKEW 5

/**
 * @brief Make a nonce.
 *
 * @param key         TPS_NONCE_KEY_SIZE random bytes, for this use alone. One of each start of a process lets
 *                    nonces die with it; nodes that share a key take each other's.
 * @param context     What the nonce is for, such as tenant and session, unambiguously encoded; may be empty.
 *                    It is not in the nonce: who checks must know it.
 * @param now         Seconds since 1970.
 * @param[out] nonce  TPS_NONCE_SIZE bytes; untouched unless TPS_OK.
 * @retval TPS_OK
 * @retval TPS_BAD_ARGUMENT  The key has another size, or `now` is negative or beyond 40 bits.
 * @retval TPS_CRYPTO_NO_ENTROPY, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_nonce_make(tps_span key, tps_span context, int64_t now,
                                       uint8_t nonce[TPS_NONCE_SIZE]);

/**
 * @brief Check that a nonce was made with this key, for this context, and not too long ago.
 *
 * @param max_age   Seconds; a nonce of exactly this age is taken.
 * @param[out] age  Seconds since it was made, 0 for one of a clock that is ahead; set if TPS_OK or
 *                  TPS_VERIFIER_NONCE_TOO_OLD. May be NULL.
 * @retval TPS_OK
 * @retval TPS_VERIFIER_NONCE_FOREIGN  It has another size, was not made with this key for this context, or
 * comes from more than TPS_NONCE_SKEW seconds ahead.
 * @retval TPS_VERIFIER_NONCE_TOO_OLD
 * @retval TPS_BAD_ARGUMENT            The key has another size.
 * @retval TPS_CRYPTO_FAILED
 *
 * In constant time for the MAC.
 */
TPS_MUST_USE tps_status tps_nonce_check(tps_span key, tps_span context, tps_span nonce, int64_t now,
                                        int64_t max_age, int64_t *age);

/* ---- single use ---- */

/**
 * Which nonces were used: three generations of `max_age` seconds, each a table of its own that is emptied as
 * a whole when its nonces are too old anyway. Nothing is removed one by one, and nothing is forgotten early:
 * a generation that is full refuses. Private but for its place in memory, which is the caller's.
 */
typedef struct tps_nonce_uses {
    uint8_t *memory;
    size_t capacity; /**< of a generation, a power of two */
    int64_t max_age;
    struct {
        int64_t generation;
        size_t count;
    } tables[3];
} tps_nonce_uses;

/** Memory for at least `count` nonces in each `max_age` seconds, `count` below 2^24. */
#define TPS_NONCE_USES_SIZE(count) (3u * 16u * 8u * ((size_t)(count) / 3u + 1u))

/**
 * Begin a memory of uses.
 * @param memory   Most of it is used: three tables, whose entries of 16 bytes are a power of two in number,
 *                 of which three quarters are filled. It must live as long as `uses`.
 * @param max_age  As in tps_nonce_check(); more than 0.
 * @retval TPS_OK
 * @retval TPS_BAD_ARGUMENT      `max_age`.
 * @retval TPS_BUFFER_TOO_SMALL  Not even 8 entries in each table.
 */
TPS_MUST_USE tps_status tps_nonce_uses_init(tps_nonce_uses *uses, tps_buf memory, int64_t max_age);

/**
 * @brief Use a nonce up.
 *
 * @param nonce  One for which tps_nonce_check() returned TPS_OK with this `now` and at most this `max_age`.
 * @retval TPS_OK                      It was not used before; now it is.
 * @retval TPS_VERIFIER_NONCE_USED
 * @retval TPS_VERIFIER_NONCE_TOO_OLD  Its time is no longer remembered: the clock went back.
 * @retval TPS_TOO_LARGE               There is no room for another one of its time: it must not count.
 * @retval TPS_BAD_ARGUMENT            It has another size.
 */
TPS_MUST_USE tps_status tps_nonce_uses_take(tps_nonce_uses *uses, tps_span nonce, int64_t now);

/* ---- epochs ---- */

#define TPS_EPOCH_ID_SIZE 32u

/**
 * @brief The ids of the epochs that count now: the present one, and the one before it.
 *
 * An epoch's id is a MAC over its number, so nobody can name it before it begins (RFC 9334, 10.3). Who
 * distributes ids and who appraises need the same key, period and context, and clocks that are alike;
 * evidence made just before an epoch ended is taken until the next one ends. So evidence is at most two
 * periods old, and within them may be shown again: give it no credential unless it is bound to a key or a
 * channel.
 *
 * @param key       TPS_NONCE_KEY_SIZE random bytes, for this use alone.
 * @param context   For whom the epochs are, such as a tenant; may be empty.
 * @param period    Seconds of an epoch, 1 or more.
 * @param now       Seconds since 1970, not negative.
 * @param[out] ids  The present one first. Zeros unless TPS_OK.
 * @retval TPS_OK, TPS_BAD_ARGUMENT, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_epoch_ids(tps_span key, tps_span context, int64_t period, int64_t now,
                                      uint8_t ids[2][TPS_EPOCH_ID_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
