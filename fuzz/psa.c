/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the claims of PSA tokens: what decodes is encoded, decodes again, and is encoded to the same bytes.
 */
#include <stdlib.h>

#include "tps/eat.h"
#include "tps/psa.h"

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
    tps_psa_claims claims;
    tps_error why = {0};
    tps_span first;
    tps_span second;

    if (tps_psa_decode(tps_span_make(data, size), &claims, &why) != TPS_OK) {
        require(why.status != TPS_OK);
        return 0;
    }
    require(tps_span_is_text(tps_eat_profile_of(tps_span_make(data, size)),
                             claims.is_2_0_0 ? TPS_PSA_PROFILE_2_0_0 : TPS_PSA_PROFILE));
    require(tps_psa_lifecycle_name(claims.lifecycle) != NULL);
    require(tps_psa_encode(&claims, TPS_BUF_OF(once), &first, NULL) == TPS_OK);
    require(tps_cbor_check(first, &deterministic, NULL, NULL) == TPS_OK);
    require(tps_psa_decode(first, &claims, NULL) == TPS_OK);
    require(tps_psa_encode(&claims, TPS_BUF_OF(twice), &second, NULL) == TPS_OK);
    require(tps_span_equal(first, second));
    return 0;
}
