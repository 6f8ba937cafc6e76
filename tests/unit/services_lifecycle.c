/* SPDX-License-Identifier: Apache-2.0 */
/* The lifecycle service: which steps there are, how they are confirmed, what they leave behind, and that
 * nothing lies between old and new whenever the power goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/core.h"
#include "component/core/ownership.h"
#include "component/services/kept.h"
#include "component/services/lifecycle.h"
#include "services_session.h"
#include "tps/cose.h"
#include "tps/device_claims.h"

enum { STATE = 10, PREPARE, STEP };

static const uint8_t nonce[32] = {0x0c};

static device *new_device(void)
{
    device *d = device_new();

    device_start(d);
    return d;
}

/* A device in this state, started. */
static device *device_in(uint32_t lifecycle)
{
    device *d = device_new();

    d->counters[TPS_COUNTER_PROVISIONED] = lifecycle == TPS_LIFECYCLE_PROVISIONING ? 1 : 2;
    if (lifecycle == TPS_LIFECYCLE_ASSEMBLY) {
        d->counters[TPS_COUNTER_PROVISIONED] = 0;
        d->identity_size = 0;
    }
    d->counters[TPS_COUNTER_DEBUG] = lifecycle == TPS_LIFECYCLE_DEBUG ? 1 : 0;
    d->counters[TPS_COUNTER_DECOMMISSIONED] = lifecycle == TPS_LIFECYCLE_DECOMMISSIONED ? 1 : 0;
    device_start(d);
    assert_int_equal(d->handover.lifecycle, lifecycle);
    return d;
}

static uint64_t state_of(device *d)
{
    tps_login anybody = {.method = TPSC_LOGIN_PUBLIC};
    uint32_t session = open_session(d, &tps_lifecycle_service, anybody);
    uint64_t found;

    message(STATE, 0);
    found = number(send_message(d, session), 1);
    close_session(d, session);
    return found;
}

static void put_prepare(uint64_t step)
{
    message(PREPARE, 1);
    put_uint(1, step);
}

/* The next message confirms a step. */
static void put_step(uint64_t step, tps_span challenge)
{
    uint8_t room[160];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_digest digest;

    tps_cbor_put_array(&w, 4);
    tps_cbor_put_text(&w, "opentps lifecycle");
    tps_cbor_put_uint(&w, step);
    tps_cbor_put_bytes(&w, challenge);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(nonce));
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(room, w.size), &digest), TPS_OK);
    message(STEP, 3);
    put_uint(1, step);
    put_bytes(2, tps_span_make(digest.bytes, 32));
    put_bytes(3, TPS_SPAN_OF(nonce));
}

/* Prepares a step in a new session; the next message confirms it. */
static uint32_t ready(device *d, uint64_t step)
{
    uint32_t session = open_session(d, &tps_lifecycle_service, administrator());
    uint8_t challenge[32];

    put_prepare(step);
    memcpy(challenge, member(send_message(d, session), 1).data, 32);
    put_step(step, TPS_SPAN_OF(challenge));
    return session;
}

/* What evidence says of the lifecycle, over our nonce. */
static void assert_attested(tps_span answer, uint32_t lifecycle)
{
    tps_span evidence = member(answer, 1);
    tps_cose_sign1 message_;
    tps_device_claims claims;

    assert_int_equal(tps_cose_sign1_parse(evidence, &message_, NULL), TPS_OK);
    assert_int_equal(tps_device_claims_decode(message_.payload, &claims, NULL), TPS_OK);
    assert_int_equal(claims.lifecycle, lifecycle);
    assert_true(tps_span_equal(claims.nonce, TPS_SPAN_OF(nonce)));
}

