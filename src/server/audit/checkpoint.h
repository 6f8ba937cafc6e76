/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file checkpoint.h
 * Checkpoints of the audit log: from time to time the tenant's result key signs how far the chain has come
 * and its hash there. The signature is a compact JWS, an entry of the chain itself, and whoever keeps one
 * elsewhere can show later that nothing before it was changed, taken out or cut off.
 *
 * Functions on a store: one thread at a time for each store. The others are thread-safe.
 */
#ifndef TPS_SERVER_AUDIT_CHECKPOINT_H
#define TPS_SERVER_AUDIT_CHECKPOINT_H

#include "store/store.h"
#include "tps/jws.h"
#include "tps/result_keys.h"

/** "typ" of the JWS, so that it is never taken for a result that the same key has signed, or the reverse. */
#define TPS_AUDIT_CHECKPOINT_TYPE "opentps-audit-checkpoint+jwt"

/** The longest checkpoint, in characters. */
#define TPS_AUDIT_CHECKPOINT_MAX 1024u

/** What is signed: {"hash":...,"iat":...,"sequence":...,"tenant":...}. */
typedef struct {
    char tenant[TPS_STORE_TENANT_NAME_MAX + 1];
    int64_t sequence; /**< of the entry that is meant */
    uint8_t hash[32]; /**< of that entry */
    int64_t time;     /**< of signing; seconds since 1970 */
} tps_audit_checkpoint;

/**
 * Sign a checkpoint.
 * @param key        A private key of the tenant's ring.
 * @param out        TPS_AUDIT_CHECKPOINT_MAX characters are enough for any; no final zero.
 * @param[out] size  Characters written.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_CRYPTO_*
 */
TPS_MUST_USE tps_status tps_audit_checkpoint_sign(const tps_audit_checkpoint *checkpoint,
                                                  const tps_result_key *key, tps_buf out, size_t *size);

/** A checkpoint that was taken apart; its signature is still to be checked. */
typedef struct {
    tps_audit_checkpoint says;
    tps_jws jws;                         /**< points into the text */
    char key_id[TPS_RESULT_KEY_ID_SIZE]; /**< of the key that is said to have signed it */
} tps_audit_checkpoint_parts;

/**
 * Take a checkpoint apart; tps_jws_verify() with the key of this name then says whether it counts.
 * @retval TPS_OK
 * @retval TPS_SERVER_AUDIT_BAD_CHECKPOINT  It is no JWS, of another type or algorithm, or does not say what a
 * checkpoint says.
 */
TPS_MUST_USE tps_status tps_audit_checkpoint_read(tps_span text, tps_audit_checkpoint_parts *out);

/**
 * The checkpoint in an entry; empty for any other entry.
 * @param room  Takes it: TPS_AUDIT_CHECKPOINT_MAX characters.
 */
tps_span tps_audit_checkpoint_in(tps_span entry, tps_buf room);

/**
 * @brief Append a checkpoint to a tenant's chain, unless its last entry is one.
 *
 * @param name       The tenant's.
 * @param ring       The tenant's keys: the one that signs now.
 * @param[out] made  False: nothing was to be signed.
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND  No key of the ring signs now.
 * @retval TPS_STORE_*, TPS_CRYPTO_*, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_audit_checkpoint_append(tps_store *store, int64_t tenant, const char *name,
                                                    const tps_result_keys *ring, int64_t now, bool *made);

/**
 * @brief The newest checkpoint of a tenant's chain.
 * @param[out] sequence  Of the entry that holds it.
 * @param out            TPS_AUDIT_CHECKPOINT_MAX characters; no final zero.
 * @param[out] size      Characters.
 * @retval TPS_OK, TPS_NOT_FOUND (there is none), TPS_STORE_*
 */
TPS_MUST_USE tps_status tps_audit_checkpoint_last(tps_store *store, int64_t tenant, int64_t *sequence,
                                                  tps_buf out, size_t *size);

#endif
