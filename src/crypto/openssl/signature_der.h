/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA signatures in two forms: COSE has r followed by s, OpenSSL speaks DER (a SEQUENCE of two INTEGERs).
 */
#ifndef TPS_CRYPTO_OPENSSL_SIGNATURE_DER_H
#define TPS_CRYPTO_OPENSSL_SIGNATURE_DER_H

#include "tps/crypto.h"

/** SEQUENCE head 3, two INTEGERs of head 2, sign byte 1 and coordinate. */
#define SIGNATURE_DER_MAX (3u + 2u * (3u + TPS_COORDINATE_SIZE_MAX))

/** DER of a signature of at most TPS_EC_SIGNATURE_SIZE_MAX bytes, r followed by s. Returns its size. */
size_t signature_to_der(tps_span signature, uint8_t der[SIGNATURE_DER_MAX]);

/** r followed by s into all of `signature`. False when the DER cannot be read, or its numbers are larger. */
bool signature_from_der(const uint8_t *der, size_t size, tps_buf signature);

#endif
