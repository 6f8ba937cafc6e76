/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions in SQLite. The way of almost all of them is one row that is inserted COMPLETE, so that is what is
 * cheap: one table that grows at its end and one index.
 */
#include <stdio.h>

#include "store/sqlite/internal.h"

#define EXPIRES_MAX (INT64_C(1) << 40)
#define CLAIMS_MAX  64u

/* ---- rows ---- */

/* The last row number of a second that is taken; the number before the first when none is. */
static tps_status find_last_row(tps_sqlite_store *s, int64_t expires, int64_t *last)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_LAST_ROW);
    int64_t first = expires << TPS_SQLITE_ROW_BITS;
    tps_status status;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, first);
    tps_sqlite_bind_int(statement, 2, first | TPS_SQLITE_ROW_MASK);
    *last = first;
    status = tps_sqlite_read_int(s, statement, last);
    return status == TPS_NOT_FOUND ? TPS_OK : status;
}

/* A number for a new row that expires then. This handle has the lock for writing: nobody else takes it. */
static tps_status next_row(tps_sqlite_store *s, int64_t expires, int64_t *row)
{
    tps_sqlite_row_slot *slot = &s->rows[(uint64_t)expires % TPS_SQLITE_ROW_SLOTS];

    if (slot->expires != expires) {
        TPS_TRY(find_last_row(s, expires, &slot->last));
        slot->expires = expires;
    }
    if ((slot->last & TPS_SQLITE_ROW_MASK) == TPS_SQLITE_ROW_MASK) {
        (void)snprintf(s->reason, sizeof(s->reason), "too many sessions end in one second");
        return TPS_STORE_FAILED;
    }
    *row = ++slot->last;
    return TPS_OK;
}

static tps_span id_of(const uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    return tps_span_make(id, TPS_STORE_SESSION_ID_SIZE);
}

tps_status tps_sqlite_insert_session(tps_sqlite_store *s, const tps_store_session *session, int64_t claimed,
                                     int64_t *row)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_ADD_SESSION);
    bool is_removed = session->state == TPS_STORE_SESSION_REMOVED;
    bool is_processing = session->state == TPS_STORE_SESSION_PROCESSING;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    TPS_TRY(next_row(s, session->expires, row));
    tps_sqlite_bind_int(statement, 1, *row);
    tps_sqlite_bind_blob(statement, 2, id_of(session->id));
    tps_sqlite_bind_int(statement, 3, session->tenant);
    tps_sqlite_bind_int(statement, 4, session->state);
    tps_sqlite_bind_int(statement, 5, is_processing ? claimed : 0);
    tps_sqlite_bind_int(statement, 6, session->created);
    tps_sqlite_bind_int(statement, 7, session->nonce_from_client);
    tps_sqlite_bind_blob(statement, 8, session->nonce);
    tps_sqlite_bind_text(statement, 9, is_removed ? TPS_SPAN_EMPTY : session->type);
    tps_sqlite_bind_blob(statement, 10, is_removed ? TPS_SPAN_EMPTY : TPS_SPAN_OF(session->evidence_sha256));
    tps_sqlite_bind_blob(statement, 11, is_removed ? TPS_SPAN_EMPTY : session->result);
    tps_sqlite_bind_blob(statement, 12, is_processing ? session->evidence : TPS_SPAN_EMPTY);
    return tps_sqlite_finish(s, statement);
}

tps_status tps_sqlite_read_session(tps_sqlite_store *s, sqlite3_stmt *row, tps_store_session *session)
{
    tps_span id = tps_sqlite_column(row, 1);
    tps_span digest = tps_sqlite_column(row, 8);

    if (id.size != sizeof(session->id) ||
        (digest.size != 0 && digest.size != sizeof(session->evidence_sha256))) {
        return tps_sqlite_status(s, SQLITE_CORRUPT);
    }
    *session = (tps_store_session){
        .tenant = sqlite3_column_int64(row, 2),
        .state = (uint32_t)sqlite3_column_int64(row, 3),
        .created = sqlite3_column_int64(row, 4),
        .nonce_from_client = sqlite3_column_int(row, 5) != 0,
        .nonce = tps_sqlite_column(row, 6),
        .type = tps_sqlite_column(row, 7),
        .result = tps_sqlite_column(row, 9),
        .evidence = tps_sqlite_column(row, 10),
        .expires = sqlite3_column_int64(row, 0) >> TPS_SQLITE_ROW_BITS,
    };
    memcpy(session->id, id.data, id.size);
    if (digest.size != 0) {
        memcpy(session->evidence_sha256, digest.data, digest.size);
    }
    return TPS_OK;
}

