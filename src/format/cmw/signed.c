/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers that somebody vouches for: signed by COSE, or by JOSE. */
#include "tps/base64.h"
#include "tps/cmw.h"

#define CBOR_CONTENT_TYPE "application/cmw+cbor"
#define JSON_CONTENT_TYPE "application/cmw+json"

static bool is_json(tps_span cmw)
{
    uint32_t form = tps_cmw_form(cmw);

    return form == TPS_CMW_JSON_RECORD || form == TPS_CMW_JSON_COLLECTION;
}

/* ---- COSE ---- */

/* The content type must be protected: that it stands somewhere is not enough. */
static bool says_wrapper(tps_span protected_raw)
{
    tps_span value;
    tps_cbor_reader r;

    if (!tps_cose_header_find(protected_raw, TPS_HEADER_CONTENT_TYPE, &value)) {
        return false;
    }
    r = tps_cbor_reader_init(value);
    return tps_cbor_peek(&r) == TPS_CBOR_UINT ? tps_cbor_get_uint(&r) == TPS_CONTENT_FORMAT_CMW_CBOR
                                              : tps_span_is_text(tps_cbor_get_text(&r), CBOR_CONTENT_TYPE);
}

tps_status tps_cmw_verify_cose(tps_span message, const tps_cose_key_finder *keys, tps_cmw *out,
                               tps_error *why)
{
    tps_cose_message verified;

    TPS_TRY(tps_cose_sign1_verify(message, keys, NULL, &verified, why));
    if (!says_wrapper(verified.protected_raw)) {
        return tps_fail(why, TPS_CMW_NOT_SIGNED_CMW, 0, "content type, protected");
    }
    if (is_json(verified.payload)) {
        return tps_fail(why, TPS_CMW_NOT_WELL_FORMED, 0, "the payload is JSON");
    }
    return tps_cmw_read(verified.payload, NULL, out, why);
}

tps_status tps_cmw_sign_cose(tps_span cmw, const tps_cose_make_options *options,
                             const tps_cose_signer *signer, tps_buf out, tps_span *encoded)
{
    tps_cose_make_options with_type = {0};
    tps_cmw checked;

    *encoded = TPS_SPAN_EMPTY;
    if (is_json(cmw)) {
        return TPS_CMW_NOT_WELL_FORMED;
    }
    TPS_TRY(tps_cmw_read(cmw, NULL, &checked, NULL));
    if (options != NULL) {
        with_type = *options;
    }
    with_type.content_type = TPS_SPAN_LITERAL(CBOR_CONTENT_TYPE);
    with_type.has_content_format = false;
    return tps_cose_sign1_make(cmw, &with_type, signer, out, encoded);
}

/* ---- JOSE ---- */

/* "application/" may be left away (RFC 7515, 4.1.10). */
static bool names_wrapper(tps_span cty)
{
    return tps_span_is_text(cty, JSON_CONTENT_TYPE) || tps_span_is_text(cty, "cmw+json");
}

static tps_status decode_payload(const tps_jws *jws, tps_buf *room, tps_span *payload, tps_error *why)
{
    size_t size;
    tps_status status = tps_base64_read(jws->payload, *room, &size);

    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "payload");
    }
    *payload = tps_span_make(room->data, size);
    room->data += size;
    room->size -= size;
    return TPS_OK;
}

tps_status tps_cmw_verify_jws(tps_span text, struct tps_crypto_key *key, tps_buf *room, tps_cmw *out,
                              tps_error *why)
{
    tps_jws_header header;
    tps_span payload;
    tps_jws jws;
    tps_status status = tps_jws_parse(text, &jws);

    if (status != TPS_OK) {
        return tps_fail(why, status, 0, NULL);
    }
    TPS_TRY(tps_jws_read_header(&jws, room, &header, why));
    status = tps_jws_verify_as(&jws, header.alg, key);
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, NULL);
    }
    if (!names_wrapper(header.cty)) {
        return tps_fail(why, TPS_CMW_NOT_SIGNED_CMW, 0, "cty");
    }
    TPS_TRY(decode_payload(&jws, room, &payload, why));
    if (!is_json(payload)) {
        return tps_fail(why, TPS_CMW_NOT_WELL_FORMED, 0, "the payload is no wrapper of JSON");
    }
    return tps_cmw_read(payload, room, out, why);
}

tps_status tps_cmw_sign_jws(tps_span cmw, const char *key_id, const tps_cose_signer *signer, tps_buf *room,
                            tps_buf out, size_t *size)
{
    tps_jws_options options = {.kid = key_id, .cty = JSON_CONTENT_TYPE};
    tps_cmw checked;

    *size = 0;
    if (!is_json(cmw)) {
        return TPS_CMW_NOT_WELL_FORMED;
    }
    TPS_TRY(tps_cmw_read(cmw, room, &checked, NULL));
    return tps_jws_make_with(cmw, &options, signer, out, size);
}
