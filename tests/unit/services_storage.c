/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed storage service: whose values are, versions, flags, shares, and every failure of the storage by
 * its number. Sealing without storing is in services_sealing.c, power cuts in services_kept.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_say.h"

enum { PUT = 10, GET = 11, DELETE = 12, LIST = 13, DESCRIBE = 14, SEAL = 15, UNSEAL = 16 };
enum { NAME = 1, VALUE = 2, FLAGS = 3, VERSION = 4, OWNER = 5, AAD = 6, AFTER = 7, SIZE = 8, MORE = 9 };

#define HELLO TPS_SPAN_LITERAL("hello")

static const tps_service *const storage = &tps_storage_service;
static const uint8_t lights[32] = {0x11};
static const uint8_t locks[32] = {0x22};

/* ---- messages ---- */

static tps_span put_flags(device *d, asker who, const char *name, tps_span value, uint64_t flags)
{
    tps_cbor_writer w = say(PUT, 3);

    say_text(&w, NAME, name);
    say_bytes(&w, VALUE, value);
    say_uint(&w, FLAGS, flags);
    return send(d, storage, who, &w);
}

static tps_span put(device *d, asker who, const char *name, tps_span value)
{
    return put_flags(d, who, name, value, 0);
}

static tps_span put_if(device *d, asker who, const char *name, tps_span value, tps_span version)
{
    tps_cbor_writer w = say(PUT, 3);

    say_text(&w, NAME, name);
    say_bytes(&w, VALUE, value);
    say_bytes(&w, VERSION, version);
    return send(d, storage, who, &w);
}

static tps_span named(device *d, asker who, uint64_t tag, const char *name)
{
    tps_cbor_writer w = say(tag, 1);

    say_text(&w, NAME, name);
    return send(d, storage, who, &w);
}

static tps_span of_owner(device *d, asker who, uint64_t tag, const char *name, tps_span owner)
{
    tps_cbor_writer w = say(tag, 2);

    say_text(&w, NAME, name);
    say_bytes(&w, OWNER, owner);
    return send(d, storage, who, &w);
}

static tps_span list_after(device *d, asker who, const char *after)
{
    tps_cbor_writer w = say(LIST, after == NULL ? 0 : 1);

    if (after != NULL) {
        say_text(&w, AFTER, after);
    }
    return send(d, storage, who, &w);
}

/* A copy of a byte string of an answer, since the next answer takes its place. */
typedef struct {
    uint8_t bytes[32];
    size_t size;
} kept;

static kept keep(tps_span value)
{
    kept copy = {.size = value.size};

    assert_true(value.size <= sizeof(copy.bytes));
    memcpy(copy.bytes, value.data, value.size);
    return copy;
}

static tps_span span(const kept *copy)
{
    return tps_span_make(copy->bytes, copy->size);
}

static void assert_value(device *d, asker who, const char *name, tps_span value)
{
    tps_span answer = named(d, who, GET, name);

    assert_int_equal(error_of(answer), 0);
    assert_true(tps_span_equal(member(answer, 1), value));
}

static void assert_error(tps_span answer, uint64_t error)
{
    assert_int_equal(error_of(answer), error);
}

/* ---- values ---- */

static void a_value_is_there_again_after_a_restart(void **state)
{
    device *d = *state;

    assert_error(put(d, as_user(1), "door", HELLO), 0);
    assert_value(d, as_user(1), "door", HELLO);
    device_start(d);
    assert_value(d, as_user(1), "door", HELLO);
    assert_error(put(d, as_user(1), "door", TPS_SPAN_LITERAL("other")), 0);
    assert_value(d, as_user(1), "door", TPS_SPAN_LITERAL("other"));
    assert_int_equal(number(named(d, as_user(1), DESCRIBE, "door"), SIZE), 5);
}

