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
    assert_cbor("a2c10100c40100", MESSAGE, TPS_OK);
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
    assert_cbor("a1d8170000", MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
    assert_cbor("a1d8180000", MESSAGE, TPS_OK);
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

static void an_unsorted_map_may_have_hundreds_of_keys(void **state)
{
    (void)state;
    for (size_t count = 2; count <= 128; count++) {
        assert_status(check_map(count, descending, MESSAGE), TPS_OK);
        assert_status(check_map(count, first_comes_back_last, MESSAGE), TPS_CBOR_DUPLICATE_KEY);
        assert_status(check_map(count, descending, &tps_cbor_limits_file), TPS_OK);
        assert_status(check_map(count, last_two_equal, MESSAGE), TPS_CBOR_DUPLICATE_KEY);
    }
    assert_status(check_map(512, first_comes_back_last, MESSAGE), TPS_CBOR_DUPLICATE_KEY);
    assert_status(check_map(100000, first_comes_back_last, &tps_cbor_limits_file), TPS_CBOR_DUPLICATE_KEY);
}

/* The keys of a map of `count`: in descending order, and at `again` the one at `first` once more. */
static tps_status check_with_a_key_again(size_t count, size_t first, size_t again)
{
    uint8_t bytes[1024];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    tps_cbor_put_map(&w, count);
    for (size_t i = 0; i < count; i++) {
        tps_cbor_put_uint(&w, count - (i == again ? first : i));
        tps_cbor_put_map(&w, 1); /* values that must be gone over, too */
        tps_cbor_put_uint(&w, i);
        tps_cbor_put_null(&w);
    }
    return tps_cbor_check(tps_span_make(bytes, w.size), MESSAGE, NULL, NULL);
}

static void every_key_is_compared_with_every_key_before_it(void **state)
{
    (void)state;
    for (size_t again = 1; again < 40; again++) {
        for (size_t first = 0; first < again; first++) {
            assert_status(check_with_a_key_again(40, first, again), TPS_CBOR_DUPLICATE_KEY);
        }
    }
    assert_status(check_with_a_key_again(40, 40, 40), TPS_OK);
}

static void an_unsorted_map_that_takes_too_long_to_compare_is_refused(void **state)
{
    (void)state;
    assert_status(check_map(512, descending, MESSAGE), TPS_CBOR_UNTRACKED_KEYS);
    assert_status(check_map(100000, descending, &tps_cbor_limits_file), TPS_CBOR_UNTRACKED_KEYS);
}

/* `depth` maps, each the last value of the map around it, with `count` keys in descending order. */
static tps_status check_nested_maps(size_t depth, size_t count, bool is_sorted, const tps_cbor_limits *limits)
{
    uint8_t bytes[4096];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    for (size_t level = 0; level < depth; level++) {
        tps_cbor_put_map(&w, count);
        for (size_t i = 0; i < count; i++) {
            tps_cbor_put_uint(&w, is_sorted ? i : count - i);
            if (i + 1 < count || level + 1 == depth) {
                tps_cbor_put_null(&w);
            }
        }
    }
    assert_true(w.size <= sizeof bytes);
    return tps_cbor_check(tps_span_make(bytes, w.size), limits, NULL, NULL);
}

static void maps_inside_maps_are_looked_into_as_deep_as_they_go(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 32; count++) {
        assert_status(check_nested_maps(16, count, true, MESSAGE), TPS_OK);
        assert_status(check_nested_maps(TPS_CBOR_DEPTH_MAX, count, true, &tps_cbor_limits_file), TPS_OK);
        assert_status(check_nested_maps(4, count, false, MESSAGE), TPS_OK);
        assert_status(check_nested_maps(4, count, false, &tps_cbor_limits_file), TPS_OK);
    }
    assert_status(check_nested_maps(16, 2, false, MESSAGE), TPS_OK);
    assert_status(check_nested_maps(16, 64, false, MESSAGE), TPS_CBOR_UNTRACKED_KEYS);
}

