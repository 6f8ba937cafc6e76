/* SPDX-License-Identifier: Apache-2.0 */
/* The endorsement key (EK) of the TPM behind an attestation key. */
#ifndef TPS_VERIFIER_TRUST_TPM_EK_H
#define TPS_VERIFIER_TRUST_TPM_EK_H

#include "verifier/trust/trust.h"

/**
 * @brief Whether the endorsement key counts, once somebody vouches for the attestation key.
 *
 * Identity keys (CoMID triple 2) that are endorsed for the device's instance are its EKs: a record of
 * credential activation names one (spec/tpm-evidence.md). None of them may be revoked, by its key or by its
 * certificate. A thumbprint by another hash than SHA-256 cannot be looked up without the certificate.
 *
 * Certificates of an EK that the evidence brings (member 5) are never passed over: they must lead to an
 * anchor that may be a TPM maker's (TPS_ANCHOR_TPM, within its scope), be for an EK, and be of a key that is
 * endorsed so. An EK that nothing binds to the attestation key would say nothing of it.
 *
 * @param[in,out] out  As trust_tpm() has found it; `is_demonstration` is set where the EK's anchor is the
 *                     demonstration CA.
 * @retval TPS_OK
 * @retval TPS_TPM_OTHER_KEY           The certificate is of no key that is endorsed for the instance.
 * @retval TPS_CRYPTO_CHAIN_PURPOSE    The certificate is for no EK.
 * @retval TPS_VERIFIER_REVOKED_KEY, TPS_VERIFIER_REVOKED_CERTIFICATE, TPS_VERIFIER_CRL_OUTDATED
 * @retval TPS_VERIFIER_OUT_OF_SCOPE, TPS_VERIFIER_DEMONSTRATION, TPS_CRYPTO_*, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tpm_ek_check(tps_verifier *v, const evidence_claims *e, int64_t now, trust *out);

#endif
