/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server over real sockets: a client in the same thread, turns taken by pumping the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_support.h"

static void answers_and_keeps_the_connection(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);

    for (int i = 0; i < 3; i++) {
        http_test_say(fd, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        assert_true(http_test_hear(&f, fd, "POST /a hi", 2000));
        assert_non_null(strstr(http_test_heard, "HTTP/1.1 200 OK\r\n"));
        assert_non_null(strstr(http_test_heard, "Content-Length: 10\r\n"));
        assert_non_null(strstr(http_test_heard, "X-Good: yes\r\n"));
        assert_null(strstr(http_test_heard, "Injected"));
    }
    close(fd);
    http_test_stop(&f);
}

static void answers_pipelined_requests_in_order_even_when_handlers_are_late(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);
    f.hold = true;

    http_test_say(
        fd,
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    http_test_pump(&f, 20);
    assert_int_equal(f.handled, 1);
    for (unsigned i = 1; i <= 3; i++) {
        f.held_count = 0;
        http_test_echo(f.held[0]);
        http_test_pump(&f, 5);
        assert_int_equal(f.handled, i < 3 ? i + 1 : 3);
    }

    assert_true(http_test_hear(&f, fd, "GET /3 ", 2000));
    assert_true(strstr(http_test_heard, "GET /1 ") < strstr(http_test_heard, "GET /2 "));
    close(fd);
    http_test_stop(&f);
}

static void head_has_the_length_but_not_the_body(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);

    http_test_say(fd, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");

    assert_true(http_test_hear(&f, fd, "\r\n\r\n", 2000));
    assert_non_null(strstr(http_test_heard, "Content-Length: 8\r\n"));
    close(fd);
    http_test_stop(&f);
}

static void says_continue_when_asked_and_the_body_is_welcome(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);

    http_test_say(fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    assert_true(http_test_hear(&f, fd, "HTTP/1.1 100 Continue\r\n\r\n", 2000));
    http_test_say(fd, "x");
    assert_true(http_test_hear(&f, fd, "POST / x", 2000));
    http_test_say(fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
    assert_true(http_test_hear(&f, fd, NULL, 3000));
    assert_null(strstr(http_test_heard, "100 Continue"));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 413 "));
    close(fd);
    http_test_stop(&f);
}

static void refuses_a_large_body_at_once_and_closes(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);

    http_test_say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\nabc");

    assert_true(http_test_hear(&f, fd, NULL, 1000));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 413 Content Too Large\r\n"));
    assert_non_null(strstr(http_test_heard, "application/problem+json"));
    assert_non_null(strstr(http_test_heard, "next_step"));
    assert_int_equal(f.handled, 0);
    close(fd);
    http_test_stop(&f);
}

static void a_lingering_connection_is_cut_after_256_kib(void **state)
{
    static char rubbish[65536];
    http_fixture f;
    size_t sent = 0;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);
    http_test_say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\n");

    for (int i = 0; i < 500; i++) {
        ssize_t n = send(fd, rubbish, sizeof(rubbish), MSG_NOSIGNAL);

        sent += n > 0 ? (size_t)n : 0;
        http_test_pump(&f, 1);
    }

    assert_true(sent < 16 * 1024 * 1024);
    assert_int_equal(tps_http_server_connections(f.server), 0);
    close(fd);
    http_test_stop(&f);
}

static void reads_a_large_body_that_is_allowed(void **state)
{
    static char text[200000];
    http_fixture f;
    size_t sent = 0;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);
    memset(text, 'x', sizeof(text));
    http_test_say(fd,
                  "POST /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n");

    while (sent < sizeof(text)) {
        ssize_t n = send(fd, text + sent, sizeof(text) - sent, MSG_NOSIGNAL);

        sent += n > 0 ? (size_t)n : 0;
        http_test_pump(&f, 1);
    }

    assert_true(http_test_hear(&f, fd, NULL, 3000));
    assert_non_null(strstr(http_test_heard, "Content-Length: 200012\r\n"));
    assert_int_equal(strlen(strstr(http_test_heard, "\r\n\r\n")), 4 + 200012);
    close(fd);
    http_test_stop(&f);
}

