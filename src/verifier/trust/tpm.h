/* SPDX-License-Identifier: Apache-2.0 */
/* Who vouches for the key of a TPM that signed a quote. */
#ifndef TPS_VERIFIER_TRUST_TPM_H
#define TPS_VERIFIER_TRUST_TPM_H

#include "verifier/trust/trust.h"

/** The most names of events that reference values of one device may demand. */
#define TPM_NAMES_MAX 512u

/** One event of the log, to be found by register and digest. */
typedef struct {
    uint32_t number; /**< in the log */
    uint8_t pcr;
    bool is_endorsed;
    const uint8_t *digest; /**< in the bank that is judged */
} tpm_event;

/** A name that events of a register must have. */
typedef struct {
    uint32_t pcr;
    tps_span name;
    bool is_there;
} tpm_name;

/** Room for one appraisal, and who the TPM's device is. */
typedef struct tpm_room {
    tps_corim_environment environment; /**< the device, as whoever vouches for the key names it */
    bool is_vouched; /**< somebody says that the key is a TPM's: not a bare key that was added */
    uint8_t class_id[TPS_X509_CLASS_SIZE];
    tps_tpm_registers replayed;
    size_t event_count;
    tpm_event events[TPS_TPM_EVENTS_MAX];
    size_t name_count;
    tpm_name names[TPM_NAMES_MAX];
    tps_corim_register registers[TPS_TPM_PCR_MAX]; /**< the quoted ones, in the general form */
    tps_corim_digest digests[TPS_TPM_PCR_MAX];
    tps_corim_digest composite;
} tpm_room;

/**
 * @brief Find who vouches for the key of a quote, and check the signature.
 *
 * In this order: the attestation key endorsed for the instance that the evidence names; an attestation key
 * that is endorsed by itself (triple 3 in the general form: so are those that were activated by an
 * endorsement key, spec/tpm-evidence.md); certificates to an anchor that may be a TPM maker's
 * (TPS_ANCHOR_TPM), with a leaf for attestation keys (tcg-kp-AIKCertificate), and the AK's own instance; else
 * a key that was added. With options.require_key only the last. Then the TPM's endorsement key, if one is
 * endorsed or comes with the evidence, must count (tpm_ek.h).
 *
 * @param[out] out  `tpm` is the verifier's room, until the next appraisal.
 *
 * @retval TPS_OK
 * @retval TPS_VERIFIER_NO_TRUST_ANCHOR    Nobody vouches for the key.
 * @retval TPS_VERIFIER_INSTANCE_MISMATCH  The instance's endorsed key is another, or the instance is not the
 * key's.
 * @retval TPS_TPM_OTHER_KEY               The certificate, of the AK or its EK, is another key's.
 * @retval TPS_CRYPTO_CHAIN_PURPOSE        The certificate is for no attestation key, or no EK.
 * @retval TPS_COSE_BAD_SIGNATURE          The signature is not of this key, over this quote.
 * @retval TPS_OUT_OF_MEMORY, TPS_CORIM_EXPIRED, TPS_VERIFIER_*, TPS_CRYPTO_*
 */
TPS_MUST_USE tps_status trust_tpm(tps_verifier *v, const evidence_claims *e, int64_t now, trust *out);

/** Gives back the room. */
void tpm_free(tps_verifier *v);

#endif
