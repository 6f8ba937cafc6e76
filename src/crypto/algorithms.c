/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithms and their sizes, and what fits what: the part of crypto.h that needs no library. */
#include "crypto/algorithms.h"

#include "crypto/rsa.h"

bool crypto_is_known(int32_t alg)
{
    return alg == TPS_ALG_PS256 || crypto_alg_curve(alg) != 0 || crypto_hash_size(alg) != 0 ||
           crypto_mac_hash(alg) != TPS_ALG_NONE || tps_crypto_aead_key_size(alg) != 0 ||
           crypto_wrap_key_size(alg) != 0;
}

/* ---- hashes and authentication codes ---- */

size_t crypto_hash_size(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_SHA256: return 32;
    case TPS_ALG_SHA384: return 48;
    case TPS_ALG_SHA512: return 64;
    default: return 0;
    }
}

int32_t crypto_mac_hash(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_HMAC256_64:
    case TPS_ALG_HMAC256: return TPS_ALG_SHA256;
    case TPS_ALG_HMAC384: return TPS_ALG_SHA384;
    case TPS_ALG_HMAC512: return TPS_ALG_SHA512;
    default: return TPS_ALG_NONE;
    }
}

size_t tps_crypto_alg_mac_size(int32_t alg)
{
    return alg == TPS_ALG_HMAC256_64 ? 8 : crypto_hash_size(crypto_mac_hash(alg));
}

/* ---- authenticated encryption and key wrap ---- */

bool crypto_is_ccm(int32_t alg)
{
    return alg == TPS_ALG_AES_CCM_16_64_128 || alg == TPS_ALG_AES_CCM_16_128_128;
}

size_t tps_crypto_aead_key_size(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_A128GCM:
    case TPS_ALG_AES_CCM_16_64_128:
    case TPS_ALG_AES_CCM_16_128_128: return 16;
    case TPS_ALG_A192GCM: return 24;
    case TPS_ALG_A256GCM: return 32;
    default: return 0;
    }
}

size_t tps_crypto_aead_nonce_size(int32_t alg)
{
    if (tps_crypto_aead_key_size(alg) == 0) {
        return 0;
    }
    return crypto_is_ccm(alg) ? 13 : 12;
}

size_t tps_crypto_aead_tag_size(int32_t alg)
{
    if (tps_crypto_aead_key_size(alg) == 0) {
        return 0;
    }
    return alg == TPS_ALG_AES_CCM_16_64_128 ? 8 : 16;
}

/* Together the parts are one input of a library that counts in ints. */
static bool is_aad_bearable(tps_crypto_aad aad)
{
    size_t total = 0;

    if (aad.count > TPS_AAD_PARTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < aad.count; i++) {
        if (aad.parts[i].size > INT32_MAX - total) {
            return false;
        }
        total += aad.parts[i].size;
    }
    return true;
}

/* What tells apart a wrong call from a wrong message. */
static tps_status check_aead_inputs(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad)
{
    if (tps_crypto_aead_key_size(alg) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (key.size != tps_crypto_aead_key_size(alg)) {
        return TPS_CRYPTO_BAD_KEY;
    }
    return nonce.size == tps_crypto_aead_nonce_size(alg) && is_aad_bearable(aad) ? TPS_OK : TPS_BAD_ARGUMENT;
}

tps_status crypto_check_aead(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, size_t plain_size,
                             size_t sealed_size)
{
    size_t tag_size = tps_crypto_aead_tag_size(alg);
    size_t size_max = crypto_is_ccm(alg) ? UINT16_MAX : INT32_MAX - tag_size; /* CCM's counter has 2 bytes */

    TPS_TRY(check_aead_inputs(alg, key, nonce, aad));
    return plain_size <= size_max && sealed_size == plain_size + tag_size ? TPS_OK : TPS_BAD_ARGUMENT;
}

tps_status crypto_check_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                             size_t sealed_size, size_t out_size)
{
    TPS_TRY(check_aead_inputs(alg, key, nonce, aad));
    if (sealed_size < tps_crypto_aead_tag_size(alg)) {
        return TPS_CRYPTO_BAD_TAG;
    }
    return crypto_check_aead(alg, key, nonce, aad, out_size, sealed_size);
}

tps_status crypto_check_hkdf(tps_span secret, size_t size)
{
    return secret.size != 0 && size != 0 && size <= 255u * TPS_SHA256_SIZE ? TPS_OK : TPS_BAD_ARGUMENT;
}

