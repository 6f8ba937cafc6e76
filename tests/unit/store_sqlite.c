/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: what is kept, what is refused, what a group promises, and what happens to files that are
 * not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite/sqlite_store.h"

static char folder[] = "/tmp/tps-store-XXXXXX";
static char path[64];

static tps_store *open_store(void)
{
    tps_store *store = NULL;
    char why[200] = "";

    if (tps_sqlite_store_open(path, &store, why, sizeof(why)) != TPS_OK) {
        fail_msg("cannot open the store: %s", why);
    }
    return store;
}

static int fresh(void **state)
{
    static unsigned number;

    (void)snprintf(path, sizeof(path), "%s/%u.db", folder, number++);
    *state = open_store();
    return 0;
}

static int done(void **state)
{
    tps_store *store = *state;

    store->ops->close(store);
    return 0;
}

static int64_t make_tenant(tps_store *store, const char *name)
{
    tps_store_tenant tenant = {0};

    (void)snprintf(tenant.name, sizeof(tenant.name), "%s", name);
    memset(tenant.signing_key, 7, sizeof(tenant.signing_key));
    assert_int_equal(store->ops->create_tenant(store, &tenant, 1), TPS_OK);
    assert_int_equal(store->ops->find_tenant(store, name, &tenant), TPS_OK);
    return tenant.id;
}

/* A result whose session id and nonce are filled with one byte each. */
static tps_store_result make_result(int64_t tenant, uint8_t session, const char *nonce)
{
    tps_store_result r = {.tenant = tenant, .expires = 100};

    memset(r.session, session, sizeof(r.session));
    r.nonce = tps_span_of_text(nonce);
    r.type = TPS_SPAN_LITERAL("a/b");
    r.result = TPS_SPAN_LITERAL("jwt");
    return r;
}

static tps_status put(tps_store *store, int64_t tenant, uint8_t session, const char *nonce)
{
    tps_store_result r = make_result(tenant, session, nonce);

    return store->ops->put_result(store, &r);
}

static tps_status count_result(void *context, const tps_store_result *r)
{
    assert_true(tps_span_is_text(r->result, "jwt"));
    assert_true(tps_span_is_text(r->type, "a/b"));
    assert_int_equal(r->expires, 100);
    ++*(int *)context;
    return TPS_OK;
}

static tps_status find(tps_store *store, int64_t tenant, uint8_t session, int64_t now)
{
    uint8_t id[16];
    int count = 0;
    tps_status status;

    memset(id, session, sizeof(id));
    status = store->ops->find_result(store, tenant, id, now, count_result, &count);
    assert_int_equal(count, status == TPS_OK);
    return status;
}

static void keeps_a_tenant_and_refuses_its_name_again(void **state)
{
    tps_store *store = *state;
    tps_store_tenant t = {.name = "acme", .allow_unsigned = true};

    memset(t.signing_key, 9, sizeof(t.signing_key));
    assert_int_equal(store->ops->create_tenant(store, &t, 5), TPS_OK);
    assert_int_equal(store->ops->create_tenant(store, &t, 5), TPS_STORE_EXISTS);
    store->ops->close(store);
    *state = store = open_store();

    memset(&t, 0, sizeof(t));
    assert_int_equal(store->ops->find_tenant(store, "acme", &t), TPS_OK);
    assert_string_equal(t.name, "acme");
    assert_true(t.allow_unsigned);
    assert_int_equal(t.signing_key[31], 9);
    assert_int_equal(store->ops->find_tenant(store, "other", &t), TPS_NOT_FOUND);
}

static void refuses_names_that_do_not_fit_into_urls(void **state)
{
    static const char *const names[] = {"", "-a", "A", "a b", "a/b", "a.b", "\xc3\xa9"};
    tps_store *store = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        tps_store_tenant t = {0};

        (void)snprintf(t.name, sizeof(t.name), "%s", names[i]);
        assert_int_equal(store->ops->create_tenant(store, &t, 5), TPS_BAD_ARGUMENT);
    }
}

static tps_status join(void *context, tps_span bytes)
{
    (void)strncat(context, (const char *)bytes.data, bytes.size);
    return TPS_OK;
}

