/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict HTTP/1.1 request reader. The head is read line by line: the scan looks at each byte once for
 * what may never occur, and each complete line is then parsed by itself. What the fields mean together
 * (framing, Host, Connection) is judged once, at the empty line. The body's framing is a small state machine
 * of its own.
 */
#include "server/http/reader.h"

#include "format/text/hex.h"

#define NOT_HTTP       "send HTTP/1.1 as RFC 9112 says"
#define CHUNK_LINE_MAX 256u /* a chunk's size and its extensions; nobody needs longer ones */

enum chunk_state {
    CHUNK_NONE, /* the body has a length */
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER_START,
    CHUNK_TRAILER_NAME,
    CHUNK_TRAILER_VALUE,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_DONE
};

/* Sets of ASCII characters, one bit each: this test is made for every byte of every request. */
static const uint32_t token_chars[4] = {0x00000000u, 0x03ff6cfau, 0xc7fffffeu,
                                        0x57ffffffu}; /* RFC 9110, 5.6.2 */
/* Request targets of RFC 3986: unreserved, sub-delims, and : @ / ? ; the percent sign is checked on its own.
 */
static const uint32_t target_chars[4] = {0x00000000u, 0xafffffd2u, 0x87ffffffu, 0x47fffffeu};

static bool is_in(const uint32_t set[4], uint8_t c)
{
    return c < 128 && (set[c / 32] >> (c % 32) & 1u) != 0;
}

static bool is_target_char(uint8_t c)
{
    return is_in(target_chars, c);
}

static bool is_token_char(uint8_t c)
{
    return is_in(token_chars, c);
}

static bool is_field_char(uint8_t c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool tps_http_text_equal(tps_span a, const char *text)
{
    size_t i;

    for (i = 0; i < a.size; i++) {
        if (text[i] == '\0' || lower(a.data[i]) != lower((uint8_t)text[i])) {
            return false;
        }
    }
    return text[i] == '\0';
}

static const char *const method_names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};

const char *tps_http_method_name(tps_http_method method)
{
    return method_names[method];
}

const tps_span *tps_http_request_field(const tps_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++) {
        if (tps_http_text_equal(request->fields[i].name, name)) {
            return &request->fields[i].value;
        }
    }
    return NULL;
}

void tps_http_reader_init(tps_http_reader *reader, const tps_http_limits *limits)
{
    memset(reader, 0, offsetof(tps_http_reader, fields));
    reader->limits = *limits;
    reader->field_count = 0;
    reader->chunk_state = CHUNK_NONE;
    reader->chunked = false;
    reader->body_max = 0;
    reader->body_left = 0;
    reader->body_seen = 0;
    reader->framing_seen = 0;
    reader->chunk_digits = 0;
}

static tps_http_step refuse(tps_http_reader *reader, unsigned status, const char *cause,
                            const char *next_step)
{
    reader->refusal = (tps_http_refusal){status, cause, next_step};
    return TPS_HTTP_REFUSED;
}

static tps_http_step bad(tps_http_reader *reader, const char *cause)
{
    return refuse(reader, 400, cause, NOT_HTTP);
}

static bool find_method(tps_span name, tps_http_method *method)
{
    for (size_t i = 0; i < sizeof(method_names) / sizeof(method_names[0]); i++) {
        if (tps_span_is_text(name, method_names[i])) {
            *method = (tps_http_method)i;
            return true;
        }
    }
    return false;
}

static bool target_is_valid(tps_span target)
{
    for (size_t i = 0; i < target.size; i++) {
        if (target.data[i] == '%') {
            if (target.size - i < 3 || hex_digit(target.data[i + 1]) < 0 ||
                hex_digit(target.data[i + 2]) < 0) {
                return false;
            }
            i += 2;
        } else if (!is_target_char(target.data[i])) {
            return false;
        }
    }
    return target.size > 0;
}

