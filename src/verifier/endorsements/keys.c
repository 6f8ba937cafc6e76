/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of triples. A million of them are plain P-256 keys in PEM: these are read without the crypto library.
 */
#include "verifier/endorsements/keys.h"

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "tps/base64.h"
#include "verifier/knowledge/statements.h"

enum { PATH_PEM_MAX = 16384, PATH_CERTIFICATES_MAX = 8, P256_SPKI_SIZE = 91, P256_HEAD_SIZE = 27 };

/* SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480, 2), up to X. */
static const uint8_t p256_head[P256_HEAD_SIZE] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                  0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                  0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

/* What stands between the lines of a PEM public key, without its line ends; false if it is not that short. */
static bool pem_content(tps_span pem, char *text, size_t room, size_t *size)
{
    static const char begin[] = "-----BEGIN PUBLIC KEY-----";
    static const char end[] = "-----END PUBLIC KEY-----";
    size_t at = sizeof begin - 1;

    *size = 0;
    if (pem.size < at || memcmp(pem.data, begin, at) != 0) {
        return false;
    }
    for (; at < pem.size && pem.data[at] != '-'; at++) {
        if (pem.data[at] == '\n' || pem.data[at] == '\r') {
            continue;
        }
        if (*size == room) {
            return false;
        }
        text[(*size)++] = (char)pem.data[at];
    }
    return pem.size - at >= sizeof end - 1 && memcmp(pem.data + at, end, sizeof end - 1) == 0;
}

/* The SubjectPublicKeyInfo of a plain P-256 key in PEM; false for any other, which is no error. */
static bool read_plain(tps_span pem, uint8_t spki[P256_SPKI_SIZE])
{
    char text[TPS_BASE64_SIZE(P256_SPKI_SIZE)];
    uint8_t bytes[sizeof text / 4 * 3];
    size_t size = 0;

    if (!pem_content(pem, text, sizeof text, &size) ||
        tps_base64_read(tps_span_make(text, size), TPS_BUF_OF(bytes), &size) != TPS_OK ||
        size != P256_SPKI_SIZE || memcmp(bytes, p256_head, sizeof p256_head) != 0) {
        return false;
    }
    memcpy(spki, bytes, P256_SPKI_SIZE);
    return true;
}

static tps_status read_path(tps_span pem, found_key *found)
{
    uint8_t room[PATH_PEM_MAX];
    tps_span ders[PATH_CERTIFICATES_MAX];
    size_t count = PATH_CERTIFICATES_MAX;

    *found = (found_key){.key = NULL};
    TPS_TRY(tps_x509_from_pem(pem, TPS_BUF_OF(room), ders, &count));
    return key_read_certificate(ders[0], &found->key, &found->is_demonstration);
}

/* Any key that is there itself. The caller frees it. */
static tps_status read_key(load *l, const tps_corim_key *given, found_key *found)
{
    tps_status status;

    *found = (found_key){.key = NULL};
    switch (given->tag) {
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_COSE_KEY: status = key_read(given->value, found); break;
    case TPS_CORIM_TAG_PATH_PEM: status = read_path(given->value, found); break;
    case TPS_CORIM_TAG_CERTIFICATE_DER:
        status = key_read_certificate(given->value, &found->key, &found->is_demonstration);
        break;
    default: return load_refuse(l, TPS_CORIM_UNSUPPORTED, tps_corim_tag_name(given->tag));
    }
    if (status != TPS_OK) {
        return load_refuse(l, status, "the attestation key of a device");
    }
    if (found->is_demonstration && !l->verifier->options.allow_demonstration) {
        tps_crypto_key_free(found->key);
        return load_refuse(l, TPS_VERIFIER_DEMONSTRATION, "the attestation key of a device");
    }
    return TPS_OK;
}

static bool is_demonstration(const uint8_t spki[P256_SPKI_SIZE])
{
    return tps_span_equal(tps_span_make(spki, P256_SPKI_SIZE), TPS_SPAN_OF(tps_demonstration_spki));
}

