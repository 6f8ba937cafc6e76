/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file boot.h
 * The first stage of the Root of Trust: the only code that sees the unique device secret. It verifies every
 * image against what its maker signed, derives what the component may know (spec/keys.md), and locks the
 * secret away.
 *
 * The first image of the identity is R itself, the component that is started next: if it is not exactly what
 * a release key signed, or older than what the device accepted before, nothing starts. A later image that
 * fails does not run; it is measured and listed as it was found, so that providers see it, and CDI_A covers
 * it.
 */
#ifndef TPS_COMPONENT_BOOT_BOOT_H
#define TPS_COMPONENT_BOOT_BOOT_H

#include "component/boot/handover.h"

/**
 * @brief Run the first stage.
 *
 * @param platform       With unique_secret() not yet locked; afterwards it is, whatever is returned but
 * NOT_LOCKED and BAD_ARGUMENT.
 * @param[out] handover  Whole on TPS_OK, else wiped.
 * @param[out] why       Which image or step failed, in `detail`; may be NULL.
 *
 * @retval TPS_OK                         Start the next stage with it.
 * @retval TPS_COMPONENT_NO_SECRET        The device has no unique secret.
 * @retval TPS_COMPONENT_NOT_LOCKED       The secret could not be locked away, whatever else failed: start
 * nothing.
 * @retval TPS_COMPONENT_BAD_IDENTITY, TPS_CBOR_*  The identity cannot be read.
 * @retval TPS_COMPONENT_IMAGE_REFUSED    R is missing, or no release key signed exactly these bytes for this
 * class.
 * @retval TPS_COMPONENT_IMAGE_TOO_OLD    R's security counter is below TPS_COUNTER_SECURITY.
 * @retval TPS_COMPONENT_STORAGE          A counter or an image cannot be read.
 * @retval TPS_BAD_ARGUMENT               The platform is of another TPS_PLATFORM_VERSION; nothing of it was
 * called.
 * @retval others                         As the platform's operations and crypto.h.
 */
TPS_MUST_USE tps_status tps_boot(const tps_platform *platform, tps_handover *handover, tps_error *why);

/**
 * @brief Accept what runs: raise TPS_COUNTER_SECURITY to the security counter of this start.
 *
 * From then on nothing older starts. Apart from tps_boot(), so that an update can be tried, and given up,
 * before: call it once the component is up and no update is on trial. One step a call of counter_increase();
 * a power cut between two leaves a lower counter, and the next call goes on.
 *
 * @retval TPS_OK                 Accepted, or accepted before; or there is nothing to accept (no identity, no
 * such counter).
 * @retval TPS_COMPONENT_STORAGE  The counter cannot be read or raised; call again.
 */
TPS_MUST_USE tps_status tps_boot_accept(const tps_platform *platform, const tps_handover *handover);

/** All of a provided part, at most `out.size` bytes. @retval TPS_TOO_LARGE; others as provided_read(). */
TPS_MUST_USE tps_status tps_provided_read_all(const tps_platform *platform, uint32_t part, const char *image,
                                              tps_buf out, tps_span *content);

#endif
