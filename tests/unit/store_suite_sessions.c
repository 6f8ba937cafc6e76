/* SPDX-License-Identifier: Apache-2.0 */
/* The suite for stores: sessions, nonces of clients, claims and pruning. */
#include "store_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    NEW = TPS_STORE_SESSION_NEW,
    WAITING = TPS_STORE_SESSION_WAITING,
    PROCESSING = TPS_STORE_SESSION_PROCESSING,
    COMPLETE = TPS_STORE_SESSION_COMPLETE,
    FAILED = TPS_STORE_SESSION_FAILED,
    REMOVED = TPS_STORE_SESSION_REMOVED,
};

static tps_status find(tps_store *store, const tps_store_session *session, int64_t now,
                       store_suite_seen *seen)
{
    return store->ops->find_session(store, session->tenant, session->id, now, store_suite_see_session, seen);
}

static tps_store_session with_nonce(int64_t tenant, uint8_t id, uint32_t state, const char *nonce)
{
    tps_store_session session = store_suite_session(tenant, id);

    session.state = state;
    session.nonce = tps_span_of_text(nonce);
    session.nonce_from_client = true;
    return session;
}

/* ---- steps ---- */

static void keeps_a_result_as_it_was_given(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_session session = store_suite_session(id, 3);

    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    store->ops->close(store);
    *state = store = store_suite_open();

    assert_int_equal(find(store, &session, 20, &seen), TPS_OK);
    assert_int_equal(seen.session.tenant, id);
    assert_memory_equal(seen.session.id, session.id, sizeof(session.id));
    assert_int_equal(seen.session.state, COMPLETE);
    assert_int_equal(seen.session.nonce.size, 0);
    assert_false(seen.session.nonce_from_client);
    assert_true(tps_span_is_text(seen.session.type, "a/b"));
    assert_true(tps_span_is_text(seen.session.result, "jwt"));
    assert_memory_equal(seen.session.evidence_sha256, session.evidence_sha256, 32);
    assert_int_equal(seen.session.created, 10);
    assert_int_equal(seen.session.expires, 1000);
}

static void a_session_is_taken_once(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    store_suite_seen seen = {0};
    tps_store_session session = store_suite_session(store_suite_tenant(store, "acme"), 3);
    tps_store_session again = session;

    again.result = TPS_SPAN_LITERAL("another");
    again.expires = 2000;
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    assert_int_equal(store_suite_step(store, NEW, &again, 20), TPS_STORE_EXISTS);
    assert_int_equal(store_suite_step(other, NEW, &again, 20), TPS_STORE_EXISTS);

    assert_int_equal(find(store, &session, 20, &seen), TPS_OK);
    assert_true(tps_span_is_text(seen.session.result, "jwt"));
    assert_int_equal(seen.session.expires, 1000);
    other->ops->close(other);
}

static void a_group_takes_each_step_by_itself(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_session sessions[6];
    tps_store_session_step steps[6];

    for (uint8_t i = 0; i < 6; i++) {
        sessions[i] = store_suite_session(id, (uint8_t)(i + 1));
        steps[i] = (tps_store_session_step){.from = NEW, .to = &sessions[i], .status = TPS_IO};
    }
    memcpy(sessions[1].id, sessions[0].id, sizeof(sessions[1].id)); /* the same session */
    steps[2].from = WAITING;                                        /* not there */
    sessions[3].state = NEW;                                        /* no state to be in */
    sessions[4].expires = -1;
    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    assert_int_equal(store->ops->put_sessions(store, steps, 6, 20), TPS_OK);
    assert_int_equal(store->ops->commit_group(store), TPS_OK);

    assert_int_equal(steps[0].status, TPS_OK);
    assert_int_equal(steps[1].status, TPS_STORE_EXISTS);
    assert_int_equal(steps[2].status, TPS_NOT_FOUND);
    assert_int_equal(steps[3].status, TPS_BAD_ARGUMENT);
    assert_int_equal(steps[4].status, TPS_BAD_ARGUMENT);
    assert_int_equal(steps[5].status, TPS_OK);
    assert_int_equal(find(store, &sessions[5], 20, &seen), TPS_OK);
    assert_int_equal(find(store, &sessions[3], 20, &seen), TPS_NOT_FOUND);
}

