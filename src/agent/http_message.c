/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict reader of answers. Lines are collected up to a bound and judged at their end; what the fields
 * mean together is judged once, at the empty line. Chunks go through the same lines.
 */
#include "agent/http_message.h"

#include "format/text/hex.h"

enum { AT_STATUS, AT_FIELD, AT_BODY, AT_CHUNK_SIZE, AT_CHUNK, AT_CHUNK_END, AT_TRAILER, AT_END };

/* Fields that are acted on. Each may stand once, but for Connection, which is a list (RFC 9110, 5.3). */
enum {
    SEEN_LENGTH = 1u << 0,
    SEEN_CODING = 1u << 1,
    SEEN_LOCATION = 1u << 2,
    SEEN_CONTENT_CODING = 1u << 3,
    SEEN_WAIT = 1u << 4,
    SEEN_OLD_VERSION = 1u << 5 /* HTTP/1.0 */
};

typedef struct {
    tps_span name;
    tps_span value;
    bool is_cut; /* the line was longer than what is kept of it */
} header_field;

enum { LENGTH_DIGITS_MAX = 10, CHUNK_DIGITS_MAX = 8, WAIT_MAX = 3600 };

static void refuse(tps_agent_answer *a, tps_status status, const char *fault)
{
    if (a->status == TPS_OK) {
        a->status = status;
        a->fault = fault;
    }
}

static void bad(tps_agent_answer *a, const char *fault)
{
    refuse(a, TPS_DEVICE_BAD_ANSWER, fault);
}

/* ---- characters and texts ---- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/** RFC 9110, 5.6.2. */
static bool is_token_char(uint8_t c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           (c != 0 && memchr("!#$%&'*+-.^_`|~", c, 15) != NULL);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/** As `text`, which is in small letters, but for the case of letters. */
static bool is_text(tps_span span, const char *text)
{
    size_t i = 0;

    while (i < span.size && text[i] != '\0' && lower(span.data[i]) == (uint8_t)text[i]) {
        i++;
    }
    return i == span.size && text[i] == '\0';
}

static tps_span trim(tps_span text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text = tps_span_make(text.data + 1, text.size - 1);
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/** A number of decimal digits alone; false for all else, and beyond `most` digits. */
static bool read_decimal(tps_span text, size_t most, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        *number = *number * 10u + (text.data[i] - (uint8_t)'0');
    }
    return text.size > 0 && text.size <= most;
}

/** The part before the next comma, trimmed; `rest` moves behind it. */
static tps_span take_element(tps_span *rest)
{
    size_t end = 0;
    tps_span element;

    while (end < rest->size && rest->data[end] != ',') {
        end++;
    }
    element = trim(tps_span_make(rest->data, end));
    end = end < rest->size ? end + 1 : end;
    *rest = tps_span_make(rest->data + end, rest->size - end);
    return element;
}

/* ---- the head ---- */

/** HTTP/1.x SP three digits SP reason (RFC 9112, 4). */
static void read_status_line(tps_agent_answer *a, tps_span line)
{
    static const uint8_t version[] = {'H', 'T', 'T', 'P', '/', '1', '.'};
    uint64_t code;

    if (line.size < 13 || memcmp(line.data, version, sizeof(version)) != 0 || !is_digit(line.data[7]) ||
        line.data[8] != ' ' || !read_decimal(tps_span_make(line.data + 9, 3), 3, &code) ||
        line.data[12] != ' ') {
        bad(a, "it does not begin as an answer of HTTP/1.1");
        return;
    }
    if (code < 100 || code > 599 || code == 101) {
        bad(a, "its status code is none that was asked for");
    }
    a->code = (uint32_t)code;
    a->seen = line.data[7] == '0' ? SEEN_OLD_VERSION : 0;
    a->is_kept_open = line.data[7] != '0';
}

/** Name, colon, value (RFC 9112, 5). */
static bool split_field(tps_agent_answer *a, tps_span line, header_field *field)
{
    size_t size = 0;

    while (size < line.size && is_token_char(line.data[size])) {
        size++;
    }
    if (size == 0 || size == line.size || line.data[size] != ':') {
        bad(a, "a header field has no proper name");
        return false;
    }
    field->name = tps_span_make(line.data, size);
    field->value = trim(tps_span_make(line.data + size + 1, line.size - size - 1));
    field->is_cut = a->line_size > sizeof(a->line);
    return true;
}

static void read_connection(tps_agent_answer *a, tps_span value)
{
    while (value.size > 0) {
        if (is_text(take_element(&value), "close")) {
            a->is_kept_open = false;
        }
    }
}

static void read_length(tps_agent_answer *a, tps_span value)
{
    uint64_t length;

    if (!read_decimal(value, LENGTH_DIGITS_MAX, &length)) {
        bad(a, "its Content-Length is no number");
    } else if (length > TPS_AGENT_BODY_MAX) {
        refuse(a, TPS_TOO_LARGE, "its body is larger than is read here");
    } else {
        a->left = (uint32_t)length;
    }
}

static void read_location(tps_agent_answer *a, tps_span value)
{
    if (value.size > sizeof(a->location)) {
        bad(a, "its Location is too long");
        return;
    }
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] <= ' ' || value.data[i] >= 0x7f) {
            bad(a, "its Location is no URL");
            return;
        }
        a->location[i] = (char)value.data[i];
    }
    a->location_size = (uint32_t)value.size;
}

