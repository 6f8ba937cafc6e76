/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBOR as diagnostic notation (RFC 8949, 8), for people: the checker judges, then one walk without recursion
 * prints what lies before the fault, if there is one. Small arrays and maps stay on one line, larger ones
 * take a line an entry. Encoding indicators (_0 .. _3) are not printed; floats of all widths are, exactly, as
 * doubles.
 */
#include "tps/cbor_diagnostic.h"

#include "format/cbor/float.h"
#include "format/cbor/head.h"
#include "format/text/escape.h"

/* An array or map of at most so many encoded bytes is printed on one line. */
#define INLINE_SIZE 24u

typedef struct {
    uint64_t left; /* items to come, or TPS_CBOR_INDEFINITE_LENGTH */
    uint64_t seen;
    uint32_t type;
    bool is_inline;
} level;

typedef struct {
    tps_cbor_reader reader;
    size_t end; /* nothing that begins here or later is printed */
    tps_text_sink sink;
    void *context;
    level levels[TPS_CBOR_DEPTH_MAX + 1]; /* what is empty lies deeper by one, and opens nothing */
    uint32_t depth;
} printer;

static void put(const printer *p, const char *text)
{
    p->sink(p->context, text, strlen(text));
}

static void put_number(const printer *p, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    p->sink(p->context, digits + at, sizeof digits - at);
}

/* -1 - value, which may be one beyond 64 bits. */
static void put_negative(const printer *p, uint64_t value)
{
    if (value == UINT64_MAX) {
        put(p, "-18446744073709551616");
    } else {
        put(p, "-");
        put_number(p, value + 1);
    }
}

static void put_hex(const printer *p, tps_span bytes)
{
    static const char digits[] = "0123456789abcdef";
    char text[64];
    size_t size = 0;

    put(p, "h'");
    for (size_t i = 0; i < bytes.size; i++) {
        text[size++] = digits[bytes.data[i] >> 4];
        text[size++] = digits[bytes.data[i] & 15];
        if (size == sizeof text) {
            p->sink(p->context, text, size);
            size = 0;
        }
    }
    p->sink(p->context, text, size);
    put(p, "'");
}

static void put_text(const printer *p, tps_span text)
{
    put(p, "\"");
    escape_text(text, ESCAPE_QUOTED, p->sink, p->context);
    put(p, "\"");
}

static void put_simple(const printer *p, uint64_t value)
{
    static const char *const names[] = {"false", "true", "null", "undefined"};

    if (value >= 20 && value <= 23) {
        put(p, names[value - 20]);
        return;
    }
    put(p, "simple(");
    put_number(p, value);
    put(p, ")");
}

static void put_float(const printer *p, const tps_cbor_item *item)
{
    char text[CBOR_FLOAT_TEXT_MAX];

    p->sink(p->context, text, cbor_float_text(item->value, item->width, text));
}

static void put_break(const printer *p)
{
    put(p, "\n");
    for (uint32_t i = 0; i < p->depth; i++) {
        if (p->levels[i].type != TPS_CBOR_TAG) {
            put(p, "  ");
        }
    }
}

/* True when the whole item at `start` fits into one line. */
static bool is_small(const printer *p, const uint8_t *start)
{
    size_t rest = (size_t)(p->reader.end - start);
    tps_cbor_reader ahead =
        tps_cbor_reader_init(tps_span_make(start, rest < INLINE_SIZE ? rest : INLINE_SIZE));

    tps_cbor_skip(&ahead);
    return ahead.status == TPS_OK;
}

static bool is_indefinite(const level *l)
{
    return l->left == TPS_CBOR_INDEFINITE_LENGTH;
}

static const char *opening(uint32_t type)
{
    switch (type) {
    case TPS_CBOR_ARRAY: return "[";
    case TPS_CBOR_MAP: return "{";
    default: return "(";
    }
}

static const char *closing(uint32_t type)
{
    switch (type) {
    case TPS_CBOR_ARRAY: return "]";
    case TPS_CBOR_MAP: return "}";
    default: return ")";
    }
}

/* What stands before an item: a colon, a comma, a new line. */
static void put_separator(const printer *p)
{
    const level *top = p->depth > 0 ? &p->levels[p->depth - 1] : NULL;

    if (top == NULL || top->type == TPS_CBOR_TAG) {
        return;
    }
    if (top->type == TPS_CBOR_MAP && top->seen % 2 == 1) {
        put(p, ": ");
        return;
    }
    if (top->seen > 0) {
        put(p, top->is_inline ? ", " : ",");
    }
    if (!top->is_inline) {
        put_break(p);
    }
}

/* The entry on top is complete. */
static void put_closing(printer *p)
{
    level top = p->levels[--p->depth];

    if (!top.is_inline && top.type != TPS_CBOR_TAG && top.seen > 0) {
        put_break(p);
    }
    put(p, closing(top.type));
}

static tps_status open_level(printer *p, const tps_cbor_item *item, uint64_t left, const uint8_t *start)
{
    bool is_inside_line = p->depth > 0 && p->levels[p->depth - 1].is_inline;
    level *top;

    if (p->depth > TPS_CBOR_DEPTH_MAX) {
        return TPS_CBOR_TOO_DEEP;
    }
    if (item->type == TPS_CBOR_TAG) {
        put_number(p, item->value);
    }
    put(p, opening(item->type));
    top = &p->levels[p->depth++];
    *top = (level){.left = left, .type = item->type};
    top->is_inline = item->type == TPS_CBOR_TAG ? is_inside_line : is_inside_line || is_small(p, start);
    if (is_indefinite(top)) {
        put(p, top->is_inline ? "_ " : "_");
    }
    return TPS_OK;
}