static void a_value_has_zero_to_as_many_bytes_as_is_said(void **state)
{
    device *d = *state;
    static uint8_t largest[TPS_SEALED_VALUE_MAX + 1];

    memset(largest, 0xa5, sizeof(largest));
    assert_error(put(d, as_user(1), "empty", TPS_SPAN_EMPTY), 0);
    assert_int_equal(number(named(d, as_user(1), DESCRIBE, "empty"), SIZE), 0);
    assert_error(put(d, as_user(1), "large", tps_span_make(largest, TPS_SEALED_VALUE_MAX)), 0);
    assert_value(d, as_user(1), "large", tps_span_make(largest, TPS_SEALED_VALUE_MAX));
    assert_error(put(d, as_user(1), "larger", TPS_SPAN_OF(largest)), TPS_SEALED_ERROR_SIZE);
    assert_error(named(d, as_user(1), GET, "larger"), TPS_SEALED_ERROR_UNKNOWN);
}

static void a_name_has_one_to_as_many_bytes_as_is_said(void **state)
{
    device *d = *state;
    const char *longest = "abcdefghijklmnopqrstuvwxyz012345";

    assert_error(put(d, as_user(1), longest, HELLO), 0);
    assert_value(d, as_user(1), longest, HELLO);
    assert_error(put(d, as_user(1), "abcdefghijklmnopqrstuvwxyz0123456", HELLO), TPS_SEALED_ERROR_NAME);
    assert_error(put(d, as_user(1), "", HELLO), TPS_SEALED_ERROR_NAME);
    assert_error(named(d, as_user(1), GET, ""), TPS_SEALED_ERROR_NAME);
    assert_error(list_after(d, as_user(1), "abcdefghijklmnopqrstuvwxyz0123456"), TPS_SEALED_ERROR_NAME);
}

static void a_deleted_value_is_gone_also_after_a_restart(void **state)
{
    device *d = *state;

    (void)put(d, as_user(1), "door", HELLO);
    assert_error(named(d, as_user(1), DELETE, "door"), 0);
    assert_error(named(d, as_user(1), GET, "door"), TPS_SEALED_ERROR_UNKNOWN);
    assert_error(named(d, as_user(1), DELETE, "door"), TPS_SEALED_ERROR_UNKNOWN);
    device_start(d);
    assert_error(named(d, as_user(1), DESCRIBE, "door"), TPS_SEALED_ERROR_UNKNOWN);
}

/* ---- owners ---- */

static void another_owner_sees_and_changes_nothing(void **state)
{
    device *d = *state;
    asker group = {.login = {.method = TPSC_LOGIN_GROUP, .gid = 1}};
    asker others[] = {as_user(2), group, as_application(1), as_provider(1, lights), as_provider(1, locks)};
    kept mine;

    (void)put(d, as_user(1), "door", HELLO);
    mine = keep(member(named(d, as_user(1), DESCRIBE, "door"), OWNER));
    for (size_t i = 0; i < 5; i++) {
        tps_span answer = list_after(d, others[i], NULL);

        assert_int_equal(member(answer, 1).data[0], 0x80);
        assert_false(tps_span_equal(member(answer, OWNER), span(&mine)));
        assert_error(named(d, others[i], GET, "door"), TPS_SEALED_ERROR_UNKNOWN);
        assert_error(of_owner(d, others[i], GET, "door", span(&mine)), TPS_SEALED_ERROR_UNKNOWN);
        assert_error(of_owner(d, others[i], DESCRIBE, "door", span(&mine)), TPS_SEALED_ERROR_UNKNOWN);
        assert_error(named(d, others[i], DELETE, "door"), TPS_SEALED_ERROR_UNKNOWN);
        assert_error(put(d, others[i], "door", TPS_SPAN_LITERAL("mine")), 0); /* the name is free to them */
        assert_value(d, others[i], "door", TPS_SPAN_LITERAL("mine"));
    }
    assert_value(d, as_user(1), "door", HELLO);
}

static void public_logins_have_no_storage(void **state)
{
    device *d = *state;
    tps_login login = {.method = TPSC_LOGIN_PUBLIC};
    tps_span answer;
    uint8_t room[64];

    assert_int_equal(ask(d, storage, &login, TPS_SPAN_LITERAL("\xcd\xa0"), TPS_BUF_OF(room), &answer),
                     TPS_COMPONENT_DENIED);
}

