/* SPDX-License-Identifier: Apache-2.0 */
/* Items. Lists are read a page at a time, so that a tenant with a million endorsements needs no more memory
 * than one with a hundred. */
#include "store/postgresql/internal.h"

#define PAGE_OF_HEADS  512
#define PAGE_OF_BODIES 64

enum {
    COLUMN_KIND,
    COLUMN_NAME,
    COLUMN_ATTRIBUTES,
    COLUMN_BODY,
    COLUMN_SIZE,
    COLUMN_SEQUENCE,
    COLUMN_CHANGED
};

static void read_item(const PGresult *result, int row, tps_store_item *item)
{
    *item = (tps_store_item){.kind = (uint32_t)tps_pg_int(result, row, COLUMN_KIND),
                             .name = tps_pg_bytes(result, row, COLUMN_NAME),
                             .attributes = tps_pg_bytes(result, row, COLUMN_ATTRIBUTES),
                             .body = tps_pg_bytes(result, row, COLUMN_BODY),
                             .body_size = (uint64_t)tps_pg_int(result, row, COLUMN_SIZE),
                             .sequence = tps_pg_int(result, row, COLUMN_SEQUENCE),
                             .changed = tps_pg_int(result, row, COLUMN_CHANGED)};
}

static tps_status check_item(const tps_store_item *item)
{
    if (item->kind == 0 || item->kind > INT32_MAX || !tps_store_item_name_is_valid(item->name)) {
        return TPS_BAD_ARGUMENT;
    }
    return item->attributes.size > TPS_STORE_ATTRIBUTES_MAX || item->body.size > TPS_STORE_BODY_MAX
               ? TPS_TOO_LARGE
               : TPS_OK;
}

tps_status tps_pg_put_item(tps_store *store, int64_t tenant, const tps_store_item *item, int64_t expected,
                           int64_t now, int64_t *sequence)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    PGresult *result;
    bool has_tenant;
    int64_t given;
    bool own;
    tps_status status;

    TPS_TRY(check_item(item));
    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_lock_changes(s);
    tps_pg_put_int(&p, tenant);
    tps_pg_put_int(&p, item->kind);
    tps_pg_put_bytes(&p, item->name);
    tps_pg_put_int(&p, expected);
    tps_pg_put_bytes(&p, item->attributes);
    tps_pg_put_bytes(&p, item->body);
    tps_pg_put_int(&p, now);
    tps_pg_send(&s->c, TPS_PG_PUT_ITEM, &p);
    tps_pg_sync(&s->c);
    result = tps_pg_take(&s->c);
    has_tenant = result != NULL && tps_pg_int(result, 0, 0) != 0;
    given = result != NULL ? tps_pg_int(result, 0, 1) : 0;
    PQclear(result);
    status = tps_pg_end(&s->c);
    if (status == TPS_OK && given == 0) {
        status = !has_tenant                  ? TPS_NOT_FOUND
                 : expected == TPS_STORE_NONE ? TPS_STORE_EXISTS
                                              : TPS_STORE_CHANGED;
    }
    s->has_changed = s->has_changed || given != 0;
    status = tps_pg_end_writing(s, own, status);
    if (status == TPS_OK && sequence != NULL) {
        *sequence = given;
    }
    return status;
}

tps_status tps_pg_remove_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                              int64_t expected)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    PGresult *result;
    bool was_there;
    bool is_removed;
    bool own;
    tps_status status;

    if (!tps_store_item_name_is_valid(name)) {
        return TPS_NOT_FOUND;
    }
    TPS_TRY(tps_pg_begin_writing(s, &own));
    tps_pg_lock_changes(s);
    tps_pg_put_int(&p, tenant);
    tps_pg_put_int(&p, kind);
    tps_pg_put_bytes(&p, name);
    tps_pg_put_int(&p, expected);
    tps_pg_send(&s->c, TPS_PG_REMOVE_ITEM, &p);
    tps_pg_sync(&s->c);
    result = tps_pg_take(&s->c);
    was_there = result != NULL && tps_pg_int(result, 0, 0) != 0;
    is_removed = result != NULL && tps_pg_int(result, 0, 1) != 0;
    PQclear(result);
    status = tps_pg_end(&s->c);
    if (status == TPS_OK) {
        s->has_changed = s->has_changed || is_removed;
        status = is_removed ? TPS_OK : was_there ? TPS_STORE_CHANGED : TPS_NOT_FOUND;
    }
    return tps_pg_end_writing(s, own, status);
}

tps_status tps_pg_find_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                            tps_store_visit_item visit, void *context)
{
    tps_pg_store *s = tps_pg_from(store);
    tps_pg_parameters p = {0};
    tps_store_item item;
    PGresult *result;
    tps_status status;

    if (!tps_store_item_name_is_valid(name)) {
        return TPS_NOT_FOUND;
    }
    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_put_int(&p, tenant);
    tps_pg_put_int(&p, kind);
    tps_pg_put_bytes(&p, name);
    tps_pg_send(&s->c, TPS_PG_FIND_ITEM, &p);
    tps_pg_sync(&s->c);
    result = tps_pg_take(&s->c);
    status = tps_pg_end(&s->c);
    if (status == TPS_OK && PQntuples(result) == 1) {
        read_item(result, 0, &item);
        status = visit(context, &item);
    } else if (status == TPS_OK) {
        status = TPS_NOT_FOUND;
    }
    PQclear(result);
    return status;
}

/* What is left to be read of a list, and from where. */
typedef struct {
    int64_t tenant;
    uint32_t kind;
    int64_t after;
    size_t left; /* SIZE_MAX: all */
    bool with_bodies;
} item_list;

static tps_status select_page(tps_pg_store *s, const item_list *list, PGresult **result)
{
    size_t page = list->with_bodies ? PAGE_OF_BODIES : PAGE_OF_HEADS;
    tps_pg_parameters p = {0};

    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_put_int(&p, list->tenant);
    tps_pg_put_int(&p, list->kind);
    tps_pg_put_int(&p, list->after);
    tps_pg_put_int(&p, (int64_t)(list->left < page ? list->left : page));
    tps_pg_put_bool(&p, list->with_bodies);
    tps_pg_send(&s->c, list->kind == 0 ? TPS_PG_EACH_ITEM : TPS_PG_EACH_ITEM_OF_KIND, &p);
    tps_pg_sync(&s->c);
    *result = tps_pg_take(&s->c);
    return tps_pg_end(&s->c);
}

static tps_status visit_page(item_list *list, const PGresult *result, tps_store_visit_item visit,
                             void *context)
{
    int rows = PQntuples(result);

    for (int i = 0; i < rows; i++) {
        tps_store_item item;

        read_item(result, i, &item);
        TPS_TRY(visit(context, &item));
        list->after = item.sequence;
    }
    list->left -= (size_t)rows;
    return TPS_OK;
}

tps_status tps_pg_each_item(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                            bool with_bodies, tps_store_visit_item visit, void *context)
{
    item_list list = {tenant, kind, after, limit == 0 ? SIZE_MAX : limit, with_bodies};
    tps_status status = TPS_OK;
    int rows = 1;

    while (status == TPS_OK && rows > 0 && list.left > 0) {
        PGresult *result = NULL;

        status = select_page(tps_pg_from(store), &list, &result);
        if (status == TPS_OK) {
            rows = PQntuples(result);
            status = visit_page(&list, result, visit, context);
        }
        PQclear(result);
    }
    return status;
}
