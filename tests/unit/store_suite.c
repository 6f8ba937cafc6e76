/* SPDX-License-Identifier: Apache-2.0 */
/* The suite for stores: what its parts share, and tenants, groups and changes. */
#include "store_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>
#include <unistd.h>

static const store_suite *current;

int store_suite_setup(void **state)
{
    current->fresh(current->context);
    *state = store_suite_open();
    return 0;
}

int store_suite_teardown(void **state)
{
    tps_store *store = *state;

    store->ops->close(store);
    return 0;
}

tps_store *store_suite_open(void)
{
    return current->open(current->context);
}

int64_t store_suite_tenant(tps_store *store, const char *name)
{
    store_suite_seen seen = {0};
    tps_store_tenant tenant = {.settings = TPS_SPAN_LITERAL("{}")};

    (void)snprintf(tenant.name, sizeof(tenant.name), "%s", name);
    memset(tenant.secret, 7, sizeof(tenant.secret));
    assert_int_equal(store->ops->create_tenant(store, &tenant, 1), TPS_OK);
    assert_int_equal(store->ops->find_tenant(store, name, store_suite_see_tenant, &seen), TPS_OK);
    return seen.tenant.id;
}

/* ---- visitors ---- */

static tps_span keep(store_suite_seen *seen, size_t at, tps_span bytes)
{
    assert_true(bytes.size <= sizeof(seen->bytes[at]));
    if (bytes.size > 0) {
        memcpy(seen->bytes[at], bytes.data, bytes.size);
    }
    return tps_span_make(seen->bytes[at], bytes.size);
}

static void list(store_suite_seen *seen, const char *text, size_t size)
{
    size_t used = strlen(seen->all);

    seen->count++;
    (void)snprintf(seen->all + used, sizeof(seen->all) - used, "%.*s ", (int)size, text);
}

tps_status store_suite_see_tenant(void *context, const tps_store_tenant *tenant)
{
    store_suite_seen *seen = context;

    seen->tenant = *tenant;
    seen->tenant.settings = keep(seen, 0, tenant->settings);
    list(seen, tenant->name, strlen(tenant->name));
    return seen->answer;
}

tps_status store_suite_see_item(void *context, const tps_store_item *item)
{
    store_suite_seen *seen = context;

    seen->item = *item;
    seen->item.name = keep(seen, 0, item->name);
    seen->item.attributes = keep(seen, 1, item->attributes);
    seen->item.body = keep(seen, 2, item->body.size <= sizeof(seen->bytes[2]) ? item->body : TPS_SPAN_EMPTY);
    list(seen, (const char *)item->name.data, item->name.size);
    return seen->answer;
}

tps_status store_suite_see_session(void *context, const tps_store_session *session)
{
    store_suite_seen *seen = context;
    char id[4];

    seen->session = *session;
    seen->session.type = keep(seen, 0, session->type);
    seen->session.nonce = keep(seen, 1, session->nonce);
    seen->session.result = keep(seen, 2, session->result);
    seen->session.evidence = keep(seen, 3, session->evidence);
    (void)snprintf(id, sizeof(id), "%u", session->id[0]);
    list(seen, id, strlen(id));
    return seen->answer;
}

tps_status store_suite_see_audit(void *context, const tps_store_audit_entry *entry)
{
    store_suite_seen *seen = context;

    seen->audit = *entry;
    seen->audit.entry = keep(seen, 0, entry->entry);
    list(seen, (const char *)entry->entry.data, entry->entry.size);
    return seen->answer;
}

tps_status store_suite_see_nonce(void *context, tps_span nonce)
{
    store_suite_seen *seen = context;

    list(seen, (const char *)nonce.data, nonce.size);
    return seen->answer;
}

/* ---- things ---- */

tps_store_item store_suite_item(uint32_t kind, const char *name, const char *body)
{
    return (tps_store_item){.kind = kind,
                            .name = tps_span_of_text(name),
                            .attributes = TPS_SPAN_LITERAL("{\"a\":1}"),
                            .body = tps_span_of_text(body)};
}

