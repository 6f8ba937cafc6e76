/* SPDX-License-Identifier: Apache-2.0 */
/* The owner secret and the providers that sessions are bound to: what is fixed, what goes with the owner, and
 * what a power cut or a failing platform leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/binding.h"
#include "component/core/ownership.h"
#include "services_session.h"

static const uint8_t lamp_maker[32] = {0x1a};
static const uint8_t shop[32] = {0x5a};

static void try_bind(device *d, uint32_t session, uint64_t mode, const uint8_t provider[32], uint64_t error)
{
    message(TPS_TAG_BIND, 2);
    put_uint(1, mode);
    put_bytes(2, tps_span_make(provider, 32));
    send_expecting(d, session, error);
}

static void bind_new(device *d, tps_login login, uint64_t mode, const uint8_t provider[32], uint64_t error)
{
    uint32_t session = open_session(d, &tps_attestation_service, login);

    try_bind(d, session, mode, provider, error);
    close_session(d, session);
}

static void a_session_is_bound_once_and_a_provider_keeps_its_mode(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_attestation_service, somebody());

    try_bind(d, session, 0, shop, TPS_BIND_ERROR_MODE);
    try_bind(d, session, 4, shop, TPS_BIND_ERROR_MODE);
    try_bind(d, session, TPS_MODE_PAIRWISE, shop, 0);
    try_bind(d, session, TPS_MODE_PAIRWISE, shop, TPS_BIND_ERROR_SESSION);
    try_bind(d, session, TPS_MODE_DIRECT, lamp_maker, TPS_BIND_ERROR_SESSION);
    bind_new(d, somebody(), TPS_MODE_DIRECT, shop, TPS_BIND_ERROR_PROVIDER);
    bind_new(d, administrator(), TPS_MODE_PASSPORT, shop, TPS_BIND_ERROR_PROVIDER);
    bind_new(d, administrator(), TPS_MODE_PAIRWISE, shop, 0);
    device_start(d);
    bind_new(d, somebody(), TPS_MODE_DIRECT, shop, TPS_BIND_ERROR_PROVIDER);
    bind_new(d, somebody(), TPS_MODE_PAIRWISE, shop, 0);
}

static void what_is_no_binding_is_refused(void **state)
{
    device *d = *state;
    tps_login nobody = {.method = TPSC_LOGIN_PUBLIC};
    uint32_t session = open_session(d, &tps_identification_service, nobody);
    tps_span answer;

    message(TPS_TAG_BIND, 2);
    put_uint(1, TPS_MODE_DIRECT);
    put_bytes(2, TPS_SPAN_OF(shop));
    assert_int_equal(try_send(d, session, 64, &answer), TPS_COMPONENT_DENIED);
    session = open_session(d, &tps_attestation_service, somebody());
    assert_int_equal(try_send(d, session, 3, &answer), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(try_send(d, session, 0, &answer), TPS_BUFFER_TOO_SMALL);
    message(TPS_TAG_BIND, 2);
    put_uint(1, TPS_MODE_DIRECT);
    put_bytes(2, tps_span_make(shop, 31));
    assert_int_equal(try_send(d, session, 64, &answer), TPS_COMPONENT_BAD_MESSAGE);
    message(TPS_TAG_BIND, 3);
    put_uint(1, TPS_MODE_DIRECT);
    put_bytes(2, TPS_SPAN_OF(shop));
    put_uint(3, 0);
    assert_int_equal(try_send(d, session, 64, &answer), TPS_COMPONENT_BAD_MESSAGE);
    try_bind(d, session, TPS_MODE_DIRECT, shop, 0); /* nothing of that bound it */
    session = open_session(d, &tps_lifecycle_service, somebody());
    message(TPS_TAG_BIND, 2);
    put_uint(1, TPS_MODE_DIRECT);
    put_bytes(2, TPS_SPAN_OF(shop));
    assert_int_equal(try_send(d, session, 64, &answer), TPS_COMPONENT_BAD_MESSAGE);
}

static void no_login_takes_all_places(void **state)
{
    device *d = *state;
    uint8_t provider[32] = {0};

    for (unsigned i = 0; i <= TPS_PROVIDERS_PER_LOGIN; i++) {
        provider[0] = (uint8_t)i;
        bind_new(d, somebody(), TPS_MODE_PAIRWISE, provider,
                 i < TPS_PROVIDERS_PER_LOGIN ? 0 : TPS_BIND_ERROR_FULL);
    }
    for (unsigned i = TPS_PROVIDERS_PER_LOGIN; i <= TPS_PROVIDERS_MAX; i++) {
        provider[0] = (uint8_t)i;
        bind_new(d, administrator(), TPS_MODE_DIRECT, provider,
                 i < TPS_PROVIDERS_MAX ? 0 : TPS_BIND_ERROR_FULL);
    }
    device_start(d);
    assert_int_equal(d->component.ownership.count, TPS_PROVIDERS_MAX);
    provider[0] = 3;
    bind_new(d, somebody(), TPS_MODE_PAIRWISE, provider, 0);
}

