/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL store: the suite for all stores, and what is its own: connections that break, servers that
 * take no writes, several nodes at once. TPS_POSTGRESQL_URL names a database that may be emptied
 * (tests/support/with_postgresql.py makes one).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "store/postgresql/postgresql_store.h"
#include "store_suite.h"

static const char *url;

/* ---- the database, seen from outside ---- */

/* Runs SQL; returns the first column of the first row, to be freed. */
static char *ask(const char *sql)
{
    PGconn *conn = PQconnectdb(url);
    PGresult *result = PQexec(conn, sql);
    char *answer;

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    }
    answer = strdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(conn);
    return answer;
}

static void run(const char *sql)
{
    free(ask(sql));
}

static int number(const char *sql)
{
    char *answer = ask(sql);
    int value = atoi(answer);

    free(answer);
    return value;
}

/* As a server that goes away does; returns how many connections it was. */
static int break_connections(void)
{
    return number("SELECT count(pg_terminate_backend(pid,5000)) FROM pg_stat_activity"
                  " WHERE datname=current_database() AND pid<>pg_backend_pid()");
}

static int64_t clock_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void fresh(void *context)
{
    (void)context;
    run("SET client_min_messages=error; DROP SCHEMA IF EXISTS tps CASCADE");
}

static tps_store *open_store(void *context)
{
    tps_store *store = NULL;
    char why[300] = "";

    (void)context;
    if (tps_postgresql_store_open(url, &store, why, sizeof(why)) != TPS_OK) {
        fail_msg("cannot open the store: %s", why);
    }
    return store;
}

static tps_status open_status(const char *which, char why[300])
{
    tps_store *store = NULL;
    tps_status status = tps_postgresql_store_open(which, &store, why, 300);

    if (status == TPS_OK) {
        store->ops->close(store);
    }
    return status;
}

static tps_status find(tps_store *store, const char *name)
{
    store_suite_seen seen = {0};

    return store->ops->find_tenant(store, name, store_suite_see_tenant, &seen);
}

/* ---- connections that break ---- */

static void an_idle_connection_that_broke_is_made_again_unnoticed(void **state)
{
    tps_store *store = *state;

    (void)store_suite_tenant(store, "acme");
    assert_true(break_connections() > 0);
    assert_int_equal(find(store, "acme"), TPS_OK);
}

static void a_group_whose_connection_broke_is_lost_whole_and_does_not_go_on(void **state)
{
    tps_store *store = *state;
    tps_store_session session = store_suite_session(1, 1);
    tps_store_session_step step = {.from = TPS_STORE_SESSION_NEW, .to = &session};

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    (void)store_suite_tenant(store, "acme");
    assert_true(break_connections() > 0);

    assert_int_equal(store->ops->put_sessions(store, &step, 1, 20), TPS_STORE_AWAY);
    assert_true(strlen(store->ops->explain(store)) > 10);
    assert_int_equal(find(store, "acme"), TPS_STORE_AWAY); /* still of the group */
    assert_int_equal(store->ops->commit_group(store), TPS_STORE_AWAY);
    assert_int_equal(find(store, "acme"), TPS_NOT_FOUND);
    assert_int_equal(number("SELECT count(*) FROM tps.sessions"), 0);
}

static void a_commit_whose_answer_never_came_is_no_success(void **state)
{
    tps_store *store = *state;

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    (void)store_suite_tenant(store, "acme");
    assert_true(break_connections() > 0);
    assert_int_equal(store->ops->commit_group(store), TPS_STORE_AWAY);
    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(store->ops->commit_group(store), TPS_OK);
}

static void waiting_for_changes_survives_a_broken_connection(void **state)
{
    tps_store *store = *state;
    bool changed = false;
    tps_status status;
    int64_t end = clock_ms() + 10000;

    assert_int_equal(store->ops->wait_for_change(store, 0, -1, &changed), TPS_OK);
    assert_true(break_connections() > 0);
    changed = false;
    do {
        status = store->ops->wait_for_change(store, 2000, -1, &changed);
    } while (status != TPS_OK && clock_ms() < end);
    assert_int_equal(status, TPS_OK);
    assert_true(changed); /* another connection may tell another history */
}

