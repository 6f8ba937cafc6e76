/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of keys that sign results. */
#include <stdio.h>
#include <string.h>

#include "format/json/writer.h"
#include "tps/base64.h"
#include "tps/result_keys.h"

/* The two coordinates as they stand in a JWK. */
typedef struct {
    char x[TPS_BASE64URL_SIZE(32) + 1];
    char y[TPS_BASE64URL_SIZE(32) + 1];
} coordinates;

static tps_status read_coordinates(const tps_crypto_key *key, coordinates *out)
{
    tps_crypto_point point;

    TPS_TRY(tps_crypto_key_point(key, &point));
    out->x[tps_base64url_write(tps_span_make(point.x, 32), out->x)] = '\0';
    out->y[tps_base64url_write(tps_span_make(point.y, 32), out->y)] = '\0';
    return TPS_OK;
}

/* The thumbprint is over the required members in the order of their names (RFC 7638, 3.2 and 3.3). */
static tps_status name_key(const tps_crypto_key *key, char id[TPS_RESULT_KEY_ID_SIZE])
{
    coordinates at;
    tps_digest digest;
    char text[160];

    TPS_TRY(read_coordinates(key, &at));
    (void)snprintf(text, sizeof text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", at.x,
                   at.y);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_of_text(text), &digest));
    id[tps_base64url_write(tps_span_make(digest.bytes, digest.size), id)] = '\0';
    return TPS_OK;
}

/* ---- the ring ---- */

static tps_result_key *find(tps_result_keys *ring, const char *id)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (strcmp(ring->keys[i].id, id) == 0) {
            return &ring->keys[i];
        }
    }
    return NULL;
}

tps_status tps_result_keys_add(tps_result_keys *ring, tps_crypto_key *key, int64_t active_from)
{
    tps_result_key made = {.key = key, .active_from = active_from, .retired_at = INT64_MAX};
    size_t at = ring->count;

    if (tps_crypto_key_curve(key) != TPS_CURVE_P256) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    TPS_TRY(name_key(key, made.id));
    if (find(ring, made.id) != NULL) {
        return TPS_BAD_ARGUMENT;
    }
    if (ring->count == TPS_RESULT_KEYS_MAX) {
        return TPS_TOO_LARGE;
    }
    for (; at > 0 && ring->keys[at - 1].active_from > active_from; at--) {
        ring->keys[at] = ring->keys[at - 1];
    }
    ring->keys[at] = made;
    ring->count++;
    return TPS_OK;
}

tps_status tps_result_keys_retire(tps_result_keys *ring, const char *id, int64_t at)
{
    tps_result_key *key = find(ring, id);

    if (key == NULL) {
        return TPS_NOT_FOUND;
    }
    if (at < key->retired_at) {
        key->retired_at = at;
    }
    return TPS_OK;
}

tps_status tps_result_keys_remove(tps_result_keys *ring, const char *id)
{
    tps_result_key *key = find(ring, id);
    size_t behind;

    if (key == NULL) {
        return TPS_NOT_FOUND;
    }
    behind = (size_t)(ring->keys + ring->count - (key + 1));
    memmove(key, key + 1, behind * sizeof *key);
    ring->keys[--ring->count] = (tps_result_key){0};
    return TPS_OK;
}

const tps_result_key *tps_result_keys_active(const tps_result_keys *ring, int64_t now)
{
    for (size_t i = ring->count; i > 0; i--) {
        const tps_result_key *key = &ring->keys[i - 1];
        if (key->active_from <= now && now < key->retired_at) {
            return key;
        }
    }
    return NULL;
}

/* ---- how long a key is needed ---- */

/* When a key signed last, up to now; false when it never did. It ends to sign where it retires, or where a
 * newer one begins, so it did in the second before one of these moments, or does now. */
static bool last_signed(const tps_result_keys *ring, const tps_result_key *key, int64_t now, int64_t *at)
{
    bool has_signed = tps_result_keys_active(ring, now) == key;

    *at = now;
    for (size_t i = 0; i <= ring->count && !(has_signed && *at == now); i++) {
        int64_t end = i < ring->count ? ring->keys[i].active_from : key->retired_at;
        if (end > INT64_MIN && end <= now && tps_result_keys_active(ring, end - 1) == key &&
            (!has_signed || end - 1 > *at)) {
            *at = end - 1;
            has_signed = true;
        }
    }
    return has_signed;
}

/* `now - at` may not fit where somebody wrote "for ever" into a time. */
static bool is_within(int64_t at, int64_t now, int64_t lifetime)
{
    return (uint64_t)now - (uint64_t)at <= (uint64_t)(lifetime < 0 ? 0 : lifetime);
}

bool tps_result_keys_is_needed(const tps_result_keys *ring, const tps_result_key *key, int64_t now,
                               int64_t lifetime)
{
    int64_t at = 0;

    if (key->active_from > now && key->active_from < key->retired_at) {
        return true;
    }
    return last_signed(ring, key, now, &at) && is_within(at, now, lifetime);
}

/* ---- what is published ---- */

static tps_status put_jwk(json_writer *w, const tps_result_key *key)
{
    coordinates at;

    TPS_TRY(read_coordinates(key->key, &at));
    json_begin_object(w);
    json_member_text(w, "kty", "EC");
    json_member_text(w, "crv", "P-256");
    json_member_text(w, "x", at.x);
    json_member_text(w, "y", at.y);
    json_member_text(w, "alg", "ES256");
    json_member_text(w, "use", "sig");
    json_member_text(w, "kid", key->id);
    json_end_object(w);
    return TPS_OK;
}

tps_status tps_result_key_jwk(const tps_result_key *key, tps_buf out, size_t *size)
{
    json_writer w = json_writer_init(out);

    *size = 0;
    TPS_TRY(put_jwk(&w, key));
    return json_writer_finish(&w, size);
}

tps_status tps_result_keys_jwks(const tps_result_keys *ring, int64_t now, int64_t lifetime, tps_buf out,
                                size_t *size)
{
    const tps_result_key *active = tps_result_keys_active(ring, now);
    json_writer w = json_writer_init(out);

    *size = 0;
    json_begin_object(&w);
    json_key(&w, "keys");
    json_begin_array(&w);
    if (active != NULL) {
        TPS_TRY(put_jwk(&w, active));
    }
    for (size_t i = ring->count; i > 0; i--) {
        const tps_result_key *key = &ring->keys[i - 1];
        if (key != active && tps_result_keys_is_needed(ring, key, now, lifetime)) {
            TPS_TRY(put_jwk(&w, key));
        }
    }
    json_end_array(&w);
    json_end_object(&w);
    return json_writer_finish(&w, size);
}
