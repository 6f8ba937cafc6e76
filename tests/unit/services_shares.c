/* SPDX-License-Identifier: Apache-2.0 */
/* Shares: a login that speaks for many providers has no more than its share of what there is, and the others
 * find theirs. And what is left of an owner when the device has another: nothing in memory, either. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/binding.h"
#include "component/core/ownership.h"
#include "component/core/shares.h"
#include "component/services/keys/message.h"
#include "services_session.h"

static tps_login another(void)
{
    return (tps_login){.method = TPSC_LOGIN_USER, .uid = 1001};
}

static const uint8_t *provider(uint8_t number)
{
    static uint8_t p[32];

    memset(p, number, sizeof(p));
    return p;
}

/* Makes things named 0, 1 ... in one session until one is refused with this error; how many it made. */
typedef uint64_t (*maker)(device *d, uint32_t session, const char *name);

static unsigned make_until(device *d, const tps_service *service, tps_login login, uint32_t mode,
                           uint8_t number, maker make, uint64_t refusal)
{
    uint32_t session = open_session(d, service, login);
    unsigned made = 0;
    uint64_t error = 0;

    if (number != 0) {
        bind_session(d, session, mode, provider(number));
    }
    while (error == 0) {
        char name[2] = {(char)('0' + made), 0};

        error = make(d, session, name);
        made += error == 0 ? 1u : 0u;
    }
    assert_int_equal(error, refusal);
    close_session(d, session);
    return made;
}

/* The same for provider after provider, until one is refused everything. */
static unsigned make_for_all(device *d, const tps_service *service, tps_login login, uint32_t mode,
                             maker make, uint64_t refusal)
{
    unsigned made = make_until(d, service, login, mode, mode == TPS_MODE_PASSPORT ? 100 : 0, make, refusal);
    unsigned now = made;

    for (uint8_t i = 1; now > 0 && i <= TPS_PROVIDERS_PER_LOGIN - 1; i++) {
        now = make_until(d, service, login, mode, (uint8_t)(100 + i), make, refusal);
        made += now;
    }
    return made;
}

static uint64_t make_counter(device *d, uint32_t session, const char *name)
{
    message(10, 1);
    put_text(1, name);
    return error_of(send_message(d, session));
}

static void counters_are_shared_out_by_login(void **state)
{
    device *d = *state;

    assert_int_equal(make_for_all(d, &tps_counters_service, somebody(), TPS_MODE_PAIRWISE, make_counter,
                                  TPS_COUNTER_ERROR_QUOTA),
                     TPS_COUNTERS_PER_LOGIN);
    assert_int_equal(
        make_until(d, &tps_counters_service, another(), 0, 0, make_counter, TPS_COUNTER_ERROR_QUOTA),
        TPS_COUNTERS_PER_OWNER);
    assert_true(make_until(d, &tps_counters_service, administrator(), 0, 0, make_counter, TPS_KEPT_FULL) > 0);
}

static uint64_t make_value(device *d, uint32_t session, const char *name)
{
    message(10, 2);
    put_text(1, name);
    put_bytes(2, TPS_SPAN_LITERAL("x"));
    return error_of(send_message(d, session));
}

static void values_are_shared_out_by_login(void **state)
{
    device *d = *state;

    assert_int_equal(make_for_all(d, &tps_storage_service, somebody(), TPS_MODE_PAIRWISE, make_value,
                                  TPS_SEALED_ERROR_QUOTA),
                     TPS_SEALED_PER_LOGIN);
    assert_int_equal(make_until(d, &tps_storage_service, another(), 0, 0, make_value, TPS_SEALED_ERROR_QUOTA),
                     TPS_SEALED_PER_OWNER);
}

static uint64_t make_large_value(device *d, uint32_t session, const char *name)
{
    static const uint8_t large[2000];

    message(10, 2);
    put_text(1, name);
    put_bytes(2, TPS_SPAN_OF(large));
    return error_of(send_message(d, session));
}

static void bytes_are_shared_out_by_login(void **state)
{
    device *d = *state;
    tps_vault *vault;
    uint32_t before;

    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    before = tps_vault_tell(vault).used;
    (void)make_for_all(d, &tps_storage_service, somebody(), TPS_MODE_PAIRWISE, make_large_value,
                       TPS_SEALED_ERROR_QUOTA);
    assert_true(tps_vault_tell(vault).used - before < TPS_SHARE_OF_LOGIN(tps_vault_tell(vault).capacity));
    assert_true(make_until(d, &tps_storage_service, another(), 0, 0, make_value, TPS_SEALED_ERROR_QUOTA) > 0);
}