static void steps_go_one_way(void **state)
{
    /* state before, step, state after or none */
    static const struct {
        uint32_t from;
        uint32_t allowed; /* bits of steps */
    } table[] = {
        {TPS_LIFECYCLE_ASSEMBLY, 1u << 1 | 1u << 5 | 1u << 6 | 1u << 7},
        {TPS_LIFECYCLE_PROVISIONING, 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
        {TPS_LIFECYCLE_SECURED, 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
        {TPS_LIFECYCLE_DEBUG, 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
        {TPS_LIFECYCLE_DECOMMISSIONED, 1u << 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        device *d = device_in(table[i].from);
        uint32_t session = open_session(d, &tps_lifecycle_service, administrator());

        assert_int_equal(state_of(d), table[i].from);
        for (uint32_t step = 1; step <= 7; step++) {
            put_prepare(step);
            send_expecting(d, session, (table[i].allowed >> step & 1) != 0 ? 0 : TPS_LIFECYCLE_ERROR_STATE);
        }
        device_free(d);
    }
}

static void a_step_is_attested_and_outlives_a_restart(void **state)
{
    static const uint32_t after[] = {TPS_LIFECYCLE_SECURED, TPS_LIFECYCLE_DEBUG,
                                     TPS_LIFECYCLE_DECOMMISSIONED};
    device *d = device_in(TPS_LIFECYCLE_PROVISIONING);

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t session = ready(d, i + TPS_STEP_SECURED);
        tps_span answer = send_message(d, session);

        assert_attested(answer, after[i]);
        assert_int_equal(number(answer, 3), after[i]);
        assert_int_equal(state_of(d), after[i]);
        device_start(d);
        assert_int_equal(state_of(d), after[i]);
    }
    device_free(d);
}

static void a_device_in_assembly_is_provisioned_without_evidence(void **state)
{
    device *d = device_in(TPS_LIFECYCLE_ASSEMBLY);
    uint32_t session = ready(d, TPS_STEP_PROVISIONING);
    tps_span answer = send_message(d, session);

    (void)state;
    assert_int_equal(answer.data[1], 0xa1);
    assert_int_equal(number(answer, 3), TPS_LIFECYCLE_PROVISIONING);
    assert_int_equal(d->counters[TPS_COUNTER_PROVISIONED], 1);
    device_free(d);
}

static void nothing_is_secured_while_an_unsigned_image_runs(void **state)
{
    device *d = device_in(TPS_LIFECYCLE_PROVISIONING);
    uint32_t session;

    (void)state;
    d->image[0] ^= 1;
    device_start(d);
    session = open_session(d, &tps_lifecycle_service, administrator());
    put_prepare(TPS_STEP_SECURED);
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_UNSIGNED);
    device_free(d);
}

static void a_step_is_confirmed_once_and_for_itself(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_lifecycle_service, administrator());
    uint8_t challenge[32] = {0};

    (void)state;
    put_step(TPS_STEP_NEW_OWNER, TPS_SPAN_OF(challenge)); /* nothing was prepared */
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION);
    put_prepare(TPS_STEP_NEW_OWNER);
    memcpy(challenge, member(send_message(d, session), 1).data, 32);
    put_step(TPS_STEP_DECOMMISSION, TPS_SPAN_OF(challenge)); /* another step */
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION);
    put_step(TPS_STEP_NEW_OWNER, TPS_SPAN_OF(challenge)); /* too late: one try */
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION);
    put_prepare(TPS_STEP_NEW_OWNER);
    memcpy(challenge, member(send_message(d, session), 1).data, 32);
    challenge[0] ^= 1;
    put_step(TPS_STEP_NEW_OWNER, TPS_SPAN_OF(challenge));
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION);
    session = ready(d, TPS_STEP_NEW_OWNER);
    send_expecting(d, session, 0);
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION); /* a replay */
    device_free(d);
}

static void only_who_speaks_for_the_owner_takes_steps(void **state)
{
    static const uint32_t methods[] = {TPSC_LOGIN_PUBLIC, TPSC_LOGIN_USER, TPSC_LOGIN_APPLICATION};
    device *d = new_device();
    tps_span answer;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_login login = {.method = methods[i], .uid = 1000};
        uint32_t session = open_session(d, &tps_lifecycle_service, login);

        put_prepare(TPS_STEP_DECOMMISSION);
        assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_DENIED);
        message(STEP, 0);
        assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_DENIED);
        message(99, 0);
        assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_BAD_MESSAGE);
    }
    device_free(d);
}

