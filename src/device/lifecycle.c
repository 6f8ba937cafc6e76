/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of the lifecycle: a challenge for one step, and its confirmation. */
#include "device/lifecycle.h"

#include "component/services/lifecycle.h"
#include "device/exchange.h"
#include "tps/crypto.h"

enum { TAG_PREPARE = 11, TAG_STEP = 12, ANSWER_MAX = TPS_LIFECYCLE_EVIDENCE_MAX + 128 };

static const struct {
    const char *name;
    uint32_t step;
} steps[] = {
    {"provisioning", TPS_STEP_PROVISIONING}, {"secured", TPS_STEP_SECURED},     {"debug", TPS_STEP_DEBUG},
    {"decommission", TPS_STEP_DECOMMISSION}, {"new-owner", TPS_STEP_NEW_OWNER}, {"format", TPS_STEP_FORMAT},
};

/** What an answer holds. */
typedef struct {
    tps_span challenge; /**< of prepare: member 1 */
    uint64_t error;     /**< member 2; 0: none */
    uint64_t state;     /**< member 3 */
} step_answer;

const char *tps_device_state_name(uint32_t state)
{
    static const char *const names[] = {"assembly", "provisioning", "secured", "debug", "decommissioned"};

    return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

uint32_t tps_device_step_of(const char *name)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (strcmp(steps[i].name, name) == 0) {
            return steps[i].step;
        }
    }
    return 0;
}

tps_status tps_device_state(tps_device_agent *agent, uint32_t *state, tps_device_problem *problem)
{
    return device_read_state(state) == TPS_OK
               ? TPS_OK
               : device_fail_answer(agent, tps_lifecycle_service.name, problem);
}

static tps_status read_answer(tps_span answer, uint64_t tag, step_answer *out)
{
    tps_cbor_reader r;
    tps_cbor_list map;

    memset(out, 0, sizeof(*out));
    TPS_TRY(tps_agent_open_answer(answer, tag, &r, &map));
    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_uint(&r)) {
        case 1: out->challenge = tps_cbor_get_bytes(&r); break;
        case 2: out->error = tps_cbor_get_uint(&r); break;
        case 3: out->state = tps_cbor_get_uint(&r); break;
        default: (void)tps_cbor_skip(&r); break;
        }
    }
    return r.status;
}

static tps_status fail_step(const tps_device_agent *agent, uint64_t error, tps_device_problem *problem)
{
    static const char *const causes[][2] = {
        [TPS_LIFECYCLE_ERROR_STATE] = {"the device is not in a state from which this step leads on",
                                       "see its state: tps device lifecycle DIR"},
        [TPS_LIFECYCLE_ERROR_CONFIRMATION] = {"the step was not confirmed", "try again"},
        [TPS_LIFECYCLE_ERROR_UNSUPPORTED] = {"this device cannot take the step",
                                             "see its log: tps device log DIR"},
        [TPS_LIFECYCLE_ERROR_UNSIGNED] = {"an image is missing, or not what its maker signed",
                                          "install the maker's release; see tps device log DIR"},
    };

    if (error == 0 || error >= sizeof(causes) / sizeof(causes[0])) {
        return device_fail_answer(agent, tps_lifecycle_service.name, problem);
    }
    return tps_device_fail(problem,
                           error == TPS_LIFECYCLE_ERROR_UNSUPPORTED ? TPS_UNSUPPORTED : TPS_BAD_ARGUMENT,
                           causes[error][1], "%s: %s", agent->folder.name, causes[error][0]);
}

/** SHA-256 of [label, step, challenge, nonce]. */
static tps_status confirm(uint32_t step, tps_span challenge, tps_span nonce, tps_digest *digest)
{
    uint8_t bytes[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span whole;

    tps_cbor_put_array(&w, 4);
    tps_cbor_put_text(&w, TPS_LIFECYCLE_LABEL);
    tps_cbor_put_uint(&w, step);
    tps_cbor_put_bytes(&w, challenge);
    tps_cbor_put_bytes(&w, nonce);
    TPS_TRY(tps_cbor_writer_finish(&w, &whole));
    return tps_crypto_hash_of(TPS_ALG_SHA256, whole, digest);
}

/** The request of a step; `nonce` has 32 bytes of room. */
static tps_status put_step(uint32_t step, tps_span challenge, uint8_t nonce[TPS_LIFECYCLE_NONCE_MIN],
                           tps_buf out, tps_span *request)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_span asked = tps_span_make(nonce, TPS_LIFECYCLE_NONCE_MIN);
    tps_digest digest;

    TPS_TRY(tps_crypto_random((tps_buf){nonce, TPS_LIFECYCLE_NONCE_MIN}));
    TPS_TRY(confirm(step, challenge, asked, &digest));
    tps_cbor_put_tag(&w, TAG_STEP);
    tps_cbor_put_map(&w, 3);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, step);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, tps_span_make(digest.bytes, TPS_SHA256_SIZE));
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_bytes(&w, asked);
    return tps_cbor_writer_finish(&w, request);
}

/** One message and its answer, which must not be an error. */
static tps_status ask(const tps_device_agent *agent, const TPSC_Session *session, uint64_t tag,
                      tps_span request, tps_buf room, step_answer *out, tps_device_problem *problem)
{
    tps_span answer;
    uint32_t result = tps_agent_execute(session, request, room, &answer);

    if (result == TPSC_ERROR_ACCESS_DENIED) {
        return tps_device_fail(problem, TPS_COMPONENT_DENIED,
                               "ask as the user whom the folder belongs to, or as root",
                               "%s: only the device's owner takes such a step", agent->folder.name);
    }
    if (result != TPSC_SUCCESS) {
        return device_fail_result(agent, result, tps_lifecycle_service.name, problem);
    }
    if (read_answer(answer, tag, out) != TPS_OK) {
        return device_fail_answer(agent, tps_lifecycle_service.name, problem);
    }
    return out->error == 0 ? TPS_OK : fail_step(agent, out->error, problem);
}

static tps_status take_step(const tps_device_agent *agent, const TPSC_Session *session, uint32_t step,
                            step_answer *out, tps_device_problem *problem)
{
    const uint8_t prepare[] = {0xc0 | TAG_PREPARE, 0xa1, 0x01, (uint8_t)step};
    uint8_t nonce[TPS_LIFECYCLE_NONCE_MIN];
    uint8_t bytes[160];
    uint8_t room[ANSWER_MAX];
    tps_span request;

    TPS_TRY(ask(agent, session, TAG_PREPARE, TPS_SPAN_OF(prepare), TPS_BUF_OF(room), out, problem));
    if (put_step(step, out->challenge, nonce, TPS_BUF_OF(bytes), &request) != TPS_OK) {
        return device_fail_answer(agent, tps_lifecycle_service.name, problem);
    }
    return ask(agent, session, TAG_STEP, request, TPS_BUF_OF(room), out, problem);
}

tps_status tps_device_step(tps_device_agent *agent, uint32_t step, uint32_t *state,
                           tps_device_problem *problem)
{
    TPSC_Session session;
    step_answer answer = {.error = 0};
    uint32_t result = tps_agent_open_session(&tps_lifecycle_service.id, TPSC_LOGIN_USER, &session);
    tps_status status;

    if (result != TPSC_SUCCESS) {
        return device_fail_result(agent, result, tps_lifecycle_service.name, problem);
    }
    status = take_step(agent, &session, step, &answer, problem);
    (void)TPSC_CloseSession(&session);
    *state = status == TPS_OK ? (uint32_t)answer.state : UINT32_MAX;
    return status;
}
