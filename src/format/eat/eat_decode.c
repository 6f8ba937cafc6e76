/* SPDX-License-Identifier: Apache-2.0 */
/* A claims set of RFC 9711, read. */
#include "format/eat/claims.h"
#include "format/eat/cwt_claims.h"
#include "format/eat/eat_values.h"
#include "format/eat/lists.h"
#include "format/eat/number.h"

/* A private enterprise number, or an identifier of 3 or 16 bytes. */
static void read_oemid(tps_cbor_reader *r, tps_eat_claims *out)
{
    if (tps_cbor_peek(r) != TPS_CBOR_BYTES) {
        out->oem_kind = TPS_EAT_OEM_PEN;
        out->oem_pen = eat_small_read(r, 0, UINT32_MAX);
        return;
    }
    out->oemid = tps_cbor_get_bytes(r);
    out->oem_kind = out->oemid.size == 3 ? TPS_EAT_OEM_IEEE : TPS_EAT_OEM_RANDOM;
    if (out->oemid.size != 3 && out->oemid.size != 16) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

/* [version, ?scheme] */
static void read_version(tps_cbor_reader *r, tps_eat_version *out)
{
    tps_cbor_list list = tps_cbor_enter_array(r);

    if (!tps_cbor_next(r, &list)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    out->version = tps_cbor_get_text(r);
    if (!tps_cbor_next(r, &list)) {
        return;
    }
    out->has_scheme = true;
    if (tps_cbor_peek(r) == TPS_CBOR_TEXT) {
        out->scheme_name = tps_cbor_get_text(r);
    } else {
        out->scheme = tps_cbor_get_int(r);
    }
    if (tps_cbor_next(r, &list)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

/* Numbers, but for the time, an integer, and the age, a natural number. */
static tps_number read_member(tps_cbor_reader *r, int64_t member)
{
    tps_number number = {false, {0}};

    if (member == TPS_EAT_TIMESTAMP) {
        number.value.integer = tps_cbor_get_int(r);
    } else if (member == TPS_EAT_AGE) {
        number.value.integer = tps_cbor_get_int(r);
        if (number.value.integer < 0) {
            tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
        }
    } else {
        number = number_read(r);
    }
    return number;
}

static void read_location(tps_cbor_reader *r, tps_eat_location *out)
{
    tps_cbor_list map = tps_cbor_enter_map(r);

    while (tps_cbor_next(r, &map)) {
        int64_t member = claim_label(r);
        if (member < TPS_EAT_LATITUDE || member > TPS_EAT_AGE) {
            tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
            return;
        }
        out->member[member] = read_member(r, member);
        out->present |= 1u << member;
    }
    if (!eat_location_is_whole(out)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

static void read_profile(tps_cbor_reader *r, tps_eat_claims *out)
{
    out->is_profile_oid = tps_cbor_peek(r) == TPS_CBOR_BYTES;
    out->profile = out->is_profile_oid ? tps_cbor_get_bytes(r) : tps_cbor_get_text(r);
    if (!eat_profile_is_good(out)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

/* iat has no fractions here (RFC 9711, 4.3.1). */
static void read_iat(tps_cbor_reader *r, tps_cwt_claims *out)
{
    if (tps_cbor_peek(r) == TPS_CBOR_FLOAT) {
        tps_cbor_fail(r, TPS_CBOR_UNEXPECTED_TYPE);
    }
    cwt_claim_read(r, TPS_CWT_IAT, out);
}

/* Reads the value of a claim that is neither a list nor one of every CWT; false if it is none of RFC 9711. */
static bool read_value(tps_cbor_reader *r, int64_t label, tps_eat_claims *out)
{
    switch (label) {
    case TPS_EAT_UEID: out->ueid = eat_bytes_read(r, 7, 33); break;
    case TPS_EAT_OEMID: read_oemid(r, out); break;
    case TPS_EAT_HWMODEL: out->hwmodel = eat_bytes_read(r, 1, 32); break;
    case TPS_EAT_HWVERSION: read_version(r, &out->hwversion); break;
    case TPS_EAT_UPTIME:
        out->uptime = tps_cbor_get_uint(r);
        out->present |= TPS_EAT_HAS_UPTIME;
        break;
    case TPS_EAT_OEMBOOT:
        out->oemboot = tps_cbor_get_bool(r);
        out->present |= TPS_EAT_HAS_OEMBOOT;
        break;
    case TPS_EAT_DBGSTAT:
        out->dbgstat = (uint8_t)eat_small_read(r, 0, TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY);
        break;
    case TPS_EAT_LOCATION: read_location(r, &out->location); break;
    case TPS_EAT_PROFILE: read_profile(r, out); break;
    case TPS_EAT_BOOTCOUNT:
        out->bootcount = tps_cbor_get_uint(r);
        out->present |= TPS_EAT_HAS_BOOTCOUNT;
        break;
    case TPS_EAT_BOOTSEED: out->bootseed = tps_cbor_get_bytes(r); break;
    case TPS_EAT_SWNAME: out->swname = tps_cbor_get_text(r); break;
    case TPS_EAT_SWVERSION: read_version(r, &out->swversion); break;
    case TPS_EAT_INTUSE:
        out->intuse = (uint8_t)eat_small_read(r, TPS_EAT_USE_GENERIC, TPS_EAT_USE_PROOF_OF_POSSESSION);
        break;
    default: return false;
    }
    return true;
}

/* Reads the value of a claim; returns the claim's name. */
static const char *read_any(tps_cbor_reader *r, int64_t label, tps_eat_claims *out)
{
    size_t offset = eat_list_offset(label);
    const char *name;
    tps_eat_list list;

    if (offset != 0) {
        (void)eat_list_read(r, label, &list);
        memcpy((uint8_t *)out + offset, &list, sizeof list);
        return tps_eat_claim_name(label);
    }
    if (label == TPS_CWT_IAT) {
        read_iat(r, &out->cwt);
        return "iat";
    }
    name = cwt_claim_read(r, label, &out->cwt);
    if (name != NULL || read_value(r, label, out)) {
        return name != NULL ? name : tps_eat_claim_name(label);
    }
    tps_cbor_skip(r);
    out->unknown_count++;
    return "a claim that is unknown here";
}

tps_status tps_eat_decode(tps_span encoded, tps_eat_claims *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    memset(out, 0, sizeof *out);
    out->dbgstat = TPS_EAT_DEBUG_ABSENT;
    out->others = encoded;
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        const char *name = read_any(&r, claim_label(&r), out);
        TPS_TRY(claim_read_status(&r, name, why));
    }
    TPS_TRY(claim_read_status(&r, "claims", why));
    return cwt_claims_check(&out->cwt, why);
}
