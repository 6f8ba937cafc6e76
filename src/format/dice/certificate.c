/* SPDX-License-Identifier: Apache-2.0 */
/* What DICE says in X.509 certificates, and a chain of them as a list of layers. */
#include "format/der/chain.h"
#include "format/der/writer.h"
#include "tps/dice.h"

static const uint8_t multi_compressed[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x08};

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

static tps_status read_extension(const der_extension *extension, tps_dice_certificate *out,
                                 der_issuing *issuing, tps_error *why)
{
    for (uint32_t i = 0; i < TPS_DICE_EXTENSIONS; i++) {
        if (tps_span_equal(extension->oid, tps_dice_extension_oid(i))) {
            out->present |= 1u << i;
            out->critical |= (uint32_t)extension->is_critical << i;
            return read_dice(i, extension->value, out, why);
        }
    }
    if (tps_span_equal(extension->oid, TPS_SPAN_OF(multi_compressed))) {
        return tps_fail(why, TPS_UNSUPPORTED, 0, "MultiTcbInfoComp");
    }
    return der_issuing_read(extension, issuing, why);
}

tps_status tps_dice_certificate_read(tps_span certificate, tps_dice_certificate *out, tps_error *why)
{
    der_certificate parts;
    der_reader r;
    der_issuing issuing = DER_ISSUING_NONE;

    TPS_TRY(der_certificate_read(certificate, &parts, why));
    *out = (tps_dice_certificate){.serial = parts.serial,
                                  .issuer = parts.issuer,
                                  .subject = parts.subject,
                                  .public_key = parts.public_key};
    r = der_reader_init(parts.extensions);
    while (der_peek(&r) != DER_END) {
        der_extension extension;
        tps_status status;

        der_extension_read(&r, &extension);
        status = read_extension(&extension, out, &issuing, why);
        if (status != TPS_OK) {
            if (why != NULL) {
                why->offset += (size_t)(extension.value.data - certificate.data);
            }
            return status;
        }
    }
    out->is_ca = der_issuing_may(&issuing);
    out->path_length = issuing.path_length;
    out->unknown_critical = issuing.unknown_critical;
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
            const tps_dice_certificate *issuer = &two[(i + 1) % 2];

            TPS_TRY(der_issuer_check(&(der_issuer){issuer->subject, issuer->is_ca, issuer->path_length},
                                     i + 1, certificate->issuer, why));
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
