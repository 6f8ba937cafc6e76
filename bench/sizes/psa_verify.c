/* SPDX-License-Identifier: Apache-2.0 */
/* A PSA attestation token verified, and its claims decoded. */
#include "caller.h"
#include "tps/cose.h"
#include "tps/crypto.h"
#include "tps/psa.h"

extern tps_crypto_key *sizes_key;
PROVIDED tps_cose_sign1 message;
PROVIDED tps_psa_claims claims;

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
    tps_error why;

    TPS_TRY(tps_cose_sign1_verify(sizes_input, &keys, NULL, &message, &why));
    return tps_psa_decode(message.payload, &claims, &why);
}
