/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file settings.h
 * A tenant's settings: a JSON object in the store, this structure in memory. Absent members have their
 * defaults; unknown ones, and values out of range, are refused, so that a slip does not open a door.
 */
#ifndef TPS_SERVER_TENANT_SETTINGS_H
#define TPS_SERVER_TENANT_SETTINGS_H

#include "store/store.h"

#define TPS_SETTINGS_HOSTS_MAX 8u
#define TPS_SETTINGS_HOST_SIZE 254u /**< of a host's name, with the final zero */

typedef struct {
    bool allow_unsigned;  /**< "allow_unsigned": takes endorsements that nobody signed. false */
    bool open;            /**< "open": who reaches the server may endorse, without a credential. false */
    bool attest_by_token; /**< "attest": "anybody" (the default) or "token": sessions need the scope appraise
                           */
    bool annotated;       /**< "annotated": results repeat the claims of the evidence. false */
    uint32_t session_seconds;     /**< "session_seconds": 10 to 86,400; 300 */
    uint32_t requests_per_second; /**< "requests_per_second": of the tenant at one node; 0: no limit. 0 */
    uint32_t client_requests_per_second; /**< "client_requests_per_second": of one address; 0: no limit. 0 */
    char hosts[TPS_SETTINGS_HOSTS_MAX][TPS_SETTINGS_HOST_SIZE]; /**< "hosts": names under which the root is
                                                                   this tenant's; lower case. [] */
    size_t host_count;
} tps_tenant_settings;

/** The defaults. */
tps_tenant_settings tps_tenant_settings_defaults(void);

/**
 * @brief Read settings.
 * @param[out] why  `detail` names the member; may be NULL.
 * @retval TPS_SERVER_BAD_SETTINGS  A member is unknown, of another type, or out of range.
 * @retval TPS_JSON_*               It is no JSON object.
 */
TPS_MUST_USE tps_status tps_tenant_settings_read(tps_span json, tps_tenant_settings *settings,
                                                 tps_error *why);

/** Write settings, each member. @retval TPS_BUFFER_TOO_SMALL  `*size` says what is needed. */
TPS_MUST_USE tps_status tps_tenant_settings_write(const tps_tenant_settings *settings, tps_buf out,
                                                  size_t *size);

#endif
