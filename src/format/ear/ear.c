/* SPDX-License-Identifier: Apache-2.0 */
/* The trustworthiness vector's tiers and names (draft-ietf-rats-ar4si; draft-ietf-rats-ear). */
#include "tps/ear.h"

uint8_t tps_ear_tier_of(int8_t value)
{
    if (value >= -1 && value <= 1) {
        return TPS_EAR_TIER_NONE;
    }
    if (value >= -32 && value <= 31) {
        return TPS_EAR_TIER_AFFIRMING;
    }
    if (value >= -96 && value <= 95) {
        return TPS_EAR_TIER_WARNING;
    }
    return TPS_EAR_TIER_CONTRAINDICATED;
}

uint8_t tps_ear_tier_of_vector(const int8_t vector[TPS_EAR_CLAIMS])
{
    uint8_t worst = TPS_EAR_TIER_NONE;

    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        uint8_t tier = tps_ear_tier_of(vector[i]);
        worst = tier > worst ? tier : worst;
    }
    return worst;
}

const char *tps_ear_tier_name(uint8_t tier)
{
    switch (tier) {
    case TPS_EAR_TIER_AFFIRMING: return "affirming";
    case TPS_EAR_TIER_WARNING: return "warning";
    case TPS_EAR_TIER_CONTRAINDICATED: return "contraindicated";
    default: return "none";
    }
}

const char *tps_ear_claim_name(uint32_t claim)
{
    static const char *const names[TPS_EAR_CLAIMS] = {
        "instance-identity", "configuration",  "executables",    "file-system",
        "hardware",          "runtime-opaque", "storage-opaque", "sourced-data",
    };

    return claim < TPS_EAR_CLAIMS ? names[claim] : "unknown";
}