static void keeps_anchors_and_endorsements_in_order_and_apart(void **state)
{
    static const uint8_t one[32] = {1};
    static const uint8_t two[32] = {2};
    tps_store *store = *state;
    int64_t a = make_tenant(store, "a");
    int64_t b = make_tenant(store, "b");
    char text[32] = "";

    assert_int_equal(store->ops->add_anchor(store, a, one, TPS_SPAN_LITERAL("A1"), 1), TPS_OK);
    assert_int_equal(store->ops->add_anchor(store, a, two, TPS_SPAN_LITERAL("A2"), 1), TPS_OK);
    assert_int_equal(store->ops->add_anchor(store, a, one, TPS_SPAN_LITERAL("A1"), 1), TPS_STORE_EXISTS);
    assert_int_equal(store->ops->add_anchor(store, b, one, TPS_SPAN_LITERAL("B1"), 1), TPS_OK);
    assert_int_equal(store->ops->add_endorsement(store, b, two, TPS_SPAN_LITERAL("E2"), 1), TPS_OK);
    assert_int_equal(store->ops->add_endorsement(store, b, one, TPS_SPAN_LITERAL("E1"), 1), TPS_OK);
    assert_int_equal(store->ops->add_endorsement(store, 999, one, TPS_SPAN_LITERAL("E1"), 1), TPS_NOT_FOUND);

    assert_int_equal(store->ops->each_anchor(store, a, join, text), TPS_OK);
    assert_string_equal(text, "A1A2");
    text[0] = '\0';
    assert_int_equal(store->ops->each_anchor(store, b, join, text), TPS_OK);
    assert_int_equal(store->ops->each_endorsement(store, b, join, text), TPS_OK);
    assert_string_equal(text, "B1E2E1");
    text[0] = '\0';
    assert_int_equal(store->ops->each_endorsement(store, a, join, text), TPS_OK);
    assert_string_equal(text, "");
}

static void the_revision_grows_with_every_change_that_matters(void **state)
{
    static const uint8_t one[32] = {1};
    tps_store *store = *state;
    int64_t before;
    int64_t after;
    int64_t a;

    assert_int_equal(store->ops->revision(store, &before), TPS_OK);
    a = make_tenant(store, "a");
    assert_int_equal(store->ops->revision(store, &after), TPS_OK);
    assert_true(after > before);
    assert_int_equal(store->ops->add_anchor(store, a, one, TPS_SPAN_LITERAL("A1"), 1), TPS_OK);
    assert_int_equal(store->ops->revision(store, &before), TPS_OK);
    assert_true(before > after);
    assert_int_equal(put(store, a, 1, "n"), TPS_OK);
    assert_int_equal(store->ops->add_anchor(store, a, one, TPS_SPAN_LITERAL("A1"), 1), TPS_STORE_EXISTS);
    assert_int_equal(store->ops->revision(store, &after), TPS_OK);
    assert_int_equal(after, before);
}

static void a_nonce_is_used_once_a_tenant(void **state)
{
    tps_store *store = *state;

    assert_int_equal(put(store, 1, 1, "nonce"), TPS_OK);
    assert_int_equal(put(store, 1, 2, "nonce"), TPS_STORE_EXISTS);
    assert_int_equal(put(store, 1, 1, "other"), TPS_STORE_EXISTS);
    assert_int_equal(put(store, 2, 3, "nonce"), TPS_OK);
    assert_int_equal(find(store, 1, 2, 50), TPS_NOT_FOUND);
    assert_int_equal(store->ops->find_nonce(store, 1, TPS_SPAN_LITERAL("nonce")), TPS_OK);
    assert_int_equal(store->ops->find_nonce(store, 3, TPS_SPAN_LITERAL("nonce")), TPS_NOT_FOUND);
}

static void a_clients_nonce_stays_used_when_its_result_is_pruned(void **state)
{
    tps_store *store = *state;
    tps_store_result r = make_result(1, 1, "nonce");

    r.nonce_from_client = true;
    assert_int_equal(store->ops->put_result(store, &r), TPS_OK);
    assert_int_equal(put(store, 1, 2, "ours"), TPS_OK);
    assert_int_equal(store->ops->prune(store, 100, 10), TPS_OK);

    assert_int_equal(store->ops->find_nonce(store, 1, r.nonce), TPS_OK);
    assert_int_equal(store->ops->find_nonce(store, 1, TPS_SPAN_LITERAL("ours")), TPS_NOT_FOUND);
    memset(r.session, 3, sizeof(r.session));
    assert_int_equal(store->ops->put_result(store, &r), TPS_STORE_EXISTS);
    assert_int_equal(find(store, 1, 3, 50), TPS_NOT_FOUND);
}

