/* SPDX-License-Identifier: Apache-2.0 */
/* The service: starts and ends all of it, and sees every second to what is due. */
#include "server/service.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "server/access/fetch.h"
#include "server/access/rate_limit.h"
#include "server/api/handlers.h"
#include "server/api/sessions.h"
#include "server/dispatch.h"
#include "server/operation/log.h"
#include "server/operation/metrics.h"
#include "server/operation/notify.h"
#include "server/tenants/tenants.h"

#define RATE_CLIENTS 65536u

/* ---- the default tenant ---- */

static tps_status see_nothing(void *context, const tps_store_tenant *tenant)
{
    (void)context;
    (void)tenant;
    return TPS_OK;
}

static tps_status make_default_tenant(tps_store *store)
{
    tps_status status = store->ops->find_tenant(store, TPS_STORE_DEFAULT_TENANT, see_nothing, NULL);
    tps_tenant_settings settings = tps_tenant_settings_defaults();
    tps_audit_origin origin = tps_audit_origin_make("server", NULL, NULL, NULL);
    tps_audit_note note = {.origin = &origin, .now = (int64_t)time(NULL)};

    if (status != TPS_NOT_FOUND) {
        return status;
    }
    status = tps_tenant_create(store, TPS_STORE_DEFAULT_TENANT, &settings, &note);
    return status == TPS_STORE_EXISTS ? TPS_OK : status; /* another process was faster */
}

/* ---- every second ---- */

static void measure_queue(tps_job_queue *queue, uint32_t which)
{
    tps_job_queue_figures figures = tps_job_queue_look(queue);

    tps_metrics_set(TPS_METRIC_QUEUE_DEPTH, which, figures.depth);
}

/* A process that dies leaves what it counted to the one that takes its place: so what was added is counted.
 */
static void follow_http(tps_http_counters *before, const tps_http_counters *now)
{
    tps_metrics_follow(TPS_METRIC_CONNECTIONS_TOTAL, 0, &before->accepted, now->accepted);
    tps_metrics_follow(TPS_METRIC_CONNECTIONS_REFUSED, 0, &before->refused, now->refused);
    tps_metrics_follow(TPS_METRIC_CONNECTIONS_EVICTED, 0, &before->evicted, now->evicted);
    tps_metrics_follow(TPS_METRIC_BYTES_RECEIVED, 0, &before->bytes_in, now->bytes_in);
    tps_metrics_follow(TPS_METRIC_BYTES_SENT, 0, &before->bytes_out, now->bytes_out);
    tps_metrics_follow(TPS_METRIC_TIMEOUTS, 0, &before->timeouts, now->timeouts);
    tps_metrics_follow(TPS_METRIC_HANDSHAKES, TPS_RESULT_OK, &before->tls_accepted, now->tls_accepted);
    tps_metrics_follow(TPS_METRIC_HANDSHAKES, TPS_RESULT_FAILED, &before->tls_failed, now->tls_failed);
}

static void measure(tps_service *service)
{
    tps_http_counters http = tps_http_server_counters(service->http);

    measure_queue(service->reader, TPS_QUEUE_READ);
    measure_queue(service->writer, TPS_QUEUE_WRITE);
    tps_metrics_set(TPS_METRIC_STORE_UP, 0, tps_service_store_is_up(service));
    tps_metrics_set(TPS_METRIC_TENANTS, 0, service->tenant_count);
    tps_metrics_set(TPS_METRIC_KNOWLEDGE, 0,
                    (uint64_t)(tps_calendar_ms() - (int64_t)(tps_now_ms() - service->in_step_ms)) / 1000);
    tps_metrics_set(TPS_METRIC_CONNECTIONS, 0, http.connections);
    follow_http(&service->counted, &http);
    tps_metrics_set(TPS_METRIC_CERTIFICATE_EXPIRY, 0,
                    (uint64_t)tps_http_server_certificate_expires(service->http));
    if (service->ticks % 5 == 0) {
        tps_metrics_sample_process();
    }
}

static void on_tick(evutil_socket_t fd, short events, void *context)
{
    tps_service *service = context;

    (void)fd;
    (void)events;
    service->ticks++;
    measure(service);
    tps_notify_tick();
    tps_sessions_tick(service);
    tps_audit_keeper_tick(service->keeper, tps_now_ms());
}

/* ---- signals ---- */

