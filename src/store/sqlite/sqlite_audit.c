/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log in SQLite: a chain a tenant. */
#include "store/audit_chain.h"
#include "store/sqlite/internal.h"

/* ---- appending ---- */

/* TPS_NOT_FOUND: there is no such tenant. */
static tps_status find_name(tps_sqlite_store *s, int64_t tenant, char name[TPS_STORE_TENANT_NAME_MAX + 1])
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_TENANT_NAME);
    tps_status status = TPS_STORE_FAILED;
    int rc;

    if (statement == NULL) {
        return status;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    rc = sqlite3_step(statement);
    status = tps_sqlite_status(s, rc);
    if (rc == SQLITE_ROW) {
        tps_span text = tps_sqlite_column(statement, 0);

        memset(name, 0, TPS_STORE_TENANT_NAME_MAX + 1);
        if (text.size > TPS_STORE_TENANT_NAME_MAX) {
            status = tps_sqlite_status(s, SQLITE_CORRUPT);
        } else {
            memcpy(name, text.data, text.size);
        }
    }
    (void)sqlite3_reset(statement);
    return status == TPS_OK && rc != SQLITE_ROW ? TPS_NOT_FOUND : status;
}

/* The last entry's sequence and hash; 0 and zeros before the first. */
static tps_status find_last(tps_sqlite_store *s, int64_t tenant, int64_t *sequence, uint8_t hash[32])
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_LAST_AUDIT);
    tps_status status;
    int rc;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    *sequence = 0;
    memset(hash, 0, 32);
    tps_sqlite_bind_int(statement, 1, tenant);
    rc = sqlite3_step(statement);
    status = tps_sqlite_status(s, rc);
    if (rc == SQLITE_ROW) {
        tps_span last = tps_sqlite_column(statement, 1);

        *sequence = sqlite3_column_int64(statement, 0);
        if (last.size == 32) {
            memcpy(hash, last.data, 32);
        } else {
            status = tps_sqlite_status(s, SQLITE_CORRUPT);
        }
    }
    (void)sqlite3_reset(statement);
    return status;
}

tps_status tps_sqlite_insert_audit(tps_sqlite_store *s, int64_t tenant, const tps_store_audit_entry *entry)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_ADD_AUDIT);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    tps_sqlite_bind_int(statement, 2, entry->sequence);
    tps_sqlite_bind_int(statement, 3, entry->time);
    tps_sqlite_bind_blob(statement, 4, TPS_SPAN_OF(entry->hash));
    tps_sqlite_bind_text(statement, 5, entry->entry);
    return tps_sqlite_finish(s, statement);
}

static tps_status append(tps_sqlite_store *s, int64_t tenant, tps_store_audit_entry *entry)
{
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    uint8_t previous[32];

    TPS_TRY(find_name(s, tenant, name));
    TPS_TRY(find_last(s, tenant, &entry->sequence, previous));
    entry->sequence++;
    TPS_TRY(tps_audit_hash(name, entry->sequence, entry->time, previous, entry->entry, entry->hash));
    return tps_sqlite_insert_audit(s, tenant, entry);
}

tps_status tps_sqlite_append_audit(tps_store *store, int64_t tenant, int64_t time, tps_span entry,
                                   tps_store_audit_entry *out)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    tps_store_audit_entry made = {.time = time, .entry = entry};
    tps_status status;

    if (entry.size > TPS_STORE_AUDIT_ENTRY_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(tps_sqlite_begin_rows(s));
    status = tps_sqlite_end_rows(s, append(s, tenant, &made));
    if (status == TPS_OK && out != NULL) {
        made.entry = TPS_SPAN_EMPTY;
        *out = made;
    }
    return status;
}

/* ---- reading ---- */

static tps_status visit_row(tps_sqlite_store *s, sqlite3_stmt *row, tps_store_visit_audit visit,
                            void *context)
{
    tps_span hash = tps_sqlite_column(row, 2);
    tps_store_audit_entry entry = {
        .sequence = sqlite3_column_int64(row, 0),
        .time = sqlite3_column_int64(row, 1),
        .entry = tps_sqlite_column(row, 3),
    };

    if (hash.size != sizeof(entry.hash)) {
        return tps_sqlite_status(s, SQLITE_CORRUPT);
    }
    memcpy(entry.hash, hash.data, hash.size);
    return visit(context, &entry);
}

tps_status tps_sqlite_each_audit(tps_store *store, int64_t tenant, int64_t from, size_t limit,
                                 tps_store_visit_audit visit, void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_EACH_AUDIT);
    tps_status status = TPS_OK;
    int rc = SQLITE_ROW;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    tps_sqlite_bind_int(statement, 2, from);
    tps_sqlite_bind_int(statement, 3, tps_sqlite_limit(limit));
    while (status == TPS_OK && rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        status = rc == SQLITE_ROW ? visit_row(s, statement, visit, context) : tps_sqlite_status(s, rc);
    }
    (void)sqlite3_reset(statement);
    return status;
}