static void maps_as_keys_of_maps_are_taken_as_deep_as_the_limit(void **state)
{
    tps_cbor_limits limits = tps_cbor_limits_file;

    (void)state;
    for (limits.depth = 0; limits.depth <= TPS_CBOR_DEPTH_MAX; limits.depth++) {
        for (size_t depth = 1; depth <= TPS_CBOR_DEPTH_MAX + 1; depth++) {
            uint8_t bytes[2 * (TPS_CBOR_DEPTH_MAX + 1) + 2];
            tps_status status;

            memset(bytes, 0xa1, depth);
            memset(bytes + depth, 0x00, depth + 1);
            status = tps_cbor_check(tps_span_make(bytes, 2 * depth + 1), &limits, NULL, NULL);
            assert_status(status, depth <= limits.depth ? TPS_OK : TPS_CBOR_TOO_DEEP);
        }
    }
}

static void keys_that_hold_items_are_compared_in_unsorted_maps_too(void **state)
{
    (void)state;
    assert_cbor("a3820102008101 00820102 00", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a3820102008101 00820103 00", MESSAGE, TPS_OK);
    assert_cbor("a3a2010002000000 0100a20100020000", MESSAGE, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2a20200010000a10100 00", MESSAGE, TPS_OK);
}

/* Only a form knows which of a float's or a big number's encodings is the one: without it no key is one, or
 * holds one. */
static void a_float_or_a_big_number_is_a_key_where_its_form_is_judged(void **state)
{
    static const char *const good[] = {"a1c249010000000000000000 00",
                                       "a1c349010000000000000000 00",
                                       "a1f93c0000",
                                       "a1fa3f80000100",
                                       "a181f93c0000",
                                       "a1a100c24901000000000000000000"};
    static const char *const bad[] = {"a1c24101 00",    "a1c34101 00",
                                      "a1c240 00",      "a1c24a00010000000000000000 00",
                                      "a1fa3f80000000", "a1d8024100 00"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_cbor(good[i], MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
        assert_cbor(good[i], &cbor_limits_deterministic, TPS_OK);
        assert_cbor(good[i], &tps_cbor_limits_file, TPS_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_cbor(bad[i], MESSAGE, TPS_CBOR_NOT_DETERMINISTIC);
        assert_cbor(bad[i], &cbor_limits_deterministic, TPS_CBOR_NOT_DETERMINISTIC);
        assert_cbor(bad[i], &tps_cbor_limits_file, TPS_CBOR_NOT_DETERMINISTIC);
    }
    assert_cbor("a2f93c0000f93c0000", &tps_cbor_limits_file, TPS_CBOR_DUPLICATE_KEY);
    assert_cbor("a2f93e0000f93c0000", &tps_cbor_limits_file, TPS_OK); /* and in any order */
    assert_cbor("a100fa3f800000", &tps_cbor_limits_file, TPS_OK);
    assert_cbor("a1c14101 00", MESSAGE, TPS_OK);
    assert_cbor("a100c24101", MESSAGE, TPS_OK);
    assert_cbor("a100fa3f800000", MESSAGE, TPS_OK);
}

static void any_number_of_maps_of_32_may_be_unsorted(void **state)
{
    uint8_t bytes[64 * 1024];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    (void)state;
    tps_cbor_put_array(&w, 500);
    for (size_t i = 0; i < 500; i++) {
        tps_cbor_put_map(&w, 32);
        for (size_t key = 0; key < 32; key++) {
            tps_cbor_put_uint(&w, 32 - key);
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
        cmocka_unit_test(an_unsorted_map_may_have_hundreds_of_keys),
        cmocka_unit_test(every_key_is_compared_with_every_key_before_it),
        cmocka_unit_test(an_unsorted_map_that_takes_too_long_to_compare_is_refused),
        cmocka_unit_test(maps_inside_maps_are_looked_into_as_deep_as_they_go),
        cmocka_unit_test(maps_as_keys_of_maps_are_taken_as_deep_as_the_limit),
        cmocka_unit_test(keys_that_hold_items_are_compared_in_unsorted_maps_too),
        cmocka_unit_test(a_float_or_a_big_number_is_a_key_where_its_form_is_judged),
        cmocka_unit_test(any_number_of_maps_of_32_may_be_unsorted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
