/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys in PEM, JWK (RFC 7517), COSE_Key, DER and as a bare point. */
#include "verifier/key_read.h"

#include <jansson.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "tps/base64.h"
#include "tps/cose.h"

enum { PEM_CERTIFICATE_MAX = 16384, SPKI_MAX = 192 };

size_t key_coordinate_size(int32_t curve)
{
    return curve == TPS_CURVE_P384 ? 48 : 32;
}

static bool begins_with(tps_span input, const char *text)
{
    size_t size = strlen(text);

    return input.size >= size && memcmp(input.data, text, size) == 0;
}

static bool is_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static tps_span skip_white(tps_span input)
{
    while (input.size > 0 && is_white(*input.data)) {
        input = tps_span_make(input.data + 1, input.size - 1);
    }
    return input;
}

/* ---- JWK ---- */

static bool read_coordinate(const json_t *jwk, const char *name, uint8_t *out, size_t size)
{
    const char *text = json_string_value(json_object_get(jwk, name));
    uint8_t bytes[TPS_COORDINATE_SIZE_MAX + 2];
    size_t got = 0;

    if (text == NULL || tps_base64_read(tps_span_of_text(text), TPS_BUF_OF(bytes), &got) != TPS_OK ||
        got != size) {
        return false;
    }
    memcpy(out, bytes, size);
    return true;
}

static tps_status read_jwk_members(const json_t *jwk, tps_crypto_key **key)
{
    const char *type = json_string_value(json_object_get(jwk, "kty"));
    const char *curve = json_string_value(json_object_get(jwk, "crv"));
    tps_crypto_point point = {0};

    if (type == NULL || curve == NULL || strcmp(type, "EC") != 0) {
        return TPS_JWK_BAD_KEY;
    }
    if (strcmp(curve, "P-256") == 0) {
        point.curve = TPS_CURVE_P256;
    } else if (strcmp(curve, "P-384") == 0) {
        point.curve = TPS_CURVE_P384;
    } else {
        return TPS_JWK_BAD_KEY;
    }
    point.size = key_coordinate_size(point.curve);
    if (!read_coordinate(jwk, "x", point.x, point.size) || !read_coordinate(jwk, "y", point.y, point.size)) {
        return TPS_JWK_BAD_KEY;
    }
    return tps_crypto_key_from_point(&point, key);
}

static tps_status read_jwk(tps_span input, tps_crypto_key **key)
{
    json_error_t error;
    json_t *jwk = json_loadb((const char *)input.data, input.size, JSON_REJECT_DUPLICATES, &error);
    tps_status status;

    if (jwk == NULL) {
        return TPS_JSON_NOT_WELL_FORMED;
    }
    status = read_jwk_members(jwk, key);
    json_decref(jwk);
    return status;
}

/* ---- the others ---- */

/* 0x04, X, Y (SEC 1, 2.3.3) of the curve whose size fits. */
static tps_status read_point(tps_span input, tps_crypto_key **key)
{
    tps_crypto_point point = {.curve = input.size == 65 ? TPS_CURVE_P256 : TPS_CURVE_P384};

    point.size = key_coordinate_size(point.curve);
    memcpy(point.x, input.data + 1, point.size);
    memcpy(point.y, input.data + 1 + point.size, point.size);
    return tps_crypto_key_from_point(&point, key);
}

/* Takes a key in place of one that has a private part. */
static tps_status drop_private_part(tps_crypto_key **key)
{
    tps_crypto_point point;
    tps_crypto_key *public_key = NULL;
    tps_status status;

    if (!tps_crypto_key_is_private(*key)) {
        return TPS_OK;
    }
    status = tps_crypto_key_point(*key, &point);
    if (status == TPS_OK) {
        status = tps_crypto_key_from_point(&point, &public_key);
    }
    tps_crypto_key_free(*key);
    *key = public_key;
    return status;
}

static tps_status read_pem_certificate(tps_span pem, tps_crypto_key **key, bool *is_demonstration)
{
    uint8_t room[PEM_CERTIFICATE_MAX];
    tps_span ders[1];
    size_t count = 1;

    TPS_TRY(tps_x509_from_pem(pem, TPS_BUF_OF(room), ders, &count));
    return key_read_certificate(ders[0], key, is_demonstration);
}

static tps_status read_any(tps_span input, tps_crypto_key **key, bool *is_demonstration)
{
    tps_span text = skip_white(input);

    if (begins_with(text, "-----BEGIN CERTIFICATE-----")) {
        return read_pem_certificate(text, key, is_demonstration);
    }
    if (begins_with(text, "-----BEGIN ")) {
        TPS_TRY(tps_crypto_key_from_pem(text, key));
        return drop_private_part(key);
    }
    if (begins_with(text, "{")) {
        return read_jwk(text, key);
    }
    if (input.size > 0 && (input.data[0] & 0xe0) == 0xa0) { /* a CBOR map */
        return tps_cose_key_read_for(input, TPS_ALG_NONE, TPS_KEY_OP_VERIFY, key);
    }
    if ((input.size == 65 || input.size == 97) && input.data[0] == 0x04) {
        return read_point(input, key);
    }
    return tps_crypto_key_from_spki(input, key);
}

tps_status key_read(tps_span input, tps_crypto_key **key, bool *is_demonstration)
{
    uint8_t spki[SPKI_MAX];
    size_t size = 0;
    tps_status status;

    *key = NULL;
    *is_demonstration = false;
    TPS_TRY(read_any(input, key, is_demonstration));
    status = tps_crypto_key_spki(*key, TPS_BUF_OF(spki), &size);
    if (status != TPS_OK) {
        tps_crypto_key_free(*key);
        *key = NULL;
        return status;
    }
    if (tps_span_equal(tps_span_make(spki, size), TPS_SPAN_OF(tps_demonstration_spki))) {
        *is_demonstration = true;
    }
    return TPS_OK;
}

tps_status key_read_certificate(tps_span der, tps_crypto_key **key, bool *is_demonstration)
{
    *key = NULL;
    TPS_TRY(tps_x509_public_key(der, key));
    *is_demonstration = key_is_under_demonstration(der);
    return TPS_OK;
}

bool key_is_under_demonstration(tps_span der)
{
    return tps_x509_is_under(der, TPS_SPAN_OF(tps_demonstration_spki));
}

bool key_names_demonstration(const tps_span *ders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memmem(ders[i].data, ders[i].size, TPS_DEMONSTRATION_NAME, strlen(TPS_DEMONSTRATION_NAME)) !=
                NULL &&
            key_is_under_demonstration(ders[i])) {
            return true;
        }
    }
    return false;
}

tps_status key_digest(const tps_crypto_key *key, uint8_t digest[32])
{
    uint8_t spki[SPKI_MAX];
    size_t size = 0;
    tps_digest hash;

    TPS_TRY(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &hash));
    memcpy(digest, hash.bytes, 32);
    return TPS_OK;
}