static void two_hundred_steps_are_one_group(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    static tps_store_session sessions[200];
    static tps_store_session_step steps[200];

    for (unsigned i = 0; i < 200; i++) {
        sessions[i] = store_suite_session(id, (uint8_t)i);
        sessions[i].expires = 1000 + i % 7;
        steps[i] = (tps_store_session_step){.from = NEW, .to = &sessions[i], .status = TPS_IO};
    }
    assert_int_equal(store->ops->put_sessions(store, steps, 200, 20), TPS_OK);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(steps[i].status, TPS_OK);
        assert_int_equal(find(store, &sessions[i], 20, &seen), TPS_OK);
        assert_int_equal(seen.session.expires, 1000 + i % 7);
        seen.all[0] = '\0';
    }
    assert_int_equal(store->ops->put_sessions(store, steps, 200, 20), TPS_OK);
    assert_int_equal(steps[199].status, TPS_STORE_EXISTS);
}

static void a_session_goes_from_state_to_state(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_session session = with_nonce(id, 1, WAITING, "eight...");

    session.type = session.result = TPS_SPAN_EMPTY;
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    assert_int_equal(find(store, &session, 20, &seen), TPS_OK);
    assert_int_equal(seen.session.state, WAITING);
    assert_true(tps_span_is_text(seen.session.nonce, "eight..."));
    assert_true(seen.session.nonce_from_client);

    session = store_suite_session(id, 1); /* steps need not repeat the nonce */
    session.state = PROCESSING;
    session.evidence = TPS_SPAN_LITERAL("evidence");
    session.expires = 1500;
    assert_int_equal(store_suite_step(store, COMPLETE, &session, 20), TPS_STORE_EXISTS);
    assert_int_equal(store_suite_step(store, WAITING, &session, 20), TPS_OK);
    assert_int_equal(store_suite_step(store, WAITING, &session, 20), TPS_STORE_EXISTS);
    assert_int_equal(find(store, &session, 1200, &seen), TPS_OK);
    assert_int_equal(seen.session.state, PROCESSING);
    assert_int_equal(seen.session.expires, 1500);
    assert_true(tps_span_is_text(seen.session.evidence, "evidence"));
    assert_true(tps_span_is_text(seen.session.nonce, "eight..."));

    session.state = COMPLETE;
    assert_int_equal(store_suite_step(store, PROCESSING, &session, 20), TPS_OK);
    assert_int_equal(find(store, &session, 20, &seen), TPS_OK);
    assert_int_equal(seen.session.state, COMPLETE);
    assert_true(tps_span_is_text(seen.session.result, "jwt"));
    assert_int_equal(seen.session.evidence.size, 0);
}

static void a_removed_session_is_known_and_nothing_of_it(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_session session = with_nonce(id, 1, COMPLETE, "nonce of 1");

    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    session.state = REMOVED;
    assert_int_equal(store_suite_step(store, COMPLETE, &session, 20), TPS_OK);

    assert_int_equal(find(store, &session, 20, &seen), TPS_OK);
    assert_int_equal(seen.session.state, REMOVED);
    assert_int_equal(seen.session.type.size + seen.session.result.size + seen.session.evidence.size, 0);
    assert_int_equal(seen.session.evidence_sha256[0], 0);
    assert_true(tps_span_is_text(seen.session.nonce, "nonce of 1"));
    assert_int_equal(seen.session.expires, 1000);
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_STORE_EXISTS);
    assert_int_equal(store->ops->find_nonce(store, id, session.nonce), TPS_OK);
}

