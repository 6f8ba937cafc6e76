/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server: one state machine a connection, on libevent's bufferevents. Deadlines are kept in the
 * connections and looked at by one tick of the server, so that a request costs no timer operations. Answers
 * are written to the socket at once where it takes them; only what is left over waits for the loop.
 */
#include "server/http_server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "format/json_writer.h"

#define READ_AHEAD    (64u * 1024u)  /* bytes taken from a socket before they are needed */
#define KEPT_BODY_MAX (16u * 1024u)  /* a larger body's memory is given back after its request */
#define LINGER_MS     2000u          /* how long a refused sender may go on before the connection is cut */
#define LINGER_BYTES  (256u * 1024u) /* and how much is thrown away meanwhile */
#define TICK_MS       50u
#define NO_DEADLINE   UINT64_MAX

typedef enum {
    CONNECTION_IDLE,     /* waits for a request's first byte */
    CONNECTION_HEAD,     /* reads a head */
    CONNECTION_BODY,     /* reads a body */
    CONNECTION_HANDLING, /* the handler has the exchange */
    CONNECTION_WRITING,  /* the answer is not yet taken */
    CONNECTION_LINGERING /* answered and half closed; what still comes is thrown away */
} connection_state;

typedef struct connection_list {
    struct tps_http_exchange *first, *last;
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

static void connection_process(tps_http_exchange *c);

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

tps_http_server_options tps_http_server_defaults(void)
{
    return (tps_http_server_options){.address = "127.0.0.1:8080",
                                     .limits = {.target = 8192, .head = 16384, .fields = TPS_HTTP_FIELDS_MAX},
                                     .connections_max = 10000,
                                     .body_memory_max = 256u << 20,
                                     .header_timeout_ms = 10000,
                                     .request_timeout_ms = 30000,
                                     .idle_timeout_ms = 60000,
                                     .write_timeout_ms = 30000,
                                     .grace_ms = 10000};
}

const char *tps_http_status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } texts[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].status == status) {
            return texts[i].text;
        }
    }
    return "Status";
}

/* ---- lists of connections: the idle ones in the order in which they fell idle, and the others ---- */

static void list_remove(tps_http_exchange *c)
{
    if (c->previous != NULL) {
        c->previous->next = c->next;
    } else {
        c->list->first = c->next;
    }
    if (c->next != NULL) {
        c->next->previous = c->previous;
    } else {
        c->list->last = c->previous;
    }
}

static void list_append(connection_list *list, tps_http_exchange *c)
{
    c->list = list;
    c->next = NULL;
    c->previous = list->last;
    if (list->last != NULL) {
        list->last->next = c;
    } else {
        list->first = c;
    }
    list->last = c;
}

static void set_state(tps_http_exchange *c, connection_state state, uint64_t deadline)
{
    connection_list *list = state == CONNECTION_IDLE ? &c->server->idle : &c->server->busy;

    if (list != c->list) {
        list_remove(c);
        list_append(list, c);
    }
    c->state = state;
    c->deadline = deadline;
}

static void free_body(tps_http_exchange *c)
{
    if (c->server != NULL) {
        c->server->body_memory -= c->body_capacity;
    }
    free(c->body);
    c->body = NULL;
    c->body_capacity = 0;
}

static void connection_free(tps_http_exchange *c)
{
    tps_http_server *server = c->server;

    if (server != NULL) {
        list_remove(c);
        server->connections--;
    }
    if (c->bev != NULL) {
        bufferevent_free(c->bev);
    }
    free_body(c);
    free(c->head);
    free(c);
}

/* The client is gone. An exchange that a handler holds lives on until it is answered. */
static void connection_drop(tps_http_exchange *c)
{
    if (c->state != CONNECTION_HANDLING) {
        connection_free(c);
        return;
    }
    bufferevent_free(c->bev);
    c->bev = NULL;
}

/* ---- writing ---- */

static const char *date_now(tps_http_server *server)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm t;

    if (now != server->date_second && gmtime_r(&now, &t) != NULL) {
        (void)snprintf(server->date, sizeof(server->date), "%s, %02u %s %04u %02u:%02u:%02u GMT",
                       days[t.tm_wday], (unsigned)t.tm_mday % 100u, months[t.tm_mon],
                       (unsigned)(t.tm_year + 1900) % 10000u, (unsigned)t.tm_hour % 100u,
                       (unsigned)t.tm_min % 100u, (unsigned)t.tm_sec % 100u);
        server->date_second = now;
    }
    return server->date;
}

