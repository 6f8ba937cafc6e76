/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets: which keys count for which algorithms, and signatures by them. */
#include "server/access/jwks.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "format/json/jwk.h"
#include "format/json/reader.h"
#include "tps/secret.h"

/* Algorithms as bits. */
enum { RS256 = 1, PS256 = 2, ES256 = 4, ES384 = 8, ES512 = 16, EDDSA = 32 };

static const struct {
    const char *name;
    uint32_t bit;
    int32_t alg; /* TPS_ALG_NONE: tps_crypto_verify_rs256() */
} algorithms[] = {
    {"RS256", RS256, TPS_ALG_NONE},      {"PS256", PS256, TPS_ALG_PS256},  {"ES256", ES256, TPS_ALG_ES256},
    {"ES384", ES384, TPS_ALG_ES384},     {"ES512", ES512, TPS_ALG_ESP512}, {"EdDSA", EDDSA, TPS_ALG_ED25519},
    {"Ed25519", EDDSA, TPS_ALG_ED25519},
};

#define ALGORITHM_COUNT (sizeof algorithms / sizeof algorithms[0])

typedef struct {
    tps_crypto_key *key;
    uint32_t algs; /* bits */
    uint32_t kid_size;
    uint8_t kid[TPS_JWKS_KID_MAX];
} one_key;

struct tps_jwks {
    atomic_uint references;
    size_t count;
    one_key keys[TPS_JWKS_KEYS_MAX];
};

static const json_limits limits = {.size = TPS_JWKS_SIZE_MAX, .depth = 16, .entries = 512};

/* ---- reading ---- */

/* What kind of signatures a key can make. */
static uint32_t algs_of(const tps_cose_key *key)
{
    if (key->kty == TPS_KEY_RSA) {
        return RS256 | PS256;
    }
    switch (key->curve) {
    case TPS_CURVE_P256: return ES256;
    case TPS_CURVE_P384: return ES384;
    case TPS_CURVE_P521: return ES512;
    case TPS_CURVE_ED25519: return EDDSA;
    default: return 0;
    }
}

static uint32_t bit_of(json_str name)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (json_str_is(name, algorithms[i].name)) {
            return algorithms[i].bit;
        }
    }
    return 0;
}

/* The kid, and the algorithms that alg leaves (all without one). False if the kid is none, or too long. */
static bool read_names(tps_span text, one_key *key)
{
    json_reader r = json_reader_init(text);
    json_list list = json_enter_object(&r);

    key->algs = UINT32_MAX;
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (json_str_is(name, "alg")) {
            key->algs = bit_of(json_get_string(&r));
        } else if (json_str_is(name, "kid")) {
            tps_buf room = TPS_BUF_OF(key->kid);
            json_str kid = json_get_string(&r);
            tps_span value;

            if (kid.raw.size > sizeof key->kid || json_str_value(kid, &room, &value) != TPS_OK) {
                return false;
            }
            memmove(key->kid, value.data, value.size);
            key->kid_size = (uint32_t)value.size;
        } else {
            (void)json_skip(&r);
        }
    }
    return r.status == TPS_OK;
}

/* TPS_OK: `key->key` is the caller's. TPS_NOT_FOUND: it is passed over. Else it failed at this moment. */
static tps_status read_key(tps_span text, one_key *key)
{
    uint8_t room[JWK_ROOM_SIZE];
    jwk found;
    tps_status status = TPS_NOT_FOUND;
    bool is_good;

    if (json_peek(&(json_reader){text.data, text.data, text.data + text.size, TPS_OK}) != JSON_OBJECT ||
        !read_names(text, key)) {
        return TPS_NOT_FOUND;
    }
    is_good = jwk_read(text, TPS_BUF_OF(room), &found, NULL) == TPS_OK && !found.has_private_part &&
              found.key.kty != TPS_KEY_SYMMETRIC &&
              tps_cose_key_permits(&found.key, TPS_ALG_NONE, TPS_KEY_OP_VERIFY) == TPS_OK;
    if (is_good) {
        key->algs &= algs_of(&found.key);
        status = key->algs == 0 ? TPS_NOT_FOUND : tps_cose_key_public(&found.key, &key->key);
    }
    tps_wipe(room, sizeof room);
    return status == TPS_OK || status == TPS_OUT_OF_MEMORY || status == TPS_CRYPTO_FAILED ? status
                                                                                          : TPS_NOT_FOUND;
}

