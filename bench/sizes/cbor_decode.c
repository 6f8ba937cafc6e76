/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR read: checked, then claims found by their labels, in any order, and read, of every type that claims
 * have. The check judges all of the message, read or not: structure, bounds, depth, counts, UTF-8, and that
 * no map holds a key twice. */
#include "caller.h"
#include "tps/cbor.h"

enum { NONCE, PROFILE, CLIENT, LIFECYCLE, DEBUG, COMPONENTS, CLAIMS };

static struct {
    tps_span nonce;
    tps_span profile;
    int64_t client;
    uint64_t lifecycle;
    bool is_debug;
    uint64_t components;
} found;

static void read_components(tps_cbor_reader r)
{
    tps_cbor_list list = tps_cbor_enter_array(&r);

    while (tps_cbor_next(&r, &list)) {
        found.components++;
        (void)tps_cbor_skip(&r);
    }
}

tps_status sizes_entry(void)
{
    static const tps_cbor_label labels[CLAIMS] = {{.number = 10},   {.number = 265}, {.number = 2394},
                                                  {.number = 2395}, {.number = 263}, {.number = 2399}};
    tps_cbor_reader r = tps_cbor_reader_init(sizes_input);
    tps_cbor_reader at[CLAIMS];
    tps_span values[CLAIMS];

    TPS_TRY(tps_cbor_check(sizes_input, &tps_cbor_limits_message, NULL, NULL));
    (void)tps_cbor_find(&r, labels, values, CLAIMS);
    for (size_t i = 0; i < CLAIMS; i++) {
        at[i] = tps_cbor_reader_of(&r, values[i]);
    }
    found.nonce = tps_cbor_get_bytes(&at[NONCE]);
    found.profile = tps_cbor_get_text(&at[PROFILE]);
    found.client = tps_cbor_get_int(&at[CLIENT]);
    found.lifecycle = tps_cbor_get_uint(&at[LIFECYCLE]);
    found.is_debug = tps_cbor_get_bool(&at[DEBUG]);
    read_components(at[COMPONENTS]);
    return tps_cbor_reader_finish(&r);
}