static void a_readable_value_is_read_by_others_and_written_by_its_owner(void **state)
{
    device *d = *state;
    kept owner;

    (void)put_flags(d, as_user(1), "scene", HELLO, TPS_SEALED_READABLE);
    (void)put(d, as_user(1), "secret", HELLO);
    owner = keep(member(list_after(d, as_user(1), NULL), OWNER));

    assert_true(tps_span_equal(member(of_owner(d, as_user(2), GET, "scene", span(&owner)), 1), HELLO));
    assert_true(tps_span_equal(member(of_owner(d, as_application(7), GET, "scene", span(&owner)), 1), HELLO));
    assert_int_equal(number(of_owner(d, as_user(2), DESCRIBE, "scene", span(&owner)), SIZE), 5);
    assert_error(of_owner(d, as_user(2), GET, "secret", span(&owner)), TPS_SEALED_ERROR_UNKNOWN);
    assert_true(tps_span_equal(member(of_owner(d, as_user(1), GET, "secret", span(&owner)), 1), HELLO));
    /* another provider's context opens nothing of it */
    assert_error(of_owner(d, as_provider(2, lights), GET, "scene", span(&owner)), TPS_SEALED_ERROR_UNKNOWN);

    (void)put_flags(d, as_provider(1, lights), "scene", HELLO, TPS_SEALED_READABLE);
    owner = keep(member(list_after(d, as_provider(1, lights), NULL), OWNER));
    assert_true(
        tps_span_equal(member(of_owner(d, as_provider(2, lights), GET, "scene", span(&owner)), 1), HELLO));
    assert_error(of_owner(d, as_provider(2, locks), GET, "scene", span(&owner)), TPS_SEALED_ERROR_UNKNOWN);
    assert_error(of_owner(d, as_user(1), GET, "scene", span(&owner)), TPS_SEALED_ERROR_UNKNOWN);
}

/* ---- versions ---- */

static void of_two_writers_the_second_is_told(void **state)
{
    device *d = *state;
    kept seen;

    (void)put(d, as_user(1), "count", TPS_SPAN_LITERAL("1"));
    seen = keep(member(named(d, as_user(1), GET, "count"), VERSION));
    assert_error(put_if(d, as_user(1), "count", TPS_SPAN_LITERAL("2"), span(&seen)), 0);
    assert_error(put_if(d, as_user(1), "count", TPS_SPAN_LITERAL("two"), span(&seen)),
                 TPS_SEALED_ERROR_CHANGED);
    assert_value(d, as_user(1), "count", TPS_SPAN_LITERAL("2"));
}

static void a_put_tells_the_version_that_a_get_tells(void **state)
{
    device *d = *state;
    kept first = keep(member(put(d, as_user(1), "door", HELLO), VERSION));
    kept second;

    assert_int_equal(first.size, TPS_SEALED_VERSION_SIZE);
    assert_true(tps_span_equal(member(named(d, as_user(1), DESCRIBE, "door"), VERSION), span(&first)));
    second = keep(member(put_if(d, as_user(1), "door", HELLO, span(&first)), VERSION));
    assert_false(tps_span_equal(span(&first), span(&second))); /* the same bytes are another version */
}

static void an_empty_version_makes_and_never_replaces(void **state)
{
    device *d = *state;
    kept old;

    assert_error(put_if(d, as_user(1), "door", HELLO, TPS_SPAN_EMPTY), 0);
    assert_error(put_if(d, as_user(1), "door", TPS_SPAN_LITERAL("x"), TPS_SPAN_EMPTY),
                 TPS_SEALED_ERROR_CHANGED);
    assert_value(d, as_user(1), "door", HELLO);
    old = keep(member(named(d, as_user(1), GET, "door"), VERSION));
    (void)named(d, as_user(1), DELETE, "door");
    assert_error(put_if(d, as_user(1), "door", HELLO, span(&old)), TPS_SEALED_ERROR_CHANGED);
    (void)put(d, as_user(1), "door", HELLO); /* made anew, it has another version */
    assert_error(put_if(d, as_user(1), "door", HELLO, span(&old)), TPS_SEALED_ERROR_CHANGED);
}

