/* SPDX-License-Identifier: Apache-2.0 */
/* The key store over a platform in memory: whose keys there are, how long, how many, and what is told of
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/services/kept.h"
#include "key_store_support.h"

static const tps_login me = {.method = TPSC_LOGIN_USER, .uid = 1000, .gid = 50};
static const tps_login colleague = {.method = TPSC_LOGIN_USER, .uid = 1001, .gid = 50};
static const tps_login stranger = {.method = TPSC_LOGIN_USER, .uid = 1002, .gid = 51};
static const tps_login group = {.method = TPSC_LOGIN_GROUP, .uid = 1003, .gid = 50};
static const tps_login application = {.method = TPSC_LOGIN_APPLICATION, .gid = 50, .application = {1}};

#define SIGN(d, login, name) ERROR(d, login, TPS_KEY_TAG_SIGN, NAME(name), DATA("hello"))

static void keys_survive_a_restart_and_sign_as_before(void **state)
{
    device *d = *state;
    tps_crypto_key *key;

    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("a")), 0);
    key = key_public(d, &me, "a");
    device_start(d);
    assert_int_equal(tps_crypto_verify_message(
                         key, TPS_ALG_ESP256, TPS_SPAN_LITERAL("hello"),
                         member(ASK(d, &me, TPS_KEY_TAG_SIGN, NAME("a"), DATA("hello")), TPS_KEY_RESULT)),
                     TPS_OK);
    tps_crypto_key_free(key);
}

static void another_owner_sees_no_key(void **state)
{
    device *d = *state;
    const tps_login *others[] = {&colleague, &stranger, &group, &application};

    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("a")), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(SIGN(d, others[i], "a"), TPS_KEY_ERROR_UNKNOWN);
        assert_int_equal(ERROR(d, others[i], TPS_KEY_TAG_PUBLIC_KEY, NAME("a")), TPS_KEY_ERROR_UNKNOWN);
        assert_int_equal(ERROR(d, others[i], TPS_KEY_TAG_DESCRIBE, NAME("a")), TPS_KEY_ERROR_UNKNOWN);
        assert_int_equal(ERROR(d, others[i], TPS_KEY_TAG_DESTROY, NAME("a")), TPS_KEY_ERROR_UNKNOWN);
        assert_int_equal(member(ask_hex(d, &tps_key_store_service, others[i], "cda0"), 1).size, 1);
        assert_int_equal(ERROR(d, others[i], TPS_KEY_TAG_GENERATE, NAME("a")), 0); /* the name is free */
    }
    assert_int_equal(SIGN(d, &me, "a"), 0);
}

static void a_shared_key_is_the_groups_and_its_makers_to_destroy(void **state)
{
    device *d = *state;

    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("s"), FLAG(TPS_KEY_SHARED, 1)), 0);
    assert_int_equal(SIGN(d, &me, "s"), 0);
    assert_int_equal(SIGN(d, &colleague, "s"), 0);
    assert_int_equal(SIGN(d, &group, "s"), 0);
    assert_int_equal(SIGN(d, &stranger, "s"), TPS_KEY_ERROR_UNKNOWN);
    assert_int_equal(SIGN(d, &application, "s"), TPS_KEY_ERROR_UNKNOWN);
    assert_int_equal(ERROR(d, &colleague, TPS_KEY_TAG_GENERATE, NAME("s"), FLAG(TPS_KEY_SHARED, 1)),
                     TPS_KEY_ERROR_EXISTS);
    assert_int_equal(ERROR(d, &colleague, TPS_KEY_TAG_DESTROY, NAME("s")), TPS_KEY_ERROR_MAKER);
    assert_int_equal(ERROR(d, &group, TPS_KEY_TAG_DESTROY, NAME("s")), TPS_KEY_ERROR_MAKER);
    assert_int_equal(ERROR(d, &stranger, TPS_KEY_TAG_DESTROY, NAME("s")), TPS_KEY_ERROR_UNKNOWN);
    assert_int_equal(SIGN(d, &me, "s"), 0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("s")), 0);
    assert_int_equal(SIGN(d, &colleague, "s"), TPS_KEY_ERROR_UNKNOWN);
}

