/* SPDX-License-Identifier: Apache-2.0 */
/* A program of someone else that wants COSE: it must link with libcrypto alone, shared or static. */
#include "tps/cose.h"

#include <stdio.h>

int main(void)
{
    uint8_t room[256];
    tps_crypto_key *key = NULL;
    tps_cose_message message;
    tps_cose_signer signer;
    tps_span encoded;
    tps_status status = tps_crypto_key_generate(TPS_CURVE_P256, &key);

    if (status == TPS_OK) {
        signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
        status = tps_cose_sign1_make(TPS_SPAN_LITERAL("hello"), NULL, &signer, TPS_BUF_OF(room), &encoded);
    }
    if (status == TPS_OK) {
        status = tps_cose_sign1_parse(encoded, &message, NULL);
    }
    if (status == TPS_OK) {
        status = tps_cose_sign1_verify_parsed(&message, key, NULL);
    }
    tps_crypto_key_free(key);
    printf("COSE_Sign1: %s\n", tps_status_cause(status));
    return status == TPS_OK ? 0 : 1;
}
