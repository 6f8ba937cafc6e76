/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies as items: a new one is compiled and tried in the reader's thread, with those that are active, so
 * that nothing is stored that the verifier could not use. What is active then is compared in the transaction.
 */
#include "server/api/policy_items.h"

#include <stdio.h>
#include <stdlib.h>

#include "format/text/hex.h"
#include "format/text/utf8.h"
#include "server/session.h"
#include "tps/verifier.h"

#define POLICIES_MAX 1024u /* of a tenant, active or not */

/* ---- words ---- */

const char *tps_policy_scheme_name(size_t number)
{
    return number < TPS_SCHEME_TPM ? tps_scheme_name((uint32_t)number + TPS_SCHEME_PSA) : NULL;
}

const char *tps_policy_scheme_find(tps_span name)
{
    const char *known;

    for (size_t i = 0; (known = tps_policy_scheme_name(i)) != NULL; i++) {
        if (tps_span_is_text(name, known)) {
            return known;
        }
    }
    return NULL;
}

bool tps_policy_is_word(tps_span text)
{
    if (text.size == 0 || text.size > TPS_POLICY_WORD_MAX || !utf8_is_valid(text)) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f || text.data[i] == '"' || text.data[i] == '\\') {
            return false;
        }
    }
    return true;
}

/* ---- attributes ---- */

static void read_scheme(tps_policy_attributes *a)
{
    json_reader r = json_reader_init(a->selector);
    json_list list = json_enter_object(&r);

    while (json_next(&r, &list)) {
        if (json_str_is(json_get_name(&r), "scheme")) {
            a->scheme = json_get_text(&r, NULL);
        } else {
            (void)json_skip(&r);
        }
    }
}

tps_status tps_policy_attributes_read(tps_span json, tps_policy_attributes *attributes)
{
    json_reader r = json_reader_init(json);
    json_list list = json_enter_object(&r);
    tps_policy_attributes a = {.name = TPS_SPAN_EMPTY};

    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (json_str_is(name, "name")) {
            a.name = json_get_text(&r, NULL);
        } else if (json_str_is(name, "policy_id")) {
            a.policy_id = json_get_text(&r, NULL);
        } else if (json_str_is(name, "selector")) {
            a.selector = json_skip(&r);
        } else if (json_str_is(name, "created")) {
            a.created = json_get_int(&r);
        } else if (json_str_is(name, "active")) {
            a.active = json_get_bool(&r);
        } else {
            (void)json_skip(&r);
        }
    }
    TPS_TRY(json_reader_finish(&r));
    if (a.selector.size > 0) {
        read_scheme(&a);
    }
    *attributes = a;
    return TPS_OK;
}

static void put_attributes(json_writer *w, const void *context)
{
    const tps_policy_attributes *a = context;

    json_begin_object(w);
    json_key(w, "name");
    json_text_span(w, a->name);
    json_member_text_if_any(w, "policy_id", a->policy_id);
    json_member_bool(w, "active", a->active);
    if (a->selector.size > 0) {
        json_key(w, "selector");
        json_raw(w, a->selector);
    }
    json_member_text(w, "type", TPS_TYPE_LUA_POLICY);
    json_member_int(w, "created", a->created);
    json_end_object(w);
}

/* ---- how it is shown ---- */

static void put(json_writer *w, const tps_store_item *item, bool whole)
{
    tps_policy_attributes a;

    json_begin_object(w);
    tps_resource_put_head(w, item);
    if (tps_policy_attributes_read(item->attributes, &a) == TPS_OK) {
        json_key(w, "name");
        json_text_span(w, a.name);
        json_member_text_if_any(w, "policy_id", a.policy_id);
        json_member_bool(w, "active", a.active);
        if (a.selector.size > 0) {
            json_key(w, "selector");
            json_raw(w, a.selector);
        }
        tps_json_time(w, "created", a.created);
    }
    json_member_text(w, "type", TPS_TYPE_LUA_POLICY);
    json_member_uint(w, "size", item->body_size);
    if (whole) {
        json_key(w, "text");
        json_text_span(w, item->body);
    }
    json_end_object(w);
}

const tps_resource tps_policy_resource = {
    .kind = TPS_STORE_POLICY,
    .path = "/api/v1/policies/",
    .list = "policies",
    .missing = "there is no such policy",
    .put = put,
};