static tps_http_step read_version(tps_http_reader *reader, tps_span version)
{
    if (version.size != 8 || memcmp(version.data, "HTTP/", 5) != 0 || version.data[6] != '.' ||
        version.data[5] < '0' || version.data[5] > '9' || version.data[7] < '0' || version.data[7] > '9') {
        return bad(reader, "the request line does not end in an HTTP version");
    }
    if (version.data[5] != '1' || version.data[7] > '1') {
        return refuse(reader, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here", "send HTTP/1.1");
    }
    reader->minor = version.data[7] - '0';
    return TPS_HTTP_READY;
}

/* request-line = method SP request-target SP HTTP-version (RFC 9112, section 3), with exactly one space each
 * time. */
static tps_http_step read_request_line(tps_http_reader *reader, tps_span line, size_t at)
{
    size_t method_end = 0;
    size_t target_end;
    tps_span target;

    while (method_end < line.size && is_token_char(line.data[method_end])) {
        method_end++;
    }
    if (method_end == 0 || method_end == line.size || line.data[method_end] != ' ') {
        return bad(reader, "the request line does not begin with a method");
    }
    target_end = method_end + 1;
    while (target_end < line.size && line.data[target_end] != ' ') {
        target_end++;
    }
    target = tps_span_make(line.data + method_end + 1, target_end - method_end - 1);
    if (target_end == line.size || !target_is_valid(target)) {
        return bad(reader, "the request target has characters that no URL may have");
    }
    if (target.size > reader->limits.target) {
        return refuse(reader, 414, "the request target is longer than the limit", "send a shorter one");
    }
    if (read_version(reader, tps_span_make(line.data + target_end + 1, line.size - target_end - 1)) !=
        TPS_HTTP_READY) {
        return TPS_HTTP_REFUSED;
    }
    if (!find_method(tps_span_make(line.data, method_end), &reader->method)) {
        return refuse(reader, 501, "the method is not known here",
                      "use GET, HEAD, POST, PUT, DELETE or PATCH");
    }
    reader->target = at + method_end + 1;
    reader->target_size = target.size;
    return TPS_HTTP_READY;
}

/* field-line = field-name ":" OWS field-value OWS (RFC 9112, section 5), nothing between name and colon. */
static tps_http_step read_field(tps_http_reader *reader, tps_span line, size_t at)
{
    tps_http_field_offsets *field;
    size_t name_end = 0;
    size_t begin;
    size_t end = line.size;

    if (line.data[0] == ' ' || line.data[0] == '\t') {
        return bad(reader, "a header line is folded");
    }
    while (name_end < line.size && is_token_char(line.data[name_end])) {
        name_end++;
    }
    if (name_end == 0 || name_end == line.size || line.data[name_end] != ':') {
        return bad(reader, "a header line is not a name directly followed by a colon");
    }
    if (reader->field_count >= reader->limits.fields || reader->field_count >= TPS_HTTP_FIELDS_MAX) {
        return refuse(reader, 431, "the request has more header fields than the limit", "send fewer");
    }
    begin = name_end + 1;
    while (begin < end && (line.data[begin] == ' ' || line.data[begin] == '\t')) {
        begin++;
    }
    while (end > begin && (line.data[end - 1] == ' ' || line.data[end - 1] == '\t')) {
        end--;
    }
    field = &reader->fields[reader->field_count++];
    *field = (tps_http_field_offsets){(uint16_t)at, (uint16_t)name_end, (uint16_t)(at + begin),
                                      (uint16_t)(end - begin)};
    return TPS_HTTP_READY;
}

/* Digits only. What does not fit into 64 bits is certainly too large, and is said to be so later. */
static bool read_length(tps_span text, uint64_t *length)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        value = value > (UINT64_MAX - 9) / 10 ? UINT64_MAX : value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *length = value;
    return text.size > 0;
}

/* uri-host [ ":" port ], only as far as telling apart what could name a host from what could not. */
static bool host_is_valid(tps_span host)
{
    for (size_t i = 0; i < host.size; i++) {
        if (host.data[i] == '/' || host.data[i] == '?' || host.data[i] == '@' ||
            (!is_target_char(host.data[i]) && host.data[i] != '[' && host.data[i] != ']' &&
             host.data[i] != '%')) {
            return false;
        }
    }
    return host.size > 0;
}

/* Calls back for each element of a comma-separated list, white space removed; false when one is not a token.
 */
