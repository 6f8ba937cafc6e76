/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's settings, read, merged with a patch, and written in the store's transaction. */
#include "server/api/settings_merge.h"

#include "server/access/scope.h"

#define TYPE_MERGE_PATCH "application/merge-patch+json"

bool tps_settings_patch_read(const tps_call *call, tps_span *patch)
{
    static const char *const types[] = {TPS_TYPE_JSON, TYPE_MERGE_PATCH};

    return tps_call_json_of(call, types, 2, TPS_STORE_SETTINGS_MAX, patch);
}

/* ---- showing ---- */

static void put_settings(json_writer *w, tps_span json)
{
    uint8_t text[TPS_STORE_SETTINGS_MAX];
    tps_tenant_settings settings;
    size_t size;

    if (tps_tenant_settings_read(json, &settings, NULL) != TPS_OK ||
        tps_tenant_settings_write(&settings, TPS_BUF_OF(text), &size) != TPS_OK) {
        json_raw(w, TPS_SPAN_LITERAL("{}")); /* the server's log tells why */
        return;
    }
    json_raw(w, tps_span_make(text, size));
}

static void put_tenant(json_writer *w, const void *context)
{
    const tps_store_tenant *tenant = context;

    json_begin_object(w);
    json_member_text(w, "name", tenant->name);
    json_member_int(w, "revision", tenant->revision);
    tps_json_time(w, "created", tenant->created);
    json_key(w, "settings");
    put_settings(w, tenant->settings.size == 0 ? TPS_SPAN_LITERAL("{}") : tenant->settings);
    json_end_object(w);
}

tps_status tps_tenant_show(tps_text *text, const tps_store_tenant *tenant)
{
    return tps_text_append_json(text, put_tenant, tenant);
}

void tps_settings_answer(tps_change *change, unsigned status)
{
    tps_answer_text(change->exchange, status, TPS_TYPE_JSON, &change->text, change->item.sequence, NULL);
}

/* ---- merging ---- */

static bool has_member(tps_span object, tps_span name)
{
    json_reader r = json_reader_init(object);
    json_list list = json_enter_object(&r);

    while (json_next(&r, &list)) {
        json_str other = json_get_name(&r);

        if (!other.is_escaped && tps_span_equal(other.raw, name)) {
            return true;
        }
        (void)json_skip(&r);
    }
    return false;
}

/* What `object` has, but null, and what `other` has too. No member's name has an escape: those are unknown.
 */
static void put_members(json_writer *w, tps_span object, tps_span other)
{
    json_reader r = json_reader_init(object);
    json_list list = json_enter_object(&r);

    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);
        bool is_null = json_peek(&r) == JSON_NULL;
        tps_span value = json_skip(&r);

        if (!is_null && (other.size == 0 || !has_member(other, name.raw))) {
            json_key_span(w, name.raw);
            json_raw(w, value);
        }
    }
}

typedef struct {
    tps_span before, patch;
} merge;

static void put_merged(json_writer *w, const void *context)
{
    const merge *m = context;

    json_begin_object(w);
    if (m->before.size > 0) {
        put_members(w, m->before, m->patch);
    }
    put_members(w, m->patch, TPS_SPAN_EMPTY);
    json_end_object(w);
}

/* ---- in the transaction ---- */

typedef struct {
    tps_change *change;
    tps_span patch;
    int64_t revision;
    uint8_t settings[TPS_STORE_SETTINGS_MAX];
    size_t size;
    tps_tenant_settings read; /* the same */
} settings_work;

static bool condition_holds(const tps_condition *condition, int64_t revision)
{
    bool listed = condition->any;

    for (size_t i = 0; i < condition->count; i++) {
        listed = listed || condition->sequences[i] == revision;
    }
    return !condition->must_exist || listed;
}

/* A member that is set back to its default must be one. */
static bool knows_nulls(tps_span patch)
{
    tps_tenant_settings defaults = tps_tenant_settings_defaults();
    uint8_t text[TPS_STORE_SETTINGS_MAX];
    json_reader r = json_reader_init(patch);
    json_list list = json_enter_object(&r);
    size_t size;

    if (tps_tenant_settings_write(&defaults, TPS_BUF_OF(text), &size) != TPS_OK) {
        return false;
    }
    while (json_next(&r, &list)) {
        tps_span name = json_get_name(&r).raw;

        if (json_peek(&r) == JSON_NULL && !has_member(tps_span_make(text, size), name)) {
            return false;
        }
        (void)json_skip(&r);
    }
    return true;
}

