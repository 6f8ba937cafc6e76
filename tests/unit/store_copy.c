/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of whole stores: equal, taken up again wherever they were interrupted, and compared; and what a
 * check finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <unistd.h>

#include "store/copy.h"
#include "store/sqlite/sqlite_store.h"
#include "store_suite.h"

static char folder[] = "/tmp/tps-copy-XXXXXX";
static char path[64];

static tps_store *open_path(void)
{
    tps_store *store = NULL;

    assert_int_equal(tps_sqlite_store_open(path, &store, NULL, 0), TPS_OK);
    return store;
}

/* A new file at `path`. */
static tps_store *open_new(void)
{
    static unsigned number;

    (void)snprintf(path, sizeof(path), "%s/%u.db", folder, number++);
    return open_path();
}

static void fill_tenant(tps_store *store, const char *name, uint8_t first, uint8_t sessions)
{
    static const uint32_t states[] = {TPS_STORE_SESSION_WAITING, TPS_STORE_SESSION_PROCESSING,
                                      TPS_STORE_SESSION_COMPLETE, TPS_STORE_SESSION_FAILED,
                                      TPS_STORE_SESSION_REMOVED};
    int64_t id = store_suite_tenant(store, name);

    for (uint8_t i = 0; i < 20; i++) {
        char item[8];

        (void)snprintf(item, sizeof(item), "i%u", i % 17U);
        assert_int_equal(store_suite_put(store, id, 1 + i % 3U, item, "some bytes", TPS_STORE_ANY, NULL),
                         TPS_OK);
        assert_int_equal(store->ops->append_audit(store, id, i, TPS_SPAN_LITERAL("{\"e\":1}"), NULL), TPS_OK);
    }
    for (uint8_t i = 0; i < sessions; i++) {
        tps_store_session session = store_suite_session(id, (uint8_t)(first + i));

        session.state = states[i % 5U];
        session.nonce = tps_span_make(&i, 1);
        session.nonce_from_client = i % 2 == 0;
        session.evidence = TPS_SPAN_LITERAL("evidence");
        session.expires = 3000 - i % 7;
        assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    }
}

/* Something of everything. */
static tps_store *make_source(void)
{
    tps_store *store = open_new();
    tps_store_session gone;
    int64_t removed = store_suite_tenant(store, "removed");

    gone = store_suite_session(removed, 1);
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &gone, 20), TPS_OK);
    assert_int_equal(store->ops->prune(store, 2000, 10), TPS_OK);
    assert_int_equal(store->ops->remove_tenant(store, removed), TPS_OK);
    fill_tenant(store, "acme", 0, 245);
    fill_tenant(store, "default", 10, 245);
    return store;
}

static const tps_store_copy_options plain = {.renews_secrets = false};

static tps_store_summary digest_of(tps_store *store)
{
    tps_store_summary summary;

    assert_int_equal(tps_store_digest(store, true, "", 0, NULL, NULL, &summary), TPS_OK);
    return summary;
}

static void a_copy_is_equal_and_goes_on_where_its_source_was(void **state)
{
    tps_store *from = make_source();
    tps_store *to = open_new();
    tps_store_copy_result result;
    tps_store_summary a;
    tps_store_summary b;
    int64_t revision = 0;
    int64_t copied_revision = 0;
    int64_t watermark = 0;

    (void)state;
    assert_int_equal(tps_store_copy(from, to, &plain, &result), TPS_OK);
    a = digest_of(from);
    b = digest_of(to);
    assert_memory_equal(a.sha256, b.sha256, sizeof(a.sha256));
    assert_memory_equal(a.sha256, result.summary.sha256, sizeof(a.sha256));
    assert_int_equal(b.tenants, 2);
    assert_int_equal(b.items, 2 * 20);
    assert_int_equal(b.entries, 40);
    assert_int_equal(b.sessions, 490);
    assert_int_equal(b.nonces, 2 * 98);

    assert_int_equal(from->ops->revision(from, &revision), TPS_OK);
    assert_int_equal(to->ops->revision(to, &copied_revision), TPS_OK);
    assert_int_equal(copied_revision, revision);
    assert_int_equal(to->ops->watermark(to, &watermark), TPS_OK);
    assert_int_equal(watermark, 1000);
    from->ops->close(from);
    to->ops->close(to);
}

static void a_store_that_is_not_empty_is_no_target(void **state)
{
    tps_store *from = make_source();
    tps_store *to = open_new();
    tps_store_copy_result result;

    (void)state;
    assert_int_equal(tps_store_copy(from, to, &plain, &result), TPS_OK);
    assert_int_equal(tps_store_copy(from, to, &plain, &result), TPS_STORE_EXISTS);
    assert_true(result.to_failed && !result.from_failed);
    assert_int_equal(tps_store_copy(to, to, &plain, &result), TPS_STORE_EXISTS);
    from->ops->close(from);
    to->ops->close(to);
}

