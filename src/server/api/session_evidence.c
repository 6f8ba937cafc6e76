/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST session: the evidence. It is appraised in the event loop, and the result and the use of the session
 * become durable together before the answer is given. The hot path takes one block of memory: a job, and
 * behind it the answer, which has the result in it.
 */
#include <stdlib.h>

#include "server/api/evidence_types.h"
#include "server/api/sessions.h"
#include "server/dispatch.h"

/* ---- evidence that is appraised now ---- */

typedef struct {
    tps_job job; /* first */
    tps_store_session_step step;
    tps_store_session session;
    tps_http_exchange *exchange;
    tps_sessions *sessions;
    tps_span answer;
    uint64_t submitted_us;
    uint8_t nonce[TPS_STORE_NONCE_MAX]; /* of a session that is stored */
} result_job;

static void stored(tps_job *job, tps_status status)
{
    result_job *r = (result_job *)(void *)job;

    tps_dispatch_span(r->exchange, "commit", tps_trace_now_us() - r->submitted_us);
    if (status == TPS_OK) {
        tps_http_answer(r->exchange, &(tps_http_answer_message){
                                         .status = 200, .type = TPS_TYPE_SESSION, .body = r->answer});
    } else {
        if (!tps_job_status_is_answer(status)) {
            tps_sessions_forget(r->sessions, r->session.id); /* the client may send it again */
        }
        tps_sessions_refuse(r->exchange, status);
    }
    free(r);
}

/* A session that takes its evidence. */
typedef struct {
    uint32_t from; /* its state */
    const uint8_t *id;
    int64_t expires;
    tps_evidence evidence;
} taking;

/* Appraises, and writes the answer with the result in it to the scratch. */
static tps_status make_answer(tps_service *service, const taking *t, tps_span *answer, tps_span *result)
{
    tps_span shown =
        t->evidence.evidence.size <= TPS_SERVICE_EVIDENCE_MAX ? t->evidence.evidence : TPS_SPAN_EMPTY;
    const tps_session_view view = {.status = "complete",
                                   .nonce = t->evidence.nonce,
                                   .expires = t->expires,
                                   .type = tps_evidence_type_text(t->evidence.type),
                                   .evidence = shown,
                                   .warning = tps_sessions_warning(service)};
    tps_buf room = tps_sessions_room(service);
    size_t size;
    size_t at;
    size_t result_size;

    TPS_TRY(tps_session_view_begin(&view, room, &size));
    at = size + TPS_SESSION_VIEW_RESULT_AT;
    if (at >= room.size) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(tps_sessions_appraise(service, &t->evidence, (tps_buf){room.data + at, room.size - at},
                                  &result_size));
    *result = tps_span_make(room.data + at, result_size);
    TPS_TRY(tps_session_view_end(*result, room, &size));
    *answer = tps_span_make(room.data, size);
    return TPS_OK;
}

static result_job *make_job(tps_service *service, tps_http_exchange *exchange, const taking *t,
                            tps_span answer, tps_span result)
{
    result_job *r = malloc(sizeof(*r) + answer.size);
    uint8_t *text;

    if (r == NULL) {
        return NULL;
    }
    text = (uint8_t *)(r + 1);
    memcpy(text, answer.data, answer.size);
    r->job = (tps_job){.step = &r->step, .done = stored};
    r->step = (tps_store_session_step){.from = t->from, .to = &r->session};
    r->session = (tps_store_session){.tenant = t->evidence.tenant->id,
                                     .state = TPS_STORE_SESSION_COMPLETE,
                                     .nonce_from_client = t->evidence.nonce_from_client,
                                     .type = tps_evidence_type_text(t->evidence.type),
                                     .result = tps_span_make(text + (result.data - answer.data), result.size),
                                     .created = tps_calendar_ms() / 1000,
                                     .expires = t->expires};
    memcpy(r->session.id, t->id, TPS_STORE_SESSION_ID_SIZE);
    memcpy(r->session.evidence_sha256, service->parts[0].evidence_sha256, 32);
    if (t->from != TPS_STORE_SESSION_NEW) {
        memcpy(r->nonce, t->evidence.nonce.data, t->evidence.nonce.size);
        r->session.nonce = tps_span_make(r->nonce, t->evidence.nonce.size);
    }
    r->exchange = exchange;
    r->submitted_us = tps_trace_now_us();
    r->sessions = service->sessions;
    r->answer = tps_span_make(text, answer.size);
    return r;
}

static void take_now(tps_service *service, tps_http_exchange *exchange, const taking *t)
{
    tps_span answer;
    tps_span result;
    result_job *r = NULL;
    uint64_t start = tps_trace_now_us();
    tps_status status = make_answer(service, t, &answer, &result);

    if (status == TPS_OK) {
        tps_dispatch_span(exchange, "appraise", tps_trace_now_us() - start);
        r = make_job(service, exchange, t, answer, result);
        status = r == NULL ? TPS_OUT_OF_MEMORY : tps_job_submit(service->writer, &r->job);
    }
    if (status != TPS_OK) {
        free(r);
        tps_answer_status(exchange, tps_http_status_of(status), status);
        return;
    }
    tps_sessions_note(service->sessions, t->id);
}