tps_status store_suite_put(tps_store *store, int64_t tenant, uint32_t kind, const char *name,
                           const char *body, int64_t expected, int64_t *sequence)
{
    tps_store_item item = store_suite_item(kind, name, body);

    return store->ops->put_item(store, tenant, &item, expected, 50, sequence);
}

tps_store_session store_suite_session(int64_t tenant, uint8_t id)
{
    tps_store_session session = {.tenant = tenant,
                                 .state = TPS_STORE_SESSION_COMPLETE,
                                 .type = TPS_SPAN_LITERAL("a/b"),
                                 .result = TPS_SPAN_LITERAL("jwt"),
                                 .created = 10,
                                 .expires = 1000};

    memset(session.id, id, sizeof(session.id));
    memset(session.evidence_sha256, 0xe0 + (id & 0xf), sizeof(session.evidence_sha256));
    return session;
}

tps_status store_suite_step(tps_store *store, uint32_t from, const tps_store_session *to, int64_t now)
{
    tps_store_session_step step = {.from = from, .to = to, .status = TPS_STORE_FAILED};

    assert_int_equal(store->ops->put_sessions(store, &step, 1, now), TPS_OK);
    return step.status;
}

static int64_t revision_of(tps_store *store)
{
    int64_t revision = 0;

    assert_int_equal(store->ops->revision(store, &revision), TPS_OK);
    return revision;
}

/* ---- tenants ---- */

static void keeps_a_tenant_and_refuses_its_name_again(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    tps_store_tenant t = {.name = "acme", .settings = TPS_SPAN_LITERAL("{\"open\":true}")};

    memset(t.secret, 9, sizeof(t.secret));
    assert_int_equal(store->ops->create_tenant(store, &t, 5), TPS_OK);
    assert_int_equal(store->ops->create_tenant(store, &t, 6), TPS_STORE_EXISTS);
    store->ops->close(store);
    *state = store = store_suite_open();

    assert_int_equal(store->ops->find_tenant(store, "acme", store_suite_see_tenant, &seen), TPS_OK);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.tenant.name, "acme");
    assert_true(tps_span_is_text(seen.tenant.settings, "{\"open\":true}"));
    assert_int_equal(seen.tenant.created, 5);
    assert_true(seen.tenant.id > 0);
    assert_memory_equal(seen.tenant.secret, t.secret, sizeof(t.secret));
    assert_int_equal(store->ops->find_tenant(store, "other", store_suite_see_tenant, &seen), TPS_NOT_FOUND);
    assert_int_equal(seen.count, 1);
}

static void refuses_names_that_do_not_fit_into_urls(void **state)
{
    static const char *const names[] = {"", "-a", "A", "a.b", "a/b", "a b", "\xc3\xa4"};
    tps_store *store = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        tps_store_tenant t = {.settings = TPS_SPAN_LITERAL("{}")};

        (void)snprintf(t.name, sizeof(t.name), "%s", names[i]);
        assert_int_equal(store->ops->create_tenant(store, &t, 1), TPS_BAD_ARGUMENT);
    }
}

static void lists_tenants_by_name_until_a_visitor_has_enough(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    store_suite_seen first = {.answer = TPS_IO};

    (void)store_suite_tenant(store, "b");
    (void)store_suite_tenant(store, "c");
    (void)store_suite_tenant(store, "a");

    assert_int_equal(store->ops->each_tenant(store, store_suite_see_tenant, &seen), TPS_OK);
    assert_string_equal(seen.all, "a b c ");
    assert_int_equal(store->ops->each_tenant(store, store_suite_see_tenant, &first), TPS_IO);
    assert_int_equal(first.count, 1);
    assert_int_equal(store->ops->find_tenant(store, "b", store_suite_see_tenant, &first), TPS_IO);
}