/* ---- interrupted ---- */

/* A store in front of another one, whose Nth writing call fails. */
typedef struct {
    tps_store store; /* first */
    tps_store *behind;
    tps_store_ops ops;
    unsigned calls, fail_at;
} failing;

static failing *front(tps_store *store)
{
    return (failing *)(void *)store;
}

static tps_status step(tps_store *store)
{
    failing *f = front(store);

    return ++f->calls == f->fail_at ? TPS_STORE_AWAY : TPS_OK;
}

static tps_status do_begin(tps_store *s)
{
    TPS_TRY(step(s));
    return front(s)->behind->ops->begin_group(front(s)->behind);
}
static tps_status do_commit(tps_store *s)
{
    if (step(s) != TPS_OK) {
        front(s)->behind->ops->abandon_group(front(s)->behind);
        return TPS_STORE_AWAY;
    }
    return front(s)->behind->ops->commit_group(front(s)->behind);
}
static void do_abandon(tps_store *s)
{
    front(s)->behind->ops->abandon_group(front(s)->behind);
}
static tps_status do_begin_import(tps_store *s, const char *source)
{
    TPS_TRY(step(s));
    return front(s)->behind->ops->begin_import(front(s)->behind, source);
}
static tps_status do_tenant(tps_store *s, const tps_store_tenant *tenant)
{
    TPS_TRY(step(s));
    return front(s)->behind->ops->import_tenant(front(s)->behind, tenant);
}
static tps_status do_item(tps_store *s, int64_t tenant, const tps_store_item *item)
{
    TPS_TRY(step(s));
    return front(s)->behind->ops->import_item(front(s)->behind, tenant, item);
}
static tps_status do_session(tps_store *s, const tps_store_session *session)
{
    TPS_TRY(step(s));
    return front(s)->behind->ops->import_session(front(s)->behind, session);
}
static tps_status do_nonce(tps_store *s, int64_t tenant, tps_span nonce)
{
    TPS_TRY(step(s));
    return front(s)->behind->ops->import_nonce(front(s)->behind, tenant, nonce);
}
static tps_status do_audit(tps_store *s, int64_t tenant, const tps_store_audit_entry *entry)
{
    TPS_TRY(step(s));
    return front(s)->behind->ops->import_audit(front(s)->behind, tenant, entry);
}
static tps_status do_end(tps_store *s, int64_t revision, int64_t watermark)
{
    TPS_TRY(step(s));
    return front(s)->behind->ops->end_import(front(s)->behind, revision, watermark);
}
static tps_status do_each_item(tps_store *s, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                               bool with_bodies, tps_store_visit_item visit, void *context)
{
    return front(s)->behind->ops->each_item(front(s)->behind, tenant, kind, after, limit, with_bodies, visit,
                                            context);
}
static tps_status do_each_audit(tps_store *s, int64_t tenant, int64_t from, size_t limit,
                                tps_store_visit_audit visit, void *context)
{
    return front(s)->behind->ops->each_audit(front(s)->behind, tenant, from, limit, visit, context);
}
static tps_status do_each_session(tps_store *s, const tps_store_session *after, size_t limit,
                                  tps_store_visit_session visit, void *context)
{
    return front(s)->behind->ops->each_session(front(s)->behind, after, limit, visit, context);
}
static tps_status do_each_nonce(tps_store *s, int64_t tenant, tps_span after, size_t limit,
                                tps_store_visit_nonce visit, void *context)
{
    return front(s)->behind->ops->each_nonce(front(s)->behind, tenant, after, limit, visit, context);
}
static tps_status do_each_tenant(tps_store *s, tps_store_visit_tenant visit, void *context)
{
    return front(s)->behind->ops->each_tenant(front(s)->behind, visit, context);
}

static const tps_store_ops failing_ops = {
    .begin_group = do_begin,
    .commit_group = do_commit,
    .abandon_group = do_abandon,
    .each_tenant = do_each_tenant,
    .each_item = do_each_item,
    .each_audit = do_each_audit,
    .each_session = do_each_session,
    .each_nonce = do_each_nonce,
    .begin_import = do_begin_import,
    .import_tenant = do_tenant,
    .import_item = do_item,
    .import_session = do_session,
    .import_nonce = do_nonce,
    .import_audit = do_audit,
    .end_import = do_end,
};

