/* SPDX-License-Identifier: Apache-2.0 */
/* What every caller in this folder uses. Each is a program of one function, sizes_entry(), that calls a
 * feature as a user would; scripts/sizes.py links it and measures what it pulls in. */
#ifndef TPS_BENCH_SIZES_CALLER_H
#define TPS_BENCH_SIZES_CALLER_H

#include "tps/span.h"
#include "tps/status.h"

/** An object that the library asks its caller for: counted by itself, under "provided". */
#define PROVIDED __attribute__((section(".provided"))) static

/** What is read or written; it belongs to the caller and is not counted. */
extern tps_span sizes_input;
extern tps_buf sizes_output;

tps_status sizes_entry(void);

#endif
