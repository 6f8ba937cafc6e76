/* SPDX-License-Identifier: Apache-2.0 */
/* The agent: requests to the component's services as CBOR, and their answers. The messages are those of the
 * services' files in spec/. */
#include "device/agent.h"

#include "agent/evidence.h"
#include "component/services/attestation/attestation.h"
#include "component/services/identification.h"
#include "device/exchange.h"
#include "tps/cbor.h"
#include "tps/tpsc_registry.h"

enum { TAG_CLASS = 10, TAG_INSTANCE = 11, TAG_ENCRYPT = 10 };
enum { REQUEST_MAX = 1024, ANSWER_MAX = 2048 };

tps_status tps_device_agent_open(const char *folder, tps_device_agent *agent, bool *started,
                                 tps_device_problem *problem)
{
    tps_status status;

    agent->connector = NULL;
    TPS_TRY(tps_device_folder_open(folder, &agent->folder, problem));
    status = tps_device_start(&agent->folder, started, problem);
    if (status == TPS_OK) {
        status = tps_connector_local_new(agent->folder.path, &agent->connector);
        if (status == TPS_OK &&
            tps_client_register(tps_connector_local_table(agent->connector)) != TPSC_SUCCESS) {
            tps_connector_local_free(agent->connector);
            agent->connector = NULL;
            status = TPS_COMPONENT_FULL;
        }
        status = status == TPS_OK ? TPS_OK : tps_device_fail_status(problem, status, folder);
    }
    if (status != TPS_OK) {
        tps_device_folder_close(&agent->folder);
    }
    return status;
}

void tps_device_agent_close(tps_device_agent *agent)
{
    if (agent->connector != NULL) {
        (void)tps_client_unregister(tps_connector_local_table(agent->connector));
        tps_connector_local_free(agent->connector);
        agent->connector = NULL;
    }
    tps_device_folder_close(&agent->folder);
}

/* ---- evidence ---- */

tps_status tps_device_evidence(tps_device_agent *agent, const tps_device_evidence_request *request,
                               tps_buf room, tps_span *evidence, tps_device_problem *problem)
{
    const tps_agent_evidence_request asked = {.login = TPSC_LOGIN_USER,
                                              .profile = request->profile,
                                              .nonce = request->nonce,
                                              .aud = request->aud,
                                              .key = request->key};
    tps_agent_refusal why;
    tps_status status = tps_agent_evidence(&asked, room, evidence, &why);

    if (status == TPS_COMPONENT_UNREACHABLE) {
        return device_fail_result(agent, why.result, tps_attestation_service.name, problem);
    }
    if (status != TPS_OK) {
        return tps_device_fail(problem, status, why.next_step, "%s: no evidence: %s", agent->folder.name,
                               why.cause);
    }
    return TPS_OK;
}

/* ---- information ---- */

static void copy_text(tps_cbor_reader *r, char *to, size_t size)
{
    char text[128];
    tps_span span = tps_cbor_get_text(r);
    size_t length = span.size < sizeof(text) - 1 ? span.size : sizeof(text) - 1;

    if (length > 0) {
        memcpy(text, span.data, length);
    }
    text[length] = '\0';
    tps_device_clean(to, size, text);
}

static size_t copy_bytes(tps_cbor_reader *r, uint8_t *to, size_t size)
{
    tps_span span = tps_cbor_get_bytes(r);

    if (span.size > size) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
        return 0;
    }
    if (span.size > 0) {
        memcpy(to, span.data, span.size);
    }
    return span.size;
}

static void read_class(tps_cbor_reader *r, tps_device_information *out)
{
    switch (tps_cbor_get_uint(r)) {
    case 1: copy_text(r, out->vendor, sizeof(out->vendor)); break;
    case 2: copy_text(r, out->model, sizeof(out->model)); break;
    case 3: out->oemid_size = copy_bytes(r, out->oemid, sizeof(out->oemid)); break;
    case 4: (void)copy_bytes(r, out->class_id, sizeof(out->class_id)); break;
    case 5: copy_text(r, out->hwversion, sizeof(out->hwversion)); break;
    case 6: copy_text(r, out->component, sizeof(out->component)); break;
    case 7: out->is_insecure = tps_cbor_get_bool(r); break;
    case 9: copy_text(r, out->firmware, sizeof(out->firmware)); break;
    case 10: copy_text(r, out->version, sizeof(out->version)); break;
    default: (void)tps_cbor_skip(r); break;
    }
}