static void on_stopped(void *context)
{
    tps_service *service = context;

    (void)event_base_loopexit(service->base, NULL);
}

static void on_stop(evutil_socket_t number, short events, void *context)
{
    tps_service *service = context;

    (void)number;
    (void)events;
    if (service->stopping) {
        (void)event_base_loopbreak(service->base);
        return;
    }
    service->stopping = true;
    tps_notify_stopping();
    tps_log_event(TPS_LOG_INFO, "stopping",
                  tps_log_number("connections", (int64_t)tps_http_server_connections(service->http)));
    tps_audit_keeper_finish(service->keeper);
    tps_http_server_stop(service->http, on_stopped, service);
}

static void on_reload(evutil_socket_t number, short events, void *context)
{
    tps_service *service = context;
    char why[256] = "";
    tps_status status;

    (void)number;
    (void)events;
    tps_notify_reloading();
    status = tps_http_server_reload_tls(service->http, why, sizeof(why));
    tps_metrics_add(TPS_METRIC_RELOADS, status == TPS_OK ? TPS_RESULT_OK : TPS_RESULT_FAILED, 1);
    if (status != TPS_OK) {
        tps_log_event(TPS_LOG_ERROR, "the certificate cannot be read again: the one before still serves",
                      tps_log_text("why", why));
    }
    if (service->options.reload != NULL) {
        service->options.reload(service->options.context, &service->options);
    }
    measure(service);
    tps_loader_look(service->loader);
    tps_log_line(TPS_LOG_INFO, "reloaded");
    tps_notify_ready();
}

/* ---- health ---- */

bool tps_service_store_is_up(tps_service *service)
{
    return service->in_step == TPS_OK && !tps_job_queue_look(service->writer).is_away;
}

static void answer_state(const tps_call *call, unsigned status, const char *text)
{
    static const tps_http_answer_field retry = {"Retry-After", "5"};

    tps_http_answer(call->exchange, &(tps_http_answer_message){.status = status,
                                                               .type = "application/json",
                                                               .body = tps_span_of_text(text),
                                                               .fields = &retry,
                                                               .field_count = status == 503 ? 1 : 0});
}

void tps_handle_health(const tps_call *call)
{
    answer_state(call, 200, "{\"status\":\"ok\"}\n");
}

void tps_handle_ready(const tps_call *call)
{
    if (call->service->stopping) {
        answer_state(call, 503, "{\"status\":\"stopping\"}\n");
    } else if (!tps_service_store_is_up(call->service)) {
        answer_state(call, 503, "{\"status\":\"the store does not answer\"}\n");
    } else {
        answer_state(call, 200, "{\"status\":\"ready\"}\n");
    }
}

/* ---- start ---- */

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

static struct event *on_signal(tps_service *service, int number, event_callback_fn call)
{
    struct event *event = evsignal_new(service->base, number, call, service);

    if (event != NULL && event_add(event, NULL) != 0) {
        event_free(event);
        return NULL;
    }
    return event;
}

static tps_status start_events(tps_service *service)
{
    struct timeval second = {1, 0};

    service->tick = event_new(service->base, -1, EV_PERSIST, on_tick, service);
    service->on_term = on_signal(service, SIGTERM, on_stop);
    service->on_int = on_signal(service, SIGINT, on_stop);
    service->on_hup = on_signal(service, SIGHUP, on_reload);
    if (service->tick == NULL || service->on_term == NULL || service->on_int == NULL ||
        service->on_hup == NULL || event_add(service->tick, &second) != 0) {
        return TPS_OUT_OF_MEMORY;
    }
    return TPS_OK;
}

/* In the thread that fetches them. */
static void tell_of_keys(const char *issuer, tps_status status, const char *text)
{
    if (status == TPS_OK) {
        tps_log_event(TPS_LOG_INFO, "keys of an identity provider are there", tps_log_text("issuer", issuer));
    } else {
        tps_log_event(TPS_LOG_WARNING, "keys of an identity provider cannot be had",
                      tps_log_text("issuer", issuer), tps_log_cause(status), tps_log_text("detail", text));
    }
}

