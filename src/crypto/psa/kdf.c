/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes and HKDF over PSA Crypto. */
#include <psa/crypto.h>

#include "crypto/algorithms.h"
#include "crypto/psa/key.h"
#include "tps/secret.h"

tps_status tps_crypto_random(tps_buf out)
{
    if (psa_generate_random(out.data, out.size) != PSA_SUCCESS) {
        tps_wipe(out.data, out.size);
        return TPS_CRYPTO_NO_ENTROPY;
    }
    return TPS_OK;
}

static psa_status_t derive(tps_span secret, tps_span salt, tps_span info, tps_buf out)
{
    psa_key_derivation_operation_t operation = psa_key_derivation_operation_init();
    psa_status_t done = psa_key_derivation_setup(&operation, PSA_ALG_HKDF(PSA_ALG_SHA_256));

    if (done == PSA_SUCCESS) {
        done =
            psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SALT, salt.data, salt.size);
    }
    if (done == PSA_SUCCESS) {
        done = psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SECRET, secret.data,
                                              secret.size);
    }
    if (done == PSA_SUCCESS) {
        done =
            psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_INFO, info.data, info.size);
    }
    if (done == PSA_SUCCESS) {
        done = psa_key_derivation_output_bytes(&operation, out.data, out.size);
    }
    (void)psa_key_derivation_abort(&operation);
    return done;
}

tps_status tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out)
{
    tps_status status = crypto_check_hkdf(secret, out.size);

    if (status == TPS_OK) {
        psa_status_t done = derive(secret, salt, info, out);
        status = done == PSA_SUCCESS ? TPS_OK : psa_failure(done, TPS_CRYPTO_FAILED);
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}
