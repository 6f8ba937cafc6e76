/* SPDX-License-Identifier: Apache-2.0 */
/* Challenge-response, the client's side. */
#include "device/attest.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "component/services/attestation/attestation.h"
#include "device/http.h"
#include "tps/base64.h"
#include "tps/device_claims.h"
#include "tps/psa.h"

enum { BASE_SIZE = 512, URL_SIZE = 1024, EVIDENCE_SIZE = 16384, NONCE_MAX = 64, POLLS = 50, POLL_MS = 200 };

/** One attestation under way. */
typedef struct {
    tps_device_http *http;
    tps_device_problem *problem;
    char base[BASE_SIZE];
    char interface[URL_SIZE]; /**< .../challenge-response/v1/ */
    char session[URL_SIZE];   /**< URL of the session */
    uint8_t nonce[NONCE_MAX];
    size_t nonce_size;
} attestation;

static tps_status fail_answer(const attestation *a, const char *what)
{
    return tps_device_fail(a->problem, TPS_DEVICE_SERVER_REFUSED, "check that the URL is a verifier's",
                           "%.300s: %s", a->interface, what);
}

/** What a server says when it refuses: a problem body (RFC 9457); ours adds the next step. */
static tps_status fail_status(const attestation *a, const tps_device_answer *answer)
{
    json_t *body = json_loadb(answer->body, answer->size, JSON_REJECT_DUPLICATES, NULL);
    const char *title = json_string_value(json_object_get(body, "title"));
    const char *detail = json_string_value(json_object_get(body, "detail"));
    const char *step = json_string_value(json_object_get(body, "next_step"));
    char cause[300];
    char next_step[200];

    detail = detail != NULL ? detail : title;
    tps_device_clean(cause, sizeof(cause), detail == NULL ? "it gives no reason" : detail);
    tps_device_clean(next_step, sizeof(next_step),
                     step == NULL ? "check the URL and the tenant's name" : step);
    json_decref(body);
    return tps_device_fail(a->problem, TPS_DEVICE_SERVER_REFUSED, next_step, "%.300s answers %ld: %s",
                           a->interface, answer->status, cause);
}

/* ---- the session ---- */

