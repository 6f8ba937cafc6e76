/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file attest.h
 * Attesting to a server: challenge-response as existing verifiers speak it. A session with a nonce is asked
 * for, evidence over the nonce is handed in, the result comes back.
 */
#ifndef TPS_DEVICE_ATTEST_H
#define TPS_DEVICE_ATTEST_H

#include "device/agent.h"
#include "device/result.h"

/** The longest result (a JWT), in characters. */
#define TPS_DEVICE_JWT_MAX (64u << 10)

typedef struct {
    const char *url;    /**< the server's */
    const char *tenant; /**< NULL for the server's default one */
    uint32_t profile;   /**< TPS_EVIDENCE_PSA or TPS_EVIDENCE_OPENTPS */
    uint32_t key;       /**< TPS_EVIDENCE_KEY_*, 0 for the IAK */
} tps_device_attest_request;

typedef struct {
    char server[640]; /**< URL with the tenant's path: the audience of opentps evidence */
    uint8_t evidence_sha256[32];
    size_t evidence_size;
    tps_device_result result;
    char jwt[TPS_DEVICE_JWT_MAX]; /**< the result as it came */
} tps_device_attested;

/** Checks URL and tenant without asking anybody. @retval TPS_BAD_ARGUMENT */
TPS_MUST_USE tps_status tps_device_attest_check(const tps_device_attest_request *request,
                                                tps_device_problem *problem);

/**
 * @brief Attest.
 *
 * @param out  About 90 KiB; undefined unless TPS_OK. `out->result.status` says how it went.
 *
 * @retval TPS_OK                     There is a result, good or bad.
 * @retval TPS_DEVICE_SERVER_REFUSED  The server answered otherwise; its own words are in `problem`.
 * @retval others                     Of the agent and of HTTP.
 */
TPS_MUST_USE tps_status tps_device_attest(tps_device_agent *agent, const tps_device_attest_request *request,
                                          tps_device_attested *out, tps_device_problem *problem);

#endif
