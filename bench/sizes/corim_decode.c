/* SPDX-License-Identifier: Apache-2.0 */
/* A CoRIM decoded; what it says is not visited. */
#include "caller.h"
#include "tps/corim.h"

PROVIDED tps_corim corim;

tps_status sizes_entry(void)
{
    tps_error why;

    return tps_corim_decode(sizes_input, &corim, &why);
}
