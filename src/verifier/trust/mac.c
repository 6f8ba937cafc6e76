/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a verifier shares with devices: read as bytes, as a COSE_Key or as a JWK, kept, and tried. */
#include "verifier/trust/mac.h"

#include <stdlib.h>

#include "format/der/reader.h"
#include "format/json/jwk.h"
#include "tps/cose.h"
#include "tps/secret.h"
#include "verifier/trust/key_read.h"

/* Bytes that say nothing of themselves must be as many as HMAC 256 asks for (RFC 9053, 3.1): what is shorter
 * is more likely a password, or not meant for this. */
enum { KEYS_MAX = 64, SECRET_MIN = 16, BARE_MIN = 32, SECRET_MAX = 128, INSTANCE_MAX = 33 };

struct mac_key {
    uint8_t bytes[SECRET_MAX];
    size_t size;
    int64_t alg; /* the one that it is for, or 0 */
    uint32_t ops;
    uint8_t instance[INSTANCE_MAX];
    size_t instance_size; /* 0: any */
};

static tps_status take_bytes(mac_key *key, tps_span bytes)
{
    if (bytes.size < SECRET_MIN || bytes.size > SECRET_MAX) {
        return TPS_CRYPTO_BAD_KEY;
    }
    memcpy(key->bytes, bytes.data, bytes.size);
    key->size = bytes.size;
    return TPS_OK;
}

/* ---- keys that say what they are ---- */

/* A key of kty Symmetric or oct, if by its own words it may check authentication codes. */
static tps_status take_described(const tps_cose_key *described, mac_key *key)
{
    tps_cose_secret secret;

    TPS_TRY(tps_cose_key_secret(described, &secret));
    TPS_TRY(tps_cose_key_permits(described, TPS_ALG_NONE, TPS_KEY_OP_MAC_VERIFY));
    if (secret.alg != TPS_ALG_NONE &&
        (secret.alg != (int32_t)secret.alg || tps_crypto_alg_mac_size((int32_t)secret.alg) == 0)) {
        return TPS_COSE_KEY_USE;
    }
    key->alg = secret.alg;
    key->ops = secret.ops;
    return take_bytes(key, secret.bytes);
}

static tps_status read_jwk(tps_span text, mac_key *key)
{
    uint8_t room[JWK_ROOM_SIZE];
    jwk found;
    tps_status status = jwk_read(text, TPS_BUF_OF(room), &found, NULL);

    if (status == TPS_OK) {
        status = found.key.kty == TPS_KEY_SYMMETRIC ? take_described(&found.key, key) : TPS_JWK_BAD_KEY;
    }
    tps_wipe(room, sizeof room);
    return status;
}

/* ---- any form ---- */

/* X, Y: a point as some write it, without the byte that says so. No secret is one by chance. */
static bool is_bare_point(tps_span input)
{
    static const int32_t curves[] = {TPS_CURVE_P256, TPS_CURVE_P384, TPS_CURVE_P521};

    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        tps_crypto_point point = {.curve = curves[i], .size = tps_crypto_curve_size(curves[i])};
        tps_crypto_key *key;

        if (input.size != 2 * point.size) {
            continue;
        }
        memcpy(point.x, input.data, point.size);
        memcpy(point.y, input.data + point.size, point.size);
        if (tps_crypto_key_from_point(&point, &key) == TPS_OK) {
            tps_crypto_key_free(key);
            return true;
        }
    }
    return false;
}

/* A value of DER, or the size and the first byte of a compressed point (SEC 1, 2.3.3): keys of kinds that are
 * not read here are public all the same. */
static bool looks_public(tps_span input)
{
    bool is_compressed = input.size == 33 || input.size == 49 || input.size == 67;

    return is_compressed ? input.data[0] == 0x02 || input.data[0] == 0x03
                         : input.data[0] == DER_SEQUENCE && der_check(input, NULL) == TPS_OK;
}

/* Text is how people write something else: a key in a form that is not known here, or a secret's bytes in
 * hex. */
static bool is_text(tps_span input)
{
    for (size_t i = 0; i < input.size; i++) {
        uint8_t c = input.data[i];

        if ((c < 0x20 || c > 0x7e) && c != '\t' && c != '\r' && c != '\n') {
            return false;
        }
    }
    return true;
}

