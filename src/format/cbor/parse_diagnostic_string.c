/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of diagnostic notation (RFC 8949, 8; RFC 8610, G.1 to G.4): quotes, bases, and adjacent ones
 * joined. */
#include "format/cbor/notation.h"

#include "format/json/string.h"
#include "format/text/base64_digit.h"
#include "format/text/hex.h"
#include "format/text/utf8.h"
#include "format/text/utf8_write.h"

/* The value of a character in a base, or -1. */
static int base32_digit(uint8_t c)
{
    if (c >= '2' && c <= '7') {
        return c - '2' + 26;
    }
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

static int base32_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

/* How bytes are written between quotes. */
typedef struct {
    const char *opening; /* with its quote */
    int (*digit)(uint8_t c);
    uint8_t bits;  /* of a character */
    uint8_t group; /* characters that padding completes; 0 where there is none */
} base;

static const base bases[] = {
    {"h'", hex_digit, 4, 0},
    {"b64'", base64_digit, 6, 4},
    {"b32'", base32_digit, 5, 8},
    {"h32'", base32_hex_digit, 5, 8},
};

static const base *base_here(const notation *n)
{
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        size_t size = strlen(bases[i].opening);
        if ((size_t)(n->end - n->at) >= size && memcmp(n->at, bases[i].opening, size) == 0) {
            return &bases[i];
        }
    }
    return NULL;
}

bool notation_is_string(const notation *n)
{
    return notation_peek(n) == '"' || notation_peek(n) == '\'' || base_here(n) != NULL;
}

/* White space and comments between characters; a slash is a character of base 64. */
static tps_status skip_inside(notation *n, const base *b)
{
    return notation_skip(n, b->digit('/') < 0);
}

/* Padding, if there is any, completes the group; nothing but it may stand before the quote. */
static tps_status take_padding(notation *n, const base *b, size_t digits)
{
    size_t padding = 0;

    while (notation_take(n, "=")) {
        padding++;
        TPS_TRY(skip_inside(n, b));
    }
    if (padding > 0 && (b->group == 0 || padding >= b->group || (digits + padding) % b->group != 0)) {
        return notation_bad(n, "wrong padding");
    }
    return TPS_OK;
}

/* The bytes of b'...', whose opening is next. */
static tps_status read_base(notation *n, const base *b)
{
    uint32_t bits = 0;
    uint32_t held = 0;
    size_t digits = 0;

    n->at += strlen(b->opening);
    for (;;) {
        int value;
        TPS_TRY(skip_inside(n, b));
        value = n->at < n->end ? b->digit(*n->at) : -1;
        if (value < 0) {
            break;
        }
        n->at++;
        digits++;
        bits = bits << b->bits | (uint32_t)value;
        held += b->bits;
        if (held >= 8) {
            uint8_t byte = (uint8_t)(bits >> (held - 8));
            held -= 8;
            tps_cbor_put_raw(&n->out, tps_span_make(&byte, 1));
        }
    }
    TPS_TRY(take_padding(n, b, digits));
    if (!notation_take(n, "'")) {
        return notation_bad(n, n->at == n->end ? "a string does not end" : "no digit of this base");
    }
    if (held >= b->bits || (bits & ((1u << held) - 1)) != 0) {
        return notation_bad(n, "the digits end in the middle of a byte");
    }
    return TPS_OK;
}

/* The character that a backslash stands for, as UTF-8. */
static tps_status read_escape(notation *n, uint8_t quote)
{
    uint8_t bytes[4];
    uint32_t code = '\'';
    size_t length = 2;
    bool is_quote = quote == '\'' && n->end - n->at >= 2 && n->at[1] == '\'';

    if (!is_quote && json_escape_read(n->at, n->end, &code, &length) != TPS_OK) {
        return notation_bad(n, "a wrong escape, or half a surrogate pair");
    }
    n->at += length;
    tps_cbor_put_raw(&n->out, tps_span_make(bytes, utf8_write(code, bytes)));
    return TPS_OK;
}

/* Characters up to the quote that began them. */
static tps_status read_quoted(notation *n)
{
    uint8_t quote = *n->at++;

    for (;;) {
        const uint8_t *run = n->at;
        tps_span plain;
        while (n->at < n->end && *n->at != quote && *n->at != '\\' && *n->at >= 0x20) {
            n->at++;
        }
        plain = tps_span_make(run, (size_t)(n->at - run));
        if (!utf8_is_valid(plain)) {
            return notation_fail(n, run, TPS_CBOR_BAD_UTF8, NULL);
        }
        tps_cbor_put_raw(&n->out, plain);
        if (n->at == n->end) {
            return notation_bad(n, "a string does not end");
        }
        if (*n->at == quote) {
            n->at++;
            return TPS_OK;
        }
        if (*n->at != '\\') {
            return notation_bad(n, "a control character in a string needs an escape");
        }
        TPS_TRY(read_escape(n, quote));
    }
}

static tps_status read_piece(notation *n)
{
    const base *b = base_here(n);

    return b != NULL ? read_base(n, b) : read_quoted(n);
}

/* ''_ and ""_: no chunk at all. */
static tps_status end_without_chunks(notation *n, size_t start, uint8_t major)
{
    uint8_t empty[2] = {(uint8_t)(major << 5 | 31), 0xff};

    if (n->out.size != start + 1) {
        return notation_bad(n, "an underscore needs i or a digit behind it here");
    }
    n->out.size = start;
    tps_cbor_put_raw(&n->out, TPS_SPAN_OF(empty));
    return TPS_OK;
}

tps_status notation_string(notation *n, uint8_t *major, bool *is_definite)
{
    size_t start = notation_reserve_head(n);
    const uint8_t *at = n->at;
    uint8_t indicator;
    size_t size;

    *major = *n->at == '"' ? TPS_CBOR_TEXT : TPS_CBOR_BYTES;
    do {
        TPS_TRY(read_piece(n));
        TPS_TRY(notation_indicator(n, &indicator));
        TPS_TRY(notation_skip_space(n));
    } while (indicator == NOTATION_SHORTEST && notation_is_string(n));
    *is_definite = indicator != NOTATION_INDEFINITE;
    if (!*is_definite) {
        return end_without_chunks(n, start, *major);
    }
    size = n->out.size - start - 1;
    if (*major == TPS_CBOR_TEXT && n->out.data != NULL && n->out.size <= n->out.capacity &&
        !utf8_is_valid(tps_span_make(n->out.data + start + 1, size))) {
        return notation_fail(n, at, TPS_CBOR_BAD_UTF8, NULL);
    }
    return notation_fill_head(n, start, *major, size, indicator);
}
