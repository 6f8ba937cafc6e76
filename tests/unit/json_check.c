/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON checker: syntax, limits, UTF-8, and names that stand twice. */
#include "format/json/reader.h"

#include "support/check.h"

/* The text in memory of exactly its size, so that reading behind it is seen. */
static tps_status check(tps_span text, const json_limits *limits, tps_error *why)
{
    tps_buf copy = exact_copy(text);
    tps_status status = json_check(tps_span_make(copy.data, copy.size), limits, why);

    free(copy.data);
    return status;
}

static void assert_json(const char *text, tps_status expected)
{
    tps_error why = {0};

    if (check(tps_span_of_text(text), &json_limits_message, &why) != expected) {
        fail_msg("%s: %s at %zu, not %s", text, tps_status_name(why.status), why.offset,
                 tps_status_name(expected));
    }
    assert_status(check(tps_span_of_text(text), &json_limits_message, NULL), expected);
    assert_status(check(tps_span_of_text(text), &json_limits_file, NULL), expected);
}

typedef struct {
    const char *text;
    tps_status expected;
} sample;

static void assert_samples(const sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_json(samples[i].text, samples[i].expected);
    }
}

#define ASSERT_SAMPLES(table) assert_samples(table, sizeof table / sizeof table[0])

static void every_kind_of_value_is_accepted(void **state)
{
    static const char *const good[] = {
        "{}",
        "[]",
        "\"\"",
        "0",
        "-0",
        "true",
        "false",
        "null",
        " \t\r\n[ 1 , 2 ] \n",
        "{\"a\":{\"a\":[{\"a\":0},{\"a\":0}]},\"\":0}",
        "[0,-1,10,1.0,0.5,-0.5e1,1e0,1E+9,1e-9,123456789012345678901234567890]",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00fF\\uD834\\udd1e\\ud7ff\\uE000\"",
        "\"\xc3\xbc\xe6\xb0\xb4\xf0\x90\x85\x91\x7f\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_json(good[i], TPS_OK);
    }
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const bad[] = {
        "]",
        "}",
        ",",
        ":",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{\"a\":1]",
        "{,}",
        "{\"a\"}",
        "{\"a\",1}",
        "{\"a\":}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "01",
        "-01",
        "00",
        "1.x",
        ".5",
        "+1",
        "1ex",
        "1e+x",
        "-x",
        "--1",
        "NaN",
        "Infinity",
        "tru3",
        "nul ",
        "fals!",
        "True",
        "nUll",
        "'a'",
        "\"\x01\"",
        "\"\n\"",
        "\"\x1f\"",
        "/**/1",
        "#",
        "[1]]",
        "\x0b"
        "1",
        "[-]",
        "[1.]",
        "[1e]",
        "[0x1]",
        "{\"a\":01}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_json(bad[i], strcmp(bad[i], "[1]]") == 0 ? TPS_JSON_TRAILING : TPS_JSON_NOT_WELL_FORMED);
    }
}

