/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST newSession. A nonce of ours is derived from the session's id, and nothing is written; one that the
 * client brought, or of another size, is stored before it is given out.
 */
#include <stdlib.h>

#include "server/api/sessions.h"
#include "server/operation/metrics.h"
#include "tps/base64.h"

#define NONCE_MIN 8u

/* A session that is stored: one block of memory. */
typedef struct {
    tps_job job; /* first */
    tps_store_session session;
    tps_http_exchange *exchange;
    tps_service *service;
    const tps_tenant *tenant;
    int64_t now;
    uint8_t nonce[TPS_STORE_NONCE_MAX];
} begin_job;

static void answer_begun(tps_service *service, const tps_tenant *tenant, tps_http_exchange *exchange,
                         const uint8_t id[TPS_STORE_SESSION_ID_SIZE], tps_span nonce, int64_t expires)
{
    char location[8 + TPS_SESSION_TEXT_SIZE] = "session/";
    const tps_session_view view = {
        .status = "waiting", .nonce = nonce, .expires = expires, .warning = tps_sessions_warning(service)};

    tps_session_write_id(id, location + 8);
    tps_metrics_add(TPS_METRIC_SESSIONS, tenant->metrics_label, 1);
    tps_sessions_answer(service, exchange, 201, &view, &(tps_http_answer_field){"Location", location}, 1);
}

/* ---- stored ones ---- */

/* A nonce that was used is refused now rather than when the evidence is there. */
static tps_status write_begun(tps_job *job, tps_store *store)
{
    begin_job *b = (begin_job *)(void *)job;
    tps_store_session_step step = {TPS_STORE_SESSION_NEW, &b->session, TPS_OK};

    if (b->session.nonce_from_client) {
        tps_status used = store->ops->find_nonce(store, b->session.tenant, b->session.nonce);

        if (used != TPS_NOT_FOUND) {
            return used == TPS_OK ? TPS_STORE_USED : used;
        }
    }
    TPS_TRY(store->ops->put_sessions(store, &step, 1, b->now));
    return step.status;
}

static void begun(tps_job *job, tps_status status)
{
    begin_job *b = (begin_job *)(void *)job;

    if (status == TPS_OK) {
        answer_begun(b->service, b->tenant, b->exchange, b->session.id, b->session.nonce, b->session.expires);
    } else {
        tps_sessions_refuse(b->exchange, status);
    }
    free(b);
}

/* A short nonce of ours bears no mark by which it would be known for ever: it is noted as those of clients.
 */
static void begin_stored(const tps_call *call, tps_span nonce, bool from_client, int64_t expires)
{
    bool is_short = !from_client && !tps_session_is_own_nonce(nonce);
    begin_job *b = malloc(sizeof(*b));
    tps_status status = b == NULL ? TPS_OUT_OF_MEMORY : TPS_OK;

    if (status == TPS_OK) {
        *b = (begin_job){.job = {.run = write_begun, .done = begun},
                         .exchange = call->exchange,
                         .service = call->service,
                         .tenant = call->tenant,
                         .now = tps_calendar_ms() / 1000};
        memcpy(b->nonce, nonce.data, nonce.size);
        b->session = (tps_store_session){.tenant = call->tenant->id,
                                         .state = TPS_STORE_SESSION_WAITING,
                                         .nonce = tps_span_make(b->nonce, nonce.size),
                                         .nonce_from_client = from_client || is_short,
                                         .result = is_short ? TPS_SPAN_LITERAL(TPS_SESSIONS_NONCE_OF_OURS)
                                                            : TPS_SPAN_EMPTY,
                                         .created = b->now,
                                         .expires = expires};
        status = tps_session_make(&call->tenant->session_keys, expires, true, b->session.id, NULL);
    }
    if (status == TPS_OK) {
        status = tps_job_submit(call->service->writer, &b->job);
    }
    if (status != TPS_OK) {
        free(b);
        tps_answer_status(call->exchange, 503, status);
    }
}

/* ---- what the client asks for ---- */

