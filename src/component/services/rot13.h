/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rot13.h
 * The test service "GPP ROT13": tag 10 encrypts and tag 11 decrypts {1: text of letters}. See
 * spec/rot13.cddl.
 */
#ifndef TPS_COMPONENT_ROT13_H
#define TPS_COMPONENT_ROT13_H

#include "component/core/service.h"

/** Needs no state and stores nothing. */
extern const tps_service tps_rot13_service;

#endif
