/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: head and body are put together in one buffer of the server's and sent by one call, at once. What
 * the socket does not take is kept, and sent when it does.
 */
#include <stdlib.h>

#include "format/json/writer.h"
#include "server/http/internal.h"

#define GATHERED_MAX (16u * 1024u) /* a body up to this size is copied behind its head: one record of TLS */

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
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].status == status) {
            return texts[i].text;
        }
    }
    return "Status";
}

/* ---- the head ---- */

/* Text into the server's buffer; what does not fit is noticed once, at the end. */
typedef struct {
    char *text;
    size_t size, capacity;
} head_writer;

static void put_bytes(head_writer *w, const char *bytes, size_t size)
{
    if (w->size + size <= w->capacity) {
        memcpy(w->text + w->size, bytes, size);
    }
    w->size += size;
}

static void put_text(head_writer *w, const char *text)
{
    put_bytes(w, text, strlen(text));
}

#define PUT_LITERAL(w, text) put_bytes(w, text, sizeof(text) - 1)

static void put_number(head_writer *w, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put_bytes(w, digits + at, sizeof(digits) - at);
}

static void put_two(char *out, int value)
{
    out[0] = (char)('0' + value / 10 % 10);
    out[1] = (char)('0' + value % 10);
}

/* "Date: Sun, 06 Nov 1994 08:49:37 GMT", made once a second. */
static void put_date(head_writer *w, tps_http_server *server)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm t;

    if (now != server->date_second && gmtime_r(&now, &t) != NULL) {
        char *line = server->date;

        memcpy(line, "Date: Sun, 00 Nov 0000 00:00:00 GMT\r\n", 38);
        memcpy(line + 6, days + t.tm_wday * 3, 3);
        put_two(line + 11, t.tm_mday);
        memcpy(line + 14, months + t.tm_mon * 3, 3);
        put_two(line + 18, (t.tm_year + 1900) / 100);
        put_two(line + 20, (t.tm_year + 1900) % 100);
        put_two(line + 23, t.tm_hour);
        put_two(line + 26, t.tm_min);
        put_two(line + 29, t.tm_sec);
        server->date_second = now;
    }
    put_bytes(w, server->date, 37);
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

static void put_field(head_writer *w, const char *name, const char *value)
{
    if (is_plain_text(name) && is_plain_text(value)) {
        put_text(w, name);
        PUT_LITERAL(w, ": ");
        put_text(w, value);
        PUT_LITERAL(w, "\r\n");
    }
}

static bool has_no_content(unsigned status)
{
    return status == 204 || status == 304 || status < 200;
}

/* The head into the server's buffer; its size, or 0 when the fields are too many for it. */
static size_t write_head(tps_http_exchange *c, const tps_http_answer_message *m)
{
    head_writer w = {c->server->answer_buffer, 0, ANSWER_BUFFER - GATHERED_MAX};

    PUT_LITERAL(&w, "HTTP/1.1 ");
    put_number(&w, m->status);
    PUT_LITERAL(&w, " ");
    put_text(&w, tps_http_status_text(m->status));
    PUT_LITERAL(&w, "\r\n");
    put_date(&w, c->server);
    if (m->type != NULL) {
        put_field(&w, "Content-Type", m->type);
    }
    for (size_t i = 0; i < m->field_count; i++) {
        put_field(&w, m->fields[i].name, m->fields[i].value);
    }
    if (c->work != NULL && c->work->field != NULL) {
        put_field(&w, c->work->field->name, c->work->field->value);
    }
    if (!has_no_content(m->status)) {
        PUT_LITERAL(&w, "Content-Length: ");
        put_number(&w, m->body.size);
        PUT_LITERAL(&w, "\r\n");
    }
    if (c->close_after) {
        PUT_LITERAL(&w, "Connection: close\r\n");
    } else if (c->work->request.minor == 0) {
        PUT_LITERAL(&w, "Connection: keep-alive\r\n");
    }
    PUT_LITERAL(&w, "\r\n");
    return w.size <= w.capacity ? w.size : 0;
}

