/* SPDX-License-Identifier: Apache-2.0 */
#include "access_support.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "tps/base64.h"

static bool is_rsa(const issuer_key *key)
{
    return key->alg[1] == 'S' && key->alg[0] != 'E';
}

static size_t coordinate_size(const issuer_key *key)
{
    return strcmp(key->alg, "ES256") == 0 ? 32 : strcmp(key->alg, "ES384") == 0 ? 48 : 66;
}

issuer_key issuer_key_make(const char *alg, const char *kid)
{
    issuer_key key = {alg, kid, NULL};

    if (is_rsa(&key)) {
        key.key = EVP_RSA_gen(2048);
    } else if (alg[0] == 'E' && alg[1] == 'd') {
        key.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    } else {
        key.key = EVP_EC_gen(coordinate_size(&key) == 32   ? "P-256"
                             : coordinate_size(&key) == 48 ? "P-384"
                                                           : "P-521");
    }
    assert_non_null(key.key);
    return key;
}

void issuer_key_end(issuer_key *key)
{
    EVP_PKEY_free(key->key);
    key->key = NULL;
}

static void put(char *out, size_t size, const char *text)
{
    assert_true(strlen(out) + strlen(text) < size);
    strcat(out, text);
}

static void put_base64url(char *out, size_t size, const uint8_t *bytes, size_t count)
{
    size_t length = strlen(out);

    assert_true(length + TPS_BASE64URL_SIZE(count) < size);
    length += tps_base64url_write(tps_span_make(bytes, count), out + length);
    out[length] = '\0';
}

static void put_number(const issuer_key *key, const char *name, const char *parameter, size_t width,
                       char *out, size_t size)
{
    BIGNUM *number = NULL;
    uint8_t bytes[512];
    size_t count;

    assert_int_equal(EVP_PKEY_get_bn_param(key->key, parameter, &number), 1);
    count = width == 0 ? (size_t)BN_num_bytes(number) : width;
    assert_true(BN_bn2binpad(number, bytes, (int)count) > 0);
    BN_free(number);
    put(out, size, ",\"");
    put(out, size, name);
    put(out, size, "\":\"");
    put_base64url(out, size, bytes, count);
    put(out, size, "\"");
}

void issuer_put_jwk(const issuer_key *key, const char *more, char *out, size_t size)
{
    size_t width = coordinate_size(key);

    put(out, size, "{\"kid\":\"");
    put(out, size, key->kid);
    put(out, size, "\"");
    if (is_rsa(key)) {
        put(out, size, ",\"kty\":\"RSA\"");
        put_number(key, "n", OSSL_PKEY_PARAM_RSA_N, 0, out, size);
        put_number(key, "e", OSSL_PKEY_PARAM_RSA_E, 0, out, size);
    } else if (key->alg[1] == 'd') {
        uint8_t bytes[32];
        size_t count = sizeof bytes;

        assert_int_equal(EVP_PKEY_get_raw_public_key(key->key, bytes, &count), 1);
        put(out, size, ",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
        put_base64url(out, size, bytes, count);
        put(out, size, "\"");
    } else {
        put(out, size,
            width == 32   ? ",\"kty\":\"EC\",\"crv\":\"P-256\""
            : width == 48 ? ",\"kty\":\"EC\",\"crv\":\"P-384\""
                          : ",\"kty\":\"EC\",\"crv\":\"P-521\"");
        put_number(key, "x", OSSL_PKEY_PARAM_EC_PUB_X, width, out, size);
        put_number(key, "y", OSSL_PKEY_PARAM_EC_PUB_Y, width, out, size);
    }
    put(out, size, more);
    put(out, size, "}");
}

void issuer_jwks(const issuer_key *keys, size_t count, char *out, size_t size)
{
    out[0] = '\0';
    put(out, size, "{\"keys\":[");
    for (size_t i = 0; i < count; i++) {
        put(out, size, i == 0 ? "" : ",");
        issuer_put_jwk(&keys[i], "", out, size);
    }
    put(out, size, "]}");
}

/* ---- signatures ---- */

static const EVP_MD *hash_of(const issuer_key *key)
{
    if (key->alg[1] == 'd') {
        return NULL;
    }
    return strcmp(key->alg + 2, "384") == 0   ? EVP_sha384()
           : strcmp(key->alg + 2, "512") == 0 ? EVP_sha512()
                                              : EVP_sha256();
}

/* r followed by s, of ECDSA's DER. */
static size_t to_jose(const issuer_key *key, const uint8_t *der, size_t size, uint8_t out[132])
{
    size_t width = coordinate_size(key);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)size);

    assert_non_null(signature);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, (int)width), (int)width);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + width, (int)width), (int)width);
    ECDSA_SIG_free(signature);
    return 2 * width;
}

void issuer_sign(const issuer_key *key, const char *header, const char *claims, char *out, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;
    uint8_t signature[512];
    uint8_t jose[132];
    size_t count = sizeof signature;

    out[0] = '\0';
    put_base64url(out, size, (const uint8_t *)header, strlen(header));
    put(out, size, ".");
    put_base64url(out, size, (const uint8_t *)claims, strlen(claims));
    assert_int_equal(EVP_DigestSignInit(context, &options, hash_of(key), NULL, key->key), 1);
    if (key->alg[0] == 'P') {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    assert_int_equal(EVP_DigestSign(context, signature, &count, (const uint8_t *)out, strlen(out)), 1);
    EVP_MD_CTX_free(context);
    put(out, size, ".");
    if (key->alg[0] == 'E' && key->alg[1] == 'S') {
        count = to_jose(key, signature, count, jose);
        put_base64url(out, size, jose, count);
    } else {
        put_base64url(out, size, signature, count);
    }
}

void issuer_token(const issuer_key *key, const char *claims, char *out, size_t size)
{
    char header[256];

    (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}", key->alg,
                   key->kid);
    issuer_sign(key, header, claims, out, size);
}
