/* SPDX-License-Identifier: Apache-2.0 */
/* The loader: what of a tenant changed is handed over, and nothing else; a store that is away stops nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <event2/event.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "server/tenants/loader.h"
#include "store/sqlite/sqlite_store.h"

/* What was handed over, since the last look. */
typedef struct {
    size_t loaded, gone, settings, verifiers, ends, keys, access, added;
    size_t steps, failures;
    uint64_t ordered, built;
    int64_t revision;
    tps_session_keys session_keys;
    bool settings_stay, attest_by_token;
    char last[TPS_STORE_TENANT_NAME_MAX + 1];
    atomic_uint complaints;
} heard;

/* A store behind another, which can be made to answer nothing. */
typedef struct {
    tps_store store; /* first */
    tps_store *real;
    atomic_bool away;
    atomic_bool held; /* items with bodies are not to be had for now */
    atomic_uint generation;
} flaky_store;

static flaky_store *flaky(tps_store *store)
{
    return (flaky_store *)(void *)store;
}

#define THROUGH(store, call) \
    (atomic_load(&flaky(store)->away) ? TPS_STORE_AWAY : flaky(store)->real->ops->call)

static tps_status through_revision(tps_store *s, int64_t *revision)
{
    return THROUGH(s, revision(flaky(s)->real, revision));
}

static tps_status through_wait(tps_store *s, uint32_t timeout_ms, int fd, bool *changed)
{
    (void)timeout_ms;
    return THROUGH(s, wait_for_change(flaky(s)->real, 20, fd, changed));
}

static tps_status through_generation(tps_store *s, char generation[TPS_STORE_GENERATION_MAX])
{
    (void)snprintf(generation, TPS_STORE_GENERATION_MAX, "%u", atomic_load(&flaky(s)->generation));
    return atomic_load(&flaky(s)->away) ? TPS_STORE_AWAY : TPS_OK;
}

static tps_status through_each_tenant(tps_store *s, tps_store_visit_tenant visit, void *context)
{
    return THROUGH(s, each_tenant(flaky(s)->real, visit, context));
}

static tps_status through_each_item(tps_store *s, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                                    bool with_bodies, tps_store_visit_item visit, void *context)
{
    while (with_bodies && atomic_load(&flaky(s)->held)) {
        (void)usleep(1000);
    }
    return THROUGH(s, each_item(flaky(s)->real, tenant, kind, after, limit, with_bodies, visit, context));
}

static const tps_store_ops through = {.revision = through_revision,
                                      .wait_for_change = through_wait,
                                      .generation = through_generation,
                                      .each_tenant = through_each_tenant,
                                      .each_item = through_each_item};

/* ---- the receiver ---- */

static void on_loaded(void *context, tps_loaded *loaded)
{
    heard *h = context;

    h->loaded++;
    h->gone += loaded->is_gone;
    h->settings += loaded->has_settings;
    h->verifiers += loaded->verifier != NULL;
    h->ordered = loaded->has_settings ? loaded->ordered : h->ordered;
    h->built = loaded->built != 0 ? loaded->built : h->built;
    h->ends += loaded->verifier_ends;
    h->keys += loaded->keys != NULL;
    h->access += loaded->access != NULL;
    h->added += loaded->added_count;
    if (loaded->has_settings) {
        h->settings_stay = loaded->settings_stay;
        h->attest_by_token = loaded->settings.attest_by_token;
        h->session_keys = loaded->session_keys;
    }
    memcpy(h->last, loaded->name, sizeof(h->last));
    tps_verifier_free(loaded->verifier);
    tps_tenant_keys_free(loaded->keys);
    tps_access_table_free(loaded->access);
}

static void on_step(void *context, int64_t revision, const char *generation, tps_status status)
{
    heard *h = context;

    assert_true(status != TPS_OK || generation[0] != '\0');
    h->steps++;
    h->failures += status != TPS_OK;
    h->revision = status == TPS_OK ? revision : h->revision;
}

