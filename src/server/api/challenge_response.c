/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenge-response, as Veraison's clients speak it: a session with a nonce, evidence into it once, a result
 * out of it. A session's evidence is answered only after the use of its nonce and the result are durable.
 */
#include <stdio.h>
#include <stdlib.h>

#include "format/json/writer.h"
#include "format/text/hex.h"
#include "server/service_internal.h"
#include "tps/base64.h"
#include "tps/cmw.h"
#include "tps/device_claims.h"
#include "tps/psa.h"

#define NONCE_MIN         8u
#define NONCE_DEFAULT     32u
#define SESSION_TEXT_SIZE 37u
#define DEMONSTRATION_WARNING \
    "demonstration mode: the demonstration CA is accepted, whose private key is public; this result proves nothing"

static const char *const evidence_types[] = {
    "application/eat-cwt; profile=\"" TPS_PSA_PROFILE_2_0_0 "\"",
    "application/eat+cwt; eat_profile=\"" TPS_PSA_PROFILE "\"",
    "application/psa-attestation-token",
    "application/eat+cwt; eat_profile=\"" TPS_DEVICE_PROFILE "\"",
    /* wrappers (RFC 9999), which say themselves what they hold */
    "application/cmw",
    "application/cmw+cbor",
    "application/cmw+json",
    "application/vnd.veraison.cmw",
    "application/vnd.veraison.cmw+cbor",
    "application/vnd.veraison.cmw+json",
};

#define FIRST_WRAPPER_TYPE  4u
#define EVIDENCE_TYPE_COUNT (sizeof(evidence_types) / sizeof(evidence_types[0]))

const char *const *tps_evidence_types(size_t *count)
{
    *count = EVIDENCE_TYPE_COUNT;
    return evidence_types;
}

/* ---- session ids ---- */

static void write_id(const uint8_t id[TPS_STORE_SESSION_ID_SIZE], char out[SESSION_TEXT_SIZE])
{
    char *at = out;

    for (size_t i = 0; i < TPS_STORE_SESSION_ID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *at++ = '-';
        }
        at += snprintf(at, 3, "%02x", (unsigned)id[i]);
    }
}

static bool read_id(tps_span text, uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    size_t digits = 0;

    if (text.size != SESSION_TEXT_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        int value = hex_digit(text.data[i]);

        if (dash ? text.data[i] != '-' : value < 0) {
            return false;
        }
        if (!dash) {
            id[digits / 2] = (uint8_t)(digits % 2 == 0 ? value << 4 : id[digits / 2] | value);
            digits++;
        }
    }
    return true;
}

/* ---- the session as JSON ---- */

typedef struct {
    const char *status;
    tps_span nonce;
    int64_t expires;
    tps_span type;     /* of the evidence; empty: there is none yet */
    tps_span evidence; /* its bytes; empty: they are not kept */
    tps_span result;   /* EAR; empty: there is none yet */
    bool demonstration;
} session_view;

static void put_evidence(json_writer *w, const session_view *view)
{
    json_key(w, "evidence");
    json_begin_object(w);
    json_key(w, "type");
    json_text_span(w, view->type);
    if (view->evidence.size > 0) {
        json_key(w, "value");
        json_base64(w, view->evidence);
    }
    json_end_object(w);
}

