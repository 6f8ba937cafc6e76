/* SPDX-License-Identifier: Apache-2.0 */
/* Duplicate keys: sorted and not, nested, in maps of indefinite length, in other encodings, in large maps. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/vectors.h"

#define MESSAGE (&tps_cbor_limits_message)

static void neighbours_with_one_key_are_refused(void **state)
{
    tps_error why = {0};

    (void)state;
    assert_status(cbor_hex_check("a201000100", MESSAGE, &why), TPS_CBOR_DUPLICATE_KEY);
    assert_int_equal(why.status, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2616100616100", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a24161004161", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2f400f400", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
}

static void a_key_that_comes_back_later_is_refused_in_unsorted_maps(void **state)
{
    (void)state;
    assert_cbor("a3030001000200", MESSAGE, TPS_OK);
    assert_cbor("a3030001000300", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a3030001000100", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a401000300020001", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
}

static void maps_of_indefinite_length_are_looked_into(void **state)
{
    (void)state;
    assert_cbor("bf010002000300ff", MESSAGE, TPS_OK);
    assert_cbor("bf01000100ff", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("bf030001000300ff", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
}

static void a_map_inside_has_keys_of_its_own(void **state)
{
    (void)state;
    /* {1: {1: 0}, 2: {1: 0}} and its unsorted kin are good. */
    assert_cbor("a201a1010002a10100", MESSAGE, TPS_OK);
    assert_cbor("a202a2020001000 1a20200 0100", MESSAGE, TPS_OK);
    assert_cbor("a201a20100010002a0", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    /* Behind an unsorted map inside, the outer keys are still known: {2: {2: 0, 1: 0}, 3: 0, 1: 0, 2: 0}. */
    assert_cbor("a402a20200010003000100 0200", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a402bf02000100ff03000100 0200", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a402bf02000100ff030001000400", MESSAGE, TPS_OK);
    assert_cbor("82a10100a10100", MESSAGE, TPS_OK);
    assert_cbor("d901f5a201000100", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
}

static void keys_may_be_arrays_maps_and_tags_and_are_compared_whole(void **state)
{
    (void)state;
    assert_cbor("a2820102008201 0300", MESSAGE, TPS_OK);
    assert_cbor("a282010200820102 00", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2a1010000a1010000", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2a201000200000000", MESSAGE, TPS_OK);
    assert_cbor("a1a20100010000", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2c10100c10100", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2c10100c20100", MESSAGE, TPS_OK);
    assert_cbor("a2616100626162 00", MESSAGE, TPS_OK);
    assert_cbor("a26261620061 6100", MESSAGE, TPS_OK);
}

/* An integer is the same key whatever the size of its head: else a second nonce could hide behind the first.
 */
static void an_integer_key_in_a_longer_head_is_still_the_same_key(void **state)
{
    (void)state;
    assert_cbor("a20a00180a00", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2180a000a00", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2190100001a0000010000", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a22000380000", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a31b000000000000000a0005000a00", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a305000a001b000000000000000500", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("bf0a00180a00ff", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
}

static void integer_keys_in_longer_heads_are_taken_where_they_are_single(void **state)
{
    (void)state;
    assert_cbor("a2180a000b00", MESSAGE, TPS_OK);
    assert_cbor("a20b00180a00", MESSAGE, TPS_OK);
    assert_cbor("a2380000180a00", MESSAGE, TPS_OK);
    assert_cbor("a3180a00190b00000c00", MESSAGE, TPS_OK);
    assert_cbor("a2180a002900", MESSAGE, TPS_OK);
}

/* Other keys have too many longer forms to compare, and nobody needs them: they are refused by name. */
static void other_keys_must_be_in_their_shortest_form(void **state)
{
    (void)state;
    assert_cbor("a2616100780161 00", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a1780161 00", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a17f6161ff00", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a19f01ff00", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a181180100", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a1a118010000", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a1c1180100", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a1fa3f80000000", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a1f93c0000", MESSAGE, TPS_OK);
    assert_cbor("a1fa3f80000100", MESSAGE, TPS_OK);
    /* Values are free. */
    assert_cbor("a20178016102 9f1801ff", MESSAGE, TPS_OK);
    assert_cbor("a181a101180100", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
}

/* A map of `count` pairs whose keys `key_of` gives. */
static tps_status check_map(size_t count, uint64_t (*key_of)(size_t i, size_t count),
                            const tps_cbor_limits *limits)
{
    tps_buf bytes = {malloc(16 + count * 10), 16 + count * 10};
    tps_cbor_writer w = tps_cbor_writer_init(bytes);
    tps_status status;

    tps_cbor_put_map(&w, count);
    for (size_t i = 0; i < count; i++) {
        tps_cbor_put_uint(&w, key_of(i, count));
        tps_cbor_put_null(&w);
    }
    status = tps_cbor_check(tps_span_make(bytes.data, w.size), limits, NULL, NULL);
    free(bytes.data);
    return status;
}

static uint64_t ascending(size_t i, size_t count)
{
    (void)count;
    return i;
}

static uint64_t descending(size_t i, size_t count)
{
    return count - i;
}

static uint64_t first_comes_back_last(size_t i, size_t count)
{
    return i + 1 == count ? 0 : i;
}

static uint64_t last_two_equal(size_t i, size_t count)
{
    return i + 1 == count ? i - 1 : i;
}

static void a_sorted_map_may_have_any_size(void **state)
{
    (void)state;
    assert_status(check_map(512, ascending, MESSAGE), TPS_OK);
    assert_status(check_map(100000, ascending, &tps_cbor_limits_file), TPS_OK);
    assert_status(check_map(100000, last_two_equal, &tps_cbor_limits_file), TPS_CBOR_DUPLICATE_KEY);
}

static void an_unsorted_map_may_have_as_many_keys_as_are_tracked(void **state)
{
    (void)state;
    assert_status(check_map(TPS_CBOR_TRACKED_KEYS, descending, MESSAGE), TPS_OK);
    assert_status(check_map(TPS_CBOR_TRACKED_KEYS, first_comes_back_last, MESSAGE), TPS_CBOR_DUPLICATE_KEY);
    assert_status(check_map(2 * TPS_CBOR_TRACKED_KEYS, descending, MESSAGE), TPS_CBOR_UNTRACKED_KEYS);
    assert_status(check_map(2 * TPS_CBOR_TRACKED_KEYS, first_comes_back_last, MESSAGE),
                  TPS_CBOR_UNTRACKED_KEYS);
    assert_status(check_map(100000, descending, &tps_cbor_limits_file), TPS_CBOR_UNTRACKED_KEYS);
}

/* The keys of all open maps share the room; those of closed maps give it back. */
static void open_maps_share_the_room_for_keys(void **state)
{
    uint8_t bytes[2048];
    const size_t outer = TPS_CBOR_TRACKED_KEYS - 2;

    (void)state;
    for (size_t inner = 2; inner <= 4; inner++) {
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

        tps_cbor_put_map(&w, outer);
        for (size_t i = 0; i < outer; i++) {
            tps_cbor_put_uint(&w, outer - i);
            tps_cbor_put_map(&w, i + 1 == outer ? inner : 0);
        }
        for (size_t i = 0; i < inner; i++) {
            tps_cbor_put_uint(&w, inner - i);
            tps_cbor_put_null(&w);
        }
        assert_status(tps_cbor_check(tps_span_make(bytes, w.size), MESSAGE, NULL, NULL),
                      inner < 4 ? TPS_OK : TPS_CBOR_UNTRACKED_KEYS);
    }
}

static void closed_maps_give_their_room_back(void **state)
{
    uint8_t bytes[64 * 1024];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    (void)state;
    tps_cbor_put_array(&w, 100);
    for (size_t i = 0; i < 100; i++) {
        tps_cbor_put_map(&w, 100);
        for (size_t key = 0; key < 100; key++) {
            tps_cbor_put_uint(&w, 100 - key);
            tps_cbor_put_null(&w);
        }
    }
    assert_status(tps_cbor_check(tps_span_make(bytes, w.size), MESSAGE, NULL, NULL), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_with_one_key_are_refused),
        cmocka_unit_test(a_key_that_comes_back_later_is_refused_in_unsorted_maps),
        cmocka_unit_test(maps_of_indefinite_length_are_looked_into),
        cmocka_unit_test(a_map_inside_has_keys_of_its_own),
        cmocka_unit_test(keys_may_be_arrays_maps_and_tags_and_are_compared_whole),
        cmocka_unit_test(an_integer_key_in_a_longer_head_is_still_the_same_key),
        cmocka_unit_test(integer_keys_in_longer_heads_are_taken_where_they_are_single),
        cmocka_unit_test(other_keys_must_be_in_their_shortest_form),
        cmocka_unit_test(a_sorted_map_may_have_any_size),
        cmocka_unit_test(an_unsorted_map_may_have_as_many_keys_as_are_tracked),
        cmocka_unit_test(open_maps_share_the_room_for_keys),
        cmocka_unit_test(closed_maps_give_their_room_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
