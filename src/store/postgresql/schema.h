/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file schema.h
 * The tables of the PostgreSQL store, in the schema `tps`, and the steps between their versions, up and down.
 * Versions are numbered as the SQLite store's; the first one here is 2.
 *
 * The database says its version, and the oldest version of this program's schema that may still work on it. A
 * step that only adds what older programs can do without ("expand") leaves the latter as it was: nodes of
 * both versions then work on one database side by side.
 *
 * All of these are for a connection that is not in pipeline mode yet.
 */
#ifndef TPS_STORE_POSTGRESQL_SCHEMA_H
#define TPS_STORE_POSTGRESQL_SCHEMA_H

#include "store/postgresql/connection.h"

/** The version that this program writes. */
#define TPS_PG_SCHEMA_VERSION 3

/** The oldest version there is, and that the code of this program can work with. */
#define TPS_PG_SCHEMA_OLDEST 2

/** What a database says of itself. */
typedef struct {
    int version; /**< 0: there is no schema `tps`, or nothing in it */
    int oldest;  /**< the oldest version of a program that may work on it */
} tps_pg_schema_facts;

/** What the database says. @retval TPS_STORE_FAILED  What lies in `tps` is not ours. @retval TPS_STORE_AWAY
 */
TPS_MUST_USE tps_status tps_pg_schema_look(tps_pg_connection *c, tps_pg_schema_facts *facts);

/**
 * Brings a database that is older up to `version`, in one transaction; leaves a newer one as it is. Programs
 * that do this at once do it one after the other.
 * @retval TPS_STORE_NEWER   The database wants a newer program.
 * @retval TPS_STORE_FAILED, TPS_STORE_AWAY
 */
TPS_MUST_USE tps_status tps_pg_schema_prepare(tps_pg_connection *c, int version);

/** Changes nothing: TPS_OK when a program of `version` may work on the database.
 * @retval TPS_STORE_NEWER @retval TPS_STORE_FAILED  It has no tables, or older ones. @retval TPS_STORE_AWAY
 */
TPS_MUST_USE tps_status tps_pg_schema_check(tps_pg_connection *c, int version);

/**
 * Brings a database to a version, up or down, in one transaction. Nothing is lost by it: what the versions
 * below TPS_PG_SCHEMA_VERSION lack are indexes.
 * @param version  TPS_PG_SCHEMA_OLDEST .. TPS_PG_SCHEMA_VERSION.
 * @retval TPS_STORE_NEWER   It is of a version that this program does not know.
 * @retval TPS_BAD_ARGUMENT, TPS_STORE_FAILED, TPS_STORE_AWAY
 */
TPS_MUST_USE tps_status tps_pg_schema_move(tps_pg_connection *c, int version, tps_pg_schema_facts *facts);

#endif
