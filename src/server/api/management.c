/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies as Veraison's management clients speak of them: by the scheme of attestation, one of which is
 * active. They are the same items as under /api/v1/policies: those whose selector names the scheme. The rules
 * are Lua; OPA's, which other services take, are refused by name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "server/api/policy_items.h"

#define TYPE_POLICY   "application/vnd.veraison.policy+json"
#define TYPE_POLICIES "application/vnd.veraison.policies+json"
#define TYPE_OPA      "application/vnd.veraison.policy.opa"

/* ---- the request ---- */

/* The scheme; or an answer of 400, as other services give it. */
static const char *scheme_of(const tps_call *call)
{
    const char *scheme = tps_policy_scheme_find(call->parts.parts[0]);

    if (scheme == NULL) {
        tps_http_answer_problem(call->exchange, 400, "the scheme is unknown",
                                "give one of attestation-schemes in /.well-known/veraison/management", NULL,
                                0);
    }
    return scheme;
}

static bool is_lua(const tps_call *call)
{
    static const char *const types[] = {TPS_TYPE_LUA_POLICY};
    static const tps_http_answer_field accept = {"Accept", TPS_TYPE_LUA_POLICY};
    const tps_span *text = tps_http_request_field(call->request, "Content-Type");
    tps_media_type media;

    if (text != NULL && tps_media_type_read(*text, &media) == TPS_OK && strcmp(media.type, TYPE_OPA) == 0) {
        tps_http_answer_problem(call->exchange, 415,
                                "policies here are written in Lua, not in OPA's language",
                                "send " TPS_TYPE_LUA_POLICY ": docs/policy.md tells how, and GET "
                                "/api/v1/policies/default gives one to begin with",
                                &accept, 1);
        return false;
    }
    return tps_call_media_type(call, types, 1, &media);
}

/* ---- how it is shown ---- */

static void put_policy(json_writer *w, const tps_store_item *item, bool whole)
{
    tps_policy_attributes a = {.name = TPS_SPAN_EMPTY};

    (void)whole;
    (void)!tps_policy_attributes_read(item->attributes, &a);
    json_begin_object(w);
    json_key(w, "uuid");
    json_text_span(w, item->name);
    tps_json_time(w, "ctime", a.created);
    json_key(w, "name");
    json_text_span(w, a.name);
    json_member_text(w, "type", "lua");
    json_key(w, "rules");
    json_text_span(w, item->body);
    json_member_bool(w, "active", a.active);
    json_end_object(w);
}

static void put_item(json_writer *w, const void *context)
{
    put_policy(w, context, true);
}

static void answer_policy(tps_change *c, unsigned status)
{
    tps_text text = {NULL, 0, 0};

    if (tps_text_append_json(&text, put_item, &c->item) != TPS_OK) {
        free(text.data);
        text = (tps_text){NULL, 0, 0};
    }
    tps_answer_text(c->exchange, status == 202 ? 202 : 201, text.data == NULL ? NULL : TYPE_POLICY, &text, 0,
                    NULL);
}

/* These clients take 200 and no body. */
static void answer_nothing(tps_change *c, unsigned status)
{
    tps_answer_nothing(c->exchange, status == 202 ? 202 : 200);
}

/* ---- POST ---- */

void tps_handle_management_add(const tps_call *call)
{
    const char *scheme = scheme_of(call);
    uint8_t room[TPS_POLICY_WORD_MAX];
    char selector[64];
    tps_new_policy policy = {.name = TPS_SPAN_LITERAL("default")};
    tps_span name;
    tps_status named;
    tps_change *c;

    if (scheme == NULL || !is_lua(call) || !tps_call_body(call, &policy.text)) {
        return;
    }
    named = tps_call_text(call, "name", TPS_BUF_OF(room), &name);
    if (named != TPS_NOT_FOUND && (named != TPS_OK || !tps_policy_is_word(name))) {
        tps_http_answer_problem(call->exchange, 400, "the name cannot be one",
                                "give 1 to 128 bytes of UTF-8 without quotes and backslashes", NULL, 0);
        return;
    }
    if (named == TPS_OK) {
        policy.name = name;
    }
    (void)snprintf(selector, sizeof(selector), "{\"scheme\":\"%s\"}", scheme);
    policy.selector = tps_span_of_text(selector);
    c = tps_policy_add(call, &policy);
    if (c != NULL) {
        c->answer = answer_policy;
        tps_change_submit(c);
    }
}