static void on_complaint(void *context, const char *tenant, const char *what, tps_status status,
                         const tps_error *why)
{
    (void)tenant;
    (void)what;
    (void)status;
    (void)why;
    atomic_fetch_add(&((heard *)context)->complaints, 1);
}

/* ---- a loader over a store of one tenant ---- */

typedef struct {
    char path[64];
    tps_store *writer;
    flaky_store reader, builder;
    struct event_base *base;
    tps_loader *loader;
    heard heard;
    int64_t tenant;
} fixture;

static tps_status note_id(void *context, const tps_store_tenant *tenant)
{
    *(int64_t *)context = tenant->id;
    return TPS_OK;
}

static void create_tenant(fixture *f, const char *name)
{
    tps_tenant_settings settings = tps_tenant_settings_defaults();
    tps_audit_origin origin = tps_audit_origin_make("server", NULL, NULL, NULL);
    tps_audit_note note = {.origin = &origin, .now = 1};

    assert_int_equal(tps_tenant_create(f->writer, name, &settings, &note), TPS_OK);
    assert_int_equal(f->writer->ops->find_tenant(f->writer, name, note_id, &f->tenant), TPS_OK);
}

static int begin(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    tps_verifier_options options = {.allow_unsigned_endorsements = false};
    tps_loader_ops ops = {
        .context = &f->heard, .loaded = on_loaded, .in_step = on_step, .complain = on_complaint};
    tps_loader_stores stores = {&f->reader.store, &f->builder.store};
    int fd;

    (void)snprintf(f->path, sizeof(f->path), "/tmp/tps-loader-XXXXXX");
    fd = mkstemp(f->path);
    assert_true(fd >= 0 && close(fd) == 0 && unlink(f->path) == 0);
    assert_int_equal(tps_sqlite_store_open(f->path, &f->writer, NULL, 0), TPS_OK);
    create_tenant(f, "acme");
    assert_int_equal(tps_sqlite_store_open(f->path, &f->reader.real, NULL, 0), TPS_OK);
    assert_int_equal(tps_sqlite_store_open(f->path, &f->builder.real, NULL, 0), TPS_OK);
    f->reader.store.ops = &through;
    f->builder.store.ops = &through;
    f->base = event_base_new();
    assert_int_equal(tps_loader_new(f->base, &stores, &options, &ops, &f->loader), TPS_OK);
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture *f = *state;
    char name[96];

    tps_loader_free(f->loader);
    event_base_free(f->base);
    f->writer->ops->close(f->writer);
    f->reader.real->ops->close(f->reader.real);
    f->builder.real->ops->close(f->builder.real);
    (void)unlink(f->path);
    (void)snprintf(name, sizeof(name), "%s-wal", f->path);
    (void)unlink(name);
    (void)snprintf(name, sizeof(name), "%s-shm", f->path);
    (void)unlink(name);
    free(f);
    return 0;
}

static void forget(fixture *f)
{
    int64_t revision = f->heard.revision;

    memset(&f->heard, 0, sizeof(f->heard));
    f->heard.revision = revision;
}

/* Runs the loop until this node knows what the store has now. */
static void catch_up(fixture *f)
{
    int64_t wanted = 0;

    assert_int_equal(f->writer->ops->revision(f->writer, &wanted), TPS_OK);
    for (int i = 0; i < 5000 && f->heard.revision < wanted; i++) {
        (void)event_base_loop(f->base, EVLOOP_NONBLOCK);
        (void)usleep(1000);
    }
    assert_int_equal(f->heard.revision, wanted);
}

static void put(fixture *f, uint32_t kind, const char *name, const char *body, int64_t expected)
{
    tps_store_item item = {.kind = kind,
                           .name = tps_span_of_text(name),
                           .attributes = TPS_SPAN_LITERAL("{}"),
                           .body = tps_span_of_text(body)};

    assert_int_equal(f->writer->ops->put_item(f->writer, f->tenant, &item, expected, 2, NULL), TPS_OK);
}

