/* SPDX-License-Identifier: Apache-2.0 */
/** @file log_internal.h  How a line of log is written, apart from where it goes. */
#ifndef TPS_SERVER_OPERATION_LOG_INTERNAL_H
#define TPS_SERVER_OPERATION_LOG_INTERNAL_H

#include <time.h>

#include "server/operation/log.h"

/** What a line is made of. */
typedef struct {
    struct timespec time; /**< since 1970 */
    tps_log_level level;  /**< without TPS_LOG_EACH */
    tps_log_format format;
    bool for_journal; /**< of text: "<6>" in place of time and level */
    uint32_t worker;  /**< 0: not told */
    tps_span message;
    const tps_log_member *members;
    size_t count;
} tps_log_record;

/**
 * Writes a record as a line with its line break. Secrets are replaced and characters escaped; where the line
 * would be too long, members are cut or left out, and "cut":true (cut=true) tells so.
 * @return its size, at most TPS_LOG_LINE_MAX.
 */
size_t tps_log_write_record(const tps_log_record *record, char line[TPS_LOG_LINE_MAX]);

#endif
