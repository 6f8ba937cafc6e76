/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: signing a manifest, enclosed, detached or by its hash (draft-10, 4.2). */
#include "format/corim/put.h"
#include "tps/crypto.h"

/* The limits keep what is said of the signer within buffers on the stack: two texts, and 64 bytes for the
 * rest. */
enum { NAME_MAX_SIZE = 128, URI_MAX_SIZE = 256 };
enum { CWT_ISSUER = 1, CWT_SUBJECT = 2, CWT_EXPIRY = 4, CWT_NOT_BEFORE = 5 };
enum { HEADER_HASH_ALG = 258, HEADER_PREIMAGE_TYPE = 259, HEADER_LOCATION = 260 };

/* corim-meta: {0: {0: name, ? 1: uri}, ? 1: validity} */
static tps_span put_meta(const tps_corim_signer *who, tps_buf room)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);

    tps_cbor_put_map(&w, who->validity.is_present ? 2 : 1);
    tps_cbor_put_uint(&w, 0);
    tps_cbor_put_map(&w, who->uri.size == 0 ? 1 : 2);
    tps_cbor_put_uint(&w, 0);
    tps_cbor_put_text_span(&w, who->name);
    if (who->uri.size != 0) {
        tps_cbor_put_uint(&w, 1);
        corim_put_uri(&w, who->uri);
    }
    if (who->validity.is_present) {
        tps_cbor_put_uint(&w, 1);
        corim_put_validity(&w, &who->validity);
    }
    return tps_span_make(room.data, w.size);
}

/* CWT claims: {1: name, ? 2: subject, ? 4: not after, ? 5: not before} */
static tps_span put_cwt_claims(const tps_corim_signer *who, tps_buf room)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);

    tps_cbor_put_map(&w,
                     1u + (who->subject.size != 0) + who->validity.is_present + who->validity.has_not_before);
    tps_cbor_put_uint(&w, CWT_ISSUER);
    tps_cbor_put_text_span(&w, who->name);
    if (who->subject.size != 0) {
        tps_cbor_put_uint(&w, CWT_SUBJECT);
        tps_cbor_put_text_span(&w, who->subject);
    }
    if (who->validity.is_present) {
        tps_cbor_put_uint(&w, CWT_EXPIRY);
        tps_cbor_put_int(&w, who->validity.not_after);
    }
    if (who->validity.has_not_before) {
        tps_cbor_put_uint(&w, CWT_NOT_BEFORE);
        tps_cbor_put_int(&w, who->validity.not_before);
    }
    return tps_span_make(room.data, w.size);
}

/* 258: hash algorithm, 259: the content type, ? 260: location */
static void put_hash_headers(const tps_corim_signer *who, tps_buf room, tps_cose_make_options *options)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);

    tps_cbor_put_uint(&w, HEADER_HASH_ALG);
    tps_cbor_put_int(&w, who->hash_alg);
    tps_cbor_put_uint(&w, HEADER_PREIMAGE_TYPE);
    tps_cbor_put_text(&w, TPS_CORIM_CONTENT_TYPE);
    if (who->location.size != 0) {
        tps_cbor_put_uint(&w, HEADER_LOCATION);
        tps_cbor_put_text_span(&w, who->location);
    }
    options->more_protected_count = who->location.size == 0 ? 2 : 3;
    options->content_type = TPS_SPAN_EMPTY;
    options->more_protected = tps_span_make(room.data, w.size);
}

static bool is_good(const tps_corim_signer *who)
{
    const tps_corim_validity *validity = &who->validity;

    return who->name.size != 0 && who->name.size <= NAME_MAX_SIZE && who->uri.size <= URI_MAX_SIZE &&
           who->subject.size <= URI_MAX_SIZE && who->location.size <= URI_MAX_SIZE &&
           (validity->is_present || !validity->has_not_before) &&
           (!validity->has_not_before || validity->not_before <= validity->not_after) &&
           (who->has_cwt_claims || who->subject.size == 0) &&
           (who->hash_alg != 0 ? !who->is_detached : who->location.size == 0) &&
           !(who->has_no_meta && (!who->has_cwt_claims || who->uri.size != 0));
}

tps_status tps_corim_sign(tps_span corim, const tps_corim_signer *who, const tps_cose_signer *signer,
                          tps_buf out, tps_span *encoded)
{
    uint8_t meta[NAME_MAX_SIZE + URI_MAX_SIZE + 64];
    uint8_t claims[NAME_MAX_SIZE + URI_MAX_SIZE + 64];
    uint8_t hash[URI_MAX_SIZE + 64];
    tps_digest digest;
    tps_cose_make_options options = {
        .content_type = TPS_SPAN_LITERAL(TPS_CORIM_CONTENT_TYPE),
        .kid = who->kid,
        .x5chain = who->x5chain,
        .x5chain_count = who->x5chain_count,
        .is_x5chain_protected = true,
        .is_detached = who->is_detached,
    };

    *encoded = TPS_SPAN_EMPTY;
    if (!is_good(who)) {
        return TPS_BAD_ARGUMENT;
    }
    if (!who->has_no_meta) {
        options.corim_meta = put_meta(who, TPS_BUF_OF(meta));
    }
    if (who->has_cwt_claims) {
        options.cwt_claims = put_cwt_claims(who, TPS_BUF_OF(claims));
    }
    if (who->hash_alg == 0) {
        return tps_cose_sign1_make(corim, &options, signer, out, encoded);
    }
    TPS_TRY(tps_crypto_hash_of(who->hash_alg, corim, &digest));
    put_hash_headers(who, TPS_BUF_OF(hash), &options);
    return tps_cose_sign1_make(tps_span_make(digest.bytes, digest.size), &options, signer, out, encoded);
}
