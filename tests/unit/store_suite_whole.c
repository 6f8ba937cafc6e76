/* SPDX-License-Identifier: Apache-2.0 */
/* The suite for stores: the audit log, two handles at once, walks over a whole store, and filling one. */
#include "store_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>

#include "store/audit_chain.h"

/* ---- the audit log ---- */

static void entries_of_a_tenant_are_a_chain_over_two_handles(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    store_suite_seen seen = {0};
    int64_t a = store_suite_tenant(store, "a");
    int64_t b = store_suite_tenant(store, "b");
    uint8_t previous[TPS_AUDIT_HASH_SIZE] = {0};
    uint8_t expected[TPS_AUDIT_HASH_SIZE];

    for (int64_t i = 1; i <= 6; i++) {
        tps_store *one = i % 2 == 0 ? store : other;
        tps_store_audit_entry made = {0};

        assert_int_equal(one->ops->append_audit(one, a, 100 + i, TPS_SPAN_LITERAL("{\"e\":1}"), &made),
                         TPS_OK);
        assert_int_equal(made.sequence, i);
        assert_int_equal(made.time, 100 + i);
        assert_int_equal(tps_audit_hash("a", i, 100 + i, previous, TPS_SPAN_LITERAL("{\"e\":1}"), expected),
                         TPS_OK);
        assert_memory_equal(made.hash, expected, sizeof(expected));
        memcpy(previous, made.hash, sizeof(previous));
    }
    assert_int_equal(store->ops->append_audit(store, b, 1, TPS_SPAN_LITERAL("{}"), &seen.audit), TPS_OK);
    assert_int_equal(seen.audit.sequence, 1);
    assert_int_equal(store->ops->each_audit(store, a, 1, 0, store_suite_see_audit, &seen), TPS_OK);
    assert_int_equal(seen.count, 6);
    assert_int_equal(seen.audit.sequence, 6);
    assert_memory_equal(seen.audit.hash, previous, sizeof(previous));
    assert_true(tps_span_is_text(seen.audit.entry, "{\"e\":1}"));
    other->ops->close(other);
}

static void entries_are_read_from_anywhere_and_so_many(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "a");
    static const char *const texts[] = {"1", "2", "3", "4"};

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(store->ops->append_audit(store, id, 1, tps_span_of_text(texts[i]), NULL), TPS_OK);
    }
    assert_int_equal(store->ops->each_audit(store, id, 2, 2, store_suite_see_audit, &seen), TPS_OK);
    assert_string_equal(seen.all, "2 3 ");
    seen = (store_suite_seen){.answer = TPS_IO};
    assert_int_equal(store->ops->each_audit(store, id, 3, 0, store_suite_see_audit, &seen), TPS_IO);
    assert_string_equal(seen.all, "3 ");
    seen = (store_suite_seen){0};
    assert_int_equal(store->ops->each_audit(store, id, 5, 0, store_suite_see_audit, &seen), TPS_OK);
    assert_int_equal(seen.count, 0);
}

static void an_entry_lives_and_dies_with_its_group(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "a");

    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(store->ops->append_audit(store, id, 1, TPS_SPAN_LITERAL("lost"), NULL), TPS_OK);
    store->ops->abandon_group(store);
    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(store->ops->append_audit(store, id, 1, TPS_SPAN_LITERAL("kept"), &seen.audit), TPS_OK);
    assert_int_equal(store->ops->append_audit(store, id, 1, TPS_SPAN_LITERAL("too"), NULL), TPS_OK);
    assert_int_equal(store->ops->commit_group(store), TPS_OK);

    assert_int_equal(seen.audit.sequence, 1);
    assert_int_equal(store->ops->each_audit(store, id, 0, 0, store_suite_see_audit, &seen), TPS_OK);
    assert_string_equal(seen.all, "kept too ");
}

static void an_entry_has_a_limit_and_a_tenant(void **state)
{
    static uint8_t large[TPS_STORE_AUDIT_ENTRY_MAX + 1];
    tps_store *store = *state;
    int64_t id = store_suite_tenant(store, "a");

    memset(large, 'x', sizeof(large));
    assert_int_equal(store->ops->append_audit(store, id, 1, TPS_SPAN_OF(large), NULL), TPS_TOO_LARGE);
    assert_int_equal(store->ops->append_audit(store, id, 1, tps_span_make(large, sizeof(large) - 1), NULL),
                     TPS_OK);
    assert_int_equal(store->ops->append_audit(store, id + 99, 1, TPS_SPAN_LITERAL("{}"), NULL),
                     TPS_NOT_FOUND);
}

