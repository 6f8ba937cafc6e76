/* SPDX-License-Identifier: Apache-2.0 */
/** @file schema_functions.h  What the steps of the schema need beyond SQL. */
#ifndef TPS_STORE_SQLITE_SCHEMA_FUNCTIONS_H
#define TPS_STORE_SQLITE_SCHEMA_FUNCTIONS_H

#include <sqlite3.h>

#include "tps/status.h"

/**
 * Gives a connection these functions, each of which fails its statement when it cannot do its work:
 * - tps_random(n)            n (1..64) random bytes, fit for keys
 * - tps_key_name(scalar)     the kid of a private P-256 key: its JWK's SHA-256 thumbprint (RFC 7638)
 * - tps_identity(name, body) the 32 bytes that `name` is in hexadecimal, or else the SHA-256 of `body`
 * @retval TPS_STORE_FAILED, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_sqlite_schema_functions(sqlite3 *db);

#endif
