/* SPDX-License-Identifier: Apache-2.0 */
/* A JWS in compact form parsed and verified. */
#include "caller.h"
#include "tps/jws.h"

extern struct tps_crypto_key *sizes_key;
PROVIDED tps_jws jws;

tps_status sizes_entry(void)
{
    TPS_TRY(tps_jws_parse(sizes_input, &jws));
    return tps_jws_verify(&jws, sizes_key);
}
