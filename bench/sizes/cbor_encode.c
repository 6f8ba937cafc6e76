/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR written: a map of claims with every type that claims have. */
#include "caller.h"
#include "tps/cbor.h"

tps_status sizes_entry(void)
{
    tps_cbor_writer w = tps_cbor_writer_init(sizes_output);
    tps_span encoded;

    tps_cbor_put_map(&w, 5);
    tps_cbor_put_int(&w, 10);
    tps_cbor_put_bytes(&w, sizes_input);
    tps_cbor_put_int(&w, 265);
    tps_cbor_put_text(&w, "tag:psacertified.org,2023:psa#tfm");
    tps_cbor_put_int(&w, 2394);
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_int(&w, 2395);
    tps_cbor_put_uint(&w, 0x3000);
    tps_cbor_put_int(&w, 2399);
    tps_cbor_put_array(&w, 3);
    tps_cbor_put_bool(&w, true);
    tps_cbor_put_null(&w);
    tps_cbor_put_tag(&w, 32);
    tps_cbor_put_text_span(&w, sizes_input);
    return tps_cbor_writer_finish(&w, &encoded);
}
