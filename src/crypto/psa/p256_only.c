/* SPDX-License-Identifier: Apache-2.0 */
/* What a chip has in the place of decompress.c, generate.c, key_encoding.c and rsa.c: new keys on P-256,
 * SubjectPublicKeyInfo in its usual form, and a refusal by name of compressed points, of PEM and of RSA, so
 * that neither parsers nor big numbers are linked. */
#include "crypto/psa/key.h"
#include "crypto/rsa.h"
#include "crypto/spki.h"
#include "tps/secret.h"

/* FIPS 186-5, A.2.1: from 128 random bits more than the order has, in the way in which keys are derived. PSA
 * Crypto's own way would be linked for this alone, and computes a public key that nobody asked for. */
tps_status tps_crypto_key_generate(int32_t curve, tps_crypto_key **key)
{
    uint8_t seed[48];
    tps_status status;

    *key = NULL;
    if (curve != TPS_CURVE_P256) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    status = tps_crypto_random(TPS_BUF_OF(seed));
    if (status == TPS_OK) {
        status = tps_crypto_key_derive_p256(seed, key);
    }
    tps_wipe(seed, sizeof seed);
    return status;
}

tps_status tps_crypto_key_from_spki(tps_span spki, tps_crypto_key **key)
{
    tps_crypto_point point;

    *key = NULL;
    return crypto_spki_point(spki, &point) ? tps_crypto_key_from_point(&point, key) : TPS_CRYPTO_BAD_KEY;
}

tps_status tps_crypto_key_from_pem(tps_span pem, tps_crypto_key **key)
{
    (void)pem;
    *key = NULL;
    return TPS_CRYPTO_ALG_REFUSED;
}

tps_status tps_crypto_point_decompress(tps_crypto_point *point, bool is_odd)
{
    (void)point;
    (void)is_odd;
    return TPS_CRYPTO_ALG_REFUSED;
}

/* ---- RSA: no key of it comes to be ---- */

tps_status tps_crypto_key_from_rsa(const tps_crypto_rsa *rsa, tps_crypto_key **key)
{
    (void)rsa;
    *key = NULL;
    return TPS_CRYPTO_ALG_REFUSED;
}

tps_status tps_crypto_key_rsa(const tps_crypto_key *key, tps_crypto_rsa *rsa)
{
    (void)key;
    (void)rsa;
    return TPS_CRYPTO_BAD_KEY;
}

size_t crypto_rsa_size(const tps_crypto_key *key)
{
    (void)key;
    return 0;
}

tps_status crypto_rsa_spki(const tps_crypto_key *key, tps_buf out, size_t *size)
{
    (void)key;
    (void)out;
    *size = 0;
    return TPS_CRYPTO_ALG_REFUSED;
}
