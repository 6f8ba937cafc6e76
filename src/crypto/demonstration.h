/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demonstration CA (share/demo-ca): a root whose private key is public. Everything knows it by these
 * bytes, to refuse what lies under it outside demonstrations.
 */
#ifndef TPS_CRYPTO_DEMONSTRATION_H
#define TPS_CRYPTO_DEMONSTRATION_H

#include <stdint.h>

/** Subject and issuer of the demonstration CA's certificate. */
#define TPS_DEMONSTRATION_NAME "opentps INSECURE DEMONSTRATION CA - never trust"

#define TPS_DEMONSTRATION_CERTIFICATE_SIZE 425u
#define TPS_DEMONSTRATION_SPKI_SIZE        91u

/** Its certificate, DER. */
extern const uint8_t tps_demonstration_certificate[TPS_DEMONSTRATION_CERTIFICATE_SIZE];

/** Its SubjectPublicKeyInfo, DER. */
extern const uint8_t tps_demonstration_spki[TPS_DEMONSTRATION_SPKI_SIZE];

#endif
