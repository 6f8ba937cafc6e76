/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One state machine a connection: shake hands, read a head, read a body, hand over, write the answer, again.
 * Bytes are read into the server's one buffer and, in the usual case, are a whole request there: one recv()
 * and one send() a request. Only what is incomplete is copied to the connection. The socket stays registered
 * for reading; it is registered otherwise only while a client takes no answer or sends too far ahead.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "server/http/internal.h"

#define LINGER_MS    2000u          /* how long a refused sender may go on before the connection is cut */
#define LINGER_BYTES (256u * 1024u) /* and how much is thrown away meanwhile */
#define NO_DEADLINE  UINT64_MAX
#define TURNS_MAX    8u /* times that TLS is read for one event, before others have their turn */

static void on_socket(evutil_socket_t fd, short events, void *context);

/* ---- lists ---- */

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

static connection_list *list_of(const tps_http_exchange *c, connection_state state)
{
    switch (state) {
    case CONNECTION_IDLE: return &c->server->idle;
    case CONNECTION_HANDLING: return &c->server->busy;
    case CONNECTION_HANDSHAKE: return c->waits_for_turn ? &c->server->turns : &c->server->clients;
    default: return &c->server->clients;
    }
}

void tps_http_connection_set_state(tps_http_exchange *c, connection_state state, uint64_t deadline)
{
    connection_list *list = list_of(c, state);

    if (list != c->list) {
        list_remove(c);
        list_append(list, c);
        if (list == &c->server->clients) { /* nobody asks it of the others */
            c->since = tps_http_now_ms();
        }
    }
    c->state = (uint8_t)state;
    c->deadline = deadline;
}

/* ---- ends ---- */

/* The socket and all that hangs on it. */
static void close_transport(tps_http_exchange *c)
{
    if (c->transport.fd < 0) {
        return;
    }
    (void)event_del(&c->event);
    tps_http_drop_outgoing(c);
    tps_http_transport_close(&c->transport);
}

/* Handshakes that did not come to their end are counted here, however they ended. */
static void leave_server(tps_http_exchange *c)
{
    if (c->state == CONNECTION_HANDSHAKE) {
        c->server->shaking--;
        c->server->counters.tls_failed++;
    }
    list_remove(c);
    c->server->connections--;
}

void tps_http_connection_free(tps_http_exchange *c)
{
    if (c->server != NULL) {
        leave_server(c);
    }
    close_transport(c);
    tps_http_work_give_back(c);
    free(c->certificate);
    free(c);
}

/* The client is gone. An exchange that a handler holds lives on until it is answered. */
static void connection_drop(tps_http_exchange *c)
{
    if (c->state != CONNECTION_HANDLING) {
        tps_http_connection_free(c);
        return;
    }
    close_transport(c);
}

/* ---- what the socket is waited for ---- */

static void set_interest(tps_http_exchange *c, short interest)
{
    if (c->interest == interest) {
        return;
    }
    (void)event_del(&c->event);
    c->interest = interest;
    if (interest != 0) {
        (void)event_assign(&c->event, c->server->base, c->transport.fd, (short)(interest | EV_PERSIST),
                           on_socket, c);
        (void)event_add(&c->event, NULL);
    }
}

static void update_interest(tps_http_exchange *c)
{
    bool reads = !c->no_more && !c->waits_for_turn && c->unread.size < READ_AHEAD;
    bool writes = c->first_out != NULL || c->waits_for_write;

    set_interest(c, (short)((reads ? EV_READ : 0) | (writes ? EV_WRITE : 0)));
}

/* ---- steps ---- */

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

static void advance(tps_http_exchange *c, size_t size)
{
    c->unread = tps_span_make(c->unread.data + size, c->unread.size - size);
}

/* After an answer: close, or linger so that a sender in the middle of its request still reads it (RFC
 * 9112, 9.6). */
static step_result finish_closing(tps_http_exchange *c)
{
    if (c->no_more) {
        return step_free(c);
    }
    tps_http_transport_end(&c->transport);
    c->unread = TPS_SPAN_EMPTY;
    tps_http_work_give_back(c);
    c->lingered = 0;
    tps_http_connection_set_state(c, CONNECTION_LINGERING, tps_http_now_ms() + LINGER_MS);
    return STEP_ON;
}

static void fall_idle(tps_http_exchange *c)
{
    tps_http_connection_set_state(c, CONNECTION_IDLE, tps_http_now_ms() + c->server->options.idle_timeout_ms);
}

