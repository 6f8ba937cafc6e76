/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file log.h
 * What a device's first stage and component said: DIR/component.log. tps_device_start() begins each start of
 * theirs with a line of its own.
 */
#ifndef TPS_DEVICE_LOG_H
#define TPS_DEVICE_LOG_H

#include "device/process.h"

/** What the line of a start begins with; behind it the time, in UTC. */
#define TPS_DEVICE_LOG_START "tps: start "

/** Bytes of the log that are read at most: the last ones. */
#define TPS_DEVICE_LOG_MAX 65536u

/** Write the line of a start that begins now to the descriptor `log`. */
void tps_device_log_begin(int log);

/**
 * @brief Read the log, made fit for a terminal line by line.
 *
 * @param all        All that is read; else from the line of the latest start on.
 * @param[out] text  Lines, and a zero; the caller frees it. NULL unless TPS_OK.
 *
 * @retval TPS_NOT_FOUND      There is none: the device was never started.
 * @retval TPS_IO, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_device_log_read(const tps_device_folder *folder, bool all, char **text,
                                            tps_device_problem *problem);

/**
 * The next line of the boot log that tells of a refused image.
 * @param[in,out] place  Into what tps_device_log_read() gave; it is written to.
 * @return the line, such as "image application ...: REFUSED, it does not run: ...", or NULL: there is none.
 */
const char *tps_device_log_next_refused(char **place);

#endif
