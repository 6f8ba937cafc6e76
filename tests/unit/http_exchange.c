/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange after another: how requests may come, what is told of them, and what becomes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_support.h"

#define GET_X "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

static void pump_until_closed(http_fixture *f)
{
    for (uint64_t end = http_test_now_ms() + 5000;
         tps_http_server_connections(f->server) > 0 && http_test_now_ms() < end;) {
        http_test_pump(f, 1);
    }
    assert_int_equal(tps_http_server_connections(f->server), 0);
}

/* ---- requests ---- */

static void requests_may_come_in_any_pieces(void **state)
{
    static const char text[] =
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n"
        "Host: a\r\n\r\nPOST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nde\r\n1\r\nf\r\n0\r\n\r\n";
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);
    for (size_t piece = 1; piece < sizeof(text); piece = piece * 3 / 2 + 1) {
        for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
            size_t left = sizeof(text) - 1 - at;

            assert_true(send(fd, text + at, left < piece ? left : piece, MSG_NOSIGNAL) > 0);
            (void)event_base_loop(f.base, EVLOOP_NONBLOCK);
        }
        assert_true(http_test_hear(&f, fd, "POST /3 def", 2000));
        assert_non_null(strstr(http_test_heard, "POST /1 abcHTTP/1.1 200 OK"));
    }
    (void)close(fd);
    http_test_stop(&f);
}

static void no_more_than_64_kib_is_read_ahead(void **state)
{
    size_t sent = 0;
    size_t answered = 0;
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);
    f.hold = true;
    for (size_t i = 0; i < 4000; i++) {
        sent += send(fd, GET_X, sizeof(GET_X) - 1, MSG_NOSIGNAL) == sizeof(GET_X) - 1;
    }
    http_test_pump(&f, 30);
    assert_int_equal(f.handled, 1);
    assert_in_range(tps_http_server_counters(f.server).bytes_in, 60000, 2 * 65536);

    f.hold = false;
    http_test_echo(f.held[0]);
    for (uint64_t end = http_test_now_ms() + 5000; answered < sent && http_test_now_ms() < end;) {
        char answers[65536];
        ssize_t got = recv(fd, answers, sizeof(answers) - 1, 0);

        answers[got > 0 ? got : 0] = '\0';
        for (const char *at = answers; (at = strstr(at, "HTTP/1.1 200")) != NULL; at++) {
            answered++;
        }
        http_test_pump(&f, 0);
    }
    assert_int_equal(f.handled, sent);
    (void)close(fd);
    http_test_stop(&f);
}

static void each_deadline_counts_for_itself(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    uint64_t begun = http_test_now_ms();
    http_fixture f;
    int body;
    int head;

    (void)state;
    options.header_timeout_ms = 200;
    options.request_timeout_ms = 20000;
    http_test_start(&f, options);
    body = http_test_dial(&f);
    http_test_say(body, "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh");
    http_test_pump(&f, 5);
    head = http_test_dial(&f);
    http_test_say(head, "GET ");
    assert_true(http_test_hear(&f, head, NULL, 5000));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 408 "));
    assert_in_range(http_test_now_ms() - begun, 150, 5000);
    http_test_say(body, "i");
    assert_true(http_test_hear(&f, body, "POST /slow hi", 2000));
    (void)close(body);
    (void)close(head);
    http_test_stop(&f);
}

