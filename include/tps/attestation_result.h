/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file attestation_result.h
 * Appraisals as signed attestation results: EAR (draft-ietf-rats-ear) in JWT and in CWT form. How results are
 * read: ear.h.
 *
 * Thread-safe for distinct outputs and signers.
 */
#ifndef TPS_ATTESTATION_RESULT_H
#define TPS_ATTESTATION_RESULT_H

#include "tps/appraisal.h"
#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How to write a result. */
typedef struct {
    uint32_t generation;   /**< TPS_EAR_2023 by default */
    tps_span nonce;        /**< eat_nonce of the result: the session's; empty to leave out */
    const char *aud;       /**< for whom the result is; NULL to leave out */
    const char *issuer;    /**< iss; NULL to leave out */
    const char *key_id;    /**< kid in the JWT header; NULL to leave out */
    const char *policy_id; /**< NULL for "policy:" and the scheme's name */
    int64_t iat;           /**< seconds since 1970 */
    int64_t exp;           /**< seconds since 1970 */
} tps_ear_options;

/**
 * @brief Write an appraisal as a signed EAR in JWT form (RFC 7519; ES256).
 *
 * Beside the claims of ear.h's drafts it carries "ear.veraison.annotated-evidence" of verified evidence (its
 * bytes must still be where they were when they were appraised) and the claims of spec/ear-extensions.md.
 *
 * @param signer    Signs with TPS_ALG_ES256.
 * @param out       Takes the JWT's characters, no final zero. @param[out] size  Written, or needed if too
 * small.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, or the signer's failure.
 */
TPS_MUST_USE tps_status tps_ear_jwt(const tps_appraisal *appraisal, const tps_ear_options *options,
                                    const tps_cose_signer *signer, tps_buf out, size_t *size);

/**
 * @brief Write an appraisal as a signed EAR in CWT form (RFC 8392; a COSE_Sign1 with tag 18).
 *
 * As tps_ear_jwt(), in deterministic CBOR: the same claims under their labels, opentps's own under those of
 * spec/ear-extensions.md, and the claims of verified evidence as they came. tps_ear_verify_cwt() reads it.
 *
 * @param signer    Signs with any algorithm of COSE.
 */
TPS_MUST_USE tps_status tps_ear_cwt(const tps_appraisal *appraisal, const tps_ear_options *options,
                                    const tps_cose_signer *signer, tps_buf out, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
