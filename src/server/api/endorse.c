/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CoRIM on its way into a tenant: it is given to the verifier that is in use, which judges it by all that
 * it knows; stored under the identity of its signer and content; and from then on other nodes take it from
 * the store.
 */
#include "server/api/endorse.h"

#include <stdio.h>

#include "format/text/hex.h"
#include "server/operation/metrics.h"

static const char *const types[] = {
    TPS_TYPE_SIGNED_CORIM "; profile=\"" TPS_CORIM_PROFILE_PSA_IOT_URI "\"",
    TPS_TYPE_SIGNED_CORIM "; profile=\"" TPS_CORIM_PROFILE_PSA_URI "\"",
    TPS_TYPE_SIGNED_CORIM "; profile=\"" TPS_CORIM_PROFILE_OPENTPS_URI "\"",
    TPS_TYPE_CORIM "; profile=\"" TPS_CORIM_PROFILE_PSA_IOT_URI "\"",
    TPS_TYPE_CORIM "; profile=\"" TPS_CORIM_PROFILE_PSA_URI "\"",
    TPS_TYPE_CORIM "; profile=\"" TPS_CORIM_PROFILE_OPENTPS_URI "\"",
};

const char *const *tps_endorsement_types(const tps_tenant *tenant, size_t *count)
{
    *count = sizeof(types) / sizeof(types[0]) / (tenant->settings.allow_unsigned ? 1 : 2);
    return types;
}

/* ---- what is told of a CoRIM ---- */

static void put_value(json_writer *w, const char *name, const tps_corim_value *value)
{
    if (value->kind == TPS_CORIM_TEXT) {
        json_key(w, name);
        json_text_span(w, value->bytes);
    } else if (value->kind != TPS_CORIM_ABSENT) {
        json_key(w, name);
        json_hex(w, value->bytes);
    }
}

static void put_attributes(json_writer *w, const void *context)
{
    const tps_corim *corim = context;

    json_begin_object(w);
    put_value(w, "corim_id", &corim->id);
    put_value(w, "profile", &corim->profile);
    json_member_bool(w, "signed", corim->is_signed);
    json_member_text_if_any(w, "signer", corim->signer_name);
    if (corim->validity.is_present) {
        tps_json_time(w, "not_after", corim->validity.not_after);
    }
    json_end_object(w);
}

/* ---- does the request fit ---- */

static tps_status refuse(const tps_call *call, const char *cause, const char *next_step)
{
    tps_http_answer_problem(call->exchange, 400, cause, next_step, NULL, 0);
    return TPS_SERVER_BAD_REQUEST;
}

/* The media type says signed or not, and which profile: the CoRIM must be just that. */
static tps_status check_type(const tps_call *call, const tps_media_type *media, const tps_corim *corim,
                             bool needs_profile)
{
    const char *profile = tps_media_type_parameter(media, "profile");

    if (corim->is_signed != (strcmp(media->type, TPS_TYPE_SIGNED_CORIM) == 0)) {
        return refuse(call, "the CoRIM is signed and its Content-Type says that it is not, or the reverse",
                      "send a signed CoRIM as " TPS_TYPE_SIGNED_CORIM ", an unsigned one as " TPS_TYPE_CORIM);
    }
    if (profile == NULL ? needs_profile : !tps_span_is_text(corim->profile.bytes, profile)) {
        return refuse(call, "the Content-Type's profile is not the CoRIM's own",
                      "give the parameter profile with the CoRIM's profile");
    }
    return TPS_OK;
}

static bool is_known_type(const tps_call *call, tps_media_type *media)
{
    const tps_span *text = tps_http_request_field(call->request, "Content-Type");

    return text != NULL && tps_media_type_read(*text, media) == TPS_OK &&
           (strcmp(media->type, TPS_TYPE_SIGNED_CORIM) == 0 ||
            (strcmp(media->type, TPS_TYPE_CORIM) == 0 && call->tenant->settings.allow_unsigned));
}

/* ---- the change ---- */

