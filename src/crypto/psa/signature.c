/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and key agreement over PSA Crypto, whose form of a signature is COSE's: r followed by s. */
#include <psa/crypto.h>

#include "crypto/algorithms.h"
#include "crypto/psa/key.h"
#include "tps/secret.h"

/* ---- signatures ---- */

tps_status tps_crypto_verify(tps_crypto_key *key, int32_t alg, const tps_digest *digest, tps_span signature)
{
    psa_status_t done;

    TPS_TRY(crypto_check_verify(key, alg, digest, signature.size));
    if (psa_signature_alg(alg) == PSA_ALG_NONE) { /* ES512 under P-256, where there is no SHA-512 */
        return TPS_CRYPTO_ALG_REFUSED;
    }
    done = psa_verify_hash(psa_id_of(key), psa_signature_alg(alg), digest->bytes, digest->size,
                           signature.data, signature.size);
    if (done != PSA_SUCCESS) { /* numbers out of range are a bad argument to mbedTLS's RSA */
        return psa_failure(done, TPS_CRYPTO_BAD_SIGNATURE);
    }
    return TPS_OK;
}

tps_status tps_crypto_sign(tps_crypto_key *key, int32_t alg, const tps_digest *digest, tps_buf signature,
                           size_t *size)
{
    size_t digest_size = crypto_hash_size(tps_crypto_alg_hash(alg));
    size_t written = 0;
    psa_status_t done;

    *size = 0;
    if (digest_size == 0 || digest->size != digest_size) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    TPS_TRY(crypto_check_sign(key, alg, signature, size));
    done = psa_sign_hash(psa_id_of(key), psa_signature_alg(alg), digest->bytes, digest->size, signature.data,
                         *size, &written);
    if (done != PSA_SUCCESS || written != *size) {
        tps_wipe(signature.data, *size);
        return psa_failure(done, TPS_CRYPTO_FAILED);
    }
    return TPS_OK;
}

tps_status tps_crypto_verify_message(tps_crypto_key *key, int32_t alg, tps_span message, tps_span signature)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_alg_fits(alg, key));
    TPS_TRY(tps_crypto_hash_of(tps_crypto_alg_hash(alg), message, &digest));
    return tps_crypto_verify(key, alg, &digest, signature);
}

tps_status tps_crypto_sign_message(tps_crypto_key *key, int32_t alg, tps_span message, tps_buf signature,
                                   size_t *size)
{
    tps_digest digest;

    TPS_TRY(crypto_check_sign(key, alg, signature, size));
    TPS_TRY(tps_crypto_hash_of(tps_crypto_alg_hash(alg), message, &digest));
    return tps_crypto_sign(key, alg, &digest, signature, size);
}

/* PKCS #1 v1.5 is not built in: RS256 is for servers. */
tps_status tps_crypto_verify_rs256(const tps_crypto_key *key, tps_span message, tps_span signature)
{
    (void)key;
    (void)message;
    (void)signature;
    return TPS_CRYPTO_ALG_REFUSED;
}

/* ---- key agreement ---- */

/* mbedTLS checks that the peer's point lies on the curve. */
static tps_status agree(const tps_crypto_key *own, const tps_crypto_key *peer, tps_buf secret)
{
    uint8_t point[1 + 2 * TPS_COORDINATE_SIZE_MAX];
    size_t point_size = 0;
    size_t size = 0;
    psa_status_t done = psa_export_public_key(psa_id_of(peer), point, sizeof point, &point_size);

    if (done == PSA_SUCCESS) {
        done = psa_raw_key_agreement(PSA_ALG_ECDH, psa_id_of(own), point, point_size, secret.data,
                                     secret.size, &size);
    }
    return done == PSA_SUCCESS && size == secret.size ? TPS_OK : TPS_CRYPTO_FAILED;
}

tps_status tps_crypto_ecdh(const tps_crypto_key *own, const tps_crypto_key *peer, tps_buf secret)
{
    int32_t curve = tps_crypto_key_curve(own);
    tps_status status;

    if (!tps_crypto_key_is_private(own) || curve == 0 || curve != tps_crypto_key_curve(peer)) {
        status = TPS_CRYPTO_BAD_KEY;
    } else if (secret.size != tps_crypto_curve_size(curve)) {
        status = TPS_BAD_ARGUMENT;
    } else {
        status = agree(own, peer, secret);
    }
    if (status != TPS_OK) {
        tps_wipe(secret.data, secret.size);
    }
    return status;
}
