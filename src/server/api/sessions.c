/* SPDX-License-Identifier: Apache-2.0 */
/* What the handlers of challenge-response and of appraisals share. */
#include "server/api/sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/api/evidence_types.h"
#include "server/operation/metrics.h"
#include "tps/attestation_result.h"
#include "tps/base64.h"
#include "tps/cmw.h"

#define DEMONSTRATION_WARNING \
    "demonstration mode: the demonstration CA is accepted, whose private key is public; this result proves nothing"

/* ---- the request ---- */

const char *tps_sessions_warning(const tps_service *service)
{
    return service->options.demonstration ? DEMONSTRATION_WARNING : NULL;
}

int64_t tps_sessions_lifetime_ms(const tps_service *service, const tps_tenant *tenant)
{
    return service->options.session_lifetime_ms != 0 ? (int64_t)service->options.session_lifetime_ms
                                                     : (int64_t)tenant->settings.session_seconds * 1000;
}

int64_t tps_sessions_expiry(const tps_service *service, const tps_tenant *tenant)
{
    return (tps_calendar_ms() + tps_sessions_lifetime_ms(service, tenant) + 999) / 1000;
}

/* The name of the tenant's by which the request found it, as the settings spell it: a client may add a port,
 * and choose its letters. */
static const char *host_of(const tps_call *call)
{
    const tps_tenant_settings *settings = &call->tenant->settings;
    tps_span asked = call->request->host;

    for (size_t i = 0; i < settings->host_count; i++) {
        size_t size = strlen(settings->hosts[i]);

        if (asked.size >= size && tps_http_text_equal(tps_span_make(asked.data, size), settings->hosts[i]) &&
            (asked.size == size || asked.data[size] == ':')) {
            return settings->hosts[i];
        }
    }
    return settings->hosts[0];
}

/* Scheme and port are those of the server's URL. */
static const char *audience_by_host(const tps_call *call, char out[TPS_AUDIENCE_SIZE])
{
    const char *url = call->service->options.url;
    const char *rest = strstr(url, "://");
    size_t scheme = rest == NULL ? 0 : (size_t)(rest - url) + 3;
    size_t authority = strcspn(url + scheme, "/");
    const char *port = strrchr(url + scheme, ':');
    bool has_port = port != NULL && port < url + scheme + authority && strchr(port, ']') == NULL;

    (void)snprintf(out, TPS_AUDIENCE_SIZE, "%.*s%s%.*s", (int)scheme, url, host_of(call),
                   has_port ? (int)(url + scheme + authority - port) : 0, has_port ? port : "");
    return out;
}

const char *tps_sessions_audience(const tps_call *call, char out[TPS_AUDIENCE_SIZE])
{
    const char *url = call->service->options.url;

    if (url == NULL) {
        return NULL;
    }
    if (!call->prefixed && strcmp(call->tenant->name, TPS_STORE_DEFAULT_TENANT) != 0) {
        return audience_by_host(call, out);
    }
    (void)snprintf(out, TPS_AUDIENCE_SIZE, "%s%s%s", url, call->prefixed ? "/t/" : "",
                   call->prefixed ? call->tenant->name : "");
    return out;
}

bool tps_sessions_service(const tps_call *call, char out[TPS_AUDIENCE_SIZE], const char **name)
{
    tps_span value;
    tps_status status = tps_http_query_find(call->request->query, "service",
                                            (tps_buf){(uint8_t *)out, TPS_AUDIENCE_SIZE - 1}, &value);

    *name = NULL;
    if (status == TPS_NOT_FOUND) {
        return true;
    }
    if (status != TPS_OK || value.size == 0 || memchr(value.data, '\0', value.size) != NULL ||
        memchr(value.data, '\n', value.size) != NULL) {
        tps_http_answer_problem(call->exchange, 400, "the parameter service cannot be used",
                                "give it once, with the name that policies select by", NULL, 0);
        return false;
    }
    out[value.size] = '\0';
    *name = out;
    return true;
}

static bool is_text(const uint8_t *text, size_t size, const char *word)
{
    return tps_http_text_equal(tps_span_make(text, size), word);
}

/* A list of preferences; what stands behind a name (a value, parameters) is passed over. */
static bool lists_async(tps_span value)
{
    size_t at = 0;

    while (at < value.size) {
        size_t start;

        while (at < value.size && strchr(", \t", value.data[at]) != NULL) {
            at++;
        }
        start = at;
        while (at < value.size && strchr(",;= \t", value.data[at]) == NULL) {
            at++;
        }
        if (is_text(value.data + start, at - start, "respond-async")) {
            return true;
        }
        while (at < value.size && value.data[at] != ',') {
            at++;
        }
    }
    return false;
}

