/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file connection.h
 * One connection to the database: made when needed, made again after it broke, never waited for longer than
 * TPS_POSTGRESQL_PATIENCE_MS. It is always in libpq's pipeline mode: statements are sent without waiting for
 * one another, and their results taken in the same order:
 *
 *     tps_pg_send(c, TPS_PG_FIND_TENANT, &parameters);
 *     tps_pg_sync(c);
 *     result = tps_pg_take(c);
 *     status = tps_pg_end(c);
 *
 * The first failure is kept; all later calls up to tps_pg_end() are no-ops, take giving NULL, and end returns
 * it. A failure of the connection itself, and whatever says that another server must be looked for, drops the
 * connection: `conn` is NULL then.
 */
#ifndef TPS_STORE_POSTGRESQL_CONNECTION_H
#define TPS_STORE_POSTGRESQL_CONNECTION_H

#include <libpq-fe.h>

#include "store/postgresql/parameters.h"
#include "store/postgresql/statements.h"
#include "store/store.h"

#define TPS_PG_WHY_SIZE 512u

typedef struct {
    PGconn *conn; /* NULL: there is none */
    char *url;
    int version;       /* of the schema, that the program takes itself for; 0: its own */
    uint32_t connects; /* how often it was made */
    int64_t retry_at;  /* milliseconds of the monotonic clock: no attempt before */
    uint32_t back_off; /* milliseconds */
    int64_t deadline;  /* of the answers that are awaited */
    uint32_t patience; /* milliseconds, of the next ones */
    unsigned to_skip;  /* results at the front that nobody wants but for their failure */
    tps_status status; /* the first failure since the last tps_pg_end() */
    bool warned;       /* the server has sent a warning since this was cleared */
    bool importing;    /* the store was being filled when last looked */
    char generation[TPS_STORE_GENERATION_MAX];
    char why[TPS_PG_WHY_SIZE]; /* the last failure, on one line */
} tps_pg_connection;

/** Milliseconds of the monotonic clock. */
int64_t tps_pg_now(void);

/** Sets the line that explains a failure; returns `status`. Line ends and controls become spaces. */
tps_status tps_pg_fail(tps_pg_connection *c, tps_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Ends the connection. */
void tps_pg_drop(tps_pg_connection *c);

/**
 * Makes the connection if there is none, or if it is found to have broken while nothing was asked of it.
 * @param may_migrate  Make or bring up to date the tables; else they must be as this program knows them.
 */
tps_status tps_pg_connect(tps_pg_connection *c, bool may_migrate);

/** Makes the connection for scripts alone: no pipeline, and the tables may be of any version. To be ended by
 * tps_pg_drop(). */
tps_status tps_pg_connect_for_scripts(tps_pg_connection *c);

/** Adds a prepared statement to the pipeline. @param p  NULL: it has no parameters. */
void tps_pg_send(tps_pg_connection *c, unsigned statement, const tps_pg_parameters *p);
/** The same, before any statement whose result is wanted: its result is looked at and dropped. */
void tps_pg_send_quietly(tps_pg_connection *c, unsigned statement);
/** Ends the pipeline and sends it. */
void tps_pg_sync(tps_pg_connection *c);
/** The next result, to be ended with PQclear(); NULL after a failure. */
PGresult *tps_pg_take(tps_pg_connection *c);
/** The next result is taken and dropped. */
void tps_pg_pass(tps_pg_connection *c);
/** Takes what is left of the pipeline. @return The first failure in it, or TPS_OK. */
tps_status tps_pg_end(tps_pg_connection *c);

/** Waits for input on the connection's socket (readable means broken, too) or on `wake_fd`; a lost connection
 * is dropped, and TPS_STORE_AWAY. @param wake_fd  Or -1. */
tps_status tps_pg_wait(tps_pg_connection *c, int wake_fd, int64_t until);

/** Before pipeline mode: runs SQL text of one or several statements. @param[out] result  Of the last one; may
 * be NULL. */
tps_status tps_pg_script(tps_pg_connection *c, const char *sql, PGresult **result);
/** Before pipeline mode: the one number that a query gives. */
tps_status tps_pg_script_number(tps_pg_connection *c, const char *sql, int64_t *number);

#endif
