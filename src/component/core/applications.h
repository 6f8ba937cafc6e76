/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file applications.h
 * Applications that the first stage verified and started, each under the digest of its image: who has an
 * APPLICATION login, and what every evidence tells of restarts. Called by the platform, when the first stage
 * hands it the connection of an application that it started.
 */
#ifndef TPS_COMPONENT_APPLICATIONS_H
#define TPS_COMPONENT_APPLICATIONS_H

#include "component/core/component.h"

/**
 * @brief Count a start of an application, before its first session.
 *
 * @param digest  SHA-256 of its image, as the first stage verified it.
 *
 * @retval TPS_OK              tps_component_applications() tells it. The count stays at UINT32_MAX.
 * @retval TPS_COMPONENT_FULL  TPS_COMPONENT_APPLICATIONS_MAX others were started since the component began:
 * refuse its connection. What was counted is never forgotten, as evidence must tell it.
 */
TPS_MUST_USE tps_status tps_component_application_started(tps_component *component, const uint8_t digest[32]);

#endif
