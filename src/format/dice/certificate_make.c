/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates made by a device for its own layers. DER is written from its end to its start, so each
 * function puts the last member first. */
#include "format/der/writer.h"
#include "tps/dice.h"
#include "tps/secret.h"

/* id-ce, 2.5.29.n */
enum {
    CE_SUBJECT_KEY_ID = 14,
    CE_KEY_USAGE = 15,
    CE_SUBJECT_ALT_NAME = 17,
    CE_BASIC_CONSTRAINTS = 19,
    CE_AUTHORITY_KEY_ID = 35
};

/* id-at, 2.5.4.n */
enum { AT_COMMON_NAME = 3, AT_SERIAL_NUMBER = 5, AT_ORGANIZATION = 10, TEXT_MAX = 64 };

enum { SPKI_MAX = 96, SIGNATURE_DER_MAX = 72, COORDINATE = 32, VERSION_3 = 2, HEAD = 4 };

#define USAGE_DIGITAL_SIGNATURE (1u << 0)
#define USAGE_KEY_CERT_SIGN     (1u << 5)

/* AlgorithmIdentifier of ecdsa-with-SHA256, 1.2.840.10045.4.3.2 */
static const uint8_t ecdsa_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                       0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

/* ---- identifiers and names ---- */

tps_status tps_dice_key_id(const tps_crypto_key *key, uint8_t id[TPS_DICE_KEY_ID_SIZE])
{
    tps_crypto_point point;
    uint8_t encoded[1 + 2 * COORDINATE];
    tps_digest digest;

    TPS_TRY(tps_crypto_key_point(key, &point));
    if (point.curve != TPS_CURVE_P256) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    encoded[0] = 0x04;
    memcpy(encoded + 1, point.x, COORDINATE);
    memcpy(encoded + 1 + COORDINATE, point.y, COORDINATE);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(encoded), &digest));
    memcpy(id, digest.bytes, TPS_DICE_KEY_ID_SIZE);
    return TPS_OK;
}

/* PrintableString (X.680, 41.4): the type that a serialNumber has. */
static bool is_printable(tps_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!is_letter && (c == 0 || strchr(" '()+,-./:=?", c) == NULL)) {
            return false;
        }
    }
    return true;
}

static void put_attribute(der_writer *w, uint8_t type, tps_span text)
{
    const uint8_t oid[] = {0x55, 0x04, type};
    size_t mark = w->size;

    if (text.size == 0) {
        return;
    }
    der_put(w, type == AT_SERIAL_NUMBER && is_printable(text) ? DER_PRINTABLE_STRING : DER_UTF8_STRING, text);
    der_put(w, DER_OID, TPS_SPAN_OF(oid));
    der_close(w, DER_SEQUENCE, mark);
    der_close(w, DER_SET, mark);
}

tps_status tps_dice_name_encode(tps_span common_name, tps_span organization, tps_span serial_number,
                                tps_buf out, tps_span *encoded)
{
    der_writer w = der_writer_init(out);

    *encoded = TPS_SPAN_EMPTY;
    if (common_name.size > TEXT_MAX || organization.size > TEXT_MAX || serial_number.size > TEXT_MAX ||
        common_name.size + organization.size + serial_number.size == 0) {
        return TPS_BAD_ARGUMENT;
    }
    put_attribute(&w, AT_SERIAL_NUMBER, serial_number);
    put_attribute(&w, AT_ORGANIZATION, organization);
    put_attribute(&w, AT_COMMON_NAME, common_name);
    der_close(&w, DER_SEQUENCE, 0);
    return der_writer_finish(&w, encoded);
}

/* ---- extensions ---- */

/* Closes an extension whose value lies behind `mark`. */
static void close_extension(der_writer *w, uint8_t number, bool is_critical, size_t mark)
{
    static const uint8_t yes = 0xff;
    const uint8_t oid[] = {0x55, 0x1d, number};

    der_close(w, DER_OCTET_STRING, mark);
    if (is_critical) {
        der_put(w, DER_BOOLEAN, tps_span_make(&yes, 1));
    }
    der_put(w, DER_OID, TPS_SPAN_OF(oid));
    der_close(w, DER_SEQUENCE, mark);
}

