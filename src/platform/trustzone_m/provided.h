/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file provided.h
 * platform.h's provided_read() on a chip: parts of the container in flash (component/boot/chip_flash.h). The
 * image "component" is the secure image itself, in code memory; what a container may hold under this name is
 * never read. `context` is a tps_trustzone_m.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_PROVIDED_H
#define TPS_PLATFORM_TRUSTZONE_M_PROVIDED_H

#include "platform/trustzone_m/trustzone_m.h"

tps_status tps_trustzone_m_provided_read(void *context, uint32_t part, const char *image, uint64_t offset,
                                         tps_buf out, size_t *size);

#endif
