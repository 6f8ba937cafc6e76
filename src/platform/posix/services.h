/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file services.h
 * The services that tps-component runs. A new service is one line in services.c.
 */
#ifndef TPS_PLATFORM_POSIX_SERVICES_H
#define TPS_PLATFORM_POSIX_SERVICES_H

#include "component/core/component.h"

extern const tps_service_slot tps_posix_services[];
extern const size_t tps_posix_services_count;

#endif
