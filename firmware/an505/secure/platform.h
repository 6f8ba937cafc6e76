/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file platform.h
 * The board as a tps_chip. INSECURE where the emulator has no true source: the unique secret and the seed of
 * random bytes lie in the flash file, and whoever has the file can put all of it back to what it was.
 */
#ifndef AN505_PLATFORM_H
#define AN505_PLATFORM_H

#include "platform/trustzone_m/trustzone_m.h"

/**
 * @brief The platform of the board, ready for tps_boot(); cryptography is started.
 *
 * @param[out] platform  The caller's; must not move afterwards. What else it needs is static.
 * @param[out] what      The step that failed, for the console.
 *
 * @retval TPS_OK
 * @retval TPS_COMPONENT_NO_SECRET  The flash holds none: `tps factory chip` writes it.
 * @retval others                   As tps_trustzone_m_init(), tps_psa_start().
 */
TPS_MUST_USE tps_status an505_platform_init(tps_trustzone_m *platform, const char **what);

#endif
