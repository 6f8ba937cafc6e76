/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up entries of a map by their labels, all in one pass over the map. */
#include "format/cbor/head.h"
#include "format/cbor/walk.h"

static bool is_integer_label(const tps_cbor_label *label, int64_t number)
{
    return label->number == number && label->name == NULL;
}

static bool is_text_label(const tps_cbor_label *label, tps_span text)
{
    return label->name != NULL && tps_span_is_text(text, label->name);
}

/*
 * Reads the next key and returns the place of its label, or `count`. The search begins at `guess`, the place
 * behind the label before, because makers of maps and readers of them mostly agree on the order.
 */
static size_t place_of_key(tps_cbor_reader *reader, const tps_cbor_label *labels, size_t count, size_t guess)
{
    const uint8_t *at = reader->at;
    tps_cbor_item key;
    int64_t number;
    size_t i = guess;

    if (!tps_cbor_read(reader, &key)) {
        return count;
    }
    if (key.type > TPS_CBOR_TEXT || key.type == TPS_CBOR_BYTES || key.value == TPS_CBOR_INDEFINITE_LENGTH) {
        reader->at = at;
        tps_cbor_skip(reader); /* no label is of this kind */
        return count;
    }
    if (key.type <= TPS_CBOR_NINT && key.value > INT64_MAX) {
        return count;
    }
    number = (int64_t)(key.type == TPS_CBOR_NINT ? ~key.value : key.value);
    for (size_t turn = 0; turn < count; turn++, i++) {
        if (i == count) {
            i = 0;
        }
        if (key.type == TPS_CBOR_TEXT ? is_text_label(&labels[i], key.bytes)
                                      : is_integer_label(&labels[i], number)) {
            return i;
        }
    }
    return count;
}

size_t tps_cbor_find(tps_cbor_reader *reader, const tps_cbor_label *labels, tps_span *values, size_t count)
{
    tps_cbor_list map = tps_cbor_enter_map(reader);
    size_t guess = 0;
    size_t others = 0;

    for (size_t i = 0; i < count; i++) {
        values[i] = TPS_SPAN_EMPTY;
    }
    while (tps_cbor_next(reader, &map)) {
        size_t place = place_of_key(reader, labels, count, guess);
        tps_span value = tps_cbor_skip(reader);

        if (place == count) {
            others++;
            continue;
        }
        if (values[place].data != NULL) {
            tps_cbor_fail(reader, TPS_CBOR_DUPLICATE_KEY);
        }
        values[place] = value;
        guess = place + 1;
    }
    for (size_t i = 0; reader->status != TPS_OK && i < count; i++) {
        values[i] = TPS_SPAN_EMPTY;
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
