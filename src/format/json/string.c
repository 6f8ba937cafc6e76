/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON: escapes, and their values byte by byte. */
#include "format/json/string.h"

#include "format/text/hex.h"
#include "format/text/utf8_write.h"

/* Four hex digits. */
static tps_status read_unit(const uint8_t *at, const uint8_t *end, uint32_t *unit)
{
    *unit = 0;
    for (size_t i = 0; i < 4; i++) {
        if (at + i == end) {
            return TPS_JSON_TRUNCATED;
        }
        if (hex_digit(at[i]) < 0) {
            return TPS_JSON_BAD_ESCAPE;
        }
        *unit = *unit << 4 | (uint32_t)hex_digit(at[i]);
    }
    return TPS_OK;
}

/* \uXXXX, two of them where the first is a high surrogate. */
static tps_status read_unicode(const uint8_t *at, const uint8_t *end, uint32_t *code, size_t *length)
{
    uint32_t low;

    TPS_TRY(read_unit(at + 2, end, code));
    *length = 6;
    if (*code < 0xd800 || *code > 0xdfff) {
        return TPS_OK;
    }
    if (*code > 0xdbff) {
        return TPS_JSON_BAD_ESCAPE;
    }
    for (size_t i = 6; i < 8; i++) {
        if (at + i == end) {
            return TPS_JSON_TRUNCATED;
        }
        if (at[i] != (i == 6 ? '\\' : 'u')) {
            return TPS_JSON_BAD_ESCAPE;
        }
    }
    TPS_TRY(read_unit(at + 8, end, &low));
    if (low < 0xdc00 || low > 0xdfff) {
        return TPS_JSON_BAD_ESCAPE;
    }
    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
    *length = 12;
    return TPS_OK;
}

tps_status json_escape_read(const uint8_t *at, const uint8_t *end, uint32_t *code, size_t *length)
{
    if (end - at < 2) {
        return TPS_JSON_TRUNCATED;
    }
    *length = 2;
    switch (at[1]) {
    case '"':
    case '\\':
    case '/': *code = at[1]; return TPS_OK;
    case 'b': *code = '\b'; return TPS_OK;
    case 'f': *code = '\f'; return TPS_OK;
    case 'n': *code = '\n'; return TPS_OK;
    case 'r': *code = '\r'; return TPS_OK;
    case 't': *code = '\t'; return TPS_OK;
    case 'u': return read_unicode(at, end, code, length);
    default: return TPS_JSON_BAD_ESCAPE;
    }
}

json_str_walk json_str_begin(json_str string)
{
    static const uint8_t nothing;
    const uint8_t *at = string.raw.size == 0 ? &nothing : string.raw.data;

    return (json_str_walk){.at = at, .end = at + string.raw.size};
}

/* Puts the character's bytes, last one first, into the walk. */
static void hold(json_str_walk *walk, uint32_t code)
{
    uint8_t bytes[4];

    walk->left = (uint8_t)utf8_write(code, bytes);
    for (uint8_t i = 0; i < walk->left; i++) {
        walk->bytes[walk->left - 1 - i] = bytes[i];
    }
}

int json_str_next(json_str_walk *walk)
{
    uint32_t code;
    size_t length;

    if (walk->left > 0) {
        return walk->bytes[--walk->left];
    }
    if (walk->at == walk->end) {
        return -1;
    }
    if (*walk->at != '\\') {
        return *walk->at++;
    }
    if (json_escape_read(walk->at, walk->end, &code, &length) != TPS_OK) {
        walk->at = walk->end; /* no string of a reader's is so */
        return -1;
    }
    walk->at += length;
    hold(walk, code);
    return walk->bytes[--walk->left];
}

bool json_str_is(json_str string, const char *text)
{
    json_str_walk walk = json_str_begin(string);
    int c;

    if (!string.is_escaped) {
        return tps_span_is_text(string.raw, text);
    }
    do {
        c = json_str_next(&walk);
        if (c == '\0' || c != (*text == '\0' ? -1 : (uint8_t)*text)) {
            return false;
        }
        text++;
    } while (c >= 0);
    return true;
}

int json_str_compare(json_str a, json_str b)
{
    json_str_walk left = json_str_begin(a);
    json_str_walk right = json_str_begin(b);
    int x;
    int y;

    if (!a.is_escaped && !b.is_escaped) {
        size_t size = a.raw.size < b.raw.size ? a.raw.size : b.raw.size;
        int order = size == 0 ? 0 : memcmp(a.raw.data, b.raw.data, size);
        return order != 0 ? order : (a.raw.size > b.raw.size) - (a.raw.size < b.raw.size);
    }
    do {
        x = json_str_next(&left);
        y = json_str_next(&right);
    } while (x == y && x >= 0);
    return x - y;
}

tps_status json_str_value(json_str string, tps_buf *room, tps_span *value)
{
    json_str_walk walk = json_str_begin(string);
    size_t size = 0;

    if (!string.is_escaped) {
        *value = string.raw;
        return TPS_OK;
    }
    *value = TPS_SPAN_EMPTY;
    if (room == NULL) {
        return TPS_JSON_BAD_ESCAPE;
    }
    for (int c = json_str_next(&walk); c >= 0; c = json_str_next(&walk)) {
        if (size < room->size) {
            room->data[size] = (uint8_t)c;
        }
        size++;
    }
    if (size > room->size) {
        *value = tps_span_make(NULL, size);
        return TPS_BUFFER_TOO_SMALL;
    }
    *value = tps_span_make(room->data, size);
    *room = (tps_buf){room->data + size, room->size - size};
    return TPS_OK;
}
