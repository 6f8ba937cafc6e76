/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its handler, and what is told of it afterwards. */
#include "server/dispatch.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/access/principal.h"
#include "server/access/rate_limit.h"
#include "server/access/scope.h"
#include "server/api/evidence_types.h"
#include "server/api/handlers.h"
#include "server/operation/log.h"
#include "server/operation/metrics.h"
#include "server/operation/trace.h"
#include "server/tenants/tenants.h"

#define SMALL       65536u
#define SCOPES_ONLY (~(TPS_GUARD_UNLESS_OPEN | TPS_GUARD_BY_ATTEST | TPS_GUARD_METRICS))

/* Where a request goes. */
typedef struct {
    tps_tenant *tenant;
    const tps_route *route;
    tps_http_match match;
    bool prefixed;
} way;

/* The table as http/route.h wants it; the server's own routes come last, and are found at the root only. */
static void find_route(const tps_http_request *request, tps_span path, bool prefixed, tps_http_match *match)
{
    static tps_http_route routes[128];
    static size_t tenant_count;
    static size_t count;

    while (count < tps_route_count && count < sizeof(routes) / sizeof(routes[0])) {
        routes[count] = tps_routes[count].http;
        tenant_count += !tps_routes[count].of_server;
        count++;
    }
    tps_http_route_find(routes, prefixed ? tenant_count : count, request->method, path, match);
}

static way find_way(const tps_service *service, const tps_http_request *request)
{
    way w = {.route = NULL};
    tps_span path = request->path;

    w.tenant = tps_tenants_of_request(service, request->host, &path, &w.prefixed);
    find_route(request, path, w.prefixed, &w.match);
    if (w.match.route != NULL) {
        w.route = &tps_routes[w.match.route->action];
        if (w.route->of_server) { /* whatever the host: the operator's credentials are the default tenant's */
            w.tenant = tps_tenants_find(service, TPS_SPAN_LITERAL(TPS_STORE_DEFAULT_TENANT));
        }
    }
    return w;
}

uint64_t tps_dispatch_body_max(void *context, const tps_http_request *request)
{
    way w = find_way(context, request);

    if (w.route == NULL) {
        return SMALL;
    }
    return w.route->handle == tps_handle_post_evidence ? tps_evidence_body_max(request)
                                                       : w.route->http.body_max;
}

static void answer_no_route(tps_http_exchange *exchange, const tps_http_request *request,
                            const tps_http_match *match)
{
    tps_http_answer_field allow = {"Allow", match->allow};

    if (!match->path_known) {
        tps_http_answer_problem(exchange, 404, "nothing is served at this path",
                                "see /api/v1/openapi.json for what is", NULL, 0);
    } else if (request->method == TPS_HTTP_OPTIONS) {
        tps_http_answer(exchange,
                        &(tps_http_answer_message){.status = 204, .fields = &allow, .field_count = 1});
    } else {
        tps_http_answer_problem(exchange, 405, "this path is not served by this method",
                                "use one of the methods in the answer's Allow field", &allow, 1);
    }
}

/* ---- limits ---- */

static void answer_too_many(tps_http_exchange *exchange, uint32_t wait_ms, uint32_t whose)
{
    char seconds[16];
    tps_http_answer_field retry = {"Retry-After", seconds};

    (void)snprintf(seconds, sizeof(seconds), "%u", (unsigned)tps_rate_retry_after(wait_ms));
    tps_metrics_add(TPS_METRIC_RATE_LIMITED, whose, 1);
    tps_http_answer_problem(exchange, 429, "too many requests", "wait as long as Retry-After says", &retry,
                            1);
}

static uint32_t wait_of_client(tps_service *service, const tps_tenant *tenant,
                               const tps_http_exchange *exchange, uint64_t now)
{
    uint32_t here = tenant->settings.client_requests_per_second;
    uint32_t anywhere = service->options.client_requests_per_second;
    char from[TPS_HTTP_PEER_ADDRESS_MAX];
    tps_rate_client client;
    uint32_t wait;

    if (here == 0 && anywhere == 0) {
        return 0;
    }
    (void)tps_rate_client_read(tps_http_exchange_peer_address(exchange, from), &client);
    wait = tps_rate_table_take(service->rates, tenant->id, &client, here, now);
    if (wait == 0) { /* no tenant has number 0: all tenants together */
        wait = tps_rate_table_take(service->rates, 0, &client, anywhere, now);
    }
    return wait;
}

/* Health is asked for by whoever watches, and must not depend on who else asks. The client's own limit comes
 * first: who floods takes nothing of what all clients of the tenant share. */
static bool is_within_limits(tps_service *service, const way *w, tps_http_exchange *exchange)
{
    uint64_t now = tps_now_ms();
    uint32_t wait;

    if (w->route->of_server && w->route->scope == 0) {
        return true;
    }
    wait = wait_of_client(service, w->tenant, exchange, now);
    if (wait > 0) {
        answer_too_many(exchange, wait, TPS_LIMIT_CLIENT);
        return false;
    }
    wait = tps_rate_take(&w->tenant->rate, w->tenant->settings.requests_per_second, now);
    if (wait > 0) {
        answer_too_many(exchange, wait, TPS_LIMIT_TENANT);
    }
    return wait == 0;
}

