/* SPDX-License-Identifier: Apache-2.0 */
/* Keys over OpenSSL: made, taken from numbers, taken apart. Encodings are in key_encoding.c. */
#include "crypto/openssl/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <pthread.h>

#include "crypto/rsa.h"
#include "tps/secret.h"

static const openssl_curve curves[] = {
    {TPS_CURVE_P256, NID_X9_62_prime256v1, "P-256"},
    {TPS_CURVE_P384, NID_secp384r1, "P-384"},
    {TPS_CURVE_P521, NID_secp521r1, "P-521"},
};

const openssl_curve *openssl_curve_find(int32_t curve)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (curves[i].curve == curve) {
            return &curves[i];
        }
    }
    return NULL;
}

static const openssl_curve *curve_of(const EVP_PKEY *pkey)
{
    char group[64];

    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) != 1) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (OBJ_txt2nid(group) == curves[i].nid || EC_curve_nist2nid(group) == curves[i].nid) {
            return &curves[i];
        }
    }
    return NULL;
}

/* ---- what a library's key becomes ---- */

/* The key without what its kind adds. Takes ownership of `pkey`. */
static tps_status wrap(EVP_PKEY *pkey, int32_t kind, tps_crypto_key **key)
{
    tps_crypto_key *made = OPENSSL_zalloc(sizeof *made);

    if (made == NULL) {
        EVP_PKEY_free(pkey);
        return TPS_OUT_OF_MEMORY;
    }
    made->pkey = pkey;
    made->kind = kind;
    *key = made;
    return TPS_OK;
}

tps_status openssl_key_adopt_point(EVP_PKEY *pkey, const tps_crypto_point *point, tps_crypto_key **key)
{
    *key = NULL;
    if (pkey == NULL) {
        ERR_clear_error(); /* what is left in the library's queue would be taken for an error of its next user
                            */
        return TPS_CRYPTO_BAD_KEY;
    }
    TPS_TRY(wrap(pkey, point->curve == TPS_CURVE_ED25519 ? TPS_KEY_OKP : TPS_KEY_EC2, key));
    (*key)->curve = point->curve;
    (*key)->point = *point;
    return TPS_OK;
}

static bool read_ec_point(const EVP_PKEY *pkey, tps_crypto_point *point)
{
    const openssl_curve *curve = curve_of(pkey);
    BIGNUM *x = NULL;
    BIGNUM *y = NULL;
    bool good;

    if (curve == NULL) {
        return false;
    }
    *point = (tps_crypto_point){.curve = curve->curve, .size = tps_crypto_curve_size(curve->curve)};
    good = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
           EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
           BN_bn2binpad(x, point->x, (int)point->size) > 0 && BN_bn2binpad(y, point->y, (int)point->size) > 0;
    BN_free(x);
    BN_free(y);
    return good;
}

static bool read_ed25519_point(const EVP_PKEY *pkey, tps_crypto_point *point)
{
    *point = (tps_crypto_point){.curve = TPS_CURVE_ED25519, .size = sizeof point->x};
    if (EVP_PKEY_get_raw_public_key(pkey, point->x, &point->size) != 1) {
        return false;
    }
    return point->size == tps_crypto_curve_size(TPS_CURVE_ED25519);
}

static bool has_private_part(const EVP_PKEY *pkey, const char *name)
{
    BIGNUM *scalar = NULL;
    bool has = EVP_PKEY_get_bn_param(pkey, name, &scalar) == 1;

    BN_clear_free(scalar);
    return has;
}

static bool is_private(const EVP_PKEY *pkey, int32_t curve)
{
    size_t size = 0;

    if (curve == TPS_CURVE_ED25519) {
        return EVP_PKEY_get_raw_private_key(pkey, NULL, &size) == 1;
    }
    return has_private_part(pkey, OSSL_PKEY_PARAM_PRIV_KEY);
}

/* The number of an RSA key without leading zeros, or false if it does not fit. */
static bool read_number(const EVP_PKEY *pkey, const char *name, uint8_t *out, size_t room, size_t *size)
{
    BIGNUM *number = NULL;
    bool good = EVP_PKEY_get_bn_param(pkey, name, &number) == 1 && (size_t)BN_num_bytes(number) <= room;

    *size = good ? (size_t)BN_bn2bin(number, out) : 0;
    BN_free(number);
    return good;
}

