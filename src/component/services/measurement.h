/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file measurement.h
 * The measurement service: tells what the first stage measured at this start. Messages
 * (spec/measurement.cddl): tag 10 lists the measurements. All logins but PUBLIC may ask.
 */
#ifndef TPS_COMPONENT_MEASUREMENT_H
#define TPS_COMPONENT_MEASUREMENT_H

#include "component/core/service.h"

/** Stores nothing. */
extern const tps_service tps_measurement_service;

#endif
