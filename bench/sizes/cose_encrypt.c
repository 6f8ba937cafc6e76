/* SPDX-License-Identifier: Apache-2.0 */
/* A COSE_Encrypt opened by one of its recipients, by key agreement, and one made. */
#include "tps/cose_encrypt.h"
#include "caller.h"

extern tps_crypto_key *sizes_key;
PROVIDED tps_cose_message message;

tps_status sizes_entry(void)
{
    tps_cose_agreement mine = tps_cose_agreement_of_key(sizes_key);
    tps_cose_receiver me = {.agreement = &mine};
    tps_cose_recipient to = {.alg = TPS_ALG_ECDH_ES_A128KW, .peer = sizes_key};
    tps_span plain;
    tps_span encoded;

    TPS_TRY(tps_cose_encrypted_parse(sizes_input, NULL, &message, NULL));
    TPS_TRY(tps_cose_encrypt_open(&message, &me, NULL, sizes_output, &plain));
    return tps_cose_encrypt_make(plain, NULL, TPS_ALG_A128GCM, &to, 1, sizes_output, &encoded);
}
