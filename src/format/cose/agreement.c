/* SPDX-License-Identifier: Apache-2.0 */
/* Key agreement with a key of this process. */
#include "tps/cose_encrypt.h"

static tps_status agree_with_key(void *context, const tps_crypto_key *peer, tps_buf secret)
{
    return tps_crypto_ecdh(context, peer, secret);
}

tps_cose_agreement tps_cose_agreement_of_key(tps_crypto_key *key)
{
    return (tps_cose_agreement){tps_crypto_key_curve(key), agree_with_key, key};
}