static void a_copy_that_fails_anywhere_is_taken_up_again(void **state)
{
    tps_store *from = make_source();
    tps_store_summary expected = digest_of(from);
    unsigned writes = 0;

    (void)state;
    for (unsigned n = 1;; n += n < 10 || n > 765 ? 1 : 37) {
        failing f = {.store = {&failing_ops}, .behind = open_new(), .fail_at = n};
        tps_store_copy_result result;
        tps_status status = tps_store_copy(from, &f.store, &plain, &result);
        char generation[TPS_STORE_GENERATION_MAX];

        writes = f.calls;
        if (status != TPS_OK) {
            tps_store_summary copied;

            assert_int_equal(status, TPS_STORE_AWAY);
            assert_true(result.to_failed);
            if (n > 1) { /* nobody serves half of it */
                assert_int_equal(f.behind->ops->generation(f.behind, generation), TPS_STORE_AWAY);
            }
            assert_int_equal(tps_store_copy(from, f.behind, &plain, &result), TPS_OK);
            copied = digest_of(f.behind);
            assert_memory_equal(copied.sha256, expected.sha256, sizeof(expected.sha256));
        }
        f.behind->ops->close(f.behind);
        if (status == TPS_OK) {
            break;
        }
    }
    assert_true(writes > 750);
    from->ops->close(from);
}

static void a_copy_that_is_taken_up_again_does_not_write_all_again(void **state)
{
    tps_store *from = make_source();
    failing f = {.store = {&failing_ops}, .behind = open_new(), .fail_at = 0};
    tps_store_copy_result result;
    unsigned whole;

    (void)state;
    /* End of the import fails: all but that is there. */
    assert_int_equal(tps_store_copy(from, &f.store, &plain, &result), TPS_OK);
    whole = f.calls;
    f.behind->ops->close(f.behind);
    f = (failing){.store = {&failing_ops}, .behind = open_new(), .fail_at = whole - 1};
    assert_int_equal(tps_store_copy(from, &f.store, &plain, &result), TPS_STORE_AWAY);
    f.calls = f.fail_at = 0;
    assert_int_equal(tps_store_copy(from, &f.store, &plain, &result), TPS_OK);
    assert_true(f.calls < whole / 2);
    f.behind->ops->close(f.behind);
    from->ops->close(from);
}

static void a_source_that_changed_meanwhile_is_noticed(void **state)
{
    tps_store *from = make_source();
    failing f = {.store = {&failing_ops}, .behind = open_new(), .fail_at = 0};
    tps_store_copy_result result;
    char generation[TPS_STORE_GENERATION_MAX];
    store_suite_seen seen = {0};

    (void)state;
    f.fail_at = 700; /* behind the first group */
    assert_int_equal(tps_store_copy(from, &f.store, &plain, &result), TPS_STORE_AWAY);
    assert_int_equal(from->ops->find_tenant(from, "acme", store_suite_see_tenant, &seen), TPS_OK);
    assert_int_equal(from->ops->remove_item(from, seen.tenant.id, 1, TPS_SPAN_LITERAL("i0"), TPS_STORE_ANY),
                     TPS_OK);
    f.fail_at = 0;
    assert_int_equal(tps_store_copy(from, &f.store, &plain, &result), TPS_STORE_CHANGED);
    assert_int_equal(f.behind->ops->generation(f.behind, generation), TPS_STORE_AWAY);
    f.behind->ops->close(f.behind);
    from->ops->close(from);
}

/* ---- restored ---- */

static tps_status add_entry(void *context, tps_store *to)
{
    store_suite_seen seen = {0};

    (void)context;
    TPS_TRY(to->ops->find_tenant(to, "acme", store_suite_see_tenant, &seen));
    return to->ops->append_audit(to, seen.tenant.id, 99, TPS_SPAN_LITERAL("restored"), NULL);
}

static void a_restored_store_has_new_secrets_another_generation_and_an_entry(void **state)
{
    const tps_store_copy_options restoring = {.renews_secrets = true, .at_end = add_entry};
    tps_store *from = make_source();
    tps_store *to = open_new();
    tps_store_copy_result result;
    store_suite_seen before = {0};
    store_suite_seen after = {0};
    char a[TPS_STORE_GENERATION_MAX];
    char b[TPS_STORE_GENERATION_MAX];

    (void)state;
    assert_int_equal(tps_store_copy(from, to, &restoring, &result), TPS_OK);
    assert_int_equal(from->ops->find_tenant(from, "acme", store_suite_see_tenant, &before), TPS_OK);
    assert_int_equal(to->ops->find_tenant(to, "acme", store_suite_see_tenant, &after), TPS_OK);
    assert_true(memcmp(before.tenant.secret, after.tenant.secret, sizeof(before.tenant.secret)) != 0);
    assert_int_equal(from->ops->generation(from, a), TPS_OK);
    assert_int_equal(to->ops->generation(to, b), TPS_OK);
    assert_string_not_equal(a, b);
    after = (store_suite_seen){0};
    assert_int_equal(to->ops->find_tenant(to, "acme", store_suite_see_tenant, &after), TPS_OK);
    assert_int_equal(to->ops->each_audit(to, after.tenant.id, 21, 0, store_suite_see_audit, &after), TPS_OK);
    assert_int_equal(after.audit.sequence, 21);
    from->ops->close(from);
    to->ops->close(to);
}