/* ---- sending ---- */

static void release_body(const tps_http_answer_message *m)
{
    if (m->release != NULL) {
        m->release(m->release_context);
    }
}

void tps_http_drop_outgoing(tps_http_exchange *c)
{
    while (c->first_out != NULL) {
        outgoing *piece = c->first_out;

        c->first_out = piece->next;
        if (piece->release != NULL) {
            piece->release(piece->release_context);
        }
        free(piece);
    }
    c->last_out = NULL;
}

static void append_outgoing(tps_http_exchange *c, outgoing *piece)
{
    piece->next = NULL;
    if (c->last_out != NULL) {
        c->last_out->next = piece;
    } else {
        c->first_out = piece;
    }
    c->last_out = piece;
}

/* Keeps a copy. */
static void keep_bytes(tps_http_exchange *c, tps_span bytes)
{
    outgoing *piece = bytes.size == 0 ? NULL : malloc(sizeof(*piece) + bytes.size);

    if (piece == NULL) {
        c->broken = c->broken || bytes.size > 0;
        return;
    }
    memcpy(piece->copy, bytes.data, bytes.size);
    piece->left = tps_span_make(piece->copy, bytes.size);
    piece->release = NULL;
    append_outgoing(c, piece);
}

/* Keeps a body that was handed over, until it is sent. */
static void keep_body(tps_http_exchange *c, const tps_http_answer_message *m, tps_span left)
{
    outgoing *piece = malloc(sizeof(*piece));

    if (piece == NULL) {
        c->broken = true;
        m->release(m->release_context);
        return;
    }
    piece->left = left;
    piece->release = m->release;
    piece->release_context = m->release_context;
    append_outgoing(c, piece);
}

static tps_span rest_of(tps_span bytes, size_t used)
{
    return tps_span_make(bytes.data + used, bytes.size - used);
}

/* Sends as much of both as the socket takes now, and takes it off them. */
static void send_now(tps_http_exchange *c, tps_span *head, tps_span *body)
{
    while (head->size + body->size > 0) {
        size_t sent;
        tps_http_io io = tps_http_transport_send(&c->transport, *head, *body, &sent);
        size_t of_head;

        if (io != TPS_HTTP_IO_DONE) {
            c->broken = c->broken || io == TPS_HTTP_IO_FAILED;
            return;
        }
        c->server->counters.bytes_out += sent;
        of_head = sent < head->size ? sent : head->size;
        *head = rest_of(*head, of_head);
        *body = rest_of(*body, sent - of_head);
    }
}

void tps_http_flush(tps_http_exchange *c)
{
    while (c->first_out != NULL && !c->broken) {
        outgoing *piece = c->first_out;
        tps_span none = TPS_SPAN_EMPTY;

        send_now(c, &none, &piece->left);
        if (piece->left.size > 0) {
            return;
        }
        c->first_out = piece->next;
        c->last_out = c->first_out == NULL ? NULL : c->last_out;
        if (piece->release != NULL) {
            piece->release(piece->release_context);
        }
        free(piece);
    }
}

/* Sends head and body, and keeps what is left over. */
static void send_message(tps_http_exchange *c, tps_span head, const tps_http_answer_message *m, tps_span body)
{
    if (body.size <= GATHERED_MAX && body.size > 0) {
        memcpy(c->server->answer_buffer + head.size, body.data, body.size);
        head.size += body.size;
        body = TPS_SPAN_EMPTY;
    }
    if (c->first_out == NULL && !c->broken) {
        send_now(c, &head, &body);
    }
    if (!c->broken) {
        keep_bytes(c, head);
    }
    if (m->release == NULL) {
        if (!c->broken) {
            keep_bytes(c, body);
        }
    } else if (body.size > 0 && !c->broken) {
        keep_body(c, m, body);
    } else {
        m->release(m->release_context);
    }
}

