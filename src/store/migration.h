/* SPDX-License-Identifier: Apache-2.0 */
/** @file migration.h  What a store says of the version of its tables; versions are the same for all kinds. */
#ifndef TPS_STORE_MIGRATION_H
#define TPS_STORE_MIGRATION_H

#include <stdint.h>

/** The oldest version that this program works with; what is older is brought up to date first. */
#define TPS_STORE_VERSION_OLDEST 2

typedef struct {
    int version; /**< of the tables, now; 0: there are none */
    int newest;  /**< that this program knows */
    int oldest;  /**< the oldest version of a program that may work on them */
    int64_t
        lost; /**< how many things the version asked for cannot hold; they were lost, or stand in the way */
} tps_store_migration;

#endif
