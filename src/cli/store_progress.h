/* SPDX-License-Identifier: Apache-2.0 */
/** @file store_progress.h  How far a long command has come: a bar on a terminal, now and then a line
 * elsewhere. */
#ifndef TPS_CLI_STORE_PROGRESS_H
#define TPS_CLI_STORE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/** Zero-initialise. */
typedef struct {
    bool has_begun;
    bool is_terminal; /* standard error is one */
    bool is_drawn;    /* a bar stands in the last line */
    int64_t told_ms;  /* when something was written last */
} cli_progress;

/** A tps_store_progress (store/digest.h) whose context is a cli_progress. Writes to standard error. */
void cli_progress_tell(void *progress, const char *what, uint64_t done, uint64_t total);

/** Takes the bar away, so that other lines can be written. */
void cli_progress_end(cli_progress *progress);

#endif
