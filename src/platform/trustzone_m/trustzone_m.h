/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trustzone_m.h
 * The platform of the Root of Trust (component/platform.h) on a microcontroller with TrustZone-M, made of
 * what the chip gives (chip.h) and of flash that is laid out as component/boot/chip_flash.h says.
 *
 * What this platform is worth. Storage is sealed by the vault, whatever the flash. Counters lie in flash,
 * too: they never go back by themselves, whenever the power goes, but who can write the whole flash back to
 * what it was turns them back. So TPS_PLATFORM_COUNTERS_ARE_MONOTONIC is never set here. On a chip with
 * fuses, or memory that is protected against replay, put your own counter_read() and counter_increase() into
 * `table` after tps_trustzone_m_init(), and set it.
 *
 * Who speaks for the device's owner (is_administrator()): privileged code of the non-secure world, under
 * every login but PUBLIC (gateway.h says who its users are). Code without privilege never does. Where that is
 * not the division of a system, such as one that runs all of its tasks privileged, put a rule of your own
 * into `table`.
 *
 * Portable: no heap, no state but in tps_trustzone_m. One thread.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_TRUSTZONE_M_H
#define TPS_PLATFORM_TRUSTZONE_M_TRUSTZONE_M_H

#include "component/boot/chip_flash.h"
#include "platform/trustzone_m/chip.h"

/** The ring of counters, opened. Private. */
typedef struct {
    bool is_open;
    bool is_torn;    /**< a record could not be written: the next one goes to another sector */
    uint32_t sector; /**< that is in use, counted from the ring's first */
    uint32_t next;   /**< place of the next record in it */
    uint64_t number; /**< of the sector: rises by one with each that is begun */
    uint64_t start;  /**< tps_trustzone_m_start_number() */
    uint64_t values[TPS_COUNTERS_MAX];
} tps_trustzone_m_counters;

/** A chip's platform. Private, but for `table`. */
typedef struct {
    tps_platform table; /**< for tps_boot() and tps_component_init() */
    const tps_chip *chip;
    tps_chip_layout layout;
    bool has_parts;
    tps_chip_parts parts;
    tps_trustzone_m_counters counters;
} tps_trustzone_m;

/**
 * @brief Make the platform of a chip: divide its flash, open the counters, find what the maker put there.
 *
 * Erases and writes one sector of counters (counters.h says why): call it once a start.
 *
 * @param[out] platform  The caller's; must not move afterwards. Zeroed if TPS_BAD_ARGUMENT is returned.
 * @param chip           Must live as long. Every operation but is_clean_start() must be there.
 *
 * @retval TPS_OK                 With or without parts: the log says if there are none that are whole.
 * @retval TPS_BAD_ARGUMENT       An operation is missing, or the sizes of the flash are none that
 * tps_chip_layout_make() takes.
 * @retval TPS_COMPONENT_STORAGE  The counters cannot be read or written: start nothing. `table` is whole, and
 * all operations on counters return this.
 */
TPS_MUST_USE tps_status tps_trustzone_m_init(tps_trustzone_m *platform, const tps_chip *chip);

/**
 * A number that no other start of this device has, for what must not repeat; 0 if the counters are not open.
 * It rises from start to start. As good as the counters are: see above.
 */
uint64_t tps_trustzone_m_start_number(const tps_trustzone_m *platform);

#endif
