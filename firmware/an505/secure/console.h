/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file console.h
 * The secure world's own line to whoever develops or repairs the device: what started, what was refused, what
 * faulted. Never a secret. The non-secure world has no part in it.
 */
#ifndef AN505_CONSOLE_H
#define AN505_CONSOLE_H

#include <stdint.h>

#include "tps/status.h"

/** Switches the console on. */
void an505_console_start(void);

/** Text as it is. */
void an505_console_put(const char *text);

/** A number as 0x and eight digits. */
void an505_console_put_hex(uint32_t number);

/** The end of a line: unless TPS_OK the status's cause, if it is one that a start can meet, and its number:
 * `tps status NUMBER` says all of it. */
void an505_console_put_status(tps_status status);

/** One line: text, and the status as above. */
void an505_console_line(const char *text, tps_status status);

#endif