static void memory_of_bodies_is_given_back(void **state)
{
    static char large[120000];
    tps_http_server_options options = tps_http_server_defaults();
    size_t head;
    http_fixture f;
    int fd;

    (void)state;
    options.body_memory_max = 100000;
    http_test_start(&f, options);
    memset(large, 'x', sizeof(large) - 1);
    head = (size_t)snprintf(large, sizeof(large),
                            "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    large[head] = 'x';
    for (size_t i = 0; i < 150; i++) { /* as many connections and small bodies as would fill it */
        fd = http_test_dial(&f);
        http_test_say(fd, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        assert_true(http_test_hear(&f, fd, "POST /a hi", 2000));
        (void)close(fd);
    }
    for (size_t i = 0; i < 5; i++) {
        fd = http_test_dial(&f);
        for (size_t sent = 0; sent < head + 60000;) {
            ssize_t n = send(fd, large + sent, head + 60000 - sent, MSG_NOSIGNAL);

            sent += n > 0 ? (size_t)n : 0;
            http_test_pump(&f, 0);
        }
        assert_true(http_test_hear(&f, fd, "xxx", 2000));
        assert_non_null(strstr(http_test_heard, "HTTP/1.1 200 "));
        (void)close(fd);
    }
    http_test_stop(&f);
}

/* ---- what is told of them ---- */

static void tells_what_became_of_each_request(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);
    http_test_say(fd, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    assert_true(http_test_hear(&f, fd, "POST /a hi", 2000));
    assert_int_equal(f.finished, 1);
    assert_int_equal(f.last.status, 200);
    assert_int_equal(f.last.bytes_in, 2);
    assert_int_equal(f.last.bytes_out, strlen(http_test_heard));
    assert_in_range(f.last.microseconds, 1, 2000000);
    assert_true(f.last_had_request);
    assert_ptr_equal(f.last_context, &f);
    assert_string_equal(f.last_peer, "127.0.0.1");

    http_test_say(fd, "GET /\r\n\r\n");
    assert_true(http_test_hear(&f, fd, NULL, 2000));
    assert_int_equal(f.finished, 2);
    assert_int_equal(f.last.status, 400);
    assert_false(f.last_had_request);
    assert_null(f.last_context);
    (void)close(fd);
    http_test_stop(&f);
}

static void a_client_that_went_away_had_no_bytes(void **state)
{
    struct linger reset = {1, 0};
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    f.hold = true;
    fd = http_test_dial(&f);
    http_test_say(fd, GET_X);
    http_test_pump(&f, 20);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    (void)close(fd);
    http_test_pump(&f, 20);
    http_test_echo(f.held[0]);

    assert_int_equal(f.finished, 1);
    assert_int_equal(f.last.bytes_out, 0);
    assert_ptr_equal(f.last_context, &f);
    f.hold = false;
    fd = http_test_dial(&f); /* the next one begins with nothing of it: http_test_handle() looks */
    http_test_say(fd, GET_X);
    assert_true(http_test_hear(&f, fd, "GET /x ", 2000));
    (void)close(fd);
    http_test_stop(&f);
}

static void counts_what_happens(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    tps_http_counters counters;
    http_fixture f;
    int a;
    int b;

    (void)state;
    options.connections_max = 1;
    options.header_timeout_ms = 100;
    http_test_start(&f, options);
    a = http_test_dial(&f);
    http_test_say(a, GET_X);
    assert_true(http_test_hear(&f, a, "GET /x ", 2000));
    counters = tps_http_server_counters(f.server);
    assert_int_equal(counters.connections, 1);
    assert_int_equal(counters.idle, 1);
    assert_int_equal(counters.bytes_in, strlen(GET_X));
    assert_int_equal(counters.bytes_out, strlen(http_test_heard));
    b = http_test_dial(&f);
    assert_true(http_test_hear(&f, a, NULL, 2000));
    http_test_say(b, "GET");
    http_test_pump(&f, 5);
    (void)close(a);
    a = http_test_dial(&f);
    assert_true(http_test_hear(&f, a, NULL, 2000)); /* 503 */
    assert_true(http_test_hear(&f, b, NULL, 3000)); /* 408 */

    counters = tps_http_server_counters(f.server);
    assert_int_equal(counters.accepted, 2);
    assert_int_equal(counters.evicted, 1);
    assert_int_equal(counters.refused, 1);
    assert_int_equal(counters.timeouts, 1);
    assert_int_equal(counters.requests, 2);
    assert_int_equal(counters.tls_accepted + counters.tls_failed, 0);
    (void)close(a);
    (void)close(b);
    http_test_stop(&f);
}

/* ---- answers ---- */

static void release(void *context)
{
    ((http_fixture *)context)->released++;
}

/* A body of 150,000 bytes that is handed over; 204 for /none. */
static void hand_over(http_fixture *f, tps_http_exchange *x)
{
    static uint8_t large[150000];
    bool none = tps_span_is_text(tps_http_exchange_request(x)->path, "/none");

    memset(large, 'L', sizeof(large));
    tps_http_answer(x, &(tps_http_answer_message){.status = none ? 204 : 200,
                                                  .type = none ? NULL : "text/plain",
                                                  .body = none ? TPS_SPAN_EMPTY : TPS_SPAN_OF(large),
                                                  .release = release,
                                                  .release_context = f});
}

static void bodies_that_are_handed_over_come_back_once(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    f.answer = hand_over;
    fd = http_test_dial(&f);
    http_test_say(fd, GET_X);
    assert_true(http_test_hear(&f, fd, "L", 3000));
    while (strlen(strstr(http_test_heard, "\r\n\r\n")) < 150004) {
        size_t size = strlen(http_test_heard);
        ssize_t got = recv(fd, http_test_heard + size, sizeof(http_test_heard) - 1 - size, 0);

        http_test_heard[size + (size_t)(got > 0 ? got : 0)] = '\0';
        http_test_pump(&f, 1);
    }
    assert_int_equal(f.released, 1);
    http_test_say(fd, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(http_test_hear(&f, fd, "\r\n\r\n", 2000));
    assert_non_null(strstr(http_test_heard, "Content-Length: 150000\r\n"));
    assert_int_equal(f.released, 2);
    http_test_say(fd, "GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(http_test_hear(&f, fd, "\r\n\r\n", 2000));
    assert_null(strstr(http_test_heard, "Content-Length"));
    assert_int_equal(f.released, 3);
    (void)close(fd);
    http_test_stop(&f);
}

/* Asks for large bodies and reads none, until the socket takes no more. */
static int fill_socket(http_fixture *f)
{
    int fd;

    http_test_start(f, tps_http_server_defaults());
    f->answer = hand_over;
    fd = http_test_dial(f);
    for (unsigned i = 0; i < 200 && f->released == f->handled; i++) {
        http_test_say(fd, GET_X);
        http_test_pump(f, 2);
    }
    assert_int_equal(f->released, f->handled - 1);
    return fd;
}

static void a_client_that_reads_late_gets_all_of_it(void **state)
{
    static char some[65536];
    size_t bodies = 0;
    http_fixture f;
    int fd;

    (void)state;
    fd = fill_socket(&f);
    for (uint64_t end = http_test_now_ms() + 10000;
         bodies < f.handled * 150000u && http_test_now_ms() < end;) {
        ssize_t got = recv(fd, some, sizeof(some), 0);

        for (ssize_t i = 0; i < got; i++) {
            bodies += some[i] == 'L';
        }
        bodies -= got > 0 && memmem(some, (size_t)got, "Length", 6) != NULL;
        http_test_pump(&f, 0);
    }
    assert_int_equal(bodies, f.handled * 150000u);
    assert_int_equal(f.released, f.handled);
    (void)close(fd);
    http_test_stop(&f);
}

static void a_body_comes_back_when_its_client_goes(void **state)
{
    struct linger reset = {1, 0};
    http_fixture f;
    int fd;

    (void)state;
    fd = fill_socket(&f);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    (void)close(fd);
    pump_until_closed(&f);
    assert_int_equal(f.released, f.handled);
    http_test_stop(&f);
}

/* 300: fields that fit nowhere; 304 and 401. */
static void answer_by_path(http_fixture *f, tps_http_exchange *x)
{
    static char long_value[60000];
    tps_http_answer_field field = {"X-Long", long_value};
    unsigned status = (unsigned)atoi((const char *)tps_http_exchange_request(x)->path.data + 1);

    (void)f;
    memset(long_value, 'v', sizeof(long_value) - 1);
    tps_http_answer(x, &(tps_http_answer_message){.status = status,
                                                  .type = status == 304 ? NULL : "text/plain",
                                                  .body = TPS_SPAN_LITERAL("body"),
                                                  .fields = &field,
                                                  .field_count = status == 300 ? 1 : 0});
}

static void fields_that_fit_nowhere_are_answered_with_500(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    f.answer = answer_by_path;
    fd = http_test_dial(&f);
    http_test_say(fd, "GET /300 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(http_test_hear(&f, fd, NULL, 3000));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 500 "));
    assert_int_equal(f.last.status, 500);
    (void)close(fd);
    http_test_stop(&f);
}

static void not_modified_has_neither_body_nor_length(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    f.answer = answer_by_path;
    fd = http_test_dial(&f);
    http_test_say(fd, "GET /304 HTTP/1.1\r\nHost: a\r\n\r\nGET /401 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(http_test_hear(&f, fd, "\r\n\r\nbody", 3000));
    assert_memory_equal(http_test_heard, "HTTP/1.1 304 Not Modified\r\nDate: ", 33);
    assert_non_null(strstr(http_test_heard, "GMT\r\n\r\nHTTP/1.1 401 Unauthorized\r\n"));
    (void)close(fd);
    http_test_stop(&f);
}

/* ---- room ---- */

static void who_trickles_makes_room_once_the_server_is_full(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    http_fixture f;
    int slow[2];
    int fd;

    (void)state;
    options.connections_max = 2;
    http_test_start(&f, options);
    for (size_t i = 0; i < 2; i++) {
        slow[i] = http_test_dial(&f);
        http_test_say(slow[i], "GET /slow HTTP/1.1\r\n");
        http_test_pump(&f, 5);
    }
    fd = http_test_dial(&f);
    assert_true(http_test_hear(&f, fd, NULL, 1000)); /* they have had no second yet: 503 */
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 503 "));
    (void)close(fd);
    http_test_pump(&f, 1100);
    fd = http_test_dial(&f);
    http_test_say(fd, GET_X);
    assert_true(http_test_hear(&f, fd, "GET /x ", 1000));
    assert_true(http_test_hear(&f, slow[0], NULL, 1000)); /* the older one was closed */
    http_test_say(slow[1], "Host: a\r\n\r\n");
    assert_true(http_test_hear(&f, slow[1], "GET /slow ", 1000));
    (void)close(fd);
    (void)close(slow[0]);
    (void)close(slow[1]);
    http_test_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_may_come_in_any_pieces),
        cmocka_unit_test(no_more_than_64_kib_is_read_ahead),
        cmocka_unit_test(each_deadline_counts_for_itself),
        cmocka_unit_test(memory_of_bodies_is_given_back),
        cmocka_unit_test(tells_what_became_of_each_request),
        cmocka_unit_test(a_client_that_went_away_had_no_bytes),
        cmocka_unit_test(counts_what_happens),
        cmocka_unit_test(bodies_that_are_handed_over_come_back_once),
        cmocka_unit_test(a_client_that_reads_late_gets_all_of_it),
        cmocka_unit_test(a_body_comes_back_when_its_client_goes),
        cmocka_unit_test(fields_that_fit_nowhere_are_answered_with_500),
        cmocka_unit_test(not_modified_has_neither_body_nor_length),
        cmocka_unit_test(who_trickles_makes_room_once_the_server_is_full),
    };

    return cmocka_run_group_tests_name("http_exchange", tests, NULL, NULL);
}
