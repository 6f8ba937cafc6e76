/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file token.h
 * API tokens: `tps_` and 32 random bytes in base64url, 47 characters in all. The server keeps SHA-256 of the
 * text and never the text: who reads the store learns no token, and of 32 random bytes a fast hash is enough.
 *
 * Time tells nothing of a token: characters are judged and made without look-ups, and what is searched for is
 * the hash of what was sent. Who learns that the first bytes of two hashes are the same is no nearer to a
 * token, as nobody can choose a text for its hash's sake.
 */
#ifndef TPS_SERVER_ACCESS_TOKEN_H
#define TPS_SERVER_ACCESS_TOKEN_H

#include "tps/crypto.h"

#define TPS_TOKEN_PREFIX    "tps_"
#define TPS_TOKEN_TEXT_SIZE 47u /**< characters, without a final zero */
#define TPS_TOKEN_TABLE_MAX 65536u
#define TPS_TOKEN_NO_EXPIRY INT64_MAX

/**
 * Makes a token.
 * @param[out] text    The secret, with a final zero: to be shown once, and wiped.
 * @param[out] sha256  What is kept.
 * @retval TPS_OK, TPS_CRYPTO_NO_ENTROPY, TPS_CRYPTO_FAILED (both outputs are wiped)
 */
TPS_MUST_USE tps_status tps_token_make(char text[TPS_TOKEN_TEXT_SIZE + 1], uint8_t sha256[TPS_SHA256_SIZE]);

/** True when a text begins as tokens do: nothing else is to be made of it. */
bool tps_token_is_meant(tps_span text);

/**
 * The hash of a token that somebody sent.
 * @retval TPS_OK
 * @retval TPS_SERVER_UNAUTHENTICATED  It has not the form of one. @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_token_read(tps_span text, uint8_t sha256[TPS_SHA256_SIZE]);

/** What a table says of a token. */
typedef struct {
    uint8_t sha256[TPS_SHA256_SIZE];
    int64_t expires; /**< seconds since 1970, from when on it does not count; TPS_TOKEN_NO_EXPIRY */
    uint32_t scopes; /**< TPS_SCOPE_* */
    uint32_t name;   /**< the user's own number for its name */
} tps_token_entry;

/** Tokens by hash. Many threads may look up at once, while nobody adds. */
typedef struct {
    tps_token_entry *entries; /* 2^bits places; a place without scopes is free */
    uint32_t bits;
    uint32_t count;
} tps_token_table;

/** An empty table is all zeros. Ends one. */
void tps_token_table_free(tps_token_table *table);

/**
 * Adds a token; `entry->scopes` is not 0.
 * @retval TPS_OK
 * @retval TPS_STORE_EXISTS   One of the same hash is there. @retval TPS_BAD_ARGUMENT  No scopes.
 * @retval TPS_TOO_LARGE      There are TPS_TOKEN_TABLE_MAX. @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_token_table_add(tps_token_table *table, const tps_token_entry *entry);

/** The entry of a hash, or NULL. Whether it has expired is the caller's to see. */
const tps_token_entry *tps_token_table_find(const tps_token_table *table,
                                            const uint8_t sha256[TPS_SHA256_SIZE]);

#endif
