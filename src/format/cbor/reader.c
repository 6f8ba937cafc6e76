/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR reader: a cursor with a sticky error. Whether the whole is well-formed is tps_cbor_check()'s to
 * say. */
#include "tps/cbor.h"

#include "format/cbor/head.h"
#include "format/cbor/walk.h"
#include "format/text/utf8.h"

tps_cbor_reader tps_cbor_reader_init(tps_span input)
{
    static const uint8_t nothing;
    const uint8_t *start = input.size == 0 ? &nothing : input.data;

    return (tps_cbor_reader){start, start, start + input.size, TPS_OK};
}

size_t tps_cbor_offset(const tps_cbor_reader *reader)
{
    return (size_t)(reader->at - reader->start);
}

void tps_cbor_fail(tps_cbor_reader *reader, tps_status status)
{
    if (reader->status == TPS_OK) {
        reader->status = status;
    }
}

void cbor_refuse(tps_cbor_reader *reader, const uint8_t *at, tps_status status)
{
    if (reader->status == TPS_OK) {
        reader->at = at;
        reader->status = status;
    }
}

uint32_t tps_cbor_peek(const tps_cbor_reader *reader)
{
    uint8_t first;

    if (reader->status != TPS_OK || reader->at == reader->end) {
        return TPS_CBOR_END;
    }
    first = *reader->at;
    if (first == 0xff) {
        return TPS_CBOR_BREAK;
    }
    return first >= 0xf9 && first <= 0xfb ? TPS_CBOR_FLOAT : first >> 5u;
}

/* Reads the next item without moving, or taking text for text. NULL, and the status in the item, if there is
 * none. */
static CBOR_PART const uint8_t *look(const tps_cbor_reader *reader, tps_cbor_item *item)
{
    return reader->status == TPS_OK ? cbor_item_read(reader->at, reader->end, item)
                                    : cbor_item_failed(item, reader->status);
}

/* Ends a read that found no item, or a text that may be none: a call that replaces the read's own, which so
 * has nothing to keep across it. */
static CBOR_RARE bool end_rarely(tps_cbor_reader *reader, tps_cbor_item *item, const uint8_t *behind)
{
    if (behind != NULL && item->type == TPS_CBOR_TEXT && !utf8_is_valid(item->bytes)) {
        behind = cbor_item_failed(item, TPS_CBOR_BAD_UTF8);
    }
    if (behind == NULL) {
        reader->status = (tps_status)item->value;
        return false;
    }
    reader->at = behind;
    return true;
}

/* Moves behind the item, which must be one. */
static CBOR_PART bool end_read(tps_cbor_reader *reader, tps_cbor_item *item, const uint8_t *behind)
{
    if (behind == NULL || (item->type == TPS_CBOR_TEXT && !utf8_is_ascii(item->bytes))) {
        return end_rarely(reader, item, behind);
    }
    reader->at = behind;
    return true;
}

bool tps_cbor_read(tps_cbor_reader *reader, tps_cbor_item *item)
{
    return end_read(reader, item, look(reader, item));
}

bool cbor_take(tps_cbor_reader *reader, uint32_t types, tps_cbor_item *item)
{
    const uint8_t *behind = look(reader, item);

    if (behind != NULL && (CBOR_TYPE(item->type) & types) == 0) {
        behind = cbor_item_failed(item, TPS_CBOR_UNEXPECTED_TYPE);
    }
    if (behind != NULL && item->bytes.data == NULL && cbor_is_string(item->type)) {
        behind = cbor_item_failed(item, TPS_CBOR_INDEFINITE);
    }
    return end_read(reader, item, behind);
}

/* The value of the next item if it has the type, else 0. */
static uint64_t take_value(tps_cbor_reader *reader, uint32_t type)
{
    tps_cbor_item item;

    return cbor_take(reader, CBOR_TYPE(type), &item) ? item.value : 0;
}

static CBOR_PART tps_span take_string(tps_cbor_reader *reader, uint32_t type)
{
    tps_cbor_item item;

    return cbor_take(reader, CBOR_TYPE(type), &item) ? item.bytes : TPS_SPAN_EMPTY;
}

uint64_t tps_cbor_get_uint(tps_cbor_reader *reader)
{
    return take_value(reader, TPS_CBOR_UINT);
}

int64_t tps_cbor_get_int(tps_cbor_reader *reader)
{
    const uint8_t *at = reader->at;
    tps_cbor_item item;

    if (!cbor_take(reader, CBOR_TYPE(TPS_CBOR_UINT) | CBOR_TYPE(TPS_CBOR_NINT), &item)) {
        return 0;
    }
    if (item.value > INT64_MAX) {
        cbor_refuse(reader, at, TPS_CBOR_OUT_OF_RANGE);
        return 0;
    }
    return item.type == TPS_CBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
}

/* A simple value between `least` and `most`, else 0. */
static uint8_t take_simple(tps_cbor_reader *reader, uint8_t least, uint8_t most)
{
    const uint8_t *at = reader->at;
    uint64_t value = take_value(reader, TPS_CBOR_SIMPLE);

    if (value < least || value > most) {
        cbor_refuse(reader, at, TPS_CBOR_UNEXPECTED_TYPE);
        return 0;
    }
    return (uint8_t)value;
}

bool tps_cbor_get_bool(tps_cbor_reader *reader)
{
    return take_simple(reader, 20, 21) == 21;
}

void tps_cbor_get_null(tps_cbor_reader *reader)
{
    take_simple(reader, 22, 22);
}

void tps_cbor_get_undefined(tps_cbor_reader *reader)
{
    take_simple(reader, 23, 23);
}

uint8_t tps_cbor_get_simple(tps_cbor_reader *reader)
{
    return take_simple(reader, 0, 255);
}

tps_span tps_cbor_get_bytes(tps_cbor_reader *reader)
{
    return take_string(reader, TPS_CBOR_BYTES);
}

tps_span tps_cbor_get_text(tps_cbor_reader *reader)
{
    return take_string(reader, TPS_CBOR_TEXT);
}

uint64_t tps_cbor_get_tag(tps_cbor_reader *reader)
{
    return take_value(reader, TPS_CBOR_TAG);
}

bool tps_cbor_take_tag(tps_cbor_reader *reader, uint64_t tag)
{
    tps_cbor_reader ahead = *reader;

    if (tps_cbor_get_tag(&ahead) != tag || ahead.status != TPS_OK) {
        return false;
    }
    *reader = ahead;
    return true;
}

tps_cbor_list tps_cbor_enter_array(tps_cbor_reader *reader)
{
    return (tps_cbor_list){take_value(reader, TPS_CBOR_ARRAY)};
}

tps_cbor_list tps_cbor_enter_map(tps_cbor_reader *reader)
{
    return (tps_cbor_list){take_value(reader, TPS_CBOR_MAP)};
}

bool tps_cbor_next(tps_cbor_reader *reader, tps_cbor_list *list)
{
    if (reader->status != TPS_OK || list->left == 0) {
        return false;
    }
    if (list->left != TPS_CBOR_INDEFINITE_LENGTH) {
        list->left--;
        return true;
    }
    if (reader->at == reader->end || *reader->at != 0xff) {
        return true;
    }
    reader->at++; /* the break */
    list->left = 0;
    return false;
}

tps_status tps_cbor_reader_finish(tps_cbor_reader *reader)
{
    if (reader->status == TPS_OK && reader->at != reader->end) {
        reader->status = TPS_CBOR_TRAILING;
    }
    return reader->status;
}
