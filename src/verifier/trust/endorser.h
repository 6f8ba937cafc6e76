/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed endorsements, and for what this signer is trusted. */
#ifndef TPS_VERIFIER_TRUST_ENDORSER_H
#define TPS_VERIFIER_TRUST_ENDORSER_H

#include "verifier/state.h"
#include "verifier/trust/path.h"
#include "verifier/trust/scope.h"

typedef struct {
    uint8_t signer[32]; /**< SHA-256 of its SubjectPublicKeyInfo; zeros when nobody signed */
    uint8_t maker[32];  /**< of the key of the trust anchor that it leads to; zeros when to none: a key that
                           was added by tps_verifier_add_key(), or nobody */
    bool is_demonstration;
    bool is_scoped;     /**< it leads to an anchor: `scope` says what it may sign */
    const scope *scope; /**< until anchors are added */
    trust_path path;    /**< kept with its sources (knowledge_source), for withdrawal */
} endorser;

/**
 * @brief Find who signed a manifest and check the signature.
 *
 * By its x5chain to an anchor, with a leaf that is for endorsements; else by a raw key that is an anchor;
 * else by a key that was added. Nothing of its path may be revoked.
 *
 * @param[out] out  Undefined unless TPS_OK.
 * @retval TPS_OK
 * @retval TPS_VERIFIER_OUT_OF_SCOPE      Its anchor signs no endorsements.
 * @retval TPS_VERIFIER_SIGNER_WITHDRAWN  Its key, or one that vouches for it, is revoked.
 * @retval TPS_VERIFIER_CRL_OUTDATED      Whether it is revoked cannot be told any more.
 * @retval TPS_VERIFIER_DEMONSTRATION, TPS_COSE_*, TPS_CRYPTO_*  As tps_verifier_add_corim() says.
 */
TPS_MUST_USE tps_status endorser_find(tps_verifier *v, const tps_cose_sign1 *envelope, int64_t now,
                                      endorser *out);

/** Whether the endorser may say something: asks its scope, if it has one. */
static inline bool endorser_may(const endorser *who, const scope_question *question)
{
    return !who->is_scoped || scope_permits(who->scope, question);
}

#endif
