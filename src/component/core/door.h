/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file door.h
 * How an application that the first stage started asks for connections: what its connector and the
 * component process must agree on (spec/first-stage.cddl).
 */
#ifndef TPS_COMPONENT_DOOR_H
#define TPS_COMPONENT_DOOR_H

/** The environment variable that holds the number of the door's descriptor, decimal. */
#define TPS_DOOR_VARIABLE "TPS_COMPONENT_FD"

/** The packet that carries one end of a socket pair to the component: [1] in CBOR. */
#define TPS_DOOR_CONNECT "\x81\x01"

#endif