/* ---- tests ---- */

static void the_first_look_hands_everything_over_at_once(void **state)
{
    fixture *f = *state;

    assert_int_equal(f->heard.loaded, 2); /* the verifier comes after all else */
    assert_int_equal(f->heard.settings, 1);
    assert_int_equal(f->heard.verifiers, 1);
    assert_int_equal(f->heard.keys, 1);
    assert_int_equal(f->heard.access, 1);
    assert_int_equal(f->heard.steps, 1);
    assert_string_equal(f->heard.last, "acme");
}

static void what_is_added_is_added_and_nothing_is_built_anew(void **state)
{
    fixture *f = *state;

    forget(f);
    put(f, TPS_STORE_ENDORSEMENT, "one", "no CoRIM", TPS_STORE_NONE);
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 0);
    assert_int_equal(f->heard.added, 1);
    assert_int_equal(f->heard.keys, 0);
    assert_int_equal(f->heard.access, 0);
}

static void what_is_removed_or_replaced_builds_anew(void **state)
{
    fixture *f = *state;

    put(f, TPS_STORE_ENDORSEMENT, "one", "no CoRIM", TPS_STORE_NONE);
    catch_up(f);
    forget(f);
    put(f, TPS_STORE_ENDORSEMENT, "one", "another", TPS_STORE_ANY);
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 1);
    assert_int_equal(f->heard.added, 0);
    assert_true(atomic_load(&f->heard.complaints) >= 1);

    forget(f);
    assert_int_equal(f->writer->ops->remove_item(f->writer, f->tenant, TPS_STORE_ENDORSEMENT,
                                                 TPS_SPAN_LITERAL("one"), TPS_STORE_ANY),
                     TPS_OK);
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 1);
    assert_int_equal(atomic_load(&f->heard.complaints), 0);
}

static void a_replaced_list_of_revocations_is_told_before_all_is_built_anew(void **state)
{
    fixture *f = *state;

    put(f, TPS_STORE_REVOCATION, "list", "{\"revoked\":[]}", TPS_STORE_NONE);
    catch_up(f);
    forget(f);
    put(f, TPS_STORE_REVOCATION, "list", "{\"revoked\":[ ]}", TPS_STORE_ANY);
    catch_up(f);
    assert_int_equal(f->heard.added, 1);
    assert_int_equal(f->heard.loaded, 2);
}

static void a_policy_that_cannot_be_read_leaves_the_verifier_that_is(void **state)
{
    fixture *f = *state;
    tps_store_item item = {.kind = TPS_STORE_POLICY,
                           .name = TPS_SPAN_LITERAL("p"),
                           .attributes = TPS_SPAN_LITERAL("{\"active\":true}"),
                           .body = TPS_SPAN_LITERAL("this is no Lua")};

    forget(f);
    assert_int_equal(f->writer->ops->put_item(f->writer, f->tenant, &item, TPS_STORE_NONE, 2, NULL), TPS_OK);
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 0);
    assert_int_equal(f->heard.ends, 0);
    assert_int_equal(atomic_load(&f->heard.complaints), 1);

    /* It cannot be made to forget this, so it must go. */
    put(f, TPS_STORE_ENDORSEMENT, "e", "bytes", TPS_STORE_NONE);
    catch_up(f);
    assert_int_equal(f->heard.ends, 0);
    assert_int_equal(f->writer->ops->remove_item(f->writer, f->tenant, TPS_STORE_ENDORSEMENT,
                                                 TPS_SPAN_LITERAL("e"), TPS_STORE_ANY),
                     TPS_OK);
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 0);
    assert_int_equal(f->heard.ends, 1);

    assert_int_equal(f->writer->ops->remove_item(f->writer, f->tenant, TPS_STORE_POLICY,
                                                 TPS_SPAN_LITERAL("p"), TPS_STORE_ANY),
                     TPS_OK);
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 1);
}

