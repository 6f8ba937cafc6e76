/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the claims of the device profile: what decodes is encoded, decodes again, and is encoded to the same
 * bytes. */
#include <stdlib.h>

#include "tps/device_claims.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t once[65536];
    static uint8_t twice[65536];
    static const tps_cbor_limits deterministic = {65536, 16, 512, &tps_cbor_deterministic};
    tps_span input = tps_span_make(data, size);
    tps_device_claims claims;
    tps_error why = {0};
    tps_span first;
    tps_span second;

    require(tps_eat_profile_of(input).size <= size);
    if (tps_device_claims_decode(input, &claims, &why) != TPS_OK) {
        require(why.status != TPS_OK);
        return 0;
    }
    require(tps_span_is_text(tps_eat_profile_of(input), TPS_DEVICE_PROFILE));
    require(tps_eat_debug_name(claims.dbgstat) != NULL);
    /* These are put as they came, and may have come in another form. */
    tps_span *const raw[] = {&claims.registers, &claims.applications, &claims.staged, &claims.submods};
    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
        if (tps_cbor_check(*raw[i], &deterministic, NULL, NULL) != TPS_OK) {
            *raw[i] = TPS_SPAN_EMPTY;
        }
    }
    if (tps_cbor_check(claims.cnf, &deterministic, NULL, NULL) != TPS_OK) {
        claims.cnf = TPS_SPAN_EMPTY;
        claims.pairwise_id = TPS_SPAN_EMPTY;
    }
    require(tps_device_claims_encode(&claims, TPS_BUF_OF(once), &first, NULL) == TPS_OK);
    require(tps_cbor_check(first, &deterministic, NULL, NULL) == TPS_OK);
    require(tps_device_claims_decode(first, &claims, NULL) == TPS_OK);
    require(tps_device_claims_encode(&claims, TPS_BUF_OF(twice), &second, NULL) == TPS_OK);
    require(tps_span_equal(first, second));
    return 0;
}
