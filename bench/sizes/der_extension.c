/* SPDX-License-Identifier: Apache-2.0 */
/* One extension of an X.509 certificate, found. */
#include "caller.h"
#include "format/der/certificate.h"

tps_status sizes_entry(void)
{
    static const uint8_t oid[] = {0x55, 0x1d, 0x0f};
    tps_span value;
    bool is_critical;

    return der_certificate_extension(sizes_input, TPS_SPAN_OF(oid), &value, &is_critical, NULL);
}
