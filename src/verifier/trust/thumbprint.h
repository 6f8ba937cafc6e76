/* SPDX-License-Identifier: Apache-2.0 */
/* Devices whose attestation key is endorsed by a thumbprint: the evidence brings the certificate. */
#ifndef TPS_VERIFIER_TRUST_THUMBPRINT_H
#define TPS_VERIFIER_TRUST_THUMBPRINT_H

#include "verifier/state.h"

/**
 * @brief Check evidence of such a device.
 *
 * The first certificate of x5chain must have the endorsed thumbprint, by its key or by itself. Its issuer is
 * not asked: the endorsement vouches for it. Of a certificate that is endorsed itself, the validity counts.
 *
 * @param ueid         Of a profile in which it is made of the key (key_read.h); empty: it may be any.
 * @param[out] signer  SHA-256 of the SubjectPublicKeyInfo that verified; set if TPS_OK.
 * @retval TPS_OK
 * @retval TPS_COSE_NO_KEY                 The evidence brings no certificate.
 * @retval TPS_VERIFIER_INSTANCE_MISMATCH  It brings another one.
 * @retval TPS_CRYPTO_CHAIN_EXPIRED        The certificate is outside its validity.
 * @retval TPS_VERIFIER_REVOKED_CERTIFICATE, TPS_VERIFIER_REVOKED_KEY
 * @retval TPS_COSE_*, TPS_CRYPTO_*        As verifier_check_signature(), and of a certificate that cannot be
 * read.
 */
TPS_MUST_USE tps_status thumbprint_check(tps_verifier *v, const tps_cose_sign1 *message,
                                         const knowledge_device *device, tps_span ueid, int64_t now,
                                         uint8_t signer[32]);

#endif
