/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verifying a TPM takes beside crypto.h: RSA as TPMs sign with it, the purposes of a TPM's certificates,
 * and what secrets are wrapped with for its endorsement key. Only hosts have this; it is behind openssl/.
 */
#ifndef TPS_CRYPTO_TPM_H
#define TPS_CRYPTO_TPM_H

#include "tps/crypto.h"

/** How an RSA signature is padded. */
enum {
    CRYPTO_RSA_PKCS1 = 1, /**< RSASSA-PKCS1-v1_5 (RFC 8017, 8.2) */
    CRYPTO_RSA_PSS = 2 /**< RSASSA-PSS with a salt of any size (TPM 2.0, Part 1, B.7), MGF1 with the hash */
};

/**
 * Checks an RSA signature over a digest.
 * @param hash  TPS_ALG_SHA256, _SHA384, _SHA512.
 * @retval TPS_CRYPTO_ALG_REFUSED    The key is no RSA key, or the digest is not of this hash.
 * @retval TPS_CRYPTO_BAD_SIGNATURE  It does not match.
 * @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status crypto_rsa_verify(const tps_crypto_key *key, uint32_t padding, int32_t hash,
                                          const tps_digest *digest, tps_span signature);

/**
 * Encrypts by RSAES-OAEP (RFC 8017, 7.1), MGF1 with the same hash.
 * @param label  With the zero at its end, if the label has one (TPM 2.0, Part 1, B.4).
 * @param out    Room for exactly the modulus's size.
 * @retval TPS_CRYPTO_BAD_KEY  No RSA key. @retval TPS_BAD_ARGUMENT  `out` has another size, or `plain` is too
 * long. @retval TPS_CRYPTO_FAILED, TPS_CRYPTO_ALG_REFUSED, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status crypto_rsa_encrypt_oaep(const tps_crypto_key *key, int32_t hash, tps_span label,
                                                tps_span plain, tps_buf out);

/**
 * Encrypts by AES in CFB mode with 128-bit segments from an initialisation vector of zeros, as TPMs protect
 * structures under a key that is used once (TPM 2.0, Part 1, 24.4). `out` has the size of `plain`.
 * @retval TPS_CRYPTO_BAD_KEY  The key has neither 16 nor 32 bytes. @retval TPS_BAD_ARGUMENT,
 * TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status crypto_aes_cfb(tps_span key, tps_span plain, tps_buf out);

/** What a certificate of a TPM is for (TCG EK Credential Profile, 3.2.16; TCG OIDs). */
enum {
    CRYPTO_TPM_AK = 1, /**< tcg-kp-AIKCertificate, 2.23.133.8.3: digitalSignature */
    CRYPTO_TPM_EK = 2  /**< tcg-kp-EKCertificate, 2.23.133.8.1: keyEncipherment or keyAgreement */
};

/**
 * Whether a certificate, no CA's, names that purpose among its extended key usages, and its key usage fits.
 * @retval TPS_CRYPTO_CHAIN_PURPOSE  It does not. @retval TPS_CRYPTO_BAD_CERTIFICATE
 */
TPS_MUST_USE tps_status crypto_tpm_check_purpose(tps_span der, uint32_t purpose);

#endif
