/* SPDX-License-Identifier: Apache-2.0 */
/* Signing a Sig_structure by its digest. The digest has a frame of its own, beside that of the maker. */
#include "format/cose/structure.h"

tps_status cose_sign(const cose_structure *structure, const tps_cose_signer *signer,
                     const tps_cose_make_options *options, tps_buf signature)
{
    int32_t hash_alg = tps_crypto_alg_hash(signer->alg);
    tps_digest digest;

    if (hash_alg == TPS_ALG_NONE) {
        return COSE_HAS_EDDSA ? cose_sign_whole(structure, signer, options, signature) : TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(cose_structure_hash(structure, hash_alg, &digest));
    return signer->sign(signer->context, signer->alg, tps_span_make(digest.bytes, digest.size), signature);
}
