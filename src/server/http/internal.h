/* SPDX-License-Identifier: Apache-2.0 */
/** @file internal.h  What the HTTP server (listening, deadlines), its connections (reading) and their answers
 * (writing) share. */
#ifndef TPS_SERVER_HTTP_INTERNAL_H
#define TPS_SERVER_HTTP_INTERNAL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/socket.h>
#include <time.h>

#include "server/http/server.h"
#include "server/http/transport.h"

#define READ_BUFFER   (64u * 1024u) /* the server's one, which every socket is read into first */
#define READ_AHEAD    (64u * 1024u) /* bytes taken from a socket before they are needed */
#define ANSWER_BUFFER (64u * 1024u) /* the server's one, in which heads and small bodies are put together */
#define KEPT_BODY_MAX (16u * 1024u) /* a larger body's memory is given back after its request */

struct evconnlistener;

typedef enum {
    CONNECTION_HANDSHAKE, /* TLS's is under way */
    CONNECTION_IDLE,      /* waits for a request's first byte */
    CONNECTION_HEAD,      /* reads a head */
    CONNECTION_BODY,      /* reads a body */
    CONNECTION_HANDLING,  /* the handler has the exchange */
    CONNECTION_WRITING,   /* the answer is not yet taken */
    CONNECTION_LINGERING  /* answered and half closed; what still comes is thrown away */
} connection_state;

typedef struct connection_list {
    tps_http_exchange *first, *last;
} connection_list;

/* Memory that grows as needed. */
typedef struct {
    uint8_t *data;
    size_t size, capacity;
} http_buffer;

/* What a connection has only while a request is under way. Lent from the server's stock, and given back. */
typedef struct connection_work connection_work;
struct connection_work {
    connection_work *next; /* in the stock */
    tps_http_reader reader;
    tps_http_request request;
    http_buffer input; /* what was received and not yet read, unless it still lies in the server's buffer */
    http_buffer head, body;
    uint64_t begun_us, deadline;
    void *context;                      /* the user's */
    const tps_http_answer_field *field; /* the user's, for the answer; or NULL */
    bool has_head;                      /* `request` is this request's */
};

/* A piece of an answer that the socket has not taken yet. */
typedef struct outgoing outgoing;
struct outgoing {
    outgoing *next;
    tps_span left;
    void (*release)(void *context); /* NULL: the bytes are `copy` */
    void *release_context;
    uint8_t copy[];
};

/* A connection, with the one exchange that can be under way on it. */
struct tps_http_exchange {
    tps_http_server *server; /* NULL once the server was freed while a handler had the exchange */
    tps_http_transport transport;
    struct event event; /* of the socket */
    tps_http_exchange *next, *previous;
    connection_list *list;
    connection_work *work; /* NULL while nothing is under way */
    outgoing *first_out, *last_out;
    tps_span
        unread; /* received and not yet read: in the server's buffer while it is being read, then in work */
    uint8_t *certificate;
    size_t certificate_size;
    uint64_t deadline;
    uint64_t since; /* ms: on the list of clients */
    size_t lingered;
    uint8_t peer[16];
    uint8_t peer_size; /* 4, 16, or 0 */
    uint8_t state;     /* connection_state */
    short interest;    /* what `event` waits for */
    bool processing;   /* connection_process() is running: do not enter it again */
    bool no_more;      /* the client has shut its sending side */
    bool broken;       /* an answer could not be sent */
    bool close_after;
    bool waits_for_write; /* TLS cannot read or shake hands before the socket takes bytes */
    bool waits_for_turn;  /* its handshake goes on after what others want */
};

struct tps_http_server {
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *tick;
    struct event *turn; /* handshakes that wait go on */
    tps_http_server_options options;
    tps_http_server_ops ops;
    connection_list idle; /* in the order in which they fell idle */
    connection_list
        clients; /* those whose client must act: handshake, head, body, answer, lingering; in order */
    connection_list busy;  /* those whose handler must act */
    connection_list turns; /* handshakes that wait for their turn, in order */
    size_t connections;
    size_t shaking;     /* connections whose handshake is not complete */
    size_t body_memory; /* of all connections */
    connection_work *stock;
    size_t stock_size;
    int64_t handshake_us; /* time that handshakes may still take at once */
    uint64_t handshake_at;
    tps_http_counters counters;
    bool stopping, listener_paused;
    uint64_t stop_deadline;
    void (*stopped)(void *context);
    void *stopped_context;
    time_t date_second;
    char date[40]; /* the whole line */
    char address[64];
    uint8_t read_buffer[READ_BUFFER];
    char answer_buffer[ANSWER_BUFFER];
};

/* ---- server.c ---- */

/** Microseconds and milliseconds of the monotonic clock. */
uint64_t tps_http_now_us(void);
uint64_t tps_http_now_ms(void);

/** True when a handshake may go on at once; else it must wait for its turn. */
bool tps_http_handshake_may_go_on(tps_http_server *server, uint64_t now_us);

/** A step of a handshake took this long. */
void tps_http_handshake_took(tps_http_server *server, uint64_t us);

/** Wakes those that wait for their turn, in the loop's next turn. */
void tps_http_handshake_wait(tps_http_server *server);

/* ---- connection.c ---- */

/** A connection on a socket that was accepted; NULL when it cannot be had (the socket stays the caller's). */
tps_http_exchange *tps_http_connection_open(tps_http_server *server, int fd, const struct sockaddr *peer);

/** Ends a connection at once. Not for one whose exchange a handler holds. */
void tps_http_connection_free(tps_http_exchange *c);

/** Cuts a connection loose from its server, which is being freed: frees it, or leaves it to its handler. */
void tps_http_connection_abandon(tps_http_exchange *c);

/** The connection's deadline has passed: answers 408 where a request is being read, else closes. */
void tps_http_connection_time_out(tps_http_exchange *c);

/** Goes on with a handshake that has waited for its turn. */
void tps_http_connection_take_turn(tps_http_exchange *c);

/** Into another state, and with it on that state's list. */
void tps_http_connection_set_state(tps_http_exchange *c, connection_state state, uint64_t deadline);

/** Goes on after an answer: with writing it, with the next request, or with closing. */
void tps_http_connection_go_on(tps_http_exchange *c);

/* ---- work.c ---- */

/** Room for `needed` bytes at least; what is there stays. False when there is no memory. */
bool tps_http_buffer_reserve(http_buffer *buffer, size_t needed);

/** Lends a work to the connection, unless it has one. False when there is no memory. */
bool tps_http_work_take(tps_http_exchange *c);

/** Takes the connection's work back, if it has one: nothing is under way. What is large is not kept. */
void tps_http_work_give_back(tps_http_exchange *c);

/** Frees a work. */
void tps_http_work_free(connection_work *work);

/* ---- answer.c ---- */

/** Answers whatever request is under way, without going on to the next. */
void tps_http_send_answer(tps_http_exchange *c, const tps_http_answer_message *message);

/** A request that cannot be read to its end: answers, and gives the connection up. */
void tps_http_refuse(tps_http_exchange *c, tps_http_refusal why);

/** "100 Continue". */
void tps_http_send_continue(tps_http_exchange *c);

/** Sends what is left over, as far as the socket takes it; marks the connection broken when it fails. */
void tps_http_flush(tps_http_exchange *c);

/** Forgets what is left over. */
void tps_http_drop_outgoing(tps_http_exchange *c);

#endif
