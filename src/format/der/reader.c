/* SPDX-License-Identifier: Apache-2.0 */
/* DER (X.690, 10): the head of a value, the rules of each universal type, the checker and the reader. */
#include "format/der/reader.h"

#include "format/text/utf8.h"

#define CLASS_MASK  0xc0u
#define CONSTRUCTED 0x20u
#define NUMBER_MASK 0x1fu

/* One value's head. */
typedef struct {
    uint8_t tag;
    size_t size;    /* of the head */
    size_t content; /* its bytes */
} der_head;

/* The end of a span, which may be empty and without an address. */
static const uint8_t *behind(tps_span span)
{
    return span.size == 0 ? span.data : span.data + span.size;
}

/* X.690, 10.1: definite, in the fewest bytes. */
static tps_status read_length(const uint8_t *at, const uint8_t *end, der_head *head)
{
    size_t count;
    size_t length = 0;

    if (at == end) {
        return TPS_DER_TRUNCATED;
    }
    if (*at < 0x80) {
        head->content = *at;
        return TPS_OK;
    }
    count = *at & 0x7fu;
    if (count == 0 || count > 4) {
        return count == 0 ? TPS_DER_NOT_CANONICAL : TPS_DER_TRUNCATED;
    }
    if ((size_t)(end - at) <= count) {
        return TPS_DER_TRUNCATED;
    }
    for (size_t i = 1; i <= count; i++) {
        length = length << 8 | at[i];
    }
    head->content = length;
    head->size += count;
    return at[1] == 0 || length < 0x80 ? TPS_DER_NOT_CANONICAL : TPS_OK;
}

static tps_status read_head(const uint8_t *at, const uint8_t *end, der_head *head)
{
    if (at == end) {
        return TPS_DER_TRUNCATED;
    }
    head->tag = *at;
    head->size = 2;
    if (*at == 0 || (*at & NUMBER_MASK) == NUMBER_MASK) {
        return TPS_DER_BAD_TAG;
    }
    TPS_TRY(read_length(at + 1, end, head));
    return head->content > (size_t)(end - at) - head->size ? TPS_DER_TRUNCATED : TPS_OK;
}

static tps_status judge_boolean(tps_span content)
{
    return content.size == 1 && (content.data[0] == 0 || content.data[0] == 0xff) ? TPS_OK
                                                                                  : TPS_DER_NOT_CANONICAL;
}

/* X.690, 8.3.2: not empty, and the first nine bits are not all the same. */
static tps_status judge_integer(tps_span content)
{
    if (content.size == 0) {
        return TPS_DER_NOT_CANONICAL;
    }
    if (content.size > 1 && (content.data[0] == 0 || content.data[0] == 0xff) &&
        ((content.data[0] ^ content.data[1]) & 0x80u) == 0) {
        return TPS_DER_NOT_CANONICAL;
    }
    return TPS_OK;
}

/* X.690, 11.2.1: unused bits are zero, and an empty string has none. */
static tps_status judge_bits(tps_span content)
{
    unsigned unused;

    if (content.size == 0) {
        return TPS_DER_NOT_CANONICAL;
    }
    unused = content.data[0];
    if (unused > 7 || (unused > 0 && content.size == 1)) {
        return TPS_DER_NOT_CANONICAL;
    }
    return (content.data[content.size - 1] & ((1u << unused) - 1u)) == 0 || content.size == 1
               ? TPS_OK
               : TPS_DER_NOT_CANONICAL;
}

/* X.690, 8.19.2: each number in the fewest bytes, the last one whole. */
static tps_status judge_oid(tps_span content)
{
    bool is_first = true;

    for (size_t i = 0; i < content.size; i++) {
        if (is_first && content.data[i] == 0x80) {
            return TPS_DER_NOT_CANONICAL;
        }
        is_first = content.data[i] < 0x80;
    }
    return content.size > 0 && is_first ? TPS_OK : TPS_DER_NOT_CANONICAL;
}

static bool is_printable(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte != 0 && strchr(" '()+,-./:=?", byte) != NULL);
}

static bool is_allowed(uint8_t tag, uint8_t byte)
{
    switch (tag) {
    case DER_PRINTABLE_STRING: return is_printable(byte);
    case DER_NUMERIC_STRING: return byte == ' ' || (byte >= '0' && byte <= '9');
    case DER_VISIBLE_STRING: return byte >= 0x20 && byte < 0x7f;
    default: return byte < 0x80; /* IA5String */
    }
}