static void read_instance(tps_cbor_reader *r, tps_device_information *out)
{
    switch (tps_cbor_get_uint(r)) {
    case 1: (void)copy_bytes(r, out->ueid, sizeof(out->ueid)); break;
    case 2: copy_text(r, out->serial, sizeof(out->serial)); break;
    case 4: out->lifecycle = tps_cbor_get_uint(r); break;
    case 5: out->dbgstat = tps_cbor_get_uint(r); break;
    default: (void)tps_cbor_skip(r); break;
    }
}

static tps_status inform(tps_device_agent *agent, uint8_t tag, uint32_t login,
                         void (*read)(tps_cbor_reader *, tps_device_information *),
                         tps_device_information *out, tps_device_problem *problem)
{
    const uint8_t request[] = {(uint8_t)(0xc0 | tag), 0xa0};
    uint8_t room[ANSWER_MAX];
    tps_cbor_reader r;
    tps_cbor_list map;
    tps_span answer = TPS_SPAN_EMPTY;

    TPS_TRY(device_call(agent, &tps_identification_service, login, TPS_SPAN_OF(request), TPS_BUF_OF(room),
                        &answer, problem));
    if (tps_agent_open_answer(answer, tag, &r, &map) != TPS_OK) {
        return device_fail_answer(agent, tps_identification_service.name, problem);
    }
    while (tps_cbor_next(&r, &map)) {
        read(&r, out);
    }
    return r.status == TPS_OK ? TPS_OK : device_fail_answer(agent, tps_identification_service.name, problem);
}

tps_status tps_device_inform(tps_device_agent *agent, tps_device_information *out,
                             tps_device_problem *problem)
{
    memset(out, 0, sizeof(*out));
    TPS_TRY(inform(agent, TAG_CLASS, TPSC_LOGIN_PUBLIC, read_class, out, problem));
    return inform(agent, TAG_INSTANCE, TPSC_LOGIN_USER, read_instance, out, problem);
}

/* ---- ROT13 ---- */

tps_status tps_device_rot13(tps_device_agent *agent, const char *text, tps_buf out,
                            tps_device_problem *problem)
{
    static const tps_service rot13 = {.id = TPSC_UUID_SERVICE_GPP_ROT13, .name = "GPP ROT13"};
    static const char *const errors[] = {"it failed", "spaces are not letters", "digits are not letters",
                                         "only letters are turned", "it is too long"};
    uint8_t bytes[REQUEST_MAX];
    uint8_t room[ANSWER_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_cbor_reader r;
    tps_cbor_list map;
    tps_span message;
    tps_span answer = TPS_SPAN_EMPTY;
    tps_span turned = TPS_SPAN_EMPTY;
    uint64_t error = 0;

    tps_cbor_put_tag(&w, TAG_ENCRYPT);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text(&w, text);
    if (tps_cbor_writer_finish(&w, &message) != TPS_OK) {
        return tps_device_fail(problem, TPS_TOO_LARGE, "give a shorter one", "the text is too long");
    }
    TPS_TRY(device_call(agent, &rot13, TPSC_LOGIN_PUBLIC, message, TPS_BUF_OF(room), &answer, problem));
    if (tps_agent_open_answer(answer, TAG_ENCRYPT, &r, &map) != TPS_OK) {
        return device_fail_answer(agent, rot13.name, problem);
    }
    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) == 1) {
            turned = tps_cbor_get_text(&r);
        } else {
            error = tps_cbor_get_uint(&r);
        }
    }
    if (r.status != TPS_OK || turned.size == 0 || turned.size >= out.size) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT, "give letters a to z and A to Z only",
                               "the text cannot be turned: %s", errors[error < 5 ? error : 0]);
    }
    memcpy(out.data, turned.data, turned.size);
    out.data[turned.size] = 0;
    return TPS_OK;
}
