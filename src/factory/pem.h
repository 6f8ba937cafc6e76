/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pem.h
 * Writing PEM (RFC 7468): certificates, and private P-256 keys as RFC 5915 has them.
 */
#ifndef TPS_FACTORY_PEM_H
#define TPS_FACTORY_PEM_H

#include "tps/crypto.h"

/** Room for the PEM of `size` bytes of DER. */
#define FACTORY_PEM_SIZE(size) (((size) + 2) / 3 * 4 + (size) / 48 + 96)

/**
 * Write `der` as PEM with a zero behind it.
 * @param label      "CERTIFICATE", ...
 * @param out        At least FACTORY_PEM_SIZE(der.size) characters.
 * @return Characters written, without the zero.
 */
size_t factory_pem_write(const char *label, tps_span der, char *out);

/** Room for a private key's PEM. */
#define FACTORY_KEY_PEM_SIZE FACTORY_PEM_SIZE(121)

/** Write a private P-256 key as "EC PRIVATE KEY"; the caller wipes `out`. Returns a status of crypto.h. */
TPS_MUST_USE tps_status factory_pem_write_key(const tps_crypto_key *key, char out[FACTORY_KEY_PEM_SIZE],
                                              size_t *size);

#endif
