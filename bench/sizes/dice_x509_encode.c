/* SPDX-License-Identifier: Apache-2.0 */
/* A DiceTcbInfo with its FWIDs written, for a layer that certifies the next. */
#include "caller.h"
#include "tps/dice.h"

PROVIDED tps_dice_tcb_info info;

tps_status sizes_entry(void)
{
    tps_dice_fwid fwid = {TPS_ALG_SHA256, TPS_SPAN_EMPTY, sizes_input};
    tps_span encoded;

    TPS_TRY(tps_dice_fwids_encode(&fwid, 1, sizes_output, &info.fwids));
    return tps_dice_tcb_info_encode(&info, sizes_output, &encoded);
}
