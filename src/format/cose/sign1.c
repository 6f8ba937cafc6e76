/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1 (RFC 9052, 4.2 and 4.4): taken apart, verified, made. What is signed is hashed as a stream,
 * never assembled. */
#include "format/cose/headers.h"
#include "tps/cose.h"
#include "tps/crypto.h"

static const tps_cbor_limits message_limits = {TPS_COSE_MESSAGE_MAX, 16, 512, false, false};

/* RFC 9052, 3: an empty protected map is sent as an empty string; some send h'a0', which is signed as the
 * empty one. */
static tps_span without_empty_map(tps_span protected_raw)
{
    bool is_empty_map = protected_raw.size == 1 && protected_raw.data[0] == 0xa0;

    return is_empty_map ? TPS_SPAN_EMPTY : protected_raw;
}

static void read_payload(tps_cbor_reader *r, tps_cose_sign1 *out)
{
    if (tps_cbor_peek(r) == TPS_CBOR_BYTES) {
        out->payload = tps_cbor_get_bytes(r);
    } else {
        tps_cbor_get_null(r);
        out->is_detached = true;
    }
}

tps_status tps_cose_sign1_parse(tps_span message, tps_cose_sign1 *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(message);
    tps_cbor_list array;
    bool is_cwt;

    TPS_TRY(tps_cbor_check(message, &message_limits, NULL, why));
    *out = (tps_cose_sign1){.tag = 0};
    is_cwt = tps_cbor_take_tag(&r, TPS_TAG_CWT);
    if (tps_cbor_take_tag(&r, TPS_TAG_COSE_SIGN1)) {
        out->tag = TPS_TAG_COSE_SIGN1;
    } else if (tps_cbor_take_tag(&r, TPS_TAG_COSE_MAC0)) {
        out->tag = TPS_TAG_COSE_MAC0;
    } else if (is_cwt) { /* RFC 8392, 6: its tag stands before another one */
        return tps_fail(why, TPS_COSE_NOT_WELL_FORMED, tps_cbor_offset(&r), "a CWT tag without a COSE tag");
    }
    array = tps_cbor_enter_array(&r);
    if (r.status != TPS_OK || array.left != 4) {
        return tps_fail(why, TPS_COSE_NOT_WELL_FORMED, tps_cbor_offset(&r), "expected an array of four");
    }
    out->protected_raw = without_empty_map(tps_cbor_get_bytes(&r));
    if (r.status != TPS_OK) {
        return tps_fail(why, TPS_COSE_NOT_WELL_FORMED, tps_cbor_offset(&r),
                        "the protected headers are no byte string");
    }
    TPS_TRY(cose_headers_read(out->protected_raw, &r, &out->headers, why));
    read_payload(&r, out);
    out->signature = tps_cbor_get_bytes(&r);
    if (tps_cbor_reader_finish(&r) != TPS_OK) {
        return tps_fail(why, TPS_COSE_NOT_WELL_FORMED, tps_cbor_offset(&r), "the payload or the signature");
    }
    return TPS_OK;
}

static void hash_bytes(tps_crypto_hash *hash, tps_span bytes)
{
    uint8_t head[9];
    tps_cbor_writer writer = tps_cbor_writer_init(TPS_BUF_OF(head));

    tps_cbor_put_bytes_head(&writer, bytes.size);
    tps_crypto_hash_update(hash, tps_span_make(head, writer.size));
    tps_crypto_hash_update(hash, bytes);
}

/* The Sig_structure of RFC 9052, 4.4: ["Signature1", protected, external_aad, payload]. */
static tps_status hash_to_be_signed(int32_t alg, tps_span protected_raw, tps_span aad, tps_span payload,
                                    tps_digest *digest)
{
    static const uint8_t start[] = {0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1'};
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, tps_crypto_alg_hash(alg)));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(start));
    hash_bytes(&hash, protected_raw);
    hash_bytes(&hash, aad);
    hash_bytes(&hash, payload);
    return tps_crypto_hash_finish(&hash, digest);
}

static bool is_known_algorithm(int64_t alg)
{
    return alg >= INT32_MIN && alg <= INT32_MAX && tps_crypto_alg_hash((int32_t)alg) != TPS_ALG_NONE;
}

tps_status tps_cose_sign1_verify_parsed(const tps_cose_sign1 *message, struct tps_crypto_key *key,
                                        tps_span aad)
{
    int32_t alg = (int32_t)message->headers.alg;
    tps_digest digest;
    tps_status status;

    if (message->tag == TPS_TAG_COSE_MAC0) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    if (message->is_detached) {
        return TPS_COSE_DETACHED;
    }
    if (!is_known_algorithm(message->headers.alg)) {
        return TPS_COSE_ALG_REFUSED;
    }
    if (!message->headers.is_alg_protected) {
        return TPS_COSE_BAD_HEADER;
    }
    if (tps_crypto_alg_fits(alg, key) != TPS_OK) {
        return TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(hash_to_be_signed(alg, message->protected_raw, aad, message->payload, &digest));
    status = tps_crypto_verify(key, alg, &digest, message->signature);
    return status == TPS_CRYPTO_BAD_SIGNATURE ? TPS_COSE_BAD_SIGNATURE : status;
}

tps_status tps_cose_sign1_verify(tps_span message, const tps_cose_key_finder *keys, tps_span aad,
                                 tps_cose_sign1 *out, tps_error *why)
{
    tps_cose_sign1 parsed;
    tps_crypto_key *key = NULL;
    tps_status status;

    TPS_TRY(tps_cose_sign1_parse(message, &parsed, why));
    status = keys->find(keys->context, &parsed, &key);
    if (status == TPS_OK) {
        status = key == NULL ? TPS_COSE_NO_KEY : tps_cose_sign1_verify_parsed(&parsed, key, aad);
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, NULL);
    }
    *out = parsed;
    return TPS_OK;
}