/* ---- who may ---- */

static uint32_t scope_wanted(const tps_service *service, const way *w)
{
    uint32_t scope = w->route->scope;

    if ((scope & TPS_GUARD_UNLESS_OPEN) != 0 && w->tenant->settings.open) {
        return 0;
    }
    if ((scope & TPS_GUARD_BY_ATTEST) != 0 && !w->tenant->settings.attest_by_token) {
        return 0;
    }
    if ((scope & TPS_GUARD_METRICS) != 0 && service->options.metrics_for_all) {
        return 0;
    }
    return scope & SCOPES_ONLY;
}

static uint32_t denial_of(tps_status status)
{
    switch (status) {
    case TPS_SERVER_NO_CREDENTIAL: return TPS_DENIED_MISSING;
    case TPS_SERVER_CREDENTIAL_EXPIRED: return TPS_DENIED_EXPIRED;
    case TPS_SERVER_FORBIDDEN: return TPS_DENIED_SCOPE;
    case TPS_SERVER_BAD_CREDENTIAL: return TPS_DENIED_MALFORMED;
    default: return TPS_DENIED_UNKNOWN;
    }
}

static void answer_refusal(tps_http_exchange *exchange, const tps_refusal *refusal)
{
    char cause[192];
    char seconds[16];
    tps_http_answer_field fields[2];
    size_t count = 0;

    (void)snprintf(cause, sizeof(cause), "%s%s%s", tps_status_cause(refusal->status),
                   refusal->detail == NULL ? "" : ": ", refusal->detail == NULL ? "" : refusal->detail);
    if (refusal->www_authenticate != NULL) {
        fields[count++] = (tps_http_answer_field){"WWW-Authenticate", refusal->www_authenticate};
    }
    if (refusal->retry_after_s > 0) {
        (void)snprintf(seconds, sizeof(seconds), "%u", (unsigned)refusal->retry_after_s);
        fields[count++] = (tps_http_answer_field){"Retry-After", seconds};
    }
    tps_metrics_add(TPS_METRIC_AUTH_FAILURES, denial_of(refusal->status), 1);
    tps_http_answer_problem(exchange, refusal->http_status, cause, tps_status_next_step(refusal->status),
                            fields, count);
}

static bool is_permitted(const tps_service *service, const way *w, tps_http_exchange *exchange,
                         tps_principal *principal)
{
    const tps_http_request *request = tps_http_exchange_request(exchange);
    const tps_span *field = tps_http_request_field(request, "Authorization");
    uint32_t scope = scope_wanted(service, w);
    tps_credentials brought = {.has_authorization = field != NULL,
                               .authorization = field == NULL ? TPS_SPAN_EMPTY : *field,
                               .certificate = tps_http_exchange_peer_certificate(exchange),
                               .now = tps_calendar_ms() / 1000};
    tps_refusal refusal;
    tps_status status;

    *principal = (tps_principal){.kind = "anybody"};
    if (scope == 0) {
        return true;
    }
    status = tps_access_identify(w->tenant->access, &brought, principal, &refusal);
    if (status == TPS_OK) {
        status = tps_access_require(principal, scope, &refusal);
    }
    if (status != TPS_OK) {
        answer_refusal(exchange, &refusal);
    }
    return status == TPS_OK;
}

/* ---- the way ---- */

static void answer_no_tenant(tps_http_exchange *exchange)
{
    tps_http_answer_problem(exchange, 404, "there is no tenant of this name",
                            "check the path: /t/{tenant}/...", NULL, 0);
}

/* What goes along with a request, from its handling to the line of log; from a pool. */
struct tps_observed {
    tps_observed *next; /* in the pool */
    tps_service *service;
    const tps_route *route;
    const tps_tenant *tenant;
    tps_trace trace;
    char request_id[TPS_TRACE_REQUEST_SIZE];
    tps_http_answer_field field; /* of the answer: the request's id */
};

static tps_span field_of(const tps_http_request *request, const char *name)
{
    const tps_span *field = tps_http_request_field(request, name);

    return field == NULL ? TPS_SPAN_EMPTY : *field;
}

static tps_observed *observe(tps_service *service, const tps_http_request *request, const way *w)
{
    tps_observed *o = service->observed;

    if (o != NULL) {
        service->observed = o->next;
    } else if ((o = malloc(sizeof(*o))) == NULL) {
        return NULL;
    }
    o->service = service;
    o->route = w->route;
    o->tenant = w->tenant;
    (void)tps_trace_begin(&o->trace, &service->ids, field_of(request, "traceparent"),
                          field_of(request, "tracestate"));
    tps_trace_request_id(&o->trace, o->request_id);
    tps_metrics_add(TPS_METRIC_IN_PROGRESS, 0, 1);
    o->field = (tps_http_answer_field){"X-Request-Id", o->request_id};
    return o;
}