static tps_status write_session(const session_view *view, tps_buf out, size_t *size)
{
    json_writer w = json_writer_init(out);
    char expiry[21];

    tps_write_time(view->expires, expiry);
    json_begin_object(&w);
    json_member_text(&w, "status", view->status);
    json_key(&w, "nonce");
    json_base64url(&w, view->nonce);
    json_member_text(&w, "expiry", expiry);
    json_key(&w, "accept");
    json_begin_array(&w);
    for (size_t i = 0; i < EVIDENCE_TYPE_COUNT; i++) {
        json_text(&w, evidence_types[i]);
    }
    json_end_array(&w);
    if (view->type.size > 0) {
        put_evidence(&w, view);
    }
    if (view->result.size > 0) {
        json_key(&w, "result");
        json_text_span(&w, view->result);
    }
    if (view->demonstration) {
        json_member_text(&w, "warning", DEMONSTRATION_WARNING);
    }
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

static void answer_session(const tps_call *call, unsigned http_status, const session_view *view,
                           const tps_http_answer_field *fields, size_t field_count)
{
    tps_service *service = call->service;
    size_t size;

    if (write_session(view, TPS_BUF_OF(service->scratch), &size) != TPS_OK) {
        tps_answer_status(call->exchange, 500, TPS_TOO_LARGE);
        return;
    }
    tps_http_answer(call->exchange, &(tps_http_answer_message){.status = http_status,
                                                               .type = TPS_TYPE_SESSION,
                                                               .body = tps_span_make(service->scratch, size),
                                                               .fields = fields,
                                                               .field_count = field_count});
}

/* ---- POST newSession ---- */

typedef struct {
    uint8_t bytes[TPS_STORE_NONCE_MAX];
    size_t size;
    bool from_client;
} chosen_nonce;

static tps_status read_nonce(tps_span text, chosen_nonce *nonce)
{
    nonce->from_client = true;
    if (tps_base64_read(text, TPS_BUF_OF(nonce->bytes), &nonce->size) != TPS_OK || nonce->size < NONCE_MIN) {
        return TPS_SERVER_BAD_REQUEST;
    }
    return TPS_OK;
}

static tps_status read_nonce_size(tps_span text, chosen_nonce *nonce)
{
    size_t size = 0;

    for (size_t i = 0; i < text.size && size <= TPS_STORE_NONCE_MAX; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return TPS_SERVER_BAD_REQUEST;
        }
        size = size * 10 + (size_t)(text.data[i] - '0');
    }
    nonce->size = size;
    return size >= NONCE_MIN && size <= TPS_STORE_NONCE_MAX ? TPS_OK : TPS_SERVER_BAD_REQUEST;
}

/* From ?nonce= or ?nonceSize=, or of the usual size; a nonce of ours is random. */
static tps_status choose_nonce(tps_span query, chosen_nonce *nonce)
{
    uint8_t room[128];
    tps_span value;
    tps_status given = tps_http_query_find(query, "nonce", TPS_BUF_OF(room), &value);
    tps_span size_value;
    uint8_t size_room[8];
    tps_status sized = tps_http_query_find(query, "nonceSize", TPS_BUF_OF(size_room), &size_value);

    *nonce = (chosen_nonce){.size = NONCE_DEFAULT};
    if ((given != TPS_OK && given != TPS_NOT_FOUND) || (sized != TPS_OK && sized != TPS_NOT_FOUND) ||
        (given == TPS_OK && sized == TPS_OK)) {
        return TPS_SERVER_BAD_REQUEST;
    }
    if (given == TPS_OK) {
        return read_nonce(value, nonce);
    }
    if (sized == TPS_OK) {
        TPS_TRY(read_nonce_size(size_value, nonce));
    }
    return tps_crypto_random((tps_buf){nonce->bytes, nonce->size});
}

static tps_status add_session(const tps_call *call, const chosen_nonce *nonce, tps_session **session)
{
    const tps_service_options *options = &call->service->options;
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];

    TPS_TRY(tps_crypto_random(TPS_BUF_OF(id)));
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40); /* version 4, RFC 9562 */
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
    TPS_TRY(tps_session_table_add(call->tenant->sessions, id, tps_now_ms(), options->session_lifetime_ms,
                                  session));
    memcpy((*session)->nonce, nonce->bytes, nonce->size);
    (*session)->nonce_size = (uint8_t)nonce->size;
    (*session)->nonce_from_client = nonce->from_client;
    (*session)->expires = (tps_calendar_ms() + options->session_lifetime_ms + 999) / 1000;
    return TPS_OK;
}

static session_view view_of(const tps_call *call, const tps_session *session)
{
    return (session_view){.status = session->taken ? "processing" : "waiting",
                          .nonce = tps_span_make(session->nonce, session->nonce_size),
                          .expires = session->expires,
                          .demonstration = call->service->options.demonstration};
}

