/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_view.h
 * A session as clients see it: application/vnd.veraison.challenge-response-session+json. It is written in two
 * halves, so that a result is made where it will stand, and the bytes of an answer are written once.
 */
#ifndef TPS_SERVER_API_SESSION_VIEW_H
#define TPS_SERVER_API_SESSION_VIEW_H

#include "tps/span.h"
#include "tps/status.h"

/** What there is to see of a session. */
typedef struct {
    const char *status; /**< "waiting", "processing", "complete", "failed" */
    tps_span nonce;
    int64_t expires;     /**< seconds since 1970 */
    tps_span type;       /**< of the evidence; empty: there is none yet */
    tps_span evidence;   /**< its bytes; empty: they are not kept */
    const char *failure; /**< why there is no result; NULL: that is not so */
    const char *warning; /**< NULL: none */
} tps_session_view;

/** All but the result; behind it comes one, or the end. `*size`: what was written.
 * @retval TPS_OK, TPS_TOO_LARGE */
TPS_MUST_USE tps_status tps_session_view_begin(const tps_session_view *view, tps_buf out, size_t *size);

/** The end, behind the first `*size` bytes. Where `result` is not empty, it is brought in here; it has no
 * character that JSON escapes (a JWT, base64url), and may stand already at TPS_SESSION_VIEW_RESULT_AT behind
 * them.
 * @retval TPS_OK, TPS_TOO_LARGE */
TPS_MUST_USE tps_status tps_session_view_end(tps_span result, tps_buf out, size_t *size);

/** Where the result is to be written, counted from the end of what tps_session_view_begin() wrote. */
#define TPS_SESSION_VIEW_RESULT_AT (sizeof(",\"result\":\"") - 1)

#endif