static void read_wait(tps_agent_answer *a, tps_span value)
{
    uint64_t seconds;

    if (read_decimal(value, LENGTH_DIGITS_MAX, &seconds)) { /* a date needs a clock: not here */
        a->wait = seconds < WAIT_MAX ? (uint32_t)seconds : WAIT_MAX;
    }
}

static uint32_t find_field(tps_span name)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } known[] = {{"content-length", SEEN_LENGTH},
                 {"transfer-encoding", SEEN_CODING},
                 {"location", SEEN_LOCATION},
                 {"content-encoding", SEEN_CONTENT_CODING},
                 {"retry-after", SEEN_WAIT}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (is_text(name, known[i].name)) {
            return known[i].bit;
        }
    }
    return 0;
}

static void read_field(tps_agent_answer *a, tps_span line)
{
    header_field field;
    uint32_t which;
    bool is_connection;

    if (!split_field(a, line, &field)) {
        return;
    }
    which = find_field(field.name);
    is_connection = is_text(field.name, "connection");
    if ((which != 0 || is_connection) && field.is_cut) {
        bad(a, "a header field is too long");
    }
    if ((a->seen & which) != 0) {
        bad(a, "a header field that says how to read it stands twice");
    }
    a->seen |= which;
    if (is_connection) {
        read_connection(a, field.value);
    } else if (which == SEEN_LENGTH) {
        read_length(a, field.value);
    } else if (which == SEEN_CODING) {
        a->is_chunked = is_text(field.value, "chunked");
    } else if (which == SEEN_LOCATION) {
        read_location(a, field.value);
    } else if (which == SEEN_CONTENT_CODING && !is_text(field.value, "identity")) {
        bad(a, "its body is compressed, which was not asked for");
    } else if (which == SEEN_WAIT) {
        read_wait(a, field.value);
    }
}

static void finish(tps_agent_answer *a)
{
    a->state = AT_END;
    a->is_complete = true;
}

/** What was read of an interim answer is forgotten, but for their number. */
static void begin_head(tps_agent_answer *a)
{
    a->state = AT_STATUS;
    a->head_size = a->fields = a->seen = a->left = a->line_size = 0;
    a->is_chunked = a->is_cr = false;
    a->code = a->wait = a->location_size = 0;
}

/** The empty line: how the body is framed (RFC 9112, 6.3). */
static void end_head(tps_agent_answer *a)
{
    bool has_length = (a->seen & SEEN_LENGTH) != 0;
    bool has_coding = (a->seen & SEEN_CODING) != 0;
    bool is_old = (a->seen & SEEN_OLD_VERSION) != 0; /* knows no codings: faulty framing (RFC 9112, 6.1) */

    if (has_coding && (has_length || !a->is_chunked || is_old)) {
        bad(a, has_length ? "it has two lengths" : "its transfer coding is not understood");
    } else if (a->code < 200) {
        if (has_length || has_coding || ++a->interim > TPS_AGENT_INTERIM_MAX) {
            bad(a, "an interim answer has a body, or there are too many");
        }
        begin_head(a);
    } else if (a->code == 204 || a->code == 304) {
        if (has_coding || a->left > 0) {
            bad(a, "it has a body where none can be");
        } else {
            finish(a);
        }
    } else if (has_coding) {
        a->fields = a->head_size = 0;
        a->state = AT_CHUNK_SIZE;
    } else if (has_length) {
        a->state = AT_BODY;
        if (a->left == 0) {
            finish(a);
        }
    } else {
        bad(a, "it does not say where it ends");
    }
}

