/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers written: one writer for both encodings, which keeps collections in order. */
#include "format/json/writer.h"
#include "tps/cmw.h"

#define COLLECTION_TYPE "__cmwc_t"

_Static_assert(sizeof(json_writer) <= sizeof(((tps_cmw_writer *)NULL)->json), "the writer of JSON fits");

/* The writer of JSON lies in the public struct as plain numbers. */
static json_writer json_of(const tps_cmw_writer *writer)
{
    json_writer json;

    memcpy(&json, writer->json, sizeof json);
    return json;
}

static void keep_json(tps_cmw_writer *writer, const json_writer *json)
{
    memcpy(writer->json, json, sizeof *json);
}

tps_cmw_writer tps_cmw_writer_init(tps_buf out, bool is_json)
{
    tps_cmw_writer writer = {.cbor = tps_cbor_writer_init(out), .is_json = is_json, .status = TPS_OK};
    json_writer json = json_writer_init(out);

    keep_json(&writer, &json);
    return writer;
}

/* Keeps the first error; true when there is one. */
static bool refuses(tps_cmw_writer *writer, bool is_wrong, tps_status status)
{
    if (is_wrong && writer->status == TPS_OK) {
        writer->status = status;
    }
    return writer->status != TPS_OK;
}

/* ---- collections that are open ---- */

static void put_type_of_collection(tps_cmw_writer *writer)
{
    uint32_t level = writer->depth - 1;

    if (writer->is_json) {
        json_writer json = json_of(writer);
        json_key(&json, COLLECTION_TYPE);
        json_text_span(&json, writer->open[level].type);
        keep_json(writer, &json);
    } else {
        tps_cbor_put_text(&writer->cbor, COLLECTION_TYPE);
        tps_cbor_put_text_span(&writer->cbor, writer->open[level].type);
    }
    writer->open[level].type = TPS_SPAN_EMPTY;
}

/* True where a wrapper may stand: at the start, or behind a label. */
static bool begin_wrapper(tps_cmw_writer *writer)
{
    return !refuses(writer, writer->is_whole || (writer->depth > 0 && !writer->has_label), TPS_BAD_ARGUMENT);
}

static void close_collection(tps_cmw_writer *writer)
{
    if (writer->open[writer->depth - 1].type.size != 0) {
        put_type_of_collection(writer);
    }
    if (writer->is_json) {
        json_writer json = json_of(writer);
        json_end_object(&json);
        keep_json(writer, &json);
    }
    writer->depth--;
}

/* A wrapper is complete, and with it all collections whose last entry it was. */
static void end_wrapper(tps_cmw_writer *writer)
{
    while (writer->depth > 0) {
        writer->has_label = false;
        if (--writer->open[writer->depth - 1].left > 0) {
            return;
        }
        close_collection(writer);
    }
    writer->is_whole = true;
}

void tps_cmw_put_collection(tps_cmw_writer *writer, tps_span type, uint32_t count)
{
    bool is_bad_type = type.size != 0 && !tps_cmw_collection_type_is_valid(type);

    if (!begin_wrapper(writer) || refuses(writer, is_bad_type, TPS_CMW_BAD_COLLECTION_TYPE) ||
        refuses(writer, count == 0, TPS_CMW_EMPTY_COLLECTION) ||
        refuses(writer, writer->depth == TPS_CMW_DEPTH_MAX, TPS_CMW_TOO_DEEP)) {
        return;
    }
    writer->open[writer->depth].type = type;
    writer->open[writer->depth].left = count;
    writer->open[writer->depth].has_last = false;
    writer->depth++;
    writer->has_label = false;
    if (writer->is_json) {
        json_writer json = json_of(writer);
        json_begin_object(&json);
        keep_json(writer, &json);
        if (type.size != 0) {
            put_type_of_collection(writer);
        }
    } else {
        tps_cbor_put_map(&writer->cbor, (uint64_t)count + (type.size != 0 ? 1 : 0));
    }
}

static tps_status judge_label(const tps_cmw_writer *writer, const tps_cmw_label *label)
{
    if (writer->depth == 0 || writer->has_label) {
        return TPS_BAD_ARGUMENT;
    }
    if (label->is_int ? writer->is_json
                      : label->text.size == 0 || tps_span_is_text(label->text, COLLECTION_TYPE)) {
        return TPS_CMW_BAD_LABEL;
    }
    return !writer->is_json && writer->open[writer->depth - 1].has_last &&
                   tps_cmw_label_compare(&writer->open[writer->depth - 1].last, label) >= 0
               ? TPS_BAD_ARGUMENT
               : TPS_OK;
}

