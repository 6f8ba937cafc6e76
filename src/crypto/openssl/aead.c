/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM over OpenSSL. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "tps/crypto.h"
#include "tps/secret.h"

static bool feed_aad(EVP_CIPHER_CTX *context, tps_span aad)
{
    int done = 0;

    return aad.size == 0 || EVP_CipherUpdate(context, NULL, &done, aad.data, (int)aad.size) == 1;
}

tps_status tps_crypto_aead_seal(const uint8_t key[TPS_AEAD_KEY_SIZE],
                                const uint8_t nonce[TPS_AEAD_NONCE_SIZE], tps_span aad, tps_span plain,
                                tps_buf out)
{
    EVP_CIPHER_CTX *context;
    int done = 0;
    int last = 0;
    bool good;

    if (plain.size > INT32_MAX - TPS_AEAD_TAG_SIZE || aad.size > INT32_MAX ||
        out.size != plain.size + TPS_AEAD_TAG_SIZE) {
        return TPS_BAD_ARGUMENT;
    }
    context = EVP_CIPHER_CTX_new();
    good =
        context != NULL && EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
        feed_aad(context, aad) &&
        (plain.size == 0 || EVP_EncryptUpdate(context, out.data, &done, plain.data, (int)plain.size) == 1) &&
        EVP_EncryptFinal_ex(context, out.data + done, &last) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TPS_AEAD_TAG_SIZE, out.data + plain.size) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!good) {
        tps_wipe(out.data, out.size);
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}

tps_status tps_crypto_aead_open(const uint8_t key[TPS_AEAD_KEY_SIZE],
                                const uint8_t nonce[TPS_AEAD_NONCE_SIZE], tps_span aad, tps_span sealed,
                                tps_buf out)
{
    EVP_CIPHER_CTX *context;
    uint8_t tag[TPS_AEAD_TAG_SIZE];
    int done = 0;
    int last = 0;
    bool good;

    if (sealed.size < TPS_AEAD_TAG_SIZE || sealed.size > INT32_MAX || aad.size > INT32_MAX ||
        out.size != sealed.size - TPS_AEAD_TAG_SIZE) {
        return TPS_BAD_ARGUMENT;
    }
    memcpy(tag, sealed.data + out.size, sizeof tag);
    context = EVP_CIPHER_CTX_new();
    good = context != NULL && EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
           feed_aad(context, aad) &&
           (out.size == 0 || EVP_DecryptUpdate(context, out.data, &done, sealed.data, (int)out.size) == 1) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TPS_AEAD_TAG_SIZE, tag) == 1 &&
           EVP_DecryptFinal_ex(context, out.data == NULL ? tag : out.data + done, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!good) {
        ERR_clear_error();
        tps_wipe(out.data, out.size);
        return TPS_CRYPTO_BAD_TAG;
    }
    return TPS_OK;
}
