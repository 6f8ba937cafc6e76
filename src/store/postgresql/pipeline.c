/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements sent and answers awaited, both with a deadline: libpq's own functions would wait for as long as
 * the other side pleases. Also which failures mean what.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/postgresql/connection.h"
#include "store/postgresql/postgresql_store.h"

int64_t tps_pg_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

tps_status tps_pg_fail(tps_pg_connection *c, tps_status status, const char *format, ...)
{
    va_list arguments;
    size_t size;

    va_start(arguments, format);
    (void)vsnprintf(c->why, sizeof(c->why), format, arguments);
    va_end(arguments);
    size = strlen(c->why);
    while (size > 0 && isspace((unsigned char)c->why[size - 1])) {
        c->why[--size] = '\0';
    }
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)c->why[i] < 0x20) {
            c->why[i] = ' ';
        }
    }
    return status;
}

/* ---- what failures mean ---- */

static bool is_one_of(const char *state, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(state, list[i], strlen(list[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* The server goes, or this is not the one to write to: another connection may do better. */
static bool needs_another_connection(const char *state)
{
    static const char *const states[] = {
        "08",    /* the connection failed */
        "57P",   /* shutdown, crash, starting up, database dropped, idle for too long */
        "25006", /* reads only: a standby, or about to be one */
        "25P03", /* idle within a transaction for too long */
    };

    return is_one_of(state, states, sizeof(states) / sizeof(states[0]));
}

/* Another attempt may succeed. */
static bool passes_by_itself(const char *state)
{
    static const char *const states[] = {
        "40",    /* deadlock, serialization, completion unknown */
        "53300", /* no connections left */
        "55P03", /* a lock was not to be had */
        "57014", /* took too long */
    };

    return is_one_of(state, states, sizeof(states) / sizeof(states[0]));
}

static void note_failure(tps_pg_connection *c, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (c->status != TPS_OK) {
        return;
    }
    if (state == NULL) { /* libpq's own: the connection broke, or memory was short */
        c->status = tps_pg_fail(c, TPS_STORE_AWAY, "the database: %s", PQresultErrorMessage(result));
        tps_pg_drop(c);
        return;
    }
    c->status = tps_pg_fail(
        c, needs_another_connection(state) || passes_by_itself(state) ? TPS_STORE_AWAY : TPS_STORE_FAILED,
        "the database: %s (%s)", text == NULL ? "it gives no reason" : text, state);
    if (needs_another_connection(state)) {
        tps_pg_drop(c);
    }
}

static void lose(tps_pg_connection *c, const char *why)
{
    if (c->status == TPS_OK) {
        c->status =
            tps_pg_fail(c, TPS_STORE_AWAY, "the database: %s", why != NULL ? why : PQerrorMessage(c->conn));
    }
    tps_pg_drop(c);
}

/* ---- waiting ---- */

static int time_left(int64_t until)
{
    int64_t left = until - tps_pg_now();

    return left <= 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/* One wait for the socket; takes in what has come. False: lost. */
static bool exchange(tps_pg_connection *c, short events)
{
    struct pollfd socket = {.fd = PQsocket(c->conn), .events = events};
    int ready;

    do {
        ready = poll(&socket, 1, time_left(c->deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) {
        lose(c, "it does not answer in time");
        return false;
    }
    if ((socket.revents & (POLLIN | POLLERR | POLLHUP)) != 0 && PQconsumeInput(c->conn) == 0) {
        lose(c, NULL);
        return false;
    }
    return true;
}

/* Reading meanwhile, so that neither side waits for the other to read. */
static void write_out(tps_pg_connection *c)
{
    int left;

    while (c->conn != NULL && (left = PQflush(c->conn)) != 0) {
        if (left < 0) {
            lose(c, NULL);
        } else if (!exchange(c, POLLIN | POLLOUT)) {
            return;
        }
    }
}

static PGresult *next_result(tps_pg_connection *c)
{
    while (PQisBusy(c->conn) != 0) {
        if (!exchange(c, POLLIN)) {
            return NULL;
        }
    }
    return PQgetResult(c->conn);
}

tps_status tps_pg_wait(tps_pg_connection *c, int wake_fd, int64_t until)
{
    struct pollfd sockets[2] = {{.fd = PQsocket(c->conn), .events = POLLIN},
                                {.fd = wake_fd, .events = POLLIN}};
    int ready = poll(sockets, 2, time_left(until));

    if (ready > 0 && sockets[0].revents != 0 && PQconsumeInput(c->conn) == 0) {
        lose(c, NULL);
        return tps_pg_end(c);
    }
    return TPS_OK;
}

/* ---- the pipeline ---- */

void tps_pg_send(tps_pg_connection *c, unsigned statement, const tps_pg_parameters *p)
{
    static const int binary[TPS_PG_PARAMETERS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    char name[16];

    if (c->status == TPS_OK && c->conn == NULL) {
        c->status = tps_pg_fail(c, TPS_STORE_AWAY, "the database: the connection is gone");
    }
    if (c->status != TPS_OK) {
        return;
    }
    (void)snprintf(name, sizeof(name), "s%u", statement);
    if (PQsendQueryPrepared(c->conn, name, p == NULL ? 0 : p->count, p == NULL ? NULL : p->values,
                            p == NULL ? NULL : p->lengths, p == NULL ? NULL : binary, 1) == 0) {
        lose(c, NULL);
    }
}

void tps_pg_send_quietly(tps_pg_connection *c, unsigned statement)
{
    tps_pg_send(c, statement, NULL);
    c->to_skip += c->status == TPS_OK ? 1u : 0u;
}

void tps_pg_sync(tps_pg_connection *c)
{
    c->deadline = tps_pg_now() + c->patience;
    if (c->status != TPS_OK) {
        return;
    }
    if (PQpipelineSync(c->conn) == 0) {
        lose(c, NULL);
        return;
    }
    write_out(c);
}

/* One statement's result, and the NULL that ends it. */
static PGresult *take_one(tps_pg_connection *c)
{
    PGresult *result = c->conn == NULL ? NULL : next_result(c);
    ExecStatusType is = PQresultStatus(result);

    if (result != NULL && is != PGRES_TUPLES_OK && is != PGRES_COMMAND_OK) {
        note_failure(c, result);
        PQclear(result);
        result = NULL;
    }
    if (c->conn != NULL) {
        PQclear(next_result(c));
    }
    if (c->status == TPS_OK && result == NULL) {
        lose(c, "it answers out of turn");
    }
    return result;
}

PGresult *tps_pg_take(tps_pg_connection *c)
{
    while (c->status == TPS_OK && c->to_skip > 0) {
        PQclear(take_one(c));
        c->to_skip--;
    }
    return c->status == TPS_OK ? take_one(c) : NULL;
}

void tps_pg_pass(tps_pg_connection *c)
{
    PQclear(tps_pg_take(c));
}

tps_status tps_pg_end(tps_pg_connection *c)
{
    tps_status status;
    bool synced = false;
    unsigned silent = 0;

    while (c->conn != NULL && !synced && PQpipelineStatus(c->conn) != PQ_PIPELINE_OFF) {
        PGresult *result = next_result(c);
        ExecStatusType is = PQresultStatus(result);

        synced = result != NULL && is == PGRES_PIPELINE_SYNC;
        if (result != NULL && is == PGRES_FATAL_ERROR) {
            note_failure(c, result);
        }
        /* Two in a row: nothing is under way, since the sync could not be sent. */
        silent = result == NULL ? silent + 1 : 0;
        PQclear(result);
        if (silent > 1 && c->conn != NULL) {
            lose(c, "it answers out of turn");
        }
    }
    status = c->status;
    c->status = TPS_OK;
    c->to_skip = 0;
    return status;
}

/* ---- before the pipeline ---- */

tps_status tps_pg_script(tps_pg_connection *c, const char *sql, PGresult **result)
{
    PGresult *last = NULL;
    PGresult *next;
    tps_status status;

    c->deadline = tps_pg_now() + c->patience;
    if (PQsendQuery(c->conn, sql) == 0) {
        lose(c, NULL);
    }
    write_out(c);
    while (c->conn != NULL && (next = next_result(c)) != NULL) {
        ExecStatusType is = PQresultStatus(next);

        PQclear(last);
        last = next;
        if (is != PGRES_TUPLES_OK && is != PGRES_COMMAND_OK) {
            note_failure(c, next);
        }
    }
    status = c->status;
    c->status = TPS_OK;
    if (status == TPS_OK && result != NULL) {
        *result = last;
        return TPS_OK;
    }
    PQclear(last);
    return status;
}

tps_status tps_pg_script_number(tps_pg_connection *c, const char *sql, int64_t *number)
{
    PGresult *result = NULL;

    TPS_TRY(tps_pg_script(c, sql, &result));
    if (PQntuples(result) != 1 || PQnfields(result) != 1 ||
        sscanf(PQgetvalue(result, 0, 0), "%" SCNd64, number) != 1) {
        PQclear(result);
        return tps_pg_fail(c, TPS_STORE_FAILED, "the database: what lies in the schema tps is not ours");
    }
    PQclear(result);
    return TPS_OK;
}
