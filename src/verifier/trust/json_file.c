/* SPDX-License-Identifier: Apache-2.0 */
/* Values that files of revocations and scopes are made of. */
#include "verifier/trust/json_file.h"

#include "format/text/hex.h"

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

tps_span json_get_hex(json_reader *r, tps_buf *room)
{
    json_str text = json_get_string(r);
    size_t size = 0;
    tps_span bytes;

    if (r->status != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    if (text.raw.size == 0 || !hex_read(text.raw, *room, &size)) {
        json_fail(r, TPS_BAD_ARGUMENT);
        return TPS_SPAN_EMPTY;
    }
    bytes = tps_span_make(room->data, size);
    room->data += size;
    room->size -= size;
    return bytes;
}
