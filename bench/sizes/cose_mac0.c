/* SPDX-License-Identifier: Apache-2.0 */
/* A COSE_Mac0 verified, and one made. */
#include "caller.h"
#include "tps/cose.h"

PROVIDED tps_cose_message message;

tps_status sizes_entry(void)
{
    tps_cose_secret key = {.bytes = sizes_input};
    tps_span encoded;

    TPS_TRY(tps_cose_mac0_verify(sizes_input, &key, NULL, &message, NULL));
    return tps_cose_mac0_make(message.payload, NULL, TPS_ALG_HMAC256, &key, sizes_output, &encoded);
}