/* ---- all policies of a tenant, in a thread of the store's ---- */

typedef struct {
    char name[TPS_STORE_ITEM_NAME_MAX];
    size_t name_size;
    int64_t sequence;
    char *json; /* the attributes */
    tps_policy_attributes attributes;
    uint8_t *body; /* NULL unless asked for */
    size_t body_size;
} row;

typedef struct {
    row *rows;
    size_t count;
    bool with_bodies;
} table;

/* What a change works with; of the heap, with the change. */
typedef struct {
    tps_new_policy policy; /* of a new one */
    char policy_id[TPS_POLICY_ID_MAX];
    bool active;
    tps_span scheme;
    int64_t active_before; /* the sequences of all that were active when it was tried, added up */
    char text_room[];      /* of spans that are not the request's */
} policy_work;

static void free_table(table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->rows[i].json);
        free(t->rows[i].body);
    }
    free(t->rows);
    *t = (table){NULL, 0, false};
}

static tps_status copy_row(void *context, const tps_store_item *item)
{
    table *t = context;
    row *grown = realloc(t->rows, (t->count + 1) * sizeof(*grown));
    row *r;

    if (grown == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    t->rows = grown;
    r = &grown[t->count];
    memset(r, 0, sizeof(*r));
    r->name_size = item->name.size;
    memcpy(r->name, item->name.data, item->name.size);
    r->sequence = item->sequence;
    r->body_size = item->body.size;
    r->json = malloc(item->attributes.size + 1);
    r->body = malloc(item->body.size + 1);
    t->count++;
    if (r->json == NULL || r->body == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    memcpy(r->json, item->attributes.data, item->attributes.size);
    if (item->body.size > 0) {
        memcpy(r->body, item->body.data, item->body.size);
    }
    return tps_policy_attributes_read(tps_span_make(r->json, item->attributes.size), &r->attributes);
}

static tps_status read_table(tps_store *store, int64_t tenant, bool with_bodies, table *t)
{
    tps_status status;

    *t = (table){.with_bodies = with_bodies};
    status = store->ops->each_item(store, tenant, TPS_STORE_POLICY, 0, 0, with_bodies, copy_row, t);
    if (status != TPS_OK) {
        free_table(t);
    }
    return tps_change_failure(status);
}

static row *find_row(const table *t, tps_span name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (tps_span_equal(tps_span_make(t->rows[i].name, t->rows[i].name_size), name)) {
            return &t->rows[i];
        }
    }
    return NULL;
}

static int64_t sum_of_active(const table *t)
{
    int64_t sum = 0;

    for (size_t i = 0; i < t->count; i++) {
        sum += t->rows[i].attributes.active ? t->rows[i].sequence : 0;
    }
    return sum;
}

/* Whether this one gives way to a policy of that selector. */
static bool gives_way(const row *r, tps_span selector)
{
    return r->attributes.active && selector.size > 0 && tps_span_equal(r->attributes.selector, selector);
}

/* ---- trying it with the others ---- */

static void read_member(json_reader *r, json_str name, tps_policy_selector *s, tps_buf *class_id)
{
    tps_span text = json_get_text(r, NULL);
    size_t size = 0;

    if (json_str_is(name, "class_id") && hex_read(text, *class_id, &size)) {
        s->class_id = tps_span_make(class_id->data, size);
    } else if (json_str_is(name, "vendor")) {
        s->vendor = text;
    } else if (json_str_is(name, "model")) {
        s->model = text;
    } else if (json_str_is(name, "service")) {
        s->service = text;
    } else {
        for (uint32_t i = TPS_SCHEME_PSA; i <= TPS_SCHEME_TPM; i++) {
            s->scheme = tps_span_is_text(text, tps_scheme_name(i)) ? i : s->scheme;
        }
    }
}

static tps_status add_policy(tps_verifier *verifier, tps_span text, tps_span selector,
                             tps_policy_problem *problem)
{
    uint8_t class_id[TPS_POLICY_WORD_MAX];
    tps_buf room = TPS_BUF_OF(class_id);
    tps_policy_selector s = {.scheme = 0};
    json_reader r = json_reader_init(selector);
    json_list list;

    if (selector.size == 0) {
        return tps_verifier_add_policy(verifier, text, NULL, problem);
    }
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        read_member(&r, json_get_name(&r), &s, &room);
    }
    TPS_TRY(json_reader_finish(&r));
    return tps_verifier_add_policy(verifier, text, &s, problem);
}

