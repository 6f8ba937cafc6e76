/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file keys.h
 * Keys for tests: the same at every run, so that a failure can be seen again.
 */
#ifndef TPS_TEST_KEYS_H
#define TPS_TEST_KEYS_H

#include "tps/cose.h"
#include "tps/crypto.h"

/** The P-256 key pair number `number`; the caller frees it. */
tps_crypto_key *test_key(uint8_t number);

/** A new P-384 key pair (random: only P-256 is derived); the caller frees it. */
tps_crypto_key *test_key_p384(void);

/** Skips the test, and says why, when the back end has not this curve. */
void require_curve(int32_t curve);

/** A finder that gives this key for every message, and TPS_COSE_NO_KEY when it is NULL. */
tps_cose_key_finder test_finder(tps_crypto_key *key);

#endif
