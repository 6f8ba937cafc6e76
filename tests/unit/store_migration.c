/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store's schema, from version to version, up and down; programs of two versions on one file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"
#include "store_suite.h"
#include "store_version_1.h"

#define NEWEST      TPS_SQLITE_SCHEMA_VERSION
#define BEFORE_THEN 1795474000 /* the fixture's sessions have not expired */

/* The kids under which version 1 published the keys of the fixture's tenants. */
#define KID_DEFAULT "UFKSzgfgX_cHV_NrsVEGjV4R0TYp6vjK85--uA4TAQE"
#define KID_ACME    "muwsF0kUXNpT7v1ck10ZNt3FRULaLPohHS9E12U7pM4"

static char folder[] = "/tmp/tps-migration-XXXXXX";
static char path[64];

static int fresh(void **state)
{
    static unsigned number;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/%u.db", folder, number++);
    return 0;
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK) {
        fail_msg("%s", error);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void make_version_1(void)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof(store_version_1) / sizeof(store_version_1[0]); i++) {
        assert_int_equal(sqlite3_exec(db, store_version_1[i], NULL, NULL, NULL), SQLITE_OK);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t read_number(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        value = sqlite3_column_int64(statement, 0);
    }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

static tps_store *open_as(int version)
{
    tps_store *store = NULL;
    char why[200] = "";

    if (tps_sqlite_store_open_as(path, version, &store, why, sizeof(why)) != TPS_OK) {
        fail_msg("cannot open the store: %s", why);
    }
    return store;
}

static tps_store_migration migrate(int version, bool lose, tps_status expected)
{
    tps_store_migration out = {0};
    char why[200] = "";

    assert_int_equal(tps_sqlite_store_migrate(path, version, lose, &out, why, sizeof(why)), expected);
    return out;
}

static tps_store_tenant find_tenant(tps_store *store, const char *name, store_suite_seen *seen)
{
    assert_int_equal(store->ops->find_tenant(store, name, store_suite_see_tenant, seen), TPS_OK);
    return seen->tenant;
}

/* ---- from version 1 ---- */

static void tenants_of_version_1_keep_their_names_keys_and_what_they_were_given(void **state)
{
    static store_suite_seen seen;
    tps_store *store;
    tps_store_tenant acme;
    tps_store_tenant standard;

    (void)state;
    make_version_1();
    store = open_as(NEWEST);

    standard = find_tenant(store, "default", &seen);
    assert_true(tps_span_is_text(seen.tenant.settings, "{}"));
    acme = find_tenant(store, "acme", &seen);
    assert_true(tps_span_is_text(seen.tenant.settings, "{\"allow_unsigned\":true,\"open\":true}"));
    assert_int_equal(acme.id, 1);
    assert_true(memcmp(acme.secret, standard.secret, sizeof(acme.secret)) != 0);

    seen = (store_suite_seen){0};
    assert_int_equal(store->ops->each_item(store, acme.id, 0, 0, 0, true, store_suite_see_item, &seen),
                     TPS_OK);
    assert_string_equal(seen.all,
                        "bb4c72fffcd303447df5921a25b250da1d8a23d84d874295b216ccc7c9b88712 " KID_ACME " ");
    assert_int_equal(seen.item.kind, TPS_STORE_RESULT_KEY);
    assert_int_equal(seen.item.body.size, 32);
    assert_true(tps_span_is_text(seen.item.attributes, "{\"active_from\":0,\"retired_at\":null}"));
    seen = (store_suite_seen){0};
    assert_int_equal(store->ops->each_item(store, standard.id, 0, 0, 0, true, store_suite_see_item, &seen),
                     TPS_OK);
    assert_string_equal(seen.all,
                        "1cf20f20a871a0d74a346fd08594ab85ad96965de5800cb0d9e8432eabc73702 " KID_DEFAULT " ");
    store->ops->close(store);
}

static void results_and_nonces_of_version_1_stay_used(void **state)
{
    static store_suite_seen seen;
    tps_store *store;
    int64_t acme;
    uint8_t nonce[32];
    tps_store_session session;

    (void)state;
    make_version_1();
    store = open_as(NEWEST);
    acme = find_tenant(store, "acme", &seen).id;
    memset(nonce, 'n', sizeof(nonce));

    seen = (store_suite_seen){0};
    assert_int_equal(store->ops->each_session(store, NULL, 0, store_suite_see_session, &seen), TPS_OK);
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.session.state, TPS_STORE_SESSION_COMPLETE);
    assert_true(seen.session.expires > BEFORE_THEN);
    assert_true(seen.session.result.size > 100);
    session = seen.session;
    assert_int_equal(store->ops->find_session(store, session.tenant, session.id, BEFORE_THEN,
                                              store_suite_see_session, &seen),
                     TPS_OK);
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, BEFORE_THEN), TPS_STORE_EXISTS);
    assert_int_equal(store->ops->find_nonce(store, acme, TPS_SPAN_OF(nonce)), TPS_OK);
    store->ops->close(store);
    assert_int_equal(read_number("SELECT count(*) FROM sessions WHERE state=5"), 1);
    assert_int_equal(read_number("SELECT count(*) FROM sessions WHERE from_client AND tenant=1"), 1);
    assert_int_equal(read_number("SELECT count(*) FROM sessions WHERE from_client"), 1);
}

