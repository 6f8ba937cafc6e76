/* SPDX-License-Identifier: Apache-2.0 */
/* An attestation result decoded, in either encoding. */
#include "caller.h"
#include "tps/ear.h"

PROVIDED tps_ear ear;

tps_status sizes_entry(void)
{
    tps_buf room = sizes_output;
    tps_error why;

    return tps_ear_decode(sizes_input, &room, &ear, &why);
}
