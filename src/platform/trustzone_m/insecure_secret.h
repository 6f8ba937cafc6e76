/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file insecure_secret.h
 * INSECURE: a unique secret and entropy for a chip that has neither, such as an emulator. Both come from a
 * sector of plain flash (tps_chip_insecure_secret in component/boot/chip_flash.h). A chip that uses this sets
 * TPS_PLATFORM_INSECURE in its `properties`.
 *
 * What it is worth: after the lock nothing of the platform returns the secret, but code of the secure world
 * can still read the flash, as can whoever has a programmer. Random bytes are HMAC-SHA-256 under a key from
 * the seed and the number of this start, of a number that counts blocks: nobody without the flash can guess
 * them, and they do not repeat from start to start as long as the counters do not go back. Whoever puts an
 * older flash back makes them repeat, and needs no more to compute a key that signed in both lives: the
 * secret number of an ECDSA signature came from here.
 *
 * The operations have the form of tps_chip's; their context is a tps_insecure_secret.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_INSECURE_SECRET_H
#define TPS_PLATFORM_TRUSTZONE_M_INSECURE_SECRET_H

#include "component/boot/chip_flash.h"

/** Private. Holds a secret: in memory of the secure world only. */
typedef struct {
    const uint8_t *sector; /**< NULL once it is locked */
    bool has_key;
    uint8_t key[32]; /**< of this start's random bytes */
    uint64_t blocks; /**< made so far */
} tps_insecure_secret;

/** @param sector  The first bytes of the flash that tps_chip_layout_make() divides: at its `secret`. */
void tps_insecure_secret_begin(tps_insecure_secret *secret, const uint8_t *sector);

/**
 * Make random bytes possible: after tps_trustzone_m_init(), before tps_boot(), before
 * tps_insecure_lock_secret().
 * @param start  tps_trustzone_m_start_number(); not 0.
 * @retval TPS_CRYPTO_NO_ENTROPY  `start` is 0. @retval TPS_COMPONENT_NO_SECRET  The sector holds none.
 * @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_insecure_entropy_begin(tps_insecure_secret *secret, uint64_t start);

/** As tps_platform's operations of these names. Entropy needs tps_insecure_entropy_begin() before. */
tps_status tps_insecure_unique_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE]);
tps_status tps_insecure_lock_secret(void *context);
tps_status tps_insecure_entropy(void *context, tps_buf out);

#endif