void tps_handle_management_activate(const tps_call *call)
{
    const char *scheme = scheme_of(call);
    tps_change *c;

    if (scheme == NULL) {
        return;
    }
    c = tps_policy_switch(call, call->parts.parts[1], tps_span_of_text(scheme), true);
    if (c != NULL) {
        c->answer = answer_nothing;
        tps_change_submit(c);
    }
}

void tps_handle_management_deactivate(const tps_call *call)
{
    const char *scheme = scheme_of(call);
    tps_change *c;

    if (scheme == NULL) {
        return;
    }
    c = tps_policy_switch_off(call, tps_span_of_text(scheme));
    if (c != NULL) {
        c->answer = answer_nothing;
        tps_change_submit(c);
    }
}

/* ---- GET ---- */

static bool fits(const tps_reading *r, const tps_store_item *item, tps_policy_attributes *a)
{
    return tps_policy_attributes_read(item->attributes, a) == TPS_OK &&
           tps_span_is_text(a->scheme, r->scheme);
}

static tps_status visit_active(void *context, const tps_store_item *item)
{
    tps_reading *r = context;
    tps_policy_attributes a;

    if (r->count > 0 || !fits(r, item, &a) || !a.active) {
        return TPS_OK;
    }
    r->count++;
    return tps_text_append_json(&r->text, put_item, item);
}

static tps_status read_active(tps_reading *r, tps_store *store)
{
    TPS_TRY(store->ops->each_item(store, r->tenant_id, TPS_STORE_POLICY, 0, 0, true, visit_active, r));
    return r->count > 0 ? TPS_OK : TPS_NOT_FOUND;
}

static tps_status visit_one(void *context, const tps_store_item *item)
{
    tps_reading *r = context;
    tps_policy_attributes a;

    return fits(r, item, &a) ? tps_text_append_json(&r->text, put_item, item) : TPS_NOT_FOUND;
}

static tps_status read_one(tps_reading *r, tps_store *store)
{
    return store->ops->find_item(store, r->tenant_id, TPS_STORE_POLICY, r->name, visit_one, r);
}

static tps_status visit_listed(void *context, const tps_store_item *item)
{
    tps_reading *r = context;
    tps_policy_attributes a;

    if (!fits(r, item, &a) || (r->name.size > 0 && !tps_span_equal(r->name, a.name))) {
        return TPS_OK;
    }
    if (r->count++ > 0) {
        TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL(",")));
    }
    return tps_text_append_json(&r->text, put_item, item);
}

static tps_status read_list(tps_reading *r, tps_store *store)
{
    TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL("[")));
    TPS_TRY(store->ops->each_item(store, r->tenant_id, TPS_STORE_POLICY, 0, 0, true, visit_listed, r));
    return tps_text_append(&r->text, TPS_SPAN_LITERAL("]"));
}

static tps_reading *new_reading(const tps_call *call, tps_status (*read)(tps_reading *, tps_store *))
{
    const char *scheme = scheme_of(call);
    tps_reading *r = scheme == NULL ? NULL : tps_reading_new(call, read);

    if (r != NULL) {
        r->scheme = scheme;
        r->type = TYPE_POLICY;
        r->missing = tps_policy_resource.missing;
    }
    return r;
}

void tps_handle_management_active(const tps_call *call)
{
    tps_reading *r = new_reading(call, read_active);

    if (r != NULL) {
        r->missing = "no policy of this scheme is active";
        tps_reading_submit(r);
    }
}

void tps_handle_management_get(const tps_call *call)
{
    tps_reading *r = new_reading(call, read_one);

    if (r != NULL) {
        (void)tps_reading_take_name(r, call->parts.parts[1]); /* a name that can be none is not found */
        tps_reading_submit(r);
    }
}

void tps_handle_management_list(const tps_call *call)
{
    tps_reading *r = new_reading(call, read_list);
    uint8_t room[TPS_POLICY_WORD_MAX];
    tps_span name;

    if (r == NULL) {
        return;
    }
    r->type = TYPE_POLICIES;
    if (tps_call_text(call, "name", TPS_BUF_OF(room), &name) == TPS_OK && name.size > 0 &&
        name.size < sizeof(r->name_text)) {
        memcpy(r->name_text, name.data, name.size);
        r->name = tps_span_make(r->name_text, name.size);
    }
    tps_reading_submit(r);
}
