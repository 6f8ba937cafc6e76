/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dispatch.h
 * The way of a request from the HTTP server to its handler: tenant, route, rate limits, who asks and what he
 * may; and what is told of it afterwards, to log and metrics. Operations for tps_http_server_ops, whose
 * context is the service.
 */
#ifndef TPS_SERVER_DISPATCH_H
#define TPS_SERVER_DISPATCH_H

#include "server/service_internal.h"

uint64_t tps_dispatch_body_max(void *context, const tps_http_request *request);
void tps_dispatch(void *context, tps_http_exchange *exchange);
void tps_dispatch_finished(void *context, const tps_http_finished *finished);

/**
 * A part of a request has ended, after `microseconds`: a span for who follows the request's trace
 * (operation/trace.h).
 * @param name  Constant words.
 */
void tps_dispatch_span(tps_http_exchange *exchange, const char *name, uint64_t microseconds);

/** Of a listener that serves /metrics, /healthz and /readyz alone, to whoever reaches it. */
void tps_dispatch_metrics(void *context, tps_http_exchange *exchange);

/** Gives back what was kept for requests. */
void tps_dispatch_free(tps_service *service);

#endif
