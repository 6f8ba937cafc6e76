/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens: made with a name, scopes and an end; shown once; listed without their hashes; revoked. */
#include <stdio.h>
#include <stdlib.h>

#include "server/access/administrator.h"
#include "server/access/token.h"
#include "server/changes.h"
#include "tps/secret.h"

#define LIFETIME_DEFAULT (90 * 86400)         /* seconds */
#define LIFETIME_MAX     (10 * 366 * 86400LL) /* ten years */

static void put_attributes(json_writer *w, const tps_token_attributes *token)
{
    json_key(w, "scopes");
    tps_scopes_put(w, token->scopes);
    if (token->expires == TPS_TOKEN_NO_EXPIRY) {
        json_key(w, "expires");
        json_put_null(w);
    } else {
        tps_json_time(w, "expires", token->expires);
    }
}

static void put(json_writer *w, const tps_store_item *item, bool whole)
{
    tps_token_attributes token;

    (void)whole;
    json_begin_object(w);
    tps_resource_put_head(w, item);
    if (tps_token_attributes_read(item->attributes, &token, NULL) == TPS_OK) {
        put_attributes(w, &token);
    }
    json_end_object(w);
}

static const tps_resource resource = {
    .kind = TPS_STORE_TOKEN,
    .path = "/api/v1/tokens/",
    .list = "tokens",
    .missing = "there is no token of this name",
    .put = put,
};

/* ---- a new one ---- */

/* What is asked for, and what is made of it. */
typedef struct {
    uint8_t name[TPS_ACCESS_NAME_MAX];
    size_t name_size;
    tps_token_attributes attributes;
    uint8_t json[256]; /* the attributes */
    size_t json_size;
    uint8_t sha256[TPS_SHA256_SIZE];
    char scopes[TPS_SCOPES_TEXT_SIZE];
    char text[TPS_TOKEN_TEXT_SIZE + 1]; /* the secret */
} new_token;

/* Seconds from now on, or null: without end. */
static void read_lifetime(json_reader *r, int64_t now, int64_t *expires)
{
    int64_t seconds;

    if (json_peek(r) == JSON_NULL) {
        json_get_null(r);
        *expires = TPS_TOKEN_NO_EXPIRY;
        return;
    }
    seconds = json_get_int(r);
    if (r->status == TPS_OK && (seconds < 1 || seconds > LIFETIME_MAX)) {
        json_fail(r, TPS_JSON_OUT_OF_RANGE);
    }
    *expires = now + seconds;
}

static void read_name(json_reader *r, new_token *made)
{
    tps_span name = json_get_text(r, NULL);

    if (!tps_access_name_is_valid(name)) {
        json_fail(r, TPS_JSON_OUT_OF_RANGE);
        return;
    }
    memcpy(made->name, name.data, name.size);
    made->name_size = name.size;
}

/* True when the body is understood; else it is answered. */
static bool read_body(const tps_call *call, new_token *made)
{
    int64_t now = tps_calendar_ms() / 1000;
    const char *member = NULL;
    json_reader r;
    json_list list;
    tps_span body;

    if (!tps_call_json(call, TPS_STORE_ATTRIBUTES_MAX, &body)) {
        return false;
    }
    made->attributes = (tps_token_attributes){0, now + LIFETIME_DEFAULT};
    r = json_reader_init(body);
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (tps_json_is(name, "name", &member)) {
            read_name(&r, made);
        } else if (tps_json_is(name, "scopes", &member)) {
            made->attributes.scopes = tps_scopes_get(&r);
        } else if (tps_json_is(name, "expires_in", &member)) {
            read_lifetime(&r, now, &made->attributes.expires);
        } else {
            tps_json_unknown(&r, &member);
        }
    }
    if (r.status == TPS_OK && (made->name_size == 0 || made->attributes.scopes == 0)) {
        member = made->name_size == 0 ? "name" : "scopes";
        json_fail(&r, TPS_SERVER_BAD_ACCESS);
    }
    return tps_call_json_end(call, &r, member);
}