static uint64_t make_key_of(device *d, uint32_t session, const char *name, uint64_t lifetime, bool is_shared)
{
    tps_cbor_writer *w = message(TPS_KEY_TAG_GENERATE, 4);

    put_text(TPS_KEY_NAME, name);
    put_uint(TPS_KEY_KIND, TPS_KEY_HMAC256);
    put_uint(TPS_KEY_LIFETIME, lifetime);
    tps_cbor_put_uint(w, TPS_KEY_SHARED);
    tps_cbor_put_bool(w, is_shared);
    return error_of(send_message(d, session));
}

static uint64_t make_key(device *d, uint32_t session, const char *name)
{
    return make_key_of(d, session, name, TPS_KEY_PERSISTENT, false);
}

static uint64_t make_shared_key(device *d, uint32_t session, const char *name)
{
    return make_key_of(d, session, name, TPS_KEY_PERSISTENT, true);
}

static uint64_t make_volatile_key(device *d, uint32_t session, const char *name)
{
    char own[3] = {'v', name[0], 0};

    return make_key_of(d, session, own, TPS_KEY_UNTIL_RESTART, false);
}

static void keys_are_shared_out_by_login(void **state)
{
    static const struct {
        maker make;
        unsigned login;
        unsigned rest;
    } sorts[] = {{make_key, TPS_KEYS_PER_LOGIN, TPS_KEYS_MAX - TPS_KEYS_PER_LOGIN},
                 {make_volatile_key, TPS_KEYS_VOLATILE_PER_LOGIN,
                  TPS_KEYS_VOLATILE_MAX - TPS_KEYS_VOLATILE_PER_LOGIN}};
    device *d = *state;

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(make_for_all(d, &tps_key_store_service, somebody(), TPS_MODE_PAIRWISE, sorts[i].make,
                                      TPS_KEY_ERROR_FULL),
                         sorts[i].login);
        assert_int_equal(
            make_until(d, &tps_key_store_service, another(), 0, 0, sorts[i].make, TPS_KEY_ERROR_FULL),
            sorts[i].rest);
    }
}

static void what_a_group_shares_is_shared_out_by_group(void **state)
{
    device *d = *state;

    assert_int_equal(make_for_all(d, &tps_key_store_service, somebody(), TPS_MODE_PAIRWISE, make_shared_key,
                                  TPS_KEY_ERROR_FULL),
                     TPS_KEYS_PER_LOGIN);
    assert_true(make_until(d, &tps_key_store_service, another(), 0, 0, make_key, TPS_KEY_ERROR_FULL) > 0);
}

static uint64_t make_result(device *d, uint32_t session, const char *name)
{
    if (name[0] != '0') { /* one for each provider */
        return TPS_EVIDENCE_ERROR_FULL;
    }
    message(15, 1);
    put_bytes(1, TPS_SPAN_LITERAL("a result"));
    return error_of(send_message(d, session));
}

static void results_are_shared_out_by_login(void **state)
{
    device *d = *state;

    for (uint8_t i = 1; i <= 20; i++) { /* an administrator brings them */
        uint32_t session = open_session(d, &tps_attestation_service, administrator());

        bind_session(d, session, TPS_MODE_PASSPORT, provider(i));
        close_session(d, session);
    }
    for (uint8_t i = 1; i <= 20; i++) {
        assert_int_equal(make_until(d, &tps_attestation_service, somebody(), TPS_MODE_PASSPORT, i,
                                    make_result, TPS_EVIDENCE_ERROR_FULL),
                         i <= TPS_RESULTS_PER_LOGIN ? 1 : 0);
    }
    assert_int_equal(make_until(d, &tps_attestation_service, somebody(), TPS_MODE_PASSPORT, 1, make_result,
                                TPS_EVIDENCE_ERROR_FULL),
                     1); /* another for the same takes no room */
    assert_int_equal(make_until(d, &tps_attestation_service, another(), TPS_MODE_PASSPORT, 20, make_result,
                                TPS_EVIDENCE_ERROR_FULL),
                     1);
    assert_int_equal(make_until(d, &tps_attestation_service, administrator(), TPS_MODE_PASSPORT, 20,
                                make_result, TPS_EVIDENCE_ERROR_FULL),
                     1);
}