static void an_own_key_goes_before_the_groups(void **state)
{
    device *d = *state;
    tps_span own;

    assert_int_equal(ERROR(d, &colleague, TPS_KEY_TAG_GENERATE, NAME("a"), FLAG(TPS_KEY_SHARED, 1),
                           NUMBER(TPS_KEY_LIFETIME, TPS_KEY_UNTIL_RESTART)),
                     0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("a")), 0);
    own = key_copy(member(ASK(d, &me, TPS_KEY_TAG_PUBLIC_KEY, NAME("a")), TPS_KEY_RESULT));
    assert_false(
        tps_span_equal(own, member(ASK(d, &colleague, TPS_KEY_TAG_PUBLIC_KEY, NAME("a")), TPS_KEY_RESULT)));
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("a")), 0); /* the own one */
    assert_int_equal(SIGN(d, &me, "a"), 0);                             /* the group's is left */
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("a")), TPS_KEY_ERROR_MAKER);
}

static void a_destroyed_key_is_gone_also_after_a_restart(void **state)
{
    device *d = *state;

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("a"));
    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("b"));
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("a")), 0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("b"), FLAG(TPS_KEY_SCRUB, 1)), 0);
    assert_int_equal(SIGN(d, &me, "a"), TPS_KEY_ERROR_UNKNOWN);
    device_start(d);
    assert_int_equal(SIGN(d, &me, "a"), TPS_KEY_ERROR_UNKNOWN);
    assert_int_equal(SIGN(d, &me, "b"), TPS_KEY_ERROR_UNKNOWN);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("a")), TPS_KEY_ERROR_UNKNOWN);
}

static void storage_that_is_not_open_is_told_by_its_number(void **state)
{
    device *d = *state;
    flash old = flash_copy(&d->flash);

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("a"));
    flash_put_back(&d->flash, &old);
    flash_free(&old);
    device_start(d);
    assert_int_equal(SIGN(d, &me, "a"), TPS_KEPT_ROLLED_BACK);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("a")), TPS_KEPT_ROLLED_BACK);
}

/* Images of this security counter, on a device that would take any. */
static void run_counter(device *d, uint32_t security_counter)
{
    tps_manifest manifest = device_manifest("1.0.0");

    manifest.security_counter = security_counter;
    device_sign_component(d, security_counter);
    device_sign_manifest(d, manifest);
    d->counters[TPS_COUNTER_SECURITY] = 0;
    device_start(d);
}

static void keys_that_newer_code_stored_are_told_to_be(void **state)
{
    device *d = *state;

    run_counter(d, 3);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("a")), 0);
    run_counter(d, 2);
    assert_int_equal(SIGN(d, &me, "a"), TPS_KEPT_NEWER);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("b")), TPS_KEPT_NEWER);
    run_counter(d, 3);
    assert_int_equal(SIGN(d, &me, "a"), 0);
}

static void a_key_in_memory_ends_with_the_component(void **state)
{
    device *d = *state;

    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("v"), NUMBER(TPS_KEY_LIFETIME, 2)), 0);
    assert_int_equal(SIGN(d, &me, "v"), 0);
    assert_int_equal(SIGN(d, &colleague, "v"), TPS_KEY_ERROR_UNKNOWN);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("v")), TPS_KEY_ERROR_EXISTS);
    device_start(d);
    assert_int_equal(SIGN(d, &me, "v"), TPS_KEY_ERROR_UNKNOWN);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("v"), NUMBER(TPS_KEY_LIFETIME, 2)), 0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("v")), 0);
    assert_int_equal(SIGN(d, &me, "v"), TPS_KEY_ERROR_UNKNOWN);
}

