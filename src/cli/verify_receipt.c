/* SPDX-License-Identifier: Apache-2.0 */
/* The receipt that tps verify makes. */
#include <stdlib.h>

#include "cli/verify.h"
#include "tps/receipt.h"
#include "tps/result_keys.h"
#include "tps/secret.h"

enum { KEY_LIMIT = 65536, LIFETIME = 300 };

/* The signer's algorithm, by its key's curve. */
static int32_t algorithm_of(const tps_crypto_key *key)
{
    switch (tps_crypto_key_curve(key)) {
    case TPS_CURVE_P256: return TPS_ALG_ES256;
    case TPS_CURVE_P384: return TPS_ALG_ES384;
    case TPS_CURVE_P521: return TPS_ALG_ES512;
    default: return TPS_ALG_NONE;
    }
}

static int read_key(const char *path, tps_crypto_key **key)
{
    tps_buf data;
    tps_status status;

    *key = NULL;
    if (!cli_read_file(path, KEY_LIMIT, &data)) {
        return CLI_FAILED;
    }
    status = tps_crypto_key_from_pem(cli_span(data), key);
    tps_wipe(data.data, data.size);
    free(data.data);
    if (status != TPS_OK) {
        return cli_fail_status(path, status, NULL);
    }
    if (!tps_crypto_key_is_private(*key) || algorithm_of(*key) == TPS_ALG_NONE) {
        tps_crypto_key_free(*key);
        *key = NULL;
        return cli_fail("give a private key on P-256, P-384 or P-521, PEM", "%s cannot sign a receipt", path);
    }
    return CLI_GOOD;
}

/* Measures, makes, and writes. */
static int write_with(const tps_verifier *v, const verify_options *a, tps_span evidence,
                      const tps_appraisal_request *request, const tps_appraisal *parts, size_t count,
                      tps_crypto_key *key)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, algorithm_of(key));
    tps_ear_options options = {.generation = TPS_EAR_2026,
                               .nonce = request->nonce,
                               .iat = request->now,
                               .exp = request->now + LIFETIME};
    tps_result_keys names = {0};
    tps_buf out = TPS_BUF_MEASURE;
    size_t size = 0;
    tps_status status;
    int code = CLI_FAILED;

    if (tps_result_keys_add(&names, key, 0) == TPS_OK) { /* keys on other curves have no name */
        options.key_id = names.keys[0].id;
    }
    status = tps_receipt_make(v, evidence, request, parts, count, &options, &signer, out, &size);
    if (status == TPS_OK) {
        out = (tps_buf){malloc(size), size};
        status = out.data == NULL
                     ? TPS_OUT_OF_MEMORY
                     : tps_receipt_make(v, evidence, request, parts, count, &options, &signer, out, &size);
    }
    if (status != TPS_OK) {
        (void)cli_fail_status("no receipt", status, NULL);
    } else if (cli_write_file(a->receipt, 0644, tps_span_make(out.data, size))) {
        code = CLI_GOOD;
    }
    free(out.data);
    return code;
}

int verify_write_receipt(const tps_verifier *v, const verify_options *a, tps_span evidence,
                         const tps_appraisal_request *request, const tps_appraisal *parts, size_t count)
{
    tps_crypto_key *key;
    int code = read_key(a->receipt_key, &key);

    if (code == CLI_GOOD) {
        code = write_with(v, a, evidence, request, parts, count, key);
        tps_crypto_key_free(key);
    }
    return code;
}
