/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Key (RFC 9052, 7; RFC 9053, 7; RFC 8230, 4), read: its members, its use, and the key itself. */
#include "format/cose/key.h"

#include "format/cose/key_use.h"
#include "tps/secret.h"

enum { KTY = 1, KID = 2, ALG = 3, KEY_OPS = 4, BASE_IV = 5 };

/* Members whose meaning the kind gives, by their place: -1 at 0, -2 at 1, ... RSA's go down to -12. */
enum { CRV = 0, N = 0, K = 0, X = 1, E = 1, Y = 2, D = 3, SPECIFIC_COUNT = 4, SPECIFIC_MIN = -12 };

enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21, RSA_SIZE_MIN = 256 };

/* A key under way. */
typedef struct {
    tps_cose_key *key;
    tps_cbor_item specific[SPECIFIC_COUNT];
    bool has_more; /* members behind them: an RSA key's private part */
    const char *fault;
} reading;

/* ---- members ---- */

static bool is_bytes(const tps_cbor_item *item)
{
    return item->type == TPS_CBOR_BYTES && item->value != TPS_CBOR_INDEFINITE_LENGTH;
}

/* key_ops: an array of uses, each once. Bit 0 says that it is there. */
static void read_ops(tps_cbor_reader *r, tps_cose_key *key)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    uint32_t count = 0;

    key->ops = 1;
    while (tps_cbor_next(r, &list)) {
        int64_t op = tps_cbor_get_int(r);
        uint32_t bit = op > 0 && op < 32 ? 1u << op : 0;
        if ((key->ops & bit) != 0) {
            tps_cbor_fail(r, TPS_COSE_BAD_KEY);
        }
        key->ops |= bit;
        count++;
    }
    if (count == 0) {
        tps_cbor_fail(r, TPS_COSE_BAD_KEY);
    }
}

static void read_specific(tps_cbor_reader *r, int64_t label, reading *now)
{
    tps_cbor_reader ahead = *r;

    tps_cbor_skip(r);
    if (label < SPECIFIC_MIN || label >= 0) {
        return;
    }
    if (label < -SPECIFIC_COUNT) {
        now->has_more = true;
    } else {
        tps_cbor_read(&ahead, &now->specific[-1 - label]);
    }
}

static void read_member(tps_cbor_reader *r, reading *now)
{
    tps_cose_key *key = now->key;
    int64_t label;

    if (tps_cbor_peek(r) == TPS_CBOR_TEXT) {
        tps_cbor_skip(r);
        tps_cbor_skip(r);
        return;
    }
    label = tps_cbor_get_int(r);
    switch (label) {
    case KTY:
        now->fault = "kty";
        key->kty = tps_cbor_get_int(r);
        break;
    case KID:
        now->fault = "kid";
        key->kid = tps_cbor_get_bytes(r);
        break;
    case ALG:
        now->fault = "alg";
        key->alg = tps_cbor_get_int(r);
        break;
    case KEY_OPS:
        now->fault = "key_ops";
        read_ops(r, key);
        break;
    case BASE_IV:
        now->fault = "Base IV";
        key->base_iv = tps_cbor_get_bytes(r);
        break;
    default:
        now->fault = "label";
        read_specific(r, label, now);
        break;
    }
}

/* ---- kinds: each returns the name of the member that is wrong, or NULL ---- */

static const char *take_curve(reading *now, int64_t kty)
{
    const tps_cbor_item *crv = &now->specific[CRV];
    bool is_known = crv->type == TPS_CBOR_UINT && crv->value <= TPS_CURVE_ED25519 &&
                    tps_crypto_curve_size((int32_t)crv->value) != 0;

    now->key->curve = (int64_t)crv->value;
    return is_known && (now->key->curve == TPS_CURVE_ED25519) == (kty == TPS_KEY_OKP) ? NULL : "crv";
}

static const char *take_coordinates(reading *now)
{
    tps_cose_key *key = now->key;
    size_t size = tps_crypto_curve_size((int32_t)key->curve);
    const tps_cbor_item *y = &now->specific[Y];

    key->x = now->specific[X].bytes;
    if (!is_bytes(&now->specific[X]) || key->x.size != size) {
        return "x";
    }
    key->is_compressed = y->type == TPS_CBOR_SIMPLE && (y->value == SIMPLE_FALSE || y->value == SIMPLE_TRUE);
    key->is_y_odd = key->is_compressed && y->value == SIMPLE_TRUE;
    key->y = y->bytes;
    if (key->kty == TPS_KEY_EC2 && !key->is_compressed && (!is_bytes(y) || key->y.size != size)) {
        return "y";
    }
    return key->kty == TPS_KEY_OKP && y->type != TPS_CBOR_END ? "y" : NULL;
}

static const char *take_private_part(reading *now)
{
    const tps_cbor_item *d = &now->specific[D];

    now->key->secret = d->bytes;
    return d->type == TPS_CBOR_END || is_bytes(d) ? NULL : "d";
}

static const char *take_rsa(reading *now)
{
    tps_cose_key *key = now->key;

    key->x = now->specific[N].bytes;
    key->y = now->specific[E].bytes;
    if (!is_bytes(&now->specific[N]) || key->x.size < RSA_SIZE_MIN || key->x.size > TPS_RSA_SIZE_MAX ||
        key->x.data[0] == 0) {
        return "n";
    }
    if (!is_bytes(&now->specific[E]) || key->y.size == 0 || key->y.size > sizeof((tps_crypto_rsa *)0)->e ||
        key->y.data[0] == 0) {
        return "e";
    }
    return now->has_more || now->specific[Y].type != TPS_CBOR_END || now->specific[D].type != TPS_CBOR_END
               ? "a private RSA key"
               : NULL;
}

