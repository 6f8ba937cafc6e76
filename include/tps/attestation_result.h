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
    const char *policy_id; /**< NULL for each part's own; of a part that no policy judged, "policy:" and its
                              scheme's name */
    int64_t iat;           /**< seconds since 1970 */
    int64_t exp;           /**< seconds since 1970 */
    bool with_claims;      /**< repeat the claims of verified evidence, as existing verifiers do. Who sees the
                              result then sees the device's ids; without them it says what was found */
} tps_ear_options;

/** The most parts that a result has. */
#define TPS_RESULT_PARTS_MAX 16u

/**
 * @brief Write what was appraised as a signed EAR in JWT form (RFC 7519; ES256).
 *
 * Each part is a submodule, under its name; without one, under its scheme's (tps_scheme_name()). A name that
 * a part before it has gets "-2", "-3" ... behind it. Where the generation has a status over all, it is the
 * worst of the parts'.
 *
 * Beside the claims of ear.h's drafts it carries those of spec/ear-extensions.md, and, when it is asked for,
 * "ear.veraison.annotated-evidence" of verified evidence, whose bytes must still be where they were when they
 * were appraised.
 *
 * @param parts     One appraisal, or those of a composite device, the lead first.
 * @param count     1 to TPS_RESULT_PARTS_MAX.
 * @param signer    Signs with TPS_ALG_ES256.
 * @param out       Takes the JWT's characters, no final zero.
 * @param[out] size  Written, or needed if too small.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_BAD_ARGUMENT   There is no part, or there are too many; an unknown generation; a nonce that has
 *                            not 8 to 64 bytes.
 * @retval TPS_OUT_OF_MEMORY  Results of more than 8 KiB only.
 * @retval others             The signer's failure.
 *
 * draft-ietf-rats-ear, 3; RFC 7515.
 */
TPS_MUST_USE tps_status tps_ear_jwt(const tps_appraisal *parts, size_t count, const tps_ear_options *options,
                                    const tps_cose_signer *signer, tps_buf out, size_t *size);

/**
 * @brief Write what was appraised as a signed EAR in CWT form (RFC 8392; a COSE_Sign1 with tag 18).
 *
 * As tps_ear_jwt(), in deterministic CBOR: the same claims under their labels, opentps's own under those of
 * spec/ear-extensions.md, and, when it is asked for, the claims of verified evidence as they came.
 * tps_ear_verify_cwt() reads it.
 *
 * @param signer    Signs with any algorithm of COSE.
 * @param out       Takes the message's bytes.
 * @param[out] size  Written, or needed if too small.
 * @retval  As tps_ear_jwt().
 */
TPS_MUST_USE tps_status tps_ear_cwt(const tps_appraisal *parts, size_t count, const tps_ear_options *options,
                                    const tps_cose_signer *signer, tps_buf out, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
