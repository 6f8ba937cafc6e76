/* SPDX-License-Identifier: Apache-2.0 */
/* From a message to the service that answers it: checks what every message must be, answers GetFeatures from
 * the service's table, and says which TPSC error a status is. Sessions are in session.c, start and end in
 * component.c. */
#include "component/core/binding.h"
#include "component/core/component.h"
#include "component/core/core.h"
#include "tps/secret.h"

enum {
    TAG_GET_FEATURES = 1,
    FEATURES_NAME = 1,
    FEATURES_LOGINS = 2,
    FEATURES_PROFILE = 3,
    FEATURES_SERVICE = 0x80
};

tps_status tps_request_expect_empty(const tps_request *request, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(request->body);
    tps_cbor_list map = tps_cbor_enter_map(&r);

    if (tps_cbor_next(&r, &map) || tps_cbor_reader_finish(&r) != TPS_OK) { /* a member, or no map */
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "an empty map is expected");
    }
    return TPS_OK;
}

tps_cbor_writer tps_response_begin(const tps_request *request)
{
    tps_cbor_writer w = tps_cbor_writer_init(request->response);

    tps_cbor_put_tag(&w, request->tag);
    return w;
}

tps_cbor_writer tps_response_map(const tps_request *request, uint32_t pairs)
{
    tps_cbor_writer w = tps_response_begin(request);

    tps_cbor_put_map(&w, pairs);
    return w;
}

tps_status tps_response_end(tps_request *request, const tps_cbor_writer *writer)
{
    tps_span encoded;
    tps_status status = tps_cbor_writer_finish(writer, &encoded);

    request->response_size = encoded.size;
    if (status == TPS_OK && encoded.data == NULL) {
        return TPS_BUFFER_TOO_SMALL; /* the client gave no room, so it was only measured */
    }
    return status;
}

static tps_status get_features(tps_request *request)
{
    const tps_service *service = request->session->service;
    tps_cbor_writer w = tps_response_map(request, service->profile != NULL ? 4 : 3);

    tps_cbor_pair_bytes(&w, FEATURES_NAME, TPS_SPAN_OF(service->id.bytes));
    tps_cbor_pair_array(&w, FEATURES_LOGINS, service->logins_count);
    for (size_t i = 0; i < service->logins_count; i++) {
        tps_cbor_put_uint(&w, service->logins[i]);
    }
    if (service->profile != NULL) {
        tps_cbor_pair_text(&w, FEATURES_PROFILE, service->profile);
    }
    tps_cbor_put_uint(&w, FEATURES_SERVICE);
    if (service->put_features != NULL) {
        service->put_features(&w);
    } else {
        tps_cbor_put_raw(&w, service->features);
    }
    return tps_response_end(request, &w);
}

static tps_status read_request(tps_span message, tps_request *request, tps_error *why)
{
    tps_cbor_reader r;

    if (message.size > TPS_COMPONENT_MESSAGE_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, "message");
    }
    TPS_TRY(tps_cbor_check(message, &tps_cbor_limits_message, NULL, why));
    r = tps_cbor_reader_init(message);
    if (tps_cbor_peek(&r) != TPS_CBOR_TAG) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "a message begins with a tag");
    }
    request->tag = tps_cbor_get_tag(&r);
    request->body = tps_span_make(message.data + tps_cbor_offset(&r), message.size - tps_cbor_offset(&r));
    return TPS_OK;
}

static tps_status answer(tps_request *request, tps_error *why)
{
    const tps_service *service = request->session->service;
    tps_status status;

    if (request->tag == TAG_GET_FEATURES) {
        status = get_features(request);
    } else if (request->tag == TPS_TAG_BIND && service->takes_bindings) {
        status = tps_binding_answer(request, why);
    } else {
        status = service->handle(request, why);
        tps_wipe(request->component->work, service->work_size);
    }
    if (status == TPS_OK &&
        (request->response_size == 0 || request->response_size > request->response.size)) {
        status = tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "the service gave no response");
    }
    return status;
}

/** On a device at its end only what serves to the end is answered, and what a service is. */
static bool is_at_its_end(const tps_request *request)
{
    return tps_component_lifecycle(request->component) == TPS_LIFECYCLE_DECOMMISSIONED &&
           !request->session->service->serves_to_the_end && request->tag != TAG_GET_FEATURES;
}

tps_status tps_component_execute(tps_component *component, uint32_t connection, uint32_t session,
                                 tps_span message, tps_buf response, size_t *size, tps_error *why)
{
    tps_session *entry = tps_component_find_session(component, connection, session);
    tps_request request = {.component = component, .platform = component->platform, .session = entry};
    tps_status status;

    *size = 0;
    tps_fail(why, TPS_OK, 0, NULL);
    if (entry == NULL) {
        return tps_fail(why, TPS_COMPONENT_NO_SESSION, 0, NULL);
    }
    request.state = tps_component_state_of(component, entry->service);
    request.response = response;
    TPS_TRY(read_request(message, &request, why));

    status = is_at_its_end(&request) ? TPS_COMPONENT_DECOMMISSIONED : answer(&request, why);
    if (status == TPS_OK || status == TPS_BUFFER_TOO_SMALL) {
        *size = request.response_size;
    }
    if (status != TPS_OK) {
        tps_wipe(response.data, response.data == NULL ? 0 : response.size);
        if (why != NULL) {
            why->status = status;
        }
    }
    return status;
}

uint32_t tps_component_result(tps_status status)
{
    uint32_t layer = status >> 16;

    switch (status) {
    case TPS_OK: return TPSC_SUCCESS;
    case TPS_BUFFER_TOO_SMALL: return TPSC_ERROR_SHORT_BUFFER;
    case TPS_TOO_LARGE:
    case TPS_BAD_ARGUMENT:
    case TPS_COMPONENT_BAD_MESSAGE: return TPSC_ERROR_BAD_FORMAT;
    case TPS_OUT_OF_MEMORY:
    case TPS_COMPONENT_FULL: return TPSC_ERROR_OUT_OF_MEMORY;
    case TPS_NOT_FOUND: return TPSC_ERROR_NO_DATA;
    case TPS_UNSUPPORTED: return TPSC_ERROR_NOT_SUPPORTED;
    case TPS_COMPONENT_NOT_BOUND:
    case TPS_COMPONENT_DENIED: return TPSC_ERROR_ACCESS_DENIED;
    case TPS_COMPONENT_NO_SERVICE: return TPSC_ERROR_BAD_IDENTIFIER;
    case TPS_COMPONENT_NO_SESSION: return TPSC_ERROR_BAD_STATE;
    case TPS_COMPONENT_CANCELLED: return TPSC_ERROR_CANCEL;
    case TPS_COMPONENT_UNREACHABLE: return TPSC_ERROR_COMMUNICATION;
    case TPS_CRYPTO_BAD_TAG: return TPSC_ERROR_SECURITY;
    default: break;
    }
    if (layer == TPS_LAYER_CBOR || layer == TPS_LAYER_COSE || layer == TPS_LAYER_CLAIMS) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    return TPSC_ERROR_GENERIC;
}
