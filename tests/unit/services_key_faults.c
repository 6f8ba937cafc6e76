/* SPDX-License-Identifier: Apache-2.0 */
/* The key store when the platform fails at any call, or the power goes in any step: each key is as before or
 * as after, and all others stand. And: no message and no storage holds a secret, whatever was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "key_store_support.h"

static const tps_login me = {.method = TPSC_LOGIN_USER, .uid = 1000, .gid = 50};
static const uint8_t secret[32] = "abcdefghijklmnopqrstuvwxyzABCDE";
static tps_span wrapped;

/* The public key of the other side of an agreement. */
static tps_span peer(void)
{
    static uint8_t encoded[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(encoded));
    tps_crypto_key *key;

    assert_int_equal(tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(secret), &key), TPS_OK);
    assert_int_equal(tps_cose_key_put(&w, key), TPS_OK);
    tps_crypto_key_free(key);
    return tps_span_make(encoded, w.size);
}

/* A device with a key of each sort that the changes below need. */
static device *prepared(void)
{
    device *d = device_new();

    device_start(d);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("base")), 0);
    assert_int_equal(
        ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("in"), KIND(TPS_KEY_P256_IMPORT), NUMBER(TPS_KEY_LIMIT, 3)),
        0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("ecdh"), KIND(TPS_KEY_P256_AGREE)), 0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("aes"), KIND(TPS_KEY_AES256_GCM)), 0);
    assert_int_equal(
        ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("hkdf"), KIND(TPS_KEY_HKDF), NUMBER(TPS_KEY_LIMIT, 9)), 0);
    wrapped = key_wrap(d, &me, "in", key_symmetric(TPS_SPAN_OF(secret), 0, 0));
    return d;
}

static tps_status generate(device *d, tps_buf room, tps_span *answer)
{
    return key_try(d, 0, &me, TPS_KEY_TAG_GENERATE,
                   FIELDS(NAME("new"), KIND(TPS_KEY_HMAC256), FLAG(TPS_KEY_BOUND, 1)), room, answer);
}

static tps_status import(device *d, tps_buf room, tps_span *answer)
{
    return key_try(d, 0, &me, TPS_KEY_TAG_IMPORT,
                   FIELDS(NAME("new"), KIND(TPS_KEY_HMAC256), TEXT(TPS_KEY_SOURCE, "in"),
                          BYTES(TPS_KEY_WRAPPED, wrapped)),
                   room, answer);
}

static tps_status derive(device *d, tps_buf room, tps_span *answer)
{
    return key_try(d, 0, &me, TPS_KEY_TAG_DERIVE,
                   FIELDS(NAME("new"), KIND(TPS_KEY_HMAC256), TEXT(TPS_KEY_SOURCE, "hkdf")), room, answer);
}

static tps_status agree(device *d, tps_buf room, tps_span *answer)
{
    return key_try(d, 0, &me, TPS_KEY_TAG_AGREE,
                   FIELDS(NAME("new"), TEXT(TPS_KEY_SOURCE, "ecdh"), RAW(TPS_KEY_PEER, peer())), room,
                   answer);
}

static tps_status destroy(device *d, tps_buf room, tps_span *answer)
{
    return key_try(d, 0, &me, TPS_KEY_TAG_DESTROY, FIELDS(NAME("base")), room, answer);
}

static tps_status destroy_and_scrub(device *d, tps_buf room, tps_span *answer)
{
    return key_try(d, 0, &me, TPS_KEY_TAG_DESTROY, FIELDS(NAME("base"), FLAG(TPS_KEY_SCRUB, 1)), room,
                   answer);
}

static tps_status encrypt(device *d, tps_buf room, tps_span *answer)
{
    return key_try(d, 0, &me, TPS_KEY_TAG_ENCRYPT, FIELDS(NAME("aes"), DATA("hello")), room, answer);
}

typedef tps_status (*change)(device *d, tps_buf room, tps_span *answer);
static const change changes[] = {generate, import, derive, agree, destroy, destroy_and_scrub, encrypt};
#define CHANGES (sizeof(changes) / sizeof(changes[0]))

/* A key is whole if it can be described and is of a kind; 0: it is not there; anything else fails. */
static bool is_there(device *d, const char *name)
{
    uint64_t error = ERROR(d, &me, TPS_KEY_TAG_DESCRIBE, NAME(name));

    assert_true(error == 0 || error == TPS_KEY_ERROR_UNKNOWN);
    return error == 0;
}

/* The other keys stand. (A platform that cannot read while the vault copies a value has lost that one: the
 * vault keeps its name.) */