static bool read_rsa(const EVP_PKEY *pkey, tps_crypto_rsa *rsa)
{
    return read_number(pkey, OSSL_PKEY_PARAM_RSA_N, rsa->n, sizeof rsa->n, &rsa->n_size) &&
           read_number(pkey, OSSL_PKEY_PARAM_RSA_E, rsa->e, sizeof rsa->e, &rsa->e_size);
}

/* Nothing here signs with RSA, so a private RSA key is none. Takes ownership of `pkey`. */
static tps_status adopt_rsa(EVP_PKEY *pkey, tps_crypto_key **key)
{
    tps_crypto_rsa rsa;

    if (!read_rsa(pkey, &rsa) || !crypto_rsa_is_sound(&rsa) ||
        has_private_part(pkey, OSSL_PKEY_PARAM_RSA_D)) {
        EVP_PKEY_free(pkey);
        return TPS_CRYPTO_BAD_KEY;
    }
    return wrap(pkey, TPS_KEY_RSA, key);
}

static tps_status adopt(EVP_PKEY *pkey, tps_crypto_key **key)
{
    int id = EVP_PKEY_get_base_id(pkey);
    tps_crypto_point point;

    if (id == EVP_PKEY_RSA) {
        return adopt_rsa(pkey, key);
    }
    if (!(id == EVP_PKEY_EC && read_ec_point(pkey, &point)) &&
        !(id == EVP_PKEY_ED25519 && read_ed25519_point(pkey, &point))) {
        EVP_PKEY_free(pkey);
        return TPS_CRYPTO_BAD_KEY;
    }
    TPS_TRY(openssl_key_adopt_point(pkey, &point, key));
    (*key)->is_private = is_private(pkey, point.curve);
    return TPS_OK;
}

tps_status openssl_key_adopt(EVP_PKEY *pkey, tps_crypto_key **key)
{
    tps_status status;

    *key = NULL;
    status = pkey == NULL ? TPS_CRYPTO_BAD_KEY : adopt(pkey, key);
    ERR_clear_error();
    return status;
}

/* ---- keys from nothing and from numbers ---- */

tps_status tps_crypto_key_generate(int32_t curve, tps_crypto_key **key)
{
    const openssl_curve *entry = openssl_curve_find(curve);

    *key = NULL;
    if (curve == TPS_CURVE_ED25519) {
        return openssl_key_adopt(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), key);
    }
    if (entry == NULL) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    return openssl_key_adopt(EVP_EC_gen(entry->group), key);
}

/* A key of `type` from parameters, or NULL. */
static EVP_PKEY *build(const char *type, int selection, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (context != NULL && params != NULL && EVP_PKEY_fromdata_init(context) == 1) {
        EVP_PKEY_fromdata(context, &pkey, selection, params);
    }
    EVP_PKEY_CTX_free(context);
    return pkey;
}

/* A key from an encoded point and, if not NULL, a private scalar. */
static EVP_PKEY *build_ec(const char *group, const uint8_t *point, size_t point_size, const BIGNUM *scalar)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey;

    if (builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, point_size) == 1 &&
        (scalar == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1)) {
        params = OSSL_PARAM_BLD_to_param(builder);
    }
    pkey = build("EC", scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    return pkey;
}

/* Keys without points, one a curve: filling in a copy takes a quarter of the time of build_ec(). */
static pthread_once_t templates_made = PTHREAD_ONCE_INIT;
static EVP_PKEY *templates[sizeof curves / sizeof curves[0]];

static void make_templates(void)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
        if (context != NULL && EVP_PKEY_paramgen_init(context) == 1 &&
            EVP_PKEY_CTX_set_group_name(context, curves[i].group) == 1) {
            EVP_PKEY_paramgen(context, &templates[i]);
        }
        EVP_PKEY_CTX_free(context);
    }
}

/* A public key from an encoded point. OpenSSL refuses a point that is not on the curve while it decodes it.
 */
