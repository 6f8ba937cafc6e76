/* SPDX-License-Identifier: Apache-2.0 */
/* What DICE says in X.509 certificates, and a chain of them as a list of layers. */
#include "format/der/certificate.h"
#include "format/der/writer.h"
#include "tps/dice.h"

/* id-ce, 2.5.29.n */
enum {
    CE_KEY_USAGE = 15,
    CE_SUBJECT_ALT_NAME = 17,
    CE_BASIC_CONSTRAINTS = 19,
    CE_POLICIES = 32,
    CE_EXTENDED = 37
};

#define KEY_CERT_SIGN 0x04u /* bit 5 of a BIT STRING's first byte */

static const uint8_t multi_compressed[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x08};

/* What the standard extensions say of issuing. */
typedef struct {
    bool is_ca;
    bool has_usage;
    bool may_sign;
} issuing;

/* SEQUENCE { OCTET STRING }, for UEID and CMW; nothing that is empty. */
static tps_status read_octets(tps_span value, tps_span *content, tps_error *why)
{
    der_reader r = der_reader_init(value);
    const uint8_t *outer;

    TPS_TRY(der_check(value, why));
    outer = der_enter(&r, DER_SEQUENCE);
    *content = der_get(&r, DER_OCTET_STRING);
    if (r.status == TPS_OK && content->size == 0) {
        der_fail(&r, TPS_DICE_BAD_VALUE);
    }
    der_leave(&r, outer);
    return der_reader_why(&r, why, "the octets");
}

/* RA-TLS puts the CMW there without a sequence: CBOR of an array or tag, or JSON. */
static tps_status read_cmw(tps_span value, tps_dice_certificate *out, tps_error *why)
{
    if (value.size > 0 && value.data[0] != DER_SEQUENCE) {
        out->is_cmw_bare = true;
        out->cmw = value;
        return TPS_OK;
    }
    return read_octets(value, &out->cmw, why);
}

static tps_status read_tcb_info(tps_span value, tps_dice_certificate *out, tps_error *why)
{
    tps_dice_tcb_info info;

    TPS_TRY(tps_dice_tcb_info_decode(value, &info, why));
    out->tcb_info = value;
    return TPS_OK;
}

static tps_status read_dice(uint32_t extension, tps_span value, tps_dice_certificate *out, tps_error *why)
{
    uint32_t count;

    switch (extension) {
    case TPS_DICE_EXTENSION_TCB_INFO: return read_tcb_info(value, out, why);
    case TPS_DICE_EXTENSION_UEID: return read_octets(value, &out->ueid, why);
    case TPS_DICE_EXTENSION_MULTI_TCB_INFO:
        return tps_dice_multi_tcb_info_decode(value, &out->multi, &count, why);
    case TPS_DICE_EXTENSION_CMW: return read_cmw(value, out, why);
    default: return tps_dice_input_decode(value, &out->input, why);
    }
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static tps_status read_basic_constraints(tps_span value, tps_dice_certificate *out, issuing *issues,
                                         tps_error *why)
{
    der_reader r = der_reader_init(value);
    const uint8_t *outer;

    TPS_TRY(der_check(value, why));
    outer = der_enter(&r, DER_SEQUENCE);
    if (der_peek(&r) == DER_BOOLEAN) {
        issues->is_ca = der_get_boolean(&r, DER_BOOLEAN);
    }
    if (der_peek(&r) == DER_INTEGER) {
        uint64_t length = der_get_uint(&r, DER_INTEGER);
        out->path_length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
    }
    der_leave(&r, outer);
    return der_reader_why(&r, why, "basicConstraints");
}

static tps_status read_key_usage(tps_span value, issuing *issues, tps_error *why)
{
    der_reader r = der_reader_init(value);
    uint8_t unused;
    tps_span bits = der_get_bits(&r, DER_BIT_STRING, &unused);

    issues->has_usage = true;
    issues->may_sign = bits.size > 0 && (bits.data[0] & KEY_CERT_SIGN) != 0;
    return der_reader_finish(&r) == TPS_OK ? TPS_OK : der_reader_why(&r, why, "keyUsage");
}

/* The number n of 2.5.29.n; 0 of any other identifier. */
static uint8_t standard_number(tps_span oid)
{
    return oid.size == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1d ? oid.data[2] : 0;
}

static tps_status read_standard(const der_extension *extension, tps_dice_certificate *out, issuing *issues,
                                tps_error *why)
{
    switch (standard_number(extension->oid)) {
    case CE_BASIC_CONSTRAINTS: return read_basic_constraints(extension->value, out, issues, why);
    case CE_KEY_USAGE: return read_key_usage(extension->value, issues, why);
    case CE_SUBJECT_ALT_NAME:
    case CE_POLICIES:
    case CE_EXTENDED: return TPS_OK; /* they say nothing of layers */
    default:
        if (tps_span_equal(extension->oid, TPS_SPAN_OF(multi_compressed))) {
            return tps_fail(why, TPS_UNSUPPORTED, 0, "MultiTcbInfoComp");
        }
        if (extension->is_critical && out->unknown_critical.size == 0) {
            out->unknown_critical = extension->oid;
        }
        return TPS_OK;
    }
}

static tps_status read_extension(const der_extension *extension, tps_dice_certificate *out, issuing *issues,
                                 tps_error *why)
{
    for (uint32_t i = 0; i < TPS_DICE_EXTENSIONS; i++) {
        if (tps_span_equal(extension->oid, tps_dice_extension_oid(i))) {
            out->present |= 1u << i;
            out->critical |= (uint32_t)extension->is_critical << i;
            return read_dice(i, extension->value, out, why);
        }
    }
    return read_standard(extension, out, issues, why);
}

tps_status tps_dice_certificate_read(tps_span certificate, tps_dice_certificate *out, tps_error *why)
{
    der_certificate parts;
    der_reader r;
    issuing issues = {false, false, false};

    TPS_TRY(der_certificate_read(certificate, &parts, why));
    *out = (tps_dice_certificate){.serial = parts.serial,
                                  .issuer = parts.issuer,
                                  .subject = parts.subject,
                                  .public_key = parts.public_key,
                                  .path_length = UINT32_MAX};
    r = der_reader_init(parts.extensions);
    while (der_peek(&r) != DER_END) {
        der_extension extension;
        tps_status status;

        der_extension_read(&r, &extension);
        status = read_extension(&extension, out, &issues, why);
        if (status != TPS_OK) {
            if (why != NULL) {
                why->offset += (size_t)(extension.value.data - certificate.data);
            }
            return status;
        }
    }
    out->is_ca = issues.is_ca && (issues.may_sign || !issues.has_usage);
    return TPS_OK;
}

/* Where layers are written; what does not fit is only counted. */
typedef struct {
    tps_dice_layer *layers;
    size_t room;
    size_t count;
} layer_list;

static void add_layer(layer_list *list, uint32_t certificate, const tps_dice_tcb_info *info,
                      const tps_dice_input *input)
{
    if (list->count < list->room) {
        tps_dice_layer *layer = &list->layers[list->count];

        *layer = (tps_dice_layer){.certificate = certificate, .has_tcb_info = info != NULL};
        if (info != NULL) {
            layer->tcb_info = *info;
        } else {
            layer->input = *input;
        }
    }
    list->count++;
}

static void add_layers(layer_list *list, uint32_t index, const tps_dice_certificate *certificate)
{
    tps_span lists[] = {certificate->tcb_info, certificate->multi};
    tps_dice_tcb_info info;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        while (tps_dice_tcb_info_next(&lists[i], &info)) {
            add_layer(list, index, &info, NULL);
        }
    }
    if (tps_dice_has(certificate->present, TPS_DICE_EXTENSION_OPEN)) {
        add_layer(list, index, NULL, &certificate->input);
    }
}

