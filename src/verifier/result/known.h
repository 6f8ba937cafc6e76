/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier knows, by digest: for receipts. */
#ifndef TPS_VERIFIER_KNOWN_H
#define TPS_VERIFIER_KNOWN_H

#include "tps/receipt.h"

/** How many things of a kind (TPS_RECEIPT_ANCHOR, _KEY, _CORIM) a verifier knows. */
size_t known_count(const tps_verifier *v, uint32_t kind);

/**
 * The digest of the next of them, in the order in which they were added.
 * @param[in,out] at  Where the walk is; 0 in the beginning. To be called known_count() times.
 * @retval TPS_OK, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status known_next(const tps_verifier *v, uint32_t kind, size_t *at, uint8_t sha256[32]);

/** The digest over a verifier's options, scopes, revocations and CRLs. @retval TPS_OK, TPS_OUT_OF_MEMORY,
 * TPS_CRYPTO_FAILED */
TPS_MUST_USE tps_status known_rules(const tps_verifier *v, uint8_t sha256[32]);

/** The bits of a verifier's options, and back. */
uint64_t known_option_bits(const tps_verifier *v);
tps_verifier_options known_options(uint64_t bits);

/** All bits that have a meaning. */
#define KNOWN_OPTIONS 7u

#endif
