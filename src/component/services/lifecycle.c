/* SPDX-License-Identifier: Apache-2.0 */
/* The lifecycle service: state, prepared and confirmed steps. */
#include "component/services/lifecycle.h"

#include "component/core/core.h"
#include "component/core/ownership.h"
#include "component/core/renew.h"
#include "component/services/attestation/attestation.h"
#include "component/services/members.h"
#include "tps/secret.h"

enum { TAG_STATE = 10, TAG_PREPARE = 11, TAG_STEP = 12 };
enum { STATE_LIFECYCLE = 1, STATE_DEBUG = 3 };
enum { TELL_RESULT = 1, TELL_LIFECYCLE = 3, TELL_ERASED = 4 };

/** Bytes of the answers to `prepare`, and to steps beside their evidence, at most. */
#define ANSWER_MAX 48u

/** What a session keeps, in its context. */
typedef struct {
    uint8_t challenge[TPS_LIFECYCLE_CHALLENGE_SIZE];
    uint32_t step; /**< that was prepared; 0: none */
} session_state;

_Static_assert(sizeof(session_state) <= TPS_SESSION_CONTEXT_SIZE, "fits into a session");

/** A confirmed step on its way. */
typedef struct {
    uint32_t step;
    uint32_t to;      /**< the state after it */
    tps_span nonce;   /**< the caller's */
    bool is_attested; /**< there is evidence, in the room of the response: */
    tps_span evidence;
    bool is_erased;
} step_job;

static session_state *state_of(const tps_request *request)
{
    return (session_state *)(void *)request->session->context;
}

/* ---- which steps there are ---- */

/** The state after a step; UINT32_MAX where the present one does not allow it. */
static uint32_t state_after(uint32_t now, uint32_t step)
{
    bool is_being_made = now == TPS_LIFECYCLE_PROVISIONING;

    if (now == TPS_LIFECYCLE_DECOMMISSIONED) {
        return step == TPS_STEP_RESTART ? now : UINT32_MAX;
    }
    switch (step) {
    case TPS_STEP_PROVISIONING:
        return now == TPS_LIFECYCLE_ASSEMBLY ? TPS_LIFECYCLE_PROVISIONING : UINT32_MAX;
    case TPS_STEP_SECURED: return is_being_made ? TPS_LIFECYCLE_SECURED : UINT32_MAX;
    case TPS_STEP_DEBUG:
        return is_being_made || now == TPS_LIFECYCLE_SECURED ? TPS_LIFECYCLE_DEBUG : UINT32_MAX;
    case TPS_STEP_DECOMMISSION:
        return now != TPS_LIFECYCLE_ASSEMBLY ? TPS_LIFECYCLE_DECOMMISSIONED : UINT32_MAX;
    default: return now;
    }
}

/** A device whose platform lacks one of these is never secured: the next start would find that, too late. */
static tps_status judge_secured(const tps_request *request, uint32_t *error)
{
    static const uint32_t needed[] = {TPS_COUNTER_SECURITY, TPS_COUNTER_DEBUG, TPS_COUNTER_DECOMMISSIONED};
    const tps_platform *p = request->platform;

    if (!tps_component_handover(request->component)->are_all_signed) {
        *error = TPS_LIFECYCLE_ERROR_UNSIGNED;
        return TPS_OK;
    }
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        uint64_t value;
        tps_status status = p->counter_read(p->context, needed[i], &value);

        if (status == TPS_UNSUPPORTED) {
            *error = TPS_LIFECYCLE_ERROR_UNSUPPORTED;
            return TPS_OK;
        }
        TPS_TRY(status);
    }
    return TPS_OK;
}

/** Why a step cannot be made, as an error of the response; 0 if it can. */
static tps_status judge(const tps_request *request, uint32_t step, uint32_t *error)
{
    *error = 0;
    if (state_after(tps_component_lifecycle(request->component), step) == UINT32_MAX) {
        *error = TPS_LIFECYCLE_ERROR_STATE;
    } else if (step == TPS_STEP_SECURED) {
        return judge_secured(request, error);
    } else if (step == TPS_STEP_RESTART && request->platform->reset == NULL) {
        *error = TPS_LIFECYCLE_ERROR_UNSUPPORTED;
    }
    return TPS_OK;
}