static void a_response_that_does_not_fit_changes_nothing(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_lifecycle_service, administrator());
    tps_span answer;

    (void)state;
    put_prepare(TPS_STEP_DECOMMISSION);
    (void)room_for(d, session);
    session = ready(d, TPS_STEP_DECOMMISSION);
    (void)room_for(d, session);
    assert_int_equal(try_send(d, session, 100, &answer), TPS_BUFFER_TOO_SMALL); /* not the evidence */
    assert_int_equal(tps_component_lifecycle(&d->component), TPS_LIFECYCLE_SECURED);
    assert_int_equal(d->counters[TPS_COUNTER_DECOMMISSIONED], 0);
    assert_int_equal(try_send(d, session, answer.size, &answer), TPS_OK); /* what it asked for suffices */
    assert_int_equal(state_of(d), TPS_LIFECYCLE_DECOMMISSIONED);
    device_free(d);
}

/* Something of the owner's in the vault: a policy of the update service. */
static void hold_updates(device *d)
{
    uint32_t session = open_session(d, &tps_update_service, administrator());
    tps_cbor_writer *w = message(17, 2);

    tps_cbor_put_uint(w, 1);
    tps_cbor_put_bool(w, true);
    tps_cbor_put_uint(w, 3);
    tps_cbor_put_array(w, 0);
    send_expecting(d, session, 0);
    close_session(d, session);
}

static bool is_held(device *d)
{
    uint32_t session = open_session(d, &tps_update_service, administrator());

    message(18, 0);
    return number(send_message(d, session), 1) != 0;
}

static void assert_no_secrets(const tps_handover *h)
{
    static const uint8_t zeros[TPS_KEYS_SIZE];

    assert_memory_equal(h->cdi_attest, zeros, sizeof(zeros));
    assert_memory_equal(h->sv, zeros, sizeof(zeros));
    assert_memory_equal(h->s0, zeros, sizeof(zeros));
}

