/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest program outside of this tree: it knows the installed headers and libraries only. */
#include "tps/cbor.h"
#include "tps/status.h"

#include <stdio.h>

int main(void)
{
    static const uint8_t good[] = {0x82, 0x01, 0x02};
    static const uint8_t short_of_one[] = {0x82, 0x01};
    tps_status status = tps_cbor_check(TPS_SPAN_OF(short_of_one), &tps_cbor_limits_file, NULL, NULL);

    printf("%s: %s\n", tps_status_name(status), tps_status_cause(status));
    return tps_cbor_check(TPS_SPAN_OF(good), &tps_cbor_limits_file, NULL, NULL) == TPS_OK && status != TPS_OK
               ? 0
               : 1;
}
