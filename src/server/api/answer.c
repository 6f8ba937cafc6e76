/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers share: texts that grow, answers and refusals, and the small readings of a request. */
#include "server/api/answer.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- texts ---- */

static tps_status make_room(tps_text *text, size_t more)
{
    size_t capacity = text->capacity < 1024 ? 1024 : text->capacity;
    char *grown;

    while (capacity - text->size < more) {
        capacity *= 2;
    }
    if (capacity == text->capacity) {
        return TPS_OK;
    }
    grown = realloc(text->data, capacity);
    if (grown == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    text->data = grown;
    text->capacity = capacity;
    return TPS_OK;
}

tps_status tps_text_append(tps_text *text, tps_span bytes)
{
    TPS_TRY(make_room(text, bytes.size));
    if (bytes.size > 0) {
        memcpy(text->data + text->size, bytes.data, bytes.size);
    }
    text->size += bytes.size;
    return TPS_OK;
}

tps_status tps_text_append_json(tps_text *text, tps_json_putter put, const void *context)
{
    tps_status status = TPS_BUFFER_TOO_SMALL;
    size_t size = 1;

    for (int turn = 0; turn < 2 && status == TPS_BUFFER_TOO_SMALL; turn++) {
        json_writer w;

        TPS_TRY(make_room(text, size));
        w = json_writer_init((tps_buf){(uint8_t *)text->data + text->size, text->capacity - text->size});
        put(&w, context);
        status = json_writer_finish(&w, &size);
    }
    TPS_TRY(status);
    text->size += size;
    return TPS_OK;
}

/* ---- answers ---- */

static bool is_unmodified(tps_http_exchange *exchange, const char *tag)
{
    const tps_http_request *request = tps_http_exchange_request(exchange);
    tps_http_tags tags;

    return (request->method == TPS_HTTP_GET || request->method == TPS_HTTP_HEAD) &&
           tps_http_tags_read(request, "If-None-Match", &tags) == TPS_OK &&
           tps_http_tags_match(&tags, tag, true);
}

void tps_answer_text(tps_http_exchange *exchange, unsigned status, const char *type, tps_text *text,
                     int64_t sequence, const char *location)
{
    char tag[TPS_HTTP_TAG_SIZE];
    char bare[TPS_HTTP_TAG_SIZE];
    tps_http_answer_field fields[2];
    tps_http_answer_message message = {.status = status, .type = type, .fields = fields};

    if (sequence != 0) {
        (void)snprintf(bare, sizeof(bare), "%lld", (long long)sequence);
        fields[message.field_count++] = (tps_http_answer_field){"ETag", tps_http_tag_write(sequence, tag)};
    }
    if (location != NULL) {
        fields[message.field_count++] = (tps_http_answer_field){"Location", location};
    }
    if (sequence != 0 && status == 200 && is_unmodified(exchange, bare)) {
        message.status = 304;
        message.type = NULL;
        free(text->data);
    } else if (text->data != NULL) {
        message.body = tps_span_make(text->data, text->size);
        message.release = free;
        message.release_context = text->data;
    }
    tps_http_answer(exchange, &message);
    *text = (tps_text){NULL, 0, 0};
}

void tps_answer_json(tps_http_exchange *exchange, unsigned status, tps_json_putter put, const void *context)
{
    tps_text text = {NULL, 0, 0};
    tps_status made = tps_text_append_json(&text, put, context);

    if (made != TPS_OK) {
        free(text.data);
        tps_answer_status(exchange, made == TPS_OUT_OF_MEMORY ? 503 : 500, made);
        return;
    }
    tps_answer_text(exchange, status, TPS_TYPE_JSON, &text, 0, NULL);
}

void tps_answer_nothing(tps_http_exchange *exchange, unsigned status)
{
    tps_http_answer(exchange, &(tps_http_answer_message){.status = status});
}

void tps_answer_refused(tps_http_exchange *exchange, unsigned http_status, tps_status status,
                        const tps_error *why)
{
    char cause[512];
    bool has_detail = why != NULL && why->detail != NULL;

    (void)snprintf(cause, sizeof(cause), "%s%s%s%s", tps_status_cause(status), has_detail ? " (" : "",
                   has_detail ? why->detail : "", has_detail ? ")" : "");
    tps_http_answer_problem(exchange, http_status, cause, tps_status_next_step(status), NULL, 0);
}

/* ---- who asks ---- */

tps_audit_origin tps_call_origin(const tps_call *call)
{
    char from[TPS_HTTP_PEER_ADDRESS_MAX];

    return tps_audit_origin_make(call->principal->kind, call->principal->name,
                                 tps_http_exchange_peer_address(call->exchange, from), call->request_id);
}

/* ---- the request ---- */

bool tps_call_media_type(const tps_call *call, const char *const *types, size_t count, tps_media_type *media)
{
    const tps_span *text = tps_http_request_field(call->request, "Content-Type");

    if (text != NULL && tps_media_type_read(*text, media) == TPS_OK) {
        for (size_t i = 0; i < count; i++) {
            if (strcmp(media->type, types[i]) == 0) {
                return true;
            }
        }
    }
    tps_answer_unsupported_type(call->exchange, types, count);
    return false;
}

bool tps_call_body(const tps_call *call, tps_span *body)
{
    *body = tps_http_exchange_body(call->exchange);
    if (body->size == 0) {
        tps_http_answer_problem(call->exchange, 400, "the request has no body",
                                "send what is to be taken as the body", NULL, 0);
        return false;
    }
    return true;
}

bool tps_call_json(const tps_call *call, size_t size, tps_span *body)
{
    static const char *const types[] = {TPS_TYPE_JSON};

    return tps_call_json_of(call, types, 1, size, body);
}

bool tps_call_json_of(const tps_call *call, const char *const *types, size_t count, size_t size,
                      tps_span *body)
{
    json_limits limits = json_limits_message;
    tps_error why = {TPS_OK, 0, NULL};
    tps_media_type media;
    tps_status status;
    json_reader r;

    if (!tps_call_media_type(call, types, count, &media) || !tps_call_body(call, body)) {
        return false;
    }
    limits.size = size;
    status = json_check(*body, &limits, &why);
    r = json_reader_init(*body);
    if (status == TPS_OK && json_peek(&r) != JSON_OBJECT) {
        status = TPS_JSON_UNEXPECTED_TYPE;
    }
    if (status != TPS_OK) {
        tps_answer_refused(call->exchange, status == TPS_JSON_TOO_LONG ? 413 : 400, status, &why);
        return false;
    }
    return true;
}

bool tps_call_json_end(const tps_call *call, const json_reader *reader, const char *member)
{
    if (reader->status != TPS_OK) {
        tps_answer_refused(call->exchange, 400, reader->status,
                           &(tps_error){.status = reader->status, .detail = member});
        return false;
    }
    return true;
}

tps_status tps_call_text(const tps_call *call, const char *name, tps_buf room, tps_span *text)
{
    return tps_http_query_find(call->request->query, name, room, text);
}

tps_status tps_call_number(const tps_call *call, const char *name, int64_t least, int64_t most,
                           int64_t *number)
{
    uint8_t room[20];
    tps_span text;
    tps_status status = tps_call_text(call, name, TPS_BUF_OF(room), &text);
    int64_t value = 0;

    if (status == TPS_NOT_FOUND) {
        return status;
    }
    if (status != TPS_OK || text.size == 0 || text.size > 18) {
        return TPS_SERVER_BAD_REQUEST;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return TPS_SERVER_BAD_REQUEST;
        }
        value = value * 10 + (text.data[i] - '0');
    }
    if (value < least || value > most) {
        return TPS_SERVER_BAD_REQUEST;
    }
    *number = value;
    return TPS_OK;
}

