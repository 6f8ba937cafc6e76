/* SPDX-License-Identifier: Apache-2.0 */
/* Filling an empty database from another store. What is there already under the same key stays. */
#include "store/postgresql/internal.h"

static bool is_source(const char *source)
{
    size_t size = strlen(source);

    return size > 0 && size < TPS_STORE_SOURCE_MAX;
}

/* One of the statements that tell whether there was a tenant. */
static tps_status import(tps_store *store, unsigned statement, const tps_pg_parameters *p)
{
    tps_pg_store *s = tps_pg_from(store);
    bool has_tenant;
    bool own;
    tps_status status;

    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_send(&s->c, statement, p);
    tps_pg_sync(&s->c);
    has_tenant = tps_pg_take_number(&s->c) != 0;
    status = tps_pg_end(&s->c);
    return tps_pg_end_writing(s, own, status == TPS_OK && !has_tenant ? TPS_NOT_FOUND : status);
}

tps_status tps_pg_begin_import(tps_store *store, const char *source)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    bool has_begun;
    bool own;
    tps_status status;

    if (!is_source(source)) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_lock_changes(s);
    tps_pg_put_bytes(&p, tps_span_of_text(source));
    tps_pg_send(&s->c, TPS_PG_BEGIN_IMPORT, &p);
    tps_pg_sync(&s->c);
    has_begun = tps_pg_take_number(&s->c) != 0;
    status = tps_pg_end(&s->c);
    s->has_changed = s->has_changed || has_begun;
    status = tps_pg_end_writing(s, own, status == TPS_OK && !has_begun ? TPS_STORE_EXISTS : status);
    s->c.importing = s->c.importing || status == TPS_OK;
    return status;
}

tps_status tps_pg_import_tenant(tps_store *store, const tps_store_tenant *tenant)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    bool own;
    tps_status status;

    if (!tps_store_tenant_name_is_valid(tenant->name)) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_put_int(&p, tenant->id);
    tps_pg_put_bytes(&p, tps_span_of_text(tenant->name));
    tps_pg_put_bytes(&p, tenant->settings);
    tps_pg_put_int(&p, tenant->revision);
    tps_pg_put_int(&p, tenant->created);
    tps_pg_put_bytes(&p, TPS_SPAN_OF(tenant->secret));
    tps_pg_send(&s->c, TPS_PG_IMPORT_TENANT, &p);
    tps_pg_sync(&s->c);
    tps_pg_pass(&s->c);
    status = tps_pg_end(&s->c);
    return tps_pg_end_writing(s, own, status);
}

tps_status tps_pg_import_item(tps_store *store, int64_t tenant, const tps_store_item *item)
{
    tps_pg_parameters p = {0};

    if (!tps_store_item_name_is_valid(item->name)) {
        return TPS_BAD_ARGUMENT;
    }
    tps_pg_put_int(&p, tenant);
    tps_pg_put_int(&p, item->kind);
    tps_pg_put_bytes(&p, item->name);
    tps_pg_put_bytes(&p, item->attributes);
    tps_pg_put_bytes(&p, item->body);
    tps_pg_put_int(&p, item->sequence);
    tps_pg_put_int(&p, item->changed);
    return import(store, TPS_PG_IMPORT_ITEM, &p);
}

tps_status tps_pg_import_session(tps_store *store, const tps_store_session *session)
{
    tps_pg_parameters p = {0};

    tps_pg_put_int(&p, session->tenant);
    tps_pg_put_bytes(&p, TPS_SPAN_OF(session->id));
    tps_pg_put_int(&p, session->state);
    tps_pg_put_bytes(&p, session->nonce);
    tps_pg_put_bool(&p, session->nonce_from_client);
    tps_pg_put_bytes(&p, session->type);
    tps_pg_put_bytes(&p, session->evidence);
    tps_pg_put_bytes(&p, TPS_SPAN_OF(session->evidence_sha256));
    tps_pg_put_bytes(&p, session->result);
    tps_pg_put_int(&p, session->created);
    tps_pg_put_int(&p, session->expires);
    return import(store, TPS_PG_IMPORT_SESSION, &p);
}

tps_status tps_pg_import_nonce(tps_store *store, int64_t tenant, tps_span nonce)
{
    tps_pg_parameters p = {0};

    tps_pg_put_int(&p, tenant);
    tps_pg_put_bytes(&p, nonce);
    return import(store, TPS_PG_IMPORT_NONCE, &p);
}

tps_status tps_pg_import_audit(tps_store *store, int64_t tenant, const tps_store_audit_entry *entry)
{
    tps_pg_parameters p = {0};

    tps_pg_put_int(&p, tenant);
    tps_pg_put_int(&p, entry->sequence);
    tps_pg_put_int(&p, entry->time);
    tps_pg_put_bytes(&p, entry->entry);
    tps_pg_put_bytes(&p, TPS_SPAN_OF(entry->hash));
    return import(store, TPS_PG_IMPORT_AUDIT, &p);
}

tps_status tps_pg_end_import(tps_store *store, int64_t revision, int64_t watermark)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    bool own;
    tps_status status;

    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_lock_changes(s);
    tps_pg_put_int(&p, watermark);
    tps_pg_send(&s->c, TPS_PG_RAISE_WATERMARK, &p);
    tps_pg_send(&s->c, TPS_PG_RAISE_TENANT_IDS, NULL);
    p = (tps_pg_parameters){0};
    tps_pg_put_int(&p, revision);
    tps_pg_send(&s->c, TPS_PG_END_IMPORT, &p);
    tps_pg_sync(&s->c);
    status = tps_pg_end(&s->c);
    s->has_changed = s->has_changed || status == TPS_OK;
    return tps_pg_end_writing(s, own, status);
}
