/* SPDX-License-Identifier: Apache-2.0 */
/* Items of a tenant as resources of HTTP: read in the reader's thread, written as JSON there. */
#include "server/api/resource.h"

#include <stdlib.h>

/* ---- readings ---- */

static tps_status run(tps_job *job, tps_store *store)
{
    tps_reading *r = (tps_reading *)(void *)job;

    return r->run(r, store);
}

static void answer(tps_reading *r, tps_status status)
{
    if (status == TPS_OK && r->answer != NULL) {
        r->answer(r);
    } else if (status == TPS_OK) {
        tps_answer_text(r->exchange, 200, r->type, &r->text, r->sequence, NULL);
    } else if (status == TPS_NOT_FOUND) {
        tps_http_answer_problem(r->exchange, 404, r->missing, "see the list of what there is", NULL, 0);
    } else {
        tps_answer_status(r->exchange, 503, status);
    }
}

static void done(tps_job *job, tps_status status)
{
    tps_reading *r = (tps_reading *)(void *)job;

    answer(r, status);
    free(r->text.data);
    free(r);
}

tps_reading *tps_reading_new(const tps_call *call, tps_status (*read)(tps_reading *, tps_store *))
{
    tps_reading *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return NULL;
    }
    r->job = (tps_job){.run = run, .done = done};
    r->service = call->service;
    r->tenant = call->tenant;
    r->tenant_id = call->tenant->id;
    r->exchange = call->exchange;
    r->run = read;
    r->missing = "there is no such thing";
    r->type = TPS_TYPE_JSON;
    return r;
}

bool tps_reading_take_name(tps_reading *reading, tps_span name)
{
    if (!tps_store_item_name_is_valid(name)) {
        return false;
    }
    memcpy(reading->name_text, name.data, name.size);
    reading->name = tps_span_make(reading->name_text, name.size);
    return true;
}

void tps_reading_submit(tps_reading *reading)
{
    tps_status status = tps_job_submit(reading->service->reader, &reading->job);

    if (status != TPS_OK) {
        done(&reading->job, status);
    }
}

/* ---- lists ---- */

typedef struct {
    const tps_resource *resource;
    const tps_store_item *item;
    bool whole;
} shown_item;

static void put_item(json_writer *w, const void *context)
{
    const shown_item *shown = context;

    shown->resource->put(w, shown->item, shown->whole);
}

static tps_status visit_listed(void *context, const tps_store_item *item)
{
    tps_reading *r = context;
    shown_item shown = {r->resource, item, false};

    if (r->count == r->limit) {
        r->more = true; /* one more was asked for than is shown */
        return TPS_OK;
    }
    if (r->count++ > 0) {
        TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL(",")));
    }
    r->last = item->sequence;
    return tps_text_append_json(&r->text, put_item, &shown);
}

static void put_number(json_writer *w, const void *context)
{
    json_int(w, *(const int64_t *)context);
}

static tps_status read_list(tps_reading *r, tps_store *store)
{
    TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL("{\"")));
    TPS_TRY(tps_text_append(&r->text, tps_span_of_text(r->resource->list)));
    TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL("\":[")));
    TPS_TRY(store->ops->each_item(store, r->tenant_id, r->resource->kind, r->after, r->limit + 1,
                                  r->resource->list_bodies, visit_listed, r));
    TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL("]")));
    if (r->more) {
        TPS_TRY(tps_text_append(&r->text, TPS_SPAN_LITERAL(",\"next\":")));
        TPS_TRY(tps_text_append_json(&r->text, put_number, &r->last));
    }
    return tps_text_append(&r->text, TPS_SPAN_LITERAL("}"));
}

void tps_resource_list(const tps_call *call, const tps_resource *resource)
{
    int64_t after;
    size_t limit;
    tps_reading *r;

    if (!tps_call_page(call, &after, &limit)) {
        return;
    }
    r = tps_reading_new(call, read_list);
    if (r != NULL) {
        r->resource = resource;
        r->after = after;
        r->limit = limit;
        tps_reading_submit(r);
    }
}

/* ---- one ---- */

static tps_status visit_one(void *context, const tps_store_item *item)
{
    tps_reading *r = context;
    shown_item shown = {r->resource, item, true};

    r->sequence = item->sequence;
    if (r->resource->raw_type != NULL && !r->is_json) {
        r->type = r->resource->raw_type(item);
        return tps_text_append(&r->text, item->body);
    }
    return tps_text_append_json(&r->text, put_item, &shown);
}

static tps_status read_one(tps_reading *r, tps_store *store)
{
    return store->ops->find_item(store, r->tenant_id, r->resource->kind, r->name, visit_one, r);
}

void tps_resource_get(const tps_call *call, const tps_resource *resource, bool as_json)
{
    tps_reading *r = tps_reading_new(call, read_one);

    if (r == NULL) {
        return;
    }
    r->resource = resource;
    r->missing = resource->missing;
    r->is_json = as_json;
    if (!tps_reading_take_name(r, call->parts.parts[0])) {
        done(&r->job, TPS_NOT_FOUND);
        return;
    }
    tps_reading_submit(r);
}

void tps_resource_put_head(json_writer *writer, const tps_store_item *item)
{
    json_key(writer, "id");
    json_text_span(writer, item->name);
    json_member_int(writer, "sequence", item->sequence);
    tps_json_time(writer, "changed", item->changed);
}