static void a_token_changes_access_alone(void **state)
{
    fixture *f = *state;

    forget(f);
    put(f, TPS_STORE_TOKEN, "ci", "hash", TPS_STORE_NONE);
    catch_up(f);
    assert_int_equal(f->heard.access, 1);
    assert_int_equal(f->heard.verifiers, 0);
    assert_int_equal(f->heard.added, 0);
}

static void what_may_be_unsigned_is_judged_anew(void **state)
{
    fixture *f = *state;

    forget(f);
    assert_int_equal(f->writer->ops->set_settings(f->writer, f->tenant,
                                                  TPS_SPAN_LITERAL("{\"annotated\":true}"), TPS_STORE_ANY),
                     TPS_OK);
    catch_up(f);
    assert_int_equal(f->heard.settings, 1);
    assert_int_equal(f->heard.verifiers, 0);

    forget(f);
    assert_int_equal(f->writer->ops->set_settings(
                         f->writer, f->tenant, TPS_SPAN_LITERAL("{\"allow_unsigned\":true}"), TPS_STORE_ANY),
                     TPS_OK);
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 1);
}

/* As a newer program at the same store may write them. */
static void settings_that_cannot_be_read_stay_and_open_nothing(void **state)
{
    fixture *f = *state;

    forget(f);
    assert_int_equal(f->writer->ops->set_settings(f->writer, f->tenant,
                                                  TPS_SPAN_LITERAL("{\"attest\":\"token\",\"of_2030\":1}"),
                                                  TPS_STORE_ANY),
                     TPS_OK);
    catch_up(f);
    assert_int_equal(f->heard.settings, 1);
    assert_true(f->heard.settings_stay);
    assert_true(f->heard.attest_by_token);
    assert_int_equal(atomic_load(&f->heard.complaints), 1);
    assert_int_equal(f->heard.verifiers, 0);
}

static void tenants_come_and_go(void **state)
{
    fixture *f = *state;

    forget(f);
    create_tenant(f, "bulb");
    catch_up(f);
    assert_int_equal(f->heard.loaded, 2);
    assert_string_equal(f->heard.last, "bulb");

    forget(f);
    assert_int_equal(f->writer->ops->remove_tenant(f->writer, f->tenant), TPS_OK);
    catch_up(f);
    assert_int_equal(f->heard.gone, 1);
    assert_string_equal(f->heard.last, "bulb");
}

static void another_history_gives_other_keys_for_sessions(void **state)
{
    fixture *f = *state;
    tps_session_keys before = f->heard.session_keys;

    forget(f);
    atomic_store(&f->reader.generation, 1);
    for (int i = 0; i < 5000 && f->heard.settings == 0; i++) {
        (void)event_base_loop(f->base, EVLOOP_NONBLOCK);
        tps_loader_look(f->loader);
        (void)usleep(1000);
    }
    assert_true(f->heard.settings >= 1);
    assert_memory_not_equal(before.key, f->heard.session_keys.key, sizeof(before.key));
    assert_int_equal(f->heard.verifiers, 0);
}

static void a_store_that_is_away_is_told_and_read_again(void **state)
{
    fixture *f = *state;

    forget(f);
    atomic_store(&f->reader.away, true);
    put(f, TPS_STORE_TOKEN, "ci", "hash", TPS_STORE_NONE);
    for (int i = 0; i < 5000 && f->heard.failures == 0; i++) {
        (void)event_base_loop(f->base, EVLOOP_NONBLOCK);
        (void)usleep(1000);
    }
    assert_true(f->heard.failures > 0);
    assert_int_equal(f->heard.loaded, 0);
    atomic_store(&f->reader.away, false);
    catch_up(f);
    assert_int_equal(f->heard.access, 1);
}

/* More than is built at once: bytes that are no CoRIM, so that building is quick all the same. */
static void put_much(fixture *f, const char *name)
{
    static uint8_t much[(1u << 20) + 1];
    tps_store_item item = {.kind = TPS_STORE_ENDORSEMENT,
                           .name = tps_span_of_text(name),
                           .attributes = TPS_SPAN_LITERAL("{}"),
                           .body = TPS_SPAN_OF(much)};

    assert_int_equal(f->writer->ops->put_item(f->writer, f->tenant, &item, TPS_STORE_NONE, 2, NULL), TPS_OK);
}

