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
    json_key(w, name);
    json_text(w, full);
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
    json_key(w, "version");
    json_text(w, TPS_VERSION);
    json_key(w, "service-state");
    json_text(w, "READY");
}

static void answer(const tps_call *call, const json_writer *w, const char *type)
{
    size_t size;

    if (json_writer_finish(w, &size) != TPS_OK) {
        tps_answer_status(call->exchange, 500, TPS_TOO_LARGE);
        return;
    }
    tps_http_answer(call->exchange,
                    &(tps_http_answer_message){
                        .status = 200, .type = type, .body = tps_span_make(call->service->scratch, size)});
}

void tps_handle_discover_verification(const tps_call *call)
{
    json_writer w = json_writer_init(TPS_BUF_OF(call->service->scratch));
    size_t count;
    const char *const *types = tps_evidence_types(&count);

    json_begin_object(&w);
    json_key(&w, "ear-verification-key");
    json_raw(&w, tps_span_of_text(call->tenant->jwk));
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
    json_writer w = json_writer_init(TPS_BUF_OF(call->service->scratch));

    json_begin_object(&w);
    json_key(&w, "keys");
    json_begin_array(&w);
    json_raw(&w, tps_span_of_text(call->tenant->jwk));
    json_end_array(&w);
    json_end_object(&w);
    answer(call, &w, "application/jwk-set+json");
}