static void a_delete_may_name_the_version(void **state)
{
    device *d = *state;
    kept old = keep(member(put(d, as_user(1), "door", HELLO), VERSION));
    kept present = keep(member(put(d, as_user(1), "door", HELLO), VERSION));
    tps_cbor_writer w = say(DELETE, 2);

    say_text(&w, NAME, "door");
    say_bytes(&w, VERSION, span(&old));
    assert_error(send(d, storage, as_user(1), &w), TPS_SEALED_ERROR_CHANGED);
    w = say(DELETE, 2);
    say_text(&w, NAME, "door");
    say_bytes(&w, VERSION, span(&present));
    assert_error(send(d, storage, as_user(1), &w), 0);
}

/* ---- flags ---- */

static void what_is_written_once_stays(void **state)
{
    device *d = *state;

    assert_error(put_flags(d, as_user(1), "serial", HELLO, TPS_SEALED_ONCE), 0);
    for (int i = 0; i < 2; i++) {
        assert_error(put(d, as_user(1), "serial", TPS_SPAN_LITERAL("x")), TPS_SEALED_ERROR_ONCE);
        assert_error(put_flags(d, as_user(1), "serial", HELLO, TPS_SEALED_ONCE), TPS_SEALED_ERROR_ONCE);
        assert_error(named(d, as_user(1), DELETE, "serial"), TPS_SEALED_ERROR_ONCE);
        assert_value(d, as_user(1), "serial", HELLO);
        assert_int_equal(number(named(d, as_user(1), DESCRIBE, "serial"), FLAGS), TPS_SEALED_ONCE);
        device_start(d);
    }
    (void)put(d, as_user(1), "name", HELLO);
    assert_error(put_flags(d, as_user(1), "name", HELLO, TPS_SEALED_ONCE), TPS_SEALED_ERROR_ONCE);
    assert_error(put(d, as_user(1), "name", TPS_SPAN_LITERAL("x")), 0);
}

static void a_bound_value_is_for_the_same_images_only(void **state)
{
    device *d = *state;
    uint8_t manifest[sizeof(d->manifest)];
    size_t manifest_size = d->manifest_size;

    memcpy(manifest, d->manifest, sizeof(manifest));
    assert_error(put_flags(d, as_user(1), "pin", HELLO, TPS_SEALED_BOUND), 0);
    assert_error(put_flags(d, as_user(1), "once", HELLO, TPS_SEALED_BOUND | TPS_SEALED_ONCE), 0);
    assert_error(put(d, as_user(1), "free", HELLO), 0);
    device_sign_image(d, "1.0.1"); /* the same bytes under another version are another boot state */
    device_start(d);
    assert_error(named(d, as_user(1), GET, "pin"), TPS_KEPT_BOUND);
    assert_error(named(d, as_user(1), DESCRIBE, "pin"), TPS_KEPT_BOUND);
    assert_error(put(d, as_user(1), "pin", HELLO), TPS_KEPT_BOUND); /* of use to the other images */
    assert_error(put(d, as_user(1), "once", HELLO), TPS_SEALED_ERROR_ONCE);
    assert_error(named(d, as_user(1), DELETE, "once"), TPS_SEALED_ERROR_ONCE);
    assert_value(d, as_user(1), "free", HELLO);
    memcpy(d->manifest, manifest, sizeof(manifest));
    d->manifest_size = manifest_size;
    device_start(d);
    assert_value(d, as_user(1), "pin", HELLO);
    device_sign_image(d, "1.0.1");
    device_start(d);
    assert_error(named(d, as_user(1), DELETE, "pin"), 0);
    assert_error(put(d, as_user(1), "pin", HELLO), 0);
}

static void a_device_that_was_not_made_binds_nothing(void **state)
{
    device *d = device_new();

    (void)state;
    d->identity_size = 0;
    device_start(d);
    assert_error(put_flags(d, as_user(1), "pin", HELLO, TPS_SEALED_BOUND), TPS_KEPT_BOUND);
    assert_error(put(d, as_user(1), "pin", HELLO), 0);
    device_free(d);
}

/* ---- lists ---- */

