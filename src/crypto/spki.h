/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SubjectPublicKeyInfo in its usual form, read without a library: a point, uncompressed, behind one of four
 * heads that never differ. Portable; tps_crypto_key_spki() is here, too. RSA keys are rsa.h's.
 */
#ifndef TPS_CRYPTO_SPKI_H
#define TPS_CRYPTO_SPKI_H

#include "tps/crypto.h"

/** The point of a SubjectPublicKeyInfo of a curve of TPS_CURVE_*, uncompressed: sets curve, size, x and y.
 * False if it is something else; whether the point lies on its curve is for the library to say. */
bool crypto_spki_point(tps_span spki, tps_crypto_point *point);

#endif
