/* SPDX-License-Identifier: Apache-2.0 */
/* DER: what the checker lets through and what it names, and the reader's typed reads. */
#include "support/check.h"
#include "support/vectors.h"

#include "format/der/reader.h"

typedef struct {
    const char *hex;
    tps_status status;
    size_t offset;
} check_case;

static void assert_checks(const check_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tps_buf bytes = bytes_from_hex(cases[i].hex);
        tps_error why = {TPS_OK, 0, NULL};

        print_message("%s\n", cases[i].hex);
        assert_status(der_check(span_of(bytes), &why), cases[i].status);
        assert_int_equal(why.offset, cases[i].offset);
        assert_status(der_check(span_of(bytes), NULL), cases[i].status);
        free(bytes.data);
    }
}

#define ASSERT_CHECKS(cases) assert_checks(cases, sizeof(cases) / sizeof(cases)[0])

static void good_values_of_every_type_are_taken(void **state)
{
    static const check_case cases[] = {
        {"0500", TPS_OK, 0},
        {"0101ff", TPS_OK, 0},
        {"010100", TPS_OK, 0},
        {"020100", TPS_OK, 0},
        {"0201ff", TPS_OK, 0},
        {"02020080", TPS_OK, 0},
        {"0202ff7f", TPS_OK, 0},
        {"0a0105", TPS_OK, 0},
        {"030100", TPS_OK, 0},
        {"030200ff", TPS_OK, 0},
        {"03020780", TPS_OK, 0},
        {"0400", TPS_OK, 0},
        {"0603550406", TPS_OK, 0},
        {"0604881f0101", TPS_OK, 0},
        {"0c03e282ac", TPS_OK, 0},
        {"130a4179303920282b2f3d3f", TPS_OK, 0},
        {"13042c2d2e3a", TPS_OK, 0},
        {"1203312039", TPS_OK, 0},
        {"1602007f", TPS_OK, 0},
        {"1a02207e", TPS_OK, 0},
        {"170d3138303332323233353935395a", TPS_OK, 0},
        {"1e020041", TPS_OK, 0},
        {"3000", TPS_OK, 0},
        {"3100", TPS_OK, 0},
        {"300b30003100020101a0020400", TPS_OK, 0},
        {"3008 30003100 a0020500", TPS_OK, 0},
        {"800201ff", TPS_OK, 0},
        {"410101", TPS_OK, 0},
    };

    (void)state;
    ASSERT_CHECKS(cases);
}

static void what_is_cut_or_followed_is_refused(void **state)
{
    static const check_case cases[] = {
        {"", TPS_DER_TRUNCATED, 0},
        {"04", TPS_DER_TRUNCATED, 0},
        {"0401", TPS_DER_TRUNCATED, 0},
        {"0481", TPS_DER_TRUNCATED, 0},
        {"048180", TPS_DER_TRUNCATED, 0},
        {"04820100", TPS_DER_TRUNCATED, 0},
        {"0484ffffffff00", TPS_DER_TRUNCATED, 0},
        {"04850100000000", TPS_DER_TRUNCATED, 0},
        {"30020401", TPS_DER_TRUNCATED, 2},
        {"3003040100 00", TPS_DER_TRAILING, 5},
        {"30010400", TPS_DER_TRUNCATED, 2},
        {"05000500", TPS_DER_TRAILING, 2},
        {"300005", TPS_DER_TRAILING, 2},
    };

    (void)state;
    ASSERT_CHECKS(cases);
}

static void what_is_ber_only_is_refused(void **state)
{
    static const check_case cases[] = {
        {"30800000", TPS_DER_NOT_CANONICAL, 0}, /* indefinite */
        {"04810100", TPS_DER_NOT_CANONICAL, 0}, /* long form of a short length */
        {"04820001", TPS_DER_NOT_CANONICAL, 0}, /* a leading zero, before it is seen that it is cut */
        {"300504820001aa", TPS_DER_NOT_CANONICAL, 2}, {"0100", TPS_DER_NOT_CANONICAL, 0},
        {"010101", TPS_DER_NOT_CANONICAL, 0},         {"01020000", TPS_DER_NOT_CANONICAL, 0},
        {"0200", TPS_DER_NOT_CANONICAL, 0},           {"0202007f", TPS_DER_NOT_CANONICAL, 0},
        {"0202ff80", TPS_DER_NOT_CANONICAL, 0},       {"0a020001", TPS_DER_NOT_CANONICAL, 0},
        {"0300", TPS_DER_NOT_CANONICAL, 0},           {"03020800", TPS_DER_NOT_CANONICAL, 0},
        {"030101", TPS_DER_NOT_CANONICAL, 0},         {"03020101", TPS_DER_NOT_CANONICAL, 0},
        {"050100", TPS_DER_NOT_CANONICAL, 0},         {"0600", TPS_DER_NOT_CANONICAL, 0},
        {"06028001", TPS_DER_NOT_CANONICAL, 0},       {"060188", TPS_DER_NOT_CANONICAL, 0},
        {"0603558001", TPS_DER_NOT_CANONICAL, 0},
    };

    (void)state;
    ASSERT_CHECKS(cases);
}

