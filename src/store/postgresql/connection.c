/* SPDX-License-Identifier: Apache-2.0 */
/* How a connection is made: to a server that takes writes, with our settings, tables of a version that we
 * know, a clock like ours, a name for its history, and every statement prepared. */
#include "store/postgresql/connection.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/postgresql/postgresql_store.h"
#include "store/postgresql/schema.h"

#define AS_TEXT_(number) #number
#define AS_TEXT(number)  AS_TEXT_(number)

#define BACK_OFF_FIRST_MS 100u
#define BACK_OFF_MAX_MS   2000u

static const char *const statement_texts[TPS_PG_STATEMENT_COUNT] = {
#define STATEMENT_TEXT(name, sql) sql,
    TPS_PG_STATEMENTS(STATEMENT_TEXT)
#undef STATEMENT_TEXT
};

/* Also where a role's or database's own settings say otherwise. remote_apply is stronger than on. */
static const char settings[] =
    "SET search_path=tps,pg_temp; SET statement_timeout=5000; SET lock_timeout=3000;"
    "SET idle_in_transaction_session_timeout=10000; SET default_transaction_isolation='read committed';"
    "SET jit=off; SET plan_cache_mode=force_generic_plan; SET client_min_messages=warning;"
    "SELECT set_config('synchronous_commit',CASE WHEN current_setting('synchronous_commit') IN "
    "('on','remote_apply') THEN current_setting('synchronous_commit') ELSE 'on' END,false)";

/* Of the server's log stream: a warning at a commit takes back what the commit says. */
static void note_notice(void *context, const PGresult *notice)
{
    tps_pg_connection *c = context;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity == NULL || strcmp(severity, "WARNING") == 0) {
        c->warned = true;
    }
}

void tps_pg_drop(tps_pg_connection *c)
{
    PQfinish(c->conn);
    c->conn = NULL;
}

/* Of a URL that it does not understand, or takes apart otherwise than it was meant, libpq quotes pieces: a
 * password with a slash as the port, one with an @ as the host. */
static tps_status refuse_connection(tps_pg_connection *c, const char *why)
{
    bool is_of_server = strncmp(why, "connection to server", strlen("connection to server")) == 0;

    return tps_pg_fail(c, TPS_STORE_AWAY, "the database: %.*s",
                       (int)(is_of_server ? strlen(why) : strcspn(why, "\"")), why);
}

static tps_status reach_server(tps_pg_connection *c)
{
    /* Those before dbname give way to the URL, those behind it do not. */
    static const char *const names[] = {"connect_timeout",
                                        "tcp_user_timeout",
                                        "keepalives_idle",
                                        "keepalives_interval",
                                        "keepalives_count",
                                        "application_name",
                                        "dbname",
                                        "target_session_attrs",
                                        "client_encoding",
                                        "keepalives",
                                        NULL};
    const char *const values[] = {AS_TEXT(TPS_POSTGRESQL_CONNECT_S),
                                  "5000",
                                  "2",
                                  "1",
                                  "3",
                                  "tps",
                                  c->url,
                                  "read-write",
                                  "UTF8",
                                  "1",
                                  NULL};

    c->conn = PQconnectdbParams(names, values, 1);
    if (PQstatus(c->conn) != CONNECTION_OK) {
        return refuse_connection(c, c->conn == NULL ? "out of memory" : PQerrorMessage(c->conn));
    }
    if (PQserverVersion(c->conn) < 130000) {
        return tps_pg_fail(c, TPS_STORE_FAILED, "the database: it must be PostgreSQL 13 or newer");
    }
    (void)PQsetNoticeReceiver(c->conn, note_notice, c);
    return PQsetnonblocking(c->conn, 1) == 0
               ? TPS_OK
               : tps_pg_fail(c, TPS_STORE_AWAY, "the database: %s", PQerrorMessage(c->conn));
}

static int64_t wall_clock_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The database's time was read at some moment between `before` and `after`. */
static tps_status check_clock(tps_pg_connection *c)
{
    int64_t before = wall_clock_ms();
    int64_t theirs;
    int64_t after;
    int64_t ahead;

    TPS_TRY(tps_pg_script_number(c, "SELECT (extract(epoch FROM clock_timestamp())*1000)::int8", &theirs));
    after = wall_clock_ms();
    ahead = theirs < before ? before - theirs : theirs > after ? after - theirs : 0;
    if (ahead > TPS_POSTGRESQL_SKEW_MAX_S * 1000 || ahead < -TPS_POSTGRESQL_SKEW_MAX_S * 1000) {
        return tps_pg_fail(c, TPS_STORE_AWAY,
                           "this machine's clock is %" PRId64 ".%03" PRId64 " s %s the database's",
                           (ahead < 0 ? -ahead : ahead) / 1000, (ahead < 0 ? -ahead : ahead) % 1000,
                           ahead < 0 ? "behind" : "ahead of");
    }
    return TPS_OK;
}

/* ---- which history this is ---- */

#define THIS_HISTORY                                                 \
    "(SELECT system_identifier FROM pg_control_system()) AS system," \
    "substr(pg_walfile_name(pg_current_wal_insert_lsn()),1,8) AS timeline"

