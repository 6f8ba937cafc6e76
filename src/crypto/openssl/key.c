/* SPDX-License-Identifier: Apache-2.0 */
/* Keys over OpenSSL: made, read from the usual encodings, taken apart. */
#include "crypto/openssl/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>

#include "tps/secret.h"

typedef struct {
    int32_t curve;
    int nid;
    const char *group;
    size_t size;
} curve_entry;

static const curve_entry curves[] = {
    {TPS_CURVE_P256, NID_X9_62_prime256v1, "P-256", 32},
    {TPS_CURVE_P384, NID_secp384r1, "P-384", 48},
};

static const curve_entry *curve_by_id(int32_t curve)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (curves[i].curve == curve) {
            return &curves[i];
        }
    }
    return NULL;
}

static const curve_entry *curve_of(const EVP_PKEY *pkey)
{
    char group[64];

    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC ||
        EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) != 1) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (OBJ_txt2nid(group) == curves[i].nid || EC_curve_nist2nid(group) == curves[i].nid) {
            return &curves[i];
        }
    }
    return NULL;
}

static bool has_private_part(const EVP_PKEY *pkey)
{
    BIGNUM *scalar = NULL;
    bool has = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1;

    BN_clear_free(scalar);
    return has;
}

static bool read_point(const EVP_PKEY *pkey, const curve_entry *curve, tps_crypto_point *point)
{
    BIGNUM *x = NULL;
    BIGNUM *y = NULL;
    bool good;

    *point = (tps_crypto_point){.curve = curve->curve, .size = curve->size};
    good = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
           EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
           BN_bn2binpad(x, point->x, (int)curve->size) > 0 && BN_bn2binpad(y, point->y, (int)curve->size) > 0;
    BN_free(x);
    BN_free(y);
    return good;
}

/* Takes ownership of `pkey`, whose curve and point are known already. */
static tps_status wrap(EVP_PKEY *pkey, const tps_crypto_point *point, bool is_private, tps_crypto_key **key)
{
    tps_crypto_key *made = pkey == NULL ? NULL : calloc(1, sizeof *made);

    *key = NULL;
    if (made == NULL) {
        ERR_clear_error(); /* what is left in the library's queue would be taken for an error of its next user
                            */
        EVP_PKEY_free(pkey);
        return pkey == NULL ? TPS_CRYPTO_BAD_KEY : TPS_OUT_OF_MEMORY;
    }
    made->pkey = pkey;
    made->curve = point->curve;
    made->point = *point;
    made->is_private = is_private;
    *key = made;
    return TPS_OK;
}

tps_status openssl_key_adopt(EVP_PKEY *pkey, tps_crypto_key **key)
{
    const curve_entry *curve = pkey == NULL ? NULL : curve_of(pkey);
    tps_crypto_point point;

    *key = NULL;
    if (curve == NULL || !read_point(pkey, curve, &point)) {
        ERR_clear_error();
        EVP_PKEY_free(pkey);
        return TPS_CRYPTO_BAD_KEY;
    }
    return wrap(pkey, &point, has_private_part(pkey), key);
}

tps_status tps_crypto_key_generate(int32_t curve, tps_crypto_key **key)
{
    const curve_entry *entry = curve_by_id(curve);

    *key = NULL;
    if (entry == NULL) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    return openssl_key_adopt(EVP_EC_gen(entry->group), key);
}

/* A key from an encoded point and, if not NULL, a private scalar. */
static EVP_PKEY *build(const char *group, const uint8_t *point, size_t point_size, const BIGNUM *scalar)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;
    int selection = scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;

    if (builder != NULL && context != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, point_size) == 1 &&
        (scalar == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1)) {
        params = OSSL_PARAM_BLD_to_param(builder);
    }
    if (params != NULL && EVP_PKEY_fromdata_init(context) == 1) {
        EVP_PKEY_fromdata(context, &pkey, selection, params);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return pkey;
}

/* Keys without points, one a curve: filling in a copy takes a quarter of the time of build(). */
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
static EVP_PKEY *build_public(const curve_entry *curve, const uint8_t *point, size_t point_size)
{
    EVP_PKEY *pkey;

    pthread_once(&templates_made, make_templates);
    if (templates[curve - curves] == NULL) {
        return build(curve->group, point, point_size, NULL);
    }
    pkey = EVP_PKEY_dup(templates[curve - curves]);
    if (pkey != NULL && EVP_PKEY_set1_encoded_public_key(pkey, point, point_size) != 1) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

tps_status tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key)
{
    const curve_entry *entry = curve_by_id(point->curve);
    uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX];

    *key = NULL;
    if (entry == NULL || point->size != entry->size) {
        return TPS_CRYPTO_BAD_KEY;
    }
    encoded[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(encoded + 1, point->x, entry->size);
    memcpy(encoded + 1 + entry->size, point->y, entry->size);
    return wrap(build_public(entry, encoded, 1 + 2 * entry->size), point, false, key);
}

/* The P-256 key pair of a scalar in 1..n-1. */
static tps_status key_of_scalar(const EC_GROUP *group, const BIGNUM *scalar, tps_crypto_key **key)
{
    EC_POINT *point = EC_POINT_new(group);
    uint8_t encoded[65];
    EVP_PKEY *pkey = NULL;

    if (point != NULL && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded, NULL) ==
            sizeof encoded) {
        pkey = build("P-256", encoded, sizeof encoded, scalar);
    }
    EC_POINT_free(point);
    return openssl_key_adopt(pkey, key);
}

