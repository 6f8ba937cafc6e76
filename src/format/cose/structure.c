/* SPDX-License-Identifier: Apache-2.0 */
/* The Sig_structure and MAC_structure, fed to hashes, codes and scratch; and what a receiver's terms say
 * about a message's algorithm and payload. */
#include "format/cose/structure.h"

void cose_structure_feed(const cose_structure *structure, cose_sink sink, void *into)
{
    uint8_t head[24];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(head));

    tps_cbor_put_array(&w, 4);
    tps_cbor_put_text(&w, structure->context);
    for (size_t i = 0; i < 3; i++) {
        tps_cbor_put_bytes_head(&w, structure->parts[i].size);
        sink(into, tps_span_make(head, w.size));
        sink(into, structure->parts[i]);
        w = tps_cbor_writer_init(TPS_BUF_OF(head));
    }
}

static void hash_sink(void *hash, tps_span bytes)
{
    tps_crypto_hash_update(hash, bytes);
}

tps_status cose_structure_hash(const cose_structure *structure, int32_t hash_alg, tps_digest *digest)
{
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, hash_alg));
    cose_structure_feed(structure, hash_sink, &hash);
    return tps_crypto_hash_finish(&hash, digest);
}

static void join_sink(void *writer, tps_span bytes)
{
    tps_cbor_put_raw(writer, bytes);
}

tps_status cose_structure_join(const cose_structure *structure, tps_buf scratch, tps_span *joined)
{
    tps_cbor_writer w = tps_cbor_writer_init(scratch);

    cose_structure_feed(structure, join_sink, &w);
    return tps_cbor_writer_finish(&w, joined);
}

tps_status cose_structure_of(const tps_cose_message *message, const char *context,
                             const tps_cose_terms *terms, cose_structure *out)
{
    *out = (cose_structure){context, {message->protected_raw, TPS_SPAN_EMPTY, message->payload}};
    if (terms != NULL) {
        out->parts[1] = terms->aad;
        if (terms->detached.data != NULL) {
            out->parts[2] = terms->detached;
            return message->is_detached ? TPS_OK : TPS_COSE_ATTACHED;
        }
    }
    return message->is_detached ? TPS_COSE_DETACHED : TPS_OK;
}

tps_status cose_alg_of(const tps_cose_message *message, const tps_cose_terms *terms, int32_t *alg)
{
    const tps_cose_headers *headers = &message->headers;

    *alg = (int32_t)headers->alg;
    if (*alg != headers->alg || *alg == TPS_ALG_NONE ||
        (terms != NULL && terms->alg != TPS_ALG_NONE && terms->alg != *alg)) {
        return TPS_COSE_ALG_REFUSED;
    }
    return headers->is_alg_protected || (terms != NULL && terms->permit_unprotected_alg)
               ? TPS_OK
               : TPS_COSE_BAD_HEADER;
}