static void put_alternative_names(der_writer *w, const tps_dice_certificate_plan *plan)
{
    size_t mark = w->size;

    if (plan->uri_count == 0) {
        return;
    }
    for (size_t i = plan->uri_count; i-- > 0;) {
        der_put(w, DER_CONTEXT(6), plan->uris[i]); /* uniformResourceIdentifier */
    }
    der_close(w, DER_SEQUENCE, mark);
    close_extension(w, CE_SUBJECT_ALT_NAME, false, mark);
}

static void put_key_ids(der_writer *w, tps_span subject, tps_span authority)
{
    size_t mark = w->size;

    der_put(w, DER_CONTEXT(0), authority); /* keyIdentifier */
    der_close(w, DER_SEQUENCE, mark);
    close_extension(w, CE_AUTHORITY_KEY_ID, false, mark);
    mark = w->size;
    der_put(w, DER_OCTET_STRING, subject);
    close_extension(w, CE_SUBJECT_KEY_ID, false, mark);
}

static void put_rules(der_writer *w, const tps_dice_certificate_plan *plan)
{
    static const uint8_t yes = 0xff;
    size_t mark = w->size;

    der_put_named_bits(w, DER_BIT_STRING, plan->is_ca ? USAGE_KEY_CERT_SIGN : USAGE_DIGITAL_SIGNATURE);
    close_extension(w, CE_KEY_USAGE, true, mark);
    mark = w->size;
    if (plan->is_ca) {
        der_put_uint(w, DER_INTEGER, plan->path_length);
        der_put(w, DER_BOOLEAN, tps_span_make(&yes, 1));
    }
    der_close(w, DER_SEQUENCE, mark);
    close_extension(w, CE_BASIC_CONSTRAINTS, true, mark);
}

static void put_extensions(der_writer *w, const tps_dice_certificate_plan *plan, tps_span subject_id,
                           tps_span authority_id)
{
    size_t mark = w->size;

    for (size_t i = plan->extension_count; i-- > 0;) {
        der_put_raw(w, plan->extensions[i]);
    }
    put_alternative_names(w, plan);
    put_key_ids(w, subject_id, authority_id);
    put_rules(w, plan);
    der_close(w, DER_SEQUENCE, mark);
    der_close(w, DER_CONTEXT_CONSTRUCTED(3), mark);
}

/* ---- the certificate ---- */

static void put_validity(der_writer *w)
{
    size_t mark = w->size;

    der_put(w, DER_GENERALIZED_TIME, TPS_SPAN_LITERAL("99991231235959Z"));
    der_put(w, DER_UTC_TIME, TPS_SPAN_LITERAL("260101000000Z"));
    der_close(w, DER_SEQUENCE, mark);
}

/* A serial number is positive, not zero, and at most 20 bytes (RFC 5280, 4.1.2.2). */
static void put_serial(der_writer *w, const uint8_t id[TPS_DICE_KEY_ID_SIZE])
{
    uint8_t serial[TPS_DICE_KEY_ID_SIZE];

    memcpy(serial, id, sizeof(serial));
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    der_put(w, DER_INTEGER, TPS_SPAN_OF(serial));
}

static tps_status put_tbs(der_writer *w, const tps_dice_certificate_plan *plan,
                          const tps_crypto_key *issuer_key)
{
    uint8_t subject_id[TPS_DICE_KEY_ID_SIZE];
    uint8_t issuer_id[TPS_DICE_KEY_ID_SIZE];
    uint8_t spki[SPKI_MAX];
    tps_span authority = plan->authority_key_id;
    size_t size;
    size_t version;

    TPS_TRY(tps_dice_key_id(plan->subject_key, subject_id));
    TPS_TRY(tps_crypto_key_spki(plan->subject_key, TPS_BUF_OF(spki), &size));
    if (authority.size == 0) {
        TPS_TRY(tps_dice_key_id(issuer_key, issuer_id));
        authority = TPS_SPAN_OF(issuer_id);
    }

    put_extensions(w, plan, TPS_SPAN_OF(subject_id), authority);
    der_put_raw(w, tps_span_make(spki, size));
    der_put_raw(w, plan->subject);
    put_validity(w);
    der_put_raw(w, plan->issuer);
    der_put_raw(w, TPS_SPAN_OF(ecdsa_sha256));
    put_serial(w, subject_id);
    version = w->size;
    der_put_uint(w, DER_INTEGER, VERSION_3);
    der_close(w, DER_CONTEXT_CONSTRUCTED(0), version);
    der_close(w, DER_SEQUENCE, 0);
    return TPS_OK;
}

