/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC over PSA Crypto. Its operation lies inside tps_crypto_mac, and holds all it needs of the key. */
#include <psa/crypto.h>

#include "crypto/algorithms.h"
#include "crypto/psa/key.h"
#include "tps/secret.h"

_Static_assert(sizeof(psa_mac_operation_t) <= sizeof(tps_crypto_mac),
               "tps_crypto_mac has room for PSA's state");
_Static_assert(_Alignof(psa_mac_operation_t) <= _Alignof(tps_crypto_mac), "and is aligned for it");

static psa_mac_operation_t *operation_of(tps_crypto_mac *mac)
{
    return (psa_mac_operation_t *)(void *)mac;
}

static psa_algorithm_t psa_mac_alg(int32_t alg)
{
    psa_algorithm_t whole = PSA_ALG_HMAC(psa_hash_alg(crypto_mac_hash(alg)));

    return alg == TPS_ALG_HMAC256_64 ? PSA_ALG_TRUNCATED_MAC(whole, 8) : whole;
}

/* The key for one code. HMAC pads a key with zeros, so an empty one is the same as one zero byte. */
static psa_status_t take_key(psa_algorithm_t alg, tps_span key, psa_key_id_t *id)
{
    static const uint8_t zero;
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_algorithm(&attributes, alg);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
    return psa_import_key(&attributes, key.size == 0 ? &zero : key.data, key.size == 0 ? 1 : key.size, id);
}

tps_status tps_crypto_mac_begin(tps_crypto_mac *mac, int32_t alg, tps_span key)
{
    psa_key_id_t id = PSA_KEY_ID_NULL;
    psa_status_t done;

    *operation_of(mac) = psa_mac_operation_init();
    if (tps_crypto_alg_mac_size(alg) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (key.size == 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    done = take_key(psa_mac_alg(alg), key, &id);
    if (done == PSA_SUCCESS) {
        done = psa_mac_sign_setup(operation_of(mac), id, psa_mac_alg(alg));
    }
    (void)psa_destroy_key(id);
    return done == PSA_SUCCESS ? TPS_OK : TPS_CRYPTO_FAILED;
}

void tps_crypto_mac_update(tps_crypto_mac *mac, tps_span bytes)
{
    (void)psa_mac_update(operation_of(mac), bytes.data, bytes.size); /* a failure ends the operation */
}

tps_status tps_crypto_mac_finish(tps_crypto_mac *mac, tps_digest *tag)
{
    psa_status_t done;

    *tag = (tps_digest){.size = 0};
    done = psa_mac_sign_finish(operation_of(mac), tag->bytes, sizeof tag->bytes, &tag->size);
    if (done != PSA_SUCCESS) {
        tps_crypto_mac_abort(mac);
        tag->size = 0;
    }
    tps_wipe(tag->bytes + tag->size,
             sizeof tag->bytes - tag->size); /* nothing of a longer code, or a failed one */
    return done == PSA_SUCCESS ? TPS_OK : TPS_CRYPTO_FAILED;
}

void tps_crypto_mac_abort(tps_crypto_mac *mac)
{
    (void)psa_mac_abort(operation_of(mac));
}

tps_status tps_crypto_hmac_sha256(tps_span key, tps_span bytes, uint8_t mac[TPS_SHA256_SIZE])
{
    psa_algorithm_t alg = PSA_ALG_HMAC(PSA_ALG_SHA_256);
    psa_key_id_t id = PSA_KEY_ID_NULL;
    psa_status_t done = take_key(alg, key, &id);
    size_t size = 0;

    if (done == PSA_SUCCESS) {
        done = psa_mac_compute(id, alg, bytes.data, bytes.size, mac, TPS_SHA256_SIZE, &size);
    }
    (void)psa_destroy_key(id);
    if (done != PSA_SUCCESS) {
        tps_wipe(mac, TPS_SHA256_SIZE);
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}
