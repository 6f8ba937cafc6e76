/* SPDX-License-Identifier: Apache-2.0 */
/** @file service_internal.h  What the service's handlers share. */
#ifndef TPS_SERVER_SERVICE_INTERNAL_H
#define TPS_SERVER_SERVICE_INTERNAL_H

#include "server/access/principal.h"
#include "server/audit/keeper.h"
#include "server/http/route.h"
#include "server/jobs.h"
#include "server/operation/trace.h"
#include "server/service.h"
#include "server/tenants/loader.h"
#include "server/tenants/tenant.h"
#include "tps/appraisal.h"

/** The largest evidence, in bytes: the verifier's own limit. */
#define TPS_SERVICE_EVIDENCE_MAX 65536u
/** The largest CoRIM that may be submitted, in bytes. */
#define TPS_SERVICE_CORIM_MAX TPS_STORE_BODY_MAX
/** Room for one result, or for one answer. */
#define TPS_SERVICE_SCRATCH_SIZE (512u * 1024u)

struct event;

/** Somebody who waits until this node knows what was committed. */
typedef struct tps_waiter tps_waiter;
struct tps_waiter {
    int64_t revision;         /**< of the store */
    const tps_tenant *tenant; /**< whose change it is; NULL: nobody's verifier has to follow */
    /** In the event loop. TPS_OK: in force here; else it is durable, and will be. */
    void (*done)(tps_waiter *waiter, tps_status status);
    tps_waiter *next; /* the service's */
};

typedef struct tps_observed tps_observed;

/** The running service. */
typedef struct {
    tps_service_options options;
    struct event_base *base;
    tps_http_server *http;
    tps_job_queue *writer, *reader;
    tps_loader *loader;
    tps_audit_keeper *keeper;
    struct tps_sessions *sessions; /* api/sessions.h */
    tps_tenant **tenants;          /* sorted by name */
    size_t tenant_count;
    tps_tenant **gone; /* removed from the store; what is under way may point to them */
    size_t gone_count;
    int64_t revision;    /* of the store, in force */
    tps_status in_step;  /* TPS_OK: as far as is known, nothing newer is in the store */
    uint64_t in_step_ms; /* when that was so last */
    tps_waiter *waiters; /* of changes */
    struct event *on_term, *on_int, *on_hup, *tick;
    struct tps_rate_table *rates; /* of clients */
    tps_trace_source ids;         /* of requests */
    tps_observed *observed;       /* a pool */
    tps_http_server *metrics_http;
    tps_http_counters counted; /* of http, as far as metrics have them */
    uint64_t ticks;
    bool stopping;
    uint8_t scratch[TPS_SERVICE_SCRATCH_SIZE]; /* of whatever handler is running */
    /* Of evidence that is appraised: what had to be decoded, and the outcome of each part. */
    uint8_t decoded[TPS_APPRAISAL_ROOM(TPS_SERVICE_EVIDENCE_MAX)];
    tps_appraisal parts[TPS_PARTS_MAX];
} tps_service;

/** One request on its way through a handler. Handlers that answer later copy what they need. */
typedef struct {
    tps_service *service;
    tps_tenant *tenant;
    tps_http_exchange *exchange;
    const tps_http_request *request;
    tps_http_path_parts parts;
    bool prefixed; /* it came under /t/{tenant} */
    const tps_principal *principal;
    const char *request_id;
} tps_call;

/** Beside a route's scope: which of a tenant's settings decides whether the route asks for it. */
#define TPS_GUARD_UNLESS_OPEN (1u << 30) /**< not where settings.open */
#define TPS_GUARD_BY_ATTEST   (1u << 31) /**< only where settings.attest_by_token */
#define TPS_GUARD_METRICS     (1u << 29) /**< not where the server was started with metrics for everybody */

/** A route of ours: what is served, by whom, for whom. */
typedef struct {
    tps_http_route http; /* pattern, body_max, method; action is the route's place in the table */
    void (*handle)(const tps_call *call);
    uint32_t scope;   /* TPS_SCOPE_* that the principal must have, and TPS_GUARD_*; 0: anybody */
    bool of_server;   /* of the server, not of a tenant: only at the root */
    const char *name; /* for logs and metrics: "session.evidence" */
} tps_route;

/** All routes (api/routes.c). */
extern const tps_route tps_routes[];
extern const size_t tps_route_count;

/** Answers with what `status` says as problem; 503 with Retry-After. */
void tps_answer_status(tps_http_exchange *exchange, unsigned http_status, tps_status status);

/** The HTTP status that fits what came of a job: 404, 409, 412, 413, 400, 503. */
unsigned tps_http_status_of(tps_status status);

/** Answers 415 with the media types that are taken, in the field Accept (RFC 9110, 15.5.16). */
void tps_answer_unsupported_type(tps_http_exchange *exchange, const char *const *types, size_t count);

/** False while the store does not answer. */
bool tps_service_store_is_up(tps_service *service);

/** Seconds since 1970 as RFC 3339 text, UTC; `out` takes 21 bytes. */
void tps_write_time(int64_t time, char out[21]);

/** Milliseconds of the monotonic clock, and of the calendar's. */
uint64_t tps_now_ms(void);
int64_t tps_calendar_ms(void);

/**
 * Calls the waiter once this node knows revision `waiter->revision` of the store (at once if it does). To be
 * called in the `done` of a job that changed a tenant, with the revision read in the same group
 * (store->ops->revision()).
 */
void tps_service_await(tps_service *service, tps_waiter *waiter);

/** The media types of evidence that are taken, `*count` of them. */
const char *const *tps_evidence_types(size_t *count);

/** The media types of endorsements that this tenant takes. */
const char *const *tps_endorsement_types(const tps_tenant *tenant, size_t *count);

#endif