/* ---- nonces of clients ---- */

tps_status tps_sqlite_insert_nonce(tps_sqlite_store *s, int64_t tenant, tps_span nonce)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_ADD_NONCE);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    tps_sqlite_bind_blob(statement, 2, nonce);
    return tps_sqlite_finish(s, statement);
}

tps_status tps_sqlite_find_nonce(tps_store *store, int64_t tenant, tps_span nonce)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_FIND_NONCE);
    int64_t found;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    tps_sqlite_bind_blob(statement, 2, nonce);
    return tps_sqlite_read_int(s, statement, &found);
}

/* ---- steps ---- */

static bool is_step(const tps_store_session_step *step)
{
    const tps_store_session *to = step->to;

    return step->from <= TPS_STORE_SESSION_REMOVED && to->state > TPS_STORE_SESSION_NEW &&
           to->state <= TPS_STORE_SESSION_REMOVED && to->nonce.size <= TPS_STORE_NONCE_MAX &&
           to->expires >= 0 && to->expires <= EXPIRES_MAX;
}

static tps_status check_watermark(tps_sqlite_store *s, int64_t expires)
{
    if (!s->knows_watermark) {
        TPS_TRY(tps_sqlite_state(s, "watermark", &s->watermark));
        s->knows_watermark = true;
    }
    return expires > s->watermark ? TPS_OK : TPS_STORE_PASSED;
}

/* One statement makes the row; only where a nonce comes to it is there something to take back. */
static tps_status take_new(tps_sqlite_store *s, const tps_store_session *to, int64_t now)
{
    tps_status status;
    int64_t row;

    TPS_TRY(check_watermark(s, to->expires));
    TPS_TRY(tps_sqlite_insert_session(s, to, now, &row));
    if (!to->nonce_from_client) {
        return TPS_OK;
    }
    if (to->state == TPS_STORE_SESSION_WAITING) {
        status = tps_sqlite_find_nonce(&s->store, to->tenant, to->nonce);
        status = status == TPS_NOT_FOUND ? TPS_OK : status == TPS_OK ? TPS_STORE_USED : status;
    } else {
        status = tps_sqlite_insert_nonce(s, to->tenant, to->nonce);
        status = status == TPS_STORE_EXISTS ? TPS_STORE_USED : status;
    }
    if (status == TPS_STORE_USED) {
        sqlite3_stmt *cancel = tps_sqlite_get(s, TPS_SQL_CANCEL_SESSION);

        if (cancel == NULL) {
            return TPS_STORE_FAILED;
        }
        tps_sqlite_bind_int(cancel, 1, row);
        TPS_TRY(tps_sqlite_finish(s, cancel));
    }
    return status;
}

/* Finds the row that a step begins at; if the step uses a client's nonce, that is taken. */
static tps_status begin_step(tps_sqlite_store *s, const tps_store_session_step *step, int64_t now,
                             int64_t *row)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_SESSION_STATE);
    uint8_t nonce[TPS_STORE_NONCE_MAX];
    tps_span kept;
    bool uses_nonce;
    uint32_t state;
    int rc;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_blob(statement, 1, id_of(step->to->id));
    tps_sqlite_bind_int(statement, 2, step->to->tenant);
    rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW) {
        tps_status status = tps_sqlite_status(s, rc);

        (void)sqlite3_reset(statement);
        return status == TPS_OK ? TPS_NOT_FOUND : status;
    }
    *row = sqlite3_column_int64(statement, 0);
    state = (uint32_t)sqlite3_column_int(statement, 1);
    kept = tps_sqlite_column(statement, 3);
    uses_nonce = sqlite3_column_int(statement, 2) != 0 && state == TPS_STORE_SESSION_WAITING &&
                 step->to->state != TPS_STORE_SESSION_WAITING &&
                 step->to->state != TPS_STORE_SESSION_REMOVED && kept.size <= sizeof(nonce);
    if (uses_nonce && kept.size > 0) {
        memcpy(nonce, kept.data, kept.size);
    }
    (void)sqlite3_reset(statement);
    if (*row >> TPS_SQLITE_ROW_BITS <= now) {
        return TPS_NOT_FOUND;
    }
    if (state != step->from) {
        return TPS_STORE_EXISTS;
    }
    if (uses_nonce) {
        tps_status status = tps_sqlite_insert_nonce(s, step->to->tenant, tps_span_make(nonce, kept.size));

        return status == TPS_STORE_EXISTS ? TPS_STORE_USED : status;
    }
    return TPS_OK;
}

