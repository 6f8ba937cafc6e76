/* SPDX-License-Identifier: Apache-2.0 */
/* The table of applications that the first stage started. */
#include "component/core/applications.h"

tps_status tps_component_application_started(tps_component *component, const uint8_t digest[32])
{
    tps_application *application = component->applications;
    const tps_application *end = application + component->applications_count;

    while (application < end && memcmp(application->digest, digest, sizeof(application->digest)) != 0) {
        application++;
    }
    if (application < end) {
        application->starts += application->starts < UINT32_MAX ? 1 : 0;
        return TPS_OK;
    }
    if (component->applications_count == TPS_COMPONENT_APPLICATIONS_MAX) {
        return TPS_COMPONENT_FULL;
    }
    memcpy(application->digest, digest, sizeof(application->digest));
    application->starts = 1;
    component->applications_count++;
    return TPS_OK;
}

const tps_application *tps_component_applications(const tps_component *component, size_t *count)
{
    *count = component->applications_count;
    return component->applications;
}