static void a_session_that_has_expired_is_found_no_more(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    tps_store_session session = store_suite_session(store_suite_tenant(store, "acme"), 1);

    session.state = WAITING;
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    assert_int_equal(find(store, &session, 999, &seen), TPS_OK);
    assert_int_equal(find(store, &session, 1000, &seen), TPS_NOT_FOUND);
    session.state = COMPLETE;
    assert_int_equal(store_suite_step(store, WAITING, &session, 1000), TPS_NOT_FOUND);
    assert_int_equal(store_suite_step(store, WAITING, &session, 999), TPS_OK);
}

static void tenants_have_sessions_of_their_own(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t a = store_suite_tenant(store, "a");
    int64_t b = store_suite_tenant(store, "b");
    tps_store_session of_a = with_nonce(a, 1, COMPLETE, "the same");
    tps_store_session of_b = with_nonce(b, 1, COMPLETE, "the same");

    of_b.result = TPS_SPAN_LITERAL("of b");
    assert_int_equal(store_suite_step(store, NEW, &of_a, 20), TPS_OK);
    assert_int_equal(find(store, &of_b, 20, &seen), TPS_NOT_FOUND);
    assert_int_equal(store->ops->find_nonce(store, b, of_b.nonce), TPS_NOT_FOUND);
    assert_int_equal(store_suite_step(store, COMPLETE, &of_b, 20), TPS_NOT_FOUND);
    assert_int_equal(store_suite_step(store, NEW, &of_b, 20), TPS_OK);
    assert_int_equal(find(store, &of_a, 20, &seen), TPS_OK);
    assert_true(tps_span_is_text(seen.session.result, "jwt"));
}

/* ---- nonces of clients ---- */

static void a_clients_nonce_is_used_once_and_for_ever(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_session first = with_nonce(id, 1, COMPLETE, "12345678");
    tps_store_session second = with_nonce(id, 2, COMPLETE, "12345678");

    assert_int_equal(store->ops->find_nonce(store, id, first.nonce), TPS_NOT_FOUND);
    assert_int_equal(store_suite_step(store, NEW, &first, 20), TPS_OK);
    assert_int_equal(store->ops->find_nonce(store, id, first.nonce), TPS_OK);
    assert_int_equal(store_suite_step(other, NEW, &second, 20), TPS_STORE_USED);
    assert_int_equal(find(store, &second, 20, &seen), TPS_NOT_FOUND); /* nothing of it stays */
    second.state = WAITING;
    assert_int_equal(store_suite_step(other, NEW, &second, 20), TPS_STORE_USED);

    assert_int_equal(store->ops->prune(store, 5000, 10), TPS_OK);
    second.state = COMPLETE;
    second.expires = 6000;
    assert_int_equal(store_suite_step(store, NEW, &second, 5000), TPS_STORE_USED);
    other->ops->close(other);
}

static void of_two_waiting_sessions_with_one_nonce_the_first_with_evidence_has_it(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_session first = with_nonce(id, 1, WAITING, "12345678");
    tps_store_session second = with_nonce(id, 2, WAITING, "12345678");

    assert_int_equal(store_suite_step(store, NEW, &first, 20), TPS_OK);
    assert_int_equal(store_suite_step(store, NEW, &second, 20), TPS_OK);
    assert_int_equal(store->ops->find_nonce(store, id, first.nonce), TPS_NOT_FOUND);
    first.state = second.state = COMPLETE;
    assert_int_equal(store_suite_step(other, WAITING, &second, 20), TPS_OK);
    assert_int_equal(store_suite_step(store, WAITING, &first, 20), TPS_STORE_USED);
    assert_int_equal(find(store, &first, 20, &seen), TPS_OK);
    assert_int_equal(seen.session.state, WAITING);
    other->ops->close(other);
}