static void settings_change_only_from_the_revision_that_is_expected(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    int64_t before;

    assert_int_equal(store->ops->find_tenant(store, "acme", store_suite_see_tenant, &seen), TPS_OK);
    before = seen.tenant.revision;
    assert_int_equal(store->ops->set_settings(store, id, TPS_SPAN_LITERAL("{1}"), before), TPS_OK);
    assert_int_equal(store->ops->set_settings(store, id, TPS_SPAN_LITERAL("{2}"), before), TPS_STORE_CHANGED);
    assert_int_equal(store->ops->set_settings(store, id, TPS_SPAN_LITERAL("{3}"), TPS_STORE_ANY), TPS_OK);
    assert_int_equal(store->ops->set_settings(store, id + 99, TPS_SPAN_LITERAL("{}"), TPS_STORE_ANY),
                     TPS_NOT_FOUND);

    assert_int_equal(store->ops->find_tenant(store, "acme", store_suite_see_tenant, &seen), TPS_OK);
    assert_true(tps_span_is_text(seen.tenant.settings, "{3}"));
    assert_true(seen.tenant.revision > before + 1);
}

static void settings_have_a_limit(void **state)
{
    static uint8_t large[TPS_STORE_SETTINGS_MAX + 1];
    tps_store *store = *state;
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_tenant t = {.name = "b", .settings = TPS_SPAN_OF(large)};

    memset(large, ' ', sizeof(large));
    assert_int_equal(store->ops->set_settings(store, id, TPS_SPAN_OF(large), TPS_STORE_ANY), TPS_TOO_LARGE);
    assert_int_equal(store->ops->create_tenant(store, &t, 1), TPS_TOO_LARGE);
    assert_int_equal(
        store->ops->set_settings(store, id, tps_span_make(large, sizeof(large) - 1), TPS_STORE_ANY), TPS_OK);
}

static void a_secret_is_replaced(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    uint8_t secret[TPS_STORE_SECRET_SIZE];
    int64_t id = store_suite_tenant(store, "acme");
    int64_t before = revision_of(store);

    memset(secret, 0x5a, sizeof(secret));
    assert_int_equal(store->ops->set_secret(store, id, secret), TPS_OK);
    assert_int_equal(store->ops->set_secret(store, id + 99, secret), TPS_NOT_FOUND);

    assert_int_equal(store->ops->find_tenant(store, "acme", store_suite_see_tenant, &seen), TPS_OK);
    assert_memory_equal(seen.tenant.secret, secret, sizeof(secret));
    assert_true(revision_of(store) > before);
}

static void a_removed_tenant_leaves_nothing_and_its_number_never_comes_back(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t other = store_suite_tenant(store, "other");
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_session mine = store_suite_session(id, 1);
    tps_store_session others = store_suite_session(other, 2);

    mine.nonce = others.nonce = TPS_SPAN_LITERAL("from a client");
    mine.nonce_from_client = others.nonce_from_client = true;
    assert_int_equal(store_suite_put(store, id, TPS_STORE_ANCHOR, "n", "b", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &mine, 20), TPS_OK);
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &others, 20), TPS_OK);
    assert_int_equal(store->ops->append_audit(store, id, 1, TPS_SPAN_LITERAL("{}"), NULL), TPS_OK);
    assert_int_equal(store->ops->remove_tenant(store, id), TPS_OK);
    assert_int_equal(store->ops->remove_tenant(store, id), TPS_NOT_FOUND);

    assert_int_equal(store->ops->find_tenant(store, "acme", store_suite_see_tenant, &seen), TPS_NOT_FOUND);
    assert_int_equal(store->ops->each_item(store, id, 0, 0, 0, true, store_suite_see_item, &seen), TPS_OK);
    assert_int_equal(store->ops->each_audit(store, id, 1, 0, store_suite_see_audit, &seen), TPS_OK);
    assert_int_equal(store->ops->find_session(store, id, mine.id, 20, store_suite_see_session, &seen),
                     TPS_NOT_FOUND);
    assert_int_equal(store->ops->find_nonce(store, id, mine.nonce), TPS_NOT_FOUND);
    assert_int_equal(seen.count, 0);
    assert_int_equal(store->ops->find_session(store, other, others.id, 20, store_suite_see_session, &seen),
                     TPS_OK);
    assert_int_equal(store->ops->find_nonce(store, other, others.nonce), TPS_OK);
    assert_true(store_suite_tenant(store, "acme") > id);
}