/* The answer was given: is it taken? */
static step_result finish_answer(tps_http_exchange *c)
{
    if (c->broken) {
        return step_free(c);
    }
    if (c->first_out != NULL) {
        return STEP_WAIT;
    }
    if (c->close_after) {
        return finish_closing(c);
    }
    fall_idle(c);
    return STEP_ON;
}

/* ---- reading ---- */

static tps_span moved(tps_span span, const uint8_t *from, const uint8_t *to)
{
    return span.data == NULL ? span : tps_span_make(to + (span.data - from), span.size);
}

/* Keeps the head's bytes for the handler: those in the server's buffer go when something else arrives. */
static bool keep_head(tps_http_exchange *c, const uint8_t *bytes, size_t size)
{
    tps_http_request *r = &c->work->request;
    http_buffer *head = &c->work->head;

    if (!tps_http_buffer_reserve(head, size)) {
        return false;
    }
    memcpy(head->data, bytes, size);
    r->path = moved(r->path, bytes, head->data);
    r->query = moved(r->query, bytes, head->data);
    r->host = moved(r->host, bytes, head->data);
    for (size_t i = 0; i < r->field_count; i++) {
        r->fields[i].name = moved(r->fields[i].name, bytes, head->data);
        r->fields[i].value = moved(r->fields[i].value, bytes, head->data);
    }
    c->work->has_head = true;
    return true;
}

static const tps_http_refusal no_memory = {503, "the server has no memory for this request",
                                           "try again later"};
static const tps_http_refusal ended_early = {400, "the connection ended in the middle of the request",
                                             "send all of it"};
static const tps_http_refusal too_slow = {408, "the request did not arrive in time", "send it faster"};

static step_result refuse_step(tps_http_exchange *c, tps_http_refusal why)
{
    tps_http_refuse(c, why);
    return STEP_ON;
}

static step_result begin_body(tps_http_exchange *c)
{
    connection_work *work = c->work;
    uint64_t body_max = c->server->ops.body_max(c->server->ops.context, &work->request);

    if (tps_http_reader_accept_body(&work->reader, &work->request, body_max) == TPS_HTTP_REFUSED) {
        return refuse_step(c, work->reader.refusal);
    }
    tps_http_connection_set_state(c, CONNECTION_BODY, work->deadline);
    if (work->request.expect_continue && c->unread.size == 0) {
        tps_http_send_continue(c);
    }
    return STEP_ON;
}

static step_result read_head(tps_http_exchange *c)
{
    connection_work *work = c->work;
    size_t limit = c->server->options.limits.head + 1;
    tps_span bytes = tps_span_make(c->unread.data, c->unread.size < limit ? c->unread.size : limit);
    size_t head_size;
    tps_http_step step = tps_http_reader_head(&work->reader, bytes, &work->request, &head_size);

    if (step == TPS_HTTP_MORE) {
        return c->no_more ? refuse_step(c, ended_early) : STEP_WAIT;
    }
    if (step == TPS_HTTP_REFUSED) {
        return refuse_step(c, work->reader.refusal);
    }
    if (!keep_head(c, bytes.data, head_size)) {
        return refuse_step(c, no_memory);
    }
    advance(c, head_size);
    return begin_body(c);
}

static bool take_piece(tps_http_exchange *c, tps_span piece)
{
    http_buffer *body = &c->work->body;
    size_t before = body->capacity;

    if (piece.size == 0) {
        return true;
    }
    /* A small body always has room: those who send large ones must not keep evidence out. */
    if ((c->server->body_memory > c->server->options.body_memory_max &&
         body->size + piece.size > KEPT_BODY_MAX) ||
        !tps_http_buffer_reserve(body, body->size + piece.size)) {
        return false;
    }
    c->server->body_memory += body->capacity - before;
    memcpy(body->data + body->size, piece.data, piece.size);
    body->size += piece.size;
    return true;
}

static step_result hand_over(tps_http_exchange *c)
{
    tps_http_connection_set_state(c, CONNECTION_HANDLING, NO_DEADLINE);
    c->server->ops.handle(c->server->ops.context, c);
    return c->state == CONNECTION_HANDLING ? STEP_WAIT : STEP_ON;
}