enum { EMPTY_NAME = 2 /* bytes: the head of a SEQUENCE of nothing */ };

/* Whether `issuer`, which stands at `index` of the chain, may have issued `subject`, one nearer to the leaf.
 */
static tps_status check_link(const tps_dice_certificate *issuer, size_t index,
                             const tps_dice_certificate *subject, tps_error *why)
{
    if (!tps_span_equal(issuer->subject, subject->issuer)) {
        return tps_fail(why, TPS_DICE_CHAIN_BROKEN, 0, NULL);
    }
    /* Whoever issues has a name (RFC 5280, 4.1.2.6); between it and the leaf stand index - 1 certificates
     * (4.2.1.9). */
    if (!issuer->is_ca || issuer->subject.size == EMPTY_NAME || issuer->path_length < index - 1) {
        return tps_fail(why, TPS_DICE_NOT_A_CA, 0, NULL);
    }
    return TPS_OK;
}

tps_status tps_dice_chain_layers(const tps_span *chain, size_t count, tps_dice_layer *layers,
                                 size_t *layer_count, tps_error *why)
{
    layer_list list = {layers, *layer_count, 0};
    tps_dice_certificate two[2];

    if (count == 0 || count > TPS_DICE_CHAIN_MAX) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the number of certificates");
    }
    for (size_t i = count; i-- > 0;) {
        tps_dice_certificate *certificate = &two[i % 2];

        TPS_TRY(tps_dice_certificate_read(chain[i], certificate, why));
        if (certificate->unknown_critical.size > 0) {
            return tps_fail(why, TPS_DICE_CRITICAL, 0, NULL);
        }
        if (i + 1 < count) {
            TPS_TRY(check_link(&two[(i + 1) % 2], i + 1, certificate, why));
        }
        add_layers(&list, (uint32_t)i, certificate);
    }
    *layer_count = list.count;
    return list.count > list.room ? tps_fail(why, TPS_BUFFER_TOO_SMALL, 0, "the layers") : TPS_OK;
}

tps_status tps_dice_octets_encode(tps_span content, tps_buf out, tps_span *encoded)
{
    der_writer w = der_writer_init(out);

    *encoded = TPS_SPAN_EMPTY;
    if (content.size == 0) {
        return TPS_BAD_ARGUMENT;
    }
    der_put(&w, DER_OCTET_STRING, content);
    der_close(&w, DER_SEQUENCE, 0);
    return der_writer_finish(&w, encoded);
}

tps_status tps_dice_extension_encode(uint32_t extension, bool is_critical, tps_span value, tps_buf out,
                                     tps_span *encoded)
{
    static const uint8_t is_true[] = {0xff};
    tps_span oid = tps_dice_extension_oid(extension);
    der_writer w = der_writer_init(out);

    *encoded = TPS_SPAN_EMPTY;
    if (oid.size == 0 || value.size == 0) {
        return TPS_BAD_ARGUMENT;
    }
    der_put(&w, DER_OCTET_STRING, value);
    if (is_critical) {
        der_put(&w, DER_BOOLEAN, TPS_SPAN_OF(is_true));
    }
    der_put(&w, DER_OID, oid);
    der_close(&w, DER_SEQUENCE, 0);
    return der_writer_finish(&w, encoded);
}