static void a_key_of_a_session_is_that_sessions_and_ends_with_it(void **state)
{
    device *d = *state;
    uint32_t one = key_open(d, &me);
    uint32_t other = key_open(d, &me);

    for (uint32_t session = one; session != 0; session = session == one ? other : 0) {
        assert_int_equal(error_of(key_send(d, session, &me, TPS_KEY_TAG_GENERATE,
                                           FIELDS(NAME("x"), NUMBER(TPS_KEY_LIFETIME, 3)))),
                         0);
    }
    assert_int_equal(error_of(key_send(d, one, &me, TPS_KEY_TAG_SIGN, FIELDS(NAME("x"), DATA("")))), 0);
    assert_int_equal(SIGN(d, &me, "x"), TPS_KEY_ERROR_UNKNOWN);
    key_close(d, one);
    assert_int_equal(error_of(key_send(d, other, &me, TPS_KEY_TAG_SIGN, FIELDS(NAME("x"), DATA("")))), 0);
    key_close(d, other);
    for (size_t i = 0; i < TPS_KEYS_VOLATILE_MAX; i++) {
        const uint8_t nothing[sizeof(tps_key_entry)] = {0};

        assert_memory_equal(&d->key_store.volatile_keys[i], nothing, sizeof(nothing));
    }
}

static void names_have_a_size_and_are_used_once(void **state)
{
    device *d = *state;
    const char *most = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const char *over = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME(most)), 0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME(most)), TPS_KEY_ERROR_EXISTS);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("")), TPS_KEY_ERROR_NAME);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME(over)), TPS_KEY_ERROR_NAME);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("b"), KIND(8), TEXT(TPS_KEY_SOURCE, over)),
                     TPS_KEY_ERROR_NAME);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("b"), KIND(8), TEXT(TPS_KEY_SOURCE, "")),
                     TPS_KEY_ERROR_NAME);
}

static void keys_are_bounded_for_an_owner_and_for_all(void **state)
{
    device *d = *state;
    tps_login login = user(0);
    char name[8];

    for (uint32_t uid = 0; uid < TPS_KEYS_MAX / TPS_KEYS_PER_OWNER; uid++) {
        login = user(uid);
        for (unsigned i = 0; i < TPS_KEYS_PER_OWNER; i++) {
            (void)snprintf(name, sizeof(name), "%u", i);
            assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_GENERATE, NAME(name), KIND(TPS_KEY_HMAC256)), 0);
        }
        assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_GENERATE, NAME("z")), TPS_KEY_ERROR_FULL);
    }
    login = user(5000);
    assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_GENERATE, NAME("a")), TPS_KEY_ERROR_FULL);
    device_start(d);
    login = user(0);
    assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_DESTROY, NAME("3")), 0);
    login = user(5000);
    assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_GENERATE, NAME("a")), 0);
}

static void keys_in_memory_are_bounded_for_an_owner_and_for_all(void **state)
{
    device *d = *state;
    tps_login login = user(0);
    char name[8];

    for (uint32_t uid = 0; uid < TPS_KEYS_VOLATILE_MAX / TPS_KEYS_VOLATILE_PER_OWNER; uid++) {
        login = user(uid);
        for (unsigned i = 0; i < TPS_KEYS_VOLATILE_PER_OWNER; i++) {
            (void)snprintf(name, sizeof(name), "%u", i);
            assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_GENERATE, NAME(name), KIND(TPS_KEY_HMAC256),
                                   NUMBER(TPS_KEY_LIFETIME, 2)),
                             0);
        }
        assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_GENERATE, NAME("z"), NUMBER(TPS_KEY_LIFETIME, 2)),
                         TPS_KEY_ERROR_FULL);
    }
    login = user(77);
    assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_GENERATE, NAME("a"), NUMBER(TPS_KEY_LIFETIME, 2)),
                     TPS_KEY_ERROR_FULL);
    assert_int_equal(ERROR(d, &login, TPS_KEY_TAG_GENERATE, NAME("a")), 0);
}