static void results_are_found_by_their_tenant_until_they_expire(void **state)
{
    tps_store *store = *state;

    assert_int_equal(put(store, 1, 1, "nonce"), TPS_OK);
    assert_int_equal(find(store, 1, 1, 99), TPS_OK);
    assert_int_equal(find(store, 2, 1, 99), TPS_NOT_FOUND);
    assert_int_equal(find(store, 1, 2, 99), TPS_NOT_FOUND);
    assert_int_equal(find(store, 1, 1, 100), TPS_NOT_FOUND);
}

static void removing_a_result_keeps_its_nonce_used(void **state)
{
    tps_store *store = *state;
    uint8_t id[16];

    memset(id, 1, sizeof(id));
    assert_int_equal(put(store, 1, 1, "nonce"), TPS_OK);
    assert_int_equal(store->ops->remove_result(store, 2, id, 50), TPS_NOT_FOUND);
    assert_int_equal(store->ops->remove_result(store, 1, id, 50), TPS_OK);
    assert_int_equal(store->ops->remove_result(store, 1, id, 50), TPS_NOT_FOUND);

    assert_int_equal(find(store, 1, 1, 50), TPS_NOT_FOUND);
    assert_int_equal(put(store, 1, 2, "nonce"), TPS_STORE_EXISTS);
}

static void a_group_is_kept_whole_and_survives_refusals_inside_it(void **state)
{
    tps_store *store = *state;
    tps_store *other = open_store();
    tps_store_result mine = make_result(1, 2, "a");

    mine.nonce_from_client = true;
    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(put(store, 1, 1, "a"), TPS_OK);
    assert_int_equal(put(store, 1, 2, "a"), TPS_STORE_EXISTS);
    assert_int_equal(store->ops->put_result(store, &mine), TPS_STORE_EXISTS);
    assert_int_equal(put(store, 1, 3, "b"), TPS_OK);
    assert_int_equal(find(other, 1, 1, 50), TPS_NOT_FOUND);
    assert_int_equal(store->ops->commit_group(store), TPS_OK);

    assert_int_equal(find(other, 1, 1, 50), TPS_OK);
    assert_int_equal(find(other, 1, 3, 50), TPS_OK);
    assert_int_equal(find(other, 1, 2, 50), TPS_NOT_FOUND);
    other->ops->close(other);
}

static void an_abandoned_group_leaves_nothing(void **state)
{
    tps_store *store = *state;

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(put(store, 1, 1, "a"), TPS_OK);
    store->ops->abandon_group(store);

    assert_int_equal(find(store, 1, 1, 50), TPS_NOT_FOUND);
    assert_int_equal(put(store, 1, 1, "a"), TPS_OK);
}

static void kill_9_after_a_commit_loses_nothing(void **state)
{
    tps_store *store = *state;
    pid_t child = fork();
    int ended;

    if (child == 0) {
        store = open_store();
        if (store->ops->begin_group(store) == TPS_OK && put(store, 1, 1, "a") == TPS_OK &&
            store->ops->commit_group(store) == TPS_OK && store->ops->begin_group(store) == TPS_OK &&
            put(store, 1, 2, "b") == TPS_OK) {
            (void)kill(getpid(), SIGKILL);
        }
        _exit(1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended));

    assert_int_equal(find(store, 1, 1, 50), TPS_OK);
    assert_int_equal(find(store, 1, 2, 50), TPS_NOT_FOUND);
}

static void opening_again_in_this_process_does_not_let_others_remove_the_log(void **state)
{
    tps_store *second = open_store();
    pid_t child = fork();
    int ended;

    (void)state;      /* the first handle stays open all the while */
    if (child == 0) { /* another program comes and goes: it must not take itself for the last one */
        execl("/proc/self/exe", "store_sqlite", "--open", path, (char *)NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    assert_int_equal(put(second, 1, 1, "a"), TPS_OK);
    child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "store_sqlite", "--find", path, (char *)NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    second->ops->close(second);
}

static void the_file_is_for_its_owner_only(void **state)
{
    tps_store *store = *state;
    struct stat s;

    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0644), 0);
    store->ops->close(store);
    *state = open_store();
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
}

