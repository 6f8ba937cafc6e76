/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hex.h
 * Hexadecimal digits (RFC 4648, 8). Not for secrets: the time depends on the bytes.
 */
#ifndef TPS_FORMAT_TEXT_HEX_H
#define TPS_FORMAT_TEXT_HEX_H

#include <stdint.h>

#include "tps/span.h"

/** The value of a digit of either case, 0 to 15; negative for any other character. */
static inline int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/**
 * Read digits, two a byte and nothing between them.
 * @param out        Undefined unless true is returned; it may not overlap `text`.
 * @param[out] size  Bytes written; untouched unless true is returned.
 * @return Whether all are digits, even in number, and `out` has room.
 */
static inline bool hex_read(tps_span text, tps_buf out, size_t *size)
{
    if (text.size % 2 != 0 || text.size / 2 > out.size) {
        return false;
    }
    for (size_t i = 0; i < text.size / 2; i++) {
        int high = hex_digit(text.data[2 * i]);
        int low = hex_digit(text.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out.data[i] = (uint8_t)(high << 4 | low);
    }
    *size = text.size / 2;
    return true;
}

/** Write `bytes` in lower-case digits to `out`: 2 * bytes.size characters, without a final zero. Returns that
 * number. */
static inline size_t hex_write(tps_span bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    return 2 * bytes.size;
}

#endif