/* The names of a page, joined by spaces. */
static void join_names(tps_span answer, char *out, size_t size)
{
    tps_cbor_reader r = tps_cbor_reader_init(member(answer, 1));
    tps_cbor_list list = tps_cbor_enter_array(&r);

    out[0] = 0;
    while (tps_cbor_next(&r, &list)) {
        tps_cbor_list map = tps_cbor_enter_map(&r);
        tps_span name;

        assert_int_equal(map.left, 2);
        (void)tps_cbor_next(&r, &map);
        assert_int_equal(tps_cbor_get_uint(&r), NAME);
        name = tps_cbor_get_text(&r);
        assert_true(strlen(out) + name.size + 2 < size);
        (void)snprintf(out + strlen(out), size - strlen(out), "%.*s ", (int)name.size, name.data);
        (void)tps_cbor_next(&r, &map);
        assert_int_equal(tps_cbor_get_uint(&r), SIZE);
        assert_int_equal(tps_cbor_get_uint(&r), 5);
        (void)tps_cbor_next(&r, &map);
    }
    assert_int_equal(r.status, TPS_OK);
}

static void names_are_listed_in_pages_and_in_order(void **state)
{
    device *d = *state;
    char names[256];
    tps_span answer;
    const char *unsorted[] = {"k", "c", "aa", "j", "e", "b", "h", "a", "g", "d", "ab"};

    if (TPS_SEALED_PER_OWNER < 11) {
        skip(); /* all names of an owner are on one page */
    }
    for (size_t i = 0; i < 11; i++) {
        (void)put_flags(d, as_user(1), unsorted[i], HELLO, i % 2 == 0 ? TPS_SEALED_ONCE : 0);
    }
    (void)put(d, as_user(2), "f", HELLO);
    answer = list_after(d, as_user(1), NULL);
    assert_true(has(answer, MORE));
    join_names(answer, names, sizeof(names));
    assert_string_equal(names, "a aa ab b c d e g ");
    answer = list_after(d, as_user(1), "g");
    assert_false(has(answer, MORE));
    join_names(answer, names, sizeof(names));
    assert_string_equal(names, "h j k ");
    join_names(list_after(d, as_user(1), "k"), names, sizeof(names));
    assert_string_equal(names, "");
    join_names(list_after(d, as_user(1), "ab"), names, sizeof(names));
    assert_string_equal(names, "b c d e g h j k ");
    assert_false(has(list_after(d, as_user(1), "ab"), MORE));
}

/* ---- shares ---- */

static void an_owner_has_a_share_of_values(void **state)
{
    device *d = *state;
    char name[8];

    for (unsigned i = 0; i < TPS_SEALED_PER_OWNER; i++) {
        (void)snprintf(name, sizeof(name), "n%u", i);
        assert_error(put_flags(d, as_user(1), name, HELLO, i < 2 ? TPS_SEALED_ONCE : 0), 0);
    }
    assert_error(put(d, as_user(1), "more", HELLO), TPS_SEALED_ERROR_QUOTA);
    assert_error(put(d, as_user(1), "n5", TPS_SPAN_LITERAL("replaced")), 0);
    assert_error(put(d, as_user(2), "more", HELLO), 0);
    (void)named(d, as_user(1), DELETE, "n5");
    assert_error(put(d, as_user(1), "more", HELLO), 0);
}

static void an_owner_has_a_share_of_bytes(void **state)
{
    device *d = *state;
    static uint8_t bytes[TPS_SEALED_VALUE_MAX];
    const size_t largest = TPS_SEALED_BYTES_PER_OWNER - 3 * TPS_VAULT_VALUE_MAX - TPS_SEALED_HEAD_SIZE;

    assert_error(put(d, as_user(1), "a", TPS_SPAN_OF(bytes)), 0);
    assert_error(put(d, as_user(1), "b", TPS_SPAN_OF(bytes)), 0);
    assert_error(put(d, as_user(1), "c", TPS_SPAN_OF(bytes)), 0);
    assert_error(put(d, as_user(1), "d", tps_span_make(bytes, largest)), 0);
    assert_error(put(d, as_user(1), "e", TPS_SPAN_EMPTY), TPS_SEALED_ERROR_QUOTA);
    assert_error(put(d, as_user(1), "a", TPS_SPAN_OF(bytes)), 0); /* in its own place */
    assert_error(put(d, as_user(1), "a", HELLO), 0);
    assert_error(put(d, as_user(1), "e", TPS_SPAN_EMPTY), 0);
}