static bool is_plain_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || (unsigned char)*text == 0x7f) {
            return false;
        }
    }
    return true;
}

/*
 * Writes what is queued to the socket now. A bufferevent would wait for the loop to report the socket as
 * writable: two more system calls for each answer, which is nearly always taken at once. What is left over
 * goes the usual way.
 */
static void write_now(tps_http_exchange *c)
{
    struct evbuffer *output = bufferevent_get_output(c->bev);

    evbuffer_unfreeze(output, 1);
    (void)evbuffer_write(output, bufferevent_getfd(c->bev));
    evbuffer_freeze(output, 1);
    if (evbuffer_get_length(output) > 0) {
        (void)bufferevent_enable(c->bev, EV_WRITE); /* an error of the socket comes back as an event */
    }
}

static void queue_answer(tps_http_exchange *c, const tps_http_answer_message *m, bool close)
{
    struct evbuffer *output = bufferevent_get_output(c->bev);
    bool no_content = m->status == 204 || (m->status >= 100 && m->status < 200);

    (void)evbuffer_add_printf(output, "HTTP/1.1 %u %s\r\nDate: %s\r\n", m->status,
                              tps_http_status_text(m->status), date_now(c->server));
    if (m->type != NULL) {
        (void)evbuffer_add_printf(output, "Content-Type: %s\r\n", m->type);
    }
    for (size_t i = 0; i < m->field_count; i++) {
        if (is_plain_text(m->fields[i].name) && is_plain_text(m->fields[i].value)) {
            (void)evbuffer_add_printf(output, "%s: %s\r\n", m->fields[i].name, m->fields[i].value);
        }
    }
    if (!no_content) {
        (void)evbuffer_add_printf(output, "Content-Length: %zu\r\n", m->body.size);
    }
    if (close || c->request.minor == 0) {
        (void)evbuffer_add_printf(output, "Connection: %s\r\n", close ? "close" : "keep-alive");
    }
    (void)evbuffer_add(output, "\r\n", 2);
    if (!no_content && c->request.method != TPS_HTTP_HEAD) {
        (void)evbuffer_add(output, m->body.data, m->body.size);
    }
}

/* What a step of a connection leads to. */
typedef enum {
    STEP_ON,   /* the state has changed: take the next step */
    STEP_WAIT, /* nothing more can be done until the socket or the handler says so */
    STEP_GONE  /* the connection is freed */
} step_result;

static step_result step_free(tps_http_exchange *c)
{
    connection_free(c);
    return STEP_GONE;
}

/* After an answer: close, or linger so that a sender in the middle of its request still reads it (RFC
 * 9112, 9.6). */
