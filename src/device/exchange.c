/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong with messages to the services of a component, in words. */
#include "device/exchange.h"

#include "component/services/lifecycle.h"

enum { TAG_STATE = 10 };

tps_status device_read_state(uint32_t *state)
{
    static const uint8_t request[] = {0xc0 | TAG_STATE, 0xa0};
    uint8_t room[64];
    tps_span answer;
    tps_cbor_reader r;
    tps_cbor_list map;

    *state = UINT32_MAX;
    if (tps_agent_call(&tps_lifecycle_service.id, TPSC_LOGIN_PUBLIC, TPS_SPAN_OF(request), TPS_BUF_OF(room),
                       &answer) != TPSC_SUCCESS) {
        return TPS_COMPONENT_UNREACHABLE;
    }
    TPS_TRY(tps_agent_open_answer(answer, TAG_STATE, &r, &map));
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
                           agent->folder.name, service, tps_agent_result_text(result), (unsigned)result);
}

tps_status device_call(tps_device_agent *agent, const tps_service *service, uint32_t login, tps_span request,
                       tps_buf room, tps_span *answer, tps_device_problem *problem)
{
    uint32_t result = tps_agent_call(&service->id, login, request, room, answer);

    return result == TPSC_SUCCESS ? TPS_OK : device_fail_result(agent, result, service->name, problem);
}

tps_status device_fail_answer(const tps_device_agent *agent, const char *service, tps_device_problem *problem)
{
    return tps_device_fail(problem, TPS_COMPONENT_BAD_MESSAGE,
                           "use a component and a tps of the same version",
                           "%s: %s: the answer cannot be understood", agent->folder.name, service);
}
