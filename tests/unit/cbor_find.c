/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up entries of maps by their labels, strings in one piece, and maps put into order. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/vectors.h"

enum { ONE, MINUS, NAME, LARGE, LABELS };

static const tps_cbor_label labels[LABELS] = {
    [ONE] = {.number = 1},
    [MINUS] = {.number = -75000},
    [NAME] = {.name = "cti"},
    [LARGE] = {.number = INT64_MAX},
};

/* Finds the labels in what `hex` says; the caller frees `bytes`. */
static size_t find(const char *hex, tps_buf *bytes, tps_cbor_reader *r, tps_span values[LABELS])
{
    tps_buf loose = bytes_from_hex(hex);

    *bytes = exact_copy(span_of(loose));
    free(loose.data);
    *r = tps_cbor_reader_init(span_of(*bytes));
    return tps_cbor_find(r, labels, values, LABELS);
}

/* The value of each label is an unsigned integer, or 0 for none. */
static void assert_found(const char *hex, const uint64_t expected[LABELS], size_t others)
{
    tps_span values[LABELS];
    tps_cbor_reader r;
    tps_buf bytes;

    assert_int_equal(find(hex, &bytes, &r, values), others);
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
    for (size_t i = 0; i < LABELS; i++) {
        tps_cbor_reader value = tps_cbor_reader_of(&r, values[i]);

        if (expected[i] == 0) {
            assert_null(values[i].data);
            assert_status(value.status, TPS_NOT_FOUND);
            assert_int_equal(tps_cbor_get_uint(&value), 0);
        } else {
            assert_int_equal(tps_cbor_get_uint(&value), expected[i]);
            assert_status(tps_cbor_reader_finish(&value), TPS_OK);
            assert_int_equal(tps_cbor_offset(&value), values[i].data + values[i].size - bytes.data);
        }
    }
    free(bytes.data);
}

#define ONE_HEX   "01 01"
#define MINUS_HEX "3a000124f7 02"
#define NAME_HEX  "63637469 03"
#define LARGE_HEX "1b7fffffffffffffff 04"

static void labels_are_found_in_every_order(void **state)
{
    static const char *const pairs[] = {ONE_HEX, MINUS_HEX, NAME_HEX, LARGE_HEX};
    static const uint64_t all[LABELS] = {1, 2, 3, 4};

    (void)state;
    for (size_t a = 0; a < 4; a++) {
        for (size_t b = 0; b < 4; b++) {
            for (size_t c = 0; c < 4; c++) {
                size_t d = 6 - a - b - c;
                char hex[128];

                if (a == b || b == c || a == c) {
                    continue;
                }
                snprintf(hex, sizeof hex, "a4 %s %s %s %s", pairs[a], pairs[b], pairs[c], pairs[d]);
                assert_found(hex, all, 0);
                snprintf(hex, sizeof hex, "bf %s %s %s %s ff", pairs[a], pairs[b], pairs[c], pairs[d]);
                assert_found(hex, all, 0);
            }
        }
    }
}

static void what_is_absent_is_empty_and_others_are_counted(void **state)
{
    static const uint64_t none[LABELS] = {0};
    static const uint64_t name[LABELS] = {[NAME] = 3};
    static const uint64_t one[LABELS] = {[ONE] = 1};

    (void)state;
    assert_found("a0", none, 0);
    assert_found("bfff", none, 0);
    assert_found("a1" NAME_HEX, name, 0);
    assert_found("a202a1" ONE_HEX NAME_HEX, name, 1);
    assert_found("a3 03 9f01ff" ONE_HEX "61 63 00", one, 2);
    assert_found("a2 1801 01 02 00", one, 1);
}

