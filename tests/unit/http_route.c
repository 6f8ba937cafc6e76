/* SPDX-License-Identifier: Apache-2.0 */
/* Routes, query parameters and media types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/http/route.h"

static const tps_http_route routes[] = {
    {"/s/{id}", 0, TPS_HTTP_GET, 1},
    {"/s/{id}", 10, TPS_HTTP_POST, 2},
    {"/new", 10, TPS_HTTP_POST, 3},
    {"/{a}/x/{b}", 10, TPS_HTTP_GET, 4},
};

static tps_http_match find(tps_http_method method, const char *path)
{
    tps_http_match match;

    tps_http_route_find(routes, 4, method, tps_span_of_text(path), &match);
    return match;
}

static void finds_routes_by_method_and_pattern(void **state)
{
    tps_http_match m = find(TPS_HTTP_POST, "/s/abc");

    (void)state;
    assert_int_equal(m.route->action, 2);
    assert_true(tps_span_is_text(m.parts.parts[0], "abc"));
    assert_int_equal(find(TPS_HTTP_HEAD, "/s/abc").route->action, 1);
    m = find(TPS_HTTP_GET, "/p/x/q");
    assert_int_equal(m.route->action, 4);
    assert_true(tps_span_is_text(m.parts.parts[1], "q"));
}

static void tells_an_unknown_path_from_an_unknown_method(void **state)
{
    tps_http_match m = find(TPS_HTTP_DELETE, "/s/abc");

    (void)state;
    assert_null(m.route);
    assert_true(m.path_known);
    assert_string_equal(m.allow, "GET, HEAD, POST");
    for (size_t i = 0; i < 6; i++) {
        static const char *const paths[] = {"/s/", "/s/a/b", "/new/", "/ne", "", "//x/q"};

        m = find(TPS_HTTP_GET, paths[i]);
        assert_null(m.route);
        assert_false(m.path_known);
    }
}

static void reads_query_parameters(void **state)
{
    uint8_t room[8];
    tps_span value;
    tps_span q = TPS_SPAN_LITERAL("a=1&nonce=%41%2b+%3D&b&c=&a2=%4");

    (void)state;
    assert_int_equal(tps_http_query_find(q, "nonce", TPS_BUF_OF(room), &value), TPS_OK);
    assert_true(tps_span_is_text(value, "A++="));
    assert_int_equal(tps_http_query_find(q, "c", TPS_BUF_OF(room), &value), TPS_OK);
    assert_int_equal(value.size, 0);
    assert_int_equal(tps_http_query_find(q, "b", TPS_BUF_OF(room), &value), TPS_OK);
    assert_int_equal(tps_http_query_find(q, "a2", TPS_BUF_OF(room), &value), TPS_OK);
    assert_true(tps_span_is_text(value, "%4"));
    assert_int_equal(tps_http_query_find(q, "d", TPS_BUF_OF(room), &value), TPS_NOT_FOUND);
    assert_int_equal(tps_http_query_find(TPS_SPAN_LITERAL("a=1&a=1"), "a", TPS_BUF_OF(room), &value),
                     TPS_SERVER_BAD_REQUEST);
    assert_int_equal(tps_http_query_find(TPS_SPAN_LITERAL("a=123456789"), "a", TPS_BUF_OF(room), &value),
                     TPS_TOO_LARGE);
}

static void equal_media_types_are_equal_however_they_are_written(void **state)
{
    static const char *const same[] = {
        "application/eat-cwt; profile=\"http://arm.com/psa/2.0.0\"",
        "Application/EAT-CWT;Profile=\"http://arm.com/psa/2.0.0\"",
        "application/eat-cwt ;\tprofile=\"http:\\/\\/arm.com/psa/2.0.0\" ; ",
        "application/eat-cwt; profile=http://arm.com/psa/2.0.0",
    };
    static const char *const other[] = {
        "application/eat-cwt",
        "application/eat+cwt; profile=\"http://arm.com/psa/2.0.0\"",
        "application/eat-cwt; profile=\"HTTP://arm.com/psa/2.0.0\"",
        "application/eat-cwt; profile=\"http://arm.com/psa/2.0.0\"; a=b",
        "application/eat-cwt; eat_profile=\"http://arm.com/psa/2.0.0\"",
    };
    tps_media_type a;
    tps_media_type b;

    (void)state;
    assert_int_equal(tps_media_type_read(tps_span_of_text(same[0]), &a), TPS_OK);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(tps_media_type_read(tps_span_of_text(same[i]), &b), TPS_OK);
        assert_true(tps_media_type_equal(&a, &b));
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        assert_int_equal(tps_media_type_read(tps_span_of_text(other[i]), &b), TPS_OK);
        assert_false(tps_media_type_equal(&a, &b));
    }
}

static void refuses_malformed_media_types(void **state)
{
    static const char *const bad[] = {
        "",       "a",        "a/",         "/b",          "a/b c",          "a/b;c",   "a/b;=d",
        "a/b;c=", "a/b;c=\"", "a/b;c=\"\\", "a/b;c=d;c=e", "a/b;c=\"\x01\"", "a/b,c/d", "a/b; c = d",
    };
    char longest[600];
    tps_media_type m;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(tps_media_type_read(tps_span_of_text(bad[i]), &m), TPS_SERVER_BAD_REQUEST);
    }
    (void)snprintf(longest, sizeof(longest), "a/b;c=%0500d", 0);
    assert_int_equal(tps_media_type_read(tps_span_of_text(longest), &m), TPS_TOO_LARGE);
    assert_int_equal(tps_media_type_read(TPS_SPAN_LITERAL("a/b;a=1;b=1;c=1;d=1;e=1"), &m), TPS_TOO_LARGE);
    memset(longest, ';', 400);
    memcpy(longest, "a/b", 3);
    assert_int_equal(tps_media_type_read(tps_span_make(longest, 400), &m), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_routes_by_method_and_pattern),
        cmocka_unit_test(tells_an_unknown_path_from_an_unknown_method),
        cmocka_unit_test(reads_query_parameters),
        cmocka_unit_test(equal_media_types_are_equal_however_they_are_written),
        cmocka_unit_test(refuses_malformed_media_types),
    };

    return cmocka_run_group_tests_name("http_route", tests, NULL, NULL);
}
