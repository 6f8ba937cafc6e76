/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring and verifying images: private to the first stage. */
#ifndef TPS_COMPONENT_BOOT_MEASURE_H
#define TPS_COMPONENT_BOOT_MEASURE_H

#include "component/boot/handover.h"

/**
 * Measures and verifies every image that the identity names. Fills `images`, `image_count`, `are_all_signed`,
 * `security_counter`, `boot_digest`, and code and configuration of `inputs`.
 *
 * @param accepted  TPS_COUNTER_SECURITY: the least security counter that may run.
 * @retval TPS_COMPONENT_IMAGE_REFUSED, TPS_COMPONENT_IMAGE_TOO_OLD  The first image may not run; `why` says
 * so.
 * @retval others  As the platform and crypto.h.
 */
TPS_MUST_USE tps_status boot_measure_all(const tps_platform *platform, tps_handover *handover,
                                         uint64_t accepted, tps_error *why);

/** Puts one image's entry of the boot log, at most BOOT_LOG_ENTRY_MAX bytes. */
#define BOOT_LOG_ENTRY_MAX 256u
void boot_put_log_entry(tps_cbor_writer *writer, const tps_boot_image *image);

/**
 * What follows from the images: `are_all_signed`, `security_counter`, `boot_digest`, and code and
 * configuration of `inputs`. For the first stage, and for whoever reads what it handed over.
 * @param accepted  v where not every image of the identity runs, unless the least of those that do is less.
 */
TPS_MUST_USE tps_status boot_summarize(tps_handover *handover, uint32_t accepted);

/** The mode of the Open Profile in which a device of this lifecycle runs. */
uint32_t boot_mode_of(uint32_t lifecycle);

#endif