static bool next_token(tps_span *list, tps_span *token)
{
    size_t i = 0;
    size_t end;

    while (i < list->size && (list->data[i] == ' ' || list->data[i] == '\t' || list->data[i] == ',')) {
        i++;
    }
    end = i;
    while (end < list->size && list->data[end] != ',') {
        end++;
    }
    *token = tps_span_make(list->data + i, end - i);
    *list = tps_span_make(list->data + end, list->size - end);
    while (token->size > 0 && (token->data[token->size - 1] == ' ' || token->data[token->size - 1] == '\t')) {
        token->size--;
    }
    return token->size > 0;
}

static void read_connection(tps_span value, tps_http_request *request)
{
    tps_span token;

    while (next_token(&value, &token)) {
        if (tps_http_text_equal(token, "close")) {
            request->keep_alive = false;
        } else if (tps_http_text_equal(token, "keep-alive") && request->minor == 0) {
            request->keep_alive = true;
        }
    }
}

static tps_http_step read_transfer_encoding(tps_http_reader *reader, tps_span value,
                                            tps_http_request *request)
{
    tps_span token;
    size_t codings = 0;
    bool last_is_chunked = false;

    while (next_token(&value, &token)) {
        codings++;
        last_is_chunked = tps_http_text_equal(token, "chunked");
    }
    if (request->minor == 0) {
        return bad(reader, "HTTP/1.0 has no Transfer-Encoding");
    }
    if (!last_is_chunked) {
        return bad(reader, "the Transfer-Encoding does not end in \"chunked\", so the body has no end");
    }
    if (codings != 1) {
        return refuse(reader, 501, "no transfer coding but \"chunked\" is understood",
                      "send the body as it is");
    }
    request->chunked = true;
    return TPS_HTTP_READY;
}

/* The fields that decide where the request ends and whom it is for: each may appear once. */
typedef struct {
    const tps_span *host, *length, *encoding, *expect, *type, *authorization;
    bool repeated;
} framing;

static void note_once(framing *f, const tps_span **slot, const tps_span *value)
{
    f->repeated = f->repeated || *slot != NULL;
    *slot = value;
}

static void collect_framing(tps_http_request *request, framing *f)
{
    for (size_t i = 0; i < request->field_count; i++) {
        const tps_span *value = &request->fields[i].value;
        tps_span name = request->fields[i].name;

        if (tps_http_text_equal(name, "host")) {
            note_once(f, &f->host, value);
        } else if (tps_http_text_equal(name, "content-length")) {
            note_once(f, &f->length, value);
        } else if (tps_http_text_equal(name, "transfer-encoding")) {
            note_once(f, &f->encoding, value);
        } else if (tps_http_text_equal(name, "content-type")) {
            note_once(f, &f->type, value);
        } else if (tps_http_text_equal(name, "expect")) {
            note_once(f, &f->expect, value);
        } else if (tps_http_text_equal(name, "authorization")) {
            note_once(f, &f->authorization, value);
        } else if (tps_http_text_equal(name, "connection")) {
            read_connection(*value, request);
        }
    }
}

static tps_http_step judge_framing(tps_http_reader *reader, const framing *f, tps_http_request *request)
{
    if (f->repeated) {
        return bad(reader,
                   "Host, Content-Length, Content-Type, Transfer-Encoding, Expect or Authorization is "
                   "there twice");
    }
    if (f->length != NULL && f->encoding != NULL) {
        return bad(reader, "the request has both Content-Length and Transfer-Encoding");
    }
    if (f->length != NULL && !read_length(*f->length, &request->content_length)) {
        return bad(reader, "the Content-Length is not a plain decimal number");
    }
    request->has_length = f->length != NULL;
    if (f->encoding != NULL && read_transfer_encoding(reader, *f->encoding, request) != TPS_HTTP_READY) {
        return TPS_HTTP_REFUSED;
    }
    if (f->type != NULL && f->length == NULL && f->encoding == NULL && request->method != TPS_HTTP_GET &&
        request->method != TPS_HTTP_HEAD && request->method != TPS_HTTP_DELETE) {
        return refuse(reader, 411, "the request names a Content-Type but no length for its body",
                      "send Content-Length, or Transfer-Encoding: chunked");
    }
    if (f->expect != NULL && !tps_http_text_equal(*f->expect, "100-continue")) {
        return refuse(reader, 417, "no expectation but 100-continue is understood", "send without Expect");
    }
    request->expect_continue =
        f->expect != NULL && request->minor == 1 && (request->chunked || request->content_length > 0);
    return TPS_HTTP_READY;
}

