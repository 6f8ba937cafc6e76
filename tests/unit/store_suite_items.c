/* SPDX-License-Identifier: Apache-2.0 */
/* The suite for stores: items. */
#include "store_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static tps_status find(tps_store *store, int64_t tenant, uint32_t kind, const char *name,
                       store_suite_seen *seen)
{
    return store->ops->find_item(store, tenant, kind, tps_span_of_text(name), store_suite_see_item, seen);
}

static void keeps_an_item_as_it_was_given(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_item item = store_suite_item(TPS_STORE_POLICY, "p-1", "return 1");
    int64_t sequence = 0;

    assert_int_equal(store->ops->put_item(store, id, &item, TPS_STORE_NONE, 77, &sequence), TPS_OK);
    store->ops->close(store);
    *state = store = store_suite_open();

    assert_int_equal(find(store, id, TPS_STORE_POLICY, "p-1", &seen), TPS_OK);
    assert_int_equal(seen.item.kind, TPS_STORE_POLICY);
    assert_true(tps_span_is_text(seen.item.name, "p-1"));
    assert_true(tps_span_is_text(seen.item.attributes, "{\"a\":1}"));
    assert_true(tps_span_is_text(seen.item.body, "return 1"));
    assert_int_equal(seen.item.body_size, 8);
    assert_int_equal(seen.item.sequence, sequence);
    assert_int_equal(seen.item.changed, 77);
    assert_true(sequence > 0);
    assert_int_equal(find(store, id, TPS_STORE_ANCHOR, "p-1", &seen), TPS_NOT_FOUND);
    assert_int_equal(find(store, id, TPS_STORE_POLICY, "p-2", &seen), TPS_NOT_FOUND);
}

static void a_body_may_be_empty_or_any_bytes(void **state)
{
    static const uint8_t bytes[] = {0, 0xff, 0, 0x80, 0};
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_item item = store_suite_item(1, "x", "");

    assert_int_equal(store->ops->put_item(store, id, &item, TPS_STORE_NONE, 1, NULL), TPS_OK);
    assert_int_equal(find(store, id, 1, "x", &seen), TPS_OK);
    assert_int_equal(seen.item.body.size, 0);
    item.body = TPS_SPAN_OF(bytes);
    assert_int_equal(store->ops->put_item(store, id, &item, TPS_STORE_ANY, 1, NULL), TPS_OK);
    assert_int_equal(find(store, id, 1, "x", &seen), TPS_OK);
    assert_true(tps_span_equal(seen.item.body, TPS_SPAN_OF(bytes)));
}

static void an_item_changes_only_from_what_is_expected(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    int64_t first = 0;
    int64_t second = 0;

    assert_int_equal(store_suite_put(store, id, 1, "a", "1", 12345, NULL),
                     TPS_STORE_CHANGED); /* there is none */
    assert_int_equal(store_suite_put(store, id, 1, "a", "1", TPS_STORE_NONE, &first), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "a", "2", TPS_STORE_NONE, NULL), TPS_STORE_EXISTS);
    assert_int_equal(store_suite_put(store, id, 1, "a", "2", first, &second), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "a", "3", first, NULL), TPS_STORE_CHANGED);
    assert_true(second > first);
    assert_int_equal(find(store, id, 1, "a", &seen), TPS_OK);
    assert_true(tps_span_is_text(seen.item.body, "2"));

    assert_int_equal(store->ops->remove_item(store, id, 1, TPS_SPAN_LITERAL("a"), first), TPS_STORE_CHANGED);
    assert_int_equal(store->ops->remove_item(store, id, 1, TPS_SPAN_LITERAL("a"), second), TPS_OK);
    assert_int_equal(store->ops->remove_item(store, id, 1, TPS_SPAN_LITERAL("a"), TPS_STORE_ANY),
                     TPS_NOT_FOUND);
    assert_int_equal(store_suite_put(store, id, 1, "a", "4", second, NULL), TPS_STORE_CHANGED);
    assert_int_equal(store_suite_put(store, id, 1, "a", "5", TPS_STORE_ANY, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "a", "6", TPS_STORE_ANY, NULL), TPS_OK);
}

static void no_two_changes_share_a_sequence(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    int64_t a = store_suite_tenant(store, "a");
    int64_t b = store_suite_tenant(other, "b");
    int64_t last = 0;

    for (int i = 0; i < 20; i++) {
        int64_t sequence = 0;

        assert_int_equal(store_suite_put(i % 2 == 0 ? store : other, i % 3 == 0 ? a : b, 1, "x", "1",
                                         TPS_STORE_ANY, &sequence),
                         TPS_OK);
        assert_true(sequence > last);
        last = sequence;
    }
    other->ops->close(other);
}

