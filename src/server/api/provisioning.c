/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endorsement provisioning: a CoRIM comes in, is checked as the tenant's verifier will check it, is stored,
 * and counts from then on. What is wrong with the CoRIM is said in the answer's failure-reason, as Veraison's
 * clients expect.
 */
#include <stdio.h>
#include <stdlib.h>

#include "format/json/writer.h"
#include "server/service_internal.h"
#include "tps/corim.h"

#define UNSIGNED "application/rim+cbor"
#define SIGNED   "application/rim+cose"

static const char *const types[] = {
    SIGNED "; profile=\"" TPS_CORIM_PROFILE_PSA_IOT_URI "\"",
    SIGNED "; profile=\"" TPS_CORIM_PROFILE_PSA_URI "\"",
    SIGNED "; profile=\"" TPS_CORIM_PROFILE_OPENTPS_URI "\"",
    UNSIGNED "; profile=\"" TPS_CORIM_PROFILE_PSA_IOT_URI "\"",
    UNSIGNED "; profile=\"" TPS_CORIM_PROFILE_PSA_URI "\"",
    UNSIGNED "; profile=\"" TPS_CORIM_PROFILE_OPENTPS_URI "\"",
};

const char *const *tps_endorsement_types(const tps_tenant *tenant, size_t *count)
{
    *count = sizeof(types) / sizeof(types[0]) / (tenant->allow_unsigned ? 1 : 2);
    return types;
}

static void answer_provisioning(tps_http_exchange *exchange, tps_status status, const tps_error *why)
{
    uint8_t body[1024];
    json_writer w = json_writer_init(TPS_BUF_OF(body));
    char reason[512];
    char expiry[21];
    size_t size;

    tps_write_time(tps_calendar_ms() / 1000 + 300, expiry);
    (void)snprintf(reason, sizeof(reason), "%s%s%s%s: %s", tps_status_cause(status),
                   why != NULL && why->detail != NULL ? " (" : "",
                   why != NULL && why->detail != NULL ? why->detail : "",
                   why != NULL && why->detail != NULL ? ")" : "", tps_status_next_step(status));
    json_begin_object(&w);
    json_member_text(&w, "status", status == TPS_OK ? "success" : "failed");
    json_member_text(&w, "expiry", expiry);
    if (status != TPS_OK) {
        json_member_text(&w, "failure-reason", reason);
    }
    json_end_object(&w);
    if (json_writer_finish(&w, &size) != TPS_OK) {
        size = 0;
    }
    tps_http_answer(exchange, &(tps_http_answer_message){.status = 200,
                                                         .type = TPS_TYPE_PROVISIONING,
                                                         .body = tps_span_make(body, size)});
}

/* ---- storing ---- */

typedef struct {
    tps_commit_job job; /* first */
    tps_service *service;
    tps_tenant *tenant;
    tps_http_exchange *exchange;
    uint64_t generation; /* of the tenant's verifier that took it */
    int64_t now;
    int64_t revision;     /* of the store, after the endorsement was added */
    uint8_t identity[32]; /* of signer and content: a submission wrapped anew is the same */
    tps_span corim;       /* the exchange's body, which lives until it is answered */
} submit_job;

static tps_status write_endorsement(tps_commit_job *job, tps_store *store)
{
    submit_job *s = (submit_job *)(void *)job;

    TPS_TRY(store->ops->add_endorsement(store, s->tenant->id, s->identity, s->corim, s->now));
    return store->ops->revision(store, &s->revision);
}

static void endorsement_done(tps_commit_job *job, tps_status status)
{
    submit_job *s = (submit_job *)(void *)job;

    if (status == TPS_OK || status == TPS_STORE_EXISTS) { /* sending the same again is no fault */
        if (s->generation != s->tenant->generation) {
            /* Another verifier took that one's place before this was stored, and knows nothing of it. */
            (void)tps_service_reload_tenant(s->service, s->tenant);
        } else if (status == TPS_OK && s->revision == s->service->revision + 1) {
            s->service->revision = s->revision; /* nothing changed but what the verifier knows already */
        }
        answer_provisioning(s->exchange, TPS_OK, NULL);
    } else {
        (void)tps_service_reload_tenant(s->service,
                                        s->tenant); /* the verifier must forget what was not kept */
        tps_answer_status(s->exchange, 503, status);
    }
    free(s);
}

static void store_endorsement(const tps_call *call, tps_span corim, const uint8_t identity[32])
{
    submit_job *s = malloc(sizeof(*s));

    if (s == NULL) {
        (void)tps_service_reload_tenant(call->service, call->tenant);
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return;
    }
    *s = (submit_job){.job = {.write = write_endorsement, .done = endorsement_done},
                      .service = call->service,
                      .tenant = call->tenant,
                      .exchange = call->exchange,
                      .generation = call->tenant->generation,
                      .now = tps_calendar_ms() / 1000,
                      .corim = corim};
    memcpy(s->identity, identity, sizeof(s->identity));
    tps_committer_submit(call->service->committer, &s->job);
}

/* ---- the request ---- */

static void answer_unknown_type(const tps_call *call)
{
    size_t count;
    const char *const *list = tps_endorsement_types(call->tenant, &count);

    tps_answer_unsupported_type(call->exchange, list, count);
}

/* The media type says signed or not, and which profile: the CoRIM must be just that. */
static bool fits_type(const tps_call *call, const tps_media_type *media, const tps_corim *corim)
{
    const char *profile = tps_media_type_parameter(media, "profile");

    if (corim->is_signed != (strcmp(media->type, SIGNED) == 0)) {
        tps_http_answer_problem(
            call->exchange, 400,
            "the CoRIM is signed and its Content-Type says that it is not, or the reverse",
            "send a signed CoRIM as " SIGNED ", an unsigned one as " UNSIGNED, NULL, 0);
        return false;
    }
    if (profile == NULL || !tps_span_is_text(corim->profile.bytes, profile)) {
        tps_http_answer_problem(call->exchange, 400, "the Content-Type's profile is not the CoRIM's own",
                                "give the parameter profile with the CoRIM's profile", NULL, 0);
        return false;
    }
    return true;
}

static bool is_known_type(const tps_call *call, tps_media_type *media)
{
    const tps_span *text = tps_http_request_field(call->request, "Content-Type");

    return text != NULL && tps_media_type_read(*text, media) == TPS_OK &&
           (strcmp(media->type, SIGNED) == 0 ||
            (strcmp(media->type, UNSIGNED) == 0 && call->tenant->allow_unsigned));
}

void tps_handle_submit(const tps_call *call)
{
    tps_span body = tps_http_exchange_body(call->exchange);
    tps_error why = {TPS_OK, 0, NULL};
    tps_media_type media;
    tps_corim corim;
    uint8_t identity[32];
    tps_status status;

    if (!is_known_type(call, &media)) {
        answer_unknown_type(call);
        return;
    }
    if (body.size == 0) {
        tps_http_answer_problem(call->exchange, 400, "the request has no CoRIM in its body",
                                "send it as the body", NULL, 0);
        return;
    }
    status = tps_corim_decode(body, &corim, &why);
    if (status == TPS_OK) {
        if (!fits_type(call, &media, &corim)) {
            return;
        }
        status = tps_verifier_add_corim_once(call->tenant->verifier, body, tps_calendar_ms() / 1000, identity,
                                             &why);
    }
    if (status != TPS_OK) {
        answer_provisioning(call->exchange, status, &why);
        return;
    }
    store_endorsement(call, body, identity);
}
