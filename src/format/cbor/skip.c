/* SPDX-License-Identifier: Apache-2.0 */
/* Going over whole CBOR items without a look at their contents: one number a level, no recursion. */
#include "format/cbor/head.h"
#include "format/cbor/walk.h"

/* Where the number of items left stands for an indefinite length: it starts here and, with an item a byte,
 * never falls to what a definite one can be. */
#define INDEFINITE SIZE_MAX

static bool is_indefinite(size_t left)
{
    return left > SIZE_MAX / 2;
}

tps_status cbor_skip_items(cbor_way *way, size_t count)
{
    size_t left = count;
    uint32_t depth = 0;
    uint32_t type_before = TPS_CBOR_END;

    do {
        size_t opened;
        tps_cbor_item item;
        const uint8_t *start = way->at;
        const uint8_t *behind = cbor_item_read(start, way->end, &item);

        if (behind == NULL) {
            return (tps_status)item.value;
        }
        if (way->budget == 0) {
            return TPS_CBOR_UNTRACKED_KEYS;
        }
        way->budget--;
        if (item.type == TPS_CBOR_BREAK && (!is_indefinite(left) || type_before == TPS_CBOR_TAG)) {
            return TPS_CBOR_BAD_BREAK;
        }
        way->at = behind;
        type_before = item.type;
        if (item.type == TPS_CBOR_TAG) {
            continue;
        }
        left = item.type == TPS_CBOR_BREAK ? 0 : left - 1;
        opened = cbor_items_of(&item);
        if ((*start & 0x1f) == CBOR_INFO_INDEFINITE && item.type != TPS_CBOR_BREAK) {
            opened = INDEFINITE;
        }
        if (opened > 0) {
            if (depth == way->depth) {
                return TPS_CBOR_TOO_DEEP;
            }
            way->left[depth++] = left;
            left = opened;
        }
        while (left == 0 && depth > 0) {
            left = way->left[--depth];
        }
    } while (left > 0);
    return TPS_OK;
}

tps_span tps_cbor_skip(tps_cbor_reader *reader)
{
    size_t left[TPS_CBOR_DEPTH_MAX];
    const uint8_t *start = reader->at;
    cbor_way way = {reader->at, reader->end, left, TPS_CBOR_DEPTH_MAX, UINT32_MAX};

    if (reader->status == TPS_OK) {
        reader->status = cbor_skip_items(&way, 1);
        reader->at = way.at;
    }
    return reader->status == TPS_OK ? tps_span_make(start, (size_t)(reader->at - start)) : TPS_SPAN_EMPTY;
}