/* Whether a secret lies anywhere in the device's memory; its unique secret is the platform's. */
static bool remembers(const device *d, const uint8_t secret[TPS_KEYS_SIZE])
{
    const uint8_t *memory = (const uint8_t *)&d->component;
    const uint8_t *end = (const uint8_t *)d->trace;

    for (; end - memory >= (ptrdiff_t)TPS_KEYS_SIZE; memory++) {
        if (memcmp(memory, secret, TPS_KEYS_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static void the_end_leaves_no_secret_in_memory(void **state)
{
    device *d = new_device();
    tps_handover before = d->handover;
    uint32_t session;

    (void)state;
    assert_true(remembers(d, before.s0) && remembers(d, before.sv) && remembers(d, before.cdi_attest));
    session = ready(d, TPS_STEP_DECOMMISSION);
    (void)send_message(d, session);
    assert_false(remembers(d, before.s0));
    assert_false(remembers(d, before.sv));
    assert_false(remembers(d, before.cdi_attest));
    assert_false(remembers(d, before.boot_seed));
    device_free(d);
}

/* Two devices at once have nothing in common. */
static void the_end_of_one_device_is_none_of_another(void **state)
{
    device *d = new_device();
    device *other = new_device();
    uint32_t session = ready(d, TPS_STEP_DECOMMISSION);

    (void)state;
    (void)send_message(d, session);
    assert_int_equal(state_of(d), TPS_LIFECYCLE_DECOMMISSIONED);
    assert_int_equal(state_of(other), TPS_LIFECYCLE_SECURED);
    hold_updates(other);
    device_free(d);
    assert_true(is_held(other));
    device_free(other);
}

static void a_decommissioned_device_answers_its_state_and_nothing_else(void **state)
{
    static const tps_service *const services[] = {
        &tps_measurement_service, &tps_attestation_service,    &tps_identification_service,
        &tps_key_store_service,   &tps_authentication_service, &tps_verification_service,
        &tps_update_service,      &tps_storage_service,        &tps_counters_service,
        &tps_random_service,
    };
    device *d = new_device();
    uint32_t session;
    uint32_t other = open_session(d, &tps_update_service, administrator());
    tps_span answer;

    (void)state;
    hold_updates(d);
    session = ready(d, TPS_STEP_DECOMMISSION);
    answer = send_message(d, session);
    assert_attested(answer, TPS_LIFECYCLE_DECOMMISSIONED);
    assert_int_equal(number(answer, 4), 1); /* erased */
    message(18, 0);
    assert_int_equal(try_send(d, other, 1000, &answer), TPS_COMPONENT_NO_SESSION);
    for (int i = 0; i < 2; i++) {
        const uint8_t *secret;
        tps_vault *vault;

        for (size_t s = 0; s < sizeof(services) / sizeof(services[0]); s++) {
            other = open_session(d, services[s], administrator());
            message(10, 0);
            assert_int_equal(try_send(d, other, 1000, &answer), TPS_COMPONENT_DECOMMISSIONED);
            message(1, 0);
            assert_int_equal(member(send_message(d, other), 1).size, 16); /* GetFeatures */
            close_session(d, other);
        }
        assert_no_secrets(&d->handover);
        assert_int_equal(tps_component_vault(&d->component, &vault), TPS_COMPONENT_DECOMMISSIONED);
        assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_COMPONENT_DECOMMISSIONED);
        assert_int_equal(state_of(d), TPS_LIFECYCLE_DECOMMISSIONED);
        session = open_session(d, &tps_lifecycle_service, administrator());
        put_prepare(TPS_STEP_FORMAT);
        send_expecting(d, session, TPS_LIFECYCLE_ERROR_STATE);
        device_start(d);
    }
    device_free(d);
}

static void a_new_owner_gets_another_owner_secret_and_the_state_stays(void **state)
{
    device *d = new_device();
    const uint8_t *secret;
    uint8_t before[32];
    uint32_t session;

    (void)state;
    hold_updates(d);
    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_OK);
    memcpy(before, secret, 32);
    session = ready(d, TPS_STEP_NEW_OWNER);
    assert_int_equal(number(send_message(d, session), 3), TPS_LIFECYCLE_SECURED);
    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_OK);
    assert_memory_not_equal(before, secret, 32);
    assert_true(is_held(d));
    device_free(d);
}

static void format_begins_anew_also_after_a_rollback(void **state)
{
    device *d = new_device();
    flash old = flash_copy(&d->flash);
    uint32_t session;

    (void)state;
    hold_updates(d);
    session = ready(d, TPS_STEP_FORMAT);
    send_expecting(d, session, 0);
    assert_false(is_held(d)); /* the services know */
    hold_updates(d);
    flash_put_back(&d->flash, &old);
    flash_free(&old);
    device_start(d);
    session = open_session(d, &tps_update_service, administrator());
    {
        tps_span answer;

        message(18, 0);
        assert_int_equal(try_send(d, session, 100, &answer), TPS_COMPONENT_STORAGE_ROLLED_BACK);
    }
    session = ready(d, TPS_STEP_FORMAT);
    send_expecting(d, session, 0);
    hold_updates(d);
    device_start(d);
    assert_true(is_held(d));
    device_free(d);
}

/* What was stored while the device was being made has other keys: told by name, until it is formatted. */
static void storage_of_another_mode_is_told_and_formatted(void **state)
{
    static const uint32_t modes[] = {TPS_LIFECYCLE_PROVISIONING, TPS_LIFECYCLE_SECURED, TPS_LIFECYCLE_DEBUG};
    device *d = device_in(TPS_LIFECYCLE_PROVISIONING);
    uint64_t writes = d->counters[TPS_COUNTER_STORAGE];

    (void)state;
    for (size_t i = 1; i < 3; i++) {
        uint32_t session;
        tps_span answer;

        hold_updates(d);
        d->counters[modes[i] == TPS_LIFECYCLE_DEBUG ? TPS_COUNTER_DEBUG : TPS_COUNTER_PROVISIONED]++;
        device_start(d);
        session = open_session(d, &tps_update_service, administrator());
        message(18, 0);
        assert_int_equal(try_send(d, session, 100, &answer), TPS_COMPONENT_STORAGE_MODE);
        session = open_session(d, &tps_counters_service, administrator());
        message(11, 1); /* read */
        put_text(1, "use");
        send_expecting(d, session, TPS_KEPT_MODE);
        session = ready(d, TPS_STEP_FORMAT);
        send_expecting(d, session, 0);
        assert_false(is_held(d));
        assert_true(d->counters[TPS_COUNTER_STORAGE] > writes);
        writes = d->counters[TPS_COUNTER_STORAGE];
    }
    device_free(d);
}

static void the_device_restarts_where_the_platform_can(void **state)
{
    device *d = new_device();
    uint32_t session = ready(d, TPS_STEP_RESTART);

    (void)state;
    send_expecting(d, session, 0);
    assert_int_equal(d->resets, 1);
    d->platform.reset = NULL;
    put_prepare(TPS_STEP_RESTART);
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_UNSUPPORTED);
    device_free(d);
}