void tps_handle_new_session(const tps_call *call)
{
    static const tps_http_answer_field retry = {"Retry-After", "5"};
    tps_store *store = call->service->options.reader;
    char location[8 + SESSION_TEXT_SIZE] = "session/";
    chosen_nonce nonce;
    tps_session *session;
    session_view view;
    tps_status status = choose_nonce(call->request->query, &nonce);

    if (status == TPS_SERVER_BAD_REQUEST) {
        tps_http_answer_problem(
            call->exchange, 400, "the nonce or nonceSize cannot be used",
            "give one of them at most: a nonce of 8 to 64 bytes in base64url, or a size of 8 to 64", NULL, 0);
        return;
    }
    if (status == TPS_OK &&
        nonce.from_client) { /* early word only: what counts is the insert with the result */
        status = store->ops->find_nonce(store, call->tenant->id, tps_span_make(nonce.bytes, nonce.size));
        if (status == TPS_OK) {
            tps_answer_status(call->exchange, 409, TPS_SERVER_NONCE_USED);
            return;
        }
        status = status == TPS_NOT_FOUND ? TPS_OK : status;
    }
    if (status == TPS_OK) {
        status = add_session(call, &nonce, &session);
    }
    if (status != TPS_OK) {
        tps_http_answer_problem(call->exchange, 503, tps_status_cause(status), tps_status_next_step(status),
                                &retry, 1);
        return;
    }
    write_id(session->id, location + 8);
    view = view_of(call, session);
    answer_session(call, 201, &view, &(tps_http_answer_field){"Location", location}, 1);
}

/* ---- GET and DELETE session ---- */

typedef struct {
    const tps_call *call;
    bool answered;
} result_visit;

static tps_status answer_stored(void *context, const tps_store_result *result)
{
    result_visit *visit = context;
    session_view view = {.status = "complete",
                         .nonce = result->nonce,
                         .expires = result->expires,
                         .type = result->type,
                         .result = result->result,
                         .demonstration = visit->call->service->options.demonstration};

    answer_session(visit->call, 200, &view, NULL, 0);
    visit->answered = true;
    return TPS_OK;
}

static void answer_lookup_failure(const tps_call *call, tps_status status)
{
    if (status == TPS_NOT_FOUND) {
        tps_answer_status(call->exchange, 404, TPS_SERVER_NO_SESSION);
    } else {
        tps_answer_status(call->exchange, 503, status);
    }
}

void tps_handle_get_session(const tps_call *call)
{
    tps_store *store = call->service->options.reader;
    result_visit visit = {.call = call};
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    tps_session *session;
    tps_status status = TPS_NOT_FOUND;

    if (read_id(call->parts.parts[0], id)) {
        session = tps_session_table_find(call->tenant->sessions, id, tps_now_ms());
        if (session != NULL) {
            session_view view = view_of(call, session);

            answer_session(call, 200, &view, NULL, 0);
            return;
        }
        status = store->ops->find_result(store, call->tenant->id, id, tps_calendar_ms() / 1000, answer_stored,
                                         &visit);
    }
    if (!visit.answered) {
        answer_lookup_failure(call, status);
    }
}

typedef struct {
    tps_commit_job job; /* first */
    tps_http_exchange *exchange;
    int64_t tenant;
    int64_t now;
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
} delete_job;

static tps_status write_delete(tps_commit_job *job, tps_store *store)
{
    delete_job *d = (delete_job *)(void *)job;

    return store->ops->remove_result(store, d->tenant, d->id, d->now);
}

static void delete_done(tps_commit_job *job, tps_status status)
{
    delete_job *d = (delete_job *)(void *)job;

    if (status == TPS_OK) {
        tps_http_answer(d->exchange, &(tps_http_answer_message){.status = 204});
    } else {
        tps_answer_status(d->exchange, status == TPS_NOT_FOUND ? 404 : 503,
                          status == TPS_NOT_FOUND ? TPS_SERVER_NO_SESSION : status);
    }
    free(d);
}

