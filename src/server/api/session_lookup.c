/* SPDX-License-Identifier: Apache-2.0 */
/* GET and DELETE session: how it stands, and that it is to be forgotten. */
#include <stdio.h>
#include <stdlib.h>

#include "format/text/hex.h"
#include "server/api/sessions.h"
#include "server/http/conditional.h"

/* The session that a path names. */
static tps_status read_id(const tps_call *call, uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                          tps_session_facts *facts)
{
    return tps_session_parse_id(call->parts.parts[0], id)
               ? tps_session_read(&call->tenant->session_keys, id, tps_calendar_ms() / 1000, facts)
               : TPS_SERVER_NO_SESSION;
}

/* ---- GET ---- */

typedef struct {
    tps_job job; /* first */
    tps_http_exchange *exchange;
    tps_service *service;
    int64_t tenant;
    int64_t now;
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    tps_session_facts facts;
    tps_store_session row; /* its texts lie in `texts` */
    uint8_t *texts;
} get_job;

static tps_span copy(uint8_t **at, tps_span bytes)
{
    tps_span copied = tps_span_make(*at, bytes.size);

    if (bytes.size > 0) {
        memcpy(*at, bytes.data, bytes.size);
    }
    *at += bytes.size;
    return copied;
}

/* In the reader's thread. */
static tps_status take_row(void *context, const tps_store_session *session)
{
    get_job *g = context;
    uint8_t *at = malloc(session->nonce.size + session->type.size + session->result.size + 1);

    if (at == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    g->texts = at;
    g->row = *session;
    g->row.nonce = copy(&at, session->nonce);
    g->row.type = copy(&at, session->type);
    g->row.result = copy(&at, session->result);
    g->row.evidence = TPS_SPAN_EMPTY;
    return TPS_OK;
}

static tps_status find(tps_job *job, tps_store *store)
{
    get_job *g = (get_job *)(void *)job;

    return store->ops->find_session(store, g->tenant, g->id, g->now, take_row, g);
}

#define TAG_SIZE 33u /* half of the evidence's digest in hexadecimal, and the final zero */

static bool is_known_to_client(const tps_http_exchange *exchange, const char *tag)
{
    tps_http_tags tags;

    return tps_http_tags_read(tps_http_exchange_request(exchange), "If-None-Match", &tags) == TPS_OK &&
           tps_http_tags_match(&tags, tag, true);
}

/* What is complete stays as it is, so its tag can be told from what it is of. */
static void answer_complete(get_job *g, const tps_session_view *view)
{
    char tag[TAG_SIZE];
    char field[TAG_SIZE + 2];
    const tps_http_answer_field etag = {"ETag", field};
    tps_buf room = tps_sessions_room(g->service);
    tps_http_answer_message message = {
        .status = 200, .type = TPS_TYPE_SESSION, .fields = &etag, .field_count = 1};
    size_t size;

    tag[hex_write(tps_span_make(g->row.evidence_sha256, TAG_SIZE / 2), tag)] = '\0';
    (void)snprintf(field, sizeof(field), "\"%s\"", tag);
    if (is_known_to_client(g->exchange, tag)) {
        tps_http_answer(g->exchange,
                        &(tps_http_answer_message){.status = 304, .fields = &etag, .field_count = 1});
        return;
    }
    if (tps_session_view_begin(view, room, &size) != TPS_OK ||
        tps_session_view_end(g->row.result, room, &size) != TPS_OK) {
        tps_answer_status(g->exchange, 500, TPS_TOO_LARGE);
        return;
    }
    message.body = tps_span_make(room.data, size);
    tps_http_answer(g->exchange, &message);
}

static void answer_row(get_job *g)
{
    static const tps_http_answer_field retry = {"Retry-After", "1"};
    char reason[256];
    tps_session_view view = {
        .status = "waiting",
        .nonce = g->row.nonce.size > 0 ? g->row.nonce : TPS_SPAN_OF(g->facts.nonce),
        .expires = g->facts.expires,
        .type = g->row.type,
        .warning = tps_sessions_warning(g->service),
    };

    switch (g->row.state) {
    case TPS_STORE_SESSION_WAITING: break;
    case TPS_STORE_SESSION_PROCESSING: view.status = "processing"; break;
    case TPS_STORE_SESSION_COMPLETE:
        view.status = "complete";
        answer_complete(g, &view);
        return;
    case TPS_STORE_SESSION_FAILED:
        (void)snprintf(reason, sizeof(reason), "%.*s", (int)g->row.result.size,
                       (const char *)g->row.result.data);
        view.status = "failed";
        view.failure = reason;
        break;
    default: tps_sessions_refuse(g->exchange, TPS_NOT_FOUND); return;
    }
    tps_sessions_answer(g->service, g->exchange, 200, &view, &retry,
                        g->row.state == TPS_STORE_SESSION_PROCESSING ? 1 : 0);
}

/* A session of ours that is not in the store has taken nothing. */
static void found(tps_job *job, tps_status status)
{
    get_job *g = (get_job *)(void *)job;

    if (status == TPS_NOT_FOUND && !g->facts.is_stored) {
        g->row = (tps_store_session){.state = TPS_STORE_SESSION_WAITING};
        status = TPS_OK;
    }
    if (status == TPS_OK) {
        answer_row(g);
    } else {
        tps_sessions_refuse(g->exchange, status);
    }
    free(g->texts);
    free(g);
}

void tps_handle_get_session(const tps_call *call)
{
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    tps_session_facts facts;
    tps_status status = read_id(call, id, &facts);
    get_job *g = NULL;

    if (status == TPS_OK) {
        g = malloc(sizeof(*g));
        status = TPS_OUT_OF_MEMORY;
    }
    if (g != NULL) {
        *g = (get_job){.job = {.run = find, .done = found},
                       .exchange = call->exchange,
                       .service = call->service,
                       .tenant = call->tenant->id,
                       .now = tps_calendar_ms() / 1000,
                       .facts = facts};
        memcpy(g->id, id, sizeof(g->id));
        status = tps_job_submit(call->service->reader, &g->job);
    }
    if (status != TPS_OK) {
        free(g);
        tps_sessions_refuse(call->exchange, status);
    }
}

/* ---- DELETE ---- */

typedef struct {
    tps_job job; /* first */
    tps_http_exchange *exchange;
    tps_sessions *sessions;
    tps_store_session to; /* removed: id, and when it ends */
    int64_t now;
    bool is_stored;
} delete_job;

static tps_status take_state(void *context, const tps_store_session *session)
{
    *(uint32_t *)context = session->state;
    return TPS_OK;
}

/* From whatever state it is in. That another node changes it between the two is seen, and tried again. */
static tps_status delete_from(delete_job *d, tps_store *store)
{
    uint32_t state = TPS_STORE_SESSION_NEW;
    tps_status status = store->ops->find_session(store, d->to.tenant, d->to.id, d->now, take_state, &state);
    tps_store_session_step step = {.to = &d->to};

    if (status != TPS_OK && (status != TPS_NOT_FOUND || d->is_stored)) {
        return status;
    }
    if (state == TPS_STORE_SESSION_REMOVED) {
        return TPS_NOT_FOUND;
    }
    if (state == TPS_STORE_SESSION_PROCESSING) {
        return TPS_STORE_CHANGED;
    }
    step.from = state;
    TPS_TRY(store->ops->put_sessions(store, &step, 1, d->now));
    return step.status;
}

static tps_status write_delete(tps_job *job, tps_store *store)
{
    delete_job *d = (delete_job *)(void *)job;
    tps_status status = TPS_STORE_EXISTS;

    for (int i = 0; i < 3 && status == TPS_STORE_EXISTS; i++) {
        status = delete_from(d, store);
    }
    return status;
}

static void deleted(tps_job *job, tps_status status)
{
    delete_job *d = (delete_job *)(void *)job;

    switch (status) {
    case TPS_OK: tps_http_answer(d->exchange, &(tps_http_answer_message){.status = 204}); break;
    case TPS_STORE_EXISTS:
    case TPS_STORE_CHANGED:
        tps_http_answer_problem(d->exchange, 409, "the session's evidence is being appraised",
                                "delete it when the result is there", NULL, 0);
        break;
    default: tps_sessions_refuse(d->exchange, status); break;
    }
    free(d);
}

void tps_handle_delete_session(const tps_call *call)
{
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    tps_session_facts facts;
    tps_status status = read_id(call, id, &facts);
    delete_job *d = NULL;

    if (status == TPS_OK) {
        d = malloc(sizeof(*d));
        status = TPS_OUT_OF_MEMORY;
    }
    if (d != NULL) {
        *d = (delete_job){.job = {.run = write_delete, .done = deleted},
                          .exchange = call->exchange,
                          .sessions = call->service->sessions,
                          .now = tps_calendar_ms() / 1000,
                          .is_stored = facts.is_stored};
        d->to = (tps_store_session){.tenant = call->tenant->id,
                                    .state = TPS_STORE_SESSION_REMOVED,
                                    .created = d->now,
                                    .expires = facts.expires};
        memcpy(d->to.id, id, sizeof(d->to.id));
        status = tps_job_submit(call->service->writer, &d->job);
    }
    if (status != TPS_OK) {
        free(d);
        tps_sessions_refuse(call->exchange, status);
    }
}
