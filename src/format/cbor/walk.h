/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the CBOR reader share: a typed read, and the way over whole items. */
#ifndef TPS_FORMAT_CBOR_WALK_H
#define TPS_FORMAT_CBOR_WALK_H

#include "tps/cbor.h"

/** A set of types for cbor_take(). */
#define CBOR_TYPE(type) (1u << (type))

/**
 * Reads the next item if its type is in `types`; else sets TPS_CBOR_UNEXPECTED_TYPE (for a string in chunks
 * TPS_CBOR_INDEFINITE) and stays.
 */
bool cbor_take(tps_cbor_reader *reader, uint32_t types, tps_cbor_item *item);

/** Puts the reader back to `at`, where the item that it has just read began, and sets the error. */
void cbor_refuse(tps_cbor_reader *reader, const uint8_t *at, tps_status status);

/** A way over whole items, without their contents. */
typedef struct {
    const uint8_t *at;  /**< in: the first head; out: behind the last item, or the head that is at fault */
    const uint8_t *end; /**< of the input */
    size_t *left;       /**< room for `depth` numbers */
    uint32_t depth;     /**< so many arrays, maps and strings in chunks may be open */
    uint32_t budget;    /**< so many heads may be read; out: how many are left */
} cbor_way;

/** Goes over `count` items (one at least). Bounds and breaks are judged, UTF-8 and keys are not. When the
 * budget is used up: TPS_CBOR_UNTRACKED_KEYS. */
tps_status cbor_skip_items(cbor_way *way, size_t count);

#endif