/* ---- a connection that breaks after so many bytes ---- */

typedef struct {
    int listener, to;
    _Atomic int64_t bytes; /* that the server may still say; then both sides are cut off */
    char url[400];
} cutter;

static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

/* Copies what has come; false at the end. */
static bool pass(int from, int to, _Atomic int64_t *bytes)
{
    char buffer[4096];
    ssize_t size = read(from, buffer, sizeof(buffer));

    if (size <= 0) {
        return false;
    }
    if (bytes != NULL && size > *bytes) {
        size = (ssize_t)*bytes;
    }
    if (bytes != NULL) {
        *bytes -= size;
    }
    return write(to, buffer, (size_t)size) == size && (bytes == NULL || *bytes > 0);
}

static void *cut(void *context)
{
    cutter *c = context;
    int client;

    while ((client = accept(c->listener, NULL, NULL)) >= 0) {
        int server = connect_to((uint16_t)c->to);
        struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        bool goes_on = server >= 0;

        while (goes_on && poll(ends, 2, -1) > 0) {
            if (ends[0].revents != 0) {
                goes_on = pass(client, server, NULL);
            }
            if (goes_on && ends[1].revents != 0) {
                goes_on = pass(server, client, &c->bytes);
            }
        }
        (void)close(client);
        (void)close(server);
    }
    return NULL;
}

/* One group of a tenant and a session. */
static tps_status write_group(tps_store *store, int turn)
{
    tps_store_tenant tenant = {.settings = TPS_SPAN_LITERAL("{}")};
    tps_store_session session = store_suite_session(turn, 1);
    tps_store_session_step step = {.from = TPS_STORE_SESSION_NEW, .to = &session};
    tps_status status;

    (void)snprintf(tenant.name, sizeof(tenant.name), "t%d", turn);
    TPS_TRY(store->ops->begin_group(store));
    status = store->ops->create_tenant(store, &tenant, 1);
    if (status == TPS_OK) {
        status = store->ops->put_sessions(store, &step, 1, 20);
    }
    if (status == TPS_OK) {
        status = store->ops->commit_group(store);
        return status == TPS_OK ? step.status : status;
    }
    store->ops->abandon_group(store);
    return status;
}

static bool has_group(int turn)
{
    char sql[200];
    int found;

    (void)snprintf(sql, sizeof(sql),
                   "SELECT (SELECT count(*) FROM tps.tenants WHERE name='t%d')"
                   "+(SELECT count(*) FROM tps.sessions WHERE tenant=%d)",
                   turn, turn);
    found = number(sql);
    assert_true(found == 0 || found == 2); /* all of a group or nothing */
    return found == 2;
}

static void wherever_the_connection_breaks_nothing_is_claimed_that_is_not_there(void **state)
{
    const char *at = strchr(url, '@');
    const char *colon = strchr(at, ':');
    unsigned claimed = 0;
    unsigned refused = 0;
    pthread_t thread;
    uint16_t port;
    cutter c = {.bytes = INT64_MAX};
    tps_store *store = NULL;
    char why[300] = "";

    (void)state;
    c.listener = listen_somewhere(&port);
    c.to = atoi(colon + 1);
    (void)snprintf(c.url, sizeof(c.url), "%.*s@127.0.0.1:%u/tps", (int)(at - url), url, port);
    assert_int_equal(pthread_create(&thread, NULL, cut, &c), 0);
    assert_int_equal(tps_postgresql_store_open(c.url, &store, why, sizeof(why)), TPS_OK);
    for (int turn = 1; turn < 200; turn++) {
        tps_status status;

        (void)find(store, "nobody"); /* connects again, at the latest now */
        c.bytes = turn * 3;
        status = write_group(store, turn);
        c.bytes = INT64_MAX;
        claimed += status == TPS_OK;
        refused += status == TPS_STORE_AWAY;
        assert_true(status == TPS_OK || status == TPS_STORE_AWAY);
        assert_true(status != TPS_OK || has_group(turn));
        (void)has_group(turn);
        while (find(store, "nobody") != TPS_NOT_FOUND) {
            (void)usleep(20000);
        }
    }
    assert_true(claimed > 0 && refused > 20);
    store->ops->close(store);
    (void)shutdown(c.listener, SHUT_RDWR);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(c.listener);
}

