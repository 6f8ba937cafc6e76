/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the services of a component and their answers, and what went wrong with them in words. */
#include "device/exchange.h"

#include "component/services/lifecycle.h"
#include "tps/tpsc_registry.h"

enum { TAG_STATE = 10, SERVICES_MAX = 16 };

static const char *text_of(uint32_t result)
{
    switch (result) {
    case TPSC_ERROR_ACCESS_DENIED: return "this login may not ask for it";
    case TPSC_ERROR_BAD_FORMAT: return "the service does not understand the request";
    case TPSC_ERROR_NOT_SUPPORTED: return "the service does not offer this";
    case TPSC_ERROR_NO_DATA: return "the service has no such thing";
    case TPSC_ERROR_OUT_OF_MEMORY: return "the component has no room left";
    case TPSC_ERROR_BUSY: return "the component is busy";
    case TPSC_ERROR_COMMUNICATION: return "the component does not answer";
    case TPSC_ERROR_SHORT_BUFFER: return "the answer is too large";
    case TPSC_ERROR_BAD_IDENTIFIER: return "the component has no such service";
    default: return "the service failed";
    }
}

uint32_t device_execute(const TPSC_Session *session, tps_span request, tps_buf room, tps_span *answer)
{
    uint8_t copy[DEVICE_REQUEST_MAX]; /* TPSC_InitializeTransaction takes writable room */
    TPSC_MessageBuffer out = {0};
    TPSC_MessageBuffer in = {0};
    uint32_t result;

    *answer = TPS_SPAN_EMPTY;
    if (request.size > sizeof(copy)) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    memcpy(copy, request.data, request.size);
    result = TPSC_InitializeTransaction(&out, copy, sizeof(copy));
    if (result != TPSC_SUCCESS) {
        return result;
    }
    result = TPSC_InitializeTransaction(&in, room.data, room.size);
    if (result == TPSC_SUCCESS) {
        out.size = request.size;
        result = TPSC_ExecuteTransaction(session, &out, &in);
        *answer = tps_span_make(in.message, in.size);
        (void)TPSC_FinalizeTransaction(&in);
    }
    (void)TPSC_FinalizeTransaction(&out);
    return result;
}

uint32_t device_open_session(const tps_service *service, uint32_t login, TPSC_Session *session)
{
    TPSC_ServiceSelector wanted = {.service_id = service->id,
                                   .service_version_range = TPSC_SERVICE_RANGE_ANY};
    TPSC_ServiceIdentifier found[SERVICES_MAX];
    size_t count = SERVICES_MAX;
    uint32_t result = TPSC_ServiceDiscovery(&wanted, &count, found);

    if (result == TPSC_SUCCESS && count == 0) {
        result = TPSC_ERROR_BAD_IDENTIFIER;
    }
    return result == TPSC_SUCCESS ? TPSC_OpenSession(&found[0].service_instance, login, NULL, session)
                                  : result;
}

/** One message in a session of its own. */
static uint32_t exchange(const tps_service *service, uint32_t login, tps_span request, tps_buf room,
                         tps_span *answer)
{
    TPSC_Session session;
    uint32_t result = device_open_session(service, login, &session);

    if (result == TPSC_SUCCESS) {
        result = device_execute(&session, request, room, answer);
        (void)TPSC_CloseSession(&session);
    }
    return result;
}

tps_status device_open_answer(tps_span answer, uint64_t tag, tps_cbor_reader *r, tps_cbor_list *map)
{
    TPS_TRY(tps_cbor_check(answer, &tps_cbor_limits_message, NULL, NULL));
    *r = tps_cbor_reader_init(answer);
    if (!tps_cbor_take_tag(r, tag)) {
        return TPS_COMPONENT_BAD_MESSAGE;
    }
    *map = tps_cbor_enter_map(r);
    return r->status;
}

tps_status device_read_state(uint32_t *state)
{
    static const uint8_t request[] = {0xc0 | TAG_STATE, 0xa0};
    uint8_t room[64];
    tps_span answer;
    tps_cbor_reader r;
    tps_cbor_list map;

    *state = UINT32_MAX;
    if (exchange(&tps_lifecycle_service, TPSC_LOGIN_PUBLIC, TPS_SPAN_OF(request), TPS_BUF_OF(room),
                 &answer) != TPSC_SUCCESS) {
        return TPS_COMPONENT_UNREACHABLE;
    }
    TPS_TRY(device_open_answer(answer, TAG_STATE, &r, &map));
    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) == 1) {
            *state = (uint32_t)tps_cbor_get_uint(&r);
        } else {
            (void)tps_cbor_skip(&r);
        }
    }
    return r.status;
}

tps_status device_fail_result(const tps_device_agent *agent, uint32_t result, const char *service,
                              tps_device_problem *problem)
{
    uint32_t state;

    /* at its end a device has no service but that of the lifecycle, and none of the others says why */
    if (result == TPSC_ERROR_GENERIC && device_read_state(&state) == TPS_OK &&
        state == TPS_LIFECYCLE_DECOMMISSIONED) {
        return tps_device_fail_status(problem, TPS_COMPONENT_DECOMMISSIONED, agent->folder.name);
    }
    return tps_device_fail(problem, TPS_COMPONENT_UNREACHABLE,
                           "look at the component's log: tps device log DIR", "%s: %s: %s (0x%08x)",
                           agent->folder.name, service, text_of(result), (unsigned)result);
}

tps_status device_call(tps_device_agent *agent, const tps_service *service, uint32_t login, tps_span request,
                       tps_buf room, tps_span *answer, tps_device_problem *problem)
{
    uint32_t result = exchange(service, login, request, room, answer);

    return result == TPSC_SUCCESS ? TPS_OK : device_fail_result(agent, result, service->name, problem);
}

tps_status device_fail_answer(const tps_device_agent *agent, const char *service, tps_device_problem *problem)
{
    return tps_device_fail(problem, TPS_COMPONENT_BAD_MESSAGE,
                           "use a component and a tps of the same version",
                           "%s: %s: the answer cannot be understood", agent->folder.name, service);
}
