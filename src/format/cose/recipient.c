/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of recipient algorithms and the sizes of their keys. */
#include "format/cose/recipient.h"

uint32_t cose_recipient_kind(int64_t alg)
{
    switch (alg) {
    case TPS_ALG_DIRECT: return COSE_DIRECT;
    case TPS_ALG_DIRECT_HKDF_256: return COSE_DIRECT_HKDF;
    case TPS_ALG_A128KW:
    case TPS_ALG_A192KW:
    case TPS_ALG_A256KW: return COSE_KEY_WRAP;
    case TPS_ALG_ECDH_ES_HKDF_256: return COSE_ECDH_DIRECT;
    case TPS_ALG_ECDH_ES_A128KW:
    case TPS_ALG_ECDH_ES_A192KW:
    case TPS_ALG_ECDH_ES_A256KW: return COSE_ECDH_WRAP;
    default: break;
    }
    return alg > 0 && alg <= INT32_MAX && tps_crypto_aead_key_size((int32_t)alg) != 0 ? COSE_KEY_AEAD
                                                                                      : COSE_UNKNOWN_KIND;
}

int32_t cose_wrap_alg(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_ECDH_ES_A128KW: return TPS_ALG_A128KW;
    case TPS_ALG_ECDH_ES_A192KW: return TPS_ALG_A192KW;
    case TPS_ALG_ECDH_ES_A256KW: return TPS_ALG_A256KW;
    default: return alg;
    }
}

size_t cose_wrap_key_size(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_A128KW: return 16;
    case TPS_ALG_A192KW: return 24;
    default: return 32;
    }
}

size_t cose_content_key_size(int32_t alg)
{
    size_t mac_size = tps_crypto_alg_mac_size(alg);

    /* A code cut short is made with a key of the whole hash's size (RFC 9053, 3.1). */
    return mac_size == 8 ? 32 : mac_size != 0 ? mac_size : tps_crypto_aead_key_size(alg);
}