void tps_handle_delete_session(const tps_call *call)
{
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    tps_session *session;
    delete_job *d;

    if (!read_id(call->parts.parts[0], id)) {
        tps_answer_status(call->exchange, 404, TPS_SERVER_NO_SESSION);
        return;
    }
    session = tps_session_table_find(call->tenant->sessions, id, tps_now_ms());
    if (session != NULL && session->taken) {
        tps_http_answer_problem(call->exchange, 409, "the session's evidence is being appraised",
                                "delete it when the result is there", NULL, 0);
        return;
    }
    if (session != NULL) {
        tps_session_table_remove(call->tenant->sessions, session);
        tps_http_answer(call->exchange, &(tps_http_answer_message){.status = 204});
        return;
    }
    d = malloc(sizeof(*d));
    if (d == NULL) {
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return;
    }
    *d = (delete_job){.job = {.write = write_delete, .done = delete_done},
                      .exchange = call->exchange,
                      .tenant = call->tenant->id,
                      .now = tps_calendar_ms() / 1000};
    memcpy(d->id, id, sizeof(id));
    tps_committer_submit(call->service->committer, &d->job);
}

/* ---- POST session: the evidence ---- */

/* A result on its way to the store: one block of memory, the texts behind the struct. */
typedef struct {
    tps_commit_job job; /* first */
    tps_http_exchange *exchange;
    tps_tenant *tenant;
    tps_session *session;
    tps_store_result result;
    tps_span body;
} result_job;

static tps_status write_result(tps_commit_job *job, tps_store *store)
{
    return store->ops->put_result(store, &((result_job *)(void *)job)->result);
}

static void result_done(tps_commit_job *job, tps_status status)
{
    result_job *r = (result_job *)(void *)job;

    tps_session_table_remove(r->tenant->sessions, r->session);
    if (status == TPS_OK) {
        tps_http_answer(r->exchange,
                        &(tps_http_answer_message){.status = 200, .type = TPS_TYPE_SESSION, .body = r->body});
    } else {
        tps_answer_status(r->exchange, status == TPS_STORE_EXISTS ? 409 : 503,
                          status == TPS_STORE_EXISTS ? TPS_SERVER_NONCE_USED : status);
    }
    free(r);
}

