/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file start.h
 * PSA Crypto on a chip (src/crypto/psa/mbedtls_config_chip.h): what the firmware gives it, and its start.
 * Everything here is of one program: PSA Crypto itself has global state. Not thread-safe: one thread starts
 * it and calls crypto.h.
 */
#ifndef TPS_CRYPTO_PSA_START_H
#define TPS_CRYPTO_PSA_START_H

#include <stddef.h>

#include "tps/span.h"
#include "tps/status.h"

/**
 * The one block of memory that mbedTLS may ask for, in bytes: for the `info` of tps_crypto_hkdf(), which may
 * be this long at most, and for an AES key that unwraps another. Never both at a time; there is no heap.
 */
#ifndef TPS_PSA_BLOCK_SIZE
#define TPS_PSA_BLOCK_SIZE 512u
#endif

/** Where random bytes come from: tps_platform's `entropy` (component/platform.h) and its context. */
typedef struct {
    /**
     * Fill `out` with random bytes fit for keys. They are used as they are, for private keys and for the
     * secret number of each ECDSA signature: there is no generator behind it, so a source with less than full
     * entropy must condition it (SP 800-90B, 3.1.5) and run its health tests (4).
     * @retval TPS_CRYPTO_NO_ENTROPY, or any other but TPS_OK  None are to be had.
     */
    tps_status (*fill)(void *context, tps_buf out);
    void *context;
} tps_psa_entropy;

/**
 * Starts PSA Crypto: once, before anything of crypto.h. Before it there are no keys and no random bytes.
 *
 * @param entropy  Copied. A later call puts another in its place.
 * @retval TPS_BAD_ARGUMENT   No `fill`. @retval TPS_CRYPTO_FAILED  mbedTLS does not start.
 */
TPS_MUST_USE tps_status tps_psa_start(const tps_psa_entropy *entropy);

/** mbedTLS's calloc() and free(): the one block, all zeros, or NULL while it is taken, or too small; and its
 * end, which wipes it. For mbedTLS only. */
void *tps_psa_take_block(size_t count, size_t size);
void tps_psa_give_block(void *block);

#endif
