/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer: commas, escapes, nesting, and measuring that equals writing. */
#include <stdio.h>

#include "format/json/writer.h"

#include "support/check.h"

static char text[512];

static json_writer begin(void)
{
    memset(text, 0, sizeof text);
    return json_writer_init((tps_buf){(uint8_t *)text, sizeof text - 1});
}

static void finish(const json_writer *w, const char *expected)
{
    size_t size = 0;

    assert_status(json_writer_finish(w, &size), TPS_OK);
    assert_int_equal(size, strlen(expected));
    assert_string_equal(text, expected);
}

static void commas_stand_between_members_and_elements_only(void **state)
{
    json_writer w = begin();

    (void)state;
    json_begin_object(&w);
    json_key(&w, "a");
    json_uint(&w, 1);
    json_key(&w, "b");
    json_begin_array(&w);
    json_end_array(&w);
    json_key(&w, "c");
    json_begin_array(&w);
    json_begin_object(&w);
    json_end_object(&w);
    json_text(&w, "x");
    json_bool(&w, true);
    json_bool(&w, false);
    json_put_null(&w);
    json_end_array(&w);
    json_key_span(&w, TPS_SPAN_LITERAL("d"));
    json_raw(&w, TPS_SPAN_LITERAL("[1,2]"));
    json_end_object(&w);
    finish(&w, "{\"a\":1,\"b\":[],\"c\":[{},\"x\",true,false,null],\"d\":[1,2]}");
}

static void integers_are_written_to_their_extremes(void **state)
{
    json_writer w = begin();

    (void)state;
    json_begin_array(&w);
    json_int(&w, 0);
    json_int(&w, -1);
    json_int(&w, INT64_MAX);
    json_int(&w, INT64_MIN);
    json_uint(&w, UINT64_MAX);
    json_end_array(&w);
    finish(&w, "[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615]");
}

static void control_characters_quotes_and_backslashes_are_escaped(void **state)
{
    json_writer w = begin();

    (void)state;
    json_text_span(&w, tps_span_make("\"\\/\n\t\r\b\x00\x1f\x7f ~", 12));
    finish(&w, "\"\\\"\\\\/\\n\\t\\r\\u0008\\u0000\\u001f\\u007f ~\"");
}

static void utf8_stands_as_it_is_and_other_bytes_become_the_replacement_character(void **state)
{
    json_writer w = begin();

    (void)state;
    json_text_span(
        &w, TPS_SPAN_LITERAL("\xc3\xbc|\xe6\xb0\xb4|\xf0\x90\x85\x91|\xff|\xc3|\xed\xa0\x80|\xf0\x90"));
    finish(&w,
           "\"\xc3\xbc|\xe6\xb0\xb4|\xf0\x90\x85\x91|\\ufffd|\\ufffd|\\ufffd\\ufffd\\ufffd|\\ufffd\\ufffd\"");
}

/* Eight characters are looked at together: whatever stands at any of their places is seen. */
static void every_byte_is_escaped_as_it_must_be_at_every_place(void **state)
{
    char expected[40];

    (void)state;
    for (unsigned byte = 1; byte < 0x80; byte++) {
        for (unsigned place = 0; place < 10; place++) {
            char given[11] = "~!#[]^~ zA";
            tps_buf room = {(uint8_t[64]){0}, 64};
            json_writer w = json_writer_init(room);
            size_t size;

            given[place] = (char)byte;
            json_text(&w, given);
            if (byte == '"' || byte == '\\') {
                snprintf(expected, sizeof expected, "\"%.*s\\%c%s\"", (int)place, given, byte,
                         given + place + 1);
            } else if (byte == '\n' || byte == '\t' || byte == '\r') {
                snprintf(expected, sizeof expected, "\"%.*s\\%c%s\"", (int)place, given,
                         byte == '\n'   ? 'n'
                         : byte == '\t' ? 't'
                                        : 'r',
                         given + place + 1);
            } else if (byte < 0x20 || byte == 0x7f) {
                snprintf(expected, sizeof expected, "\"%.*s\\u%04x%s\"", (int)place, given, byte,
                         given + place + 1);
            } else {
                snprintf(expected, sizeof expected, "\"%s\"", given);
            }
            assert_int_equal(json_writer_finish(&w, &size), TPS_OK);
            assert_int_equal(size, strlen(expected));
            assert_memory_equal(room.data, expected, size);
        }
    }
}