static void a_full_storage_says_so_and_keeps_what_it_has(void **state)
{
    device *d = *state;
    static uint8_t bytes[TPS_SEALED_VALUE_MAX];
    uint64_t error = 0;
    uint32_t uid = 0;

    while (error == 0) {
        uid++;
        error = error_of(put(d, as_user(uid), "a", TPS_SPAN_OF(bytes)));
    }
    assert_int_equal(error, TPS_KEPT_FULL);
    assert_true(uid > 3);
    assert_value(d, as_user(1), "a", TPS_SPAN_OF(bytes));
    assert_error(named(d, as_user(1), DELETE, "a"), 0);
    assert_error(put(d, as_user(uid), "a", TPS_SPAN_OF(bytes)), 0);
}

static void all_owners_together_leave_room_for_other_services(void **state)
{
    device *d = *state;

    for (uint32_t uid = 0; uid < TPS_SEALED_MAX; uid++) {
        assert_error(put(d, as_user(uid), "a", TPS_SPAN_EMPTY), 0);
    }
    assert_error(put(d, as_user(9999), "a", TPS_SPAN_EMPTY), TPS_KEPT_FULL);
    assert_error(put(d, as_user(0), "a", HELLO), 0);
}

/* ---- what can happen to the storage ---- */

static void storage_that_was_put_back_is_told_by_its_number(void **state)
{
    device *d = *state;
    tps_cbor_writer w;
    flash old;

    (void)put(d, as_user(1), "credit", TPS_SPAN_LITERAL("10"));
    old = flash_copy(&d->flash);
    (void)put(d, as_user(1), "credit", TPS_SPAN_LITERAL("0"));
    flash_put_back(&d->flash, &old);
    flash_free(&old);
    device_start(d);

    assert_error(named(d, as_user(1), GET, "credit"), TPS_KEPT_ROLLED_BACK);
    assert_error(put(d, as_user(1), "credit", HELLO), TPS_KEPT_ROLLED_BACK);
    assert_error(named(d, as_user(1), DELETE, "credit"), TPS_KEPT_ROLLED_BACK);
    assert_error(list_after(d, as_user(1), NULL), TPS_KEPT_ROLLED_BACK);
    w = say(SEAL, 1); /* sealing needs no storage, but for a provider: what it is sealed with lies there */
    say_bytes(&w, VALUE, HELLO);
    assert_error(send(d, storage, as_user(1), &w), 0);
    assert_error(send(d, storage, as_provider(1, lights), &w), TPS_KEPT_ROLLED_BACK);
}

static void a_changed_value_is_corrupt_and_the_others_stand(void **state)
{
    device *d = *state;
    static uint8_t bytes[1000];
    uint32_t first = 0;
    uint32_t last = 0;
    flash before;

    (void)put(d, as_user(1), "first", HELLO);
    before = flash_copy(&d->flash);
    (void)put(d, as_user(1), "door", TPS_SPAN_OF(bytes));
    for (uint32_t i = 0; i < d->flash.size; i++) {
        if (d->flash.bytes[i] != before.bytes[i]) {
            first = first == 0 ? i : first;
            last = i;
        }
    }
    flash_free(&before);
    (void)put(d, as_user(1), "last", HELLO);
    assert_in_range(last - first, sizeof(bytes), 2 * sizeof(bytes)); /* what was written is its record */
    d->flash.bytes[first + (last - first) / 2] ^= 1;
    device_start(d);

    assert_value(d, as_user(1), "first", HELLO);
    assert_value(d, as_user(1), "last", HELLO);
    assert_error(named(d, as_user(1), GET, "door"), TPS_KEPT_CORRUPT);
    assert_error(put(d, as_user(1), "door", HELLO), TPS_KEPT_CORRUPT);
    assert_error(named(d, as_user(1), DELETE, "door"), 0);
    assert_error(put(d, as_user(1), "door", HELLO), 0);
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
    assert_int_equal(d->handover.security_counter, security_counter);
}