static void assert_others_stand(device *d, change made)
{
    static const char *const names[] = {"in", "ecdh", "hkdf"};
    unsigned lost = 0;

    for (size_t i = 0; i < 3; i++) {
        uint64_t error = ERROR(d, &me, TPS_KEY_TAG_DESCRIBE, NAME(names[i]));

        lost += error != 0 ? 1u : 0u;
        assert_true(error == 0 || (error == TPS_KEY_ERROR_CORRUPT && made == destroy_and_scrub));
    }
    assert_true(lost <= 1);
}

/* After a restart everything is as before or as after the change; as after if it was acknowledged. */
static void assert_old_or_new(device *d, change made, bool is_acknowledged)
{
    bool is_destroyed = !is_there(d, "base");
    bool is_new = is_there(d, "new");
    bool destroys = made == destroy || made == destroy_and_scrub;

    assert_true(!is_destroyed || destroys);
    assert_true(!is_new || (!destroys && made != encrypt));
    if (is_acknowledged) {
        assert_int_equal(is_destroyed, destroys);
        assert_int_equal(is_new, !destroys && made != encrypt);
    }
    if (is_new && made != agree) {
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_MAC, NAME("new"), DATA("x")), 0);
    }
    if (!is_destroyed) {
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("base"), DATA("x")), 0);
    }
    assert_others_stand(d, made);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("next")), 0); /* and it goes on */
}

static void a_platform_that_fails_at_any_call_leaves_the_old_or_the_new(void **state)
{
    static uint8_t room[1024];

    (void)state;
    for (size_t i = 0; i < CHANGES; i++) {
        bool has_struck = true;
        unsigned failed = 0;

        for (unsigned n = 1; has_struck; n++) {
            device *d = prepared();
            tps_span answer;
            tps_status status;

            d->calls = 0;
            d->fail_at = n;
            status = changes[i](d, TPS_BUF_OF(room), &answer);
            has_struck = d->calls >= n;
            d->fail_at = 0;
            failed += status != TPS_OK || error_of(answer) != 0 ? 1u : 0u;
            device_start(d);
            assert_old_or_new(d, changes[i], status == TPS_OK && error_of(answer) == 0);
            device_free(d);
        }
        assert_true(failed > 0);
    }
}

static void a_key_that_is_gone_is_told_to_be_though_the_scrub_failed(void **state)
{
    static uint8_t room[64];
    unsigned unscrubbed = 0;
    bool has_struck = true;

    (void)state;
    for (unsigned n = 1; has_struck; n++) {
        device *d = prepared();
        tps_span answer;
        tps_status status;

        d->calls = 0;
        d->fail_at = n;
        status = destroy_and_scrub(d, TPS_BUF_OF(room), &answer);
        has_struck = d->calls >= n;
        d->fail_at = 0;
        unscrubbed +=
            status == TPS_OK && tps_span_equal(answer, TPS_SPAN_LITERAL("\xce\xa1\x12\xf4")) ? 1u : 0u;
        device_start(d);
        if (status == TPS_OK && error_of(answer) == 0) {
            assert_false(is_there(d, "base"));
        }
        device_free(d);
    }
    assert_true(unscrubbed > 0);
}

static void power_that_goes_in_any_step_leaves_the_old_or_the_new(void **state)
{
    static uint8_t room[1024];

    (void)state;
    for (size_t i = 0; i < CHANGES; i++) {
        bool is_cut = true;

        for (unsigned n = 1; is_cut; n++) {
            for (uint32_t pattern = 0; pattern < CUT_PATTERNS; pattern++) {
                device *d = prepared();
                tps_span answer;
                tps_status status;

                flash_cut(&d->flash, n, pattern);
                status = changes[i](d, TPS_BUF_OF(room), &answer);
                is_cut = d->flash.is_off;
                flash_power_on(&d->flash);
                device_start(d);
                assert_old_or_new(d, changes[i], status == TPS_OK && error_of(answer) == 0);
                device_free(d);
            }
        }
    }
}

static void a_limited_use_is_counted_before_it_is_begun(void **state)
{
    static uint8_t room[1024];
    bool is_cut = true;

    (void)state;
    for (unsigned n = 1; is_cut; n++) {
        device *d = prepared();
        tps_span answer;
        tps_status status;

        (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("once"), NUMBER(TPS_KEY_LIMIT, 1));
        flash_cut(&d->flash, n, CUT_EVERYTHING);
        status =
            key_try(d, 0, &me, TPS_KEY_TAG_SIGN, FIELDS(NAME("once"), DATA("x")), TPS_BUF_OF(room), &answer);
        is_cut = d->flash.is_off;
        flash_power_on(&d->flash);
        device_start(d);
        if (status == TPS_OK && error_of(answer) == 0) {
            assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("once"), DATA("x")), TPS_KEY_ERROR_USED_UP);
        }
        device_free(d);
    }
}

/* ---- what is told ---- */