tps_status tps_crypto_key_from_scalar(tps_span scalar, tps_crypto_key **key)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *number = scalar.size == 32 ? BN_bin2bn(scalar.data, 32, NULL) : NULL;
    tps_status status = TPS_CRYPTO_BAD_KEY;

    *key = NULL;
    if (group != NULL && number != NULL && !BN_is_zero(number) &&
        BN_cmp(number, EC_GROUP_get0_order(group)) < 0) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
        status = key_of_scalar(group, number, key);
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
            status = key_of_scalar(group, number, key);
        }
    }
    BN_CTX_free(context);
    BN_free(modulus);
    BN_clear_free(number);
    EC_GROUP_free(group);
    return status;
}

tps_status tps_crypto_key_scalar(const tps_crypto_key *key, uint8_t scalar[32])
{
    BIGNUM *number = NULL;
    tps_status status = TPS_CRYPTO_BAD_KEY;

    if (key->curve == TPS_CURVE_P256 &&
        EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
        BN_bn2binpad(number, scalar, 32) == 32) {
        status = TPS_OK;
    }
    BN_clear_free(number);
    return status;
}

/* A SubjectPublicKeyInfo of an uncompressed point begins with these bytes, always (RFC 5480, 2). */
static const uint8_t p256_spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                         0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                         0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t p384_spki_head[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                         0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                         0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};

static tps_span spki_head(int32_t curve)
{
    return curve == TPS_CURVE_P256 ? TPS_SPAN_OF(p256_spki_head) : TPS_SPAN_OF(p384_spki_head);
}

/* The point of a P-256 SubjectPublicKeyInfo in the usual form; OpenSSL's search for a decoder costs several
 * times more. */
static bool read_plain_spki(tps_span spki, tps_crypto_point *point)
{
    const uint8_t *encoded;

    if (spki.size != sizeof p256_spki_head + 65 ||
        memcmp(spki.data, p256_spki_head, sizeof p256_spki_head) != 0) {
        return false;
    }
    encoded = spki.data + sizeof p256_spki_head;
    if (encoded[0] != POINT_CONVERSION_UNCOMPRESSED) {
        return false;
    }
    *point = (tps_crypto_point){.curve = TPS_CURVE_P256, .size = 32};
    memcpy(point->x, encoded + 1, 32);
    memcpy(point->y, encoded + 33, 32);
    return true;
}

tps_status tps_crypto_key_from_spki(tps_span spki, tps_crypto_key **key)
{
    const unsigned char *at = spki.data;
    tps_crypto_point point;
    EVP_PKEY *pkey;

    if (read_plain_spki(spki, &point)) {
        return tps_crypto_key_from_point(&point, key);
    }
    pkey = spki.size > INT32_MAX ? NULL : d2i_PUBKEY(NULL, &at, (long)spki.size);
    if (pkey != NULL && at != spki.data + spki.size) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return openssl_key_adopt(pkey, key);
}

int openssl_no_passphrase(char *passphrase, int size, int is_writing, void *context)
{
    (void)passphrase;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

/* The key of the first PUBLIC KEY block, or TPS_NOT_FOUND. Reads the block without OpenSSL's search for a
 * decoder. */
static tps_status key_from_public_block(BIO *bio, tps_crypto_key **key)
{
    tps_status status = TPS_NOT_FOUND;
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long size = 0;

    while (status == TPS_NOT_FOUND && PEM_read_bio(bio, &name, &header, &der, &size) == 1) {
        if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
            status = tps_crypto_key_from_spki(tps_span_make(der, (size_t)size), key);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)size);
    }
    return status;
}

tps_status tps_crypto_key_from_pem(tps_span pem, tps_crypto_key **key)
{
    BIO *bio = pem.size > INT32_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *pkey = NULL;
    X509 *certificate = NULL;
    tps_status status;

    *key = NULL;
    if (bio == NULL) {
        return TPS_CRYPTO_BAD_KEY;
    }
    status = key_from_public_block(bio, key);
    if (status == TPS_NOT_FOUND && BIO_reset(bio) >= 0) {
        pkey = PEM_read_bio_PrivateKey(bio, NULL, openssl_no_passphrase, NULL);
        if (pkey == NULL && BIO_reset(bio) >= 0) {
            certificate = PEM_read_bio_X509(bio, NULL, openssl_no_passphrase, NULL);
            pkey = certificate == NULL ? NULL : X509_get_pubkey(certificate);
            X509_free(certificate);
        }
        status = openssl_key_adopt(pkey, key);
    }
    ERR_clear_error(); /* of the kinds that it was not */
    BIO_free(bio);
    return status;
}

tps_status tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point)
{
    *point = key->point;
    return TPS_OK;
}

tps_status tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size)
{
    tps_span head = spki_head(key->curve);
    size_t half = key->point.size;
    uint8_t *at = out.data;

    *size = head.size + 1 + 2 * half;
    if (out.data == NULL) {
        return TPS_OK;
    }
    if (out.size < *size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    memcpy(at, head.data, head.size);
    at += head.size;
    *at++ = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(at, key->point.x, half);
    memcpy(at + half, key->point.y, half);
    return TPS_OK;
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
    return wrap(key->pkey, &key->point, key->is_private, copy);
}

void tps_crypto_key_free(tps_crypto_key *key)
{
    if (key == NULL) {
        return;
    }
    EVP_PKEY_CTX_free(key->verify);
    EVP_PKEY_CTX_free(key->sign);
    EVP_PKEY_free(key->pkey);
    free(key);
}
