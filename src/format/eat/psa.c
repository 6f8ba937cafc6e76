/* SPDX-License-Identifier: Apache-2.0 */
/* PSA attestation token claims (RFC 9783, 4 and 5), and those of the older profile
 * "http://arm.com/psa/2.0.0": what they are, and what both directions demand of them. */
#include "tps/psa.h"

#include <assert.h>

#include "format/eat/psa_table.h"
#include "format/text/utf8.h"

#define CLAIM(member)  (offsetof(tps_psa_claims, member) / 4)
#define MEMBER(member) (offsetof(tps_psa_component, member) / 4)

const psa_claim psa_claims[] = {
    {TPS_PSA_NONCE, PSA_HASH, CLAIM(nonce), 32, 64},
    {TPS_PSA_INSTANCE_ID, PSA_INSTANCE, CLAIM(instance_id), 33, 33},
    {TPS_PSA_EAT_PROFILE, PSA_PROFILE, PSA_PROFILE_AT, 0, 255},
    {TPS_PSA_BOOT_SEED, PSA_BYTES, CLAIM(boot_seed), 8, 32},
    {TPS_PSA_CLIENT_ID, PSA_CLIENT, CLAIM(client_id), 0, 0},
    {TPS_PSA_LIFECYCLE, PSA_STATE, CLAIM(lifecycle), 0, 0},
    {TPS_PSA_IMPLEMENTATION_ID, PSA_BYTES, CLAIM(implementation_id), 32, 32},
    {TPS_PSA_BOOT_SEED_2_0_0, PSA_BYTES, PSA_OLD_SEED_AT, 0, 255},
    {TPS_PSA_CERTIFICATION_REFERENCE, PSA_REFERENCE, CLAIM(certification_reference), 13, 19},
    {TPS_PSA_SOFTWARE_COMPONENTS, PSA_LIST, 0, 0, 0},
    {TPS_PSA_VERIFICATION_SERVICE, PSA_TEXT, CLAIM(verification_service), 0, 0},
    {TPS_PSA_COMPONENT_TYPE, PSA_TEXT, MEMBER(type), 0, 0},
    {TPS_PSA_COMPONENT_MEASUREMENT, PSA_HASH, MEMBER(measurement), 32, 64},
    {TPS_PSA_COMPONENT_VERSION, PSA_TEXT, MEMBER(version), 0, 0},
    {TPS_PSA_COMPONENT_SIGNER_ID, PSA_HASH, MEMBER(signer_id), 32, 64},
    {TPS_PSA_COMPONENT_DESCRIPTION, PSA_TEXT, MEMBER(description), 0, 0},
};

static_assert(sizeof psa_claims / sizeof psa_claims[0] == PSA_END, "an entry each");

/* The names of the entries, in the table's order. */
static const char names[] = "nonce\0instance id\0profile\0boot seed\0client id\0lifecycle\0"
                            "implementation id\0seed\0certification reference\0software components\0"
                            "verification service\0type\0measurement\0version\0signer id\0description\0"
                            "claims";

const char *psa_name(uint32_t entry)
{
    const char *name = names;

    for (; entry > 0; entry--) {
        name += strlen(name) + 1;
    }
    return name;
}

/* [0-9]{13}-[0-9]{5}; the older profile has the hardware version alone, too. */
static bool is_reference(tps_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (i == 13 ? c != '-' : (uint8_t)(c - '0') > 9) {
            return false;
        }
    }
    return text.size == 13 || text.size == 19;
}

tps_status psa_judge(uint32_t entry, tps_span value)
{
    const psa_claim *claim = &psa_claims[entry];
    bool is_good;

    switch (claim->rule) {
    case PSA_TEXT: return utf8_is_valid(value) ? TPS_OK : TPS_CBOR_BAD_UTF8;
    case PSA_REFERENCE: is_good = is_reference(value); break;
    default:
        is_good = value.size >= claim->low && value.size <= claim->high &&
                  (claim->rule != PSA_HASH || value.size % 16 == 0) &&
                  (claim->rule != PSA_INSTANCE || value.data[0] == 0x01);
        break;
    }
    return is_good ? TPS_OK : TPS_CLAIM_BAD_VALUE;
}

uint32_t psa_find_fault(const tps_psa_claims *claims)
{
    uint32_t state = claims->lifecycle >> 8;

    if ((state & 0x0f) != 0 || state > TPS_PSA_LIFECYCLE_DECOMMISSIONED) {
        return PSA_STATE_ENTRY;
    }
    if (claims->is_2_0_0 && claims->boot_seed.size != 32) {
        return PSA_SEED_ENTRY;
    }
    if (!claims->is_2_0_0 && claims->certification_reference.size == 13) {
        return PSA_REFERENCE_ENTRY;
    }
    return claims->component_count - 1 >= TPS_PSA_COMPONENTS_MAX ? PSA_LIST_ENTRY : PSA_END;
}

const char *tps_psa_lifecycle_name(uint16_t lifecycle)
{
    switch (lifecycle >> 8) {
    case TPS_PSA_LIFECYCLE_ASSEMBLY: return "assembly and test";
    case TPS_PSA_LIFECYCLE_PROVISIONING: return "root of trust provisioning";
    case TPS_PSA_LIFECYCLE_SECURED: return "secured";
    case TPS_PSA_LIFECYCLE_NON_ROT_DEBUG: return "debug outside the root of trust";
    case TPS_PSA_LIFECYCLE_RECOVERABLE_DEBUG: return "recoverable debug of the root of trust";
    case TPS_PSA_LIFECYCLE_DECOMMISSIONED: return "decommissioned";
    default: return "unknown";
    }
}