static void a_session_that_leaves_waiting_uses_its_nonce_unless_it_is_removed(void **state)
{
    static const uint32_t states[] = {PROCESSING, COMPLETE, FAILED, REMOVED};
    tps_store *store = *state;
    int64_t id = store_suite_tenant(store, "acme");

    for (uint8_t i = 0; i < 4; i++) {
        char nonce[] = "nonce 0";
        tps_store_session session;

        nonce[6] = (char)('0' + i);
        session = with_nonce(id, (uint8_t)(i + 1), WAITING, nonce);
        assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
        session.state = states[i];
        assert_int_equal(store_suite_step(store, WAITING, &session, 20), TPS_OK);
        assert_int_equal(store->ops->find_nonce(store, id, session.nonce),
                         states[i] == REMOVED ? TPS_NOT_FOUND : TPS_OK);
    }
}

static void a_nonce_of_our_own_is_not_used_for_ever(void **state)
{
    tps_store *store = *state;
    int64_t id = store_suite_tenant(store, "acme");
    tps_store_session session = with_nonce(id, 1, COMPLETE, "ours, of another size");

    session.nonce_from_client = false;
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    assert_int_equal(store->ops->find_nonce(store, id, session.nonce), TPS_NOT_FOUND);
}

static void nonces_have_a_limit(void **state)
{
    uint8_t bytes[TPS_STORE_NONCE_MAX + 1] = {1};
    tps_store *store = *state;
    tps_store_session session = store_suite_session(store_suite_tenant(store, "acme"), 1);

    session.nonce = TPS_SPAN_OF(bytes);
    session.nonce_from_client = true;
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_BAD_ARGUMENT);
    session.nonce.size--;
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
}

/* ---- claims ---- */

static unsigned claim(tps_store *store, int64_t now, int64_t before, size_t limit, store_suite_seen *seen)
{
    *seen = (store_suite_seen){0};
    assert_int_equal(store->ops->claim_sessions(store, now, before, limit, store_suite_see_session, seen),
                     TPS_OK);
    return seen->count;
}

static void work_that_was_left_behind_is_claimed_once(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    store_suite_seen seen;
    int64_t a = store_suite_tenant(store, "a");
    int64_t b = store_suite_tenant(store, "b");

    for (uint8_t i = 1; i <= 4; i++) {
        tps_store_session session = store_suite_session(i % 2 == 0 ? a : b, i);

        session.state = i == 4 ? COMPLETE : PROCESSING;
        session.evidence = TPS_SPAN_LITERAL("evidence");
        assert_int_equal(store_suite_step(store, NEW, &session, 20 + i), TPS_OK);
    }
    assert_int_equal(claim(store, 100, 20, 10, &seen), 0); /* who took it in claimed it */
    assert_int_equal(claim(store, 100, 50, 1, &seen), 1);
    assert_true(tps_span_is_text(seen.session.evidence, "evidence"));
    assert_int_equal(claim(other, 100, 50, 10, &seen), 2);
    assert_int_equal(claim(store, 101, 50, 10, &seen), 0);
    assert_int_equal(claim(store, 300, 200, 10, &seen), 3);
    assert_int_equal(claim(store, 1000, 900, 10, &seen), 0); /* they have expired */
    other->ops->close(other);
}

static void a_claim_whose_visitor_fails_claims_nothing(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {.answer = TPS_IO};
    tps_store_session session = store_suite_session(store_suite_tenant(store, "a"), 1);

    session.state = PROCESSING;
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    assert_int_equal(store->ops->claim_sessions(store, 100, 50, 10, store_suite_see_session, &seen), TPS_IO);
    assert_int_equal(claim(store, 100, 50, 10, &seen), 1);
}

/* ---- pruning ---- */

static unsigned count_sessions(tps_store *store)
{
    store_suite_seen seen = {0};

    assert_int_equal(store->ops->each_session(store, NULL, 0, store_suite_see_session, &seen), TPS_OK);
    return seen.count;
}

