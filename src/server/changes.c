/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a tenant: checked, written with their audit entry, waited for, answered. */
#include "server/changes.h"

#include <stdio.h>
#include <stdlib.h>

#include "format/json/writer.h"

/* ---- what is told ---- */

tps_status tps_change_refuse(tps_change *change, unsigned status, const char *cause, const char *next_step)
{
    change->refusal.status = status;
    (void)snprintf(change->refusal.cause, sizeof(change->refusal.cause), "%s", cause);
    change->refusal.next_step = next_step;
    return TPS_BAD_ARGUMENT;
}

tps_status tps_change_refuse_for(tps_change *change, unsigned http_status, tps_status status,
                                 const tps_error *why)
{
    char cause[sizeof(change->refusal.cause)];
    bool has_detail = why != NULL && why->detail != NULL;

    (void)snprintf(cause, sizeof(cause), "%s%s%s%s", tps_status_cause(status), has_detail ? " (" : "",
                   has_detail ? why->detail : "", has_detail ? ")" : "");
    return tps_change_refuse(change, http_status, cause, tps_status_next_step(status));
}

tps_audit_note tps_change_note(const tps_change *change)
{
    return (tps_audit_note){.origin = &change->origin,
                            .now = change->now,
                            .details = change->details,
                            .detail_count = change->detail_count};
}

tps_status tps_change_failure(tps_status status)
{
    return status != TPS_OK && tps_job_status_is_answer(status) ? TPS_STORE_FAILED : status;
}

/* ---- an item, under a condition ---- */

static tps_status take_sequence(void *context, const tps_store_item *item)
{
    *(int64_t *)context = item->sequence;
    return TPS_OK;
}

static bool is_listed(const tps_condition *condition, int64_t sequence)
{
    for (size_t i = 0; i < condition->count; i++) {
        if (condition->sequences[i] == sequence) {
            return true;
        }
    }
    return condition->any;
}

/* What the store is to expect. Where several would do, or any, the transaction looks first. */
static tps_status find_expected(tps_change *c, tps_store *store, int64_t *expected)
{
    tps_status status;

    if (!c->condition.must_exist) {
        *expected = c->removes ? TPS_STORE_ANY : TPS_STORE_NONE;
        return TPS_OK;
    }
    if (!c->condition.any && c->condition.count == 1) {
        *expected = c->condition.sequences[0];
        return TPS_OK;
    }
    status = store->ops->find_item(store, c->tenant_id, c->item.kind, c->item.name, take_sequence, expected);
    if (status == TPS_NOT_FOUND) {
        return c->removes ? TPS_NOT_FOUND : TPS_STORE_CHANGED;
    }
    TPS_TRY(status);
    return is_listed(&c->condition, *expected) ? TPS_OK : TPS_STORE_CHANGED;
}

static tps_status apply_item(tps_change *c, tps_store *store)
{
    tps_audit_note note = tps_change_note(c);
    int64_t expected = TPS_STORE_ANY;

    TPS_TRY(find_expected(c, store, &expected));
    if (c->removes) {
        return tps_audit_remove_item(store, c->tenant_id, c->item.kind, c->item.name, expected, &note);
    }
    c->replaced = expected != TPS_STORE_NONE;
    c->item.changed = c->now;
    c->item.body_size = c->item.body.size;
    return tps_audit_put_item(store, c->tenant_id, &c->item, expected, &note, &c->item.sequence);
}

/* ---- answers ---- */

typedef struct {
    unsigned status;
    const char *cause;
    const char *next_step;
    uint32_t line;
} problem;

static void put_problem(json_writer *w, const void *context)
{
    const problem *p = context;

    json_begin_object(w);
    json_member_text(w, "type", "about:blank");
    json_member_text(w, "title", tps_http_status_text(p->status));
    json_member_uint(w, "status", p->status);
    json_member_text(w, "detail", p->cause);
    json_member_text(w, "next_step", p->next_step);
    if (p->line > 0) {
        json_member_uint(w, "line", p->line);
    }
    json_end_object(w);
}

static void answer_refusal(tps_change *c)
{
    problem p = {c->refusal.status, c->refusal.cause, c->refusal.next_step, c->refusal.line};
    tps_text text = {NULL, 0, 0};

    if (tps_text_append_json(&text, put_problem, &p) != TPS_OK) {
        free(text.data);
        tps_http_answer_problem(c->exchange, p.status, p.cause, p.next_step, NULL, 0);
        return;
    }
    tps_answer_text(c->exchange, p.status, "application/problem+json", &text, 0, NULL);
}

static void answer_exists(tps_change *c)
{
    if (c->condition.must_not) {
        tps_http_answer_problem(c->exchange, 412,
                                "it is there already, and If-None-Match said that it is not",
                                "read it, and give its ETag in If-Match to replace it", NULL, 0);
    } else if (c->is_put) {
        tps_http_answer_problem(c->exchange, 428,
                                "it is there already, and nothing says which state of it is replaced",
                                "read it, and give its ETag in If-Match", NULL, 0);
    } else {
        tps_http_answer_problem(c->exchange, 409, tps_status_cause(TPS_STORE_EXISTS),
                                "nothing is to be done; to replace it, remove it first", NULL, 0);
    }
}

