/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file base64_digit.h
 * One character of base 64 (RFC 4648), for those who read more than a text of it: notation with spaces, texts
 * that stay as they are.
 */
#ifndef TPS_FORMAT_TEXT_BASE64_DIGIT_H
#define TPS_FORMAT_TEXT_BASE64_DIGIT_H

#include <stdint.h>

/** The value of a character of either alphabet, 0 to 63; negative for any other. */
static inline int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

#endif
