/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON reader: a cursor with a sticky error. Whether the whole is well-formed is json_check()'s to say.
 */
#include "format/json/reader.h"

#include "format/json/string.h"
#include "format/text/decimal.h"
#include "tps/base64.h"

json_reader json_reader_init(tps_span input)
{
    static const uint8_t nothing;
    const uint8_t *start = input.size == 0 ? &nothing : input.data;

    return (json_reader){start, start, start + input.size, TPS_OK};
}

size_t json_offset(const json_reader *reader)
{
    return (size_t)(reader->at - reader->start);
}

void json_fail(json_reader *reader, tps_status status)
{
    if (reader->status == TPS_OK) {
        reader->status = status;
    }
}

static void fail_at(json_reader *reader, const uint8_t *at, tps_status status)
{
    if (reader->status == TPS_OK) {
        reader->at = at;
        reader->status = status;
    }
}

static const uint8_t *behind_space(const json_reader *reader)
{
    const uint8_t *at = reader->at;

    while (at < reader->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    return at;
}

/* Moves to the next token; false after an error, or when there is none. */
static bool find_token(json_reader *reader)
{
    if (reader->status != TPS_OK) {
        return false;
    }
    reader->at = behind_space(reader);
    if (reader->at == reader->end) {
        json_fail(reader, TPS_JSON_TRUNCATED);
    }
    return reader->status == TPS_OK;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint32_t kind_of_number(const uint8_t *at, const uint8_t *end)
{
    at += *at == '-';
    while (at < end && is_digit(*at)) {
        at++;
    }
    return at < end && (*at == '.' || *at == 'e' || *at == 'E') ? JSON_NUMBER : JSON_INTEGER;
}

uint32_t json_peek(const json_reader *reader)
{
    const uint8_t *at = behind_space(reader);

    if (reader->status != TPS_OK || at == reader->end) {
        return JSON_END;
    }
    switch (*at) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't':
    case 'f': return JSON_BOOL;
    case 'n': return JSON_NULL;
    default: return is_digit(*at) || *at == '-' ? kind_of_number(at, reader->end) : JSON_END;
    }
}

/* True when the next value is of this kind; else sets the error. */
static bool expect(json_reader *reader, uint32_t kind)
{
    uint32_t found;

    if (!find_token(reader)) {
        return false;
    }
    found = json_peek(reader);
    if (found != kind) {
        json_fail(reader, found == JSON_END ? TPS_JSON_NOT_WELL_FORMED : TPS_JSON_UNEXPECTED_TYPE);
    }
    return found == kind;
}

json_list json_enter_object(json_reader *reader)
{
    if (!expect(reader, JSON_OBJECT)) {
        return (json_list){0, false};
    }
    reader->at++;
    return (json_list){'}', false};
}

json_list json_enter_array(json_reader *reader)
{
    if (!expect(reader, JSON_ARRAY)) {
        return (json_list){0, false};
    }
    reader->at++;
    return (json_list){']', false};
}

bool json_next(json_reader *reader, json_list *list)
{
    if (list->close == 0 || !find_token(reader)) {
        return false;
    }
    if (*reader->at == list->close) {
        reader->at++;
        list->close = 0;
        return false;
    }
    if (list->has_entry) {
        if (*reader->at != ',') {
            json_fail(reader, TPS_JSON_NOT_WELL_FORMED);
            return false;
        }
        reader->at++;
    }
    list->has_entry = true;
    return true;
}

/* Reads the string whose quote is next; the reader's place is the fault's if there is one. */
static json_str take_string(json_reader *reader)
{
    const uint8_t *start = reader->at + 1;
    const uint8_t *at = start;
    json_str string = {TPS_SPAN_EMPTY, false};

    while (at < reader->end && *at != '"') {
        size_t length = 1;
        tps_status status = *at < 0x20 ? TPS_JSON_NOT_WELL_FORMED : TPS_OK;
        if (*at == '\\') {
            uint32_t code;
            string.is_escaped = true;
            status = json_escape_read(at, reader->end, &code, &length);
        }
        if (status != TPS_OK) {
            fail_at(reader, at, status);
            return (json_str){TPS_SPAN_EMPTY, false};
        }
        at += length;
    }
    if (at == reader->end) {
        fail_at(reader, at, TPS_JSON_TRUNCATED);
        return (json_str){TPS_SPAN_EMPTY, false};
    }
    string.raw = tps_span_make(start, (size_t)(at - start));
    reader->at = at + 1;
    return string;
}

json_str json_get_string(json_reader *reader)
{
    return expect(reader, JSON_STRING) ? take_string(reader) : (json_str){TPS_SPAN_EMPTY, false};
}

json_str json_get_name(json_reader *reader)
{
    json_str name = {TPS_SPAN_EMPTY, false};

    if (find_token(reader) && *reader->at != '"') {
        json_fail(reader, TPS_JSON_NOT_WELL_FORMED);
    }
    if (reader->status == TPS_OK) {
        name = take_string(reader);
    }
    if (find_token(reader)) {
        if (*reader->at == ':') {
            reader->at++;
        } else {
            json_fail(reader, TPS_JSON_NOT_WELL_FORMED);
        }
    }
    return reader->status == TPS_OK ? name : (json_str){TPS_SPAN_EMPTY, false};
}

/* Takes the word if it is the next token; else it is no JSON. */
static bool take_word(json_reader *reader, const char *word)
{
    size_t size = strlen(word);
    size_t left = (size_t)(reader->end - reader->at);

    if (memcmp(reader->at, word, size < left ? size : left) != 0) {
        json_fail(reader, TPS_JSON_NOT_WELL_FORMED);
        return false;
    }
    if (left < size) {
        fail_at(reader, reader->end, TPS_JSON_TRUNCATED);
        return false;
    }
    reader->at += size;
    return true;
}

bool json_get_bool(json_reader *reader)
{
    if (!expect(reader, JSON_BOOL)) {
        return false;
    }
    if (*reader->at == 't') {
        return take_word(reader, "true");
    }
    take_word(reader, "false");
    return false;
}

void json_get_null(json_reader *reader)
{
    if (expect(reader, JSON_NULL)) {
        take_word(reader, "null");
    }
}

/* Moves over digits, at least one; false if there is none. */
static bool scan_digits(json_reader *reader, const uint8_t **at)
{
    if (*at == reader->end) {
        fail_at(reader, *at, TPS_JSON_TRUNCATED);
        return false;
    }
    if (!is_digit(**at)) {
        fail_at(reader, *at, TPS_JSON_NOT_WELL_FORMED);
        return false;
    }
    while (*at < reader->end && is_digit(**at)) {
        (*at)++;
    }
    return true;
}

/* The text of the number that is next (RFC 8259, 6), without moving; empty after setting the error. */
static tps_span scan_number(json_reader *reader)
{
    const uint8_t *end = reader->end;
    const uint8_t *at = reader->at + (*reader->at == '-');
    const uint8_t *digits = at;

    if (!scan_digits(reader, &at)) {
        return TPS_SPAN_EMPTY;
    }
    if (*digits == '0' && at - digits > 1) {
        fail_at(reader, digits, TPS_JSON_NOT_WELL_FORMED);
        return TPS_SPAN_EMPTY;
    }
    if (at < end && *at == '.') {
        at++;
        if (!scan_digits(reader, &at)) {
            return TPS_SPAN_EMPTY;
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) {
            at++;
        }
        if (!scan_digits(reader, &at)) {
            return TPS_SPAN_EMPTY;
        }
    }
    return tps_span_make(reader->at, (size_t)(at - reader->at));
}

/* The magnitude of the integer that is next, without moving; `*size` is its length, 0 after an error. */
static uint64_t scan_integer(json_reader *reader, size_t *size)
{
    tps_span text;
    uint64_t value = 0;

    *size = 0;
    if (!expect(reader, JSON_INTEGER)) {
        return 0;
    }
    text = scan_number(reader);
    for (size_t i = text.size > 0 && *text.data == '-'; i < text.size; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            json_fail(reader, TPS_JSON_OUT_OF_RANGE);
            return 0;
        }
        value = value * 10 + digit;
    }
    *size = text.size;
    return value;
}