/* An empty string in chunks has a form of its own, because "(_ )" would not say of what kind it is. */
static tps_status print_chunks(printer *p, const tps_cbor_item *item, const uint8_t *start)
{
    if (tps_cbor_peek(&p->reader) == TPS_CBOR_BREAK) {
        p->reader.at++;
        put(p, item->type == TPS_CBOR_BYTES ? "''_" : "\"\"_");
        return TPS_OK;
    }
    return open_level(p, item, item->value, start);
}

/* The head of an array or map that the input cuts off, or of a text that is none: taken as far as it goes. Of
 * what begins before the fault, the reader refuses these alone; the rest is only kept inside the input. */
static bool read_faulty(printer *p, tps_cbor_item *item)
{
    const uint8_t *at = p->reader.at;
    uint32_t info = *at & 0x1fu; /* there is a byte: the fault lies behind */
    size_t extra = info < 24 ? 0 : (size_t)1 << (info & 3);

    if ((size_t)(p->reader.end - at) <= extra) {
        return false;
    }
    *item = (tps_cbor_item){.type = *at >> 5u, .value = extra == 0 ? info : cbor_big_endian(at + 1, extra)};
    at += 1 + extra;
    if (item->type != TPS_CBOR_TEXT) {
        item->value = item->value > INT64_MAX ? INT64_MAX : item->value;
    } else if (item->value > (uint64_t)(p->reader.end - at)) {
        return false;
    } else {
        item->bytes = tps_span_make(at, (size_t)item->value);
        at += item->bytes.size;
    }
    p->reader.at = at;
    p->reader.status = TPS_OK;
    return true;
}

static tps_status print_item(printer *p)
{
    const uint8_t *start = p->reader.at;
    tps_cbor_item item;

    if (!tps_cbor_read(&p->reader, &item) && !read_faulty(p, &item)) {
        return p->reader.status;
    }
    put_separator(p);
    if (p->depth > 0) {
        level *top = &p->levels[p->depth - 1];
        top->seen++;
        top->left -= is_indefinite(top) ? 0 : 1;
    }
    switch (item.type) {
    case TPS_CBOR_UINT: put_number(p, item.value); break;
    case TPS_CBOR_NINT: put_negative(p, item.value); break;
    case TPS_CBOR_FLOAT: put_float(p, &item); break;
    case TPS_CBOR_SIMPLE: put_simple(p, item.value); break;
    case TPS_CBOR_TAG: return open_level(p, &item, 1, start);
    case TPS_CBOR_ARRAY: return open_level(p, &item, item.value, start);
    case TPS_CBOR_MAP:
        return open_level(p, &item, item.value == TPS_CBOR_INDEFINITE_LENGTH ? item.value : item.value * 2,
                          start);
    case TPS_CBOR_BYTES:
        if (item.value == TPS_CBOR_INDEFINITE_LENGTH) {
            return print_chunks(p, &item, start);
        }
        put_hex(p, item.bytes);
        break;
    case TPS_CBOR_TEXT:
        if (item.value == TPS_CBOR_INDEFINITE_LENGTH) {
            return print_chunks(p, &item, start);
        }
        put_text(p, item.bytes);
        break;
    default: return TPS_CBOR_BAD_BREAK;
    }
    return TPS_OK;
}

/* Closes every level that is complete; false when the outermost item is. */
static bool close_levels(printer *p)
{
    while (p->depth > 0) {
        level *top = &p->levels[p->depth - 1];
        if (is_indefinite(top) && tps_cbor_offset(&p->reader) < p->end &&
            tps_cbor_peek(&p->reader) == TPS_CBOR_BREAK) {
            p->reader.at++;
            top->left = 0;
        }
        if (top->left > 0) {
            return true;
        }
        put_closing(p);
    }
    return false;
}

static void print(printer *p)
{
    do {
        if (tps_cbor_offset(&p->reader) >= p->end || print_item(p) != TPS_OK) {
            return;
        }
    } while (close_levels(p));
}

static void put_note(const printer *p, const tps_error *fault)
{
    put(p, "\n/ at byte ");
    put_number(p, fault->offset);
    put(p, ": ");
    put(p, tps_status_cause(fault->status));
    put(p, " /");
}

tps_status tps_cbor_diagnose(tps_span input, tps_text_sink sink, void *context, tps_error *why)
{
    printer p = {.reader = tps_cbor_reader_init(input), .end = input.size, .sink = sink, .context = context};
    tps_error fault = {TPS_OK, 0, NULL};

    fault.status = tps_cbor_check(input, &tps_cbor_limits_file, NULL, &fault);
    if (fault.status != TPS_OK && fault.status != TPS_CBOR_TRUNCATED) {
        p.end = fault.offset;
    }
    print(&p);
    if (fault.status == TPS_CBOR_TRUNCATED) { /* an array is cut where its entries end, not at its head */
        fault.offset = tps_cbor_offset(&p.reader);
    }
    if (fault.status != TPS_OK) {
        put_note(&p, &fault);
        return tps_fail(why, fault.status, fault.offset, fault.detail);
    }
    return TPS_OK;
}
