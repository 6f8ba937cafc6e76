/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up entries of a map by their labels, all in one pass over the map. */
#include "format/cbor/head.h"
#include "format/cbor/walk.h"

/* True when the key, an integer or a text, is the label. */
static CBOR_INLINE bool is_label(const tps_cbor_item *key, const tps_cbor_label *label)
{
    if (label->name != NULL) {
        return key->type == TPS_CBOR_TEXT && tps_span_is_text(key->bytes, label->name);
    }
    if (label->number < 0) {
        return key->type == TPS_CBOR_NINT && key->value == ~(uint64_t)label->number;
    }
    return key->type == TPS_CBOR_UINT && key->value == (uint64_t)label->number;
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

    tps_cbor_read(reader, &key);
    if (reader->status == TPS_OK && (key.type > TPS_CBOR_TEXT || key.value == TPS_CBOR_INDEFINITE_LENGTH)) {
        reader->at = at; /* what may hold other items; no label is of this kind */
        tps_cbor_skip(reader);
        return count;
    }
    for (size_t turn = 0; turn < count; turn++, guess++) {
        if (guess >= count) {
            guess = 0;
        }
        if (is_label(&key, &labels[guess])) {
            return guess;
        }
    }
    return count;
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
        value = tps_cbor_skip(reader);
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
