/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the local connector; see spec/local-connector.cddl. */
#include "component/core/frame.h"

static uint32_t get_u32(tps_cbor_reader *r)
{
    uint64_t value = tps_cbor_get_uint(r);

    if (value > UINT32_MAX) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
        return 0;
    }
    return (uint32_t)value;
}

static TPSC_UUID get_uuid(tps_cbor_reader *r)
{
    tps_span bytes = tps_cbor_get_bytes(r);
    TPSC_UUID uuid = TPSC_UUID_NIL;

    if (bytes.size != sizeof(uuid.bytes)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
        return uuid;
    }
    memcpy(uuid.bytes, bytes.data, sizeof(uuid.bytes));
    return uuid;
}

/** The head of an array of definite length; returns its number of entries, at most `max`. */
static size_t get_array(tps_cbor_reader *r, size_t max)
{
    tps_cbor_item item;

    if (!tps_cbor_read(r, &item)) {
        return 0;
    }
    if (item.type != TPS_CBOR_ARRAY || item.value > max) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_MESSAGE);
        return 0;
    }
    return (size_t)item.value;
}

/** How many entries a request's array has, by what it asks for; 0 if that is unknown. */
static size_t entries_of(uint32_t op)
{
    switch (op) {
    case TPS_FRAME_LOGIN: return 5;
    case TPS_FRAME_DISCOVER: return 2;
    case TPS_FRAME_OPEN: return 3;
    case TPS_FRAME_CLOSE: return 3;
    case TPS_FRAME_EXECUTE: return 5;
    case TPS_FRAME_CANCEL: return 2;
    default: return 0;
    }
}

static void read_login(tps_cbor_reader *r, tps_frame_request *out)
{
    out->version = get_u32(r);
    out->method = get_u32(r);
    out->has_gid = tps_cbor_peek(r) == TPS_CBOR_UINT;
    if (out->has_gid) {
        out->gid = get_u32(r);
    } else {
        tps_cbor_get_null(r);
    }
}

tps_status tps_frame_read_request(tps_span frame, tps_frame_request *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(frame);
    size_t entries = get_array(&r, 5);
    tps_status status;

    *out = (tps_frame_request){.op = get_u32(&r), .transaction = 0};
    if (r.status == TPS_OK && (entries == 0 || entries != entries_of(out->op))) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "the frame's operation");
    }
    out->transaction = get_u32(&r);
    switch (out->op) {
    case TPS_FRAME_LOGIN: read_login(&r, out); break;
    case TPS_FRAME_OPEN: out->instance = get_uuid(&r); break;
    case TPS_FRAME_CLOSE: out->session = get_u32(&r); break;
    case TPS_FRAME_EXECUTE:
        out->session = get_u32(&r);
        out->room = get_u32(&r);
        out->message = tps_cbor_get_bytes(&r);
        break;
    default: break;
    }
    status = tps_cbor_reader_finish(&r);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, tps_cbor_offset(&r), "frame");
}

tps_status tps_frame_write_request(const tps_frame_request *request, tps_buf buffer, tps_span *head)
{
    tps_cbor_writer w = tps_cbor_writer_init(buffer);

    tps_cbor_put_array(&w, entries_of(request->op));
    tps_cbor_put_uint(&w, request->op);
    tps_cbor_put_uint(&w, request->transaction);
    switch (request->op) {
    case TPS_FRAME_LOGIN:
        tps_cbor_put_uint(&w, request->version);
        tps_cbor_put_uint(&w, request->method);
        if (request->has_gid) {
            tps_cbor_put_uint(&w, request->gid);
        } else {
            tps_cbor_put_null(&w);
        }
        break;
    case TPS_FRAME_OPEN: tps_cbor_put_bytes(&w, TPS_SPAN_OF(request->instance.bytes)); break;
    case TPS_FRAME_CLOSE: tps_cbor_put_uint(&w, request->session); break;
    case TPS_FRAME_EXECUTE:
        tps_cbor_put_uint(&w, request->session);
        tps_cbor_put_uint(&w, request->room);
        tps_cbor_put_bytes_head(&w, request->message.size);
        break;
    default: break;
    }
    return tps_cbor_writer_finish(&w, head);
}

