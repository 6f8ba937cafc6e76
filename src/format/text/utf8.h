/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): one strict check, shared by CBOR and JSON. */
#ifndef TPS_FORMAT_UTF8_H
#define TPS_FORMAT_UTF8_H

#include "tps/span.h"

/** True when every byte belongs to a shortest-form sequence of a scalar value (no surrogates, at most
 * U+10FFFF). */
bool utf8_is_valid(tps_span text);

/** True when none of the eight bytes at `at` has its upper bit set. */
static inline bool utf8_is_ascii_8(const uint8_t *at)
{
    uint64_t eight;

    memcpy(&eight, at, sizeof eight);
    return (eight & 0x8080808080808080u) == 0;
}

/** The same as utf8_is_valid(), in line for what most text is: ASCII of one to 32 bytes. */
static inline bool utf8_is_valid_inline(tps_span text)
{
#ifndef __OPTIMIZE_SIZE__
    const uint8_t *at = text.data;

    if (text.size >= 8) { /* eight at a time; the last eight may overlap those before */
        const uint8_t *last = at + text.size - 8;
        for (; at < last; at += 8) {
            if (!utf8_is_ascii_8(at)) {
                return utf8_is_valid(text);
            }
        }
        return utf8_is_ascii_8(last) || utf8_is_valid(text);
    }
    if (text.size >= 4) { /* two words that may overlap */
        uint32_t words[2];
        memcpy(&words[0], at, 4);
        memcpy(&words[1], at + text.size - 4, 4);
        if (((words[0] | words[1]) & 0x80808080u) == 0) {
            return true;
        }
    }
#endif
    return utf8_is_valid(text);
}

#endif