static void a_bound_key_is_of_no_use_to_other_firmware(void **state)
{
    device *d = *state;

    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("a"), FLAG(TPS_KEY_BOUND, 1)), 0);
    assert_int_equal(
        ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("s"), FLAG(TPS_KEY_BOUND, 1), FLAG(TPS_KEY_SHARED, 1)), 0);
    d->image[0] ^= 1;
    device_start(d);
    assert_int_equal(SIGN(d, &me, "a"), TPS_KEY_ERROR_BOUND);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("s")), TPS_KEY_ERROR_BOUND);
    assert_int_equal(error_of(ask_hex(d, &tps_key_store_service, &me, "cda0")), 0);
    d->image[0] ^= 1;
    device_start(d);
    assert_int_equal(SIGN(d, &me, "a"), 0);
    d->image[0] ^= 1;
    device_start(d);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("a")), 0); /* its owner gives it up */
    assert_int_equal(SIGN(d, &me, "a"), TPS_KEY_ERROR_UNKNOWN);
}

static void a_list_names_a_key_that_cannot_be_opened_and_says_why(void **state)
{
    device *d = *state;

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("a"), FLAG(TPS_KEY_BOUND, 1));
    d->image[0] ^= 1;
    device_start(d);
    assert_memory_equal(ask_hex(d, &tps_key_store_service, &me, "cda0").data,
                        "\xcd\xa1\x01\x81\xa2\x01\x61\x61\x17\x05", 10);
}

static void an_unmade_device_binds_nothing(void **state)
{
    device *d = device_new();

    (void)state;
    d->identity_size = 0;
    device_start(d);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("a"), FLAG(TPS_KEY_BOUND, 1)),
                     TPS_KEY_ERROR_BOUND);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("a")), 0);
    device_free(d);
}

static void attributes_that_do_not_go_together_are_refused(void **state)
{
    device *d = *state;
    const uint64_t t = TPS_KEY_TAG_GENERATE;

    assert_int_equal(ERROR(d, &me, t, NAME("a"), KIND(0)), TPS_KEY_ERROR_KIND);
    assert_int_equal(ERROR(d, &me, t, NAME("a"), KIND(13)), TPS_KEY_ERROR_KIND);
    assert_int_equal(ERROR(d, &me, t, NAME("a"), USAGES(TPS_KEY_USE(TPS_KEY_OP_VERIFY))),
                     TPS_KEY_ERROR_POLICY);
    assert_int_equal(ERROR(d, &me, t, NAME("a"), NUMBER(TPS_KEY_LIFETIME, 0)), TPS_KEY_ERROR_POLICY);
    assert_int_equal(ERROR(d, &me, t, NAME("a"), NUMBER(TPS_KEY_LIFETIME, 4)), TPS_KEY_ERROR_POLICY);
    assert_int_equal(ERROR(d, &me, t, NAME("a"), NUMBER(TPS_KEY_LIFETIME, 2), FLAG(TPS_KEY_BOUND, 1)),
                     TPS_KEY_ERROR_POLICY);
    assert_int_equal(ERROR(d, &me, t, NAME("a"), NUMBER(TPS_KEY_LIFETIME, 3), FLAG(TPS_KEY_SHARED, 1)),
                     TPS_KEY_ERROR_POLICY);
    assert_int_equal(ERROR(d, &application, t, NAME("a"), FLAG(TPS_KEY_SHARED, 1)), TPS_KEY_ERROR_POLICY);
    assert_int_equal(ERROR(d, &me, t, NAME("a"), KIND(6), USAGES(TPS_KEY_USE(TPS_KEY_OP_DECRYPT))), 0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_ENCRYPT, NAME("a"), DATA("x")), TPS_KEY_ERROR_USE);
}