static EVP_PKEY *build_public(const openssl_curve *curve, const uint8_t *point, size_t point_size)
{
    EVP_PKEY *pkey;

    pthread_once(&templates_made, make_templates);
    if (templates[curve - curves] == NULL) {
        return build_ec(curve->group, point, point_size, NULL);
    }
    pkey = EVP_PKEY_dup(templates[curve - curves]);
    if (pkey != NULL && EVP_PKEY_set1_encoded_public_key(pkey, point, point_size) != 1) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

/* SEC 1, 2.3.3, uncompressed; the point's size is its curve's. */
static void encode_point(const tps_crypto_point *point, uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX])
{
    encoded[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(encoded + 1, point->x, point->size);
    memcpy(encoded + 1 + point->size, point->y, point->size);
}

tps_status tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key)
{
    const openssl_curve *entry = openssl_curve_find(point->curve);
    size_t half = tps_crypto_curve_size(point->curve);
    uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX];

    *key = NULL;
    if (half == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (point->size != half) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (entry == NULL) {
        return openssl_key_adopt(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point->x, half), key);
    }
    encode_point(point, encoded);
    return openssl_key_adopt_point(build_public(entry, encoded, 1 + 2 * half), point, key);
}

tps_status tps_crypto_key_change_point(tps_crypto_key **key, const tps_crypto_point *point)
{
    size_t half = tps_crypto_curve_size(point->curve);
    uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX];
    tps_crypto_key *known = *key;

    if (known == NULL || known->is_private || known->kind != TPS_KEY_EC2 || known->curve != point->curve ||
        point->size != half) {
        tps_crypto_key_free(known);
        return tps_crypto_key_from_point(point, key);
    }
    encode_point(point, encoded);
    if (EVP_PKEY_set1_encoded_public_key(known->pkey, encoded, 1 + 2 * half) != 1) {
        ERR_clear_error();
        tps_crypto_key_free(known);
        *key = NULL;
        return TPS_CRYPTO_BAD_KEY;
    }
    known->point = *point;
    return TPS_OK;
}

tps_status tps_crypto_point_decompress(tps_crypto_point *point, bool is_odd)
{
    const openssl_curve *entry = openssl_curve_find(point->curve);
    EC_GROUP *group = entry == NULL ? NULL : EC_GROUP_new_by_curve_name(entry->nid);
    EC_POINT *decoded = group == NULL ? NULL : EC_POINT_new(group);
    uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX];
    size_t half = tps_crypto_curve_size(point->curve);
    tps_status status = entry == NULL ? TPS_CRYPTO_ALG_REFUSED : TPS_CRYPTO_BAD_KEY;

    if (decoded != NULL && point->size == half) {
        encoded[0] = is_odd ? 3 : 2;
        memcpy(encoded + 1, point->x, half);
        if (EC_POINT_oct2point(group, decoded, encoded, 1 + half, NULL) == 1 &&
            EC_POINT_point2oct(group, decoded, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded,
                               NULL) == 1 + 2 * half) {
            memcpy(point->y, encoded + 1 + half, half);
            status = TPS_OK;
        }
    }
    EC_POINT_free(decoded);
    EC_GROUP_free(group);
    ERR_clear_error();
    return status;
}

tps_status tps_crypto_key_from_rsa(const tps_crypto_rsa *rsa, tps_crypto_key **key)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    OSSL_PARAM *params = NULL;
    tps_status status = TPS_CRYPTO_BAD_KEY;

    *key = NULL;
    if (builder != NULL && crypto_rsa_is_sound(rsa)) {
        n = BN_bin2bn(rsa->n, (int)rsa->n_size, NULL);
        e = BN_bin2bn(rsa->e, (int)rsa->e_size, NULL);
        if (n != NULL && e != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
            params = OSSL_PARAM_BLD_to_param(builder);
        }
        status = openssl_key_adopt(build("RSA", EVP_PKEY_PUBLIC_KEY, params), key);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return status;
}

/* The key pair of a scalar in 1..n-1. */
static tps_status key_of_scalar(const openssl_curve *curve, const EC_GROUP *group, const BIGNUM *scalar,
                                tps_crypto_key **key)
{
    EC_POINT *point = EC_POINT_new(group);
    uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX];
    size_t size = 1 + 2 * tps_crypto_curve_size(curve->curve);
    EVP_PKEY *pkey = NULL;

    if (point != NULL && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded, size, NULL) == size) {
        pkey = build_ec(curve->group, encoded, size, scalar);
    }
    EC_POINT_free(point);
    return openssl_key_adopt(pkey, key);
}

