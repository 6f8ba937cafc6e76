/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_table.h
 * The challenge-response sessions of one tenant that wait for their evidence. Bounded, in memory only: a
 * restart ends them, and with them the nonces that were given out. All live equally long, so they end in the
 * order of their beginning.
 */
#ifndef TPS_SERVER_SESSION_TABLE_H
#define TPS_SERVER_SESSION_TABLE_H

#include "store/store.h"

/** One session. */
typedef struct tps_session tps_session;
struct tps_session {
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    uint8_t nonce[TPS_STORE_NONCE_MAX];
    uint8_t nonce_size;
    bool nonce_from_client;
    bool taken;       /**< it has its evidence; the result is being made and stored */
    int64_t expires;  /**< seconds since 1970, as the client was told */
    uint64_t ends_ms; /**< on the monotonic clock */
    tps_session *next_in_bucket;
    tps_session *older, *newer;
};

typedef struct tps_session_table tps_session_table;

/** A table of at most `capacity` sessions, 1..2^20. NULL when out of memory. */
tps_session_table *tps_session_table_new(size_t capacity);

/** Ends the table and its sessions. NULL is allowed. */
void tps_session_table_free(tps_session_table *table);

/** How many sessions there are, the taken ones included. */
size_t tps_session_table_count(const tps_session_table *table);

/**
 * A new session with the given random id, zero but for id and end; sessions that have ended at `now_ms` make
 * room.
 * @retval TPS_SERVER_BUSY  The table is full. @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_session_table_add(tps_session_table *table,
                                              const uint8_t id[TPS_STORE_SESSION_ID_SIZE], uint64_t now_ms,
                                              uint32_t lifetime_ms, tps_session **session);

/** The session of this id, or NULL when there is none or it has ended at `now_ms`; a taken one is found all
 * the same. */
tps_session *tps_session_table_find(tps_session_table *table, const uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                                    uint64_t now_ms);

/** Ends a session. */
void tps_session_table_remove(tps_session_table *table, tps_session *session);

#endif
