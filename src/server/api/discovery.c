/* SPDX-License-Identifier: Apache-2.0 */
/* What a tenant says about itself: Veraison's discovery documents and the JWKS. */
#include <stdio.h>
#include <stdlib.h>

#include "format/text/hex.h"
#include "server/api/policy_items.h"

#ifndef TPS_VERSION
#define TPS_VERSION "unversioned"
#endif

/* How long a JWKS may be kept. A new key is published long before it signs (keys.c). */
#define JWKS_MAX_AGE "max-age=300"

static void put_endpoint(json_writer *w, const tps_call *call, const char *name, const char *path)
{
    char full[160];

    tps_call_path(call, path, "", full, sizeof(full));
    json_member_text(w, name, full);
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

static void answer(const tps_call *call, tps_json_putter put)
{
    tps_text text = {NULL, 0, 0};
    tps_status status = tps_text_append_json(&text, put, call);

    if (status != TPS_OK) {
        free(text.data);
        tps_answer_status(call->exchange, 503, status);
        return;
    }
    tps_answer_text(call->exchange, 200, TPS_TYPE_DISCOVERY, &text, 0, NULL);
}

/* The key that signs now; null when none does. */
static void put_key(json_writer *w, const tps_call *call)
{
    const tps_tenant_keys *keys = call->tenant->keys;
    const tps_result_key *key =
        keys == NULL ? NULL : tps_result_keys_active(&keys->ring, tps_calendar_ms() / 1000);
    uint8_t jwk[TPS_RESULT_JWK_MAX];
    size_t size;

    json_key(w, "ear-verification-key");
    if (key == NULL || tps_result_key_jwk(key, TPS_BUF_OF(jwk), &size) != TPS_OK) {
        json_put_null(w);
    } else {
        json_raw(w, tps_span_make(jwk, size));
    }
}

static void put_verification(json_writer *w, const void *context)
{
    const tps_call *call = context;
    size_t count;
    const char *const *types = tps_evidence_types(&count);

    json_begin_object(w);
    put_key(w, call);
    put_types(w, types, count);
    put_state(w);
    json_key(w, "api-endpoints");
    json_begin_object(w);
    put_endpoint(w, call, "newChallengeResponseSession", "/challenge-response/v1/newSession");
    json_end_object(w);
    json_end_object(w);
}

static void put_provisioning(json_writer *w, const void *context)
{
    const tps_call *call = context;
    size_t count;
    const char *const *types = tps_endorsement_types(call->tenant, &count);

    json_begin_object(w);
    put_types(w, types, count);
    put_state(w);
    json_key(w, "api-endpoints");
    json_begin_object(w);
    put_endpoint(w, call, "provisioningSubmit", "/endorsement-provisioning/v1/submit");
    json_end_object(w);
    json_end_object(w);
}

static void put_schemes(json_writer *w)
{
    const char *name;

    json_key(w, "attestation-schemes");
    json_begin_array(w);
    for (size_t i = 0; (name = tps_policy_scheme_name(i)) != NULL; i++) {
        json_text(w, name);
    }
    json_end_array(w);
}

/* Parts of paths that stand for something are written as these clients know them. */
static void put_management(json_writer *w, const void *context)
{
    static const char *const types[] = {TPS_TYPE_LUA_POLICY};
    const tps_call *call = context;

    json_begin_object(w);
    put_types(w, types, 1);
    put_schemes(w);
    put_state(w);
    json_key(w, "api-endpoints");
    json_begin_object(w);
    put_endpoint(w, call, "createPolicy", "/management/v1/policy/:scheme");
    put_endpoint(w, call, "activatePolicy", "/management/v1/policy/:scheme/:uuid/activate");
    put_endpoint(w, call, "getActivePolicy", "/management/v1/policy/:scheme");
    put_endpoint(w, call, "getPolicy", "/management/v1/policy/:scheme/:uuid");
    put_endpoint(w, call, "deactivatePolicies", "/management/v1/policies/:scheme/deactivate");
    put_endpoint(w, call, "getPolicies", "/management/v1/policies/:scheme");
    json_end_object(w);
    json_end_object(w);
}

void tps_handle_discover_verification(const tps_call *call)
{
    answer(call, put_verification);
}

void tps_handle_discover_provisioning(const tps_call *call)
{
    answer(call, put_provisioning);
}

void tps_handle_discover_management(const tps_call *call)
{
    answer(call, put_management);
}

/* ---- the key set ---- */

static int64_t result_lifetime(const tps_call *call)
{
    uint32_t of_tests = call->service->options.session_lifetime_ms;

    return of_tests != 0 ? (of_tests + 999) / 1000 : (int64_t)call->tenant->settings.session_seconds;
}

/* Its tag is made of its content: two sets that differ never have the same. */
static bool make_tag(tps_span set, char tag[36])
{
    tps_digest digest;

    if (tps_crypto_hash_of(TPS_ALG_SHA256, set, &digest) != TPS_OK) {
        return false;
    }
    tag[hex_write(tps_span_make(digest.bytes, 16), tag)] = '\0';
    return true;
}

void tps_handle_jwks(const tps_call *call)
{
    uint8_t *scratch = call->service->scratch;
    char tag[36];
    char quoted[40];
    tps_http_answer_field fields[] = {{"Cache-Control", JWKS_MAX_AGE}, {"ETag", quoted}};
    tps_http_answer_message message = {
        .status = 200, .type = "application/jwk-set+json", .fields = fields, .field_count = 2};
    tps_http_tags tags;
    size_t size;
    tps_result_keys none = {.count = 0};
    const tps_result_keys *ring = call->tenant->keys == NULL ? &none : &call->tenant->keys->ring;
    tps_status status = tps_result_keys_jwks(ring, tps_calendar_ms() / 1000, result_lifetime(call),
                                             TPS_BUF_OF(call->service->scratch), &size);

    if (status != TPS_OK || !make_tag(tps_span_make(scratch, size), tag)) {
        tps_answer_status(call->exchange, 503, status == TPS_OK ? TPS_CRYPTO_FAILED : status);
        return;
    }
    (void)snprintf(quoted, sizeof(quoted), "\"%s\"", tag);
    if (tps_http_tags_read(call->request, "If-None-Match", &tags) == TPS_OK &&
        tps_http_tags_match(&tags, tag, true)) {
        message.status = 304;
        message.type = NULL;
    } else {
        message.body = tps_span_make(scratch, size);
    }
    tps_http_answer(call->exchange, &message);
}
