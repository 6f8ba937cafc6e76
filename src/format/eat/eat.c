/* SPDX-License-Identifier: Apache-2.0 */
/* What every profile of an EAT (RFC 9711) shares: which profile it is, rules of values, and names. */
#include "tps/eat.h"

#include "format/eat/claims.h"
#include "format/eat/eat_values.h"

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

bool eat_location_is_whole(const tps_eat_location *location)
{
    uint32_t both = 1u << TPS_EAT_LATITUDE | 1u << TPS_EAT_LONGITUDE;

    return (location->present & both) == both;
}

bool eat_profile_is_good(const tps_eat_claims *claims)
{
    return claims->is_profile_oid ? eat_is_oid(claims->profile) : claims->profile.size > 0;
}

bool eat_is_oid(tps_span oid)
{
    bool is_first = true;

    for (size_t i = 0; i < oid.size; i++) {
        if (is_first && oid.data[i] == 0x80) {
            return false; /* a leading zero */
        }
        is_first = oid.data[i] < 0x80;
    }
    return oid.size > 0 && is_first;
}

/* Writes a number and what separates it; false when there is no room. */
static bool put_arc(char *text, size_t *size, uint64_t arc, bool is_first)
{
    char digits[20];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + arc % 10);
        arc /= 10;
    } while (arc > 0);
    if (*size + count + 2 > TPS_EAT_OID_TEXT_MAX) {
        return false;
    }
    if (!is_first) {
        text[(*size)++] = '.';
    }
    while (count > 0) {
        text[(*size)++] = digits[--count];
    }
    text[*size] = '\0';
    return true;
}

/* The first two arcs share a number (X.690, 8.19.4). */
static bool put_first_arcs(char *text, size_t *size, uint64_t both)
{
    uint64_t first = both < 80 ? both / 40 : 2;

    return put_arc(text, size, first, true) && put_arc(text, size, both - first * 40, false);
}

bool tps_eat_oid_text(tps_span oid, char text[TPS_EAT_OID_TEXT_MAX])
{
    uint64_t arc = 0;
    size_t size = 0;
    bool is_good = eat_is_oid(oid);

    for (size_t i = 0; i < oid.size && is_good; i++) {
        is_good = arc >> 57 == 0;
        arc = arc << 7 | (oid.data[i] & 0x7f);
        if (oid.data[i] < 0x80 && is_good) {
            is_good = size == 0 ? put_first_arcs(text, &size, arc) : put_arc(text, &size, arc, false);
            arc = 0;
        }
    }
    if (!is_good) {
        text[0] = '\0';
    }
    return is_good;
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

const char *tps_eat_use_name(uint8_t intuse)
{
    switch (intuse) {
    case TPS_EAT_USE_GENERIC: return "generic";
    case TPS_EAT_USE_REGISTRATION: return "registration";
    case TPS_EAT_USE_PROVISIONING: return "provisioning";
    case TPS_EAT_USE_CERTIFICATE_ISSUANCE: return "certificate issuance";
    case TPS_EAT_USE_PROOF_OF_POSSESSION: return "proof of possession";
    default: return "not said";
    }
}
