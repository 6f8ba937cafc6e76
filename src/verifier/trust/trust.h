/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed the evidence, and who vouches for that key. */
#ifndef TPS_VERIFIER_TRUST_H
#define TPS_VERIFIER_TRUST_H

#include "tps/cose.h"
#include "verifier/evidence/evidence.h"
#include "verifier/state.h"

/** What stands behind a signature. */
typedef struct {
    uint8_t digest[32]; /**< SHA-256 of the SubjectPublicKeyInfo that verified */
    uint32_t device;    /**< the endorsed device, or KNOWLEDGE_NONE */
    bool is_certified;  /**< by a certificate chain, or by the appraisal under which a key was established:
                           then class_id is what that says */
    uint8_t class_id[32];
    bool is_demonstration; /**< trust came from the demonstration CA */
    bool is_mac;           /**< a shared key; `digest` is zero */
    bool has_maker;        /**< by a trust anchor: its maker, see knowledge_source; zeros otherwise */
    uint8_t maker[32];
    struct dice_chain *dice; /**< the layers of a DICE chain (dice.h); NULL without one */
    struct tpm_room *tpm;    /**< who a TPM's device is (tpm.h); NULL of others */
} trust;

/**
 * @brief Find the key and check the signature.
 *
 * Evidence under a DICE chain goes to trust_dice() (dice.h). All else in this order: the attestation key
 * endorsed for the instance that the evidence names; else a certificate
 * chain to an anchor whose leaf gives that instance id; else a key that was added. With options.require_key
 * only the last. A COSE_Mac0 is checked with the shared keys that were added, and with them alone: for an
 * instance whose attestation key is endorsed, it is another's.
 *
 * @retval TPS_OK
 * @retval TPS_VERIFIER_NO_TRUST_ANCHOR    Nobody vouches for it.
 * @retval TPS_VERIFIER_INSTANCE_MISMATCH  The key that signed belongs to another instance.
 * @retval TPS_VERIFIER_DEMONSTRATION      The demonstration CA vouches for it, and that is not allowed.
 * @retval TPS_CRYPTO_CHAIN_PURPOSE        The certificate's key is not for evidence.
 * @retval TPS_VERIFIER_CLASS_UNPROVEN     The certificate does not say of which class the device is.
 * @retval TPS_CORIM_EXPIRED               The endorsement of the device is outside its validity.
 * @retval TPS_VERIFIER_OUT_OF_SCOPE       The anchor is not trusted to certify this class or instance.
 * @retval TPS_VERIFIER_REVOKED_KEY, TPS_VERIFIER_REVOKED_CERTIFICATE, TPS_VERIFIER_REVOKED_DEVICE
 * @retval TPS_VERIFIER_CRL_OUTDATED       Whether a certificate is revoked cannot be told any more.
 * @retval TPS_VERIFIER_SIGNER_WITHDRAWN   Who endorsed the device is withdrawn.
 * @retval TPS_COSE_KEY_USE                The key says that it is for another algorithm, or use.
 * @retval TPS_COSE_BAD_TAG                No shared key authenticates it.
 * @retval TPS_COSE_BAD_SIGNATURE, TPS_COSE_ALG_REFUSED, TPS_CRYPTO_CHAIN_*, and other errors of cose.h and
 * x509.h
 */
TPS_MUST_USE tps_status trust_establish(tps_verifier *v, const tps_cose_sign1 *message,
                                        const evidence_claims *e, int64_t now, trust *out);

/**
 * Whether the key that signed, or the device, is revoked: asked by trust_establish(), and by who finds the
 * signer in another way. (What vouches for the key is asked with its path, path_check().)
 * @param instance  The device's instance id; empty when it is not known.
 * @retval TPS_OK, TPS_VERIFIER_REVOKED_KEY, TPS_VERIFIER_REVOKED_DEVICE
 */
TPS_MUST_USE tps_status trust_check_revoked(const tps_verifier *v, const trust *t, tps_span instance,
                                            int64_t now);

#endif
