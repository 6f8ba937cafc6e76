/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the services of a component, and their answers. */
#include "agent/exchange.h"

uint32_t tps_agent_open_session(const TPSC_UUID *service, uint32_t login, TPSC_Session *session)
{
    TPSC_ServiceSelector wanted = {.service_id = *service, .service_version_range = TPSC_SERVICE_RANGE_ANY};
    TPSC_ServiceIdentifier found[TPS_AGENT_COMPONENTS_MAX];
    size_t count = TPS_AGENT_COMPONENTS_MAX;
    uint32_t result = TPSC_ServiceDiscovery(&wanted, &count, found);

    if (result == TPSC_SUCCESS && count == 0) {
        result = TPSC_ERROR_BAD_IDENTIFIER;
    }
    return result == TPSC_SUCCESS ? TPSC_OpenSession(&found[0].service_instance, login, NULL, session)
                                  : result;
}

uint32_t tps_agent_execute(const TPSC_Session *session, tps_span request, tps_buf room, tps_span *answer)
{
    TPSC_MessageBuffer out = {0};
    TPSC_MessageBuffer in = {0};
    uint32_t result;

    *answer = TPS_SPAN_EMPTY;
    /* TPSC_ExecuteTransaction() changes nothing of what is sent; GlobalPlatform's type has no const to say so
     */
    result = TPSC_InitializeTransaction(&out, (uint8_t *)(uintptr_t)request.data, request.size);
    if (result != TPSC_SUCCESS) {
        return result;
    }
    result = TPSC_InitializeTransaction(&in, room.data, room.size);
    if (result == TPSC_SUCCESS) {
        out.size = request.size;
        result = TPSC_ExecuteTransaction(session, &out, &in);
        if (result == TPSC_SUCCESS) {
            *answer = tps_span_make(in.message, in.size);
        }
        (void)TPSC_FinalizeTransaction(&in);
    }
    (void)TPSC_FinalizeTransaction(&out);
    return result;
}

uint32_t tps_agent_call(const TPSC_UUID *service, uint32_t login, tps_span request, tps_buf room,
                        tps_span *answer)
{
    TPSC_Session session;
    uint32_t result = tps_agent_open_session(service, login, &session);

    *answer = TPS_SPAN_EMPTY;
    if (result == TPSC_SUCCESS) {
        result = tps_agent_execute(&session, request, room, answer);
        (void)TPSC_CloseSession(&session);
    }
    return result;
}

tps_status tps_agent_open_answer(tps_span answer, uint64_t tag, tps_cbor_reader *r, tps_cbor_list *map)
{
    TPS_TRY(tps_cbor_check(answer, &tps_cbor_limits_message, NULL, NULL));
    *r = tps_cbor_reader_init(answer);
    if (!tps_cbor_take_tag(r, tag)) {
        return TPS_COMPONENT_BAD_MESSAGE;
    }
    *map = tps_cbor_enter_map(r);
    return r->status;
}

tps_status tps_agent_refuse(tps_agent_refusal *why, tps_status status, const char *cause,
                            const char *next_step)
{
    why->cause = cause;
    why->next_step = next_step;
    return status;
}

tps_status tps_agent_refuse_answer(tps_agent_refusal *why)
{
    return tps_agent_refuse(why, TPS_COMPONENT_BAD_MESSAGE, "the answer cannot be understood",
                            "use a component and an agent of the same version");
}

tps_status tps_agent_ask(const TPSC_UUID *service, uint32_t login, tps_span request, tps_buf room,
                         uint64_t tag, tps_cbor_reader *r, tps_cbor_list *map, tps_agent_refusal *why)
{
    tps_span answer;

    why->result = tps_agent_call(service, login, request, room, &answer);
    if (why->result != TPSC_SUCCESS) {
        return tps_agent_refuse(why, TPS_COMPONENT_UNREACHABLE, tps_agent_result_text(why->result),
                                "look at the component's log");
    }
    return tps_agent_open_answer(answer, tag, r, map) == TPS_OK ? TPS_OK : tps_agent_refuse_answer(why);
}

const char *tps_agent_result_text(uint32_t result)
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
