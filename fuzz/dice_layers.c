/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a layer of DICE says of itself, as claims in the general form: 'O' inputs of the Open
 * Profile, 'M' a MultiTcbInfo, all else a DiceTcbInfo. Claims, digests and registers stay within their rooms,
 * every one must match, and without reference values nothing is affirmed.
 */
#include <stdlib.h>

#include "verifier/evidence/accept.h"
#include "verifier/trust/dice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void add_tcb_infos(dice_chain *chain, tps_span list)
{
    tps_dice_tcb_info info;

    while (chain->layer_count < DICE_LAYERS_MAX && tps_dice_tcb_info_next(&list, &info)) {
        chain->layers[chain->layer_count++] = (tps_dice_layer){.has_tcb_info = true, .tcb_info = info};
    }
}

static bool read_layers(uint8_t kind, tps_span bytes, dice_chain *chain)
{
    tps_dice_tcb_info info;
    tps_span list;
    uint32_t count;

    if (kind == 'O') {
        chain->layers[chain->layer_count++] = (tps_dice_layer){.has_tcb_info = false};
        return tps_dice_input_decode(bytes, &chain->layers[0].input, NULL) == TPS_OK;
    }
    if (kind == 'M') {
        if (tps_dice_multi_tcb_info_decode(bytes, &list, &count, NULL) != TPS_OK) {
            return false;
        }
        add_tcb_infos(chain, list);
        return true;
    }
    if (tps_dice_tcb_info_decode(bytes, &info, NULL) != TPS_OK) {
        return false;
    }
    chain->layers[chain->layer_count++] = (tps_dice_layer){.has_tcb_info = true, .tcb_info = info};
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static dice_chain chain;
    static accepted_claims accepted;
    static tps_appraisal appraisal;
    const evidence_claims evidence = {.scheme = TPS_SCHEME_DICE};
    const trust signer = {.dice = &chain};

    chain.layer_count = 0;
    accepted.count = 0;
    memset(&appraisal, 0, sizeof appraisal);
    if (size == 0 || !read_layers(data[0], tps_span_make(data + 1, size - 1), &chain)) {
        return 0;
    }
    evidence_accept(&evidence, &signer, &accepted, &appraisal);
    require(chain.digest_count <= DICE_DIGESTS_MAX && chain.register_count <= DICE_REGISTERS_MAX);
    require(accepted.count <= ACCEPTED_MAX && accepted.count >= chain.layer_count);
    for (size_t i = 0; i < accepted.count; i++) {
        const tps_corim_digests *digests = &accepted.claims[i].measurement.digests;
        require(digests->count == 0 ||
                (digests->items >= chain.digests &&
                 digests->items + digests->count <= chain.digests + chain.digest_count));
    }
    evidence_conclude(&evidence, &signer, &accepted, &appraisal);
    require(appraisal.finding_count > 0 && tps_ear_tier_of_vector(appraisal.vector) > TPS_EAR_TIER_AFFIRMING);
    return 0;
}
