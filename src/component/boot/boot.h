/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file boot.h
 * The first stage of the Root of Trust: the only code that sees the unique device secret. It measures every
 * image, compares it with what its maker signed, derives what the component may know (spec/keys.md), and
 * locks the secret away.
 *
 * This is measured boot: whatever is there runs, and evidence says what it was. Verified boot, which refuses
 * to run it, is not here yet.
 */
#ifndef TPS_COMPONENT_BOOT_BOOT_H
#define TPS_COMPONENT_BOOT_BOOT_H

#include "component/boot/handover.h"

/**
 * @brief Run the first stage.
 *
 * @param platform       With unique_secret() not yet locked; afterwards it is, whatever is returned.
 * @param[out] handover  Whole on TPS_OK, else wiped.
 * @param[out] why       Which image or step failed, in `detail`; may be NULL.
 *
 * @retval TPS_OK                         Start the next stage with it.
 * @retval TPS_COMPONENT_NO_SECRET        The device has no unique secret.
 * @retval TPS_COMPONENT_NOT_LOCKED       The secret could not be locked away.
 * @retval TPS_COMPONENT_BAD_IDENTITY, TPS_CBOR_*  The identity cannot be read.
 * @retval TPS_COMPONENT_STORAGE          A counter or an image cannot be read.
 * @retval others                         As the platform's operations and crypto.h.
 */
TPS_MUST_USE tps_status tps_boot(const tps_platform *platform, tps_handover *handover, tps_error *why);

/** All of a provided part, at most `out.size` bytes. @retval TPS_TOO_LARGE; others as provided_read(). */
TPS_MUST_USE tps_status tps_provided_read_all(const tps_platform *platform, uint32_t part, const char *image,
                                              tps_buf out, tps_span *content);

#endif
