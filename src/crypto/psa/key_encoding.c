/* SPDX-License-Identifier: Apache-2.0 */
/* Keys over PSA Crypto from SubjectPublicKeyInfo and PEM, by mbedTLS's parsers, which use mbedTLS's heap. */
#include <mbedtls/asn1.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <mbedtls/psa_util.h>

#include "crypto/psa/key.h"
#include "crypto/spki.h"
#include "tps/secret.h"

/* ---- keys that mbedTLS has read ---- */

/* Nothing here signs with RSA, so a private RSA key is none. */
static psa_key_type_t type_of(const mbedtls_pk_context *pk, bool is_private)
{
    switch (mbedtls_pk_get_type(pk)) {
    case MBEDTLS_PK_ECKEY:
        return is_private ? PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
                          : PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1);
    case MBEDTLS_PK_RSA: return is_private ? PSA_KEY_TYPE_NONE : PSA_KEY_TYPE_RSA_PUBLIC_KEY;
    default: return PSA_KEY_TYPE_NONE;
    }
}

static tps_status adopt(const mbedtls_pk_context *pk, bool is_private, tps_crypto_key **key)
{
    psa_key_type_t type = type_of(pk, is_private);
    psa_key_attributes_t policy = psa_key_policy(type, mbedtls_pk_get_bitlen(pk));
    psa_key_id_t id = PSA_KEY_ID_NULL;
    tps_crypto_rsa rsa;

    if (type == PSA_KEY_TYPE_NONE || mbedtls_pk_import_into_psa(pk, &policy, &id) != 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    *key = (tps_crypto_key *)(uintptr_t)id;
    if (PSA_KEY_TYPE_IS_RSA(type) && tps_crypto_key_rsa(*key, &rsa) != TPS_OK) {
        tps_crypto_key_free(*key); /* too small, or not sound */
        *key = NULL;
        return TPS_CRYPTO_BAD_KEY;
    }
    return TPS_OK;
}

tps_status tps_crypto_key_from_spki(tps_span spki, tps_crypto_key **key)
{
    unsigned char *at = (unsigned char *)(uintptr_t)spki.data; /* is not written to */
    mbedtls_pk_context pk;
    tps_crypto_point point;
    tps_status status = TPS_CRYPTO_BAD_KEY;

    *key = NULL;
    if (crypto_spki_point(spki, &point)) {
        return tps_crypto_key_from_point(&point, key);
    }
    mbedtls_pk_init(&pk);
    if (spki.size != 0 && mbedtls_pk_parse_subpubkey(&at, spki.data + spki.size, &pk) == 0 &&
        at == spki.data + spki.size) {
        status = adopt(&pk, false, key);
    }
    mbedtls_pk_free(&pk);
    return status;
}

static tps_status from_private(tps_span der, tps_crypto_key **key)
{
    mbedtls_pk_context pk;
    tps_status status = TPS_CRYPTO_BAD_KEY;

    mbedtls_pk_init(&pk);
    if (mbedtls_pk_parse_key(&pk, der.data, der.size, NULL, 0, mbedtls_psa_get_random,
                             MBEDTLS_PSA_RANDOM_STATE) == 0) {
        status = adopt(&pk, true, key);
    }
    mbedtls_pk_free(&pk);
    return status;
}

/* ---- certificates ---- */

/* Steps over one value of `tag`. */
static bool skip(unsigned char **at, const unsigned char *end, int tag)
{
    size_t size = 0;

    if (mbedtls_asn1_get_tag(at, end, &size, tag) != 0) {
        return false;
    }
    *at += size;
    return true;
}

/* The SubjectPublicKeyInfo of a certificate (RFC 5280, 4.1): what stands before it is stepped over. The
 * certificate is not checked: whoever gives it as a key trusts it. */
static tps_status from_certificate(tps_span der, tps_crypto_key **key)
{
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    unsigned char *at = (unsigned char *)(uintptr_t)der.data; /* is not written to */
    const unsigned char *end = der.data + der.size;
    const unsigned char *spki;
    size_t size = 0;

    if (mbedtls_asn1_get_tag(&at, end, &size, sequence) != 0 || at + size != end ||
        mbedtls_asn1_get_tag(&at, end, &size, sequence) != 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    end = at + size;
    (void)skip(&at, end, MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | 0); /* version */
    if (!skip(&at, end, MBEDTLS_ASN1_INTEGER) || !skip(&at, end, sequence) || !skip(&at, end, sequence) ||
        !skip(&at, end, sequence) ||
        !skip(&at, end, sequence)) { /* number, algorithm, issuer, validity, subject */
        return TPS_CRYPTO_BAD_KEY;
    }
    spki = at;
    return skip(&at, end, sequence) ? tps_crypto_key_from_spki(tps_span_make(spki, (size_t)(at - spki)), key)
                                    : TPS_CRYPTO_BAD_KEY;
}

/* ---- PEM ---- */

/* In the order in which they are looked for. */
static const struct {
    const char *head;
    const char *foot;
    tps_status (*take)(tps_span der, tps_crypto_key **key);
} kinds[] = {
    {"-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", tps_crypto_key_from_spki},
    {"-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----", from_private},
    {"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", from_private},
    {"-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", from_certificate},
};

/* The first block of the first kind that is there. */
static tps_status from_text(const unsigned char *text, tps_crypto_key **key)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        mbedtls_pem_context pem;
        tps_status status = TPS_CRYPTO_BAD_KEY;
        size_t used = 0;
        int failure;

        mbedtls_pem_init(&pem);
        failure = mbedtls_pem_read_buffer(&pem, kinds[i].head, kinds[i].foot, text, NULL, 0, &used);
        if (failure == 0) {
            size_t size = 0;
            const unsigned char *der = mbedtls_pem_get_buffer(&pem, &size);
            status = kinds[i].take(tps_span_make(der, size), key);
        }
        mbedtls_pem_free(&pem); /* wipes */
        if (failure != MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT) {
            return status;
        }
    }
    return TPS_CRYPTO_BAD_KEY;
}

tps_status tps_crypto_key_from_pem(tps_span pem, tps_crypto_key **key)
{
    unsigned char *text =
        pem.size > INT32_MAX ? NULL : mbedtls_calloc(1, pem.size + 1); /* with the zero that mbedTLS
                                                                          looks for */
    tps_status status;

    *key = NULL;
    if (text == NULL) {
        return pem.size > INT32_MAX ? TPS_CRYPTO_BAD_KEY : TPS_OUT_OF_MEMORY;
    }
    if (pem.size != 0) {
        memcpy(text, pem.data, pem.size);
    }
    status = from_text(text, key);
    tps_wipe(text, pem.size);
    mbedtls_free(text);
    return status;
}
