/* SPDX-License-Identifier: Apache-2.0 */
/* What a chip has in the place of decompress.c, key_encoding.c and rsa.c: SubjectPublicKeyInfo in its usual
 * form, and a refusal by name of compressed points, of PEM and of RSA, so that neither parsers nor big
 * numbers are linked. */
#include "crypto/psa/key.h"
#include "crypto/rsa.h"
#include "crypto/spki.h"

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
