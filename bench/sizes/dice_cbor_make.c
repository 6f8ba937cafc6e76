/* SPDX-License-Identifier: Apache-2.0 */
/* A CBOR certificate of the Open Profile for DICE made, with a key on P-256: what a boot stage does. */
#include "caller.h"
#include "tps/dice.h"

extern tps_crypto_key *sizes_key;
extern tps_crypto_key *sizes_next_key;
extern tps_buf sizes_payload;
extern tps_buf sizes_key_room;
PROVIDED tps_dice_cwt_claims request;

tps_status sizes_entry(void)
{
    tps_cose_signer signer = tps_cose_signer_of_key(sizes_key, TPS_ALG_ESP256);
    tps_cbor_writer w = tps_cbor_writer_init(sizes_key_room);
    tps_span encoded;

    TPS_TRY(tps_cose_key_put(&w, sizes_next_key));
    TPS_TRY(tps_cbor_writer_finish(&w, &request.public_key));
    return tps_dice_cwt_make(&request, &signer, sizes_payload, TPS_BUF_MEASURE, sizes_output, &encoded);
}
