/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file evidence.h
 * Evidence from the attestation service of the component (spec/attestation.cddl), through the TPS Client API.
 */
#ifndef TPS_AGENT_EVIDENCE_H
#define TPS_AGENT_EVIDENCE_H

#include "agent/exchange.h"

/** Bytes of an audience, at most (spec/attestation.cddl). */
#define TPS_AGENT_AUDIENCE_MAX 256u

/** Evidence of one profile, over one nonce. */
typedef struct {
    uint32_t login;   /**< TPSC_LOGIN_*, not PUBLIC */
    uint32_t profile; /**< TPS_EVIDENCE_PSA or TPS_EVIDENCE_OPENTPS
                         (component/services/attestation/attestation.h) */
    tps_span nonce;   /**< 32, 48 or 64 bytes for PSA, 8 to 64 for opentps */
    tps_span aud;     /**< text, whom it is for; empty to leave out; opentps only */
    uint32_t key;     /**< TPS_EVIDENCE_KEY_IAK or _AK (opentps only); 0: the service's choice, the IAK */
} tps_agent_evidence_request;

/**
 * @brief Ask for evidence.
 *
 * @param room           Where the answer is written. A PSA token takes about 700 bytes with two images,
 * opentps evidence about 2,000; spec/attestation.cddl has what may come.
 * @param[out] evidence  A tagged COSE message inside `room`. Untouched unless TPS_OK, as `room` may not be.
 * @param[out] why       Filled unless TPS_OK.
 *
 * @retval TPS_OK
 * @retval TPS_TOO_LARGE              Nonce or audience is longer than the service takes.
 * @retval TPS_COMPONENT_UNREACHABLE  `why->result` says what failed.
 * @retval TPS_COMPONENT_BAD_MESSAGE  The answer is none that is known here.
 * @retval TPS_COMPONENT_NO_IDENTITY  The service makes none, and says why.
 *
 * Blocks as long as the service signs. Stack: about 1.7 KiB beside the connector's.
 */
TPS_MUST_USE tps_status tps_agent_evidence(const tps_agent_evidence_request *request, tps_buf room,
                                           tps_span *evidence, tps_agent_refusal *why);

#endif