/* ---- servers that do not take writes, or not now ---- */

static void a_server_that_only_reads_is_away(void **state)
{
    tps_store *store = *state;
    char why[300] = "";

    (void)store_suite_tenant(store, "acme");
    run("ALTER ROLE CURRENT_USER SET default_transaction_read_only=on");
    (void)break_connections();
    assert_int_equal(store->ops->begin_group(store), TPS_STORE_AWAY);
    assert_int_equal(open_status(url, why), TPS_STORE_AWAY);
    run("BEGIN READ WRITE; ALTER ROLE CURRENT_USER RESET default_transaction_read_only; COMMIT");
    (void)usleep(150000);
    assert_int_equal(find(store, "acme"), TPS_OK);
}

static void nobody_listens_there(void **state)
{
    char why[300] = "";

    (void)state;
    assert_int_equal(open_status("postgresql://127.0.0.1:1/tps", why), TPS_STORE_AWAY);
    assert_non_null(strstr(why, "127.0.0.1"));
    assert_null(strchr(why, '\n'));
    assert_int_equal(open_status("postgresql://127.0.0.1/tps?no_such_parameter=1", why), TPS_BAD_ARGUMENT);
    assert_non_null(strstr(why, "no_such_parameter"));
}

static void a_password_that_is_wrong_is_not_repeated(void **state)
{
    char wrong[400];
    char why[300] = "";
    const char *at = strchr(url, '@');

    (void)state;
    (void)snprintf(wrong, sizeof(wrong), "postgresql://tps:hunter2%s", at);
    assert_int_equal(open_status(wrong, why), TPS_STORE_AWAY);
    assert_null(strstr(why, "hunter2"));
}

static void a_lock_that_others_keep_is_not_waited_for_for_ever(void **state)
{
    tps_store *store = *state;
    PGconn *other = PQconnectdb(url);
    int64_t begun = clock_ms();
    tps_store_tenant tenant = {.name = "acme", .settings = TPS_SPAN_LITERAL("{}")};

    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "SELECT * FROM tps.changes FOR UPDATE"));
    assert_int_equal(store->ops->create_tenant(store, &tenant, 1), TPS_STORE_AWAY);
    assert_true(clock_ms() - begun < TPS_POSTGRESQL_PATIENCE_MS + 1000);
    PQfinish(other);
    assert_int_equal(store->ops->create_tenant(store, &tenant, 1), TPS_OK);
}

/* ---- schemas ---- */

static void what_is_not_ours_is_left_alone(void **state)
{
    char why[300] = "";

    (void)state;
    run("CREATE SCHEMA tps; CREATE TABLE tps.tenants(id int)");
    assert_int_equal(open_status(url, why), TPS_STORE_FAILED);
    assert_int_equal(number("SELECT count(*) FROM pg_tables WHERE schemaname='tps'"), 1);
    run("DROP TABLE tps.tenants");
    assert_int_equal(open_status(url, why), TPS_OK); /* a schema that was made for us */
}

static void a_newer_version_is_worked_with_only_where_it_allows(void **state)
{
    char why[300] = "";

    (void)state;
    run("UPDATE tps.schema SET version=99");
    assert_int_equal(open_status(url, why), TPS_OK);
    run("UPDATE tps.schema SET oldest=99");
    assert_int_equal(open_status(url, why), TPS_STORE_NEWER);
    assert_non_null(strstr(why, "99"));
}

