/* SPDX-License-Identifier: Apache-2.0 */
/* Going over a whole CBOR item without a look at its contents. */
#include "format/cbor/head.h"
#include "format/cbor/walk.h"

#ifdef __OPTIMIZE_SIZE__
tps_status cbor_skip_items(cbor_way *way, uint32_t count)
{
    return cbor_skip_items_inline(way, count);
}
#endif

tps_span cbor_skip_within(tps_cbor_reader *reader, uint32_t budget)
{
    uint32_t left[TPS_CBOR_DEPTH_MAX];
    const uint8_t *start = reader->at;
    cbor_way way = {reader->at, reader->end, left, TPS_CBOR_DEPTH_MAX, budget};

    if (reader->status == TPS_OK) {
        reader->status = cbor_skip_items(&way, 1);
        reader->at = way.at;
    }
    return reader->status == TPS_OK ? tps_span_make(start, (size_t)(reader->at - start)) : TPS_SPAN_EMPTY;
}

tps_span tps_cbor_skip(tps_cbor_reader *reader)
{
    return cbor_skip_within(reader, UINT32_MAX);
}
