/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of one's own tenant. */
#include "server/api/settings_merge.h"

static tps_status visit(void *context, const tps_store_tenant *tenant)
{
    tps_reading *r = context;

    if (tenant->id != r->tenant_id) {
        return TPS_NOT_FOUND;
    }
    r->sequence = tenant->revision;
    return tps_tenant_show(&r->text, tenant);
}

static tps_status read(tps_reading *r, tps_store *store)
{
    return store->ops->find_tenant(store, r->tenant->name, visit, r);
}

void tps_handle_get_settings(const tps_call *call)
{
    tps_reading *r = tps_reading_new(call, read);

    if (r != NULL) {
        r->missing = "there is no such tenant any more";
        tps_reading_submit(r);
    }
}

/* One that has the name now, but not the number, is another tenant, made since this node last looked. */
static tps_status is_same(void *context, const tps_store_tenant *tenant)
{
    const tps_change *c = context;

    return tenant->id == c->tenant_id ? TPS_OK : TPS_NOT_FOUND;
}

static tps_status apply(tps_change *c, tps_store *store)
{
    TPS_TRY(store->ops->find_tenant(store, c->tenant->name, is_same, c));
    return tps_settings_apply(c, store, c->tenant->name, c->item.body);
}

void tps_handle_change_settings(const tps_call *call)
{
    tps_condition condition;
    tps_span patch;
    tps_change *c;

    if (!tps_settings_patch_read(call, &patch) || !tps_call_condition(call, &condition)) {
        return;
    }
    c = tps_change_new(call, NULL);
    if (c != NULL) {
        c->item.body = patch;
        c->condition = condition;
        c->apply = apply;
        c->answer = tps_settings_answer;
        tps_change_submit(c);
    }
}
