/* SPDX-License-Identifier: Apache-2.0 */
/* The message that binds a session to a provider. Which modes providers have is kept by ownership.c. */
#include "component/core/binding.h"

#include "component/core/core.h"
#include "component/core/ownership.h"

enum { ASK_MODE = 1, ASK_PROVIDER = 2, TELL_ERROR = 2 };

/** Bytes of the response, at most: a tag of one byte, and {2: error}. */
#define RESPONSE_MAX 4u

static tps_status read_binding(tps_span body, tps_binding *binding, uint64_t *mode, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(body);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    tps_span provider = TPS_SPAN_EMPTY;

    *mode = TPS_MODE_NONE;
    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_uint(&r)) {
        case ASK_MODE: *mode = tps_cbor_get_uint(&r); break;
        case ASK_PROVIDER: provider = tps_cbor_get_bytes(&r); break;
        default: tps_cbor_fail(&r, TPS_COMPONENT_BAD_MESSAGE); break;
        }
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK || provider.size != sizeof(binding->provider)) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, tps_cbor_offset(&r), "a mode and 32 bytes");
    }
    memcpy(binding->provider, provider.data, provider.size);
    return TPS_OK;
}

/** Binds the session, or says why not: TPS_BIND_ERROR_*, 0 when it is bound. */
static uint32_t bind_session(tps_request *request, tps_binding *binding, uint64_t mode, tps_error *why)
{
    tps_status status;

    if (mode < TPS_MODE_DIRECT || mode > TPS_MODE_PASSPORT) {
        return TPS_BIND_ERROR_MODE;
    }
    if (request->session->binding.mode != TPS_MODE_NONE) {
        return TPS_BIND_ERROR_SESSION;
    }
    binding->mode = (uint32_t)mode;
    status = tps_component_provider_bind(request->component, request->session, binding);
    switch (status) {
    case TPS_OK: request->session->binding = *binding; return 0;
    case TPS_COMPONENT_IS_BOUND: return TPS_BIND_ERROR_PROVIDER;
    case TPS_COMPONENT_FULL:
    case TPS_COMPONENT_STORAGE_FULL: return TPS_BIND_ERROR_FULL;
    default: tps_fail(why, status, 0, "the owner secret"); return TPS_BIND_ERROR_OWNER;
    }
}

tps_status tps_binding_answer(tps_request *request, tps_error *why)
{
    tps_binding binding;
    uint64_t mode;
    uint32_t error;
    tps_cbor_writer w;

    if (request->session->login.method == TPSC_LOGIN_PUBLIC) {
        return TPS_COMPONENT_DENIED;
    }
    TPS_TRY(read_binding(request->body, &binding, &mode, why));
    if (request->response.data == NULL || request->response.size < RESPONSE_MAX) {
        request->response_size = RESPONSE_MAX;
        return TPS_BUFFER_TOO_SMALL;
    }
    error = bind_session(request, &binding, mode, why);
    w = tps_response_map(request, error != 0 ? 1 : 0);
    if (error != 0) {
        tps_cbor_pair_uint(&w, TELL_ERROR, error);
    }
    return tps_response_end(request, &w);
}
