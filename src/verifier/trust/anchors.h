/* SPDX-License-Identifier: Apache-2.0 */
/* Trust anchors as a verifier keeps them: certificates and raw keys. Their scopes lie apart (scope.h). */
#ifndef TPS_VERIFIER_TRUST_ANCHORS_H
#define TPS_VERIFIER_TRUST_ANCHORS_H

#include "tps/verifier.h"
#include "verifier/trust/key_read.h"

/** A certificate that is an anchor. */
typedef struct {
    tps_span der;      /**< in heap memory */
    uint8_t maker[32]; /**< who it stands for: SHA-256 of its SubjectPublicKeyInfo */
    bool is_demonstration;
} anchor_certificate;

/** A key that is an anchor without a certificate. */
typedef struct {
    tps_crypto_key *key;
    key_algs algs;
    uint8_t digest[32]; /**< as `maker` */
} key_anchor;

/** Takes the demonstration CA's certificate. @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_* */
TPS_MUST_USE tps_status anchors_add_demonstration(tps_verifier *v);

/** Ends all anchors and their scopes. */
void anchors_free(tps_verifier *v);

#endif
