/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file platform.h
 * A device that is nothing but memory: the smallest platform there can be, to copy from for a new chip
 * (docs/porting.md). Nothing survives the process, and nothing protects the secret: it names itself INSECURE.
 */
#ifndef RAM_PLATFORM_H
#define RAM_PLATFORM_H

#include "component/platform.h"

#define RAM_FLASH_SIZE   (256u * 1024u)
#define RAM_FLASH_SECTOR 4096u
#define RAM_FLASH_UNIT   16u
#define RAM_PARTS_MAX    16u

/** What the maker put onto the device; on a chip a place in its flash. */
typedef struct {
    uint32_t part;                      /**< TPS_PROVIDED_* */
    char image[TPS_IMAGE_NAME_MAX + 1]; /**< of an image or a manifest, else empty */
    tps_span bytes;
} ram_part;

/** The hardware: what would be fuses, flash, counters and a latch. */
typedef struct {
    uint8_t fuses[TPS_UNIQUE_SECRET_SIZE]; /**< the unique device secret */
    bool has_secret;
    bool is_latched; /**< until the next reset the fuses cannot be read */
    bool is_reset_wanted;
    uint8_t flash[RAM_FLASH_SIZE];
    uint64_t counters[TPS_COUNTERS_MAX];
    ram_part parts[RAM_PARTS_MAX];
    size_t parts_count;
    uint32_t owner; /**< uid of who owns the device */
} ram_hardware;

/** A new device: flash erased, counters 0. */
void ram_hardware_init(ram_hardware *hardware);

/** Power on, or off and on again: what the latch held back is there once more. */
void ram_hardware_reset(ram_hardware *hardware);

/** The table of operations on it; the hardware must live as long. */
tps_platform ram_platform(ram_hardware *hardware);

#endif
