/* SPDX-License-Identifier: Apache-2.0 */
/* A COSE_Key's point, for those who read and those who write. */
#ifndef TPS_FORMAT_COSE_KEY_H
#define TPS_FORMAT_COSE_KEY_H

#include "tps/cose_key.h"

/** Whether there are RSA keys, and not their encoding alone: where the back end has none, the code for them
 * is left out. */
#ifdef TPS_WITHOUT_RSA
#define COSE_HAS_RSA false
#else
#define COSE_HAS_RSA true
#endif

/** The point of an EC2 or OKP key, decompressed. @retval TPS_CRYPTO_BAD_KEY, TPS_CRYPTO_ALG_REFUSED */
TPS_MUST_USE tps_status cose_key_point(const tps_cose_key *key, tps_crypto_point *point);

/** Writes {1: 2, -1: crv, -2: x, -3: y}, or {1: 1, -1: crv, -2: x}: the public key of a point. */
void cose_key_put_point(tps_cbor_writer *w, const tps_crypto_point *point);

#endif