/* ---- state and prepare ---- */

static tps_status tell_state(tps_request *request, tps_error *why)
{
    uint32_t debug = tps_component_debug(request->component);
    tps_cbor_writer w;

    TPS_TRY(tps_request_expect_empty(request, why));
    w = tps_response_map(request, 2);
    tps_cbor_pair_uint(&w, STATE_LIFECYCLE,
                       tps_lifecycle_under_debug(tps_component_lifecycle(request->component), debug));
    tps_cbor_pair_uint(&w, STATE_DEBUG, debug);
    return tps_response_end(request, &w);
}

static tps_status prepare(tps_request *request, tps_error *why)
{
    static const tps_member_rule rule = {1, TPS_MEMBER_UINT, false, TPS_STEP_PROVISIONING, TPS_STEP_RESTART};
    session_state *own = state_of(request);
    tps_cbor_writer w;
    tps_member asked;
    uint32_t error;

    TPS_TRY(tps_members_read(request->body, &rule, 1, &asked, why));
    TPS_TRY(tps_answer_needs(request, ANSWER_MAX));
    own->step = 0; /* what was prepared before is not any more */
    TPS_TRY(judge(request, (uint32_t)asked.number, &error));
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(request->platform->entropy(request->platform->context, TPS_BUF_OF(own->challenge)));
    own->step = (uint32_t)asked.number;
    w = tps_response_map(request, 1);
    tps_cbor_pair_bytes(&w, TELL_RESULT, TPS_SPAN_OF(own->challenge));
    return tps_response_end(request, &w);
}

/* ---- what a step does ---- */

/** The counter of a step of the state, and the value that it has before. */
static tps_status step_counter(const tps_platform *p, uint32_t step, uint32_t *counter, bool *is_due)
{
    uint64_t expected = step == TPS_STEP_SECURED ? 1 : 0;
    uint64_t value;

    *counter = step == TPS_STEP_DEBUG          ? TPS_COUNTER_DEBUG
               : step == TPS_STEP_DECOMMISSION ? TPS_COUNTER_DECOMMISSIONED
                                               : TPS_COUNTER_PROVISIONED;
    TPS_TRY(p->counter_read(p->context, *counter, &value));
    *is_due = value == expected;
    return TPS_OK;
}

/** What belonged to the owner, away. @return whether all of it is. */
static bool erase(tps_component *component)
{
    bool is_forgotten = tps_component_owner_forget(component) == TPS_OK;

    return tps_component_format(component) == TPS_OK && is_forgotten;
}

/** Makes the step for good. A device that was erased and is not at its end lives on as after TPS_STEP_FORMAT.
 */
static tps_status count_step(tps_request *request, const step_job *job, uint32_t counter)
{
    const tps_platform *p = request->platform;
    uint64_t value;
    tps_status status = p->counter_increase(p->context, counter, &value);

    if (status != TPS_OK && job->step == TPS_STEP_DECOMMISSION) {
        tps_status renewed = tps_component_renew(request->component, request->session);

        p->log(p->context, TPS_LOG_ERROR, "the end of the device could not be counted: it lives on", status);
        if (renewed != TPS_OK) {
            p->log(p->context, TPS_LOG_ERROR, "what lives on could not begin anew", renewed);
        }
    }
    return status;
}

static tps_status act(tps_request *request, step_job *job, uint32_t counter)
{
    const tps_platform *p = request->platform;

    switch (job->step) {
    case TPS_STEP_NEW_OWNER: return tps_component_owner_forget(request->component);
    case TPS_STEP_FORMAT: return tps_component_renew(request->component, request->session);
    case TPS_STEP_RESTART: p->reset(p->context); return TPS_OK;
    case TPS_STEP_DECOMMISSION: job->is_erased = erase(request->component); break;
    default: break;
    }
    TPS_TRY(count_step(request, job, counter));
    tps_component_lifecycle_set(request->component, job->to);
    p->log(p->context, TPS_LOG_WARNING, "the lifecycle of the device was changed", TPS_OK);
    return TPS_OK;
}

