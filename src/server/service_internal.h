/* SPDX-License-Identifier: Apache-2.0 */
/** @file service_internal.h  What the service's handlers share. */
#ifndef TPS_SERVER_SERVICE_INTERNAL_H
#define TPS_SERVER_SERVICE_INTERNAL_H

#include "server/committer.h"
#include "server/http/route.h"
#include "server/service.h"
#include "server/tenant.h"
#include "tps/appraisal.h"

/** The largest evidence, in bytes: the verifier's own limit. */
#define TPS_SERVICE_EVIDENCE_MAX 65536u
/** The largest CoRIM that may be submitted, in bytes. */
#define TPS_SERVICE_CORIM_MAX (16u << 20)
/** Room for one result, or for one answer. */
#define TPS_SERVICE_SCRATCH_SIZE (512u * 1024u)

#define TPS_TYPE_SESSION      "application/vnd.veraison.challenge-response-session+json"
#define TPS_TYPE_PROVISIONING "application/vnd.veraison.provisioning-session+json"
#define TPS_TYPE_DISCOVERY    "application/vnd.veraison.discovery+json"

struct event;

/** The running service. */
typedef struct {
    tps_service_options options;
    struct event_base *base;
    tps_http_server *http;
    tps_committer *committer;
    tps_tenant **tenants; /* sorted by name */
    size_t tenant_count;
    int64_t revision; /* of the store, as loaded */
    struct event *revision_timer, *on_term, *on_int;
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
} tps_call;

/* Handlers; spec/http-api.md says what each does. */
void tps_handle_new_session(const tps_call *call);
void tps_handle_post_evidence(const tps_call *call);
void tps_handle_get_session(const tps_call *call);
void tps_handle_delete_session(const tps_call *call);
void tps_handle_submit(const tps_call *call);
void tps_handle_discover_verification(const tps_call *call);
void tps_handle_discover_provisioning(const tps_call *call);
void tps_handle_jwks(const tps_call *call);

/** Answers with what `status` says as problem. */
void tps_answer_status(tps_http_exchange *exchange, unsigned http_status, tps_status status);

/** Answers 415 with the media types that are taken, in the field Accept (RFC 9110, 15.5.16). */
void tps_answer_unsupported_type(tps_http_exchange *exchange, const char *const *types, size_t count);

/** Seconds since 1970 as RFC 3339 text, UTC; `out` takes 21 bytes. */
void tps_write_time(int64_t time, char out[21]);

/** Milliseconds of the monotonic clock, and of the calendar's. */
uint64_t tps_now_ms(void);
int64_t tps_calendar_ms(void);

/** Builds a tenant's verifier anew from the store and puts it in its place. */
tps_status tps_service_reload_tenant(tps_service *service, tps_tenant *tenant);

/** The media types of evidence that are taken, `*count` of them. */
const char *const *tps_evidence_types(size_t *count);

/** The media types of endorsements that this tenant takes. */
const char *const *tps_endorsement_types(const tps_tenant *tenant, size_t *count);

#endif
