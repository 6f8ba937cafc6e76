/* SPDX-License-Identifier: Apache-2.0 */
/* Issuing certificates over OpenSSL. */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "crypto/openssl/key.h"
#include "crypto/openssl/x509_purpose.h"
#include "crypto/x509.h"

enum { UEID_MIN = 7, UEID_MAX = 33 }; /* RFC 9711, 4.2.1 */

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
    return value == NULL || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                                       (const unsigned char *)value, -1, -1, 0) == 1;
}

static bool set_subject(X509 *certificate, const tps_x509_request *request)
{
    X509_NAME *name = X509_NAME_new();
    bool good = name != NULL && add_name(name, "O", request->organization) &&
                add_name(name, "CN", request->common_name) &&
                add_name(name, "serialNumber", request->serial_number) &&
                X509_set_subject_name(certificate, name) == 1;

    X509_NAME_free(name);
    return good;
}

/* 20 random octets, positive (RFC 5280, 4.1.2.2). */
static bool set_serial(X509 *certificate)
{
    uint8_t bytes[20];
    BIGNUM *number = NULL;
    bool good = false;

    if (tps_crypto_random(TPS_BUF_OF(bytes)) == TPS_OK) {
        bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
        number = BN_bin2bn(bytes, sizeof bytes, NULL);
        good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    }
    BN_free(number);
    return good;
}

static bool set_validity(X509 *certificate, const tps_x509_request *request)
{
    ASN1_TIME *end = X509_getm_notAfter(certificate);
    bool good = ASN1_TIME_adj(X509_getm_notBefore(certificate), (time_t)request->not_before, 0, 0) != NULL;

    if (request->not_after == INT64_MAX) {
        return good && ASN1_TIME_set_string(end, "99991231235959Z") == 1;
    }
    return good && ASN1_TIME_adj(end, (time_t)request->not_after, 0, 0) != NULL;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool good;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

/* The issuer's subject key identifier (RFC 5280, 4.2.1.1), put together here: OpenSSL 3.5 makes it from text
 * by way of a copy that it does not check. */
static bool add_authority_key_id(X509 *certificate, X509 *issuer)
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);
    AUTHORITY_KEYID *authority = id == NULL ? NULL : AUTHORITY_KEYID_new();
    bool good = false;

    if (authority != NULL) {
        authority->keyid = ASN1_OCTET_STRING_dup(id);
        good = authority->keyid != NULL && X509_add1_ext_i2d(certificate, NID_authority_key_identifier,
                                                             authority, 0, X509V3_ADD_DEFAULT) == 1;
    }
    AUTHORITY_KEYID_free(authority);
    return good;
}

/* What opentps says of a leaf, as URIs: see spec/keys.md. */
static bool add_names(X509 *certificate, const tps_x509_request *request)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    char class_uri[X509_CLASS_URI_SIZE + 1];
    bool good = names != NULL;

    if (good && request->purpose != TPS_X509_ANY_PURPOSE) {
        good = x509_add_uri(names, x509_purpose_uri(request->purpose));
    }
    if (good && request->class_id.size != 0) {
        x509_write_class_uri(request->class_id.data, class_uri);
        good = x509_add_uri(names, class_uri);
    }
    if (good && sk_GENERAL_NAME_num(names) > 0) {
        good = X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
    }
    GENERAL_NAMES_free(names);
    return good;
}

