/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption under COSE's headers: what is authenticated besides, the nonce, opening. */
#include "format/cose/aead.h"

tps_crypto_aad cose_enc_structure_init(cose_enc_structure *s, const char *context, tps_span protected_raw,
                                       tps_span aad)
{
    tps_cbor_writer start = tps_cbor_writer_init(TPS_BUF_OF(s->start));
    tps_cbor_writer middle = tps_cbor_writer_init(TPS_BUF_OF(s->middle));

    tps_cbor_put_array(&start, 3);
    tps_cbor_put_text(&start, context);
    tps_cbor_put_bytes_head(&start, protected_raw.size);
    tps_cbor_put_bytes_head(&middle, aad.size);
    s->parts[0] = tps_span_make(s->start, start.size);
    s->parts[1] = protected_raw;
    s->parts[2] = tps_span_make(s->middle, middle.size);
    s->parts[3] = aad;
    return (tps_crypto_aad){s->parts, sizeof s->parts / sizeof s->parts[0]};
}

tps_status cose_nonce(tps_span iv, tps_span partial_iv, tps_span base_iv, size_t size,
                      uint8_t nonce[COSE_NONCE_MAX])
{
    bool is_whole = iv.size == size && partial_iv.size == 0;
    bool is_partial = iv.size == 0 && partial_iv.size > 0 && partial_iv.size <= size && base_iv.size > 0 &&
                      base_iv.size <= size;
    tps_span front = is_whole ? iv : base_iv;

    if (!is_whole && !is_partial) {
        return TPS_COSE_BAD_HEADER;
    }
    memset(nonce, 0, COSE_NONCE_MAX);
    memcpy(nonce, front.data, front.size);
    for (size_t i = 0; i < partial_iv.size; i++) {
        nonce[size - partial_iv.size + i] ^= partial_iv.data[i];
    }
    return TPS_OK;
}

tps_status cose_open(const tps_cose_message *message, const cose_opening *how, tps_buf room, tps_span *plain)
{
    const tps_cose_headers *headers = &message->headers;
    size_t tag_size = tps_crypto_aead_tag_size(how->alg);
    size_t nonce_size = tps_crypto_aead_nonce_size(how->alg);
    uint8_t nonce[COSE_NONCE_MAX];
    cose_enc_structure structure;
    tps_crypto_aad aad = cose_enc_structure_init(&structure, how->context, message->protected_raw, how->aad);
    tps_status status;

    *plain = TPS_SPAN_EMPTY;
    if (headers->iv.data != NULL && headers->partial_iv.data != NULL) {
        return TPS_COSE_BAD_HEADER; /* even if one of them is empty (RFC 9052, 3.1) */
    }
    TPS_TRY(cose_nonce(headers->iv, headers->partial_iv, how->base_iv, nonce_size, nonce));
    if (how->sealed.size < tag_size) {
        return TPS_COSE_BAD_TAG;
    }
    plain->size = how->sealed.size - tag_size;
    if (room.data == NULL || room.size < plain->size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    room.size = plain->size;
    status =
        tps_crypto_aead_open(how->alg, how->key, tps_span_make(nonce, nonce_size), aad, how->sealed, room);
    *plain = status == TPS_OK ? tps_span_make(room.data, room.size) : TPS_SPAN_EMPTY;
    return status == TPS_CRYPTO_BAD_TAG ? TPS_COSE_BAD_TAG : status;
}
