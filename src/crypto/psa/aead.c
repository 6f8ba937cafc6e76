/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM and AES-CCM over PSA Crypto, in steps, so that the additional data may come in parts. */
#include <psa/crypto.h>

#include "crypto/algorithms.h"
#include "crypto/psa/key.h"
#include "tps/secret.h"

static psa_status_t take_key(int32_t alg, tps_span key, psa_key_id_t *id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_bits(&attributes, 8 * key.size);
    psa_set_key_algorithm(&attributes, psa_aead_alg(alg));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
    return psa_import_key(&attributes, key.data, key.size, id);
}

/* Nonce, sizes (CCM must know them beforehand) and additional data, then the data itself: as many bytes out
 * as in. */
static psa_status_t feed(psa_aead_operation_t *operation, tps_span nonce, tps_crypto_aad aad, tps_span in,
                         uint8_t *out)
{
    size_t aad_size = 0;
    size_t size = 0;
    psa_status_t done;

    for (size_t i = 0; i < aad.count; i++) {
        aad_size += aad.parts[i].size;
    }
    done = psa_aead_set_lengths(operation, aad_size, in.size);
    if (done == PSA_SUCCESS) {
        done = psa_aead_set_nonce(operation, nonce.data, nonce.size);
    }
    for (size_t i = 0; i < aad.count && done == PSA_SUCCESS; i++) {
        done = psa_aead_update_ad(operation, aad.parts[i].data, aad.parts[i].size);
    }
    if (done == PSA_SUCCESS && in.size != 0) {
        done = psa_aead_update(operation, in.data, in.size, out, in.size, &size);
    }
    return done == PSA_SUCCESS && size != in.size ? PSA_ERROR_GENERIC_ERROR : done;
}

static psa_status_t seal(int32_t alg, psa_key_id_t id, tps_span nonce, tps_crypto_aad aad, tps_span plain,
                         uint8_t *out)
{
    psa_aead_operation_t operation = psa_aead_operation_init();
    size_t rest = 0;
    size_t tag_size = 0;
    uint8_t none[16];
    psa_status_t done = psa_aead_encrypt_setup(&operation, id, psa_aead_alg(alg));

    if (done == PSA_SUCCESS) {
        done = feed(&operation, nonce, aad, plain, out);
    }
    if (done == PSA_SUCCESS) {
        done = psa_aead_finish(&operation, none, sizeof none, &rest, out + plain.size,
                               tps_crypto_aead_tag_size(alg), &tag_size);
    }
    (void)psa_aead_abort(&operation);
    return done;
}

static psa_status_t open_with(int32_t alg, psa_key_id_t id, tps_span nonce, tps_crypto_aad aad, tps_span body,
                              const uint8_t *tag, uint8_t *out)
{
    psa_aead_operation_t operation = psa_aead_operation_init();
    size_t rest = 0;
    uint8_t none[16];
    psa_status_t done = psa_aead_decrypt_setup(&operation, id, psa_aead_alg(alg));

    if (done == PSA_SUCCESS) {
        done = feed(&operation, nonce, aad, body, out);
    }
    if (done == PSA_SUCCESS) {
        done = psa_aead_verify(&operation, none, sizeof none, &rest, tag, tps_crypto_aead_tag_size(alg));
    }
    (void)psa_aead_abort(&operation);
    return done;
}

tps_status tps_crypto_aead_seal(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span plain,
                                tps_buf out)
{
    psa_key_id_t id = PSA_KEY_ID_NULL;
    tps_status status = crypto_check_aead(alg, key, nonce, aad, plain.size, out.size);

    if (psa_aead_alg(alg) == PSA_ALG_NONE) {
        status = TPS_CRYPTO_ALG_REFUSED;
    } else if (status == TPS_OK && (take_key(alg, key, &id) != PSA_SUCCESS ||
                                    seal(alg, id, nonce, aad, plain, out.data) != PSA_SUCCESS)) {
        status = TPS_CRYPTO_FAILED;
    }
    (void)psa_destroy_key(id);
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}

tps_status tps_crypto_aead_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                tps_span sealed, tps_buf out)
{
    psa_key_id_t id = PSA_KEY_ID_NULL;
    uint8_t tag[16];
    tps_status status = crypto_check_open(alg, key, nonce, aad, sealed.size, out.size);

    if (psa_aead_alg(alg) == PSA_ALG_NONE) {
        status = TPS_CRYPTO_ALG_REFUSED;
    } else if (status == TPS_OK) {
        psa_status_t done = take_key(alg, key, &id);
        memcpy(tag, sealed.data + out.size, tps_crypto_aead_tag_size(alg));
        if (done == PSA_SUCCESS) {
            done = open_with(alg, id, nonce, aad, tps_span_make(sealed.data, out.size), tag, out.data);
        }
        if (done != PSA_SUCCESS) {
            status = done == PSA_ERROR_INVALID_SIGNATURE ? TPS_CRYPTO_BAD_TAG : TPS_CRYPTO_FAILED;
        }
    }
    (void)psa_destroy_key(id);
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}
