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

/* The items that a head opens, into `opened`; moves over a string's content. */
static tps_status open_item(cbor_way *way, const cbor_head *head, size_t *opened)
{
    size_t rest = (size_t)(way->end - way->at);

    *opened = 0;
    if (head->info == CBOR_INFO_INDEFINITE) {
        *opened = INDEFINITE;
        return TPS_OK;
    }
    /* Neither a string nor a container can have more than one byte or entry for each byte that is left. */
    if (head->argument > (head->major == TPS_CBOR_MAP ? rest / 2 : rest)) {
        return TPS_CBOR_TRUNCATED;
    }
    if (head->major <= TPS_CBOR_TEXT) {
        way->at += (size_t)head->argument;
    } else {
        *opened = (size_t)head->argument << (head->major == TPS_CBOR_MAP);
    }
    return TPS_OK;
}

tps_status cbor_skip_items(cbor_way *way, size_t count)
{
    size_t left = count;
    uint32_t depth = 0;
    bool is_behind_tag = false;

    for (;;) {
        cbor_head head;
        size_t opened = 0;

        if (way->budget-- == 0) {
            way->budget = 0;
            return TPS_CBOR_UNTRACKED_KEYS;
        }
        TPS_TRY(cbor_head_read(way->at, way->end, &head));
        if (head.major == 7 && head.info == CBOR_INFO_INDEFINITE) {
            if (!is_indefinite(left) || is_behind_tag) {
                return TPS_CBOR_BAD_BREAK;
            }
            left = 1; /* the item that the break ends */
        }
        way->at += head.size;
        is_behind_tag = head.major == TPS_CBOR_TAG;
        if (is_behind_tag) {
            continue;
        }
        left--;
        if (head.major - 2u <= TPS_CBOR_MAP - 2u) {
            TPS_TRY(open_item(way, &head, &opened));
        }
        if (opened > 0) {
            if (depth == way->depth) {
                return TPS_CBOR_TOO_DEEP;
            }
            way->left[depth++] = left;
            left = opened;
        }
        while (left == 0) {
            if (depth == 0) {
                return TPS_OK;
            }
            left = way->left[--depth];
        }
    }
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
