/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions. What a call of put_sessions does goes to the database in one pipeline and is answered in one
 * round trip: new sessions whose nonces we made, which are nearly all, as one INSERT of arrays; each of the
 * others as a statement of its own, in the order of the steps.
 */
#include <stdlib.h>

#include "store/postgresql/internal.h"

#define PAGE        64
#define EXPIRES_MAX ((int64_t)1 << 40)

enum {
    COLUMN_TENANT,
    COLUMN_ID,
    COLUMN_STATE,
    COLUMN_NONCE,
    COLUMN_NONCE_FROM_CLIENT,
    COLUMN_TYPE,
    COLUMN_EVIDENCE,
    COLUMN_EVIDENCE_SHA256,
    COLUMN_RESULT,
    COLUMN_CREATED,
    COLUMN_EXPIRES
};

/* ---- steps ---- */

static void put_limit(tps_pg_parameters *p, size_t limit)
{
    tps_pg_put_int(p, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
}

static bool is_good(const tps_store_session_step *step)
{
    const tps_store_session *to = step->to;

    return to->nonce.size <= TPS_STORE_NONCE_MAX && to->state >= TPS_STORE_SESSION_WAITING &&
           to->state <= TPS_STORE_SESSION_REMOVED && step->from <= TPS_STORE_SESSION_REMOVED &&
           to->expires >= 0 && to->expires <= EXPIRES_MAX;
}

static bool is_plain(const tps_store_session_step *step)
{
    return step->from == TPS_STORE_SESSION_NEW && !step->to->nonce_from_client;
}

/* A step in a list. */
typedef struct {
    tps_store_session_step *step;
} listed_step;

/* In the order of ids, so that two nodes that add the same ones wait for each other in one order. */
static int compare_steps(const void *a, const void *b)
{
    const tps_store_session_step *x = ((const listed_step *)a)->step;
    const tps_store_session_step *y = ((const listed_step *)b)->step;
    int by_id = memcmp(x->to->id, y->to->id, TPS_STORE_SESSION_ID_SIZE);

    if (by_id != 0) {
        return by_id;
    }
    if (x->to->tenant != y->to->tenant) {
        return x->to->tenant < y->to->tenant ? -1 : 1;
    }
    return x < y ? -1 : 1;
}

/* The good steps of a call; runs of plain ones are sorted, and go out as one statement each. */
typedef struct {
    listed_step *steps;
    size_t count;
} step_list;

static size_t end_of_run(const step_list *list, size_t at)
{
    size_t end = at + 1;

    while (is_plain(list->steps[at].step) && end < list->count && is_plain(list->steps[end].step)) {
        end++;
    }
    return end;
}

/* What is to be said of a step without asking the database. @param floor  As the watermark. */
static tps_status first_look(const tps_store_session_step *step, int64_t floor)
{
    if (!is_good(step)) {
        return TPS_BAD_ARGUMENT;
    }
    return step->from == TPS_STORE_SESSION_NEW && step->to->expires <= floor ? TPS_STORE_PASSED : TPS_OK;
}

static bool make_list(tps_store_session_step *steps, size_t count, int64_t floor, step_list *list)
{
    *list = (step_list){.steps = calloc(count, sizeof(*list->steps))};
    if (list->steps == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        steps[i].status = first_look(&steps[i], floor);
        if (steps[i].status == TPS_OK) {
            list->steps[list->count++].step = &steps[i];
        }
    }
    for (size_t i = 0, end; i < list->count; i = end) {
        end = end_of_run(list, i);
        qsort(list->steps + i, end - i, sizeof(*list->steps), compare_steps);
    }
    return true;
}

/* ---- what is kept of a session in each state ---- */

static bool is_removed(const tps_store_session *session)
{
    return session->state == TPS_STORE_SESSION_REMOVED;
}

static tps_span kept_type(const tps_store_session *session)
{
    return is_removed(session) ? TPS_SPAN_EMPTY : session->type;
}

static tps_span kept_evidence(const tps_store_session *session)
{
    return session->state == TPS_STORE_SESSION_PROCESSING ? session->evidence : TPS_SPAN_EMPTY;
}

static tps_span kept_digest(const tps_store_session *session)
{
    return is_removed(session) ? TPS_SPAN_EMPTY : TPS_SPAN_OF(session->evidence_sha256);
}

static tps_span kept_result(const tps_store_session *session)
{
    return is_removed(session) ? TPS_SPAN_EMPTY : session->result;
}

/* ---- sending steps ---- */

enum {
    ARRAY_TENANT,
    ARRAY_ID,
    ARRAY_STATE,
    ARRAY_NONCE,
    ARRAY_TYPE,
    ARRAY_EVIDENCE,
    ARRAY_DIGEST,
    ARRAY_RESULT,
    ARRAY_CREATED,
    ARRAY_EXPIRES,
    ARRAY_COUNT
};

static void add_to_arrays(tps_pg_array arrays[ARRAY_COUNT], const tps_store_session *session)
{
    tps_pg_array_add_int(&arrays[ARRAY_TENANT], session->tenant);
    tps_pg_array_add(&arrays[ARRAY_ID], TPS_SPAN_OF(session->id));
    tps_pg_array_add_int(&arrays[ARRAY_STATE], session->state);
    tps_pg_array_add(&arrays[ARRAY_NONCE], session->nonce);
    tps_pg_array_add(&arrays[ARRAY_TYPE], kept_type(session));
    tps_pg_array_add(&arrays[ARRAY_EVIDENCE], kept_evidence(session));
    tps_pg_array_add(&arrays[ARRAY_DIGEST], kept_digest(session));
    tps_pg_array_add(&arrays[ARRAY_RESULT], kept_result(session));
    tps_pg_array_add_int(&arrays[ARRAY_CREATED], session->created);
    tps_pg_array_add_int(&arrays[ARRAY_EXPIRES], session->expires);
}

static void send_run(tps_pg_connection *c, const listed_step *steps, size_t count, int64_t now)
{
    tps_pg_array arrays[ARRAY_COUNT] = {
        [ARRAY_TENANT] = {.type = TPS_PG_INT8},  [ARRAY_ID] = {.type = TPS_PG_UUID},
        [ARRAY_STATE] = {.type = TPS_PG_INT8},   [ARRAY_NONCE] = {.type = TPS_PG_BYTEA},
        [ARRAY_TYPE] = {.type = TPS_PG_BYTEA},   [ARRAY_EVIDENCE] = {.type = TPS_PG_BYTEA},
        [ARRAY_DIGEST] = {.type = TPS_PG_BYTEA}, [ARRAY_RESULT] = {.type = TPS_PG_BYTEA},
        [ARRAY_CREATED] = {.type = TPS_PG_INT8}, [ARRAY_EXPIRES] = {.type = TPS_PG_INT8},
    };
    tps_pg_parameters p = {0};
    bool failed = false;

    for (size_t i = 0; i < count; i++) {
        add_to_arrays(arrays, steps[i].step->to);
    }
    for (size_t i = 0; i < ARRAY_COUNT; i++) {
        tps_pg_put_bytes(&p, tps_pg_array_finish(&arrays[i]));
        failed = failed || arrays[i].failed;
    }
    tps_pg_put_int(&p, now);
    if (failed && c->status == TPS_OK) {
        tps_pg_drop(c); /* half of a pipeline has gone out */
        c->status = tps_pg_fail(c, TPS_OUT_OF_MEMORY, "out of memory");
    }
    tps_pg_send(c, TPS_PG_ADD_SESSIONS, &p);
    for (size_t i = 0; i < ARRAY_COUNT; i++) {
        tps_pg_array_free(&arrays[i]);
    }
}

static void send_with_nonce(tps_pg_connection *c, const tps_store_session *session, int64_t now)
{
    tps_pg_parameters p = {0};

    tps_pg_put_int(&p, session->tenant);
    tps_pg_put_bytes(&p, TPS_SPAN_OF(session->id));
    tps_pg_put_int(&p, session->state);
    tps_pg_put_bytes(&p, session->nonce);
    tps_pg_put_bytes(&p, kept_type(session));
    tps_pg_put_bytes(&p, kept_evidence(session));
    tps_pg_put_bytes(&p, kept_digest(session));
    tps_pg_put_bytes(&p, kept_result(session));
    tps_pg_put_int(&p, session->created);
    tps_pg_put_int(&p, session->expires);
    tps_pg_put_int(&p, now);
    tps_pg_send(c, TPS_PG_ADD_WITH_NONCE, &p);
    p.count = 2;
    tps_pg_send(c, TPS_PG_DROP_WITHOUT_NONCE, &p);
}

static void send_step(tps_pg_connection *c, const tps_store_session_step *step, int64_t now)
{
    const tps_store_session *to = step->to;
    tps_pg_parameters p = {0};

    tps_pg_put_int(&p, to->tenant);
    tps_pg_put_bytes(&p, TPS_SPAN_OF(to->id));
    tps_pg_put_int(&p, step->from);
    tps_pg_put_int(&p, to->state);
    tps_pg_put_bytes(&p, kept_type(to));
    tps_pg_put_bytes(&p, kept_evidence(to));
    tps_pg_put_bytes(&p, kept_digest(to));
    tps_pg_put_bytes(&p, kept_result(to));
    tps_pg_put_int(&p, to->expires);
    tps_pg_put_int(&p, now);
    tps_pg_send(c, TPS_PG_STEP_SESSION, &p);
}

static void send_steps(tps_pg_connection *c, const step_list *list, int64_t now)
{
    for (size_t i = 0, end; i < list->count; i = end) {
        const tps_store_session_step *step = list->steps[i].step;

        end = end_of_run(list, i);
        if (is_plain(step)) {
            send_run(c, list->steps + i, end - i, now);
        } else if (step->from == TPS_STORE_SESSION_NEW) {
            send_with_nonce(c, step->to, now);
        } else {
            send_step(c, step, now);
        }
    }
}

/* ---- taking their answers ---- */

static bool is_row_of(const PGresult *result, int row, const tps_store_session *session)
{
    return tps_pg_int(result, row, 0) == session->tenant &&
           tps_span_equal(tps_pg_bytes(result, row, 1), TPS_SPAN_OF(session->id));
}

/*
 * The rows that were added come in the order of the run. Of two steps for one session the first is added;
 * should the database ever think otherwise, rows are left over, and nothing is acknowledged.
 */
static void take_run(tps_pg_connection *c, const listed_step *steps, size_t count, int64_t watermark)
{
    PGresult *result = tps_pg_take(c);
    int rows = result == NULL ? 0 : PQntuples(result);
    int row = 0;

    for (size_t i = 0; i < count; i++) {
        tps_store_session_step *step = steps[i].step;

        if (row < rows && is_row_of(result, row, step->to)) {
            step->status = TPS_OK;
            row++;
        } else {
            step->status = step->to->expires <= watermark ? TPS_STORE_PASSED : TPS_STORE_EXISTS;
        }
    }
    PQclear(result);
    if (row < rows && c->status == TPS_OK) {
        c->status = tps_pg_fail(c, TPS_STORE_FAILED, "the database: it added other sessions than asked for");
    }
}

static tps_status take_with_nonce(tps_pg_connection *c, const tps_store_session *session, int64_t watermark)
{
    PGresult *result = tps_pg_take(c);
    bool is_added = result != NULL && tps_pg_int(result, 0, 0) != 0;
    bool has_taken = result != NULL && tps_pg_int(result, 0, 1) != 0;
    bool was_used = result != NULL && tps_pg_int(result, 0, 2) != 0;
    bool was_there = result != NULL && tps_pg_int(result, 0, 3) != 0;

    PQclear(result);
    tps_pg_pass(c); /* DROP_WITHOUT_NONCE */
    if (is_added) {
        return has_taken || session->state == TPS_STORE_SESSION_WAITING ? TPS_OK : TPS_STORE_USED;
    }
    if (was_there) {
        return TPS_STORE_EXISTS;
    }
    if (session->expires <= watermark) {
        return TPS_STORE_PASSED;
    }
    return was_used ? TPS_STORE_USED : TPS_STORE_EXISTS;
}

static tps_status take_step(tps_pg_connection *c, uint32_t from)
{
    PGresult *result = tps_pg_take(c);
    tps_status status = TPS_STORE_FAILED;

    if (result != NULL && tps_pg_int(result, 0, 0) != 0) {
        status = TPS_OK;
    } else if (result != NULL && PQgetisnull(result, 0, 1)) {
        status = TPS_NOT_FOUND;
    } else if (result != NULL) {
        status = tps_pg_int(result, 0, 1) == from ? TPS_STORE_USED : TPS_STORE_EXISTS;
    }
    PQclear(result);
    return status;
}

static void take_steps(tps_pg_connection *c, const step_list *list, int64_t watermark)
{
    for (size_t i = 0, end; i < list->count; i = end) {
        tps_store_session_step *step = list->steps[i].step;

        end = end_of_run(list, i);
        if (is_plain(step)) {
            take_run(c, list->steps + i, end - i, watermark);
        } else if (step->from == TPS_STORE_SESSION_NEW) {
            step->status = take_with_nonce(c, step->to, watermark);
        } else {
            step->status = take_step(c, step->from);
        }
    }
}

static tps_status put_list(tps_pg_store *s, const step_list *list, int64_t now)
{
    int64_t watermark;
    bool own;
    tps_status status;

    TPS_TRY(tps_pg_begin_writing(s, &own));
    if (!s->has_sessions_lock) {
        s->has_sessions_lock = true;
        tps_pg_send_quietly(&s->c, TPS_PG_LOCK_SESSIONS);
    }
    tps_pg_send(&s->c, TPS_PG_WATERMARK, NULL);
    send_steps(&s->c, list, now);
    tps_pg_sync(&s->c);
    watermark = tps_pg_take_number(&s->c);
    take_steps(&s->c, list, watermark);
    status = tps_pg_end(&s->c);
    return tps_pg_end_writing(s, own, status);
}

/* Of a prune that waits for the commit of this very group: it counts for the steps behind it already. */
static tps_status find_floor(tps_pg_store *s, int64_t *floor)
{
    tps_pg_parameters p = {0};
    int64_t number;

    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_put_int(&p, s->prune_now - TPS_STORE_PRUNE_AFTER);
    put_limit(&p, s->prune_limit);
    tps_pg_send(&s->c, TPS_PG_NEXT_WATERMARK, &p);
    tps_pg_sync(&s->c);
    number = tps_pg_take_number(&s->c);
    TPS_TRY(tps_pg_end(&s->c));
    *floor = number == 0 ? -1 : number;
    return TPS_OK;
}

tps_status tps_pg_put_sessions(tps_store *store, tps_store_session_step *steps, size_t count, int64_t now)
{
    tps_pg_store *s = tps_pg_from(store);
    step_list list;
    int64_t floor = -1;
    tps_status status;

    if (count == 0) {
        return TPS_OK;
    }
    if (s->has_prune) {
        TPS_TRY(find_floor(s, &floor));
    }
    if (!make_list(steps, count, floor, &list)) {
        return TPS_OUT_OF_MEMORY;
    }
    status = list.count == 0 ? TPS_OK : put_list(s, &list, now);
    free(list.steps);
    return status;
}

/* ---- reading ---- */

static tps_status read_session(tps_pg_connection *c, const PGresult *result, int row,
                               tps_store_session *session)
{
    tps_span id = tps_pg_bytes(result, row, COLUMN_ID);
    tps_span digest = tps_pg_bytes(result, row, COLUMN_EVIDENCE_SHA256);

    *session =
        (tps_store_session){.tenant = tps_pg_int(result, row, COLUMN_TENANT),
                            .state = (uint32_t)tps_pg_int(result, row, COLUMN_STATE),
                            .nonce = tps_pg_bytes(result, row, COLUMN_NONCE),
                            .nonce_from_client = tps_pg_int(result, row, COLUMN_NONCE_FROM_CLIENT) != 0,
                            .type = tps_pg_bytes(result, row, COLUMN_TYPE),
                            .evidence = tps_pg_bytes(result, row, COLUMN_EVIDENCE),
                            .result = tps_pg_bytes(result, row, COLUMN_RESULT),
                            .created = tps_pg_int(result, row, COLUMN_CREATED),
                            .expires = tps_pg_int(result, row, COLUMN_EXPIRES)};
    if (id.size != sizeof(session->id) ||
        (digest.size != 0 && digest.size != sizeof(session->evidence_sha256))) {
        return tps_pg_fail(c, TPS_STORE_FAILED, "the database: the row of a session is not as it must be");
    }
    memcpy(session->id, id.data, id.size);
    if (digest.size != 0) {
        memcpy(session->evidence_sha256, digest.data, digest.size);
    }
    return TPS_OK;
}

static tps_status visit_rows(tps_pg_connection *c, const PGresult *result, tps_store_visit_session visit,
                             void *context)
{
    int rows = PQntuples(result);

    for (int i = 0; i < rows; i++) {
        tps_store_session session;

        TPS_TRY(read_session(c, result, i, &session));
        TPS_TRY(visit(context, &session));
    }
    return TPS_OK;
}

tps_status tps_pg_find_session(tps_store *store, int64_t tenant, const uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                               int64_t now, tps_store_visit_session visit, void *context)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    PGresult *result;
    tps_status status;

    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_put_int(&p, tenant);
    tps_pg_put_bytes(&p, tps_span_make(id, TPS_STORE_SESSION_ID_SIZE));
    tps_pg_put_int(&p, now);
    tps_pg_send(&s->c, TPS_PG_FIND_SESSION, &p);
    tps_pg_sync(&s->c);
    result = tps_pg_take(&s->c);
    status = tps_pg_end(&s->c);
    if (status == TPS_OK) {
        status = PQntuples(result) == 1 ? visit_rows(&s->c, result, visit, context) : TPS_NOT_FOUND;
    }
    PQclear(result);
    return status;
}

