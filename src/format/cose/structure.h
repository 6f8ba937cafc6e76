/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed or MACed (RFC 9052, 4.4 and 6.3): a CBOR array that is fed to a sink, never assembled. */
#ifndef TPS_FORMAT_COSE_STRUCTURE_H
#define TPS_FORMAT_COSE_STRUCTURE_H

#include "tps/cose.h"

/** A Sig_structure or MAC_structure. */
typedef struct {
    const char *context; /**< "Signature1", "MAC0", "MAC" */
    tps_span parts[3];   /**< protected, external_aad, payload */
} cose_structure;

/** Takes the bytes of a structure, piece by piece. */
typedef void (*cose_sink)(void *into, tps_span bytes);

/** Feeds [context, protected, external_aad, payload] to the sink. */
void cose_structure_feed(const cose_structure *structure, cose_sink sink, void *into);

/**
 * The structure of a message that was taken apart, for a receiver under `terms` (may be NULL).
 * @retval TPS_COSE_DETACHED, TPS_COSE_ATTACHED
 */
TPS_MUST_USE tps_status cose_structure_of(const tps_cose_message *message, const char *context,
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

/** Sign or verify what is signed as a whole: in `scratch`, or on the stack if that is nothing and it is
 * small. They have a file of their own, so that this room lies in no frame of the others. */
TPS_MUST_USE tps_status cose_sign_whole(const cose_structure *structure, const tps_cose_signer *signer,
                                        tps_buf scratch, tps_buf signature);
TPS_MUST_USE tps_status cose_verify_whole(const cose_structure *structure, int32_t alg, tps_crypto_key *key,
                                          tps_buf scratch, tps_span signature);

#endif