tps_status tps_frame_read_response(tps_span frame, tps_frame_response *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(frame);
    size_t entries = get_array(&r, 4);
    tps_status status;

    *out = (tps_frame_response){.transaction = get_u32(&r), .result = 0};
    if (r.status == TPS_OK && entries != 4) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "frame");
    }
    out->result = get_u32(&r);
    out->status = get_u32(&r);
    switch (tps_cbor_peek(&r)) {
    case TPS_CBOR_UINT:
        out->kind = TPS_FRAME_NUMBER;
        out->number = get_u32(&r);
        break;
    case TPS_CBOR_BYTES:
        out->kind = TPS_FRAME_MESSAGE;
        out->message = tps_cbor_get_bytes(&r);
        break;
    case TPS_CBOR_ARRAY:
        out->kind = TPS_FRAME_SERVICES;
        out->message = tps_cbor_skip(&r);
        break;
    default: tps_cbor_get_null(&r); break;
    }
    status = tps_cbor_reader_finish(&r);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, tps_cbor_offset(&r), "frame");
}

tps_status tps_frame_read_services(tps_span encoded, TPSC_ServiceIdentifier *services, size_t capacity,
                                   size_t *count)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);

    *count = get_array(&r, TPS_FRAME_MAX);
    if (r.status == TPS_OK && *count > capacity) {
        return TPS_BUFFER_TOO_SMALL;
    }
    for (size_t i = 0; r.status == TPS_OK && i < *count; i++) {
        TPSC_ServiceIdentifier *s = &services[i];

        if (get_array(&r, 7) != 7) {
            tps_cbor_fail(&r, TPS_COMPONENT_BAD_MESSAGE);
        }
        s->service_instance = get_uuid(&r);
        s->service_id = get_uuid(&r);
        s->secure_component_type = get_uuid(&r);
        s->secure_component_instance = get_uuid(&r);
        s->service_version.major_version = get_u32(&r);
        s->service_version.minor_version = get_u32(&r);
        s->service_version.patch_version = get_u32(&r);
    }
    return tps_cbor_reader_finish(&r);
}

static void put_services(tps_cbor_writer *w, const TPSC_ServiceIdentifier *services, size_t count)
{
    tps_cbor_put_array(w, count);
    for (size_t i = 0; i < count; i++) {
        const TPSC_ServiceIdentifier *s = &services[i];

        tps_cbor_put_array(w, 7);
        tps_cbor_put_bytes(w, TPS_SPAN_OF(s->service_instance.bytes));
        tps_cbor_put_bytes(w, TPS_SPAN_OF(s->service_id.bytes));
        tps_cbor_put_bytes(w, TPS_SPAN_OF(s->secure_component_type.bytes));
        tps_cbor_put_bytes(w, TPS_SPAN_OF(s->secure_component_instance.bytes));
        tps_cbor_put_uint(w, s->service_version.major_version);
        tps_cbor_put_uint(w, s->service_version.minor_version);
        tps_cbor_put_uint(w, s->service_version.patch_version);
    }
}

tps_status tps_frame_write_response(const tps_frame_response *response, tps_buf buffer, tps_span *head)
{
    tps_cbor_writer w = tps_cbor_writer_init(buffer);

    tps_cbor_put_array(&w, 4);
    tps_cbor_put_uint(&w, response->transaction);
    tps_cbor_put_uint(&w, response->result);
    tps_cbor_put_uint(&w, response->status);
    switch (response->kind) {
    case TPS_FRAME_NUMBER: tps_cbor_put_uint(&w, response->number); break;
    case TPS_FRAME_MESSAGE: tps_cbor_put_bytes_head(&w, response->message.size); break;
    case TPS_FRAME_SERVICES: put_services(&w, response->services, response->services_count); break;
    default: tps_cbor_put_null(&w); break;
    }
    return tps_cbor_writer_finish(&w, head);
}
