/* SPDX-License-Identifier: Apache-2.0 */
/* A conceptual message wrapper read, in either encoding, and its message. */
#include "caller.h"
#include "tps/cmw.h"

PROVIDED tps_cmw cmw;

tps_status sizes_entry(void)
{
    tps_buf room = sizes_output;
    tps_span message;
    tps_error why;

    TPS_TRY(tps_cmw_read(sizes_input, &room, &cmw, &why));
    return tps_cmw_message(&cmw, &room, &message);
}
