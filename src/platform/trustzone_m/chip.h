/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file chip.h
 * What a microcontroller with TrustZone-M has to give, so that this folder makes the platform of the Root of
 * Trust (component/platform.h) of it: internal flash, a unique secret, entropy, a debug state. Whoever brings
 * opentps to another chip of this kind writes this table, and the start-up code of the board
 * (firmware/an505 is one).
 *
 * Called in one thread at a time, as platform.h says; from the secure world only.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_CHIP_H
#define TPS_PLATFORM_TRUSTZONE_M_CHIP_H

#include "component/platform.h"

typedef struct tps_chip {
    /** TPS_PLATFORM_INSECURE where the secret or entropy has no true source, or counters can be put back. */
    uint32_t properties;
    void *context; /**< given to every operation */

    /** Flash of the secure world, mapped into memory: laid out as component/boot/chip_flash.h says. */
    const uint8_t *flash;
    uint32_t flash_size;
    uint32_t sector_size; /**< bytes that are erased at once; a power of two */
    uint32_t unit_size;   /**< bytes that are programmed at once; a power of two */

    /**
     * Program whole, erased units at `offset`. DURABLE once TPS_OK is returned; after a power cut within,
     * each bit of these units may be old or new.
     * @retval TPS_COMPONENT_STORAGE  It failed.
     */
    tps_status (*flash_program)(void *context, uint32_t offset, tps_span bytes);

    /** Erase the sector at `offset`. @retval TPS_COMPONENT_STORAGE */
    tps_status (*flash_erase)(void *context, uint32_t offset);

    /**
     * True if this start follows a reset in which no operation of the flash can have been cut: one that the
     * secure world asked for itself, outside of them, and after it had opened the counters. The reset after a
     * fault is none of these: the other world may have interrupted an operation, and faulted. Nor is the
     * chip's reset cause alone enough: only `reset` may leave the word that says so, and this start takes it
     * away. Saves the erasure that a start costs otherwise (counters.h), so it is for devices that start
     * often. Optional: NULL, and no start is clean.
     */
    bool (*is_clean_start)(void *context);

    /** As tps_platform's operations of these names. `reset` is optional there and here. A chip that has no
     * source for the first and the third: insecure_secret.h. */
    tps_status (*unique_secret)(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE]);
    tps_status (*lock_secret)(void *context);
    tps_status (*entropy)(void *context, tps_buf out);
    uint32_t (*debug_status)(void *context);
    void (*reset)(void *context);
    void (*log)(void *context, uint32_t level, const char *text, tps_status status);

    /** The image "component": this secure image itself, as it lies in code memory. */
    tps_span component_image;
} tps_chip;

#endif
