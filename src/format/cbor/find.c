/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up entries of a map by their labels, all in one pass over the map. */
#include "format/cbor/head.h"
#include "format/cbor/walk.h"

/* True when the label is the text, or where `text` is NULL the integer. */
static CBOR_INLINE bool is_label(const tps_cbor_label *label, const tps_span *text, int64_t number)
{
    if (text == NULL) {
        return label->number == number && label->name == NULL;
    }
    return label->name != NULL && tps_span_is_text(*text, label->name);
}

/* The place of the label; looked for from `guess` on, and around the end. `count` if there is none. */
static CBOR_INLINE size_t place_of(const tps_cbor_label *labels, size_t count, size_t guess,
                                   const tps_span *text, int64_t number)
{
    for (size_t turn = 0; turn < count; turn++, guess++) {
        if (guess >= count) {
            guess = 0;
        }
        if (is_label(&labels[guess], text, number)) {
            return guess;
        }
    }
    return count;
}

/*
 * Reads the next key and returns the place of its label, or `count`. The search begins at `guess`, the place
 * behind the label before, because makers of maps and readers of them mostly agree on the order.
 */
static CBOR_INLINE size_t place_of_key(tps_cbor_reader *reader, const tps_cbor_label *labels, size_t count,
                                       size_t guess)
{
    const uint8_t *at = reader->at;
    tps_cbor_item key;

    if (!tps_cbor_read(reader, &key)) {
        return count;
    }
    if (key.type == TPS_CBOR_TEXT && key.value != TPS_CBOR_INDEFINITE_LENGTH) {
        return place_of(labels, count, guess, &key.bytes, 0);
    }
    if (key.type <= TPS_CBOR_NINT) {
        return key.value > INT64_MAX
                   ? count
                   : place_of(labels, count, guess, NULL,
                              (int64_t)(key.type == TPS_CBOR_NINT ? ~key.value : key.value));
    }
    reader->at = at; /* what may hold other items; no label is of this kind */
    tps_cbor_skip(reader);
    return count;
}

/* Skips a value; one that holds no others, as most do, in line. */
static CBOR_INLINE tps_span skip_value(tps_cbor_reader *reader)
{
#ifndef __OPTIMIZE_SIZE__
    const uint8_t *start = reader->at;
    tps_cbor_item item;
    const uint8_t *behind = reader->status == TPS_OK ? cbor_item_read(start, reader->end, &item) : NULL;

    if (behind != NULL && item.type <= TPS_CBOR_TEXT && item.value != TPS_CBOR_INDEFINITE_LENGTH) {
        reader->at = behind;
        return tps_span_make(start, (size_t)(behind - start));
    }
#endif
    return tps_cbor_skip(reader);
}

static CBOR_PART void clear(tps_span *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = TPS_SPAN_EMPTY;
    }
}

size_t tps_cbor_find(tps_cbor_reader *reader, const tps_cbor_label *labels, tps_span *values, size_t count)
{
    tps_cbor_list map = tps_cbor_enter_map(reader);
    size_t place = 0;
    size_t others = 0;

    clear(values, count);
    while (tps_cbor_next(reader, &map)) {
        tps_span value;

        place = place_of_key(reader, labels, count, place);
        value = skip_value(reader);
        if (place == count) {
            others++;
        } else if (values[place].data != NULL) {
            tps_cbor_fail(reader, TPS_CBOR_DUPLICATE_KEY);
        } else {
            values[place] = value;
            place++;
        }
    }
    if (reader->status != TPS_OK) {
        clear(values, count);
    }
    return others;
}

tps_cbor_reader tps_cbor_reader_of(const tps_cbor_reader *map, tps_span value)
{
    tps_cbor_reader reader = {map->start, value.data, value.data, TPS_OK};

    if (map->status != TPS_OK || value.data == NULL) {
        reader.at = map->at;
        reader.end = map->at;
        reader.status = map->status != TPS_OK ? map->status : TPS_NOT_FOUND;
    } else {
        reader.end += value.size;
    }
    return reader;
}
