/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP request reader: what it reads, what it refuses with which status, and that splits of the input
 * never matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/http/reader.h"

static const tps_http_limits limits = {.target = 100, .head = 1000, .fields = 8};

typedef struct {
    tps_http_step step;
    unsigned status;
    size_t head_size;
    size_t total; /* bytes of the whole request */
    char body[4096];
    size_t body_size;
    tps_http_request request;
    tps_http_reader reader;
} outcome;

/* Reads one request that arrives `slice` bytes at a time; every step sees a fresh copy, so that old pointers
 * show. */
static void read_sliced(const char *text, size_t size, size_t slice, uint64_t body_max, outcome *o)
{
    uint8_t *copy = NULL;
    size_t given = 0;
    size_t at = 0;
    tps_span piece;
    size_t consumed;

    memset(o, 0, sizeof(*o));
    tps_http_reader_init(&o->reader, &limits);
    o->step = TPS_HTTP_MORE;
    while (o->step == TPS_HTTP_MORE && given < size) {
        given = given + slice < size ? given + slice : size;
        free(copy);
        copy = malloc(given);
        assert_non_null(copy);
        memcpy(copy, text, given);
        o->step = tps_http_reader_head(&o->reader, tps_span_make(copy, given), &o->request, &o->head_size);
    }
    if (o->step == TPS_HTTP_READY) {
        at = o->head_size;
        o->step = tps_http_reader_accept_body(&o->reader, &o->request, body_max);
    }
    if (o->step == TPS_HTTP_READY) {
        do {
            size_t end = at + slice < size ? at + slice : size;

            o->step = tps_http_reader_body(&o->reader, tps_span_make(text + at, end - at), &piece, &consumed);
            if (o->step != TPS_HTTP_REFUSED) {
                assert_true(o->body_size + piece.size <= sizeof(o->body));
                if (piece.size > 0) {
                    memcpy(o->body + o->body_size, piece.data, piece.size);
                }
                o->body_size += piece.size;
                at += consumed;
            }
        } while (o->step == TPS_HTTP_MORE && at < size);
    }
    o->total = at;
    o->status = o->step == TPS_HTTP_REFUSED ? o->reader.refusal.status : 0;
    free(copy);
}

static void read_all(const char *text, outcome *o)
{
    read_sliced(text, strlen(text), strlen(text), 1000, o);
}

/* The same status whether the bytes come at once or one by one, with a cause and a next step. */
static void expect_refused(const char *text, unsigned status)
{
    outcome whole;
    outcome slow;

    read_sliced(text, strlen(text), strlen(text), 1000, &whole);
    read_sliced(text, strlen(text), 1, 1000, &slow);

    if (whole.status != status || slow.status != status) {
        fail_msg("%u and %u instead of %u for: %s", whole.status, slow.status, status, text);
    }
    assert_non_null(whole.reader.refusal.cause);
    assert_non_null(whole.reader.refusal.next_step);
}

#define GET     "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST    "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static void reads_a_request_whatever_way_it_is_split(void **state)
{
    static const char text[] =
        "POST /t/x/sub?nonce=A%3D&b HTTP/1.1\r\nHost: example.org:80\r\ncontent-TYPE: \ta/b; "
        "c=\"d\" \r\nContent-Length: 5\r\n\r\nhello GET";
    outcome o;

    (void)state;
    for (size_t slice = 1; slice < sizeof(text); slice++) {
        read_sliced(text, sizeof(text) - 1, slice, 1000, &o);

        assert_int_equal(o.step, TPS_HTTP_READY);
        assert_int_equal(o.request.method, TPS_HTTP_POST);
        assert_int_equal(o.request.field_count, 3);
        assert_int_equal(o.body_size, 5);
        assert_memory_equal(o.body, "hello", 5);
        assert_int_equal(o.total, sizeof(text) - 1 - 4);
    }
}

