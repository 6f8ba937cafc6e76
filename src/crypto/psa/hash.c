/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and names over PSA Crypto. Its operation lies inside tps_crypto_hash; after a failure, an end or an
 * abort it is an inactive one, which takes nothing and ends in a failure. */
#include <psa/crypto.h>

#include "crypto/algorithms.h"
#include "crypto/psa/key.h"

_Static_assert(sizeof(psa_hash_operation_t) <= sizeof(tps_crypto_hash),
               "tps_crypto_hash has room for PSA's state");
_Static_assert(_Alignof(psa_hash_operation_t) <= _Alignof(tps_crypto_hash), "and is aligned for it");

static psa_hash_operation_t *operation_of(tps_crypto_hash *hash)
{
    return (psa_hash_operation_t *)(void *)hash;
}

tps_status tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg)
{
    *operation_of(hash) = psa_hash_operation_init();
    if (psa_hash_alg(alg) == PSA_ALG_NONE) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    return psa_hash_setup(operation_of(hash), psa_hash_alg(alg)) == PSA_SUCCESS ? TPS_OK : TPS_CRYPTO_FAILED;
}

void tps_crypto_hash_update(tps_crypto_hash *hash, tps_span bytes)
{
    (void)psa_hash_update(operation_of(hash), bytes.data, bytes.size); /* a failure ends the operation */
}

tps_status tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest)
{
    psa_status_t done =
        psa_hash_finish(operation_of(hash), digest->bytes, sizeof digest->bytes, &digest->size);

    if (done != PSA_SUCCESS) {
        tps_crypto_hash_abort(hash);
        digest->size = 0;
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}

void tps_crypto_hash_abort(tps_crypto_hash *hash)
{
    (void)psa_hash_abort(operation_of(hash));
}

tps_status tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    digest->size = 0;
    if (psa_hash_alg(alg) == PSA_ALG_NONE) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (psa_hash_compute(psa_hash_alg(alg), bytes.data, bytes.size, digest->bytes, sizeof digest->bytes,
                         &digest->size) != PSA_SUCCESS) {
        digest->size = 0;
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}

/* SHA-1, for a name and never for a promise. */
tps_status tps_crypto_uuid5(const uint8_t space[16], tps_span name, uint8_t uuid[16])
{
    psa_hash_operation_t operation = psa_hash_operation_init();
    uint8_t digest[20];
    size_t size = 0;

    if (psa_hash_setup(&operation, PSA_ALG_SHA_1) != PSA_SUCCESS ||
        psa_hash_update(&operation, space, 16) != PSA_SUCCESS ||
        psa_hash_update(&operation, name.data, name.size) != PSA_SUCCESS ||
        psa_hash_finish(&operation, digest, sizeof digest, &size) != PSA_SUCCESS) {
        (void)psa_hash_abort(&operation);
        return TPS_CRYPTO_FAILED;
    }
    memcpy(uuid, digest, 16);
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x50);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    return TPS_OK;
}