/* Ueid of DICE (TCG DICE Attestation Architecture 1.2, 6.1.4): SEQUENCE { OCTET STRING }. */
static bool add_ueid(X509 *certificate, tps_span ueid)
{
    unsigned char der[4 + UEID_MAX] = {0x30, (unsigned char)(2 + ueid.size), 0x04, (unsigned char)ueid.size};
    ASN1_OCTET_STRING *value = ueid.size == 0 ? NULL : ASN1_OCTET_STRING_new();
    ASN1_OBJECT *type = ueid.size == 0 ? NULL : OBJ_txt2obj("2.23.133.5.4.4", 1);
    X509_EXTENSION *extension = NULL;
    bool good = ueid.size == 0;

    if (value != NULL && type != NULL) {
        memcpy(der + 4, ueid.data, ueid.size);
        good = ASN1_OCTET_STRING_set(value, der, (int)(4 + ueid.size)) == 1 &&
               (extension = X509_EXTENSION_create_by_OBJ(NULL, type, 0, value)) != NULL &&
               X509_add_ext(certificate, extension, -1) == 1;
    }
    X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(type);
    ASN1_OCTET_STRING_free(value);
    return good;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const tps_x509_request *request)
{
    char basic[64] = "critical,CA:FALSE";

    if (request->ca && request->path_length >= 0) {
        snprintf(basic, sizeof basic, "critical,CA:TRUE,pathlen:%d", request->path_length);
    } else if (request->ca) {
        snprintf(basic, sizeof basic, "critical,CA:TRUE");
    }
    return add_extension(certificate, issuer, NID_basic_constraints, basic) &&
           add_extension(certificate, issuer, NID_key_usage,
                         request->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
           add_names(certificate, request) && add_ueid(certificate, request->ueid) &&
           add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
           (issuer == certificate || add_authority_key_id(certificate, issuer));
}

static X509 *issuer_of(tps_span issuer_der, X509 *self)
{
    const unsigned char *at = issuer_der.data;

    return issuer_der.size == 0 ? self : d2i_X509(NULL, &at, (long)issuer_der.size);
}

/* True when `key` is the issuer's: a certificate that its issuer's own certificate cannot verify is made by
 * mistake. */
static bool is_key_of(const X509 *issuer, const X509 *certificate, const tps_crypto_key *subject_key,
                      const tps_crypto_key *key)
{
    EVP_PKEY *own = issuer == certificate ? subject_key->pkey : X509_get0_pubkey(issuer);

    return own != NULL && EVP_PKEY_eq(own, key->pkey) == 1;
}

static tps_status write_der(X509 *certificate, tps_buf out, size_t *size)
{
    int length = i2d_X509(certificate, NULL);
    unsigned char *at = out.data;

    if (length <= 0) {
        return TPS_CRYPTO_FAILED;
    }
    *size = (size_t)length;
    if (out.data == NULL) {
        return TPS_OK;
    }
    if (*size > out.size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    i2d_X509(certificate, &at);
    return TPS_OK;
}

/* The hash that a certificate is signed with; Ed25519 has none beside its own. */
static const EVP_MD *md_of(int32_t curve)
{
    switch (curve) {
    case TPS_CURVE_P384: return EVP_sha384();
    case TPS_CURVE_P521: return EVP_sha512();
    case TPS_CURVE_ED25519: return NULL;
    default: return EVP_sha256();
    }
}

tps_status tps_x509_issue(const tps_x509_request *request, const tps_crypto_key *subject_key,
                          tps_span issuer_der, const tps_crypto_key *issuer_key, tps_buf out, size_t *size)
{
    const EVP_MD *md = md_of(issuer_key->curve);
    X509 *certificate = X509_new();
    X509 *issuer = certificate == NULL ? NULL : issuer_of(issuer_der, certificate);
    tps_status status = TPS_CRYPTO_FAILED;

    *size = 0;
    if ((request->class_id.size != 0 && request->class_id.size != TPS_X509_CLASS_SIZE) ||
        (request->ueid.size != 0 && (request->ueid.size < UEID_MIN || request->ueid.size > UEID_MAX))) {
        status = TPS_BAD_ARGUMENT;
    } else if (certificate != NULL && issuer == NULL) {
        status = TPS_CRYPTO_BAD_CERTIFICATE;
    } else if (certificate != NULL && !is_key_of(issuer, certificate, subject_key, issuer_key)) {
        status = TPS_BAD_ARGUMENT;
    } else if (issuer != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
               set_serial(certificate) && set_subject(certificate, request) &&
               set_validity(certificate, request) &&
               X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
               X509_set_pubkey(certificate, subject_key->pkey) == 1 &&
               add_extensions(certificate, issuer, request) &&
               X509_sign(certificate, issuer_key->pkey, md) > 0) {
        status = write_der(certificate, out, size);
    }
    if (issuer != certificate) {
        X509_free(issuer);
    }
    X509_free(certificate);
    ERR_clear_error();
    return status;
}
