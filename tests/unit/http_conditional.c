/* SPDX-License-Identifier: Apache-2.0 */
/* Entity tags: what conditions say, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/http/conditional.h"

static tps_http_request with_fields(const char *name, const char *first, const char *second)
{
    tps_http_request r = {.field_count = 0};

    r.fields[r.field_count++] = (tps_http_field){TPS_SPAN_LITERAL("Host"), TPS_SPAN_LITERAL("\"17\"")};
    if (first != NULL) {
        r.fields[r.field_count++] = (tps_http_field){tps_span_of_text(name), tps_span_of_text(first)};
    }
    if (second != NULL) {
        r.fields[r.field_count++] = (tps_http_field){tps_span_of_text(name), tps_span_of_text(second)};
    }
    return r;
}

static tps_status read_tags(const char *first, const char *second, tps_http_tags *tags)
{
    tps_http_request r = with_fields("if-match", first, second);

    return tps_http_tags_read(&r, "If-Match", tags);
}

static void reads_lists_over_several_fields(void **state)
{
    tps_http_tags tags;

    (void)state;
    assert_int_equal(read_tags(NULL, NULL, &tags), TPS_NOT_FOUND);
    assert_int_equal(read_tags("*", NULL, &tags), TPS_OK);
    assert_true(tags.any);
    assert_int_equal(read_tags("\"a\" ,W/\"b\",, \"\"", "\"c,d\"", &tags), TPS_OK);
    assert_false(tags.any);
    assert_int_equal(tags.count, 4);
    assert_true(tps_span_is_text(tags.tags[1].text, "b"));
    assert_true(tags.tags[1].weak);
    assert_true(tps_span_is_text(tags.tags[2].text, ""));
    assert_true(tps_span_is_text(tags.tags[3].text, "c,d"));
}

static void refuses_what_is_no_list_of_tags(void **state)
{
    static const char *const bad[] = {
        "",         "17",       "\"a", "a\"",     "\"a\" \"b\"", "\"a\"b",    "w/\"a\"", "W/", "W/ \"a\"",
        "*, \"a\"", "\"a\", *", "**",  "\"a b\"", "\"a\tb\"",    "\"a\x7f\"", ",",       "W",  "\"a\";\"b\""};
    static const char many[] =
        "\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\","
        "\"14\",\"15\",\"16\"";
    tps_http_tags tags;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_tags(bad[i], NULL, &tags), TPS_SERVER_BAD_REQUEST);
    }
    assert_int_equal(read_tags("*", "\"a\"", &tags), TPS_SERVER_BAD_REQUEST);
    assert_int_equal(read_tags("\"a\"", "*", &tags), TPS_SERVER_BAD_REQUEST);
    assert_int_equal(read_tags("*", "*", &tags), TPS_SERVER_BAD_REQUEST);
    assert_int_equal(read_tags(many, NULL, &tags), TPS_OK);
    assert_int_equal(tags.count, TPS_HTTP_TAGS_MAX);
    assert_int_equal(read_tags(many, "\"17\"", &tags), TPS_TOO_LARGE);
}

static void weak_tags_match_only_where_weak_ones_may(void **state)
{
    tps_http_tags tags;

    (void)state;
    assert_int_equal(read_tags("\"a\", W/\"b\"", NULL, &tags), TPS_OK);
    assert_true(tps_http_tags_match(&tags, "a", false));
    assert_true(tps_http_tags_match(&tags, "a", true));
    assert_false(tps_http_tags_match(&tags, "b", false));
    assert_true(tps_http_tags_match(&tags, "b", true));
    assert_false(tps_http_tags_match(&tags, "c", true));
    assert_false(tps_http_tags_match(&tags, NULL, true));
}

static void an_asterisk_matches_whatever_exists(void **state)
{
    tps_http_tags tags;

    (void)state;
    assert_int_equal(read_tags("*", NULL, &tags), TPS_OK);
    assert_true(tps_http_tags_match(&tags, "a", false));
    assert_true(tps_http_tags_match(&tags, "", true));
    assert_false(tps_http_tags_match(&tags, NULL, false));
}

static void a_sequence_comes_back_as_it_was_written(void **state)
{
    static const int64_t values[] = {1, 9, 10, 17, 4294967296, 999999999999999999};
    char text[TPS_HTTP_TAG_SIZE];
    tps_http_tags tags;
    int64_t read;

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_int_equal(read_tags(tps_http_tag_write(values[i], text), NULL, &tags), TPS_OK);
        assert_int_equal(tps_http_tags_sequence(&tags, &read), TPS_OK);
        assert_int_equal(read, values[i]);
    }
    assert_string_equal(tps_http_tag_write(INT64_MAX, text), "\"9223372036854775807\"");
}

static void other_tags_are_no_sequence(void **state)
{
    static const char *const others[] = {
        "*",     "\"\"",   "\"x\"",   "\"1x\"",       "\"017\"",
        "\"0\"", "\"-1\"", "W/\"1\"", "\"1\", \"2\"", "\"1000000000000000000\""};
    tps_http_tags tags;
    int64_t read = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(read_tags(others[i], NULL, &tags), TPS_OK);
        assert_int_equal(tps_http_tags_sequence(&tags, &read), TPS_NOT_FOUND);
    }
    assert_int_equal(read, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lists_over_several_fields),
        cmocka_unit_test(refuses_what_is_no_list_of_tags),
        cmocka_unit_test(weak_tags_match_only_where_weak_ones_may),
        cmocka_unit_test(an_asterisk_matches_whatever_exists),
        cmocka_unit_test(a_sequence_comes_back_as_it_was_written),
        cmocka_unit_test(other_tags_are_no_sequence),
    };

    return cmocka_run_group_tests_name("http_conditional", tests, NULL, NULL);
}
