/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC over PSA Crypto. Its operation lies inside tps_crypto_mac, beside the key's number: a key that ends
 * before the operations that use it may end these, too (PSA Crypto API, psa_destroy_key()). */
#include <psa/crypto.h>

#include "crypto/algorithms.h"
#include "crypto/psa/key.h"
#include "tps/secret.h"

typedef struct {
    psa_mac_operation_t operation;
    psa_key_id_t key;
} mac_state;

_Static_assert(sizeof(mac_state) <= sizeof(tps_crypto_mac), "tps_crypto_mac has room for PSA's state");
_Static_assert(_Alignof(mac_state) <= _Alignof(tps_crypto_mac), "and is aligned for it");

static mac_state *state_of(tps_crypto_mac *mac)
{
    return (mac_state *)(void *)mac;
}

/* HMAC pads a key with zeros, so an empty one is the same as one zero byte. */
static psa_status_t import(psa_algorithm_t alg, tps_span key, psa_key_id_t *id)
{
    static const uint8_t zero;
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_algorithm(&attributes, alg);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
    return psa_import_key(&attributes, key.size == 0 ? &zero : key.data, key.size == 0 ? 1 : key.size, id);
}

/* The key for one code. HMAC hashes a key that is longer than a block (RFC 2104, 2); here it is done before
 * the import, since a chip's slots hold no more than a block. */
static psa_status_t take_key(psa_algorithm_t alg, tps_span key, psa_key_id_t *id)
{
    psa_algorithm_t hash = PSA_ALG_HMAC_GET_HASH(alg);
    uint8_t digest[PSA_HASH_MAX_SIZE];
    size_t size = 0;
    psa_status_t done;

    if (key.size <= PSA_HASH_BLOCK_LENGTH(hash)) {
        return import(alg, key, id);
    }
    done = psa_hash_compute(hash, key.data, key.size, digest, sizeof digest, &size);
    if (done == PSA_SUCCESS) {
        done = import(alg, tps_span_make(digest, size), id);
    }
    tps_wipe(digest, sizeof digest);
    return done;
}

/* Ends it and its key. */
static void end(mac_state *state)
{
    (void)psa_mac_abort(&state->operation);
    (void)psa_destroy_key(state->key);
    state->key = PSA_KEY_ID_NULL;
}

static psa_status_t begin(mac_state *state, psa_algorithm_t alg, tps_span key)
{
    psa_status_t done = take_key(alg, key, &state->key);

    return done == PSA_SUCCESS ? psa_mac_sign_setup(&state->operation, state->key, alg) : done;
}

tps_status tps_crypto_mac_begin(tps_crypto_mac *mac, int32_t alg, tps_span key)
{
    mac_state *state = state_of(mac);

    *state = (mac_state){psa_mac_operation_init(), PSA_KEY_ID_NULL};
    if (psa_mac_alg(alg) == PSA_ALG_NONE) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (key.size == 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (begin(state, psa_mac_alg(alg), key) != PSA_SUCCESS) {
        end(state);
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}

void tps_crypto_mac_update(tps_crypto_mac *mac, tps_span bytes)
{
    (void)psa_mac_update(&state_of(mac)->operation, bytes.data,
                         bytes.size); /* a failure ends the operation */
}

tps_status tps_crypto_mac_finish(tps_crypto_mac *mac, tps_digest *tag)
{
    psa_status_t done;

    *tag = (tps_digest){.size = 0};
    done = psa_mac_sign_finish(&state_of(mac)->operation, tag->bytes, sizeof tag->bytes, &tag->size);
    tps_crypto_mac_abort(mac);
    if (done != PSA_SUCCESS) {
        tag->size = 0;
    }
    tps_wipe(tag->bytes + tag->size,
             sizeof tag->bytes - tag->size); /* nothing of a longer code, or a failed one */
    return done == PSA_SUCCESS ? TPS_OK : TPS_CRYPTO_FAILED;
}

void tps_crypto_mac_abort(tps_crypto_mac *mac)
{
    end(state_of(mac));
}

/* In steps as well: what makes a code in one call would be linked for this alone. */
tps_status tps_crypto_hmac_sha256(tps_span key, tps_span bytes, uint8_t mac[TPS_SHA256_SIZE])
{
    mac_state state = {psa_mac_operation_init(), PSA_KEY_ID_NULL};
    size_t size = 0;
    psa_status_t done = begin(&state, PSA_ALG_HMAC(PSA_ALG_SHA_256), key);

    if (done == PSA_SUCCESS) {
        done = psa_mac_update(&state.operation, bytes.data, bytes.size);
    }
    if (done == PSA_SUCCESS) {
        done = psa_mac_sign_finish(&state.operation, mac, TPS_SHA256_SIZE, &size);
    }
    end(&state);
    if (done != PSA_SUCCESS) {
        tps_wipe(mac, TPS_SHA256_SIZE);
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}
