/* SPDX-License-Identifier: Apache-2.0 */
#include "support/faults.h"

static unsigned countdown;
static bool has_struck;

void fault_arm(unsigned nth)
{
    countdown = nth;
    has_struck = false;
}

bool fault_now(void)
{
    if (countdown == 0 || --countdown != 0) {
        return false;
    }
    has_struck = true;
    return true;
}

bool fault_struck(void)
{
    countdown = 0;
    return has_struck;
}
