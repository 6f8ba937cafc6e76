/* SPDX-License-Identifier: Apache-2.0 */
/* A PSA attestation token made: claims of the device's own written, then signed. */
#include "caller.h"
#include "tps/cose.h"
#include "tps/crypto.h"
#include "tps/psa.h"

extern tps_crypto_key *sizes_key;
extern tps_buf sizes_payload;
PROVIDED tps_psa_claims claims;

tps_status sizes_entry(void)
{
    tps_cose_signer signer = tps_cose_signer_of_key(sizes_key, TPS_ALG_ES256);
    tps_span encoded;

    TPS_TRY(tps_psa_write(&claims, sizes_payload, &encoded));
    return tps_cose_sign1_make(encoded, NULL, &signer, sizes_output, &encoded);
}
