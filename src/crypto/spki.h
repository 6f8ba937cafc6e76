/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SubjectPublicKeyInfo in its usual form, read without a library: a point, uncompressed, behind one of four
 * heads that never differ, and the place of an RSA key. Portable; tps_crypto_key_spki() is here, too.
 */
#ifndef TPS_CRYPTO_SPKI_H
#define TPS_CRYPTO_SPKI_H

#include "tps/crypto.h"

/** The point of a SubjectPublicKeyInfo of a curve of TPS_CURVE_*, uncompressed: sets curve, size, x and y.
 * False if it is something else; whether the point lies on its curve is for the library to say. */
bool crypto_spki_point(tps_span spki, tps_crypto_point *point);

/** The RSAPublicKey (RFC 8017, A.1.1) within a SubjectPublicKeyInfo, or TPS_SPAN_EMPTY if it is none in DER.
 */
tps_span crypto_spki_rsa(tps_span spki);

/** The most bytes of a DER RSAPublicKey of TPS_RSA_SIZE_MAX. */
#define CRYPTO_RSA_DER_MAX (4u + 5u + TPS_RSA_SIZE_MAX + 11u)

/** Writes the RSAPublicKey of `rsa` and returns its size. */
size_t crypto_rsa_write(const tps_crypto_rsa *rsa, uint8_t out[CRYPTO_RSA_DER_MAX]);

#endif
