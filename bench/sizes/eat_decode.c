/* SPDX-License-Identifier: Apache-2.0 */
/* Every claim of an EAT (RFC 9711), decoded. */
#include "caller.h"
#include "tps/eat.h"

PROVIDED tps_eat_claims claims;

tps_status sizes_entry(void)
{
    tps_error why;

    return tps_eat_decode(sizes_input, &claims, &why);
}
