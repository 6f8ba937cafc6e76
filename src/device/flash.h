/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file flash.h
 * Putting another image of firmware onto a device: what an update does, or somebody who has got at it.
 */
#ifndef TPS_DEVICE_FLASH_H
#define TPS_DEVICE_FLASH_H

#include "device/process.h"

/**
 * Replaces DIR/firmware/NAME.bin, and its manifest if one is given; without one the old manifest stays, and
 * no longer fits. The first stage verifies it at the next start: what does not fit does not run.
 *
 * @param name      The image's name; NULL: the only image there is.
 * @param image     Path of the new image. @param manifest Path of its manifest, or NULL.
 * @param[out] used Which image it was; at least 64 characters.
 * @retval TPS_NOT_FOUND, TPS_IO
 * @retval TPS_BAD_ARGUMENT  Several images, and no name; or `manifest` is none.
 */
TPS_MUST_USE tps_status tps_device_flash(const tps_device_folder *folder, const char *name, const char *image,
                                         const char *manifest, char used[64], tps_device_problem *problem);

#endif