static void no_login_takes_all_places_of_the_vault(void **state)
{
    device *d = *state;
    unsigned made =
        make_for_all(d, &tps_key_store_service, somebody(), TPS_MODE_PAIRWISE, make_key, TPS_KEY_ERROR_FULL);

    made += make_for_all(d, &tps_storage_service, somebody(), TPS_MODE_PAIRWISE, make_value,
                         TPS_SEALED_ERROR_QUOTA);
    made += make_for_all(d, &tps_counters_service, somebody(), TPS_MODE_PAIRWISE, make_counter,
                         TPS_COUNTER_ERROR_QUOTA);
    assert_true(made <= TPS_SHARE_OF_LOGIN(TPS_VAULT_VALUES_MAX));
    assert_true(made < TPS_KEYS_PER_LOGIN + TPS_SEALED_PER_LOGIN + TPS_COUNTERS_PER_LOGIN);
    assert_true(make_until(d, &tps_counters_service, another(), 0, 0, make_counter, TPS_COUNTER_ERROR_QUOTA) >
                0);
    assert_true(make_until(d, &tps_storage_service, another(), 0, 0, make_value, TPS_SEALED_ERROR_QUOTA) > 0);
}

static void logins_of_many_groups_leave_room_for_the_owners_providers(void **state)
{
    device *d = *state;
    uint8_t number = 0;

    for (uint32_t gid = 1; gid <= 3; gid++) {
        tps_login login = {.method = TPSC_LOGIN_GROUP, .uid = 1000, .gid = gid};
        uint64_t error = 0;

        while (error == 0) {
            uint32_t session = open_session(d, &tps_attestation_service, login);

            message(9, 2);
            put_uint(1, TPS_MODE_PAIRWISE);
            put_bytes(2, tps_span_make(provider(++number), 32));
            error = error_of(send_message(d, session));
            close_session(d, session);
        }
        assert_int_equal(error, TPS_BIND_ERROR_FULL);
    }
    assert_int_equal(d->component.ownership.count, TPS_PROVIDERS_MAX - TPS_PROVIDERS_RESERVED);
    for (unsigned i = 0; i < TPS_PROVIDERS_RESERVED; i++) {
        uint32_t session = open_session(d, &tps_attestation_service, administrator());

        bind_session(d, session, TPS_MODE_PAIRWISE, provider(++number));
        close_session(d, session);
    }
}

static bool is_zero(const void *bytes, size_t size)
{
    const uint8_t *b = bytes;
    uint8_t any = 0;

    for (size_t i = 0; i < size; i++) {
        any |= b[i];
    }
    return any == 0;
}

static void another_owner_finds_nothing_of_the_old_one_in_memory(void **state)
{
    device *d = *state;
    uint32_t own = open_session(d, &tps_key_store_service, somebody());
    uint32_t bound = open_session(d, &tps_key_store_service, somebody());
    uint32_t session = open_session(d, &tps_attestation_service, somebody());
    unsigned left = 0;

    bind_session(d, bound, TPS_MODE_PAIRWISE, provider(1));
    bind_session(d, session, TPS_MODE_PAIRWISE, provider(1));
    assert_int_equal(make_volatile_key(d, own, "mine"), 0);
    assert_int_equal(make_volatile_key(d, bound, "theirs"), 0);
    message(TPS_KEY_TAG_GENERATE, 2);
    put_text(TPS_KEY_NAME, "aes");
    put_uint(TPS_KEY_KIND, TPS_KEY_AES256_GCM);
    send_expecting(d, bound, 0);
    message(TPS_KEY_TAG_ENCRYPT, 2); /* a block of uses is counted ahead */
    put_text(TPS_KEY_NAME, "aes");
    put_bytes(TPS_KEY_DATA, TPS_SPAN_LITERAL("x"));
    send_expecting(d, bound, 0);
    message(11, 0);
    (void)send_message(d, session);
    assert_non_null(d->attestation.pairwise.key);
    assert_false(is_zero(d->key_store.blocks, sizeof(d->key_store.blocks)));

    assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK);
    assert_true(is_zero(&d->attestation.pairwise, sizeof(d->attestation.pairwise)));
    assert_true(is_zero(d->attestation.chain_bytes, sizeof(d->attestation.chain_bytes)));
    assert_true(is_zero(d->key_store.blocks, sizeof(d->key_store.blocks)));
    for (size_t i = 0; i < TPS_KEYS_VOLATILE_MAX; i++) {
        left += is_zero(&d->key_store.volatile_keys[i], sizeof(tps_key_entry)) ? 0u : 1u;
    }
    assert_int_equal(left, 1); /* of the session that speaks for no provider */
    message(TPS_KEY_TAG_DESCRIBE, 1);
    put_text(TPS_KEY_NAME, "vm"); /* "mine" */
    send_expecting(d, own, 0);
}

