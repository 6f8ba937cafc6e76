/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM and AES-CCM over OpenSSL. GCM takes the parts of the additional data as they are; CCM wants them in
 * one piece, which is put together on the heap where there are several. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/algorithms.h"
#include "crypto/openssl/algorithms.h"
#include "tps/secret.h"

/* What both directions are given. */
typedef struct {
    int32_t alg;
    tps_span key;
    tps_span nonce;
    tps_crypto_aad aad;
    bool is_sealing;
} aead_job;

static uint8_t nowhere; /* OpenSSL reads a NULL as another question, even for no bytes */

static bool feed(EVP_CIPHER_CTX *context, tps_span bytes)
{
    int done = 0;

    return bytes.size == 0 || EVP_CipherUpdate(context, NULL, &done, bytes.data, (int)bytes.size) == 1;
}

static size_t size_of(tps_crypto_aad aad)
{
    size_t total = 0;

    for (size_t i = 0; i < aad.count; i++) {
        total += aad.parts[i].size;
    }
    return total;
}

static bool feed_joined(EVP_CIPHER_CTX *context, tps_crypto_aad aad)
{
    size_t size = size_of(aad);
    uint8_t *whole = size == 0 ? NULL : OPENSSL_malloc(size);
    size_t at = 0;
    bool good;

    if (whole == NULL) {
        return size == 0;
    }
    for (size_t i = 0; i < aad.count; i++) {
        if (aad.parts[i].size != 0) {
            memcpy(whole + at, aad.parts[i].data, aad.parts[i].size);
            at += aad.parts[i].size;
        }
    }
    good = feed(context, tps_span_make(whole, size));
    OPENSSL_clear_free(whole, size);
    return good;
}

static bool feed_aad(EVP_CIPHER_CTX *context, const aead_job *job)
{
    if (crypto_is_ccm(job->alg) && job->aad.count > 1) {
        return feed_joined(context, job->aad);
    }
    for (size_t i = 0; i < job->aad.count; i++) {
        if (!feed(context, job->aad.parts[i])) {
            return false;
        }
    }
    return true;
}

/* A context with key, nonce and, for opening, the tag. CCM must hear of sizes and tag before it hears the
 * key. */
static bool begin(EVP_CIPHER_CTX *context, const aead_job *job, uint8_t *tag, size_t size)
{
    int direction = job->is_sealing ? 1 : 0;
    int tag_size = (int)tps_crypto_aead_tag_size(job->alg);
    bool says_tag = crypto_is_ccm(job->alg) || !job->is_sealing;
    int done = 0;

    return EVP_CipherInit_ex2(context, openssl_cipher(job->alg), NULL, NULL, direction, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)job->nonce.size, NULL) == 1 &&
           (!says_tag || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size,
                                             job->is_sealing ? NULL : tag) == 1) &&
           EVP_CipherInit_ex2(context, NULL, job->key.data, job->nonce.data, direction, NULL) == 1 &&
           (!crypto_is_ccm(job->alg) || EVP_CipherUpdate(context, NULL, &done, NULL, (int)size) == 1);
}

/* The data itself and the end of it. CCM checks its tag while it takes the data, and has no end. */
static bool run(EVP_CIPHER_CTX *context, const aead_job *job, tps_span in, uint8_t *out)
{
    uint8_t *to = in.size == 0 ? &nowhere : out;
    const uint8_t *from = in.size == 0 ? &nowhere : in.data;
    int done = 0;
    int last = 0;

    if (crypto_is_ccm(job->alg)) {
        return EVP_CipherUpdate(context, to, &done, from, (int)in.size) == 1;
    }
    return (in.size == 0 || EVP_CipherUpdate(context, to, &done, from, (int)in.size) == 1) &&
           EVP_CipherFinal_ex(context, to + done, &last) == 1;
}

/* Seals or opens. A failure before the data is the library's; with the data, when opening, the message's. */
static tps_status do_aead(const aead_job *job, tps_span in, uint8_t *out, uint8_t *tag)
{
    EVP_CIPHER_CTX *context = openssl_cipher(job->alg) == NULL ? NULL : EVP_CIPHER_CTX_new();
    tps_status status = TPS_CRYPTO_FAILED;

    if (context != NULL && begin(context, job, tag, in.size) && feed_aad(context, job)) {
        status = run(context, job, in, out) ? TPS_OK
                 : job->is_sealing          ? TPS_CRYPTO_FAILED
                                            : TPS_CRYPTO_BAD_TAG;
    }
    if (status == TPS_OK && job->is_sealing &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, (int)tps_crypto_aead_tag_size(job->alg), tag) !=
            1) {
        status = TPS_CRYPTO_FAILED;
    }
    EVP_CIPHER_CTX_free(context);
    if (status != TPS_OK) {
        ERR_clear_error(); /* what is left in the library's queue would be taken for an error of its next user
                            */
    }
    return status;
}

tps_status tps_crypto_aead_seal(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span plain,
                                tps_buf out)
{
    const aead_job job = {alg, key, nonce, aad, true};
    tps_status status = crypto_check_aead(alg, key, nonce, aad, plain.size, out.size);

    if (status == TPS_OK) {
        status = do_aead(&job, plain, out.data, out.data + plain.size);
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}

tps_status tps_crypto_aead_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                tps_span sealed, tps_buf out)
{
    const aead_job job = {alg, key, nonce, aad, false};
    uint8_t tag[16];
    tps_status status = crypto_check_open(alg, key, nonce, aad, sealed.size, out.size);

    if (status == TPS_OK) {
        memcpy(tag, sealed.data + out.size, tps_crypto_aead_tag_size(alg));
        status = do_aead(&job, tps_span_make(sealed.data, out.size), out.data, tag);
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}
