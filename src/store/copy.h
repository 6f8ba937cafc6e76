/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file copy.h
 * All of one store into another, of whatever kinds they are: numbers, sequences, times, audit chains and used
 * nonces as they were. A copy that was interrupted is taken up again by the same call; until it has come to
 * its end, and both were compared, nobody serves from the new store (store.h, begin_import).
 *
 * What is copied is a snapshot of the source. Servers may be at work on it meanwhile, but what they change
 * then is not in the copy: for a backup that is as it must be; who moves from one store to another stops them
 * first. A copy that is taken up again wants its source unchanged, or the comparison fails.
 */
#ifndef TPS_STORE_COPY_H
#define TPS_STORE_COPY_H

#include "store/digest.h"

typedef struct {
    /** The tenants get new secrets, so that sessions given out by whoever served meanwhile are known no more:
     * a backup is restored. The digest is then without secrets. */
    bool renews_secrets;
    /** In the transaction that makes the new store whole, when all is there: what else belongs into it, as an
     * entry in each audit log. May be NULL. */
    tps_status (*at_end)(void *context, tps_store *to);
    void *at_end_context;
    tps_store_progress progress; /**< may be NULL */
    void *progress_context;
} tps_store_copy_options;

typedef struct {
    tps_store_summary summary;   /**< of what was copied */
    bool from_failed, to_failed; /**< whose explain() tells more */
} tps_store_copy_result;

/**
 * @brief Copy.
 *
 * @param from  Read only. @param to  Empty, or half filled by this same copy.
 * @retval TPS_OK             All is there, compared and durable.
 * @retval TPS_STORE_EXISTS   `to` has tenants already, or is half filled from another store.
 * @retval TPS_STORE_CHANGED  The two do not compare: `from` was changed since an earlier try, or somebody
 * wrote to `to`. `to` stays unfinished; begin again with an empty one.
 * @retval TPS_STORE_AWAY, TPS_STORE_FAILED, TPS_OUT_OF_MEMORY, TPS_CRYPTO_*  What was copied so far stays;
 * call again to go on.
 */
TPS_MUST_USE tps_status tps_store_copy(tps_store *from, tps_store *to, const tps_store_copy_options *options,
                                       tps_store_copy_result *result);

#endif