static void splits_target_host_and_fields(void **state)
{
    static const char text[] =
        "GET /t/x?nonce=A%3D HTTP/1.1\r\nHost: b:80\r\nX-Y: \t v w \t\r\nEmpty:\r\n\r\n";
    tps_http_reader reader;
    tps_http_request r;
    size_t head;

    (void)state;
    tps_http_reader_init(&reader, &limits);
    assert_int_equal(tps_http_reader_head(&reader, tps_span_of_text(text), &r, &head), TPS_HTTP_READY);

    assert_true(tps_span_is_text(r.path, "/t/x"));
    assert_true(tps_span_is_text(r.query, "nonce=A%3D"));
    assert_true(tps_span_is_text(r.host, "b:80"));
    assert_true(tps_span_is_text(*tps_http_request_field(&r, "x-y"), "v w"));
    assert_int_equal(tps_http_request_field(&r, "EMPTY")->size, 0);
    assert_null(tps_http_request_field(&r, "Nope"));
    assert_int_equal(head, sizeof(text) - 1);
}

static void takes_the_host_of_an_absolute_target(void **state)
{
    tps_http_reader reader;
    tps_http_request r;
    size_t head;

    (void)state;
    tps_http_reader_init(&reader, &limits);
    assert_int_equal(
        tps_http_reader_head(
            &reader, TPS_SPAN_LITERAL("GET HTTP://x.org/p?q HTTP/1.1\r\nHost: other\r\n\r\n"), &r, &head),
        TPS_HTTP_READY);

    assert_true(tps_span_is_text(r.host, "x.org"));
    assert_true(tps_span_is_text(r.path, "/p"));
    assert_true(tps_span_is_text(r.query, "q"));
}

static void keep_alive_follows_version_and_connection_field(void **state)
{
    static const struct {
        const char *text;
        bool keep;
    } cases[] = {
        {GET "\r\n", true},
        {GET "Connection: close\r\n\r\n", false},
        {GET "Connection: foo, Close\r\n\r\n", false},
        {GET "Connection: close, keep-alive\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
    };
    outcome o;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_all(cases[i].text, &o);
        assert_int_equal(o.step, TPS_HTTP_READY);
        assert_int_equal(o.request.keep_alive, cases[i].keep);
    }
}

static void forgives_one_empty_line_before_a_request_and_not_two(void **state)
{
    outcome o;

    (void)state;
    read_all("\r\n" GET "\r\n", &o);
    assert_int_equal(o.step, TPS_HTTP_READY);
    expect_refused("\r\n\r\n" GET "\r\n", 400);
}

static void refuses_malformed_request_lines(void **state)
{
    static const char *const lines[] = {
        " GET / HTTP/1.1",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET /",
        "GET",
        "G@T / HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1.1x",
        "GET / HTTP/1.",
        "GET /a b HTTP/1.1",
        "GET /\"x HTTP/1.1",
        "GET /# HTTP/1.1",
        "GET /%4 HTTP/1.1",
        "GET /%zz HTTP/1.1",
        "GET x HTTP/1.1",
        "GET * HTTP/1.1",
        "GET /\xc3\xa9 HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\\ HTTP/1.1",
        "GET http:// HTTP/1.1",
        "GET http:///p HTTP/1.1",
        "GET http://u@h/p HTTP/1.1",
        "GET /<x> HTTP/1.1",
        "GET /{a} HTTP/1.1",
        "GET ftp://h/ HTTP/1.1",
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        (void)snprintf(text, sizeof(text), "%s\r\nHost: a\r\n\r\n", lines[i]);
        expect_refused(text, 400);
    }
}

