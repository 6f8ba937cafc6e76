/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a verifier shares with devices: read as bytes, as a COSE_Key or as a JWK, kept, and tried. */
#include "verifier/mac.h"

#include <stdlib.h>

#include "format/der/reader.h"
#include "format/json/reader.h"
#include "tps/cose.h"
#include "tps/secret.h"
#include "verifier/key_read.h"

enum { KEYS_MAX = 64, SECRET_MIN = 16, SECRET_MAX = 128, INSTANCE_MAX = 33 };

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

/* ---- JWK (RFC 7518, 6.4) ---- */

static int64_t alg_of(json_str name)
{
    return json_str_is(name, "HS256")   ? TPS_ALG_HMAC256
           : json_str_is(name, "HS384") ? TPS_ALG_HMAC384
           : json_str_is(name, "HS512") ? TPS_ALG_HMAC512
                                        : -1;
}

/* True when key_ops allows verification. */
static bool read_ops(json_reader *r)
{
    json_list list = json_enter_array(r);
    bool may_verify = false;

    while (json_next(r, &list)) {
        may_verify |= json_str_is(json_get_string(r), "verify");
    }
    return may_verify;
}

static tps_status read_jwk(tps_span input, mac_key *key)
{
    json_reader r = json_reader_init(input);
    tps_buf room = TPS_BUF_OF(key->bytes);
    tps_span secret = TPS_SPAN_EMPTY;
    bool is_symmetric = false;
    bool is_for_this = true;
    json_list list;

    TPS_TRY(json_check(input, &json_limits_message, NULL));
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);
        if (json_str_is(name, "kty")) {
            is_symmetric = json_str_is(json_get_string(&r), "oct");
        } else if (json_str_is(name, "k")) {
            secret = json_get_base64url(&r, &room);
        } else if (json_str_is(name, "alg")) {
            key->alg = alg_of(json_get_string(&r));
        } else if (json_str_is(name, "use")) {
            is_for_this &= json_str_is(json_get_string(&r), "sig");
        } else if (json_str_is(name, "key_ops")) {
            is_for_this &= read_ops(&r);
        } else {
            json_skip(&r);
        }
    }
    if (r.status != TPS_OK || !is_symmetric || !is_for_this || key->alg < 0 || secret.size < SECRET_MIN) {
        return TPS_JWK_BAD_KEY;
    }
    key->size = secret.size; /* it lies at the front of the room */
    return TPS_OK;
}

/* ---- any form ---- */

static tps_status read_cose_key(const tps_cose_key *cose, mac_key *key)
{
    tps_cose_secret secret;

    TPS_TRY(tps_cose_key_secret(cose, &secret));
    key->alg = secret.alg;
    key->ops = secret.ops;
    return take_bytes(key, secret.bytes);
}

/* A value of DER, or the size and the first byte of a compressed point (SEC 1, 2.3.3): keys of kinds that are
 * not read here are public all the same. */
static bool looks_public(tps_span input)
{
    bool is_point = input.size == 33 || input.size == 49 || input.size == 67;

    return is_point ? input.data[0] == 0x02 || input.data[0] == 0x03
                    : input.data[0] == DER_SEQUENCE && der_check(input, NULL) == TPS_OK;
}

/*
 * Whether it is a public key, or text or CBOR that may hold one. Taken for the bytes of a secret, it would
 * let everybody who knows that key make evidence; and what a file of `tps verify --key` is, the evidence
 * says, which may come from anybody.
 */
static bool is_no_secret(tps_span input, tps_status as_cose)
{
    static const char pem[] = "-----BEGIN ";
    tps_crypto_key *key;
    bool is_demonstration;
    tps_span kty;

    if (key_read(input, &key, &is_demonstration) == TPS_OK) {
        tps_crypto_key_free(key);
        return true;
    }
    return looks_public(input) || memmem(input.data, input.size, pem, strlen(pem)) != NULL ||
           (as_cose == TPS_COSE_BAD_KEY && tps_cose_header_find(input, 1, &kty));
}

static tps_status read_key(tps_span input, mac_key *key)
{
    tps_span text = input;
    tps_cose_key cose;
    tps_status status;

    if (input.size == 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    while (text.size > 0 && strchr(" \t\r\n", *text.data) != NULL && *text.data != 0) {
        text = tps_span_make(text.data + 1, text.size - 1);
    }
    if (text.size > 0 && *text.data == '{') {
        return read_jwk(text, key);
    }
    status = tps_cose_key_parse(input, &cose, NULL);
    if (status == TPS_OK) {
        return read_cose_key(&cose, key);
    }
    if (is_no_secret(input, status)) {
        return status == TPS_COSE_BAD_KEY ? status : TPS_CRYPTO_BAD_KEY;
    }
    return take_bytes(key, input);
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
        status = tps_cose_mac0_verify_parsed(message, &secret, NULL);
        if (status == TPS_OK) {
            return TPS_OK;
        }
        worst = worst == TPS_COSE_BAD_TAG ? worst : status;
    }
    return worst;
}
