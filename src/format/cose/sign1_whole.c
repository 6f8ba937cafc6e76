/* SPDX-License-Identifier: Apache-2.0 */
/* EdDSA signs messages, not digests: the Sig_structure is put together, in the caller's scratch or, when it
 * is small, here. */
#include "format/cose/structure.h"

tps_status cose_sign_whole(const cose_structure *structure, const tps_cose_signer *signer,
                           const tps_cose_make_options *options, tps_buf signature)
{
    uint8_t small[TPS_COSE_SMALL];
    tps_span joined;

    if (signer->sign_message == NULL) {
        return TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(cose_structure_join(
        structure, options == NULL || options->scratch.data == NULL ? TPS_BUF_OF(small) : options->scratch,
        &joined));
    return signer->sign_message(signer->context, signer->alg, joined, signature);
}

tps_status cose_verify_whole(const cose_structure *structure, int32_t alg, tps_crypto_key *key,
                             const tps_cose_terms *terms, tps_span signature)
{
    uint8_t small[TPS_COSE_SMALL];
    tps_span joined;

    TPS_TRY(cose_structure_join(
        structure, terms == NULL || terms->scratch.data == NULL ? TPS_BUF_OF(small) : terms->scratch,
        &joined));
    return tps_crypto_verify_message(key, alg, joined, signature);
}
