/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file storage.h
 * Programming and erasing a chip's flash, with every check that the rules of flash allow; and platform.h's
 * raw storage over it. `context` of tps_trustzone_m_storage_* is a tps_trustzone_m.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_STORAGE_H
#define TPS_PLATFORM_TRUSTZONE_M_STORAGE_H

#include "platform/trustzone_m/trustzone_m.h"

/** True when all bytes of a range within the flash are 0xff. */
bool trustzone_m_is_erased(const tps_chip *chip, uint32_t offset, uint32_t size);

/**
 * Program whole units that are erased, and read them back. Nothing is programmed if they are not erased.
 * @retval TPS_COMPONENT_STORAGE  They are no whole units, not erased, it failed, or they read otherwise.
 */
TPS_MUST_USE tps_status trustzone_m_program(const tps_chip *chip, uint32_t offset, tps_span bytes);

/** Erase the sector that begins at `offset`, and read it back. @retval TPS_COMPONENT_STORAGE */
TPS_MUST_USE tps_status trustzone_m_erase(const tps_chip *chip, uint32_t offset);

/** As platform.h says. What is not within raw storage, or not aligned, is refused: TPS_COMPONENT_STORAGE. */
tps_status tps_trustzone_m_storage_read(void *context, uint32_t offset, tps_buf out);
tps_status tps_trustzone_m_storage_write(void *context, uint32_t offset, tps_span bytes);
tps_status tps_trustzone_m_storage_erase(void *context, uint32_t offset);

#endif