static tps_status refuse_conflict(tps_change *c, tps_status status)
{
    if (status == TPS_VERIFIER_CONFLICT) {
        return tps_change_refuse(c, 409, "another active policy is for exactly the same devices",
                                 "deactivate that one first, or give another selector");
    }
    if (status == TPS_TOO_LARGE) {
        return tps_change_refuse(c, 409, "there are 64 active policies", "deactivate one first");
    }
    return status == TPS_OK || status == TPS_OUT_OF_MEMORY ? status
                                                           : tps_change_refuse_for(c, 422, status, NULL);
}

/* All that will be active, in a verifier of their own. */
static tps_status try_together(tps_change *c, const table *t, const row *mine, tps_span text,
                               tps_span selector)
{
    tps_verifier_options options = {false, false, false};
    tps_verifier *verifier = NULL;
    tps_status status = tps_verifier_new(&options, &verifier);

    for (size_t i = 0; status == TPS_OK && i < t->count; i++) {
        const row *r = &t->rows[i];

        if (r == mine || !r->attributes.active || gives_way(r, selector)) {
            continue;
        }
        /* One that cannot be added counts for nobody: the server's log tells of it. */
        (void)!add_policy(verifier, tps_span_make(r->body, r->body_size), r->attributes.selector, NULL);
    }
    if (status == TPS_OK) {
        status = add_policy(verifier, text, selector, NULL);
    }
    tps_verifier_free(verifier);
    return refuse_conflict(c, status);
}

/* ---- writing ---- */

static tps_status make_attributes(tps_change *c, const tps_policy_attributes *a)
{
    c->text.size = 0;
    TPS_TRY(tps_text_append_json(&c->text, put_attributes, a));
    c->item.attributes = tps_span_make(c->text.data, c->text.size);
    return TPS_OK;
}

/* Another state for one that is there. The first write of a transaction may still be an answer. */
static tps_status rewrite(tps_change *c, tps_store *store, const row *r, bool active, int64_t *sequence)
{
    tps_audit_detail state = {"state", active ? TPS_SPAN_LITERAL("active") : TPS_SPAN_LITERAL("inactive")};
    tps_audit_note note = {.origin = &c->origin, .now = c->now, .details = &state, .detail_count = 1};
    tps_policy_attributes a = r->attributes;
    tps_text text = {NULL, 0, 0};
    tps_status status;

    a.active = active;
    status = tps_text_append_json(&text, put_attributes, &a);
    if (status == TPS_OK) {
        tps_store_item item = {.kind = TPS_STORE_POLICY,
                               .name = tps_span_make(r->name, r->name_size),
                               .attributes = tps_span_make(text.data, text.size),
                               .body = tps_span_make(r->body, r->body_size)};

        status = tps_audit_put_item(store, c->tenant_id, &item, r->sequence, &note, sequence);
    }
    free(text.data);
    return tps_change_failure(status);
}

static tps_status make_way(tps_change *c, tps_store *store, const table *t, const row *mine,
                           tps_span selector)
{
    for (size_t i = 0; i < t->count; i++) {
        if (&t->rows[i] != mine && gives_way(&t->rows[i], selector)) {
            TPS_TRY(rewrite(c, store, &t->rows[i], false, NULL));
        }
    }
    return TPS_OK;
}

static tps_status refuse_meanwhile(tps_change *c)
{
    return tps_change_refuse(c, 409, "another policy was activated meanwhile", "try again");
}

/* ---- a new one ---- */

static tps_status check_new(tps_change *c, tps_store *store)
{
    policy_work *work = c->owned;
    tps_policy_description description;
    tps_policy_problem problem = {0, ""};
    tps_status status = tps_policy_check(work->policy.text, &description, &problem);
    table t;

    if (status == TPS_VERIFIER_POLICY_INVALID) {
        c->refusal.line = problem.line;
        return tps_change_refuse(c, 422, problem.text, "mend the policy: docs/policy.md says what it can do");
    }
    if (status != TPS_OK) {
        return status;
    }
    memcpy(work->policy_id, description.id, sizeof(work->policy_id));
    TPS_TRY(read_table(store, c->tenant_id, work->policy.active, &t));
    work->active_before = sum_of_active(&t);
    if (t.count >= POLICIES_MAX) {
        status = tps_change_refuse(c, 409, "there are 1,024 policies", "remove one first");
    } else if (work->policy.active) {
        status = try_together(c, &t, NULL, work->policy.text, work->policy.selector);
    }
    free_table(&t);
    return status;
}

