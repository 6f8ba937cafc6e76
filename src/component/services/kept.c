/* SPDX-License-Identifier: Apache-2.0 */
/* Errors in responses, and the numbers of the vault's failures. */
#include "component/services/kept.h"

enum { TELL_ERROR = 2 };

tps_status tps_kept_error(tps_request *request, uint32_t error)
{
    tps_cbor_writer w = tps_response_begin(request);

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TELL_ERROR);
    tps_cbor_put_uint(&w, error);
    return tps_response_end(request, &w);
}

uint32_t tps_kept_number(tps_status status)
{
    switch (status) {
    case TPS_COMPONENT_STORAGE_FULL: return TPS_KEPT_FULL;
    case TPS_COMPONENT_STORAGE_CORRUPT: return TPS_KEPT_CORRUPT;
    case TPS_COMPONENT_STORAGE_ROLLED_BACK: return TPS_KEPT_ROLLED_BACK;
    case TPS_COMPONENT_STORAGE_NEWER: return TPS_KEPT_NEWER;
    case TPS_COMPONENT_STORAGE_BOUND: return TPS_KEPT_BOUND;
    case TPS_COMPONENT_STORAGE: return TPS_KEPT_FAILED;
    default: return 0;
    }
}

tps_status tps_kept_failure(tps_request *request, tps_status status)
{
    uint32_t number = tps_kept_number(status);

    return number == 0 ? status : tps_kept_error(request, number);
}

tps_status tps_kept_room(tps_request *request, size_t size)
{
    if (request->response.data != NULL && request->response.size >= size) {
        return TPS_OK;
    }
    request->response_size = size;
    return TPS_BUFFER_TOO_SMALL;
}