static void tell_finished(tps_http_exchange *c, unsigned status, uint64_t bytes_out)
{
    const connection_work *work = c->work;
    tps_http_finished finished = {.exchange = c,
                                  .request = work->has_head ? &work->request : NULL,
                                  .status = status,
                                  .bytes_in = work->body.size,
                                  .bytes_out = bytes_out};

    c->server->counters.requests++;
    if (c->server->ops.finished != NULL) {
        finished.microseconds = tps_http_now_us() - work->begun_us;
        c->server->ops.finished(c->server->ops.context, &finished);
    }
}

static void forget_request(tps_http_exchange *c)
{
    connection_work *work = c->work;

    work->body.size = 0;
    work->context = NULL;
    work->field = NULL;
    work->has_head = false;
    if (work->body.capacity > KEPT_BODY_MAX) {
        c->server->body_memory -= work->body.capacity;
        free(work->body.data);
        work->body = (http_buffer){NULL, 0, 0};
    }
}

void tps_http_send_answer(tps_http_exchange *c, const tps_http_answer_message *m)
{
    static const tps_http_answer_message too_long = {.status = 500, .close = true};
    tps_span body = m->body;
    size_t head_size;

    c->close_after = c->close_after || m->close || c->server->stopping ||
                     (c->work->has_head && !c->work->request.keep_alive);
    head_size = write_head(c, m);
    if (head_size == 0) { /* the user's fields do not fit: a mistake of his that no client can mend */
        release_body(m);
        m = &too_long;
        body = TPS_SPAN_EMPTY;
        c->close_after = true;
        head_size = write_head(c, m);
    }
    if (has_no_content(m->status) || (c->work->has_head && c->work->request.method == TPS_HTTP_HEAD)) {
        body = TPS_SPAN_EMPTY;
    }
    send_message(c, tps_span_make(c->server->answer_buffer, head_size), m, body);
    tell_finished(c, m->status, head_size + body.size);
    forget_request(c);
    tps_http_connection_set_state(c, CONNECTION_WRITING,
                                  tps_http_now_ms() + c->server->options.write_timeout_ms);
}

void tps_http_send_continue(tps_http_exchange *c)
{
    tps_span head = TPS_SPAN_LITERAL("HTTP/1.1 100 Continue\r\n\r\n");
    tps_span none = TPS_SPAN_EMPTY;

    send_now(c, &head, &none);
    keep_bytes(c, head);
}

/* ---- what users call ---- */

void tps_http_answer(tps_http_exchange *exchange, const tps_http_answer_message *message)
{
    if (exchange->transport.fd < 0 || exchange->server == NULL) {
        release_body(message);
        if (exchange->server != NULL) {
            tell_finished(exchange, message->status, 0);
        }
        tps_http_connection_free(exchange);
        return;
    }
    tps_http_send_answer(exchange, message);
    tps_http_connection_go_on(exchange);
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
    uint8_t body[4096];
    size_t size = write_problem(TPS_BUF_OF(body), status, cause, next_step);

    tps_http_answer(exchange, &(tps_http_answer_message){.status = status,
                                                         .type = "application/problem+json",
                                                         .body = tps_span_make(body, size),
                                                         .fields = fields,
                                                         .field_count = field_count});
}

void tps_http_refuse(tps_http_exchange *c, tps_http_refusal why)
{
    uint8_t body[1024];
    size_t size = write_problem(TPS_BUF_OF(body), why.status, why.cause, why.next_step);

    if (!c->work->has_head) { /* nothing of an earlier request may decide how this answer looks */
        c->work->request.minor = 1;
    }
    tps_http_send_answer(c, &(tps_http_answer_message){.status = why.status,
                                                       .type = "application/problem+json",
                                                       .body = tps_span_make(body, size),
                                                       .close = true});
}

void tps_http_exchange_set_field(tps_http_exchange *exchange, const tps_http_answer_field *field)
{
    exchange->work->field = field;
}
