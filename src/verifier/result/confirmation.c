/* SPDX-License-Identifier: Apache-2.0 */
/* The confirmation of a result, in either encoding. */
#include "verifier/result/confirmation.h"

#include "tps/cose_key.h"

/* A number of COSE in CBOR, its name of JOSE in JSON. */
static void put_choice(dual_writer *w, int64_t label, const char *member, int64_t number, const char *name)
{
    dual_put_key(w, label, member);
    if (w->is_json) {
        dual_put_text(w, tps_span_of_text(name));
    } else {
        dual_put_int(w, number);
    }
}

static void put_coordinate(dual_writer *w, int64_t label, const char *member, tps_span bytes)
{
    dual_put_key(w, label, member);
    dual_put_bytes(w, bytes);
}

/* The parser takes keys on these curves alone. */
static const char *curve_name(int64_t curve)
{
    switch (curve) {
    case TPS_CURVE_P256: return "P-256";
    case TPS_CURVE_P384: return "P-384";
    case TPS_CURVE_P521: return "P-521";
    default: return "Ed25519";
    }
}

static void put_point(dual_writer *w, const tps_cose_key *key)
{
    bool is_ec = key->kty == TPS_KEY_EC2;

    dual_begin_map(w, is_ec ? 4 : 3);
    put_choice(w, 1, "kty", key->kty, is_ec ? "EC" : "OKP");
    put_choice(w, -1, "crv", key->curve, curve_name(key->curve));
    put_coordinate(w, -2, "x", key->x);
    if (is_ec && key->is_compressed) {
        dual_put_key(w, -3, "y");
        dual_put_bool(w, key->is_y_odd);
    } else if (is_ec) {
        put_coordinate(w, -3, "y", key->y);
    }
    dual_end_map(w);
}

static void put_rsa(dual_writer *w, const tps_cose_key *key)
{
    dual_begin_map(w, 3);
    put_choice(w, 1, "kty", key->kty, "RSA");
    put_coordinate(w, -1, "n", key->x);
    put_coordinate(w, -2, "e", key->y);
    dual_end_map(w);
}

/* False when it has no form here. */
static bool put_key(dual_writer *w, tps_span encoded)
{
    tps_cose_key key;

    if (tps_cose_key_parse(encoded, &key, NULL) != TPS_OK || key.kty == TPS_KEY_SYMMETRIC ||
        (w->is_json && key.is_compressed)) {
        return false;
    }
    dual_put_key(w, TPS_CWT_CONFIRMATION_KEY, "jwk");
    if (key.kty == TPS_KEY_RSA) {
        put_rsa(w, &key);
    } else {
        put_point(w, &key);
    }
    return true;
}

static bool put_member(dual_writer *w, const tps_cwt_confirmation *confirmation)
{
    switch (confirmation->kind) {
    case TPS_CWT_CONFIRMATION_KEY: return put_key(w, confirmation->value);
    case TPS_CWT_CONFIRMATION_THUMBPRINT:
        if (w->is_json) {
            return false;
        }
        break;
    case TPS_CWT_CONFIRMATION_KEY_ID: break;
    default: return false;
    }
    put_coordinate(w, confirmation->kind, "kid", confirmation->value);
    return true;
}

void confirmation_write(tps_span encoded, bool is_json, tps_buf room, tps_span *value)
{
    dual_writer w = dual_writer_init(room, is_json);
    tps_cwt_confirmation confirmation;
    size_t size;

    *value = TPS_SPAN_EMPTY;
    if (tps_cwt_confirmation_decode(encoded, &confirmation, NULL) != TPS_OK) {
        return;
    }
    dual_begin_map(&w, 1);
    if (!put_member(&w, &confirmation)) {
        return;
    }
    dual_end_map(&w);
    if (dual_writer_finish(&w, &size) == TPS_OK) {
        *value = tps_span_make(room.data, size);
    }
}
