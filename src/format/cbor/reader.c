/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR reader: a cursor with a sticky error. Whether the whole is well-formed is tps_cbor_check()'s to
 * say. */
#include "tps/cbor.h"

#include "format/cbor/head.h"

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

/* Major type 7 holds simple values, floats and the break. */
static uint32_t type_of(uint8_t first)
{
    uint8_t major = (uint8_t)(first >> 5);
    uint8_t info = first & 0x1f;

    if (major != 7) {
        return major;
    }
    if (info == 31) {
        return TPS_CBOR_BREAK;
    }
    return info >= 25 && info <= 27 ? TPS_CBOR_FLOAT : TPS_CBOR_SIMPLE;
}

uint32_t tps_cbor_peek(const tps_cbor_reader *reader)
{
    if (reader->status != TPS_OK || reader->at == reader->end) {
        return TPS_CBOR_END;
    }
    return type_of(*reader->at);
}

static bool is_string(uint32_t type)
{
    return type == TPS_CBOR_BYTES || type == TPS_CBOR_TEXT;
}

static bool has_length(uint32_t type)
{
    return type >= TPS_CBOR_BYTES && type <= TPS_CBOR_MAP;
}

/* Reads an item without moving; returns the byte behind it, or NULL after setting the error. */
static const uint8_t *look(tps_cbor_reader *reader, tps_cbor_item *item)
{
    cbor_head head;
    tps_status status;
    const uint8_t *behind;

    *item = (tps_cbor_item){.type = TPS_CBOR_END};
    if (reader->status != TPS_OK) {
        return NULL;
    }
    status = cbor_head_read(reader->at, reader->end, &head);
    if (status != TPS_OK) {
        tps_cbor_fail(reader, status);
        return NULL;
    }
    behind = reader->at + head.size;
    item->type = type_of(*reader->at);
    item->value = head.info == 31 ? TPS_CBOR_INDEFINITE_LENGTH : head.argument;
    item->width = item->type == TPS_CBOR_FLOAT ? head.size - 1u : 0;
    /* Neither a string nor a container can have more than one byte or entry for each byte that is left. */
    if (has_length(item->type) && head.info != 31 && head.argument > (uint64_t)(reader->end - behind)) {
        *item = (tps_cbor_item){.type = TPS_CBOR_END};
        tps_cbor_fail(reader, TPS_CBOR_TRUNCATED);
        return NULL;
    }
    if (is_string(item->type) && head.info != 31) {
        item->bytes = tps_span_make(behind, (size_t)head.argument);
        behind += item->bytes.size;
    }
    return behind;
}

bool tps_cbor_read(tps_cbor_reader *reader, tps_cbor_item *item)
{
    const uint8_t *behind = look(reader, item);

    if (behind == NULL) {
        return false;
    }
    reader->at = behind;
    return true;
}

/* Takes the next item if it has the type; else sets the error and stays. */
static bool take(tps_cbor_reader *reader, uint32_t type, tps_cbor_item *item)
{
    const uint8_t *behind = look(reader, item);

    if (behind == NULL) {
        return false;
    }
    if (item->type != type) {
        tps_cbor_fail(reader, TPS_CBOR_UNEXPECTED_TYPE);
        return false;
    }
    if (is_string(type) && item->value == TPS_CBOR_INDEFINITE_LENGTH) {
        tps_cbor_fail(reader, TPS_CBOR_INDEFINITE);
        return false;
    }
    reader->at = behind;
    return true;
}

uint64_t tps_cbor_get_uint(tps_cbor_reader *reader)
{
    tps_cbor_item item;

    return take(reader, TPS_CBOR_UINT, &item) ? item.value : 0;
}

int64_t tps_cbor_get_int(tps_cbor_reader *reader)
{
    tps_cbor_item item;
    const uint8_t *behind = look(reader, &item);

    if (behind == NULL) {
        return 0;
    }
    if (item.type != TPS_CBOR_UINT && item.type != TPS_CBOR_NINT) {
        tps_cbor_fail(reader, TPS_CBOR_UNEXPECTED_TYPE);
        return 0;
    }
    if (item.value > INT64_MAX) {
        tps_cbor_fail(reader, TPS_CBOR_OUT_OF_RANGE);
        return 0;
    }
    reader->at = behind;
    return item.type == TPS_CBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
}

bool tps_cbor_get_bool(tps_cbor_reader *reader)
{
    tps_cbor_item item;
    const uint8_t *behind = look(reader, &item);

    if (behind == NULL) {
        return false;
    }
    if (item.type != TPS_CBOR_SIMPLE || (item.value != 20 && item.value != 21)) {
        tps_cbor_fail(reader, TPS_CBOR_UNEXPECTED_TYPE);
        return false;
    }
    reader->at = behind;
    return item.value == 21;
}

