/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_KDF_Context (RFC 9053, 5.2), and HKDF over it. */
#include "format/cose/kdf.h"

#include "tps/secret.h"

static const tps_cose_kdf_info no_info;

/* The value of a parameter in either bucket, encoded. */
static bool find(const tps_cose_message *m, int64_t label, tps_span *value)
{
    return tps_cose_header_find(m->protected_raw, label, value) ||
           tps_cose_header_find(m->unprotected_raw, label, value);
}

/* One member of a party: what the message says, else what is known, else nil. */
static tps_status put_member(tps_cbor_writer *w, const cose_derivation *how, int64_t label, tps_span known)
{
    bool is_nonce = label == TPS_HEADER_PARTY_U_NONCE || label == TPS_HEADER_PARTY_V_NONCE;
    tps_cbor_reader r;
    tps_cbor_item item;
    tps_span said;

    if (!find(how->recipient, label, &said)) {
        if (known.size > 0) {
            tps_cbor_put_bytes(w, known);
        } else {
            tps_cbor_put_null(w);
        }
        return TPS_OK;
    }
    r = tps_cbor_reader_init(said);
    tps_cbor_read(&r, &item);
    if ((item.type != TPS_CBOR_BYTES || item.value == TPS_CBOR_INDEFINITE_LENGTH) &&
        !(is_nonce && item.type <= TPS_CBOR_NINT)) {
        return TPS_COSE_BAD_HEADER;
    }
    if (known.size > 0 && !tps_span_equal(item.bytes, known)) {
        return TPS_COSE_BAD_HEADER;
    }
    tps_cbor_put_raw(w, said);
    return TPS_OK;
}

/* [identity, nonce, other], whose labels follow each other downwards. */
static tps_status put_party(tps_cbor_writer *w, const cose_derivation *how, int64_t label,
                            const tps_cose_party *party)
{
    tps_cbor_put_array(w, 3);
    TPS_TRY(put_member(w, how, label, party->identity));
    TPS_TRY(put_member(w, how, label - 1, party->nonce));
    return put_member(w, how, label - 2, party->other);
}

tps_status cose_kdf_context(const cose_derivation *how, tps_buf room, tps_span *context)
{
    const tps_cose_kdf_info *info = how->info == NULL ? &no_info : how->info;
    tps_cbor_writer w = tps_cbor_writer_init(room);

    tps_cbor_put_array(&w, info->supp_priv.data == NULL ? 4 : 5);
    tps_cbor_put_int(&w, how->alg);
    TPS_TRY(put_party(&w, how, TPS_HEADER_PARTY_U_IDENTITY, &info->u));
    TPS_TRY(put_party(&w, how, TPS_HEADER_PARTY_V_IDENTITY, &info->v));
    tps_cbor_put_array(&w, info->supp_pub_other.data == NULL ? 2 : 3);
    tps_cbor_put_uint(&w, how->key_size * 8);
    tps_cbor_put_bytes(&w, how->recipient->protected_raw);
    if (info->supp_pub_other.data != NULL) {
        tps_cbor_put_bytes(&w, info->supp_pub_other);
    }
    if (info->supp_priv.data != NULL) {
        tps_cbor_put_bytes(&w, info->supp_priv);
    }
    return tps_cbor_writer_finish(&w, context) == TPS_OK ? TPS_OK : TPS_TOO_LARGE;
}

/* The salt: the message's, else the one that is known. */
static tps_status find_salt(const cose_derivation *how, tps_span *salt)
{
    tps_span known = how->info == NULL ? TPS_SPAN_EMPTY : how->info->salt;
    tps_cbor_reader r;
    tps_span said;

    *salt = known;
    if (!find(how->recipient, TPS_HEADER_SALT, &said)) {
        return TPS_OK;
    }
    r = tps_cbor_reader_init(said);
    *salt = tps_cbor_get_bytes(&r);
    return r.status == TPS_OK && (known.size == 0 || tps_span_equal(*salt, known)) ? TPS_OK
                                                                                   : TPS_COSE_BAD_HEADER;
}

/* What a message says: bytes, or for a nonce a number; empty bytes say nothing. */
static bool has_value(const cose_derivation *how, int64_t label)
{
    tps_cbor_reader r;
    tps_cbor_item item;
    tps_span said;

    if (!find(how->recipient, label, &said)) {
        return false;
    }
    r = tps_cbor_reader_init(said);
    tps_cbor_read(&r, &item);
    return item.type != TPS_CBOR_BYTES || item.value > 0;
}

bool cose_derivation_is_unique(const cose_derivation *how)
{
    const tps_cose_kdf_info *info = how->info == NULL ? &no_info : how->info;

    return info->salt.size > 0 || info->u.nonce.size > 0 || has_value(how, TPS_HEADER_SALT) ||
           has_value(how, TPS_HEADER_PARTY_U_NONCE);
}

tps_status cose_derive(const cose_derivation *how, tps_span secret, uint8_t *key)
{
    uint8_t room[TPS_COSE_KDF_CONTEXT_MAX];
    tps_span context;
    tps_span salt;
    tps_status status = cose_kdf_context(how, TPS_BUF_OF(room), &context);

    status = status == TPS_OK ? find_salt(how, &salt) : status;
    status =
        status == TPS_OK ? tps_crypto_hkdf(secret, salt, context, (tps_buf){key, how->key_size}) : status;
    tps_wipe(room, sizeof room); /* SuppPrivInfo is a secret */
    return status;
}