/* A thumbprint tells which key signs, without being it. */
static bool take_thumbprint(const tps_corim_key *given, knowledge_key *out)
{
    bool is_of_key = given->tag == TPS_CORIM_TAG_KEY_THUMBPRINT;

    if ((!is_of_key && given->tag != TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT) ||
        given->digest.alg == TPS_ALG_NONE) {
        return false;
    }
    out->by = is_of_key ? STATEMENT_BY_KEY : STATEMENT_BY_CERTIFICATE;
    out->thumbprint = given->digest.value;
    return true;
}

tps_status keys_read_point(load *l, const tps_corim_key *given, knowledge_key *out)
{
    uint8_t spki[P256_SPKI_SIZE];
    found_key found;
    tps_status status;

    *out = (knowledge_key){.alg = TPS_ALG_NONE};
    if (take_thumbprint(given, out)) {
        return TPS_OK;
    }
    if (given->tag == TPS_CORIM_TAG_KEY_PEM && read_plain(given->value, spki) && !is_demonstration(spki)) {
        out->point.curve = TPS_CURVE_P256;
        out->point.size = 32;
        memcpy(out->point.x, spki + P256_HEAD_SIZE, 32);
        memcpy(out->point.y, spki + P256_HEAD_SIZE + 32, 32);
        return TPS_OK;
    }
    TPS_TRY(read_key(l, given, &found));
    status = tps_crypto_key_point(found.key, &out->point);
    tps_crypto_key_free(found.key);
    out->alg = found.algs.alg;
    return status;
}

/* ---- by what a statement is found ---- */

static tps_status index_bytes(load *l, uint32_t by, tps_span bytes)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, &digest));
    return knowledge_add_statement_key(&l->verifier->knowledge, by, tps_span_make(digest.bytes, digest.size));
}

static tps_status index_certificate(load *l, const tps_corim_key *given)
{
    uint8_t room[PATH_PEM_MAX];
    tps_span ders[PATH_CERTIFICATES_MAX] = {given->value};
    size_t count = PATH_CERTIFICATES_MAX;

    if (given->tag != TPS_CORIM_TAG_CERTIFICATE_DER) {
        TPS_TRY(tps_x509_from_pem(given->value, TPS_BUF_OF(room), ders, &count));
    }
    return index_bytes(l, STATEMENT_BY_CERTIFICATE, ders[0]);
}

static tps_status index_key(load *l, const tps_corim_key *given)
{
    uint8_t spki[TPS_SPKI_SIZE_MAX];
    size_t size = P256_SPKI_SIZE;
    found_key found;
    tps_status status;

    if (given->tag == TPS_CORIM_TAG_KEY_PEM && read_plain(given->value, spki) && !is_demonstration(spki)) {
        return index_bytes(l, STATEMENT_BY_KEY, tps_span_make(spki, size));
    }
    TPS_TRY(read_key(l, given, &found));
    status = tps_crypto_key_spki(found.key, TPS_BUF_OF(spki), &size);
    tps_crypto_key_free(found.key);
    TPS_TRY(status);
    return index_bytes(l, STATEMENT_BY_KEY, tps_span_make(spki, size));
}

static tps_status index_thumbprint(load *l, uint32_t by, const tps_corim_digest *digest)
{
    if (digest->alg == TPS_ALG_NONE) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "a thumbprint of an unknown algorithm");
    }
    return knowledge_add_statement_key(&l->verifier->knowledge, by, digest->value);
}

tps_status keys_index(load *l, const tps_corim_key *given)
{
    switch (given->tag) {
    case TPS_CORIM_TAG_KEY_THUMBPRINT: return index_thumbprint(l, STATEMENT_BY_KEY, &given->digest);
    case TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT:
        return index_thumbprint(l, STATEMENT_BY_CERTIFICATE, &given->digest);
    case TPS_CORIM_TAG_PATH_THUMBPRINT: return index_thumbprint(l, STATEMENT_BY_PATH, &given->digest);
    case TPS_CORIM_TAG_BYTES: return TPS_OK;
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_DER:
    case TPS_CORIM_TAG_PATH_PEM: TPS_TRY(index_key(l, given)); return index_certificate(l, given);
    default: return index_key(l, given);
    }
}
