/* SPDX-License-Identifier: Apache-2.0 */
/** @file open.h  Opens the SQLite file of a store: who may read it, whether it is ours, its version. */
#ifndef TPS_STORE_SQLITE_OPEN_H
#define TPS_STORE_SQLITE_OPEN_H

#include "store/sqlite/schema.h"
#include "tps/span.h"

/** As tps_sqlite_store_open_as() (sqlite_store.h); closed by sqlite3_close(). On failure `*db` is untouched.
 */
TPS_MUST_USE tps_status tps_sqlite_open(const char *path, int version, sqlite3 **db, char *explanation,
                                        size_t explanation_size);

#endif