static void put_new(json_writer *w, const tps_change *c)
{
    const new_token *made = c->owned;

    json_begin_object(w);
    json_key(w, "id");
    json_text_span(w, c->item.name);
    json_member_int(w, "sequence", c->item.sequence);
    tps_json_time(w, "changed", c->now);
    put_attributes(w, &made->attributes);
    json_member_text(w, "token", made->text);
    json_end_object(w);
}

static void forget(tps_change *c)
{
    tps_wipe(c->owned, sizeof(new_token));
}

/* With a field that keeps caches off, whoever they are. */
static void answer_new(tps_change *c, unsigned status)
{
    char location[sizeof("/t//api/v1/tokens/") + TPS_STORE_TENANT_NAME_MAX + TPS_STORE_ITEM_NAME_MAX];
    char tag[TPS_HTTP_TAG_SIZE];
    const tps_http_answer_field fields[] = {{"Cache-Control", "no-store"},
                                            {"ETag", tps_http_tag_write(c->item.sequence, tag)},
                                            {"Location", location}};
    uint8_t text[1024];
    json_writer w = json_writer_init(TPS_BUF_OF(text));
    size_t size;

    (void)snprintf(location, sizeof(location), "%s%s%s%s", c->prefixed ? "/t/" : "",
                   c->prefixed ? c->tenant->name : "", resource.path, c->name_text);
    put_new(&w, c);
    forget(c);
    if (json_writer_finish(&w, &size) != TPS_OK) {
        size = 0;
    }
    tps_http_answer(c->exchange, &(tps_http_answer_message){.status = status,
                                                            .type = TPS_TYPE_JSON,
                                                            .body = tps_span_make(text, size),
                                                            .fields = fields,
                                                            .field_count = 3});
    tps_wipe(text, sizeof(text));
}

static tps_status apply(tps_change *c, tps_store *store)
{
    tps_audit_note note = tps_change_note(c);
    tps_status status =
        tps_audit_put_item(store, c->tenant_id, &c->item, TPS_STORE_NONE, &note, &c->item.sequence);

    return status == TPS_STORE_EXISTS ? tps_change_refuse(c, 409, "there is a token of this name already",
                                                          "choose another name, or revoke that one first")
                                      : status;
}

static tps_status make(new_token *made)
{
    (void)tps_scopes_write(made->attributes.scopes, made->scopes);
    TPS_TRY(tps_token_attributes_write(&made->attributes, TPS_BUF_OF(made->json), &made->json_size));
    return tps_token_make(made->text, made->sha256);
}

static void submit(const tps_call *call, new_token *made)
{
    tps_change *c = tps_change_new(call, &resource);

    if (c == NULL) {
        tps_wipe(made, sizeof(*made));
        free(made);
        return;
    }
    c->owned = made;
    (void)tps_change_take_name(c, tps_span_make(made->name, made->name_size));
    c->item.attributes = tps_span_make(made->json, made->json_size);
    c->item.body = TPS_SPAN_OF(made->sha256);
    c->apply = apply;
    c->details[c->detail_count++] = (tps_audit_detail){"scopes", tps_span_of_text(made->scopes)};
    c->answer = answer_new;
    c->failed = forget;
    tps_change_submit(c);
}

void tps_handle_create_token(const tps_call *call)
{
    new_token *made = calloc(1, sizeof(*made));
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status;

    if (made == NULL) {
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return;
    }
    if (!read_body(call, made)) {
        free(made);
        return;
    }
    status = tps_access_may_give(call->principal, call->tenant->name, made->attributes.scopes, &why);
    if (status != TPS_OK) {
        free(made);
        tps_answer_refused(call->exchange, status == TPS_SERVER_FORBIDDEN ? 403 : 422, status, &why);
        return;
    }
    status = make(made);
    if (status != TPS_OK) {
        free(made);
        tps_answer_status(call->exchange, 503, status);
        return;
    }
    submit(call, made);
}

void tps_handle_list_tokens(const tps_call *call)
{
    tps_resource_list(call, &resource);
}

void tps_handle_remove_token(const tps_call *call)
{
    tps_change_remove_item(call, &resource);
}
