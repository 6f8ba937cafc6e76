/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the CBOR reader share: a typed read, and the way over whole items. */
#ifndef TPS_FORMAT_CBOR_WALK_H
#define TPS_FORMAT_CBOR_WALK_H

#include "format/cbor/head.h"

/** A set of types for cbor_take(). */
#define CBOR_TYPE(type) (1u << (type))

/**
 * Reads the next item if its type is in `types`; else sets TPS_CBOR_UNEXPECTED_TYPE (for a string in chunks
 * TPS_CBOR_INDEFINITE) and stays.
 */
bool cbor_take(tps_cbor_reader *reader, uint32_t types, tps_cbor_item *item);

/** Puts the reader back to `at`, where the item that it has just read began, and sets the error. */
void cbor_refuse(tps_cbor_reader *reader, const uint8_t *at, tps_status status);

/** tps_cbor_skip() over at most `budget` heads; TPS_CBOR_UNTRACKED_KEYS when there are more. */
tps_span cbor_skip_within(tps_cbor_reader *reader, uint32_t budget);

/** A way over whole items, without their contents. */
typedef struct {
    const uint8_t *at;  /**< in: the first head; out: behind the last item, or the head that is at fault */
    const uint8_t *end; /**< of the input */
    uint32_t *left;     /**< room for `depth` numbers */
    uint32_t depth;     /**< so many arrays, maps, tags and strings in chunks may be open */
    uint32_t budget;    /**< so many heads may be read; out: how many are left */
} cbor_way;

/* Where the number of items left stands for an indefinite length: it starts as CBOR_ITEMS_INDEFINITE and,
 * with an item a byte of at most 2 GiB, never falls to what a definite one can be. */
static inline bool cbor_way_is_indefinite(uint32_t left)
{
    return left > UINT32_MAX / 2;
}

static CBOR_INLINE tps_status cbor_skip_items_inline(cbor_way *way, uint32_t count)
{
    const uint8_t *at = way->at;
    uint32_t budget = way->budget;
    uint32_t left = count;
    uint32_t depth = 0;
    tps_status status = TPS_OK;

    while (left > 0) {
        tps_cbor_item item;
        uint32_t opened;
        const uint8_t *behind = cbor_item_read(at, way->end, &item);

        if (behind == NULL || budget == 0) {
            status = behind == NULL ? (tps_status)item.value : TPS_CBOR_UNTRACKED_KEYS;
            break;
        }
        budget--;
        opened = cbor_items_of(&item);
        if (item.type == TPS_CBOR_BREAK) {
            if (!cbor_way_is_indefinite(left)) {
                status = TPS_CBOR_BAD_BREAK;
                break;
            }
            left = 1; /* of the level, the break itself */
        }
        at = behind;
        left--;
        if (opened > 0) {
            if (depth == way->depth) {
                status = TPS_CBOR_TOO_DEEP;
                break;
            }
            way->left[depth++] = left;
            left = opened;
        }
        while (left == 0 && depth > 0) {
            left = way->left[--depth];
        }
    }
    way->at = at;
    way->budget = budget;
    return status;
}

/**
 * Goes over `count` items (one at least) with one number a level, and no recursion. Bounds and breaks are
 * judged, UTF-8 and keys are not. When the budget is used up: TPS_CBOR_UNTRACKED_KEYS.
 */
#ifdef __OPTIMIZE_SIZE__
tps_status cbor_skip_items(cbor_way *way, uint32_t count);
#else
#define cbor_skip_items cbor_skip_items_inline
#endif

#endif
