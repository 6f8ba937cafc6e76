/* SPDX-License-Identifier: Apache-2.0 */
/* Base 64 (RFC 4648) by arithmetic: how long it takes follows from the sizes alone. */
#include "server/access/secret_text.h"

/* All ones when from <= c <= to, else zero; for numbers below 2^16. */
static uint32_t within(uint32_t c, uint32_t from, uint32_t to)
{
    return (((c - from) | (to - c)) >> 31) - 1u;
}

static char digit(uint32_t value)
{
    uint32_t c = (within(value, 0, 25) & (value + 'A')) | (within(value, 26, 51) & (value - 26 + 'a')) |
                 (within(value, 52, 61) & (value - 52 + '0')) | (within(value, 62, 62) & '-') |
                 (within(value, 63, 63) & '_');

    return (char)c;
}

void secret_text_write(tps_span bytes, char *out)
{
    uint32_t bits = 0;
    unsigned count = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        bits = (bits << 8 | bytes.data[i]) & 0xffffu;
        count += 8;
        while (count >= 6) {
            count -= 6;
            *out++ = digit(bits >> count & 63u);
        }
    }
    if (count > 0) {
        *out = digit(bits << (6 - count) & 63u);
    }
}

/* The value of letters and figures plus one; 0 of all others. */
static uint32_t value_of_common(uint32_t c)
{
    return (within(c, 'A', 'Z') & (c - 'A' + 1)) | (within(c, 'a', 'z') & (c - 'a' + 27)) |
           (within(c, '0', '9') & (c - '0' + 53));
}

bool secret_text_is_base64url(tps_span text)
{
    uint32_t bad = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint32_t c = text.data[i];
        uint32_t value = value_of_common(c) | (within(c, '-', '-') & 63u) | (within(c, '_', '_') & 64u);

        bad |= within(value, 0, 0);
    }
    return bad == 0;
}

bool secret_text_read(tps_span text, tps_buf out, size_t *size)
{
    uint32_t bits = 0;
    unsigned count = 0;
    uint32_t bad = 0;
    size_t whole = text.size;

    while (text.size > 0 && whole % 4 == 0 && whole - text.size < 2 && text.data[text.size - 1] == '=') {
        text.size--;
    }
    *size = 0;
    if (text.size % 4 == 1 || out.size < (text.size + 3) / 4 * 3) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        uint32_t c = text.data[i];
        uint32_t value = value_of_common(c) | (within(c, '+', '+') & 63u) | (within(c, '/', '/') & 64u);

        bad |= within(value, 0, 0);
        bits = (bits << 6 | ((value - 1) & 63u)) & 0xffffu;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.data[(*size)++] = (uint8_t)(bits >> count);
        }
    }
    return bad == 0 && (bits & ((1u << count) - 1)) == 0;
}
