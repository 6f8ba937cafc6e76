/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation results for people. */
#include "device/result.h"

#include <jansson.h>
#include <stdlib.h>

#include "tps/base64.h"

/** A member under either of two names, or NULL. */
static const json_t *get(const json_t *object, const char *name, const char *other)
{
    const json_t *value = json_object_get(object, name);

    return value != NULL || other == NULL ? value : json_object_get(object, other);
}

static void copy(char *to, size_t size, const json_t *text)
{
    const char *from = json_string_value(text);

    tps_device_clean(to, size, from == NULL ? "" : from);
}

static void read_finding(const json_t *from, tps_device_finding *to)
{
    copy(to->claim, sizeof(to->claim), json_object_get(from, "claim"));
    copy(to->cause, sizeof(to->cause), json_object_get(from, "cause"));
    copy(to->evidence, sizeof(to->evidence), json_object_get(from, "evidence"));
    copy(to->known, sizeof(to->known), json_object_get(from, "known"));
    copy(to->next_step, sizeof(to->next_step), json_object_get(from, "next-step"));
}

/** Ours, or what other verifiers put under their policy's claims. */
static void read_findings(const json_t *submodule, tps_device_result *out)
{
    const json_t *list = json_object_get(submodule, "opentps.findings");
    const json_t *policy = json_object_get(submodule, "ear.veraison.policy-claims");
    size_t count = json_array_size(list);

    for (size_t i = 0; i < count && out->finding_count < TPS_DEVICE_FINDINGS_MAX; i++) {
        read_finding(json_array_get(list, i), &out->findings[out->finding_count++]);
    }
    if (count == 0 && json_is_string(json_object_get(policy, "problem"))) {
        copy(out->findings[0].cause, sizeof(out->findings[0].cause), json_object_get(policy, "problem"));
        out->finding_count = 1;
    }
}

static void read_vector(json_t *vector, tps_device_result *out)
{
    for (void *at = json_object_iter(vector); at != NULL && out->claim_count < TPS_DEVICE_CLAIMS_MAX;
         at = json_object_iter_next(vector, at)) {
        tps_device_clean(out->claims[out->claim_count].name, sizeof(out->claims[0].name),
                         json_object_iter_key(at));
        out->claims[out->claim_count++].value = (int)json_integer_value(json_object_iter_value(at));
    }
}

static bool read_payload(json_t *payload, tps_device_result *out)
{
    json_t *submodules = json_object_get(payload, "submods");
    void *first = json_object_iter(submodules);
    json_t *submodule = json_object_iter_value(first);

    if (json_object_size(submodules) != 1 || !json_is_object(submodule)) {
        return false;
    }
    tps_device_clean(out->scheme, sizeof(out->scheme), json_object_iter_key(first));
    copy(out->status, sizeof(out->status), get(submodule, "ear.status", "ear_status"));
    copy(out->device_class, sizeof(out->device_class), json_object_get(submodule, "opentps.device-class"));
    out->is_demonstration = json_is_true(json_object_get(payload, "opentps.demonstration"));
    read_vector(json_object_get(submodule, json_object_get(submodule, "ear.trustworthiness-vector") != NULL
                                               ? "ear.trustworthiness-vector"
                                               : "ear_trustworthiness_vector"),
                out);
    read_findings(submodule, out);
    return out->status[0] != '\0';
}

/** The JSON between the two dots of a JWT, or NULL. */
static json_t *decode_payload(const char *jwt)
{
    const char *start = strchr(jwt, '.');
    const char *end = start == NULL ? NULL : strchr(start + 1, '.');
    json_t *payload = NULL;
    size_t size = 0;
    tps_buf room;

    if (end == NULL) {
        return NULL;
    }
    room = (tps_buf){malloc((size_t)(end - start)), (size_t)(end - start)};
    if (room.data != NULL &&
        tps_base64_read(tps_span_make(start + 1, (size_t)(end - start) - 1), room, &size) == TPS_OK) {
        payload = json_loadb((const char *)room.data, size, JSON_REJECT_DUPLICATES, NULL);
    }
    free(room.data);
    return payload;
}

tps_status tps_device_result_read(const char *jwt, tps_device_result *out, tps_device_problem *problem)
{
    json_t *payload = decode_payload(jwt);
    bool good;

    memset(out, 0, sizeof(*out));
    good = payload != NULL && read_payload(payload, out);
    json_decref(payload);
    return good ? TPS_OK
                : tps_device_fail(problem, TPS_JWT_NOT_WELL_FORMED, "check that the URL is a verifier's",
                                  "the server's result is no attestation result (EAR) that is understood");
}
