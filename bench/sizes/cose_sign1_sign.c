/* SPDX-License-Identifier: Apache-2.0 */
/* A COSE_Sign1 made with a key of the cryptographic library. */
#include "caller.h"
#include "tps/cose.h"
#include "tps/crypto.h"

extern tps_crypto_key *sizes_key;

tps_status sizes_entry(void)
{
    tps_cose_signer signer = tps_cose_signer_of_key(sizes_key, TPS_ALG_ESP256);
    tps_span encoded;

    return tps_cose_sign1_make(sizes_input, NULL, &signer, sizes_output, &encoded);
}