/* Keys that look like a label and are none. */
static void only_the_label_itself_is_it(void **state)
{
    static const char *const twins[] = {
        "20",                 /* -2 + 1 is not 1 */
        "4101",               /* bytes */
        "f5",                 /* true */
        "c101",               /* a tag around it */
        "8101",               /* an array of it */
        "f93c00",             /* 1.0 */
        "6363746a",           /* another text */
        "626374",             /* its beginning */
        "6463746973",         /* more than it */
        "43637469",           /* its bytes */
        "7f63637469ff",       /* in chunks */
        "1bffffffffffffffff", /* the bits of -1 */
        "3b8000000000000000", /* beyond what a label can be, by a sign the largest one */
        "3b7fffffffffffffff",
        "1bfffffffffffedb08", /* the bits of -75000 */
        "1a000124f7",         /* 74999 */
        "a1010a",
        "f6",
    };
    static const uint64_t none[LABELS] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        char hex[64];

        snprintf(hex, sizeof hex, "a1 %s 05", twins[i]);
        assert_found(hex, none, 1);
    }
}

static void values_of_every_kind_are_gone_over(void **state)
{
    static const char *const kinds[] = {"20",
                                        "1b0000000000000001",
                                        "40",
                                        "43010203",
                                        "5f4101ff",
                                        "60",
                                        "7f6161ff",
                                        "80",
                                        "83010203",
                                        "9f01ff",
                                        "a0",
                                        "a10102",
                                        "bf0102ff",
                                        "c101",
                                        "c1c2c301",
                                        "f4",
                                        "f820",
                                        "f90000",
                                        "fa00000000",
                                        "fb0000000000000000",
                                        "82a1018101c18101",
                                        "9f9f9fffffff"};
    static const uint64_t one[LABELS] = {[ONE] = 1};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tps_buf value = bytes_from_hex(kinds[i]);
        char hex[128];
        tps_span values[LABELS];
        tps_cbor_reader r;
        tps_buf bytes;

        snprintf(hex, sizeof hex, "a2 05 %s" ONE_HEX, kinds[i]);
        assert_found(hex, one, 1);
        snprintf(hex, sizeof hex, "a1 01 %s", kinds[i]);
        assert_int_equal(find(hex, &bytes, &r, values), 0);
        assert_span(values[ONE], span_of(value));
        free(bytes.data);
        free(value.data);
    }
}

static void assert_find_fails(const char *hex, tps_status status)
{
    tps_span values[LABELS];
    tps_cbor_reader r;
    tps_cbor_reader value;
    tps_buf bytes;

    find(hex, &bytes, &r, values);
    assert_status(r.status, status);
    for (size_t i = 0; i < LABELS; i++) {
        assert_null(values[i].data);
        assert_int_equal(values[i].size, 0);
    }
    value = tps_cbor_reader_of(&r, values[0]);
    assert_status(value.status, status);
    assert_int_equal(tps_cbor_offset(&value), tps_cbor_offset(&r));
    free(bytes.data);
}

static void faults_leave_nothing_found(void **state)
{
    (void)state;
    assert_find_fails("", TPS_CBOR_TRUNCATED);
    assert_find_fails("80", TPS_CBOR_UNEXPECTED_TYPE);
    assert_find_fails("a2" ONE_HEX ONE_HEX, TPS_CBOR_DUPLICATE_KEY);
    assert_find_fails("a3" ONE_HEX NAME_HEX "1801 02", TPS_CBOR_DUPLICATE_KEY);
    assert_find_fails("a2" ONE_HEX "63637469", TPS_CBOR_TRUNCATED);
    assert_find_fails("a2" ONE_HEX, TPS_CBOR_TRUNCATED);
    assert_find_fails("bf" ONE_HEX, TPS_CBOR_TRUNCATED);
    assert_find_fails("bf" ONE_HEX "01ff", TPS_CBOR_BAD_BREAK);
    assert_find_fails("a2" ONE_HEX "1c00", TPS_CBOR_RESERVED);
    assert_find_fails("a2" ONE_HEX "021c", TPS_CBOR_RESERVED);
    assert_find_fails("a2" ONE_HEX "61ff00", TPS_CBOR_BAD_UTF8);
    assert_find_fails("a2" ONE_HEX "8101", TPS_CBOR_TRUNCATED);
}