static step_result finish_closing(tps_http_exchange *c)
{
    if (c->no_more) {
        return step_free(c);
    }
    (void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    c->lingered = 0;
    set_state(c, CONNECTION_LINGERING, now_ms() + LINGER_MS);
    return STEP_ON;
}

/* The answer is queued: is it taken? */
static step_result finish_answer(tps_http_exchange *c)
{
    if (evbuffer_get_length(bufferevent_get_output(c->bev)) > 0) {
        return STEP_WAIT;
    }
    if (c->close_after) {
        return finish_closing(c);
    }
    set_state(c, CONNECTION_IDLE, now_ms() + c->server->options.idle_timeout_ms);
    return STEP_ON;
}

static void forget_request(tps_http_exchange *c)
{
    c->body_size = 0;
    if (c->body_capacity > KEPT_BODY_MAX) {
        free_body(c);
    }
}

static void send_answer(tps_http_exchange *c, const tps_http_answer_message *m)
{
    c->close_after = c->close_after || m->close || !c->request.keep_alive || c->server->stopping;
    queue_answer(c, m, c->close_after);
    forget_request(c);
    write_now(c);
    set_state(c, CONNECTION_WRITING, now_ms() + c->server->options.write_timeout_ms);
}

void tps_http_answer(tps_http_exchange *c, const tps_http_answer_message *message)
{
    if (c->bev == NULL || c->server == NULL) {
        connection_free(c);
        return;
    }
    send_answer(c, message);
    if (!c->processing) {
        connection_process(c);
    }
}

static void put_member(json_writer *w, const char *name, const char *text)
{
    json_key(w, name);
    json_text(w, text);
}

static size_t write_problem(tps_buf out, unsigned status, const char *cause, const char *next_step)
{
    json_writer w = json_writer_init(out);
    size_t size;

    json_begin_object(&w);
    put_member(&w, "type", "about:blank");
    put_member(&w, "title", tps_http_status_text(status));
    json_key(&w, "status");
    json_uint(&w, status);
    put_member(&w, "detail", cause);
    put_member(&w, "next_step", next_step);
    json_end_object(&w);
    return json_writer_finish(&w, &size) == TPS_OK ? size : 0;
}

void tps_http_answer_problem(tps_http_exchange *c, unsigned status, const char *cause, const char *next_step,
                             const tps_http_answer_field *fields, size_t field_count)
{
    uint8_t body[2048];
    size_t size = write_problem(TPS_BUF_OF(body), status, cause, next_step);

    tps_http_answer(c, &(tps_http_answer_message){.status = status,
                                                  .type = "application/problem+json",
                                                  .body = tps_span_make(body, size),
                                                  .fields = fields,
                                                  .field_count = field_count});
}

/* A request that cannot be read to its end: answer, and give the connection up. */
static void refuse_request(tps_http_exchange *c, tps_http_refusal why)
{
    uint8_t body[1024];
    size_t size = write_problem(TPS_BUF_OF(body), why.status, why.cause, why.next_step);

    if (c->state == CONNECTION_HEAD) { /* nothing of an earlier request may decide how this answer looks */
        c->request.method = TPS_HTTP_GET;
        c->request.minor = 1;
    }
    send_answer(c, &(tps_http_answer_message){.status = why.status,
                                              .type = "application/problem+json",
                                              .body = tps_span_make(body, size),
                                              .close = true});
}

/* ---- reading ---- */

static bool reserve(uint8_t **memory, size_t *capacity, size_t needed)
{
    size_t size = *capacity < 1024 ? 1024 : *capacity;
    uint8_t *grown;

    if (needed <= *capacity) {
        return true;
    }
    while (size < needed) {
        size *= 2;
    }
    grown = realloc(*memory, size);
    if (grown == NULL) {
        return false;
    }
    *memory = grown;
    *capacity = size;
    return true;
}

static tps_span moved(tps_span span, const uint8_t *from, const uint8_t *to)
{
    return span.data == NULL ? span : tps_span_make(to + (span.data - from), span.size);
}

/* Keeps the head's bytes for the handler: those in the input buffer go when more arrives. */
static bool keep_head(tps_http_exchange *c, const uint8_t *bytes, size_t size)
{
    tps_http_request *r = &c->request;

    if (!reserve(&c->head, &c->head_capacity, size)) {
        return false;
    }
    memcpy(c->head, bytes, size);
    r->path = moved(r->path, bytes, c->head);
    r->query = moved(r->query, bytes, c->head);
    r->host = moved(r->host, bytes, c->head);
    for (size_t i = 0; i < r->field_count; i++) {
        r->fields[i].name = moved(r->fields[i].name, bytes, c->head);
        r->fields[i].value = moved(r->fields[i].value, bytes, c->head);
    }
    return true;
}

static const tps_http_refusal no_memory = {503, "the server has no memory for this request",
                                           "try again later"};
static const tps_http_refusal ended_early = {400, "the connection ended in the middle of the request",
                                             "send all of it"};
static const tps_http_refusal too_slow = {408, "the request did not arrive in time", "send it faster"};

static void begin_body(tps_http_exchange *c)
{
    uint64_t body_max = c->server->ops.body_max(c->server->ops.context, &c->request);

    if (tps_http_reader_accept_body(&c->reader, &c->request, body_max) == TPS_HTTP_REFUSED) {
        refuse_request(c, c->reader.refusal);
        return;
    }
    c->body_size = 0;
    set_state(c, CONNECTION_BODY, c->request_deadline);
    if (c->request.expect_continue && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0) {
        (void)evbuffer_add_printf(bufferevent_get_output(c->bev), "HTTP/1.1 100 Continue\r\n\r\n");
        write_now(c);
    }
}

static step_result refuse_step(tps_http_exchange *c, tps_http_refusal why)
{
    refuse_request(c, why);
    return STEP_ON;
}

static step_result read_head(tps_http_exchange *c)
{
    struct evbuffer *input = bufferevent_get_input(c->bev);
    size_t size = evbuffer_get_length(input);
    size_t limit = c->server->options.limits.head + 1;
    size_t head_size;
    const uint8_t *bytes;
    tps_http_step step;

    size = size < limit ? size : limit;
    bytes = size == 0 ? NULL : evbuffer_pullup(input, (ev_ssize_t)size);
    if (bytes == NULL && size > 0) {
        return refuse_step(c, no_memory);
    }
    step = tps_http_reader_head(&c->reader, tps_span_make(bytes, size), &c->request, &head_size);
    if (step == TPS_HTTP_MORE) {
        return c->no_more ? refuse_step(c, ended_early) : STEP_WAIT;
    }
    if (step == TPS_HTTP_REFUSED) {
        return refuse_step(c, c->reader.refusal);
    }
    if (!keep_head(c, bytes, head_size)) {
        return refuse_step(c, no_memory);
    }
    (void)evbuffer_drain(input, head_size);
    begin_body(c);
    return STEP_ON;
}

static bool take_piece(tps_http_exchange *c, tps_span piece)
{
    size_t before = c->body_capacity;

    if (piece.size == 0) {
        return true;
    }
    if (c->server->body_memory > c->server->options.body_memory_max ||
        !reserve(&c->body, &c->body_capacity, c->body_size + piece.size)) {
        return false;
    }
    c->server->body_memory += c->body_capacity - before;
    memcpy(c->body + c->body_size, piece.data, piece.size);
    c->body_size += piece.size;
    return true;
}

static step_result hand_over(tps_http_exchange *c)
{
    set_state(c, CONNECTION_HANDLING, NO_DEADLINE);
    c->server->ops.handle(c->server->ops.context, c);
    return c->state == CONNECTION_HANDLING ? STEP_WAIT : STEP_ON;
}

/* Reads what is there of a body, one contiguous stretch at a time. */
static step_result read_body(tps_http_exchange *c)
{
    struct evbuffer *input = bufferevent_get_input(c->bev);

    for (;;) {
        size_t size = evbuffer_get_contiguous_space(input);
        tps_span bytes = tps_span_make(size == 0 ? NULL : evbuffer_pullup(input, (ev_ssize_t)size), size);
        size_t consumed;
        tps_span piece;
        tps_http_step step = tps_http_reader_body(&c->reader, bytes, &piece, &consumed);

        if (step == TPS_HTTP_REFUSED) {
            return refuse_step(c, c->reader.refusal);
        }
        if (!take_piece(c, piece)) {
            return refuse_step(c, no_memory);
        }
        (void)evbuffer_drain(input, consumed);
        if (step == TPS_HTTP_READY) {
            return hand_over(c);
        }
        if (evbuffer_get_length(input) == 0) {
            return c->no_more ? refuse_step(c, ended_early) : STEP_WAIT;
        }
    }
}

/* A further request begins; or the connection stays idle; or, when nothing more can come, it is closed. */
static step_result begin_request(tps_http_exchange *c)
{
    const tps_http_server_options *options = &c->server->options;
    uint64_t now;

    if (evbuffer_get_length(bufferevent_get_input(c->bev)) == 0) {
        return c->no_more || c->server->stopping ? step_free(c) : STEP_WAIT;
    }
    now = now_ms();
    c->request_deadline = now + options->request_timeout_ms;
    tps_http_reader_init(&c->reader, &options->limits);
    set_state(c, CONNECTION_HEAD,
              now + (options->header_timeout_ms < options->request_timeout_ms ? options->header_timeout_ms
                                                                              : options->request_timeout_ms));
    return STEP_ON;
}

static step_result linger(tps_http_exchange *c)
{
    struct evbuffer *input = bufferevent_get_input(c->bev);

    c->lingered += evbuffer_get_length(input);
    (void)evbuffer_drain(input, evbuffer_get_length(input));
    return c->no_more || c->lingered > LINGER_BYTES ? step_free(c) : STEP_WAIT;
}

static step_result connection_step(tps_http_exchange *c)
{
    switch (c->state) {
    case CONNECTION_IDLE: return begin_request(c);
    case CONNECTION_HEAD: return read_head(c);
    case CONNECTION_BODY: return read_body(c);
    case CONNECTION_WRITING: return finish_answer(c);
    case CONNECTION_LINGERING: return linger(c);
    default: return STEP_WAIT; /* handling: tps_http_answer() goes on */
    }
}

static void connection_process(tps_http_exchange *c)
{
    step_result result;

    c->processing = true;
    do {
        result = connection_step(c);
    } while (result == STEP_ON);
    if (result != STEP_GONE) {
        c->processing = false;
    }
}

/* ---- events ---- */

static void run(tps_http_exchange *c)
{
    if (c->bev != NULL && !c->processing) {
        connection_process(c);
    }
}

static void on_read(struct bufferevent *bev, void *context)
{
    (void)bev;
    run(context);
}

static void on_written(struct bufferevent *bev, void *context)
{
    tps_http_exchange *c = context;

    (void)bufferevent_disable(bev, EV_WRITE);
    if (c->state == CONNECTION_WRITING) {
        run(c);
    }
}

static void on_event(struct bufferevent *bev, short events, void *context)
{
    tps_http_exchange *c = context;

    (void)bev;
    if ((events & BEV_EVENT_EOF) != 0 && (events & BEV_EVENT_ERROR) == 0) {
        c->no_more = true;
        run(c);
        return;
    }
    connection_drop(c);
}

static bool make_room(tps_http_server *server)
{
    if (server->connections < server->options.connections_max) {
        return true;
    }
    if (server->idle.first == NULL) {
        return false;
    }
    connection_free(server->idle.first);
    return true;
}

/* Best effort, and no reason to wait: the client may never read it. */
static void turn_away(evutil_socket_t fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";

    (void)!write(fd, answer, sizeof(answer) - 1);
    (void)evutil_closesocket(fd);
}

static tps_http_exchange *connection_new(tps_http_server *server, evutil_socket_t fd)
{
    tps_http_exchange *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        return NULL;
    }
    c->bev = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (c->bev == NULL) {
        free(c);
        return NULL;
    }
    c->server = server;
    c->request.keep_alive = true;
    c->state = CONNECTION_IDLE;
    c->deadline = now_ms() + server->options.idle_timeout_ms;
    list_append(&server->idle, c);
    server->connections++;
    return c;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
                      int peer_size, void *context)
{
    tps_http_server *server = context;
    tps_http_exchange *c = make_room(server) ? connection_new(server, fd) : NULL;
    int on = 1;

    (void)listener;
    (void)peer;
    (void)peer_size;
    if (c == NULL) {
        turn_away(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, READ_AHEAD + server->options.limits.head);
    (void)bufferevent_disable(c->bev, EV_WRITE);
    if (bufferevent_enable(c->bev, EV_READ) != 0) {
        connection_free(c);
    }
}

/* Most likely no file descriptor is left: the tick listens again. Else the loop would spin. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
    tps_http_server *server = context;

    (void)evconnlistener_disable(listener);
    server->listener_paused = true;
}

static void time_out(tps_http_exchange *c)
{
    if (c->state == CONNECTION_HEAD || c->state == CONNECTION_BODY) {
        refuse_request(c, too_slow);
        run(c);
        return;
    }
    connection_free(c);
}

static void sweep(connection_list *list, uint64_t now, bool in_order)
{
    tps_http_exchange *next;

    for (tps_http_exchange *c = list->first; c != NULL; c = next) {
        next = c->next;
        if (c->deadline <= now) {
            time_out(c);
        } else if (in_order) {
            return;
        }
    }
}

static void close_all(tps_http_server *server)
{
    while (server->idle.first != NULL) {
        connection_free(server->idle.first);
    }
    while (server->busy.first != NULL) {
        tps_http_exchange *c = server->busy.first;

        if (c->state != CONNECTION_HANDLING) {
            connection_free(c);
            continue;
        }
        list_remove(c); /* its handler still holds it, and will answer to nobody */
        server->connections--;
        if (c->bev != NULL) {
            connection_drop(c);
        }
        c->server = NULL;
    }
}