/** Only this server's own sessions: "session/ID" below the interface, as relative path, path or URL. */
static tps_status take_location(attestation *a, const char *location)
{
    const char *path = strchr(strstr(a->interface, "://") + 3, '/');
    const char *rest = location;
    size_t whole = strlen(a->interface);

    if (strncmp(location, a->interface, whole) == 0) {
        rest = location + whole;
    } else if (strncmp(location, path, strlen(path)) == 0) {
        rest = location + strlen(path);
    }
    if (strncmp(rest, "session/", 8) != 0 || rest[8] == '\0' ||
        strspn(rest + 8, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") !=
            strlen(rest + 8) ||
        snprintf(a->session, sizeof(a->session), "%s%s", a->interface, rest) >= (int)sizeof(a->session)) {
        return fail_answer(a, "its session lies where it may not");
    }
    return TPS_OK;
}

static tps_status take_nonce(attestation *a, const tps_device_answer *answer)
{
    json_t *body = json_loadb(answer->body, answer->size, JSON_REJECT_DUPLICATES, NULL);
    const char *nonce = json_string_value(json_object_get(body, "nonce"));
    tps_status status = TPS_BAD_BASE64;

    if (nonce != NULL) {
        status = tps_base64_read(tps_span_of_text(nonce), TPS_BUF_OF(a->nonce), &a->nonce_size);
    }
    json_decref(body);
    return status == TPS_OK && a->nonce_size >= 8 ? TPS_OK : fail_answer(a, "its session has no nonce");
}

static tps_status new_session(attestation *a)
{
    char url[URL_SIZE + 32];
    tps_device_answer answer;

    (void)snprintf(url, sizeof(url), "%snewSession?nonceSize=32", a->interface);
    TPS_TRY(tps_device_http_request(a->http, url, "", TPS_SPAN_EMPTY, &answer, a->problem));
    if (answer.status != 201) {
        return fail_status(a, &answer);
    }
    TPS_TRY(take_location(a, answer.location));
    return take_nonce(a, &answer);
}

/* ---- evidence and result ---- */

/** The result in a session's body; `*is_done` is false while the server still works. */
static tps_status take_result(const attestation *a, const tps_device_answer *answer, tps_device_attested *out,
                              bool *is_done)
{
    json_t *body = json_loadb(answer->body, answer->size, JSON_REJECT_DUPLICATES, NULL);
    const char *state = json_string_value(json_object_get(body, "status"));
    const char *jwt = json_string_value(json_object_get(body, "result"));
    tps_status status = TPS_OK;

    *is_done = state == NULL || (strcmp(state, "processing") != 0 && strcmp(state, "waiting") != 0);
    if (*is_done) {
        size_t size = jwt == NULL ? sizeof(out->jwt) : strlen(jwt);

        if (size < sizeof(out->jwt)) {
            memcpy(out->jwt, jwt, size + 1);
        } else {
            status = fail_answer(a, "its session ended without a result");
        }
    }
    json_decref(body);
    return status;
}

static tps_status hand_in(const attestation *a, const char *type, tps_span evidence, tps_device_attested *out)
{
    tps_device_answer answer;
    bool is_done = false;

    TPS_TRY(tps_device_http_request(a->http, a->session, type, evidence, &answer, a->problem));
    for (int i = 0; i < POLLS; i++) {
        if (answer.status != 200 && answer.status != 202) {
            return fail_status(a, &answer);
        }
        TPS_TRY(take_result(a, &answer, out, &is_done));
        if (is_done) {
            return TPS_OK;
        }
        (void)poll(NULL, 0, POLL_MS);
        TPS_TRY(tps_device_http_request(a->http, a->session, NULL, TPS_SPAN_EMPTY, &answer, a->problem));
    }
    return tps_device_fail(a->problem, TPS_DEVICE_UNREACHABLE, "try again later",
                           "%.300s: no result after %d s", a->interface, POLLS * POLL_MS / 1000);
}

static tps_status respond(const attestation *a, tps_device_agent *agent,
                          const tps_device_attest_request *request, tps_device_attested *out)
{
    static const char psa[] = "application/eat+cwt; eat_profile=\"" TPS_PSA_PROFILE "\"";
    static const char opentps[] = "application/eat+cwt; eat_profile=\"" TPS_DEVICE_PROFILE "\"";
    bool is_psa = request->profile == TPS_EVIDENCE_PSA;
    tps_device_evidence_request asked = {
        .profile = request->profile, .nonce = tps_span_make(a->nonce, a->nonce_size), .key = request->key};
    uint8_t room[EVIDENCE_SIZE];
    tps_digest digest;
    tps_span evidence;

    if (!is_psa) {
        asked.aud = tps_span_make(out->server, strlen(out->server));
    }
    TPS_TRY(tps_device_evidence(agent, &asked, TPS_BUF_OF(room), &evidence, a->problem));
    if (tps_crypto_hash_of(TPS_ALG_SHA256, evidence, &digest) != TPS_OK) {
        return tps_device_fail_status(a->problem, TPS_CRYPTO_FAILED, "evidence");
    }
    memcpy(out->evidence_sha256, digest.bytes, sizeof(out->evidence_sha256));
    out->evidence_size = evidence.size;
    return hand_in(a, is_psa ? psa : opentps, evidence, out);
}

static tps_status set_urls(const tps_device_attest_request *request, char base[BASE_SIZE],
                           tps_device_problem *problem)
{
    const char *tenant = request->tenant;

    TPS_TRY(tps_device_http_base(request->url, base, BASE_SIZE, problem));
    if (tenant != NULL && (tenant[0] == '\0' || strlen(tenant) > 64 ||
                           strspn(tenant, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(tenant))) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT, "use the name that the provider gave",
                               "\"%.64s\" is no tenant's name", tenant);
    }
    return TPS_OK;
}

tps_status tps_device_attest_check(const tps_device_attest_request *request, tps_device_problem *problem)
{
    char base[BASE_SIZE];

    return set_urls(request, base, problem);
}

tps_status tps_device_attest(tps_device_agent *agent, const tps_device_attest_request *request,
                             tps_device_attested *out, tps_device_problem *problem)
{
    attestation a = {.problem = problem};
    tps_status status;

    TPS_TRY(set_urls(request, a.base, problem));
    (void)snprintf(out->server, sizeof(out->server), "%s%s%s", a.base, request->tenant == NULL ? "" : "/t/",
                   request->tenant == NULL ? "" : request->tenant);
    (void)snprintf(a.interface, sizeof(a.interface), "%s/challenge-response/v1/", out->server);
    TPS_TRY(tps_device_http_new(&a.http, problem));
    status = new_session(&a);
    if (status == TPS_OK) {
        status = respond(&a, agent, request, out);
    }
    if (status == TPS_OK) {
        status = tps_device_result_read(out->jwt, &out->result, problem);
    }
    tps_device_http_free(a.http);
    return status;
}
