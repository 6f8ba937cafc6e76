/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for tests. */
#include "support/keys.h"

#include "support/check.h"

tps_crypto_key *test_key(uint8_t number)
{
    uint8_t seed[48];
    tps_crypto_key *key = NULL;

    memset(seed, number, sizeof seed);
    assert_status(tps_crypto_key_derive_p256(seed, &key), TPS_OK);
    return key;
}

tps_crypto_key *test_key_p384(void)
{
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_generate(TPS_CURVE_P384, &key), TPS_OK);
    return key;
}

void require_curve(int32_t curve)
{
    if (!tps_crypto_supports_curve(curve)) {
        print_message("skipped: this back end has no curve %d\n", (int)curve);
        skip();
    }
}

static tps_status find(void *context, const tps_cose_sign1 *message, tps_crypto_key **key)
{
    (void)message;
    *key = context;
    return context == NULL ? TPS_COSE_NO_KEY : TPS_OK;
}

tps_cose_key_finder test_finder(tps_crypto_key *key)
{
    return (tps_cose_key_finder){find, key};
}
