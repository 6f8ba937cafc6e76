/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Key, written: the public part, and the thumbprint over it (RFC 9679). */
#include "format/cose/key.h"

static void put_head(tps_cbor_writer *w, uint32_t count, int64_t kty)
{
    tps_cbor_put_map(w, count);
    tps_cbor_put_int(w, 1);
    tps_cbor_put_int(w, kty);
}

static void put_bytes(tps_cbor_writer *w, int64_t label, const uint8_t *bytes, size_t size)
{
    tps_cbor_put_int(w, label);
    tps_cbor_put_bytes(w, tps_span_make(bytes, size));
}

void cose_key_put_point(tps_cbor_writer *w, const tps_crypto_point *point)
{
    bool has_y = point->curve != TPS_CURVE_ED25519;

    put_head(w, has_y ? 4 : 3, has_y ? TPS_KEY_EC2 : TPS_KEY_OKP);
    tps_cbor_put_int(w, -1);
    tps_cbor_put_int(w, point->curve);
    put_bytes(w, -2, point->x, point->size);
    if (has_y) {
        put_bytes(w, -3, point->y, point->size);
    }
}

static tps_status put_rsa(tps_cbor_writer *w, const tps_crypto_key *key)
{
    tps_crypto_rsa rsa;

    TPS_TRY(tps_crypto_key_rsa(key, &rsa));
    put_head(w, 3, TPS_KEY_RSA);
    put_bytes(w, -1, rsa.n, rsa.n_size);
    put_bytes(w, -2, rsa.e, rsa.e_size);
    return TPS_OK;
}

tps_status tps_cose_key_put(tps_cbor_writer *writer, const tps_crypto_key *key)
{
    tps_crypto_point point;

    if (COSE_HAS_RSA && tps_crypto_key_kind(key) == TPS_KEY_RSA) {
        return put_rsa(writer, key);
    }
    TPS_TRY(tps_crypto_key_point(key, &point));
    cose_key_put_point(writer, &point);
    return TPS_OK;
}

/* ---- thumbprint ---- */

/* Hashes a label and the byte string behind it. */
static void hash_member(tps_crypto_hash *hash, int64_t label, tps_span bytes)
{
    uint8_t head[12];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(head));

    tps_cbor_put_int(&w, label);
    tps_cbor_put_bytes_head(&w, bytes.size);
    tps_crypto_hash_update(hash, tps_span_make(head, w.size));
    tps_crypto_hash_update(hash, bytes);
}

static tps_status hash_point(tps_crypto_hash *hash, const tps_cose_key *key)
{
    uint8_t encoded[16 + 2 * (TPS_COORDINATE_SIZE_MAX + 4)];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(encoded));
    tps_crypto_point point;

    TPS_TRY(cose_key_point(key, &point));
    cose_key_put_point(&w, &point);
    tps_crypto_hash_update(hash, tps_span_make(encoded, w.size));
    return TPS_OK;
}

static tps_status hash_members(tps_crypto_hash *hash, const tps_cose_key *key)
{
    uint8_t head[3];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(head));
    bool is_rsa = key->kty == TPS_KEY_RSA;

    if (key->kty == TPS_KEY_EC2 || key->kty == TPS_KEY_OKP) {
        return hash_point(hash, key);
    }
    put_head(&w, is_rsa ? 3 : 2, key->kty);
    tps_crypto_hash_update(hash, tps_span_make(head, w.size));
    hash_member(hash, -1, is_rsa ? key->x : key->secret);
    if (is_rsa) {
        hash_member(hash, -2, key->y);
    }
    return TPS_OK;
}

tps_status tps_cose_key_thumbprint(const tps_cose_key *key, int32_t hash_alg, tps_digest *digest)
{
    tps_crypto_hash hash;
    tps_status status;

    TPS_TRY(tps_crypto_hash_begin(&hash, hash_alg));
    status = hash_members(&hash, key);
    if (status != TPS_OK) {
        tps_crypto_hash_abort(&hash);
        return status;
    }
    return tps_crypto_hash_finish(&hash, digest);
}
