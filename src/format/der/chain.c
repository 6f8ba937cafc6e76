/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of X.509 certificates, from the root's key to the leaf's. */
#include "format/der/chain.h"

#include "format/der/time.h"

/* ---- who may issue ---- */

/* id-ce, 2.5.29.n */
enum {
    CE_KEY_USAGE = 15,
    CE_SUBJECT_ALT_NAME = 17,
    CE_BASIC_CONSTRAINTS = 19,
    CE_POLICIES = 32,
    CE_EXTENDED = 37
};

#define KEY_CERT_SIGN 0x04u /* bit 5 of a BIT STRING's first byte */

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static tps_status read_basic_constraints(tps_span value, der_issuing *issuing, tps_error *why)
{
    der_reader r = der_reader_init(value);
    const uint8_t *outer;

    TPS_TRY(der_check(value, why));
    outer = der_enter(&r, DER_SEQUENCE);
    if (der_peek(&r) == DER_BOOLEAN) {
        issuing->is_ca = der_get_boolean(&r, DER_BOOLEAN);
    }
    if (der_peek(&r) == DER_INTEGER) {
        uint64_t length = der_get_uint(&r, DER_INTEGER);
        issuing->path_length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
    }
    der_leave(&r, outer);
    return der_reader_why(&r, why, "basicConstraints");
}

static tps_status read_key_usage(tps_span value, der_issuing *issuing, tps_error *why)
{
    der_reader r = der_reader_init(value);
    uint8_t unused;
    tps_span bits = der_get_bits(&r, DER_BIT_STRING, &unused);

    issuing->has_usage = true;
    issuing->may_sign = bits.size > 0 && (bits.data[0] & KEY_CERT_SIGN) != 0;
    return der_reader_finish(&r) == TPS_OK ? TPS_OK : der_reader_why(&r, why, "keyUsage");
}

/* The number n of 2.5.29.n; 0 of any other identifier. */
static uint8_t standard_number(tps_span oid)
{
    return oid.size == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1d ? oid.data[2] : 0;
}

tps_status der_issuing_read(const der_extension *extension, der_issuing *issuing, tps_error *why)
{
    switch (standard_number(extension->oid)) {
    case CE_BASIC_CONSTRAINTS: return read_basic_constraints(extension->value, issuing, why);
    case CE_KEY_USAGE: return read_key_usage(extension->value, issuing, why);
    case CE_SUBJECT_ALT_NAME:
    case CE_POLICIES:
    case CE_EXTENDED: return TPS_OK;
    default: break;
    }
    if (extension->is_critical && issuing->unknown_critical.size == 0) {
        issuing->unknown_critical = extension->oid;
    }
    return TPS_OK;
}

enum { EMPTY_NAME = 2 /* bytes: the head of a SEQUENCE of nothing */ };

tps_status der_issuer_check(const der_issuer *issuer, size_t index, tps_span named, tps_error *why)
{
    if (!tps_span_equal(issuer->subject, named)) {
        return tps_fail(why, TPS_DICE_CHAIN_BROKEN, 0, NULL);
    }
    /* Whoever issues has a name (RFC 5280, 4.1.2.6); between it and the leaf stand index - 1 certificates
     * (4.2.1.9). */
    if (!issuer->may_issue || issuer->subject.size == EMPTY_NAME || issuer->path_length < index - 1) {
        return tps_fail(why, TPS_DICE_NOT_A_CA, 0, NULL);
    }
    return TPS_OK;
}

/* ---- signatures and times ---- */

/* Signature algorithms (RFC 5758, 3.2; RFC 8410, 3). */
static const struct {
    int32_t alg;
    uint8_t size;
    uint8_t oid[8];
} algorithms[] = {
    {TPS_ALG_ES256, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}},
    {TPS_ALG_ES384, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03}},
    {TPS_ALG_ES512, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04}},
    {TPS_ALG_EDDSA, 3, {0x2b, 0x65, 0x70}},
};

/* The algorithm that an AlgorithmIdentifier names; TPS_ALG_NONE for others. */
static int32_t read_algorithm(tps_span identifier)
{
    der_reader r = der_reader_init(identifier);
    const uint8_t *outer = der_enter(&r, DER_SEQUENCE);
    tps_span oid = der_get_oid(&r, DER_OID);
    tps_span parameters;

    (void)der_take(&r, DER_NULL, &parameters);
    der_leave(&r, outer);
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0] && r.status == TPS_OK; i++) {
        if (tps_span_equal(oid, tps_span_make(algorithms[i].oid, algorithms[i].size))) {
            return algorithms[i].alg;
        }
    }
    return TPS_ALG_NONE;
}

/* One positive INTEGER as a number of `size` bytes. */
static void read_number(der_reader *r, uint8_t *out, size_t size)
{
    tps_span number = der_get_integer(r, DER_INTEGER);

    if (number.size > 0 && number.data[0] == 0) {
        number = tps_span_make(number.data + 1, number.size - 1);
    } else if (number.size > 0 && number.data[0] >= 0x80) {
        number.size = SIZE_MAX; /* negative */
    }
    if (number.size > size) {
        der_fail(r, TPS_CRYPTO_BAD_SIGNATURE);
        return;
    }
    memset(out, 0, size - number.size);
    if (number.size > 0) {
        memcpy(out + (size - number.size), number.data, number.size);
    }
}

/* Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279, 2.2.3) as r followed by s. */
static tps_status read_ecdsa(tps_span encoded, uint8_t *raw, size_t size)
{
    der_reader r = der_reader_init(encoded);
    const uint8_t *outer = der_enter(&r, DER_SEQUENCE);

    read_number(&r, raw, size);
    read_number(&r, raw + size, size);
    der_leave(&r, outer);
    return der_reader_finish(&r) == TPS_OK ? TPS_OK : TPS_CRYPTO_BAD_SIGNATURE;
}

static tps_status verify_signature(const der_certificate *certificate, tps_crypto_key *key)
{
    uint8_t raw[TPS_EC_SIGNATURE_SIZE_MAX];
    int32_t alg = read_algorithm(certificate->signature_algorithm);
    tps_span signature = certificate->signature;

    if (alg == TPS_ALG_NONE || tps_crypto_alg_fits(alg, key) != TPS_OK) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (alg != TPS_ALG_EDDSA) {
        size_t size = tps_crypto_curve_size(tps_crypto_key_curve(key));

        TPS_TRY(read_ecdsa(signature, raw, size));
        signature = tps_span_make(raw, 2 * size);
    }
    return tps_crypto_verify_message(key, alg, certificate->tbs, signature);
}

/* Validity ::= SEQUENCE { notBefore Time, notAfter Time }; both are within it. */
static tps_status check_times(tps_span validity, int64_t now, tps_error *why)
{
    der_reader r = der_reader_init(validity);
    const uint8_t *outer = der_enter(&r, DER_SEQUENCE);
    int64_t not_before = der_get_time(&r);
    int64_t not_after = der_get_time(&r);

    der_leave(&r, outer);
    if (r.status != TPS_OK) {
        return der_reader_why(&r, why, "the validity");
    }
    return now == 0 || (now >= not_before && now <= not_after)
               ? TPS_OK
               : tps_fail(why, TPS_CRYPTO_CHAIN_EXPIRED, 0, NULL);
}

tps_status der_chain_step(const der_certificate *certificate, const der_anchor *anchor, tps_crypto_key **key,
                          tps_error *why)
{
    tps_crypto_key *own = NULL;
    tps_status status;

    if (*key == NULL && anchor->issuer.size > 0 && !tps_span_equal(anchor->issuer, certificate->issuer)) {
        return tps_fail(why, TPS_DICE_CHAIN_BROKEN, 0, "the issuer of the last certificate");
    }
    TPS_TRY(check_times(certificate->validity, anchor->now, why));
    status = verify_signature(certificate, *key == NULL ? anchor->root : *key);
    if (status == TPS_OK) {
        status = tps_crypto_key_from_spki(certificate->public_key, &own);
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, NULL);
    }
    tps_crypto_key_free(*key);
    *key = own;
    return TPS_OK;
}

/* ---- a chain ---- */

/* What the extensions say of the certificate as an issuer. */
static tps_status read_issuer(const der_certificate *certificate, der_issuer *out, tps_error *why)
{
    der_reader r = der_reader_init(certificate->extensions);
    der_issuing issuing = DER_ISSUING_NONE;

    while (der_peek(&r) != DER_END) {
        der_extension extension;

        der_extension_read(&r, &extension);
        TPS_TRY(der_issuing_read(&extension, &issuing, why));
    }
    if (issuing.unknown_critical.size > 0) {
        return tps_fail(why, TPS_DICE_CRITICAL, 0, NULL);
    }
    *out = (der_issuer){certificate->subject, der_issuing_may(&issuing), issuing.path_length};
    return TPS_OK;
}

/* From the last certificate to the first; the key of the last that was good is in `key`. */
static tps_status walk_down(const tps_span *chain, size_t count, const der_anchor *anchor,
                            tps_crypto_key **key, tps_error *why)
{
    der_issuer issuer = {.may_issue = false};
    der_certificate certificate;

    for (size_t i = count; i-- > 0;) {
        TPS_TRY(der_certificate_read(chain[i], &certificate, why));
        if (i + 1 < count) {
            TPS_TRY(der_issuer_check(&issuer, i + 1, certificate.issuer, why));
        }
        TPS_TRY(read_issuer(&certificate, &issuer, why));
        TPS_TRY(der_chain_step(&certificate, anchor, key, why));
    }
    return TPS_OK;
}

tps_status der_chain_verify(const tps_span *chain, size_t count, const der_anchor *anchor,
                            tps_crypto_key **leaf, tps_error *why)
{
    tps_status status;

    *leaf = NULL;
    if (count == 0) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the number of certificates");
    }
    status = walk_down(chain, count, anchor, leaf, why);
    if (status != TPS_OK) {
        tps_crypto_key_free(*leaf);
        *leaf = NULL;
    }
    return status;
}
