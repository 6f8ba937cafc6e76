/* SPDX-License-Identifier: Apache-2.0 */
/* The services at their edges: components without a service, stores that cannot be opened, states that change
 * between two messages, and values that other code left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/binding.h"
#include "component/core/ownership.h"
#include "component/core/shares.h"
#include "component/services/kept.h"
#include "component/services/keys/entry.h"
#include "component/services/keys/message.h"
#include "component/services/rot13.h"
#include "component/services/update_store.h"
#include "services_session.h"

static const uint8_t shop[32] = {0x5a};
static const uint8_t bytes32[32] = {0x32};

static tps_status status_of(device *d, uint32_t session)
{
    tps_span answer;

    return try_send(d, session, 16384, &answer);
}

static tps_vault *vault_of(device *d)
{
    tps_vault *vault;

    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    return vault;
}

/* Until nothing goes in any more. */
static void fill_vault(device *d)
{
    static const uint8_t large[TPS_VAULT_VALUE_MAX];
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_TEST, NULL, TPS_SPAN_LITERAL("0"));

    for (size_t size = sizeof(large); size > 0; size /= 2) {
        do {
            id.name[0]++;
        } while (tps_vault_put(vault_of(d), &id, NULL, tps_span_make(large, size), 0) == TPS_OK);
    }
}

/* ---- update ---- */

static void put_policy(void)
{
    tps_cbor_writer *w = message(17, 2);

    tps_cbor_put_uint(w, 1);
    tps_cbor_put_bool(w, true);
    tps_cbor_put_uint(w, 3);
    tps_cbor_put_array(w, 0);
}

static void put_newer(device *d, uint64_t tag)
{
    device_sign_image(d, "1.1.0");
    message(tag, 1);
    put_bytes(1, tps_span_make(d->manifest, d->manifest_size));
}

static void updates_without_a_vault_are_not_kept(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_update_service, administrator());
    tps_span answer;

    put_policy();
    assert_int_equal(try_send(d, session, 1, &answer), TPS_BUFFER_TOO_SMALL);
    d->component.vault_status = TPS_COMPONENT_STORAGE;
    assert_int_equal(status_of(d, session), TPS_COMPONENT_STORAGE);
}

static void a_policy_for_other_firmware_is_set_again(void **state)
{
    device *d = *state;
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_UPDATE, NULL, TPS_SPAN_LITERAL("policy"));
    uint32_t session;

    assert_int_equal(tps_vault_put(vault_of(d), &id, NULL, TPS_SPAN_LITERAL("\xa0"), TPS_VAULT_BOUND),
                     TPS_OK);
    d->image[0] ^= 1;
    device_sign_image(d, "1.0.1");
    device_start(d);
    session = open_session(d, &tps_update_service, administrator());
    message(18, 0);
    assert_int_equal(status_of(d, session), TPS_COMPONENT_STORAGE_BOUND);
    put_policy();
    send_expecting(d, session, 0);
    message(18, 0);
    assert_int_equal(status_of(d, session), TPS_OK);
}

static void what_runs_is_found_by_its_name_and_signature(void **state)
{
    device *d = *state;
    tps_boot_image *image = &d->handover.images[1];

    assert_ptr_equal(tps_handover_verified(&d->handover, "application"), image);
    assert_null(tps_handover_verified(&d->handover, "modem"));
    image->is_signed = false;
    assert_null(tps_handover_verified(&d->handover, "application"));
    image->is_signed = true;
    image->is_running = false;
    assert_null(tps_handover_verified(&d->handover, "application"));
}

static void an_image_is_begun_again_or_refused(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_update_service, administrator());

    message(11, 1);
    put_bytes(1, TPS_SPAN_OF(bytes32));
    send_expecting(d, session, TPS_UPDATE_ERROR_MALFORMED);
    put_newer(d, 11);
    send_expecting(d, session, 0);
    message(14, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER); /* not one byte came */
    d->handover.images[1].security_counter = 5;         /* more than the device's counter */
    put_newer(d, 10);
    send_expecting(d, session, TPS_UPDATE_ERROR_TOO_OLD);
}

static void more_images_than_names_are_not_staged(void **state)
{
    device *d = *state;
    tps_update_record record = {.image = "one more"};

    d->update.staged.count = TPS_IMAGES_MAX;
    for (size_t i = 0; i < TPS_IMAGES_MAX; i++) {
        d->update.staged.records[i].image[0] = (char)('a' + i);
    }
    assert_int_equal(update_stage(&d->component, &d->update, &record), TPS_COMPONENT_FULL);
}