static void names_are_escaped_like_texts(void **state)
{
    json_writer w = begin();

    (void)state;
    json_begin_object(&w);
    json_key(&w, "a\"b");
    json_put_null(&w);
    json_end_object(&w);
    finish(&w, "{\"a\\\"b\":null}");
}

static void bytes_are_written_in_three_alphabets(void **state)
{
    const uint8_t bytes[] = {0xfb, 0xef, 0xff, 0x01};
    json_writer w = begin();

    (void)state;
    json_begin_array(&w);
    json_base64url(&w, TPS_SPAN_OF(bytes));
    json_base64(&w, TPS_SPAN_OF(bytes));
    json_hex(&w, TPS_SPAN_OF(bytes));
    json_hex(&w, TPS_SPAN_EMPTY);
    json_base64(&w, TPS_SPAN_EMPTY);
    json_end_array(&w);
    finish(&w, "[\"--__AQ\",\"++//AQ==\",\"fbefff01\",\"\",\"\"]");
}

/* Written in blocks inside; their seams must not show. */
static void long_bytes_are_one_text(void **state)
{
    uint8_t bytes[97] = {0};
    json_writer w = begin();
    char expected[140];

    (void)state;
    memset(expected, 'A', sizeof expected);
    expected[0] = '"';
    memcpy(expected + 1 + 128, "AA==\"", 6);
    json_base64(&w, TPS_SPAN_OF(bytes));
    finish(&w, expected);
}

static void put_sample(json_writer *w)
{
    json_begin_object(w);
    json_key(w, "name");
    json_text(w, "bulb \"7\"");
    json_key(w, "n");
    json_int(w, -42);
    json_key(w, "b");
    json_base64url(w, TPS_SPAN_LITERAL("abcd"));
    json_end_object(w);
}

static void measuring_equals_writing_and_every_smaller_buffer_is_refused(void **state)
{
    json_writer measure = json_writer_init(TPS_BUF_MEASURE);
    size_t needed = 0;

    (void)state;
    put_sample(&measure);
    assert_status(json_writer_finish(&measure, &needed), TPS_OK);
    for (size_t room = 0; room <= needed; room++) {
        uint8_t *exact = malloc(room + 1);
        json_writer w = json_writer_init((tps_buf){exact, room});
        size_t size = 0;

        exact[room] = 0xa5;
        put_sample(&w);
        assert_status(json_writer_finish(&w, &size), room < needed ? TPS_BUFFER_TOO_SMALL : TPS_OK);
        assert_int_equal(size, needed);
        assert_int_equal(exact[room], 0xa5);
        free(exact);
    }
}

static void nesting_goes_to_its_limit_and_no_deeper(void **state)
{
    json_writer w = begin();
    json_writer deeper;
    size_t size;

    (void)state;
    for (uint32_t i = 0; i < JSON_DEPTH_MAX; i++) {
        json_begin_array(&w);
    }
    deeper = w;
    json_uint(&w, 1);
    json_uint(&w, 2);
    for (uint32_t i = 0; i < JSON_DEPTH_MAX; i++) {
        json_end_array(&w);
    }
    assert_status(json_writer_finish(&w, &size), TPS_OK);
    assert_int_equal(size, 2 * JSON_DEPTH_MAX + 3);

    json_begin_array(&deeper);
    for (uint32_t i = 0; i < JSON_DEPTH_MAX + 1; i++) {
        json_end_array(&deeper);
    }
    assert_status(json_writer_finish(&deeper, &size), TPS_BAD_ARGUMENT);
}

static void what_does_not_close_is_refused(void **state)
{
    json_writer w = begin();
    size_t size;

    (void)state;
    json_begin_object(&w);
    assert_status(json_writer_finish(&w, &size), TPS_BAD_ARGUMENT);
    json_end_object(&w);
    assert_status(json_writer_finish(&w, &size), TPS_OK);
    json_end_object(&w);
    assert_status(json_writer_finish(&w, &size), TPS_BAD_ARGUMENT);
}

