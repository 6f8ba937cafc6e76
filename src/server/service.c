/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service: starts and ends all of it, keeps the tenants in step with the store, and brings each request
 * to its tenant and handler.
 */
#include "server/service.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "server/service_internal.h"
#include "tps/secret.h"

typedef void (*call_handler)(const tps_call *call);

static void handle_health(const tps_call *call);
static void handle_ready(const tps_call *call);

/* A tenant's interfaces; the action is the handler's place in the list below. */
enum {
    NEW_SESSION,
    POST_EVIDENCE,
    GET_SESSION,
    DELETE_SESSION,
    SUBMIT,
    DISCOVER_V,
    DISCOVER_P,
    JWKS,
    HEALTH,
    READY
};

static const call_handler handlers[] = {
    [NEW_SESSION] = tps_handle_new_session,
    [POST_EVIDENCE] = tps_handle_post_evidence,
    [GET_SESSION] = tps_handle_get_session,
    [DELETE_SESSION] = tps_handle_delete_session,
    [SUBMIT] = tps_handle_submit,
    [DISCOVER_V] = tps_handle_discover_verification,
    [DISCOVER_P] = tps_handle_discover_provisioning,
    [JWKS] = tps_handle_jwks,
    [HEALTH] = handle_health,
    [READY] = handle_ready,
};

#define SMALL 65536u /* where no body is wanted: read it and go on, rather than close */

static const tps_http_route routes[] = {
    {"/challenge-response/v1/newSession", SMALL, TPS_HTTP_POST, NEW_SESSION},
    {"/challenge-response/v1/session/{id}", TPS_SERVICE_EVIDENCE_MAX, TPS_HTTP_POST, POST_EVIDENCE},
    {"/challenge-response/v1/session/{id}", SMALL, TPS_HTTP_GET, GET_SESSION},
    {"/challenge-response/v1/session/{id}", SMALL, TPS_HTTP_DELETE, DELETE_SESSION},
    {"/endorsement-provisioning/v1/submit", TPS_SERVICE_CORIM_MAX, TPS_HTTP_POST, SUBMIT},
    {"/.well-known/veraison/verification", SMALL, TPS_HTTP_GET, DISCOVER_V},
    {"/.well-known/veraison/provisioning", SMALL, TPS_HTTP_GET, DISCOVER_P},
    {"/.well-known/jwks.json", SMALL, TPS_HTTP_GET, JWKS},
    /* Of the server, not of a tenant: only at the root. The count below depends on their being last. */
    {"/healthz", SMALL, TPS_HTTP_GET, HEALTH},
    {"/readyz", SMALL, TPS_HTTP_GET, READY},
};

#define ROUTE_COUNT        (sizeof(routes) / sizeof(routes[0]))
#define TENANT_ROUTE_COUNT (ROUTE_COUNT - 2)

__attribute__((format(printf, 1, 2))) static void log_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)fputs("tps: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
}

/* ---- clocks ---- */

uint64_t tps_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

int64_t tps_calendar_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void tps_write_time(int64_t time, char out[21])
{
    struct tm parts;
    time_t seconds = (time_t)time;

    out[0] = '\0';
    if (gmtime_r(&seconds, &parts) != NULL) {
        (void)strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
}

/* ---- answers that handlers share ---- */

void tps_answer_status(tps_http_exchange *exchange, unsigned http_status, tps_status status)
{
    static const tps_http_answer_field retry = {"Retry-After", "5"};

    if (http_status >= 500) {
        log_line("a request failed: %s", tps_status_cause(status));
    }
    tps_http_answer_problem(exchange, http_status, tps_status_cause(status), tps_status_next_step(status),
                            &retry, http_status == 503 ? 1 : 0);
}

void tps_answer_unsupported_type(tps_http_exchange *exchange, const char *const *types, size_t count)
{
    char accept[1024] = "";
    tps_http_answer_field field = {"Accept", accept};

    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(accept);

        (void)snprintf(accept + used, sizeof(accept) - used, "%s%s", i > 0 ? ", " : "", types[i]);
    }
    tps_http_answer_problem(exchange, 415, "the Content-Type is missing or none of those taken here",
                            "send one of the types in the answer's Accept field", &field, 1);
}