static void what_cannot_be_given_up_at_start_is_not_shown_either(void **state)
{
    device *d = *state;
    tps_update_record record = {.image = "application", .version = "1.0.0"};

    memcpy(record.digest, d->handover.images[1].digest, sizeof(record.digest)); /* it runs */
    assert_int_equal(update_stage(&d->component, &d->update, &record), TPS_OK);
    d->flash.is_unreadable = false;
    vault_of(d)->is_broken = true; /* no write more */
    update_load(&d->component, &d->update);
    assert_int_equal(d->update.staged_status, TPS_OK);
    assert_int_equal(d->update.staged.count, 0);
}

static void a_component_without_updates_has_none_staged(void **state)
{
    device *d = *state;
    const tps_update_record *staged;
    size_t staged_count;
    size_t count = d->component.slots_count;

    d->component.slots_count = 0;
    assert_int_equal(tps_update_staged(&d->component, &staged, &staged_count), TPS_OK);
    assert_int_equal(staged_count, 0);
    d->component.slots_count = count;
}

/* ---- lifecycle ---- */

static uint32_t ready(device *d, uint64_t step)
{
    return confirm_step(d, step, bytes32);
}

static void a_step_is_judged_again_when_it_is_made(void **state)
{
    device *d = *state;
    uint32_t session = ready(d, TPS_STEP_DEBUG);

    d->component.lifecycle = TPS_LIFECYCLE_DEBUG; /* another session was faster */
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_STATE);
    d->component.lifecycle = d->handover.lifecycle;
    session = ready(d, TPS_STEP_DEBUG);
    d->counters[TPS_COUNTER_DEBUG]++;
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_STATE);
}

static void a_step_that_cannot_be_attested_is_not_made(void **state)
{
    device *d = *state;
    uint32_t images = (uint32_t)d->handover.image_count;
    uint32_t session = ready(d, TPS_STEP_DEBUG);
    tps_service_slot none[TPS_COMPONENT_SERVICES_MAX];
    const tps_service_slot *slots = d->component.slots;

    d->handover.image_count = 0;
    assert_int_equal(status_of(d, session), TPS_COMPONENT_NO_IDENTITY);
    d->handover.image_count = images;
    session = ready(d, TPS_STEP_DEBUG);
    for (size_t i = 0; i < d->component.slots_count; i++) {
        none[i] = slots[i];
        if (slots[i].service == &tps_attestation_service) {
            none[i].service = &tps_rot13_service;
        }
    }
    d->component.slots = none;
    assert_int_equal(status_of(d, session), TPS_COMPONENT_NO_SERVICE);
    d->component.slots = slots;
    assert_int_equal(d->counters[TPS_COUNTER_DEBUG], 0);
}

static void no_step_is_prepared_without_entropy(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_lifecycle_service, administrator());

    message(11, 1);
    put_uint(1, TPS_STEP_DEBUG);
    d->calls = 0;
    d->fail_at = 1;
    assert_int_not_equal(status_of(d, session), TPS_OK);
    d->fail_at = 0;
}

/* ---- identification ---- */

static void a_class_is_told_without_a_version_that_nobody_signed(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_identification_service, somebody());
    size_t whole;

    message(10, 0);
    whole = send_message(d, session).size;
    d->handover.images[d->handover.image_count - 1].is_signed = false;
    assert_true(send_message(d, session).size < whole);
    d->handover.image_count = 0;
    assert_true(send_message(d, session).size < whole);
}

/* ---- verification ---- */

static void put_key_of(uint64_t role, const tps_crypto_key *key)
{
    tps_cbor_writer *w = message(12, 3);

    put_uint(1, role);
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, key), TPS_OK);
    put_text(3, "somebody");
}

static void put_raw(uint64_t role, int64_t alg, const uint8_t *id)
{
    tps_cbor_writer *w = message(10, id != NULL ? 5 : 4);

    put_uint(1, role);
    tps_cbor_put_uint(w, 2);
    tps_cbor_put_int(w, alg);
    put_bytes(3, TPS_SPAN_OF(bytes32));
    put_bytes(5, TPS_SPAN_OF(bytes32));
    if (id != NULL) {
        put_bytes(6, tps_span_make(id, 32));
    }
}

