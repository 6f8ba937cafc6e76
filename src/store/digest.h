/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file digest.h
 * What a store holds, in numbers and one digest that is the same for every kind of store with the same
 * contents; and whether it all fits together.
 */
#ifndef TPS_STORE_DIGEST_H
#define TPS_STORE_DIGEST_H

#include "store/store.h"

/** What was found. */
typedef struct {
    uint64_t tenants, items, nonces, entries, sessions;
    /** SHA-256 of all of them: every field of every one, in the order of walk.h, each with its size. Not of
     * the revision and the watermark, which the store keeps for itself, nor of who claimed what. */
    uint8_t sha256[32];
    uint64_t faults; /**< of tps_store_check(): so many things do not fit */
    char fault[200]; /**< the first of them, for people */
} tps_store_summary;

/**
 * Told from time to time how far something has come.
 * @param what   One or two words: "reading".
 * @param done   Things so far. @param total  Of so many; 0: not known.
 */
typedef void (*tps_store_progress)(void *context, const char *what, uint64_t done, uint64_t total);

/**
 * @brief Reads the whole store. Within a snapshot, if the store is in use.
 *
 * @param with_secrets  The tenants' secrets are part of the digest.
 * @param total         Of how many things, for `progress`; 0: not known.
 * @param progress      May be NULL.
 * @param[out] out      Counts and digest.
 * @retval TPS_STORE_FAILED, TPS_STORE_AWAY, TPS_CRYPTO_FAILED, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_store_digest(tps_store *store, bool with_secrets, const char *what,
                                         uint64_t total, tps_store_progress progress, void *context,
                                         tps_store_summary *out);

/**
 * @brief Reads the whole store, in a snapshot, and looks whether it fits together: audit chains without gaps,
 * whose every hash is what it must be; sequences within the revision; names and numbers that can be; sessions
 * of tenants that there are.
 * @param[out] out  `faults` and `fault`, too.
 * @retval TPS_OK  Also when there are faults: `out->faults` says so. @retval others  As above.
 */
TPS_MUST_USE tps_status tps_store_check(tps_store *store, tps_store_progress progress, void *context,
                                        tps_store_summary *out);

#endif