static tps_status read_keys(json_reader *r, tps_jwks *set)
{
    json_list list = json_enter_array(r);

    while (json_next(r, &list)) {
        tps_span text = json_skip(r);
        one_key *key = &set->keys[set->count];
        tps_status status;

        if (r->status != TPS_OK || set->count == TPS_JWKS_KEYS_MAX) {
            continue;
        }
        status = read_key(text, key);
        if (status == TPS_OK) {
            set->count++;
        } else if (status == TPS_NOT_FOUND) {
            *key = (one_key){.key = NULL};
        } else {
            return status;
        }
    }
    return TPS_OK;
}

static tps_status read_set(tps_span json, tps_jwks *set, tps_error *why)
{
    json_reader r = json_reader_init(json);
    json_list list = json_enter_object(&r);
    bool has_keys = false;

    while (json_next(&r, &list)) {
        if (json_str_is(json_get_name(&r), "keys")) {
            has_keys = true;
            TPS_TRY(read_keys(&r, set));
        } else {
            (void)json_skip(&r);
        }
    }
    if (json_reader_finish(&r) != TPS_OK || !has_keys) {
        return tps_fail(why, TPS_SERVER_BAD_KEY_SET, json_offset(&r), "it has no array \"keys\"");
    }
    return set->count > 0 ? TPS_OK
                          : tps_fail(why, TPS_SERVER_BAD_KEY_SET, 0, "none of its keys can be used here");
}

tps_status tps_jwks_read(tps_span json, tps_jwks **out, tps_error *why)
{
    tps_jwks *set;
    tps_status status;

    *out = NULL;
    TPS_TRY(json_check(json, &limits, why));
    set = calloc(1, sizeof *set);
    if (set == NULL) {
        return tps_fail(why, TPS_OUT_OF_MEMORY, 0, NULL);
    }
    atomic_init(&set->references, 1);
    status = read_set(json, set, why);
    if (status != TPS_OK) {
        tps_jwks_release(set);
        return status;
    }
    *out = set;
    return TPS_OK;
}

tps_jwks *tps_jwks_retain(tps_jwks *set)
{
    atomic_fetch_add(&set->references, 1);
    return set;
}

void tps_jwks_release(tps_jwks *set)
{
    if (set == NULL || atomic_fetch_sub(&set->references, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        tps_crypto_key_free(set->keys[i].key);
    }
    free(set);
}

size_t tps_jwks_count(const tps_jwks *set)
{
    return set->count;
}

/* ---- verifying ---- */

static tps_status verify(const one_key *key, size_t place, tps_span message, tps_span signature)
{
    if (algorithms[place].alg == TPS_ALG_NONE) {
        return tps_crypto_verify_rs256(key->key, message, signature);
    }
    return tps_crypto_verify_message(key->key, algorithms[place].alg, message, signature);
}

static tps_status verify_by_kid(tps_jwks *set, size_t place, tps_span kid, tps_span message,
                                tps_span signature)
{
    tps_status status = TPS_COSE_NO_KEY;

    for (size_t i = 0; i < set->count; i++) {
        const one_key *key = &set->keys[i];

        if (!tps_span_equal(tps_span_make(key->kid, key->kid_size), kid)) {
            continue;
        }
        if ((key->algs & algorithms[place].bit) == 0) {
            status = status == TPS_COSE_NO_KEY ? TPS_COSE_KEY_USE : status;
            continue;
        }
        status = verify(key, place, message, signature);
        if (status != TPS_CRYPTO_BAD_SIGNATURE) {
            return status;
        }
    }
    return status;
}

static tps_status verify_by_the_only(tps_jwks *set, size_t place, tps_span message, tps_span signature)
{
    const one_key *only = NULL;

    for (size_t i = 0; i < set->count; i++) {
        if ((set->keys[i].algs & algorithms[place].bit) == 0) {
            continue;
        }
        if (only != NULL) {
            return TPS_COSE_NO_KEY;
        }
        only = &set->keys[i];
    }
    return only == NULL ? TPS_COSE_NO_KEY : verify(only, place, message, signature);
}

tps_status tps_jwks_verify(tps_jwks *set, tps_span alg, tps_span kid, tps_span message, tps_span signature)
{
    size_t place = 0;

    while (place < ALGORITHM_COUNT && !tps_span_is_text(alg, algorithms[place].name)) {
        place++;
    }
    if (place == ALGORITHM_COUNT) {
        return TPS_COSE_ALG_REFUSED;
    }
    return kid.size > 0 ? verify_by_kid(set, place, kid, message, signature)
                        : verify_by_the_only(set, place, message, signature);
}
