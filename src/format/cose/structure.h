/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed or MACed (RFC 9052, 4.4 and 6.3): a CBOR array that is fed to a sink, never assembled. */
#ifndef TPS_FORMAT_COSE_STRUCTURE_H
#define TPS_FORMAT_COSE_STRUCTURE_H

#include "format/cbor/head.h"
#include "tps/cose.h"

/** The heads of the array and of the text, and the text: what a structure begins with. */
#define COSE_SIGNATURE1_START "\x84\x6aSignature1"
#define COSE_MAC0_START       "\x84\x64MAC0"
#define COSE_MAC_START        "\x84\x63MAC"

/** Whether there are algorithms that sign messages and not digests: where the back end has none, the code for
 * them is left out. */
#ifdef TPS_WITHOUT_EDDSA
#define COSE_HAS_EDDSA false
#else
#define COSE_HAS_EDDSA true
#endif

/** A Sig_structure or MAC_structure. */
typedef struct {
    const char *start;        /**< one of COSE_*_START */
    const tps_span *parts[3]; /**< protected, external_aad, payload */
} cose_structure;

/** How many pieces a structure is fed in. */
enum { COSE_PIECES = 7 };

/** Piece `index` of a structure; all of them, one after the other, are its encoding. `head` is room for a
 * piece that must be made. In line, so that it adds no frame to those of who hashes. */
static CBOR_INLINE tps_span cose_structure_piece(const cose_structure *structure, uint32_t index,
                                                 uint8_t head[9])
{
    const tps_span *part;

    if (index == 0) {
        return tps_span_make(structure->start, strlen(structure->start));
    }
    part = structure->parts[(index - 1) / 2];
    return index % 2 == 0 ? *part : tps_span_make(head, cbor_head_make(head, TPS_CBOR_BYTES, part->size));
}

/**
 * The structure of a message that was taken apart, for a receiver under `terms` (may be NULL).
 * @retval TPS_COSE_DETACHED, TPS_COSE_ATTACHED
 */
TPS_MUST_USE tps_status cose_structure_of(const tps_cose_message *message, const char *start,
                                          const tps_cose_terms *terms, cose_structure *out);

/** The algorithm that the message names, if a receiver under `terms` may take it.
 * @retval TPS_COSE_ALG_REFUSED, TPS_COSE_BAD_HEADER (unprotected) */
TPS_MUST_USE tps_status cose_alg_of(const tps_cose_message *message, const tps_cose_terms *terms,
                                    int32_t *alg);

/** The digest of a structure. @retval TPS_CRYPTO_* */
TPS_MUST_USE tps_status cose_structure_hash(const cose_structure *structure, int32_t hash_alg,
                                            tps_digest *digest);

/** The structure in one piece, inside `scratch`. @retval TPS_BUFFER_TOO_SMALL */
TPS_MUST_USE tps_status cose_structure_join(const cose_structure *structure, tps_buf scratch,
                                            tps_span *joined);

/** Sign a structure: its digest, or the whole of it, as the algorithm will have it. @retval
 * TPS_COSE_ALG_REFUSED, TPS_BUFFER_TOO_SMALL (scratch), TPS_CRYPTO_*, or what the signer returns */
TPS_MUST_USE tps_status cose_sign(const cose_structure *structure, const tps_cose_signer *signer,
                                  const tps_cose_make_options *options, tps_buf signature);

/** Sign or verify what is signed as a whole: in `scratch`, or on the stack if that is nothing and it is
 * small. They have a file of their own, so that this room lies in no frame of the others. */
TPS_MUST_USE tps_status cose_sign_whole(const cose_structure *structure, const tps_cose_signer *signer,
                                        const tps_cose_make_options *options, tps_buf signature);
TPS_MUST_USE tps_status cose_verify_whole(const cose_structure *structure, int32_t alg, tps_crypto_key *key,
                                          const tps_cose_terms *terms, tps_span signature);

#endif