/* ---- confirmation, evidence, answer ---- */

static tps_status is_confirmed(const session_state *own, const tps_member *asked, bool *is)
{
    uint8_t room[160];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_digest digest;
    tps_span whole;

    *is = false;
    if (own->step == 0 || own->step != asked[0].number) {
        return TPS_OK;
    }
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_text(&w, TPS_LIFECYCLE_LABEL);
    tps_cbor_put_uint(&w, own->step);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(own->challenge));
    tps_cbor_put_bytes(&w, asked[2].bytes);
    TPS_TRY(tps_cbor_writer_finish(&w, &whole));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, whole, &digest));
    *is = tps_equal_secret(digest.bytes, asked[1].bytes.data, TPS_SHA256_SIZE);
    return TPS_OK;
}

/** The evidence in an answer of the attestation service. */
static tps_status find_evidence(tps_span answer, tps_span *evidence)
{
    tps_cbor_reader r = tps_cbor_reader_init(answer);
    tps_cbor_list map;

    *evidence = TPS_SPAN_EMPTY;
    (void)tps_cbor_get_tag(&r);
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) == TELL_RESULT) {
            *evidence = tps_cbor_get_bytes(&r);
        } else {
            (void)tps_cbor_skip(&r);
        }
    }
    TPS_TRY(tps_cbor_reader_finish(&r));
    return evidence->size > 0 ? TPS_OK : TPS_COMPONENT_NO_IDENTITY; /* it said why in an error */
}

/**
 * Asks the attestation service, as this session's client could, for evidence over the caller's nonce. It
 * comes into the room of the response, of which nothing leaves unless the step is made: the core wipes it.
 */
static tps_status ask_attestation(tps_request *request, step_job *job)
{
    enum { TAG_EVIDENCE = 10, ASK_PROFILE = 1, ASK_NONCE = 2 }; /* spec/attestation.cddl */
    uint8_t room[TPS_LIFECYCLE_NONCE_MAX + 16];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_request asked = *request;
    tps_status status;

    asked.tag = TAG_EVIDENCE;
    asked.state = tps_component_state_of(request->component, &tps_attestation_service);
    if (asked.state == NULL) {
        return TPS_COMPONENT_NO_SERVICE;
    }
    tps_cbor_put_map(&w, 2);
    tps_cbor_pair_uint(&w, ASK_PROFILE, TPS_EVIDENCE_OPENTPS);
    tps_cbor_pair_bytes(&w, ASK_NONCE, job->nonce);
    TPS_TRY(tps_cbor_writer_finish(&w, &asked.body));
    status = tps_attestation_service.handle(&asked, NULL);
    request->response_size = asked.response_size + ANSWER_MAX; /* if that is what fails */
    TPS_TRY(status);
    return find_evidence(tps_span_make(request->response.data, asked.response_size), &job->evidence);
}

/** Evidence of the state to come, and room for the rest of the answer. A device that nobody has made has
 * none.
 */
static tps_status attest(tps_request *request, step_job *job)
{
    uint32_t now = tps_component_lifecycle(request->component);
    tps_status status;

    job->is_attested =
        job->step <= TPS_STEP_DECOMMISSION && tps_component_handover(request->component)->is_made;
    if (!job->is_attested) {
        return TPS_OK;
    }
    request->component->lifecycle = job->to;
    status = ask_attestation(request, job);
    request->component->lifecycle = now;
    TPS_TRY(status);
    return tps_answer_needs(request, job->evidence.size + ANSWER_MAX);
}