static tps_status judge_text(uint8_t tag, tps_span content)
{
    for (size_t i = 0; i < content.size; i++) {
        if (!is_allowed(tag, content.data[i])) {
            return TPS_DER_BAD_TEXT;
        }
    }
    return TPS_OK;
}

/* What the rules of DER say of a value, besides its head. */
static tps_status judge(uint8_t tag, tps_span content)
{
    if ((tag & CLASS_MASK) != 0) {
        return TPS_OK;
    }
    switch (tag) {
    case DER_SEQUENCE:
    case DER_SET: return TPS_OK;
    case DER_BOOLEAN: return judge_boolean(content);
    case DER_INTEGER:
    case DER_ENUMERATED: return judge_integer(content);
    case DER_BIT_STRING: return judge_bits(content);
    case DER_NULL: return content.size == 0 ? TPS_OK : TPS_DER_NOT_CANONICAL;
    case DER_OID: return judge_oid(content);
    case DER_UTF8_STRING: return utf8_is_valid(content) ? TPS_OK : TPS_DER_BAD_TEXT;
    case DER_PRINTABLE_STRING:
    case DER_NUMERIC_STRING:
    case DER_IA5_STRING:
    case DER_VISIBLE_STRING: return judge_text(tag, content);
    default:
        /* SEQUENCE and SET are 0x30 and 0x31 only; all the others are primitive in DER (10.2). */
        return tag == (DER_SEQUENCE & ~CONSTRUCTED) || tag == (DER_SET & ~CONSTRUCTED) ||
                       (tag & CONSTRUCTED) != 0
                   ? TPS_DER_BAD_TAG
                   : TPS_OK;
    }
}

tps_status der_check(tps_span input, tps_error *why)
{
    const uint8_t *ends[DER_DEPTH_MAX + 1] = {behind(input)}; /* of what is open, the input first */
    uint32_t depth = 0;
    const uint8_t *at = input.data;

    do {
        der_head head;
        tps_status status = read_head(at, ends[depth], &head);

        if (status == TPS_OK) {
            status = judge(head.tag, tps_span_make(at + head.size, head.content));
        }
        if (status == TPS_OK && (head.tag & CONSTRUCTED) != 0 && depth == DER_DEPTH_MAX) {
            status = TPS_DER_TOO_DEEP;
        }
        if (status != TPS_OK) {
            return tps_fail(why, status, (size_t)(at - input.data), NULL);
        }
        at += head.size;
        if ((head.tag & CONSTRUCTED) != 0) {
            ends[++depth] = at + head.content;
        } else {
            at += head.content;
        }
        while (depth > 0 && at == ends[depth]) {
            depth--;
        }
    } while (depth > 0);
    return at == ends[0] ? TPS_OK : tps_fail(why, TPS_DER_TRAILING, (size_t)(at - input.data), NULL);
}

der_reader der_reader_init(tps_span input)
{
    return (der_reader){input.data, input.data, behind(input), TPS_OK};
}

size_t der_offset(const der_reader *reader)
{
    return (size_t)(reader->at - reader->start);
}

void der_fail(der_reader *reader, tps_status status)
{
    if (reader->status == TPS_OK) {
        reader->status = status;
    }
}

uint8_t der_peek(const der_reader *reader)
{
    return reader->status == TPS_OK && reader->at != reader->end ? *reader->at : DER_END;
}

/* The head of the next value, whose content is in the input; false after an error. */
static bool next_head(der_reader *reader, der_head *head)
{
    if (reader->status == TPS_OK) {
        reader->status = read_head(reader->at, reader->end, head);
    }
    return reader->status == TPS_OK;
}

tps_span der_skip(der_reader *reader)
{
    der_head head;
    tps_span all;

    if (!next_head(reader, &head)) {
        return TPS_SPAN_EMPTY;
    }
    all = tps_span_make(reader->at, head.size + head.content);
    reader->at += all.size;
    return all;
}

/* The content of the next value, which must have this tag. Moves nothing: a caller that finds it wrong leaves
 * the reader at its start. */
