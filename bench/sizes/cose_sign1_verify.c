/* SPDX-License-Identifier: Apache-2.0 */
/* A COSE_Sign1 verified with the one key that the caller has. */
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

    return tps_cose_sign1_verify(sizes_input, &keys, NULL, &message, NULL);
}