static void on_tick(evutil_socket_t fd, short events, void *context)
{
    tps_http_server *server = context;
    uint64_t now = now_ms();
    void (*stopped)(void *) = server->stopped;

    (void)fd;
    (void)events;
    if (server->listener_paused && server->listener != NULL && evconnlistener_enable(server->listener) == 0) {
        server->listener_paused = false;
    }
    sweep(&server->idle, now, true);
    sweep(&server->busy, now, false);
    if (!server->stopping || stopped == NULL) {
        return;
    }
    if (now >= server->stop_deadline) {
        close_all(server);
    }
    if (server->connections == 0) {
        server->stopped = NULL;
        stopped(server->stopped_context);
    }
}

/* ---- the server ---- */

static tps_status start_tick(tps_http_server *server)
{
    struct timeval every = {0, TICK_MS * 1000};

    server->tick = event_new(server->base, -1, EV_PERSIST, on_tick, server);
    return server->tick != NULL && event_add(server->tick, &every) == 0 ? TPS_OK : TPS_OUT_OF_MEMORY;
}

static void note_address(tps_http_server *server)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    char ip[INET6_ADDRSTRLEN] = "";

    memset(&bound, 0, sizeof(bound));
    (void)getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&bound, &size);
    if (bound.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&bound;

        (void)evutil_inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
        (void)snprintf(server->address, sizeof(server->address), "[%s]:%u", ip,
                       (unsigned)ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&bound;

        (void)evutil_inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
        (void)snprintf(server->address, sizeof(server->address), "%s:%u", ip, (unsigned)ntohs(in->sin_port));
    }
}

