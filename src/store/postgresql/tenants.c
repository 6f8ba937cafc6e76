/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants. Secrets are wiped from libpq's results before these are given back. */
#include "store/postgresql/internal.h"
#include "tps/secret.h"

enum { COLUMN_ID, COLUMN_NAME, COLUMN_SETTINGS, COLUMN_REVISION, COLUMN_CREATED, COLUMN_SECRET };

static tps_status read_tenant(tps_pg_connection *c, const PGresult *result, int row, tps_store_tenant *tenant)
{
    tps_span name = tps_pg_bytes(result, row, COLUMN_NAME);
    tps_span secret = tps_pg_bytes(result, row, COLUMN_SECRET);

    memset(tenant, 0, sizeof(*tenant));
    if (name.size > TPS_STORE_TENANT_NAME_MAX || secret.size != TPS_STORE_SECRET_SIZE) {
        return tps_pg_fail(c, TPS_STORE_FAILED, "the database: the row of a tenant is not as it must be");
    }
    tenant->id = tps_pg_int(result, row, COLUMN_ID);
    memcpy(tenant->name, name.data, name.size);
    tenant->settings = tps_pg_bytes(result, row, COLUMN_SETTINGS);
    tenant->revision = tps_pg_int(result, row, COLUMN_REVISION);
    tenant->created = tps_pg_int(result, row, COLUMN_CREATED);
    memcpy(tenant->secret, secret.data, secret.size);
    return TPS_OK;
}

static tps_status visit_row(tps_pg_store *s, const PGresult *result, int row, tps_store_visit_tenant visit,
                            void *context)
{
    tps_store_tenant tenant;
    tps_status status = read_tenant(&s->c, result, row, &tenant);

    if (status == TPS_OK) {
        status = visit(context, &tenant);
    }
    tps_wipe(&tenant, sizeof(tenant));
    return status;
}

static void end_result(PGresult *result)
{
    int rows = PQntuples(result);

    for (int i = 0; i < rows; i++) {
        tps_wipe(PQgetvalue(result, i, COLUMN_SECRET), (size_t)PQgetlength(result, i, COLUMN_SECRET));
    }
    PQclear(result);
}

/* Tenants by name: the one, or a page of those behind it. @param[out] result  End it with end_result(). */
static tps_status select_tenants(tps_pg_store *s, unsigned statement, tps_span name, PGresult **result)
{
    tps_pg_parameters p = {0};
    tps_status status;

    *result = NULL;
    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_put_bytes(&p, name);
    tps_pg_send(&s->c, statement, &p);
    tps_pg_sync(&s->c);
    *result = tps_pg_take(&s->c);
    status = tps_pg_end(&s->c);
    if (status != TPS_OK) {
        end_result(*result);
    }
    return status;
}

tps_status tps_pg_find_tenant(tps_store *store, const char *name, tps_store_visit_tenant visit, void *context)
{
    tps_pg_store *s = tps_pg_from(store);
    PGresult *result;
    tps_status status;

    if (!tps_store_tenant_name_is_valid(name)) {
        return TPS_NOT_FOUND;
    }
    TPS_TRY(select_tenants(s, TPS_PG_FIND_TENANT, tps_span_of_text(name), &result));
    status = PQntuples(result) == 1 ? visit_row(s, result, 0, visit, context) : TPS_NOT_FOUND;
    end_result(result);
    return status;
}

tps_status tps_pg_each_tenant(tps_store *store, tps_store_visit_tenant visit, void *context)
{
    tps_pg_store *s = tps_pg_from(store);
    char last[TPS_STORE_TENANT_NAME_MAX + 1] = "";
    PGresult *result;
    tps_status status = TPS_OK;
    int rows = 1;

    while (status == TPS_OK && rows > 0) {
        TPS_TRY(select_tenants(s, TPS_PG_EACH_TENANT, tps_span_of_text(last), &result));
        rows = PQntuples(result);
        for (int i = 0; i < rows && status == TPS_OK; i++) {
            status = visit_row(s, result, i, visit, context);
        }
        if (status == TPS_OK && rows > 0) {
            tps_span name = tps_pg_bytes(result, rows - 1, COLUMN_NAME);

            memcpy(last, name.data, name.size);
            last[name.size] = '\0';
        }
        end_result(result);
    }
    return status;
}

