/* SPDX-License-Identifier: Apache-2.0 */
/* The key store's kinds, and which attributes go together. */
#include "component/services/keys/policy.h"

#include "tps/cose_encrypt.h"

#define SIGN     TPS_KEY_USE(TPS_KEY_OP_SIGN)
#define CIPHER   (TPS_KEY_USE(TPS_KEY_OP_ENCRYPT) | TPS_KEY_USE(TPS_KEY_OP_DECRYPT))
#define MAC      (TPS_KEY_USE(TPS_KEY_OP_MAC_CREATE) | TPS_KEY_USE(TPS_KEY_OP_MAC_VERIFY))
#define DERIVE   TPS_KEY_USE(TPS_KEY_OP_DERIVE_KEY)
#define UNWRAP   TPS_KEY_USE(TPS_KEY_OP_UNWRAP)
#define EC(size) (size), (size), (size)

static const tps_key_kind kinds[] = {
    {TPS_KEY_P256_SIGN, TPS_CURVE_P256, TPS_ALG_ESP256, TPS_ALG_ES256, SIGN, EC(32), true},
    {TPS_KEY_P384_SIGN, TPS_CURVE_P384, TPS_ALG_ESP384, TPS_ALG_ES384, SIGN, EC(48), true},
#ifndef TPS_WITHOUT_EDDSA
    {TPS_KEY_ED25519_SIGN, TPS_CURVE_ED25519, TPS_ALG_ED25519, TPS_ALG_EDDSA, SIGN, EC(32), true},
#endif
    {TPS_KEY_P256_AGREE, TPS_CURVE_P256, TPS_ALG_ECDH_ES_HKDF_256, TPS_ALG_ECDH_ES_HKDF_256, DERIVE, EC(32),
     true},
    {TPS_KEY_P384_AGREE, TPS_CURVE_P384, TPS_ALG_ECDH_ES_HKDF_256, TPS_ALG_ECDH_ES_HKDF_256, DERIVE, EC(48),
     true},
    {TPS_KEY_AES128_GCM, 0, TPS_ALG_A128GCM, TPS_ALG_A128GCM, CIPHER, 16, 16, 16, true},
    {TPS_KEY_AES256_GCM, 0, TPS_ALG_A256GCM, TPS_ALG_A256GCM, CIPHER, 32, 32, 32, true},
    {TPS_KEY_HMAC256, 0, TPS_ALG_HMAC256, TPS_ALG_HMAC256, MAC, 32, 32, 32, true},
    {TPS_KEY_HMAC384, 0, TPS_ALG_HMAC384, TPS_ALG_HMAC384, MAC, 48, 48, 48, true},
    {TPS_KEY_HMAC512, 0, TPS_ALG_HMAC512, TPS_ALG_HMAC512, MAC, 64, 64, 64, true},
    {TPS_KEY_HKDF, 0, TPS_ALG_DIRECT_HKDF_256, TPS_ALG_DIRECT_HKDF_256, DERIVE, 16, 64, 32, true},
    {TPS_KEY_P256_IMPORT, TPS_CURVE_P256, TPS_ALG_ECDH_ES_A256KW, TPS_ALG_ECDH_ES_A128KW, UNWRAP, EC(32),
     false},
};

/* Whether the back end has what it takes. ECDH and HKDF are in every one. */
static bool is_supported(const tps_key_kind *kind)
{
    if (kind->curve != 0 && !tps_crypto_supports_curve(kind->curve)) {
        return false;
    }
    if (kind->usages == UNWRAP) {
        return tps_crypto_supports(TPS_ALG_A256KW);
    }
    return kind->usages == DERIVE || tps_crypto_supports(kind->alg);
}

const tps_key_kind *tps_key_kind_find(uint32_t kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].kind == kind) {
            return is_supported(&kinds[i]) ? &kinds[i] : NULL;
        }
    }
    return NULL;
}

size_t tps_key_kind_public_size(const tps_key_kind *kind)
{
    size_t half = kind->curve == 0 ? 0 : tps_crypto_curve_size(kind->curve);

    return kind->curve == TPS_CURVE_ED25519 ? half : 2 * half;
}

const tps_key_kind *tps_key_policy_grant(tps_key_wish *wish)
{
    const tps_key_kind *kind = tps_key_kind_find(wish->kind);

    if (kind == NULL || wish->lifetime < TPS_KEY_PERSISTENT || wish->lifetime > TPS_KEY_SESSION) {
        return NULL;
    }
    if ((wish->is_bound && wish->lifetime != TPS_KEY_PERSISTENT) ||
        (wish->is_shared && wish->lifetime == TPS_KEY_SESSION)) {
        return NULL;
    }
    wish->usages = wish->usages == 0 ? kind->usages : wish->usages;
    return (wish->usages & ~kind->usages) == 0 ? kind : NULL;
}

bool tps_key_policy_fits(const tps_key_kind *kind, uint32_t usages, const tps_cose_key *key)
{
    int64_t kty = kind->curve == 0                   ? TPS_KEY_SYMMETRIC
                  : kind->curve == TPS_CURVE_ED25519 ? TPS_KEY_OKP
                                                     : TPS_KEY_EC2;

    return kind->can_be_imported && key->kty == kty && (kind->curve == 0 || key->curve == kind->curve) &&
           (key->alg == 0 || key->alg == kind->alg || key->alg == kind->alg_also) &&
           (key->ops == 0 || (usages & ~key->ops) == 0) && key->secret.size >= kind->secret_min &&
           key->secret.size <= kind->secret_max;
}
