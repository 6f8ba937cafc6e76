/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR reader: typed reads, walking, skipping, and the first error that stays. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor.h"

/* The bytes of the test under way: a copy of exactly their size. */
static tps_buf bytes;

static tps_cbor_reader read_hex(const char *hex)
{
    tps_buf loose = bytes_from_hex(hex);

    free(bytes.data);
    bytes = exact_copy(span_of(loose));
    free(loose.data);
    return tps_cbor_reader_init(span_of(bytes));
}

static int clean(void **state)
{
    (void)state;
    free(bytes.data);
    bytes = (tps_buf){NULL, 0};
    return 0;
}

static void integers_are_read_to_their_extremes(void **state)
{
    tps_cbor_reader r = read_hex("00 1bffffffffffffffff 20 1b7fffffffffffffff 3b7fffffffffffffff 1903e8");

    (void)state;
    assert_true(tps_cbor_get_uint(&r) == 0);
    assert_true(tps_cbor_get_uint(&r) == UINT64_MAX);
    assert_true(tps_cbor_get_int(&r) == -1);
    assert_true(tps_cbor_get_int(&r) == INT64_MAX);
    assert_true(tps_cbor_get_int(&r) == INT64_MIN);
    assert_true(tps_cbor_get_int(&r) == 1000);
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
}

static void an_integer_that_does_not_fit_is_out_of_range(void **state)
{
    static const char *const samples[] = {"1b8000000000000000", "3b8000000000000000", "1bffffffffffffffff",
                                          "3bffffffffffffffff"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        tps_cbor_reader r = read_hex(samples[i]);

        assert_true(tps_cbor_get_int(&r) == 0);
        assert_status(r.status, TPS_CBOR_OUT_OF_RANGE);
        assert_int_equal(tps_cbor_offset(&r), 0);
    }
}

/* A read of each kind, by number, so that every kind can be tried on every item. */
enum { GET_UINT, GET_INT, GET_BOOL, GET_NULL, GET_BYTES, GET_TEXT, GET_TAG, ENTER_ARRAY, ENTER_MAP, KINDS };

/* True when the value is anything but 0, false or empty. */
static bool get(tps_cbor_reader *r, int kind)
{
    switch (kind) {
    case GET_UINT: return tps_cbor_get_uint(r) != 0;
    case GET_INT: return tps_cbor_get_int(r) != 0;
    case GET_BOOL: return tps_cbor_get_bool(r);
    case GET_NULL: tps_cbor_get_null(r); return false;
    case GET_BYTES: return tps_cbor_get_bytes(r).data != NULL;
    case GET_TEXT: return tps_cbor_get_text(r).data != NULL;
    case GET_TAG: return tps_cbor_get_tag(r) != 0;
    case ENTER_ARRAY: return tps_cbor_enter_array(r).left != 0;
    default: return tps_cbor_enter_map(r).left != 0;
    }
}

