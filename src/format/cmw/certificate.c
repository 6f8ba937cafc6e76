/* SPDX-License-Identifier: Apache-2.0 */
/* A wrapper in an X.509 certificate: found, and put into an extension's value. */
#include "format/der/certificate.h"
#include "tps/cmw.h"

/* id-pe-cmw, 1.3.6.1.5.5.7.1.35 */
static const uint8_t extension_oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x23};

tps_status tps_cmw_find_in_certificate(tps_span certificate, tps_span *cmw, tps_error *why)
{
    tps_span value = TPS_SPAN_EMPTY;
    tps_span content = TPS_SPAN_EMPTY;
    der_reader r;
    bool is_critical;
    bool is_json;

    TPS_TRY(der_certificate_extension(certificate, TPS_SPAN_OF(extension_oid), &value, &is_critical, why));
    TPS_TRY(der_check(value, why));
    r = der_reader_init(value);
    is_json = der_take(&r, DER_UTF8_STRING, &content);
    if ((!is_json && !der_take(&r, DER_OCTET_STRING, &content)) || tps_cmw_form(content) == TPS_CMW_UNKNOWN ||
        is_json != (tps_cmw_form(content) > TPS_CMW_CBOR_COLLECTION)) {
        return tps_fail(why, TPS_CMW_NOT_WELL_FORMED, (size_t)(value.data - certificate.data),
                        "the certificate's extension");
    }
    *cmw = content;
    return TPS_OK;
}

tps_status tps_cmw_extension_value(tps_span cmw, tps_buf out, size_t *size)
{
    uint32_t form = tps_cmw_form(cmw);
    uint8_t head[5] = {form > TPS_CMW_CBOR_COLLECTION ? DER_UTF8_STRING : DER_OCTET_STRING};
    size_t head_size = 2;

    *size = 0;
    if (form == TPS_CMW_UNKNOWN) {
        return TPS_CMW_NOT_WELL_FORMED;
    }
    if (cmw.size >= TPS_CMW_SIZE_MAX) {
        return TPS_TOO_LARGE;
    }
    if (cmw.size < 0x80) {
        head[1] = (uint8_t)cmw.size;
    } else {
        size_t length_size = cmw.size > 0xffff ? 3 : cmw.size > 0xff ? 2 : 1;
        head[1] = (uint8_t)(0x80 | length_size);
        for (size_t i = 0; i < length_size; i++) {
            head[2 + i] = (uint8_t)(cmw.size >> (8 * (length_size - 1 - i)));
        }
        head_size += length_size;
    }
    *size = head_size + cmw.size;
    if (out.data == NULL) {
        return TPS_OK;
    }
    if (out.size < *size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    memcpy(out.data, head, head_size);
    memcpy(out.data + head_size, cmw.data, cmw.size);
    return TPS_OK;
}