static void pruning_drops_what_expired_a_minute_ago_the_oldest_first(void **state)
{
    tps_store *store = *state;
    store_suite_seen seen = {0};
    int64_t id = store_suite_tenant(store, "acme");
    int64_t watermark = 0;

    for (uint8_t i = 1; i <= 5; i++) {
        tps_store_session session = store_suite_session(id, i);

        session.expires = 1000 - 100 * i; /* 900 .. 500: the last that came goes first */
        assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    }
    assert_int_equal(store->ops->prune(store, 559, 10), TPS_OK);
    assert_int_equal(count_sessions(store), 5);
    assert_int_equal(store->ops->prune(store, 560, 10), TPS_OK);
    assert_int_equal(count_sessions(store), 4);
    assert_int_equal(store->ops->watermark(store, &watermark), TPS_OK);
    assert_int_equal(watermark, 500);
    assert_int_equal(store->ops->prune(store, 5000, 2), TPS_OK);
    assert_int_equal(store->ops->each_session(store, NULL, 0, store_suite_see_session, &seen), TPS_OK);
    assert_string_equal(seen.all, "1 2 ");
    assert_int_equal(store->ops->watermark(store, &watermark), TPS_OK);
    assert_int_equal(watermark, 700);
}

static void nothing_that_was_pruned_comes_back_though_the_clock_jumps_back(void **state)
{
    tps_store *store = *state;
    tps_store *other = store_suite_open();
    tps_store_session session = store_suite_session(store_suite_tenant(store, "acme"), 1);

    assert_int_equal(store_suite_step(other, NEW, &session, 20), TPS_OK);
    assert_int_equal(store->ops->prune(store, 2000, 10), TPS_OK);
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_STORE_PASSED);
    assert_int_equal(store_suite_step(other, NEW, &session, 20), TPS_STORE_PASSED);
    session.expires = 1001;
    assert_int_equal(store_suite_step(other, NEW, &session, 20), TPS_OK);
    assert_int_equal(store->ops->prune(store, 20, 10), TPS_OK); /* a clock that goes back lowers nothing */
    session.expires = 1000;
    memset(session.id, 2, sizeof(session.id));
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_STORE_PASSED);
    other->ops->close(other);
}

static void pruning_in_a_group_counts_for_the_steps_behind_it(void **state)
{
    tps_store *store = *state;
    tps_store_session session = store_suite_session(store_suite_tenant(store, "acme"), 1);

    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    assert_int_equal(store->ops->begin_group(store), TPS_OK);
    memset(session.id, 2, sizeof(session.id));
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK);
    assert_int_equal(store->ops->prune(store, 1060, 1), TPS_OK);
    memset(session.id, 3, sizeof(session.id));
    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_STORE_PASSED);
    store->ops->abandon_group(store);

    assert_int_equal(store_suite_step(store, NEW, &session, 20), TPS_OK); /* nor was it pruned */
}

int store_suite_run_sessions(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_a_result_as_it_was_given, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_session_is_taken_once, store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_group_takes_each_step_by_itself, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(two_hundred_steps_are_one_group, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_session_goes_from_state_to_state, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_removed_session_is_known_and_nothing_of_it, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_session_that_has_expired_is_found_no_more, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(tenants_have_sessions_of_their_own, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_clients_nonce_is_used_once_and_for_ever, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(of_two_waiting_sessions_with_one_nonce_the_first_with_evidence_has_it,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_session_that_leaves_waiting_uses_its_nonce_unless_it_is_removed,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_nonce_of_our_own_is_not_used_for_ever, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(nonces_have_a_limit, store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(work_that_was_left_behind_is_claimed_once, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(a_claim_whose_visitor_fails_claims_nothing, store_suite_setup,
                                        store_suite_teardown),
        cmocka_unit_test_setup_teardown(pruning_drops_what_expired_a_minute_ago_the_oldest_first,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(nothing_that_was_pruned_comes_back_though_the_clock_jumps_back,
                                        store_suite_setup, store_suite_teardown),
        cmocka_unit_test_setup_teardown(pruning_in_a_group_counts_for_the_steps_behind_it, store_suite_setup,
                                        store_suite_teardown),
    };

    return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
