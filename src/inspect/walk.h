/* SPDX-License-Identifier: Apache-2.0 */
/* Walking maps of CBOR whose keys are mostly integers: what every recogniser does. */
#ifndef TPS_INSPECT_WALK_H
#define TPS_INSPECT_WALK_H

#include "tps/cbor.h"

/** The label of a key that is no integer of 64 bits with sign. */
#define WALK_FOREIGN INT64_MIN

typedef struct {
    int64_t label; /**< or WALK_FOREIGN */
    tps_span key;  /**< as encoded */
    tps_span value;
} walk_entry;

/** The next entry of a map that was entered with tps_cbor_enter_map(); false at its end and after an error.
 */
bool walk_next(tps_cbor_reader *reader, tps_cbor_list *map, walk_entry *entry);

/** The value under `label` in an encoded map; the empty span if there is none, or no map. */
tps_span walk_find(tps_span map, int64_t label);

/** The type of an encoded item (TPS_CBOR_UINT ...), TPS_CBOR_END if there is none. */
uint32_t walk_type(tps_span item);

/** The content of an encoded text or byte string of definite length; else the empty span. */
tps_span walk_string(tps_span item);

/** True when the item is an integer of 64 bits with sign, which `value` then takes. */
bool walk_int(tps_span item, int64_t *value);

/** True when there are characters, and all are printable ASCII. */
bool walk_is_printable(tps_span bytes);

/** Where a part lies in the file; 0 if it does not. */
size_t offset_in(tps_span file, tps_span part);

#endif