/* Reads what is there of a body. */
static step_result read_body(tps_http_exchange *c)
{
    for (;;) {
        size_t consumed;
        tps_span piece;
        tps_http_step step = tps_http_reader_body(&c->work->reader, c->unread, &piece, &consumed);

        if (step == TPS_HTTP_REFUSED) {
            return refuse_step(c, c->work->reader.refusal);
        }
        if (!take_piece(c, piece)) {
            return refuse_step(c, no_memory);
        }
        advance(c, consumed);
        if (step == TPS_HTTP_READY) {
            return hand_over(c);
        }
        if (c->unread.size == 0) {
            return c->no_more ? refuse_step(c, ended_early) : STEP_WAIT;
        }
    }
}

/* A further request begins; or the connection stays idle; or, when nothing more can come, it is closed. */
static step_result begin_request(tps_http_exchange *c)
{
    const tps_http_server_options *options = &c->server->options;
    uint64_t now_us;
    uint32_t head_ms = options->header_timeout_ms;

    if (c->unread.size == 0) {
        tps_http_work_give_back(c);
        return c->no_more || c->server->stopping ? step_free(c) : STEP_WAIT;
    }
    if (!tps_http_work_take(c)) {
        return step_free(c);
    }
    head_ms = head_ms < options->request_timeout_ms ? head_ms : options->request_timeout_ms;
    now_us = tps_http_now_us();
    c->work->begun_us = now_us;
    c->work->deadline = now_us / 1000 + options->request_timeout_ms;
    tps_http_reader_init(&c->work->reader, &options->limits);
    tps_http_connection_set_state(c, CONNECTION_HEAD, now_us / 1000 + head_ms);
    return STEP_ON;
}

static step_result connection_step(tps_http_exchange *c)
{
    switch (c->state) {
    case CONNECTION_IDLE: return begin_request(c);
    case CONNECTION_HEAD: return read_head(c);
    case CONNECTION_BODY: return read_body(c);
    case CONNECTION_WRITING: return finish_answer(c);
    default: return STEP_WAIT; /* handling: tps_http_answer() goes on; lingering: nothing is read */
    }
}

/* What was received and not read must outlive the server's buffer. False when there is no memory. */
static bool keep_unread(tps_http_exchange *c)
{
    http_buffer *input;

    if (c->unread.size == 0 || c->state == CONNECTION_LINGERING) {
        c->unread = TPS_SPAN_EMPTY;
        return true;
    }
    input = &c->work->input;
    if (c->unread.data >= c->server->read_buffer && c->unread.data < c->server->read_buffer + READ_BUFFER) {
        if (!tps_http_buffer_reserve(input, c->unread.size)) {
            return false;
        }
        memcpy(input->data, c->unread.data, c->unread.size);
    } else if (c->unread.data != input->data) {
        memmove(input->data, c->unread.data, c->unread.size);
    }
    input->size = c->unread.size;
    c->unread = tps_span_make(input->data, input->size);
    return true;
}

/* Takes steps as long as there are any. False when the connection is freed. */
static bool connection_process(tps_http_exchange *c)
{
    step_result result;

    c->processing = true;
    do {
        result = connection_step(c);
    } while (result == STEP_ON);
    if (result == STEP_GONE) {
        return false;
    }
    c->processing = false;
    if (c->transport.fd < 0) {
        return true;
    }
    if (!keep_unread(c)) {
        connection_drop(c);
        return false;
    }
    update_interest(c);
    return true;
}

/* What TLS holds back is read in a turn of its own: here another connection may be using the buffer. */
static void read_more_later(tps_http_exchange *c)
{
    if (c->transport.fd >= 0 && c->unread.size < READ_AHEAD && tps_http_transport_has_more(&c->transport)) {
        event_active(&c->event, EV_READ, 0);
    }
}

void tps_http_connection_go_on(tps_http_exchange *c)
{
    if (!c->processing && connection_process(c)) {
        read_more_later(c);
    }
}

/* ---- events ---- */

/* Receives once: into the server's buffer, or behind what is kept already. */
static tps_http_io receive_some(tps_http_exchange *c)
{
    tps_http_server *server = c->server;
    http_buffer *input;
    size_t got = 0;
    size_t room;
    tps_http_io io;

    if (c->unread.size == 0) {
        io = tps_http_transport_receive(&c->transport, server->read_buffer, READ_BUFFER, &got);
        c->unread = tps_span_make(server->read_buffer, got);
        server->counters.bytes_in += got;
        return io;
    }
    input = &c->work->input;
    if (input->size >= READ_AHEAD) {
        return TPS_HTTP_IO_WAIT_READ;
    }
    if (!tps_http_buffer_reserve(input, input->size + 4096)) {
        return TPS_HTTP_IO_FAILED;
    }
    room = input->capacity < READ_AHEAD ? input->capacity : READ_AHEAD;
    io = tps_http_transport_receive(&c->transport, input->data + input->size, room - input->size, &got);
    input->size += got;
    c->unread = tps_span_make(input->data, input->size);
    server->counters.bytes_in += got;
    return io;
}