static void the_owner_secret_stays_until_the_owner_goes(void **state)
{
    device *d = *state;
    uint8_t first[32];
    const uint8_t *secret;
    uint32_t generation;

    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_OK);
    memcpy(first, secret, sizeof(first));
    device_start(d);
    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_OK);
    assert_memory_equal(secret, first, sizeof(first));

    generation = tps_component_owner_generation(&d->component);
    assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK);
    assert_true(tps_component_owner_generation(&d->component) > generation);
    assert_memory_not_equal(secret, first, sizeof(first));
    memcpy(first, secret, sizeof(first));
    device_start(d);
    assert_memory_equal(d->component.ownership.secret, first, sizeof(first));
    device_stop(d);
    for (size_t i = 0; i < sizeof(d->component.ownership.secret); i++) {
        assert_int_equal(d->component.ownership.secret[i], 0);
    }
}

static void all_that_was_a_providers_goes_with_the_owner(void **state)
{
    device *d = *state;
    uint32_t bound = open_session(d, &tps_attestation_service, somebody());
    uint32_t free_session = open_session(d, &tps_attestation_service, somebody());
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_TEST, NULL, TPS_SPAN_LITERAL("of p"));
    tps_vault_id own = tps_vault_id_make(TPS_VAULT_TEST, NULL, TPS_SPAN_LITERAL("own"));
    const tps_vault_context *context;
    tps_vault_context room;
    tps_session *session;
    tps_vault *vault;
    tps_span answer;
    size_t size;

    bind_session(d, bound, TPS_MODE_PAIRWISE, shop);
    session =
        &d->component.sessions[d->component.sessions[0].id == bound ? 0 : TPS_COMPONENT_SESSIONS_MAX - 1];
    assert_int_equal(session->id, bound);
    assert_int_equal(tps_session_sealing(&d->component, session, &room, &context), TPS_OK);
    assert_ptr_equal(context, &room);
    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    assert_int_equal(tps_vault_put(vault, &id, context, TPS_SPAN_LITERAL("x"), 0), TPS_OK);
    assert_int_equal(tps_vault_put(vault, &own, NULL, TPS_SPAN_LITERAL("y"), 0), TPS_OK);

    assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK);
    message(1, 0);
    assert_int_equal(try_send(d, bound, 4096, &answer), TPS_COMPONENT_NO_SESSION);
    assert_int_equal(try_send(d, free_session, 4096, &answer), TPS_OK);
    assert_int_equal(tps_vault_get(vault, &id, context, TPS_BUF_MEASURE, &size), TPS_NOT_FOUND);
    assert_int_equal(tps_vault_get(vault, &own, NULL, TPS_BUF_MEASURE, &size), TPS_BUFFER_TOO_SMALL);
    bind_new(d, somebody(), TPS_MODE_DIRECT, shop, 0); /* another owner, another mode */
}

/* One provider bound, and the owner forgotten, with the platform failing at its nth call. */
static bool forget_with_fault(device *d, unsigned n)
{
    uint8_t before[32];
    tps_status status;
    bool has_struck;

    device_start(d);
    bind_new(d, somebody(), TPS_MODE_PAIRWISE, shop, 0);
    memcpy(before, d->component.ownership.secret, sizeof(before));
    d->calls = 0;
    d->fail_at = n;
    status = tps_component_owner_forget(&d->component);
    has_struck = d->calls >= n;
    d->fail_at = 0;
    assert_true(status == TPS_OK || has_struck);

    device_start(d);
    assert_int_equal(d->component.ownership.status, TPS_OK);
    assert_false(d->component.ownership.is_forgetting);
    if (memcmp(before, d->component.ownership.secret, sizeof(before)) == 0) {
        assert_int_equal(d->component.ownership.count, 1); /* the old state, whole */
        assert_int_not_equal(status, TPS_OK);
        assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK);
    } else {
        assert_int_equal(d->component.ownership.count, 0); /* the new one, whole */
    }
    return has_struck;
}

static void a_failing_platform_leaves_the_old_owner_or_the_new(void **state)
{
    unsigned n = 1;

    while (forget_with_fault(*state, n)) {
        n++;
    }
    assert_true(n > 5);
}

static tps_status broken_erase(void *context, uint32_t offset)
{
    (void)context;
    (void)offset;
    return TPS_COMPONENT_STORAGE;
}

/* What was logged last of a former owner. */
static uint32_t logged_level;
static tps_status logged_status;
static const char *logged;

static void keep_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    if (strstr(text, "former owner") != NULL) {
        logged_level = level;
        logged_status = status;
        logged = text;
    }
}

