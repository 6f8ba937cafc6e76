/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file identification.h
 * The identification service: what kind of device this is, and which one. Messages in
 * spec/identification.cddl: tag 10 tells the class (any login), tag 11 the instance (any login but PUBLIC,
 * because it tells devices apart).
 */
#ifndef TPS_COMPONENT_IDENTIFICATION_H
#define TPS_COMPONENT_IDENTIFICATION_H

#include "component/core/service.h"

/** What the component calls itself; the name says so when its root of trust protects nothing. */
#define TPS_COMPONENT_NAME          "opentps secure component"
#define TPS_COMPONENT_NAME_INSECURE "opentps secure component (insecure demonstration)"

/** Stores nothing, and needs no other service. */
extern const tps_service tps_identification_service;

#endif