/* Computed by another program, from the description in audit_chain.h. */
static void the_hash_is_what_its_description_says(void **state)
{
    static const uint8_t first[] = {0xfa, 0x19, 0x11, 0xa9, 0xcb, 0xa2, 0xe6, 0x91, 0x74, 0xd7, 0xcb,
                                    0x58, 0xc1, 0x63, 0xbc, 0xa3, 0x00, 0xad, 0x0f, 0x65, 0xc4, 0x37,
                                    0x7e, 0x32, 0x44, 0xb9, 0xa7, 0x54, 0xb5, 0x5c, 0xc8, 0x18};
    static const uint8_t second[] = {0x7d, 0x4c, 0xaf, 0x14, 0xed, 0x09, 0xb7, 0x01, 0xa0, 0xc7, 0x35,
                                     0xb4, 0x44, 0x90, 0x49, 0x22, 0x77, 0x1e, 0x33, 0xad, 0x23, 0xb3,
                                     0x31, 0xd9, 0x4e, 0xa3, 0x94, 0x78, 0x11, 0xa5, 0xfa, 0x2e};
    uint8_t hash[TPS_AUDIT_HASH_SIZE] = {0};
    char long_name[257];

    (void)state;
    assert_int_equal(tps_audit_hash("acme", 1, 1700000000, hash, TPS_SPAN_LITERAL("{\"a\":1}"), hash),
                     TPS_OK);
    assert_memory_equal(hash, first, sizeof(first));
    assert_int_equal(tps_audit_hash("acme", 2, -1, hash, TPS_SPAN_EMPTY, hash), TPS_OK);
    assert_memory_equal(hash, second, sizeof(second));
    memset(long_name, 'a', sizeof(long_name));
    long_name[256] = '\0';
    assert_int_equal(tps_audit_hash(long_name, 1, 1, hash, TPS_SPAN_EMPTY, hash), TPS_BAD_ARGUMENT);
}

/* ---- two handles at once ---- */

#define RACES 40

typedef struct {
    tps_store *store;
    int64_t tenant;
    uint8_t first_id; /* ids of the session whose nonce it wants */
    unsigned sessions, nonces, entries;
    tps_status failure;
} racer;

/* The same sessions as the other one, sessions of its own with the same nonces, and entries. */
static void *race(void *context)
{
    racer *r = context;

    for (uint8_t i = 0; i < RACES && r->failure == TPS_OK; i++) {
        tps_store_session same = store_suite_session(r->tenant, i);
        tps_store_session own = store_suite_session(r->tenant, (uint8_t)(r->first_id + i));
        tps_store_session_step steps[2] = {{.from = TPS_STORE_SESSION_NEW, .to = &same},
                                           {.from = TPS_STORE_SESSION_NEW, .to = &own}};

        own.nonce = tps_span_make(&i, 1);
        own.nonce_from_client = true;
        r->failure = r->store->ops->put_sessions(r->store, steps, 2, 20);
        if (r->failure == TPS_OK) {
            r->failure = r->store->ops->append_audit(r->store, r->tenant, i, TPS_SPAN_LITERAL("{}"), NULL);
        }
        r->sessions += steps[0].status == TPS_OK;
        r->nonces += steps[1].status == TPS_OK;
        r->entries += r->failure == TPS_OK;
    }
    return NULL;
}

static void of_two_that_race_one_has_the_session_and_one_the_nonce(void **state)
{
    tps_store *store = *state;
    int64_t id = store_suite_tenant(store, "acme");
    racer a = {.store = store, .tenant = id, .first_id = 100};
    racer b = {.store = store_suite_open(), .tenant = id, .first_id = 200};
    store_suite_seen seen = {0};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, race, &b), 0);
    (void)race(&a);
    assert_int_equal(pthread_join(thread, NULL), 0);

    assert_int_equal(a.failure, TPS_OK);
    assert_int_equal(b.failure, TPS_OK);
    assert_int_equal(a.sessions + b.sessions, RACES);
    assert_int_equal(a.nonces + b.nonces, RACES);
    assert_int_equal(a.entries + b.entries, 2 * RACES);
    assert_int_equal(store->ops->each_audit(store, id, 1, 0, store_suite_see_audit, &seen), TPS_OK);
    assert_int_equal(seen.count, 2 * RACES);
    assert_int_equal(seen.audit.sequence, 2 * RACES);
    b.store->ops->close(b.store);
}

