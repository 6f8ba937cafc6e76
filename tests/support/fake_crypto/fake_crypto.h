/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake_crypto.h
 * INSECURE: a back end of crypto.h without any cryptography, for tests and fuzzing. "Hashes", "signatures"
 * and "codes" are mixed numbers that anybody can compute, keys are open, random bytes are always the same.
 * With it
 *
 * - every call can be made to fail in turn: what was begun must be ended, outputs wiped or untouched, the
 * error passed on;
 * - what was begun and not ended is counted: hashes, authentication codes, keys;
 * - a fuzzer makes and opens a hundred times as many messages.
 *
 * What one side makes, the other opens and verifies, as with a real back end; a changed bit is noticed. Every
 * point is on its curve but the one of x = 0. Not for more than one thread.
 */
#ifndef TPS_TEST_FAKE_CRYPTO_H
#define TPS_TEST_FAKE_CRYPTO_H

#include "tps/crypto.h"

/** What is under way: begun or made, and not yet ended. */
typedef struct {
    int hashes;
    int macs;
    int keys;
} insecure_fake_live;

/** What takes long with a real back end, on a small chip above all. */
typedef struct {
    unsigned public_parts; /**< of private keys, asked for: each time, one may be computed */
    unsigned signatures;   /**< made */
    unsigned verifications;
} insecure_fake_work;

/** From here, the nth call that can fail fails (0: none does). Random bytes begin anew. */
void insecure_fake_fail(unsigned nth);

/** Whether that call was made. */
bool insecure_fake_struck(void);

/** How many calls that can fail were made since insecure_fake_fail(). */
unsigned insecure_fake_calls(void);

insecure_fake_live insecure_fake_now(void);

/** What was done since insecure_fake_fail(). */
insecure_fake_work insecure_fake_done(void);

#endif
