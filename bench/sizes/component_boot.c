/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage of the Root of Trust: images verified, keys derived and certified, the secret locked away.
 */
#include "caller.h"
#include "component/boot/boot.h"

extern tps_platform sizes_platform;
PROVIDED tps_handover handover;

tps_status sizes_entry(void)
{
    TPS_TRY(tps_boot(&sizes_platform, &handover, NULL));
    return tps_boot_accept(&sizes_platform, &handover);
}
