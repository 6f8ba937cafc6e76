/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of either evidence profile, brought to the one form that is matched and judged. */
#ifndef TPS_VERIFIER_EVIDENCE_H
#define TPS_VERIFIER_EVIDENCE_H

#include "tps/corim.h"
#include "tps/cwt.h"
#include "tps/device_claims.h"
#include "tps/psa.h"
#include "tps/verifier.h"

#define EVIDENCE_COMPONENTS_MAX 32u

/** What the evidence says. Spans point into its payload. */
typedef struct {
    uint32_t scheme; /**< TPS_SCHEME_* */
    union {
        tps_psa_claims psa;
        tps_device_claims eat;
    } claims;
    tps_span nonce;
    tps_span aud;         /**< empty when absent */
    tps_cwt_claims cwt;   /**< exp, nbf, iat, whatever the profile says of them */
    bool has_submods;     /**< nothing appraises them */
    tps_span instance_id; /**< empty in pairwise evidence without ueid: then the sueid */
    tps_span class_id;
    size_t component_count;
    tps_corim_component components[EVIDENCE_COMPONENTS_MAX]; /**< an all-zero signer is shown as none */
} evidence_claims;

/**
 * Reads the payload of evidence by its profile.
 * @param[out] out  `scheme` is that of the decoder that took it; TPS_SCHEME_UNKNOWN when none did.
 * @retval TPS_CLAIM_*, TPS_CBOR_*
 */
TPS_MUST_USE tps_status evidence_read(tps_span payload, evidence_claims *out, tps_error *why);

/** An all-zero signer stands for none (PSA tokens cannot leave it out). */
tps_span evidence_signer(tps_span signer_id);

#endif