/* "IP:port" or "[IPv6]:port". libevent's own parser does not take port 0. */
static bool parse_address(const char *text, struct sockaddr_storage *address, int *size)
{
    struct sockaddr_in *in = (struct sockaddr_in *)address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[' && colon != NULL && colon > text + 1 && colon[-1] == ']';
    size_t ip_size = colon == NULL ? 0 : (size_t)(colon - text) - (bracketed ? 2 : 0);
    char ip[INET6_ADDRSTRLEN];
    char *end;
    unsigned long port;

    if (ip_size == 0 || ip_size >= sizeof(ip) || colon[1] < '0' || colon[1] > '9') {
        return false;
    }
    memcpy(ip, text + (bracketed ? 1 : 0), ip_size);
    ip[ip_size] = '\0';
    port = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || port > UINT16_MAX) {
        return false;
    }
    memset(address, 0, sizeof(*address));
    address->ss_family = bracketed ? AF_INET6 : AF_INET;
    *size = bracketed ? (int)sizeof(*in6) : (int)sizeof(*in);
    if (bracketed) {
        in6->sin6_port = htons((uint16_t)port);
        return evutil_inet_pton(AF_INET6, ip, &in6->sin6_addr) == 1;
    }
    in->sin_port = htons((uint16_t)port);
    return evutil_inet_pton(AF_INET, ip, &in->sin_addr) == 1;
}

