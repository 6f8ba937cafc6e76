/* SPDX-License-Identifier: Apache-2.0 */
/* One reader over CBOR or JSON. */
#include "format/dual/dual.h"

dual_reader dual_reader_init(tps_span input, bool is_json, tps_buf *room)
{
    return (dual_reader){
        .is_json = is_json,
        .cbor = tps_cbor_reader_init(is_json ? TPS_SPAN_EMPTY : input),
        .json = json_reader_init(is_json ? input : TPS_SPAN_EMPTY),
        .room = room,
    };
}

tps_status dual_status(const dual_reader *reader)
{
    return reader->is_json ? reader->json.status : reader->cbor.status;
}

void dual_fail(dual_reader *reader, tps_status status)
{
    if (status == TPS_OK) {
        return;
    }
    if (reader->is_json) {
        json_fail(&reader->json, status);
    } else {
        tps_cbor_fail(&reader->cbor, status);
    }
}

void dual_rename(dual_reader *reader, tps_status status)
{
    if (reader->is_json) {
        reader->json.status = status;
    } else {
        reader->cbor.status = status;
    }
}

size_t dual_offset(const dual_reader *reader)
{
    return reader->is_json ? json_offset(&reader->json) : tps_cbor_offset(&reader->cbor);
}

static uint32_t peek_json(const json_reader *reader)
{
    switch (json_peek(reader)) {
    case JSON_INTEGER: return DUAL_INT;
    case JSON_STRING: return DUAL_TEXT;
    case JSON_ARRAY: return DUAL_ARRAY;
    case JSON_OBJECT: return DUAL_MAP;
    default: return DUAL_OTHER;
    }
}

uint32_t dual_peek(const dual_reader *reader)
{
    if (reader->is_json) {
        return peek_json(&reader->json);
    }
    switch (tps_cbor_peek(&reader->cbor)) {
    case TPS_CBOR_UINT:
    case TPS_CBOR_NINT: return DUAL_INT;
    case TPS_CBOR_TEXT: return DUAL_TEXT;
    case TPS_CBOR_BYTES: return DUAL_BYTES;
    case TPS_CBOR_ARRAY: return DUAL_ARRAY;
    case TPS_CBOR_MAP: return DUAL_MAP;
    default: return DUAL_OTHER;
    }
}

dual_list dual_enter_map(dual_reader *reader)
{
    dual_list list = {0};

    if (reader->is_json) {
        list.json = json_enter_object(&reader->json);
    } else {
        list.cbor = tps_cbor_enter_map(&reader->cbor);
    }
    return list;
}

dual_list dual_enter_array(dual_reader *reader)
{
    dual_list list = {0};

    if (reader->is_json) {
        list.json = json_enter_array(&reader->json);
    } else {
        list.cbor = tps_cbor_enter_array(&reader->cbor);
    }
    return list;
}

bool dual_next(dual_reader *reader, dual_list *list)
{
    return reader->is_json ? json_next(&reader->json, &list->json)
                           : tps_cbor_next(&reader->cbor, &list->cbor);
}

dual_key dual_get_key(dual_reader *reader)
{
    dual_key key = {.is_int = false};

    if (reader->is_json) {
        key.text = json_get_name(&reader->json);
    } else if (tps_cbor_peek(&reader->cbor) == TPS_CBOR_TEXT) {
        key.text.raw = tps_cbor_get_text(&reader->cbor);
    } else {
        key.is_int = true;
        key.number = tps_cbor_get_int(&reader->cbor);
    }
    return key;
}

bool dual_key_is(const dual_reader *reader, const dual_key *key, int64_t number, const char *name)
{
    if (!reader->is_json) {
        return key->is_int && key->number == number;
    }
    return json_str_is(key->text, name);
}

int64_t dual_get_int(dual_reader *reader)
{
    return reader->is_json ? json_get_int(&reader->json) : tps_cbor_get_int(&reader->cbor);
}

tps_span dual_get_text(dual_reader *reader)
{
    return reader->is_json ? json_get_text(&reader->json, reader->room) : tps_cbor_get_text(&reader->cbor);
}

tps_span dual_get_bytes(dual_reader *reader)
{
    return reader->is_json ? json_get_base64url(&reader->json, reader->room)
                           : tps_cbor_get_bytes(&reader->cbor);
}

tps_span dual_skip(dual_reader *reader)
{
    return reader->is_json ? json_skip(&reader->json) : tps_cbor_skip(&reader->cbor);
}

const uint8_t *dual_place(const dual_reader *reader)
{
    const uint8_t *at = reader->is_json ? reader->json.at : reader->cbor.at;

    while (reader->is_json && at < reader->json.end && *at <= ' ') {
        at++;
    }
    return at;
}

tps_span dual_since(const dual_reader *reader, const uint8_t *place)
{
    const uint8_t *at = reader->is_json ? reader->json.at : reader->cbor.at;

    return at < place ? TPS_SPAN_EMPTY : tps_span_make(place, (size_t)(at - place));
}

tps_span dual_rest(const dual_reader *reader)
{
    return reader->is_json ? tps_span_make(reader->json.at, (size_t)(reader->json.end - reader->json.at))
                           : tps_span_make(reader->cbor.at, (size_t)(reader->cbor.end - reader->cbor.at));
}

tps_status dual_check(tps_span input, bool is_json, const tps_cbor_limits *cbor_limits,
                      const json_limits *text_limits, tps_error *why)
{
    return is_json ? json_check(input, text_limits, why) : tps_cbor_check(input, cbor_limits, NULL, why);
}
