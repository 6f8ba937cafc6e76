/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostic notation read: brackets, commas and words. How many entries an array has shows at its end only,
 * so a byte is kept free for each head, and what stands behind moves when the head takes more. One path
 * measures and writes. Strings and numbers have files of their own.
 */
#include "format/cbor/notation.h"

tps_status notation_fail(notation *n, const uint8_t *at, tps_status status, const char *detail)
{
    n->fault = (tps_error){status, (size_t)(at - n->start), detail};
    return status;
}

tps_status notation_bad(notation *n, const char *detail)
{
    return notation_fail(n, n->at, TPS_CBOR_BAD_DIAGNOSTIC, detail);
}

bool notation_take(notation *n, const char *word)
{
    size_t size = strlen(word);

    if ((size_t)(n->end - n->at) < size || memcmp(n->at, word, size) != 0) {
        return false;
    }
    n->at += size;
    return true;
}

static void skip_line(notation *n)
{
    while (n->at < n->end && *n->at != '\n') {
        n->at++;
    }
}

tps_status notation_skip(notation *n, bool has_slashes)
{
    for (;;) {
        const uint8_t *start = n->at;
        uint8_t c = notation_peek(n);
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            n->at++;
        } else if (c == '#' || (has_slashes && notation_take(n, "//"))) {
            skip_line(n);
        } else if (c == '/' && has_slashes) {
            do {
                n->at++;
            } while (n->at < n->end && *n->at != '/');
            if (n->at == n->end) {
                return notation_fail(n, start, TPS_CBOR_BAD_DIAGNOSTIC, "a comment does not end");
            }
            n->at++;
        } else {
            return TPS_OK;
        }
    }
}

tps_status notation_skip_space(notation *n)
{
    return notation_skip(n, true);
}

tps_status notation_indicator(notation *n, uint8_t *indicator)
{
    uint8_t c;

    *indicator = NOTATION_SHORTEST;
    if (!notation_take(n, "_")) {
        return TPS_OK;
    }
    c = notation_peek(n);
    if (c >= '0' && c <= '3') {
        *indicator = (uint8_t)(c - '0');
        n->at++;
    } else if (c == 'i') {
        *indicator = NOTATION_IMMEDIATE;
        n->at++;
    } else if (c >= '4' && c <= '9') {
        return notation_bad(n, "an encoding indicator is _i or one of _0 to _3");
    } else {
        *indicator = NOTATION_INDEFINITE;
    }
    return TPS_OK;
}

/* Bytes of a head behind its first one, in the form asked for; SIZE_MAX when the value does not fit. */
static size_t extra_size(uint64_t value, uint8_t indicator)
{
    size_t shortest = value < 24            ? 0
                      : value <= UINT8_MAX  ? 1
                      : value <= UINT16_MAX ? 2
                      : value <= UINT32_MAX ? 4
                                            : 8;
    size_t asked = indicator == NOTATION_IMMEDIATE ? 0 : (size_t)1 << indicator;

    if (indicator == NOTATION_SHORTEST) {
        return shortest;
    }
    return shortest <= asked ? asked : SIZE_MAX;
}

/* Writes a head to `head`; returns its size, or 0. */
static size_t make_head(uint8_t head[9], uint8_t major, uint64_t value, uint8_t indicator)
{
    size_t extra = extra_size(value, indicator);

    if (extra == SIZE_MAX) {
        return 0;
    }
    head[0] = (uint8_t)(major << 5 | (extra == 0   ? value
                                      : extra == 1 ? 24
                                      : extra == 2 ? 25
                                      : extra == 4 ? 26
                                                   : 27));
    for (size_t i = extra; i > 0; i--) {
        head[i] = (uint8_t)value;
        value >>= 8;
    }
    return 1 + extra;
}

static tps_status refuse_indicator(notation *n)
{
    return notation_fail(n, n->at, TPS_CBOR_OUT_OF_RANGE,
                         "it does not fit the width that its encoding indicator asks for");
}

tps_status notation_put_head(notation *n, uint8_t major, uint64_t value, uint8_t indicator)
{
    uint8_t head[9];
    size_t size;

    if (indicator == NOTATION_INDEFINITE) {
        return notation_bad(n, "an underscore needs i or a digit behind it here");
    }
    size = make_head(head, major, value, indicator);
    if (size == 0) {
        return refuse_indicator(n);
    }
    tps_cbor_put_raw(&n->out, tps_span_make(head, size));
    return TPS_OK;
}

size_t notation_reserve_head(notation *n)
{
    size_t start = n->out.size;

    tps_cbor_put_raw(&n->out, TPS_SPAN_LITERAL("\0"));
    return start;
}