static void every_beginning_of_a_map_is_truncated(void **state)
{
    tps_buf whole = bytes_from_hex("a5" ONE_HEX MINUS_HEX NAME_HEX LARGE_HEX "05 83 01 a1024103 7f6161ff");

    (void)state;
    for (size_t size = 0; size < whole.size; size++) {
        tps_buf cut = exact_copy(tps_span_make(whole.data, size));
        tps_cbor_reader r = tps_cbor_reader_init(span_of(cut));
        tps_span values[LABELS];

        tps_cbor_find(&r, labels, values, LABELS);
        assert_status(r.status, TPS_CBOR_TRUNCATED);
        assert_null(values[ONE].data);
        free(cut.data);
    }
    free(whole.data);
}

static void no_labels_is_a_way_over_a_map(void **state)
{
    const uint8_t bytes[] = {0xa2, 1, 2, 3, 4, 5};
    tps_cbor_reader r = tps_cbor_reader_init(TPS_SPAN_OF(bytes));

    (void)state;
    assert_int_equal(tps_cbor_find(&r, NULL, NULL, 0), 2);
    assert_int_equal(tps_cbor_get_uint(&r), 5);
}

/* A string in one piece, with `room` bytes for that. */
static tps_span join(const char *hex, bool is_text, size_t room, tps_cbor_reader *r)
{
    static uint8_t kept[64];
    static tps_buf joined;
    tps_buf bytes = bytes_from_hex(hex);

    memcpy(kept, bytes.data, bytes.size);
    *r = tps_cbor_reader_init(tps_span_make(kept, bytes.size));
    free(bytes.data);
    free(joined.data);
    joined = (tps_buf){malloc(room + 1), room};
    return is_text ? tps_cbor_join_text(r, joined) : tps_cbor_join_bytes(r, joined);
}

static void strings_are_joined(void **state)
{
    tps_cbor_reader r;

    (void)state;
    assert_span_text(join("5f426162416340ff", false, 10, &r), "abc");
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
    assert_span_text(join("7f62616261636 0ff", true, 3, &r), "abc");
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
    assert_span_text(join("5fff", false, 0, &r), "");
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
    /* In one piece already: no room is needed. */
    assert_span_text(join("43616263", false, 0, &r), "abc");
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
    assert_span_text(join("63616263", true, 0, &r), "abc");
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
}

static void too_little_room_for_a_joined_string_tells_how_much_it_takes(void **state)
{
    tps_cbor_reader r;
    tps_span needed;

    (void)state;
    for (size_t room = 0; room < 6; room++) {
        needed = join("5f426162426364426566ff", false, room, &r);
        assert_null(needed.data);
        assert_int_equal(needed.size, 6);
        assert_status(r.status, TPS_BUFFER_TOO_SMALL);
        assert_int_equal(tps_cbor_offset(&r), 0);
    }
    r.status = TPS_OK;
    needed = tps_cbor_join_bytes(&r, TPS_BUF_MEASURE);
    assert_int_equal(needed.size, 6);
    assert_status(r.status, TPS_BUFFER_TOO_SMALL);
}

static void chunks_that_are_none_are_refused(void **state)
{
    static const struct {
        const char *hex;
        tps_status status;
    } samples[] = {
        {"00", TPS_CBOR_UNEXPECTED_TYPE},
        {"6161", TPS_CBOR_UNEXPECTED_TYPE},
        {"7fff", TPS_CBOR_UNEXPECTED_TYPE},
        {"5f00ff", TPS_CBOR_UNEXPECTED_TYPE},
        {"5f6161ff", TPS_CBOR_UNEXPECTED_TYPE},
        {"5f5f4161ffff", TPS_CBOR_INDEFINITE},
        {"5f4161", TPS_CBOR_TRUNCATED},
        {"5f42", TPS_CBOR_TRUNCATED},
        {"5f", TPS_CBOR_TRUNCATED},
        {"5f1c", TPS_CBOR_RESERVED},
        {"", TPS_CBOR_TRUNCATED},
    };
    tps_cbor_reader r;

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        assert_null(join(samples[i].hex, false, 10, &r).data);
        assert_status(r.status, samples[i].status);
        assert_int_equal(tps_cbor_offset(&r), 0);
    }
    assert_null(join("7f61c361bcff", true, 10, &r).data);
    assert_status(r.status, TPS_CBOR_BAD_UTF8);
}