static void what_a_key_is_can_be_asked(void **state)
{
    device *d = *state;
    tps_span answer;
    tps_span told;

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("m"), KIND(TPS_KEY_HMAC384), FLAG(TPS_KEY_SHARED, 1),
              NUMBER(TPS_KEY_LIMIT, 2));
    (void)ASK(d, &me, TPS_KEY_TAG_MAC, NAME("m"), DATA("x"));
    answer = ASK(d, &me, TPS_KEY_TAG_DESCRIBE, NAME("m"));
    told = member(answer, TPS_KEY_RESULT);
    /* {1: "m", 2: false, 5: 9, 6: [9, 10], 7: 1, 8: true, 9: 2, 19: 1, 20: 1, 21: false} */
    assert_int_equal(told.size, 24);
    assert_memory_equal(
        told.data,
        "\xaa\x01\x61m\x02\xf4\x05\x09\x06\x82\x09\x0a\x07\x01\x08\xf5\x09\x02\x13\x01\x14\x01"
        "\x15\xf4",
        24);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_PUBLIC_KEY, NAME("m")), TPS_KEY_ERROR_USE);

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("k"), KIND(TPS_KEY_P384_SIGN));
    told = member(ASK(d, &me, TPS_KEY_TAG_DESCRIBE, NAME("k")), TPS_KEY_RESULT);
    assert_true(told.size > 100); /* with its public key */
}

static void a_service_is_told_what_it_may_vouch_for(void **state)
{
    device *d = *state;
    tps_session session = {.service = &tps_attestation_service, .id = 99, .login = colleague};
    tps_key_facts facts;
    tps_crypto_key *key;
    tps_crypto_point point;

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("k"), KIND(TPS_KEY_P384_SIGN), FLAG(TPS_KEY_SHARED, 1));
    assert_int_equal(tps_key_store_describe(&d->component, &session, TPS_SPAN_LITERAL("k"), &facts), TPS_OK);
    key = key_public(d, &me, "k");
    assert_int_equal(tps_crypto_key_point(key, &point), TPS_OK);
    tps_crypto_key_free(key);
    assert_int_equal(facts.point.curve, TPS_CURVE_P384);
    assert_memory_equal(facts.point.x, point.x, 48);
    assert_memory_equal(facts.point.y, point.y, 48);
    assert_true(facts.has_public_key && facts.is_shared && !facts.is_bound && !facts.is_exportable);
    assert_int_equal(facts.origin, TPS_KEY_GENERATED);
    assert_int_equal(facts.usages, TPS_KEY_USE(TPS_KEY_OP_SIGN));
    assert_int_equal(facts.lifetime, TPS_KEY_PERSISTENT);

    session.login = stranger;
    assert_int_equal(tps_key_store_describe(&d->component, &session, TPS_SPAN_LITERAL("k"), &facts),
                     TPS_NOT_FOUND);
    assert_false(facts.has_public_key);
    assert_int_equal(tps_key_store_describe(&d->component, &session, TPS_SPAN_EMPTY, &facts), TPS_NOT_FOUND);
    assert_int_equal(tps_key_store_describe(&d->component, &session,
                                            TPS_SPAN_LITERAL("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &facts),
                     TPS_NOT_FOUND);

    session.login = me; /* a symmetric one, in memory */
    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("h"), KIND(TPS_KEY_HKDF), NUMBER(TPS_KEY_LIFETIME, 2));
    assert_int_equal(tps_key_store_describe(&d->component, &session, TPS_SPAN_LITERAL("h"), &facts), TPS_OK);
    assert_false(facts.has_public_key);
    assert_int_equal(facts.lifetime, TPS_KEY_UNTIL_RESTART);
}

