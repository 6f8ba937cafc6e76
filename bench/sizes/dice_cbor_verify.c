/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of CBOR certificates of the Open Profile for DICE verified. */
#include "caller.h"
#include "tps/dice.h"

extern tps_crypto_key *sizes_key;
extern tps_span sizes_chain[3];
PROVIDED tps_dice_cwt_layer layers[3];

tps_status sizes_entry(void)
{
    tps_dice_anchor anchor = {.root = sizes_key};
    tps_error why;

    return tps_dice_cwt_chain_verify(sizes_chain, 3, &anchor, layers, NULL, &why);
}
