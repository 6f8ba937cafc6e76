/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash tables over what a verifier knows: an index is found by the item's key. The hash is keyed with random
 * bits, drawn when the first table gets room: endorsements come from many makers, and no one of them can
 * choose ids that fall into one place.
 */
#ifndef TPS_VERIFIER_TABLE_H
#define TPS_VERIFIER_TABLE_H

#include "verifier/knowledge/knowledge.h"

#define TABLE_PARTS 3u

/** By what an item is found: all of it is compared. */
typedef struct {
    uint32_t scope; /**< within what the parts are a name, such as a class; 0 for all */
    tps_span parts[TABLE_PARTS];
} table_key;

/** The key that an index stands for. */
typedef table_key (*table_key_of)(const knowledge *k, uint32_t index);

/** The index with this key, or KNOWLEDGE_NONE. */
uint32_t table_find(const knowledge *k, const knowledge_table *table, const table_key *key, table_key_of get);

/** Room for one more. @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_NO_ENTROPY */
TPS_MUST_USE tps_status table_reserve(knowledge *k, knowledge_table *table, table_key_of get);

/** Puts an index, for which there is room; one with the same key is replaced. */
void table_put(const knowledge *k, knowledge_table *table, uint32_t index, table_key_of get);

/** Holds the indices below `count`, put in their order, and no others. */
void table_refill(const knowledge *k, knowledge_table *table, size_t count, table_key_of get);

#endif
