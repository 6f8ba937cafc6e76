/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tenants.h
 * All tenants of the running server, in step with the store: the event loop's side of the loader. Which
 * tenant a request is for is told by its path or its host, and by nothing else.
 */
#ifndef TPS_SERVER_TENANTS_H
#define TPS_SERVER_TENANTS_H

#include "server/service_internal.h"

/** For tps_loader_ops; `context` is the service. */
void tps_tenants_take(void *context, tps_loaded *loaded);
void tps_tenants_in_step(void *context, int64_t revision, const char *generation, tps_status status);
void tps_tenants_complain(void *context, const char *tenant, const char *what, tps_status status,
                          const tps_error *why);

/** The tenant of a name, or NULL. */
tps_tenant *tps_tenants_find(const tps_service *service, tps_span name);

/** The tenant of an id, or NULL: also one that is gone. */
tps_tenant *tps_tenants_find_id(const tps_service *service, int64_t id);

/**
 * The tenant that a request is for. Takes /t/{tenant} off the path.
 * @param host           The Host field, with or without a port.
 * @param[in,out] path   Without the prefix afterwards.
 * @param[out] prefixed  True when there was one.
 * @return NULL  There is none of the name; or the host is another tenant's than the path.
 */
tps_tenant *tps_tenants_of_request(const tps_service *service, tps_span host, tps_span *path, bool *prefixed);

/** Calls all who wait for a change to be in force: it is durable. */
void tps_tenants_end_waiting(tps_service *service);

/** Ends them all. */
void tps_tenants_free(tps_service *service);

#endif
