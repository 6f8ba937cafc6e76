/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON reader: typed reads, walking, strings with escapes, and errors that stay. */
#include "format/json/reader.h"

#include "support/check.h"

static json_reader read_text(const char *text)
{
    return json_reader_init(tps_span_of_text(text));
}

static void an_object_is_walked_in_any_order(void **state)
{
    json_reader r = read_text(" { \"exp\" : 17 , \"skip\":[1,{\"a\":[]},\"]\"], \"n\\u0061me\":\"x\" } ");
    json_list list = json_enter_object(&r);
    int64_t exp = 0;
    tps_span name_value = TPS_SPAN_EMPTY;
    tps_span skipped = TPS_SPAN_EMPTY;

    (void)state;
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);
        if (json_str_is(name, "exp")) {
            exp = json_get_int(&r);
        } else if (json_str_is(name, "name")) {
            name_value = json_get_text(&r, NULL);
        } else {
            skipped = json_skip(&r);
        }
    }
    assert_status(json_reader_finish(&r), TPS_OK);
    assert_int_equal(exp, 17);
    assert_span_text(name_value, "x");
    assert_span_text(skipped, "[1,{\"a\":[]},\"]\"]");
    assert_false(json_next(&r, &list));
}

static void kinds_are_told_apart_without_moving(void **state)
{
    static const struct {
        const char *text;
        uint32_t kind;
    } samples[] = {
        {"{", JSON_OBJECT},    {" [", JSON_ARRAY},   {"\"", JSON_STRING},  {"0", JSON_INTEGER},
        {"-12", JSON_INTEGER}, {"1.5", JSON_NUMBER}, {"1e3", JSON_NUMBER}, {"1E3", JSON_NUMBER},
        {"t", JSON_BOOL},      {"f", JSON_BOOL},     {"n", JSON_NULL},     {"", JSON_END},
        {"  ", JSON_END},      {"x", JSON_END},      {"]", JSON_END},      {"12-3.5", JSON_INTEGER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        json_reader r = read_text(samples[i].text);
        assert_int_equal(json_peek(&r), samples[i].kind);
        assert_int_equal(json_offset(&r), 0);
        json_fail(&r, TPS_CLAIM_BAD_VALUE);
        json_fail(&r, TPS_CLAIM_MISSING);
        assert_int_equal(json_peek(&r), JSON_END);
        assert_status(r.status, TPS_CLAIM_BAD_VALUE);
    }
}

static void assert_int(const char *text, int64_t expected, tps_status status)
{
    json_reader r = read_text(text);

    assert_int_equal(json_get_int(&r), expected);
    assert_status(r.status, status);
    assert_int_equal(json_offset(&r), status == TPS_OK ? strlen(text) : 0);
}

static void integers_are_read_to_their_extremes(void **state)
{
    (void)state;
    assert_int("0", 0, TPS_OK);
    assert_int("-0", 0, TPS_OK);
    assert_int("-7", -7, TPS_OK);
    assert_int("9223372036854775807", INT64_MAX, TPS_OK);
    assert_int("-9223372036854775808", INT64_MIN, TPS_OK);
    assert_int("9223372036854775808", 0, TPS_JSON_OUT_OF_RANGE);
    assert_int("-9223372036854775809", 0, TPS_JSON_OUT_OF_RANGE);
    assert_int("18446744073709551616", 0, TPS_JSON_OUT_OF_RANGE);
    assert_int("99999999999999999999", 0, TPS_JSON_OUT_OF_RANGE);
    assert_int("1.0", 0, TPS_JSON_UNEXPECTED_TYPE);
    assert_int("1e3", 0, TPS_JSON_UNEXPECTED_TYPE);
    assert_int("\"1\"", 0, TPS_JSON_UNEXPECTED_TYPE);
    assert_int("01", 0, TPS_JSON_NOT_WELL_FORMED);
    assert_int("", 0, TPS_JSON_TRUNCATED);
}

static void assert_uint(const char *text, uint64_t expected, tps_status status)
{
    json_reader r = read_text(text);

    assert_true(json_get_uint(&r) == expected);
    assert_status(r.status, status);
}

static void unsigned_integers_are_read_to_their_extremes(void **state)
{
    (void)state;
    assert_uint("18446744073709551615", UINT64_MAX, TPS_OK);
    assert_uint("18446744073709551616", 0, TPS_JSON_OUT_OF_RANGE);
    assert_uint("-0", 0, TPS_OK);
    assert_uint("-1", 0, TPS_JSON_OUT_OF_RANGE);
    assert_uint("1.5", 0, TPS_JSON_UNEXPECTED_TYPE);
    assert_uint("x", 0, TPS_JSON_NOT_WELL_FORMED);
    assert_uint("-", 0, TPS_JSON_TRUNCATED);
}

static void doubles_are_read_from_integers_and_fractions(void **state)
{
    static const char *const good[] = {"0", "-0", "-33.86785", "151.20732", "1e3", "1.7976931348623157e308"};
    static const struct {
        const char *text;
        tps_status status;
    } bad[] = {
        {"1e309", TPS_JSON_OUT_OF_RANGE},  {"-1e309", TPS_JSON_OUT_OF_RANGE},
        {"1.", TPS_JSON_TRUNCATED},        {"1.e", TPS_JSON_NOT_WELL_FORMED},
        {"00", TPS_JSON_NOT_WELL_FORMED},  {"true", TPS_JSON_UNEXPECTED_TYPE},
        {"NaN", TPS_JSON_NOT_WELL_FORMED}, {"", TPS_JSON_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        json_reader r = read_text(good[i]);
        double value = json_get_double(&r);
        double expected = strtod(good[i], NULL);
        assert_memory_equal(&value, &expected, sizeof value);
        assert_status(json_reader_finish(&r), TPS_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_reader r = read_text(bad[i].text);
        assert_true(json_get_double(&r) == 0);
        assert_status(r.status, bad[i].status);
    }
}

static void the_other_scalars_are_read(void **state)
{
    json_reader r = read_text("[true,false,null,null,true]");
    json_list list = json_enter_array(&r);

    (void)state;
    assert_true(json_next(&r, &list) && json_get_bool(&r));
    assert_true(json_next(&r, &list) && !json_get_bool(&r));
    assert_true(json_next(&r, &list));
    json_get_null(&r);
    assert_true(json_next(&r, &list));
    assert_status(r.status, TPS_OK);
    assert_false(json_get_bool(&r));
    assert_status(r.status, TPS_JSON_UNEXPECTED_TYPE);
    json_get_null(&r);
    assert_false(json_next(&r, &list));
    assert_span(json_skip(&r), TPS_SPAN_EMPTY);
    assert_status(json_reader_finish(&r), TPS_JSON_UNEXPECTED_TYPE);
}

static void another_kind_is_an_error_that_stays_where_it_is(void **state)
{
    json_reader r = read_text(" 1");

    (void)state;
    assert_false(json_enter_object(&r).close != 0);
    assert_status(r.status, TPS_JSON_UNEXPECTED_TYPE);
    assert_int_equal(json_offset(&r), 1);
    r = read_text("{}");
    assert_false(json_enter_array(&r).close != 0);
    assert_status(r.status, TPS_JSON_UNEXPECTED_TYPE);
    r = read_text("{}");
    assert_span(json_get_string(&r).raw, TPS_SPAN_EMPTY);
    assert_status(r.status, TPS_JSON_UNEXPECTED_TYPE);
    r = read_text("nuLl");
    json_get_null(&r);
    assert_status(r.status, TPS_JSON_NOT_WELL_FORMED);
    r = read_text("1");
    json_get_null(&r);
    assert_status(r.status, TPS_JSON_UNEXPECTED_TYPE);
}

static void text_without_escapes_points_into_the_input(void **state)
{
    static const char input[] = "\"\xc3\xbc!\"";
    json_reader r = read_text(input);
    tps_span text = json_get_text(&r, NULL);

    (void)state;
    assert_span_text(text, "\xc3\xbc!");
    assert_ptr_equal(text.data, input + 1);
}

static void text_with_escapes_is_unescaped_into_the_room_one_behind_the_other(void **state)
{
    json_reader r =
        read_text("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9\\u6c34\\ud800\\udd51\",\"z\"]");
    json_list list = json_enter_array(&r);
    uint8_t bytes[18];
    tps_buf room = TPS_BUF_OF(bytes);

    (void)state;
    assert_true(json_next(&r, &list));
    assert_span_text(json_get_text(&r, &room), "\"\\/\b\f\n\r\t");
    assert_int_equal(room.size, 10);
    assert_true(json_next(&r, &list));
    assert_span_text(json_get_text(&r, &room), "A\xc3\xa9\xe6\xb0\xb4\xf0\x90\x85\x91");
    assert_int_equal(room.size, 0);
    assert_true(json_next(&r, &list));
    assert_span_text(json_get_text(&r, &room), "z");
    assert_false(json_next(&r, &list));
    assert_status(json_reader_finish(&r), TPS_OK);
}

static void a_room_that_is_too_small_tells_the_size_needed(void **state)
{
    json_reader r = read_text("\"\\u6c34!\"");
    json_str string = json_get_string(&r);
    uint8_t bytes[4];
    tps_buf room = {bytes, 3};
    tps_buf none = TPS_BUF_MEASURE;
    tps_span value;

    (void)state;
    assert_status(json_str_value(string, &room, &value), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(value.size, 4);
    assert_null(value.data);
    assert_int_equal(room.size, 3);
    assert_status(json_str_value(string, &none, &value), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(value.size, 4);
    assert_status(json_str_value(string, NULL, &value), TPS_JSON_BAD_ESCAPE);
    room.size = 4;
    assert_status(json_str_value(string, &room, &value), TPS_OK);
    assert_span_text(value, "\xe6\xb0\xb4!");

    r = read_text("\"\\n\"");
    assert_span(json_get_text(&r, NULL), TPS_SPAN_EMPTY);
    assert_status(r.status, TPS_JSON_BAD_ESCAPE);
}

static json_str string_of(const char *text)
{
    json_reader r = read_text(text);
    json_str string = json_get_string(&r);

    assert_status(r.status, TPS_OK);
    return string;
}

static void names_match_plain_text_with_and_without_escapes(void **state)
{
    (void)state;
    assert_true(json_str_is(string_of("\"abc\""), "abc"));
    assert_true(json_str_is(string_of("\"\\u0061b\\u0063\""), "abc"));
    assert_true(json_str_is(string_of("\"\\u00fc\""), "\xc3\xbc"));
    assert_true(json_str_is(string_of("\"\""), ""));
    assert_false(json_str_is(string_of("\"abc\""), "ab"));
    assert_false(json_str_is(string_of("\"\\u0061b\""), "abc"));
    assert_false(json_str_is(string_of("\"\\u0061bc\""), "ab"));
    assert_false(json_str_is(string_of("\"\\u0061\\u0000\""), "a"));
    assert_false(json_str_is(string_of("\"\\u0000\""), ""));
}

static void strings_are_ordered_by_their_values(void **state)
{
    (void)state;
    assert_true(json_str_compare(string_of("\"a\""), string_of("\"b\"")) < 0);
    assert_true(json_str_compare(string_of("\"\\u0061\""), string_of("\"a\"")) == 0);
    assert_true(json_str_compare(string_of("\"aa\""), string_of("\"a\"")) > 0);
    assert_true(json_str_compare(string_of("\"\""), string_of("\"\\u0000\"")) < 0);
    assert_true(json_str_compare(string_of("\"\\uffff\""), string_of("\"\\ud800\\udc00\"")) < 0);
}

static void assert_base64url(const char *text, size_t room_size, const char *expected, tps_status status)
{
    json_reader r = read_text(text);
    uint8_t bytes[16] = {0};
    tps_buf room = {bytes, room_size};
    tps_span value = json_get_base64url(&r, &room);

    assert_status(r.status, status);
    assert_span_text(value, expected);
    assert_int_equal(room.size, room_size - (status == TPS_OK ? strlen(expected) : 0));
}

static void base64url_is_decoded_strictly(void **state)
{
    (void)state;
    assert_base64url("\"aGVsbG8\"", 5, "hello", TPS_OK);
    assert_base64url("\"-_-_\"", 3, "\xfb\xff\xbf", TPS_OK);
    assert_base64url("\"\"", 0, "", TPS_OK);
    assert_base64url("\"aGVs\\u0062G8\"", 7, "hello", TPS_OK);
    assert_base64url("\"aGVs\\u0062G8\"", 6, "", TPS_BUFFER_TOO_SMALL);
    assert_base64url("\"aGVsbG8\"", 4, "", TPS_BUFFER_TOO_SMALL);
    assert_base64url("\"aGVsbG8=\"", 16, "", TPS_BAD_BASE64);
    assert_base64url("\"+/+/\"", 16, "", TPS_BAD_BASE64);
    assert_base64url("\"++++\"", 16, "", TPS_BAD_BASE64);
    assert_base64url("\"aGVsb\"", 16, "", TPS_BAD_BASE64);
    assert_base64url("\"aG V\"", 16, "", TPS_BAD_BASE64);
    assert_base64url("7", 16, "", TPS_JSON_UNEXPECTED_TYPE);
}

static void skipping_goes_as_deep_as_it_may_and_sees_broken_syntax(void **state)
{
    static const struct {
        const char *text;
        tps_status status;
    } samples[] = {
        {"{\"a\":[1,2", TPS_JSON_TRUNCATED},     {"[1 2]", TPS_JSON_NOT_WELL_FORMED},
        {"{\"a\" 1}", TPS_JSON_NOT_WELL_FORMED}, {"[tru]", TPS_JSON_NOT_WELL_FORMED},
        {"{\"a\"", TPS_JSON_TRUNCATED},          {"{\"a\\", TPS_JSON_TRUNCATED},
        {"[?]", TPS_JSON_NOT_WELL_FORMED},       {"{1:2}", TPS_JSON_NOT_WELL_FORMED},
        {"[-]", TPS_JSON_NOT_WELL_FORMED},
    };
    char deep[2 * JSON_READ_DEPTH_MAX + 2];
    json_reader r;

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        r = read_text(samples[i].text);
        assert_span(json_skip(&r), TPS_SPAN_EMPTY);
        assert_status(r.status, samples[i].status);
    }
    for (size_t depth = JSON_READ_DEPTH_MAX; depth <= JSON_READ_DEPTH_MAX + 1; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        r = json_reader_init(tps_span_make(deep, 2 * depth));
        json_skip(&r);
        assert_status(json_reader_finish(&r), depth == JSON_READ_DEPTH_MAX ? TPS_OK : TPS_JSON_TOO_DEEP);
    }
}

static void what_follows_is_trailing(void **state)
{
    json_reader r = read_text("1 \n");

    (void)state;
    assert_int_equal(json_get_int(&r), 1);
    assert_status(json_reader_finish(&r), TPS_OK);
    r = read_text("1 \n2");
    assert_int_equal(json_get_int(&r), 1);
    assert_status(json_reader_finish(&r), TPS_JSON_TRAILING);
    assert_int_equal(json_offset(&r), 3);
    r = json_reader_init(TPS_SPAN_EMPTY);
    assert_status(json_reader_finish(&r), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_walked_in_any_order),
        cmocka_unit_test(kinds_are_told_apart_without_moving),
        cmocka_unit_test(integers_are_read_to_their_extremes),
        cmocka_unit_test(unsigned_integers_are_read_to_their_extremes),
        cmocka_unit_test(doubles_are_read_from_integers_and_fractions),
        cmocka_unit_test(the_other_scalars_are_read),
        cmocka_unit_test(another_kind_is_an_error_that_stays_where_it_is),
        cmocka_unit_test(text_without_escapes_points_into_the_input),
        cmocka_unit_test(text_with_escapes_is_unescaped_into_the_room_one_behind_the_other),
        cmocka_unit_test(a_room_that_is_too_small_tells_the_size_needed),
        cmocka_unit_test(names_match_plain_text_with_and_without_escapes),
        cmocka_unit_test(strings_are_ordered_by_their_values),
        cmocka_unit_test(base64url_is_decoded_strictly),
        cmocka_unit_test(skipping_goes_as_deep_as_it_may_and_sees_broken_syntax),
        cmocka_unit_test(what_follows_is_trailing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
