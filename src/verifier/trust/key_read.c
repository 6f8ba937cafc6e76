/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys in PEM, JWK (RFC 7517), COSE_Key, DER and as a bare point. */
#include "verifier/trust/key_read.h"

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "format/json/jwk.h"
#include "tps/secret.h"

enum { PEM_CERTIFICATE_MAX = 16384, ED25519_SIZE = 32 };

/* SubjectPublicKeyInfo of RSA with 4,096 bits takes 550 bytes. */
enum { SPKI_MAX = 576 };

static bool begins_with(tps_span input, const char *text)
{
    size_t size = strlen(text);

    return input.size >= size && memcmp(input.data, text, size) == 0;
}

static bool is_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

tps_span key_skip_white(tps_span input)
{
    while (input.size > 0 && is_white(*input.data)) {
        input = tps_span_make(input.data + 1, input.size - 1);
    }
    return input;
}

bool key_algs_permit(const key_algs *algs, int64_t alg)
{
    return algs->alg == TPS_ALG_NONE || alg == algs->alg || (algs->also != TPS_ALG_NONE && alg == algs->also);
}

/* ---- keys that say what they are for ---- */

static bool fits(int64_t alg, const tps_crypto_key *key)
{
    return alg != TPS_ALG_NONE && alg == (int32_t)alg && tps_crypto_alg_fits((int32_t)alg, key) == TPS_OK;
}

/* The public key, if by its own words it verifies signatures. `also` is another name of its alg. */
static tps_status take_described(const tps_cose_key *described, int64_t also, found_key *out)
{
    TPS_TRY(tps_cose_key_permits(described, TPS_ALG_NONE, TPS_KEY_OP_VERIFY));
    TPS_TRY(tps_cose_key_public(described, &out->key));
    if (described->alg != TPS_ALG_NONE && !fits(described->alg, out->key)) {
        return TPS_COSE_KEY_USE;
    }
    out->algs = (key_algs){(int32_t)described->alg, (int32_t)also};
    return TPS_OK;
}

/*
 * The attestation keys that are published with the PSA tokens of other verifiers say use "enc", and sign. So
 * that word alone refuses no public key: whoever names the key says what for. alg and key_ops are obeyed, and
 * so is another use.
 */
static tps_status read_jwk(tps_span text, found_key *out)
{
    uint8_t room[JWK_ROOM_SIZE];
    jwk found;
    tps_status status = jwk_read(text, TPS_BUF_OF(room), &found, NULL);

    if (status == TPS_OK) {
        found.key.ops = found.is_enc_by_use ? 0 : found.key.ops;
        status = found.key.kty == TPS_KEY_SYMMETRIC ? TPS_JWK_BAD_KEY
                                                    : take_described(&found.key, found.also, out);
    }
    tps_wipe(room, sizeof room); /* it may have been a secret */
    return status;
}

/* A private part in a COSE_Key is refused: it must never travel. */
static tps_status read_cose_key(tps_span input, found_key *out)
{
    tps_cose_key found;

    TPS_TRY(tps_cose_key_parse(input, &found, NULL));
    return found.secret.data != NULL ? TPS_COSE_BAD_KEY : take_described(&found, TPS_ALG_NONE, out);
}

/* ---- the others ---- */

/* 0x04, X, Y (SEC 1, 2.3.3) of the curve whose size fits. */
static tps_status read_point(tps_span input, tps_crypto_key **key)
{
    tps_crypto_point point = {.curve = input.size == 65   ? TPS_CURVE_P256
                                       : input.size == 97 ? TPS_CURVE_P384
                                                          : TPS_CURVE_P521};

    point.size = tps_crypto_curve_size(point.curve);
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

/* The 32 bytes of an Ed25519 key (RFC 8032, 5.1.5). A COSE_Key of that size could only be a symmetric one. */
static bool is_bare_ed25519(tps_span input)
{
    tps_cose_key cose;

    return input.size == ED25519_SIZE && tps_cose_key_parse(input, &cose, NULL) != TPS_OK;
}

static tps_status read_ed25519(tps_span input, tps_crypto_key **key)
{
    tps_crypto_point point = {.curve = TPS_CURVE_ED25519, .size = ED25519_SIZE};

    memcpy(point.x, input.data, ED25519_SIZE);
    return tps_crypto_key_from_point(&point, key);
}

static tps_status read_any(tps_span input, found_key *out)
{
    tps_span text = key_skip_white(input);

    if (begins_with(text, "-----BEGIN CERTIFICATE-----")) {
        return read_pem_certificate(text, &out->key, &out->is_demonstration);
    }
    if (begins_with(text, "-----BEGIN ")) {
        TPS_TRY(tps_crypto_key_from_pem(text, &out->key));
        return drop_private_part(&out->key);
    }
    if (is_bare_ed25519(input)) {
        return read_ed25519(input, &out->key);
    }
    if (begins_with(text, "{")) {
        return read_jwk(text, out);
    }
    if (input.size > 0 && (input.data[0] & 0xe0) == 0xa0) { /* a CBOR map */
        return read_cose_key(input, out);
    }
    if ((input.size == 65 || input.size == 97 || input.size == 133) && input.data[0] == 0x04) {
        return read_point(input, &out->key);
    }
    return tps_crypto_key_from_spki(input, &out->key);
}

tps_status key_read(tps_span input, found_key *out)
{
    uint8_t spki[SPKI_MAX];
    size_t size = 0;
    tps_status status;

    *out = (found_key){.key = NULL};
    status = read_any(input, out);
    status = status == TPS_OK ? tps_crypto_key_spki(out->key, TPS_BUF_OF(spki), &size) : status;
    if (status != TPS_OK) {
        tps_crypto_key_free(out->key);
        *out = (found_key){.key = NULL};
        return status;
    }
    if (tps_span_equal(tps_span_make(spki, size), TPS_SPAN_OF(tps_demonstration_spki))) {
        out->is_demonstration = true;
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

tps_status key_check_instance(const tps_crypto_point *key, tps_span instance_id)
{
    uint8_t bytes[1 + 2 * TPS_COORDINATE_SIZE_MAX] = {0x04};
    tps_digest digest;

    memcpy(bytes + 1, key->x, key->size);
    memcpy(bytes + 1 + key->size, key->y, key->size);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(bytes, 1 + 2 * key->size), &digest));
    if (instance_id.size != 33 || instance_id.data[0] != 0x01 ||
        memcmp(instance_id.data + 1, digest.bytes, 32) != 0) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    return TPS_OK;
}