static void what_newer_code_stored_is_not_for_older_code(void **state)
{
    device *d = *state;
    tps_span answer;

    run_counter(d, 2);
    assert_error(put(d, as_user(1), "old", HELLO), 0);
    run_counter(d, 3);
    assert_value(d, as_user(1), "old", HELLO);
    assert_error(put(d, as_user(1), "new", HELLO), 0);
    run_counter(d, 2);
    answer = named(d, as_user(1), GET, "new");
    assert_error(answer, TPS_KEPT_NEWER);
    assert_error(put(d, as_user(1), "new", HELLO), TPS_KEPT_NEWER);
    run_counter(d, 4);
    assert_value(d, as_user(1), "new", HELLO);
}

/* The error in the one entry of a list. */
static uint64_t listed_error(tps_span answer)
{
    tps_cbor_reader r = tps_cbor_reader_init(member(answer, 1));
    tps_cbor_list list = tps_cbor_enter_array(&r);
    tps_cbor_list map;

    assert_int_equal(list.left, 1);
    (void)tps_cbor_next(&r, &list);
    map = tps_cbor_enter_map(&r);
    (void)tps_cbor_next(&r, &map);
    assert_int_equal(tps_cbor_get_uint(&r), NAME);
    (void)tps_cbor_get_text(&r);
    (void)tps_cbor_next(&r, &map);
    assert_int_equal(tps_cbor_get_uint(&r), 2);
    return tps_cbor_get_uint(&r);
}

static void a_list_has_what_cannot_be_read_now(void **state)
{
    device *d = *state;
    char names[32];

    (void)put_flags(d, as_user(2), "bound", HELLO, TPS_SEALED_BOUND);
    device_sign_image(d, "1.0.1");
    device_start(d);
    join_names(list_after(d, as_user(2), NULL), names, sizeof(names));
    assert_string_equal(names, "bound ");
    assert_error(put(d, as_user(2), "more", HELLO), 0);
}

/* Puts a record into the vault as no put does. */
static void put_record(device *d, uint32_t uid, const char *name, tps_span record)
{
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_login login = user(uid);
    tps_vault_id id;
    tps_vault *vault;

    tps_login_owner(&login, owner);
    id = tps_vault_id_make(TPS_VAULT_STORAGE, owner, tps_span_of_text(name));
    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    assert_int_equal(tps_vault_put(vault, &id, NULL, record, 0), TPS_OK);
}

static void a_record_of_another_form_is_corrupt(void **state)
{
    device *d = *state;

    put_record(d, 1, "short", TPS_SPAN_LITERAL("\x01\x00\x00"));
    assert_error(named(d, as_user(1), GET, "short"), TPS_KEPT_CORRUPT);
    assert_int_equal(listed_error(list_after(d, as_user(1), NULL)), TPS_KEPT_CORRUPT);
    put_record(d, 2, "other", TPS_SPAN_LITERAL("\x02\x00version.value"));
    assert_error(named(d, as_user(2), GET, "other"), TPS_KEPT_CORRUPT);
    assert_error(named(d, as_user(2), DELETE, "other"), 0);
}

/* ---- requests ---- */