static void answer_state(const tps_call *call, unsigned status, const char *text)
{
    tps_http_answer(call->exchange, &(tps_http_answer_message){.status = status,
                                                               .type = "application/json",
                                                               .body = tps_span_of_text(text)});
}

static void handle_health(const tps_call *call)
{
    answer_state(call, 200, "{\"status\":\"ok\"}\n");
}

static void handle_ready(const tps_call *call)
{
    tps_store *store = call->service->options.reader;
    int64_t revision;

    if (call->service->stopping) {
        answer_state(call, 503, "{\"status\":\"stopping\"}\n");
    } else if (store->ops->revision(store, &revision) != TPS_OK) {
        answer_state(call, 503, "{\"status\":\"the store does not answer\"}\n");
    } else {
        answer_state(call, 200, "{\"status\":\"ready\"}\n");
    }
}

/* ---- tenants, in step with the store ---- */

/* What was left out last, so that a thousand endorsements with one cause make two lines of log. */
typedef struct {
    tps_status status;
    const char *detail;
    size_t repeated;
} complaints;

static void complain_of_repeated(complaints *last, const char *tenant)
{
    if (last->repeated > 0) {
        log_line("tenant %s: %zu more are left out for the same cause", tenant, last->repeated);
    }
    last->repeated = 0;
}

static void complain(void *context, const char *tenant, const char *what, tps_status status,
                     const tps_error *why)
{
    complaints *last = context;
    const char *detail = why == NULL ? NULL : why->detail;

    if (last->status == status && last->detail == detail) {
        last->repeated++;
        return;
    }
    complain_of_repeated(last, tenant);
    *last = (complaints){.status = status, .detail = detail};
    log_line("tenant %s: %s is left out: %s%s%s: %s", tenant, what, tps_status_cause(status),
             why != NULL && why->detail != NULL ? ": " : "",
             why != NULL && why->detail != NULL ? why->detail : "", tps_status_next_step(status));
}

tps_status tps_service_reload_tenant(tps_service *service, tps_tenant *tenant)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = tenant->allow_unsigned,
                                    .allow_demonstration = service->options.demonstration};
    complaints last = {.status = TPS_OK};
    tps_verifier *fresh = NULL;

    TPS_TRY(tps_tenant_build_verifier(service->options.reader, tenant->id, tenant->name, &options, complain,
                                      &last, &fresh));
    complain_of_repeated(&last, tenant->name);
    tps_verifier_free(tenant->verifier);
    tenant->verifier = fresh;
    tenant->generation++;
    return TPS_OK;
}