/* An INTEGER from 32 bytes, positive and in its shortest form. */
static void put_number(der_writer *w, const uint8_t number[COORDINATE])
{
    static const uint8_t zero = 0;
    size_t mark = w->size;
    size_t skip = 0;

    while (skip < COORDINATE - 1u && number[skip] == 0) {
        skip++;
    }
    der_put_raw(w, tps_span_make(number + skip, COORDINATE - skip));
    if (number[skip] >= 0x80) {
        der_put_raw(w, tps_span_make(&zero, 1));
    }
    der_close(w, DER_INTEGER, mark);
}

/* BIT STRING { SEQUENCE { r, s } } of the bytes. */
static tps_status sign(tps_crypto_key *key, tps_span bytes, tps_buf out, tps_span *signature)
{
    static const uint8_t no_unused_bits = 0;
    uint8_t raw[2 * COORDINATE];
    der_writer w = der_writer_init(out);
    tps_digest digest;
    size_t size;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, &digest));
    TPS_TRY(tps_crypto_sign(key, TPS_ALG_ESP256, &digest, TPS_BUF_OF(raw), &size));
    put_number(&w, raw + COORDINATE);
    put_number(&w, raw);
    der_close(&w, DER_SEQUENCE, 0);
    der_put_raw(&w, tps_span_make(&no_unused_bits, 1));
    der_close(&w, DER_BIT_STRING, 0);
    return der_writer_finish(&w, signature);
}

/* TBS lies at the start of `out`; around it go the head of two bytes of length, algorithm and signature. */
static tps_span assemble(tps_buf out, size_t tbs, tps_span signature)
{
    size_t content = tbs + sizeof(ecdsa_sha256) + signature.size;

    memmove(out.data + HEAD, out.data, tbs);
    out.data[0] = DER_SEQUENCE;
    out.data[1] = 0x82;
    out.data[2] = (uint8_t)(content >> 8);
    out.data[3] = (uint8_t)content;
    memcpy(out.data + HEAD + tbs, ecdsa_sha256, sizeof(ecdsa_sha256));
    memcpy(out.data + HEAD + tbs + sizeof(ecdsa_sha256), signature.data, signature.size);
    return tps_span_make(out.data, HEAD + content);
}

tps_status tps_dice_certificate_make(const tps_dice_certificate_plan *plan, tps_crypto_key *issuer_key,
                                     tps_buf out, tps_span *encoded)
{
    der_writer w = der_writer_init(out);
    uint8_t room[SIGNATURE_DER_MAX + 3];
    tps_span tbs;
    tps_span signature;
    size_t needed;

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(put_tbs(&w, plan, issuer_key));
    needed = w.size + HEAD + sizeof(ecdsa_sha256) + sizeof(room);
    if (w.size > UINT16_MAX - (HEAD + sizeof(ecdsa_sha256) + sizeof(room))) {
        return TPS_TOO_LARGE;
    }
    if (out.data == NULL || needed > out.size) {
        encoded->size = needed;
        return out.data == NULL ? TPS_OK : TPS_BUFFER_TOO_SMALL;
    }
    TPS_TRY(der_writer_finish(&w, &tbs));
    TPS_TRY(sign(issuer_key, tbs, TPS_BUF_OF(room), &signature));
    *encoded = assemble(out, tbs.size, signature);
    return TPS_OK;
}
