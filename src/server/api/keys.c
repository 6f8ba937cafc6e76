/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that sign a tenant's results: what there is, the next one, and one that counts no more. Only
 * public parts leave the server.
 */
#include <stdio.h>

#include "server/changes.h"

#define LEAD_DEFAULT 3600     /* seconds: as long as relying parties may keep a JWK Set, and more */
#define LEAD_MAX     31622400 /* a year */

static const char *state_of(const tps_result_keys *ring, const tps_result_key *key, int64_t now,
                            int64_t lifetime)
{
    if (tps_result_keys_active(ring, now) == key) {
        return "signing";
    }
    if (key->active_from > now && key->retired_at > now) {
        return "next";
    }
    return tps_result_keys_is_needed(ring, key, now, lifetime) ? "published" : "unneeded";
}

static void put_key(json_writer *w, const tps_tenant *tenant, const tps_result_key *key)
{
    uint8_t jwk[TPS_RESULT_JWK_MAX];
    size_t size;

    json_begin_object(w);
    json_member_text(w, "id", key->id);
    json_member_text(w, "state",
                     state_of(&tenant->keys->ring, key, tps_calendar_ms() / 1000,
                              (int64_t)tenant->settings.session_seconds));
    tps_json_time(w, "active_from", key->active_from);
    if (key->retired_at != INT64_MAX) {
        tps_json_time(w, "retired_at", key->retired_at);
    }
    if (tps_result_key_jwk(key, TPS_BUF_OF(jwk), &size) == TPS_OK) {
        json_key(w, "jwk");
        json_raw(w, tps_span_make(jwk, size));
    }
    json_end_object(w);
}

static void put_keys(json_writer *w, const void *context)
{
    const tps_tenant *tenant = context;
    size_t count = tenant->keys == NULL ? 0 : tenant->keys->ring.count;

    json_begin_object(w);
    json_key(w, "keys");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        put_key(w, tenant, &tenant->keys->ring.keys[i]);
    }
    json_end_array(w);
    json_end_object(w);
}

void tps_handle_list_keys(const tps_call *call)
{
    tps_answer_json(call->exchange, 200, put_keys, call->tenant);
}

static const tps_resource resource = {
    .kind = TPS_STORE_RESULT_KEY,
    .path = "/api/v1/keys/",
    .missing = "there is no such key",
};

/* ---- what the store has, in a transaction ---- */

typedef struct {
    const tps_change *change;
    size_t count;
    int64_t wanted; /* when a new one shall sign from: no other does from that second on */
    bool is_there, is_another_signing;
} other_keys;

static tps_status see_key(void *context, const tps_store_item *item)
{
    other_keys *o = context;
    int64_t from = INT64_MAX;
    int64_t until = INT64_MAX;
    json_reader r = json_reader_init(item->attributes);
    json_list list = json_enter_object(&r);

    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (json_str_is(name, "active_from")) {
            from = json_get_int(&r);
        } else if (json_str_is(name, "retired_at") && json_peek(&r) == JSON_INTEGER) {
            until = json_get_int(&r);
        } else {
            (void)json_skip(&r);
        }
    }
    o->count++;
    o->wanted += from == o->wanted; /* in the order of their making, so that a row of them is passed */
    if (tps_span_equal(item->name, o->change->item.name)) {
        o->is_there = true;
    } else if (from <= o->change->now && until > o->change->now) {
        o->is_another_signing = true;
    }
    return TPS_OK;
}

/* ---- the next one ---- */

static tps_status apply_new(tps_change *c, tps_store *store)
{
    tps_audit_note note = tps_change_note(c);
    other_keys others = {.change = c, .wanted = c->now + c->number};

    TPS_TRY(store->ops->each_item(store, c->tenant_id, TPS_STORE_RESULT_KEY, 0, 0, false, see_key, &others));
    if (others.count >= TPS_RESULT_KEYS_MAX) {
        return tps_change_refuse(c, 409, "there are as many keys as there can be",
                                 "remove one that is not needed any more");
    }
    c->number = others.wanted - c->now;
    return tps_tenant_add_key(store, c->tenant_id, others.wanted, &note, c->name_text);
}

static void put_new(json_writer *w, const void *context)
{
    const tps_change *c = context;
    const tps_tenant_keys *keys = c->tenant->keys;

    for (size_t i = 0; keys != NULL && i < keys->ring.count; i++) {
        if (strcmp(keys->ring.keys[i].id, c->name_text) == 0) {
            put_key(w, c->tenant, &keys->ring.keys[i]);
            return;
        }
    }
    json_begin_object(w); /* not in force here yet */
    json_member_text(w, "id", c->name_text);
    json_member_text(w, "state", "next");
    tps_json_time(w, "active_from", c->now + c->number);
    json_end_object(w);
}

static void answer_new(tps_change *c, unsigned status)
{
    char location[sizeof("/t//api/v1/keys/") + TPS_STORE_TENANT_NAME_MAX + TPS_STORE_ITEM_NAME_MAX];
    tps_text text = {NULL, 0, 0};

    (void)snprintf(location, sizeof(location), "%s%s%s%s", c->prefixed ? "/t/" : "",
                   c->prefixed ? c->tenant->name : "", resource.path, c->name_text);
    (void)!tps_text_append_json(&text, put_new, c);
    tps_answer_text(c->exchange, status, TPS_TYPE_JSON, &text, 0, location);
}

void tps_handle_add_key(const tps_call *call)
{
    int64_t lead = LEAD_DEFAULT;
    tps_status status = tps_call_number(call, "active_in", 0, LEAD_MAX, &lead);
    tps_change *c;

    if (status != TPS_OK && status != TPS_NOT_FOUND) {
        tps_http_answer_problem(call->exchange, 400, "active_in cannot be used",
                                "give the seconds until the key signs, 0 to 31622400", NULL, 0);
        return;
    }
    c = tps_change_new(call, &resource);
    if (c != NULL) {
        c->number = lead;
        c->apply = apply_new;
        c->answer = answer_new;
        tps_change_submit(c);
    }
}

/* ---- one that counts no more ---- */

static tps_status apply_removal(tps_change *c, tps_store *store)
{
    tps_audit_note note = tps_change_note(c);
    other_keys others = {.change = c};

    TPS_TRY(store->ops->each_item(store, c->tenant_id, TPS_STORE_RESULT_KEY, 0, 0, false, see_key, &others));
    if (others.is_there && !others.is_another_signing) {
        return tps_change_refuse(c, 409, "no other key signs now",
                                 "make another first: POST /api/v1/keys?active_in=0");
    }
    return tps_audit_remove_item(store, c->tenant_id, TPS_STORE_RESULT_KEY, c->item.name, TPS_STORE_ANY,
                                 &note);
}

void tps_handle_remove_key(const tps_call *call)
{
    tps_change *c = tps_change_new(call, &resource);

    if (c == NULL) {
        return;
    }
    if (!tps_change_take_name(c, call->parts.parts[0])) {
        tps_change_free(c);
        tps_http_answer_problem(call->exchange, 404, resource.missing, "see the list of what there is", NULL,
                                0);
        return;
    }
    c->removes = true;
    c->apply = apply_removal;
    tps_change_submit(c);
}