/*
 * Whether it is a public key, or text or CBOR that may hold one. Taken for the bytes of a secret, it would
 * let everybody who knows that key make evidence. (32 bytes that might be an Ed25519 key are the caller's
 * word: nothing tells them from a secret.)
 */
static bool is_no_secret(tps_span input, tps_status as_cose)
{
    static const char pem[] = "-----BEGIN ";
    found_key found;
    tps_span kty;

    if (input.size != BARE_MIN && key_read(input, &found) == TPS_OK) {
        tps_crypto_key_free(found.key);
        return true;
    }
    return is_text(input) || looks_public(input) || is_bare_point(input) ||
           memmem(input.data, input.size, pem, strlen(pem)) != NULL ||
           (as_cose == TPS_COSE_BAD_KEY && tps_cose_header_find(input, 1, &kty));
}

static tps_status read_key(tps_span input, mac_key *key)
{
    tps_span text = key_skip_white(input);
    tps_cose_key cose;
    tps_status status;

    if (text.size == 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (*text.data == '{') {
        return read_jwk(text, key);
    }
    status = tps_cose_key_parse(input, &cose, NULL);
    if (status == TPS_OK) {
        return take_described(&cose, key);
    }
    if (is_no_secret(input, status)) {
        return status == TPS_COSE_BAD_KEY ? status : TPS_CRYPTO_BAD_KEY;
    }
    return input.size < BARE_MIN ? TPS_CRYPTO_BAD_KEY : take_bytes(key, input);
}

/* Secrets move only to memory that is wiped in the end, so no realloc(). */
static tps_status append(tps_verifier *v, const mac_key *made)
{
    size_t count = v->mac_count;
    mac_key *keys = malloc((count + 1) * sizeof *keys);

    if (keys == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    if (count > 0) {
        memcpy(keys, v->macs, count * sizeof *keys);
    }
    keys[count] = *made;
    mac_free(v);
    v->macs = keys;
    v->mac_count = count + 1;
    return TPS_OK;
}

tps_status tps_verifier_add_mac_key(tps_verifier *v, tps_span key, tps_span instance_id)
{
    mac_key made = {.instance_size = instance_id.size};
    tps_status status;

    if (instance_id.size > sizeof made.instance) {
        return TPS_BAD_ARGUMENT;
    }
    if (v->mac_count == KEYS_MAX) {
        return TPS_TOO_LARGE;
    }
    if (instance_id.size > 0) {
        memcpy(made.instance, instance_id.data, instance_id.size);
    }
    status = read_key(key, &made);
    if (status == TPS_OK) {
        status = append(v, &made);
    }
    tps_wipe(&made, sizeof made);
    return status;
}

void mac_free(tps_verifier *v)
{
    if (v->macs != NULL) {
        tps_wipe(v->macs, v->mac_count * sizeof *v->macs);
    }
    free(v->macs);
    v->macs = NULL;
    v->mac_count = 0;
}

/* ---- use ---- */

tps_status mac_check(const tps_verifier *v, const tps_cose_message *message, tps_span instance_id)
{
    tps_status worst = TPS_VERIFIER_NO_TRUST_ANCHOR;

    for (size_t i = 0; i < v->mac_count; i++) {
        const mac_key *key = &v->macs[i];
        tps_cose_secret secret = {
            .bytes = tps_span_make(key->bytes, key->size), .alg = key->alg, .ops = key->ops};
        tps_status status;
        if (key->instance_size > 0 &&
            !tps_span_equal(tps_span_make(key->instance, key->instance_size), instance_id)) {
            continue;
        }
        /* 64 bits are little: by the key's word, not by the sender's choice. */
        status = message->headers.alg == TPS_ALG_HMAC256_64 && key->alg != TPS_ALG_HMAC256_64
                     ? TPS_COSE_ALG_REFUSED
                     : tps_cose_mac0_verify_parsed(message, &secret, NULL);
        if (status == TPS_OK) {
            return TPS_OK;
        }
        worst = worst == TPS_COSE_BAD_TAG ? worst : status;
    }
    return worst;
}