tps_status tps_pg_find_nonce(tps_store *store, int64_t tenant, tps_span nonce)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    PGresult *result;
    bool is_there;

    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_put_int(&p, tenant);
    tps_pg_put_bytes(&p, nonce);
    tps_pg_send(&s->c, TPS_PG_FIND_NONCE, &p);
    tps_pg_sync(&s->c);
    result = tps_pg_take(&s->c);
    is_there = result != NULL && PQntuples(result) > 0;
    PQclear(result);
    TPS_TRY(tps_pg_end(&s->c));
    return is_there ? TPS_OK : TPS_NOT_FOUND;
}

/* The visitor takes copies; by the time that anybody works on them, the claim is committed. */
tps_status tps_pg_claim_sessions(tps_store *store, int64_t now, int64_t before, size_t limit,
                                 tps_store_visit_session visit, void *context)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    PGresult *result;
    bool own;
    tps_status status;

    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_put_int(&p, now);
    tps_pg_put_int(&p, before);
    put_limit(&p, limit);
    tps_pg_send(&s->c, TPS_PG_CLAIM_SESSIONS, &p);
    tps_pg_sync(&s->c);
    result = tps_pg_take(&s->c);
    status = tps_pg_end(&s->c);
    if (status == TPS_OK) {
        status = visit_rows(&s->c, result, visit, context);
    }
    PQclear(result);
    return tps_pg_end_writing(s, own, status);
}

