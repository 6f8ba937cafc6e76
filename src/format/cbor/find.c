/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up entries of a map by their labels, all in one pass over the map. */
#include "format/cbor/head.h"
#include "format/cbor/walk.h"
#include "format/text/utf8.h"

/* True when the key, an integer or a string in one piece, is the label. */
static CBOR_INLINE bool is_label(const tps_cbor_label *label, const tps_cbor_item *key)
{
    bool is_negative = label->number < 0;
    uint64_t value = (uint64_t)label->number;

    if (label->name != NULL) {
        size_t size = strlen(label->name);

        return key->type == TPS_CBOR_TEXT && (size_t)key->value == size &&
               memcmp(key->bytes.data, label->name, size) == 0;
    }
    return key->type == (uint32_t)is_negative && key->value == (is_negative ? ~value : value);
}

/* The place of the label; looked for from `guess` on, the place behind the label before, and around the end:
 * makers of maps and readers of them mostly agree on the order. `count` if there is none. */
static CBOR_INLINE size_t place_of(const tps_cbor_label *labels, size_t count, size_t guess,
                                   const tps_cbor_item *key)
{
    for (size_t turn = 0; turn < count; turn++, guess++) {
        if (CBOR_FOR_SIZE || guess >= count) {
            guess = CBOR_FOR_SIZE ? turn : 0;
        }
        if (is_label(&labels[guess], key)) {
            return guess;
        }
    }
    return count;
}

/* Goes over the next item, whose head is read; one that holds no others, as most do, in line. */
static CBOR_INLINE tps_span skip_read(tps_cbor_reader *reader, const tps_cbor_item *item,
                                      const uint8_t *behind)
{
    if (!CBOR_FOR_SIZE && behind != NULL && item->type <= TPS_CBOR_TEXT &&
        item->value != TPS_CBOR_INDEFINITE_LENGTH) {
        tps_span bytes = {reader->at, (size_t)(behind - reader->at)};

        reader->at = behind;
        return bytes;
    }
    return tps_cbor_skip(reader);
}

static CBOR_INLINE tps_span skip_value(tps_cbor_reader *reader)
{
    tps_cbor_item item;

    if (CBOR_FOR_SIZE || reader->status != TPS_OK) {
        return tps_cbor_skip(reader);
    }
    return skip_read(reader, &item, cbor_item_read(reader->at, reader->end, &item));
}

static CBOR_PART void clear(tps_span *values, size_t count)
{
    if (count > 0) {
        memset(values, 0, count * sizeof *values);
    }
}

size_t tps_cbor_find(tps_cbor_reader *reader, const tps_cbor_label *labels, tps_span *values, size_t count)
{
    tps_cbor_list map = tps_cbor_enter_map(reader);
    size_t place = 0;
    size_t others = 0;

    clear(values, count);
    while (tps_cbor_next(reader, &map)) {
        tps_cbor_item key;
        const uint8_t *behind = cbor_item_read(reader->at, reader->end, &key);
        tps_span value;

        if (key.type == TPS_CBOR_TEXT && !utf8_is_ascii(key.bytes) && !utf8_is_valid(key.bytes)) {
            tps_cbor_fail(reader, TPS_CBOR_BAD_UTF8);
            break;
        }
        (void)skip_read(reader, &key, behind);
        value = skip_value(reader);
        place = place_of(labels, count, place, &key);
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