tps_status tps_pg_create_tenant(tps_store *store, const tps_store_tenant *tenant, int64_t now)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    int64_t id;
    bool own;
    tps_status status;

    if (!tps_store_tenant_name_is_valid(tenant->name)) {
        return TPS_BAD_ARGUMENT;
    }
    if (tenant->settings.size > TPS_STORE_SETTINGS_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_lock_changes(s);
    tps_pg_put_bytes(&p, tps_span_of_text(tenant->name));
    tps_pg_put_bytes(&p, tenant->settings);
    tps_pg_put_bytes(&p, TPS_SPAN_OF(tenant->secret));
    tps_pg_put_int(&p, now);
    tps_pg_send(&s->c, TPS_PG_CREATE_TENANT, &p);
    tps_pg_sync(&s->c);
    id = tps_pg_take_number(&s->c);
    status = tps_pg_end(&s->c);
    if (status == TPS_OK) {
        s->has_changed = s->has_changed || id != 0;
        status = id != 0 ? TPS_OK : TPS_STORE_EXISTS;
    }
    return tps_pg_end_writing(s, own, status);
}

/* One of the statements that tell: was there a tenant, and was it changed. */
static tps_status change_tenant(tps_pg_store *s, unsigned statement, const tps_pg_parameters *p)
{
    PGresult *result;
    bool was_there;
    bool is_changed;
    bool own;
    tps_status status;

    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_lock_changes(s);
    tps_pg_send(&s->c, statement, p);
    tps_pg_sync(&s->c);
    result = tps_pg_take(&s->c);
    was_there = result != NULL && tps_pg_int(result, 0, 0) != 0;
    is_changed = result != NULL && tps_pg_int(result, 0, 1) != 0;
    PQclear(result);
    status = tps_pg_end(&s->c);
    if (status == TPS_OK) {
        s->has_changed = s->has_changed || is_changed;
        status = is_changed ? TPS_OK : was_there ? TPS_STORE_CHANGED : TPS_NOT_FOUND;
    }
    return tps_pg_end_writing(s, own, status);
}

tps_status tps_pg_set_settings(tps_store *store, int64_t tenant, tps_span settings, int64_t expected)
{
    tps_pg_parameters p = {0};

    if (settings.size > TPS_STORE_SETTINGS_MAX) {
        return TPS_TOO_LARGE;
    }
    tps_pg_put_int(&p, tenant);
    tps_pg_put_bytes(&p, settings);
    tps_pg_put_int(&p, expected);
    return change_tenant(tps_pg_from(store), TPS_PG_SET_SETTINGS, &p);
}

tps_status tps_pg_set_secret(tps_store *store, int64_t tenant, const uint8_t secret[TPS_STORE_SECRET_SIZE])
{
    tps_pg_parameters p = {0};

    tps_pg_put_int(&p, tenant);
    tps_pg_put_bytes(&p, tps_span_make(secret, TPS_STORE_SECRET_SIZE));
    return change_tenant(tps_pg_from(store), TPS_PG_SET_SECRET, &p);
}

/* The many rows first, so that others wait for the shared lock for as short as may be. */
tps_status tps_pg_remove_tenant(tps_store *store, int64_t tenant)
{
    static const unsigned parts[] = {TPS_PG_REMOVE_SESSIONS, TPS_PG_REMOVE_NONCES, TPS_PG_REMOVE_ITEMS,
                                     TPS_PG_REMOVE_AUDIT};
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    uint32_t patience = s->c.patience;
    bool was_there;
    bool own;
    tps_status status;

    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_put_int(&p, tenant);
    tps_pg_send_quietly(&s->c, TPS_PG_LONGER);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        tps_pg_send(&s->c, parts[i], &p);
    }
    tps_pg_send(&s->c, TPS_PG_LOCK_CHANGES, NULL);
    tps_pg_send(&s->c, TPS_PG_REMOVE_TENANT, &p);
    tps_pg_send(&s->c, TPS_PG_AS_BEFORE, NULL);
    s->c.patience = 300000;
    tps_pg_sync(&s->c);
    s->c.patience = patience;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) + 1; i++) {
        tps_pg_pass(&s->c);
    }
    was_there = tps_pg_take_number(&s->c) != 0;
    status = tps_pg_end(&s->c);
    if (status == TPS_OK) {
        s->has_changes_lock = true;
        s->has_changed = s->has_changed || was_there;
        status = was_there ? TPS_OK : TPS_NOT_FOUND;
    }
    return tps_pg_end_writing(s, own, status);
}
