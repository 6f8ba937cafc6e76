/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as a resource: Lua, added, read, switched on and off, removed. */
#include <stdlib.h>

#include "format/text/hex.h"
#include "server/api/policy_items.h"

#define REQUEST_MAX (4u * TPS_POLICY_TEXT_MAX) /* JSON, with escapes */

/* ---- the selector ---- */

static bool is_class_id(tps_span text)
{
    uint8_t bytes[TPS_POLICY_WORD_MAX];
    size_t size;

    return text.size > 0 && hex_read(text, TPS_BUF_OF(bytes), &size);
}

/* Its members in the order in which they are stored: equal selectors are equal texts. */
enum { CLASS_ID, VENDOR, MODEL, SCHEME, SERVICE, WORD_COUNT };
static const char *const words[WORD_COUNT] = {"class_id", "vendor", "model", "scheme", "service"};

typedef struct {
    tps_span words[WORD_COUNT];
} selector;

static bool is_good(size_t word, tps_span text)
{
    switch (word) {
    case CLASS_ID: return is_class_id(text);
    case SCHEME: return tps_policy_scheme_find(text) != NULL;
    default: return tps_policy_is_word(text);
    }
}

static void read_selector(json_reader *r, tps_buf *room, selector *s, const char **last)
{
    json_list list = json_enter_object(r);

    while (json_next(r, &list)) {
        json_str name = json_get_name(r);
        size_t word = 0;

        while (word < WORD_COUNT && !tps_json_is(name, words[word], last)) {
            word++;
        }
        if (word == WORD_COUNT) {
            tps_json_unknown(r, last);
            return;
        }
        s->words[word] = json_get_text(r, room);
        if (r->status == TPS_OK && !is_good(word, s->words[word])) {
            json_fail(r, TPS_BAD_ARGUMENT);
        }
    }
    if (r->status == TPS_OK && s->words[MODEL].size > 0 && s->words[VENDOR].size == 0) {
        *last = "a model needs its vendor";
        json_fail(r, TPS_BAD_ARGUMENT);
    }
}

static void put_selector(json_writer *w, const void *context)
{
    const selector *s = context;
    uint8_t bytes[TPS_POLICY_WORD_MAX];
    size_t size;

    json_begin_object(w);
    if (hex_read(s->words[CLASS_ID], TPS_BUF_OF(bytes), &size) && size > 0) {
        json_member_hex(w, words[CLASS_ID], tps_span_make(bytes, size)); /* in lower case */
    }
    for (size_t i = CLASS_ID + 1; i < WORD_COUNT; i++) {
        json_member_text_if_any(w, words[i], s->words[i]);
    }
    json_end_object(w);
}

/* ---- a new one ---- */

typedef struct {
    tps_new_policy policy;
    bool has_selector;
    selector selector;
    tps_text selector_text;
} request;

/* {"name": ..., "text": ..., "selector": {...}, "active": true} */
static bool read_json(const tps_call *call, tps_buf *room, request *q)
{
    const char *last = "text";
    tps_span body;
    json_reader r;
    json_list list;

    if (!tps_call_json(call, REQUEST_MAX, &body)) {
        return false;
    }
    r = json_reader_init(body);
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (tps_json_is(name, "name", &last)) {
            q->policy.name = json_get_text(&r, room);
        } else if (tps_json_is(name, "text", &last)) {
            q->policy.text = json_get_text(&r, room);
        } else if (tps_json_is(name, "active", &last)) {
            q->policy.active = json_get_bool(&r);
        } else if (tps_json_is(name, "selector", &last)) {
            q->has_selector = true;
            read_selector(&r, room, &q->selector, &last);
        } else {
            tps_json_unknown(&r, &last);
        }
    }
    if (r.status == TPS_OK && q->policy.text.size == 0) {
        last = "text";
        json_fail(&r, TPS_BAD_ARGUMENT);
    }
    return tps_call_json_end(call, &r, last);
}

static bool read_request(const tps_call *call, tps_buf *room, request *q)
{
    static const char *const types[] = {TPS_TYPE_LUA_POLICY, TPS_TYPE_JSON};
    tps_media_type media;
    tps_span name;

    if (!tps_call_media_type(call, types, 2, &media)) {
        return false;
    }
    if (strcmp(media.type, TPS_TYPE_JSON) == 0) {
        if (!read_json(call, room, q)) {
            return false;
        }
    } else if (!tps_call_body(call, &q->policy.text)) {
        return false;
    } else if (tps_call_text(call, "name", (tps_buf){room->data, TPS_POLICY_WORD_MAX + 1}, &name) !=
               TPS_NOT_FOUND) {
        q->policy.name = name;
    }
    if (q->policy.name.size == 0) {
        q->policy.name = TPS_SPAN_LITERAL("default");
    }
    if (!tps_policy_is_word(q->policy.name)) {
        tps_http_answer_problem(call->exchange, 400, "the name cannot be one",
                                "give 1 to 128 bytes of UTF-8 without quotes and backslashes", NULL, 0);
        return false;
    }
    return true;
}

void tps_handle_add_policy(const tps_call *call)
{
    request q = {.policy = {.name = TPS_SPAN_EMPTY}};
    size_t size = tps_http_exchange_body(call->exchange).size + TPS_POLICY_WORD_MAX + 1;
    tps_buf memory = {malloc(size), size};
    tps_buf room = memory;
    tps_change *c = NULL;

    if (memory.data == NULL) {
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return;
    }
    if (read_request(call, &room, &q)) {
        if (!q.has_selector) {
            c = tps_policy_add(call, &q.policy);
        } else if (tps_text_append_json(&q.selector_text, put_selector, &q.selector) == TPS_OK) {
            q.policy.selector = tps_span_make(q.selector_text.data, q.selector_text.size);
            c = tps_policy_add(call, &q.policy);
        } else {
            tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        }
        if (c != NULL) {
            tps_change_submit(c);
        }
    }
    free(q.selector_text.data);
    free(memory.data);
}

/* ---- the others ---- */

void tps_handle_list_policies(const tps_call *call)
{
    tps_resource_list(call, &tps_policy_resource);
}

void tps_handle_get_policy(const tps_call *call)
{
    tps_resource_get(call, &tps_policy_resource, true);
}

void tps_handle_get_default_policy(const tps_call *call)
{
    tps_http_answer(
        call->exchange,
        &(tps_http_answer_message){.status = 200, .type = TPS_TYPE_LUA_POLICY, .body = tps_policy_default()});
}

void tps_handle_remove_policy(const tps_call *call)
{
    tps_change_remove_item(call, &tps_policy_resource);
}

static void turn(const tps_call *call, bool active)
{
    tps_change *c = tps_policy_switch(call, call->parts.parts[0], TPS_SPAN_EMPTY, active);

    if (c != NULL) {
        tps_change_submit(c);
    }
}

void tps_handle_activate_policy(const tps_call *call)
{
    turn(call, true);
}

void tps_handle_deactivate_policy(const tps_call *call)
{
    turn(call, false);
}