static void a_second_value_is_refused(void **state)
{
    static const sample samples[] = {
        {"1 2", TPS_JSON_TRAILING},       {"{}{}", TPS_JSON_TRAILING},  {"[],", TPS_JSON_TRAILING},
        {"truefalse", TPS_JSON_TRAILING}, {"\"\"x", TPS_JSON_TRAILING}, {"1-2", TPS_JSON_TRAILING},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

static void a_byte_order_mark_is_refused_by_name(void **state)
{
    tps_error why = {0};

    (void)state;
    assert_status(check(TPS_SPAN_LITERAL("\xef\xbb\xbf{}"), &json_limits_message, &why),
                  TPS_JSON_NOT_WELL_FORMED);
    assert_string_equal(why.detail, "a byte order mark stands before it");
    assert_status(check(TPS_SPAN_LITERAL("\xef\xbb{}"), &json_limits_message, &why),
                  TPS_JSON_NOT_WELL_FORMED);
}

static void escapes_and_surrogates_are_judged(void **state)
{
    static const sample samples[] = {
        {"\"\\x\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\U0041\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\u004\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\u00g0\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\u00:0\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\u00/0\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\u00@0\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\u00`0\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\u00G0\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\ud800\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\ud800x\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\ud800\\n\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\udc00\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\udfff\\ud800\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\ud800\\ud800\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\ud800\\u0041\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\ud800\\ue000\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\ud800\\uzzzz\"", TPS_JSON_BAD_ESCAPE},
        {"\"\\ud800\\udc00\"", TPS_OK},
        {"\"\\udbff\\udfff\"", TPS_OK},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

static void strings_and_names_are_utf8(void **state)
{
    static const sample samples[] = {
        {"\"\xff\"", TPS_JSON_BAD_UTF8},
        {"\"\xc0\x80\"", TPS_JSON_BAD_UTF8},
        {"\"\xed\xa0\x80\"", TPS_JSON_BAD_UTF8},
        {"\"\xf4\x90\x80\x80\"", TPS_JSON_BAD_UTF8},
        {"\"\xc3\"", TPS_JSON_BAD_UTF8},
        {"{\"\xff\":1}", TPS_JSON_BAD_UTF8},
        {"{\"a\":1,\"\xff\":1}", TPS_JSON_BAD_UTF8},
    };
    tps_error why = {0};

    (void)state;
    ASSERT_SAMPLES(samples);
    assert_status(check(TPS_SPAN_LITERAL("[1, \"\xff\"]"), &json_limits_message, &why), TPS_JSON_BAD_UTF8);
    assert_int_equal(why.offset, 5);
}

static void a_name_that_stands_twice_is_refused_however_it_is_written(void **state)
{
    static const sample samples[] = {
        {"{\"a\":1,\"a\":2}", TPS_JSON_DUPLICATE_NAME},
        {"{\"a\":1,\"\\u0061\":2}", TPS_JSON_DUPLICATE_NAME},
        {"{\"\\u0061\":1,\"a\":2}", TPS_JSON_DUPLICATE_NAME},
        {"{\"b\":1,\"a\":2,\"b\":3}", TPS_JSON_DUPLICATE_NAME},
        {"{\"b\":1,\"a\":{\"c\":1,\"b\":2,\"d\":0},\"b\":3}", TPS_JSON_DUPLICATE_NAME},
        {"{\"a\":1,\"b\":2,\"a\":3}", TPS_JSON_DUPLICATE_NAME},
        {"{\"\":1,\"\":2}", TPS_JSON_DUPLICATE_NAME},
        {"[{\"x\":0,\"\xf0\x9d\x84\x9e\":1,\"\\ud834\\udd1e\":2}]", TPS_JSON_DUPLICATE_NAME},
        {"{\"/\":1,\"\\/\":2}", TPS_JSON_DUPLICATE_NAME},
        {"{\"a\":1,\"A\":2,\"aa\":3,\"\":4,\"a\\u0000\":5}", TPS_OK},
        {"[{\"a\":1},{\"a\":1}]", TPS_OK},
        {"{\"b\":{\"b\":1,\"a\":2},\"a\":{\"b\":1}}", TPS_OK},
    };
    tps_error why = {0};

    (void)state;
    ASSERT_SAMPLES(samples);
    assert_status(check(TPS_SPAN_LITERAL("{\"b\":1,\"a\":2,\"b\":3}"), &json_limits_message, &why),
                  TPS_JSON_DUPLICATE_NAME);
    assert_int_equal(why.offset, 14);
}

/* {"000":0, ... } with `count` names in rising order, then `last`. */
static tps_span many_names(uint32_t count, const char *last)
{
    static char text[65536];
    size_t size = 0;

    text[size++] = '{';
    for (uint32_t i = 0; i < count; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size, "\"%03u\":0,", i);
    }
    size += (size_t)snprintf(text + size, sizeof text - size, "\"%s\":0}", last);
    return tps_span_make(text, size);
}

static void sorted_names_are_unlimited_and_unsorted_ones_are_tracked_up_to_a_number(void **state)
{
    (void)state;
    assert_status(check(many_names(500, "999"), &json_limits_message, NULL), TPS_OK);
    assert_status(check(many_names(500, "499"), &json_limits_message, NULL), TPS_JSON_DUPLICATE_NAME);
    assert_status(check(many_names(JSON_TRACKED_NAMES, "!"), &json_limits_message, NULL), TPS_OK);
    assert_status(check(many_names(JSON_TRACKED_NAMES, "005"), &json_limits_message, NULL),
                  TPS_JSON_DUPLICATE_NAME);
    assert_status(check(many_names(JSON_TRACKED_NAMES + 1, "!"), &json_limits_message, NULL),
                  TPS_JSON_UNTRACKED_NAMES);
    assert_status(check(many_names(JSON_TRACKED_NAMES + 1, "005"), &json_limits_message, NULL),
                  TPS_JSON_DUPLICATE_NAME);
}

/* Long names with a long beginning in common, none in its place, spelled in two ways: each duplicate is found
 * wherever it stands. */
static void names_in_any_order_find_their_double(void **state)
{
    (void)state;
    for (uint32_t twice = 0; twice <= 60; twice++) {
        static char text[65536];
        size_t size = 0;
        for (uint32_t i = 0; i < 61; i++) {
            uint32_t number = i * 17 % 61;
            size +=
                (size_t)snprintf(text + size, sizeof text - size, "%s\"%0200u\\u0030%u\":{\"b\":1,\"a\":2}",
                                 i == 0 ? "{" : ",", 7u, number);
        }
        size += (size_t)snprintf(text + size, sizeof text - size, ",\"%0200u0%u\":0}", 7u,
                                 twice == 60 ? 99 : twice);
        assert_status(check(tps_span_make(text, size), &json_limits_message, NULL),
                      twice == 60 ? TPS_OK : TPS_JSON_DUPLICATE_NAME);
    }
}

static void limits_hold_to_the_entry_the_level_and_the_byte(void **state)
{
    const json_limits tight = {.size = 12, .depth = 2, .entries = 3};
    const json_limits loose = {.size = 1000, .depth = 1000, .entries = 1000};
    char deep[2 * JSON_READ_DEPTH_MAX + 2];
    tps_error why = {0};

    (void)state;
    assert_status(check(TPS_SPAN_LITERAL("[1,2,3]"), &tight, NULL), TPS_OK);
    assert_status(check(TPS_SPAN_LITERAL("[1,2,3,4]"), &tight, NULL), TPS_JSON_TOO_MANY);
    assert_status(check(TPS_SPAN_LITERAL("[[1],[2]]"), &tight, NULL), TPS_OK);
    assert_status(check(TPS_SPAN_LITERAL("[1,[[2]]]"), &tight, &why), TPS_JSON_TOO_DEEP);
    assert_int_equal(why.offset, 4);
    assert_status(check(TPS_SPAN_LITERAL("[1,       2]"), &tight, NULL), TPS_OK);
    assert_status(check(TPS_SPAN_LITERAL("[1,        2]"), &tight, NULL), TPS_JSON_TOO_LONG);
    for (size_t depth = JSON_READ_DEPTH_MAX; depth <= JSON_READ_DEPTH_MAX + 1; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        assert_status(check(tps_span_make(deep, 2 * depth), &loose, NULL),
                      depth == JSON_READ_DEPTH_MAX ? TPS_OK : TPS_JSON_TOO_DEEP);
    }
}

static const char sample_text[] =
    "{\"a\\u00e9\\ud834\\udd1e\":[-1.5e+3,true,false,null,\"\xc3\xbc\"],\"b\":{}}";

static void every_shorter_text_is_truncated(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof sample_text - 1; size++) {
        tps_error why = {0};
        assert_status(check(tps_span_make(sample_text, size), &json_limits_message, &why),
                      TPS_JSON_TRUNCATED);
        assert_true(why.offset <= size);
    }
    assert_json(sample_text, TPS_OK);
    assert_json("  ", TPS_JSON_TRUNCATED);
    assert_json("-", TPS_JSON_TRUNCATED);
    assert_json("1.", TPS_JSON_TRUNCATED);
    assert_json("1e-", TPS_JSON_TRUNCATED);
    assert_json("fals", TPS_JSON_TRUNCATED);
}

/* Whatever one byte becomes, the answer is a named one within the text. */
static void every_changed_byte_has_an_answer(void **state)
{
    char text[sizeof sample_text];

    (void)state;
    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (unsigned c = 0; c < 256; c++) {
            tps_error why = {0};
            tps_status status;
            memcpy(text, sample_text, sizeof text);
            text[at] = (char)c;
            status = json_check(tps_span_make(text, sizeof text - 1), &json_limits_message, &why);
            assert_true(status == TPS_OK || (why.status == status && why.offset < sizeof text));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_accepted),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(a_second_value_is_refused),
        cmocka_unit_test(a_byte_order_mark_is_refused_by_name),
        cmocka_unit_test(escapes_and_surrogates_are_judged),
        cmocka_unit_test(strings_and_names_are_utf8),
        cmocka_unit_test(a_name_that_stands_twice_is_refused_however_it_is_written),
        cmocka_unit_test(sorted_names_are_unlimited_and_unsorted_ones_are_tracked_up_to_a_number),
        cmocka_unit_test(names_in_any_order_find_their_double),
        cmocka_unit_test(limits_hold_to_the_entry_the_level_and_the_byte),
        cmocka_unit_test(every_shorter_text_is_truncated),
        cmocka_unit_test(every_changed_byte_has_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
