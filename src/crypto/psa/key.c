/* SPDX-License-Identifier: Apache-2.0 */
/* Keys over PSA Crypto: made, taken from numbers, taken apart. */
#include "crypto/psa/key.h"

#include "crypto/algorithms.h"
#include "tps/secret.h"

tps_status psa_failure(psa_status_t failure, tps_status otherwise)
{
    switch (failure) {
    case PSA_ERROR_INSUFFICIENT_MEMORY: return TPS_OUT_OF_MEMORY;
#ifdef MBEDTLS_PSA_P256M_DRIVER_ENABLED
    case PSA_ERROR_GENERIC_ERROR: /* p256-m says nothing else by it */
#endif
    case PSA_ERROR_INSUFFICIENT_ENTROPY: return TPS_CRYPTO_NO_ENTROPY;
    case PSA_ERROR_BAD_STATE: /* psa_crypto_init() was not called */
    case PSA_ERROR_COMMUNICATION_FAILURE:
    case PSA_ERROR_HARDWARE_FAILURE:
    case PSA_ERROR_CORRUPTION_DETECTED: return TPS_CRYPTO_FAILED;
    default: return otherwise;
    }
}

psa_key_attributes_t psa_key_policy(psa_key_type_t type, size_t bits)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_usage_t usage = PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_EXPORT | PSA_KEY_USAGE_COPY;

    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, bits);
    if (PSA_KEY_TYPE_IS_RSA(type)) {
        psa_set_key_algorithm(&attributes, PSA_ALG_RSA_PSS(PSA_ALG_SHA_256));
    } else {
        psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    }
    if (PSA_KEY_TYPE_IS_ECC_KEY_PAIR(type)) {
        usage |= PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_DERIVE;
        psa_set_key_enrollment_algorithm(&attributes, PSA_ALG_ECDH);
    }
    psa_set_key_usage_flags(&attributes, usage);
    return attributes;
}

tps_status psa_key_dress(psa_status_t done, psa_key_id_t id, tps_crypto_key **key)
{
    if (done != PSA_SUCCESS) {
        return psa_failure(done, TPS_CRYPTO_BAD_KEY);
    }
    *key = (tps_crypto_key *)(uintptr_t)id;
    return TPS_OK;
}

tps_status psa_key_take(psa_key_type_t type, size_t bits, tps_span bytes, tps_crypto_key **key)
{
    psa_key_attributes_t attributes = psa_key_policy(type, bits);
    psa_key_id_t id = PSA_KEY_ID_NULL;
    psa_status_t done = psa_import_key(&attributes, bytes.data, bytes.size, &id);

    return psa_key_dress(done, id, key);
}

/* ---- keys from numbers ---- */

tps_status tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key)
{
    size_t half = tps_crypto_curve_size(point->curve);
    uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX];

    *key = NULL;
    if (psa_curve_bits(point->curve) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (point->size != half) {
        return TPS_CRYPTO_BAD_KEY;
    }
    encoded[0] = 4;
    memcpy(encoded + 1, point->x, half);
    memcpy(encoded + 1 + half, point->y, half);
    return psa_key_take(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), psa_curve_bits(point->curve),
                        tps_span_make(encoded, 1 + 2 * half), key);
}

tps_status tps_crypto_key_change_point(tps_crypto_key **key, const tps_crypto_point *point)
{
    tps_crypto_key_free(*key); /* PSA Crypto's keys never change */
    return tps_crypto_key_from_point(point, key);
}

tps_status tps_crypto_key_from_scalar(int32_t curve, tps_span scalar, tps_crypto_key **key)
{
    *key = NULL;
    if (psa_curve_bits(curve) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (scalar.size != tps_crypto_curve_size(curve)) {
        return TPS_CRYPTO_BAD_KEY;
    }
    return psa_key_take(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), psa_curve_bits(curve), scalar,
                        key);
}

/* ---- what a key tells ---- */

/* Type and bits; of a key that is gone, none. */
static psa_key_type_t type_of(const tps_crypto_key *key, size_t *bits)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_type_t type = PSA_KEY_TYPE_NONE;

    *bits = 0;
    if (psa_get_key_attributes(psa_id_of(key), &attributes) == PSA_SUCCESS) {
        type = psa_get_key_type(&attributes);
        *bits = psa_get_key_bits(&attributes);
    }
    psa_reset_key_attributes(&attributes);
    return type;
}

int32_t tps_crypto_key_kind(const tps_crypto_key *key)
{
    size_t bits;

    return PSA_KEY_TYPE_IS_RSA(type_of(key, &bits)) ? TPS_KEY_RSA : TPS_KEY_EC2;
}

int32_t tps_crypto_key_curve(const tps_crypto_key *key)
{
    size_t bits;

    if (PSA_KEY_TYPE_IS_RSA(type_of(key, &bits))) {
        return 0;
    }
    switch (bits) {
    case 256: return TPS_CURVE_P256;
    case 384: return TPS_CURVE_P384;
    case 521: return TPS_CURVE_P521;
    default: return 0;
    }
}

bool tps_crypto_key_is_private(const tps_crypto_key *key)
{
    size_t bits;

    return PSA_KEY_TYPE_IS_KEY_PAIR(type_of(key, &bits));
}

tps_status tps_crypto_key_scalar(const tps_crypto_key *key, tps_buf scalar)
{
    size_t size = 0;

    if (!tps_crypto_key_is_private(key)) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (scalar.size != tps_crypto_curve_size(tps_crypto_key_curve(key))) {
        return TPS_BAD_ARGUMENT;
    }
    if (psa_export_key(psa_id_of(key), scalar.data, scalar.size, &size) != PSA_SUCCESS ||
        size != scalar.size) {
        tps_wipe(scalar.data, scalar.size);
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}

tps_status tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point)
{
    int32_t curve = tps_crypto_key_curve(key);
    size_t half = tps_crypto_curve_size(curve);
    uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX];
    size_t size = 0;

    if (half == 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (psa_export_public_key(psa_id_of(key), encoded, sizeof encoded, &size) != PSA_SUCCESS ||
        size != 1 + 2 * half) {
        return TPS_CRYPTO_FAILED;
    }
    *point = (tps_crypto_point){.curve = curve, .size = half};
    memcpy(point->x, encoded + 1, half);
    memcpy(point->y, encoded + 1 + half, half);
    return TPS_OK;
}

tps_status tps_crypto_key_copy(const tps_crypto_key *key, tps_crypto_key **copy)
{
    size_t bits;
    psa_key_type_t type = type_of(key, &bits);
    psa_key_attributes_t attributes = psa_key_policy(type, bits);
    psa_key_id_t id = PSA_KEY_ID_NULL;
    psa_status_t done = psa_copy_key(psa_id_of(key), &attributes, &id);

    *copy = NULL;
    return psa_key_dress(done, id, copy);
}

void tps_crypto_key_free(tps_crypto_key *key)
{
    if (key != NULL) {
        (void)psa_destroy_key(psa_id_of(key));
    }
}