static void a_read_of_another_type_fails_stays_and_gives_nothing(void **state)
{
    static const struct {
        const char *hex;
        unsigned kinds; /* those that may read it */
    } items[] = {
        {"01", 1u << GET_UINT | 1u << GET_INT},
        {"20", 1u << GET_INT},
        {"4161", 1u << GET_BYTES},
        {"6161", 1u << GET_TEXT},
        {"8100", 1u << ENTER_ARRAY},
        {"a10000", 1u << ENTER_MAP},
        {"c100", 1u << GET_TAG},
        {"f4", 1u << GET_BOOL},
        {"f5", 1u << GET_BOOL},
        {"f6", 1u << GET_NULL},
        {"f7", 0},
        {"f3", 0},
        {"f820", 0},
        {"f93c00", 0},
        {"f90014", 0}, /* a float whose bits are those of "false" */
        {"f90016", 0},
        {"ff", 0},
        {"9fff", 1u << ENTER_ARRAY},
        {"bfff", 1u << ENTER_MAP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        for (int kind = 0; kind < KINDS; kind++) {
            tps_cbor_reader r = read_hex(items[i].hex);
            bool is_something = get(&r, kind);

            if ((items[i].kinds & 1u << kind) != 0) {
                assert_status(r.status, TPS_OK);
                assert_true(tps_cbor_offset(&r) > 0);
            } else {
                assert_false(is_something);
                assert_status(r.status, TPS_CBOR_UNEXPECTED_TYPE);
                assert_int_equal(tps_cbor_offset(&r), 0);
            }
        }
    }
}

static void every_read_of_cut_or_reserved_bytes_fails(void **state)
{
    static const struct {
        const char *hex;
        tps_status expected;
    } items[] = {
        {"", TPS_CBOR_TRUNCATED},           {"18", TPS_CBOR_TRUNCATED}, {"4261", TPS_CBOR_TRUNCATED},
        {"7a00010000", TPS_CBOR_TRUNCATED}, {"1c", TPS_CBOR_RESERVED},  {"fe", TPS_CBOR_RESERVED},
        {"f81f", TPS_CBOR_RESERVED},        {"df", TPS_CBOR_RESERVED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        for (int kind = 0; kind < KINDS; kind++) {
            tps_cbor_reader r = read_hex(items[i].hex);

            assert_false(get(&r, kind));
            assert_status(r.status, items[i].expected);
        }
    }
}

/* What it is not comes before what is wrong with it. */
static void text_that_is_none_is_of_another_type_where_no_text_may_be(void **state)
{
    tps_cbor_reader r = read_hex("62c1a0");

    (void)state;
    tps_cbor_get_bytes(&r);
    assert_status(r.status, TPS_CBOR_UNEXPECTED_TYPE);
    r = read_hex("62c1a0");
    assert_null(tps_cbor_get_text(&r).data);
    assert_status(r.status, TPS_CBOR_BAD_UTF8);
    assert_int_equal(tps_cbor_offset(&r), 0);
}

static void strings_point_into_the_input(void **state)
{
    tps_cbor_reader r = read_hex("43010203 62c3bc 40 60");

    (void)state;
    assert_span(tps_cbor_get_bytes(&r), tps_span_make("\x01\x02\x03", 3));
    assert_span_text(tps_cbor_get_text(&r), "\xc3\xbc");
    assert_non_null(tps_cbor_get_bytes(&r).data);
    assert_int_equal(tps_cbor_get_text(&r).size, 0);
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
}

static void a_string_in_chunks_is_refused_by_name(void **state)
{
    tps_cbor_reader r = read_hex("5f4100ff");

    (void)state;
    assert_null(tps_cbor_get_bytes(&r).data);
    assert_status(r.status, TPS_CBOR_INDEFINITE);
    r = read_hex("7f6100ff");
    assert_null(tps_cbor_get_text(&r).data);
    assert_status(r.status, TPS_CBOR_INDEFINITE);
}

static void the_first_error_stays_and_stops_everything(void **state)
{
    tps_cbor_reader r = read_hex("01 02 03");
    tps_cbor_list list = {5};
    tps_cbor_item item;

    (void)state;
    tps_cbor_get_text(&r);
    tps_cbor_fail(&r, TPS_IO);
    for (int kind = 0; kind < KINDS; kind++) {
        assert_false(get(&r, kind));
    }
    assert_false(tps_cbor_read(&r, &item));
    assert_int_equal(item.type, TPS_CBOR_END);
    assert_false(tps_cbor_next(&r, &list));
    assert_false(tps_cbor_take_tag(&r, 1));
    assert_null(tps_cbor_skip(&r).data);
    assert_int_equal(tps_cbor_peek(&r), TPS_CBOR_END);
    assert_status(tps_cbor_reader_finish(&r), TPS_CBOR_UNEXPECTED_TYPE);
    assert_int_equal(tps_cbor_offset(&r), 0);
}

static void a_callers_own_error_is_kept_like_any_other(void **state)
{
    tps_cbor_reader r = read_hex("01");

    (void)state;
    tps_cbor_fail(&r, TPS_CLAIM_BAD_VALUE);
    assert_true(tps_cbor_get_uint(&r) == 0);
    assert_status(tps_cbor_reader_finish(&r), TPS_CLAIM_BAD_VALUE);
}

static void peeking_tells_the_type_and_moves_nothing(void **state)
{
    static const struct {
        const char *hex;
        uint32_t type;
    } items[] = {
        {"00", TPS_CBOR_UINT},          {"20", TPS_CBOR_NINT},
        {"40", TPS_CBOR_BYTES},         {"60", TPS_CBOR_TEXT},
        {"80", TPS_CBOR_ARRAY},         {"a0", TPS_CBOR_MAP},
        {"c100", TPS_CBOR_TAG},         {"f4", TPS_CBOR_SIMPLE},
        {"f820", TPS_CBOR_SIMPLE},      {"f90000", TPS_CBOR_FLOAT},
        {"fa00000000", TPS_CBOR_FLOAT}, {"fb0000000000000000", TPS_CBOR_FLOAT},
        {"ff", TPS_CBOR_BREAK},         {"", TPS_CBOR_END},
    };

    (void)state;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        tps_cbor_reader r = read_hex(items[i].hex);
        tps_cbor_item item;

        assert_int_equal(tps_cbor_peek(&r), items[i].type);
        assert_int_equal(tps_cbor_offset(&r), 0);
        assert_int_equal(tps_cbor_read(&r, &item), items[i].type != TPS_CBOR_END);
        assert_int_equal(item.type, items[i].type);
    }
}

static void floats_come_with_their_bits_and_width(void **state)
{
    tps_cbor_reader r = read_hex("f93c00 fa47c35000 fb3ff199999999999a f5");
    tps_cbor_item item;

    (void)state;
    assert_true(tps_cbor_read(&r, &item));
    assert_int_equal(item.width, 2);
    assert_int_equal(item.value, 0x3c00);
    assert_true(tps_cbor_read(&r, &item));
    assert_int_equal(item.width, 4);
    assert_int_equal(item.value, 0x47c35000);
    assert_true(tps_cbor_read(&r, &item));
    assert_int_equal(item.width, 8);
    assert_true(item.value == 0x3ff199999999999a);
    assert_true(tps_cbor_read(&r, &item));
    assert_int_equal(item.width, 0);
}

static void a_tag_is_taken_only_when_it_is_there(void **state)
{
    tps_cbor_reader r = read_hex("d28100");

    (void)state;
    assert_false(tps_cbor_take_tag(&r, 17));
    assert_int_equal(tps_cbor_offset(&r), 0);
    assert_true(tps_cbor_take_tag(&r, 18));
    assert_int_equal(tps_cbor_offset(&r), 1);
    assert_false(tps_cbor_take_tag(&r, 18));
    assert_status(r.status, TPS_OK);
    r = read_hex("dbffffffffffffffff00");
    assert_true(tps_cbor_take_tag(&r, UINT64_MAX));
    /* A cut head is not the tag 0. */
    r = read_hex("d8");
    assert_false(tps_cbor_take_tag(&r, 0));
    assert_status(r.status, TPS_OK);
}

static uint64_t sum_of_array(tps_cbor_reader *r)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    uint64_t sum = 0;

    while (tps_cbor_next(r, &list)) {
        sum += tps_cbor_get_uint(r);
    }
    return sum;
}

