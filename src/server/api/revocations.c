/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of what does not count any more, by a name of the administrator's choice. */
#include <stdio.h>

#include "server/access/administrator.h"
#include "server/changes.h"
#include "tps/revocation.h"

static void put_attributes(json_writer *w, const void *context)
{
    json_begin_object(w);
    json_member_uint(w, "entries", *(const size_t *)context);
    json_end_object(w);
}

static void put(json_writer *w, const tps_store_item *item, bool whole)
{
    (void)whole;
    json_begin_object(w);
    tps_resource_put_head(w, item);
    json_member_uint(w, "size", item->body_size);
    json_key(w, "about");
    json_raw(w, item->attributes);
    json_end_object(w);
}

static const char *raw_type(const tps_store_item *item)
{
    (void)item;
    return TPS_TYPE_JSON;
}

static const tps_resource resource = {
    .kind = TPS_STORE_REVOCATION,
    .path = "/api/v1/revocations/",
    .list = "revocations",
    .missing = "there is no list of revocations of this name",
    .raw_type = raw_type,
    .put = put,
};

/* How many there are, in a list that was checked. */
static size_t count_entries(tps_span text)
{
    json_reader r = json_reader_init(text);
    json_list members = json_enter_object(&r);
    size_t count = 0;

    while (json_next(&r, &members)) {
        json_list entries;

        (void)json_get_name(&r);
        entries = json_enter_array(&r);
        while (json_next(&r, &entries)) {
            (void)json_skip(&r);
            count++;
        }
    }
    return count;
}

static tps_status check(tps_change *c, tps_store *store)
{
    tps_verifier_options options = {false, false, false};
    tps_error why = {TPS_OK, 0, NULL};
    tps_verifier *verifier = NULL;
    tps_status status = tps_verifier_new(&options, &verifier);
    size_t entries;

    (void)store;
    if (status == TPS_OK) {
        status = tps_verifier_revoke_list(verifier, c->item.body, &why);
    }
    tps_verifier_free(verifier);
    if (status == TPS_OUT_OF_MEMORY) {
        return status;
    }
    if (status != TPS_OK) {
        return tps_change_refuse_for(c, 422, status, &why);
    }
    entries = count_entries(c->item.body);
    TPS_TRY(tps_text_append_json(&c->text, put_attributes, &entries));
    c->item.attributes = tps_span_make(c->text.data, c->text.size);
    (void)snprintf(c->id, sizeof(c->id), "%zu", entries);
    c->details[c->detail_count++] = (tps_audit_detail){"entries", tps_span_of_text(c->id)};
    return TPS_OK;
}

void tps_handle_put_revocations(const tps_call *call)
{
    static const char *const types[] = {TPS_TYPE_JSON};
    tps_span name = call->parts.parts[0];
    tps_condition condition;
    tps_media_type media;
    tps_span body;
    tps_change *c;

    if (!tps_access_name_is_valid(name)) {
        tps_http_answer_problem(call->exchange, 400, "the list's name cannot be one",
                                "give 1 to 64 of a-z, A-Z, 0-9, and -._~, not a dot first", NULL, 0);
        return;
    }
    if (!tps_call_media_type(call, types, 1, &media) || !tps_call_body(call, &body) ||
        !tps_call_condition(call, &condition)) {
        return;
    }
    c = tps_change_new(call, &resource);
    if (c != NULL) {
        (void)tps_change_take_name(c, name);
        c->condition = condition;
        c->item.body = body;
        c->check = check;
        tps_change_submit(c);
    }
}

void tps_handle_list_revocations(const tps_call *call)
{
    tps_resource_list(call, &resource);
}

void tps_handle_get_revocations(const tps_call *call)
{
    tps_resource_get(call, &resource, false);
}

void tps_handle_remove_revocations(const tps_call *call)
{
    tps_change_remove_item(call, &resource);
}
