/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and administrators of a tenant in its store. */
#include "cli/access.h"

#include <stdio.h>
#include <time.h>

#include "cli/cli.h"
#include "server/access/administrator.h"

static tps_status note_id(void *context, const tps_store_tenant *tenant)
{
    *(int64_t *)context = tenant->id;
    return TPS_OK;
}

bool cli_access_tenant(tps_store *store, const char *name, int64_t *id)
{
    tps_status status = store->ops->find_tenant(store, name, note_id, id);

    if (status == TPS_NOT_FOUND) {
        (void)cli_fail("tps tenant list shows which there are, tps tenant create makes one",
                       "there is no tenant \"%s\"", name);
    } else if (status != TPS_OK) {
        (void)cli_fail_status(name, status, NULL);
    }
    return status == TPS_OK;
}

bool cli_access_scopes(const char *text, const char *tenant, uint32_t *scopes)
{
    static const tps_principal local = {.kind = "command line", .scopes = TPS_SCOPES_ALL};
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status;

    if (text == NULL) {
        (void)cli_fail("give some of read, endorse, policy, trust, keys, admin, appraise, audit",
                       "--scopes is missing");
        return false;
    }
    status = tps_scopes_read(tps_span_of_text(text), scopes);
    if (status == TPS_OK) {
        status = tps_access_may_give(&local, tenant, *scopes, &why);
    }
    if (status != TPS_OK) {
        (void)cli_fail_status(text, status, &why);
    }
    return status == TPS_OK;
}

bool cli_access_name(const char *name)
{
    if (tps_access_name_is_valid(tps_span_of_text(name))) {
        return true;
    }
    (void)cli_fail("use 1 to 64 of a-z, A-Z, 0-9 and -._~, not a dot first", "\"%s\" can be no name here",
                   name);
    return false;
}

/* ---- changes ---- */

static tps_status finish_group(tps_store *store, tps_status status)
{
    if (status == TPS_OK) {
        return store->ops->commit_group(store);
    }
    store->ops->abandon_group(store);
    return status;
}

int cli_access_add(tps_store *store, int64_t tenant, const cli_access_kind *kind, const tps_store_item *item,
                   const char *scopes)
{
    tps_audit_origin origin = tps_audit_origin_local();
    tps_audit_detail details[] = {{"scopes", tps_span_of_text(scopes)}, {"who", item->attributes}};
    tps_audit_note note = {.origin = &origin,
                           .now = (int64_t)time(NULL),
                           .details = details,
                           .detail_count = kind->kind == TPS_STORE_TOKEN ? 1 : 2};
    tps_status status = store->ops->begin_group(store);

    if (status == TPS_OK) {
        status = finish_group(store, tps_audit_put_item(store, tenant, item, TPS_STORE_NONE, &note, NULL));
    }
    if (status == TPS_STORE_EXISTS) {
        return cli_fail("choose another name, or remove that one first", "there is a %s \"%.*s\" already",
                        kind->noun, (int)item->name.size, (const char *)item->name.data);
    }
    return status == TPS_OK ? CLI_GOOD : cli_fail_status(kind->noun, status, NULL);
}

int cli_access_remove(tps_store *store, int64_t tenant, const cli_access_kind *kind, const char *name)
{
    tps_audit_origin origin = tps_audit_origin_local();
    tps_audit_note note = {.origin = &origin, .now = (int64_t)time(NULL)};
    tps_status status = store->ops->begin_group(store);

    if (status == TPS_OK) {
        status = finish_group(store, tps_audit_remove_item(store, tenant, kind->kind, tps_span_of_text(name),
                                                           TPS_STORE_ANY, &note));
    }
    if (status == TPS_NOT_FOUND) {
        return cli_fail("see the list of what there is", "there is no %s \"%s\"", kind->noun, name);
    }
    if (status != TPS_OK) {
        return cli_fail_status(name, status, NULL);
    }
    printf("removed %s %s: a running server refuses it within a second\n", kind->noun, name);
    return CLI_GOOD;
}

/* ---- lists ---- */

typedef struct {
    tps_store_visit_item print;
    size_t count;
} listing;

static tps_status visit(void *context, const tps_store_item *item)
{
    listing *l = context;

    l->count++;
    return l->print(NULL, item);
}

int cli_access_list(tps_store *store, int64_t tenant, const cli_access_kind *kind, const char *tenant_name,
                    tps_store_visit_item print)
{
    listing l = {print, 0};
    tps_status status = store->ops->each_item(store, tenant, kind->kind, 0, 0, false, visit, &l);

    if (status != TPS_OK) {
        return cli_fail_status("the store", status, NULL);
    }
    if (l.count == 0) {
        printf("no %s yet; next: %s %s NAME ...\n", kind->noun, kind->create, tenant_name);
    }
    return CLI_GOOD;
}