/* ---- pruning ---- */

void tps_pg_send_prune(tps_pg_store *s)
{
    tps_pg_parameters p = {0};

    put_limit(&p, s->prune_limit);
    tps_pg_send(&s->c, TPS_PG_DROP_PASSED, &p);
    p = (tps_pg_parameters){0};
    tps_pg_put_int(&p, s->prune_now - TPS_STORE_PRUNE_AFTER);
    tps_pg_send(&s->c, TPS_PG_HAS_EXPIRED, &p);
}

size_t tps_pg_take_prune(tps_pg_store *s, bool *more)
{
    PGresult *dropped = tps_pg_take(&s->c);
    size_t count = dropped == NULL ? 0 : (size_t)strtoull(PQcmdTuples(dropped), NULL, 10);

    PQclear(dropped);
    *more = tps_pg_take_number(&s->c) != 0;
    return count;
}

/* Alone, and for no longer than it takes: all who add sessions wait meanwhile. So it does not wait long for
 * its lock, either: a node that hangs within a group would otherwise keep all others behind it. */
tps_status tps_pg_raise_watermark(tps_pg_store *s, int64_t now, size_t limit)
{
    tps_pg_parameters p = {0};
    bool own;
    tps_status status;

    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_put_int(&p, now - TPS_STORE_PRUNE_AFTER);
    put_limit(&p, limit);
    tps_pg_send_quietly(&s->c, TPS_PG_NOT_LONG);
    tps_pg_send_quietly(&s->c, TPS_PG_LOCK_SESSIONS_ALONE);
    tps_pg_send(&s->c, TPS_PG_RAISE, &p);
    tps_pg_sync(&s->c);
    tps_pg_pass(&s->c);
    status = tps_pg_end(&s->c);
    return tps_pg_end_writing(s, own, status);
}

