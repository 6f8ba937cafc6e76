/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629, 4): the table of well-formed byte sequences, behind a quick look for plain ASCII. */
#include "format/text/utf8.h"

/* Length of the sequence at `at`, or 0 if it is malformed or cut. Second bytes are bounded by the first one,
 * which keeps out long forms (E0, F0), surrogates (ED) and what lies beyond U+10FFFF (F4). */
static size_t sequence_length(const uint8_t *at, size_t left)
{
    uint8_t first = at[0];
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t length;

    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    switch (first) {
    case 0xe0: low = 0xa0; break;
    case 0xed: high = 0x9f; break;
    case 0xf0: low = 0x90; break;
    case 0xf4: high = 0x8f; break;
    default: break;
    }
    if (left < length || at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool utf8_is_valid(tps_span text)
{
    const uint8_t *at = text.data;
    size_t left = text.size;

    while (left > 0) {
        size_t length = left >= 8 && utf8_is_ascii((tps_span){at, 8}) ? 8 : sequence_length(at, left);
        if (length == 0) {
            return false;
        }
        at += length;
        left -= length;
    }
    return true;
}