static tps_status sign_with_key(void *context, int32_t alg, tps_span digest, tps_buf signature)
{
    tps_digest copy = {.size = digest.size};
    size_t size;

    if (digest.size > sizeof copy.bytes) {
        return TPS_BAD_ARGUMENT;
    }
    memcpy(copy.bytes, digest.data, digest.size);
    return tps_crypto_sign(context, alg, &copy, signature, &size);
}

tps_cose_signer tps_cose_signer_of_key(struct tps_crypto_key *key, int32_t alg)
{
    return (tps_cose_signer){alg, sign_with_key, key};
}

static void put_x5chain(tps_cbor_writer *w, const tps_cose_sign1_options *options)
{
    tps_cbor_put_int(w, TPS_HEADER_X5CHAIN);
    if (options->x5chain_count > 1) {
        tps_cbor_put_array(w, options->x5chain_count);
    }
    for (size_t i = 0; i < options->x5chain_count; i++) {
        tps_cbor_put_bytes(w, options->x5chain[i]);
    }
}

/* Keys in deterministic order: 1, 3, 4, 8, 33. */
static void put_protected(tps_cbor_writer *w, const tps_cose_sign1_options *options, int32_t alg)
{
    bool has_chain = options->is_x5chain_protected && options->x5chain_count > 0;
    uint64_t count = 1u + (options->content_type.size > 0) + (options->kid.size > 0) +
                     (options->corim_meta.size > 0) + has_chain;

    tps_cbor_put_map(w, count);
    tps_cbor_put_int(w, TPS_HEADER_ALG);
    tps_cbor_put_int(w, alg);
    if (options->content_type.size > 0) {
        tps_cbor_put_int(w, TPS_HEADER_CONTENT_TYPE);
        tps_cbor_put_text_span(w, options->content_type);
    }
    if (options->kid.size > 0) {
        tps_cbor_put_int(w, TPS_HEADER_KID);
        tps_cbor_put_bytes(w, options->kid);
    }
    if (options->corim_meta.size > 0) {
        tps_cbor_put_int(w, TPS_HEADER_CORIM_META);
        tps_cbor_put_bytes(w, options->corim_meta);
    }
    if (has_chain) {
        put_x5chain(w, options);
    }
}

static void put_unprotected(tps_cbor_writer *w, const tps_cose_sign1_options *options)
{
    bool has_chain = !options->is_x5chain_protected && options->x5chain_count > 0;

    tps_cbor_put_map(w, has_chain);
    if (has_chain) {
        put_x5chain(w, options);
    }
}

tps_status tps_cose_sign1_make(tps_span payload, const tps_cose_sign1_options *options,
                               const tps_cose_signer *signer, tps_buf out, tps_span *encoded)
{
    static const tps_cose_sign1_options no_options;
    const tps_cose_sign1_options *headers = options == NULL ? &no_options : options;
    size_t signature_size = tps_crypto_alg_signature_size(signer->alg);
    uint8_t signature[TPS_SIGNATURE_SIZE_MAX] = {0};
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);
    tps_cbor_writer w = tps_cbor_writer_init(out);
    size_t protected_at;
    tps_digest digest;

    *encoded = TPS_SPAN_EMPTY;
    if (signature_size == 0) {
        return TPS_COSE_ALG_REFUSED;
    }
    if (headers->x5chain_count > TPS_COSE_X5CHAIN_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    put_protected(&measure, headers, signer->alg);
    tps_cbor_put_tag(&w, TPS_TAG_COSE_SIGN1);
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_bytes_head(&w, measure.size);
    protected_at = w.size;
    put_protected(&w, headers, signer->alg);
    put_unprotected(&w, headers);
    tps_cbor_put_bytes(&w, payload);
    tps_cbor_put_bytes_head(&w, signature_size);
    if (w.size > TPS_COSE_MESSAGE_MAX - signature_size) {
        return TPS_TOO_LARGE;
    }
    if (w.size <= w.capacity && signature_size <= w.capacity - w.size) {
        tps_span protected_raw = tps_span_make(out.data + protected_at, measure.size);
        TPS_TRY(hash_to_be_signed(signer->alg, protected_raw, TPS_SPAN_EMPTY, payload, &digest));
        TPS_TRY(signer->sign(signer->context, signer->alg, tps_span_make(digest.bytes, digest.size),
                             (tps_buf){signature, signature_size}));
    }
    tps_cbor_put_raw(&w, tps_span_make(signature, signature_size));
    return tps_cbor_writer_finish(&w, encoded);
}
