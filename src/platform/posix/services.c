/* SPDX-License-Identifier: Apache-2.0 */
/* The services that tps-component runs, each with its memory. */
#include "platform/posix/services.h"

#include "component/rot13.h"

const tps_service_slot tps_posix_services[] = {
    {&tps_rot13_service, NULL, 0},
};

const size_t tps_posix_services_count = sizeof(tps_posix_services) / sizeof(tps_posix_services[0]);
