/* SPDX-License-Identifier: Apache-2.0 */
/* What DICE says in an X.509 certificate. */
#include "caller.h"
#include "tps/dice.h"

PROVIDED tps_dice_certificate certificate;
PROVIDED tps_dice_tcb_info info;

tps_status sizes_entry(void)
{
    tps_error why;

    TPS_TRY(tps_dice_certificate_read(sizes_input, &certificate, &why));
    return tps_dice_tcb_info_next(&certificate.tcb_info, &info) ? TPS_OK : TPS_NOT_FOUND;
}
