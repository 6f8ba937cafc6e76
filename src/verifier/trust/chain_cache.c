/* SPDX-License-Identifier: Apache-2.0 */
/* Chains that were verified before: a table of sets of two, without allocation once it is made. */
#include <stdlib.h>

#include "verifier/keyed_hash.h"
#include "verifier/trust/chain.h"

enum { SETS = 2048, WAYS = 2, INSTANCE_MAX = 33 };

typedef struct {
    uint64_t generation; /* 0: empty */
    uint64_t last_use;
    uint32_t use;
    uint32_t proof;
    uint8_t instance_size;
    uint8_t instance[INSTANCE_MAX];
    uint8_t digest[32];
    chain_facts facts;
} entry;

struct chain_cache {
    uint64_t generation; /* of what is known now */
    uint64_t clock;
    uint64_t key; /* so that nobody can choose instances that meet in one set */
    entry entries[SETS][WAYS];
};

tps_status chain_cache_new(chain_cache **cache)
{
    chain_cache *made = calloc(1, sizeof *made);
    tps_status status;

    *cache = NULL;
    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    status = keyed_hash_draw(&made->key);
    if (status != TPS_OK) {
        free(made);
        return status;
    }
    made->generation = 1;
    *cache = made;
    return TPS_OK;
}

void chain_cache_free(chain_cache *cache)
{
    free(cache);
}

void chain_cache_clear(chain_cache *cache)
{
    if (cache != NULL) {
        cache->generation++;
    }
}

tps_status chain_name_of(uint32_t use, tps_span encoded, tps_span instance, chain_name *name)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, encoded, &digest));
    *name = (chain_name){.use = use, .proof = CHAIN_DIRECT, .instance = instance};
    memcpy(name->digest, digest.bytes, sizeof name->digest);
    return TPS_OK;
}

static entry *set_of(chain_cache *cache, const chain_name *name)
{
    uint64_t hash = keyed_hash_bytes(cache->key, keyed_hash_number(cache->key, 1, name->use), name->instance);

    return cache->entries[keyed_hash_number(cache->key, hash, 0) % SETS];
}

static bool is_of(const chain_cache *cache, const entry *e, const chain_name *name)
{
    return e->generation == cache->generation && e->use == name->use && e->proof == name->proof &&
           tps_span_equal(tps_span_make(e->instance, e->instance_size), name->instance);
}

const chain_facts *chain_cache_find(chain_cache *cache, const chain_name *name, int64_t now)
{
    entry *set = cache == NULL ? NULL : set_of(cache, name);

    for (size_t i = 0; set != NULL && i < WAYS; i++) {
        entry *e = &set[i];
        if (is_of(cache, e, name) && memcmp(e->digest, name->digest, sizeof e->digest) == 0 &&
            now >= e->facts.from && now <= e->facts.until) {
            e->last_use = ++cache->clock;
            return &e->facts;
        }
    }
    return NULL;
}

/* The same instance's, else one that is of no use, else the one that was not used for longer. */
static entry *victim(chain_cache *cache, entry *set, const chain_name *name)
{
    entry *oldest = &set[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (is_of(cache, &set[i], name)) {
            return &set[i];
        }
    }
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].generation != cache->generation) {
            return &set[i];
        }
        oldest = set[i].last_use < oldest->last_use ? &set[i] : oldest;
    }
    return oldest;
}

void chain_cache_keep(chain_cache *cache, const chain_name *name, const chain_facts *facts)
{
    entry *e;

    if (cache == NULL || name->instance.size > INSTANCE_MAX) {
        return;
    }
    e = victim(cache, set_of(cache, name), name);
    *e = (entry){.generation = cache->generation,
                 .last_use = ++cache->clock,
                 .use = name->use,
                 .proof = name->proof,
                 .instance_size = (uint8_t)name->instance.size,
                 .facts = *facts};
    memcpy(e->digest, name->digest, sizeof e->digest);
    if (name->instance.size > 0) {
        memcpy(e->instance, name->instance.data, name->instance.size);
    }
}
