/* SPDX-License-Identifier: Apache-2.0 */
/** @file schema.h  The tables of the SQLite store, and how an older file becomes a current one. */
#ifndef TPS_STORE_SQLITE_SCHEMA_H
#define TPS_STORE_SQLITE_SCHEMA_H

#include <sqlite3.h>

#include "tps/status.h"

/** The version that this program writes. */
#define TPS_SQLITE_SCHEMA_VERSION 1

/**
 * Sets up a connection and brings its file to TPS_SQLITE_SCHEMA_VERSION, in one transaction.
 * @retval TPS_STORE_NEWER   The file is of a later version.
 * @retval TPS_STORE_FAILED  SQLite refused (see sqlite3_errmsg()), or the file belongs to another program.
 */
TPS_MUST_USE tps_status tps_sqlite_schema_prepare(sqlite3 *db);

#endif