void tps_cbor_get_null(tps_cbor_reader *reader)
{
    tps_cbor_item item;
    const uint8_t *behind = look(reader, &item);

    if (behind == NULL) {
        return;
    }
    if (item.type != TPS_CBOR_SIMPLE || item.value != 22) {
        tps_cbor_fail(reader, TPS_CBOR_UNEXPECTED_TYPE);
        return;
    }
    reader->at = behind;
}

tps_span tps_cbor_get_bytes(tps_cbor_reader *reader)
{
    tps_cbor_item item;

    return take(reader, TPS_CBOR_BYTES, &item) ? item.bytes : TPS_SPAN_EMPTY;
}

tps_span tps_cbor_get_text(tps_cbor_reader *reader)
{
    tps_cbor_item item;

    return take(reader, TPS_CBOR_TEXT, &item) ? item.bytes : TPS_SPAN_EMPTY;
}

uint64_t tps_cbor_get_tag(tps_cbor_reader *reader)
{
    tps_cbor_item item;

    return take(reader, TPS_CBOR_TAG, &item) ? item.value : 0;
}

bool tps_cbor_take_tag(tps_cbor_reader *reader, uint64_t tag)
{
    tps_cbor_reader ahead = *reader;

    if (tps_cbor_peek(reader) != TPS_CBOR_TAG || tps_cbor_get_tag(&ahead) != tag || ahead.status != TPS_OK) {
        return false;
    }
    *reader = ahead;
    return true;
}

tps_cbor_list tps_cbor_enter_array(tps_cbor_reader *reader)
{
    tps_cbor_item item;

    return (tps_cbor_list){take(reader, TPS_CBOR_ARRAY, &item) ? item.value : 0};
}

tps_cbor_list tps_cbor_enter_map(tps_cbor_reader *reader)
{
    tps_cbor_item item;

    return (tps_cbor_list){take(reader, TPS_CBOR_MAP, &item) ? item.value : 0};
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
    if (tps_cbor_peek(reader) == TPS_CBOR_BREAK) {
        reader->at++;
        list->left = 0;
        return false;
    }
    return true;
}

/* How many items a head opens, or 0: strings in chunks count as open, too. */
static uint64_t opened_by(const tps_cbor_item *item)
{
    switch (item->type) {
    case TPS_CBOR_ARRAY: return item->value;
    case TPS_CBOR_MAP:
        /* look() took no count beyond the input's size, so this cannot overflow. */
        return item->value == TPS_CBOR_INDEFINITE_LENGTH ? item->value : item->value * 2;
    case TPS_CBOR_TAG: return 1;
    case TPS_CBOR_BYTES:
    case TPS_CBOR_TEXT: return item->value == TPS_CBOR_INDEFINITE_LENGTH ? item->value : 0;
    default: return 0;
    }
}

tps_span tps_cbor_skip(tps_cbor_reader *reader)
{
    uint64_t left[TPS_CBOR_DEPTH_MAX];
    const uint8_t *start = reader->at;
    tps_cbor_item item;
    size_t depth = 0;

    do {
        uint64_t opened;
        if (!tps_cbor_read(reader, &item)) {
            return TPS_SPAN_EMPTY;
        }
        if (item.type == TPS_CBOR_BREAK) {
            if (depth == 0 || left[depth - 1] != TPS_CBOR_INDEFINITE_LENGTH) {
                tps_cbor_fail(reader, TPS_CBOR_BAD_BREAK);
                return TPS_SPAN_EMPTY;
            }
            left[depth - 1] = 0;
        } else {
            if (depth > 0 && left[depth - 1] != TPS_CBOR_INDEFINITE_LENGTH) {
                left[depth - 1]--;
            }
            opened = opened_by(&item);
            if (opened > 0) {
                if (depth == TPS_CBOR_DEPTH_MAX) {
                    tps_cbor_fail(reader, TPS_CBOR_TOO_DEEP);
                    return TPS_SPAN_EMPTY;
                }
                left[depth++] = opened;
            }
        }
        while (depth > 0 && left[depth - 1] == 0) {
            depth--;
        }
    } while (depth > 0);
    return tps_span_make(start, (size_t)(reader->at - start));
}

tps_status tps_cbor_reader_finish(tps_cbor_reader *reader)
{
    if (reader->status == TPS_OK && reader->at != reader->end) {
        reader->status = TPS_CBOR_TRAILING;
    }
    return reader->status;
}
