/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of what a verifier knows: arrays that grow, and bytes that are kept. For the files of this folder.
 */
#ifndef TPS_VERIFIER_KNOWLEDGE_STORE_H
#define TPS_VERIFIER_KNOWLEDGE_STORE_H

#include "verifier/knowledge/knowledge.h"

/**
 * Room for one more item; returns the array, moved or not, or NULL. Small arrays double; large ones grow by
 * an eighth, so that a million devices do not reserve room for two.
 */
void *store_grow(knowledge *k, void *array, size_t *capacity, size_t count, size_t item_size);

/** Keeps a copy of the bytes until knowledge_free(). @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status store_copy(knowledge *k, tps_span bytes, tps_span *copy);

/** Ends all kept bytes. */
void store_free(knowledge *k);

/** True when the signer's (anchor's) digest is not all zeros. */
bool store_has_maker(const knowledge *k, uint32_t source);

#endif