static void a_byte_at_a_time_does_not_extend_the_deadlines(void **state)
{
    static const char text[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n";
    tps_http_server_options options = tps_http_server_defaults();
    uint64_t begun;
    http_fixture f;
    int fd;

    (void)state;
    options.header_timeout_ms = 200;
    options.request_timeout_ms = 400;
    http_test_start(&f, options);

    fd = http_test_dial(&f);
    begun = http_test_now_ms();
    for (int i = 0; tps_http_server_connections(f.server) == 1 && i < 40; i++) {
        (void)send(fd, "GGGG", 1, MSG_NOSIGNAL);
        http_test_pump(&f, 30);
        if (recv(fd, http_test_heard, sizeof(http_test_heard), MSG_PEEK) > 0) {
            break;
        }
    }
    assert_in_range(http_test_now_ms() - begun, 150, 400);
    assert_true(http_test_hear(&f, fd, NULL, 3000));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 408 "));
    close(fd);

    fd = http_test_dial(&f);
    begun = http_test_now_ms();
    http_test_say(fd, text);
    for (int i = 0; i < 40 && recv(fd, http_test_heard, sizeof(http_test_heard), MSG_PEEK) <= 0; i++) {
        (void)send(fd, "x", 1, MSG_NOSIGNAL);
        http_test_pump(&f, 30);
    }
    assert_in_range(http_test_now_ms() - begun, 300, 700);
    assert_true(http_test_hear(&f, fd, NULL, 3000));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 408 "));
    close(fd);
    http_test_stop(&f);
}

static void a_client_that_takes_no_answer_is_cut_off_and_not_served_further(void **state)
{
    static char text[200000];
    static const char head[] = "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n";
    tps_http_server_options options = tps_http_server_defaults();
    int small = 4096;
    http_fixture f;
    int fd;

    (void)state;
    options.write_timeout_ms = 300;
    http_test_start(&f, options);
    fd = http_test_dial(&f);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    memset(text, 'x', sizeof(text));

    for (uint64_t end = http_test_now_ms() + 4000;
         tps_http_server_connections(f.server) == 1 && http_test_now_ms() < end;) {
        if (send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL) > 0) {
            for (size_t sent = 0; sent < sizeof(text) && http_test_now_ms() < end;) {
                ssize_t n = send(fd, text + sent, sizeof(text) - sent, MSG_NOSIGNAL);

                sent += n > 0 ? (size_t)n : 0;
                http_test_pump(&f, 1);
                if (tps_http_server_connections(f.server) == 0) {
                    break;
                }
            }
        }
        http_test_pump(&f, 1);
    }

    assert_int_equal(tps_http_server_connections(f.server), 0);
    assert_in_range(f.handled, 1, 100);
    close(fd);
    http_test_stop(&f);
}

static void closes_idle_connections(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    http_fixture f;
    int fd;

    (void)state;
    options.idle_timeout_ms = 100;
    http_test_start(&f, options);
    fd = http_test_dial(&f);

    assert_true(http_test_hear(&f, fd, NULL, 1000));

    assert_string_equal(http_test_heard, "");
    close(fd);
    http_test_stop(&f);
}

static void large_bodies_that_fill_the_memory_keep_no_small_one_out(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    char large[1500];
    http_fixture f;
    int holder;
    int fd;

    (void)state;
    options.body_memory_max = 1000;
    http_test_start(&f, options);
    holder = http_test_dial(&f);
    (void)snprintf(large, sizeof large,
                   "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n%0*d", 1400, 0);
    http_test_say(holder, large);
    http_test_pump(&f, 30);

    fd = http_test_dial(&f);
    http_test_say(fd,
                  "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    assert_true(http_test_hear(&f, fd, NULL, 2000));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 200 "));
    close(fd);
    close(holder);
    http_test_stop(&f);
}

static void a_request_that_ends_early_is_answered_with_400(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    fd = http_test_dial(&f);

    http_test_say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    (void)shutdown(fd, SHUT_WR);

    assert_true(http_test_hear(&f, fd, NULL, 2000));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 400 "));
    assert_non_null(strstr(http_test_heard, "ended in the middle"));
    close(fd);
    http_test_stop(&f);
}

static void a_client_that_only_shuts_its_sending_side_gets_its_answer(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    f.hold = true;
    fd = http_test_dial(&f);

    http_test_say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)shutdown(fd, SHUT_WR);
    http_test_pump(&f, 20);
    assert_int_equal(f.held_count, 1);
    http_test_echo(f.held[0]);

    assert_true(http_test_hear(&f, fd, NULL, 2000));
    assert_non_null(strstr(http_test_heard, "GET /1 "));
    close(fd);
    http_test_stop(&f);
}