static void arrays_of_both_kinds_are_walked_to_their_end(void **state)
{
    tps_cbor_reader r = read_hex("83010203 9f010203ff 80 9fff");

    (void)state;
    assert_int_equal(sum_of_array(&r), 6);
    assert_int_equal(sum_of_array(&r), 6);
    assert_int_equal(sum_of_array(&r), 0);
    assert_int_equal(sum_of_array(&r), 0);
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
}

static void walking_ends_at_the_first_error(void **state)
{
    tps_cbor_reader r = read_hex("8301600 3");

    (void)state;
    assert_int_equal(sum_of_array(&r), 1);
    assert_status(r.status, TPS_CBOR_UNEXPECTED_TYPE);
    r = read_hex("9f01");
    sum_of_array(&r);
    assert_status(r.status, TPS_CBOR_TRUNCATED);
}

static void maps_of_both_kinds_are_walked_by_pairs(void **state)
{
    tps_cbor_reader r = read_hex("a201020304 bf01020304ff");

    (void)state;
    for (int i = 0; i < 2; i++) {
        tps_cbor_list map = tps_cbor_enter_map(&r);
        uint64_t sum = 0;

        while (tps_cbor_next(&r, &map)) {
            sum += 10 * tps_cbor_get_uint(&r);
            sum += tps_cbor_get_uint(&r);
        }
        assert_int_equal(sum, 46);
    }
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
}

