/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants, for the operator of the server: made, read, set, removed. A new one can be given a first token,
 * for its administrator, which is shown once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "server/access/administrator.h"
#include "server/access/scope.h"
#include "server/access/token.h"
#include "server/api/settings_merge.h"
#include "tps/secret.h"

#define MISSING "there is no tenant of this name"

/* The path's name; a name that none can have is empty, and found nowhere. */
static void take_name(tps_span name, char out[TPS_STORE_TENANT_NAME_MAX + 1])
{
    out[0] = '\0';
    if (name.size > 0 && name.size <= TPS_STORE_TENANT_NAME_MAX) {
        memcpy(out, name.data, name.size);
        out[name.size] = '\0';
    }
}

/* ---- reading ---- */

static tps_status visit_listed(void *context, const tps_store_tenant *tenant)
{
    tps_reading *r = context;

    /* By name: those up to `name_text` were on the pages before. */
    if (strcmp(tenant->name, r->name_text) <= 0) {
        return TPS_OK;
    }
    if (r->count == r->limit) {
        r->more = true;
        return TPS_OK;
    }
    if (r->count++ > 0) {
        TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL(",")));
    }
    (void)snprintf(r->last_name, sizeof(r->last_name), "%s", tenant->name);
    return tps_tenant_show(&r->text, tenant);
}

static tps_status read_list(tps_reading *r, tps_store *store)
{
    TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL("{\"tenants\":[")));
    TPS_TRY(store->ops->each_tenant(store, visit_listed, r));
    TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL("]")));
    if (r->more) {
        TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL(",\"next\":\"")));
        TPS_TRY(tps_text_append(&r->text, tps_span_of_text(r->last_name)));
        TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL("\"")));
    }
    return tps_text_append(&r->text, TPS_SPAN_LITERAL("}"));
}

void tps_handle_list_tenants(const tps_call *call)
{
    uint8_t room[TPS_STORE_TENANT_NAME_MAX];
    int64_t limit = TPS_PAGE_DEFAULT;
    tps_span after = TPS_SPAN_EMPTY;
    tps_status first = tps_call_text(call, "after", TPS_BUF_OF(room), &after);
    tps_status second = tps_call_number(call, "limit", 1, TPS_PAGE_MAX, &limit);
    tps_reading *r;

    if ((first != TPS_OK && first != TPS_NOT_FOUND) || (second != TPS_OK && second != TPS_NOT_FOUND)) {
        tps_http_answer_problem(call->exchange, 400, "after or limit cannot be used",
                                "give as after the next of the page before, as limit 1 to 1000", NULL, 0);
        return;
    }
    r = tps_reading_new(call, read_list);
    if (r != NULL) {
        r->limit = (size_t)limit;
        take_name(after, r->name_text);
        tps_reading_submit(r);
    }
}

static tps_status visit_one(void *context, const tps_store_tenant *tenant)
{
    tps_reading *r = context;

    r->sequence = tenant->revision;
    return tps_tenant_show(&r->text, tenant);
}

static tps_status read_one(tps_reading *r, tps_store *store)
{
    return store->ops->find_tenant(store, r->name_text, visit_one, r);
}

void tps_handle_get_tenant(const tps_call *call)
{
    tps_reading *r = tps_reading_new(call, read_one);

    if (r != NULL) {
        r->missing = MISSING;
        take_name(call->parts.parts[0], r->name_text);
        tps_reading_submit(r);
    }
}

/* ---- a new one ---- */

typedef struct {
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    char token_name[TPS_STORE_ITEM_NAME_MAX + 1]; /* empty: no token is wanted */
    char token[TPS_TOKEN_TEXT_SIZE + 1];
    tps_tenant_settings settings;
} new_tenant;

typedef struct {
    new_tenant *wanted;
    tps_change *change;
    int64_t id;
} made_tenant;

static tps_status show_made(void *context, const tps_store_tenant *tenant)
{
    made_tenant *made = context;

    made->id = tenant->id;
    made->change->item.sequence = tenant->revision;
    return tps_tenant_show(&made->change->text, tenant);
}

static tps_status add_token(tps_change *c, tps_store *store, int64_t tenant, new_tenant *n)
{
    tps_token_attributes attributes = {TPS_SCOPES_OF_TENANT, TPS_TOKEN_NO_EXPIRY};
    tps_audit_note note = tps_change_note(c);
    uint8_t sha256[TPS_SHA256_SIZE];
    uint8_t json[256];
    tps_store_item item = {
        .kind = TPS_STORE_TOKEN, .name = tps_span_of_text(n->token_name), .body = TPS_SPAN_OF(sha256)};
    size_t size;

    TPS_TRY(tps_token_make(n->token, sha256));
    TPS_TRY(tps_token_attributes_write(&attributes, TPS_BUF_OF(json), &size));
    item.attributes = tps_span_make(json, size);
    return tps_audit_put_item(store, tenant, &item, TPS_STORE_NONE, &note, NULL);
}

static tps_status apply_new(tps_change *c, tps_store *store)
{
    new_tenant *n = c->owned;
    tps_audit_note note = tps_change_note(c);
    made_tenant made = {n, c, 0};
    tps_status status;

    TPS_TRY(tps_settings_check_hosts(c, store, n->name, &n->settings));
    status = tps_tenant_create_in_group(store, n->name, &n->settings, &note);
    if (status == TPS_STORE_EXISTS) {
        return tps_change_refuse(c, 409, "there is a tenant of this name", "choose another name");
    }
    TPS_TRY(status);
    status = store->ops->find_tenant(store, n->name, show_made, &made);
    if (status == TPS_OK && n->token_name[0] != '\0') {
        status = add_token(c, store, made.id, n);
    }
    return tps_change_failure(status);
}

