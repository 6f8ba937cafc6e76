/* SPDX-License-Identifier: Apache-2.0 */
/* A server and a client for the tests of the HTTP server, in one thread. */
#include "http_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t http_test_body_max(void *context, const tps_http_request *request)
{
    (void)context;
    return tps_span_is_text(request->path, "/large") ? 200000 : 100;
}

void http_test_echo(tps_http_exchange *x)
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

void http_test_handle(void *context, tps_http_exchange *x)
{
    http_fixture *f = context;

    f->handled++;
    assert_null(tps_http_exchange_context(x));
    tps_http_exchange_set_context(x, f);
    if (f->hold) {
        assert_true(f->held_count < HTTP_TEST_WAITING_MAX);
        f->held[f->held_count++] = x;
        return;
    }
    if (f->answer != NULL) {
        f->answer(f, x);
    } else {
        http_test_echo(x);
    }
}

static void note_finished(void *context, const tps_http_finished *finished)
{
    http_fixture *f = context;

    f->finished++;
    f->last = *finished;
    f->last_had_request = finished->request != NULL;
    f->last_context = tps_http_exchange_context(finished->exchange);
    (void)tps_http_exchange_peer_address(finished->exchange, f->last_peer);
}

void http_test_start(http_fixture *f, tps_http_server_options options)
{
    tps_http_server_ops ops = {
        .context = f, .body_max = http_test_body_max, .handle = http_test_handle, .finished = note_finished};

    memset(f, 0, sizeof(*f));
    f->base = event_base_new();
    assert_non_null(f->base);
    options.address = "127.0.0.1:0";
    assert_int_equal(tps_http_server_open(f->base, &options, &ops, &f->server), TPS_OK);
}

void http_test_stop(http_fixture *f)
{
    tps_http_server_free(f->server);
    event_base_free(f->base);
}

uint64_t http_test_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

void http_test_pump(http_fixture *f, unsigned ms)
{
    uint64_t end = http_test_now_ms() + ms;

    do {
        (void)event_base_loop(f->base, EVLOOP_NONBLOCK);
        (void)usleep(500);
    } while (http_test_now_ms() < end);
}

int http_test_dial(http_fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)atoi(strrchr(tps_http_server_address(f->server), ':') + 1));
    (void)connect(fd, (struct sockaddr *)&to, sizeof(to));
    http_test_pump(f, 3);
    return fd;
}

void http_test_say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

char http_test_heard[300000];

bool http_test_hear(http_fixture *f, int fd, const char *end, unsigned ms)
{
    uint64_t until = http_test_now_ms() + ms;
    size_t size = 0;

    while (http_test_now_ms() < until) {
        ssize_t got = recv(fd, http_test_heard + size, sizeof(http_test_heard) - 1 - size, 0);

        if (got == 0) {
            http_test_heard[size] = '\0';
            return end == NULL;
        }
        size += got > 0 ? (size_t)got : 0;
        http_test_heard[size] = '\0';
        if (end != NULL && size >= strlen(end) && strcmp(http_test_heard + size - strlen(end), end) == 0) {
            return true;
        }
        http_test_pump(f, 1);
    }
    http_test_heard[size] = '\0';
    return false;
}
