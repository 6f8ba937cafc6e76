/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sessions.h
 * What the handlers of challenge-response and of appraisals share: appraising and signing, what this node
 * remembers of sessions, and evidence that is appraised later (Prefer: respond-async).
 *
 * All of it belongs to the event loop. The store decides what a session may do; what is remembered here only
 * saves work.
 */
#ifndef TPS_SERVER_API_SESSIONS_H
#define TPS_SERVER_API_SESSIONS_H

#include "server/api/evidence_types.h"
#include "server/api/handlers.h"
#include "server/api/session_view.h"
#include "tps/base64.h"

#define TPS_AUDIENCE_SIZE 512u /**< of an audience, and of a service's name, with the final zero */

/** The largest body of POST appraisals: evidence in base64, with all else. */
#define TPS_APPRAISAL_BODY_MAX (TPS_BASE64_SIZE(TPS_EVIDENCE_BODY_MAX) + 8192u)

/* ---- what is appraised ---- */

/** Evidence with all that it has to answer to. */
typedef struct {
    tps_tenant *tenant;
    tps_span evidence;
    size_t type; /**< evidence_types.h */
    tps_span nonce;
    bool nonce_from_client;
    bool is_binder;         /**< the nonce is the binder of the channel that the evidence came on */
    const char *audience;   /**< whom evidence must name if it names somebody; NULL: not compared */
    const char *issuer;     /**< of the result; NULL: none */
    const char *of_service; /**< chooses among policies; NULL: none */
} tps_evidence;

/**
 * @brief Appraise, and write the signed result.
 *
 * The body is taken as what its type says: without a wrapper's type nothing is taken out of one. What was
 * found stays in service->parts until the next appraisal.
 * @param out  Takes a JWT, or (ear_as_cwt) the CWT as base64url; TPS_TOO_LARGE when it is too small.
 * @retval TPS_SERVER_NO_KEY  No key of the tenant signs now.
 * @retval TPS_SERVER_NOT_LOADED  The tenant has no verifier. @retval others  As tps_ear_jwt().
 */
TPS_MUST_USE tps_status tps_sessions_appraise(tps_service *service, const tps_evidence *evidence, tps_buf out,
                                              size_t *size);

/** The rooms of service->scratch: the larger one for answers, the other for what has to be made on the way.
 */
tps_buf tps_sessions_room(tps_service *service);
tps_buf tps_sessions_spare(tps_service *service);

/**
 * The tenant's URL, by the door that the request came through: what evidence must name as its audience, and
 * the issuer of results. NULL when the server does not know its own.
 */
const char *tps_sessions_audience(const tps_call *call, char out[TPS_AUDIENCE_SIZE]);

/** ?service=: NULL when there is none. Answers and returns false when it cannot be used. */
bool tps_sessions_service(const tps_call *call, char out[TPS_AUDIENCE_SIZE], const char **name);

/** The warning of demonstrations, or NULL. */
const char *tps_sessions_warning(const tps_service *service);

/** How long a new session of the tenant lasts, in milliseconds, and so when it ends, in seconds since 1970.
 */
int64_t tps_sessions_lifetime_ms(const tps_service *service, const tps_tenant *tenant);
int64_t tps_sessions_expiry(const tps_service *service, const tps_tenant *tenant);

/** True when the request has `Prefer: respond-async` (RFC 7240, 4.1). */
bool tps_sessions_prefers_async(const tps_http_request *request);

/**
 * Reads the request's media type and compares it with the body: answers and returns false when there is no
 * body, the type is not taken here, or the body is none of its type.
 */
bool tps_sessions_check_evidence(const tps_call *call, tps_span evidence, size_t *type);

/** Answers what a job on a session came to, but for TPS_OK: 404, 409, 503. */
void tps_sessions_refuse(tps_http_exchange *exchange, tps_status status);

/** Answers with a session that has no result. */
void tps_sessions_answer(tps_service *service, tps_http_exchange *exchange, unsigned http_status,
                         const tps_session_view *view, const tps_http_answer_field *fields,
                         size_t field_count);

/** The `result` of a session that is WAITING and has a nonce of ours, though the store is told that a client
 * brought it, so that it stays used for ever. */
#define TPS_SESSIONS_NONCE_OF_OURS "ours"

/* ---- what a node remembers ---- */

/** Used sessions that are remembered, a power of two, and how many of one hash. */
#define TPS_RECENT_SETS 2048u
#define TPS_RECENT_WAYS 8u

typedef struct {
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
} tps_recent;

typedef struct tps_later tps_later;

/** The service's member: made with it. */
typedef struct tps_sessions {
    tps_service *service;
    tps_recent recent[TPS_RECENT_SETS][TPS_RECENT_WAYS];
    uint8_t next_way[TPS_RECENT_SETS];
    tps_later *first, **last; /* evidence that waits for its appraisal */
    size_t count, bytes;      /* of it, with what is on its way into the store */
    struct event *work;
    uint64_t next_claim_ms;
    bool is_claiming;
} tps_sessions;

/** Makes service->sessions. @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_sessions_open(tps_service *service);

/** Ends it, once the service's job queues have ended: what waits for its appraisal is in the store. */
void tps_sessions_close(tps_service *service);

/** Once a second or so: takes up what another node, or this one's past, left behind. */
void tps_sessions_tick(tps_service *service);

/** Whether this node lately saw the session used; and notes, or forgets, that it was. */
bool tps_sessions_is_recent(const tps_sessions *sessions, const uint8_t id[TPS_STORE_SESSION_ID_SIZE]);
void tps_sessions_note(tps_sessions *sessions, const uint8_t id[TPS_STORE_SESSION_ID_SIZE]);
void tps_sessions_forget(tps_sessions *sessions, const uint8_t id[TPS_STORE_SESSION_ID_SIZE]);

/* ---- evidence that is appraised later ---- */

/** A session that takes its evidence to be appraised later. */
typedef struct {
    uint32_t from; /**< the session's state: TPS_STORE_SESSION_NEW or _WAITING */
    const uint8_t *id;
    int64_t expires;
    tps_evidence evidence;
    const char *location; /**< for the answer */
} tps_later_request;

/** Stores the evidence, answers 202, and appraises when there is time. Answers 503 when too much waits. */
void tps_sessions_take_later(tps_service *service, tps_http_exchange *exchange,
                             const tps_later_request *request);

#endif