static void refuses_other_versions_with_505_and_methods_with_501(void **state)
{
    (void)state;
    expect_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
    expect_refused("PRI * HTTP/2.0\r\n\r\n", 505);
    expect_refused("GET / HTTP/0.9\r\n\r\n", 505);
    expect_refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505);
    expect_refused("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501);
    expect_refused("get / HTTP/1.1\r\nHost: a\r\n\r\n", 501);
    expect_refused("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501);
}

static void refuses_malformed_fields(void **state)
{
    static const char *const fields[] = {
        "X : y",    " X: y", "X: y\r\n z", "X: y\r\n\tz", ": y",   "X",        "X\x01: y", "X: \x01y",
        "X: a\x7f", "X(: y", "X: a\rb",    "X y: z",      "X;: y", "\"X\": y", "X\xe4: y", "X: \x1b[0m",
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        (void)snprintf(text, sizeof(text), GET "%s\r\n\r\n", fields[i]);
        expect_refused(text, 400);
    }
}

static void refuses_bare_line_feeds_and_nul(void **state)
{
    static const char nul[] = GET "X: a\0b\r\n\r\n";
    outcome o;

    (void)state;
    expect_refused("GET / HTTP/1.1\nHost: a\n\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: a\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\n\n", 400);
    expect_refused("\n" GET "\r\n", 400);
    read_sliced(nul, sizeof(nul) - 1, 1, 1000, &o);
    assert_int_equal(o.status, 400);
}

static void refuses_binary_rubbish_before_any_line_ends(void **state)
{
    static const char hello[] = "\x16\x03\x01\x02";
    outcome o;

    (void)state;
    read_sliced(hello, 4, 4, 1000, &o);
    assert_int_equal(o.status, 400);
}

static void refuses_a_missing_repeated_or_malformed_host(void **state)
{
    (void)state;
    expect_refused("GET / HTTP/1.1\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400);
    expect_refused("GET http://x/ HTTP/1.1\r\n\r\n", 400);
}

static void refuses_every_ambiguous_framing(void **state)
{
    (void)state;
    expect_refused(POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400);
    expect_refused(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400);
    expect_refused(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400);
    expect_refused(POST "Content-Length: 1, 1\r\n\r\n", 400);
    expect_refused(POST "Content-Length: +1\r\n\r\n", 400);
    expect_refused(POST "Content-Length: -1\r\n\r\n", 400);
    expect_refused(POST "Content-Length: 1 1\r\n\r\n", 400);
    expect_refused(POST "Content-Length: 0x1\r\n\r\n", 400);
    expect_refused(POST "Content-Length: 1.0\r\n\r\n", 400);
    expect_refused(POST "Content-Length:\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: identity\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding:\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: xchunked\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: \x0b"
                        "chunked\r\n\r\n",
                   400);
    expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    expect_refused(POST "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 1\r\n\r\n", 400);
}

static void refuses_unknown_codings_expectations_and_missing_lengths(void **state)
{
    (void)state;
    expect_refused(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501);
    expect_refused(POST "Transfer-Encoding: chunked, chunked\r\n\r\n", 501);
    expect_refused(POST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n", 417);
    expect_refused(POST "Content-Type: a/b\r\n\r\n", 411);
}

static void a_post_without_any_body_field_has_no_body(void **state)
{
    outcome o;

    (void)state;
    read_all(POST "\r\n", &o);
    assert_int_equal(o.step, TPS_HTTP_READY);
    assert_int_equal(o.body_size, 0);
    assert_false(o.request.has_length);
}

static void wants_continue_only_where_a_body_follows(void **state)
{
    outcome o;

    (void)state;
    read_all(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx", &o);
    assert_true(o.request.expect_continue);
    read_all(POST "Expect: 100-continue\r\n\r\n", &o);
    assert_false(o.request.expect_continue);
    read_all("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", &o);
    assert_false(o.request.expect_continue);
}

static void refuses_what_is_longer_than_the_limits(void **state)
{
    char text[3000];
    outcome o;

    (void)state;
    (void)snprintf(text, sizeof(text), "GET /%0100d HTTP/1.1\r\nHost: a\r\n\r\n", 0);
    expect_refused(text, 414);
    (void)snprintf(text, sizeof(text), "GET /%0200d", 0);
    expect_refused(text, 414);
    (void)snprintf(text, sizeof(text), GET "X: %01000d\r\n\r\n", 0);
    expect_refused(text, 431);
    expect_refused(GET "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n\r\n", 431);
    read_all(GET "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n\r\n", &o);
    assert_int_equal(o.step, TPS_HTTP_READY);
}

static void refuses_a_large_body_from_its_announcement(void **state)
{
    outcome o;

    (void)state;
    expect_refused(POST "Content-Length: 1001\r\n\r\n", 413);
    expect_refused(POST "Content-Length: 104857600\r\n\r\n", 413);
    expect_refused(POST "Content-Length: 99999999999999999999999999\r\n\r\n", 413);
    expect_refused(POST "Content-Length: 18446744073709551616\r\n\r\n", 413);
    expect_refused(CHUNKED "3e9\r\n", 413);
    expect_refused(CHUNKED "ffffffffffffffff\r\n", 413);
    expect_refused(CHUNKED "10000000000000000\r\n", 413);
    read_sliced(CHUNKED "3\r\nabc\r\n3\r\n", sizeof(CHUNKED "3\r\nabc\r\n3\r\n") - 1, 1, 5, &o);
    assert_int_equal(o.status, 413);
}

static void reads_chunks_with_extensions_and_trailers_in_any_split(void **state)
{
    static const char text[] =
        CHUNKED "5;a=b;c=\"d e\"\r\nhello\r\n00B\r\n wide world\r\n0\r\nX: y\r\nZ:\r\n\r\nGET";
    outcome o;

    (void)state;
    for (size_t slice = 1; slice < sizeof(text); slice++) {
        read_sliced(text, sizeof(text) - 1, slice, 16, &o);

        assert_int_equal(o.step, TPS_HTTP_READY);
        assert_int_equal(o.body_size, 16);
        assert_memory_equal(o.body, "hello wide world", 16);
        assert_int_equal(o.total, sizeof(text) - 1 - 3);
    }
}

static void refuses_malformed_chunks(void **state)
{
    static const char *const chunks[] = {
        "\r\n",
        "g\r\n",
        "-1\r\n",
        "+1\r\n",
        " 1\r\n",
        "1 \r\n",
        "0x1\r\n",
        "1\nx",
        "1\r\nxy\r\n",
        "1\r\nx\n",
        "1\r\nx\r0",
        "1\rx",
        ";a\r\n",
        "1;\x01\r\n",
        "1;a\nx",
        "0\r\n\n",
        "0\r\n X: y\r\n",
        "0\r\nX : y\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\nX: \x01\r\n",
        "0\r\nX: y\n\r\n",
        "0\r\n: y\r\n",
        "1\r\nx\r\n\r\n",
        "0\r\n\rx",
    };
    char text[300];

    (void)state;
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        (void)snprintf(text, sizeof(text), CHUNKED "%s", chunks[i]);
        expect_refused(text, 400);
    }
}

static void bounds_chunk_lines_and_trailers(void **state)
{
    char text[3000];

    (void)state;
    (void)snprintf(text, sizeof(text), CHUNKED "1;%0300d\r\n", 0);
    expect_refused(text, 400);
    (void)snprintf(text, sizeof(text), CHUNKED "0\r\nX: %01100d\r\n\r\n", 0);
    expect_refused(text, 431);
}

static void asks_for_more_on_every_true_prefix(void **state)
{
    static const char text[] = CHUNKED "1\r\nx\r\n0\r\nA: b\r\n\r\n";
    outcome o;

    (void)state;
    for (size_t size = 1; size < sizeof(text) - 1; size++) {
        read_sliced(text, size, size, 10, &o);
        assert_int_equal(o.step, TPS_HTTP_MORE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_request_whatever_way_it_is_split),
        cmocka_unit_test(splits_target_host_and_fields),
        cmocka_unit_test(takes_the_host_of_an_absolute_target),
        cmocka_unit_test(keep_alive_follows_version_and_connection_field),
        cmocka_unit_test(forgives_one_empty_line_before_a_request_and_not_two),
        cmocka_unit_test(refuses_malformed_request_lines),
        cmocka_unit_test(refuses_other_versions_with_505_and_methods_with_501),
        cmocka_unit_test(refuses_malformed_fields),
        cmocka_unit_test(refuses_bare_line_feeds_and_nul),
        cmocka_unit_test(refuses_binary_rubbish_before_any_line_ends),
        cmocka_unit_test(refuses_a_missing_repeated_or_malformed_host),
        cmocka_unit_test(refuses_every_ambiguous_framing),
        cmocka_unit_test(refuses_unknown_codings_expectations_and_missing_lengths),
        cmocka_unit_test(a_post_without_any_body_field_has_no_body),
        cmocka_unit_test(wants_continue_only_where_a_body_follows),
        cmocka_unit_test(refuses_what_is_longer_than_the_limits),
        cmocka_unit_test(refuses_a_large_body_from_its_announcement),
        cmocka_unit_test(reads_chunks_with_extensions_and_trailers_in_any_split),
        cmocka_unit_test(refuses_malformed_chunks),
        cmocka_unit_test(bounds_chunk_lines_and_trailers),
        cmocka_unit_test(asks_for_more_on_every_true_prefix),
    };

    return cmocka_run_group_tests_name("http_reader", tests, NULL, NULL);
}
