/* SPDX-License-Identifier: Apache-2.0 */
/* Audit logs. The lock of changes keeps a chain from being appended to twice at once. */
#include "store/audit_chain.h"
#include "store/postgresql/internal.h"

#define PAGE 256

/* The last of the tenant's chain, and the tenant's name; sequence 0 and a hash of zeros where there is none.
 */
static tps_status find_head(tps_pg_store *s, int64_t tenant, tps_store_audit_entry *head,
                            char name[TPS_STORE_TENANT_NAME_MAX + 1])
{
    tps_pg_parameters p = {0};
    PGresult *result;
    tps_status status;

    *head = (tps_store_audit_entry){0};
    tps_pg_put_int(&p, tenant);
    tps_pg_lock_changes(s);
    tps_pg_send(&s->c, TPS_PG_AUDIT_HEAD, &p);
    tps_pg_sync(&s->c);
    result = tps_pg_take(&s->c);
    status = tps_pg_end(&s->c);
    if (status == TPS_OK && PQntuples(result) == 0) {
        status = TPS_NOT_FOUND;
    } else if (status == TPS_OK) {
        tps_span text = tps_pg_bytes(result, 0, 0);
        tps_span hash = tps_pg_bytes(result, 0, 2);

        text.size = text.size <= TPS_STORE_TENANT_NAME_MAX ? text.size : TPS_STORE_TENANT_NAME_MAX;
        memcpy(name, text.data, text.size);
        name[text.size] = '\0';
        head->sequence = tps_pg_int(result, 0, 1);
        memcpy(head->hash, hash.data, hash.size == sizeof(head->hash) ? hash.size : 0);
    }
    PQclear(result);
    return status;
}

static tps_status append(tps_pg_store *s, int64_t tenant, const tps_store_audit_entry *entry)
{
    tps_pg_parameters p = {0};

    tps_pg_put_int(&p, tenant);
    tps_pg_put_int(&p, entry->sequence);
    tps_pg_put_int(&p, entry->time);
    tps_pg_put_bytes(&p, entry->entry);
    tps_pg_put_bytes(&p, TPS_SPAN_OF(entry->hash));
    tps_pg_send(&s->c, TPS_PG_APPEND_AUDIT, &p);
    tps_pg_sync(&s->c);
    tps_pg_pass(&s->c);
    return tps_pg_end(&s->c);
}

static tps_status append_next(tps_pg_store *s, int64_t tenant, tps_store_audit_entry *next)
{
    tps_store_audit_entry head;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];

    TPS_TRY(find_head(s, tenant, &head, name));
    next->sequence = head.sequence + 1;
    TPS_TRY(tps_audit_hash(name, next->sequence, next->time, head.hash, next->entry, next->hash));
    return append(s, tenant, next);
}

tps_status tps_pg_append_audit(tps_store *store, int64_t tenant, int64_t time, tps_span entry,
                               tps_store_audit_entry *out)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_store_audit_entry next = {.time = time, .entry = entry};
    bool own;
    tps_status status;

    if (entry.size > TPS_STORE_AUDIT_ENTRY_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(tps_pg_begin_writing(s, &own));
    status = append_next(s, tenant, &next);
    status = tps_pg_end_writing(s, own, status);
    if (status == TPS_OK && out != NULL) {
        *out = next;
        out->entry = TPS_SPAN_EMPTY;
    }
    return status;
}

static tps_status visit_page(tps_pg_store *s, const PGresult *result, tps_store_visit_audit visit,
                             void *context, int64_t *from)
{
    int rows = PQntuples(result);

    for (int i = 0; i < rows; i++) {
        tps_span hash = tps_pg_bytes(result, i, 3);
        tps_store_audit_entry entry = {.sequence = tps_pg_int(result, i, 0),
                                       .time = tps_pg_int(result, i, 1),
                                       .entry = tps_pg_bytes(result, i, 2)};

        if (hash.size != sizeof(entry.hash)) {
            return tps_pg_fail(&s->c, TPS_STORE_FAILED,
                               "the database: an entry of the audit log is not as it must be");
        }
        memcpy(entry.hash, hash.data, hash.size);
        *from = entry.sequence + 1;
        TPS_TRY(visit(context, &entry));
    }
    return TPS_OK;
}

tps_status tps_pg_each_audit(tps_store *store, int64_t tenant, int64_t from, size_t limit,
                             tps_store_visit_audit visit, void *context)
{
    tps_pg_store *s = tps_pg_from(store);
    size_t left = limit == 0 ? SIZE_MAX : limit;
    tps_status status = TPS_OK;
    int rows = 1;

    while (status == TPS_OK && rows > 0 && left > 0) {
        tps_pg_parameters p = {0};
        PGresult *result;

        TPS_TRY(tps_pg_begin_reading(s));
        tps_pg_put_int(&p, tenant);
        tps_pg_put_int(&p, from);
        tps_pg_put_int(&p, left < PAGE ? (int64_t)left : PAGE);
        tps_pg_send(&s->c, TPS_PG_EACH_AUDIT, &p);
        tps_pg_sync(&s->c);
        result = tps_pg_take(&s->c);
        status = tps_pg_end(&s->c);
        if (status == TPS_OK) {
            rows = PQntuples(result);
            left -= (size_t)rows;
            status = visit_page(s, result, visit, context, &from);
        }
        PQclear(result);
    }
    return status;
}