static void keys_that_cannot_be_had_verify_nothing(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_verification_service, administrator());
    uint8_t owner[TPS_VAULT_OWNER_SIZE] = {TPS_ROLE_OWNER};
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_VERIFICATION, owner, TPS_SPAN_OF(bytes32));

    put_key_of(TPS_ROLE_OWNER, d->release_key);
    send_expecting(d, session, 0);
    assert_int_equal(tps_vault_put(vault_of(d), &id, NULL, TPS_SPAN_LITERAL("\xff"), 0), TPS_OK);
    put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, NULL);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_SIGNATURE);
    put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, shop); /* of no key */
    send_expecting(d, session, TPS_VERIFICATION_ERROR_NO_KEY);
    put_raw(TPS_ROLE_OWNER, (int64_t)INT32_MAX + 1, NULL);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_ALGORITHM);
    put_raw(TPS_ROLE_OWNER, (int64_t)INT32_MIN - 1, NULL);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_ALGORITHM);
    put_key_of(TPS_ROLE_PROVIDER, d->release_key);
    d->component.ownership.status = TPS_COMPONENT_STORAGE;
    assert_int_equal(status_of(d, session), TPS_COMPONENT_STORAGE);
    put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, NULL);
    assert_int_equal(status_of(d, session), TPS_COMPONENT_STORAGE);
    d->component.ownership.status = TPS_OK;
    d->handover.is_made = false;
    put_raw(TPS_ROLE_RELEASE, TPS_ALG_ESP256, NULL);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_NO_KEY);
    d->handover.is_made = true;
    fill_vault(d);
    put_key_of(TPS_ROLE_PROVIDER, d->release_key);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_FULL);
}

/* ---- ownership and shares ---- */

static void what_an_old_owner_left_goes_before_a_provider_comes(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_attestation_service, somebody());
    tps_vault_context context = {.provider = {1}};
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_TEST, NULL, TPS_SPAN_LITERAL("old"));
    size_t size;

    assert_int_equal(tps_vault_put(vault_of(d), &id, &context, TPS_SPAN_OF(bytes32), 0), TPS_OK);
    d->component.ownership.is_forgetting = true;
    message(9, 2);
    put_uint(1, TPS_MODE_PAIRWISE);
    put_bytes(2, TPS_SPAN_OF(shop));
    vault_of(d)->is_broken = true;
    send_expecting(d, session, TPS_BIND_ERROR_OWNER);
    vault_of(d)->is_broken = false;
    send_expecting(d, session, 0);
    assert_int_equal(tps_vault_get(vault_of(d), &id, &context, TPS_BUF_MEASURE, &size), TPS_NOT_FOUND);
    assert_false(d->component.ownership.is_forgetting);
    session = open_session(d, &tps_attestation_service, somebody());
    d->component.vault_status = TPS_COMPONENT_STORAGE;
    message(9, 2);
    put_uint(1, TPS_MODE_PAIRWISE);
    put_bytes(2, TPS_SPAN_OF(bytes32));
    send_expecting(d, session, TPS_BIND_ERROR_OWNER);
}

static void a_value_without_a_size_counts_as_the_largest(void **state)
{
    device *d = *state;
    uint8_t owner[TPS_VAULT_OWNER_SIZE] = {7};
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_TEST, owner, TPS_SPAN_LITERAL("empty"));
    tps_share share = {0, 0};

    assert_int_equal(tps_vault_put(vault_of(d), &id, NULL, TPS_SPAN_EMPTY, 0), TPS_OK);
    tps_owner_share(vault_of(d), TPS_VAULT_TEST, owner, &share);
    assert_int_equal(share.values, 1);
    assert_int_equal(share.bytes, TPS_VAULT_VALUE_MAX);
}

/* ---- key store ---- */

static void make_key(device *d, uint32_t session, const char *name, uint64_t kind, uint64_t lifetime)
{
    message(TPS_KEY_TAG_GENERATE, 3);
    put_text(TPS_KEY_NAME, name);
    put_uint(TPS_KEY_KIND, kind);
    put_uint(TPS_KEY_LIFETIME, lifetime);
    send_expecting(d, session, 0);
}

static void without_vault_or_owner_secret_there_are_no_keys(void **state)
{
    device *d = *state;
    uint32_t own = open_session(d, &tps_key_store_service, somebody());
    uint32_t bound = open_session(d, &tps_key_store_service, somebody());

    bind_session(d, bound, TPS_MODE_PAIRWISE, shop);
    message(TPS_KEY_TAG_LIST, 0);
    d->component.ownership.status = TPS_COMPONENT_STORAGE;
    send_expecting(d, bound, TPS_KEPT_FAILED);
    send_expecting(d, own, 0);
    d->component.vault_status = TPS_COMPONENT_STORAGE_CORRUPT;
    send_expecting(d, own, TPS_KEPT_CORRUPT);
}

