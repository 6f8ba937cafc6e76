/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bridge_line.h
 * The bridge's end of the wire: a serial device, a socket, or standard input and output; opened again when it
 * went away.
 */
#ifndef TPS_DEVICE_BRIDGE_LINE_H
#define TPS_DEVICE_BRIDGE_LINE_H

#include "device/problem.h"

typedef struct {
    const char *name;
    uint32_t baud;
    int in;  /**< -1: not open */
    int out; /**< the same but for "-" */
} tps_bridge_wire;

/** Checks the speed. @retval TPS_BAD_ARGUMENT */
TPS_MUST_USE tps_status tps_bridge_wire_check(const char *name, uint32_t baud, tps_device_problem *problem);

/**
 * Opens `wire->name`: a serial device raw, with `wire->baud`, for this program alone.
 * @retval TPS_IO  With its cause: missing, no serial device, in use, ...
 */
TPS_MUST_USE tps_status tps_bridge_wire_open(tps_bridge_wire *wire, tps_device_problem *problem);

void tps_bridge_wire_close(tps_bridge_wire *wire);

/** True for "-", which cannot be opened again. */
bool tps_bridge_wire_is_standard(const tps_bridge_wire *wire);

/** Bytes that are there now. @return how many, 0: none; -1: the wire went away (and is closed). */
int tps_bridge_wire_read(tps_bridge_wire *wire, uint8_t *bytes, size_t room);

/** Bytes that the wire takes now. @return as of tps_bridge_wire_read(). */
int tps_bridge_wire_write(tps_bridge_wire *wire, const uint8_t *bytes, size_t size);

#endif