static void nothing_is_bound_before_the_old_owners_things_are_erased(void **state)
{
    device *d = *state;
    tps_status (*erase)(void *, uint32_t) = d->platform.storage_erase;

    bind_new(d, somebody(), TPS_MODE_PAIRWISE, shop, 0);
    d->platform.storage_erase = broken_erase;
    assert_int_equal(tps_component_owner_forget(&d->component), TPS_COMPONENT_STORAGE);
    assert_int_equal(d->component.ownership.count, 0);
    assert_true(d->component.ownership.is_forgetting);
    bind_new(d, somebody(), TPS_MODE_DIRECT, lamp_maker, TPS_BIND_ERROR_OWNER);
    assert_int_equal(d->component.ownership.count, 0);
    d->platform.log = keep_log;
    device_start(d); /* it cannot be done at a start, either, and is not forgotten */
    assert_int_equal(logged_level, TPS_LOG_ERROR);
    assert_int_equal(logged_status, TPS_COMPONENT_STORAGE);
    assert_string_equal(logged, "what a former owner left cannot be erased");
    assert_true(d->component.ownership.is_forgetting);
    bind_new(d, somebody(), TPS_MODE_DIRECT, lamp_maker, TPS_BIND_ERROR_OWNER);

    d->platform.storage_erase = erase;
    device_start(d);
    assert_int_equal(logged_level, TPS_LOG_WARNING);
    assert_int_equal(logged_status, TPS_OK);
    assert_string_equal(logged, "what a former owner left is erased");
    bind_new(d, somebody(), TPS_MODE_DIRECT, lamp_maker, 0);
    assert_false(d->component.ownership.is_forgetting);
}

static void a_binding_that_was_not_stored_is_none(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_attestation_service, somebody());

    d->calls = 0;
    d->fail_at = 1;
    try_bind(d, session, TPS_MODE_PAIRWISE, shop, TPS_BIND_ERROR_OWNER);
    d->fail_at = 0;
    assert_int_equal(d->component.ownership.count, 0);
    device_start(d);
    bind_new(d, somebody(), TPS_MODE_DIRECT, shop, 0);
}

static void without_an_owner_secret_nothing_is_bound(void **state)
{
    device *d = *state;
    const uint8_t *secret;

    d->component.vault_status = TPS_COMPONENT_STORAGE_CORRUPT;
    tps_component_ownership_start(&d->component);
    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_COMPONENT_STORAGE_CORRUPT);
    bind_new(d, somebody(), TPS_MODE_DIRECT, shop, TPS_BIND_ERROR_OWNER);
    assert_int_equal(tps_component_owner_forget(&d->component), TPS_COMPONENT_STORAGE_CORRUPT);

    d->component.vault_status = TPS_OK;
    d->handover.lifecycle = TPS_LIFECYCLE_DECOMMISSIONED;
    tps_component_ownership_start(&d->component);
    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_COMPONENT_DECOMMISSIONED);
    assert_int_equal(tps_component_owner_forget(&d->component), TPS_COMPONENT_DECOMMISSIONED);
}

/* The vault vouches for the value's bytes, so these can only come from other code. */
static void a_value_that_is_none_gives_no_owner_secret(void **state)
{
    static const char *const values[] = {"\x80",
                                         "\xa1\x04\x00",
                                         "\xa1\x01\x40",
                                         "\xa1\x03\x81\x80",
                                         "\xa1\x03\x81\x81\x00",
                                         "\xa1\x03\x81\x81\x01",
                                         "\xa1\x03\x81\x82\x01\x40",
                                         "\xa1\x03\x81\x81\x04"};
    device *d = *state;
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_OWNERSHIP, NULL, TPS_SPAN_LITERAL("E"));
    static const size_t sizes[] = {1, 3, 3, 4, 5, 5, 6, 5};
    tps_vault *vault;

    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(
            tps_vault_put(vault, &id, NULL, tps_span_make((const uint8_t *)values[i], sizes[i]), 0), TPS_OK);
        tps_component_ownership_start(&d->component);
        assert_int_equal(d->component.ownership.status, TPS_COMPONENT_STORAGE_CORRUPT);
    }
    assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK); /* somebody entitled ends it */
    assert_int_equal(d->component.ownership.status, TPS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_bound_once_and_a_provider_keeps_its_mode),
        TEST(what_is_no_binding_is_refused),
        TEST(no_login_takes_all_places),
        TEST(the_owner_secret_stays_until_the_owner_goes),
        TEST(all_that_was_a_providers_goes_with_the_owner),
        TEST(a_failing_platform_leaves_the_old_owner_or_the_new),
        TEST(nothing_is_bound_before_the_old_owners_things_are_erased),
        TEST(a_binding_that_was_not_stored_is_none),
        TEST(without_an_owner_secret_nothing_is_bound),
        TEST(a_value_that_is_none_gives_no_owner_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
