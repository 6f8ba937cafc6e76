/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1 (RFC 9052, 4.4), made: in one pass into the caller's buffer, the signature last and in place. */
#include "format/cose/make.h"
#include "format/cose/structure.h"

static tps_status sign_with_key(void *context, int32_t alg, tps_span digest, tps_buf signature)
{
    tps_digest copy;
    size_t size;

    if (digest.size > sizeof copy.bytes) {
        return TPS_BAD_ARGUMENT;
    }
    copy.size = digest.size;
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
    return (tps_cose_signer){alg, sign_with_key, key, COSE_HAS_EDDSA ? sign_message_with_key : NULL};
}

tps_status tps_cose_sign1_make(tps_span payload, const tps_cose_make_options *options,
                               const tps_cose_signer *signer, tps_buf out, tps_span *encoded)
{
    size_t size = tps_crypto_alg_signature_size(signer->alg);
    tps_span aad = cose_aad_of(options);
    tps_span protected_raw;
    const cose_structure structure = {COSE_SIGNATURE1_START, {&protected_raw, &aad, &payload}};
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_buf signature = {NULL, size};
    tps_status status;

    *encoded = TPS_SPAN_EMPTY;
    if (size == 0) {
        return TPS_COSE_ALG_REFUSED;
    }
    cose_put_start(&w, options, &cose_signed[0], signer->alg, &protected_raw);
    cose_put_payload(&w, options, payload);
    tps_cbor_put_bytes_head(&w, size);
    status = cose_reserve_last(&w, size, &signature.data, encoded);
    if (signature.data != NULL) {
        status = cose_sign(&structure, signer, options, signature);
        if (status != TPS_OK) {
            *encoded = TPS_SPAN_EMPTY;
        }
    }
    return status;
}