int64_t json_get_int(json_reader *reader)
{
    size_t size;
    uint64_t value = scan_integer(reader, &size);
    bool is_negative = size > 0 && *reader->at == '-';

    if (value > (uint64_t)INT64_MAX + (is_negative ? 1 : 0)) {
        json_fail(reader, TPS_JSON_OUT_OF_RANGE);
        return 0;
    }
    reader->at += size;
    return is_negative && value > 0 ? -(int64_t)(value - 1) - 1 : (int64_t)value;
}

uint64_t json_get_uint(json_reader *reader)
{
    size_t size;
    uint64_t value = scan_integer(reader, &size);

    if (size > 0 && *reader->at == '-' && value > 0) {
        json_fail(reader, TPS_JSON_OUT_OF_RANGE);
        return 0;
    }
    reader->at += size;
    return value;
}

double json_get_double(json_reader *reader)
{
    uint64_t bits = 0;
    double value;
    tps_span text;

    if (!expect(reader, json_peek(reader) == JSON_INTEGER ? JSON_INTEGER : JSON_NUMBER)) {
        return 0;
    }
    text = scan_number(reader);
    if (text.size == 0) {
        return 0;
    }
    if (!decimal_to_double(text, &bits)) {
        json_fail(reader, TPS_JSON_OUT_OF_RANGE);
        return 0;
    }
    reader->at += text.size;
    memcpy(&value, &bits, sizeof value);
    return value;
}

