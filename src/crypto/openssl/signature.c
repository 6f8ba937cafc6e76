/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures over OpenSSL. A key keeps its contexts: a new one at every use costs microseconds. ECDSA and
 * PS256 work on digests; Ed25519 on messages.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/algorithms.h"
#include "crypto/openssl/algorithms.h"
#include "crypto/openssl/key.h"
#include "crypto/openssl/signature_der.h"
#include "tps/secret.h"

/* What is left in the library's queue would be taken for an error of its next user. */
static tps_status failed(tps_status status)
{
    ERR_clear_error();
    return status;
}

/* ---- digests ---- */

/* PS256 (RFC 8230, 2): SHA-256 everywhere, and a salt of its size. */
static bool set_pss(EVP_PKEY_CTX *context)
{
    const EVP_MD *md = openssl_hash(TPS_ALG_SHA256);

    return md != NULL && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, md) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, TPS_SHA256_SIZE) == 1;
}

static EVP_PKEY_CTX *begin(const tps_crypto_key *key, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->pkey, NULL);

    if (context != NULL && (init(context) != 1 || (key->kind == TPS_KEY_RSA && !set_pss(context)))) {
        EVP_PKEY_CTX_free(context);
        context = NULL;
    }
    return context;
}

tps_status tps_crypto_verify(tps_crypto_key *key, int32_t alg, const tps_digest *digest, tps_span signature)
{
    uint8_t der[SIGNATURE_DER_MAX];

    TPS_TRY(crypto_check_verify(key, alg, digest, signature.size));
    if (key->verify == NULL) {
        key->verify = begin(key, EVP_PKEY_verify_init);
        if (key->verify == NULL) {
            return failed(TPS_CRYPTO_FAILED);
        }
    }
    if (key->kind == TPS_KEY_EC2) {
        signature = tps_span_make(der, signature_to_der(signature, der));
    }
    if (EVP_PKEY_verify(key->verify, signature.data, signature.size, digest->bytes, digest->size) != 1) {
        return failed(TPS_CRYPTO_BAD_SIGNATURE);
    }
    return TPS_OK;
}

tps_status tps_crypto_sign(tps_crypto_key *key, int32_t alg, const tps_digest *digest, tps_buf signature,
                           size_t *size)
{
    uint8_t der[SIGNATURE_DER_MAX + 8];
    size_t der_size = sizeof der;
    size_t digest_size = crypto_hash_size(tps_crypto_alg_hash(alg));

    *size = 0;
    if (digest_size == 0 || digest->size != digest_size) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    TPS_TRY(crypto_check_sign(key, alg, signature, size));
    if (key->sign == NULL) {
        key->sign = begin(key, EVP_PKEY_sign_init);
        if (key->sign == NULL) {
            return failed(TPS_CRYPTO_FAILED);
        }
    }
    if (EVP_PKEY_sign(key->sign, der, &der_size, digest->bytes, digest->size) != 1 ||
        !signature_from_der(der, der_size, (tps_buf){signature.data, *size})) {
        return failed(TPS_CRYPTO_FAILED);
    }
    return TPS_OK;
}

/* ---- messages ---- */

static bool has_message_context(tps_crypto_key *key)
{
    if (key->message == NULL) {
        key->message = EVP_MD_CTX_new();
    }
    return key->message != NULL;
}

static tps_status verify_ed25519(tps_crypto_key *key, tps_span message, tps_span signature)
{
    static const uint8_t nothing;
    const uint8_t *data = message.size == 0 ? &nothing : message.data;

    if (!has_message_context(key) ||
        EVP_DigestVerifyInit_ex(key->message, NULL, NULL, NULL, NULL, key->pkey, NULL) != 1) {
        return failed(TPS_CRYPTO_FAILED);
    }
    if (EVP_DigestVerify(key->message, signature.data, signature.size, data, message.size) != 1) {
        return failed(TPS_CRYPTO_BAD_SIGNATURE);
    }
    return TPS_OK;
}

tps_status tps_crypto_verify_message(tps_crypto_key *key, int32_t alg, tps_span message, tps_span signature)
{
    tps_digest digest;

    if (!crypto_signs_messages(alg)) {
        TPS_TRY(tps_crypto_alg_fits(alg, key));
        TPS_TRY(tps_crypto_hash_of(tps_crypto_alg_hash(alg), message, &digest));
        return tps_crypto_verify(key, alg, &digest, signature);
    }
    TPS_TRY(tps_crypto_alg_fits(alg, key));
    if (signature.size != tps_crypto_alg_signature_size(alg)) {
        return TPS_CRYPTO_BAD_SIGNATURE;
    }
    return verify_ed25519(key, message, signature);
}

static tps_status sign_ed25519(tps_crypto_key *key, tps_span message, tps_buf signature)
{
    static const uint8_t nothing;
    const uint8_t *data = message.size == 0 ? &nothing : message.data;
    size_t size = signature.size;

    if (!has_message_context(key) ||
        EVP_DigestSignInit_ex(key->message, NULL, NULL, NULL, NULL, key->pkey, NULL) != 1 ||
        EVP_DigestSign(key->message, signature.data, &size, data, message.size) != 1) {
        return failed(TPS_CRYPTO_FAILED);
    }
    return TPS_OK;
}

tps_status tps_crypto_sign_message(tps_crypto_key *key, int32_t alg, tps_span message, tps_buf signature,
                                   size_t *size)
{
    tps_digest digest;

    TPS_TRY(crypto_check_sign(key, alg, signature, size));
    if (crypto_signs_messages(alg)) {
        return sign_ed25519(key, message, signature);
    }
    TPS_TRY(tps_crypto_hash_of(tps_crypto_alg_hash(alg), message, &digest));
    return tps_crypto_sign(key, alg, &digest, signature, size);
}
