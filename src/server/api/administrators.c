/* SPDX-License-Identifier: Apache-2.0 */
/* Administrators: who may log in by an identity provider's tokens or by a client certificate. */
#include "server/access/administrator.h"

#include <stdlib.h>

#include "server/changes.h"

static void put(json_writer *w, const tps_store_item *item, bool whole)
{
    (void)whole;
    json_begin_object(w);
    tps_resource_put_head(w, item);
    json_key(w, "who");
    json_raw(w, item->attributes);
    json_end_object(w);
}

static const tps_resource resource = {
    .kind = TPS_STORE_ADMINISTRATOR,
    .path = "/api/v1/administrators/",
    .list = "administrators",
    .missing = "there is no administrator of this name",
    .put = put,
};

/* What is put: read, and written anew without white space or what a reader passes over. */
typedef struct {
    tps_administrator attributes;
    char scopes[TPS_SCOPES_TEXT_SIZE];
    size_t size;
    uint8_t json[TPS_STORE_ATTRIBUTES_MAX];
} new_administrator;

static bool asks_this_machine(const tps_administrator *who)
{
    const char *url = who->oidc.jwks_uri[0] != '\0' ? who->oidc.jwks_uri : who->oidc.issuer;

    return who->is_oidc && who->oidc.jwks.size == 0 && tps_keys_url_is_local(url);
}

static tps_status read_body(const tps_call *call, tps_span body, new_administrator *made, tps_error *why)
{
    tps_jwks *keys = NULL;

    TPS_TRY(tps_administrator_read(body, &made->attributes, why));
    TPS_TRY(tps_access_may_give(call->principal, call->tenant->name, made->attributes.scopes, why));
    if (asks_this_machine(&made->attributes) && strcmp(call->tenant->name, TPS_STORE_DEFAULT_TENANT) != 0) {
        return tps_fail(why, TPS_SERVER_BAD_ACCESS, 0,
                        "issuer or jwks_uri leads to the server's own machine");
    }
    if (made->attributes.oidc.jwks.size > 0) {
        TPS_TRY(tps_jwks_read(made->attributes.oidc.jwks, &keys, why));
        tps_jwks_release(keys);
    }
    (void)tps_scopes_write(made->attributes.scopes, made->scopes);
    return tps_administrator_write(&made->attributes, TPS_BUF_OF(made->json), &made->size);
}

static void submit(const tps_call *call, const tps_condition *condition, new_administrator *made)
{
    tps_change *c = tps_change_new(call, &resource);

    if (c == NULL) {
        free(made);
        return;
    }
    c->owned = made;
    (void)tps_change_take_name(c, call->parts.parts[0]);
    c->condition = *condition;
    c->item.attributes = tps_span_make(made->json, made->size);
    c->details[c->detail_count++] = (tps_audit_detail){"scopes", tps_span_of_text(made->scopes)};
    c->details[c->detail_count++] = (tps_audit_detail){"who", c->item.attributes};
    tps_change_submit(c);
}

void tps_handle_put_administrator(const tps_call *call)
{
    tps_error why = {TPS_OK, 0, NULL};
    new_administrator *made;
    tps_condition condition;
    tps_status status;
    tps_span body;

    if (!tps_access_name_is_valid(call->parts.parts[0])) {
        tps_http_answer_problem(call->exchange, 400, "the administrator's name cannot be one",
                                "give 1 to 64 of a-z, A-Z, 0-9, and -._~", NULL, 0);
        return;
    }
    if (!tps_call_json(call, TPS_STORE_ATTRIBUTES_MAX, &body) || !tps_call_condition(call, &condition)) {
        return;
    }
    made = calloc(1, sizeof(*made));
    status = made == NULL ? TPS_OUT_OF_MEMORY : read_body(call, body, made, &why);
    if (status != TPS_OK) {
        free(made);
        tps_answer_refused(call->exchange,
                           status == TPS_SERVER_FORBIDDEN ? 403
                           : status == TPS_OUT_OF_MEMORY  ? 503
                                                          : 422,
                           status, &why);
        return;
    }
    submit(call, &condition, made);
}

void tps_handle_list_administrators(const tps_call *call)
{
    tps_resource_list(call, &resource);
}

void tps_handle_remove_administrator(const tps_call *call)
{
    tps_change_remove_item(call, &resource);
}
