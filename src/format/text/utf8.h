/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): one strict check, shared by CBOR and JSON. */
#ifndef TPS_FORMAT_UTF8_H
#define TPS_FORMAT_UTF8_H

#include "tps/span.h"

/** True when every byte belongs to a shortest-form sequence of a scalar value (no surrogates, at most
 * U+10FFFF). */
bool utf8_is_valid(tps_span text);

/**
 * True when the text is ASCII and seen to be so at once, in line: most text is, and short. False says
 * nothing; it does so always where code is built for size.
 */
static inline bool utf8_is_ascii(tps_span text)
{
#ifdef __OPTIMIZE_SIZE__
    (void)text;
    return false;
#else
    const uint8_t *at = text.data;
    uint64_t upper_bits = 0;

    if (text.size >= 8) { /* eight at a time; the last eight may overlap those before */
        const uint8_t *last = at + text.size - 8;
        uint64_t eight;
        for (; at < last; at += 8) {
            memcpy(&eight, at, 8);
            upper_bits |= eight;
        }
        memcpy(&eight, last, 8);
        upper_bits |= eight;
    } else if (text.size >= 4) { /* two words that may overlap */
        uint32_t four;
        memcpy(&four, at, 4);
        upper_bits = four;
        memcpy(&four, at + text.size - 4, 4);
        upper_bits |= four;
    } else {
        for (size_t i = 0; i < text.size; i++) {
            upper_bits |= at[i];
        }
    }
    return (upper_bits & 0x8080808080808080u) == 0;
#endif
}

#endif