tps_status tps_crypto_key_from_scalar(int32_t curve, tps_span scalar, tps_crypto_key **key)
{
    const openssl_curve *entry = openssl_curve_find(curve);
    size_t size = tps_crypto_curve_size(curve);
    EC_GROUP *group;
    BIGNUM *number;
    tps_status status = TPS_CRYPTO_BAD_KEY;

    *key = NULL;
    if (size == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (scalar.size != size) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (entry == NULL) {
        return openssl_key_adopt(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, scalar.data, size),
                                 key);
    }
    group = EC_GROUP_new_by_curve_name(entry->nid);
    number = BN_bin2bn(scalar.data, (int)size, NULL);
    if (group != NULL && number != NULL && !BN_is_zero(number) &&
        BN_cmp(number, EC_GROUP_get0_order(group)) < 0) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
        status = key_of_scalar(entry, group, number, key);
    }
    BN_clear_free(number);
    EC_GROUP_free(group);
    return status;
}

tps_status tps_crypto_key_derive_p256(const uint8_t seed[48], tps_crypto_key **key)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *number = BN_bin2bn(seed, 48, NULL);
    BIGNUM *modulus = group == NULL ? NULL : BN_dup(EC_GROUP_get0_order(group));
    BN_CTX *context = BN_CTX_secure_new();
    tps_status status = TPS_CRYPTO_FAILED;

    *key = NULL;
    if (number != NULL && modulus != NULL && context != NULL) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
        if (BN_sub_word(modulus, 1) == 1 && BN_mod(number, number, modulus, context) == 1 &&
            BN_add_word(number, 1) == 1) {
            status = key_of_scalar(&curves[0], group, number, key);
        }
    }
    BN_CTX_free(context);
    BN_free(modulus);
    BN_clear_free(number);
    EC_GROUP_free(group);
    return status;
}

/* ---- what a key tells ---- */

static bool read_scalar(const EVP_PKEY *pkey, tps_buf scalar)
{
    BIGNUM *number = NULL;
    bool is_read = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
                   BN_bn2binpad(number, scalar.data, (int)scalar.size) == (int)scalar.size;

    BN_clear_free(number);
    return is_read;
}

static bool read_seed(const EVP_PKEY *pkey, tps_buf seed)
{
    size_t size = seed.size;

    return EVP_PKEY_get_raw_private_key(pkey, seed.data, &size) == 1 && size == seed.size;
}

tps_status tps_crypto_key_scalar(const tps_crypto_key *key, tps_buf scalar)
{
    bool is_read;

    if (!key->is_private) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (scalar.size != tps_crypto_curve_size(key->curve)) {
        return TPS_BAD_ARGUMENT;
    }
    is_read = key->kind == TPS_KEY_OKP ? read_seed(key->pkey, scalar) : read_scalar(key->pkey, scalar);
    if (!is_read) {
        ERR_clear_error();
        tps_wipe(scalar.data, scalar.size);
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}

int32_t tps_crypto_key_kind(const tps_crypto_key *key)
{
    return key->kind;
}

tps_status tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point)
{
    if (key->kind == TPS_KEY_RSA) {
        return TPS_CRYPTO_BAD_KEY;
    }
    *point = key->point;
    return TPS_OK;
}

tps_status tps_crypto_key_rsa(const tps_crypto_key *key, tps_crypto_rsa *rsa)
{
    return key->kind == TPS_KEY_RSA && read_rsa(key->pkey, rsa) ? TPS_OK : TPS_CRYPTO_BAD_KEY;
}

int32_t tps_crypto_key_curve(const tps_crypto_key *key)
{
    return key->curve;
}

bool tps_crypto_key_is_private(const tps_crypto_key *key)
{
    return key->is_private;
}

tps_status tps_crypto_key_copy(const tps_crypto_key *key, tps_crypto_key **copy)
{
    *copy = NULL;
    if (EVP_PKEY_up_ref(key->pkey) != 1) {
        return TPS_CRYPTO_FAILED;
    }
    TPS_TRY(wrap(key->pkey, key->kind, copy));
    (*copy)->point = key->point;
    (*copy)->curve = key->curve;
    (*copy)->is_private = key->is_private;
    return TPS_OK;
}

void tps_crypto_key_free(tps_crypto_key *key)
{
    if (key == NULL) {
        return;
    }
    EVP_PKEY_CTX_free(key->verify);
    EVP_PKEY_CTX_free(key->sign);
    EVP_MD_CTX_free(key->message);
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key);
}