/* It was not stored: what the verifier was given is to be forgotten. */
static void forget(tps_change *c)
{
    tps_loader_rebuild(c->service->loader, c->tenant_id);
}

/* The same again is no fault: nothing changes, and it is in force already. */
static tps_status take_sequence(void *context, const tps_store_item *item)
{
    *(int64_t *)context = item->sequence;
    return TPS_OK;
}

static tps_status apply(tps_change *c, tps_store *store)
{
    tps_audit_note note = tps_change_note(c);
    tps_status status =
        tps_audit_put_item(store, c->tenant_id, &c->item, TPS_STORE_NONE, &note, &c->item.sequence);

    if (status == TPS_STORE_EXISTS) {
        c->replaced = true;
        status = store->ops->find_item(store, c->tenant_id, c->item.kind, c->item.name, take_sequence,
                                       &c->item.sequence);
    }
    return status;
}

static void tell(tps_change *c, const tps_corim *corim)
{
    if (corim->id.kind == TPS_CORIM_TEXT) {
        c->details[c->detail_count++] = (tps_audit_detail){"corim_id", corim->id.bytes};
    }
    if (corim->signer_name.size > 0) {
        c->details[c->detail_count++] = (tps_audit_detail){"signer", corim->signer_name};
    }
}

static tps_status make_change(const tps_call *call, const tps_corim *corim, tps_span body,
                              tps_change **change)
{
    tps_change *c = tps_change_new(call, &tps_endorsement_resource);

    if (c == NULL) {
        return TPS_SERVER_BAD_REQUEST;
    }
    if (tps_text_append_json(&c->text, put_attributes, corim) != TPS_OK ||
        c->text.size > TPS_STORE_ATTRIBUTES_MAX) {
        tps_change_free(c);
        return refuse(call, "the CoRIM's names are too long", "shorten its id, profile or signer");
    }
    c->item.attributes = tps_span_make(c->text.data, c->text.size);
    c->item.body = body;
    c->item.body_size = body.size;
    c->item.changed = c->now;
    c->apply = apply;
    c->failed = forget;
    tell(c, corim);
    *change = c;
    return TPS_OK;
}

static tps_status check(const tps_call *call, bool needs_profile, tps_change **change, tps_error *why)
{
    tps_media_type media;
    tps_corim corim;
    tps_span body;
    uint8_t identity[32];
    char name[2 * sizeof(identity)];
    tps_status status;
    size_t count;

    *change = NULL;
    if (!is_known_type(call, &media)) {
        const char *const *list = tps_endorsement_types(call->tenant, &count);

        tps_answer_unsupported_type(call->exchange, list, count);
        return TPS_SERVER_BAD_REQUEST;
    }
    if (!tps_call_body(call, &body)) {
        return TPS_SERVER_BAD_REQUEST;
    }
    if (call->tenant->verifier == NULL) { /* what must count cannot be read: the log tells */
        tps_answer_status(call->exchange, 503, TPS_STORE_FAILED);
        return TPS_SERVER_BAD_REQUEST;
    }
    TPS_TRY(tps_corim_decode(body, &corim, why));
    TPS_TRY(check_type(call, &media, &corim, needs_profile));
    TPS_TRY(make_change(call, &corim, body, change));
    status = tps_verifier_add_corim_once(call->tenant->verifier, body, (*change)->now, identity, why);
    if (status != TPS_OK) {
        tps_change_free(*change);
        *change = NULL;
        return status;
    }
    (void)hex_write(TPS_SPAN_OF(identity), name);
    (void)tps_change_take_name(*change, TPS_SPAN_OF(name));
    return TPS_OK;
}

tps_status tps_endorse_check(const tps_call *call, bool needs_profile, tps_change **change, tps_error *why)
{
    tps_status status = check(call, needs_profile, change, why);

    tps_metrics_add(TPS_METRIC_ENDORSEMENTS, status == TPS_OK ? TPS_RESULT_OK : TPS_RESULT_FAILED, 1);
    return status;
}