/* ---- checks ---- */

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_check_finds_what_does_not_fit(void **state)
{
    static const struct {
        const char *sql;
        const char *fault;
    } cases[] = {
        {"UPDATE audit SET entry='{}' WHERE sequence=7 AND tenant=2", "entry 7"},
        {"UPDATE audit SET time=time+1 WHERE sequence=20 AND tenant=3", "tenant default: entry 20"},
        {"DELETE FROM audit WHERE sequence=5 AND tenant=2", "entry 5 of the audit log is missing"},
        {"UPDATE sessions SET tenant=77 WHERE session=(SELECT max(session) FROM sessions)", "tenant 77"},
        {"UPDATE sessions SET state=9 WHERE session=(SELECT max(session) FROM sessions)", "state"},
        {"UPDATE items SET name='a b' WHERE sequence=(SELECT max(sequence) FROM items)", "name"},
        {"UPDATE state SET value=10 WHERE name='revision'", "revision"},
        {"UPDATE tenants SET name='A/B' WHERE name='acme'", "name"},
    };
    tps_store_summary summary;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tps_store *store = make_source();

        assert_int_equal(tps_store_check(store, NULL, NULL, &summary), TPS_OK);
        assert_int_equal(summary.faults, 0);
        run_sql(cases[i].sql);
        assert_int_equal(tps_store_check(store, NULL, NULL, &summary), TPS_OK);
        assert_true(summary.faults > 0);
        assert_non_null(strstr(summary.fault, cases[i].fault));
        store->ops->close(store);
    }
}

static void every_field_is_part_of_the_digest(void **state)
{
    static const char *const changes[] = {
        "UPDATE tenants SET settings='{\"a\":2}' WHERE name='acme'",
        "UPDATE tenants SET created=created+1 WHERE name='acme'",
        "UPDATE tenants SET revision=revision-1 WHERE name='acme'",
        "UPDATE tenants SET secret=zeroblob(32) WHERE name='acme'",
        "UPDATE items SET attributes='{}' WHERE sequence=(SELECT max(sequence) FROM items)",
        "UPDATE items SET body=x'00' WHERE sequence=(SELECT max(sequence) FROM items)",
        "UPDATE items SET kind=9 WHERE sequence=(SELECT max(sequence) FROM items)",
        "UPDATE items SET changed=9 WHERE sequence=(SELECT max(sequence) FROM items)",
        "DELETE FROM client_nonces WHERE nonce=x'04' AND tenant=2",
        "UPDATE sessions SET state=4 WHERE session=(SELECT max(session) FROM sessions WHERE state=3)",
        "UPDATE sessions SET type='x' WHERE session=(SELECT max(session) FROM sessions)",
        "UPDATE sessions SET nonce=x'ff' WHERE session=(SELECT max(session) FROM sessions)",
        "UPDATE sessions SET from_client=not from_client WHERE session=(SELECT max(session) FROM sessions)",
        "UPDATE sessions SET result=x'' WHERE session=(SELECT max(session) FROM sessions WHERE state=3)",
        "UPDATE sessions SET evidence=x'' WHERE session=(SELECT max(session) FROM sessions WHERE state=2)",
        "UPDATE sessions SET evidence_sha256=zeroblob(32) WHERE session=(SELECT max(session) FROM sessions "
        "WHERE state=3)",
        "UPDATE sessions SET created=created+1 WHERE session=(SELECT max(session) FROM sessions)",
        "UPDATE sessions SET id=id+(1<<22) WHERE session=(SELECT max(session) FROM sessions WHERE id>>22=3000)",
    };
    tps_store *store = make_source();
    tps_store_summary before = digest_of(store);

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        tps_store_summary after;

        run_sql(changes[i]);
        after = digest_of(store);
        assert_true(memcmp(before.sha256, after.sha256, sizeof(before.sha256)) != 0);
        before = after;
    }
    store->ops->close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_equal_and_goes_on_where_its_source_was),
        cmocka_unit_test(a_store_that_is_not_empty_is_no_target),
        cmocka_unit_test(a_copy_that_fails_anywhere_is_taken_up_again),
        cmocka_unit_test(a_copy_that_is_taken_up_again_does_not_write_all_again),
        cmocka_unit_test(a_source_that_changed_meanwhile_is_noticed),
        cmocka_unit_test(a_restored_store_has_new_secrets_another_generation_and_an_entry),
        cmocka_unit_test(a_check_finds_what_does_not_fit),
        cmocka_unit_test(every_field_is_part_of_the_digest),
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