static void answer_failure(tps_change *c, tps_status status)
{
    if (c->refusal.status != 0) {
        answer_refusal(c);
    } else if (status == TPS_STORE_EXISTS) {
        answer_exists(c);
    } else if (status == TPS_NOT_FOUND) {
        tps_http_answer_problem(c->exchange, 404,
                                c->resource == NULL ? "there is no such thing" : c->resource->missing,
                                "see the list of what there is", NULL, 0);
    } else if (status == TPS_STORE_CHANGED) {
        tps_http_answer_problem(c->exchange, 412, tps_status_cause(status), tps_status_next_step(status),
                                NULL, 0);
    } else if (status == TPS_BAD_ARGUMENT || status == TPS_TOO_LARGE) {
        tps_answer_status(c->exchange, status == TPS_TOO_LARGE ? 413 : 400, status);
    } else {
        tps_answer_status(c->exchange, 503, status);
    }
}

static void put_item(json_writer *w, const void *context)
{
    const tps_change *c = context;

    c->resource->put(w, &c->item, true);
}

static void answer_item(tps_change *c, unsigned status)
{
    char location[sizeof("/t/") + TPS_STORE_TENANT_NAME_MAX + 64 + TPS_STORE_ITEM_NAME_MAX];
    tps_text text = {NULL, 0, 0};

    if (c->removes) {
        tps_answer_nothing(c->exchange, status);
        return;
    }
    (void)snprintf(location, sizeof(location), "%s%s%s%s", c->prefixed ? "/t/" : "",
                   c->prefixed ? c->tenant->name : "", c->resource->path, c->name_text);
    if (tps_text_append_json(&text, put_item, c) != TPS_OK) { /* it is done, but cannot be shown */
        free(text.data);
        text = (tps_text){NULL, 0, 0};
    }
    tps_answer_text(c->exchange, status, text.data == NULL ? NULL : TPS_TYPE_JSON, &text, c->item.sequence,
                    c->replaced ? NULL : location);
}

/* ---- the way of a change ---- */

static void fail(tps_change *c, tps_status status)
{
    if (c->failed != NULL) {
        c->failed(c);
    }
    answer_failure(c, status);
    tps_change_free(c);
}

static void in_force(tps_waiter *waiter, tps_status status)
{
    tps_change *c = (tps_change *)(void *)((char *)waiter - offsetof(tps_change, waiter));
    unsigned good = c->removes ? 204 : c->replaced ? 200 : 201;

    good = status == TPS_OK ? good : 202;
    if (c->answer != NULL) {
        c->answer(c, good);
    } else {
        answer_item(c, good);
    }
    tps_change_free(c);
}

static tps_status run_write(tps_job *job, tps_store *store)
{
    tps_change *c = (tps_change *)(void *)job;

    TPS_TRY(c->apply == NULL ? apply_item(c, store) : c->apply(c, store));
    return tps_change_failure(store->ops->revision(store, &c->revision));
}

static void write_done(tps_job *job, tps_status status)
{
    tps_change *c = (tps_change *)(void *)job;

    if (status != TPS_OK) {
        fail(c, status);
        return;
    }
    c->waiter = (tps_waiter){.revision = c->revision, .tenant = c->tenant, .done = in_force};
    tps_service_await(c->service, &c->waiter);
}

static void submit_write(tps_change *c)
{
    tps_status status;

    c->job = (tps_job){.run = run_write, .done = write_done};
    status = tps_job_submit(c->service->writer, &c->job);
    if (status != TPS_OK) {
        fail(c, status);
    }
}

static tps_status run_check(tps_job *job, tps_store *store)
{
    tps_change *c = (tps_change *)(void *)job;

    return c->check(c, store);
}

static void check_done(tps_job *job, tps_status status)
{
    tps_change *c = (tps_change *)(void *)job;

    if (status != TPS_OK) {
        fail(c, status);
        return;
    }
    submit_write(c);
}

void tps_change_submit(tps_change *change)
{
    tps_status status;

    if (change->check == NULL) {
        submit_write(change);
        return;
    }
    change->job = (tps_job){.run = run_check, .done = check_done};
    status = tps_job_submit(change->service->reader, &change->job);
    if (status != TPS_OK) {
        fail(change, status);
    }
}

/* ---- making them ---- */

tps_change *tps_change_new(const tps_call *call, const tps_resource *resource)
{
    tps_change *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return NULL;
    }
    c->service = call->service;
    c->tenant = call->tenant;
    c->tenant_id = call->tenant->id;
    c->exchange = call->exchange;
    c->prefixed = call->prefixed;
    c->is_put = call->request->method == TPS_HTTP_PUT;
    c->now = tps_calendar_ms() / 1000;
    c->origin = tps_call_origin(call);
    c->scopes = call->principal->scopes;
    c->resource = resource;
    c->item.kind = resource == NULL ? 0 : resource->kind;
    c->item.attributes = TPS_SPAN_LITERAL("{}");
    return c;
}

bool tps_change_take_name(tps_change *change, tps_span name)
{
    if (!tps_store_item_name_is_valid(name)) {
        return false;
    }
    memcpy(change->name_text, name.data, name.size);
    change->name_text[name.size] = '\0';
    change->item.name = tps_span_make(change->name_text, name.size);
    return true;
}

void tps_change_free(tps_change *change)
{
    if (change != NULL) {
        free(change->owned);
        free(change->text.data);
        free(change);
    }
}

void tps_change_remove_item(const tps_call *call, const tps_resource *resource)
{
    tps_condition condition;
    tps_change *c;

    if (!tps_call_condition(call, &condition)) {
        return;
    }
    c = tps_change_new(call, resource);
    if (c == NULL) {
        return;
    }
    c->condition = condition;
    c->removes = true;
    if (!tps_change_take_name(c, call->parts.parts[0])) {
        fail(c, TPS_NOT_FOUND);
        return;
    }
    tps_change_submit(c);
}