/* Splits the target in origin-form, absolute-form, or "*" (RFC 9112, section 3.2). */
static tps_http_step split_target(tps_http_reader *reader, tps_span target, tps_http_request *request)
{
    const uint8_t *question;

    if (target.size > 7 && tps_http_text_equal(tps_span_make(target.data, 7), "http://")) {
        const uint8_t *begin = target.data + 7;
        size_t left = target.size - 7;
        const uint8_t *slash = memchr(begin, '/', left);

        if (slash == NULL) {
            return bad(reader, "the absolute request target has no path");
        }
        request->host = tps_span_make(begin, (size_t)(slash - begin));
        if (!host_is_valid(request->host)) {
            return bad(reader, "the absolute request target names no valid host");
        }
        target = tps_span_make(slash, left - (size_t)(slash - begin));
    } else if (target.data[0] != '/' &&
               !(request->method == TPS_HTTP_OPTIONS && tps_span_is_text(target, "*"))) {
        return bad(reader, "the request target is neither a path nor an http:// URL");
    }
    question = memchr(target.data, '?', target.size);
    request->path =
        tps_span_make(target.data, question == NULL ? target.size : (size_t)(question - target.data));
    if (question != NULL) {
        request->query = tps_span_make(question + 1, target.size - request->path.size - 1);
    }
    return TPS_HTTP_READY;
}

static tps_http_step finish_head(tps_http_reader *reader, tps_span bytes, tps_http_request *request)
{
    framing f = {0};

    request->method = reader->method;
    request->minor = reader->minor;
    request->path = request->query = request->host = TPS_SPAN_EMPTY;
    request->chunked = request->has_length = request->expect_continue = false;
    request->content_length = 0;
    request->keep_alive = reader->minor == 1;
    request->field_count = reader->field_count;
    for (size_t i = 0; i < reader->field_count; i++) {
        const tps_http_field_offsets *at = &reader->fields[i];

        request->fields[i].name = tps_span_make(bytes.data + at->name, at->name_size);
        request->fields[i].value = tps_span_make(bytes.data + at->value, at->value_size);
    }
    collect_framing(request, &f);
    if (split_target(reader, tps_span_make(bytes.data + reader->target, reader->target_size), request) !=
        TPS_HTTP_READY) {
        return TPS_HTTP_REFUSED;
    }
    if (f.host == NULL ? request->minor == 1 : !host_is_valid(*f.host)) {
        return bad(reader, "an HTTP/1.1 request needs one Host field that names a host");
    }
    if (request->host.size == 0 && f.host != NULL) {
        request->host = *f.host;
    }
    reader->chunked = f.encoding != NULL;
    return judge_framing(reader, &f, request);
}

/* One complete line without its CR LF. READY means that the head has ended. */
static tps_http_step take_line(tps_http_reader *reader, tps_span line, size_t at)
{
    if (line.size == 0) {
        if (reader->lines > 0) {
            return TPS_HTTP_READY;
        }
        if (reader->skipped_empty_line) {
            return bad(reader, "empty lines stand where a request should");
        }
        reader->skipped_empty_line = true; /* RFC 9112, 2.2: one is forgiven */
        return TPS_HTTP_MORE;
    }
    if ((reader->lines == 0 ? read_request_line(reader, line, at) : read_field(reader, line, at)) ==
        TPS_HTTP_REFUSED) {
        return TPS_HTTP_REFUSED;
    }
    reader->lines++;
    return TPS_HTTP_MORE;
}

static tps_http_step over_limit(tps_http_reader *reader)
{
    if (reader->lines == 0) {
        return refuse(reader, 414, "the request line is longer than the limit", "send a shorter one");
    }
    return refuse(reader, 431, "the header is longer than the limit", "send fewer or shorter fields");
}

/* Where the characters end that may stand anywhere in a line: nearly all of a head is made of them. */
static size_t skip_plain(tps_span bytes, size_t at, size_t end)
{
    while (at < end && bytes.data[at] >= 0x20 && bytes.data[at] != 0x7f) {
        at++;
    }
    return at;
}

/*
 * How far a head may be read: to the end of what there is, or of what is allowed. A request line without end
 * is refused as soon as its target must be too long, not when the head is.
 */
