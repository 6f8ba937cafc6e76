/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence that is appraised later: it is stored with its session, the client told to come back (202), and
 * appraised one after the other between requests. What a node leaves behind when it dies is in the store, and
 * whichever node claims it first goes on.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/api/evidence_types.h"
#include "server/api/sessions.h"
#include "server/operation/log.h"
#include "server/tenants/tenants.h"

#define WAITING_MAX       1024u
#define WAITING_BYTES_MAX (32u << 20)
#define CLAIM_EVERY_MS    10000u
#define CLAIM_AFTER       30 /* seconds that a session may be in work before somebody else takes it up */
#define CLAIM_MAX         16u
#define ABOUT_SIZE        (3u * TPS_AUDIENCE_SIZE + 16u)

/* Evidence on its way; behind it stand its bytes. */
struct tps_later {
    tps_job job; /* first */
    tps_store_session_step step;
    tps_store_session session;
    tps_service *service;
    tps_http_exchange *exchange; /* until it is answered */
    tps_later *next;
    size_t type;
    tps_evidence evidence;
    uint8_t nonce[TPS_STORE_NONCE_MAX];
    char about[ABOUT_SIZE]; /* what else it has to answer to, as it is kept in the store */
    char texts[ABOUT_SIZE]; /* the same, taken apart */
    char location[64 + TPS_SESSION_TEXT_SIZE];
    uint8_t *result;
};

static void free_later(tps_later *l)
{
    if (l != NULL) {
        free(l->result);
        free(l);
    }
}

/* One with a copy of the evidence and the nonce. */
static tps_later *new_later(tps_span evidence, tps_span nonce)
{
    tps_later *l;

    if (nonce.size > TPS_STORE_NONCE_MAX) {
        return NULL;
    }
    l = calloc(1, sizeof(*l) + evidence.size);
    if (l != NULL) {
        if (evidence.size > 0) {
            memcpy(l + 1, evidence.data, evidence.size);
        }
        if (nonce.size > 0) {
            memcpy(l->nonce, nonce.data, nonce.size);
        }
        l->evidence.evidence = tps_span_make(l + 1, evidence.size);
        l->evidence.nonce = tps_span_make(l->nonce, nonce.size);
    }
    return l;
}

/* ---- what else it has to answer to: a line each ---- */

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void write_about(tps_later *l, const tps_evidence *e)
{
    (void)snprintf(l->about, sizeof(l->about), "%s\n%s\n%s\n%s\n%s", or_empty(e->audience),
                   or_empty(e->issuer), or_empty(e->of_service), e->is_binder ? "binder" : "",
                   e->nonce_from_client ? "" : TPS_SESSIONS_NONCE_OF_OURS);
}

/* The next line of `*text`, NULL when it is empty. */
static const char *next_line(char **text)
{
    char *line = *text;
    char *end = strchr(line, '\n');

    if (end != NULL) {
        *end = '\0';
        *text = end + 1;
    } else {
        *text = line + strlen(line);
    }
    return *line == '\0' ? NULL : line;
}

/* @param from_client  What the store says of the nonce. */
static void read_about(tps_later *l, bool from_client)
{
    char *text = l->texts;

    memcpy(l->texts, l->about, sizeof(l->texts));
    l->evidence.audience = next_line(&text);
    l->evidence.issuer = next_line(&text);
    l->evidence.of_service = next_line(&text);
    l->evidence.is_binder = next_line(&text) != NULL;
    l->evidence.nonce_from_client = from_client && next_line(&text) == NULL;
}

/* ---- what waits ---- */

static size_t size_of(const tps_later *l)
{
    return sizeof(*l) + l->evidence.evidence.size;
}

static bool has_room(const tps_sessions *s, size_t size)
{
    return s->count < WAITING_MAX && s->bytes + size <= WAITING_BYTES_MAX;
}

static void count_in(tps_sessions *s, const tps_later *l)
{
    s->count++;
    s->bytes += size_of(l);
}

static void drop(tps_sessions *s, tps_later *l)
{
    s->count--;
    s->bytes -= size_of(l);
    free_later(l);
}

static void work_in(tps_sessions *s, long milliseconds)
{
    const struct timeval wait = {milliseconds / 1000, milliseconds % 1000 * 1000};

    (void)event_add(s->work, &wait); /* of 0: after what the network has brought meanwhile */
}

static void append(tps_sessions *s, tps_later *l)
{
    l->next = NULL;
    *s->last = l;
    s->last = &l->next;
    if (s->first == l) {
        work_in(s, 0);
    }
}

/* ---- appraising ---- */