static void wait_for_verifiers(fixture *f)
{
    for (int i = 0; i < 5000 && f->heard.built < f->heard.ordered; i++) {
        (void)event_base_loop(f->base, EVLOOP_NONBLOCK);
        (void)usleep(1000);
    }
    assert_int_equal(f->heard.built, f->heard.ordered);
}

static void nobody_waits_for_a_large_tenants_verifier(void **state)
{
    fixture *f = *state;
    int64_t large = f->tenant;

    put_much(f, "much");
    catch_up(f);
    atomic_store(&f->builder.held, true);
    forget(f);
    put(f, TPS_STORE_ANCHOR, "anchor", "none", TPS_STORE_NONE);
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 0);
    assert_true(f->heard.built < f->heard.ordered);

    create_tenant(f, "other");
    catch_up(f);
    assert_int_equal(f->heard.verifiers, 1); /* the new tenant's */
    put(f, TPS_STORE_TOKEN, "ci", "hash", TPS_STORE_NONE);
    catch_up(f);
    assert_int_equal(f->heard.access, 2);

    f->tenant = large;
    forget(f);
    put(f, TPS_STORE_REVOCATION, "list", "{\"revoked\":[]}", TPS_STORE_NONE);
    catch_up(f);
    assert_int_equal(f->heard.added, 1); /* to the verifier in use, at once */
    assert_int_equal(f->heard.verifiers, 0);
    atomic_store(&f->builder.held, false);
    wait_for_verifiers(f);
    assert_true(f->heard.verifiers >= 1);
}

static void what_comes_while_a_verifier_is_built_is_in_the_next_one(void **state)
{
    fixture *f = *state;
    uint64_t ordered;

    put_much(f, "much");
    catch_up(f);
    atomic_store(&f->builder.held, true);
    put(f, TPS_STORE_ANCHOR, "anchor", "none", TPS_STORE_NONE);
    catch_up(f);
    ordered = f->heard.ordered;
    forget(f);
    put(f, TPS_STORE_ENDORSEMENT, "late", "no CoRIM", TPS_STORE_NONE);
    catch_up(f);
    assert_int_equal(f->heard.ordered, ordered + 1);
    assert_int_equal(f->heard.added, 0);
    atomic_store(&f->builder.held, false);
    wait_for_verifiers(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_look_hands_everything_over_at_once, begin, end),
        cmocka_unit_test_setup_teardown(what_is_added_is_added_and_nothing_is_built_anew, begin, end),
        cmocka_unit_test_setup_teardown(what_is_removed_or_replaced_builds_anew, begin, end),
        cmocka_unit_test_setup_teardown(a_replaced_list_of_revocations_is_told_before_all_is_built_anew,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_policy_that_cannot_be_read_leaves_the_verifier_that_is, begin, end),
        cmocka_unit_test_setup_teardown(a_token_changes_access_alone, begin, end),
        cmocka_unit_test_setup_teardown(what_may_be_unsigned_is_judged_anew, begin, end),
        cmocka_unit_test_setup_teardown(settings_that_cannot_be_read_stay_and_open_nothing, begin, end),
        cmocka_unit_test_setup_teardown(tenants_come_and_go, begin, end),
        cmocka_unit_test_setup_teardown(another_history_gives_other_keys_for_sessions, begin, end),
        cmocka_unit_test_setup_teardown(a_store_that_is_away_is_told_and_read_again, begin, end),
        cmocka_unit_test_setup_teardown(nobody_waits_for_a_large_tenants_verifier, begin, end),
        cmocka_unit_test_setup_teardown(what_comes_while_a_verifier_is_built_is_in_the_next_one, begin, end),
    };

    return cmocka_run_group_tests_name("server_loader", tests, NULL, NULL);
}
