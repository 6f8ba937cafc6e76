/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file door.h
 * The way to the component of an application that the first stage started (spec/first-stage.cddl). Private to
 * the local connector.
 */
#ifndef TPS_CONNECTOR_LOCAL_DOOR_H
#define TPS_CONNECTOR_LOCAL_DOOR_H

#include "tps/status.h"

/**
 * This process's door, from its environment; closed from now on to programs that it executes.
 * @param[out] door  -1: there is none.
 * @retval TPS_BAD_ARGUMENT  The environment names one, but it is not there.
 */
TPS_MUST_USE tps_status tps_local_door_find(int *door);

/** A new connection through the door, or -1 with errno. */
int tps_local_door_connect(int door);

#endif