static tps_status take_next(tps_sqlite_store *s, const tps_store_session_step *step, int64_t now)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_SET_SESSION);
    const tps_store_session *to = step->to;
    bool is_removed = to->state == TPS_STORE_SESSION_REMOVED;
    bool is_processing = to->state == TPS_STORE_SESSION_PROCESSING;
    int64_t row;
    int64_t new_row;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    TPS_TRY(begin_step(s, step, now, &row));
    new_row = row;
    if (row >> TPS_SQLITE_ROW_BITS != to->expires) {
        TPS_TRY(next_row(s, to->expires, &new_row));
    }
    tps_sqlite_bind_int(statement, 1, row);
    tps_sqlite_bind_int(statement, 2, new_row);
    tps_sqlite_bind_int(statement, 3, to->state);
    tps_sqlite_bind_int(statement, 4, is_processing ? now : 0);
    tps_sqlite_bind_text(statement, 5, is_removed ? TPS_SPAN_EMPTY : to->type);
    tps_sqlite_bind_blob(statement, 6, is_removed ? TPS_SPAN_EMPTY : TPS_SPAN_OF(to->evidence_sha256));
    tps_sqlite_bind_blob(statement, 7, is_removed ? TPS_SPAN_EMPTY : to->result);
    tps_sqlite_bind_blob(statement, 8, is_processing ? to->evidence : TPS_SPAN_EMPTY);
    return tps_sqlite_finish(s, statement);
}

static tps_status take_steps(tps_sqlite_store *s, tps_store_session_step *steps, size_t count, int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        tps_store_session_step *step = &steps[i];

        step->status = !is_step(step)                        ? TPS_BAD_ARGUMENT
                       : step->from == TPS_STORE_SESSION_NEW ? take_new(s, step->to, now)
                                                             : take_next(s, step, now);
        if (!tps_sqlite_is_answer(step->status)) {
            return step->status;
        }
    }
    return TPS_OK;
}

/* No savepoint: a step that does not come to pass leaves nothing, and after a failure the group is lost. */
tps_status tps_sqlite_put_sessions(tps_store *store, tps_store_session_step *steps, size_t count, int64_t now)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    if (s->in_group) {
        TPS_TRY(tps_sqlite_check_group(s));
        return take_steps(s, steps, count, now);
    }
    TPS_TRY(tps_sqlite_begin_rows(s));
    return tps_sqlite_end_rows(s, take_steps(s, steps, count, now));
}

/* ---- reading ---- */

static tps_status visit_row(tps_sqlite_store *s, sqlite3_stmt *statement, int64_t now,
                            tps_store_visit_session visit, void *context)
{
    tps_store_session session = {.expires = 0};
    int rc = sqlite3_step(statement);
    tps_status status =
        rc == SQLITE_ROW ? tps_sqlite_read_session(s, statement, &session) : tps_sqlite_status(s, rc);

    if (status == TPS_OK) {
        status = rc == SQLITE_ROW && session.expires > now ? visit(context, &session) : TPS_NOT_FOUND;
    }
    (void)sqlite3_reset(statement);
    return status;
}

tps_status tps_sqlite_find_session(tps_store *store, int64_t tenant,
                                   const uint8_t id[TPS_STORE_SESSION_ID_SIZE], int64_t now,
                                   tps_store_visit_session visit, void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_FIND_SESSION);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_blob(statement, 1, id_of(id));
    tps_sqlite_bind_int(statement, 2, tenant);
    return visit_row(s, statement, now, visit, context);
}

