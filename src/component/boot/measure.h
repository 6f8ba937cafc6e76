/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring and verifying images: private to the first stage. */
#ifndef TPS_COMPONENT_BOOT_MEASURE_H
#define TPS_COMPONENT_BOOT_MEASURE_H

#include "component/boot/handover.h"

/**
 * Measures every image that the identity names, and believes its manifest only if it fits. Fills `images`,
 * `image_count`, `are_all_signed` and `boot_digest`.
 */
TPS_MUST_USE tps_status boot_measure_all(const tps_platform *platform, tps_handover *handover);

#endif
