/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file chip_flash.h
 * How the flash of a chip's secure world is divided, and what lies in it: the counters' records, and the
 * "parts" that the maker puts onto the device. spec/chip-flash.md has it byte by byte.
 *
 * The factory writes it (factory/chip.h), platform/trustzone_m reads it, an updater writes a slot of parts.
 * Reading is strict and total: what lies there may be the work of whoever has a programmer.
 *
 * No state; all functions are thread-safe.
 */
#ifndef TPS_COMPONENT_BOOT_CHIP_FLASH_H
#define TPS_COMPONENT_BOOT_CHIP_FLASH_H

#include "component/platform.h"

/* ---- the division ---- */

/** Sectors of the ring of counters; at least TPS_CHIP_COUNTER_SECTORS_MIN. Each start erases one of them, so
 * that flash of 10,000 cycles lasts for 10,000 times as many starts. */
#ifndef TPS_CHIP_COUNTER_SECTORS
#define TPS_CHIP_COUNTER_SECTORS 8u
#endif
#define TPS_CHIP_COUNTER_SECTORS_MIN 4u

/** Bytes of raw storage, the vault's; rounded up to an even number of sectors. */
#ifndef TPS_CHIP_STORAGE_SIZE
#define TPS_CHIP_STORAGE_SIZE 65536u
#endif

/** Slots of parts: one is in use, the other takes the next update. */
#define TPS_CHIP_SLOTS 2u

/** The flash that `tps factory chip` writes unless it is told otherwise. */
#define TPS_CHIP_FLASH_SIZE  4194304u
#define TPS_CHIP_SECTOR_SIZE 4096u
#define TPS_CHIP_UNIT_SIZE   16u

/** Where what lies: offsets and sizes in bytes, all of them whole sectors. In this order, without gaps. */
typedef struct {
    uint32_t flash_size;
    uint32_t sector_size;
    uint32_t unit_size;
    uint32_t secret;   /**< one sector: tps_chip_insecure_secret; erased where hardware has the secret */
    uint32_t counters; /**< TPS_CHIP_COUNTER_SECTORS sectors */
    uint32_t storage;
    uint32_t storage_size;
    uint32_t slots[TPS_CHIP_SLOTS];
    uint32_t slot_size;
} tps_chip_layout;

/**
 * @brief Divide a flash.
 *
 * @param flash_size   Bytes; whole sectors.
 * @param sector_size  A power of two, TPS_STORAGE_SECTOR_MIN..TPS_STORAGE_SECTOR_MAX, and at least 16 records
 * of the counters (tps_chip_record_stride()).
 * @param unit_size    A power of two, 1..TPS_STORAGE_UNIT_MAX.
 *
 * @retval TPS_BAD_ARGUMENT  A size is none of these. @retval TPS_TOO_LARGE  What must be there does not fit.
 */
TPS_MUST_USE tps_status tps_chip_layout_make(uint32_t flash_size, uint32_t sector_size, uint32_t unit_size,
                                             tps_chip_layout *layout);

/* ---- the secret of a chip that has none: INSECURE ---- */

#define TPS_CHIP_SEED_SIZE            32u
#define TPS_CHIP_INSECURE_SECRET_SIZE 96u

/** A unique secret in flash, where nothing protects it, and what random bytes are made from where there is no
 * source of them. For emulators and demonstrations. */
typedef struct {
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE];
    uint8_t seed[TPS_CHIP_SEED_SIZE];
} tps_chip_insecure_secret;

void tps_chip_insecure_secret_encode(const tps_chip_insecure_secret *secret,
                                     uint8_t encoded[TPS_CHIP_INSECURE_SECRET_SIZE]);

/** @retval TPS_COMPONENT_NO_SECRET  It is erased, half written or changed; `secret` is wiped. */
TPS_MUST_USE tps_status tps_chip_insecure_secret_decode(const uint8_t encoded[TPS_CHIP_INSECURE_SECRET_SIZE],
                                                        tps_chip_insecure_secret *secret);

/* ---- records of the counters ---- */

/** Bytes of a record. */
#define TPS_CHIP_RECORD_SIZE 16u
/** The largest value that a record holds. */
#define TPS_CHIP_RECORD_VALUE_MAX ((UINT64_C(1) << 56) - 1)

/** The highest number of a sector: no flash is erased so often. */
#define TPS_CHIP_NUMBER_MAX (UINT64_C(1) << 40)

/** What a record says; below TPS_COUNTERS_MAX: the value of this counter. */
enum {
    TPS_CHIP_RECORD_SEAL = 0xc5, /**< ends the beginning of a sector; its value is the sector's number */
    TPS_CHIP_RECORD_DONE = 0xc6  /**< the beginning is complete; its value is that of the seal */
};

/** From one record to the next: a record is a whole number of units. */
uint32_t tps_chip_record_stride(uint32_t unit_size);

/**
 * Write a record: each bit and its opposite. Programming only makes zeros of ones, so a record that was cut
 * off is none, and never another; the same holds for one that is half erased.
 * @param value  At most TPS_CHIP_RECORD_VALUE_MAX.
 */
void tps_chip_record_put(uint32_t kind, uint64_t value, uint8_t record[TPS_CHIP_RECORD_SIZE]);

/** False for what is no record. */
bool tps_chip_record_get(const uint8_t record[TPS_CHIP_RECORD_SIZE], uint32_t *kind, uint64_t *value);

/** Records of a sector's beginning: a value for each counter, SEAL, DONE twice. Steps follow. */
#define TPS_CHIP_BEGINNING (TPS_COUNTERS_MAX + 3u)