tps_status notation_fill_head(notation *n, size_t start, uint8_t major, uint64_t value, uint8_t indicator)
{
    uint8_t head[9] = {0};
    size_t content = n->out.size - start - 1;
    size_t size = make_head(head, major, value, indicator);

    if (size == 0) {
        return refuse_indicator(n);
    }
    tps_cbor_put_raw(&n->out, tps_span_make(head, size - 1)); /* room; which bytes does not matter */
    if (n->out.data != NULL && n->out.size <= n->out.capacity) {
        memmove(n->out.data + start + size, n->out.data + start + 1, content);
        memcpy(n->out.data + start, head, size);
    }
    return TPS_OK;
}

tps_status notation_open(notation *n, uint8_t kind, size_t start, uint8_t indicator)
{
    if (n->depth == TPS_CBOR_DIAGNOSTIC_DEPTH_MAX) {
        return notation_fail(n, n->at, TPS_CBOR_TOO_DEEP, NULL);
    }
    n->levels[n->depth++] = (notation_level){.start = start, .kind = kind, .indicator = indicator};
    return TPS_OK;
}

static tps_status open_container(notation *n, uint8_t kind)
{
    uint8_t indicator;

    n->at++;
    TPS_TRY(notation_indicator(n, &indicator));
    return notation_open(n, kind, notation_reserve_head(n), indicator);
}

static tps_status open_chunks(notation *n)
{
    if (!notation_take(n, "(_")) {
        return notation_bad(n, "a bracket ( begins chunks, (_, or stands behind a tag number");
    }
    return notation_open(n, NOTATION_CHUNKS, notation_reserve_head(n), NOTATION_INDEFINITE);
}

static tps_status open_embedded(notation *n)
{
    if (!notation_take(n, "<<")) {
        return notation_bad(n, "embedded items stand between << and >>");
    }
    return notation_open(n, NOTATION_EMBEDDED, notation_reserve_head(n), NOTATION_SHORTEST);
}

static const char *closing(const notation_level *level)
{
    static const char *const brackets[] = {"]", "}", ")", ">>", ")"};

    return brackets[level->kind];
}

/* Takes the bracket that ends the innermost level where it may end. */
static bool take_closing(notation *n)
{
    const notation_level *top = &n->levels[n->depth - 1];

    if (top->kind == NOTATION_TAG || (top->kind == NOTATION_MAP && top->count % 2 == 1) ||
        (top->kind == NOTATION_CHUNKS && top->count == 0)) {
        return false;
    }
    return notation_take(n, closing(top));
}

/* The first byte of an item of indefinite length, and its break. */
static tps_status fill_indefinite(notation *n, const notation_level *top, uint8_t major)
{
    uint8_t head = (uint8_t)(major << 5 | 31);

    tps_cbor_put_raw(&n->out, TPS_SPAN_LITERAL("\xff"));
    if (n->out.data != NULL && top->start < n->out.capacity) {
        n->out.data[top->start] = head;
    }
    return TPS_OK;
}

/* The innermost level has ended: its head can be written. */
static tps_status close_level(notation *n)
{
    const notation_level *top = &n->levels[--n->depth];
    uint8_t indicator;

    switch (top->kind) {
    case NOTATION_TAG: return TPS_OK;
    case NOTATION_CHUNKS: return fill_indefinite(n, top, top->major);
    case NOTATION_EMBEDDED:
        TPS_TRY(notation_indicator(n, &indicator));
        if (indicator == NOTATION_INDEFINITE) {
            return notation_bad(n, "an underscore needs i or a digit behind it here");
        }
        return notation_fill_head(n, top->start, TPS_CBOR_BYTES, n->out.size - top->start - 1, indicator);
    default: break;
    }
    if (top->indicator == NOTATION_INDEFINITE) {
        return fill_indefinite(n, top, TPS_CBOR_ARRAY + top->kind);
    }
    return notation_fill_head(n, top->start, TPS_CBOR_ARRAY + top->kind,
                              top->kind == NOTATION_MAP ? top->count / 2 : top->count, top->indicator);
}

static tps_status read_string(notation *n)
{
    notation_level *top = n->depth > 0 ? &n->levels[n->depth - 1] : NULL;
    const uint8_t *start = n->at;
    uint8_t major;
    bool is_definite;

    TPS_TRY(notation_string(n, &major, &is_definite));
    if (top == NULL || top->kind != NOTATION_CHUNKS) {
        return TPS_OK;
    }
    if (!is_definite || (top->count > 0 && top->major != major)) {
        return notation_fail(n, start, TPS_CBOR_BAD_DIAGNOSTIC, "chunks are strings of one kind");
    }
    top->major = major;
    return TPS_OK;
}

