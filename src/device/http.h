/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http.h
 * Requests of the agent over HTTP (libcurl): https anywhere, http to this machine only; no redirects, bounded
 * answers, bounded time.
 */
#ifndef TPS_DEVICE_HTTP_H
#define TPS_DEVICE_HTTP_H

#include "device/problem.h"

/** The largest answer, in bytes. */
#define TPS_DEVICE_ANSWER_MAX (256u << 10)

typedef struct tps_device_http tps_device_http;

/** An answer. What it points to lives until the next request, or the end. */
typedef struct {
    long status;
    const char *type;     /**< content type; "" if none */
    const char *location; /**< "" if none */
    const char *body;     /**< `size` bytes, and a zero behind them */
    size_t size;
} tps_device_answer;

/** Prepares connections. @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_device_http_new(tps_device_http **http, tps_device_problem *problem);

void tps_device_http_free(tps_device_http *http);

/**
 * Checks a server's URL: https, or http to a loopback address; no user, query or fragment.
 * @param[out] base  It without slashes at its end. @param size  Room.
 * @retval TPS_BAD_ARGUMENT
 */
TPS_MUST_USE tps_status tps_device_http_base(const char *url, char *base, size_t size,
                                             tps_device_problem *problem);

/**
 * Send a request and take the whole answer, of whatever status.
 * @param type  Content type of `body`; NULL to GET.
 * @retval TPS_DEVICE_UNREACHABLE  No answer within 30 s, or no connection within 5 s; TLS failed.
 * @retval TPS_TOO_LARGE           The answer is larger than TPS_DEVICE_ANSWER_MAX.
 */
TPS_MUST_USE tps_status tps_device_http_request(tps_device_http *http, const char *url, const char *type,
                                                tps_span body, tps_device_answer *answer,
                                                tps_device_problem *problem);

#endif