/* What stands in `hex`, put into order. */
static void assert_sorted(const char *hex, const char *expected)
{
    uint8_t room[256];
    tps_buf bytes = bytes_from_hex(hex);
    tps_buf sorted = bytes_from_hex(expected);
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    tps_cbor_put_array(&w, 1);
    tps_cbor_put_raw(&w, span_of(bytes));
    tps_cbor_sort_map(&w, 1);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    assert_status(tps_cbor_check(encoded, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    assert_span(tps_span_make(room + 1, w.size - 1), span_of(sorted));
    free(bytes.data);
    free(sorted.data);
}

static void maps_are_put_into_the_deterministic_order(void **state)
{
    (void)state;
    assert_sorted("a0", "a0");
    assert_sorted("a1 0102", "a1 0102");
    assert_sorted("a2 0102 0304", "a2 0102 0304");
    assert_sorted("a2 0304 0102", "a2 0102 0304");
    /* The examples of RFC 8949, 4.2.1, from the last to the first. */
    assert_sorted("a8 f400 812000 81186400 62616100 617a00 2000 186400 0a00",
                  "a8 0a00 186400 2000 617a00 62616100 81186400 812000 f400");
    assert_sorted("a3 6162 83010203 6163 f6 6161 a10102", "a3 6161 a10102 6162 83010203 6163 f6");
}

static void sorting_names_what_is_wrong_with_the_map(void **state)
{
    static const struct {
        const char *hex;
        tps_status status;
    } samples[] = {
        {"a2 0102 0103", TPS_CBOR_DUPLICATE_KEY},
        {"a3 0302 0102 0300", TPS_CBOR_DUPLICATE_KEY},
        {"a2 0102", TPS_CBOR_TRUNCATED},
        {"a2 010203", TPS_CBOR_TRUNCATED},
        {"a1 0102 03", TPS_CBOR_TRAILING},
        {"80", TPS_CBOR_UNEXPECTED_TYPE},
        {"", TPS_CBOR_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        uint8_t room[64];
        tps_buf bytes = bytes_from_hex(samples[i].hex);
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));

        tps_cbor_put_raw(&w, span_of(bytes));
        tps_cbor_sort_map(&w, 0);
        assert_status(w.status, samples[i].status);
        tps_cbor_sort_map(&w, 0);
        assert_status(w.status, samples[i].status);
        free(bytes.data);
    }
}

static void sorting_leaves_measures_and_small_buffers_alone(void **state)
{
    uint8_t room[4];
    tps_cbor_writer writers[2] = {tps_cbor_writer_init(TPS_BUF_MEASURE),
                                  tps_cbor_writer_init(TPS_BUF_OF(room))};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_cbor_put_map(&writers[i], 2);
        tps_cbor_put_raw(&writers[i], TPS_SPAN_LITERAL("\x02\x00\x01\x00"));
        tps_cbor_sort_map(&writers[i], 0);
        assert_status(writers[i].status, TPS_OK);
        assert_int_equal(writers[i].size, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_found_in_every_order),
        cmocka_unit_test(what_is_absent_is_empty_and_others_are_counted),
        cmocka_unit_test(only_the_label_itself_is_it),
        cmocka_unit_test(values_of_every_kind_are_gone_over),
        cmocka_unit_test(faults_leave_nothing_found),
        cmocka_unit_test(every_beginning_of_a_map_is_truncated),
        cmocka_unit_test(no_labels_is_a_way_over_a_map),
        cmocka_unit_test(strings_are_joined),
        cmocka_unit_test(too_little_room_for_a_joined_string_tells_how_much_it_takes),
        cmocka_unit_test(chunks_that_are_none_are_refused),
        cmocka_unit_test(maps_are_put_into_the_deterministic_order),
        cmocka_unit_test(sorting_names_what_is_wrong_with_the_map),
        cmocka_unit_test(sorting_leaves_measures_and_small_buffers_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
