/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST appraisals: a relying party that gave a device its own nonce hands over the evidence, and is told what
 * may be believed of it. The nonce is its own, so its freshness is the relying party's to answer for; here it
 * is taken once. It is stored as a session with its result, so a lost answer can be fetched.
 */
#include <stdio.h>
#include <stdlib.h>

#include "server/api/answer.h"
#include "server/api/evidence_types.h"
#include "server/api/sessions.h"
#include "tps/base64.h"

#define NONCE_MIN     8u
#define BODY_MAX      TPS_APPRAISAL_BODY_MAX
#define TYPE_EAR_JWT  "application/eat+jwt"
#define TYPE_EAR_CWT  "application/eat+cwt"
#define LOCATION      "../../challenge-response/v1/session/"
#define LOCATION_SIZE (sizeof(LOCATION) - 1 + TPS_SESSION_TEXT_SIZE)

/* ---- what was asked ---- */

/* An order, with room for its texts. */
typedef struct {
    tps_evidence evidence;
    uint8_t nonce[TPS_STORE_NONCE_MAX];
    char audience[TPS_AUDIENCE_SIZE], of_service[TPS_AUDIENCE_SIZE], issuer[TPS_AUDIENCE_SIZE];
    uint8_t *decoded; /* of the evidence in JSON */
} order;

static tps_status take_nonce(order *o, tps_span text)
{
    size_t size;

    if (tps_base64_read(text, TPS_BUF_OF(o->nonce), &size) != TPS_OK || size < NONCE_MIN) {
        return TPS_SERVER_BAD_REQUEST;
    }
    o->evidence.nonce = tps_span_make(o->nonce, size);
    return TPS_OK;
}