static tps_status find_history(tps_pg_connection *c, bool *found)
{
    PGresult *result = NULL;

    TPS_TRY(tps_pg_script(c,
                          "SELECT t.timeline||'-'||h.name FROM histories AS h,(SELECT " THIS_HISTORY ") AS t"
                          " WHERE h.system=t.system AND h.timeline=('x'||t.timeline)::bit(32)::int8",
                          &result));
    *found = PQntuples(result) == 1 && PQgetlength(result, 0, 0) < (int)sizeof(c->generation);
    if (*found) {
        (void)snprintf(c->generation, sizeof(c->generation), "%s", PQgetvalue(result, 0, 0));
    }
    PQclear(result);
    return TPS_OK;
}

/*
 * A timeline's number alone would not do: two standbys may both be made the next one. The first node that
 * sees a timeline gives it a name by chance, and what was not committed here has another.
 */
static tps_status name_history(tps_pg_connection *c)
{
    bool found;

    TPS_TRY(find_history(c, &found));
    if (!found) {
        c->warned = false;
        TPS_TRY(tps_pg_script(c,
                              "INSERT INTO histories SELECT system,('x'||timeline)::bit(32)::int8,"
                              "right(replace(gen_random_uuid()::text,'-',''),22) FROM (SELECT " THIS_HISTORY
                              ") AS t ON CONFLICT DO NOTHING",
                              NULL));
        if (c->warned) {
            return tps_pg_fail(c, TPS_STORE_AWAY, "the database: it may have committed on one server only");
        }
        TPS_TRY(find_history(c, &found));
    }
    return found ? TPS_OK : tps_pg_fail(c, TPS_STORE_FAILED, "the database: its history cannot be named");
}

static tps_status look_for_import(tps_pg_connection *c)
{
    int64_t importing;

    TPS_TRY(tps_pg_script_number(c, "SELECT length(importing) FROM changes", &importing));
    c->importing = importing != 0;
    return TPS_OK;
}

/* ---- statements ---- */

static tps_status prepare_statements(tps_pg_connection *c)
{
    char name[16];

    if (PQenterPipelineMode(c->conn) == 0) {
        return tps_pg_fail(c, TPS_STORE_AWAY, "the database: %s", PQerrorMessage(c->conn));
    }
    for (unsigned i = 0; i < TPS_PG_STATEMENT_COUNT; i++) {
        (void)snprintf(name, sizeof(name), "s%u", i);
        if (PQsendPrepare(c->conn, name, statement_texts[i], 0, NULL) == 0) {
            return tps_pg_fail(c, TPS_STORE_AWAY, "the database: %s", PQerrorMessage(c->conn));
        }
    }
    tps_pg_sync(c);
    for (unsigned i = 0; i < TPS_PG_STATEMENT_COUNT; i++) {
        tps_pg_pass(c);
    }
    return tps_pg_end(c);
}

tps_status tps_pg_connect_for_scripts(tps_pg_connection *c)
{
    c->status = TPS_OK;
    c->to_skip = 0;
    c->patience = TPS_POSTGRESQL_PATIENCE_MS;
    TPS_TRY(reach_server(c));
    return tps_pg_script(c, settings, NULL);
}

static tps_status set_up(tps_pg_connection *c, bool may_migrate)
{
    int version = c->version == 0 ? TPS_PG_SCHEMA_VERSION : c->version;

    TPS_TRY(tps_pg_connect_for_scripts(c));
    TPS_TRY(check_clock(c));
    TPS_TRY(may_migrate ? tps_pg_schema_prepare(c, version) : tps_pg_schema_check(c, version));
    TPS_TRY(name_history(c));
    TPS_TRY(look_for_import(c));
    return prepare_statements(c);
}

/* What came while nothing was asked: notifications, or the end. */
static bool is_alive(tps_pg_connection *c)
{
    struct pollfd socket = {.fd = PQsocket(c->conn), .events = POLLIN};

    while (poll(&socket, 1, 0) > 0) {
        if (PQconsumeInput(c->conn) == 0) {
            return false;
        }
    }
    return PQstatus(c->conn) == CONNECTION_OK;
}

tps_status tps_pg_connect(tps_pg_connection *c, bool may_migrate)
{
    tps_status status;

    if (c->conn != NULL && is_alive(c)) {
        return TPS_OK;
    }
    tps_pg_drop(c);
    if (tps_pg_now() < c->retry_at) {
        return TPS_STORE_AWAY; /* `why` still has the reason */
    }
    status = set_up(c, may_migrate);
    if (status != TPS_OK) {
        tps_pg_drop(c);
        c->back_off = c->back_off == 0 ? BACK_OFF_FIRST_MS : c->back_off * 2;
        c->back_off = c->back_off > BACK_OFF_MAX_MS ? BACK_OFF_MAX_MS : c->back_off;
        c->retry_at = tps_pg_now() + c->back_off;
        return status;
    }
    c->back_off = 0;
    c->connects++;
    return TPS_OK;
}