static tps_status start_listener(tps_http_server *server)
{
    struct sockaddr_storage address;
    int size;

    if (!parse_address(server->options.address, &address, &size)) {
        return TPS_BAD_ARGUMENT;
    }
    server->listener = evconnlistener_new_bind(
        server->base, on_accept, server, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
        512, (struct sockaddr *)&address, size);
    if (server->listener == NULL) {
        return TPS_IO;
    }
    evconnlistener_set_error_cb(server->listener, on_accept_error);
    note_address(server);
    return TPS_OK;
}

tps_status tps_http_server_open(struct event_base *base, const tps_http_server_options *options,
                                const tps_http_server_ops *ops, tps_http_server **server)
{
    tps_http_server *made = calloc(1, sizeof(*made));
    tps_status status;

    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->base = base;
    made->options = *options;
    made->ops = *ops;
    made->date_second = -1;
    status = start_tick(made);
    if (status == TPS_OK) {
        status = start_listener(made);
    }
    if (status != TPS_OK) {
        int error = errno;

        tps_http_server_free(made);
        errno = error;
        return status;
    }
    made->options.address = made->address;
    *server = made;
    return TPS_OK;
}

const char *tps_http_server_address(const tps_http_server *server)
{
    return server->address;
}

size_t tps_http_server_connections(const tps_http_server *server)
{
    return server->connections;
}

void tps_http_server_stop(tps_http_server *server, void (*stopped)(void *context), void *context)
{
    if (server->stopping) {
        return;
    }
    server->stopping = true;
    server->stop_deadline = now_ms() + server->options.grace_ms;
    server->stopped = stopped;
    server->stopped_context = context;
    evconnlistener_free(server->listener);
    server->listener = NULL;
    while (server->idle.first != NULL) {
        connection_free(server->idle.first);
    }
}

void tps_http_server_free(tps_http_server *server)
{
    if (server == NULL) {
        return;
    }
    close_all(server);
    if (server->listener != NULL) {
        evconnlistener_free(server->listener);
    }
    if (server->tick != NULL) {
        event_free(server->tick);
    }
    free(server);
}

const tps_http_request *tps_http_exchange_request(const tps_http_exchange *exchange)
{
    return &exchange->request;
}

tps_span tps_http_exchange_body(const tps_http_exchange *exchange)
{
    return tps_span_make(exchange->body, exchange->body_size);
}