/* Without the check before it, too, a count that cannot be is an error, and never an indefinite length. */
static void a_count_beyond_the_input_is_truncated(void **state)
{
    static const char *const samples[] = {"9bffffffffffffffff00ff",
                                          "bbffffffffffffffff0000ff",
                                          "9bfffffffffffffffe00",
                                          "bb80000000000000000000",
                                          "830102",
                                          "a201"};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        tps_cbor_reader r = read_hex(samples[i]);
        tps_cbor_list list;

        tps_cbor_skip(&r);
        assert_status(r.status, TPS_CBOR_TRUNCATED);
        r = tps_cbor_reader_init(span_of(bytes));
        list = tps_cbor_peek(&r) == TPS_CBOR_MAP ? tps_cbor_enter_map(&r) : tps_cbor_enter_array(&r);
        assert_status(r.status, TPS_CBOR_TRUNCATED);
        assert_int_equal(list.left, 0);
    }
}

static void skipping_takes_one_whole_item(void **state)
{
    static const char *const items[] = {
        "00",         "1bffffffffffffffff", "43010203",     "5f41004101ff", "80",     "a0",
        "8201a10203", "9f01bf0203ffff",     "c11a00000000", "d9d9f78100",   "f93c00", "f820",
        "bf0102ff",   "9f9f9fffffff",       "a1820102a0"};

    (void)state;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        char hex[64];
        tps_cbor_reader r;
        tps_span skipped;

        snprintf(hex, sizeof hex, "%s01", items[i]);
        r = read_hex(hex);
        skipped = tps_cbor_skip(&r);
        assert_span(skipped, tps_span_make(bytes.data, bytes.size - 1));
        assert_int_equal(tps_cbor_get_uint(&r), 1);
    }
}

static void skipping_knows_its_depth(void **state)
{
    uint8_t deep[10001];
    tps_cbor_reader r;

    (void)state;
    memset(deep, 0x81, sizeof deep);
    deep[TPS_CBOR_DEPTH_MAX] = 0x00;
    r = tps_cbor_reader_init(TPS_SPAN_OF(deep));
    assert_int_equal(tps_cbor_skip(&r).size, TPS_CBOR_DEPTH_MAX + 1);
    deep[TPS_CBOR_DEPTH_MAX] = 0x81;
    r = tps_cbor_reader_init(TPS_SPAN_OF(deep));
    assert_null(tps_cbor_skip(&r).data);
    assert_status(r.status, TPS_CBOR_TOO_DEEP);
}

static void skipping_refuses_a_break_where_none_may_be(void **state)
{
    static const char *const samples[] = {"ff", "81ff", "c1ff", "a1ff00", "9f81ff", "9fc1ff"};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        tps_cbor_reader r = read_hex(samples[i]);

        assert_null(tps_cbor_skip(&r).data);
        assert_status(r.status, TPS_CBOR_BAD_BREAK);
    }
}

static void bytes_behind_the_last_item_are_an_error_at_the_end(void **state)
{
    tps_cbor_reader r = read_hex("0102");

    (void)state;
    tps_cbor_get_uint(&r);
    assert_status(tps_cbor_reader_finish(&r), TPS_CBOR_TRAILING);
    assert_status(r.status, TPS_CBOR_TRAILING);
    r = tps_cbor_reader_init(TPS_SPAN_EMPTY);
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_read_to_their_extremes),
        cmocka_unit_test(an_integer_that_does_not_fit_is_out_of_range),
        cmocka_unit_test(a_read_of_another_type_fails_stays_and_gives_nothing),
        cmocka_unit_test(every_read_of_cut_or_reserved_bytes_fails),
        cmocka_unit_test(text_that_is_none_is_of_another_type_where_no_text_may_be),
        cmocka_unit_test(strings_point_into_the_input),
        cmocka_unit_test(a_string_in_chunks_is_refused_by_name),
        cmocka_unit_test(the_first_error_stays_and_stops_everything),
        cmocka_unit_test(a_callers_own_error_is_kept_like_any_other),
        cmocka_unit_test(peeking_tells_the_type_and_moves_nothing),
        cmocka_unit_test(floats_come_with_their_bits_and_width),
        cmocka_unit_test(a_tag_is_taken_only_when_it_is_there),
        cmocka_unit_test(arrays_of_both_kinds_are_walked_to_their_end),
        cmocka_unit_test(walking_ends_at_the_first_error),
        cmocka_unit_test(maps_of_both_kinds_are_walked_by_pairs),
        cmocka_unit_test(a_count_beyond_the_input_is_truncated),
        cmocka_unit_test(skipping_takes_one_whole_item),
        cmocka_unit_test(skipping_knows_its_depth),
        cmocka_unit_test(skipping_refuses_a_break_where_none_may_be),
        cmocka_unit_test(bytes_behind_the_last_item_are_an_error_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
