/* SPDX-License-Identifier: Apache-2.0 */
/* A public COSE_Key read for one use, and written. */
#include "tps/cose_key.h"
#include "caller.h"

tps_status sizes_entry(void)
{
    tps_cbor_writer w = tps_cbor_writer_init(sizes_output);
    tps_crypto_key *key;

    TPS_TRY(tps_cose_key_read_for(sizes_input, TPS_ALG_ESP256, TPS_KEY_OP_VERIFY, &key));
    return tps_cose_key_put(&w, key);
}
