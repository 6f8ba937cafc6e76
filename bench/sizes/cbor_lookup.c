/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBOR read without the checker of whole messages, as psa_decode and COSE read theirs on a microcontroller:
 * claims found by their labels in one map, in any order, and read. Judged are the structure and the bounds of
 * the map and of all that it holds, the UTF-8 of keys and of the text that is read, types, and that no label
 * that is looked up comes twice. Not judged: UTF-8 and keys of what is not read. See cbor_decode for all of
 * it.
 */
#include "caller.h"
#include "tps/cbor.h"

enum { NONCE, PROFILE, CLIENT, LIFECYCLE, DEBUG, CLAIMS };

static struct {
    tps_span nonce;
    tps_span profile;
    int64_t client;
    uint64_t lifecycle;
    bool is_debug;
} found;

tps_status sizes_entry(void)
{
    static const tps_cbor_label labels[CLAIMS] = {
        {.number = 10}, {.number = 265}, {.number = 2394}, {.number = 2395}, {.number = 263}};
    tps_cbor_reader r = tps_cbor_reader_init(sizes_input);
    tps_cbor_reader at[CLAIMS];
    tps_span values[CLAIMS];

    (void)tps_cbor_find(&r, labels, values, CLAIMS);
    for (size_t i = 0; i < CLAIMS; i++) {
        at[i] = tps_cbor_reader_of(&r, values[i]);
    }
    found.nonce = tps_cbor_get_bytes(&at[NONCE]);
    found.profile = tps_cbor_get_text(&at[PROFILE]);
    found.client = tps_cbor_get_int(&at[CLIENT]);
    found.lifecycle = tps_cbor_get_uint(&at[LIFECYCLE]);
    found.is_debug = tps_cbor_get_bool(&at[DEBUG]);
    return tps_cbor_reader_finish(&r);
}
