/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claims of a PSA token as a table: reading, judging and writing walk it, so that a claim costs six bytes
 * and its name. The order is that of deterministic encoding.
 */
#ifndef TPS_FORMAT_PSA_TABLE_H
#define TPS_FORMAT_PSA_TABLE_H

#include "tps/psa.h"

/** What a value is. */
enum {
    PSA_TEXT = 0,
    PSA_REFERENCE = 1, /**< text: a certification reference */
    PSA_PROFILE = 2,   /**< text; decides over the others */
    PSA_BYTES = 3,     /**< `low` to `high` bytes */
    PSA_HASH = 4,      /**< 32, 48 or 64 bytes */
    PSA_INSTANCE = 5,  /**< `low` bytes, the first 0x01 */
    PSA_CLIENT = 6,    /**< int32_t */
    PSA_STATE = 7,     /**< the lifecycle */
    PSA_LIST = 8       /**< the software components */
};

typedef struct {
    uint16_t label;
    uint8_t rule; /**< PSA_* */
    uint8_t at;   /**< where the value lies, in steps of 4 bytes */
    uint8_t low;  /**< of its size */
    uint8_t high;
} psa_claim;

/** The claims, and behind them the members of a component. */
extern const psa_claim psa_claims[];

/** Entries of the table. */
enum {
    PSA_PROFILE_ENTRY = 2,
    PSA_SEED_ENTRY = 3,
    PSA_STATE_ENTRY = 5,
    PSA_OLD_SEED_ENTRY = 7,
    PSA_REFERENCE_ENTRY = 8,
    PSA_LIST_ENTRY = 9,
    PSA_MEMBERS = 11, /**< here the members of a component begin */
    PSA_END = 16      /**< its name is that of the whole */
};

/** Entries that may not be absent. */
#define PSA_MUST 0x5273u

/** Where decoding keeps what it judges later: in the first component, which is read last. */
#define PSA_PROFILE_AT  (offsetof(tps_psa_claims, components[0].type) / 4)
#define PSA_OLD_SEED_AT (offsetof(tps_psa_claims, components[0].version) / 4)

/** The name of an entry, for errors. */
const char *psa_name(uint32_t entry);

/** The span of an entry in `base`, claims or a component. */
static inline tps_span *psa_span_at(const void *base, uint32_t entry)
{
    return (tps_span *)(void *)((uint32_t *)(uintptr_t)base + psa_claims[entry].at);
}

/** Judges a string by the entry's rule. @retval TPS_OK, TPS_CLAIM_BAD_VALUE, TPS_CBOR_BAD_UTF8 */
tps_status psa_judge(uint32_t entry, tps_span value);

/** What a number, or the profile, decides: the entry at fault, or PSA_END. */
uint32_t psa_find_fault(const tps_psa_claims *claims);

#endif