tps_span json_get_text(json_reader *reader, tps_buf *room)
{
    json_str string = json_get_string(reader);
    tps_span value = TPS_SPAN_EMPTY;
    tps_status status = json_str_value(string, room, &value);

    if (status != TPS_OK) {
        json_fail(reader, status);
        return TPS_SPAN_EMPTY;
    }
    return value;
}

static bool is_base64url(tps_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '+' || text.data[i] == '/' || text.data[i] == '=') {
            return false; /* tps_base64_read() looks at the others */
        }
    }
    return true;
}

tps_span json_get_base64url(json_reader *reader, tps_buf *room)
{
    tps_buf rest = *room;
    tps_span text = json_get_text(reader, &rest);
    tps_status status;
    size_t size;

    if (reader->status != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    /* Unescaped text stands at the front of the room, and is decoded in place: reading is ahead of writing.
     */
    status = is_base64url(text) ? tps_base64_read(text, *room, &size) : TPS_BAD_BASE64;
    if (status != TPS_OK) {
        json_fail(reader, status);
        return TPS_SPAN_EMPTY;
    }
    text = tps_span_make(room->data, size);
    *room = (tps_buf){size == 0 ? room->data : room->data + size, room->size - size};
    return text;
}

/* Moves over a value that is no container. */
static void skip_scalar(json_reader *reader)
{
    switch (json_peek(reader)) {
    case JSON_STRING: json_get_string(reader); break;
    case JSON_BOOL: json_get_bool(reader); break;
    case JSON_NULL: json_get_null(reader); break;
    case JSON_INTEGER:
    case JSON_NUMBER: reader->at += scan_number(reader).size; break;
    default: json_fail(reader, TPS_JSON_NOT_WELL_FORMED); break;
    }
}

bool json_step(json_reader *reader, json_list *inner)
{
    uint32_t kind;

    if (!find_token(reader)) {
        return false;
    }
    kind = json_peek(reader);
    if (kind == JSON_OBJECT || kind == JSON_ARRAY) {
        *inner = kind == JSON_OBJECT ? json_enter_object(reader) : json_enter_array(reader);
        return true;
    }
    skip_scalar(reader);
    return false;
}

tps_span json_skip(json_reader *reader)
{
    json_list open[JSON_READ_DEPTH_MAX] = {{0, false}};
    json_list inner;
    const uint8_t *start = behind_space(reader);
    uint32_t depth = 0;

    do {
        if (json_step(reader, &inner)) {
            if (depth == JSON_READ_DEPTH_MAX) {
                json_fail(reader, TPS_JSON_TOO_DEEP);
            } else {
                open[depth++] = inner;
            }
        }
        while (depth > 0 && !json_next(reader, &open[depth - 1])) {
            depth--;
        }
        if (depth > 0 && open[depth - 1].close == '}') {
            json_get_name(reader);
        }
    } while (depth > 0);
    return reader->status == TPS_OK ? tps_span_make(start, (size_t)(reader->at - start)) : TPS_SPAN_EMPTY;
}

tps_status json_reader_finish(json_reader *reader)
{
    if (reader->status == TPS_OK) {
        reader->at = behind_space(reader);
        if (reader->at != reader->end) {
            reader->status = TPS_JSON_TRAILING;
        }
    }
    return reader->status;
}
