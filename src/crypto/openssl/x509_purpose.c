/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate lets its key sign, and of which class its device is. */
#include "crypto/openssl/x509_purpose.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>

const char *x509_purpose_uri(tps_x509_purpose purpose)
{
    switch (purpose) {
    case TPS_X509_ATTESTATION: return X509_PURPOSE_PREFIX "attestation";
    case TPS_X509_ENDORSEMENTS: return X509_PURPOSE_PREFIX "endorsements";
    case TPS_X509_RELEASES: return X509_PURPOSE_PREFIX "releases";
    default: return NULL;
    }
}

void x509_write_class_uri(const uint8_t class_id[TPS_X509_CLASS_SIZE], char uri[X509_CLASS_URI_SIZE + 1])
{
    char *at = uri + snprintf(uri, X509_CLASS_URI_SIZE + 1, X509_CLASS_PREFIX);

    for (size_t i = 0; i < TPS_X509_CLASS_SIZE; i++) {
        at += snprintf(at, 3, "%02x", (unsigned)class_id[i]);
    }
}

bool x509_add_uri(GENERAL_NAMES *names, const char *uri)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    if (name == NULL || text == NULL || ASN1_STRING_set(text, uri, -1) != 1) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(text);
        return false;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, text);
    if (sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        return false;
    }
    return true;
}

/* The URI at `index`, or the empty span when the name there is of another kind. */
static tps_span uri_at(const GENERAL_NAMES *names, int index)
{
    int type;
    const ASN1_STRING *text = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, index), &type);

    return type != GEN_URI ? TPS_SPAN_EMPTY
                           : tps_span_make(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
}

static bool has_prefix(tps_span text, const char *prefix)
{
    size_t size = strlen(prefix);

    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

/* Names that cannot be read allow nothing: `found` as X509_get_ext_d2i() gives it, -1 is absent. */
static bool allows(const GENERAL_NAMES *names, int found, tps_x509_purpose purpose)
{
    bool is_restricted = names == NULL && found != -1;
    bool is_named = false;

    if (purpose == TPS_X509_ANY_PURPOSE) {
        return true;
    }
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        tps_span uri = uri_at(names, i);
        is_restricted = is_restricted || has_prefix(uri, X509_PURPOSE_PREFIX);
        is_named = is_named || tps_span_is_text(uri, x509_purpose_uri(purpose));
    }
    return is_named || (!is_restricted && purpose == TPS_X509_ATTESTATION);
}

static X509 *read_der(tps_span der)
{
    const unsigned char *at = der.data;
    X509 *certificate = der.size > INT32_MAX ? NULL : d2i_X509(NULL, &at, (long)der.size);

    ERR_clear_error();
    return certificate;
}

tps_status tps_x509_check_purpose(tps_span der, tps_x509_purpose purpose)
{
    X509 *certificate = read_der(der);
    GENERAL_NAMES *names;
    int found = 0;
    bool is_good;

    if (certificate == NULL) {
        return TPS_CRYPTO_BAD_CERTIFICATE;
    }
    names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, NULL);
    /* Without the extension, the key usage reads as all bits set. */
    is_good = X509_check_ca(certificate) == 0 &&
              (X509_get_key_usage(certificate) & X509v3_KU_DIGITAL_SIGNATURE) != 0 &&
              allows(names, found, purpose);
    GENERAL_NAMES_free(names);
    X509_free(certificate);
    ERR_clear_error();
    return is_good ? TPS_OK : TPS_CRYPTO_CHAIN_PURPOSE;
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static tps_status read_class(tps_span uri, uint8_t class_id[TPS_X509_CLASS_SIZE])
{
    const uint8_t *at = uri.data + sizeof(X509_CLASS_PREFIX) - 1;

    if (uri.size != X509_CLASS_URI_SIZE) {
        return TPS_CRYPTO_BAD_CERTIFICATE;
    }
    for (size_t i = 0; i < TPS_X509_CLASS_SIZE; i++) {
        int high = digit_of(at[2 * i]);
        int low = digit_of(at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return TPS_CRYPTO_BAD_CERTIFICATE;
        }
        class_id[i] = (uint8_t)(high << 4 | low);
    }
    return TPS_OK;
}

/* One class at most: a device that could choose would not be bound. */
static tps_status find_class(const GENERAL_NAMES *names, uint8_t class_id[TPS_X509_CLASS_SIZE])
{
    tps_status status = TPS_NOT_FOUND;

    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        tps_span uri = uri_at(names, i);
        if (has_prefix(uri, X509_CLASS_PREFIX)) {
            if (status != TPS_NOT_FOUND) {
                return TPS_CRYPTO_BAD_CERTIFICATE;
            }
            status = read_class(uri, class_id);
        }
    }
    return status;
}

tps_status tps_x509_class_id(tps_span der, uint8_t class_id[TPS_X509_CLASS_SIZE])
{
    X509 *certificate = read_der(der);
    GENERAL_NAMES *names;
    int found = 0;
    tps_status status;

    if (certificate == NULL) {
        return TPS_CRYPTO_BAD_CERTIFICATE;
    }
    names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, NULL);
    status = names == NULL && found != -1 ? TPS_CRYPTO_BAD_CERTIFICATE : find_class(names, class_id);
    GENERAL_NAMES_free(names);
    X509_free(certificate);
    ERR_clear_error();
    return status;
}
