/* SPDX-License-Identifier: Apache-2.0 */
/* An X.509 certificate (RFC 5280, 4.1), taken apart in place. */
#include "format/der/certificate.h"

/* Version ::= INTEGER { v1(0), v2(1), v3(2) }, EXPLICIT [0] DEFAULT v1. */
static uint8_t read_version(der_reader *r)
{
    const uint8_t *outer;
    uint64_t version;

    if (der_peek(r) != DER_CONTEXT_CONSTRUCTED(0)) {
        return 1;
    }
    outer = der_enter(r, DER_CONTEXT_CONSTRUCTED(0));
    version = der_get_uint(r, DER_INTEGER);
    if (r->status == TPS_OK && version == 0) {
        der_fail(r, TPS_DER_NOT_CANONICAL);
    }
    if (version > 2) {
        der_fail(r, TPS_DER_OUT_OF_RANGE);
    }
    der_leave(r, outer);
    return (uint8_t)(version + 1);
}

/* The whole bytes of a value that must have this tag. */
static tps_span get_whole(der_reader *r, uint8_t tag)
{
    const uint8_t *start = r->at;

    (void)der_get(r, tag);
    return tps_span_make(start, (size_t)(r->at - start));
}

void der_extension_read(der_reader *r, der_extension *out)
{
    const uint8_t *outer = der_enter(r, DER_SEQUENCE);

    out->oid = der_get_oid(r, DER_OID);
    out->is_critical = false;
    if (der_peek(r) == DER_BOOLEAN) {
        out->is_critical = der_get_boolean(r, DER_BOOLEAN);
        if (!out->is_critical) {
            der_fail(r, TPS_DER_NOT_CANONICAL); /* DEFAULT FALSE is left out (X.690, 11.5) */
        }
    }
    out->value = der_get(r, DER_OCTET_STRING);
    der_leave(r, outer);
}

/* True when an extension of this kind stands between `start` and `end`. */
static bool is_listed(const uint8_t *start, const uint8_t *end, tps_span oid)
{
    der_reader r = der_reader_init(tps_span_make(start, (size_t)(end - start)));
    der_extension extension;

    while (der_peek(&r) != DER_END) {
        der_extension_read(&r, &extension);
        if (tps_span_equal(extension.oid, oid)) {
            return true;
        }
    }
    return false;
}

/* Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension, EXPLICIT [3]. */
static void read_extensions(der_reader *r, der_certificate *out)
{
    const uint8_t *outer = der_enter(r, DER_CONTEXT_CONSTRUCTED(3));
    const uint8_t *within = der_enter(r, DER_SEQUENCE);
    const uint8_t *start = r->at;
    unsigned count = 0;

    if (out->version != 3 || der_peek(r) == DER_END) {
        der_fail(r, TPS_DER_OUT_OF_RANGE);
    }
    while (der_peek(r) != DER_END) {
        const uint8_t *here = r->at;
        der_extension extension;

        der_extension_read(r, &extension);
        if (++count > DER_EXTENSIONS_MAX) {
            der_fail(r, TPS_DER_OUT_OF_RANGE);
        }
        if (r->status == TPS_OK && is_listed(start, here, extension.oid)) {
            r->at = here;
            der_fail(r, TPS_DER_DUPLICATE);
        }
    }
    out->extensions = tps_span_make(start, (size_t)(r->at - start));
    der_leave(r, within);
    der_leave(r, outer);
}

static const char *read_tbs(der_reader *r, der_certificate *out)
{
    const uint8_t *outer = der_enter(r, DER_SEQUENCE);
    tps_span ignored;

    out->version = read_version(r);
    out->serial = der_get_integer(r, DER_INTEGER);
    out->signature_algorithm = get_whole(r, DER_SEQUENCE);
    out->issuer = get_whole(r, DER_SEQUENCE);
    out->validity = get_whole(r, DER_SEQUENCE);
    out->subject = get_whole(r, DER_SEQUENCE);
    out->public_key = get_whole(r, DER_SEQUENCE);
    if (r->status != TPS_OK) {
        return "the fields of the certificate";
    }
    (void)der_take(r, DER_CONTEXT(1), &ignored); /* issuerUniqueID, subjectUniqueID: nobody uses them */
    (void)der_take(r, DER_CONTEXT(2), &ignored);
    if (der_peek(r) == DER_CONTEXT_CONSTRUCTED(3)) {
        read_extensions(r, out);
    }
    der_leave(r, outer);
    return "the extensions";
}

tps_status der_certificate_read(tps_span certificate, der_certificate *out, tps_error *why)
{
    der_reader r = der_reader_init(certificate);
    const uint8_t *outer;
    const uint8_t *tbs;
    const char *part;
    tps_span algorithm;
    uint8_t unused;

    TPS_TRY(der_check(certificate, why));
    *out = (der_certificate){.version = 0};
    outer = der_enter(&r, DER_SEQUENCE);
    tbs = r.at;
    part = read_tbs(&r, out);
    if (r.status != TPS_OK) {
        return der_reader_why(&r, why, part);
    }
    out->tbs = tps_span_make(tbs, (size_t)(r.at - tbs));
    algorithm = get_whole(&r, DER_SEQUENCE);
    out->signature = der_get_bits(&r, DER_BIT_STRING, &unused);
    der_leave(&r, outer);
    if (unused != 0) {
        der_fail(&r, TPS_DER_OUT_OF_RANGE);
    }
    if (r.status == TPS_OK && !tps_span_equal(algorithm, out->signature_algorithm)) {
        der_fail(&r, TPS_CRYPTO_BAD_CERTIFICATE);
    }
    return der_reader_why(&r, why, "the signature");
}

bool der_extension_find(const der_certificate *certificate, tps_span oid, der_extension *out)
{
    der_reader r = der_reader_init(certificate->extensions);

    while (der_peek(&r) != DER_END) {
        der_extension_read(&r, out);
        if (tps_span_equal(out->oid, oid)) {
            return true;
        }
    }
    return false;
}

tps_status der_certificate_extension(tps_span certificate, tps_span oid, tps_span *value, bool *critical,
                                     tps_error *why)
{
    der_certificate parts;
    der_extension extension;

    TPS_TRY(der_certificate_read(certificate, &parts, why));
    if (!der_extension_find(&parts, oid, &extension)) {
        return tps_fail(why, TPS_NOT_FOUND, 0, "the certificate has no such extension");
    }
    *value = extension.value;
    *critical = extension.is_critical;
    return TPS_OK;
}
