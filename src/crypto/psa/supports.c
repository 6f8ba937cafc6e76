/* SPDX-License-Identifier: Apache-2.0 */
/* What mbedTLS was built with, in the words of crypto.h: PSA_WANT_* are mbedTLS's own. */
#include "crypto/algorithms.h"
#include "crypto/psa/key.h"

psa_algorithm_t psa_hash_alg(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_SHA256: return PSA_ALG_SHA_256;
#ifdef PSA_WANT_ALG_SHA_384
    case TPS_ALG_SHA384: return PSA_ALG_SHA_384;
#endif
#ifdef PSA_WANT_ALG_SHA_512
    case TPS_ALG_SHA512: return PSA_ALG_SHA_512;
#endif
    default: return PSA_ALG_NONE;
    }
}

psa_algorithm_t psa_mac_alg(int32_t alg)
{
    psa_algorithm_t hash = psa_hash_alg(crypto_mac_hash(alg));

    if (hash == PSA_ALG_NONE) {
        return PSA_ALG_NONE;
    }
    return alg == TPS_ALG_HMAC256_64 ? PSA_ALG_TRUNCATED_MAC(PSA_ALG_HMAC(hash), 8) : PSA_ALG_HMAC(hash);
}

psa_algorithm_t psa_aead_alg(int32_t alg)
{
    size_t tag_size = tps_crypto_aead_tag_size(alg);

    if (tag_size == 0) {
        return PSA_ALG_NONE;
    }
    if (!crypto_is_ccm(alg)) {
        return PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_GCM, tag_size);
    }
#ifdef PSA_WANT_ALG_CCM
    return PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, tag_size);
#else
    return PSA_ALG_NONE;
#endif
}

psa_algorithm_t psa_signature_alg(int32_t alg)
{
    psa_algorithm_t hash = psa_hash_alg(tps_crypto_alg_hash(alg));

    if (hash == PSA_ALG_NONE) {
        return PSA_ALG_NONE;
    }
#ifdef PSA_WANT_ALG_RSA_PSS
    if (alg == TPS_ALG_PS256) {
        return PSA_ALG_RSA_PSS(hash);
    }
#endif
    return alg == TPS_ALG_PS256 ? PSA_ALG_NONE : PSA_ALG_ECDSA(hash);
}

size_t psa_curve_bits(int32_t curve)
{
    switch (curve) {
    case TPS_CURVE_P256: return 256;
#ifdef PSA_WANT_ECC_SECP_R1_384
    case TPS_CURVE_P384: return 384;
#endif
#ifdef PSA_WANT_ECC_SECP_R1_521
    case TPS_CURVE_P521: return 521;
#endif
    default: return 0;
    }
}

bool tps_crypto_supports_curve(int32_t curve)
{
    return psa_curve_bits(curve) != 0;
}

bool tps_crypto_supports(int32_t alg)
{
    if (crypto_alg_curve(alg) != 0) {
        return psa_signature_alg(alg) != PSA_ALG_NONE && psa_curve_bits(crypto_alg_curve(alg)) != 0;
    }
    return psa_signature_alg(alg) != PSA_ALG_NONE || psa_hash_alg(alg) != PSA_ALG_NONE ||
           psa_mac_alg(alg) != PSA_ALG_NONE || psa_aead_alg(alg) != PSA_ALG_NONE ||
           crypto_wrap_key_size(alg) != 0;
}
