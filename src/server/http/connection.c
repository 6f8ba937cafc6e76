/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One state machine a connection, on libevent's bufferevents: read a head, read a body, hand over, write the
 * answer, again. Answers are written to the socket at once where it takes them; only what is left over waits
 * for the loop.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "format/json/writer.h"
#include "server/http/internal.h"

#define READ_AHEAD    (64u * 1024u)  /* bytes taken from a socket before they are needed */
#define KEPT_BODY_MAX (16u * 1024u)  /* a larger body's memory is given back after its request */
#define LINGER_MS     2000u          /* how long a refused sender may go on before the connection is cut */
#define LINGER_BYTES  (256u * 1024u) /* and how much is thrown away meanwhile */
#define NO_DEADLINE   UINT64_MAX

static void connection_process(tps_http_exchange *c);

uint64_t tps_http_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
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

void tps_http_connection_free(tps_http_exchange *c)
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
        tps_http_connection_free(c);
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
    tps_http_connection_free(c);
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
    set_state(c, CONNECTION_LINGERING, tps_http_now_ms() + LINGER_MS);
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
    set_state(c, CONNECTION_IDLE, tps_http_now_ms() + c->server->options.idle_timeout_ms);
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
    set_state(c, CONNECTION_WRITING, tps_http_now_ms() + c->server->options.write_timeout_ms);
}

void tps_http_answer(tps_http_exchange *exchange, const tps_http_answer_message *message)
{
    if (exchange->bev == NULL || exchange->server == NULL) {
        tps_http_connection_free(exchange);
        return;
    }
    send_answer(exchange, message);
    if (!exchange->processing) {
        connection_process(exchange);
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

void tps_http_answer_problem(tps_http_exchange *exchange, unsigned status, const char *cause,
                             const char *next_step, const tps_http_answer_field *fields, size_t field_count)
{
    uint8_t body[2048];
    size_t size = write_problem(TPS_BUF_OF(body), status, cause, next_step);

    tps_http_answer(exchange, &(tps_http_answer_message){.status = status,
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
    /* A small body always has room: those who send large ones must not keep evidence out. */
    if ((c->server->body_memory > c->server->options.body_memory_max &&
         c->body_size + piece.size > KEPT_BODY_MAX) ||
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
    now = tps_http_now_ms();
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

tps_http_exchange *tps_http_connection_open(tps_http_server *server, int fd)
{
    tps_http_exchange *c = calloc(1, sizeof(*c));
    int on = 1;

    if (c == NULL) {
        return NULL;
    }
    c->bev = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (c->bev == NULL) {
        free(c);
        return NULL;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, READ_AHEAD + server->options.limits.head);
    (void)bufferevent_disable(c->bev, EV_WRITE);
    (void)bufferevent_enable(c->bev, EV_READ);
    c->server = server;
    c->request.keep_alive = true;
    c->state = CONNECTION_IDLE;
    c->deadline = tps_http_now_ms() + server->options.idle_timeout_ms;
    list_append(&server->idle, c);
    server->connections++;
    return c;
}

void tps_http_connection_abandon(tps_http_exchange *c)
{
    if (c->state != CONNECTION_HANDLING) {
        tps_http_connection_free(c);
        return;
    }
    list_remove(c); /* its handler still holds it, and will answer to nobody */
    c->server->connections--;
    if (c->bev != NULL) {
        connection_drop(c);
    }
    c->server = NULL;
}

void tps_http_connection_time_out(tps_http_exchange *c)
{
    if (c->state == CONNECTION_HEAD || c->state == CONNECTION_BODY) {
        refuse_request(c, too_slow);
        run(c);
        return;
    }
    tps_http_connection_free(c);
}

const tps_http_request *tps_http_exchange_request(const tps_http_exchange *exchange)
{
    return &exchange->request;
}

tps_span tps_http_exchange_body(const tps_http_exchange *exchange)
{
    return tps_span_make(exchange->body, exchange->body_size);
}
