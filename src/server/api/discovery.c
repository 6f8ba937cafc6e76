/* SPDX-License-Identifier: Apache-2.0 */
/* What a tenant says about itself: Veraison's discovery documents and the JWKS. */
#include <stdio.h>

#include "format/json/writer.h"
#include "server/service_internal.h"

#ifndef TPS_VERSION
#define TPS_VERSION "unversioned"
#endif

static void put_endpoint(json_writer *w, const tps_call *call, const char *name, const char *path)
{
    char full[160];

    (void)snprintf(full, sizeof(full), "%s%s%s", call->prefixed ? "/t/" : "",
                   call->prefixed ? call->tenant->name : "", path);
    json_key(w, "api-endpoints");
    json_begin_object(w);
    json_member_text(w, name, full);
    json_end_object(w);
}

static void put_types(json_writer *w, const char *const *types, size_t count)
{
    json_key(w, "media-types");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        json_text(w, types[i]);
    }
    json_end_array(w);
}

static void put_state(json_writer *w)
{
    json_member_text(w, "version", TPS_VERSION);
    json_member_text(w, "service-state", "READY");
}

/* Answers with what was written to the scratch, unless that failed. */
static void answer_with(const tps_call *call, tps_status status, size_t size, const char *type)
{
    if (status != TPS_OK) {
        tps_answer_status(call->exchange, 500, status);
        return;
    }
    tps_http_answer(call->exchange,
                    &(tps_http_answer_message){
                        .status = 200, .type = type, .body = tps_span_make(call->service->scratch, size)});
}

static void answer(const tps_call *call, const json_writer *w, const char *type)
{
    size_t size;
    tps_status status = json_writer_finish(w, &size);

    answer_with(call, status == TPS_OK ? TPS_OK : TPS_TOO_LARGE, size, type);
}

/* The key that signs now; null when none does. */
static void put_key(json_writer *w, const tps_call *call)
{
    const tps_result_key *key = tps_result_keys_active(&call->tenant->keys, tps_calendar_ms() / 1000);
    uint8_t jwk[TPS_RESULT_JWK_MAX];
    size_t size;

    json_key(w, "ear-verification-key");
    if (key == NULL || tps_result_key_jwk(key, TPS_BUF_OF(jwk), &size) != TPS_OK) {
        json_put_null(w);
    } else {
        json_raw(w, tps_span_make(jwk, size));
    }
}

void tps_handle_discover_verification(const tps_call *call)
{
    json_writer w = json_writer_init(TPS_BUF_OF(call->service->scratch));
    size_t count;
    const char *const *types = tps_evidence_types(&count);

    json_begin_object(&w);
    put_key(&w, call);
    put_types(&w, types, count);
    put_state(&w);
    put_endpoint(&w, call, "newChallengeResponseSession", "/challenge-response/v1/newSession");
    json_end_object(&w);
    answer(call, &w, TPS_TYPE_DISCOVERY);
}

void tps_handle_discover_provisioning(const tps_call *call)
{
    json_writer w = json_writer_init(TPS_BUF_OF(call->service->scratch));
    size_t count;
    const char *const *types = tps_endorsement_types(call->tenant, &count);

    json_begin_object(&w);
    put_types(&w, types, count);
    put_state(&w);
    put_endpoint(&w, call, "provisioningSubmit", "/endorsement-provisioning/v1/submit");
    json_end_object(&w);
    answer(call, &w, TPS_TYPE_DISCOVERY);
}

void tps_handle_jwks(const tps_call *call)
{
    int64_t lifetime = (call->service->options.session_lifetime_ms + 999) / 1000;
    size_t size;
    tps_status status = tps_result_keys_jwks(&call->tenant->keys, tps_calendar_ms() / 1000, lifetime,
                                             TPS_BUF_OF(call->service->scratch), &size);

    answer_with(call, status, size, "application/jwk-set+json");
}
