/* SPDX-License-Identifier: Apache-2.0 */
/* One writer of CBOR or JSON. */
#include "format/dual/writer.h"

dual_writer dual_writer_init(tps_buf out, bool is_json)
{
    return (dual_writer){is_json, tps_cbor_writer_init(out), json_writer_init(out)};
}

void dual_begin_map(dual_writer *writer, uint64_t count)
{
    if (writer->is_json) {
        json_begin_object(&writer->json);
    } else {
        tps_cbor_put_map(&writer->cbor, count);
    }
}

void dual_end_map(dual_writer *writer)
{
    if (writer->is_json) {
        json_end_object(&writer->json);
    }
}

void dual_begin_array(dual_writer *writer, uint64_t count)
{
    if (writer->is_json) {
        json_begin_array(&writer->json);
    } else {
        tps_cbor_put_array(&writer->cbor, count);
    }
}

void dual_end_array(dual_writer *writer)
{
    if (writer->is_json) {
        json_end_array(&writer->json);
    }
}

void dual_put_key(dual_writer *writer, int64_t label, const char *name)
{
    if (writer->is_json) {
        json_key(&writer->json, name);
    } else {
        tps_cbor_put_int(&writer->cbor, label);
    }
}

void dual_put_key_text(dual_writer *writer, tps_span name)
{
    if (writer->is_json) {
        json_key_span(&writer->json, name);
    } else {
        tps_cbor_put_text_span(&writer->cbor, name);
    }
}

void dual_put_int(dual_writer *writer, int64_t value)
{
    if (writer->is_json) {
        json_int(&writer->json, value);
    } else {
        tps_cbor_put_int(&writer->cbor, value);
    }
}

void dual_put_bool(dual_writer *writer, bool value)
{
    if (writer->is_json) {
        json_bool(&writer->json, value);
    } else {
        tps_cbor_put_bool(&writer->cbor, value);
    }
}

void dual_put_text(dual_writer *writer, tps_span text)
{
    if (writer->is_json) {
        json_text_span(&writer->json, text);
    } else {
        tps_cbor_put_text_span(&writer->cbor, text);
    }
}

void dual_put_bytes(dual_writer *writer, tps_span bytes)
{
    if (writer->is_json) {
        json_base64url(&writer->json, bytes);
    } else {
        tps_cbor_put_bytes(&writer->cbor, bytes);
    }
}

void dual_put_raw(dual_writer *writer, tps_span encoded)
{
    if (writer->is_json) {
        json_raw(&writer->json, encoded);
    } else {
        tps_cbor_put_raw(&writer->cbor, encoded);
    }
}

tps_status dual_writer_finish(const dual_writer *writer, size_t *size)
{
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_status status;

    if (writer->is_json) {
        return json_writer_finish(&writer->json, size);
    }
    status = tps_cbor_writer_finish(&writer->cbor, &encoded);
    *size = encoded.size;
    return status;
}