static tps_status put_new(tps_change *c, tps_store *store, const table *t)
{
    policy_work *work = c->owned;
    tps_audit_detail details[] = {
        {"policy_id", tps_span_of_text(work->policy_id)},
        {"state", work->policy.active ? TPS_SPAN_LITERAL("active") : TPS_SPAN_LITERAL("inactive")}};
    tps_audit_note note = {.origin = &c->origin, .now = c->now, .details = details, .detail_count = 2};

    if (work->policy.active && sum_of_active(t) != work->active_before) {
        return refuse_meanwhile(c);
    }
    if (work->policy.active) {
        TPS_TRY(make_way(c, store, t, NULL, work->policy.selector));
    }
    c->item.changed = c->now;
    return tps_change_failure(
        tps_audit_put_item(store, c->tenant_id, &c->item, TPS_STORE_NONE, &note, &c->item.sequence));
}

static tps_status apply_new(tps_change *c, tps_store *store)
{
    policy_work *work = c->owned;
    tps_policy_attributes a = {.name = work->policy.name,
                               .policy_id = tps_span_of_text(work->policy_id),
                               .selector = work->policy.selector,
                               .created = c->now,
                               .active = work->policy.active};
    tps_status status;
    table t;

    TPS_TRY(make_attributes(c, &a));
    TPS_TRY(read_table(store, c->tenant_id, true, &t));
    status = put_new(c, store, &t);
    free_table(&t);
    return status;
}

static tps_status name_new(tps_change *c)
{
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    char text[TPS_SESSION_TEXT_SIZE];

    TPS_TRY(tps_crypto_random(TPS_BUF_OF(id)));
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40); /* version 4, RFC 9562 */
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
    tps_session_write_id(id, text);
    (void)tps_change_take_name(c, tps_span_of_text(text));
    return TPS_OK;
}

/* Copies the spans, which may lie in what the handler forgets; the text stays the request's. */
static policy_work *copy_work(const tps_new_policy *policy)
{
    policy_work *work =
        calloc(1, sizeof(*work) + policy->name.size + policy->selector.size + policy->text.size + 1);
    char *at;

    if (work == NULL) {
        return NULL;
    }
    at = work->text_room;
    work->policy = *policy;
    memcpy(at, policy->name.data, policy->name.size);
    work->policy.name = tps_span_make(at, policy->name.size);
    at += policy->name.size;
    if (policy->selector.size > 0) {
        memcpy(at, policy->selector.data, policy->selector.size);
        work->policy.selector = tps_span_make(at, policy->selector.size);
    }
    at += policy->selector.size;
    memcpy(at, policy->text.data, policy->text.size);
    work->policy.text = tps_span_make(at, policy->text.size);
    return work;
}

tps_change *tps_policy_add(const tps_call *call, const tps_new_policy *policy)
{
    tps_change *c = tps_change_new(call, &tps_policy_resource);
    policy_work *work = c == NULL ? NULL : copy_work(policy);

    if (c == NULL) {
        return NULL;
    }
    c->owned = work;
    if (work == NULL || name_new(c) != TPS_OK) {
        tps_change_free(c);
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return NULL;
    }
    c->item.body = work->policy.text;
    c->item.body_size = work->policy.text.size;
    c->check = check_new;
    c->apply = apply_new;
    return c;
}

/* ---- one that is there ---- */

static tps_status check_switch(tps_change *c, tps_store *store)
{
    policy_work *work = c->owned;
    tps_status status = TPS_OK;
    const row *r;
    table t;

    TPS_TRY(read_table(store, c->tenant_id, true, &t));
    work->active_before = sum_of_active(&t);
    r = find_row(&t, c->item.name);
    if (r == NULL || (work->scheme.size > 0 && !tps_span_equal(work->scheme, r->attributes.scheme))) {
        status = TPS_NOT_FOUND;
    } else if (work->active && !r->attributes.active) {
        status = try_together(c, &t, r, tps_span_make(r->body, r->body_size), r->attributes.selector);
    }
    free_table(&t);
    return status;
}