static size_t head_end(const tps_http_reader *reader, size_t size, bool *is_limit)
{
    size_t end = reader->limits.head < UINT16_MAX ? reader->limits.head : UINT16_MAX;
    size_t line_end = reader->line_start + reader->limits.target + 33;

    if (reader->lines == 0 && line_end < end) {
        end = line_end;
    }
    *is_limit = end < size;
    return *is_limit ? end : size;
}

/* CR, LF, a tab, or what may not be there; and the character behind a CR. */
static tps_http_step take_other(tps_http_reader *reader, tps_span bytes, tps_http_request *request,
                                size_t *head_size)
{
    size_t at = reader->scanned;
    size_t start = reader->line_start;
    uint8_t c = bytes.data[at];
    tps_http_step step;

    if ((c == '\n') != reader->last_was_cr) {
        return bad(reader, "a line does not end in CR LF");
    }
    if (c != '\n' && c != '\r' && !is_field_char(c)) {
        return bad(reader, "the header has a control character");
    }
    reader->scanned++;
    reader->last_was_cr = c == '\r';
    if (c != '\n') {
        return TPS_HTTP_MORE;
    }
    reader->line_start = at + 1;
    step = take_line(reader, tps_span_make(bytes.data + start, at - 1 - start), start);
    if (step != TPS_HTTP_READY) {
        return step;
    }
    *head_size = at + 1;
    return finish_head(reader, bytes, request);
}

tps_http_step tps_http_reader_head(tps_http_reader *reader, tps_span bytes, tps_http_request *request,
                                   size_t *head_size)
{
    tps_http_step step = TPS_HTTP_MORE;

    while (step == TPS_HTTP_MORE && reader->scanned < bytes.size) {
        bool is_limit;
        size_t end = head_end(reader, bytes.size, &is_limit);

        if (!reader->last_was_cr) {
            reader->scanned = skip_plain(bytes, reader->scanned, end);
        }
        if (reader->scanned < end) {
            step = take_other(reader, bytes, request, head_size);
        } else if (is_limit) {
            step = over_limit(reader);
        }
    }
    return step;
}

tps_http_step tps_http_reader_accept_body(tps_http_reader *reader, const tps_http_request *request,
                                          uint64_t body_max)
{
    reader->body_max = body_max;
    reader->chunk_state = request->chunked ? CHUNK_SIZE : CHUNK_NONE;
    reader->body_left = request->chunked ? 0 : request->content_length;
    if (!request->chunked && request->content_length > body_max) {
        return refuse(reader, 413, "the body is larger than the limit of this resource", "send less");
    }
    return TPS_HTTP_READY;
}

static tps_http_step end_chunk_size(tps_http_reader *reader)
{
    if (reader->chunk_digits == 0) {
        return bad(reader, "a chunk has no size");
    }
    if (reader->body_left > reader->body_max - reader->body_seen) {
        return refuse(reader, 413, "the body is larger than the limit of this resource", "send less");
    }
    reader->chunk_state = CHUNK_SIZE_LF;
    return TPS_HTTP_MORE;
}

static tps_http_step take_size_byte(tps_http_reader *reader, uint8_t c)
{
    int digit = hex_digit(c);

    if (reader->chunk_state == CHUNK_SIZE && digit >= 0) {
        if (++reader->chunk_digits > 16) {
            return refuse(reader, 413, "a chunk is larger than the limit of this resource", "send less");
        }
        reader->body_left = reader->body_left << 4 | (uint64_t)digit;
        return TPS_HTTP_MORE;
    }
    if (c == '\r') {
        return end_chunk_size(reader);
    }
    if (reader->chunk_state == CHUNK_SIZE && (c != ';' || reader->chunk_digits == 0)) {
        return bad(reader, "a chunk's size is not a plain hexadecimal number");
    }
    if (!is_field_char(c)) {
        return bad(reader, "a chunk's extension has a control character");
    }
    reader->chunk_state = CHUNK_EXTENSION;
    return TPS_HTTP_MORE;
}

