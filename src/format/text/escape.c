/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping what must not reach a terminal, see escape.h. */
#include "format/text/escape.h"

#include "format/text/utf8.h"

#define REPLACEMENT 0xfffdu

typedef struct {
    uint32_t first;
    uint32_t last;
} range;

/* What steers, hides or reorders (Unicode's Cc, and of Cf and Zl, Zp what misleads a reader). */
static const range unsafe[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad},   {0x061c, 0x061c},
    {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
    {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
};

static bool is_unsafe(uint32_t point)
{
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
        if (point >= unsafe[i].first && point <= unsafe[i].last) {
            return true;
        }
    }
    return false;
}

/* The code point at the start of `text` and its length in bytes; false if it is not UTF-8. */
static bool decode(tps_span text, uint32_t *point, size_t *length)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint8_t first = text.data[0];
    size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    *length = 1;
    if (size > text.size || !utf8_is_valid(tps_span_make(text.data, size))) {
        return false;
    }
    *length = size;
    *point = first & masks[size];
    for (size_t i = 1; i < size; i++) {
        *point = *point << 6 | (text.data[i] & 0x3fu);
    }
    return true;
}

static void put_unit(uint32_t unit, tps_text_sink sink, void *context)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\',
                    'u',
                    digits[unit >> 12 & 15],
                    digits[unit >> 8 & 15],
                    digits[unit >> 4 & 15],
                    digits[unit & 15]};

    sink(context, text, sizeof text);
}

static void put_escape(uint32_t point, tps_text_sink sink, void *context)
{
    static const char named[] = "\bb\ff\nn\rr\tt\"\"\\\\";

    for (size_t i = 0; i + 1 < sizeof named; i += 2) {
        if (point == (uint8_t)named[i]) {
            char text[2] = {'\\', named[i + 1]};
            sink(context, text, sizeof text);
            return;
        }
    }
    if (point > 0xffff) {
        put_unit(0xd800 + ((point - 0x10000) >> 10), sink, context);
        put_unit(0xdc00 + ((point - 0x10000) & 0x3ff), sink, context);
    } else {
        put_unit(point, sink, context);
    }
}

void escape_text(tps_span text, uint32_t mode, tps_text_sink sink, void *context)
{
    size_t at = 0;
    size_t clean = 0; /* where the run of characters began that go through together */

    while (at < text.size) {
        uint32_t point = REPLACEMENT;
        size_t length;
        bool is_text = decode(tps_span_make(text.data + at, text.size - at), &point, &length);
        bool is_mark = (point == '\\' && mode != ESCAPE_SOURCE) || (point == '"' && mode == ESCAPE_QUOTED);
        if (!is_text || is_mark || is_unsafe(point)) {
            if (at > clean) {
                sink(context, (const char *)text.data + clean, at - clean);
            }
            put_escape(point, sink, context);
            clean = at + length;
        }
        at += length;
    }
    if (at > clean) {
        sink(context, (const char *)text.data + clean, at - clean);
    }
}

bool escape_is_shown(tps_span text, size_t *length)
{
    uint32_t point = REPLACEMENT;

    return decode(text, &point, length) && !is_unsafe(point);
}
