/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rate_limit.h
 * How many requests a client, or a tenant, may send: buckets that hold `burst` requests and fill at a rate. A
 * bucket is one number, the moment at which it will be full again.
 *
 * Clients are told apart by IPv4 address or IPv6 network of 64 bits. Their buckets live in a table of fixed
 * size, hashed under a random key. Where all places that a new client may take are in use, it takes that of
 * the fullest bucket and goes on with what was in it: who makes others leave the table gains no request by
 * it, for himself or for the newcomers. A bucket that is full says no more than one that is not there.
 *
 * For one thread at a time. The clock is handed in: milliseconds, and never runs back.
 */
#ifndef TPS_SERVER_ACCESS_RATE_LIMIT_H
#define TPS_SERVER_ACCESS_RATE_LIMIT_H

#include "tps/span.h"
#include "tps/status.h"

/** Requests of one second fit into a bucket, and at least so many. */
#define TPS_RATE_BURST_MIN 10u

/** One bucket; zeros make a full one. */
typedef struct {
    uint64_t full_at_us; /* the moment at which it is full */
} tps_rate_bucket;

/**
 * Takes one request from a bucket that fills with `per_second`, 1 to 1,000,000, and holds as many, at least
 * TPS_RATE_BURST_MIN; 0: no limit.
 * @return 0: taken. Else nothing was taken: milliseconds until there is one, at least 1.
 */
uint32_t tps_rate_take(tps_rate_bucket *bucket, uint32_t per_second, uint64_t now_ms);

/** Who a client is, for this purpose. */
typedef struct {
    uint64_t network; /**< IPv6: the first 64 bits; IPv4: the address */
    bool is_v6;
} tps_rate_client;

/**
 * Reads an address: "192.0.2.1", "2001:db8::1", "[2001:db8::1]", either with ":port" behind (IPv6 in brackets
 * then); a zone is passed over. IPv4 within IPv6 (::ffff:0:0/96) is IPv4.
 * @return False if it is none; then the client is that of all such.
 */
bool tps_rate_client_read(const char *address, tps_rate_client *client);

/** Buckets of clients. */
typedef struct tps_rate_table tps_rate_table;

/**
 * @param clients  Buckets that it holds, 1 to 2^22; rounded up to a power of two. 32 bytes each.
 * @retval TPS_OK, TPS_OUT_OF_MEMORY, TPS_CRYPTO_NO_ENTROPY, TPS_BAD_ARGUMENT
 */
TPS_MUST_USE tps_status tps_rate_table_new(size_t clients, tps_rate_table **table);

/** NULL is allowed. */
void tps_rate_table_free(tps_rate_table *table);

/** tps_rate_take() for this client at this tenant. */
uint32_t tps_rate_table_take(tps_rate_table *table, int64_t tenant, const tps_rate_client *client,
                             uint32_t per_second, uint64_t now_ms);

/** Whole seconds for the field Retry-After: at least 1. */
uint32_t tps_rate_retry_after(uint32_t wait_ms);

#endif
