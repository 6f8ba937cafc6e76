/* SPDX-License-Identifier: Apache-2.0 */
/* What verifying a TPM takes, over OpenSSL; and RS256, which is one of a TPM's ways to sign. */
#include "crypto/tpm.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "crypto/algorithms.h"
#include "crypto/openssl/algorithms.h"
#include "crypto/openssl/key.h"
#include "crypto/rsa.h"
#include "tps/secret.h"

static bool set_padding(EVP_PKEY_CTX *context, uint32_t padding, const EVP_MD *md)
{
    if (padding == CRYPTO_RSA_PKCS1) {
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(context, md) == 1;
    }
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, md) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) == 1;
}

tps_status crypto_rsa_verify(const tps_crypto_key *key, uint32_t padding, int32_t hash,
                             const tps_digest *digest, tps_span signature)
{
    const EVP_MD *md = openssl_hash(hash);
    EVP_PKEY_CTX *context;
    tps_status status = TPS_CRYPTO_FAILED;

    if (key->kind != TPS_KEY_RSA || md == NULL || digest->size != crypto_hash_size(hash)) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    context = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (context != NULL && EVP_PKEY_verify_init(context) == 1 && set_padding(context, padding, md)) {
        status = EVP_PKEY_verify(context, signature.data, signature.size, digest->bytes, digest->size) == 1
                     ? TPS_OK
                     : TPS_CRYPTO_BAD_SIGNATURE;
    }
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return status;
}

tps_status tps_crypto_verify_rs256(const tps_crypto_key *key, tps_span message, tps_span signature)
{
    tps_digest digest;

    if (key->kind != TPS_KEY_RSA) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (signature.size != crypto_rsa_size(key)) {
        return TPS_CRYPTO_BAD_SIGNATURE;
    }
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, message, &digest));
    return crypto_rsa_verify(key, CRYPTO_RSA_PKCS1, TPS_ALG_SHA256, &digest, signature);
}

/* The context takes the label's memory, if all is well. */
static bool set_label(EVP_PKEY_CTX *context, tps_span label)
{
    void *copy = OPENSSL_memdup(label.data, label.size);

    if (copy == NULL || EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy, (int)label.size) != 1) {
        OPENSSL_free(copy);
        return false;
    }
    return true;
}

tps_status crypto_rsa_encrypt_oaep(const tps_crypto_key *key, int32_t hash, tps_span label, tps_span plain,
                                   tps_buf out)
{
    const EVP_MD *md = openssl_hash(hash);
    EVP_PKEY_CTX *context;
    size_t size = out.size;
    bool good;

    if (key->kind != TPS_KEY_RSA) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (md == NULL) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (out.size != (size_t)EVP_PKEY_get_size(key->pkey) ||
        plain.size + 2 * crypto_hash_size(hash) + 2 > out.size) {
        return TPS_BAD_ARGUMENT;
    }
    context = EVP_PKEY_CTX_new(key->pkey, NULL);
    good = context != NULL && EVP_PKEY_encrypt_init(context) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, md) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1 &&
           set_label(context, label) &&
           EVP_PKEY_encrypt(context, out.data, &size, plain.data, plain.size) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return good ? TPS_OK : TPS_CRYPTO_FAILED;
}

tps_status crypto_aes_cfb(tps_span key, tps_span plain, tps_buf out)
{
    static const uint8_t zeros[16];
    const EVP_CIPHER *cipher = key.size == 16 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128();
    EVP_CIPHER_CTX *context;
    int size = 0;
    bool good;

    if (key.size != 16 && key.size != 32) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (out.size != plain.size || plain.size > UINT16_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    context = EVP_CIPHER_CTX_new();
    good = context != NULL && EVP_EncryptInit_ex2(context, cipher, key.data, zeros, NULL) == 1 &&
           EVP_EncryptUpdate(context, out.data, &size, plain.data, (int)plain.size) == 1 &&
           (size_t)size == plain.size;
    EVP_CIPHER_CTX_free(context); /* wipes the key's schedule */
    ERR_clear_error();
    if (!good) {
        tps_wipe(out.data, out.size);
    }
    return good ? TPS_OK : TPS_CRYPTO_FAILED;
}

/* ---- certificates ---- */

static bool names_usage(const X509 *certificate, const char *oid)
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool found = false;

    for (int i = 0; usages != NULL && i < sk_ASN1_OBJECT_num(usages); i++) {
        char text[32];
        int length = OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(usages, i), 1);
        found = found || (length > 0 && (size_t)length < sizeof text && strcmp(text, oid) == 0);
    }
    EXTENDED_KEY_USAGE_free(usages);
    return found;
}

tps_status crypto_tpm_check_purpose(tps_span der, uint32_t purpose)
{
    const unsigned char *at = der.data;
    X509 *certificate = der.size > INT32_MAX ? NULL : d2i_X509(NULL, &at, (long)der.size);
    bool is_ak = purpose == CRYPTO_TPM_AK;
    uint32_t usage =
        is_ak ? X509v3_KU_DIGITAL_SIGNATURE : X509v3_KU_KEY_ENCIPHERMENT | X509v3_KU_KEY_AGREEMENT;
    bool good;

    if (certificate == NULL) {
        ERR_clear_error();
        return TPS_CRYPTO_BAD_CERTIFICATE;
    }
    /* Without the extension, the key usage reads as all bits set. */
    good = X509_check_ca(certificate) == 0 && (X509_get_key_usage(certificate) & usage) != 0 &&
           names_usage(certificate, is_ak ? "2.23.133.8.3" : "2.23.133.8.1");
    X509_free(certificate);
    ERR_clear_error();
    return good ? TPS_OK : TPS_CRYPTO_CHAIN_PURPOSE;
}