/* ---- walks over a whole store ---- */

static void a_snapshot_sees_one_state(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    store_suite_seen seen = {0};

    (void)store_suite_tenant(store, "a");
    assert_int_equal(store->ops->begin_snapshot(store), TPS_OK);
    assert_int_equal(store->ops->each_tenant(store, store_suite_see_tenant, &seen), TPS_OK);
    (void)store_suite_tenant(other, "b");
    assert_int_equal(store->ops->each_tenant(store, store_suite_see_tenant, &seen), TPS_OK);
    assert_string_equal(seen.all, "a a ");
    assert_int_equal(store->ops->begin_group(store), TPS_STORE_FAILED);
    store->ops->end_snapshot(store);
    assert_int_equal(store->ops->each_tenant(store, store_suite_see_tenant, &seen), TPS_OK);
    assert_string_equal(seen.all, "a a a b ");
    other->ops->close(other);
}

static void sessions_are_walked_by_id_and_tenant_in_pieces(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t a = store_suite_tenant(store, "a");
    int64_t b = store_suite_tenant(store, "b");
    static const uint8_t ids[] = {5, 3, 3, 1, 9};
    tps_store_session place;

    for (size_t i = 0; i < sizeof(ids); i++) {
        tps_store_session session = store_suite_session(i == 2 || i == 4 ? b : a, ids[i]);

        session.expires = 21 + (int64_t)i;
        assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    }
    assert_int_equal(store->ops->each_session(store, NULL, 2, store_suite_see_session, &seen), TPS_OK);
    assert_string_equal(seen.all, "1 3 ");
    assert_int_equal(seen.session.tenant, a);
    place = seen.session;
    assert_int_equal(store->ops->each_session(store, &place, 2, store_suite_see_session, &seen), TPS_OK);
    assert_string_equal(seen.all, "1 3 3 5 ");
    place = seen.session;
    assert_int_equal(store->ops->each_session(store, &place, 2, store_suite_see_session, &seen), TPS_OK);
    assert_string_equal(seen.all, "1 3 3 5 9 ");
}

static void nonces_are_walked_by_their_bytes_in_pieces(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "a");
    static const char *const nonces[] = {"b", "ab", "c", "a"};

    for (uint8_t i = 0; i < 4; i++) {
        tps_store_session session = store_suite_session(id, i);

        session.nonce = tps_span_of_text(nonces[i]);
        session.nonce_from_client = true;
        assert_int_equal(store_suite_step(store, TPS_STORE_SESSION_NEW, &session, 20), TPS_OK);
    }
    assert_int_equal(store->ops->each_nonce(store, id, TPS_SPAN_EMPTY, 3, store_suite_see_nonce, &seen),
                     TPS_OK);
    assert_string_equal(seen.all, "a ab b ");
    assert_int_equal(
        store->ops->each_nonce(store, id, TPS_SPAN_LITERAL("b"), 0, store_suite_see_nonce, &seen), TPS_OK);
    assert_string_equal(seen.all, "a ab b c ");
}

/* ---- filling a store ---- */

static void a_store_that_is_being_filled_serves_nobody(void **state)
{
    tps_store *store = *state;
    char generation[TPS_STORE_GENERATION_MAX];

    assert_int_equal(store->ops->begin_import(store, ""), TPS_BAD_ARGUMENT);
    assert_int_equal(store->ops->begin_import(store, "from a"), TPS_OK);
    assert_int_equal(store->ops->begin_import(store, "from a"), TPS_OK);
    assert_int_equal(store->ops->begin_import(store, "from b"), TPS_STORE_EXISTS);
    assert_int_equal(store->ops->generation(store, generation), TPS_STORE_AWAY);
    assert_int_equal(store->ops->end_import(store, 1, 0), TPS_OK);
    assert_int_equal(store->ops->generation(store, generation), TPS_OK);
    (void)store_suite_tenant(store, "a");
    assert_int_equal(store->ops->begin_import(store, "from a"), TPS_STORE_EXISTS);
}

