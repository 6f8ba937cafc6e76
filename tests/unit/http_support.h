/* SPDX-License-Identifier: Apache-2.0 */
/** @file http_support.h  A server and a client for the tests of the HTTP server, in one thread: turns are
 * taken by pumping the loop. */
#ifndef TPS_TESTS_UNIT_HTTP_SUPPORT_H
#define TPS_TESTS_UNIT_HTTP_SUPPORT_H

#include "server/http/server.h"

#define HTTP_TEST_WAITING_MAX 8

typedef struct http_fixture http_fixture;

struct http_fixture {
    struct event_base *base;
    tps_http_server *server;
    bool hold; /**< handlers do not answer at once */
    tps_http_exchange *held[HTTP_TEST_WAITING_MAX];
    size_t held_count;
    unsigned handled;
    bool stopped;
    void (*answer)(http_fixture *f, tps_http_exchange *x); /**< in place of the echo, unless NULL */
    unsigned released;                                     /**< bodies that were handed over and given back */
    unsigned finished;      /**< requests of which the server told that they are */
    tps_http_finished last; /**< the last of them; its pointers are of no use any more */
    void *last_context;
    bool last_had_request;
    char last_peer[TPS_HTTP_PEER_ADDRESS_MAX];
};

/** A server at a port of its own that echoes; the largest body of /large is 200,000 bytes, of others 100. */
void http_test_start(http_fixture *f, tps_http_server_options options);
void http_test_stop(http_fixture *f);

uint64_t http_test_body_max(void *context, const tps_http_request *request);
void http_test_handle(void *context, tps_http_exchange *x);

/** Answers with method, path and body; its context becomes the fixture's address. */
void http_test_echo(tps_http_exchange *x);

uint64_t http_test_now_ms(void);
void http_test_pump(http_fixture *f, unsigned ms);

/** A client's non-blocking socket, connected. */
int http_test_dial(http_fixture *f);
void http_test_say(int fd, const char *text);

/** Pumps until the answer ends in `end`, or the server closes (end NULL), or time is up. */
bool http_test_hear(http_fixture *f, int fd, const char *end, unsigned ms);

/** What was heard last, zero-terminated. */
extern char http_test_heard[300000];

#endif
