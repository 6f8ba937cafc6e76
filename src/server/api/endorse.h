/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file endorse.h
 * A CoRIM on its way into a tenant, however it came: provisioning.c has it answered as Veraison's clients
 * expect, endorsements.c as the other resources are.
 */
#ifndef TPS_SERVER_API_ENDORSE_H
#define TPS_SERVER_API_ENDORSE_H

#include "server/changes.h"
#include "tps/corim.h"

#define TPS_TYPE_CORIM        "application/rim+cbor"
#define TPS_TYPE_SIGNED_CORIM "application/rim+cose"

/** Endorsements as a resource. */
extern const tps_resource tps_endorsement_resource;

/**
 * @brief Check a request's CoRIM as the tenant's verifier does, which takes it.
 *
 * @param needs_profile  The Content-Type must name the CoRIM's profile; else only what it says must be so.
 * @param[out] change    To be submitted, with tps_endorse_apply(); NULL unless TPS_OK.
 * @param[out] why       Why the CoRIM is refused.
 * @retval TPS_OK
 * @retval TPS_SERVER_BAD_REQUEST  The exchange was answered: the request does not fit.
 * @retval others                  As tps_verifier_add_corim(): the exchange is still to be answered.
 */
TPS_MUST_USE tps_status tps_endorse_check(const tps_call *call, bool needs_profile, tps_change **change,
                                          tps_error *why);

#endif