/* Asks everything of every key. */
static void use_all(device *d)
{
    char name[] = "a";

    for (uint32_t kind = TPS_KEY_P256_SIGN; kind <= TPS_KEY_P256_IMPORT; kind++, name[0]++) {
        tps_span sealed;
        tps_span nonce;

        assert_int_equal(
            ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME(name), KIND(kind),
                  NUMBER(TPS_KEY_LIFETIME, kind % 2 == 0 ? TPS_KEY_PERSISTENT : TPS_KEY_UNTIL_RESTART)),
            0);
        (void)ASK(d, &me, TPS_KEY_TAG_DESCRIBE, NAME(name));
        (void)ASK(d, &me, TPS_KEY_TAG_PUBLIC_KEY, NAME(name));
        (void)ASK(d, &me, TPS_KEY_TAG_SIGN, NAME(name), DATA("hello"));
        (void)ASK(d, &me, TPS_KEY_TAG_MAC, NAME(name), DATA("hello"));
        (void)ASK(d, &me, TPS_KEY_TAG_VERIFY_MAC, NAME(name), DATA("hello"),
                  BYTES(TPS_KEY_MAC, TPS_SPAN_LITERAL("a code")));
        (void)ASK(d, &me, TPS_KEY_TAG_AGREE, NAME("agreed"), TEXT(TPS_KEY_SOURCE, name),
                  NUMBER(TPS_KEY_LIFETIME, 2), RAW(TPS_KEY_PEER, peer()));
        if (ERROR(d, &me, TPS_KEY_TAG_ENCRYPT, NAME(name), DATA("hello")) == 0) {
            tps_span answer = ASK(d, &me, TPS_KEY_TAG_ENCRYPT, NAME(name), DATA("hello"));

            sealed = key_copy(member(answer, TPS_KEY_RESULT));
            nonce = key_copy(member(answer, TPS_KEY_NONCE));
            assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DECRYPT, NAME(name), BYTES(TPS_KEY_DATA, sealed),
                                   BYTES(TPS_KEY_NONCE, nonce)),
                             0);
        }
    }
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DERIVE, NAME("derived"), KIND(TPS_KEY_AES256_GCM),
                           TEXT(TPS_KEY_SOURCE, "k"), NUMBER(TPS_KEY_LIFETIME, 2)),
                     0);
    (void)key_send(d, 0, &me, TPS_KEY_TAG_LIST, NULL, 0);
    (void)ask_hex(d, &tps_key_store_service, &me, "c1a0");
}

static bool is_stored(const device *d, tps_span part)
{
    for (size_t i = 0; i + part.size <= d->flash.size; i++) {
        if (memcmp(d->flash.bytes + i, part.data, part.size) == 0) {
            return true;
        }
    }
    return false;
}

static void no_message_and_no_storage_holds_a_secret(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f",      "g",
                                        "h", "i", "j", "k", "l", "agreed", "derived"};
    device *d = device_new();

    (void)state;
    assert_int_equal(tps_crypto_random(TPS_BUF_OF(d->secret)), TPS_OK);
    device_start(d);
    use_all(d);
    assert_int_equal(
        ERROR(d, &me, TPS_KEY_TAG_IMPORT, NAME("imported"), KIND(TPS_KEY_HMAC256), TEXT(TPS_KEY_SOURCE, "l"),
              BYTES(TPS_KEY_WRAPPED, key_wrap(d, &me, "l", key_symmetric(TPS_SPAN_OF(secret), 0, 0)))),
        0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        tps_key_entry entry = key_stored(d, &me, names[i]);

        assert_untold(d, tps_key_entry_secret(&entry));
        assert_false(is_stored(d, tps_key_entry_secret(&entry)));
    }
    assert_false(is_stored(d, TPS_SPAN_OF(secret)));
    assert_untold(d, TPS_SPAN_OF(d->handover.sv));
    assert_untold(d, TPS_SPAN_OF(d->handover.s0));
    assert_untold(d, TPS_SPAN_OF(d->handover.cdi_attest));
    assert_untold(d, TPS_SPAN_OF(d->secret));
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("a")), 0);
    device_free(d);
}

static void nothing_secret_stays_in_the_work_space(void **state)
{
    device *d = device_new();
    const uint8_t *work;

    (void)state;
    device_start(d);
    use_all(d);
    work = tps_component_work(&d->component);
    for (size_t i = 0; i < sizeof(tps_key_work); i++) {
        assert_int_equal(work[i], 0);
    }
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_platform_that_fails_at_any_call_leaves_the_old_or_the_new),
        cmocka_unit_test(a_key_that_is_gone_is_told_to_be_though_the_scrub_failed),
        cmocka_unit_test(power_that_goes_in_any_step_leaves_the_old_or_the_new),
        cmocka_unit_test(a_limited_use_is_counted_before_it_is_begun),
        cmocka_unit_test(no_message_and_no_storage_holds_a_secret),
        cmocka_unit_test(nothing_secret_stays_in_the_work_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
