/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR read: checked, then claims found by their labels, in any order, of every type that claims have. */
#include "caller.h"
#include "tps/cbor.h"

typedef struct {
    tps_span nonce;
    tps_span profile;
    int64_t client;
    uint64_t lifecycle;
    bool is_debug;
    uint64_t components;
} claims;

static claims found;

static void read_components(tps_cbor_reader *r)
{
    tps_cbor_list list = tps_cbor_enter_array(r);

    while (tps_cbor_next(r, &list)) {
        found.components++;
        (void)tps_cbor_skip(r);
    }
}

tps_status sizes_entry(void)
{
    tps_cbor_reader r = tps_cbor_reader_init(sizes_input);
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(sizes_input, &tps_cbor_limits_message, NULL, NULL));
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_int(&r)) {
        case 10: found.nonce = tps_cbor_get_bytes(&r); break;
        case 265: found.profile = tps_cbor_get_text(&r); break;
        case 2394: found.client = tps_cbor_get_int(&r); break;
        case 2395: found.lifecycle = tps_cbor_get_uint(&r); break;
        case 263: found.is_debug = tps_cbor_get_bool(&r); break;
        case 2399: read_components(&r); break;
        default: (void)tps_cbor_skip(&r);
        }
    }
    return tps_cbor_reader_finish(&r);
}
