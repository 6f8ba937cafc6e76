/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sqlite_store.h
 * The embedded store: one SQLite file (beside it, while open, its -wal and -shm). Write-ahead log,
 * synchronous=FULL: what was committed survives a power cut. Readers never wait; writers wait for each other
 * for up to 5 seconds, and then have TPS_STORE_AWAY. It must lie on a local disk: the log is shared memory.
 */
#ifndef TPS_STORE_SQLITE_STORE_H
#define TPS_STORE_SQLITE_STORE_H

#include "store/migration.h"
#include "store/store.h"

/**
 * @brief Open the store in a file; make it, with mode 0600, when it is not there; bring an older one up to
 * date.
 *
 * @param path         The file. Its folder must exist and be writable.
 * @param[out] store   The handle; end it with store->ops->close(store).
 * @param explanation  When not NULL, takes a line for people on failure, cut to `explanation_size`.
 *
 * @retval TPS_STORE_FAILED   It cannot be opened, or is not a store of ours.
 * @retval TPS_STORE_NEWER    A newer version of this program has written it, and only such a one can use it;
 *                            nothing was changed.
 * @retval TPS_STORE_AWAY     Another program keeps it locked.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_sqlite_store_open(const char *path, tps_store **store, char *explanation,
                                              size_t explanation_size);

/** As tps_sqlite_store_open(), as a program of schema version `version` does it (schema.h); for tests. */
TPS_MUST_USE tps_status tps_sqlite_store_open_as(const char *path, int version, tps_store **store,
                                                 char *explanation, size_t explanation_size);

/**
 * @brief Bring a file that exists to a version of the schema, up or down, all or nothing. No program may be
 * at work on it that cannot use that version.
 *
 * @param version   0: changes nothing, and tells only.
 * @param lose      Go down even if that loses things (`lost` counts them).
 * @param[out] out  Set also on TPS_STORE_EXISTS.
 *
 * @retval TPS_STORE_EXISTS   Things would be lost, and `lose` is not set.
 * @retval TPS_BAD_ARGUMENT   This program knows no such version.
 * @retval TPS_NOT_FOUND      There is no such file.
 * @retval TPS_STORE_NEWER, TPS_STORE_FAILED, TPS_STORE_AWAY, TPS_OUT_OF_MEMORY  As above.
 */
TPS_MUST_USE tps_status tps_sqlite_store_migrate(const char *path, int version, bool lose,
                                                 tps_store_migration *out, char *explanation,
                                                 size_t explanation_size);

/**
 * @brief Have SQLite look through the whole file: pages, indexes, constraints. Changes nothing; reads all.
 * @param[out] explanation  What is wrong, the first of it.
 * @retval TPS_OK            All is well, as far as SQLite can see.
 * @retval TPS_STORE_FAILED  Something is wrong. @retval TPS_STORE_AWAY, TPS_OUT_OF_MEMORY, TPS_NOT_FOUND
 */
TPS_MUST_USE tps_status tps_sqlite_store_look_through(const char *path, char *explanation,
                                                      size_t explanation_size);

#endif