static tps_status read_simple(notation *n)
{
    const uint8_t *start = n->at;
    unsigned value = 0;

    while (notation_peek(n) >= '0' && notation_peek(n) <= '9' && value <= UINT8_MAX) {
        value = value * 10 + (unsigned)(*n->at++ - '0');
    }
    if (n->at == start || (*start == '0' && n->at - start > 1) || notation_peek(n) != ')') {
        return notation_bad(n, "simple( ) holds a decimal number");
    }
    n->at++;
    if (value > UINT8_MAX || (value >= 24 && value < 32)) {
        return notation_fail(n, start, TPS_CBOR_OUT_OF_RANGE, "simple values are 0 to 23 and 32 to 255");
    }
    tps_cbor_put_simple(&n->out, (uint8_t)value);
    return TPS_OK;
}

static tps_status read_word(notation *n)
{
    static const char *const simple[] = {"false", "true", "null", "undefined"};

    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++) {
        if (notation_take(n, simple[i])) {
            tps_cbor_put_simple(&n->out, (uint8_t)(20 + i));
            return TPS_OK;
        }
    }
    if (notation_take(n, "simple(")) {
        return read_simple(n);
    }
    if (notation_take(n, "NaN")) {
        return notation_put_float(n, NOTATION_NAN);
    }
    if (notation_take(n, "Infinity")) {
        return notation_put_float(n, NOTATION_INFINITY);
    }
    return notation_bad(n, n->at == n->end ? "a value is missing at the end" : "no value begins here");
}

/* Reads a value, or what opens one: then `*is_open`. */
static tps_status read_item(notation *n, bool *is_open)
{
    uint8_t c = notation_peek(n);

    *is_open = true;
    if (n->depth > 0 && n->levels[n->depth - 1].kind == NOTATION_CHUNKS && !notation_is_string(n)) {
        return notation_bad(n, "chunks are strings of one kind");
    }
    switch (c) {
    case '[': return open_container(n, NOTATION_ARRAY);
    case '{': return open_container(n, NOTATION_MAP);
    case '(': return open_chunks(n);
    case '<': return open_embedded(n);
    default: break;
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        return notation_number(n, is_open);
    }
    *is_open = false;
    return notation_is_string(n) ? read_string(n) : read_word(n);
}

/* Behind a complete item: a colon, a comma, the end of what it lies in, and so on outward. */
static tps_status end_item(notation *n)
{
    while (n->depth > 0) {
        notation_level *top = &n->levels[n->depth - 1];

        top->count++;
        TPS_TRY(notation_skip_space(n));
        if (top->kind == NOTATION_MAP && top->count % 2 == 1) {
            return notation_take(n, ":") ? TPS_OK : notation_bad(n, "a colon is missing behind a key");
        }
        if (top->kind == NOTATION_TAG) {
            if (!notation_take(n, ")")) {
                return notation_bad(n, "a bracket ) is missing behind the one item of a tag");
            }
        } else if (notation_take(n, ",")) {
            return TPS_OK;
        } else if (!take_closing(n)) {
            return notation_bad(n, "a comma or a closing bracket is missing");
        }
        TPS_TRY(close_level(n));
    }
    return TPS_OK;
}

/* One item, with all that lies in it. */
static tps_status read_all(notation *n)
{
    bool is_open;

    do {
        TPS_TRY(notation_skip_space(n));
        if (n->depth > 0 && take_closing(n)) { /* it is empty, or a comma stood behind the last entry */
            TPS_TRY(close_level(n));
            TPS_TRY(end_item(n));
            continue;
        }
        TPS_TRY(read_item(n, &is_open));
        if (!is_open) {
            TPS_TRY(end_item(n));
        }
    } while (n->depth > 0);
    TPS_TRY(notation_skip_space(n));
    return n->at == n->end ? TPS_OK : notation_bad(n, "something follows the item");
}

tps_status tps_cbor_from_diagnostic(tps_span text, tps_buf room, tps_span *encoded, tps_error *why)
{
    static const uint8_t nothing;
    notation n;
    tps_status status;

    n.start = text.size == 0 ? &nothing : text.data;
    n.at = n.start;
    n.end = n.start + text.size;
    n.out = tps_cbor_writer_init(room);
    n.depth = 0;
    if (read_all(&n) != TPS_OK) {
        return tps_fail(why, n.fault.status, n.fault.offset, n.fault.detail);
    }
    status = tps_cbor_writer_finish(&n.out, encoded);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, NULL);
}