static void put_label(tps_cmw_writer *writer, const tps_cmw_label *label)
{
    if (writer->is_json) {
        json_writer json = json_of(writer);
        json_key_span(&json, label->text);
        keep_json(writer, &json);
    } else if (label->is_int) {
        tps_cbor_put_int(&writer->cbor, label->number);
    } else {
        tps_cbor_put_text_span(&writer->cbor, label->text);
    }
}

void tps_cmw_put_label(tps_cmw_writer *writer, const tps_cmw_label *label)
{
    const tps_cmw_label type = {.text = TPS_SPAN_LITERAL(COLLECTION_TYPE)};
    tps_status status = judge_label(writer, label);
    uint32_t level;

    if (refuses(writer, status != TPS_OK, status)) {
        return;
    }
    level = writer->depth - 1;
    if (writer->open[level].type.size != 0 && tps_cmw_label_compare(&type, label) < 0) {
        put_type_of_collection(writer);
    }
    put_label(writer, label);
    writer->open[level].last = *label;
    writer->open[level].has_last = true;
    writer->has_label = true;
}

/* ---- records and tags ---- */

static tps_status judge_type(const tps_cmw_writer *writer, const tps_cmw_record *record)
{
    if (record->type.size != 0) {
        return record->type.size <= TPS_CMW_TYPE_MAX && tps_cmw_type_is_valid(record->type)
                   ? TPS_OK
                   : TPS_CMW_BAD_TYPE;
    }
    if (record->content_format > UINT16_MAX) {
        return TPS_CMW_BAD_TYPE;
    }
    return writer->is_json && tps_cmw_media_type(record->content_format) == NULL ? TPS_CMW_BAD_TYPE : TPS_OK;
}

static void put_json_record(tps_cmw_writer *writer, const tps_cmw_record *record)
{
    json_writer json = json_of(writer);

    json_begin_array(&json);
    if (record->type.size != 0) {
        json_text_span(&json, record->type);
    } else {
        json_text(&json, tps_cmw_media_type(record->content_format));
    }
    json_base64url(&json, record->message);
    if (record->indicator != 0) {
        json_uint(&json, record->indicator);
    }
    json_end_array(&json);
    keep_json(writer, &json);
}

static void put_cbor_record(tps_cmw_writer *writer, const tps_cmw_record *record)
{
    tps_cbor_put_array(&writer->cbor, record->indicator == 0 ? 2 : 3);
    if (record->type.size != 0) {
        tps_cbor_put_text_span(&writer->cbor, record->type);
    } else {
        tps_cbor_put_uint(&writer->cbor, record->content_format);
    }
    tps_cbor_put_bytes(&writer->cbor, record->message);
    if (record->indicator != 0) {
        tps_cbor_put_uint(&writer->cbor, record->indicator);
    }
}

void tps_cmw_put_record(tps_cmw_writer *writer, const tps_cmw_record *record)
{
    tps_status type = judge_type(writer, record);

    if (!begin_wrapper(writer) || refuses(writer, type != TPS_OK, type) ||
        refuses(writer, record->message.size == 0, TPS_CMW_BAD_VALUE) ||
        refuses(writer, (record->indicator & ~(uint32_t)TPS_CMW_INDICATORS) != 0, TPS_CMW_BAD_INDICATOR)) {
        return;
    }
    if (writer->is_json) {
        put_json_record(writer, record);
    } else {
        put_cbor_record(writer, record);
    }
    end_wrapper(writer);
}

void tps_cmw_put_tag(tps_cmw_writer *writer, uint32_t content_format, tps_span message)
{
    uint64_t tag = tps_cmw_tag_of(content_format);

    if (!begin_wrapper(writer) || refuses(writer, writer->is_json, TPS_UNSUPPORTED) ||
        refuses(writer, tag == 0, TPS_CMW_BAD_TAG) || refuses(writer, message.size == 0, TPS_CMW_BAD_VALUE)) {
        return;
    }
    tps_cbor_put_tag(&writer->cbor, tag);
    tps_cbor_put_bytes(&writer->cbor, message);
    end_wrapper(writer);
}

tps_status tps_cmw_writer_finish(const tps_cmw_writer *writer, size_t *size)
{
    json_writer json = json_of(writer);
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_status status;

    *size = 0;
    if (writer->status != TPS_OK) {
        return writer->status;
    }
    if (!writer->is_whole) {
        return TPS_BAD_ARGUMENT;
    }
    if (writer->is_json) {
        return json_writer_finish(&json, size);
    }
    status = tps_cbor_writer_finish(&writer->cbor, &encoded);
    *size = encoded.size;
    return status;
}

tps_status tps_cmw_write_record(const tps_cmw_record *record, bool is_json, tps_buf out, size_t *size)
{
    tps_cmw_writer writer = tps_cmw_writer_init(out, is_json);

    tps_cmw_put_record(&writer, record);
    return tps_cmw_writer_finish(&writer, size);
}
