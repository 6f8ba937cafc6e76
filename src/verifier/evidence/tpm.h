/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of a TPM: what it says, before anybody vouches for the key. */
#ifndef TPS_VERIFIER_EVIDENCE_TPM_H
#define TPS_VERIFIER_EVIDENCE_TPM_H

#include "tps/tpm.h"

/** Claims of a TPM: TPS_SCHEME_TPM. Spans point into the evidence. */
typedef struct {
    tps_tpm_evidence parts;
    tps_tpm_quote quote;
    tps_tpm_signature signature;
    bool has_ak;
    tps_tpm_public ak;
    uint8_t instance[TPS_TPM_INSTANCE_SIZE]; /**< the AK's, where the evidence names no other */
} evidence_tpm;

/**
 * Reads evidence of a TPM, its quote, signature and key. Nothing is verified, but that quote and nonce belong
 * together, and that the key may sign nothing but what its TPM made.
 *
 * @param[out] nonce  What the quote answers: its qualifying data, or the nonce of which that is the hash.
 * @retval TPS_TPM_QUALIFYING_DATA  The quote was made for another nonce or audience than stand beside it.
 * @retval TPS_TPM_BAD_EVIDENCE     Also keylime's text, which names no key: wrap it first.
 * @retval TPS_TPM_*, TPS_CBOR_*, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status evidence_tpm_read(tps_span bytes, evidence_tpm *out, tps_span *nonce, tps_error *why);

#endif