static tps_status start_store(tps_service *service)
{
    const tps_service_options *options = &service->options;
    tps_job_queue_options writes = {.writes = true, .capacity = options->queue_max};
    tps_job_queue_options reads = {.writes = false, .capacity = options->queue_max};
    tps_verifier_options verifiers = {.allow_demonstration = options->demonstration};
    tps_loader_ops ops = {.context = service,
                          .loaded = tps_tenants_take,
                          .in_step = tps_tenants_in_step,
                          .complain = tps_tenants_complain};

    tps_loader_stores stores = {options->stores.loading, options->stores.building};

    tps_keys_set_observer(tell_of_keys);
    TPS_TRY(make_default_tenant(options->stores.writing));
    TPS_TRY(tps_job_queue_new(service->base, options->stores.reading, &reads, &service->reader));
    TPS_TRY(tps_job_queue_new(service->base, options->stores.writing, &writes, &service->writer));
    TPS_TRY(tps_audit_keeper_new(service->writer, options->checkpoint_seconds, &service->keeper));
    return tps_loader_new(service->base, &stores, &verifiers, &ops, &service->loader);
}

static tps_status listen_for_metrics(tps_service *service)
{
    tps_http_server_options options = tps_http_server_defaults();
    tps_http_server_ops ops = {
        .context = service, .body_max = tps_dispatch_body_max, .handle = tps_dispatch_metrics};

    if (service->options.metrics_address == NULL) {
        return TPS_OK;
    }
    options.address = service->options.metrics_address;
    options.connections_max = 64;
    return tps_http_server_open(service->base, &options, &ops, &service->metrics_http);
}

static void name_routes(void)
{
    static tps_metrics_route routes[TPS_METRICS_ROUTES_MAX];
    size_t count =
        tps_route_count < TPS_METRICS_ROUTES_MAX - 1 ? tps_route_count : TPS_METRICS_ROUTES_MAX - 1;

    for (size_t i = 0; i < count; i++) {
        routes[i] =
            (tps_metrics_route){tps_http_method_name(tps_routes[i].http.method), tps_routes[i].http.pattern};
    }
    tps_metrics_set_routes(routes, count);
}

static tps_status start(tps_service *service)
{
    tps_http_server_ops ops = {.context = service,
                               .body_max = tps_dispatch_body_max,
                               .handle = tps_dispatch,
                               .finished = tps_dispatch_finished};

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit on files is no end: what cannot be written is refused */
    raise_descriptor_limit(&service->options.http.connections_max);
    name_routes();
    service->base = event_base_new();
    if (service->base == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    TPS_TRY(tps_rate_table_new(RATE_CLIENTS, &service->rates));
    TPS_TRY(tps_sessions_open(service));
    TPS_TRY(start_store(service));
    TPS_TRY(start_events(service));
    TPS_TRY(tps_http_server_open(service->base, &service->options.http, &ops, &service->http));
    TPS_TRY(listen_for_metrics(service));
    measure(service);
    TPS_TRY(service->options.listening(service->options.context, tps_http_server_address(service->http)));
    tps_notify_ready();
    return TPS_OK;
}

/* ---- end ---- */

static void free_event(struct event *event)
{
    if (event != NULL) {
        event_free(event);
    }
}

/* The queues first: they still answer exchanges of the HTTP server. */
static void release(tps_service *service)
{
    tps_job_queue_free(service->reader);
    tps_job_queue_free(service->writer);
    tps_audit_keeper_free(service->keeper);
    tps_loader_free(service->loader);
    tps_tenants_end_waiting(service);
    tps_http_server_free(service->metrics_http);
    tps_http_server_free(service->http);
    tps_sessions_close(service);
    tps_dispatch_free(service);
    tps_tenants_free(service);
    tps_rate_table_free(service->rates);
    free_event(service->tick);
    free_event(service->on_term);
    free_event(service->on_int);
    free_event(service->on_hup);
    if (service->base != NULL) {
        event_base_free(service->base);
    }
    free(service);
}

tps_service_options tps_service_defaults(void)
{
    return (tps_service_options){
        .http = tps_http_server_defaults(), .queue_max = 10000, .checkpoint_seconds = 600};
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
        tps_log_line(TPS_LOG_WARNING,
                     "demonstration mode: the demonstration CA is accepted, whose private key is public. "
                     "No result proves anything. Never serve real devices like this.");
    }
    status = start(service);
    if (status == TPS_OK) {
        (void)event_base_dispatch(service->base);
    }
    error = errno;
    release(service);
    if (status == TPS_OK) {
        tps_log_line(TPS_LOG_INFO, "stopped");
    }
    errno = error;
    return status;
}