static tps_status drop_passed(tps_pg_store *s, size_t *count, bool *more)
{
    bool own;
    tps_status status;

    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_send_prune(s);
    tps_pg_sync(&s->c);
    *count = tps_pg_take_prune(s, more);
    status = tps_pg_end(&s->c);
    return tps_pg_end_writing(s, own, status);
}

tps_status tps_pg_prune(tps_store *store, int64_t now, size_t limit)
{
    tps_pg_store *s = tps_pg_from(store);
    size_t count;
    bool more;

    s->prune_now = now;
    s->prune_limit = limit;
    if (s->group != TPS_PG_NO_GROUP) {
        s->has_prune = true; /* at the commit */
        return TPS_OK;
    }
    TPS_TRY(drop_passed(s, &count, &more));
    if (!more || count >= limit) {
        return TPS_OK;
    }
    s->prune_limit = limit - count;
    TPS_TRY(tps_pg_raise_watermark(s, now, s->prune_limit));
    return drop_passed(s, &count, &more);
}

tps_status tps_pg_watermark(tps_store *store, int64_t *expires)
{
    tps_pg_store *s = tps_pg_from(store);
    int64_t number;

    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_send(&s->c, TPS_PG_WATERMARK, NULL);
    tps_pg_sync(&s->c);
    number = tps_pg_take_number(&s->c);
    TPS_TRY(tps_pg_end(&s->c));
    *expires = number;
    return TPS_OK;
}

