/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sqlite_store.h
 * The embedded store: one SQLite file (beside it, while open, its -wal and -shm). Write-ahead log,
 * synchronous=FULL: what was committed survives a power cut. Readers never wait; writers wait for each other
 * for up to 5 seconds.
 */
#ifndef TPS_STORE_SQLITE_STORE_H
#define TPS_STORE_SQLITE_STORE_H

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
 * @retval TPS_STORE_NEWER    A newer version of this program has written it; nothing was changed.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_sqlite_store_open(const char *path, tps_store **store, char *explanation,
                                              size_t explanation_size);

#endif