/* ---- groups ---- */

static void a_group_is_seen_by_others_when_it_is_committed_and_not_before(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    store_suite_seen seen = {0};

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    (void)store_suite_tenant(store, "acme");
    assert_int_equal(other->ops->find_tenant(other, "acme", store_suite_see_tenant, &seen), TPS_NOT_FOUND);
    assert_int_equal(store->ops->commit_group(store), TPS_OK);
    assert_int_equal(other->ops->find_tenant(other, "acme", store_suite_see_tenant, &seen), TPS_OK);
    other->ops->close(other);
}

static void an_abandoned_group_leaves_nothing_and_the_handle_goes_on(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    tps_store_session session = store_suite_session(0, 1);

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    session.tenant = store_suite_tenant(store, "acme");
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    store->ops->abandon_group(store);

    assert_int_equal(store->ops->find_tenant(store, "acme", store_suite_see_tenant, &seen), TPS_NOT_FOUND);
    session.tenant = store_suite_tenant(store, "acme");
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
}

static void what_is_refused_in_a_group_does_not_hinder_the_rest(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    tps_store_tenant again = {.name = "acme", .settings = TPS_SPAN_LITERAL("{}")};
    int64_t id = store_suite_tenant(store, "acme");

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(store->ops->create_tenant(store, &again, 1), TPS_STORE_EXISTS);
    assert_int_equal(store_suite_put(store, id, 1, "a", "1", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "a", "2", TPS_STORE_NONE, NULL), TPS_STORE_EXISTS);
    assert_int_equal(store_suite_put(store, id, 1, "a", "3", 1, NULL), TPS_STORE_CHANGED);
    assert_int_equal(store_suite_put(store, id + 99, 1, "a", "4", TPS_STORE_ANY, NULL), TPS_NOT_FOUND);
    assert_int_equal(store->ops->remove_item(store, id, 2, TPS_SPAN_LITERAL("a"), TPS_STORE_ANY),
                     TPS_NOT_FOUND);
    assert_int_equal(store->ops->append_audit(store, id + 99, 1, TPS_SPAN_LITERAL("{}"), NULL),
                     TPS_NOT_FOUND);
    assert_int_equal(store->ops->set_settings(store, id, TPS_SPAN_LITERAL("{}"), 0), TPS_STORE_CHANGED);
    assert_int_equal(store_suite_put(store, id, 1, "b", "5", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store->ops->commit_group(store), TPS_OK);

    assert_int_equal(store->ops->each_item(store, id, 0, 0, 0, true, store_suite_see_item, &seen), TPS_OK);
    assert_string_equal(seen.all, "a b ");
}

static void a_visitor_that_fails_ends_only_the_visits(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {.answer = TPS_STORE_EXISTS};
    int64_t id = store_suite_tenant(store, "acme");

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "a", "1", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "b", "1", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store->ops->each_item(store, id, 0, 0, 0, true, store_suite_see_item, &seen),
                     TPS_STORE_EXISTS);
    assert_int_equal(seen.count, 1);
    assert_int_equal(store->ops->commit_group(store), TPS_OK);

    seen = (store_suite_seen){0};
    assert_int_equal(store->ops->each_item(store, id, 0, 0, 0, true, store_suite_see_item, &seen), TPS_OK);
    assert_int_equal(seen.count, 2);
}

static void closing_abandons_a_group(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    (void)store_suite_tenant(store, "acme");
    store->ops->close(store);
    *state = store = store_suite_open();

    assert_int_equal(store->ops->find_tenant(store, "acme", store_suite_see_tenant, &seen), TPS_NOT_FOUND);
}

/* ---- changes ---- */