/* ---- all of them ---- */

static tps_status select_page(tps_pg_store *s, unsigned statement, const tps_pg_parameters *p,
                              PGresult **result)
{
    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_send(&s->c, statement, p);
    tps_pg_sync(&s->c);
    *result = tps_pg_take(&s->c);
    return tps_pg_end(&s->c);
}

tps_status tps_pg_each_session(tps_store *store, const tps_store_session *after, size_t limit,
                               tps_store_visit_session visit, void *context)
{
    tps_pg_store *s = tps_pg_from(store);
    size_t left = limit == 0 ? SIZE_MAX : limit;
    tps_store_session last = {.tenant = INT64_MIN};
    tps_status status = TPS_OK;
    int rows = 1;

    if (after != NULL) {
        last.tenant = after->tenant;
        memcpy(last.id, after->id, sizeof(last.id));
    }
    while (status == TPS_OK && rows > 0 && left > 0) {
        tps_pg_parameters p = {0};
        PGresult *result = NULL;

        tps_pg_put_bytes(&p, TPS_SPAN_OF(last.id));
        tps_pg_put_int(&p, last.tenant);
        tps_pg_put_int(&p, left < PAGE ? (int64_t)left : PAGE);
        status = select_page(s, TPS_PG_EACH_SESSION, &p, &result);
        rows = status == TPS_OK ? PQntuples(result) : 0;
        left -= (size_t)rows;
        if (rows > 0) {
            status = visit_rows(&s->c, result, visit, context);
        }
        if (rows > 0 && status == TPS_OK) {
            status = read_session(&s->c, result, rows - 1, &last);
        }
        PQclear(result);
    }
    return status;
}

