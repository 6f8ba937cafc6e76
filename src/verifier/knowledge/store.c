/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays that grow, and bytes in chunks. */
#include "verifier/knowledge/store.h"

#include <stdlib.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

enum { FIRST_ITEMS = 16, LARGE = 65536 };

struct knowledge_chunk {
    struct knowledge_chunk *next;
    size_t used;
    size_t size;
    uint8_t bytes[];
};

static size_t larger_than(size_t capacity)
{
    if (capacity < LARGE) {
        return capacity == 0 ? FIRST_ITEMS : capacity * 2;
    }
    return capacity + capacity / 8;
}

void *store_grow(knowledge *k, void *array, size_t *capacity, size_t count, size_t item_size)
{
    size_t larger = larger_than(*capacity);
    void *moved;

    if (count < *capacity) {
        return array;
    }
    if (count >= UINT32_MAX - 1) {
        return NULL;
    }
    moved = realloc(array, larger * item_size);
    if (moved != NULL) {
        k->bytes += (larger - *capacity) * item_size;
        *capacity = larger;
    }
    return moved;
}

tps_status store_copy(knowledge *k, tps_span bytes, tps_span *copy)
{
    struct knowledge_chunk *chunk = k->chunks;

    *copy = TPS_SPAN_EMPTY;
    if (bytes.size == 0) {
        return TPS_OK;
    }
    if (chunk == NULL || chunk->size - chunk->used < bytes.size) {
        size_t size = bytes.size > CHUNK_SIZE ? bytes.size : CHUNK_SIZE;
        chunk = malloc(sizeof *chunk + size);
        if (chunk == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
        *chunk = (struct knowledge_chunk){.next = k->chunks, .used = 0, .size = size};
        k->chunks = chunk;
        k->bytes += sizeof *chunk + size;
    }
    memcpy(chunk->bytes + chunk->used, bytes.data, bytes.size);
    *copy = tps_span_make(chunk->bytes + chunk->used, bytes.size);
    chunk->used += bytes.size;
    return TPS_OK;
}

void store_free(knowledge *k)
{
    while (k->chunks != NULL) {
        struct knowledge_chunk *next = k->chunks->next;
        free(k->chunks);
        k->chunks = next;
    }
}

bool store_has_maker(const knowledge *k, uint32_t source)
{
    static const uint8_t nobody[32] = {0};

    return source < k->source_count && memcmp(k->sources[source].maker, nobody, sizeof nobody) != 0;
}
