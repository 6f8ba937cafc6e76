/* SPDX-License-Identifier: Apache-2.0 */
/* Values that files of revocations and scopes are made of. */
#include "verifier/trust/json_file.h"

uint32_t json_get_word(json_reader *r, const json_word *words, size_t count)
{
    json_str text = json_get_string(r);

    for (size_t i = 0; r->status == TPS_OK && i < count; i++) {
        if (json_str_is(text, words[i].name)) {
            return words[i].number;
        }
    }
    json_fail(r, TPS_BAD_ARGUMENT);
    return 0;
}

/* 16 or more when it is no digit. */
static uint8_t digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return (uint8_t)(c - '0');
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (uint8_t)(c - 'a' + 10) : UINT8_MAX;
}

static bool read_digits(tps_span text, uint8_t *out)
{
    for (size_t i = 0; i < text.size / 2; i++) {
        uint8_t high = digit_of(text.data[2 * i]);
        uint8_t low = digit_of(text.data[2 * i + 1]);

        if (high > 15 || low > 15) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

tps_span json_get_hex(json_reader *r, tps_buf *room)
{
    json_str text = json_get_string(r);
    size_t size = text.raw.size / 2;
    tps_span bytes;

    if (r->status != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    if (text.raw.size == 0 || text.raw.size % 2 != 0 || size > room->size ||
        !read_digits(text.raw, room->data)) {
        json_fail(r, TPS_BAD_ARGUMENT);
        return TPS_SPAN_EMPTY;
    }
    bytes = tps_span_make(room->data, size);
    room->data += size;
    room->size -= size;
    return bytes;
}
