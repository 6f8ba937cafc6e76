/* SPDX-License-Identifier: Apache-2.0 */
/* One character as UTF-8 (RFC 3629, 3). */
#ifndef TPS_FORMAT_UTF8_WRITE_H
#define TPS_FORMAT_UTF8_WRITE_H

#include "tps/span.h"

/** Writes the UTF-8 of a scalar value; returns its bytes, 1 to 4. */
static inline size_t utf8_write(uint32_t code, uint8_t out[4])
{
    static const uint8_t marks[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = length; i-- > 1;) {
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (uint8_t)(marks[length] | code);
    return length;
}

#endif
