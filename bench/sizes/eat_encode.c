/* SPDX-License-Identifier: Apache-2.0 */
/* Every claim of an EAT (RFC 9711), encoded. */
#include "caller.h"
#include "tps/eat.h"

PROVIDED tps_eat_claims claims;

tps_status sizes_entry(void)
{
    tps_span encoded;
    tps_error why;

    return tps_eat_encode(&claims, sizes_output, &encoded, &why);
}
