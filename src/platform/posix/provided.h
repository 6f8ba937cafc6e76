/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file provided.h
 * platform.h's provided_read() on a Unix system: files of the device's folder, outside of secure/.
 */
#ifndef TPS_PLATFORM_POSIX_PROVIDED_H
#define TPS_PLATFORM_POSIX_PROVIDED_H

#include "platform/posix/posix.h"

tps_status tps_posix_provided_read(void *context, uint32_t part, const char *image, uint64_t offset,
                                   tps_buf out, size_t *size);

#endif
