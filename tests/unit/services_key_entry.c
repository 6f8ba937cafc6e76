/* SPDX-License-Identifier: Apache-2.0 */
/* Stored keys are read strictly; one that cannot be read harms no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "key_store_support.h"

static const tps_login me = {.method = TPSC_LOGIN_USER, .uid = 1000, .gid = 50};

static tps_key_entry sample(void)
{
    tps_key_entry entry = {.kind = TPS_KEY_P384_SIGN,
                           .usages = TPS_KEY_USE(TPS_KEY_OP_SIGN),
                           .lifetime = TPS_KEY_PERSISTENT,
                           .origin = TPS_KEY_IMPORTED,
                           .is_bound = true,
                           .is_shared = true,
                           .maker = {1},
                           .limit = 7,
                           .uses = 0x100000000u,
                           .public_size = 96,
                           .secret_size = 48};

    memset(entry.secret, 0x5a, 48);
    memset(entry.public_key, 0xa5, 96);
    return entry;
}

static tps_status again(const tps_key_entry *entry, tps_key_entry *out)
{
    uint8_t room[TPS_KEY_ENCODED_MAX];
    tps_span encoded;

    assert_int_equal(tps_key_entry_encode(entry, TPS_BUF_OF(room), &encoded), TPS_OK);
    memset(out, 0, sizeof(*out));
    return tps_key_entry_decode(encoded, out);
}

static void an_entry_comes_back_as_it_was(void **state)
{
    tps_key_entry entry = sample();
    tps_key_entry out;

    (void)state;
    assert_int_equal(again(&entry, &out), TPS_OK);
    assert_memory_equal(&out, &entry, sizeof(out));
}

static void every_member_is_judged(void **state)
{
    const tps_key_entry good = sample();
    tps_key_entry bad[8];
    tps_key_entry out;

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        bad[i] = good;
    }
    bad[0].kind = 99;
    bad[1].usages = TPS_KEY_USE(TPS_KEY_OP_ENCRYPT);
    bad[2].origin = 0;
    bad[3].origin = 4;
    bad[4].public_size = 95;
    bad[5].secret_size = 47;
    bad[6].secret_size = 49;
    bad[7].secret_size = 0;
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(again(&bad[i], &out), TPS_COMPONENT_STORAGE_CORRUPT);
    }
}

static void whatever_is_cut_off_or_changed_is_read_or_refused(void **state)
{
    tps_key_entry entry = sample();
    tps_key_entry out;
    uint8_t room[TPS_KEY_ENCODED_MAX];
    tps_span encoded;

    (void)state;
    assert_int_equal(tps_key_entry_encode(&entry, TPS_BUF_OF(room), &encoded), TPS_OK);
    for (size_t size = 0; size < encoded.size; size++) {
        assert_int_equal(tps_key_entry_decode(tps_span_make(room, size), &out),
                         TPS_COMPONENT_STORAGE_CORRUPT);
    }
    for (size_t i = 0; i < encoded.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            room[i] ^= (uint8_t)(1u << bit);
            (void)!tps_key_entry_decode(encoded, &out);
            room[i] ^= (uint8_t)(1u << bit);
        }
    }
    room[0]--; /* one member less in the array */
    assert_int_equal(tps_key_entry_decode(encoded, &out), TPS_COMPONENT_STORAGE_CORRUPT);
    room[0]++;
    room[1]++; /* another version */
    assert_int_equal(tps_key_entry_decode(encoded, &out), TPS_COMPONENT_STORAGE_CORRUPT);
}

static void numbers_beyond_32_bits_are_none(void **state)
{
    /* [1, kind, ...] with a kind of 2^32 + 1 */
    static const uint8_t large[] = {0x8b, 1, 0x1b, 0,    0,    0,    1, 0, 0,    0,
                                    1,    2, 1,    0xf4, 0xf4, 0x40, 0, 0, 0x40, 0x40};
    tps_key_entry out;

    (void)state;
    assert_int_equal(tps_key_entry_decode(TPS_SPAN_OF(large), &out), TPS_COMPONENT_STORAGE_CORRUPT);
}

/* Puts bytes that are no entry where a key of this owner would be. */
static void put_garbage(device *d, const char *name, bool is_shared, tps_span value)
{
    tps_session session = {.service = &tps_key_store_service, .login = me};
    tps_key_asker asker;
    tps_vault_id id;

    assert_int_equal(tps_key_asker_begin(&asker, &d->component, &session, &d->key_store), TPS_OK);
    id =
        tps_vault_id_make(TPS_VAULT_KEY_STORE, is_shared ? asker.group : asker.owner, tps_span_of_text(name));
    assert_int_equal(tps_vault_put(asker.vault, &id, asker.sealing, value, 0), TPS_OK);
    tps_key_asker_end(&asker);
}

static void a_key_that_cannot_be_read_is_named_and_can_be_destroyed(void **state)
{
    static const uint8_t large[TPS_KEY_ENCODED_MAX + 1];
    device *d = device_new();
    const char *names[] = {"x", "y", "z"};

    (void)state;
    device_start(d);
    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("good"));
    put_garbage(d, "x", false, TPS_SPAN_LITERAL("garbage"));
    put_garbage(d, "y", false, TPS_SPAN_OF(large));
    put_garbage(d, "z", true, TPS_SPAN_LITERAL("\x80"));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME(names[i]), DATA("x")), TPS_KEY_ERROR_CORRUPT);
    }
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("good"), DATA("x")), 0);
    (void)key_send(d, 0, &me, TPS_KEY_TAG_LIST, NULL, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME(names[i])), 0);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME(names[i]), DATA("x")), TPS_KEY_ERROR_UNKNOWN);
    }
    device_free(d);
}

static void a_platform_that_cannot_read_is_no_answer(void **state)
{
    device *d = device_new();
    uint8_t room[512];
    tps_span answer;

    (void)state;
    device_start(d);
    (void)ASK(d, &me, TPS_KEY_TAG_GENERATE, NAME("a"));
    d->flash.is_unreadable = true;
    assert_int_not_equal(
        key_try(d, 0, &me, TPS_KEY_TAG_SIGN, FIELDS(NAME("a"), DATA("x")), TPS_BUF_OF(room), &answer),
        TPS_COMPONENT_DENIED);
    assert_int_not_equal(key_try(d, 0, &me, TPS_KEY_TAG_LIST, NULL, 0, TPS_BUF_OF(room), &answer),
                         TPS_COMPONENT_DENIED);
    d->flash.is_unreadable = false;
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("a"), DATA("x")), 0);
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_comes_back_as_it_was),
        cmocka_unit_test(every_member_is_judged),
        cmocka_unit_test(whatever_is_cut_off_or_changed_is_read_or_refused),
        cmocka_unit_test(numbers_beyond_32_bits_are_none),
        cmocka_unit_test(a_key_that_cannot_be_read_is_named_and_can_be_destroyed),
        cmocka_unit_test(a_platform_that_cannot_read_is_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
