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
typedef struct tps_service_options {
    /** Handles on one store, each for a thread of its own. They stay the caller's. */
    struct {
        tps_store *loading; /**< for what the server knows in memory */
        tps_store *
            building; /**< for the verifiers of large tenants; NULL: the thread that loads builds them, too */
        tps_store *reading; /**< for what is asked about the past */
        tps_store *writing;
    } stores;
    tps_http_server_options http; /**< with the TLS object, if any */
    const char *metrics_address;  /**< /metrics on a listener of its own, plain; NULL: none */
    bool metrics_for_all;         /**< /metrics at the main address too, without a credential */
    bool demonstration;           /**< accept the demonstration CA, and say so everywhere */
    uint32_t ear_generation;      /**< of the results' names: TPS_EAR_2023 (the default), _2025 or _2026 */
    bool ear_as_cwt;              /**< results in a CWT, as base64url, instead of a JWT */
    const char *url; /**< the server's public URL without a final slash: audience and issuer; NULL for none */
    bool log_requests;                   /**< a line of log for each request, not only for those that fail */
    size_t queue_max;                    /**< writes, and reads, of the store that may wait; beyond it 503 */
    uint32_t client_requests_per_second; /**< of one address over all tenants; 0: no limit */
    uint32_t session_lifetime_ms;        /**< for tests: in the place of the tenants' own; 0: theirs */
    uint32_t checkpoint_seconds;         /**< between two signed checkpoints of an audit log that grew */
    /** Called once it listens; anything but TPS_OK ends the service with that status. */
    tps_status (*listening)(void *context, const char *address);
    /**
     * Called when SIGHUP asks for it, after the certificate was read again: what else is to be read anew. It
     * may change log_requests and client_requests_per_second of `running`, which are the service's own. May
     * be NULL.
     */
    void (*reload)(void *context, struct tps_service_options *running);
    void *context;
} tps_service_options;

/** 10,000 waiting writes, 10 minutes between checkpoints, and tps_http_server_defaults(). */
tps_service_options tps_service_defaults(void);

/**
 * @brief Serve until SIGTERM or SIGINT, then finish what is under way (a second signal ends at once).
 *
 * Makes the default tenant when the store has none. SIGHUP reads the certificate again. Messages go to the
 * log (operation/log.h).
 *
 * @retval TPS_OK            Ended by a signal.
 * @retval TPS_IO            The address cannot be listened on; errno says why.
 * @retval TPS_BAD_ARGUMENT  It is no address.
 * @retval TPS_STORE_*, TPS_OUT_OF_MEMORY, TPS_CRYPTO_*, or what `listening` returned.
 */
TPS_MUST_USE tps_status tps_service_run(const tps_service_options *options);

#endif
