/* SPDX-License-Identifier: Apache-2.0 */
/** @file parameters.h  Parameters and columns in PostgreSQL's binary formats. */
#ifndef TPS_STORE_POSTGRESQL_PARAMETERS_H
#define TPS_STORE_POSTGRESQL_PARAMETERS_H

#include <libpq-fe.h>

#include "tps/span.h"
#include "tps/status.h"

#define TPS_PG_PARAMETERS_MAX 12u

/** A statement's parameters, in order. Bytes are not copied. */
typedef struct {
    int count;
    const char *values[TPS_PG_PARAMETERS_MAX];
    int lengths[TPS_PG_PARAMETERS_MAX];
    uint8_t numbers[TPS_PG_PARAMETERS_MAX][8];
} tps_pg_parameters;

void tps_pg_put_int(tps_pg_parameters *p, int64_t value);    /**< int8 */
void tps_pg_put_bool(tps_pg_parameters *p, bool value);      /**< bool */
void tps_pg_put_bytes(tps_pg_parameters *p, tps_span bytes); /**< bytea, text, uuid */

/** The types that arrays are made of, by their numbers in every database. */
enum { TPS_PG_INT8 = 20, TPS_PG_BYTEA = 17, TPS_PG_UUID = 2950 };

/** An array that grows. Begin with {.type = ...}; the first failure is kept. */
typedef struct {
    uint32_t type;
    uint32_t count;
    uint8_t *data;
    size_t size, room;
    bool failed;
} tps_pg_array;

void tps_pg_array_add(tps_pg_array *a, tps_span element);
void tps_pg_array_add_int(tps_pg_array *a, int64_t element);
/** The array as a parameter: valid until it is added to or freed. */
tps_span tps_pg_array_finish(tps_pg_array *a);
void tps_pg_array_free(tps_pg_array *a);

/** A column of a whole-number type; 0 when NULL. */
int64_t tps_pg_int(const PGresult *result, int row, int column);
/** A column of bytes; empty when NULL. Valid as long as the result. */
tps_span tps_pg_bytes(const PGresult *result, int row, int column);

#endif