typedef void (*misuse)(json_writer *w);

static void close_an_object_as_an_array(json_writer *w)
{
    json_begin_object(w);
    json_end_array(w);
    json_end_object(w);
}

static void close_an_array_as_an_object(json_writer *w)
{
    json_begin_array(w);
    json_end_object(w);
    json_end_array(w);
}

static void put_a_value_without_a_name(json_writer *w)
{
    json_begin_object(w);
    json_uint(w, 1);
    json_end_object(w);
}

static void put_a_name_without_a_value(json_writer *w)
{
    json_begin_object(w);
    json_key(w, "a");
    json_end_object(w);
    json_put_null(w);
    json_end_object(w);
}

static void put_two_names(json_writer *w)
{
    json_begin_object(w);
    json_key(w, "a");
    json_key(w, "b");
    json_put_null(w);
    json_end_object(w);
}

static void put_a_name_into_an_array(json_writer *w)
{
    json_begin_array(w);
    json_key(w, "a");
    json_put_null(w);
    json_end_array(w);
}

static void put_a_name_outside_of_all(json_writer *w)
{
    json_key(w, "a");
    json_put_null(w);
}

static void put_two_values(json_writer *w)
{
    json_put_null(w);
    json_begin_object(w);
    json_end_object(w);
}

static void put_nothing(json_writer *w)
{
    (void)w;
}

static void put_no_number(json_writer *w)
{
    json_double(w, strtod("nan", NULL));
}

static void put_infinity(json_writer *w)
{
    json_begin_array(w);
    json_double(w, -strtod("inf", NULL));
    json_end_array(w);
}

static void what_is_not_one_value_is_refused_at_the_end(void **state)
{
    static const misuse misuses[] = {
        close_an_object_as_an_array,
        close_an_array_as_an_object,
        put_a_value_without_a_name,
        put_a_name_without_a_value,
        put_two_names,
        put_a_name_into_an_array,
        put_a_name_outside_of_all,
        put_two_values,
        put_nothing,
        put_no_number,
        put_infinity,
    };

    (void)state;
    for (size_t i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        json_writer w = begin();
        size_t size;
        misuses[i](&w);
        assert_status(json_writer_finish(&w, &size), TPS_BAD_ARGUMENT);
    }
}

static void an_inner_level_has_its_own_kind(void **state)
{
    json_writer w = begin();

    (void)state;
    json_begin_array(&w);
    json_begin_object(&w);
    json_end_object(&w);
    json_begin_array(&w);
    json_put_null(&w);
    json_end_array(&w);
    json_end_array(&w);
    finish(&w, "[{},[null]]");
}

static void doubles_are_short_and_have_a_point(void **state)
{
    json_writer w = begin();

    (void)state;
    json_begin_array(&w);
    json_double(&w, 0);
    json_double(&w, -0.0);
    json_double(&w, 0.1);
    json_double(&w, -33.86785);
    json_double(&w, 1e300);
    json_double(&w, 5e-324);
    json_end_array(&w);
    finish(&w, "[0.0,-0.0,0.1,-33.86785,1.0e+300,5.0e-324]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_members_and_elements_only),
        cmocka_unit_test(integers_are_written_to_their_extremes),
        cmocka_unit_test(control_characters_quotes_and_backslashes_are_escaped),
        cmocka_unit_test(utf8_stands_as_it_is_and_other_bytes_become_the_replacement_character),
        cmocka_unit_test(every_byte_is_escaped_as_it_must_be_at_every_place),
        cmocka_unit_test(names_are_escaped_like_texts),
        cmocka_unit_test(bytes_are_written_in_three_alphabets),
        cmocka_unit_test(long_bytes_are_one_text),
        cmocka_unit_test(measuring_equals_writing_and_every_smaller_buffer_is_refused),
        cmocka_unit_test(nesting_goes_to_its_limit_and_no_deeper),
        cmocka_unit_test(what_does_not_close_is_refused),
        cmocka_unit_test(what_is_not_one_value_is_refused_at_the_end),
        cmocka_unit_test(an_inner_level_has_its_own_kind),
        cmocka_unit_test(doubles_are_short_and_have_a_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