static void nothing_changes_when_the_answer_would_not_fit(void **state)
{
    device *d = *state;
    uint8_t room[32];
    tps_span answer;
    uint64_t before = d->counters[TPS_COUNTER_STORAGE];

    assert_int_equal(key_try(d, 0, &me, TPS_KEY_TAG_GENERATE, FIELDS(NAME("a")), TPS_BUF_OF(room), &answer),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(key_try(d, 0, &me, TPS_KEY_TAG_GENERATE, FIELDS(NAME("a"), KIND(TPS_KEY_P384_SIGN)),
                             TPS_BUF_MEASURE, &answer),
                     TPS_BUFFER_TOO_SMALL);
    assert_true(answer.size >= 233);
    assert_int_equal(key_try(d, 0, &me, TPS_KEY_TAG_GENERATE, FIELDS(NAME("a"), KIND(TPS_KEY_AES128_GCM)),
                             (tps_buf){room, 1}, &answer),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(d->counters[TPS_COUNTER_STORAGE], before);
    assert_int_equal(SIGN(d, &me, "a"), TPS_KEY_ERROR_UNKNOWN);

    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("a"), KIND(TPS_KEY_AES128_GCM), NUMBER(TPS_KEY_LIMIT, 1));
    before = d->counters[TPS_COUNTER_STORAGE];
    assert_int_equal(key_try(d, 0, &me, TPS_KEY_TAG_DESTROY, FIELDS(NAME("a")), (tps_buf){room, 1}, &answer),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(
        key_try(d, 0, &me, TPS_KEY_TAG_ENCRYPT, FIELDS(NAME("a"), DATA("hello")), TPS_BUF_OF(room), &answer),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(answer.size, 1 + 1 + 1 + 1 + 21 + 1 + 13); /* exactly */
    assert_int_equal(d->counters[TPS_COUNTER_STORAGE], before);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_ENCRYPT, NAME("a"), DATA("hello")), 0); /* not used up */
}

static void members_that_a_request_does_not_have_are_refused(void **state)
{
    device *d = *state;
    uint8_t room[512];
    tps_span answer;
    const tps_span wrong[] = {
        TPS_SPAN_LITERAL("\xcd\xa1\x01\x61\x61"),         /* list, with a name */
        TPS_SPAN_LITERAL("\xcc\xa2\x01\x61\x61\x04\x40"), /* public key, with a message */
        TPS_SPAN_LITERAL("\xd7\xa1\x01\x61\x61"),         /* tags next to the service's own */
        TPS_SPAN_LITERAL("\xcb\xa1\x04\x40"),             /* no name */
        TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x06\x80"), /* no usage */
        TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x06\x82\x01\x01"),
        TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x06\x81\x0b"),
        TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x06\x81\x00"),
        TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x09\x00"), /* a limit of nothing */
        TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x05\x1b\x00\x00\x00\x01\x00\x00\x00\x01"),
        TPS_SPAN_LITERAL("\xca\xa2\x01\x61\x61\x18\x1f\x00"), /* an unknown member */
        TPS_SPAN_LITERAL("\xca\x80"),
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ask(d, &tps_key_store_service, &me, wrong[i], TPS_BUF_OF(room), &answer),
                         TPS_COMPONENT_BAD_MESSAGE);
    }
}

static void features_tell_kinds_and_limits(void **state)
{
    tps_span told = member(ask_hex(*state, &tps_key_store_service, &me, "c1a0"), 0x80);

    assert_int_equal(told.size, 28);
    assert_memory_equal(
        told.data,
        "\xa6\x01\x8c\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x02\x18\x40\x03\x10\x04\x10"
        "\x05\x08\x06\x19\x40\x00",
        28);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_survive_a_restart_and_sign_as_before),
        TEST(another_owner_sees_no_key),
        TEST(a_shared_key_is_the_groups_and_its_makers_to_destroy),
        TEST(an_own_key_goes_before_the_groups),
        TEST(a_destroyed_key_is_gone_also_after_a_restart),
        TEST(storage_that_is_not_open_is_told_by_its_number),
        TEST(keys_that_newer_code_stored_are_told_to_be),
        TEST(a_key_in_memory_ends_with_the_component),
        TEST(a_key_of_a_session_is_that_sessions_and_ends_with_it),
        TEST(names_have_a_size_and_are_used_once),
        TEST(keys_are_bounded_for_an_owner_and_for_all),
        TEST(keys_in_memory_are_bounded_for_an_owner_and_for_all),
        TEST(a_bound_key_is_of_no_use_to_other_firmware),
        TEST(a_list_names_a_key_that_cannot_be_opened_and_says_why),
        cmocka_unit_test(an_unmade_device_binds_nothing),
        TEST(attributes_that_do_not_go_together_are_refused),
        TEST(what_a_key_is_can_be_asked),
        TEST(a_service_is_told_what_it_may_vouch_for),
        TEST(nothing_changes_when_the_answer_would_not_fit),
        TEST(members_that_a_request_does_not_have_are_refused),
        TEST(features_tell_kinds_and_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