typedef struct {
    uint8_t bytes[TPS_STORE_NONCE_MAX];
    size_t size; /* 0: ours, of the usual size */
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

/* True when base 64 of three bytes has a character that differs between its two alphabets. */
static bool differs_by_alphabet(const uint8_t *three)
{
    uint32_t bits = (uint32_t)three[0] << 16 | (uint32_t)three[1] << 8 | three[2];

    return (bits & 63u) >= 62 || (bits >> 6 & 63u) >= 62 || (bits >> 12 & 63u) >= 62 || bits >> 18 >= 62;
}

/*
 * Clients differ in how they read a nonce: the interface says base64url, and older ones expect base 64 with
 * padding (encoding/json's). Sizes that are multiples of three, such as the 48 that evcli asks for, need no
 * padding; without the few characters that differ, all read the same. That costs less than a bit for sixteen
 * bytes.
 */
static bool is_read_by_all(tps_buf nonce)
{
    for (size_t at = 0; nonce.size % 3 == 0 && at < nonce.size; at += 3) {
        if (differs_by_alphabet(nonce.data + at)) {
            return false;
        }
    }
    return true;
}

/* The last bytes are a mark, which follows from those before: so three bytes at the front are drawn anew
 * until all of them will do. */
static tps_status random_nonce(tps_buf nonce)
{
    TPS_TRY(tps_crypto_random(nonce));
    for (size_t at = 0; nonce.size % 3 == 0 && at < nonce.size; at += 3) {
        while (differs_by_alphabet(nonce.data + at)) {
            TPS_TRY(tps_crypto_random((tps_buf){nonce.data + at, 3}));
        }
    }
    tps_session_mark_nonce(nonce);
    while (!is_read_by_all(nonce)) {
        TPS_TRY(tps_crypto_random((tps_buf){nonce.data, 3}));
        tps_session_mark_nonce(nonce);
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
    if (size < NONCE_MIN || size > TPS_STORE_NONCE_MAX) {
        return TPS_SERVER_BAD_REQUEST;
    }
    if (size == TPS_SESSION_NONCE_SIZE) {
        return TPS_OK;
    }
    nonce->size = size;
    return random_nonce((tps_buf){nonce->bytes, size});
}

/* From ?nonce= or ?nonceSize=, at most one of them. */
static tps_status choose_nonce(tps_span query, chosen_nonce *nonce)
{
    uint8_t room[128];
    tps_span value;
    tps_status given;
    uint8_t size_room[8];
    tps_span size_value;
    tps_status sized;

    nonce->size = 0;
    nonce->from_client = false;
    if (query.size == 0) {
        return TPS_OK;
    }
    given = tps_http_query_find(query, "nonce", TPS_BUF_OF(room), &value);
    sized = tps_http_query_find(query, "nonceSize", TPS_BUF_OF(size_room), &size_value);
    if ((given != TPS_OK && given != TPS_NOT_FOUND) || (sized != TPS_OK && sized != TPS_NOT_FOUND) ||
        (given == TPS_OK && sized == TPS_OK)) {
        return TPS_SERVER_BAD_REQUEST;
    }
    if (given == TPS_OK) {
        return read_nonce(value, nonce);
    }
    return sized == TPS_OK ? read_nonce_size(size_value, nonce) : TPS_OK;
}

void tps_handle_new_session(const tps_call *call)
{
    int64_t expires = tps_sessions_expiry(call->service, call->tenant);
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    uint8_t derived[TPS_SESSION_NONCE_SIZE];
    chosen_nonce nonce;
    tps_status status = choose_nonce(call->request->query, &nonce);

    if (status == TPS_SERVER_BAD_REQUEST) {
        tps_http_answer_problem(
            call->exchange, 400, "the nonce or nonceSize cannot be used",
            "give one of them at most: a nonce of 8 to 64 bytes in base64url, or a size of 8 to 64", NULL, 0);
        return;
    }
    if (status == TPS_OK && nonce.from_client &&
        tps_session_is_own_nonce(tps_span_make(nonce.bytes, nonce.size))) {
        tps_answer_status(call->exchange, 409, TPS_SERVER_NONCE_USED); /* it is of a session of its own */
        return;
    }
    if (status == TPS_OK && nonce.size > 0) {
        begin_stored(call, tps_span_make(nonce.bytes, nonce.size), nonce.from_client, expires);
        return;
    }
    if (status == TPS_OK) {
        status = tps_session_make(&call->tenant->session_keys, expires, false, id, derived);
    }
    if (status != TPS_OK) {
        tps_answer_status(call->exchange, 503, status);
        return;
    }
    answer_begun(call->service, call->tenant, call->exchange, id, TPS_SPAN_OF(derived), expires);
}
