/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes detached bundles and unprotected claims in CBOR: what is in deterministic form is written again to
 * the same bytes; every name is reported once; the verdict is what was reported. */
#include <stdlib.h>

#include "tps/cose.h"
#include "tps/eat_bundle.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void report(void *context, tps_span name, uint32_t verdict)
{
    uint32_t *seen = context;

    require(verdict <= TPS_EAT_DETACHED_UNKNOWN_HASH && (name.size == 0 || name.data != NULL));
    *seen |= 1u << verdict;
}

static void check(const tps_eat_bundle *bundle)
{
    tps_cose_message message;
    uint32_t seen = 0;
    tps_eat_bundle_reporter reporter = {report, &seen};
    tps_eat_claims claims;
    tps_status status;

    if (tps_cose_sign1_parse(bundle->main_token, &message, NULL) != TPS_OK ||
        tps_eat_decode(message.payload, &claims, NULL) != TPS_OK) {
        return;
    }
    status = tps_eat_bundle_check(bundle, message.payload, &reporter, NULL);
    require((status == TPS_OK) == ((seen & ~(1u << TPS_EAT_DETACHED_GOOD)) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const tps_cbor_limits deterministic = {65536, 16, 512, &tps_cbor_deterministic};
    static uint8_t room[65600];
    tps_span input = tps_span_make(data, size);
    bool is_deterministic = tps_cbor_check(input, &deterministic, NULL, NULL) == TPS_OK;
    tps_error why = {0};
    tps_eat_bundle bundle;
    tps_uccs claims;
    tps_span encoded;

    if (tps_uccs_read(input, &claims, NULL) == TPS_OK && is_deterministic) {
        require(tps_uccs_write(&claims, TPS_BUF_OF(room), &encoded, NULL) == TPS_OK);
        require(tps_span_equal(encoded, input));
    }
    if (tps_eat_bundle_read(input, &bundle, &why) != TPS_OK) {
        require(why.status != TPS_OK);
        return 0;
    }
    check(&bundle);
    if (is_deterministic && size < 65000) {
        require(tps_eat_bundle_write(&bundle, TPS_BUF_OF(room), &encoded, NULL) == TPS_OK);
        require(tps_span_equal(encoded, input) ||
                tps_span_equal(tps_span_make(encoded.data + 3, encoded.size - 3), input));
    }
    return 0;
}
