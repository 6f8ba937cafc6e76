/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public RSA keys as PKCS #1 and SubjectPublicKeyInfo write them, without a library. Portable. A back end
 * without RSA links something in the place of rsa.c that refuses (psa/p256_only.c), and saves its stack.
 */
#ifndef TPS_CRYPTO_RSA_H
#define TPS_CRYPTO_RSA_H

#include "tps/crypto.h"

/** True when both numbers are as tps_crypto_key_from_rsa() wants them: sizes, no leading zeros, odd, and the
 * exponent above 1. */
bool crypto_rsa_is_sound(const tps_crypto_rsa *rsa);

/** The size of the modulus of an RSA key in bytes, which is a signature's; 0 if it cannot be told. */
size_t crypto_rsa_size(const tps_crypto_key *key);

/** tps_crypto_key_spki() of an RSA key. */
TPS_MUST_USE tps_status crypto_rsa_spki(const tps_crypto_key *key, tps_buf out, size_t *size);

/** The most bytes of a DER RSAPublicKey of TPS_RSA_SIZE_MAX. */
#define CRYPTO_RSA_DER_MAX (4u + 5u + TPS_RSA_SIZE_MAX + 11u)

/** Writes the RSAPublicKey of `rsa` and returns its size. */
size_t crypto_rsa_write(const tps_crypto_rsa *rsa, uint8_t out[CRYPTO_RSA_DER_MAX]);

/** The numbers of an RSAPublicKey (RFC 8017, A.1.1) in DER. False if it is none, or crypto_rsa_is_sound() is
 * not true.
 */
bool crypto_rsa_read(tps_span der, tps_crypto_rsa *rsa);

#endif
