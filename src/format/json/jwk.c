/* SPDX-License-Identifier: Apache-2.0 */
/* JWK: its members in any order, then what its kind asks for, then what it says of its use. */
#include "format/json/jwk.h"

#include "format/json/reader.h"

/* Members that hold bytes, in the order of `values`. */
enum { X, Y, N, E, K, BYTES_COUNT };

static const char *const byte_names[BYTES_COUNT] = {"x", "y", "n", "e", "k"};

#define BIT(op) (1u << TPS_KEY_OP_##op)

/* Bit 0 says that a restriction is there, even when it leaves nothing. */
enum {
    RESTRICTED = 1,
    FOR_SIGNATURES = BIT(SIGN) | BIT(VERIFY) | BIT(MAC_CREATE) | BIT(MAC_VERIFY) | RESTRICTED,
    FOR_ENCRYPTION = BIT(ENCRYPT) | BIT(DECRYPT) | BIT(WRAP) | BIT(UNWRAP) | BIT(DERIVE_KEY) |
                     BIT(DERIVE_BITS) | RESTRICTED
};

static const struct {
    const char *name;
    int16_t number;
    int16_t also; /* COSE's other name for it */
} algorithms[] = {
    {"ES256", TPS_ALG_ES256, TPS_ALG_ESP256},    {"ES384", TPS_ALG_ES384, TPS_ALG_ESP384},
    {"ES512", TPS_ALG_ES512, TPS_ALG_ESP512},    {"EdDSA", TPS_ALG_EDDSA, TPS_ALG_ED25519},
    {"Ed25519", TPS_ALG_ED25519, TPS_ALG_EDDSA}, {"PS256", TPS_ALG_PS256, TPS_ALG_NONE},
    {"HS256", TPS_ALG_HMAC256, TPS_ALG_NONE},    {"HS384", TPS_ALG_HMAC384, TPS_ALG_NONE},
    {"HS512", TPS_ALG_HMAC512, TPS_ALG_NONE},
};

/* A symmetric key signs and verifies by codes (RFC 7517, 4.3, "sign": digital signature or MAC). */
static const struct {
    const char *name;
    uint32_t bits;
} operations[] = {
    {"sign", BIT(SIGN) | BIT(MAC_CREATE)},
    {"verify", BIT(VERIFY) | BIT(MAC_VERIFY)},
    {"encrypt", BIT(ENCRYPT)},
    {"decrypt", BIT(DECRYPT)},
    {"wrapKey", BIT(WRAP)},
    {"unwrapKey", BIT(UNWRAP)},
    {"deriveKey", BIT(DERIVE_KEY)},
    {"deriveBits", BIT(DERIVE_BITS)},
};

static const struct {
    const char *name;
    int32_t number;
} kinds[] = {{"EC", TPS_KEY_EC2}, {"OKP", TPS_KEY_OKP}, {"RSA", TPS_KEY_RSA}, {"oct", TPS_KEY_SYMMETRIC}},
  curves[] = {{"P-256", TPS_CURVE_P256},
              {"P-384", TPS_CURVE_P384},
              {"P-521", TPS_CURVE_P521},
              {"Ed25519", TPS_CURVE_ED25519}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A key under way. */
typedef struct {
    json_reader r;
    tps_buf *room;
    jwk *out;
    tps_span values[BYTES_COUNT];
    uint32_t ops; /* what key_ops allows */
    uint32_t use; /* what use allows */
    const char *fault;
} reading;

/* ---- members ---- */

static int64_t read_kind(reading *now)
{
    json_str name = json_get_string(&now->r);

    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (json_str_is(name, kinds[i].name)) {
            return kinds[i].number;
        }
    }
    return 0;
}

static int64_t read_curve(reading *now)
{
    json_str name = json_get_string(&now->r);

    for (size_t i = 0; i < COUNT(curves); i++) {
        if (json_str_is(name, curves[i].name)) {
            return curves[i].number;
        }
    }
    return 0;
}

static void read_alg(reading *now)
{
    json_str name = json_get_string(&now->r);

    now->out->key.alg = JWK_ALG_OTHER;
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        if (json_str_is(name, algorithms[i].name)) {
            now->out->key.alg = algorithms[i].number;
            now->out->also = algorithms[i].also;
        }
    }
}

static void read_use(reading *now)
{
    json_str name = json_get_string(&now->r);

    now->use = json_str_is(name, "sig")   ? FOR_SIGNATURES
               : json_str_is(name, "enc") ? FOR_ENCRYPTION
                                          : RESTRICTED;
}