static const char *take_kind(reading *now)
{
    const char *fault;

    switch (now->key->kty) {
    case TPS_KEY_OKP:
    case TPS_KEY_EC2:
        fault = take_curve(now, now->key->kty);
        fault = fault == NULL ? take_coordinates(now) : fault;
        return fault == NULL ? take_private_part(now) : fault;
    case TPS_KEY_RSA: return take_rsa(now);
    case TPS_KEY_SYMMETRIC:
        now->key->secret = now->specific[K].bytes;
        return is_bytes(&now->specific[K]) && now->key->secret.size > 0 ? NULL : "k";
    default: return "kty";
    }
}

tps_status tps_cose_key_parse(tps_span encoded, tps_cose_key *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cose_key key = {0};
    reading now = {.key = &key, .fault = "no map"};
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    for (size_t i = 0; i < SPECIFIC_COUNT; i++) {
        now.specific[i].type = TPS_CBOR_END;
    }
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        read_member(&r, &now);
    }
    now.fault = r.status == TPS_OK ? take_kind(&now) : now.fault;
    if (now.fault != NULL) {
        return tps_fail(why, TPS_COSE_BAD_KEY, tps_cbor_offset(&r), now.fault);
    }
    *out = key;
    return TPS_OK;
}

tps_status tps_cose_key_set_at(tps_span set, uint32_t index, tps_span *encoded)
{
    tps_cbor_reader r = tps_cbor_reader_init(set);
    tps_cbor_list list;

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(tps_cbor_check(set, &tps_cbor_limits_message, NULL, NULL));
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        tps_span key = tps_cbor_skip(&r);
        if (index-- == 0) {
            *encoded = key;
            return TPS_OK;
        }
    }
    return r.status == TPS_OK ? TPS_NOT_FOUND : TPS_COSE_BAD_KEY;
}

/* ---- use ---- */

tps_status tps_cose_key_permits(const tps_cose_key *key, int32_t alg, uint32_t op)
{
    return cose_key_use(key->alg, key->ops, alg, op);
}

tps_status cose_key_point(const tps_cose_key *key, tps_crypto_point *point)
{
    *point = (tps_crypto_point){.curve = (int32_t)key->curve, .size = key->x.size};
    memcpy(point->x, key->x.data, key->x.size);
    if (key->is_compressed) {
        return tps_crypto_point_decompress(point, key->is_y_odd);
    }
    if (key->y.size > 0) {
        memcpy(point->y, key->y.data, key->y.size);
    }
    return TPS_OK;
}

static tps_status rsa_public(const tps_cose_key *key, tps_crypto_key **out)
{
    tps_crypto_rsa rsa = {.n_size = key->x.size, .e_size = key->y.size};

    memcpy(rsa.n, key->x.data, key->x.size);
    memcpy(rsa.e, key->y.data, key->y.size);
    return tps_crypto_key_from_rsa(&rsa, out);
}

tps_status tps_cose_key_public(const tps_cose_key *key, tps_crypto_key **out)
{
    tps_crypto_point point;

    *out = NULL;
    if (key->kty == TPS_KEY_SYMMETRIC) {
        return TPS_COSE_BAD_KEY;
    }
    if (key->kty == TPS_KEY_RSA) {
        return COSE_HAS_RSA ? rsa_public(key, out) : TPS_CRYPTO_ALG_REFUSED;
    }
    TPS_TRY(cose_key_point(key, &point));
    return tps_crypto_key_from_point(&point, out);
}

/* True when both have the same public point. */
static bool is_pair(const tps_crypto_key *pair, const tps_cose_key *key)
{
    tps_crypto_point expected;
    tps_crypto_point point;

    return cose_key_point(key, &expected) == TPS_OK && tps_crypto_key_point(pair, &point) == TPS_OK &&
           memcmp(point.x, expected.x, expected.size) == 0 && memcmp(point.y, expected.y, expected.size) == 0;
}

tps_status tps_cose_key_private(const tps_cose_key *key, tps_crypto_key **out)
{
    *out = NULL;
    if (key->kty == TPS_KEY_SYMMETRIC || key->secret.size == 0) {
        return TPS_COSE_BAD_KEY;
    }
    TPS_TRY(tps_crypto_key_from_scalar((int32_t)key->curve, key->secret, out));
    if (!is_pair(*out, key)) {
        tps_crypto_key_free(*out);
        *out = NULL;
        return TPS_COSE_BAD_KEY;
    }
    return TPS_OK;
}

tps_status tps_cose_key_secret(const tps_cose_key *key, tps_cose_secret *out)
{
    if (key->kty != TPS_KEY_SYMMETRIC) {
        return TPS_COSE_BAD_KEY;
    }
    *out = (tps_cose_secret){key->secret, key->kid, key->base_iv, key->alg, key->ops};
    return TPS_OK;
}

tps_status tps_cose_key_read_for(tps_span encoded, int32_t alg, uint32_t op, tps_crypto_key **key)
{
    tps_cose_key parsed;

    *key = NULL;
    TPS_TRY(tps_cose_key_parse(encoded, &parsed, NULL));
    if (parsed.secret.data != NULL) {
        return TPS_COSE_BAD_KEY;
    }
    TPS_TRY(tps_cose_key_permits(&parsed, alg, op));
    return tps_cose_key_public(&parsed, key);
}

tps_status tps_cose_key_read(tps_span encoded, tps_crypto_key **key)
{
    tps_cose_key parsed;

    *key = NULL;
    TPS_TRY(tps_cose_key_parse(encoded, &parsed, NULL));
    return parsed.secret.data != NULL ? TPS_COSE_BAD_KEY : tps_cose_key_public(&parsed, key);
}
