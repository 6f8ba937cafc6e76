/* SPDX-License-Identifier: Apache-2.0 */
/* What every profile of an EAT (RFC 9711) shares: which profile it is, and names for people. */
#include "tps/eat.h"

#include "format/eat/claims.h"

tps_span tps_eat_profile_of(tps_span encoded)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list map = tps_cbor_enter_map(&r);

    while (tps_cbor_next(&r, &map)) {
        if (claim_label(&r) == TPS_EAT_PROFILE) {
            return tps_cbor_get_text(&r);
        }
        tps_cbor_skip(&r);
    }
    return TPS_SPAN_EMPTY;
}

const char *tps_eat_debug_name(uint8_t dbgstat)
{
    switch (dbgstat) {
    case TPS_EAT_DEBUG_ENABLED: return "enabled";
    case TPS_EAT_DEBUG_DISABLED: return "disabled";
    case TPS_EAT_DEBUG_DISABLED_SINCE_BOOT: return "disabled since boot";
    case TPS_EAT_DEBUG_DISABLED_PERMANENTLY: return "disabled permanently";
    case TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY: return "disabled fully and permanently";
    default: return "not said";
    }
}