static void finished(tps_job *job, tps_status status)
{
    tps_later *l = (tps_later *)(void *)job;

    if (status != TPS_OK && !tps_job_status_is_answer(status)) {
        tps_log_event(TPS_LOG_WARNING, "a result could not be stored, and is made again",
                      tps_log_cause(status));
    }
    drop(l->service->sessions, l); /* an answer: it has a result, was removed, or has ended */
}

/* The result, or why there is none, goes to the session. TPS_SERVER_NOT_LOADED: it has to wait. */
static tps_status make_result(tps_later *l)
{
    tps_buf room = tps_sessions_room(l->service);
    size_t size = 0;
    tps_status status = TPS_VERIFIER_WRAPPED_TYPE;

    if (l->evidence.type != TPS_EVIDENCE_TYPE_NONE) {
        status = tps_sessions_appraise(l->service, &l->evidence, room, &size);
    }
    if (status == TPS_SERVER_NOT_LOADED) {
        return status;
    }
    l->session.state = status == TPS_OK ? TPS_STORE_SESSION_COMPLETE : TPS_STORE_SESSION_FAILED;
    l->session.evidence = TPS_SPAN_EMPTY;
    if (status != TPS_OK) {
        l->session.result = tps_span_of_text(tps_status_cause(status));
        return TPS_OK;
    }
    free(l->result);
    l->result = malloc(size);
    if (l->result == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    memcpy(l->result, room.data, size);
    memcpy(l->session.evidence_sha256, l->service->parts[0].evidence_sha256, 32);
    l->session.result = tps_span_make(l->result, size);
    return TPS_OK;
}

static void take_first(tps_sessions *s)
{
    s->first = s->first->next;
    if (s->first == NULL) {
        s->last = &s->first;
    } else {
        work_in(s, 0);
    }
}

static void on_work(evutil_socket_t fd, short events, void *context)
{
    tps_sessions *s = context;
    tps_later *l = s->first;
    tps_status status;

    (void)fd;
    (void)events;
    if (l == NULL) {
        return;
    }
    status = make_result(l);
    if (status == TPS_OK) {
        l->step = (tps_store_session_step){.from = TPS_STORE_SESSION_PROCESSING, .to = &l->session};
        l->job = (tps_job){.step = &l->step, .done = finished};
        status = tps_job_submit(s->service->writer, &l->job);
    }
    if (status == TPS_SERVER_NOT_LOADED) { /* it lies in the store: whoever claims it later may know more */
        take_first(s);
        drop(s, l);
    } else if (status != TPS_OK) {
        work_in(s, 100);
    } else {
        take_first(s);
    }
}

/* ---- taking evidence ---- */

static void answer_taken(tps_later *l)
{
    const tps_http_answer_field fields[] = {
        {"Location", l->location}, {"Retry-After", "1"}, {"Preference-Applied", "respond-async"}};
    const tps_session_view view = {.status = "processing",
                                   .nonce = l->evidence.nonce,
                                   .expires = l->session.expires,
                                   .type = l->session.type,
                                   .warning = tps_sessions_warning(l->service)};

    tps_sessions_answer(l->service, l->exchange, 202, &view, fields, sizeof(fields) / sizeof(fields[0]));
    l->exchange = NULL;
}

static void taken(tps_job *job, tps_status status)
{
    tps_later *l = (tps_later *)(void *)job;
    tps_sessions *s = l->service->sessions;

    if (status == TPS_OK) {
        answer_taken(l);
        append(s, l);
        return;
    }
    if (!tps_job_status_is_answer(status)) {
        tps_sessions_forget(s, l->session.id);
    }
    tps_sessions_refuse(l->exchange, status);
    drop(s, l);
}

static void fill(tps_later *l, tps_service *service, tps_http_exchange *exchange,
                 const tps_later_request *request)
{
    tps_span evidence = l->evidence.evidence;
    tps_span nonce = l->evidence.nonce;

    l->service = service;
    l->exchange = exchange;
    l->evidence = request->evidence;
    l->evidence.evidence = evidence;
    l->evidence.nonce = nonce;
    write_about(l, &request->evidence);
    read_about(l, request->evidence.nonce_from_client);
    (void)snprintf(l->location, sizeof(l->location), "%s", request->location);
    l->session = (tps_store_session){.tenant = request->evidence.tenant->id,
                                     .state = TPS_STORE_SESSION_PROCESSING,
                                     .nonce = nonce,
                                     .nonce_from_client = request->evidence.nonce_from_client,
                                     .type = tps_evidence_type_text(request->evidence.type),
                                     .evidence = evidence,
                                     .result = tps_span_of_text(l->about),
                                     .created = tps_calendar_ms() / 1000,
                                     .expires = request->expires};
    memcpy(l->session.id, request->id, TPS_STORE_SESSION_ID_SIZE);
    l->step = (tps_store_session_step){.from = request->from, .to = &l->session};
    l->job = (tps_job){.step = &l->step, .done = taken};
}

void tps_sessions_take_later(tps_service *service, tps_http_exchange *exchange,
                             const tps_later_request *request)
{
    tps_sessions *s = service->sessions;
    tps_later *l = NULL;
    tps_status status = TPS_SERVER_BUSY;

    if (has_room(s, sizeof(*l) + request->evidence.evidence.size)) {
        l = new_later(request->evidence.evidence, request->evidence.nonce);
        status = TPS_OUT_OF_MEMORY;
    }
    if (l != NULL) {
        fill(l, service, exchange, request);
        status = tps_job_submit(service->writer, &l->job);
    }
    if (status != TPS_OK) {
        free_later(l);
        tps_answer_status(exchange, 503, status);
        return;
    }
    count_in(s, l);
    tps_sessions_note(s, request->id);
}

/* ---- what was left behind ---- */

typedef struct {
    tps_job job; /* first */
    tps_sessions *sessions;
    int64_t now;
    tps_later *first;
} claim_job;

/* In the writer's thread. */
static tps_status take_claimed(void *context, const tps_store_session *session)
{
    claim_job *c = context;
    tps_later *l = new_later(session->evidence, session->nonce);

    if (l == NULL || session->result.size >= sizeof(l->about)) {
        free_later(l);
        return TPS_OK; /* it is claimed again later */
    }
    if (session->result.size > 0) {
        memcpy(l->about, session->result.data, session->result.size);
    }
    read_about(l, session->nonce_from_client);
    l->evidence.type = tps_evidence_type_find(session->type);
    l->session = *session;
    l->session.nonce = l->evidence.nonce;
    l->session.type = l->evidence.type == TPS_EVIDENCE_TYPE_NONE ? TPS_SPAN_EMPTY
                                                                 : tps_evidence_type_text(l->evidence.type);
    l->session.evidence = TPS_SPAN_EMPTY;
    l->session.result = TPS_SPAN_EMPTY;
    l->next = c->first;
    c->first = l;
    return TPS_OK;
}

static tps_status claim(tps_job *job, tps_store *store)
{
    claim_job *c = (claim_job *)(void *)job;

    return store->ops->claim_sessions(store, c->now, c->now - CLAIM_AFTER, CLAIM_MAX, take_claimed, c);
}

/* What waits here for long enough is claimed like what was left behind. */
static bool is_waiting(const tps_sessions *s, const tps_later *claimed)
{
    for (const tps_later *l = s->first; l != NULL; l = l->next) {
        if (memcmp(l->session.id, claimed->session.id, TPS_STORE_SESSION_ID_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static void claimed(tps_job *job, tps_status status)
{
    claim_job *c = (claim_job *)(void *)job;
    tps_sessions *s = c->sessions;
    size_t count = 0;

    s->is_claiming = false;
    for (; c->first != NULL; count++) {
        tps_later *l = c->first;

        c->first = l->next;
        l->service = s->service;
        l->evidence.tenant = tps_tenants_find_id(s->service, l->session.tenant);
        if (status == TPS_OK && l->evidence.tenant != NULL && has_room(s, size_of(l)) && !is_waiting(s, l)) {
            count_in(s, l);
            append(s, l);
        } else {
            free_later(l);
        }
    }
    if (count == CLAIM_MAX) {
        s->next_claim_ms = 0; /* there may be more */
    }
    free(c);
}

void tps_sessions_tick(tps_service *service)
{
    tps_sessions *s = service->sessions;
    uint64_t now = tps_now_ms();
    claim_job *c;

    if (now < s->next_claim_ms || s->is_claiming || s->count > WAITING_MAX / 2 || service->stopping) {
        return;
    }
    s->next_claim_ms = now + CLAIM_EVERY_MS;
    c = malloc(sizeof(*c));
    if (c == NULL) {
        return;
    }
    *c = (claim_job){.job = {.run = claim, .done = claimed}, .sessions = s, .now = tps_calendar_ms() / 1000};
    if (tps_job_submit(service->writer, &c->job) != TPS_OK) {
        free(c);
        return;
    }
    s->is_claiming = true;
}

/* ---- start and end ---- */

tps_status tps_sessions_open(tps_service *service)
{
    tps_sessions *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    s->service = service;
    s->last = &s->first;
    s->work = event_new(service->base, -1, 0, on_work, s);
    if (s->work == NULL) {
        free(s);
        return TPS_OUT_OF_MEMORY;
    }
    service->sessions = s;
    return TPS_OK;
}

void tps_sessions_close(tps_service *service)
{
    tps_sessions *s = service->sessions;

    if (s == NULL) {
        return;
    }
    while (s->first != NULL) {
        tps_later *next = s->first->next;

        drop(s, s->first);
        s->first = next;
    }
    event_free(s->work);
    free(s);
    service->sessions = NULL;
}
