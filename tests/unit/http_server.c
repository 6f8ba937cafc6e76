/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server over real sockets: a client in the same thread, turns taken by pumping the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "server/http/server.h"

#define WAITING_MAX 8

typedef struct {
    struct event_base *base;
    tps_http_server *server;
    bool hold; /* handlers do not answer at once */
    tps_http_exchange *held[WAITING_MAX];
    size_t held_count;
    unsigned handled;
    bool stopped;
} fixture;

static uint64_t body_max(void *context, const tps_http_request *request)
{
    (void)context;
    return tps_span_is_text(request->path, "/large") ? 200000 : 100;
}

/* Echoes method, path and body. */
static void echo(tps_http_exchange *x)
{
    static char text[250000];
    const tps_http_request *r = tps_http_exchange_request(x);
    tps_span body = tps_http_exchange_body(x);
    int size =
        snprintf(text, sizeof(text), "%s %.*s %.*s", tps_http_method_name(r->method), (int)r->path.size,
                 (const char *)r->path.data, (int)body.size, body.size > 0 ? (const char *)body.data : "");
    static const tps_http_answer_field fields[] = {{"X-Good", "yes"}, {"X-Bad", "a\r\nInjected: 1"}};

    tps_http_answer(x, &(tps_http_answer_message){.status = 200,
                                                  .type = "text/plain",
                                                  .body = tps_span_make(text, (size_t)size),
                                                  .fields = fields,
                                                  .field_count = 2});
}

static void handle(void *context, tps_http_exchange *x)
{
    fixture *f = context;

    f->handled++;
    if (f->hold) {
        assert_true(f->held_count < WAITING_MAX);
        f->held[f->held_count++] = x;
        return;
    }
    echo(x);
}

static void start(fixture *f, tps_http_server_options options)
{
    tps_http_server_ops ops = {.context = f, .body_max = body_max, .handle = handle};

    memset(f, 0, sizeof(*f));
    f->base = event_base_new();
    assert_non_null(f->base);
    options.address = "127.0.0.1:0";
    assert_int_equal(tps_http_server_open(f->base, &options, &ops, &f->server), TPS_OK);
}

static void stop(fixture *f)
{
    tps_http_server_free(f->server);
    event_base_free(f->base);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void pump(fixture *f, unsigned ms)
{
    uint64_t end = now_ms() + ms;

    do {
        (void)event_base_loop(f->base, EVLOOP_NONBLOCK);
        (void)usleep(500);
    } while (now_ms() < end);
}

static int dial(fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)atoi(strrchr(tps_http_server_address(f->server), ':') + 1));
    (void)connect(fd, (struct sockaddr *)&to, sizeof(to));
    pump(f, 3);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Pumps until the answer ends in `end`, or the server closes (end NULL), or time is up; the bytes,
 * zero-terminated. */
static char heard[300000];

static bool hear(fixture *f, int fd, const char *end, unsigned ms)
{
    uint64_t until = now_ms() + ms;
    size_t size = 0;

    while (now_ms() < until) {
        ssize_t got = recv(fd, heard + size, sizeof(heard) - 1 - size, 0);

        if (got == 0) {
            heard[size] = '\0';
            return end == NULL;
        }
        size += got > 0 ? (size_t)got : 0;
        heard[size] = '\0';
        if (end != NULL && size >= strlen(end) && strcmp(heard + size - strlen(end), end) == 0) {
            return true;
        }
        pump(f, 1);
    }
    heard[size] = '\0';
    return false;
}

