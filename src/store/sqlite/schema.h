/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file schema.h
 * The tables of the SQLite store, and the steps between their versions, up and down.
 *
 * Each file says its version, and the oldest version of this program's schema that may still work on it. A
 * step that only adds what older programs can do without ("expand") leaves the latter as it was: programs of
 * both versions then work on one file side by side, and an upgrade can be taken back by starting the older
 * program again.
 */
#ifndef TPS_STORE_SQLITE_SCHEMA_H
#define TPS_STORE_SQLITE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "tps/status.h"

/** The version that this program writes. */
#define TPS_SQLITE_SCHEMA_VERSION 3

/** The oldest version that the code of this program can work with, once it is open. */
#define TPS_SQLITE_SCHEMA_OLDEST 2

/** What a file says of itself. */
typedef struct {
    int version;  /**< 0: it is empty */
    int oldest;   /**< the oldest version of a program that may work on it */
    int64_t lost; /**< of tps_sqlite_schema_move(): how many things the version asked for cannot hold */
} tps_sqlite_schema_facts;

/**
 * Sets up a connection: journal, durability, sizes. Changes nothing in a file that is not ours.
 * @retval TPS_STORE_FAILED  SQLite refused (see sqlite3_errmsg()), or the file belongs to another program.
 * @retval TPS_STORE_AWAY    Another program keeps it locked.
 */
TPS_MUST_USE tps_status tps_sqlite_schema_connect(sqlite3 *db);

/**
 * Brings a file that is older up to `version`, in one transaction; leaves a newer one as it is.
 * @param version  TPS_SQLITE_SCHEMA_OLDEST .. TPS_SQLITE_SCHEMA_VERSION: what the program takes itself for.
 * @retval TPS_STORE_NEWER   The file is of a later version, and wants a newer program.
 * @retval TPS_STORE_FAILED, TPS_STORE_AWAY  As above.
 */
TPS_MUST_USE tps_status tps_sqlite_schema_prepare(sqlite3 *db, int version);

/** What the file says. @retval TPS_STORE_FAILED, TPS_STORE_AWAY */
TPS_MUST_USE tps_status tps_sqlite_schema_look(sqlite3 *db, tps_sqlite_schema_facts *facts);

/**
 * Brings a file to a version, up or down, in one transaction.
 *
 * @param version     1 .. TPS_SQLITE_SCHEMA_VERSION.
 * @param lose        Go down even though things are lost that the older version cannot hold.
 * @param[out] facts  What the file says afterwards; `lost` also on TPS_STORE_EXISTS.
 *
 * @retval TPS_STORE_EXISTS  `lost` things would be lost, and `lose` is not set; nothing was changed.
 * @retval TPS_STORE_NEWER   The file is of a version that this program does not know.
 * @retval TPS_STORE_FAILED, TPS_STORE_AWAY  As above.
 */
TPS_MUST_USE tps_status tps_sqlite_schema_move(sqlite3 *db, int version, bool lose,
                                               tps_sqlite_schema_facts *facts);

#endif