/* Which of the types it is; EVIDENCE_TYPE_COUNT for none. */
static size_t evidence_type_of(const tps_span *text)
{
    tps_media_type media;
    tps_media_type known;

    if (text == NULL || tps_media_type_read(*text, &media) != TPS_OK) {
        return EVIDENCE_TYPE_COUNT;
    }
    for (size_t i = 0; i < EVIDENCE_TYPE_COUNT; i++) {
        if (tps_media_type_read(tps_span_of_text(evidence_types[i]), &known) == TPS_OK &&
            tps_media_type_equal(&known, &media)) {
            return i;
        }
    }
    return EVIDENCE_TYPE_COUNT;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

/* The body of a wrapper's type must begin like a wrapper, in the encoding that the type names. */
static bool is_of_type(tps_span body, size_t type)
{
    uint32_t form = tps_cmw_form(body);
    bool is_json = form == TPS_CMW_JSON_RECORD || form == TPS_CMW_JSON_COLLECTION;

    if (type < FIRST_WRAPPER_TYPE) {
        return true;
    }
    return form != TPS_CMW_UNKNOWN && !(is_json && ends_with(evidence_types[type], "+cbor")) &&
           !(!is_json && ends_with(evidence_types[type], "+json"));
}

/* Answers and returns false when the body contradicts its type. */
static bool check_type(const tps_call *call, tps_span body, size_t type)
{
    if (!is_of_type(body, type)) {
        tps_http_answer_problem(call->exchange, 400,
                                "the body is no wrapper of the encoding that its type names",
                                "send a CMW (RFC 9999), or name the type of the evidence", NULL, 0);
        return false;
    }
    if (type < FIRST_WRAPPER_TYPE &&
        tps_verifier_check_type(body, tps_span_of_text(evidence_types[type])) != TPS_OK) {
        tps_http_answer_problem(call->exchange, 400,
                                "the evidence names another profile than its Content-Type does",
                                "send it under the media type of its profile (eat_profile)", NULL, 0);
        return false;
    }
    return true;
}

static tps_status ignore_result(void *context, const tps_store_result *result)
{
    (void)context;
    (void)result;
    return TPS_OK;
}

/* The waiting session that the evidence is for; answers and returns NULL when there is none. */
static tps_session *find_waiting(const tps_call *call)
{
    tps_store *store = call->service->options.reader;
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    tps_session *session = NULL;
    tps_status status = TPS_NOT_FOUND;

    if (read_id(call->parts.parts[0], id)) {
        session = tps_session_table_find(call->tenant->sessions, id, tps_now_ms());
        if (session != NULL && !session->taken) {
            return session;
        }
        status = session != NULL ? TPS_OK
                                 : store->ops->find_result(store, call->tenant->id, id,
                                                           tps_calendar_ms() / 1000, ignore_result, NULL);
    }
    if (status == TPS_OK) {
        tps_answer_status(call->exchange, 409, TPS_SERVER_SESSION_USED);
    } else {
        answer_lookup_failure(call, status);
    }
    return NULL;
}

/* The halves of the scratch: for the result, and for what has to be made on the way. */
static tps_buf result_room(tps_service *service)
{
    return (tps_buf){service->scratch, sizeof(service->scratch) / 2};
}

static tps_buf spare_room(tps_service *service)
{
    return (tps_buf){service->scratch + sizeof(service->scratch) / 2, sizeof(service->scratch) / 2};
}

/* A result in a CWT is kept and sent as base64url: it has no dots, as a JWT has. */
static tps_status sign_result(tps_service *service, size_t count, const tps_ear_options *options,
                              const tps_cose_signer *signer, size_t *size)
{
    size_t cwt_size;

    if (!service->options.ear_as_cwt) {
        return tps_ear_jwt(service->parts, count, options, signer, result_room(service), size);
    }
    TPS_TRY(tps_ear_cwt(service->parts, count, options, signer, spare_room(service), &cwt_size));
    *size = TPS_BASE64URL_SIZE(cwt_size);
    if (*size > result_room(service).size) {
        return TPS_TOO_LARGE;
    }
    tps_base64url_write(tps_span_make(spare_room(service).data, cwt_size), (char *)service->scratch);
    return TPS_OK;
}

/* The body as what its type says: without a wrapper's type it is not taken out of one. Returns how many parts
 * there are. */
static size_t appraise(const tps_call *call, tps_span body, bool is_wrapped,
                       const tps_appraisal_request *request)
{
    tps_service *service = call->service;
    size_t count = 1;
    uint8_t tier;

    if (is_wrapped || tps_cmw_form(body) == TPS_CMW_UNKNOWN) {
        tps_verifier_appraise_all(call->tenant->verifier, body, TPS_BUF_OF(service->decoded), request,
                                  service->parts, TPS_PARTS_MAX, &count, &tier);
    } else {
        tps_verifier_appraise(call->tenant->verifier, body, request, &service->parts[0]);
    }
    return count;
}

/* Appraises, and writes the signed result to the beginning of the scratch. */
static tps_status make_result(const tps_call *call, const tps_session *session, tps_span evidence,
                              bool is_wrapped, char *audience, tps_store_result *result)
{
    tps_service *service = call->service;
    int64_t now = tps_calendar_ms() / 1000;
    tps_span nonce = tps_span_make(session->nonce, session->nonce_size);
    const tps_appraisal_request request = {.nonce = nonce,
                                           .is_nonce_of_relying_party = session->nonce_from_client,
                                           .aud = tps_span_of_text(audience),
                                           .now = now};
    const tps_result_key *key = tps_result_keys_active(&call->tenant->keys, now);
    tps_cose_signer signer;
    size_t count;
    size_t size;

    if (key == NULL) {
        return TPS_NOT_FOUND;
    }
    signer = tps_cose_signer_of_key(key->key, TPS_ALG_ES256);
    count = appraise(call, evidence, is_wrapped, &request);
    TPS_TRY(sign_result(service, count,
                        &(tps_ear_options){.generation = service->options.ear_generation,
                                           .nonce = nonce,
                                           .issuer = audience,
                                           .key_id = key->id,
                                           .iat = now,
                                           .exp = now + (service->options.session_lifetime_ms + 999) / 1000,
                                           .with_claims = true},
                        &signer, &size));
    result->tenant = call->tenant->id;
    memcpy(result->session, session->id, sizeof(result->session));
    memcpy(result->evidence_sha256, service->parts[0].evidence_sha256, sizeof(result->evidence_sha256));
    result->nonce = nonce;
    result->nonce_from_client = session->nonce_from_client;
    result->result = tps_span_make(service->scratch, size);
    result->expires = session->expires;
    return TPS_OK;
}

/* Copies the result into a job, with the answer that will be given once it is durable. */
static result_job *make_job(const tps_call *call, tps_session *session, tps_span evidence,
                            const tps_store_result *result)
{
    session_view view = view_of(call, session);
    result_job *r;
    uint8_t *texts;
    size_t size;

    view.status = "complete";
    view.type = result->type;
    view.evidence = evidence;
    view.result = result->result;
    if (write_session(&view, TPS_BUF_MEASURE, &size) != TPS_OK ||
        (r = malloc(sizeof(*r) + result->result.size + result->type.size + size)) == NULL) {
        return NULL;
    }
    texts = (uint8_t *)(r + 1);
    *r = (result_job){.job = {.write = write_result, .done = result_done},
                      .exchange = call->exchange,
                      .tenant = call->tenant,
                      .session = session,
                      .result = *result};
    memcpy(texts, result->result.data, result->result.size);
    r->result.result = tps_span_make(texts, result->result.size);
    texts += result->result.size;
    memcpy(texts, result->type.data, result->type.size);
    r->result.type = tps_span_make(texts, result->type.size);
    texts += result->type.size;
    r->body = tps_span_make(texts, size);
    if (write_session(&view, (tps_buf){texts, size}, &size) != TPS_OK) {
        free(r);
        return NULL;
    }
    return r;
}

/* What evidence must name as its audience: the tenant's own URL, when the server knows its name. */
static char *audience_of(const tps_call *call, char *room, size_t size)
{
    if (call->service->options.url == NULL) {
        return NULL;
    }
    (void)snprintf(room, size, "%s%s%s", call->service->options.url, call->prefixed ? "/t/" : "",
                   call->prefixed ? call->tenant->name : "");
    return room;
}

void tps_handle_post_evidence(const tps_call *call)
{
    const tps_span *type = tps_http_request_field(call->request, "Content-Type");
    tps_span evidence = tps_http_exchange_body(call->exchange);
    tps_session *session = find_waiting(call);
    tps_store_result result;
    size_t type_index = evidence_type_of(type);
    char audience[512];
    result_job *r;
    tps_status status;

    if (session == NULL) {
        return;
    }
    if (evidence.size == 0) {
        tps_http_answer_problem(call->exchange, 400, "the request has no evidence in its body",
                                "send the evidence as the body", NULL, 0);
        return;
    }
    if (type_index == EVIDENCE_TYPE_COUNT) {
        tps_answer_unsupported_type(call->exchange, evidence_types, EVIDENCE_TYPE_COUNT);
        return;
    }
    if (!check_type(call, evidence, type_index)) {
        return;
    }
    session->taken = true; /* whatever follows, this nonce is spent */
    result.type = *type;
    status = make_result(call, session, evidence, type_index >= FIRST_WRAPPER_TYPE,
                         audience_of(call, audience, sizeof(audience)), &result);
    r = status == TPS_OK ? make_job(call, session, evidence, &result) : NULL;
    if (r == NULL) {
        tps_session_table_remove(call->tenant->sessions, session);
        tps_answer_status(call->exchange, status == TPS_OK ? 503 : 500,
                          status == TPS_OK ? TPS_OUT_OF_MEMORY : status);
        return;
    }
    tps_committer_submit(call->service->committer, &r->job);
}