static void items_have_names_and_limits(void **state)
{
    static const char *const bad[] = {"", "a b", "\n", "\x7f", "\xc3\xa4"};
    tps_store *store = *state;
    int64_t id = store_suite_tenant(store, "acme");
    uint8_t *large = calloc(1, TPS_STORE_BODY_MAX + 1);
    char name[TPS_STORE_ITEM_NAME_MAX + 2];
    tps_store_item item = store_suite_item(1, "x", "");

    assert_non_null(large);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(store_suite_put(store, id, 1, bad[i], "", TPS_STORE_ANY, NULL), TPS_BAD_ARGUMENT);
    }
    memset(name, '~', sizeof(name));
    name[TPS_STORE_ITEM_NAME_MAX + 1] = '\0';
    assert_int_equal(store_suite_put(store, id, 1, name, "", TPS_STORE_ANY, NULL), TPS_BAD_ARGUMENT);
    name[TPS_STORE_ITEM_NAME_MAX] = '\0';
    assert_int_equal(store_suite_put(store, id, 1, name, "", TPS_STORE_ANY, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 0, "x", "", TPS_STORE_ANY, NULL), TPS_BAD_ARGUMENT);
    item.attributes = tps_span_make(large, TPS_STORE_ATTRIBUTES_MAX + 1);
    assert_int_equal(store->ops->put_item(store, id, &item, TPS_STORE_ANY, 1, NULL), TPS_TOO_LARGE);
    item.attributes = TPS_SPAN_LITERAL("{}");
    item.body = tps_span_make(large, TPS_STORE_BODY_MAX + 1);
    assert_int_equal(store->ops->put_item(store, id, &item, TPS_STORE_ANY, 1, NULL), TPS_TOO_LARGE);
    item.body = tps_span_make(large, TPS_STORE_BODY_MAX);
    assert_int_equal(store->ops->put_item(store, id, &item, TPS_STORE_ANY, 1, NULL), TPS_OK);
    free(large);
}

static void items_come_in_the_order_of_their_last_change(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    int64_t c = 0;

    assert_int_equal(store_suite_put(store, id, 1, "a", "1", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 2, "b", "1", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "c", "1", TPS_STORE_NONE, &c), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "a", "2", TPS_STORE_ANY, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "d", "1", TPS_STORE_ANY, NULL), TPS_OK);

    assert_int_equal(store->ops->each_item(store, id, 0, 0, 0, false, store_suite_see_item, &seen), TPS_OK);
    assert_string_equal(seen.all, "b c a d ");
    seen = (store_suite_seen){0};
    assert_int_equal(store->ops->each_item(store, id, 1, 0, 0, false, store_suite_see_item, &seen), TPS_OK);
    assert_string_equal(seen.all, "c a d ");
    seen = (store_suite_seen){0};
    assert_int_equal(store->ops->each_item(store, id, 1, c, 1, false, store_suite_see_item, &seen), TPS_OK);
    assert_string_equal(seen.all, "a ");
    assert_int_equal(seen.item.body.size, 0);
    assert_int_equal(seen.item.body_size, 1);
    assert_true(tps_span_is_text(seen.item.attributes, "{\"a\":1}"));
    seen = (store_suite_seen){0};
    assert_int_equal(store->ops->each_item(store, id, 1, c, 1, true, store_suite_see_item, &seen), TPS_OK);
    assert_true(tps_span_is_text(seen.item.body, "2"));
}

static void a_tenant_never_sees_anothers_items(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t a = store_suite_tenant(store, "a");
    int64_t b = store_suite_tenant(store, "b");

    assert_int_equal(store_suite_put(store, a, 1, "x", "of a", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(find(store, b, 1, "x", &seen), TPS_NOT_FOUND);
    assert_int_equal(store->ops->remove_item(store, b, 1, TPS_SPAN_LITERAL("x"), TPS_STORE_ANY),
                     TPS_NOT_FOUND);
    assert_int_equal(store_suite_put(store, b, 1, "x", "of b", TPS_STORE_NONE, NULL), TPS_OK);
    assert_int_equal(store->ops->each_item(store, a, 0, 0, 0, true, store_suite_see_item, &seen), TPS_OK);
    assert_int_equal(seen.count, 1);
    assert_true(tps_span_is_text(seen.item.body, "of a"));
}

static void a_change_of_an_item_is_one_of_its_tenant_alone(void **state)
{
    tps_store *store = *state;
    store_suite_seen a = {0};
    store_suite_seen b = {0};
    int64_t sequence = 0;
    int64_t id = store_suite_tenant(store, "a");
    int64_t before;

    (void)store_suite_tenant(store, "b");
    assert_int_equal(store->ops->find_tenant(store, "b", store_suite_see_tenant, &b), TPS_OK);
    before = b.tenant.revision;
    assert_int_equal(store_suite_put(store, id, 1, "x", "1", TPS_STORE_NONE, &sequence), TPS_OK);

    assert_int_equal(store->ops->find_tenant(store, "a", store_suite_see_tenant, &a), TPS_OK);
    assert_int_equal(store->ops->find_tenant(store, "b", store_suite_see_tenant, &b), TPS_OK);
    assert_true(a.tenant.revision >= sequence);
    assert_int_equal(b.tenant.revision, before);
}

static void of_two_handles_one_makes_an_item(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    int64_t id = store_suite_tenant(store, "acme");
    int64_t sequence = 0;

    assert_int_equal(store_suite_put(store, id, 1, "x", "1", TPS_STORE_NONE, &sequence), TPS_OK);
    assert_int_equal(store_suite_put(other, id, 1, "x", "2", TPS_STORE_NONE, NULL), TPS_STORE_EXISTS);
    assert_int_equal(store_suite_put(other, id, 1, "x", "2", sequence, NULL), TPS_OK);
    assert_int_equal(store_suite_put(store, id, 1, "x", "3", sequence, NULL), TPS_STORE_CHANGED);
    other->ops->close(other);
}

int store_suite_run_items(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_an_item_as_it_was_given, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_body_may_be_empty_or_any_bytes, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(an_item_changes_only_from_what_is_expected, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(no_two_changes_share_a_sequence, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(items_have_names_and_limits, store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(items_come_in_the_order_of_their_last_change, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_tenant_never_sees_anothers_items, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_change_of_an_item_is_one_of_its_tenant_alone, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(of_two_handles_one_makes_an_item, store_suite_setup,
                                        store_suite_teardown),
    };

    return cmocka_run_group_tests_name("items", tests, NULL, NULL);
}
