/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that were established with devices, one an instance, for as long as each holds: how a device that was
 * appraised by its signature attests again at the cost of a MAC (spec/keys.md, MAC_p). A hash table;
 * appraisals look keys up and allocate nothing.
 */
#ifndef TPS_VERIFIER_TRUST_ESTABLISHED_H
#define TPS_VERIFIER_TRUST_ESTABLISHED_H

#include "tps/appraisal.h"

#define ESTABLISHED_KEY_SIZE     32u
#define ESTABLISHED_INSTANCE_MAX 33u

typedef struct {
    uint8_t instance[ESTABLISHED_INSTANCE_MAX];
    uint8_t instance_size; /**< 0: an empty slot */
    uint8_t key[ESTABLISHED_KEY_SIZE];
    uint8_t class_id[32];  /**< that was established with it, and no other */
    uint8_t maker[32];     /**< of tps_appraisal: zeros without one */
    bool is_demonstration; /**< so the trust in it came from the demonstration CA */
    int64_t until;         /**< seconds since 1970: the key counts before */
} established_key;

/** Zeroed, it is empty. Its memory holds secrets: established_free() wipes it. */
typedef struct {
    established_key *slots;
    size_t capacity; /**< a power of two, or 0 */
    size_t count;
    uint64_t hash_key; /**< random: no device can choose ids that fall into one place */
} established_keys;

/**
 * Sets the key of the instance that an appraisal names, with its class and maker; one that is known is
 * replaced. The instance id has 1 to ESTABLISHED_INSTANCE_MAX bytes, the key ESTABLISHED_KEY_SIZE.
 * @retval TPS_OK, TPS_OUT_OF_MEMORY, TPS_CRYPTO_NO_ENTROPY
 * @retval TPS_TOO_LARGE  There are TPS_ESTABLISHED_MAX already.
 */
TPS_MUST_USE tps_status established_put(established_keys *keys, const tps_appraisal *basis, tps_span key,
                                        int64_t until);

/** The key of an instance, whether it still counts or not; NULL when there is none. */
const established_key *established_find(const established_keys *keys, tps_span instance);

/** Forgets the key of an instance, if there is one. */
void established_remove(established_keys *keys, tps_span instance);

/** Forgets keys that do not count at `now` any more. */
void established_expire(established_keys *keys, int64_t now);

void established_free(established_keys *keys);

#endif
