/* SPDX-License-Identifier: Apache-2.0 */
/* A COSE_Encrypt0 opened, and one made. */
#include "caller.h"
#include "tps/cose_encrypt.h"

PROVIDED tps_cose_message message;

tps_status sizes_entry(void)
{
    tps_cose_secret key = {.bytes = sizes_input};
    tps_span plain;
    tps_span encoded;

    TPS_TRY(tps_cose_encrypted_parse(sizes_input, NULL, &message, NULL));
    TPS_TRY(tps_cose_encrypt0_open(&message, &key, NULL, sizes_output, &plain));
    return tps_cose_encrypt0_make(plain, NULL, TPS_ALG_A128GCM, &key, sizes_output, &encoded);
}
