/* SPDX-License-Identifier: Apache-2.0 */
/* Hash tables with open addressing. */
#include "verifier/knowledge/table.h"

#include <stdlib.h>

#include "verifier/keyed_hash.h"

enum { FIRST_CAPACITY = 64 };

static size_t hash_of(const knowledge *k, const table_key *key)
{
    uint64_t hash = keyed_hash_number(k->hash_key, 1, key->scope);

    for (size_t i = 0; i < TABLE_PARTS; i++) {
        hash = keyed_hash_bytes(k->hash_key, hash, key->parts[i]);
    }
    return (size_t)keyed_hash_number(k->hash_key, hash, 0);
}

static bool is_same(const table_key *a, const table_key *b)
{
    for (size_t i = 0; i < TABLE_PARTS; i++) {
        if (!tps_span_equal(a->parts[i], b->parts[i])) {
            return false;
        }
    }
    return a->scope == b->scope;
}

/* The slot that holds the key, or the empty one where it would stand. The table has room. */
static uint32_t *slot_of(const knowledge *k, const knowledge_table *table, const table_key *key,
                         table_key_of get)
{
    size_t at = hash_of(k, key) & (table->capacity - 1);

    while (table->slots[at] != 0) {
        table_key held = get(k, table->slots[at] - 1);
        if (is_same(&held, key)) {
            break;
        }
        at = (at + 1) & (table->capacity - 1);
    }
    return &table->slots[at];
}

uint32_t table_find(const knowledge *k, const knowledge_table *table, const table_key *key, table_key_of get)
{
    uint32_t slot = table->capacity == 0 ? 0 : *slot_of(k, table, key, get);

    return slot == 0 ? KNOWLEDGE_NONE : slot - 1;
}

void table_put(const knowledge *k, knowledge_table *table, uint32_t index, table_key_of get)
{
    table_key key = get(k, index);
    uint32_t *slot = slot_of(k, table, &key, get);

    table->count += *slot == 0;
    *slot = index + 1;
}

tps_status table_reserve(knowledge *k, knowledge_table *table, table_key_of get)
{
    /* At half load. */
    knowledge_table larger = {NULL, table->capacity == 0 ? FIRST_CAPACITY : table->capacity * 2, 0};

    if ((table->count + 1) * 2 <= table->capacity) {
        return TPS_OK;
    }
    TPS_TRY(keyed_hash_draw(&k->hash_key));
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (larger.slots == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i] != 0) {
            table_put(k, &larger, table->slots[i] - 1, get);
        }
    }
    k->bytes += (larger.capacity - table->capacity) * sizeof *larger.slots;
    free(table->slots);
    *table = larger;
    return TPS_OK;
}

void table_refill(const knowledge *k, knowledge_table *table, size_t count, table_key_of get)
{
    if (table->capacity == 0) {
        return;
    }
    memset(table->slots, 0, table->capacity * sizeof *table->slots);
    table->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        table_put(k, table, i, get);
    }
}