/* ---- claims ---- */

/* The rows are listed first: claiming moves them in the index by which they are found. */
static tps_status list_left_behind(tps_sqlite_store *s, int64_t now, int64_t before, size_t limit,
                                   int64_t rows[CLAIMS_MAX], size_t *count)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_LEFT_BEHIND);
    tps_status status;
    int rc = SQLITE_ROW;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, before);
    tps_sqlite_bind_int(statement, 2, (now + 1) << TPS_SQLITE_ROW_BITS);
    tps_sqlite_bind_int(statement, 3, (int64_t)(limit < CLAIMS_MAX ? limit : CLAIMS_MAX));
    for (*count = 0; *count < CLAIMS_MAX && (rc = sqlite3_step(statement)) == SQLITE_ROW; ++*count) {
        rows[*count] = sqlite3_column_int64(statement, 0);
    }
    status = tps_sqlite_status(s, rc);
    (void)sqlite3_reset(statement);
    return status;
}

static tps_status claim(tps_sqlite_store *s, const int64_t *rows, size_t count, int64_t now,
                        tps_store_visit_session visit, void *context)
{
    sqlite3_stmt *take = tps_sqlite_get(s, TPS_SQL_CLAIM);
    sqlite3_stmt *read = tps_sqlite_get(s, TPS_SQL_READ_SESSION);

    if (take == NULL || read == NULL) {
        return TPS_STORE_FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        tps_sqlite_bind_int(take, 1, rows[i]);
        tps_sqlite_bind_int(take, 2, now);
        TPS_TRY(tps_sqlite_finish(s, take));
        tps_sqlite_bind_int(read, 1, rows[i]);
        TPS_TRY(visit_row(s, read, now, visit, context));
    }
    return TPS_OK;
}

tps_status tps_sqlite_claim_sessions(tps_store *store, int64_t now, int64_t before, size_t limit,
                                     tps_store_visit_session visit, void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    int64_t rows[CLAIMS_MAX];
    size_t count = 0;
    tps_status status;

    if (now < 0 || now > EXPIRES_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(tps_sqlite_begin_rows(s));
    status = list_left_behind(s, now, before, limit, rows, &count);
    if (status == TPS_OK) {
        status = claim(s, rows, count, now, visit, context);
    }
    return tps_sqlite_end_rows(s, status);
}

/* ---- pruning ---- */

/* Rows lie in the order in which they expire: what goes is cut off at the front. */
static tps_status prune_rows(tps_sqlite_store *s, int64_t expired, size_t limit)
{
    sqlite3_stmt *find = tps_sqlite_get(s, TPS_SQL_LAST_TO_PRUNE);
    sqlite3_stmt *drop = tps_sqlite_get(s, TPS_SQL_PRUNE);
    sqlite3_stmt *raise = tps_sqlite_get(s, TPS_SQL_RAISE_STATE);
    int64_t last;
    tps_status status;

    if (find == NULL || drop == NULL || raise == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(find, 1, (expired + 1) << TPS_SQLITE_ROW_BITS);
    tps_sqlite_bind_int(find, 2, (int64_t)limit);
    status = tps_sqlite_read_int(s, find, &last);
    if (status != TPS_OK) {
        return status == TPS_NOT_FOUND ? TPS_OK : status;
    }
    tps_sqlite_bind_int(drop, 1, last);
    TPS_TRY(tps_sqlite_finish(s, drop));
    tps_sqlite_bind_text(raise, 1, TPS_SPAN_LITERAL("watermark"));
    tps_sqlite_bind_int(raise, 2, last >> TPS_SQLITE_ROW_BITS);
    s->knows_watermark = false;
    return tps_sqlite_finish(s, raise);
}

tps_status tps_sqlite_prune(tps_store *store, int64_t now, size_t limit)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    int64_t expired = now - TPS_STORE_PRUNE_AFTER;

    if (limit == 0 || limit > INT32_MAX || now > EXPIRES_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    if (expired < 0) {
        return TPS_OK;
    }
    TPS_TRY(tps_sqlite_begin_rows(s));
    return tps_sqlite_end_rows(s, prune_rows(s, expired, limit));
}