static void read_ops(reading *now)
{
    json_list list = json_enter_array(&now->r);

    now->ops = RESTRICTED;
    while (json_next(&now->r, &list)) {
        json_str name = json_get_string(&now->r);
        for (size_t i = 0; i < COUNT(operations); i++) {
            if (!json_str_is(name, operations[i].name)) {
                continue;
            }
            if ((now->ops & operations[i].bits) != 0) {
                json_fail(&now->r, TPS_JWK_BAD_KEY);
            }
            now->ops |= operations[i].bits;
        }
    }
}

/* True when the name is one of those that hold bytes, which are read. */
static bool read_bytes(reading *now, json_str name)
{
    for (size_t i = 0; i < BYTES_COUNT; i++) {
        if (json_str_is(name, byte_names[i])) {
            now->fault = byte_names[i];
            now->values[i] = json_get_base64url(&now->r, now->room);
            return true;
        }
    }
    return false;
}

static void read_member(reading *now)
{
    json_str name = json_get_name(&now->r);

    now->fault = "a member";
    if (json_str_is(name, "kty")) {
        now->fault = "kty";
        now->out->key.kty = read_kind(now);
    } else if (json_str_is(name, "crv")) {
        now->fault = "crv";
        now->out->key.curve = read_curve(now);
    } else if (json_str_is(name, "alg")) {
        now->fault = "alg";
        read_alg(now);
    } else if (json_str_is(name, "use")) {
        now->fault = "use";
        read_use(now);
    } else if (json_str_is(name, "key_ops")) {
        now->fault = "key_ops";
        read_ops(now);
    } else if (json_str_is(name, "d")) {
        now->out->has_private_part = true;
        json_skip(&now->r);
    } else if (!read_bytes(now, name)) {
        json_skip(&now->r);
    }
}

/* ---- kinds: each returns the name of the member that is wrong, or NULL ---- */

static const char *take_point(reading *now)
{
    tps_cose_key *key = &now->out->key;
    bool is_okp = key->kty == TPS_KEY_OKP;
    size_t size = tps_crypto_curve_size((int32_t)key->curve);

    if (key->curve == 0 || (key->curve == TPS_CURVE_ED25519) != is_okp) {
        return "crv";
    }
    if (now->values[X].size != size) {
        return "x";
    }
    if (now->values[Y].size != (is_okp ? 0 : size)) {
        return "y";
    }
    key->x = now->values[X];
    key->y = now->values[Y];
    return NULL;
}

static const char *take_rsa(reading *now)
{
    tps_cose_key *key = &now->out->key;

    key->x = now->values[N];
    key->y = now->values[E];
    if (key->x.size < TPS_RSA_SIZE_MIN || key->x.size > TPS_RSA_SIZE_MAX || key->x.data[0] == 0) {
        return "n";
    }
    return key->y.size == 0 || key->y.size > sizeof((tps_crypto_rsa *)0)->e || key->y.data[0] == 0 ? "e"
                                                                                                   : NULL;
}

static const char *take_kind(reading *now)
{
    switch (now->out->key.kty) {
    case TPS_KEY_OKP:
    case TPS_KEY_EC2: return take_point(now);
    case TPS_KEY_RSA: return take_rsa(now);
    case TPS_KEY_SYMMETRIC:
        now->out->key.secret = now->values[K];
        return now->values[K].size > 0 ? NULL : "k";
    default: return "kty";
    }
}

/* Zeros stand for no restriction. */
static uint32_t both(uint32_t a, uint32_t b)
{
    return a == 0 ? b : b == 0 ? a : a & b;
}

tps_status jwk_read(tps_span text, tps_buf room, jwk *out, tps_error *why)
{
    jwk made = {.also = 0};
    reading now = {.r = json_reader_init(text), .room = &room, .out = &made, .fault = "no object"};
    json_list list;

    TPS_TRY(json_check(text, &json_limits_message, why));
    list = json_enter_object(&now.r);
    while (json_next(&now.r, &list)) {
        read_member(&now);
    }
    now.fault = now.r.status == TPS_OK ? take_kind(&now) : now.fault;
    if (now.fault != NULL) {
        return tps_fail(why, TPS_JWK_BAD_KEY, json_offset(&now.r), now.fault);
    }
    made.key.ops = both(now.ops, now.use);
    made.is_enc_by_use = now.ops == 0 && now.use == FOR_ENCRYPTION;
    *out = made;
    return TPS_OK;
}
