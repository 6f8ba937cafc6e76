/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of X.509 certificates of DICE, verified. What issuers may is judged where the layers are listed. */
#include "format/der/chain.h"
#include "tps/dice.h"

tps_status tps_dice_chain_verify(const tps_span *chain, size_t count, const tps_dice_anchor *anchor,
                                 tps_dice_layer *layers, size_t *layer_count, tps_crypto_key **leaf,
                                 tps_error *why)
{
    const der_anchor end = {anchor->root, anchor->issuer, anchor->now};
    der_certificate certificate;
    tps_crypto_key *key = NULL;
    tps_status status = TPS_OK;

    if (leaf != NULL) {
        *leaf = NULL;
    }
    if (anchor->root == NULL) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the root");
    }
    TPS_TRY(tps_dice_chain_layers(chain, count, layers, layer_count, why));
    for (size_t i = count; i-- > 0 && status == TPS_OK;) {
        status = der_certificate_read(chain[i], &certificate, why);
        if (status == TPS_OK) {
            status = der_chain_step(&certificate, &end, &key, why);
        }
    }
    if (status == TPS_OK && leaf != NULL) {
        *leaf = key;
    } else {
        tps_crypto_key_free(key);
    }
    return status;
}