static bool find(der_reader *reader, uint8_t tag, tps_span *content)
{
    der_head head;

    *content = TPS_SPAN_EMPTY;
    if (reader->status == TPS_OK && der_peek(reader) != tag) {
        reader->status = TPS_DER_UNEXPECTED_TYPE;
    }
    if (!next_head(reader, &head)) {
        return false;
    }
    *content = tps_span_make(reader->at + head.size, head.content);
    return true;
}

/* As find(), and the rules of the universal type `type` hold; then the reader moves behind the value. */
static tps_span get_judged(der_reader *reader, uint8_t tag, uint8_t type)
{
    tps_span content;

    if (find(reader, tag, &content)) {
        reader->status = judge(type, content);
    }
    if (reader->status != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    reader->at = content.data + content.size;
    return content;
}

tps_span der_get(der_reader *reader, uint8_t tag)
{
    return get_judged(reader, tag, tag);
}

bool der_take(der_reader *reader, uint8_t tag, tps_span *content)
{
    if (der_peek(reader) != tag) {
        return false;
    }
    *content = der_get(reader, tag);
    return reader->status == TPS_OK;
}

const uint8_t *der_enter(der_reader *reader, uint8_t tag)
{
    const uint8_t *outer = reader->end;
    tps_span content;

    if (find(reader, tag, &content)) {
        reader->at = content.data;
        reader->end = content.data + content.size;
    }
    return outer;
}

void der_leave(der_reader *reader, const uint8_t *outer)
{
    if (reader->status == TPS_OK && reader->at != reader->end) {
        reader->status = TPS_DER_TRAILING;
    }
    if (reader->status == TPS_OK) {
        reader->end = outer;
    }
}

bool der_get_boolean(der_reader *reader, uint8_t tag)
{
    tps_span content = get_judged(reader, tag, DER_BOOLEAN);

    return content.size > 0 && content.data[0] != 0;
}

int64_t der_get_int(der_reader *reader, uint8_t tag)
{
    const uint8_t *start = reader->at;
    tps_span content = der_get_integer(reader, tag);
    uint64_t value = 0;

    if (content.size > 8) {
        reader->at = start;
        reader->status = TPS_DER_OUT_OF_RANGE;
        return 0;
    }
    if (content.size > 0 && content.data[0] >= 0x80) {
        value = UINT64_MAX;
    }
    for (size_t i = 0; i < content.size; i++) {
        value = value << 8 | content.data[i];
    }
    return value <= INT64_MAX ? (int64_t)value : -1 - (int64_t)~value;
}

uint64_t der_get_uint(der_reader *reader, uint8_t tag)
{
    const uint8_t *start = reader->at;
    tps_span content = der_get_integer(reader, tag);
    uint64_t value = 0;

    /* A ninth byte is the zero before a number whose first bit is set. */
    if (content.size > 0 &&
        (content.data[0] >= 0x80 || content.size > 9 || (content.size == 9 && content.data[0] != 0))) {
        reader->at = start;
        reader->status = TPS_DER_OUT_OF_RANGE;
        return 0;
    }
    for (size_t i = 0; i < content.size; i++) {
        value = value << 8 | content.data[i];
    }
    return value;
}

tps_span der_get_integer(der_reader *reader, uint8_t tag)
{
    return get_judged(reader, tag, DER_INTEGER);
}

tps_span der_get_bits(der_reader *reader, uint8_t tag, uint8_t *unused)
{
    tps_span content = get_judged(reader, tag, DER_BIT_STRING);

    *unused = 0;
    if (content.size == 0) {
        return TPS_SPAN_EMPTY;
    }
    *unused = content.data[0];
    return tps_span_make(content.data + 1, content.size - 1);
}

tps_span der_get_oid(der_reader *reader, uint8_t tag)
{
    return get_judged(reader, tag, DER_OID);
}

tps_span der_get_text(der_reader *reader, uint8_t tag)
{
    return get_judged(reader, tag, DER_UTF8_STRING);
}

tps_span der_get_ia5(der_reader *reader, uint8_t tag)
{
    return get_judged(reader, tag, DER_IA5_STRING);
}

tps_status der_reader_finish(der_reader *reader)
{
    if (reader->at != reader->end) {
        der_fail(reader, TPS_DER_TRAILING);
    }
    return reader->status;
}

tps_status der_reader_why(const der_reader *reader, tps_error *why, const char *detail)
{
    return reader->status == TPS_OK ? TPS_OK : tps_fail(why, reader->status, der_offset(reader), detail);
}