/* Shows the item as it is now; the copies live on in the change. */
static tps_status keep_item(tps_change *c, row *r, bool active)
{
    tps_policy_attributes a = r->attributes;
    tps_span body = tps_span_make(r->body, r->body_size);

    a.active = active;
    TPS_TRY(make_attributes(c, &a));
    TPS_TRY(tps_text_append(&c->text, body));
    c->item.attributes = tps_span_make(c->text.data, c->text.size - body.size);
    c->item.body = tps_span_make(c->text.data + c->item.attributes.size, body.size);
    c->item.body_size = body.size;
    c->item.changed = c->now;
    return TPS_OK;
}

static bool condition_holds(const tps_change *c, int64_t sequence)
{
    bool listed = c->condition.any;

    for (size_t i = 0; i < c->condition.count; i++) {
        listed = listed || c->condition.sequences[i] == sequence;
    }
    return !c->condition.must_exist || listed;
}

static tps_status switch_row(tps_change *c, tps_store *store, const table *t, row *r)
{
    policy_work *work = c->owned;

    if (!condition_holds(c, r->sequence)) {
        return TPS_STORE_CHANGED;
    }
    TPS_TRY(tps_change_failure(keep_item(c, r, work->active)));
    c->item.sequence = r->sequence;
    if (r->attributes.active == work->active) {
        return TPS_OK;
    }
    if (work->active && sum_of_active(t) != work->active_before) {
        return refuse_meanwhile(c);
    }
    if (work->active) {
        TPS_TRY(make_way(c, store, t, r, r->attributes.selector));
    }
    return rewrite(c, store, r, work->active, &c->item.sequence);
}

static tps_status apply_switch(tps_change *c, tps_store *store)
{
    tps_status status = TPS_NOT_FOUND;
    row *r;
    table t;

    TPS_TRY(read_table(store, c->tenant_id, true, &t));
    c->replaced = true;
    r = find_row(&t, c->item.name);
    if (r != NULL) {
        status = switch_row(c, store, &t, r);
    }
    free_table(&t);
    return status;
}

static tps_change *new_switch(const tps_call *call, tps_span scheme, bool active)
{
    tps_change *c = tps_change_new(call, &tps_policy_resource);
    policy_work *work = c == NULL ? NULL : calloc(1, sizeof(*work) + scheme.size + 1);

    if (c == NULL) {
        return NULL;
    }
    if (work == NULL) {
        tps_change_free(c);
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return NULL;
    }
    c->owned = work;
    work->active = active;
    if (scheme.size > 0) {
        memcpy(work->text_room, scheme.data, scheme.size);
        work->scheme = tps_span_make(work->text_room, scheme.size);
    }
    return c;
}

tps_change *tps_policy_switch(const tps_call *call, tps_span id, tps_span scheme, bool active)
{
    tps_condition condition;
    tps_change *c;

    if (!tps_call_condition(call, &condition)) {
        return NULL;
    }
    c = new_switch(call, scheme, active);
    if (c == NULL) {
        return NULL;
    }
    if (!tps_change_take_name(c, id)) {
        tps_change_free(c);
        tps_http_answer_problem(call->exchange, 404, tps_policy_resource.missing,
                                "see the list of what there is", NULL, 0);
        return NULL;
    }
    c->condition = condition;
    c->check = check_switch;
    c->apply = apply_switch;
    return c;
}

static tps_status apply_switch_off(tps_change *c, tps_store *store)
{
    policy_work *work = c->owned;
    tps_status status = TPS_OK;
    table t;

    TPS_TRY(read_table(store, c->tenant_id, true, &t));
    c->replaced = true;
    for (size_t i = 0; status == TPS_OK && i < t.count; i++) {
        if (t.rows[i].attributes.active && tps_span_equal(t.rows[i].attributes.scheme, work->scheme)) {
            status = rewrite(c, store, &t.rows[i], false, NULL);
        }
    }
    free_table(&t);
    return status;
}

tps_change *tps_policy_switch_off(const tps_call *call, tps_span scheme)
{
    tps_change *c = new_switch(call, scheme, false);

    if (c != NULL) {
        c->apply = apply_switch_off;
    }
    return c;
}