static void run_sql(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

static void leaves_what_is_no_store_as_it_is(void **state)
{
    char other[300];
    char header[20] = "";
    tps_store *store = NULL;
    struct stat before;
    struct stat after;
    sqlite3 *db;
    FILE *file;

    (void)state;
    (void)snprintf(other, sizeof(other), "%s.other", path);
    assert_int_equal(mkdir(other, 0755), 0); /* a folder that lost its bits could not be entered any more */
    assert_int_equal(tps_sqlite_store_open(other, &store, NULL, 0), TPS_STORE_FAILED);
    assert_int_equal(stat(other, &after), 0);
    assert_int_equal(after.st_mode & 0777, 0755);
    assert_int_equal(rmdir(other), 0);

    assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE mine(x)", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    assert_int_equal(chmod(other, 0644), 0);
    assert_int_equal(stat(other, &before), 0);
    assert_int_equal(tps_sqlite_store_open(other, &store, NULL, 0), TPS_STORE_FAILED);
    assert_int_equal(stat(other, &after), 0);
    assert_int_equal(after.st_mode, before.st_mode);
    file = fopen(other, "rb");
    assert_non_null(file);
    assert_int_equal(fread(header, 1, sizeof(header), file), sizeof(header));
    (void)fclose(file);
    assert_int_equal(header[18], 1); /* not turned to a write-ahead log (2) */
    (void)unlink(other);
}

static void refuses_a_newer_store_and_files_of_others(void **state)
{
    tps_store *store = NULL;
    char why[100] = "x";
    FILE *file;

    (void)state;
    run_sql("PRAGMA user_version=99");
    assert_int_equal(tps_sqlite_store_open(path, &store, why, sizeof(why)), TPS_STORE_NEWER);
    run_sql("PRAGMA user_version=1; PRAGMA application_id=5");
    assert_int_equal(tps_sqlite_store_open(path, &store, why, sizeof(why)), TPS_STORE_FAILED);
    assert_string_equal(why, "it is not a store of opentps");
    run_sql("PRAGMA user_version=1; PRAGMA application_id=1414550322");

    (void)snprintf(path, sizeof(path), "%s/other", folder);
    run_sql("CREATE TABLE t(x)");
    assert_int_equal(tps_sqlite_store_open(path, &store, NULL, 0), TPS_STORE_FAILED);
    file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        (void)fputs("rubbish ", file);
    }
    (void)fclose(file);
    assert_int_equal(tps_sqlite_store_open(path, &store, why, sizeof(why)), TPS_STORE_FAILED);
    assert_int_equal(tps_sqlite_store_open("/no/such/folder/x", &store, why, sizeof(why)), TPS_STORE_FAILED);
    assert_string_equal(why, "No such file or directory");
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? 1 : 0;
}

static int remove_folder(void **state)
{
    char command[100];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)

/* What the other program of a test does: open the store and close it, or find the result of session 1. */
static int be_another_program(const char *what, const char *file)
{
    tps_store *store = NULL;
    uint8_t id[16];
    int count = 0;
    tps_status status = tps_sqlite_store_open(file, &store, NULL, 0);

    memset(id, 1, sizeof(id));
    if (status == TPS_OK && strcmp(what, "--find") == 0) {
        status = store->ops->find_result(store, 1, id, 50, count_result, &count);
    }
    if (store != NULL) {
        store->ops->close(store);
    }
    return status == TPS_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(keeps_a_tenant_and_refuses_its_name_again),
        STORE_TEST(refuses_names_that_do_not_fit_into_urls),
        STORE_TEST(keeps_anchors_and_endorsements_in_order_and_apart),
        STORE_TEST(the_revision_grows_with_every_change_that_matters),
        STORE_TEST(a_nonce_is_used_once_a_tenant),
        STORE_TEST(a_clients_nonce_stays_used_when_its_result_is_pruned),
        STORE_TEST(results_are_found_by_their_tenant_until_they_expire),
        STORE_TEST(removing_a_result_keeps_its_nonce_used),
        STORE_TEST(a_group_is_kept_whole_and_survives_refusals_inside_it),
        STORE_TEST(an_abandoned_group_leaves_nothing),
        STORE_TEST(kill_9_after_a_commit_loses_nothing),
        STORE_TEST(opening_again_in_this_process_does_not_let_others_remove_the_log),
        STORE_TEST(the_file_is_for_its_owner_only),
        STORE_TEST(leaves_what_is_no_store_as_it_is),
        STORE_TEST(refuses_a_newer_store_and_files_of_others),
    };

    if (argc == 3) {
        return be_another_program(argv[1], argv[2]);
    }
    return cmocka_run_group_tests_name("store_sqlite", tests, make_folder, remove_folder);
}