bool tps_sessions_prefers_async(const tps_http_request *request)
{
    for (size_t i = 0; i < request->field_count; i++) {
        if (tps_http_text_equal(request->fields[i].name, "Prefer") && lists_async(request->fields[i].value)) {
            return true;
        }
    }
    return false;
}

bool tps_sessions_check_evidence(const tps_call *call, tps_span evidence, size_t *type)
{
    const tps_span *named = tps_http_request_field(call->request, "Content-Type");
    const char *const *types;
    const char *next_step;
    const char *cause;
    size_t count;

    if (evidence.size == 0) {
        tps_http_answer_problem(call->exchange, 400, "the request has no evidence in its body",
                                "send the evidence as the body", NULL, 0);
        return false;
    }
    *type = named == NULL ? TPS_EVIDENCE_TYPE_NONE : tps_evidence_type_find(*named);
    if (*type == TPS_EVIDENCE_TYPE_NONE) {
        types = tps_evidence_types(&count);
        tps_answer_unsupported_type(call->exchange, types, count);
        return false;
    }
    if (evidence.size > tps_evidence_type_max(*type, evidence)) {
        tps_answer_status(call->exchange, 413, TPS_TOO_LARGE);
        return false;
    }
    cause = tps_evidence_type_contradiction(evidence, *type, &next_step);
    if (cause != NULL) {
        tps_http_answer_problem(call->exchange, 400, cause, next_step, NULL, 0);
    }
    return cause == NULL;
}

/* ---- answers ---- */

static void count_refusal(uint32_t why)
{
    tps_metrics_add(TPS_METRIC_NONCES_REFUSED, why, 1);
}

void tps_sessions_refuse(tps_http_exchange *exchange, tps_status status)
{
    switch (status) {
    case TPS_SERVER_SESSION_USED:
    case TPS_STORE_EXISTS:
        count_refusal(TPS_REFUSED_USED);
        status = TPS_SERVER_SESSION_USED;
        break;
    case TPS_STORE_USED:
        count_refusal(TPS_REFUSED_USED);
        status = TPS_SERVER_NONCE_USED;
        break;
    case TPS_STORE_PASSED:
        count_refusal(TPS_REFUSED_PASSED);
        status = TPS_SERVER_NO_SESSION;
        break;
    case TPS_NOT_FOUND:
    case TPS_SERVER_NO_SESSION:
        count_refusal(TPS_REFUSED_UNKNOWN);
        status = TPS_SERVER_NO_SESSION;
        break;
    default: break;
    }
    tps_answer_status(exchange, tps_http_status_of(status), status);
}

void tps_sessions_answer(tps_service *service, tps_http_exchange *exchange, unsigned http_status,
                         const tps_session_view *view, const tps_http_answer_field *fields,
                         size_t field_count)
{
    tps_buf room = tps_sessions_room(service);
    size_t size;

    if (tps_session_view_begin(view, room, &size) != TPS_OK ||
        tps_session_view_end(TPS_SPAN_EMPTY, room, &size) != TPS_OK) {
        tps_answer_status(exchange, 500, TPS_TOO_LARGE);
        return;
    }
    tps_http_answer(exchange, &(tps_http_answer_message){.status = http_status,
                                                         .type = TPS_TYPE_SESSION,
                                                         .body = tps_span_make(room.data, size),
                                                         .fields = fields,
                                                         .field_count = field_count});
}

/* ---- appraising ---- */

tps_buf tps_sessions_room(tps_service *service)
{
    return (tps_buf){service->scratch, sizeof(service->scratch) / 2};
}

tps_buf tps_sessions_spare(tps_service *service)
{
    return (tps_buf){service->scratch + sizeof(service->scratch) / 2, sizeof(service->scratch) / 2};
}

/* A result in a CWT is kept and sent as base64url: it has no dots, as a JWT has. */
static tps_status sign_result(tps_service *service, size_t count, const tps_ear_options *options,
                              const tps_cose_signer *signer, tps_buf out, size_t *size)
{
    tps_buf spare = tps_sessions_spare(service);
    size_t cwt_size;

    if (!service->options.ear_as_cwt) {
        return tps_ear_jwt(service->parts, count, options, signer, out, size);
    }
    TPS_TRY(tps_ear_cwt(service->parts, count, options, signer, spare, &cwt_size));
    *size = TPS_BASE64URL_SIZE(cwt_size);
    if (*size > out.size) {
        return TPS_TOO_LARGE;
    }
    (void)tps_base64url_write(tps_span_make(spare.data, cwt_size), (char *)out.data);
    return TPS_OK;
}

