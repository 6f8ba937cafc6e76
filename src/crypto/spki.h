/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SubjectPublicKeyInfo in its usual form, read without a library: a point, uncompressed, behind one of four
 * heads that never differ; and RSA keys as PKCS #1 writes them. Portable; tps_crypto_key_spki() is here, too.
 */
#ifndef TPS_CRYPTO_SPKI_H
#define TPS_CRYPTO_SPKI_H

#include "tps/crypto.h"

/** The point of a SubjectPublicKeyInfo of a curve of TPS_CURVE_*, uncompressed: sets curve, size, x and y.
 * False if it is something else; whether the point lies on its curve is for the library to say. */
bool crypto_spki_point(tps_span spki, tps_crypto_point *point);

/** The most bytes of a DER RSAPublicKey of TPS_RSA_SIZE_MAX. */
#define CRYPTO_RSA_DER_MAX (4u + 5u + TPS_RSA_SIZE_MAX + 11u)

/** Writes the RSAPublicKey of `rsa` and returns its size. */
size_t crypto_rsa_write(const tps_crypto_rsa *rsa, uint8_t out[CRYPTO_RSA_DER_MAX]);

/** The numbers of an RSAPublicKey (RFC 8017, A.1.1) in DER. False if it is none, or crypto_rsa_is_sound() is
 * not true.
 */
bool crypto_rsa_read(tps_span der, tps_crypto_rsa *rsa);

#endif
