/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting sessions: a hash table with chains for finding, and a list by age for ending. Ids are random
 * numbers of ours, so their first bytes serve as the hash.
 */
#include "server/session_table.h"

#include <stdlib.h>

struct tps_session_table {
    tps_session **buckets;
    size_t bucket_mask;
    size_t capacity, count;
    tps_session *oldest, *newest;
};

tps_session_table *tps_session_table_new(size_t capacity)
{
    tps_session_table *table = calloc(1, sizeof(*table));
    size_t buckets = 16;

    if (table == NULL) {
        return NULL;
    }
    while (buckets < capacity) {
        buckets *= 2;
    }
    table->buckets = calloc(buckets, sizeof(tps_session *));
    if (table->buckets == NULL) {
        free(table);
        return NULL;
    }
    table->bucket_mask = buckets - 1;
    table->capacity = capacity;
    return table;
}

void tps_session_table_free(tps_session_table *table)
{
    if (table == NULL) {
        return;
    }
    while (table->oldest != NULL) {
        tps_session_table_remove(table, table->oldest);
    }
    free(table->buckets);
    free(table);
}

size_t tps_session_table_count(const tps_session_table *table)
{
    return table->count;
}

static tps_session **bucket_of(tps_session_table *table, const uint8_t *id)
{
    uint32_t hash;

    memcpy(&hash, id, sizeof(hash));
    return &table->buckets[hash & table->bucket_mask];
}

/* A taken session is ended by whoever took it. */
static void drop_ended(tps_session_table *table, uint64_t now_ms)
{
    tps_session *next;

    for (tps_session *s = table->oldest; s != NULL && s->ends_ms <= now_ms; s = next) {
        next = s->newer;
        if (!s->taken) {
            tps_session_table_remove(table, s);
        }
    }
}

tps_status tps_session_table_add(tps_session_table *table, const uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                                 uint64_t now_ms, uint32_t lifetime_ms, tps_session **session)
{
    tps_session **bucket = bucket_of(table, id);
    tps_session *made;

    drop_ended(table, now_ms);
    if (table->count >= table->capacity) {
        return TPS_SERVER_BUSY;
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    memcpy(made->id, id, sizeof(made->id));
    made->ends_ms = now_ms + lifetime_ms;
    made->next_in_bucket = *bucket;
    *bucket = made;
    made->older = table->newest;
    *(table->newest == NULL ? &table->oldest : &table->newest->newer) = made;
    table->newest = made;
    table->count++;
    *session = made;
    return TPS_OK;
}

tps_session *tps_session_table_find(tps_session_table *table, const uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                                    uint64_t now_ms)
{
    tps_session *s = *bucket_of(table, id);

    while (s != NULL && memcmp(s->id, id, sizeof(s->id)) != 0) {
        s = s->next_in_bucket;
    }
    return s != NULL && !s->taken && s->ends_ms <= now_ms ? NULL : s;
}

void tps_session_table_remove(tps_session_table *table, tps_session *session)
{
    tps_session **at = bucket_of(table, session->id);

    while (*at != session) {
        at = &(*at)->next_in_bucket;
    }
    *at = session->next_in_bucket;
    *(session->older == NULL ? &table->oldest : &session->older->newer) = session->newer;
    *(session->newer == NULL ? &table->newest : &session->newer->older) = session->older;
    table->count--;
    free(session);
}