static void the_revision_grows_with_what_others_must_load_and_not_with_sessions(void **state)
{
    tps_store *store = *state;
    int64_t first = revision_of(store);
    int64_t id = store_suite_tenant(store, "acme");
    int64_t tenant = revision_of(store);
    tps_store_session session = store_suite_session(id, 1);
    int64_t item;

    assert_true(tenant > first);
    assert_int_equal(store_suite_put(store, id, 1, "a", "1", TPS_STORE_NONE, NULL), TPS_OK);
    item = revision_of(store);
    assert_true(item > tenant);
    assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    assert_int_equal(store->ops->prune(store, 2000, 10), TPS_OK);
    assert_int_equal(store->ops->append_audit(store, id, 1, TPS_SPAN_LITERAL("{}"), NULL), TPS_OK);
    assert_int_equal(revision_of(store), item);
    assert_int_equal(store->ops->remove_item(store, id, 1, TPS_SPAN_LITERAL("a"), TPS_STORE_ANY), TPS_OK);
    assert_true(revision_of(store) > item);
}

static int64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void waiting_ends_at_a_change_of_another_handle(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    bool changed = false;
    int64_t begun = clock_ms();

    assert_int_equal(store->ops->wait_for_change(store, 20000, -1, &changed), TPS_OK);
    assert_true(changed); /* the first one returns at once */
    assert_int_equal(store->ops->wait_for_change(store, 300, -1, &changed), TPS_OK);
    if (changed) { /* false is sure, true is not */
        assert_int_equal(store->ops->wait_for_change(store, 300, -1, &changed), TPS_OK);
    }
    assert_false(changed);
    assert_true(clock_ms() - begun >= 290);

    (void)store_suite_tenant(other, "acme");
    begun = clock_ms();
    assert_int_equal(store->ops->wait_for_change(store, 20000, -1, &changed), TPS_OK);
    assert_true(changed);
    assert_true(clock_ms() - begun < 10000);
    other->ops->close(other);
}

static void waiting_ends_when_it_is_woken(void **state)
{
    tps_store *store = *state;
    bool changed = false;
    int64_t begun = clock_ms();
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(store->ops->wait_for_change(store, 20000, ends[0], &changed), TPS_OK);
    assert_int_equal(store->ops->wait_for_change(store, 20000, ends[0], &changed), TPS_OK);
    assert_int_equal(store->ops->wait_for_change(store, 20000, ends[0], &changed), TPS_OK);
    assert_true(clock_ms() - begun < 10000);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void every_handle_tells_the_same_generation(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    char a[TPS_STORE_GENERATION_MAX] = "";
    char b[TPS_STORE_GENERATION_MAX] = "";

    assert_int_equal(store->ops->generation(store, a), TPS_OK);
    assert_int_equal(other->ops->generation(other, b), TPS_OK);
    assert_true(strlen(a) >= 8);
    assert_string_equal(a, b);
    other->ops->close(other);
}

static int run_tenants(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_a_tenant_and_refuses_its_name_again, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(refuses_names_that_do_not_fit_into_urls, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(lists_tenants_by_name_until_a_visitor_has_enough, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(settings_change_only_from_the_revision_that_is_expected,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(settings_have_a_limit, store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_secret_is_replaced, store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_removed_tenant_leaves_nothing_and_its_number_never_comes_back,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_group_is_seen_by_others_when_it_is_committed_and_not_before,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(an_abandoned_group_leaves_nothing_and_the_handle_goes_on,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(what_is_refused_in_a_group_does_not_hinder_the_rest,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_visitor_that_fails_ends_only_the_visits, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(closing_abandons_a_group, store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(the_revision_grows_with_what_others_must_load_and_not_with_sessions,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(waiting_ends_at_a_change_of_another_handle, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(waiting_ends_when_it_is_woken, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(every_handle_tells_the_same_generation, store_suite_setup,
                                        store_suite_teardown),
    };

    return cmocka_run_group_tests_name("tenants and groups", tests, NULL, NULL);
}

int store_suite_run(const store_suite *suite)
{
    current = suite;
    return run_tenants() + store_suite_run_items() + store_suite_run_sessions() + store_suite_run_whole();
}