size_t crypto_wrap_key_size(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_A128KW: return 16;
    case TPS_ALG_A192KW: return 24;
    case TPS_ALG_A256KW: return 32;
    default: return 0;
    }
}

tps_status crypto_check_wrap(int32_t alg, tps_span kek, size_t plain_size, size_t wrapped_size)
{
    if (crypto_wrap_key_size(alg) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (kek.size != crypto_wrap_key_size(alg)) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (plain_size < 16 || plain_size > 64 || plain_size % 8 != 0 || wrapped_size != plain_size + 8) {
        return TPS_BAD_ARGUMENT;
    }
    return TPS_OK;
}

/* ---- keys ---- */

size_t tps_crypto_curve_size(int32_t curve)
{
    switch (curve) {
    case TPS_CURVE_P256:
    case TPS_CURVE_ED25519: return 32;
    case TPS_CURVE_P384: return 48;
    case TPS_CURVE_P521: return 66;
    default: return 0;
    }
}

/* ---- signatures ---- */

bool crypto_signs_messages(int32_t alg)
{
    return alg == TPS_ALG_EDDSA || alg == TPS_ALG_ED25519;
}

int32_t tps_crypto_alg_hash(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_ES256:
    case TPS_ALG_ESP256:
    case TPS_ALG_PS256: return TPS_ALG_SHA256;
    case TPS_ALG_ES384:
    case TPS_ALG_ESP384: return TPS_ALG_SHA384;
    case TPS_ALG_ES512:
    case TPS_ALG_ESP512: return TPS_ALG_SHA512;
    default: return TPS_ALG_NONE;
    }
}

int32_t crypto_alg_curve(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_ES256:
    case TPS_ALG_ESP256: return TPS_CURVE_P256;
    case TPS_ALG_ES384:
    case TPS_ALG_ESP384: return TPS_CURVE_P384;
    case TPS_ALG_ES512:
    case TPS_ALG_ESP512: return TPS_CURVE_P521;
    case TPS_ALG_EDDSA:
    case TPS_ALG_ED25519: return TPS_CURVE_ED25519;
    default: return 0;
    }
}

size_t tps_crypto_alg_signature_size(int32_t alg)
{
    return 2 * tps_crypto_curve_size(crypto_alg_curve(alg));
}

size_t crypto_key_signature_size(const tps_crypto_key *key)
{
    if (tps_crypto_key_kind(key) == TPS_KEY_RSA) {
        return crypto_rsa_size(key);
    }
    return 2 * tps_crypto_curve_size(tps_crypto_key_curve(key));
}

tps_status tps_crypto_alg_fits(int32_t alg, const tps_crypto_key *key)
{
    int32_t curve = tps_crypto_key_curve(key);
    bool fits = curve != 0 && curve == crypto_alg_curve(alg);

    if (alg == TPS_ALG_PS256) {
        fits = tps_crypto_key_kind(key) == TPS_KEY_RSA;
    } else if (alg == TPS_ALG_ES512) { /* RFC 9053, 2.1, leaves the curve open; what is published uses it */
        fits = fits || curve == TPS_CURVE_P256 || curve == TPS_CURVE_P384;
    }
    return fits ? TPS_OK : TPS_CRYPTO_ALG_REFUSED;
}

tps_status crypto_check_verify(const tps_crypto_key *key, int32_t alg, const tps_digest *digest,
                               size_t signature_size)
{
    size_t digest_size = crypto_hash_size(tps_crypto_alg_hash(alg));

    TPS_TRY(tps_crypto_alg_fits(alg, key));
    if (digest_size == 0 || digest->size != digest_size) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    return signature_size == crypto_key_signature_size(key) ? TPS_OK : TPS_CRYPTO_BAD_SIGNATURE;
}

tps_status crypto_check_sign(const tps_crypto_key *key, int32_t alg, tps_buf signature, size_t *size)
{
    int32_t curve = crypto_alg_curve(alg);

    *size = 0;
    if (curve == 0 || curve != tps_crypto_key_curve(key)) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    *size = tps_crypto_alg_signature_size(alg);
    if (!tps_crypto_key_is_private(key)) {
        return TPS_CRYPTO_BAD_KEY;
    }
    return signature.data == NULL || signature.size < *size ? TPS_BUFFER_TOO_SMALL : TPS_OK;
}
