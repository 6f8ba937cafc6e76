/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions that nobody has to remember: ids that say when they end, and nonces derived from them. One HMAC
 * each; spec/session-id.md has the bytes, with vectors.
 */
#include "server/session.h"

#include <string.h>
#include <time.h>

#include "format/text/hex.h"
#include "tps/crypto.h"
#include "tps/secret.h"

#define MAC_AT      11u /* what stands before it is authenticated */
#define MAC_SIZE    5u
#define FRACTION_AT 4u
#define RANDOM_AT   6u
#define RANDOM_SIZE (MAC_AT - RANDOM_AT)
#define STORED      0x20u /* in byte 8 */

_Static_assert(MAC_AT + MAC_SIZE == TPS_STORE_SESSION_ID_SIZE, "the MAC ends the id");
_Static_assert(TPS_SESSION_RANDOM_SIZE % RANDOM_SIZE == 0, "nothing is left over");
#define MARK_SIZE   4u
#define MARKED_FROM 16u /* bytes of the smallest nonce that has a mark */
#define N_SIZE      (TPS_SESSION_NONCE_SIZE - 5u - MARK_SIZE)

_Static_assert(MAC_SIZE + N_SIZE <= TPS_SHA256_SIZE, "one MAC is enough for both");

static const char key_label[] = "opentps session keys 1";
static const char mac_label[] = "opentps session 1";

static void put_number(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
}

tps_status tps_session_keys_derive(const uint8_t secret[TPS_STORE_SECRET_SIZE], int64_t tenant,
                                   const char *generation, tps_session_keys *keys)
{
    uint8_t info[sizeof(key_label) - 1 + 8];

    memcpy(info, key_label, sizeof(key_label) - 1);
    put_number(info + sizeof(key_label) - 1, (uint64_t)tenant, 8);
    *keys = (tps_session_keys){.tenant = tenant};
    return tps_crypto_hkdf(tps_span_make(secret, TPS_STORE_SECRET_SIZE), tps_span_of_text(generation),
                           TPS_SPAN_OF(info), TPS_BUF_OF(keys->key));
}

/* FNV-1a. No secret, and nothing rests on its strength: it only tells our nonces from others. */
static uint32_t mark_of(tps_span nonce)
{
    uint32_t mark = 2166136261u;

    for (size_t i = 0; i < nonce.size; i++) {
        mark = (mark ^ nonce.data[i]) * 16777619u;
    }
    return mark;
}

void tps_session_mark_nonce(tps_buf nonce)
{
    if (nonce.size >= MARKED_FROM) {
        put_number(nonce.data + nonce.size - MARK_SIZE,
                   mark_of(tps_span_make(nonce.data, nonce.size - MARK_SIZE)), MARK_SIZE);
    }
}

bool tps_session_is_own_nonce(tps_span nonce)
{
    uint8_t mark[MARK_SIZE];

    if (nonce.size < MARKED_FROM) {
        return false;
    }
    put_number(mark, mark_of(tps_span_make(nonce.data, nonce.size - MARK_SIZE)), MARK_SIZE);
    return memcmp(mark, nonce.data + nonce.size - MARK_SIZE, MARK_SIZE) == 0;
}

/* The MAC of an id, and behind it the random part of its nonce. */
static tps_status authenticate(const tps_session_keys *keys, const uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                               uint8_t mac[TPS_SHA256_SIZE])
{
    uint8_t text[sizeof(mac_label) - 1 + 8 + MAC_AT];

    memcpy(text, mac_label, sizeof(mac_label) - 1);
    put_number(text + sizeof(mac_label) - 1, (uint64_t)keys->tenant, 8);
    memcpy(text + sizeof(text) - MAC_AT, id, MAC_AT);
    return tps_crypto_hmac_sha256(TPS_SPAN_OF(keys->key), TPS_SPAN_OF(text), mac);
}

static void write_nonce(const uint8_t id[TPS_STORE_SESSION_ID_SIZE], const uint8_t mac[TPS_SHA256_SIZE],
                        uint8_t nonce[TPS_SESSION_NONCE_SIZE])
{
    nonce[0] = 0;
    memcpy(nonce + 1, id, 4);
    memcpy(nonce + 5, mac + MAC_SIZE, N_SIZE);
    tps_session_mark_nonce((tps_buf){nonce, TPS_SESSION_NONCE_SIZE});
}

