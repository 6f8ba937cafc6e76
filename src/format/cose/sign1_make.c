/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1 (RFC 9052, 4.4), made: in one pass into the caller's buffer, the signature last and in place. */
#include "format/cose/make.h"
#include "format/cose/structure.h"

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

static tps_status sign_message_with_key(void *context, int32_t alg, tps_span message, tps_buf signature)
{
    size_t size;

    return tps_crypto_sign_message(context, alg, message, signature, &size);
}

tps_cose_signer tps_cose_signer_of_key(tps_crypto_key *key, int32_t alg)
{
    return (tps_cose_signer){alg, sign_with_key, key, sign_message_with_key};
}

static tps_status sign_digest(const cose_structure *structure, int32_t hash_alg,
                              const tps_cose_signer *signer, tps_buf signature)
{
    tps_digest digest;

    TPS_TRY(cose_structure_hash(structure, hash_alg, &digest));
    return signer->sign(signer->context, signer->alg, tps_span_make(digest.bytes, digest.size), signature);
}

tps_status tps_cose_sign1_make(tps_span payload, const tps_cose_make_options *options,
                               const tps_cose_signer *signer, tps_buf out, tps_span *encoded)
{
    const tps_cose_make_options *o = cose_options_or_none(options);
    const cose_start start = {.options = o, .tag = TPS_TAG_COSE_SIGN1, .count = 4, .alg = signer->alg};
    size_t size = tps_crypto_alg_signature_size(signer->alg);
    int32_t hash_alg = tps_crypto_alg_hash(signer->alg);
    cose_structure structure = {"Signature1", {TPS_SPAN_EMPTY, o->aad, payload}};
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_buf signature;
    tps_status status;

    *encoded = TPS_SPAN_EMPTY;
    if (size == 0 || (hash_alg == TPS_ALG_NONE ? signer->sign_message == NULL : signer->sign == NULL)) {
        return TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(cose_put_start(&w, &start, &structure.parts[0]));
    cose_put_payload(&w, o, payload);
    tps_cbor_put_bytes_head(&w, size);
    TPS_TRY(cose_reserve_last(&w, out, size, &signature, encoded));
    if (signature.data == NULL) {
        return TPS_OK;
    }
    status = hash_alg == TPS_ALG_NONE ? cose_sign_whole(&structure, signer, o->scratch, signature)
                                      : sign_digest(&structure, hash_alg, signer, signature);
    if (status != TPS_OK) {
        *encoded = TPS_SPAN_EMPTY;
    }
    return status;
}
