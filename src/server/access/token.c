/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens: made, read, found. */
#include "server/access/token.h"

#include <stdlib.h>

#include "server/access/secret_text.h"
#include "tps/secret.h"

#define PREFIX_SIZE (sizeof TPS_TOKEN_PREFIX - 1)
#define BITS_FIRST  4u

static tps_status hash_text(tps_span text, uint8_t sha256[TPS_SHA256_SIZE])
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, text, &digest));
    memcpy(sha256, digest.bytes, TPS_SHA256_SIZE);
    return TPS_OK;
}

tps_status tps_token_make(char text[TPS_TOKEN_TEXT_SIZE + 1], uint8_t sha256[TPS_SHA256_SIZE])
{
    uint8_t secret[32];
    tps_status status = tps_crypto_random(TPS_BUF_OF(secret));

    if (status == TPS_OK) {
        memcpy(text, TPS_TOKEN_PREFIX, PREFIX_SIZE);
        secret_text_write(TPS_SPAN_OF(secret), text + PREFIX_SIZE);
        text[TPS_TOKEN_TEXT_SIZE] = '\0';
        status = hash_text(tps_span_make(text, TPS_TOKEN_TEXT_SIZE), sha256);
    }
    tps_wipe(secret, sizeof secret);
    if (status != TPS_OK) {
        tps_wipe(text, TPS_TOKEN_TEXT_SIZE + 1);
        tps_wipe(sha256, TPS_SHA256_SIZE);
    }
    return status;
}

bool tps_token_is_meant(tps_span text)
{
    return text.size >= PREFIX_SIZE && memcmp(text.data, TPS_TOKEN_PREFIX, PREFIX_SIZE) == 0;
}

tps_status tps_token_read(tps_span text, uint8_t sha256[TPS_SHA256_SIZE])
{
    if (text.size != TPS_TOKEN_TEXT_SIZE || !tps_token_is_meant(text) ||
        !secret_text_is_base64url(tps_span_make(text.data + PREFIX_SIZE, text.size - PREFIX_SIZE))) {
        return TPS_SERVER_UNAUTHENTICATED;
    }
    return hash_text(text, sha256);
}

/* ---- the table ---- */

void tps_token_table_free(tps_token_table *table)
{
    free(table->entries);
    *table = (tps_token_table){NULL, 0, 0};
}

/* The place of a hash, or the free one where it would be. There always is a free one. */
static tps_token_entry *place_of(const tps_token_table *table, const uint8_t sha256[TPS_SHA256_SIZE])
{
    size_t mask = ((size_t)1 << table->bits) - 1;
    size_t place = ((size_t)sha256[0] << 16 | (size_t)sha256[1] << 8 | sha256[2]) & mask;

    while (table->entries[place].scopes != 0 &&
           !tps_equal_secret(table->entries[place].sha256, sha256, TPS_SHA256_SIZE)) {
        place = (place + 1) & mask;
    }
    return &table->entries[place];
}

/* Twice the places, so that at most half of them are taken. */
static tps_status grow(tps_token_table *table)
{
    tps_token_table larger = {.bits = table->entries == NULL ? BITS_FIRST : table->bits + 1,
                              .count = table->count};
    size_t places = table->entries == NULL ? 0 : (size_t)1 << table->bits;

    larger.entries = calloc((size_t)1 << larger.bits, sizeof *larger.entries);
    if (larger.entries == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < places; i++) {
        if (table->entries[i].scopes != 0) {
            *place_of(&larger, table->entries[i].sha256) = table->entries[i];
        }
    }
    free(table->entries);
    *table = larger;
    return TPS_OK;
}

tps_status tps_token_table_add(tps_token_table *table, const tps_token_entry *entry)
{
    tps_token_entry *place;

    if (entry->scopes == 0) {
        return TPS_BAD_ARGUMENT;
    }
    if (table->count >= TPS_TOKEN_TABLE_MAX) {
        return TPS_TOO_LARGE;
    }
    if (table->entries == NULL || 2 * (table->count + 1) > 1u << table->bits) {
        TPS_TRY(grow(table));
    }
    place = place_of(table, entry->sha256);
    if (place->scopes != 0) {
        return TPS_STORE_EXISTS;
    }
    *place = *entry;
    table->count++;
    return TPS_OK;
}

const tps_token_entry *tps_token_table_find(const tps_token_table *table,
                                            const uint8_t sha256[TPS_SHA256_SIZE])
{
    const tps_token_entry *place = table->entries == NULL ? NULL : place_of(table, sha256);

    return place == NULL || place->scopes == 0 ? NULL : place;
}
