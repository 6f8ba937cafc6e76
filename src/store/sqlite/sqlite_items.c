/* SPDX-License-Identifier: Apache-2.0 */
/* Items in SQLite. An item's sequence is the revision that its last change made, and its row's number. */
#include "store/sqlite/internal.h"

/* ---- changes ---- */

static tps_status check_item(const tps_store_item *item)
{
    if (item->kind == 0 || !tps_store_item_name_is_valid(item->name)) {
        return TPS_BAD_ARGUMENT;
    }
    return item->attributes.size > TPS_STORE_ATTRIBUTES_MAX || item->body.size > TPS_STORE_BODY_MAX
               ? TPS_TOO_LARGE
               : TPS_OK;
}

static void bind_name(sqlite3_stmt *statement, int64_t tenant, uint32_t kind, tps_span name)
{
    tps_sqlite_bind_int(statement, 1, tenant);
    tps_sqlite_bind_int(statement, 2, kind);
    tps_sqlite_bind_text(statement, 3, name);
}

/* The sequence of the item that is there; 0: there is none. */
static tps_status find_sequence(tps_sqlite_store *s, int64_t tenant, uint32_t kind, tps_span name,
                                int64_t *sequence)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_ITEM_SEQUENCE);
    tps_status status;

    *sequence = 0;
    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_name(statement, tenant, kind, name);
    status = tps_sqlite_read_int(s, statement, sequence);
    return status == TPS_NOT_FOUND ? TPS_OK : status;
}

tps_status tps_sqlite_write_item(tps_sqlite_store *s, int which, int64_t tenant, const tps_store_item *item,
                                 int64_t sequence, int64_t changed)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, which);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, sequence);
    tps_sqlite_bind_int(statement, 2, tenant);
    tps_sqlite_bind_int(statement, 3, item->kind);
    tps_sqlite_bind_text(statement, 4, item->name);
    tps_sqlite_bind_int(statement, 5, changed);
    tps_sqlite_bind_text(statement, 6, item->attributes);
    tps_sqlite_bind_blob(statement, 7, item->body);
    return tps_sqlite_finish(s, statement);
}

static tps_status put(tps_sqlite_store *s, int64_t tenant, const tps_store_item *item, int64_t expected,
                      int64_t now, int64_t *sequence)
{
    int64_t found;

    TPS_TRY(tps_sqlite_touch(s, tenant, sequence));
    TPS_TRY(find_sequence(s, tenant, item->kind, item->name, &found));
    if (expected != TPS_STORE_ANY && expected != found) {
        return expected == TPS_STORE_NONE ? TPS_STORE_EXISTS : TPS_STORE_CHANGED;
    }
    return tps_sqlite_write_item(s, found == 0 ? TPS_SQL_ADD_ITEM : TPS_SQL_SET_ITEM, tenant, item, *sequence,
                                 now);
}

tps_status tps_sqlite_put_item(tps_store *store, int64_t tenant, const tps_store_item *item, int64_t expected,
                               int64_t now, int64_t *sequence)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    int64_t made = 0;
    tps_status status;

    TPS_TRY(check_item(item));
    TPS_TRY(tps_sqlite_begin_secret_rows(s));
    status = put(s, tenant, item, expected, now, &made);
    status = tps_sqlite_end_secret_rows(s, status);
    if (status == TPS_OK && sequence != NULL) {
        *sequence = made;
    }
    return status;
}

static tps_status remove_one(tps_sqlite_store *s, int64_t tenant, uint32_t kind, tps_span name,
                             int64_t expected)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_REMOVE_ITEM);
    int64_t found;
    int64_t revision;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    TPS_TRY(find_sequence(s, tenant, kind, name, &found));
    if (found == 0) {
        return TPS_NOT_FOUND;
    }
    if (expected != TPS_STORE_ANY && expected != found) {
        return TPS_STORE_CHANGED;
    }
    TPS_TRY(tps_sqlite_touch(s, tenant, &revision));
    tps_sqlite_bind_int(statement, 1, found);
    return tps_sqlite_finish(s, statement);
}

tps_status tps_sqlite_remove_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                                  int64_t expected)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(tps_sqlite_begin_secret_rows(s));
    return tps_sqlite_end_secret_rows(s, remove_one(s, tenant, kind, name, expected));
}

/* ---- reading ---- */

static tps_status visit_row(sqlite3_stmt *row, bool with_body, tps_store_visit_item visit, void *context)
{
    tps_store_item item = {
        .kind = (uint32_t)sqlite3_column_int64(row, 0),
        .name = tps_sqlite_column(row, 1),
        .attributes = tps_sqlite_column(row, 2),
        .body = with_body ? tps_sqlite_column(row, 6) : TPS_SPAN_EMPTY,
        .body_size = (uint64_t)sqlite3_column_int64(row, 3),
        .sequence = sqlite3_column_int64(row, 4),
        .changed = sqlite3_column_int64(row, 5),
    };

    return visit(context, &item);
}

tps_status tps_sqlite_find_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                                tps_store_visit_item visit, void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_FIND_ITEM);
    tps_status status;
    int rc;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_name(statement, tenant, kind, name);
    rc = sqlite3_step(statement);
    status = tps_sqlite_status(s, rc);
    if (status == TPS_OK) {
        status = rc == SQLITE_ROW ? visit_row(statement, true, visit, context) : TPS_NOT_FOUND;
    }
    (void)sqlite3_reset(statement);
    return status;
}

tps_status tps_sqlite_each_item(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                                bool with_bodies, tps_store_visit_item visit, void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, with_bodies ? TPS_SQL_EACH_ITEM : TPS_SQL_EACH_HEAD);
    tps_status status = TPS_OK;
    int rc = SQLITE_ROW;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    tps_sqlite_bind_int(statement, 2, kind);
    tps_sqlite_bind_int(statement, 3, after);
    tps_sqlite_bind_int(statement, 4, tps_sqlite_limit(limit));
    while (status == TPS_OK && rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        status =
            rc == SQLITE_ROW ? visit_row(statement, with_bodies, visit, context) : tps_sqlite_status(s, rc);
    }
    (void)sqlite3_reset(statement);
    return status;
}
