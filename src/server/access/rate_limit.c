/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets by the generic cell rate algorithm, and a table of them with eight places a set. */
#include "server/access/rate_limit.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "verifier/keyed_hash.h"

#define RATE_MAX    1000000u
#define WAYS        8u
#define CLIENTS_MAX ((size_t)1 << 22)

typedef struct {
    int64_t tenant;
    uint64_t network;
    tps_rate_bucket bucket;
    uint32_t use; /* 0: free; 1: IPv4; 2: IPv6 */
} place;

struct tps_rate_table {
    uint64_t key;
    size_t sets; /* a power of two */
    place places[];
};

/* ---- one bucket ---- */

uint32_t tps_rate_take(tps_rate_bucket *bucket, uint32_t per_second, uint64_t now_ms)
{
    uint64_t rate = per_second < RATE_MAX ? per_second : RATE_MAX;
    uint64_t burst = rate > TPS_RATE_BURST_MIN ? rate : TPS_RATE_BURST_MIN;
    uint64_t now = now_ms * 1000;
    uint64_t one; /* microseconds that one request takes to come back */
    uint64_t full_at = bucket->full_at_us > now ? bucket->full_at_us : now;

    if (rate == 0) {
        return 0;
    }
    one = 1000000 / rate;
    if (full_at > now + burst * one) { /* the rate was lower before, or the bucket was another's */
        full_at = now + burst * one;
        bucket->full_at_us = full_at;
    }
    if (full_at + one > now + burst * one) {
        uint64_t wait = (full_at + one - now - burst * one + 999) / 1000;
        return wait > UINT32_MAX ? UINT32_MAX : (uint32_t)wait;
    }
    bucket->full_at_us = full_at + one;
    return 0;
}

uint32_t tps_rate_retry_after(uint32_t wait_ms)
{
    return wait_ms <= 1000 ? 1 : wait_ms / 1000 + (wait_ms % 1000 != 0);
}

/* ---- clients ---- */

static uint64_t first_bytes(const uint8_t *bytes, size_t count)
{
    uint64_t number = 0;

    for (size_t i = 0; i < count; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

/* The address alone: without brackets, zone and port. */
static bool take_host(const char *address, char host[INET6_ADDRSTRLEN])
{
    const char *from = address[0] == '[' ? address + 1 : address;
    bool is_v6 = address[0] == '[' || strchr(address, ':') != strrchr(address, ':');
    size_t size = strcspn(from, is_v6 ? "]%" : ":");

    if (size >= INET6_ADDRSTRLEN) {
        return false;
    }
    memcpy(host, from, size);
    host[size] = '\0';
    return true;
}

bool tps_rate_client_read(const char *address, tps_rate_client *client)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char host[INET6_ADDRSTRLEN];
    uint8_t bytes[16];

    *client = (tps_rate_client){UINT64_MAX, false}; /* no IPv4 address has so many bits */
    if (!take_host(address, host)) {
        return false;
    }
    if (inet_pton(AF_INET, host, bytes) == 1) {
        client->network = first_bytes(bytes, 4);
        return true;
    }
    if (inet_pton(AF_INET6, host, bytes) != 1) {
        return false;
    }
    client->is_v6 = memcmp(bytes, mapped, sizeof mapped) != 0;
    client->network = client->is_v6 ? first_bytes(bytes, 8) : first_bytes(bytes + 12, 4);
    return true;
}

/* ---- the table ---- */

tps_status tps_rate_table_new(size_t clients, tps_rate_table **table)
{
    tps_rate_table *made;
    size_t sets = 1;

    *table = NULL;
    if (clients == 0 || clients > CLIENTS_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    while (sets * WAYS < clients) {
        sets *= 2;
    }
    made = calloc(1, sizeof *made + sets * WAYS * sizeof made->places[0]);
    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->sets = sets;
    if (keyed_hash_draw(&made->key) != TPS_OK) {
        free(made);
        return TPS_CRYPTO_NO_ENTROPY;
    }
    *table = made;
    return TPS_OK;
}

void tps_rate_table_free(tps_rate_table *table)
{
    free(table);
}

static size_t set_of(const tps_rate_table *table, int64_t tenant, const tps_rate_client *client)
{
    uint64_t hash = keyed_hash_number(table->key, 1, (uint32_t)tenant);

    hash = keyed_hash_number(table->key, hash, (uint64_t)tenant >> 32);
    hash = keyed_hash_number(table->key, hash, client->is_v6);
    hash = keyed_hash_number(table->key, hash, client->network >> 32);
    hash = keyed_hash_number(table->key, hash, (uint32_t)client->network);
    return (size_t)(hash ^ hash >> 16) & (table->sets - 1);
}

/* The client's own place; else a free one; else that of the fullest bucket, whose contents stay. */
static place *place_of(tps_rate_table *table, int64_t tenant, const tps_rate_client *client)
{
    place *set = table->places + WAYS * set_of(table, tenant, client);
    uint32_t use = client->is_v6 ? 2 : 1;
    place *best = set;

    for (size_t i = 0; i < WAYS; i++) {
        place *at = set + i;

        if (at->use == use && at->tenant == tenant && at->network == client->network) {
            return at;
        }
        if (at->bucket.full_at_us < best->bucket.full_at_us) {
            best = at;
        }
    }
    best->use = use;
    best->tenant = tenant;
    best->network = client->network;
    return best;
}

uint32_t tps_rate_table_take(tps_rate_table *table, int64_t tenant, const tps_rate_client *client,
                             uint32_t per_second, uint64_t now_ms)
{
    if (per_second == 0) {
        return 0;
    }
    return tps_rate_take(&place_of(table, tenant, client)->bucket, per_second, now_ms);
}
