/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of the SQLite store: prepared once, bound without copies, run, and what came of it. */
#include <stdio.h>

#include "store/sqlite/internal.h"

static const char *const texts[TPS_SQL_COUNT] = {
#define STATEMENT_TEXT(name, sql) sql,
    TPS_SQLITE_STATEMENTS(STATEMENT_TEXT)
#undef STATEMENT_TEXT
};

sqlite3_stmt *tps_sqlite_get(tps_sqlite_store *s, int which)
{
    if (s->statements[which] == NULL) {
        int rc = sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[which],
                                    NULL);

        (void)tps_sqlite_status(s, rc);
    }
    return s->statements[which];
}

void tps_sqlite_bind_int(sqlite3_stmt *statement, int at, int64_t value)
{
    (void)sqlite3_bind_int64(statement, at, value);
}

void tps_sqlite_bind_blob(sqlite3_stmt *statement, int at, tps_span bytes)
{
    (void)sqlite3_bind_blob64(statement, at, bytes.size == 0 ? "" : (const void *)bytes.data, bytes.size,
                              SQLITE_STATIC);
}

void tps_sqlite_bind_text(sqlite3_stmt *statement, int at, tps_span text)
{
    (void)sqlite3_bind_text64(statement, at, text.size == 0 ? "" : (const char *)text.data, text.size,
                              SQLITE_STATIC, SQLITE_UTF8);
}

tps_span tps_sqlite_column(sqlite3_stmt *row, int at)
{
    const void *data = sqlite3_column_blob(row, at);

    return tps_span_make(data, (size_t)sqlite3_column_bytes(row, at));
}

tps_status tps_sqlite_status(tps_sqlite_store *s, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return TPS_OK;
    case SQLITE_CONSTRAINT: return TPS_STORE_EXISTS;
    default: break;
    }
    (void)snprintf(s->reason, sizeof(s->reason), "%s (SQLite's code %d)", sqlite3_errmsg(s->db), rc);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return TPS_STORE_AWAY;
    case SQLITE_NOMEM: return TPS_OUT_OF_MEMORY;
    default: return TPS_STORE_FAILED;
    }
}

tps_status tps_sqlite_finish(tps_sqlite_store *s, sqlite3_stmt *statement)
{
    tps_status status = tps_sqlite_status(s, sqlite3_step(statement));

    (void)sqlite3_reset(statement);
    return status;
}

tps_status tps_sqlite_run(tps_sqlite_store *s, int which)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, which);

    return statement == NULL ? TPS_STORE_FAILED : tps_sqlite_finish(s, statement);
}

/* Steps to the end: an UPDATE with RETURNING is done only then. */
tps_status tps_sqlite_read_int(tps_sqlite_store *s, sqlite3_stmt *statement, int64_t *value)
{
    int rc = sqlite3_step(statement);
    bool is_found = rc == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL;
    tps_status status;

    if (rc == SQLITE_ROW) {
        *value = sqlite3_column_int64(statement, 0);
        rc = sqlite3_step(statement);
    }
    status = tps_sqlite_status(s, rc);
    (void)sqlite3_reset(statement);
    return status == TPS_OK && !is_found ? TPS_NOT_FOUND : status;
}

tps_status tps_sqlite_state(tps_sqlite_store *s, const char *name, int64_t *value)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_GET_STATE);
    tps_status status;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_text(statement, 1, tps_span_of_text(name));
    status = tps_sqlite_read_int(s, statement, value);
    if (status == TPS_NOT_FOUND) {
        (void)snprintf(s->reason, sizeof(s->reason), "the table state lacks %s", name);
        return TPS_STORE_FAILED;
    }
    return status;
}

int64_t tps_sqlite_limit(size_t limit)
{
    return limit == 0 || limit > INT32_MAX ? -1 : (int64_t)limit;
}

bool tps_sqlite_is_answer(tps_status status)
{
    switch (status) {
    case TPS_OK:
    case TPS_NOT_FOUND:
    case TPS_BAD_ARGUMENT:
    case TPS_TOO_LARGE:
    case TPS_STORE_EXISTS:
    case TPS_STORE_CHANGED:
    case TPS_STORE_USED:
    case TPS_STORE_PASSED: return true;
    default: return false;
    }
}