static void sequences_and_revisions_go_on_after_version_1(void **state)
{
    static store_suite_seen seen;
    tps_store *store;
    int64_t id;
    int64_t before = 0;
    int64_t sequence = 0;

    (void)state;
    make_version_1();
    store = open_as(NEWEST);
    id = find_tenant(store, "acme", &seen).id;
    assert_int_equal(store->ops->revision(store, &before), TPS_OK);
    assert_true(before > 5); /* who had loaded version 1 loads anew */
    assert_int_equal(store_suite_put(store, id, 1, "new", "", TPS_STORE_NONE, &sequence), TPS_OK);
    assert_true(sequence > before);
    store->ops->close(store);
}

/* ---- down, and up again ---- */

static void version_1_comes_back_as_it_was(void **state)
{
    tps_store *store;

    (void)state;
    make_version_1();
    store = open_as(NEWEST);
    store->ops->close(store);

    assert_int_equal(migrate(1, false, TPS_OK).version, 1);
    assert_int_equal(read_number("SELECT count(*) FROM tenants WHERE length(signing_key)=32"), 2);
    assert_int_equal(read_number("SELECT allow_unsigned FROM tenants WHERE name='acme'"), 1);
    assert_int_equal(read_number("SELECT allow_unsigned FROM tenants WHERE name='default'"), 0);
    assert_int_equal(read_number("SELECT count(*) FROM anchors WHERE length(sha256)=32 AND tenant=2"), 1);
    assert_int_equal(read_number("SELECT count(*) FROM endorsements WHERE tenant=1 AND hex(sha256)="
                                 "'BB4C72FFFCD303447DF5921A25B250DA1D8A23D84D874295B216CCC7C9B88712'"),
                     1);
    assert_int_equal(read_number("SELECT count(*) FROM results WHERE length(nonce)=32"), 4);
    assert_int_equal(read_number("SELECT count(*) FROM results WHERE result IS NULL"), 1);
    assert_int_equal(read_number("SELECT count(*) FROM client_nonces"), 1);
    store = open_as(NEWEST); /* and up again */
    store->ops->close(store);
}

static void every_version_is_reached_from_every_other(void **state)
{
    (void)state;
    make_version_1();
    for (int from = 1; from <= NEWEST; from++) {
        for (int to = 1; to <= NEWEST; to++) {
            assert_int_equal(migrate(from, true, TPS_OK).version, from);
            assert_int_equal(migrate(to, true, TPS_OK).version, to);
            assert_int_equal(read_number("PRAGMA user_version"), to);
            assert_int_equal(read_number("SELECT count(*) FROM tenants"), 2);
        }
    }
    assert_int_equal(migrate(0, false, TPS_OK).version, NEWEST);
    (void)migrate(NEWEST + 1, false, TPS_BAD_ARGUMENT);
}

static void going_down_says_what_would_be_lost(void **state)
{
    tps_store *store = open_as(NEWEST);
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_migration out;

    (void)state;
    assert_int_equal(store_suite_put(store, id, TPS_STORE_RESULT_KEY, "kid",
                                     "01234567890123456789012345678901", TPS_STORE_NONE, NULL),
                     TPS_OK);
    assert_int_equal(store_suite_put(store, id, TPS_STORE_TOKEN, "t", "", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, TPS_STORE_ANCHOR, "scoped", "x", TPS_STORE_NONE, NULL),
                     TPS_OK);
    assert_int_equal(store->ops->append_audit(store, id, 1, TPS_SPAN_LITERAL("{}"), NULL), TPS_OK);
    store->ops->close(store);

    out = migrate(1, false, TPS_STORE_EXISTS);
    assert_int_equal(out.lost, 3);
    assert_int_equal(out.version, NEWEST);
    assert_int_equal(read_number("SELECT count(*) FROM items"), 3);
    out = migrate(1, true, TPS_OK);
    assert_int_equal(out.lost, 3);
    assert_int_equal(out.version, 1);
    assert_int_equal(read_number("SELECT count(*) FROM anchors"),
                     0); /* it would have been trusted in everything */
}

