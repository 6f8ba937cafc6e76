/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file chip.h
 * A device's folder onto the flash of a chip (component/boot/chip_flash.h, spec/chip-flash.md): a file that a
 * programmer writes, or an emulator takes as its memory.
 *
 * Not thread-safe on one file.
 */
#ifndef TPS_FACTORY_CHIP_H
#define TPS_FACTORY_CHIP_H

#include "component/boot/chip_flash.h"
#include "factory/factory.h"

/** The sizes of a chip's flash, in bytes: as tps_chip_layout_make(). */
typedef struct {
    uint32_t flash;
    uint32_t sector;
    uint32_t unit;
} tps_factory_chip_sizes;

/** The sizes of the emulated board. */
#define TPS_FACTORY_CHIP_SIZES \
    ((tps_factory_chip_sizes){TPS_CHIP_FLASH_SIZE, TPS_CHIP_SECTOR_SIZE, TPS_CHIP_UNIT_SIZE})

/** A part, as it lies in the file. */
typedef struct {
    uint32_t part;                      /**< TPS_PROVIDED_* */
    char image[TPS_IMAGE_NAME_MAX + 1]; /**< else empty */
    uint32_t offset;                    /**< in the file */
    uint32_t size;
} tps_factory_chip_part;

/** What lies in a flash; nothing of it is secret. */
typedef struct {
    tps_chip_layout layout;
    bool has_secret; /**< INSECURE: a unique secret lies in it */
    bool has_counters;
    uint64_t counters[TPS_COUNTERS_MAX];
    uint64_t starts; /**< sectors of counters that were begun: at most as many starts */
    uint32_t slot;   /**< of the parts */
    uint32_t generation;
    uint32_t count; /**< 0: no container that is whole */
    tps_factory_chip_part parts[TPS_CHIP_PARTS_MAX];
} tps_factory_chip;

/**
 * @brief Make the flash of a new device, from its folder (tps_factory_make()).
 *
 * Identity, certificates, and each image with its manifest, but for the image "component": that is the secure
 * image, which goes into code memory; its manifest goes into the flash. boot/unique-secret, if it is there,
 * with a new seed for random bytes; the counters that the folder has.
 *
 * @param device       The device's folder. One that was started as a Linux process is refused: no device is
 * two.
 * @param path         The file: mode 0600, as large as the flash, 0xff where nothing is.
 * @param may_replace  A file that is there is replaced; else refused.
 * @param[out] chip    What is in it now.
 */
TPS_MUST_USE tps_status tps_factory_chip_make(const char *device, const char *path, bool may_replace,
                                              tps_factory_chip_sizes sizes, tps_factory_chip *chip,
                                              tps_factory_problem *problem);

/**
 * Put into a flash what the device's folder holds now, such as certificates, as an update does: the other
 * slot takes all parts under the next generation. Secret, counters and storage stay; the identity must be the
 * same.
 */
TPS_MUST_USE tps_status tps_factory_chip_renew(const char *device, const char *path,
                                               tps_factory_chip_sizes sizes, tps_factory_chip *chip,
                                               tps_factory_problem *problem);

/** An image for a flash that is there; paths. Both files are taken as they are: the chip judges them. */
typedef struct {
    const char *name;
    const char *image; /**< NULL: only the manifest is new, as of the image "component" */
    const char *manifest;
} tps_factory_chip_image;

/**
 * Put another image into a flash, as an update does: the other slot takes all parts under the next
 * generation. Secret, counters and storage stay. The chip must not run: a file that another program holds a
 * lock of, as firmware/an505/emulate.sh does, is refused (TPS_COMPONENT_IN_USE), here and in the two above.
 */
TPS_MUST_USE tps_status tps_factory_chip_update(const char *path, const tps_factory_chip_image *image,
                                                tps_factory_chip_sizes sizes, tps_factory_chip *chip,
                                                tps_factory_problem *problem);

/** Tell what lies in a flash. A file that is longer, such as the whole memory of an emulator, is read as far
 * as the flash goes. */
TPS_MUST_USE tps_status tps_factory_chip_read(const char *path, tps_factory_chip_sizes sizes,
                                              tps_factory_chip *chip, tps_factory_problem *problem);

#endif