static void applications_are_told_apart_by_as_much_of_their_digest_as_there_is_room_for(void **state)
{
    tps_login a = {.method = TPSC_LOGIN_APPLICATION, .uid = 1000};
    tps_login b = a;
    uint8_t owner_a[TPS_LOGIN_OWNER_SIZE];
    uint8_t owner_b[TPS_LOGIN_OWNER_SIZE];

    (void)state;
    for (size_t i = 0; i < TPS_LOGIN_OWNER_SIZE - 1; i++) {
        memset(b.application, 0, sizeof(b.application));
        b.application[i] = 1;
        tps_login_owner(&a, owner_a);
        tps_login_owner(&b, owner_b);
        assert_memory_not_equal(owner_a, owner_b, sizeof(owner_a));
    }
}

static void a_login_that_cannot_be_counted_gets_nothing(void **state)
{
    device *d = *state;
    tps_session session = {.login = somebody()};
    tps_share share = {0, 0};
    bool may;

    d->component.vault_status = TPS_COMPONENT_STORAGE;
    assert_int_equal(tps_login_share(&d->component, &session, TPS_VAULT_COUNTERS, tps_session_owner, &share),
                     TPS_COMPONENT_STORAGE);
    assert_int_equal(tps_login_may_store(&d->component, &session, &may), TPS_COMPONENT_STORAGE);
}

/* Places without bytes: there are more than a login may have. */
static void a_login_with_many_small_values_has_its_share_of_places(void **state)
{
    device *d = *state;
    tps_session session = {.login = somebody()};
    tps_vault *vault;
    tps_vault_id id = {.space = TPS_VAULT_STORAGE, .name_size = 1};
    bool may;

    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    tps_login_owner(&session.login, id.owner);
    while (vault->count < TPS_SHARE_OF_LOGIN(TPS_VAULT_VALUES_MAX) + 1) { /* as if they were there */
        id.name[0] = (uint8_t)vault->count;
        vault->entries[vault->count++] = (tps_vault_entry){.id = id, .size = 1};
    }
    assert_int_equal(tps_login_may_store(&d->component, &session, &may), TPS_OK);
    assert_false(may);
    session.login = administrator();
    assert_int_equal(tps_login_may_store(&d->component, &session, &may), TPS_OK);
    assert_true(may);
}

/* Nobody knows any more how large it was. */
static void a_value_that_is_lost_counts_as_the_largest(void **state)
{
    device *d = *state;
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_TEST, NULL, TPS_SPAN_LITERAL("a"));
    tps_share share = {0, 0};
    tps_vault *vault;

    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    d->flash.bad_from = vault->at + 128; /* where its value will be */
    assert_int_equal(tps_vault_put(vault, &id, NULL, TPS_SPAN_LITERAL("abc"), 0), TPS_OK);
    tps_owner_share(vault, TPS_VAULT_TEST, NULL, &share);
    assert_true(share.values == 1 && share.bytes == 3);
    d->flash.bad_to = d->flash.bad_from + 1;
    d->flash.bad_status = TPS_COMPONENT_STORAGE_CORRUPT;
    assert_int_equal(tps_vault_scrub(vault), TPS_OK);
    share = (tps_share){0, 0};
    tps_owner_share(vault, TPS_VAULT_TEST, NULL, &share);
    assert_true(share.values == 1 && share.bytes == TPS_VAULT_VALUE_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counters_are_shared_out_by_login),
        TEST(values_are_shared_out_by_login),
        TEST(bytes_are_shared_out_by_login),
        TEST(keys_are_shared_out_by_login),
        TEST(what_a_group_shares_is_shared_out_by_group),
        TEST(results_are_shared_out_by_login),
        TEST(no_login_takes_all_places_of_the_vault),
        TEST(logins_of_many_groups_leave_room_for_the_owners_providers),
        TEST(another_owner_finds_nothing_of_the_old_one_in_memory),
        TEST(applications_are_told_apart_by_as_much_of_their_digest_as_there_is_room_for),
        TEST(a_login_with_many_small_values_has_its_share_of_places),
        TEST(a_login_that_cannot_be_counted_gets_nothing),
        TEST(a_value_that_is_lost_counts_as_the_largest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