/* A rolling upgrade: the newer node brings the tables up while the older one is at work; and back. */
static void two_versions_work_side_by_side(void **state)
{
    tps_store *newer = *state;
    tps_store *older = NULL;
    tps_store_migration now;
    char why[300] = "";
    int64_t tenant = store_suite_tenant(newer, "acme");
    tps_store_session session = store_suite_session(tenant, 1);

    assert_int_equal(tps_postgresql_store_migrate(url, 2, false, &now, why, sizeof(why)), TPS_OK);
    assert_int_equal(now.version, 2);
    assert_int_equal(tps_postgresql_store_open_as(url, 2, &older, why, sizeof(why)), TPS_OK);
    assert_int_equal(number("SELECT version FROM tps.schema"), 2);
    assert_int_equal(store_suite_step(older, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    assert_int_equal(store_suite_step(newer, TPS_STORE_SESSION_NEW, &session, 20), TPS_STORE_EXISTS);

    assert_int_equal(open_status(url, why), TPS_OK);
    assert_int_equal(number("SELECT version FROM tps.schema"), 3);
    (void)break_connections();
    session.id[0] = 2;
    assert_int_equal(store_suite_step(newer, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    assert_int_equal(store_suite_step(older, TPS_STORE_SESSION_NEW, &session, 20), TPS_STORE_EXISTS);
    older->ops->close(older);
    assert_int_equal(tps_postgresql_store_migrate(url, 1, false, &now, why, sizeof(why)), TPS_BAD_ARGUMENT);
    assert_int_equal(tps_postgresql_store_migrate(url, 0, false, &now, why, sizeof(why)), TPS_OK);
    assert_int_equal(now.version, 3);
    assert_int_equal(now.oldest, 2);
}

static void *open_at_once(void *context)
{
    char why[300] = "";

    *(tps_status *)context = open_status(url, why);
    return NULL;
}

static void many_nodes_may_start_at_once_on_an_empty_database(void **state)
{
    tps_status statuses[8];
    pthread_t threads[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_at_once, &statuses[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(statuses[i], TPS_OK);
    }
    assert_int_equal(number("SELECT count(*) FROM tps.changes"), 1);
    assert_int_equal(number("SELECT count(*) FROM tps.histories"), 1);
}

/* ---- several nodes ---- */

typedef struct {
    tps_store *store;
    int64_t tenant;
    int64_t sequence;
    int64_t began; /* ms */
    int64_t ended;
} late_writer;

static void *put_late(void *context)
{
    late_writer *w = context;

    w->began = clock_ms();
    assert_int_equal(store_suite_put(w->store, w->tenant, 1, "late", "1", TPS_STORE_ANY, &w->sequence),
                     TPS_OK);
    w->ended = clock_ms();
    return NULL;
}

/* Else a reader that is at the second's sequence would never see the first. */
static void a_sequence_becomes_visible_only_after_all_smaller_ones(void **state)
{
    tps_store *first = *state;
    int64_t tenant = store_suite_tenant(first, "acme");
    late_writer second = {.store = store_suite_open(), .tenant = tenant};
    tps_store *reader = store_suite_open();
    store_suite_seen seen = {0};
    int64_t sequence = 0;
    pthread_t thread;

    assert_int_equal(first->ops->begin_group(first), TPS_OK);
    assert_int_equal(store_suite_put(first, tenant, 1, "early", "1", TPS_STORE_ANY, &sequence), TPS_OK);
    assert_int_equal(pthread_create(&thread, NULL, put_late, &second), 0);
    (void)usleep(300000);
    assert_int_equal(reader->ops->each_item(reader, tenant, 0, 0, 0, true, store_suite_see_item, &seen),
                     TPS_OK);
    assert_string_equal(seen.all, "");
    assert_int_equal(first->ops->commit_group(first), TPS_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);

    assert_true(second.ended - second.began >= 200);
    assert_true(second.sequence > sequence);
    assert_int_equal(reader->ops->each_item(reader, tenant, 0, 0, 0, true, store_suite_see_item, &seen),
                     TPS_OK);
    assert_string_equal(seen.all, "early late ");
    reader->ops->close(reader);
    second.store->ops->close(second.store);
}

typedef struct {
    tps_store *store;
    int64_t tenant;
    unsigned taken;
} taker;

#define TAKEN_SESSIONS 200

static void *take_all(void *context)
{
    taker *t = context;

    for (unsigned i = 0; i < TAKEN_SESSIONS; i += 10) {
        tps_store_session sessions[10];
        tps_store_session_step steps[10];

        for (unsigned j = 0; j < 10; j++) {
            sessions[j] = store_suite_session(t->tenant, (uint8_t)(i + j));
            sessions[j].nonce_from_client = j == 0; /* the way that takes two tables */
            sessions[j].nonce = j == 0 ? TPS_SPAN_OF(sessions[j].id) : TPS_SPAN_EMPTY;
            steps[j] = (tps_store_session_step){.from = TPS_STORE_SESSION_NEW, .to = &sessions[j]};
        }
        if (t->store->ops->put_sessions(t->store, steps, 10, 20) != TPS_OK) {
            continue; /* a deadlock, perhaps: nothing is acknowledged */
        }
        for (unsigned j = 0; j < 10; j++) {
            t->taken += steps[j].status == TPS_OK;
        }
    }
    return NULL;
}

static void of_many_nodes_one_takes_a_session(void **state)
{
    tps_store *store = *state;
    int64_t tenant = store_suite_tenant(store, "acme");
    taker takers[4];
    pthread_t threads[4];
    unsigned taken = 0;

    for (int i = 0; i < 4; i++) {
        takers[i] = (taker){.store = store_suite_open(), .tenant = tenant};
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        takers[i].store->ops->close(takers[i].store);
        taken += takers[i].taken;
    }
    assert_int_equal(taken, number("SELECT count(*) FROM tps.sessions"));
    assert_int_equal(taken, TAKEN_SESSIONS);
}

/* The nonce is taken while another node's transaction, not committed yet, takes it, too. */
static void of_two_nodes_at_the_same_moment_one_uses_a_clients_nonce(void **state)
{
    tps_store *store = *state;
    PGconn *other = PQconnectdb(url);
    tps_store_session session = store_suite_session(store_suite_tenant(store, "acme"), 1);
    tps_store_session_step step = {.from = TPS_STORE_SESSION_NEW, .to = &session};

    session.nonce = TPS_SPAN_LITERAL("n");
    session.nonce_from_client = true;
    PQclear(PQexec(other, "BEGIN; INSERT INTO tps.client_nonces VALUES(1,'n',"
                          "'02020202-0202-0202-0202-020202020202')"));
    assert_int_equal(PQsendQuery(other, "SELECT pg_sleep(0.3); COMMIT"), 1);
    assert_int_equal(store->ops->put_sessions(store, &step, 1, 20), TPS_OK);
    assert_int_equal(step.status, TPS_STORE_USED);
    PQfinish(other);
    assert_int_equal(number("SELECT count(*) FROM tps.sessions"), 0);
}

static void a_change_is_told_at_once(void **state)
{
    tps_store *store = *state;
    late_writer writer = {.store = store_suite_open(), .tenant = store_suite_tenant(store, "acme")};
    bool changed = false;
    pthread_t thread;
    int64_t told;

    for (int i = 0; i < 5; i++) {
        assert_int_equal(store->ops->wait_for_change(store, 10, -1, &changed), TPS_OK);
    }
    assert_false(changed);
    assert_int_equal(pthread_create(&thread, NULL, put_late, &writer), 0);
    assert_int_equal(store->ops->wait_for_change(store, 5000, -1, &changed), TPS_OK);
    told = clock_ms();
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(changed);
    assert_true(told - writer.began < 500);
    writer.store->ops->close(writer.store);
}

static void a_notification_that_was_lost_costs_a_second(void **state)
{
    tps_store *store = *state;
    bool changed = false;
    int64_t begun;

    for (int i = 0; i < 5; i++) {
        assert_int_equal(store->ops->wait_for_change(store, 10, -1, &changed), TPS_OK);
    }
    run("UPDATE tps.changes SET revision=revision+1");
    begun = clock_ms();
    assert_int_equal(store->ops->wait_for_change(store, 5000, -1, &changed), TPS_OK);
    assert_true(changed);
    assert_true(clock_ms() - begun < 1500);
}

static void another_history_has_another_generation(void **state)
{
    tps_store *store = *state;
    char before[TPS_STORE_GENERATION_MAX];
    char after[TPS_STORE_GENERATION_MAX];

    assert_int_equal(store->ops->generation(store, before), TPS_OK);
    (void)break_connections();
    assert_int_equal(store->ops->generation(store, after), TPS_OK);
    assert_string_equal(before, after);
    run("DELETE FROM tps.histories"); /* as on a standby that never had it */
    (void)break_connections();
    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(store->ops->generation(store, after), TPS_OK);
    assert_string_not_equal(before, after);
    assert_int_equal(store->ops->commit_group(store), TPS_OK);
}

/* ---- lists of more than a page ---- */

static tps_status count_item(void *context, const tps_store_item *item)
{
    int64_t *last = context;

    assert_true(item->sequence > last[0]);
    last[0] = item->sequence;
    last[1]++;
    last[2] += (int64_t)item->body.size;
    return TPS_OK;
}

static void lists_longer_than_a_page_are_whole(void **state)
{
    tps_store *store = *state;
    int64_t tenant = store_suite_tenant(store, "acme");
    int64_t seen[3] = {0};
    int64_t limited[3] = {0};

    run("INSERT INTO tps.items SELECT 1,2,'n'||i,CASE WHEN i%100=0 THEN 3000000 ELSE 1 END,i,0,'',"
        "convert_to(repeat('b',CASE WHEN i%100=0 THEN 3000000 ELSE 1 END),'UTF8')"
        " FROM generate_series(1000,2300) AS i");
    run("INSERT INTO tps.items SELECT 1,1,'k'||i,1,i,0,'','b' FROM generate_series(3000,3100) AS i");
    assert_int_equal(store->ops->each_item(store, tenant, 2, 0, 0, true, count_item, seen), TPS_OK);
    assert_int_equal(seen[1], 1301);
    assert_int_equal(seen[2], 14 * 3000000 + 1287);
    assert_int_equal(store->ops->each_item(store, tenant, 0, 1500, 777, false, count_item, limited), TPS_OK);
    assert_int_equal(limited[1], 777);
    assert_int_equal(limited[2], 0);
}

/* ---- pruning ---- */

/* A node whose clock has jumped ahead drops nothing that others still need. */
static void what_has_not_expired_for_the_database_is_not_pruned(void **state)
{
    tps_store *store = *state;
    tps_store_session session = store_suite_session(store_suite_tenant(store, "acme"), 1);
    int64_t now = (int64_t)time(NULL);

    session.expires = now + 300;
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, now), TPS_OK);
    assert_int_equal(store->ops->prune(store, now + 86400, 10), TPS_OK);
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, now), TPS_STORE_EXISTS);
}

static void pruning_at_commits_keeps_up(void **state)
{
    tps_store *store = *state;
    int64_t tenant = store_suite_tenant(store, "acme");

    for (uint8_t i = 1; i <= 20; i++) {
        tps_store_session session = store_suite_session(tenant, i);

        session.expires = 1000 + i;
        assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(store->ops->begin_group(store), TPS_OK);
        assert_int_equal(store->ops->prune(store, 5000, 8), TPS_OK);
        assert_int_equal(store->ops->commit_group(store), TPS_OK);
    }
    assert_int_equal(number("SELECT count(*) FROM tps.sessions"), 0);
    assert_int_equal(number("SELECT expires FROM tps.watermark"), 1020);
}

/* It holds what it shares with others; the watermark cannot rise then, and nobody else waits for that. */
static void a_node_that_hangs_within_a_group_stops_nobody(void **state)
{
    tps_store *store = *state;
    PGconn *hanging = PQconnectdb(url);
    tps_store_session session = store_suite_session(store_suite_tenant(store, "acme"), 1);
    int64_t begun = clock_ms();

    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    PQclear(PQexec(hanging, "BEGIN"));
    PQclear(PQexec(hanging, "SELECT pg_advisory_xact_lock_shared(7630963,2)"));
    for (uint8_t i = 2; i < 5; i++) {
        session.id[0] = i;
        assert_int_equal(store->ops->begin_group(store), TPS_OK);
        assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
        assert_int_equal(store->ops->prune(store, 5000, 8), TPS_OK);
        assert_int_equal(store->ops->commit_group(store), TPS_OK);
    }
    assert_true(clock_ms() - begun < 2000);
    assert_int_equal(number("SELECT expires FROM tps.watermark"), 0);
    PQfinish(hanging);
    assert_int_equal(store->ops->prune(store, 5000, 8), TPS_OK);
    assert_int_equal(number("SELECT count(*) FROM tps.sessions"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_suite_setup, store_suite_teardown)

static int empty(void **state)
{
    (void)state;
    fresh(NULL);
    return 0;
}

int main(void)
{
    const store_suite suite = {.name = "PostgreSQL", .fresh = fresh, .open = open_store};
    const struct CMUnitTest tests[] = {
        TEST(an_idle_connection_that_broke_is_made_again_unnoticed),
        TEST(a_group_whose_connection_broke_is_lost_whole_and_does_not_go_on),
        TEST(a_commit_whose_answer_never_came_is_no_success),
        TEST(waiting_for_changes_survives_a_broken_connection),
        TEST(a_server_that_only_reads_is_away),
        TEST(a_lock_that_others_keep_is_not_waited_for_for_ever),
        TEST(a_newer_version_is_worked_with_only_where_it_allows),
        TEST(two_versions_work_side_by_side),
        TEST(wherever_the_connection_breaks_nothing_is_claimed_that_is_not_there),
        TEST(a_sequence_becomes_visible_only_after_all_smaller_ones),
        TEST(of_many_nodes_one_takes_a_session),
        TEST(of_two_nodes_at_the_same_moment_one_uses_a_clients_nonce),
        TEST(a_change_is_told_at_once),
        TEST(a_notification_that_was_lost_costs_a_second),
        TEST(another_history_has_another_generation),
        TEST(lists_longer_than_a_page_are_whole),
        TEST(what_has_not_expired_for_the_database_is_not_pruned),
        TEST(pruning_at_commits_keeps_up),
        TEST(a_node_that_hangs_within_a_group_stops_nobody),
        cmocka_unit_test_setup(nobody_listens_there, empty),
        cmocka_unit_test_setup(a_password_that_is_wrong_is_not_repeated, empty),
        cmocka_unit_test_setup(what_is_not_ours_is_left_alone, empty),
        cmocka_unit_test_setup(many_nodes_may_start_at_once_on_an_empty_database, empty),
    };
    int failed;

    url = getenv("TPS_POSTGRESQL_URL");
    if (url == NULL) {
        (void)printf("skipped: TPS_POSTGRESQL_URL names no database\n");
        return 77;
    }
    failed = store_suite_run(&suite);
    return failed + cmocka_run_group_tests_name("PostgreSQL alone", tests, NULL, NULL);
}