/* Who does not look into memory finds what is stored, and nothing else. */
static void an_asker_without_memory_sees_what_is_stored(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_key_store_service, somebody());
    tps_session as = {.login = somebody()};
    tps_key_entry entry = {.lifetime = TPS_KEY_UNTIL_RESTART, .name = "x", .name_size = 1};
    tps_key_place place = {0, 0};
    tps_key_asker asker;
    tps_vault_id id;

    make_key(d, session, "kept", TPS_KEY_HMAC256, TPS_KEY_PERSISTENT);
    make_key(d, session, "held", TPS_KEY_HMAC256, TPS_KEY_UNTIL_RESTART);
    assert_int_equal(tps_key_asker_begin(&asker, &d->component, &as, NULL), TPS_OK);
    assert_int_equal(tps_key_find(&asker, TPS_SPAN_LITERAL("kept"), &entry), TPS_OK);
    assert_int_equal(tps_key_find(&asker, TPS_SPAN_LITERAL("held"), &entry), TPS_NOT_FOUND);
    assert_true(tps_key_next(&asker, &place, &id));
    assert_false(tps_key_next(&asker, &place, &id));
    entry = (tps_key_entry){.lifetime = TPS_KEY_UNTIL_RESTART, .name = "x", .name_size = 1};
    assert_int_equal(tps_key_put(&asker, &entry), TPS_COMPONENT_FULL);
    tps_key_asker_end(&asker);
}

static void lists_tell_what_is_in_memory_to_whom_it_belongs(void **state)
{
    device *d = *state;
    tps_login application = {.method = TPSC_LOGIN_APPLICATION, .uid = 1000, .application = {1}};
    tps_login other = {.method = TPSC_LOGIN_USER, .uid = 7, .gid = 7};
    tps_login logins[] = {somebody(), application, other};
    uint64_t lifetimes[] = {TPS_KEY_UNTIL_RESTART, TPS_KEY_SESSION};

    for (size_t i = 0; i < 3; i++) {
        uint32_t session = open_session(d, &tps_key_store_service, logins[i]);
        uint32_t second = open_session(d, &tps_key_store_service, logins[i]);
        uint32_t bound = open_session(d, &tps_key_store_service, logins[i]);
        size_t size;

        bind_session(d, bound, TPS_MODE_PAIRWISE, shop);
        make_key(d, session, "a", TPS_KEY_HMAC256, lifetimes[0]);
        make_key(d, session, "b", TPS_KEY_HMAC256, lifetimes[1]);
        message(TPS_KEY_TAG_LIST, 0);
        size = send_message(d, session).size;
        assert_true(send_message(d, second).size < size); /* without the key of the first session */
        assert_int_equal(send_message(d, bound).size, 4); /* none: {1: []} */
    }
    assert_int_equal(error_of((message(TPS_KEY_TAG_DECRYPT, 3), put_text(TPS_KEY_NAME, "none"),
                               put_bytes(TPS_KEY_DATA, TPS_SPAN_OF(bytes32)),
                               put_bytes(TPS_KEY_NONCE, tps_span_make(bytes32, 12)),
                               send_message(d, open_session(d, &tps_key_store_service, somebody())))),
                     TPS_KEY_ERROR_UNKNOWN);
}

static void lifetimes_are_three(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_key_store_service, somebody());
    tps_key_wish wish = {.kind = 99, .lifetime = TPS_KEY_PERSISTENT};

    assert_null(tps_key_policy_grant(&wish));
    for (uint64_t lifetime = 0; lifetime <= 4; lifetime += 4) {
        message(TPS_KEY_TAG_GENERATE, 2);
        put_text(TPS_KEY_NAME, "a");
        put_uint(TPS_KEY_LIFETIME, lifetime);
        send_expecting(d, session, TPS_KEY_ERROR_POLICY);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(updates_without_a_vault_are_not_kept),
        TEST(a_policy_for_other_firmware_is_set_again),
        TEST(what_runs_is_found_by_its_name_and_signature),
        TEST(an_image_is_begun_again_or_refused),
        TEST(more_images_than_names_are_not_staged),
        TEST(what_cannot_be_given_up_at_start_is_not_shown_either),
        TEST(a_component_without_updates_has_none_staged),
        TEST(a_step_is_judged_again_when_it_is_made),
        TEST(a_step_that_cannot_be_attested_is_not_made),
        TEST(no_step_is_prepared_without_entropy),
        TEST(a_class_is_told_without_a_version_that_nobody_signed),
        TEST(keys_that_cannot_be_had_verify_nothing),
        TEST(what_an_old_owner_left_goes_before_a_provider_comes),
        TEST(a_value_without_a_size_counts_as_the_largest),
        TEST(without_vault_or_owner_secret_there_are_no_keys),
        TEST(an_asker_without_memory_sees_what_is_stored),
        TEST(lists_tell_what_is_in_memory_to_whom_it_belongs),
        TEST(lifetimes_are_three),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