static void answers_and_keeps_the_connection(void **state)
{
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    fd = dial(&f);

    for (int i = 0; i < 3; i++) {
        say(fd, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        assert_true(hear(&f, fd, "POST /a hi", 2000));
        assert_non_null(strstr(heard, "HTTP/1.1 200 OK\r\n"));
        assert_non_null(strstr(heard, "Content-Length: 10\r\n"));
        assert_non_null(strstr(heard, "X-Good: yes\r\n"));
        assert_null(strstr(heard, "Injected"));
    }
    close(fd);
    stop(&f);
}

static void answers_pipelined_requests_in_order_even_when_handlers_are_late(void **state)
{
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    fd = dial(&f);
    f.hold = true;

    say(fd,
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    pump(&f, 20);
    assert_int_equal(f.handled, 1);
    for (unsigned i = 1; i <= 3; i++) {
        f.held_count = 0;
        echo(f.held[0]);
        pump(&f, 5);
        assert_int_equal(f.handled, i < 3 ? i + 1 : 3);
    }

    assert_true(hear(&f, fd, "GET /3 ", 2000));
    assert_true(strstr(heard, "GET /1 ") < strstr(heard, "GET /2 "));
    close(fd);
    stop(&f);
}

static void head_has_the_length_but_not_the_body(void **state)
{
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    fd = dial(&f);

    say(fd, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");

    assert_true(hear(&f, fd, "\r\n\r\n", 2000));
    assert_non_null(strstr(heard, "Content-Length: 8\r\n"));
    close(fd);
    stop(&f);
}

static void says_continue_when_asked_and_the_body_is_welcome(void **state)
{
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    fd = dial(&f);

    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    assert_true(hear(&f, fd, "HTTP/1.1 100 Continue\r\n\r\n", 2000));
    say(fd, "x");
    assert_true(hear(&f, fd, "POST / x", 2000));
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
    assert_true(hear(&f, fd, NULL, 3000));
    assert_null(strstr(heard, "100 Continue"));
    assert_non_null(strstr(heard, "HTTP/1.1 413 "));
    close(fd);
    stop(&f);
}

static void refuses_a_large_body_at_once_and_closes(void **state)
{
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    fd = dial(&f);

    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\nabc");

    assert_true(hear(&f, fd, NULL, 1000));
    assert_non_null(strstr(heard, "HTTP/1.1 413 Content Too Large\r\n"));
    assert_non_null(strstr(heard, "application/problem+json"));
    assert_non_null(strstr(heard, "next_step"));
    assert_int_equal(f.handled, 0);
    close(fd);
    stop(&f);
}

static void a_lingering_connection_is_cut_after_256_kib(void **state)
{
    static char rubbish[65536];
    fixture f;
    size_t sent = 0;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    fd = dial(&f);
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\n");

    for (int i = 0; i < 500; i++) {
        ssize_t n = send(fd, rubbish, sizeof(rubbish), MSG_NOSIGNAL);

        sent += n > 0 ? (size_t)n : 0;
        pump(&f, 1);
    }

    assert_true(sent < 16 * 1024 * 1024);
    assert_int_equal(tps_http_server_connections(f.server), 0);
    close(fd);
    stop(&f);
}

static void reads_a_large_body_that_is_allowed(void **state)
{
    static char text[200000];
    fixture f;
    size_t sent = 0;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    fd = dial(&f);
    memset(text, 'x', sizeof(text));
    say(fd, "POST /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n");

    while (sent < sizeof(text)) {
        ssize_t n = send(fd, text + sent, sizeof(text) - sent, MSG_NOSIGNAL);

        sent += n > 0 ? (size_t)n : 0;
        pump(&f, 1);
    }

    assert_true(hear(&f, fd, NULL, 3000));
    assert_non_null(strstr(heard, "Content-Length: 200012\r\n"));
    assert_int_equal(strlen(strstr(heard, "\r\n\r\n")), 4 + 200012);
    close(fd);
    stop(&f);
}

static void a_byte_at_a_time_does_not_extend_the_deadlines(void **state)
{
    static const char text[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n";
    tps_http_server_options options = tps_http_server_defaults();
    uint64_t begun;
    fixture f;
    int fd;

    (void)state;
    options.header_timeout_ms = 200;
    options.request_timeout_ms = 400;
    start(&f, options);

    fd = dial(&f);
    begun = now_ms();
    for (int i = 0; tps_http_server_connections(f.server) == 1 && i < 40; i++) {
        (void)send(fd, "GGGG", 1, MSG_NOSIGNAL);
        pump(&f, 30);
        if (recv(fd, heard, sizeof(heard), MSG_PEEK) > 0) {
            break;
        }
    }
    assert_in_range(now_ms() - begun, 150, 400);
    assert_true(hear(&f, fd, NULL, 3000));
    assert_non_null(strstr(heard, "HTTP/1.1 408 "));
    close(fd);

    fd = dial(&f);
    begun = now_ms();
    say(fd, text);
    for (int i = 0; i < 40 && recv(fd, heard, sizeof(heard), MSG_PEEK) <= 0; i++) {
        (void)send(fd, "x", 1, MSG_NOSIGNAL);
        pump(&f, 30);
    }
    assert_in_range(now_ms() - begun, 300, 700);
    assert_true(hear(&f, fd, NULL, 3000));
    assert_non_null(strstr(heard, "HTTP/1.1 408 "));
    close(fd);
    stop(&f);
}

static void a_client_that_takes_no_answer_is_cut_off_and_not_served_further(void **state)
{
    static char text[200000];
    static const char head[] = "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n";
    tps_http_server_options options = tps_http_server_defaults();
    int small = 4096;
    fixture f;
    int fd;

    (void)state;
    options.write_timeout_ms = 300;
    start(&f, options);
    fd = dial(&f);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    memset(text, 'x', sizeof(text));

    for (uint64_t end = now_ms() + 4000; tps_http_server_connections(f.server) == 1 && now_ms() < end;) {
        if (send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL) > 0) {
            for (size_t sent = 0; sent < sizeof(text) && now_ms() < end;) {
                ssize_t n = send(fd, text + sent, sizeof(text) - sent, MSG_NOSIGNAL);

                sent += n > 0 ? (size_t)n : 0;
                pump(&f, 1);
                if (tps_http_server_connections(f.server) == 0) {
                    break;
                }
            }
        }
        pump(&f, 1);
    }

    assert_int_equal(tps_http_server_connections(f.server), 0);
    assert_in_range(f.handled, 1, 100);
    close(fd);
    stop(&f);
}

static void closes_idle_connections(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    fixture f;
    int fd;

    (void)state;
    options.idle_timeout_ms = 100;
    start(&f, options);
    fd = dial(&f);

    assert_true(hear(&f, fd, NULL, 1000));

    assert_string_equal(heard, "");
    close(fd);
    stop(&f);
}

static void large_bodies_that_fill_the_memory_keep_no_small_one_out(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    char large[1500];
    fixture f;
    int holder;
    int fd;

    (void)state;
    options.body_memory_max = 1000;
    start(&f, options);
    holder = dial(&f);
    (void)snprintf(large, sizeof large,
                   "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n%0*d", 1400, 0);
    say(holder, large);
    pump(&f, 30);

    fd = dial(&f);
    say(fd, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    assert_true(hear(&f, fd, NULL, 2000));
    assert_non_null(strstr(heard, "HTTP/1.1 200 "));
    close(fd);
    close(holder);
    stop(&f);
}

static void a_request_that_ends_early_is_answered_with_400(void **state)
{
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    fd = dial(&f);

    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    (void)shutdown(fd, SHUT_WR);

    assert_true(hear(&f, fd, NULL, 2000));
    assert_non_null(strstr(heard, "HTTP/1.1 400 "));
    assert_non_null(strstr(heard, "ended in the middle"));
    close(fd);
    stop(&f);
}

static void a_client_that_only_shuts_its_sending_side_gets_its_answer(void **state)
{
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    f.hold = true;
    fd = dial(&f);

    say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)shutdown(fd, SHUT_WR);
    pump(&f, 20);
    assert_int_equal(f.held_count, 1);
    echo(f.held[0]);

    assert_true(hear(&f, fd, NULL, 2000));
    assert_non_null(strstr(heard, "GET /1 "));
    close(fd);
    stop(&f);
}

static void an_answer_to_a_client_that_went_away_is_dropped(void **state)
{
    struct linger reset = {1, 0};
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    f.hold = true;
    fd = dial(&f);

    say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    pump(&f, 20);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    pump(&f, 20);
    echo(f.held[0]);

    pump(&f, 5);
    assert_int_equal(tps_http_server_connections(f.server), 0);
    stop(&f);
}

static void when_full_the_idle_make_room_and_the_busy_do_not(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    fixture f;
    int a;
    int b;
    int c;

    (void)state;
    options.connections_max = 1;
    start(&f, options);

    a = dial(&f);
    b = dial(&f);
    assert_true(hear(&f, a, NULL, 1000)); /* the idle one made room */
    f.hold = true;
    say(b, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    pump(&f, 10);
    c = dial(&f);
    assert_true(hear(&f, c, NULL, 1000));
    assert_non_null(strstr(heard, "HTTP/1.1 503 "));
    echo(f.held[0]);
    assert_true(hear(&f, b, "GET /1 ", 1000));
    close(a);
    close(b);
    close(c);
    stop(&f);
}

static void mark_stopped(void *context)
{
    ((fixture *)context)->stopped = true;
}

static void stopping_finishes_what_is_under_way(void **state)
{
    fixture f;
    int busy;
    int idle;

    (void)state;
    start(&f, tps_http_server_defaults());
    f.hold = true;
    busy = dial(&f);
    idle = dial(&f);
    say(busy, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    pump(&f, 10);

    tps_http_server_stop(f.server, mark_stopped, &f);
    assert_true(hear(&f, idle, NULL, 1000));
    assert_false(f.stopped);
    echo(f.held[0]);

    assert_true(hear(&f, busy, "GET /1 ", 1000));
    assert_non_null(strstr(heard, "Connection: close\r\n"));
    close(busy);
    pump(&f, 100);
    assert_true(f.stopped);
    close(idle);
    stop(&f);
}

static void freeing_the_server_leaves_late_handlers_safe(void **state)
{
    fixture f;
    int fd;

    (void)state;
    start(&f, tps_http_server_defaults());
    f.hold = true;
    fd = dial(&f);
    say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    pump(&f, 10);
    assert_int_equal(f.held_count, 1);

    tps_http_server_free(f.server);
    echo(f.held[0]);

    event_base_free(f.base);
    close(fd);
}

static void refuses_an_address_that_is_none(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    tps_http_server_ops ops = {.body_max = body_max, .handle = handle};
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
