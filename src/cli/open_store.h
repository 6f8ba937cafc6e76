/* SPDX-License-Identifier: Apache-2.0 */
/** @file open_store.h  The store that a command line names: one place for all commands. */
#ifndef TPS_CLI_OPEN_STORE_H
#define TPS_CLI_OPEN_STORE_H

#include <stdbool.h>

#include "store/store.h"

/** True for "postgresql://..." and "postgres://...". */
bool cli_is_database(const char *name);

/**
 * Opens a store: a path is SQLite's file, "postgresql://..." a database.
 *
 * @param name     NULL: --store is missing.
 * @param is_made  Make the file when it is not there; else a path that leads nowhere is a slip, and leaves no
 *                 file behind.
 * @return The handle, to be ended by its close(); NULL after having said what is wrong and what to do.
 */
tps_store *cli_open_store(const char *name, bool is_made);

#endif
