/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file services.h
 * The services that the secure world of a chip runs, with their memory: the only mutable state of this folder
 * that is not the caller's. A maker who needs fewer makes a list of their own in place of services.c.
 *
 * With TPS_TRUSTZONE_M_ROT13 defined the test service is there, too.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_SERVICES_H
#define TPS_PLATFORM_TRUSTZONE_M_SERVICES_H

#include "component/core/component.h"

extern const tps_service_slot tps_trustzone_m_services[];
extern const size_t tps_trustzone_m_services_count;

#endif