static tps_http_step take_trailer_byte(tps_http_reader *reader, uint8_t c)
{
    switch (reader->chunk_state) {
    case CHUNK_TRAILER_START:
        if (c == '\r') {
            reader->chunk_state = CHUNK_END_LF;
            return TPS_HTTP_MORE;
        }
        reader->chunk_state = CHUNK_TRAILER_NAME;
        return is_token_char(c) ? TPS_HTTP_MORE : bad(reader, "a trailer does not begin with a name");
    case CHUNK_TRAILER_NAME:
        if (c == ':') {
            reader->chunk_state = CHUNK_TRAILER_VALUE;
            return TPS_HTTP_MORE;
        }
        return is_token_char(c) ? TPS_HTTP_MORE : bad(reader, "a trailer is not a name followed by a colon");
    default: /* CHUNK_TRAILER_VALUE */
        if (c == '\r') {
            reader->chunk_state = CHUNK_TRAILER_LF;
            return TPS_HTTP_MORE;
        }
        return is_field_char(c) ? TPS_HTTP_MORE : bad(reader, "a trailer has a control character");
    }
}

/* Where an exact byte is due: CR or LF. */
static tps_http_step take_line_end(tps_http_reader *reader, uint8_t c)
{
    if (c != (reader->chunk_state == CHUNK_DATA_CR ? '\r' : '\n')) {
        return bad(reader, "a chunk does not end in CR LF where its size says");
    }
    switch (reader->chunk_state) {
    case CHUNK_SIZE_LF: reader->chunk_state = reader->body_left > 0 ? CHUNK_DATA : CHUNK_TRAILER_START; break;
    case CHUNK_DATA_CR: reader->chunk_state = CHUNK_DATA_LF; return TPS_HTTP_MORE;
    case CHUNK_DATA_LF:
        reader->chunk_state = CHUNK_SIZE;
        reader->chunk_digits = 0;
        break;
    case CHUNK_TRAILER_LF: reader->chunk_state = CHUNK_TRAILER_START; return TPS_HTTP_MORE;
    default: reader->chunk_state = CHUNK_DONE; break;
    }
    reader->framing_seen = 0;
    return TPS_HTTP_MORE;
}

static tps_http_step take_framing_byte(tps_http_reader *reader, uint8_t c)
{
    bool trailer = reader->chunk_state >= CHUNK_TRAILER_START;

    if (++reader->framing_seen > (trailer ? reader->limits.head : CHUNK_LINE_MAX)) {
        return trailer ? refuse(reader, 431, "the trailers are longer than the limit",
                                "send them shorter, or none")
                       : bad(reader, "a chunk's size line is longer than 256 bytes");
    }
    switch (reader->chunk_state) {
    case CHUNK_SIZE:
    case CHUNK_EXTENSION: return take_size_byte(reader, c);
    case CHUNK_TRAILER_START:
    case CHUNK_TRAILER_NAME:
    case CHUNK_TRAILER_VALUE: return take_trailer_byte(reader, c);
    default: return take_line_end(reader, c);
    }
}

static tps_span take_data(tps_http_reader *reader, tps_span bytes)
{
    size_t size = bytes.size < reader->body_left ? bytes.size : (size_t)reader->body_left;

    reader->body_left -= size;
    reader->body_seen += size;
    return tps_span_make(bytes.data, size);
}

tps_http_step tps_http_reader_body(tps_http_reader *reader, tps_span bytes, tps_span *piece, size_t *consumed)
{
    size_t at = 0;

    *piece = TPS_SPAN_EMPTY;
    *consumed = 0;
    if (reader->chunk_state == CHUNK_NONE) {
        *piece = take_data(reader, bytes);
        *consumed = piece->size;
        return reader->body_left == 0 ? TPS_HTTP_READY : TPS_HTTP_MORE;
    }
    while (reader->chunk_state != CHUNK_DONE) {
        if (at == bytes.size) {
            *consumed = at;
            return TPS_HTTP_MORE;
        }
        if (reader->chunk_state == CHUNK_DATA) {
            *piece = take_data(reader, tps_span_make(bytes.data + at, bytes.size - at));
            *consumed = at + piece->size;
            reader->chunk_state = reader->body_left == 0 ? CHUNK_DATA_CR : CHUNK_DATA;
            return TPS_HTTP_MORE;
        }
        if (take_framing_byte(reader, bytes.data[at++]) == TPS_HTTP_REFUSED) {
            return TPS_HTTP_REFUSED;
        }
    }
    *consumed = at;
    return TPS_HTTP_READY;
}