void tps_dispatch(void *context, tps_http_exchange *exchange)
{
    tps_service *service = context;
    const tps_http_request *request = tps_http_exchange_request(exchange);
    way w = find_way(service, request);
    tps_observed *observed = observe(service, request, &w);
    tps_principal principal;
    tps_call call = {.service = service, .exchange = exchange, .request = request, .tenant = w.tenant};

    tps_http_exchange_set_context(exchange, observed);
    tps_http_exchange_set_field(exchange, observed == NULL ? NULL : &observed->field);
    if (w.tenant == NULL) {
        answer_no_tenant(exchange);
        return;
    }
    if (w.route == NULL) {
        answer_no_route(exchange, request, &w.match);
        return;
    }
    call.request_id = observed == NULL ? "" : observed->request_id;
    if (!is_within_limits(service, &w, exchange) || !is_permitted(service, &w, exchange, &principal)) {
        return;
    }
    call.parts = w.match.parts;
    call.prefixed = w.prefixed;
    call.principal = &principal;
    w.route->handle(&call);
}

/* ---- what is told afterwards ---- */

/* @param each  Else they are held back as repetitions: whoever can make requests fail, or a store that is
 * away, must not fill the log. */
static void log_request(const tps_http_finished *finished, const tps_observed *o, bool each)
{
    const tps_http_request *request = finished->request;
    char from[TPS_HTTP_PEER_ADDRESS_MAX];

    tps_log_event(TPS_LOG_INFO | (each ? TPS_LOG_EACH : 0u), "request",
                  tps_log_text("request", o == NULL ? NULL : o->request_id),
                  tps_log_hex("trace_id", o == NULL ? TPS_SPAN_EMPTY : TPS_SPAN_OF(o->trace.trace_id)),
                  tps_log_hex("span_id", o == NULL ? TPS_SPAN_EMPTY : TPS_SPAN_OF(o->trace.span_id)),
                  tps_log_text("tenant", o == NULL || o->tenant == NULL ? NULL : o->tenant->name),
                  tps_log_text("method", request == NULL ? NULL : tps_http_method_name(request->method)),
                  tps_log_text("route", o == NULL || o->route == NULL ? NULL : o->route->http.pattern),
                  tps_log_number("status", finished->status),
                  tps_log_number("duration_us", (int64_t)finished->microseconds),
                  tps_log_number("bytes_in", (int64_t)finished->bytes_in),
                  tps_log_number("bytes_out", (int64_t)finished->bytes_out),
                  tps_log_text("from", tps_http_exchange_peer_address(finished->exchange, from)));
}

/* Where all goes well metrics count; what fails is told. */
static bool is_told(const tps_service *service, unsigned status)
{
    return service->options.log_requests || status >= 500 || tps_log_wants(TPS_LOG_DEBUG);
}

void tps_dispatch_finished(void *context, const tps_http_finished *finished)
{
    tps_service *service = context;
    tps_observed *o = tps_http_exchange_context(finished->exchange);
    uint32_t route = o == NULL || o->route == NULL ? TPS_METRICS_ROUTES_MAX - 1 : o->route->http.action;

    tps_metrics_request(route, finished->status, finished->microseconds);
    if (is_told(service, finished->status)) {
        log_request(finished, o, service->options.log_requests || tps_log_wants(TPS_LOG_DEBUG));
    }
    if (o != NULL) {
        tps_metrics_subtract(TPS_METRIC_IN_PROGRESS, 0, 1);
        o->next = service->observed;
        service->observed = o;
        tps_http_exchange_set_context(finished->exchange, NULL);
    }
}

void tps_dispatch_span(tps_http_exchange *exchange, const char *name, uint64_t microseconds)
{
    const tps_observed *o = tps_http_exchange_context(exchange);
    tps_trace span;

    if (o == NULL || ((o->trace.flags & TPS_TRACE_SAMPLED) == 0 && !tps_log_wants(TPS_LOG_DEBUG))) {
        return;
    }
    tps_trace_begin_within(&span, &o->trace, &o->service->ids);
    tps_trace_log(&span, name, o->tenant == NULL ? NULL : o->tenant->name, (int64_t)microseconds);
}

void tps_dispatch_free(tps_service *service)
{
    while (service->observed != NULL) {
        tps_observed *next = service->observed->next;

        free(service->observed);
        service->observed = next;
    }
}

/* ---- the listener for metrics ---- */

void tps_dispatch_metrics(void *context, tps_http_exchange *exchange)
{
    static const char *const served[] = {"/metrics", "/healthz", "/readyz"};
    tps_service *service = context;
    const tps_http_request *request = tps_http_exchange_request(exchange);
    way w = {.route = NULL};
    tps_principal principal = {.kind = "anybody"};

    for (size_t i = 0; i < sizeof(served) / sizeof(served[0]); i++) {
        if (tps_span_is_text(request->path, served[i])) {
            w = find_way(service, request);
        }
    }
    if (w.route == NULL || w.tenant == NULL) {
        answer_no_route(exchange, request, &w.match);
        return;
    }
    w.route->handle(&(tps_call){.service = service,
                                .exchange = exchange,
                                .request = request,
                                .tenant = w.tenant,
                                .principal = &principal,
                                .request_id = ""});
}