/* Where the tenant of this name is, or would have to be, among the sorted ones. */
static size_t tenant_place(const tps_service *service, tps_span name, bool *found)
{
    size_t low = 0;
    size_t high = service->tenant_count;

    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = service->tenants[middle]->name;
        size_t other_size = strlen(other);
        int order = memcmp(name.data, other, name.size < other_size ? name.size : other_size);

        if (order == 0 && name.size == other_size) {
            *found = true;
            return middle;
        }
        if (order < 0 || (order == 0 && name.size < other_size)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static tps_status insert_tenant(tps_service *service, size_t place, const tps_store_tenant *stored)
{
    tps_tenant **grown = realloc(service->tenants, (service->tenant_count + 1) * sizeof(tps_tenant *));
    tps_tenant *tenant;

    if (grown == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    service->tenants = grown;
    TPS_TRY(tps_tenant_new(stored, service->options.sessions_max, &tenant));
    memmove(grown + place + 1, grown + place, (service->tenant_count - place) * sizeof(tps_tenant *));
    grown[place] = tenant;
    service->tenant_count++;
    return TPS_OK;
}

static tps_status visit_tenant(void *context, const tps_store_tenant *stored)
{
    tps_service *service = context;
    bool found;
    size_t place = tenant_place(service, tps_span_of_text(stored->name), &found);

    if (!found) {
        TPS_TRY(insert_tenant(service, place, stored));
        if (stored->allow_unsigned) {
            log_line("tenant %s takes endorsements that nobody signed, from whoever reaches it",
                     stored->name);
        }
    }
    service->tenants[place]->allow_unsigned = stored->allow_unsigned;
    return TPS_OK;
}

/* The revision is read first: what changes while the rest is read is seen again a second later. */
static tps_status reload(tps_service *service)
{
    tps_store *store = service->options.reader;
    int64_t revision;

    TPS_TRY(store->ops->revision(store, &revision));
    if (revision == service->revision) {
        return TPS_OK;
    }
    TPS_TRY(store->ops->each_tenant(store, visit_tenant, service));
    for (size_t i = 0; i < service->tenant_count; i++) {
        TPS_TRY(tps_service_reload_tenant(service, service->tenants[i]));
    }
    service->revision = revision;
    return TPS_OK;
}

static void on_revision_timer(evutil_socket_t fd, short events, void *context)
{
    tps_status status = reload(context);

    (void)fd;
    (void)events;
    if (status != TPS_OK) {
        log_line("the store cannot be read again: %s: what was loaded before still counts",
                 tps_status_cause(status));
    }
}

static tps_status make_default_tenant(tps_store *store)
{
    tps_store_tenant tenant;
    tps_status status = store->ops->find_tenant(store, TPS_STORE_DEFAULT_TENANT, &tenant);

    tps_wipe(&tenant, sizeof(tenant));
    if (status != TPS_NOT_FOUND) {
        return status;
    }
    status = tps_tenant_create(store, TPS_STORE_DEFAULT_TENANT, false);
    return status == TPS_STORE_EXISTS ? TPS_OK : status; /* another process was faster */
}

/* ---- requests ---- */

/* Takes /t/{tenant} off the path. False when the path has none. */
static bool split_prefix(tps_span *path, tps_span *name)
{
    const uint8_t *slash;

    if (path->size < 4 || memcmp(path->data, "/t/", 3) != 0) {
        return false;
    }
    slash = memchr(path->data + 3, '/', path->size - 3);
    if (slash == NULL) {
        return false;
    }
    *name = tps_span_make(path->data + 3, (size_t)(slash - path->data) - 3);
    *path = tps_span_make(slash, path->size - (size_t)(slash - path->data));
    return true;
}

static bool find_route(const tps_http_request *request, tps_span *tenant, tps_http_match *match)
{
    tps_span path = request->path;
    bool prefixed = split_prefix(&path, tenant);

    tps_http_route_find(routes, prefixed ? TENANT_ROUTE_COUNT : ROUTE_COUNT, request->method, path, match);
    return prefixed;
}

static uint64_t body_max(void *context, const tps_http_request *request)
{
    tps_http_match match;
    tps_span tenant;

    (void)context;
    (void)find_route(request, &tenant, &match);
    return match.route == NULL ? SMALL : match.route->body_max;
}

static void answer_no_route(tps_http_exchange *exchange, const tps_http_request *request,
                            const tps_http_match *match)
{
    tps_http_answer_field allow = {"Allow", match->allow};

    if (!match->path_known) {
        tps_http_answer_problem(exchange, 404, "nothing is served at this path",
                                "see /.well-known/veraison/verification for what is", NULL, 0);
    } else if (request->method == TPS_HTTP_OPTIONS) {
        tps_http_answer(exchange,
                        &(tps_http_answer_message){.status = 204, .fields = &allow, .field_count = 1});
    } else {
        tps_http_answer_problem(exchange, 405, "this path is not served by this method",
                                "use one of the methods in the answer's Allow field", &allow, 1);
    }
}

static void handle(void *context, tps_http_exchange *exchange)
{
    tps_service *service = context;
    const tps_http_request *request = tps_http_exchange_request(exchange);
    tps_span name = TPS_SPAN_LITERAL(TPS_STORE_DEFAULT_TENANT);
    tps_http_match match;
    tps_call call = {.service = service, .exchange = exchange, .request = request};
    bool found;
    size_t place;

    call.prefixed = find_route(request, &name, &match);
    place = tenant_place(service, name, &found);
    if (!found) {
        tps_http_answer_problem(exchange, 404, "there is no tenant of this name",
                                "check the path: /t/{tenant}/...", NULL, 0);
        return;
    }
    if (match.route == NULL) {
        answer_no_route(exchange, request, &match);
        return;
    }
    call.tenant = service->tenants[place];
    call.parts = match.parts;
    handlers[match.route->action](&call);
}

/* ---- start and end ---- */

static void on_stopped(void *context)
{
    tps_service *service = context;

    (void)event_base_loopexit(service->base, NULL);
}

static void on_signal(evutil_socket_t number, short events, void *context)
{
    tps_service *service = context;

    (void)number;
    (void)events;
    if (service->stopping) {
        (void)event_base_loopbreak(service->base);
        return;
    }
    service->stopping = true;
    log_line("stopping: %zu connections are open", tps_http_server_connections(service->http));
    tps_http_server_stop(service->http, on_stopped, service);
}

/* Each connection is a descriptor, and the usual soft limit of 1,024 is far below what is served. */
static void raise_descriptor_limit(size_t *connections_max)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur > 128 &&
        *connections_max > limit.rlim_cur - 64) {
        *connections_max = (size_t)limit.rlim_cur - 64;
    }
}

static tps_status start_events(tps_service *service)
{
    struct timeval second = {1, 0};

    service->revision_timer = event_new(service->base, -1, EV_PERSIST, on_revision_timer, service);
    service->on_term = evsignal_new(service->base, SIGTERM, on_signal, service);
    service->on_int = evsignal_new(service->base, SIGINT, on_signal, service);
    if (service->revision_timer == NULL || service->on_term == NULL || service->on_int == NULL ||
        event_add(service->revision_timer, &second) != 0 || event_add(service->on_term, NULL) != 0 ||
        event_add(service->on_int, NULL) != 0) {
        return TPS_OUT_OF_MEMORY;
    }
    return TPS_OK;
}

static tps_status start(tps_service *service)
{
    tps_http_server_ops ops = {.context = service, .body_max = body_max, .handle = handle};

    (void)signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit(&service->options.http.connections_max);
    service->base = event_base_new();
    if (service->base == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    TPS_TRY(make_default_tenant(service->options.reader));
    TPS_TRY(reload(service));
    TPS_TRY(tps_committer_new(service->base, service->options.writer, &service->committer));
    TPS_TRY(start_events(service));
    TPS_TRY(tps_http_server_open(service->base, &service->options.http, &ops, &service->http));
    return service->options.listening(service->options.context, tps_http_server_address(service->http));
}

/* The committer first: it still answers exchanges of the HTTP server. */
static void release(tps_service *service)
{
    tps_committer_free(service->committer);
    tps_http_server_free(service->http);
    for (size_t i = 0; i < service->tenant_count; i++) {
        tps_tenant_free(service->tenants[i]);
    }
    free(service->tenants);
    if (service->revision_timer != NULL) {
        event_free(service->revision_timer);
    }
    if (service->on_term != NULL) {
        event_free(service->on_term);
    }
    if (service->on_int != NULL) {
        event_free(service->on_int);
    }
    if (service->base != NULL) {
        event_base_free(service->base);
    }
    free(service);
}

tps_service_options tps_service_defaults(void)
{
    return (tps_service_options){
        .http = tps_http_server_defaults(), .session_lifetime_ms = 300000, .sessions_max = 65536};
}

tps_status tps_service_run(const tps_service_options *options)
{
    tps_service *service = calloc(1, sizeof(*service));
    tps_status status;
    int error;

    if (service == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    service->options = *options;
    if (options->demonstration) {
        log_line(
            "WARNING: demonstration mode: the demonstration CA is accepted, whose private key is public. "
            "No result proves anything. Never serve real devices like this.");
    }
    status = start(service);
    if (status == TPS_OK) {
        (void)event_base_dispatch(service->base);
        log_line("stopped");
    }
    error = errno;
    release(service);
    errno = error;
    return status;
}