/* ---- the power ---- */

static device *make_provisioning(void)
{
    return device_in(TPS_LIFECYCLE_PROVISIONING);
}

static uint32_t prepare_secured(device *d)
{
    return ready(d, TPS_STEP_SECURED);
}

static void check_secured(device *d, bool is_done)
{
    uint64_t now = state_of(d);

    assert_true(now == TPS_LIFECYCLE_SECURED || (now == TPS_LIFECYCLE_PROVISIONING && !is_done));
}

static device *make_held(void)
{
    device *d = new_device();

    hold_updates(d);
    return d;
}

static uint32_t prepare_end(device *d)
{
    return ready(d, TPS_STEP_DECOMMISSION);
}

/* Alive, with or without what was stored, and the step can be asked for again; or at its end. */
static void check_end(device *d, bool is_done)
{
    uint64_t now = state_of(d);

    if (now == TPS_LIFECYCLE_SECURED) {
        uint32_t session;

        assert_false(is_done);
        (void)is_held(d);
        session = ready(d, TPS_STEP_DECOMMISSION);
        send_expecting(d, session, 0);
    }
    assert_int_equal(state_of(d), TPS_LIFECYCLE_DECOMMISSIONED);
}

static uint32_t prepare_format(device *d)
{
    return ready(d, TPS_STEP_FORMAT);
}

static void check_format(device *d, bool is_done)
{
    assert_true(!is_done || !is_held(d));
    hold_updates(d); /* old or new, it can be written */
}

static void a_step_is_made_or_not_whenever_the_power_goes(void **state)
{
    (void)state;
    cut_power_at_every_step(&(power_test){make_provisioning, prepare_secured, check_secured});
    cut_power_at_every_step(&(power_test){make_held, prepare_end, check_end});
    cut_power_at_every_step(&(power_test){make_held, prepare_format, check_format});
}

static void a_step_is_made_or_not_whichever_call_fails(void **state)
{
    (void)state;
    fail_every_call(&(power_test){make_provisioning, prepare_secured, check_secured});
    fail_every_call(&(power_test){make_held, prepare_end, check_end});
    fail_every_call(&(power_test){make_held, prepare_format, check_format});
}

static void no_evidence_leaves_for_a_step_that_was_not_made(void **state)
{
    device *d = new_device();
    uint32_t session = ready(d, TPS_STEP_DEBUG);
    tps_span answer;

    (void)state;
    d->has_no_counters = true; /* they cannot be stepped */
    assert_int_equal(try_send(d, session, 8192, &answer), TPS_UNSUPPORTED);
    assert_int_equal(answer.size, 0);
    for (size_t i = 0; i < 8192; i++) {
        assert_int_equal(answer.data[i], 0);
    }
    assert_int_equal(tps_component_lifecycle(&d->component), TPS_LIFECYCLE_SECURED);
    d->has_no_counters = false;
    send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION); /* to be prepared again */
    device_free(d);
}

/* ---- what is refused, and what a failure leaves ---- */

/* The counter that a platform does not have, or cannot read. */
static uint32_t lacking;
static tps_status lacks_it;
static tps_status (*read_all)(void *, uint32_t, uint64_t *);

static tps_status read_but_one(void *context, uint32_t counter, uint64_t *value)
{
    return counter == lacking ? lacks_it : read_all(context, counter, value);
}

static device *device_without(uint32_t counter, tps_status status)
{
    device *d = device_in(TPS_LIFECYCLE_PROVISIONING);

    lacking = counter;
    lacks_it = status;
    read_all = d->platform.counter_read;
    d->platform.counter_read = read_but_one;
    return d;
}