static tps_status read_merged(settings_work *work, tps_span before, tps_error *why)
{
    merge m = {before, work->patch};
    json_writer w = json_writer_init(TPS_BUF_OF(work->settings));

    if (!knows_nulls(work->patch)) {
        why->detail = "there is no such member";
        return TPS_SERVER_BAD_SETTINGS;
    }
    put_merged(&w, &m);
    TPS_TRY(json_writer_finish(&w, &work->size));
    return tps_tenant_settings_read(tps_span_make(work->settings, work->size), &work->read, why);
}

/* What touches other tenants is the operator's: names at the root, and the share of the server. */
static bool is_permitted(const tps_change *c, const tps_tenant_settings *before,
                         const tps_tenant_settings *after)
{
    bool same =
        before->host_count == after->host_count && before->requests_per_second == after->requests_per_second;

    for (size_t i = 0; same && i < before->host_count; i++) {
        same = strcmp(before->hosts[i], after->hosts[i]) == 0;
    }
    return same || (c->scopes & TPS_SCOPE_OPERATOR) != 0;
}

static tps_status merge_visited(void *context, const tps_store_tenant *tenant)
{
    settings_work *work = context;
    tps_span stored = tenant->settings.size == 0 ? TPS_SPAN_LITERAL("{}") : tenant->settings;
    tps_tenant_settings before = tps_tenant_settings_defaults();
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status;

    work->revision = tenant->revision;
    if (!condition_holds(&work->change->condition, tenant->revision)) {
        return TPS_STORE_CHANGED;
    }
    status = read_merged(work, stored, &why);
    if (status != TPS_OK) {
        return tps_change_refuse_for(work->change, 422, status, &why);
    }
    (void)!tps_tenant_settings_read(stored, &before, NULL); /* if it cannot be read, it is the defaults */
    if (!is_permitted(work->change, &before, &work->read)) {
        return tps_change_refuse(work->change, 403, "hosts and requests_per_second touch other tenants",
                                 "ask the server's operator: this needs the scope operator");
    }
    return TPS_OK;
}

/* ---- names at the root ---- */

typedef struct {
    const char *name;
    const tps_tenant_settings *settings;
    bool is_taken;
} host_search;

static bool has_host(const tps_tenant_settings *settings, const char *host)
{
    for (size_t i = 0; i < settings->host_count; i++) {
        if (strcmp(settings->hosts[i], host) == 0) {
            return true;
        }
    }
    return false;
}

static tps_status look_for_hosts(void *context, const tps_store_tenant *tenant)
{
    host_search *search = context;
    tps_tenant_settings other;

    if (strcmp(tenant->name, search->name) == 0 ||
        tps_tenant_settings_read(tenant->settings, &other, NULL) != TPS_OK) {
        return TPS_OK;
    }
    for (size_t i = 0; i < other.host_count; i++) {
        search->is_taken = search->is_taken || has_host(search->settings, other.hosts[i]);
    }
    return TPS_OK;
}

tps_status tps_settings_check_hosts(tps_change *change, tps_store *store, const char *name,
                                    const tps_tenant_settings *settings)
{
    host_search search = {name, settings, false};

    if (settings->host_count > 0) {
        TPS_TRY(store->ops->each_tenant(store, look_for_hosts, &search));
    }
    return search.is_taken ? tps_change_refuse(change, 409, "another tenant has one of these hosts",
                                               "give other names, or take it from that tenant first")
                           : TPS_OK;
}

static tps_status show_visited(void *context, const tps_store_tenant *tenant)
{
    tps_change *c = context;

    c->item.sequence = tenant->revision;
    return tps_tenant_show(&c->text, tenant);
}

tps_status tps_settings_apply(tps_change *change, tps_store *store, const char *name, tps_span patch)
{
    settings_work work = {.change = change, .patch = patch};
    tps_audit_note note = tps_change_note(change);

    change->replaced = true;
    TPS_TRY(store->ops->find_tenant(store, name, merge_visited, &work));
    TPS_TRY(tps_settings_check_hosts(change, store, name, &work.read));
    TPS_TRY(
        tps_audit_set_settings(store, name, tps_span_make(work.settings, work.size), work.revision, &note));
    return tps_change_failure(store->ops->find_tenant(store, name, show_visited, change));
}
