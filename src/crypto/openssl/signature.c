/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA over OpenSSL, in COSE's form of a signature: r followed by s. OpenSSL speaks DER (SEQUENCE of two
 * INTEGERs), so the two forms are turned into each other here. A key keeps its contexts: a new one at every
 * use costs microseconds.
 */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/openssl/key.h"

/* SEQUENCE head 3, two INTEGERs of head 2, sign byte 1 and coordinate 48. */
#define DER_SIZE_MAX (3u + 2u * (3u + TPS_COORDINATE_SIZE_MAX))

int32_t tps_crypto_alg_hash(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_ES256:
    case TPS_ALG_ESP256: return TPS_ALG_SHA256;
    case TPS_ALG_ES384:
    case TPS_ALG_ESP384: return TPS_ALG_SHA384;
    default: return TPS_ALG_NONE;
    }
}

size_t tps_crypto_alg_signature_size(int32_t alg)
{
    switch (tps_crypto_alg_hash(alg)) {
    case TPS_ALG_SHA256: return 64;
    case TPS_ALG_SHA384: return 96;
    default: return 0;
    }
}

tps_status tps_crypto_alg_fits(int32_t alg, const tps_crypto_key *key)
{
    int32_t hash = tps_crypto_alg_hash(alg);
    bool fits = (hash == TPS_ALG_SHA256 && key->curve == TPS_CURVE_P256) ||
                (hash == TPS_ALG_SHA384 && key->curve == TPS_CURVE_P384);

    return fits ? TPS_OK : TPS_CRYPTO_ALG_REFUSED;
}

static tps_status check_fit(const tps_crypto_key *key, int32_t alg, const tps_digest *digest)
{
    TPS_TRY(tps_crypto_alg_fits(alg, key));
    return digest->size * 2 == tps_crypto_alg_signature_size(alg) ? TPS_OK : TPS_CRYPTO_ALG_REFUSED;
}

/* A DER INTEGER of a big-endian number: no leading zeros but one where the top bit is set. Returns its size.
 */
static size_t put_integer(uint8_t *out, const uint8_t *number, size_t size)
{
    size_t pad;

    while (size > 1 && *number == 0) {
        number++;
        size--;
    }
    pad = *number >> 7;
    out[0] = 0x02;
    out[1] = (uint8_t)(size + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, number, size);
    return 2 + pad + size;
}

static size_t to_der(tps_span signature, uint8_t der[DER_SIZE_MAX])
{
    size_t half = signature.size / 2;
    uint8_t body[DER_SIZE_MAX];
    size_t size = put_integer(body, signature.data, half);
    size_t head = 2;

    size += put_integer(body + size, signature.data + half, half);
    der[0] = 0x30;
    if (size < 0x80) {
        der[1] = (uint8_t)size;
    } else {
        der[1] = 0x81;
        der[2] = (uint8_t)size;
        head = 3;
    }
    memcpy(der + head, body, size);
    return head + size;
}

/* Takes one INTEGER at `at` into `size` bytes; returns the place behind it, or NULL. */
static const uint8_t *take_integer(const uint8_t *at, const uint8_t *end, uint8_t *number, size_t size)
{
    size_t length;

    if (end - at < 2 || at[0] != 0x02 || at[1] > end - at - 2) {
        return NULL;
    }
    length = at[1];
    at += 2;
    while (length > size && *at == 0) {
        at++;
        length--;
    }
    if (length > size) {
        return NULL;
    }
    memset(number, 0, size - length);
    memcpy(number + size - length, at, length);
    return at + length;
}

static bool from_der(const uint8_t *der, size_t size, tps_buf signature)
{
    const uint8_t *end = der + size;
    const uint8_t *at = der + (size > 1 && der[1] == 0x81 ? 3 : 2);
    size_t half = signature.size / 2;

    at = at > end ? NULL : take_integer(at, end, signature.data, half);
    at = at == NULL ? NULL : take_integer(at, end, signature.data + half, half);
    return at == end;
}

static EVP_PKEY_CTX *begin(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey, NULL);

    if (context != NULL && init(context) != 1) {
        EVP_PKEY_CTX_free(context);
        context = NULL;
    }
    return context;
}

tps_status tps_crypto_verify(tps_crypto_key *key, int32_t alg, const tps_digest *digest, tps_span signature)
{
    uint8_t der[DER_SIZE_MAX];

    TPS_TRY(check_fit(key, alg, digest));
    if (signature.size != tps_crypto_alg_signature_size(alg)) {
        return TPS_CRYPTO_BAD_SIGNATURE;
    }
    if (key->verify == NULL) {
        key->verify = begin(key->pkey, EVP_PKEY_verify_init);
        if (key->verify == NULL) {
            return TPS_CRYPTO_FAILED;
        }
    }
    if (EVP_PKEY_verify(key->verify, der, to_der(signature, der), digest->bytes, digest->size) != 1) {
        ERR_clear_error(); /* what is left in the library's queue would be taken for an error of its next user
                            */
        return TPS_CRYPTO_BAD_SIGNATURE;
    }
    return TPS_OK;
}

tps_status tps_crypto_sign(tps_crypto_key *key, int32_t alg, const tps_digest *digest, tps_buf signature,
                           size_t *size)
{
    uint8_t der[DER_SIZE_MAX + 8];
    size_t der_size = sizeof der;

    *size = tps_crypto_alg_signature_size(alg);
    TPS_TRY(check_fit(key, alg, digest));
    if (!key->is_private) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (signature.data == NULL || signature.size < *size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    if (key->sign == NULL) {
        key->sign = begin(key->pkey, EVP_PKEY_sign_init);
        if (key->sign == NULL) {
            return TPS_CRYPTO_FAILED;
        }
    }
    if (EVP_PKEY_sign(key->sign, der, &der_size, digest->bytes, digest->size) != 1 ||
        !from_der(der, der_size, (tps_buf){signature.data, *size})) {
        ERR_clear_error();
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}