static void a_change_whose_answer_has_no_room_is_not_made(void **state)
{
    device *d = *state;
    tps_cbor_writer w = say(PUT, 2);
    uint8_t room[64];
    tps_span answer;

    say_text(&w, NAME, "door");
    say_bytes(&w, VALUE, HELLO);
    assert_int_equal(try_send(d, storage, as_user(1), &w, TPS_BUF_MEASURE, &answer), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(try_send(d, storage, as_user(1), &w, (tps_buf){room, 4}, &answer), TPS_BUFFER_TOO_SMALL);
    assert_error(named(d, as_user(1), GET, "door"), TPS_SEALED_ERROR_UNKNOWN);
    (void)put(d, as_user(1), "door", HELLO);
    w = say(DELETE, 1);
    say_text(&w, NAME, "door");
    assert_int_equal(try_send(d, storage, as_user(1), &w, (tps_buf){room, 4}, &answer), TPS_BUFFER_TOO_SMALL);
    assert_value(d, as_user(1), "door", HELLO);
    w = say(GET, 1);
    say_text(&w, NAME, "door");
    assert_int_equal(try_send(d, storage, as_user(1), &w, (tps_buf){room, 4}, &answer), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(try_send(d, storage, as_user(1), &w, (tps_buf){room, answer.size}, &answer), TPS_OK);
}

static void other_requests_are_not_understood(void **state)
{
    const tps_span wrong[] = {
        TPS_SPAN_LITERAL("\xca\xa0"),                                 /* put nothing */
        TPS_SPAN_LITERAL("\xca\xa1\x01\x61\x61"),                     /* no value */
        TPS_SPAN_LITERAL("\xca\xa2\x01\x41\x61\x02\x40"),             /* a name of bytes */
        TPS_SPAN_LITERAL("\xca\xa3\x01\x61\x61\x02\x40\x03\x08"),     /* an unknown flag */
        TPS_SPAN_LITERAL("\xca\xa3\x01\x61\x61\x02\x40\x04\x41\x00"), /* a version of one byte */
        TPS_SPAN_LITERAL("\xca\xa3\x01\x61\x61\x02\x40\x06\x40"),     /* additional data */
        TPS_SPAN_LITERAL("\xcb\xa2\x01\x61\x61\x05\x41\x00"),         /* an owner of one byte */
        TPS_SPAN_LITERAL("\xcc\xa2\x01\x61\x61\x04\x40"),             /* delete what is not there */
        TPS_SPAN_LITERAL("\xcd\xa1\x01\x61\x61"),                     /* list a name */
        TPS_SPAN_LITERAL("\xce\xa1\x18\x63\x00"),                     /* an unknown member */
        TPS_SPAN_LITERAL("\xcf\xa2\x02\x40\x03\x02"),                 /* seal once */
        TPS_SPAN_LITERAL("\xd0\xa2\x02\x40\x03\x00"),                 /* unseal with flags */
        TPS_SPAN_LITERAL("\xd1\xa0"),                                 /* an unknown tag */
        TPS_SPAN_LITERAL("\xc2\xa0"),                                 /* another one */
        TPS_SPAN_LITERAL("\xcd\x80"),                                 /* no map */
    };
    device *d = *state;
    tps_login login = user(1);
    uint8_t room[256];
    tps_span answer;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ask(d, storage, &login, wrong[i], TPS_BUF_OF(room), &answer),
                         TPS_COMPONENT_BAD_MESSAGE);
    }
}

static void the_work_area_holds_nothing_between_messages(void **state)
{
    device *d = *state;
    static const uint8_t zeros[TPS_COMPONENT_WORK_SIZE];

    (void)put(d, as_user(1), "door", HELLO);
    (void)named(d, as_user(1), GET, "door");
    assert_memory_equal(tps_component_work(&d->component), zeros, sizeof(zeros));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_value_is_there_again_after_a_restart, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_value_has_zero_to_as_many_bytes_as_is_said, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_name_has_one_to_as_many_bytes_as_is_said, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_deleted_value_is_gone_also_after_a_restart, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(another_owner_sees_and_changes_nothing, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(public_logins_have_no_storage, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_readable_value_is_read_by_others_and_written_by_its_owner,
                                        device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(of_two_writers_the_second_is_told, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_put_tells_the_version_that_a_get_tells, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(an_empty_version_makes_and_never_replaces, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_delete_may_name_the_version, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(what_is_written_once_stays, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_bound_value_is_for_the_same_images_only, device_setup,
                                        device_teardown),
        cmocka_unit_test(a_device_that_was_not_made_binds_nothing),
        cmocka_unit_test_setup_teardown(names_are_listed_in_pages_and_in_order, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(an_owner_has_a_share_of_values, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(an_owner_has_a_share_of_bytes, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_full_storage_says_so_and_keeps_what_it_has, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(all_owners_together_leave_room_for_other_services, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(storage_that_was_put_back_is_told_by_its_number, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_changed_value_is_corrupt_and_the_others_stand, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(what_newer_code_stored_is_not_for_older_code, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(a_list_has_what_cannot_be_read_now, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_record_of_another_form_is_corrupt, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_change_whose_answer_has_no_room_is_not_made, device_setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(other_requests_are_not_understood, device_setup, device_teardown),
        cmocka_unit_test_setup_teardown(the_work_area_holds_nothing_between_messages, device_setup,
                                        device_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