/* A line of text, which becomes one. */
static tps_status take_text(char out[TPS_AUDIENCE_SIZE], const char **shown, tps_span text)
{
    if (text.size == 0 || text.size >= TPS_AUDIENCE_SIZE || memchr(text.data, '\0', text.size) != NULL ||
        memchr(text.data, '\n', text.size) != NULL) {
        return TPS_SERVER_BAD_REQUEST;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    *shown = out;
    return TPS_OK;
}

static tps_status take_evidence(order *o, tps_span text)
{
    size_t size = 0;

    free(o->decoded);
    o->decoded = malloc(text.size + 1);
    if (o->decoded == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    if (tps_base64_read(text, (tps_buf){o->decoded, text.size}, &size) != TPS_OK || size == 0) {
        return TPS_SERVER_BAD_REQUEST;
    }
    o->evidence.evidence = tps_span_make(o->decoded, size);
    return TPS_OK;
}

static tps_status take_type(order *o, tps_span text)
{
    o->evidence.type = tps_evidence_type_find(text);
    return o->evidence.type == TPS_EVIDENCE_TYPE_NONE ? TPS_SERVER_BAD_REQUEST : TPS_OK;
}

static void read_member(json_reader *r, json_str name, order *o, tps_buf *room, const char **member)
{
    tps_status status = TPS_OK;

    if (json_str_is(name, "nonce")) {
        *member = "nonce";
        status = take_nonce(o, json_get_text(r, room));
    } else if (json_str_is(name, "evidence")) {
        *member = "evidence";
        status = take_evidence(o, json_get_text(r, room));
    } else if (json_str_is(name, "type")) {
        *member = "type";
        status = take_type(o, json_get_text(r, room));
    } else if (json_str_is(name, "audience")) {
        *member = "audience";
        status = take_text(o->audience, &o->evidence.audience, json_get_text(r, room));
    } else if (json_str_is(name, "service")) {
        *member = "service";
        status = take_text(o->of_service, &o->evidence.of_service, json_get_text(r, room));
    } else if (json_str_is(name, "binder")) {
        *member = "binder";
        o->evidence.is_binder = json_get_bool(r);
    } else {
        *member = "a member that is not known";
        status = TPS_SERVER_BAD_REQUEST;
    }
    if (status != TPS_OK) {
        json_fail(r, status);
    }
}

static bool read_json(const tps_call *call, order *o)
{
    tps_buf room = tps_sessions_spare(call->service);
    const char *member = NULL;
    json_reader r;
    json_list members;
    tps_span body;

    if (!tps_call_json(call, BODY_MAX, &body)) {
        return false;
    }
    r = json_reader_init(body);
    members = json_enter_object(&r);
    while (json_next(&r, &members)) {
        read_member(&r, json_get_name(&r), o, &room, &member);
    }
    if (r.status == TPS_OK && (o->evidence.nonce.size == 0 || o->evidence.evidence.size == 0 ||
                               o->evidence.type == TPS_EVIDENCE_TYPE_NONE)) {
        member = "nonce, evidence and type must be there";
        json_fail(&r, TPS_SERVER_BAD_REQUEST);
    }
    return tps_call_json_end(call, &r, member);
}

/* A text of the query, when it is there. */
static tps_status query_text(const tps_call *call, const char *name, char out[TPS_AUDIENCE_SIZE],
                             const char **shown)
{
    uint8_t room[TPS_AUDIENCE_SIZE];
    tps_span text;
    tps_status status = tps_call_text(call, name, TPS_BUF_OF(room), &text);

    return status == TPS_OK ? take_text(out, shown, text) : status == TPS_NOT_FOUND ? TPS_OK : status;
}

/* The evidence as body, and all else in the query. */
static bool read_body(const tps_call *call, order *o)
{
    uint8_t room[128];
    tps_span nonce;

    o->evidence.evidence = tps_http_exchange_body(call->exchange);
    if (!tps_sessions_check_evidence(call, o->evidence.evidence, &o->evidence.type)) {
        return false;
    }
    if (tps_call_text(call, "nonce", TPS_BUF_OF(room), &nonce) != TPS_OK || take_nonce(o, nonce) != TPS_OK ||
        query_text(call, "audience", o->audience, &o->evidence.audience) != TPS_OK ||
        query_text(call, "service", o->of_service, &o->evidence.of_service) != TPS_OK) {
        tps_http_answer_problem(
            call->exchange, 400, "nonce, audience or service cannot be used",
            "give ?nonce= with the 8 to 64 bytes, in base64url, that the evidence answers", NULL, 0);
        return false;
    }
    return true;
}

static bool check_form(const tps_call *call, const order *o)
{
    const char *next_step;
    const char *cause;

    if (o->evidence.evidence.size > tps_evidence_type_max(o->evidence.type, o->evidence.evidence)) {
        tps_answer_status(call->exchange, 413, TPS_TOO_LARGE);
        return false;
    }
    cause = tps_evidence_type_contradiction(o->evidence.evidence, o->evidence.type, &next_step);
    if (cause != NULL) {
        tps_http_answer_problem(call->exchange, 400, cause, next_step, NULL, 0);
    }
    return cause == NULL;
}

static bool is_json(const tps_http_request *request)
{
    const tps_span *type = tps_http_request_field(request, "Content-Type");
    tps_media_type media;

    return type != NULL && tps_media_type_read(*type, &media) == TPS_OK &&
           strcmp(media.type, TPS_TYPE_JSON) == 0;
}

/* ---- what is answered ---- */

/* An answer on its way; behind it stands the result. */
typedef struct {
    tps_job job; /* first */
    tps_store_session_step step;
    tps_store_session session;
    tps_http_exchange *exchange;
    tps_service *service;
    uint8_t nonce[TPS_STORE_NONCE_MAX];
} appraisal_job;

static void write_location(const uint8_t id[TPS_STORE_SESSION_ID_SIZE], char out[LOCATION_SIZE])
{
    memcpy(out, LOCATION, sizeof(LOCATION) - 1);
    tps_session_write_id(id, out + sizeof(LOCATION) - 1);
}

static void stored(tps_job *job, tps_status status)
{
    appraisal_job *a = (appraisal_job *)(void *)job;
    char location[LOCATION_SIZE];
    const tps_http_answer_field field = {"Location", location};
    tps_http_answer_message message = {
        .status = 200, .type = TYPE_EAR_JWT, .body = a->session.result, .fields = &field, .field_count = 1};
    size_t size;

    if (status == TPS_OK && a->service->options.ear_as_cwt) {
        status = tps_base64_read(a->session.result, TPS_BUF_OF(a->service->scratch), &size);
        message.type = TYPE_EAR_CWT;
        message.body = tps_span_make(a->service->scratch, size);
    }
    if (status == TPS_OK) {
        write_location(a->session.id, location);
        tps_http_answer(a->exchange, &message);
    } else {
        tps_sessions_refuse(a->exchange, status);
    }
    free(a);
}

static appraisal_job *make_job(const tps_call *call, const order *o, tps_span result)
{
    appraisal_job *a = malloc(sizeof(*a) + result.size);

    if (a == NULL) {
        return NULL;
    }
    memcpy(a + 1, result.data, result.size);
    a->job = (tps_job){.step = &a->step, .done = stored};
    a->step = (tps_store_session_step){.from = TPS_STORE_SESSION_NEW, .to = &a->session};
    memcpy(a->nonce, o->evidence.nonce.data, o->evidence.nonce.size);
    a->session = (tps_store_session){.tenant = call->tenant->id,
                                     .state = TPS_STORE_SESSION_COMPLETE,
                                     .nonce = tps_span_make(a->nonce, o->evidence.nonce.size),
                                     .nonce_from_client = true,
                                     .type = tps_evidence_type_text(o->evidence.type),
                                     .result = tps_span_make(a + 1, result.size),
                                     .created = tps_calendar_ms() / 1000,
                                     .expires = tps_sessions_expiry(call->service, call->tenant)};
    memcpy(a->session.evidence_sha256, call->service->parts[0].evidence_sha256, 32);
    a->exchange = call->exchange;
    a->service = call->service;
    return a;
}

static void appraise_now(const tps_call *call, const order *o)
{
    tps_buf room = tps_sessions_room(call->service);
    appraisal_job *a = NULL;
    size_t size;
    tps_status status = tps_sessions_appraise(call->service, &o->evidence, room, &size);

    if (status == TPS_OK) {
        a = make_job(call, o, tps_span_make(room.data, size));
        status = a == NULL ? TPS_OUT_OF_MEMORY
                           : tps_session_make(&call->tenant->session_keys, a->session.expires, true,
                                              a->session.id, NULL);
    }
    if (status == TPS_OK) {
        status = tps_job_submit(call->service->writer, &a->job);
    }
    if (status != TPS_OK) {
        free(a);
        tps_answer_status(call->exchange, tps_http_status_of(status), status);
    }
}

static void appraise_later(const tps_call *call, const order *o)
{
    char location[LOCATION_SIZE];
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    int64_t expires = tps_sessions_expiry(call->service, call->tenant);
    tps_status status = tps_session_make(&call->tenant->session_keys, expires, true, id, NULL);

    if (status != TPS_OK) {
        tps_answer_status(call->exchange, 503, status);
        return;
    }
    write_location(id, location);
    tps_sessions_take_later(call->service, call->exchange,
                            &(tps_later_request){.from = TPS_STORE_SESSION_NEW,
                                                 .id = id,
                                                 .expires = expires,
                                                 .evidence = o->evidence,
                                                 .location = location});
}

void tps_handle_appraise(const tps_call *call)
{
    order o = {
        .evidence = {.tenant = call->tenant, .type = TPS_EVIDENCE_TYPE_NONE, .nonce_from_client = true}};
    bool is_read = is_json(call->request) ? read_json(call, &o) && check_form(call, &o) : read_body(call, &o);

    if (is_read && tps_session_is_own_nonce(o.evidence.nonce)) {
        tps_answer_status(call->exchange, 409, TPS_SERVER_NONCE_USED); /* it is of a session of its own */
    } else if (is_read) {
        o.evidence.issuer = tps_sessions_audience(call, o.issuer);
        if (tps_sessions_prefers_async(call->request)) {
            appraise_later(call, &o);
        } else {
            appraise_now(call, &o);
        }
    }
    free(o.decoded);
}
