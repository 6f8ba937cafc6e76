/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON that stand for bytes, numbers or object identifiers; selectors of tokens. */
#include "format/eat/json_text.h"

#include "format/json/string.h"
#include "tps/base64.h"

/* Characters that are turned at once; their bytes are a multiple of 3. */
enum { PIECE = 64 };

static bool has_foreign(tps_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '+' || text.data[i] == '/' || text.data[i] == '=') {
            return true;
        }
    }
    return false;
}

/* Turns piece by piece; with a writer, puts the bytes. False when a piece is no base64url. */
static bool decode(tps_cbor_writer *w, tps_span text)
{
    uint8_t bytes[PIECE / 4 * 3];
    size_t size;

    for (size_t at = 0; at < text.size; at += PIECE) {
        size_t left = text.size - at;
        tps_span piece = tps_span_make(text.data + at, left < PIECE ? left : PIECE);
        if (tps_base64_read(piece, TPS_BUF_OF(bytes), &size) != TPS_OK) {
            return false;
        }
        if (w != NULL) {
            tps_cbor_put_raw(w, tps_span_make(bytes, size));
        }
    }
    return true;
}

bool json_text_is_base64url(tps_span text)
{
    return !has_foreign(text) && decode(NULL, text);
}

void json_text_put_base64url(tps_cbor_writer *w, tps_span text)
{
    tps_cbor_put_bytes_head(w, text.size / 4 * 3 + (text.size % 4 == 0 ? 0 : text.size % 4 - 1));
    (void)decode(w, text);
}

/* ---- object identifiers ---- */

bool json_text_is_oid(tps_span text)
{
    size_t arcs = 1;

    if (text.size == 0 || text.data[0] < '0' || text.data[0] > '2') {
        return false;
    }
    for (size_t at = 1; at < text.size; arcs++) {
        size_t first = at + 1;
        if (text.data[at] != '.') {
            return false;
        }
        for (at = first; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
        }
        if (at == first || (text.data[first] == '0' && at != first + 1)) {
            return false;
        }
    }
    return arcs > 1;
}

/* The number at `at`, and moves behind it and its dot; false when it is too large. */
static bool take_arc(tps_span text, size_t *at, uint64_t *arc)
{
    *arc = 0;
    for (; *at < text.size && text.data[*at] != '.'; (*at)++) {
        uint64_t digit = (uint64_t)(text.data[*at] - '0');

        if (*arc > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *arc = *arc * 10 + digit;
    }
    (*at)++;
    return true;
}

static void put_arc(tps_cbor_writer *w, uint64_t arc)
{
    for (uint32_t shift = 63; shift > 0; shift -= 7) {
        uint8_t byte = (uint8_t)(arc >> shift | 0x80);
        if (arc >> shift != 0) {
            tps_cbor_put_raw(w, tps_span_make(&byte, 1));
        }
    }
    tps_cbor_put_raw(w, tps_span_make(&(uint8_t){(uint8_t)(arc & 0x7f)}, 1));
}

/* The content; false when an arc cannot be. */
static bool put_arcs(tps_cbor_writer *w, tps_span text)
{
    uint64_t first = (uint64_t)(text.data[0] - '0'); /* one digit, and a dot */
    uint64_t arc;
    size_t at = 2;

    if (!take_arc(text, &at, &arc) || (first < 2 && arc >= 40) || arc > UINT64_MAX - first * 40) {
        return false;
    }
    put_arc(w, first * 40 + arc);
    while (at < text.size) {
        if (!take_arc(text, &at, &arc)) {
            return false;
        }
        put_arc(w, arc);
    }
    return true;
}

bool json_text_put_oid(tps_cbor_writer *w, tps_span text)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);

    if (text.size >= TPS_EAT_OID_TEXT_MAX || !put_arcs(&measure, text)) {
        return false;
    }
    tps_cbor_put_bytes_head(w, measure.size);
    return put_arcs(w, text);
}

/* ---- texts ---- */

size_t json_text_size(json_str string)
{
    json_str_walk walk = json_str_begin(string);
    size_t size = 0;

    if (!string.is_escaped) {
        return string.raw.size;
    }
    while (json_str_next(&walk) >= 0) {
        size++;
    }
    return size;
}

/* The head of a text string: that of a byte string, of the other major type. */
static void put_text_head(tps_cbor_writer *w, size_t size)
{
    uint8_t head[9];
    tps_cbor_writer h = tps_cbor_writer_init(TPS_BUF_OF(head));

    tps_cbor_put_bytes_head(&h, size);
    head[0] = (uint8_t)(head[0] ^ 0x20);
    tps_cbor_put_raw(w, tps_span_make(head, h.size));
}

void json_text_put(tps_cbor_writer *w, json_str string, bool is_bytes)
{
    json_str_walk walk = json_str_begin(string);
    size_t size = json_text_size(string);
    int byte;

    if (is_bytes) {
        tps_cbor_put_bytes_head(w, size);
    } else {
        put_text_head(w, size);
    }
    if (!string.is_escaped) {
        tps_cbor_put_raw(w, string.raw);
        return;
    }
    while ((byte = json_str_next(&walk)) >= 0) {
        tps_cbor_put_raw(w, tps_span_make(&(uint8_t){(uint8_t)byte}, 1));
    }
}

/* ---- selectors ---- */

static const struct {
    const char *type;
    uint32_t kind;
    uint32_t value; /* JSON_* */
} selectors[] = {
    {"JWT", TPS_EAT_JSON_JWT, JSON_STRING},      {"CBOR", TPS_EAT_JSON_CBOR, JSON_STRING},
    {"BUNDLE", TPS_EAT_JSON_BUNDLE, JSON_ARRAY}, {"UJCS", TPS_EAT_JSON_UJCS, JSON_OBJECT},
    {"DIGEST", JSON_TEXT_DIGEST, JSON_ARRAY},
};

tps_status json_selector_read(tps_span text, json_selector *out)
{
    json_reader r = json_reader_init(text);
    json_list list = json_enter_array(&r);
    json_str type;
    uint32_t kind = JSON_END;

    if (r.status == TPS_OK && !json_next(&r, &list)) {
        return TPS_CLAIM_BAD_VALUE;
    }
    type = json_get_string(&r);
    if (r.status != TPS_OK) {
        return TPS_CLAIM_BAD_TYPE;
    }
    if (json_next(&r, &list)) {
        kind = json_peek(&r);
        out->value = json_skip(&r);
    }
    if (kind == JSON_END || json_next(&r, &list)) {
        return TPS_CLAIM_BAD_VALUE;
    }
    for (size_t i = 0; i < sizeof selectors / sizeof selectors[0]; i++) {
        if (json_str_is(type, selectors[i].type)) {
            out->kind = selectors[i].kind;
            return kind == selectors[i].value ? TPS_OK : TPS_CLAIM_BAD_TYPE;
        }
    }
    return TPS_CLAIM_BAD_VALUE;
}