/* What still comes after the answer is thrown away, up to a limit. */
static bool linger(tps_http_exchange *c)
{
    size_t got = 0;
    tps_http_io io = tps_http_transport_discard(&c->transport, c->server->read_buffer, READ_BUFFER, &got);

    c->lingered += got;
    if (io == TPS_HTTP_IO_ENDED || io == TPS_HTTP_IO_FAILED || c->lingered > LINGER_BYTES) {
        tps_http_connection_free(c);
        return false;
    }
    return true;
}

/* Reads what the socket has. False when the connection is freed, or needs no more reading. */
static bool read_once(tps_http_exchange *c)
{
    tps_http_io io;

    if (c->state == CONNECTION_LINGERING) {
        (void)linger(c);
        return false;
    }
    io = receive_some(c);
    c->waits_for_write = io == TPS_HTTP_IO_WAIT_WRITE;
    if (io == TPS_HTTP_IO_FAILED) {
        connection_drop(c);
        return false;
    }
    c->no_more = io == TPS_HTTP_IO_ENDED;
    if (io == TPS_HTTP_IO_WAIT_READ || io == TPS_HTTP_IO_WAIT_WRITE) {
        update_interest(c);
        return false;
    }
    return connection_process(c) && !c->no_more && c->transport.fd >= 0;
}

/* TLS may hold more than it has given out, which no event tells of; one that sends fast must not keep the
 * loop. */
static void read_all(tps_http_exchange *c)
{
    for (unsigned turn = 0; read_once(c); turn++) {
        if (c->state == CONNECTION_LINGERING || c->unread.size >= READ_AHEAD ||
            !tps_http_transport_has_more(&c->transport)) {
            return;
        }
        if (turn == TURNS_MAX) {
            read_more_later(c);
            return;
        }
    }
}

static void shake_hands(tps_http_exchange *c);

static void on_socket(evutil_socket_t fd, short events, void *context)
{
    tps_http_exchange *c = context;

    (void)fd;
    if (c->state == CONNECTION_HANDSHAKE) {
        shake_hands(c);
        return;
    }
    if ((events & EV_WRITE) != 0 && c->first_out != NULL) {
        tps_http_flush(c);
        if (c->broken) {
            connection_drop(c);
            return;
        }
        if (!connection_process(c) || c->transport.fd < 0) {
            return;
        }
        read_more_later(c); /* reading had stopped while the client took no answers */
    }
    if ((events & EV_READ) != 0 || c->waits_for_write) {
        read_all(c);
    }
}

/* ---- opening ---- */

static bool note_certificate(tps_http_exchange *c)
{
    c->certificate = tps_http_transport_peer_certificate(&c->transport, &c->certificate_size);
    return c->certificate != NULL || c->certificate_size == 0;
}

/* TLS is up: the connection waits for its first request, which may be here already. */
static void finish_handshake(tps_http_exchange *c)
{
    c->server->shaking--;
    c->server->counters.tls_accepted++;
    fall_idle(c);
    update_interest(c);
    if (!note_certificate(c)) {
        tps_http_connection_free(c);
    } else if (tps_http_transport_has_more(&c->transport)) {
        read_all(c);
    }
}

/* Enough was done for handshakes: others are served first. */
static void wait_for_turn(tps_http_exchange *c)
{
    c->waits_for_turn = true;
    tps_http_connection_set_state(c, CONNECTION_HANDSHAKE, c->deadline);
    update_interest(c);
    tps_http_handshake_wait(c->server);
}

static void go_on_shaking(tps_http_exchange *c)
{
    uint64_t begun = tps_http_now_us();
    tps_http_io io = tps_http_transport_handshake(&c->transport);

    tps_http_handshake_took(c->server, tps_http_now_us() - begun);
    if (io == TPS_HTTP_IO_DONE) {
        c->waits_for_write = false;
        finish_handshake(c);
    } else if (io == TPS_HTTP_IO_FAILED) {
        tps_http_connection_free(c);
    } else {
        c->waits_for_write = io == TPS_HTTP_IO_WAIT_WRITE;
        update_interest(c);
    }
}