static void nothing_is_secured_that_the_next_start_would_not_take_for_it(void **state)
{
    static const uint32_t needed[] = {TPS_COUNTER_SECURITY, TPS_COUNTER_DEBUG, TPS_COUNTER_DECOMMISSIONED};
    tps_span answer;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        device *d = device_without(needed[i], TPS_UNSUPPORTED);
        uint32_t session;

        device_start(d);
        assert_int_equal(state_of(d), TPS_LIFECYCLE_PROVISIONING);
        session = open_session(d, &tps_lifecycle_service, administrator());
        put_prepare(TPS_STEP_SECURED);
        send_expecting(d, session, TPS_LIFECYCLE_ERROR_UNSUPPORTED);
        lacks_it = TPS_COMPONENT_STORAGE;
        assert_int_equal(try_send(d, session, 100, &answer), TPS_COMPONENT_STORAGE);
        lacks_it = TPS_OK;
        device_free(d);
    }
}

static void a_right_confirmation_is_good_once_also_if_it_is_refused(void **state)
{
    static const tps_status failures[] = {TPS_UNSUPPORTED, TPS_COMPONENT_STORAGE};
    tps_span answer;

    (void)state;
    for (size_t i = 0; i < 2; i++) { /* an error of the response, and one of the component */
        device *d = device_without(UINT32_MAX, failures[i]);
        uint32_t session = ready(d, TPS_STEP_SECURED);

        lacking = TPS_COUNTER_SECURITY;
        assert_int_equal(try_send(d, session, 8192, &answer), i == 0 ? TPS_OK : failures[i]);
        lacking = UINT32_MAX;
        send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION);
        session = ready(d, TPS_STEP_SECURED);
        lacking = TPS_COUNTER_PROVISIONED; /* the step's own */
        assert_int_equal(try_send(d, session, 8192, &answer), failures[i]);
        lacking = UINT32_MAX;
        send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION);
        session = ready(d, TPS_STEP_SECURED);
        d->handover.image_count = 0; /* there is no evidence */
        assert_int_not_equal(try_send(d, session, 8192, &answer), TPS_OK);
        d->handover.image_count = 2;
        send_expecting(d, session, TPS_LIFECYCLE_ERROR_CONFIRMATION);
        assert_int_equal(state_of(d), TPS_LIFECYCLE_PROVISIONING);
        device_free(d);
    }
}

static uint32_t told_debug;

static uint32_t tell_debug(void *context)
{
    (void)context;
    return told_debug;
}

static void what_is_told_of_the_state_is_what_evidence_says(void **state)
{
    static const struct {
        uint32_t debug, told, lifecycle;
    } table[] = {
        {TPS_EAT_DEBUG_ENABLED, TPS_EAT_DEBUG_ENABLED, TPS_LIFECYCLE_DEBUG},
        {TPS_EAT_DEBUG_DISABLED, TPS_EAT_DEBUG_DISABLED, TPS_LIFECYCLE_DEBUG},
        {TPS_EAT_DEBUG_DISABLED_SINCE_BOOT, TPS_EAT_DEBUG_DISABLED_SINCE_BOOT, TPS_LIFECYCLE_SECURED},
        {77, TPS_EAT_DEBUG_ENABLED, TPS_LIFECYCLE_DEBUG}};
    device *d = new_device();
    uint32_t session = open_session(d, &tps_lifecycle_service, administrator());
    uint32_t identification = open_session(d, &tps_identification_service, somebody());

    (void)state;
    d->platform.debug_status = tell_debug;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        tps_span answer;

        told_debug = table[i].debug;
        message(STATE, 0);
        answer = send_message(d, session);
        assert_int_equal(number(answer, 1), table[i].lifecycle);
        assert_int_equal(number(answer, 3), table[i].told);
        message(11, 0);
        answer = send_message(d, identification);
        assert_int_equal(number(answer, 4), tps_lifecycle_in_psa(table[i].lifecycle));
        assert_int_equal(number(answer, 5), table[i].told);
    }
    told_debug = TPS_EAT_DEBUG_ENABLED;
    session = ready(d, TPS_STEP_NEW_OWNER);
    assert_int_equal(number(send_message(d, session), 3), TPS_LIFECYCLE_DEBUG);
    device_free(d);
}

static tps_status (*increase_all)(void *, uint32_t, uint64_t *);

