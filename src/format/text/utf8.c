/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629, 3): sequences by the number that they spell, behind a quick look for plain ASCII. */
#include "format/text/utf8.h"

/* Length of the sequence at `at`, or 0 if it is malformed or cut. The number that it spells must need its
 * length, and be a scalar value: neither a surrogate nor beyond U+10FFFF. */
static size_t sequence_length(const uint8_t *at, size_t left)
{
    uint32_t code = at[0];
    uint32_t more = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : 1;

    if (code < 0x80) {
        return 1;
    }
    if (code < 0xc2 || left <= more) {
        return 0;
    }
    code &= more == 1 ? 0x1f : 0x0f; /* of f8 and above a bit stays that is too large */
    for (uint32_t i = 1; i <= more; i++) {
        if (at[i] >> 6 != 2) {
            return 0;
        }
        code = code << 6 | (at[i] & 0x3fu);
    }
    return code >> (5 * more + 1) == 0 || code >> 11 == 0xd800 >> 11 || code > 0x10ffff ? 0 : more + 1;
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