static uint64_t microseconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static uint32_t tier_label(uint8_t tier)
{
    switch (tier) {
    case TPS_EAR_TIER_AFFIRMING: return TPS_TIER_AFFIRMING;
    case TPS_EAR_TIER_WARNING: return TPS_TIER_WARNING;
    case TPS_EAR_TIER_CONTRAINDICATED: return TPS_TIER_CONTRAINDICATED;
    default: return TPS_TIER_NONE;
    }
}

/* Returns how many parts there are. */
static size_t appraise(tps_service *service, const tps_evidence *e, const tps_appraisal_request *request)
{
    uint64_t start = microseconds();
    size_t count = 1;
    uint8_t tier;

    if (tps_evidence_type_is_message(e->type) && tps_cmw_form(e->evidence) != TPS_CMW_UNKNOWN) {
        tps_verifier_appraise(e->tenant->verifier, e->evidence, request, &service->parts[0]);
        tier = service->parts[0].tier;
    } else {
        tps_verifier_appraise_all(e->tenant->verifier, e->evidence, TPS_BUF_OF(service->decoded), request,
                                  service->parts, TPS_PARTS_MAX, &count, &tier);
    }
    tps_metrics_observe_us(TPS_METRIC_APPRAISAL_SECONDS, 0, microseconds() - start);
    tps_metrics_add(TPS_METRIC_APPRAISALS, e->tenant->metrics_label * TPS_TIERS + tier_label(tier), 1);
    return count;
}

tps_status tps_sessions_appraise(tps_service *service, const tps_evidence *evidence, tps_buf out,
                                 size_t *size)
{
    const tps_tenant *tenant = evidence->tenant;
    int64_t now = tps_calendar_ms() / 1000;
    int64_t lifetime = (tps_sessions_lifetime_ms(service, tenant) + 999) / 1000;
    const tps_appraisal_request request = {.nonce = evidence->nonce,
                                           .is_nonce_of_relying_party = evidence->nonce_from_client,
                                           .is_binder = evidence->is_binder,
                                           .aud = tps_span_of_text(evidence->audience),
                                           .service = tps_span_of_text(evidence->of_service),
                                           .now = now};
    const tps_result_key *key =
        tenant->keys == NULL ? NULL : tps_result_keys_active(&tenant->keys->ring, now);
    tps_cose_signer signer;
    tps_status status;
    size_t count;

    if (tenant->verifier == NULL) {
        return TPS_SERVER_NOT_LOADED;
    }
    if (key == NULL) {
        return TPS_SERVER_NO_KEY;
    }
    signer = tps_cose_signer_of_key(key->key, TPS_ALG_ES256);
    count = appraise(service, evidence, &request);
    status = sign_result(service, count,
                         &(tps_ear_options){.generation = service->options.ear_generation,
                                            .nonce = evidence->nonce,
                                            .issuer = evidence->issuer,
                                            .key_id = key->id,
                                            .iat = now,
                                            .exp = now + lifetime,
                                            .with_claims = tenant->settings.annotated},
                         &signer, out, size);
    return status == TPS_BUFFER_TOO_SMALL ? TPS_TOO_LARGE : status;
}

/* ---- what a node remembers ---- */

/* Ids end in a MAC, so their last bytes are as good as a hash. */
static size_t set_of(const uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    return ((size_t)id[14] << 8 | id[15]) % TPS_RECENT_SETS;
}

/* Which of its set; TPS_RECENT_WAYS for none. */
static size_t find_recent(const tps_sessions *sessions, const uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    const tps_recent *set = sessions->recent[set_of(id)];
    size_t way = 0;

    while (way < TPS_RECENT_WAYS && memcmp(set[way].id, id, TPS_STORE_SESSION_ID_SIZE) != 0) {
        way++;
    }
    return way;
}

bool tps_sessions_is_recent(const tps_sessions *sessions, const uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    return find_recent(sessions, id) < TPS_RECENT_WAYS;
}

void tps_sessions_note(tps_sessions *sessions, const uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    size_t set = set_of(id);

    memcpy(sessions->recent[set][sessions->next_way[set]].id, id, TPS_STORE_SESSION_ID_SIZE);
    sessions->next_way[set] = (uint8_t)((sessions->next_way[set] + 1) % TPS_RECENT_WAYS);
}

void tps_sessions_forget(tps_sessions *sessions, const uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    size_t way = find_recent(sessions, id);

    if (way < TPS_RECENT_WAYS) {
        memset(&sessions->recent[set_of(id)][way], 0, sizeof(tps_recent));
    }
}
