/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tpm_credential.h
 * Credential activation (TCG, TPM 2.0 Library, Part 1, 24): a secret that only the TPM with a certain
 * endorsement key (EK) can open, and only when it holds a certain other key. Whoever gets the secret back
 * knows that the attestation key (AK) is in that TPM, and may endorse it (spec/tpm-evidence.md).
 *
 * Thread-safe for distinct outputs.
 */
#ifndef TPS_TPM_CREDENTIAL_H
#define TPS_TPM_CREDENTIAL_H

#include "tps/tpm.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of the secret that is wrapped: at most the digest of the EK's name algorithm. */
#define TPS_TPM_SECRET_SIZE 32u

/** The most bytes of a wrapped secret. */
#define TPS_TPM_CREDENTIAL_MAX 1024u

/** An endorsement key and what its TPM protects secrets with. */
typedef struct {
    tps_crypto_key *key;     /**< RSA, or on a curve */
    uint32_t name_alg;       /**< TPS_TPM_ALG_SHA256 or _SHA384 */
    uint32_t symmetric_bits; /**< of AES: 128 or 256 */
} tps_tpm_ek;

/**
 * @brief The endorsement key in a certificate (TCG EK Credential Profile), with the template that goes with
 * its size: RSA 2048 and P-256 have SHA-256 and AES-128 (templates L-1, L-2); RSA 3072 and 4096, P-384 and
 * P-521 SHA-384 and AES-256. The chain is not verified here.
 * @param[out] ek  The caller frees `ek->key`.
 * @retval TPS_CRYPTO_CHAIN_PURPOSE  It is no certificate of an endorsement key (2.23.133.8.1).
 * @retval TPS_CRYPTO_BAD_CERTIFICATE, TPS_CRYPTO_BAD_KEY
 */
TPS_MUST_USE tps_status tps_tpm_ek_of_certificate(tps_span der, tps_tpm_ek *ek);

/** The endorsement key in a public area. @retval TPS_TPM_KEY_ATTRIBUTES, TPS_TPM_UNSUPPORTED, TPS_TPM_SHA1,
 * TPS_CRYPTO_* */
TPS_MUST_USE tps_status tps_tpm_ek_of_public(const tps_tpm_public *public_area, tps_tpm_ek *ek,
                                             tps_error *why);

/**
 * @brief Wrap a secret for the TPM with an endorsement key, to be opened only when it holds the object with a
 * name (TPM2_ActivateCredential).
 *
 * @param name    Of the attestation key: tps_tpm_public_name().
 * @param secret  1 to TPS_TPM_SECRET_SIZE random bytes.
 * @param out     Takes what tpm2_activatecredential -i reads: a head, TPM2B_ID_OBJECT and
 *                TPM2B_ENCRYPTED_SECRET. At most TPS_TPM_CREDENTIAL_MAX bytes.
 * @retval TPS_BUFFER_TOO_SMALL  `*size` is the size needed.
 * @retval TPS_BAD_ARGUMENT      A size is wrong.
 * @retval TPS_TPM_SHA1, TPS_CRYPTO_*
 */
TPS_MUST_USE tps_status tps_tpm_credential_make(const tps_tpm_ek *ek, tps_span name, tps_span secret,
                                                tps_buf out, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