bool tps_call_page(const tps_call *call, int64_t *after, size_t *limit)
{
    int64_t wanted = TPS_PAGE_DEFAULT;
    tps_status first;
    tps_status second;

    *after = 0;
    first = tps_call_number(call, "after", 0, INT64_MAX, after);
    second = tps_call_number(call, "limit", 1, TPS_PAGE_MAX, &wanted);
    if ((first != TPS_OK && first != TPS_NOT_FOUND) || (second != TPS_OK && second != TPS_NOT_FOUND)) {
        tps_http_answer_problem(call->exchange, 400, "after or limit cannot be used",
                                "give as after the next of the page before, as limit 1 to 1000", NULL, 0);
        return false;
    }
    *limit = (size_t)wanted;
    return true;
}

/* ---- conditions ---- */

/* Of several tags, each by itself; those that are no sequence number match nothing. */
static void take_sequences(const tps_http_tags *tags, tps_condition *condition)
{
    for (size_t i = 0; i < tags->count; i++) {
        tps_http_tags one = {.count = 1};
        int64_t sequence;

        one.tags[0] = tags->tags[i];
        if (tps_http_tags_sequence(&one, &sequence) == TPS_OK) {
            condition->sequences[condition->count++] = sequence;
        }
    }
}

bool tps_call_condition(const tps_call *call, tps_condition *condition)
{
    tps_http_tags tags;
    tps_status match = tps_http_tags_read(call->request, "If-Match", &tags);
    tps_status none;

    *condition = (tps_condition){.must_exist = match == TPS_OK};
    if (match == TPS_OK) {
        condition->any = tags.any;
        take_sequences(&tags, condition);
    }
    none = tps_http_tags_read(call->request, "If-None-Match", &tags);
    condition->must_not = none == TPS_OK;
    if ((match != TPS_OK && match != TPS_NOT_FOUND) || (none != TPS_OK && none != TPS_NOT_FOUND) ||
        (none == TPS_OK && (!tags.any || match == TPS_OK))) {
        tps_http_answer_problem(
            call->exchange, 400, "If-Match or If-None-Match cannot be used",
            "give the ETag of what you read in If-Match, or If-None-Match: * where there is to be none", NULL,
            0);
        return false;
    }
    return true;
}

/* ---- small things ---- */

void tps_call_path(const tps_call *call, const char *path, const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, "%s%s%s%s", call->prefixed ? "/t/" : "",
                   call->prefixed ? call->tenant->name : "", path, name);
}

void tps_json_time(json_writer *writer, const char *name, int64_t time)
{
    char text[21];

    tps_write_time(time, text);
    json_member_text(writer, name, text);
}

bool tps_json_is(json_str name, const char *text, const char **last)
{
    if (!json_str_is(name, text)) {
        return false;
    }
    *last = text;
    return true;
}

void tps_json_unknown(json_reader *reader, const char **last)
{
    *last = "a member is unknown";
    json_fail(reader, TPS_SERVER_BAD_REQUEST);
}
