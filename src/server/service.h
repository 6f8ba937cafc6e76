/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file service.h
 * The service side as one process: tenants, their verifiers and sessions, and the HTTP interfaces that
 * spec/http-api.md describes. tps_service_run() is all that `tps serve` does.
 */
#ifndef TPS_SERVER_SERVICE_H
#define TPS_SERVER_SERVICE_H

#include "server/http/server.h"
#include "store/store.h"

/** How to serve. */
typedef struct {
    tps_store *reader; /**< a handle for the event loop: loading, and what is asked about the past */
    tps_store *writer; /**< another handle on the same store, for the committer's thread */
    tps_http_server_options http;
    bool demonstration;      /**< accept the demonstration CA, and say so everywhere */
    uint32_t ear_generation; /**< of the results' names: TPS_EAR_2023 (the default), _2025 or _2026 */
    bool ear_as_cwt;         /**< results in a CWT, as base64url, instead of a JWT */
    const char *url; /**< the server's public URL without a final slash: audience and issuer; NULL for none */
    uint32_t session_lifetime_ms; /**< how long a session waits for evidence, and a result is kept */
    size_t sessions_max;          /**< waiting sessions of one tenant */
    /** Called once it listens; anything but TPS_OK ends the service with that status. */
    tps_status (*listening)(void *context, const char *address);
    void *context;
} tps_service_options;

/** 5 minutes, 65,536 sessions a tenant, and tps_http_server_defaults(). */
tps_service_options tps_service_defaults(void);

/**
 * @brief Serve until SIGTERM or SIGINT, then finish what is under way (a second signal ends at once).
 *
 * Makes the default tenant when the store has none. Messages go to standard error.
 *
 * @retval TPS_OK            Ended by a signal.
 * @retval TPS_IO            The address cannot be listened on; errno says why.
 * @retval TPS_BAD_ARGUMENT  It is no address.
 * @retval TPS_STORE_FAILED, TPS_OUT_OF_MEMORY, TPS_CRYPTO_*, or what `listening` returned.
 */
TPS_MUST_USE tps_status tps_service_run(const tps_service_options *options);

#endif
