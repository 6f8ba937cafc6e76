/* SPDX-License-Identifier: Apache-2.0 */
/* A COSE_Sign1 verified, and one made. */
#include "caller.h"
#include "tps/cose.h"
#include "tps/crypto.h"

extern tps_crypto_key *sizes_key;
PROVIDED tps_cose_sign1 message;

static tps_status the_key(void *context, const tps_cose_sign1 *unverified, tps_crypto_key **found)
{
    (void)context;
    (void)unverified;
    *found = sizes_key;
    return TPS_OK;
}

tps_status sizes_entry(void)
{
    tps_cose_key_finder keys = {the_key, NULL};
    tps_cose_signer signer = tps_cose_signer_of_key(sizes_key, TPS_ALG_ESP256);
    tps_span encoded;

    TPS_TRY(tps_cose_sign1_verify(sizes_input, &keys, NULL, &message, NULL));
    return tps_cose_sign1_make(message.payload, NULL, &signer, sizes_output, &encoded);
}