static tps_status answer(tps_request *request, const step_job *job)
{
    uint32_t debug = tps_component_debug(request->component);
    tps_cbor_writer w;
    bool is_end = job->step == TPS_STEP_DECOMMISSION;

    w = tps_response_map(request, 1u + (job->is_attested ? 1u : 0u) + (is_end ? 1u : 0u));
    if (job->is_attested) {
        tps_cbor_put_uint(&w, TELL_RESULT);
        tps_cbor_put_bytes(&w, job->evidence); /* lies there already, or behind */
    }
    tps_cbor_pair_uint(&w, TELL_LIFECYCLE, tps_lifecycle_under_debug(job->to, debug));
    if (is_end) {
        tps_cbor_pair_bool(&w, TELL_ERASED, job->is_erased);
    }
    return tps_response_end(request, &w);
}

/** A confirmed step: all that can be refused first, then the deed, then the answer, for which there is room.
 */
static tps_status make_step(tps_request *request, step_job *job)
{
    uint32_t counter = 0;
    bool is_due = true;

    if (job->step <= TPS_STEP_DECOMMISSION) {
        TPS_TRY(step_counter(request->platform, job->step, &counter, &is_due));
    }
    if (!is_due) {
        return tps_answer_error(request, TPS_LIFECYCLE_ERROR_STATE);
    }
    TPS_TRY(attest(request, job));
    state_of(request)->step = 0;
    TPS_TRY(act(request, job, counter));
    return answer(request, job);
}

static tps_status step(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {
        {1, TPS_MEMBER_UINT, false, TPS_STEP_PROVISIONING, TPS_STEP_RESTART},
        {2, TPS_MEMBER_BYTES, false, TPS_LIFECYCLE_CHALLENGE_SIZE, TPS_LIFECYCLE_CHALLENGE_SIZE},
        {3, TPS_MEMBER_BYTES, false, TPS_LIFECYCLE_NONCE_MIN, TPS_LIFECYCLE_NONCE_MAX}};
    tps_member asked[3];
    step_job job = {.step = 0};
    bool is_right;
    uint32_t error = TPS_LIFECYCLE_ERROR_CONFIRMATION;
    tps_status status;

    TPS_TRY(tps_members_read(request->body, rules, 3, asked, why));
    TPS_TRY(tps_answer_needs(request, ANSWER_MAX));
    job.step = (uint32_t)asked[0].number;
    job.nonce = asked[2].bytes;
    status = is_confirmed(state_of(request), asked, &is_right);
    if (status == TPS_OK && is_right) {
        status = judge(request, job.step, &error);
    }
    if (status == TPS_OK && error != 0) {
        status = tps_answer_error(request, error);
    } else if (status == TPS_OK) {
        job.to = state_after(tps_component_lifecycle(request->component), job.step);
        status = make_step(request, &job);
    }
    if (status != TPS_BUFFER_TOO_SMALL) {
        state_of(request)->step = 0; /* a challenge is good for one confirmation, right or wrong */
    }
    return status;
}

static tps_status handle(tps_request *request, tps_error *why)
{
    bool is_change = request->tag == TAG_PREPARE || request->tag == TAG_STEP;

    if (is_change && !tps_session_is_administrator(request->component, request->session)) {
        return TPS_COMPONENT_DENIED;
    }
    switch (request->tag) {
    case TAG_STATE: return tell_state(request, why);
    case TAG_PREPARE: return prepare(request, why);
    case TAG_STEP: return step(request, why);
    default: return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
}

static const uint8_t features[] = {0x87, 1, 2, 3, 4, 5, 6, 7}; /* the steps */

const tps_service tps_lifecycle_service = {
    .id = TPSC_UUID_INIT(0xa3, 0xdc, 0xe4, 0x4b, 0x99, 0xe0, 0x5c, 0x3c, 0x97, 0xfe, 0x57, 0x8f, 0x19, 0x21,
                         0xcb, 0xd9),
    .name = "opentps lifecycle",
    .version = {0, 1, 0},
    .logins = tps_logins_all,
    .logins_count = TPS_LOGINS_ALL_COUNT,
    .features = {features, sizeof(features)},
    .serves_to_the_end = true,
    .handle = handle,
};
