/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces with their time, the memory of those that were used, and epochs. */
#include "tps/freshness.h"

#include <string.h>

#include "tps/crypto.h"
#include "tps/secret.h"

/* Where the parts of a nonce lie. */
enum { TIME_SIZE = 5, RANDOM_SIZE = 11, MAC_AT = TIME_SIZE + RANDOM_SIZE, MAC_SIZE = 16, GENERATIONS = 3 };

#define TIME_MAX (((int64_t)1 << 40) - 1)

static int64_t time_of(const uint8_t *nonce)
{
    int64_t made = 0;

    for (size_t i = 0; i < TIME_SIZE; i++) {
        made = made << 8 | nonce[i];
    }
    return made;
}

static void put_number(uint8_t *out, size_t size, int64_t number)
{
    for (size_t i = size; i-- > 0; number >>= 8) {
        out[i] = (uint8_t)number;
    }
}

/* HMAC-SHA-256 of label, head, context. The label's zero ends it and the head has one size for each label, so
 * no two inputs are the same bytes. */
static tps_status authenticate(tps_span key, tps_span label, tps_span head, tps_span context, tps_digest *tag)
{
    tps_crypto_mac mac;

    if (key.size != TPS_NONCE_KEY_SIZE) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(tps_crypto_mac_begin(&mac, TPS_ALG_HMAC256, key));
    tps_crypto_mac_update(&mac, label);
    tps_crypto_mac_update(&mac, head);
    tps_crypto_mac_update(&mac, context);
    return tps_crypto_mac_finish(&mac, tag);
}

static tps_status authenticate_nonce(tps_span key, tps_span context, const uint8_t *nonce, tps_digest *tag)
{
    static const char label[] = "opentps nonce";

    return authenticate(key, TPS_SPAN_OF(label), tps_span_make(nonce, MAC_AT), context, tag);
}

tps_status tps_nonce_make(tps_span key, tps_span context, int64_t now, uint8_t nonce[TPS_NONCE_SIZE])
{
    uint8_t made[TPS_NONCE_SIZE];
    tps_digest tag;

    if (now < 0 || now > TIME_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    put_number(made, TIME_SIZE, now);
    TPS_TRY(tps_crypto_random((tps_buf){made + TIME_SIZE, RANDOM_SIZE}));
    TPS_TRY(authenticate_nonce(key, context, made, &tag));
    memcpy(made + MAC_AT, tag.bytes, MAC_SIZE);
    memcpy(nonce, made, sizeof made);
    return TPS_OK;
}

tps_status tps_nonce_check(tps_span key, tps_span context, tps_span nonce, int64_t now, int64_t max_age,
                           int64_t *age)
{
    tps_digest tag;
    int64_t made;

    if (nonce.size != TPS_NONCE_SIZE) {
        return TPS_VERIFIER_NONCE_FOREIGN;
    }
    TPS_TRY(authenticate_nonce(key, context, nonce.data, &tag));
    made = time_of(nonce.data);
    if (!tps_equal_secret(tag.bytes, nonce.data + MAC_AT, MAC_SIZE) || made - TPS_NONCE_SKEW > now) {
        return TPS_VERIFIER_NONCE_FOREIGN;
    }
    if (age != NULL) {
        *age = made > now ? 0 : now - made;
    }
    return now - made > max_age ? TPS_VERIFIER_NONCE_TOO_OLD : TPS_OK;
}

/* ---- single use ---- */

tps_status tps_nonce_uses_init(tps_nonce_uses *uses, tps_buf memory, int64_t max_age)
{
    size_t capacity = 8;

    if (max_age <= 0) {
        return TPS_BAD_ARGUMENT;
    }
    if (memory.size < GENERATIONS * MAC_SIZE * capacity) {
        return TPS_BUFFER_TOO_SMALL;
    }
    while (memory.size / (GENERATIONS * MAC_SIZE) / 2 >= capacity) {
        capacity *= 2;
    }
    *uses = (tps_nonce_uses){.memory = memory.data, .capacity = capacity, .max_age = max_age};
    memset(memory.data, 0, GENERATIONS * MAC_SIZE * capacity);
    for (size_t i = 0; i < GENERATIONS; i++) {
        uses->tables[i].generation = -1;
    }
    return TPS_OK;
}

/* Puts a MAC into a table. Nobody chooses where it falls: it is a MAC that was checked. One of zeros is as
 * likely as a forgery, and is taken for used. */
static tps_status put(tps_nonce_uses *uses, size_t table, const uint8_t *mac)
{
    static const uint8_t empty[MAC_SIZE];
    uint8_t *entries = uses->memory + table * uses->capacity * MAC_SIZE;
    size_t at;

    memcpy(&at, mac, sizeof at);
    for (at &= uses->capacity - 1;; at = (at + 1) & (uses->capacity - 1)) {
        uint8_t *entry = entries + at * MAC_SIZE;
        if (memcmp(entry, mac, MAC_SIZE) == 0) {
            return TPS_VERIFIER_NONCE_USED;
        }
        if (memcmp(entry, empty, MAC_SIZE) == 0) {
            if (uses->tables[table].count >= uses->capacity / 4 * 3) {
                return TPS_TOO_LARGE;
            }
            memcpy(entry, mac, MAC_SIZE);
            uses->tables[table].count++;
            return TPS_OK;
        }
    }
}

tps_status tps_nonce_uses_take(tps_nonce_uses *uses, tps_span nonce, int64_t now)
{
    int64_t generation;
    size_t table;

    if (nonce.size != TPS_NONCE_SIZE) {
        return TPS_BAD_ARGUMENT;
    }
    generation = time_of(nonce.data) / uses->max_age;
    table = (size_t)(generation % GENERATIONS);
    if (uses->tables[table].generation > generation || now - time_of(nonce.data) > uses->max_age) {
        return TPS_VERIFIER_NONCE_TOO_OLD;
    }
    if (uses->tables[table].generation < generation) {
        memset(uses->memory + table * uses->capacity * MAC_SIZE, 0, uses->capacity * MAC_SIZE);
        uses->tables[table].generation = generation;
        uses->tables[table].count = 0;
    }
    return put(uses, table, nonce.data + MAC_AT);
}

/* ---- epochs ---- */

static tps_status make_id(tps_span key, tps_span context, int64_t period, int64_t number, uint8_t *id)
{
    static const char label[] = "opentps epoch";
    uint8_t head[16];
    tps_digest tag;

    put_number(head, 8, period);
    put_number(head + 8, 8, number);
    TPS_TRY(authenticate(key, TPS_SPAN_OF(label), TPS_SPAN_OF(head), context, &tag));
    memcpy(id, tag.bytes, TPS_EPOCH_ID_SIZE);
    return TPS_OK;
}

tps_status tps_epoch_ids(tps_span key, tps_span context, int64_t period, int64_t now,
                         uint8_t ids[2][TPS_EPOCH_ID_SIZE])
{
    tps_status status = TPS_BAD_ARGUMENT;

    if (period > 0 && now >= 0) {
        status = make_id(key, context, period, now / period, ids[0]);
        status = status == TPS_OK ? make_id(key, context, period, now / period - 1, ids[1]) : status;
    }
    if (status != TPS_OK) {
        memset(ids, 0, 2 * (size_t)TPS_EPOCH_ID_SIZE);
    }
    return status;
}