static void import_twice(tps_store *store, const tps_store_tenant *tenant, const tps_store_item *item,
                         const tps_store_session *session, const tps_store_audit_entry *entry)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store->ops->begin_import(store, "source"), TPS_OK);
        assert_int_equal(store->ops->begin_group(store), TPS_OK);
        assert_int_equal(store->ops->import_tenant(store, tenant), TPS_OK);
        assert_int_equal(store->ops->import_item(store, tenant->id, item), TPS_OK);
        assert_int_equal(store->ops->import_item(store, tenant->id + 1, item), TPS_NOT_FOUND);
        assert_int_equal(store->ops->import_session(store, session), TPS_OK);
        assert_int_equal(store->ops->import_nonce(store, tenant->id, TPS_SPAN_LITERAL("used")), TPS_OK);
        assert_int_equal(store->ops->import_nonce(store, tenant->id + 1, TPS_SPAN_LITERAL("used")),
                         TPS_NOT_FOUND);
        assert_int_equal(store->ops->import_audit(store, tenant->id, entry), TPS_OK);
        assert_int_equal(store->ops->commit_group(store), TPS_OK);
    }
}

static void what_is_filled_in_keeps_its_numbers(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    tps_store_tenant tenant = {
        .id = 40, .name = "old", .settings = TPS_SPAN_LITERAL("{}"), .revision = 90, .created = 3};
    tps_store_item item = store_suite_item(2, "i", "body");
    tps_store_session session = store_suite_session(40, 7);
    tps_store_audit_entry entry = {.sequence = 1, .time = 5, .entry = TPS_SPAN_LITERAL("{}"), .hash = {8}};
    int64_t sequence = 0;
    int64_t watermark = 0;

    item.sequence = 88;
    item.changed = 4;
    import_twice(store, &tenant, &item, &session, &entry);
    assert_int_equal(store->ops->end_import(store, 95, 600), TPS_OK);

    assert_int_equal(store->ops->find_tenant(store, "old", store_suite_see_tenant, &seen), TPS_OK);
    assert_int_equal(seen.tenant.id, 40);
    assert_int_equal(seen.tenant.revision, 90);
    assert_int_equal(seen.tenant.created, 3);
    assert_int_equal(store->ops->find_item(store, 40, 2, item.name, store_suite_see_item, &seen), TPS_OK);
    assert_int_equal(seen.item.sequence, 88);
    assert_int_equal(seen.item.changed, 4);
    assert_int_equal(store->ops->find_session(store, 40, session.id, 20, store_suite_see_session, &seen),
                     TPS_OK);
    assert_int_equal(store->ops->find_nonce(store, 40, TPS_SPAN_LITERAL("used")), TPS_OK);
    assert_int_equal(store->ops->watermark(store, &watermark), TPS_OK);
    assert_int_equal(watermark, 600);
    assert_int_equal(store->ops->append_audit(store, 40, 6, TPS_SPAN_LITERAL("{}"), &seen.audit), TPS_OK);
    assert_int_equal(seen.audit.sequence, 2);
    assert_int_equal(store_suite_put(store, 40, 2, "j", "", TPS_STORE_NONE, &sequence), TPS_OK);
    assert_true(sequence > 95);
    assert_true(store_suite_tenant(store, "new") > 40);
}

int store_suite_run_whole(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_of_a_tenant_are_a_chain_over_two_handles, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(entries_are_read_from_anywhere_and_so_many, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(an_entry_lives_and_dies_with_its_group, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test(the_hash_is_what_its_description_says),
        cmocka_unit_test_setup_teardown(an_entry_has_a_limit_and_a_tenant, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(of_two_that_race_one_has_the_session_and_one_the_nonce,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_snapshot_sees_one_state, store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(sessions_are_walked_by_id_and_tenant_in_pieces, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(nonces_are_walked_by_their_bytes_in_pieces, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_store_that_is_being_filled_serves_nobody, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(what_is_filled_in_keeps_its_numbers, store_suite_setup,
                                        store_suite_teardown),
    };

    return cmocka_run_group_tests_name("the whole store", tests, NULL, NULL);
}
