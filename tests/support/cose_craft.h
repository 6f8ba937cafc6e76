/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cose_craft.h
 * COSE_Sign1 messages made by hand: headers of any shape over a good signature, so that a refusal is due to
 * the headers. Written from RFC 9052, section 4.4, without the code under test.
 */
#ifndef TPS_TEST_COSE_CRAFT_H
#define TPS_TEST_COSE_CRAFT_H

#include "tps/crypto.h"

/**
 * An untagged COSE_Sign1 over `payload`.
 * @param protected_hex    The protected bucket as hex; "" for none.
 * @param unprotected_hex  The unprotected bucket as hex.
 * @param key              Signs; NULL puts 64 zeros in place of a signature.
 * @param alg              What to sign with, whatever the headers say.
 * @return heap memory
 */
tps_buf craft_sign1(const char *protected_hex, const char *unprotected_hex, tps_span payload,
                    tps_crypto_key *key, int32_t alg);

#endif
