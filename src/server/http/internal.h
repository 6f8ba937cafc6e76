/* SPDX-License-Identifier: Apache-2.0 */
/** @file internal.h  What the HTTP server (listening, deadlines) and its connections (reading,
 * answering) share. */
#ifndef TPS_SERVER_HTTP_INTERNAL_H
#define TPS_SERVER_HTTP_INTERNAL_H

#include <time.h>

#include "server/http/server.h"

struct bufferevent;
struct evconnlistener;
struct event;

typedef enum {
    CONNECTION_IDLE,     /* waits for a request's first byte */
    CONNECTION_HEAD,     /* reads a head */
    CONNECTION_BODY,     /* reads a body */
    CONNECTION_HANDLING, /* the handler has the exchange */
    CONNECTION_WRITING,  /* the answer is not yet taken */
    CONNECTION_LINGERING /* answered and half closed; what still comes is thrown away */
} connection_state;

typedef struct connection_list {
    tps_http_exchange *first, *last;
} connection_list;

/* A connection, with the one exchange that can be under way on it. */
struct tps_http_exchange {
    tps_http_server *server;
    struct bufferevent *bev; /* NULL once the client has gone while its exchange was being handled */
    struct tps_http_exchange *next, *previous;
    connection_list *list;
    connection_state state;
    bool processing; /* connection_process() is running: do not enter it again */
    bool no_more;    /* the client has shut its sending side */
    bool close_after;
    uint64_t deadline;
    uint64_t request_deadline;
    size_t lingered;
    uint8_t *head;
    size_t head_capacity;
    uint8_t *body;
    size_t body_size, body_capacity;
    tps_http_reader reader;
    tps_http_request request;
};

struct tps_http_server {
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *tick;
    tps_http_server_options options;
    tps_http_server_ops ops;
    connection_list idle, busy;
    size_t connections;
    size_t body_memory; /* of all connections */
    bool stopping, listener_paused;
    uint64_t stop_deadline;
    void (*stopped)(void *context);
    void *stopped_context;
    time_t date_second;
    char date[32];
    char address[64];
};

/** Milliseconds of the monotonic clock. */
uint64_t tps_http_now_ms(void);

/** A connection on a socket that was accepted, idle; NULL when it cannot be had (the socket stays the
 * caller's). */
tps_http_exchange *tps_http_connection_open(tps_http_server *server, int fd);

/** Ends a connection at once. Not for one whose exchange a handler holds. */
void tps_http_connection_free(tps_http_exchange *c);

/** Cuts a connection loose from its server, which is being freed: frees it, or leaves it to its handler. */
void tps_http_connection_abandon(tps_http_exchange *c);

/** The connection's deadline has passed: answers 408 where a request is being read, else closes. */
void tps_http_connection_time_out(tps_http_exchange *c);

#endif