static void an_answer_to_a_client_that_went_away_is_dropped(void **state)
{
    struct linger reset = {1, 0};
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    f.hold = true;
    fd = http_test_dial(&f);

    http_test_say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    http_test_pump(&f, 20);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    http_test_pump(&f, 20);
    http_test_echo(f.held[0]);

    http_test_pump(&f, 5);
    assert_int_equal(tps_http_server_connections(f.server), 0);
    http_test_stop(&f);
}

static void when_full_the_idle_make_room_and_the_busy_do_not(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    http_fixture f;
    int a;
    int b;
    int c;

    (void)state;
    options.connections_max = 1;
    http_test_start(&f, options);

    a = http_test_dial(&f);
    b = http_test_dial(&f);
    assert_true(http_test_hear(&f, a, NULL, 1000)); /* the idle one made room */
    f.hold = true;
    http_test_say(b, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    http_test_pump(&f, 10);
    c = http_test_dial(&f);
    assert_true(http_test_hear(&f, c, NULL, 1000));
    assert_non_null(strstr(http_test_heard, "HTTP/1.1 503 "));
    http_test_echo(f.held[0]);
    assert_true(http_test_hear(&f, b, "GET /1 ", 1000));
    close(a);
    close(b);
    close(c);
    http_test_stop(&f);
}

static void mark_stopped(void *context)
{
    ((http_fixture *)context)->stopped = true;
}

static void stopping_finishes_what_is_under_way(void **state)
{
    http_fixture f;
    int busy;
    int idle;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    f.hold = true;
    busy = http_test_dial(&f);
    idle = http_test_dial(&f);
    http_test_say(busy, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    http_test_pump(&f, 10);

    tps_http_server_stop(f.server, mark_stopped, &f);
    assert_true(http_test_hear(&f, idle, NULL, 1000));
    assert_false(f.stopped);
    http_test_echo(f.held[0]);

    assert_true(http_test_hear(&f, busy, "GET /1 ", 1000));
    assert_non_null(strstr(http_test_heard, "Connection: close\r\n"));
    close(busy);
    http_test_pump(&f, 100);
    assert_true(f.stopped);
    close(idle);
    http_test_stop(&f);
}

static void freeing_the_server_leaves_late_handlers_safe(void **state)
{
    http_fixture f;
    int fd;

    (void)state;
    http_test_start(&f, tps_http_server_defaults());
    f.hold = true;
    fd = http_test_dial(&f);
    http_test_say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    http_test_pump(&f, 10);
    assert_int_equal(f.held_count, 1);

    tps_http_server_free(f.server);
    http_test_echo(f.held[0]);

    event_base_free(f.base);
    close(fd);
}

static void refuses_an_address_that_is_none(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    tps_http_server_ops ops = {.body_max = http_test_body_max, .handle = http_test_handle};
    struct event_base *base = event_base_new();
    tps_http_server *server = NULL;

    (void)state;
    options.address = "nowhere";
    assert_int_equal(tps_http_server_open(base, &options, &ops, &server), TPS_BAD_ARGUMENT);
    options.address = "192.0.2.1:0";
    assert_int_equal(tps_http_server_open(base, &options, &ops, &server), TPS_IO);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_and_keeps_the_connection),
        cmocka_unit_test(answers_pipelined_requests_in_order_even_when_handlers_are_late),
        cmocka_unit_test(head_has_the_length_but_not_the_body),
        cmocka_unit_test(says_continue_when_asked_and_the_body_is_welcome),
        cmocka_unit_test(refuses_a_large_body_at_once_and_closes),
        cmocka_unit_test(a_lingering_connection_is_cut_after_256_kib),
        cmocka_unit_test(reads_a_large_body_that_is_allowed),
        cmocka_unit_test(a_byte_at_a_time_does_not_extend_the_deadlines),
        cmocka_unit_test(a_client_that_takes_no_answer_is_cut_off_and_not_served_further),
        cmocka_unit_test(closes_idle_connections),
        cmocka_unit_test(large_bodies_that_fill_the_memory_keep_no_small_one_out),
        cmocka_unit_test(a_request_that_ends_early_is_answered_with_400),
        cmocka_unit_test(a_client_that_only_shuts_its_sending_side_gets_its_answer),
        cmocka_unit_test(an_answer_to_a_client_that_went_away_is_dropped),
        cmocka_unit_test(when_full_the_idle_make_room_and_the_busy_do_not),
        cmocka_unit_test(stopping_finishes_what_is_under_way),
        cmocka_unit_test(freeing_the_server_leaves_late_handlers_safe),
        cmocka_unit_test(refuses_an_address_that_is_none),
    };

    return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