static tps_status take_random(tps_session_keys *keys, uint8_t out[RANDOM_SIZE])
{
    if (keys->random_left < RANDOM_SIZE) {
        TPS_TRY(tps_crypto_random(TPS_BUF_OF(keys->random)));
        keys->random_left = sizeof(keys->random);
    }
    keys->random_left -= RANDOM_SIZE;
    memcpy(out, keys->random + keys->random_left, RANDOM_SIZE);
    return TPS_OK;
}

/* 65,536ths of a second. Sessions of one moment stand side by side in a store's index, so that a group of
 * insertions writes few pages of it; nothing else rests on it. */
static uint16_t fraction_of_second(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint16_t)((uint64_t)t.tv_nsec * 65536u / 1000000000u);
}

tps_status tps_session_make(tps_session_keys *keys, int64_t expires, bool is_stored,
                            uint8_t id[TPS_STORE_SESSION_ID_SIZE], uint8_t nonce[TPS_SESSION_NONCE_SIZE])
{
    uint8_t made[TPS_STORE_SESSION_ID_SIZE];
    uint8_t mac[TPS_SHA256_SIZE];

    if (expires < 0 || expires > UINT32_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    put_number(made, (uint64_t)expires, 4);
    put_number(made + FRACTION_AT, fraction_of_second(), RANDOM_AT - FRACTION_AT);
    TPS_TRY(take_random(keys, made + RANDOM_AT));
    made[6] = (uint8_t)(0x80u | (made[6] & 0x0fu));                             /* RFC 9562: version 8 */
    made[8] = (uint8_t)(0x80u | (is_stored ? STORED : 0u) | (made[8] & 0x1fu)); /* and its variant */
    TPS_TRY(authenticate(keys, made, mac));
    memcpy(made + MAC_AT, mac, MAC_SIZE);
    memcpy(id, made, sizeof(made));
    if (nonce != NULL) {
        write_nonce(made, mac, nonce);
    }
    return TPS_OK;
}

tps_status tps_session_read(const tps_session_keys *keys, const uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                            int64_t now, tps_session_facts *facts)
{
    uint8_t mac[TPS_SHA256_SIZE];
    int64_t expires = (int64_t)id[0] << 24 | (int64_t)id[1] << 16 | (int64_t)id[2] << 8 | id[3];

    if ((id[6] & 0xf0u) != 0x80u || (id[8] & 0xc0u) != 0x80u) { /* none of ours: saves the MAC */
        return TPS_SERVER_NO_SESSION;
    }
    TPS_TRY(authenticate(keys, id, mac));
    if (!tps_equal_secret(mac, id + MAC_AT, MAC_SIZE) || now >= expires) {
        return TPS_SERVER_NO_SESSION;
    }
    *facts = (tps_session_facts){.expires = expires, .is_stored = (id[8] & STORED) != 0};
    if (!facts->is_stored) {
        write_nonce(id, mac, facts->nonce);
    }
    return TPS_OK;
}

void tps_session_write_id(const uint8_t id[TPS_STORE_SESSION_ID_SIZE], char out[TPS_SESSION_TEXT_SIZE])
{
    static const size_t sizes[] = {4, 2, 2, 2, 6}; /* bytes between the dashes */
    char *at = out;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (i > 0) {
            *at++ = '-';
        }
        at += hex_write(tps_span_make(id, sizes[i]), at);
        id += sizes[i];
    }
    *at = '\0';
}

bool tps_session_parse_id(tps_span text, uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    size_t digits = 0;

    if (text.size != TPS_SESSION_TEXT_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        int value = hex_digit(text.data[i]);

        if (dash ? text.data[i] != '-' : value < 0) {
            return false;
        }
        if (!dash) {
            id[digits / 2] = (uint8_t)(digits % 2 == 0 ? value << 4 : id[digits / 2] | value);
            digits++;
        }
    }
    return true;
}