static void tags_of_other_forms_are_refused(void **state)
{
    static const check_case cases[] = {
        {"0000", TPS_DER_BAD_TAG, 0},      {"1f8101 00", TPS_DER_BAD_TAG, 0},
        {"9f8101 00", TPS_DER_BAD_TAG, 0}, {"bf2000", TPS_DER_BAD_TAG, 0},
        {"2400", TPS_DER_BAD_TAG, 0},      {"2c00", TPS_DER_BAD_TAG, 0},
        {"1000", TPS_DER_BAD_TAG, 0},      {"1100", TPS_DER_BAD_TAG, 0},
        {"2000", TPS_DER_BAD_TAG, 0},      {"30022400", TPS_DER_BAD_TAG, 2},
    };

    (void)state;
    ASSERT_CHECKS(cases);
}

static void text_of_other_characters_is_refused(void **state)
{
    static const check_case cases[] = {
        {"0c01ff", TPS_DER_BAD_TEXT, 0}, {"130140", TPS_DER_BAD_TEXT, 0}, {"130100", TPS_DER_BAD_TEXT, 0},
        {"13015b", TPS_DER_BAD_TEXT, 0}, {"13017b", TPS_DER_BAD_TEXT, 0}, {"13012a", TPS_DER_BAD_TEXT, 0},
        {"12012d", TPS_DER_BAD_TEXT, 0}, {"12013a", TPS_DER_BAD_TEXT, 0}, {"160180", TPS_DER_BAD_TEXT, 0},
        {"1a011f", TPS_DER_BAD_TEXT, 0}, {"1a017f", TPS_DER_BAD_TEXT, 0},
    };

    (void)state;
    ASSERT_CHECKS(cases);
}

static void nesting_ends_at_the_limit(void **state)
{
    uint8_t bytes[2 * (DER_DEPTH_MAX + 1)];
    tps_error why = {TPS_OK, 0, NULL};

    (void)state;
    for (size_t i = 0; i <= DER_DEPTH_MAX; i++) {
        bytes[2 * i] = DER_SEQUENCE;
        bytes[2 * i + 1] = (uint8_t)(2 * (DER_DEPTH_MAX - i));
    }
    assert_status(der_check(TPS_SPAN_OF(bytes), &why), TPS_DER_TOO_DEEP);
    assert_int_equal(why.offset, 2 * DER_DEPTH_MAX);
    assert_status(der_check(tps_span_make(bytes + 2, sizeof bytes - 2), NULL), TPS_OK);
}

static void lengths_of_two_bytes_and_more_are_read(void **state)
{
    static uint8_t bytes[70000];
    tps_span content;

    (void)state;
    for (size_t size = 127; size < sizeof bytes - 8; size = size < 300 ? size + 1 : size * 2) {
        size_t head = size < 0x80 ? 2 : size < 0x100 ? 3 : size < 0x10000 ? 4 : 5;
        der_reader r;

        bytes[0] = DER_OCTET_STRING;
        bytes[1] = (uint8_t)(head == 2 ? size : 0x80 + head - 2);
        for (size_t i = 2; i < head; i++) {
            bytes[i] = (uint8_t)(size >> 8 * (head - 1 - i));
        }
        assert_status(der_check(tps_span_make(bytes, head + size), NULL), TPS_OK);
        assert_status(der_check(tps_span_make(bytes, head + size - 1), NULL), TPS_DER_TRUNCATED);
        r = der_reader_init(tps_span_make(bytes, head + size));
        content = der_get(&r, DER_OCTET_STRING);
        assert_int_equal(content.size, size);
        assert_status(der_reader_finish(&r), TPS_OK);
    }
}

/* A reader over hex; the bytes are kept until the next call. */
static der_reader read_hex(const char *hex)
{
    static tps_buf bytes;

    free(bytes.data);
    bytes = bytes_from_hex(hex);
    return der_reader_init(span_of(bytes));
}