static tps_status never_at_its_end(void *context, uint32_t counter, uint64_t *value)
{
    return counter == TPS_COUNTER_DECOMMISSIONED ? TPS_COMPONENT_STORAGE
                                                 : increase_all(context, counter, value);
}

static void an_erased_device_that_is_not_at_its_end_lives_on_anew(void **state)
{
    device *d = new_device();
    uint32_t other;
    uint32_t session;
    tps_span answer;

    (void)state;
    hold_updates(d);
    other = open_session(d, &tps_update_service, administrator());
    session = ready(d, TPS_STEP_DECOMMISSION);
    increase_all = d->platform.counter_increase;
    d->platform.counter_increase = never_at_its_end;
    assert_int_equal(try_send(d, session, 8192, &answer), TPS_COMPONENT_STORAGE);
    assert_int_equal(state_of(d), TPS_LIFECYCLE_SECURED);
    message(18, 0);
    assert_int_equal(try_send(d, other, 1000, &answer), TPS_COMPONENT_NO_SESSION);
    assert_false(is_held(d)); /* the services know */
    hold_updates(d);
    assert_true(is_held(d));
    device_free(d);
}

static tps_status broken_erase(void *context, uint32_t offset)
{
    (void)context;
    (void)offset;
    return TPS_COMPONENT_STORAGE;
}

static void nothing_lives_on_over_storage_that_cannot_be_formatted(void **state)
{
    device *d = new_device();
    tps_status (*erase)(void *, uint32_t) = d->platform.storage_erase;
    const uint8_t *secret;
    uint8_t before[32];
    uint32_t other;
    uint32_t session;
    tps_span answer;

    (void)state;
    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_OK);
    memcpy(before, secret, 32);
    other = open_session(d, &tps_update_service, administrator());
    session = ready(d, TPS_STEP_FORMAT);
    d->platform.storage_erase = broken_erase;
    assert_int_equal(try_send(d, session, 8192, &answer), TPS_COMPONENT_STORAGE);
    message(18, 0);
    assert_int_equal(try_send(d, other, 1000, &answer), TPS_COMPONENT_NO_SESSION);
    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_COMPONENT_STORAGE);
    assert_false(remembers(d, before));
    d->platform.storage_erase = erase;
    session = ready(d, TPS_STEP_FORMAT);
    send_expecting(d, session, 0);
    hold_updates(d);
    assert_true(is_held(d));
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_go_one_way),
        cmocka_unit_test(a_step_is_attested_and_outlives_a_restart),
        cmocka_unit_test(a_device_in_assembly_is_provisioned_without_evidence),
        cmocka_unit_test(nothing_is_secured_while_an_unsigned_image_runs),
        cmocka_unit_test(a_step_is_confirmed_once_and_for_itself),
        cmocka_unit_test(only_who_speaks_for_the_owner_takes_steps),
        cmocka_unit_test(a_response_that_does_not_fit_changes_nothing),
        cmocka_unit_test(a_decommissioned_device_answers_its_state_and_nothing_else),
        cmocka_unit_test(a_new_owner_gets_another_owner_secret_and_the_state_stays),
        cmocka_unit_test(format_begins_anew_also_after_a_rollback),
        cmocka_unit_test(storage_of_another_mode_is_told_and_formatted),
        cmocka_unit_test(the_end_leaves_no_secret_in_memory),
        cmocka_unit_test(the_end_of_one_device_is_none_of_another),
        cmocka_unit_test(the_device_restarts_where_the_platform_can),
        cmocka_unit_test(a_step_is_made_or_not_whenever_the_power_goes),
        cmocka_unit_test(a_step_is_made_or_not_whichever_call_fails),
        cmocka_unit_test(no_evidence_leaves_for_a_step_that_was_not_made),
        cmocka_unit_test(nothing_is_secured_that_the_next_start_would_not_take_for_it),
        cmocka_unit_test(a_right_confirmation_is_good_once_also_if_it_is_refused),
        cmocka_unit_test(what_is_told_of_the_state_is_what_evidence_says),
        cmocka_unit_test(an_erased_device_that_is_not_at_its_end_lives_on_anew),
        cmocka_unit_test(nothing_lives_on_over_storage_that_cannot_be_formatted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
