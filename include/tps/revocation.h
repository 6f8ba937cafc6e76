/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file revocation.h
 * What does not count any more, whoever vouches for it: keys, certificates, images, devices.
 *
 * Revoked things are looked up at each appraisal, so that a revocation takes effect without loading anything
 * again. Withdrawing a signer of endorsements is revoking its key: all that came from it counts no more.
 *
 * Threads: as verifier.h.
 */
#ifndef TPS_REVOCATION_H
#define TPS_REVOCATION_H

#include "tps/appraisal.h"
#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is revoked, and by which value. */
enum {
    TPS_REVOKED_KEY = 1, /**< SHA-256 of its SubjectPublicKeyInfo: of evidence, endorsements, or a CA */
    TPS_REVOKED_CERTIFICATE = 2, /**< SHA-256 of the DER certificate */
    TPS_REVOKED_IMAGE = 3, /**< digest of a piece of software that is known to be bad: 32, 48, 64 bytes */
    TPS_REVOKED_DEVICE = 4 /**< instance id: 7 to 33 bytes */
};

#define TPS_REVOCATION_REASON_MAX 96u

typedef struct {
    uint32_t kind;
    tps_span value;
    int64_t since; /**< seconds since 1970: it does not count from then on; 0: never counted */
    char reason[TPS_REVOCATION_REASON_MAX]; /**< for people, such as "CVE-2026-1234"; may be empty */
} tps_revocation;

/**
 * Revokes one thing; the verifier copies it. What is revoked already keeps the earlier `since`.
 * @retval TPS_OK, TPS_OUT_OF_MEMORY
 * @retval TPS_BAD_ARGUMENT  The kind is unknown, or the value has another size.
 */
TPS_MUST_USE tps_status tps_verifier_revoke(tps_verifier *verifier, const tps_revocation *revocation);

#ifdef __cplusplus
}
#endif

#endif
