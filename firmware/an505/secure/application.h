/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file application.h
 * The image of the non-secure world: from the secure flash, where the first stage verified it, to the memory
 * where it runs.
 */
#ifndef AN505_APPLICATION_H
#define AN505_APPLICATION_H

#include "component/boot/handover.h"

/** The name of the image. */
#define AN505_APPLICATION "application"

/**
 * @brief Copy the application to its memory, and see that what lies there is what was verified.
 *
 * @param[out] image  Its beginning, for an505_start_nonsecure(). The memory behind it is zero.
 *
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND                The device has no such image.
 * @retval TPS_COMPONENT_IMAGE_REFUSED  The first stage refused it (the reason is in its log), or the copy is
 * not what was verified.
 * @retval TPS_TOO_LARGE                It does not fit.
 * @retval others                       As provided_read() and crypto.h.
 */
TPS_MUST_USE tps_status an505_application_load(const tps_platform *platform, const tps_handover *handover,
                                               const uint32_t **image);

#endif