static void integers_come_as_numbers_within_their_range(void **state)
{
    static const struct {
        const char *hex;
        int64_t value;
        tps_status as_int;
        tps_status as_uint;
    } cases[] = {
        {"020100", 0, TPS_OK, TPS_OK},
        {"02017f", 127, TPS_OK, TPS_OK},
        {"02020080", 128, TPS_OK, TPS_OK},
        {"0201ff", -1, TPS_OK, TPS_DER_OUT_OF_RANGE},
        {"020180", -128, TPS_OK, TPS_DER_OUT_OF_RANGE},
        {"02087fffffffffffffff", INT64_MAX, TPS_OK, TPS_OK},
        {"02088000000000000000", INT64_MIN, TPS_OK, TPS_DER_OUT_OF_RANGE},
        {"0209008000000000000000", 0, TPS_DER_OUT_OF_RANGE, TPS_OK},
        {"0209018000000000000000", 0, TPS_DER_OUT_OF_RANGE, TPS_DER_OUT_OF_RANGE},
        {"0209ff7fffffffffffffff", 0, TPS_DER_OUT_OF_RANGE, TPS_DER_OUT_OF_RANGE},
        {"020a01000000000000000000", 0, TPS_DER_OUT_OF_RANGE, TPS_DER_OUT_OF_RANGE},
        {"02020001", 0, TPS_DER_NOT_CANONICAL, TPS_DER_NOT_CANONICAL},
        {"0200", 0, TPS_DER_NOT_CANONICAL, TPS_DER_NOT_CANONICAL},
        {"0401ff", 0, TPS_DER_UNEXPECTED_TYPE, TPS_DER_UNEXPECTED_TYPE},
        {"", 0, TPS_DER_UNEXPECTED_TYPE, TPS_DER_UNEXPECTED_TYPE},
        {"0202ff", 0, TPS_DER_TRUNCATED, TPS_DER_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        der_reader r = read_hex(cases[i].hex);

        print_message("%s\n", cases[i].hex);
        assert_int_equal(der_get_int(&r, DER_INTEGER), cases[i].value);
        assert_status(r.status, cases[i].as_int);
        assert_int_equal(r.at == r.end && r.at != r.start, cases[i].as_int == TPS_OK);
        r = read_hex(cases[i].hex);
        if (cases[i].as_uint != TPS_OK) {
            assert_int_equal(der_get_uint(&r, DER_INTEGER), 0);
        } else if (cases[i].as_int == TPS_OK) {
            assert_int_equal(der_get_uint(&r, DER_INTEGER), cases[i].value);
        } else {
            assert_true(der_get_uint(&r, DER_INTEGER) == UINT64_C(1) << 63);
        }
        assert_status(r.status, cases[i].as_uint);
        assert_int_equal(der_offset(&r) == 0, cases[i].as_uint != TPS_OK);
    }
}

static void implicit_tags_take_the_rules_of_their_type(void **state)
{
    der_reader r = read_hex("800101 8101ff 82020780 8303550406 8403e282ac 850101 8601ff");
    uint8_t unused;

    (void)state;
    assert_int_equal(der_get_uint(&r, DER_CONTEXT(0)), 1);
    assert_true(der_get_boolean(&r, DER_CONTEXT(1)));
    assert_span(der_get_bits(&r, DER_CONTEXT(2), &unused), tps_span_make("\x80", 1));
    assert_int_equal(unused, 7);
    assert_int_equal(der_get_oid(&r, DER_CONTEXT(3)).size, 3);
    assert_span_text(der_get_text(&r, DER_CONTEXT(4)), "\xe2\x82\xac");
    assert_false(der_get_boolean(&r, DER_CONTEXT(5)));
    assert_status(r.status, TPS_DER_NOT_CANONICAL);
    assert_int_equal(der_offset(&r), 20);
    r = read_hex("8601ff");
    assert_int_equal(der_get_text(&r, DER_CONTEXT(6)).size, 0);
    assert_status(r.status, TPS_DER_BAD_TEXT);
    r = read_hex("820108");
    assert_int_equal(der_get_bits(&r, DER_CONTEXT(2), &unused).size, 0);
    assert_int_equal(unused, 0);
    assert_status(r.status, TPS_DER_NOT_CANONICAL);
    r = read_hex("830180");
    assert_int_equal(der_get_oid(&r, DER_CONTEXT(3)).size, 0);
    assert_status(r.status, TPS_DER_NOT_CANONICAL);
}

static void a_constructed_value_is_entered_and_left_at_its_end(void **state)
{
    der_reader r = read_hex("3007 a003020105 0500 0101ff");
    const uint8_t *outer;
    const uint8_t *within;

    (void)state;
    assert_int_equal(der_peek(&r), DER_SEQUENCE);
    outer = der_enter(&r, DER_SEQUENCE);
    within = der_enter(&r, DER_CONTEXT_CONSTRUCTED(0));
    assert_int_equal(der_get_uint(&r, DER_INTEGER), 5);
    assert_int_equal(der_peek(&r), DER_END);
    der_leave(&r, within);
    assert_int_equal(der_skip(&r).size, 2);
    der_leave(&r, outer);
    assert_true(der_get_boolean(&r, DER_BOOLEAN));
    assert_status(der_reader_finish(&r), TPS_OK);
}

static void values_left_behind_are_trailing(void **state)
{
    der_reader r = read_hex("30020500 0500");
    const uint8_t *outer = der_enter(&r, DER_SEQUENCE);

    (void)state;
    der_leave(&r, outer);
    assert_status(r.status, TPS_DER_TRAILING);
    assert_int_equal(der_offset(&r), 2);
    r = read_hex("0500 0500");
    (void)der_get(&r, DER_NULL);
    assert_status(der_reader_finish(&r), TPS_DER_TRAILING);
}

static void after_an_error_nothing_moves(void **state)
{
    der_reader r = read_hex("3003020101");
    const uint8_t *outer;
    tps_error why;
    tps_span content = TPS_SPAN_LITERAL("before");
    uint8_t unused;

    (void)state;
    outer = der_enter(&r, DER_SET);
    assert_status(r.status, TPS_DER_UNEXPECTED_TYPE);
    assert_int_equal(der_peek(&r), DER_END);
    assert_int_equal(der_skip(&r).size, 0);
    assert_int_equal(der_get(&r, DER_SEQUENCE).size, 0);
    assert_false(der_take(&r, DER_SEQUENCE, &content));
    assert_span_text(content, "before");
    assert_false(der_get_boolean(&r, DER_SEQUENCE));
    assert_int_equal(der_get_int(&r, DER_SEQUENCE), 0);
    assert_int_equal(der_get_bits(&r, DER_SEQUENCE, &unused).size, 0);
    (void)der_enter(&r, DER_SEQUENCE);
    der_leave(&r, outer);
    der_fail(&r, TPS_DER_OUT_OF_RANGE);
    assert_int_equal(der_offset(&r), 0);
    assert_status(der_reader_why(&r, &why, "where"), TPS_DER_UNEXPECTED_TYPE);
    assert_string_equal(why.detail, "where");
    assert_status(der_reader_finish(&r), TPS_DER_UNEXPECTED_TYPE);
}

static void a_value_is_taken_only_under_its_tag(void **state)
{
    der_reader r = read_hex("0401aa 0401bb 0500 050100");
    tps_span content;
    tps_error why;

    (void)state;
    assert_false(der_take(&r, DER_INTEGER, &content));
    assert_true(der_take(&r, DER_OCTET_STRING, &content));
    assert_span(content, tps_span_make("\xaa", 1));
    assert_true(der_take(&r, DER_OCTET_STRING, &content));
    assert_true(der_take(&r, DER_NULL, &content));
    assert_status(der_reader_why(&r, &why, NULL), TPS_OK);
    assert_false(der_take(&r, DER_NULL, &content));
    assert_status(r.status, TPS_DER_NOT_CANONICAL);
}

static void an_empty_span_without_address_is_read(void **state)
{
    der_reader r = der_reader_init(TPS_SPAN_EMPTY);

    (void)state;
    assert_int_equal(der_peek(&r), DER_END);
    assert_status(der_reader_finish(&r), TPS_OK);
    assert_int_equal(der_skip(&r).size, 0);
    assert_status(r.status, TPS_DER_TRUNCATED);
    assert_status(der_check(TPS_SPAN_EMPTY, NULL), TPS_DER_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_values_of_every_type_are_taken),
        cmocka_unit_test(what_is_cut_or_followed_is_refused),
        cmocka_unit_test(what_is_ber_only_is_refused),
        cmocka_unit_test(tags_of_other_forms_are_refused),
        cmocka_unit_test(text_of_other_characters_is_refused),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(lengths_of_two_bytes_and_more_are_read),
        cmocka_unit_test(integers_come_as_numbers_within_their_range),
        cmocka_unit_test(implicit_tags_take_the_rules_of_their_type),
        cmocka_unit_test(a_constructed_value_is_entered_and_left_at_its_end),
        cmocka_unit_test(values_left_behind_are_trailing),
        cmocka_unit_test(after_an_error_nothing_moves),
        cmocka_unit_test(a_value_is_taken_only_under_its_tag),
        cmocka_unit_test(an_empty_span_without_address_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
