/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: the suite for all stores, and what happens to its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite/sqlite_store.h"
#include "store_suite.h"

static char folder[] = "/tmp/tps-store-XXXXXX";
static char path[64];

static void fresh(void *context)
{
    static unsigned number;

    (void)context;
    (void)snprintf(path, sizeof(path), "%s/%u.db", folder, number++);
}

static tps_store *open_store(void *context)
{
    tps_store *store = NULL;
    char why[200] = "";

    (void)context;
    if (tps_sqlite_store_open(path, &store, why, sizeof(why)) != TPS_OK) {
        fail_msg("cannot open the store: %s", why);
    }
    return store;
}

static const store_suite suite = {.name = "sqlite", .fresh = fresh, .open = open_store};

static int fresh_path(void **state)
{
    (void)state;
    fresh(NULL);
    return 0;
}

/* ---- files ---- */

static void the_file_is_its_owners_alone(void **state)
{
    struct stat info;
    tps_store *store;

    (void)state;
    (void)umask(0);
    store = open_store(NULL);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    store->ops->close(store);

    assert_int_equal(chmod(path, 0644), 0); /* one that others could read is closed to them */
    store = open_store(NULL);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    store->ops->close(store);
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void refuse_to_open(tps_status expected)
{
    tps_store *store = NULL;
    char why[200] = "";

    assert_int_equal(tps_sqlite_store_open(path, &store, why, sizeof(why)), expected);
    assert_null(store);
    assert_true(expected != TPS_STORE_FAILED || why[0] != '\0');
}

static void refuses_another_programs_database_and_leaves_it_alone(void **state)
{
    struct stat before;
    struct stat after;

    (void)state;
    run_sql("CREATE TABLE mine(a); INSERT INTO mine VALUES(1)");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(stat(path, &before), 0);
    refuse_to_open(TPS_STORE_FAILED);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_mode, after.st_mode);
    assert_int_equal(before.st_size, after.st_size);
    run_sql("INSERT INTO mine VALUES(2)");
}

static void refuses_what_is_no_database(void **state)
{
    FILE *file = fopen(path, "wb");

    (void)state;
    assert_non_null(file);
    for (int i = 0; i < 5000; i++) {
        (void)fputs("no database ", file);
    }
    (void)fclose(file);
    refuse_to_open(TPS_STORE_FAILED);
    (void)snprintf(path, sizeof(path), "%s", folder);
    refuse_to_open(TPS_STORE_FAILED);
    (void)snprintf(path, sizeof(path), "%s/none/x.db", folder);
    refuse_to_open(TPS_STORE_FAILED);
}

/* ---- trouble ---- */

static void what_was_committed_survives_a_kill(void **state)
{
    store_suite_seen seen = {0};
    tps_store_session session;
    tps_store *store;
    int status = 0;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        store = open_store(NULL);
        session = store_suite_session(store_suite_tenant(store, "acme"), 1);
        if (store->ops->begin_group(store) != TPS_OK ||
            store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20) != TPS_OK ||
            store->ops->commit_group(store) != TPS_OK || store->ops->begin_group(store) != TPS_OK) {
            _exit(1);
        }
        session = store_suite_session(session.tenant, 2);
        (void)store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20);
        (void)kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));

    store = open_store(NULL);
    assert_int_equal(store->ops->each_session(store, NULL, 0, store_suite_see_session, &seen), TPS_OK);
    assert_string_equal(seen.all, "1 ");
    store->ops->close(store);
}

/* A limit on the size of files is as a disk that is full: writing fails, and SQLite ends the transaction. */
static void a_full_disk_fails_the_group_and_the_handle_goes_on_when_there_is_room(void **state)
{
    static uint8_t large[200000];
    struct rlimit room;
    struct rlimit little = {300000, 300000};
    store_suite_seen seen = {0};
    tps_store *store = open_store(NULL);
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_item item = store_suite_item(1, "x", "");
    tps_status status = TPS_OK;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    item.body = TPS_SPAN_OF(large);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &room), 0);
    little.rlim_max = room.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "a", "", TPS_STORE_NONE, NULL), TPS_OK);
    for (unsigned i = 0; status == TPS_OK && i < 100; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "b%u", i);
        item.name = tps_span_of_text(name);
        status = store->ops->put_item(store, id, &item, TPS_STORE_NONE, 1, NULL);
    }
    if (status == TPS_OK) {
        status = store->ops->commit_group(store);
    } else {
        assert_int_equal(store->ops->commit_group(store), TPS_STORE_FAILED);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &room), 0);
    assert_int_equal(status, TPS_STORE_FAILED);
    assert_true(strlen(store->ops->explain(store)) > 0);

    assert_int_equal(store->ops->each_item(store, id, 0, 0, 0, false, store_suite_see_item, &seen), TPS_OK);
    assert_int_equal(seen.count, 0);
    assert_int_equal(store_suite_put(store, id, 1, "a", "", TPS_STORE_NONE, NULL), TPS_OK);
    store->ops->close(store);
}

/* Waits as long as a writer may be waited for, once. */
static void a_store_that_another_keeps_locked_is_away(void **state)
{
    sqlite3 *db = NULL;
    tps_store *store = open_store(NULL);
    int64_t id = store_suite_tenant(store, "acme");

    (void)state;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store->ops->begin_group(store), TPS_STORE_AWAY);
    assert_true(strlen(store->ops->explain(store)) > 0);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(store_suite_put(store, id, 1, "a", "", TPS_STORE_NONE, NULL), TPS_OK);
    store->ops->close(store);
}

static void a_key_that_was_removed_is_in_the_file_no_more(void **state)
{
    static const char secret[] = "0123456789 a key that nobody shall find";
    tps_store *store = open_store(NULL);
    int64_t id = store_suite_tenant(store, "acme");
    static char content[1 << 20];
    FILE *file;
    size_t size;

    (void)state;
    assert_int_equal(store_suite_put(store, id, TPS_STORE_RESULT_KEY, "k", secret, TPS_STORE_NONE, NULL),
                     TPS_OK);
    assert_int_equal(
        store->ops->remove_item(store, id, TPS_STORE_RESULT_KEY, TPS_SPAN_LITERAL("k"), TPS_STORE_ANY),
        TPS_OK);
    store->ops->close(store); /* brings the log into the file */

    file = fopen(path, "rb");
    assert_non_null(file);
    size = fread(content, 1, sizeof(content), file);
    (void)fclose(file);
    assert_true(size > 8192 && size < sizeof(content));
    for (size_t i = 0; i + sizeof(secret) <= size; i++) {
        assert_true(memcmp(content + i, secret, sizeof(secret) - 1) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_file_is_its_owners_alone, fresh_path),
        cmocka_unit_test_setup(refuses_another_programs_database_and_leaves_it_alone, fresh_path),
        cmocka_unit_test_setup(refuses_what_is_no_database, fresh_path),
        cmocka_unit_test_setup(what_was_committed_survives_a_kill, fresh_path),
        cmocka_unit_test_setup(a_full_disk_fails_the_group_and_the_handle_goes_on_when_there_is_room,
                               fresh_path),
        cmocka_unit_test_setup(a_store_that_another_keeps_locked_is_away, fresh_path),
        cmocka_unit_test_setup(a_key_that_was_removed_is_in_the_file_no_more, fresh_path),
    };
    char command[80];
    int failed;

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    failed = store_suite_run(&suite) + cmocka_run_group_tests_name("the file", tests, NULL, NULL);
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? failed : 1;
}
