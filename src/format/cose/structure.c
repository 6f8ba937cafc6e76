/* SPDX-License-Identifier: Apache-2.0 */
/* The Sig_structure and MAC_structure, fed to hashes, codes and scratch; and what a receiver's terms say
 * about a message's algorithm and payload. */
#include "format/cose/structure.h"

tps_status cose_structure_hash(const cose_structure *structure, int32_t hash_alg, tps_digest *digest)
{
    tps_crypto_hash hash;
    uint8_t head[9];

    TPS_TRY(tps_crypto_hash_begin(&hash, hash_alg));
    for (uint32_t i = 0; i < COSE_PIECES; i++) {
        tps_crypto_hash_update(&hash, cose_structure_piece(structure, i, head));
    }
    return tps_crypto_hash_finish(&hash, digest);
}

tps_status cose_structure_join(const cose_structure *structure, tps_buf scratch, tps_span *joined)
{
    uint8_t head[9];

    *joined = tps_span_make(scratch.data, 0);
    for (uint32_t i = 0; i < COSE_PIECES; i++) {
        tps_span piece = cose_structure_piece(structure, i, head);
        if (piece.size > scratch.size - joined->size) {
            return TPS_BUFFER_TOO_SMALL;
        }
        if (piece.size > 0) {
            memcpy(scratch.data + joined->size, piece.data, piece.size);
        }
        joined->size += piece.size;
    }
    return TPS_OK;
}

tps_status cose_structure_of(const tps_cose_message *message, const char *start, const tps_cose_terms *terms,
                             cose_structure *out)
{
    static const tps_span no_aad;
    bool is_given = terms != NULL && terms->detached.data != NULL;

    out->start = start;
    out->parts[0] = &message->protected_raw;
    out->parts[1] = terms == NULL ? &no_aad : &terms->aad;
    out->parts[2] = is_given ? &terms->detached : &message->payload;
    if (is_given == message->is_detached) {
        return TPS_OK;
    }
    return is_given ? TPS_COSE_ATTACHED : TPS_COSE_DETACHED;
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