/* ---- programs of two versions on one file ---- */

static void a_program_of_the_version_before_works_beside_a_newer_one(void **state)
{
    tps_store *old = open_as(2);
    int64_t id = store_suite_tenant(old, "acme");
    tps_store *new = open_as(NEWEST);
    tps_store *again;
    store_suite_seen seen = {0};
    tps_store_session session = store_suite_session(id, 1);

    (void)state;
    session.state = TPS_STORE_SESSION_PROCESSING;
    assert_int_equal(read_number("PRAGMA user_version"), NEWEST);
    assert_int_equal(store_suite_step(old, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    assert_int_equal(new->ops->claim_sessions(new, 100, 50, 5, store_suite_see_session, &seen), TPS_OK);
    assert_int_equal(seen.count, 1);
    again = open_as(2); /* a restart of the older one leaves the file as it is */
    assert_int_equal(again->ops->claim_sessions(again, 200, 150, 5, store_suite_see_session, &seen), TPS_OK);
    assert_int_equal(seen.count, 2);
    assert_int_equal(read_number("PRAGMA user_version"), NEWEST);
    again->ops->close(again);
    old->ops->close(old);
    new->ops->close(new);
}

static void a_file_that_wants_a_newer_program_is_refused(void **state)
{
    tps_store *store = open_as(NEWEST);
    tps_store_migration out;

    (void)state;
    store->ops->close(store);
    run_sql("PRAGMA user_version=99");
    store = open_as(NEWEST); /* newer, but it says that this program may */
    store->ops->close(store);
    assert_int_equal(read_number("PRAGMA user_version"), 99);
    run_sql("UPDATE state SET value=98 WHERE name='oldest'");
    store = NULL;
    assert_int_equal(tps_sqlite_store_open(path, &store, NULL, 0), TPS_STORE_NEWER);
    assert_null(store);
    (void)migrate(1, true, TPS_STORE_NEWER);
    out = migrate(0, false, TPS_OK);
    assert_int_equal(out.version, 99);
    assert_int_equal(out.oldest, 98);
}

/* ---- killed in the middle ---- */

static int kill_after; /* calls of the handler below */

static int maybe_kill(void *context)
{
    (void)context;
    if (--kill_after == 0) {
        (void)kill(getpid(), SIGKILL);
    }
    return 0;
}

/* Called by SQLite for each connection that is opened. */
static int watch(sqlite3 *db, const char **error, const struct sqlite3_api_routines *api)
{
    (void)error;
    (void)api;
    sqlite3_progress_handler(db, 40, maybe_kill, NULL);
    return SQLITE_OK;
}

/* Migrates in a child that is killed after so many steps of SQLite's machine; false when it came to its end.
 */
static bool is_killed(int version, int after)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        tps_store_migration out;

        kill_after = after;
        (void)sqlite3_auto_extension((void (*)(void))watch);
        _exit(tps_sqlite_store_migrate(path, version, true, &out, NULL, 0) == TPS_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void a_step_that_is_killed_anywhere_has_not_been_taken(void **state)
{
    static const int ways[][2] = {{1, 2}, {2, 3}, {3, 2}, {2, 1}, {1, NEWEST}};
    unsigned kills = 0;

    (void)state;
    make_version_1();
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        int after = 1;

        (void)migrate(ways[i][0], true, TPS_OK);
        while (is_killed(ways[i][1], after)) {
            assert_int_equal(migrate(0, false, TPS_OK).version, ways[i][0]);
            assert_int_equal(read_number("SELECT count(*) FROM tenants"), 2);
            kills++;
            after += 3;
        }
        assert_int_equal(migrate(0, false, TPS_OK).version, ways[i][1]);
    }
    assert_true(kills > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tenants_of_version_1_keep_their_names_keys_and_what_they_were_given, fresh),
        cmocka_unit_test_setup(results_and_nonces_of_version_1_stay_used, fresh),
        cmocka_unit_test_setup(sequences_and_revisions_go_on_after_version_1, fresh),
        cmocka_unit_test_setup(version_1_comes_back_as_it_was, fresh),
        cmocka_unit_test_setup(every_version_is_reached_from_every_other, fresh),
        cmocka_unit_test_setup(going_down_says_what_would_be_lost, fresh),
        cmocka_unit_test_setup(a_program_of_the_version_before_works_beside_a_newer_one, fresh),
        cmocka_unit_test_setup(a_file_that_wants_a_newer_program_is_refused, fresh),
        cmocka_unit_test_setup(a_step_that_is_killed_anywhere_has_not_been_taken, fresh),
    };
    char command[80];
    int failed;

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? failed : 1;
}
