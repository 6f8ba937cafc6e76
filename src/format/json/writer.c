/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer (RFC 8259). */
#include "format/json/writer.h"

#include "format/cbor/float.h"
#include "format/text/utf8.h"
#include "tps/base64.h"

json_writer json_writer_init(tps_buf buffer)
{
    return (json_writer){
        .data = (char *)buffer.data, .capacity = buffer.data == NULL ? 0 : buffer.size, .status = TPS_OK};
}

static void put(json_writer *writer, const char *characters, size_t size)
{
    if (writer->size <= writer->capacity && size <= writer->capacity - writer->size && size > 0) {
        memcpy(writer->data + writer->size, characters, size);
    }
    writer->size += size;
}

static void put_char(json_writer *writer, char c)
{
    if (writer->size < writer->capacity) {
        writer->data[writer->size] = c;
    }
    writer->size++;
}

static void refuse(json_writer *writer)
{
    writer->status = TPS_BAD_ARGUMENT;
}

static bool is_in_object(const json_writer *writer)
{
    return (writer->objects >> writer->depth & 1) != 0;
}

/* An entry begins: a comma if its level has one already. */
static void separate(json_writer *writer)
{
    uint32_t bit = (uint32_t)1 << writer->depth;

    if ((writer->filled & bit) != 0) {
        put_char(writer, ',');
    }
    writer->filled |= bit;
}

/* A value begins: in an object behind its name, elsewhere as an entry, and only one outside of all. */
static void begin_value(json_writer *writer)
{
    if (is_in_object(writer) != writer->is_named || (writer->depth == 0 && writer->filled != 0)) {
        refuse(writer);
    }
    if (!writer->is_named) {
        separate(writer);
    }
    writer->is_named = false;
}

static void open(json_writer *writer, char bracket)
{
    uint32_t bit;

    begin_value(writer);
    put_char(writer, bracket);
    if (writer->depth == JSON_DEPTH_MAX) {
        refuse(writer);
        return;
    }
    writer->depth++;
    bit = (uint32_t)1 << writer->depth;
    writer->filled &= ~bit;
    writer->objects = bracket == '{' ? writer->objects | bit : writer->objects & ~bit;
}

static void close(json_writer *writer, char bracket)
{
    if (writer->depth == 0 || writer->is_named || is_in_object(writer) != (bracket == '}')) {
        refuse(writer);
        return;
    }
    writer->depth--;
    put_char(writer, bracket);
}

void json_begin_object(json_writer *writer)
{
    open(writer, '{');
}

void json_end_object(json_writer *writer)
{
    close(writer, '}');
}

void json_begin_array(json_writer *writer)
{
    open(writer, '[');
}

void json_end_array(json_writer *writer)
{
    close(writer, ']');
}

static const char hex_digits[] = "0123456789abcdef";