/** Write record `index` of the beginning of the sector that has this number. */
void tps_chip_beginning_put(uint32_t index, uint64_t number, const uint64_t values[TPS_COUNTERS_MAX],
                            uint8_t record[TPS_CHIP_RECORD_SIZE]);

/** What is found in a sector of the ring. */
typedef struct {
    bool is_whole;    /**< values and SEAL are there; else all is zero */
    bool is_complete; /**< and something stands behind SEAL: they were written to their end */
    bool is_sure;     /**< and something behind the first DONE: what is complete stays so */
    uint32_t next;    /**< place behind the last record, or what was begun as one */
    uint64_t number;
    uint64_t values[TPS_COUNTERS_MAX];
} tps_chip_counters;

/** Read sector `sector` of the ring. */
void tps_chip_counters_read(const uint8_t *flash, const tps_chip_layout *layout, uint32_t sector,
                            tps_chip_counters *counters);

/** Read the complete sector of the highest number. False if there is none. */
bool tps_chip_counters_newest(const uint8_t *flash, const tps_chip_layout *layout, uint32_t *sector,
                              tps_chip_counters *counters);

/** Offset of record `at` of sector `sector` in the flash. */
uint32_t tps_chip_record_offset(const tps_chip_layout *layout, uint32_t sector, uint32_t at);

/* ---- parts ---- */

/** Parts of a device, at most: three, and an image with its manifest for each name. */
#define TPS_CHIP_PARTS_MAX 24u
/** Bytes of a container's head, and of each entry of its table. */
#define TPS_CHIP_HEAD_SIZE  64u
#define TPS_CHIP_ENTRY_SIZE 64u
#define TPS_CHIP_TABLE_MAX  (TPS_CHIP_HEAD_SIZE + TPS_CHIP_PARTS_MAX * TPS_CHIP_ENTRY_SIZE)
/** Contents begin at multiples of this. */
#define TPS_CHIP_PART_ALIGNMENT 64u

/** One part. */
typedef struct {
    uint32_t part;                      /**< TPS_PROVIDED_* */
    char image[TPS_IMAGE_NAME_MAX + 1]; /**< of IMAGE and MANIFEST; else empty */
    tps_span content;
} tps_chip_part;

/** A container that was opened. Points into the slot. */
typedef struct {
    tps_span slot;
    uint32_t generation; /**< rises with every update */
    uint32_t count;
    uint32_t size; /**< bytes of the slot that are in use */
    bool is_whole; /**< false: an image is not what was put there */
} tps_chip_parts;

/**
 * @brief Open a container: check all of it, head, table and contents.
 *
 * An image that is not what was put there is no reason to know nothing of the device: `is_whole` is false,
 * all parts can be read, and the first stage refuses that image by its manifest, and names it.
 *
 * @param slot  The slot, below 2 GiB; must live as long as `parts`.
 *
 * @retval TPS_NOT_FOUND                  None is there: the slot does not begin as one does.
 * @retval TPS_COMPONENT_STORAGE_CORRUPT  It is half written, or more than images was changed.
 *
 * A check against accidents, not against attackers: who can write flash can make a good container. Images are
 * protected by their manifests, the identity by the keys that follow from it.
 */
TPS_MUST_USE tps_status tps_chip_parts_open(tps_span slot, tps_chip_parts *parts);

/**
 * Open the container of the highest generation that is whole; if none is, of those that can be opened.
 * @param[out] at  The slot that it lies in; may be NULL.
 * @retval TPS_NOT_FOUND  Both slots are without. @retval TPS_COMPONENT_STORAGE_CORRUPT  None can be opened,
 * and at least one begins as one does.
 */
TPS_MUST_USE tps_status tps_chip_parts_newest(const uint8_t *flash, const tps_chip_layout *layout,
                                              tps_chip_parts *parts, uint32_t *at);

/** Part number `index`, below parts->count. */
tps_chip_part tps_chip_parts_get(const tps_chip_parts *parts, uint32_t index);

/** Find a part. @param image  For IMAGE and MANIFEST; else NULL. @retval TPS_NOT_FOUND */
TPS_MUST_USE tps_status tps_chip_parts_find(const tps_chip_parts *parts, uint32_t part, const char *image,
                                            tps_span *content);

/**
 * @brief Make head and table of a container.
 *
 * To write a slot so that a power cut leaves the old container or the new: erase the slot that is not in use,
 * its first sector first; program the contents at `offsets`; then head and table without their first
 * TPS_STORAGE_UNIT_MAX bytes; those last. Read back after each step.
 *
 * @param generation    One above that of the container in use.
 * @param slot_size     Bytes of the slot.
 * @param[out] head     At least TPS_CHIP_TABLE_MAX bytes are always enough.
 * @param[out] encoded  Inside `head`: whole multiples of TPS_CHIP_PART_ALIGNMENT.
 * @param[out] offsets  Where in the slot the content of each part goes. Up to the next one there is 0xff.
 *
 * @retval TPS_BAD_ARGUMENT  A part is unknown, twice there, or has a name that it must not have.
 * @retval TPS_TOO_LARGE     More parts than TPS_CHIP_PARTS_MAX, or more bytes than `slot_size`.
 * @retval TPS_BUFFER_TOO_SMALL
 */
TPS_MUST_USE tps_status tps_chip_parts_encode(const tps_chip_part *parts, uint32_t count, uint32_t generation,
                                              uint32_t slot_size, tps_buf head, tps_span *encoded,
                                              uint32_t offsets[TPS_CHIP_PARTS_MAX]);

#endif
