/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants in SQLite. Every change takes the next revision of the store, which becomes the tenant's. */
#include "store/sqlite/internal.h"
#include "tps/secret.h"

/* ---- changes ---- */

tps_status tps_sqlite_touch(tps_sqlite_store *s, int64_t tenant, int64_t *revision)
{
    sqlite3_stmt *next = tps_sqlite_get(s, TPS_SQL_NEXT_REVISION);
    sqlite3_stmt *touch = tps_sqlite_get(s, TPS_SQL_TOUCH_TENANT);

    if (next == NULL || touch == NULL) {
        return TPS_STORE_FAILED;
    }
    TPS_TRY(tps_sqlite_read_int(s, next, revision));
    tps_sqlite_bind_int(touch, 1, tenant);
    tps_sqlite_bind_int(touch, 2, *revision);
    TPS_TRY(tps_sqlite_finish(s, touch));
    return sqlite3_changes(s->db) > 0 ? TPS_OK : TPS_NOT_FOUND;
}

tps_status tps_sqlite_insert_tenant(tps_sqlite_store *s, const tps_store_tenant *tenant)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_CREATE_TENANT);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant->id);
    tps_sqlite_bind_text(statement, 2, tps_span_of_text(tenant->name));
    tps_sqlite_bind_text(statement, 3, tenant->settings);
    tps_sqlite_bind_int(statement, 4, tenant->revision);
    tps_sqlite_bind_int(statement, 5, tenant->created);
    tps_sqlite_bind_blob(statement, 6, TPS_SPAN_OF(tenant->secret));
    return tps_sqlite_finish(s, statement);
}

tps_status tps_sqlite_create_tenant(tps_store *store, const tps_store_tenant *tenant, int64_t now)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *next = tps_sqlite_get(s, TPS_SQL_NEXT_REVISION);
    tps_store_tenant made = *tenant;
    tps_status status;

    if (!tps_store_tenant_name_is_valid(tenant->name)) {
        status = TPS_BAD_ARGUMENT;
    } else if (tenant->settings.size > TPS_STORE_SETTINGS_MAX) {
        status = TPS_TOO_LARGE;
    } else {
        status = next == NULL ? TPS_STORE_FAILED : tps_sqlite_begin_rows(s);
        if (status == TPS_OK) {
            made.id = 0;
            made.created = now;
            status = tps_sqlite_read_int(s, next, &made.revision);
            if (status == TPS_OK) {
                status = tps_sqlite_insert_tenant(s, &made);
            }
            status = tps_sqlite_end_rows(s, status);
        }
    }
    tps_wipe(&made, sizeof(made));
    return status;
}

/* Writes one column, with a new revision. */
static tps_status set_column(tps_sqlite_store *s, int which, int64_t tenant, tps_span value)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, which);
    int64_t revision;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    TPS_TRY(tps_sqlite_touch(s, tenant, &revision));
    tps_sqlite_bind_int(statement, 1, tenant);
    tps_sqlite_bind_int(statement, 2, revision);
    if (which == TPS_SQL_SET_SECRET) {
        tps_sqlite_bind_blob(statement, 3, value);
    } else {
        tps_sqlite_bind_text(statement, 3, value);
    }
    return tps_sqlite_finish(s, statement);
}

static tps_status check_revision(tps_sqlite_store *s, int64_t tenant, int64_t expected)
{
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_TENANT_REVISION);
    int64_t revision;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_int(statement, 1, tenant);
    TPS_TRY(tps_sqlite_read_int(s, statement, &revision));
    return expected == TPS_STORE_ANY || expected == revision ? TPS_OK : TPS_STORE_CHANGED;
}

tps_status tps_sqlite_set_settings(tps_store *store, int64_t tenant, tps_span settings, int64_t expected)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    tps_status status;

    if (settings.size > TPS_STORE_SETTINGS_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(tps_sqlite_begin_rows(s));
    status = check_revision(s, tenant, expected);
    if (status == TPS_OK) {
        status = set_column(s, TPS_SQL_SET_SETTINGS, tenant, settings);
    }
    return tps_sqlite_end_rows(s, status);
}

tps_status tps_sqlite_set_secret(tps_store *store, int64_t tenant,
                                 const uint8_t secret[TPS_STORE_SECRET_SIZE])
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(tps_sqlite_begin_secret_rows(s));
    return tps_sqlite_end_secret_rows(
        s, set_column(s, TPS_SQL_SET_SECRET, tenant, tps_span_make(secret, TPS_STORE_SECRET_SIZE)));
}

static tps_status drop(tps_sqlite_store *s, int64_t tenant)
{
    static const int parts[] = {TPS_SQL_DROP_ITEMS, TPS_SQL_DROP_SESSIONS, TPS_SQL_DROP_NONCES,
                                TPS_SQL_DROP_AUDIT, TPS_SQL_DROP_TENANT};
    int64_t revision;

    TPS_TRY(tps_sqlite_touch(s, tenant, &revision));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        sqlite3_stmt *statement = tps_sqlite_get(s, parts[i]);

        if (statement == NULL) {
            return TPS_STORE_FAILED;
        }
        tps_sqlite_bind_int(statement, 1, tenant);
        TPS_TRY(tps_sqlite_finish(s, statement));
    }
    return TPS_OK;
}

tps_status tps_sqlite_remove_tenant(tps_store *store, int64_t tenant)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(tps_sqlite_begin_secret_rows(s));
    return tps_sqlite_end_secret_rows(s, drop(s, tenant));
}

/* ---- reading ---- */

static tps_status visit_row(tps_sqlite_store *s, sqlite3_stmt *row, tps_store_visit_tenant visit,
                            void *context)
{
    tps_span name = tps_sqlite_column(row, 1);
    tps_span secret = tps_sqlite_column(row, 5);
    tps_store_tenant tenant = {0};
    tps_status status;

    if (name.size > TPS_STORE_TENANT_NAME_MAX || secret.size != TPS_STORE_SECRET_SIZE) {
        return tps_sqlite_status(s, SQLITE_CORRUPT);
    }
    tenant.id = sqlite3_column_int64(row, 0);
    memcpy(tenant.name, name.data, name.size);
    tenant.settings = tps_sqlite_column(row, 2);
    tenant.revision = sqlite3_column_int64(row, 3);
    tenant.created = sqlite3_column_int64(row, 4);
    memcpy(tenant.secret, secret.data, secret.size);
    status = visit(context, &tenant);
    tps_wipe(&tenant, sizeof(tenant));
    return status;
}

tps_status tps_sqlite_find_tenant(tps_store *store, const char *name, tps_store_visit_tenant visit,
                                  void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_FIND_TENANT);
    tps_status status;
    int rc;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    tps_sqlite_bind_text(statement, 1, tps_span_of_text(name));
    rc = sqlite3_step(statement);
    status = tps_sqlite_status(s, rc);
    if (status == TPS_OK) {
        status = rc == SQLITE_ROW ? visit_row(s, statement, visit, context) : TPS_NOT_FOUND;
    }
    (void)sqlite3_reset(statement);
    return status;
}

tps_status tps_sqlite_each_tenant(tps_store *store, tps_store_visit_tenant visit, void *context)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_EACH_TENANT);
    tps_status status = TPS_OK;
    int rc = SQLITE_ROW;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    while (status == TPS_OK && rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        status = rc == SQLITE_ROW ? visit_row(s, statement, visit, context) : tps_sqlite_status(s, rc);
    }
    (void)sqlite3_reset(statement);
    return status;
}
