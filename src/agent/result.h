/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file result.h
 * What a small chip reads of an attestation result (EAR as JWT), of any of the generations in use: the
 * status, and the first reason against it. Without the machinery of tps/ear.h, which decodes and checks every
 * claim and takes four times the code. THE SIGNATURE IS NOT CHECKED: this is for telling a device's user, not
 * for relying on.
 */
#ifndef TPS_AGENT_RESULT_H
#define TPS_AGENT_RESULT_H

#include "agent/text.h"

/**
 * @brief Read a result.
 *
 * @param jwt    The compact JWS.
 * @param nonce  What the evidence answered. If the result names nonces (eat_nonce), this must be among them.
 * @param room   For the decoded payload: three quarters of `jwt`'s size is enough.
 * @param[out] tier       TPS_EAR_TIER_*: the worst of all submodules, none being worse than affirming.
 * @param[out] cause      Gets the first finding of a submodule that is not affirmed, where there is one:
 *                        opentps.findings, or the problem under ear.veraison.policy-claims.
 * @param[out] next_step  Its next step.
 *
 * @retval TPS_OK
 * @retval TPS_JWT_NOT_WELL_FORMED  It is no JWT with an EAR in it: no submodule, or one without a known
 * status.
 * @retval TPS_EAR_BAD_CLAIM        It answers another nonce.
 * @retval TPS_BUFFER_TOO_SMALL     The room.
 *
 * Outputs are untouched unless TPS_OK. Stack: about 2.4 KiB, json_check()'s included.
 */
TPS_MUST_USE tps_status tps_agent_result_read(tps_span jwt, tps_span nonce, tps_buf room, uint8_t *tier,
                                              tps_agent_text *cause, tps_agent_text *next_step);

#endif