/* ---- chunks ---- */

/** A chunk's size, and extensions, which are dropped (RFC 9112, 7.1). */
static void read_chunk_size(tps_agent_answer *a, tps_span line)
{
    uint64_t size = 0;
    size_t at = 0;
    tps_span rest;

    while (at < line.size && hex_digit(line.data[at]) >= 0) { /* judged by their number, below */
        size = size * 16u + (uint64_t)hex_digit(line.data[at]);
        at++;
    }
    rest = trim(tps_span_make(line.data + at, line.size - at));
    if (at == 0 || at > CHUNK_DIGITS_MAX || (rest.size == 0 && at != line.size) ||
        (rest.size > 0 && rest.data[0] != ';') || a->line_size > sizeof(a->line)) {
        bad(a, "a chunk's size is malformed");
    } else if (size > TPS_AGENT_BODY_MAX - a->body_size) {
        refuse(a, TPS_TOO_LARGE, "its body is larger than is read here");
    } else {
        a->left = (uint32_t)size;
        a->state = size == 0 ? AT_TRAILER : AT_CHUNK;
        a->head_size = 0;
    }
}

/* ---- lines ---- */

static void end_line(tps_agent_answer *a)
{
    size_t size = a->line_size < sizeof(a->line) ? a->line_size : sizeof(a->line);
    tps_span line = tps_span_make(a->line, size);
    header_field field;

    if (a->state == AT_STATUS) {
        read_status_line(a, line);
        a->state = AT_FIELD;
    } else if (a->state == AT_CHUNK_SIZE) {
        read_chunk_size(a, line);
    } else if (a->state == AT_CHUNK_END) {
        a->state = AT_CHUNK_SIZE;
        if (size != 0) {
            bad(a, "a chunk is longer than its size");
        }
    } else if (size == 0) {
        if (a->state == AT_FIELD) {
            end_head(a);
        } else {
            finish(a);
        }
    } else if (++a->fields > TPS_AGENT_FIELDS_MAX) {
        bad(a, "it has too many header fields");
    } else if (a->state == AT_FIELD) {
        read_field(a, line);
    } else {
        (void)split_field(a, line, &field); /* trailers are dropped */
    }
    a->line_size = 0;
}

static void take_line_byte(tps_agent_answer *a, uint8_t c)
{
    if (++a->head_size > TPS_AGENT_HEAD_MAX) {
        bad(a, "its head is too long");
    } else if (a->is_cr) {
        a->is_cr = false;
        if (c != '\n') {
            bad(a, "a carriage return stands alone");
            return;
        }
        end_line(a);
    } else if (c == '\r') {
        a->is_cr = true;
    } else if ((c < ' ' && c != '\t') || c == 0x7f) {
        bad(a, "a control character stands in its head");
    } else {
        if (a->line_size < sizeof(a->line)) {
            a->line[a->line_size] = c;
        }
        a->line_size++;
    }
}

/* ---- the body ---- */

static size_t take_body(tps_agent_answer *a, tps_span bytes)
{
    size_t size = bytes.size < a->left ? bytes.size : a->left;
    size_t free = a->body_size < a->room.size ? a->room.size - a->body_size : 0;
    size_t kept = size < free ? size : free;

    if (kept > 0) {
        memcpy(a->room.data + a->body_size, bytes.data, kept);
    }
    a->body_size += (uint32_t)size;
    a->left -= (uint32_t)size;
    if (a->left == 0 && a->state == AT_CHUNK) {
        a->state = AT_CHUNK_END;
    } else if (a->left == 0) {
        finish(a);
    }
    return size;
}

void tps_agent_answer_begin(tps_agent_answer *answer, tps_buf room)
{
    answer->interim = 0;
    answer->status = TPS_OK;
    answer->fault = NULL;
    answer->is_complete = answer->is_kept_open = false;
    answer->room = room;
    answer->body_size = 0;
    begin_head(answer);
}

size_t tps_agent_answer_take(tps_agent_answer *answer, tps_span bytes)
{
    size_t at = 0;

    while (at < bytes.size && answer->status == TPS_OK && !answer->is_complete) {
        if (answer->state == AT_BODY || answer->state == AT_CHUNK) {
            at += take_body(answer, tps_span_make(bytes.data + at, bytes.size - at));
        } else {
            take_line_byte(answer, bytes.data[at++]);
        }
    }
    return at;
}
