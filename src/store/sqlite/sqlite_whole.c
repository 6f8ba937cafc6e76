/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a whole SQLite store, and filling one: snapshots, walks, imports. */
#include <stdio.h>

#include "store/sqlite/internal.h"

/* ---- reading ---- */

/* The snapshot begins with the first read. */
tps_status tps_sqlite_begin_snapshot(tps_store *store)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    int64_t revision;
    tps_status status;

    if (s->in_group || s->in_snapshot) {
        (void)snprintf(s->reason, sizeof(s->reason), "a group or a snapshot is open already");
        return TPS_STORE_FAILED;
    }
    TPS_TRY(tps_sqlite_run(s, TPS_SQL_BEGIN_READ));
    s->in_snapshot = true;
    status = tps_sqlite_state(s, "revision", &revision);
    if (status != TPS_OK) {
        tps_sqlite_end_snapshot(store);
    }
    return status;
}

void tps_sqlite_end_snapshot(tps_store *store)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    if (s->in_snapshot) {
        (void)tps_sqlite_run(s, TPS_SQL_ROLLBACK);
        s->in_snapshot = false;
    }
}

tps_status tps_sqlite_watermark(tps_store *store, int64_t *expires)
{
    return tps_sqlite_state(tps_sqlite_from(store), "watermark", expires);
}

tps_status tps_sqlite_each_session(tps_store *store, const tps_store_session *after, size_t limit,
                                   tps_store_visit_session visit, void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_EACH_SESSION);
    tps_status status = TPS_OK;
    int rc = SQLITE_ROW;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_blob(statement, 1, after == NULL ? TPS_SPAN_EMPTY : TPS_SPAN_OF(after->id));
    tps_sqlite_bind_int(statement, 2, after == NULL ? 0 : after->tenant);
    tps_sqlite_bind_int(statement, 3, tps_sqlite_limit(limit));
    while (status == TPS_OK && rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW) {
            tps_store_session session;

            status = tps_sqlite_read_session(s, statement, &session);
            status = status == TPS_OK ? visit(context, &session) : status;
        } else {
            status = tps_sqlite_status(s, rc);
        }
    }
    (void)sqlite3_reset(statement);
    return status;
}

tps_status tps_sqlite_each_nonce(tps_store *store, int64_t tenant, tps_span after, size_t limit,
                                 tps_store_visit_nonce visit, void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_EACH_NONCE);
    tps_status status = TPS_OK;
    int rc = SQLITE_ROW;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    tps_sqlite_bind_blob(statement, 2, after);
    tps_sqlite_bind_int(statement, 3, tps_sqlite_limit(limit));
    while (status == TPS_OK && rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        status =
            rc == SQLITE_ROW ? visit(context, tps_sqlite_column(statement, 0)) : tps_sqlite_status(s, rc);
    }
    (void)sqlite3_reset(statement);
    return status;
}

/* ---- filling ---- */

/* TPS_OK: this source's import is under way; TPS_NOT_FOUND: none is; TPS_STORE_EXISTS: another one's. */
static tps_status find_import(tps_sqlite_store *s, const char *source)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_GET_IMPORT);
    tps_status status;
    int rc;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    rc = sqlite3_step(statement);
    status = tps_sqlite_status(s, rc);
    if (rc == SQLITE_ROW) {
        status = tps_span_is_text(tps_sqlite_column(statement, 0), source) ? TPS_OK : TPS_STORE_EXISTS;
    } else if (status == TPS_OK) {
        status = TPS_NOT_FOUND;
    }
    (void)sqlite3_reset(statement);
    return status;
}

static tps_status mark_import(tps_sqlite_store *s, const char *source)
{
    sqlite3_stmt *any = tps_sqlite_get(s, TPS_SQL_ANY_TENANT);
    sqlite3_stmt *mark = tps_sqlite_get(s, TPS_SQL_BEGIN_IMPORT);
    tps_status status = find_import(s, source);
    int64_t found;

    if (status != TPS_NOT_FOUND) {
        return status;
    }
    if (any == NULL || mark == NULL) {
        return TPS_STORE_FAILED;
    }
    status = tps_sqlite_read_int(s, any, &found);
    if (status != TPS_NOT_FOUND) {
        return status == TPS_OK ? TPS_STORE_EXISTS : status;
    }
    tps_sqlite_bind_text(mark, 1, tps_span_of_text(source));
    return tps_sqlite_finish(s, mark);
}

tps_status tps_sqlite_begin_import(tps_store *store, const char *source)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    if (source[0] == '\0' || strlen(source) >= TPS_STORE_SOURCE_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(tps_sqlite_begin_rows(s));
    return tps_sqlite_end_rows(s, mark_import(s, source));
}

/* What is there stays as it is. */
static tps_status unless_there(tps_status status)
{
    return status == TPS_STORE_EXISTS ? TPS_OK : status;
}

static tps_status check_tenant(tps_sqlite_store *s, int64_t tenant)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_TENANT_REVISION);
    int64_t revision;

    TPS_TRY(tps_sqlite_check_group(s));
    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    return tps_sqlite_read_int(s, statement, &revision);
}

tps_status tps_sqlite_import_tenant(tps_store *store, const tps_store_tenant *tenant)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(tps_sqlite_check_group(s));
    return unless_there(tps_sqlite_insert_tenant(s, tenant));
}

tps_status tps_sqlite_import_item(tps_store *store, int64_t tenant, const tps_store_item *item)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(check_tenant(s, tenant));
    return unless_there(
        tps_sqlite_write_item(s, TPS_SQL_ADD_ITEM, tenant, item, item->sequence, item->changed));
}

static tps_status import_session(tps_sqlite_store *s, const tps_store_session *session)
{
    int64_t row;

    TPS_TRY(check_tenant(s, session->tenant));
    return unless_there(tps_sqlite_insert_session(s, session, 0, &row));
}

tps_status tps_sqlite_import_session(tps_store *store, const tps_store_session *session)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    if (s->in_group) {
        return import_session(s, session);
    }
    TPS_TRY(tps_sqlite_begin_rows(s));
    return tps_sqlite_end_rows(s, import_session(s, session));
}

tps_status tps_sqlite_import_nonce(tps_store *store, int64_t tenant, tps_span nonce)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(check_tenant(s, tenant));
    return unless_there(tps_sqlite_insert_nonce(s, tenant, nonce));
}

tps_status tps_sqlite_import_audit(tps_store *store, int64_t tenant, const tps_store_audit_entry *entry)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(check_tenant(s, tenant));
    return unless_there(tps_sqlite_insert_audit(s, tenant, entry));
}

static tps_status raise_state(tps_sqlite_store *s, const char *name, int64_t value)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_RAISE_STATE);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_text(statement, 1, tps_span_of_text(name));
    tps_sqlite_bind_int(statement, 2, value);
    return tps_sqlite_finish(s, statement);
}

static tps_status finish_import(tps_sqlite_store *s, int64_t revision, int64_t watermark)
{
    TPS_TRY(raise_state(s, "revision", revision));
    TPS_TRY(raise_state(s, "watermark", watermark));
    s->knows_watermark = false;
    return tps_sqlite_run(s, TPS_SQL_END_IMPORT);
}

tps_status tps_sqlite_end_import(tps_store *store, int64_t revision, int64_t watermark)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(tps_sqlite_begin_rows(s));
    return tps_sqlite_end_rows(s, finish_import(s, revision, watermark));
}