/* The token goes with the change, whatever came of it. */
static void forget(tps_change *c)
{
    tps_wipe(c->owned, sizeof(new_tenant));
}

/* The tenant as it is shown, with the token as its last member; caches keep off. */
static void answer_new(tps_change *c, unsigned status)
{
    const new_tenant *n = c->owned;
    char location[sizeof("/api/v1/tenants/") + TPS_STORE_TENANT_NAME_MAX];
    char tag[TPS_HTTP_TAG_SIZE];
    const tps_http_answer_field fields[] = {{"Cache-Control", "no-store"},
                                            {"ETag", tps_http_tag_write(c->item.sequence, tag)},
                                            {"Location", location}};
    char text[TPS_STORE_SETTINGS_MAX + 1024];
    int size;

    (void)snprintf(location, sizeof(location), "/api/v1/tenants/%s", n->name);
    size = n->token_name[0] == '\0'
               ? snprintf(text, sizeof(text), "%.*s", (int)c->text.size, c->text.data)
               : snprintf(text, sizeof(text), "%.*s,\"token\":\"%s\"}", (int)c->text.size - 1, c->text.data,
                          n->token); /* in the place of the closing brace */
    forget(c);
    tps_http_answer(c->exchange, &(tps_http_answer_message){.status = status,
                                                            .type = TPS_TYPE_JSON,
                                                            .body = tps_span_make(text, (size_t)size),
                                                            .fields = fields,
                                                            .field_count = 3});
    tps_wipe(text, sizeof(text));
}

static bool take_text(tps_span text, char *out, size_t size)
{
    if (text.size == 0 || text.size >= size || memchr(text.data, '\0', text.size) != NULL) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static void read_members(json_reader *r, new_tenant *n, const char **last, tps_error *why)
{
    json_list list = json_enter_object(r);

    while (json_next(r, &list)) {
        json_str name = json_get_name(r);

        if (tps_json_is(name, "name", last)) {
            if (!take_text(json_get_text(r, NULL), n->name, sizeof(n->name))) {
                json_fail(r, TPS_BAD_ARGUMENT);
            }
        } else if (tps_json_is(name, "token", last)) {
            tps_span token = json_get_text(r, NULL);

            if (!tps_access_name_is_valid(token) || !take_text(token, n->token_name, sizeof(n->token_name))) {
                json_fail(r, TPS_BAD_ARGUMENT);
            }
        } else if (tps_json_is(name, "settings", last)) {
            tps_status status = tps_tenant_settings_read(json_skip(r), &n->settings, why);

            if (status != TPS_OK) {
                *last = why->detail == NULL ? "settings" : why->detail;
                json_fail(r, status);
            }
        } else {
            tps_json_unknown(r, last);
        }
    }
    if (r->status == TPS_OK && !tps_store_tenant_name_is_valid(n->name)) {
        *last = "name";
        json_fail(r, TPS_BAD_ARGUMENT);
    }
}

void tps_handle_create_tenant(const tps_call *call)
{
    tps_error why = {TPS_OK, 0, NULL};
    const char *last = "name";
    new_tenant *n;
    tps_change *c;
    tps_span body;
    json_reader r;

    if (!tps_call_json(call, TPS_STORE_SETTINGS_MAX, &body)) {
        return;
    }
    c = tps_change_new(call, NULL);
    n = c == NULL ? NULL : calloc(1, sizeof(*n));
    if (c == NULL) {
        return;
    }
    if (n == NULL) {
        tps_change_free(c);
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return;
    }
    c->owned = n;
    n->settings = tps_tenant_settings_defaults();
    r = json_reader_init(body);
    read_members(&r, n, &last, &why);
    if (!tps_call_json_end(call, &r, last)) {
        tps_change_free(c);
        return;
    }
    c->apply = apply_new;
    c->answer = answer_new;
    c->failed = forget;
    tps_change_submit(c);
}

/* ---- one that is there ---- */

static const tps_resource resource = {.missing = MISSING};

static tps_status apply_settings(tps_change *c, tps_store *store)
{
    return tps_settings_apply(c, store, c->id, c->item.body);
}

void tps_handle_change_tenant(const tps_call *call)
{
    tps_condition condition;
    tps_span patch;
    tps_change *c;

    if (!tps_settings_patch_read(call, &patch) || !tps_call_condition(call, &condition)) {
        return;
    }
    c = tps_change_new(call, &resource);
    if (c != NULL) {
        take_name(call->parts.parts[0], c->id);
        c->item.body = patch;
        c->condition = condition;
        c->apply = apply_settings;
        c->answer = tps_settings_answer;
        tps_change_submit(c);
    }
}

static tps_status apply_removal(tps_change *c, tps_store *store)
{
    tps_audit_note note = tps_change_note(c);

    if (strcmp(c->id, TPS_STORE_DEFAULT_TENANT) == 0) {
        return tps_change_refuse(c, 409, "the tenant default cannot be removed",
                                 "it keeps the log of what became of the others");
    }
    return tps_audit_remove_tenant(store, c->id, &note);
}

static void answer_removal(tps_change *c, unsigned status)
{
    tps_answer_nothing(c->exchange, status);
}

void tps_handle_remove_tenant(const tps_call *call)
{
    tps_change *c = tps_change_new(call, &resource);

    if (c != NULL) {
        take_name(call->parts.parts[0], c->id);
        c->removes = true;
        c->apply = apply_removal;
        c->answer = answer_removal;
        tps_change_submit(c);
    }
}