static void shake_hands(tps_http_exchange *c)
{
    if (tps_http_handshake_may_go_on(c->server, tps_http_now_us())) {
        go_on_shaking(c);
    } else {
        wait_for_turn(c);
    }
}

void tps_http_connection_take_turn(tps_http_exchange *c)
{
    c->waits_for_turn = false;
    tps_http_connection_set_state(c, CONNECTION_HANDSHAKE, c->deadline);
    go_on_shaking(c);
}

static bool watch(tps_http_exchange *c)
{
    int on = 1;

    (void)setsockopt(c->transport.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c->interest = EV_READ;
    return event_assign(&c->event, c->server->base, c->transport.fd, EV_READ | EV_PERSIST, on_socket, c) ==
               0 &&
           event_add(&c->event, NULL) == 0;
}

/* An IPv4 address that came over IPv6 is noted as IPv4's: one client has one name. */
static void note_peer(tps_http_exchange *c, const struct sockaddr *peer)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (peer->sa_family == AF_INET) {
        memcpy(c->peer, &((const struct sockaddr_in *)peer)->sin_addr, 4);
        c->peer_size = 4;
    } else if (peer->sa_family == AF_INET6) {
        const uint8_t *bytes = ((const struct sockaddr_in6 *)peer)->sin6_addr.s6_addr;
        bool is_mapped = memcmp(bytes, mapped, sizeof(mapped)) == 0;

        c->peer_size = is_mapped ? 4 : 16;
        memcpy(c->peer, bytes + (is_mapped ? 12 : 0), c->peer_size);
    }
}

tps_http_exchange *tps_http_connection_open(tps_http_server *server, int fd, const struct sockaddr *peer)
{
    tps_http_exchange *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        return NULL;
    }
    c->server = server;
    if (!tps_http_transport_open(&c->transport, fd, server->options.tls) || !watch(c)) {
        c->transport.fd = -1; /* the caller's */
        tps_http_transport_close(&c->transport);
        free(c);
        return NULL;
    }
    c->state = c->transport.is_ready ? CONNECTION_IDLE : CONNECTION_HANDSHAKE;
    c->since = tps_http_now_ms();
    c->deadline = c->since + (c->transport.is_ready ? server->options.idle_timeout_ms
                                                    : server->options.header_timeout_ms);
    note_peer(c, peer);
    list_append(list_of(c, c->state), c);
    server->connections++;
    server->shaking += c->transport.is_ready ? 0 : 1;
    return c;
}

/* ---- what the server does to connections ---- */

void tps_http_connection_abandon(tps_http_exchange *c)
{
    if (c->state != CONNECTION_HANDLING) {
        tps_http_connection_free(c);
        return;
    }
    leave_server(c); /* its handler still holds it, and will answer to nobody */
    close_transport(c);
    c->server = NULL;
}

void tps_http_connection_time_out(tps_http_exchange *c)
{
    c->server->counters.timeouts += c->state != CONNECTION_IDLE && c->state != CONNECTION_LINGERING;
    if (c->state == CONNECTION_HEAD || c->state == CONNECTION_BODY) {
        tps_http_refuse(c, too_slow);
        tps_http_connection_go_on(c);
        return;
    }
    tps_http_connection_free(c);
}

const tps_http_request *tps_http_exchange_request(const tps_http_exchange *exchange)
{
    return &exchange->work->request;
}

tps_span tps_http_exchange_body(const tps_http_exchange *exchange)
{
    return tps_span_make(exchange->work->body.data, exchange->work->body.size);
}

tps_span tps_http_exchange_peer_certificate(const tps_http_exchange *exchange)
{
    return tps_span_make(exchange->certificate, exchange->certificate_size);
}

const char *tps_http_exchange_peer_address(const tps_http_exchange *exchange,
                                           char out[TPS_HTTP_PEER_ADDRESS_MAX])
{
    out[0] = '\0';
    if (exchange->peer_size > 0) {
        (void)inet_ntop(exchange->peer_size == 4 ? AF_INET : AF_INET6, exchange->peer, out,
                        TPS_HTTP_PEER_ADDRESS_MAX);
    }
    return out;
}

void tps_http_exchange_set_context(tps_http_exchange *exchange, void *context)
{
    exchange->work->context = context;
}

void *tps_http_exchange_context(const tps_http_exchange *exchange)
{
    return exchange->work->context;
}