static tps_status visit_nonces(const PGresult *result, tps_store_visit_nonce visit, void *context)
{
    int rows = PQntuples(result);

    for (int i = 0; i < rows; i++) {
        TPS_TRY(visit(context, tps_pg_bytes(result, i, 0)));
    }
    return TPS_OK;
}

tps_status tps_pg_each_nonce(tps_store *store, int64_t tenant, tps_span after, size_t limit,
                             tps_store_visit_nonce visit, void *context)
{
    tps_pg_store *s = tps_pg_from(store);
    size_t left = limit == 0 ? SIZE_MAX : limit;
    uint8_t last[TPS_STORE_NONCE_MAX];
    tps_status status = TPS_OK;
    int rows = 1;

    if (after.size > sizeof(last)) {
        return TPS_BAD_ARGUMENT;
    }
    while (status == TPS_OK && rows > 0 && left > 0) {
        tps_pg_parameters p = {0};
        PGresult *result = NULL;

        tps_pg_put_int(&p, tenant);
        tps_pg_put_bytes(&p, after);
        tps_pg_put_int(&p, left < 1024 ? (int64_t)left : 1024);
        status = select_page(s, TPS_PG_EACH_NONCE, &p, &result);
        rows = status == TPS_OK ? PQntuples(result) : 0;
        left -= (size_t)rows;
        if (rows > 0) {
            status = visit_nonces(result, visit, context);
            after = tps_pg_bytes(result, rows - 1, 0);
            memcpy(last, after.data, after.size < sizeof(last) ? after.size : sizeof(last));
            after.data = last;
        }
        PQclear(result);
    }
    return status;
}