/* ---- sessions whose nonce is in the store ---- */

typedef struct {
    tps_job job;   /* first */
    tps_call call; /* without who asks */
    int64_t now;
    size_t type;
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    int64_t expires;
    uint32_t state;
    uint8_t nonce[TPS_STORE_NONCE_MAX];
    size_t nonce_size;
    bool nonce_from_client;
} nonce_job;

static tps_status take_row(void *context, const tps_store_session *session)
{
    nonce_job *n = context;

    n->state = session->state;
    n->nonce_size = session->nonce.size <= sizeof(n->nonce) ? session->nonce.size : 0;
    n->nonce_from_client =
        session->nonce_from_client && !tps_span_is_text(session->result, TPS_SESSIONS_NONCE_OF_OURS);
    if (n->nonce_size > 0) {
        memcpy(n->nonce, session->nonce.data, n->nonce_size);
    }
    return TPS_OK;
}

static tps_status read_nonce(tps_job *job, tps_store *store)
{
    nonce_job *n = (nonce_job *)(void *)job;

    return store->ops->find_session(store, n->call.tenant->id, n->id, n->now, take_row, n);
}

static void take(const tps_call *call, taking *t)
{
    char audience[TPS_AUDIENCE_SIZE];
    char service_name[TPS_AUDIENCE_SIZE];
    char location[TPS_SESSION_TEXT_SIZE];

    t->evidence.tenant = call->tenant;
    t->evidence.evidence = tps_http_exchange_body(call->exchange);
    t->evidence.audience = t->evidence.issuer = tps_sessions_audience(call, audience);
    if (!tps_sessions_service(call, service_name, &t->evidence.of_service)) {
        return;
    }
    if (!tps_sessions_prefers_async(call->request)) {
        take_now(call->service, call->exchange, t);
        return;
    }
    tps_session_write_id(t->id, location);
    tps_sessions_take_later(call->service, call->exchange,
                            &(tps_later_request){.from = t->from,
                                                 .id = t->id,
                                                 .expires = t->expires,
                                                 .evidence = t->evidence,
                                                 .location = location});
}

static void nonce_read(tps_job *job, tps_status status)
{
    nonce_job *n = (nonce_job *)(void *)job;
    taking t = {.from = TPS_STORE_SESSION_WAITING,
                .id = n->id,
                .expires = n->expires,
                .evidence = {.type = n->type,
                             .nonce = tps_span_make(n->nonce, n->nonce_size),
                             .nonce_from_client = n->nonce_from_client}};

    if (status != TPS_OK) {
        tps_sessions_refuse(n->call.exchange, status);
    } else if (n->state != TPS_STORE_SESSION_WAITING) {
        tps_sessions_refuse(n->call.exchange,
                            n->state == TPS_STORE_SESSION_REMOVED ? TPS_NOT_FOUND : TPS_STORE_EXISTS);
    } else {
        take(&n->call, &t);
    }
    free(n);
}

static void take_stored(const tps_call *call, const uint8_t id[TPS_STORE_SESSION_ID_SIZE], int64_t expires,
                        size_t type)
{
    nonce_job *n = malloc(sizeof(*n));
    tps_status status = TPS_OUT_OF_MEMORY;

    if (n != NULL) {
        *n = (nonce_job){.job = {.run = read_nonce, .done = nonce_read},
                         .call = *call,
                         .now = tps_calendar_ms() / 1000,
                         .type = type,
                         .expires = expires};
        n->call.principal = NULL;
        memcpy(n->id, id, sizeof(n->id));
        status = tps_job_submit(call->service->reader, &n->job);
    }
    if (status != TPS_OK) {
        free(n);
        tps_answer_status(call->exchange, 503, status);
    }
}

void tps_handle_post_evidence(const tps_call *call)
{
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    tps_session_facts facts;
    tps_status status = TPS_SERVER_NO_SESSION;
    size_t type;

    if (tps_session_parse_id(call->parts.parts[0], id)) {
        status = tps_session_read(&call->tenant->session_keys, id, tps_calendar_ms() / 1000, &facts);
    }
    if (status == TPS_OK && tps_sessions_is_recent(call->service->sessions, id)) {
        status = TPS_SERVER_SESSION_USED;
    }
    if (status != TPS_OK) {
        tps_sessions_refuse(call->exchange, status);
        return;
    }
    if (!tps_sessions_check_evidence(call, tps_http_exchange_body(call->exchange), &type)) {
        return;
    }
    if (facts.is_stored) {
        take_stored(call, id, facts.expires, type);
        return;
    }
    take(call, &(taking){.from = TPS_STORE_SESSION_NEW,
                         .id = id,
                         .expires = facts.expires,
                         .evidence = {.type = type, .nonce = TPS_SPAN_OF(facts.nonce)}});
}