static void put_escaped(json_writer *writer, uint8_t c)
{
    char escape[6] = {'\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15]};

    switch (c) {
    case '"': put(writer, "\\\"", 2); break;
    case '\\': put(writer, "\\\\", 2); break;
    case '\n': put(writer, "\\n", 2); break;
    case '\t': put(writer, "\\t", 2); break;
    case '\r': put(writer, "\\r", 2); break;
    default: put(writer, escape, sizeof escape); break;
    }
}

/* The length of the valid UTF-8 sequence at `at`, or 0. */
static size_t valid_sequence(const uint8_t *at, size_t left)
{
    for (size_t length = 1; length <= 4 && length <= left; length++) {
        if (utf8_is_valid(tps_span_make(at, length))) {
            return length;
        }
    }
    return 0;
}

#define BYTES_OF(value) (UINT64_C(0x0101010101010101) * (value))

/* True when one of eight characters may not stand for itself: below a blank, a quote, a backslash, or beyond
 * "~". Such a byte leaves its highest bit set in one of the terms. */
static bool is_any_special(const uint8_t *eight)
{
    uint64_t x;
    uint64_t quote;
    uint64_t backslash;

    memcpy(&x, eight, sizeof x);
    quote = x ^ BYTES_OF('"');
    backslash = x ^ BYTES_OF('\\');
    return (((x - BYTES_OF(0x20u)) | (x + BYTES_OF(1u)) | (quote - BYTES_OF(1u)) |
             (backslash - BYTES_OF(1u)) | x) &
            BYTES_OF(0x80u)) != 0;
}

static bool is_special(uint8_t c)
{
    return c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
}

/* Whether all characters stand for themselves. The last eight may overlap those before. */
static bool is_plain(tps_span text)
{
    size_t at = 0;

    if (text.size < 8) {
        while (at < text.size && !is_special(text.data[at])) {
            at++;
        }
        return at == text.size;
    }
    while (text.size - at > 8 && !is_any_special(text.data + at)) {
        at += 8;
    }
    return text.size - at <= 8 && !is_any_special(text.data + text.size - 8);
}

/* Characters at the start that stand for themselves. */
static size_t plain_run(tps_span text)
{
    size_t size = 0;

    while (size < text.size && !is_special(text.data[size])) {
        size++;
    }
    return size;
}

/* One character that does not stand for itself; returns its bytes. */
static size_t put_other(json_writer *writer, tps_span text)
{
    size_t length;

    if (text.data[0] < 0x80) {
        put_escaped(writer, text.data[0]);
        return 1;
    }
    length = valid_sequence(text.data, text.size);
    if (length == 0) {
        put(writer, "\\ufffd", 6);
        return 1;
    }
    put(writer, (const char *)text.data, length);
    return length;
}

static void put_escaped_text(json_writer *writer, tps_span text)
{
    while (text.size > 0) {
        size_t run = plain_run(text);

        put(writer, (const char *)text.data, run);
        text = tps_span_make(text.data + run, text.size - run);
        if (text.size > 0) {
            size_t length = put_other(writer, text);
            text = tps_span_make(text.data + length, text.size - length);
        }
    }
}

static void put_quoted(json_writer *writer, tps_span text)
{
    put_char(writer, '"');
    if (is_plain(text)) {
        put(writer, (const char *)text.data, text.size);
    } else {
        put_escaped_text(writer, text);
    }
    put_char(writer, '"');
}

void json_key_span(json_writer *writer, tps_span name)
{
    if (!is_in_object(writer) || writer->is_named) {
        refuse(writer);
    }
    separate(writer);
    put_quoted(writer, name);
    put_char(writer, ':');
    writer->is_named = true;
}

void json_key(json_writer *writer, const char *name)
{
    json_key_span(writer, tps_span_of_text(name));
}

void json_text_span(json_writer *writer, tps_span text)
{
    begin_value(writer);
    put_quoted(writer, text);
}

void json_text(json_writer *writer, const char *text)
{
    json_text_span(writer, tps_span_of_text(text));
}

static void put_digits(json_writer *writer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(writer, digits + at, sizeof digits - at);
}

void json_uint(json_writer *writer, uint64_t value)
{
    begin_value(writer);
    put_digits(writer, value);
}

void json_int(json_writer *writer, int64_t value)
{
    begin_value(writer);
    if (value < 0) {
        put_char(writer, '-');
        put_digits(writer, (uint64_t)(-(value + 1)) + 1);
    } else {
        put_digits(writer, (uint64_t)value);
    }
}

void json_double(json_writer *writer, double value)
{
    char text[CBOR_FLOAT_TEXT_MAX];
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    if ((bits >> 52 & 0x7ff) == 0x7ff) {
        refuse(writer);
        return;
    }
    begin_value(writer);
    put(writer, text, cbor_float_text(bits, 8, text));
}

void json_bool(json_writer *writer, bool value)
{
    json_raw(writer, tps_span_of_text(value ? "true" : "false"));
}

void json_put_null(json_writer *writer)
{
    json_raw(writer, TPS_SPAN_LITERAL("null"));
}

/* At its place where there is room for all of it; else in blocks of a multiple of 3 bytes, whose end is cut.
 */
static void put_encoded(json_writer *writer, tps_span bytes, size_t (*encode)(tps_span, char *))
{
    char block[64];

    begin_value(writer);
    put_char(writer, '"');
    if (writer->size <= writer->capacity && (writer->capacity - writer->size) / 4 > bytes.size / 3) {
        writer->size += encode(bytes, writer->data + writer->size);
        bytes.size = 0;
    }
    for (size_t at = 0; at < bytes.size; at += 48) {
        size_t size = bytes.size - at < 48 ? bytes.size - at : 48;
        put(writer, block, encode(tps_span_make(bytes.data + at, size), block));
    }
    put_char(writer, '"');
}

void json_base64url(json_writer *writer, tps_span bytes)
{
    put_encoded(writer, bytes, tps_base64url_write);
}

void json_base64(json_writer *writer, tps_span bytes)
{
    put_encoded(writer, bytes, tps_base64_write);
}

void json_hex(json_writer *writer, tps_span bytes)
{
    begin_value(writer);
    put_char(writer, '"');
    for (size_t i = 0; i < bytes.size; i++) {
        char pair[2] = {hex_digits[bytes.data[i] >> 4], hex_digits[bytes.data[i] & 15]};
        put(writer, pair, 2);
    }
    put_char(writer, '"');
}

void json_raw(json_writer *writer, tps_span json)
{
    begin_value(writer);
    put(writer, (const char *)json.data, json.size);
}

tps_status json_writer_finish(const json_writer *writer, size_t *size)
{
    *size = writer->size;
    if (writer->status != TPS_OK) {
        return writer->status;
    }
    if (writer->depth != 0 || writer->filled == 0) {
        return TPS_BAD_ARGUMENT;
    }
    return writer->data != NULL && writer->size > writer->capacity ? TPS_BUFFER_TOO_SMALL : TPS_OK;
}
