/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over a whole store. A piece ends where its limit is reached; the next begins behind what was seen
 * last. */
#include "store/walk.h"

#include <stdlib.h>

#define ITEMS_AT_ONCE 16 /* with bodies of up to 16 MiB */
#define ROWS_AT_ONCE  256

typedef struct {
    int64_t id;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
} listed;

typedef struct {
    const tps_store_walker *walker;
    listed *tenants;
    size_t count;
    size_t capacity;
    size_t seen; /* in this piece */
    int64_t sequence;
    uint8_t nonce[TPS_STORE_NONCE_MAX];
    size_t nonce_size;
    tps_store_session last;
} walk;

static tps_status list_tenant(walk *w, const tps_store_tenant *tenant)
{
    if (w->count == w->capacity) {
        size_t capacity = w->capacity == 0 ? 16 : 2 * w->capacity;
        listed *more = realloc(w->tenants, capacity * sizeof(*more));

        if (more == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
        w->tenants = more;
        w->capacity = capacity;
    }
    w->tenants[w->count].id = tenant->id;
    memcpy(w->tenants[w->count].name, tenant->name, sizeof(tenant->name));
    w->count++;
    return TPS_OK;
}

static tps_status visit_tenant(void *context, const tps_store_tenant *tenant)
{
    walk *w = context;

    TPS_TRY(list_tenant(w, tenant));
    return w->walker->tenant == NULL ? TPS_OK : w->walker->tenant(w->walker->context, tenant);
}

static tps_status visit_item(void *context, const tps_store_item *item)
{
    walk *w = context;

    w->seen++;
    w->sequence = item->sequence;
    return w->walker->item(w->walker->context, item);
}

static tps_status visit_nonce(void *context, tps_span nonce)
{
    walk *w = context;

    if (nonce.size > sizeof(w->nonce)) {
        return TPS_STORE_FAILED;
    }
    w->seen++;
    w->nonce_size = nonce.size;
    if (nonce.size > 0) {
        memcpy(w->nonce, nonce.data, nonce.size);
    }
    return w->walker->nonce(w->walker->context, nonce);
}

static tps_status visit_entry(void *context, const tps_store_audit_entry *entry)
{
    walk *w = context;

    w->seen++;
    w->sequence = entry->sequence;
    return w->walker->entry(w->walker->context, entry);
}

static tps_status visit_session(void *context, const tps_store_session *session)
{
    walk *w = context;

    w->seen++;
    w->last.tenant = session->tenant;
    memcpy(w->last.id, session->id, sizeof(session->id));
    return w->walker->session(w->walker->context, session);
}

static tps_status walk_items(tps_store *store, walk *w, int64_t tenant, int64_t after)
{
    w->sequence = after;
    do {
        w->seen = 0;
        TPS_TRY(store->ops->each_item(store, tenant, 0, w->sequence, ITEMS_AT_ONCE, true, visit_item, w));
    } while (w->seen == ITEMS_AT_ONCE);
    return TPS_OK;
}

static tps_status walk_nonces(tps_store *store, walk *w, int64_t tenant)
{
    w->nonce_size = 0;
    do {
        uint8_t after[TPS_STORE_NONCE_MAX];
        size_t size = w->nonce_size;

        memcpy(after, w->nonce, size); /* the visits overwrite the other one */
        w->seen = 0;
        TPS_TRY(
            store->ops->each_nonce(store, tenant, tps_span_make(after, size), ROWS_AT_ONCE, visit_nonce, w));
    } while (w->seen == ROWS_AT_ONCE);
    return TPS_OK;
}

static tps_status walk_audit(tps_store *store, walk *w, int64_t tenant, int64_t from)
{
    w->sequence = from - 1;
    do {
        w->seen = 0;
        TPS_TRY(store->ops->each_audit(store, tenant, w->sequence + 1, ROWS_AT_ONCE, visit_entry, w));
    } while (w->seen == ROWS_AT_ONCE);
    return TPS_OK;
}

static tps_status walk_tenant(tps_store *store, walk *w, const listed *tenant)
{
    tps_store_place place = {.items_after = 0, .audit_from = 1};

    if (w->walker->begin != NULL) {
        TPS_TRY(w->walker->begin(w->walker->context, tenant->id, tenant->name, &place));
    }
    if (w->walker->item != NULL) {
        TPS_TRY(walk_items(store, w, tenant->id, place.items_after));
    }
    if (w->walker->nonce != NULL) {
        TPS_TRY(walk_nonces(store, w, tenant->id));
    }
    return w->walker->entry == NULL ? TPS_OK : walk_audit(store, w, tenant->id, place.audit_from);
}

static tps_status walk_sessions(tps_store *store, walk *w)
{
    bool is_set = false;

    if (w->walker->begin_sessions != NULL) {
        TPS_TRY(w->walker->begin_sessions(w->walker->context, &w->last, &is_set));
    }
    if (w->walker->session == NULL) {
        return TPS_OK;
    }
    do {
        tps_store_session after = w->last;

        w->seen = 0;
        TPS_TRY(store->ops->each_session(store, is_set ? &after : NULL, ROWS_AT_ONCE, visit_session, w));
        is_set = true;
    } while (w->seen == ROWS_AT_ONCE);
    return TPS_OK;
}

tps_status tps_store_walk(tps_store *store, const tps_store_walker *walker)
{
    walk w = {.walker = walker};
    tps_status status = store->ops->each_tenant(store, visit_tenant, &w);

    for (size_t i = 0; status == TPS_OK && i < w.count; i++) {
        status = walk_tenant(store, &w, &w.tenants[i]);
    }
    if (status == TPS_OK) {
        status = walk_sessions(store, &w);
    }
    free(w.tenants);
    return status;
}
