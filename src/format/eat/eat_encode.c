/* SPDX-License-Identifier: Apache-2.0 */
/* A claims set of RFC 9711, written. */
#include "format/eat/claims.h"
#include "format/eat/cwt_claims.h"
#include "format/eat/eat_values.h"
#include "format/eat/lists.h"
#include "format/eat/number.h"

#define HAS_ALL (TPS_EAT_HAS_UPTIME | TPS_EAT_HAS_OEMBOOT | TPS_EAT_HAS_BOOTCOUNT)

/* ---- checks ---- */

static tps_eat_list list_of(const tps_eat_claims *claims, int64_t label)
{
    tps_eat_list list;

    memcpy(&list, (const uint8_t *)claims + eat_list_offset(label), sizeof list);
    return list;
}

/* A list must be what decoding takes, and have the number of entries that it says. */
static tps_status check_list(const tps_eat_claims *claims, int64_t label, tps_error *why)
{
    const char *name = tps_eat_claim_name(label);
    tps_eat_list list = list_of(claims, label);
    tps_cbor_reader r = tps_cbor_reader_init(list.encoded);
    tps_eat_list read = {.count = 0};

    if (list.count == 0) {
        return TPS_OK;
    }
    TPS_TRY(claim_is_deterministic(list.encoded, name, why));
    (void)eat_list_read(&r, label, &read);
    TPS_TRY(claim_read_status(&r, name, why));
    return read.count == list.count ? TPS_OK : tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, name);
}

static tps_status check_lists(const tps_eat_claims *claims, tps_error *why)
{
    for (int64_t label = TPS_EAT_NONCE; label <= TPS_EAT_MEASRES; label++) {
        if (eat_list_offset(label) != 0) {
            TPS_TRY(check_list(claims, label, why));
        }
    }
    return TPS_OK;
}

static tps_status check_optional_size(tps_span value, size_t low, size_t high, const char *name,
                                      tps_error *why)
{
    return value.data == NULL ? TPS_OK : claim_size_in(value, low, high, name, why);
}

static tps_status check_oemid(const tps_eat_claims *claims, tps_error *why)
{
    switch (claims->oem_kind) {
    case TPS_EAT_OEM_ABSENT:
    case TPS_EAT_OEM_PEN: return TPS_OK;
    case TPS_EAT_OEM_IEEE: return claim_size_in(claims->oemid, 3, 3, "oemid", why);
    case TPS_EAT_OEM_RANDOM: return claim_size_in(claims->oemid, 16, 16, "oemid", why);
    default: return tps_fail(why, TPS_BAD_ARGUMENT, 0, "oem_kind");
    }
}

static tps_status check_version(const tps_eat_version *version, const char *name, tps_error *why)
{
    TPS_TRY(claim_is_utf8(version->version, name, why));
    return claim_is_utf8(version->scheme_name, name, why);
}

/* Whole numbers where they must be, and none that is infinite. */
static bool is_location(const tps_eat_location *location)
{
    if (location->present >= 1u << TPS_EAT_LOCATION_MEMBERS || (location->present & 1) != 0 ||
        !eat_location_is_whole(location)) {
        return false;
    }
    for (uint32_t i = TPS_EAT_LATITUDE; i <= TPS_EAT_AGE; i++) {
        const tps_number *number = &location->member[i];
        if ((location->present & 1u << i) == 0) {
            continue;
        }
        if (!number_is_finite(*number) || (i >= TPS_EAT_TIMESTAMP && number->is_float) ||
            (i == TPS_EAT_AGE && number->value.integer < 0)) {
            return false;
        }
    }
    return true;
}

static tps_status check_enumerations(const tps_eat_claims *claims, tps_error *why)
{
    if ((claims->present & ~(uint32_t)HAS_ALL) != 0) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "present");
    }
    if (claims->dbgstat > TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY &&
        claims->dbgstat != TPS_EAT_DEBUG_ABSENT) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "dbgstat");
    }
    if (claims->intuse > TPS_EAT_USE_PROOF_OF_POSSESSION) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "intuse");
    }
    return TPS_OK;
}

static tps_status check_values(const tps_eat_claims *claims, tps_error *why)
{
    TPS_TRY(check_enumerations(claims, why));
    TPS_TRY(check_optional_size(claims->ueid, 7, 33, "ueid", why));
    TPS_TRY(check_optional_size(claims->hwmodel, 1, 32, "hwmodel", why));
    TPS_TRY(check_oemid(claims, why));
    TPS_TRY(check_version(&claims->hwversion, "hwversion", why));
    TPS_TRY(check_version(&claims->swversion, "swversion", why));
    TPS_TRY(claim_is_utf8(claims->swname, "swname", why));
    if (claims->location.present != 0 && !is_location(&claims->location)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "location");
    }
    if (claims->profile.data != NULL && !eat_profile_is_good(claims)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "eat_profile");
    }
    return claims->is_profile_oid ? TPS_OK : claim_is_utf8(claims->profile, "eat_profile", why);
}

static tps_status check_others(const tps_eat_claims *claims, tps_error *why)
{
    if (claims->others.data == NULL) {
        return TPS_OK;
    }
    TPS_TRY(claim_is_deterministic(claims->others, "others", why));
    return claims->others.data[0] >> 5 == TPS_CBOR_MAP ? TPS_OK
                                                       : tps_fail(why, TPS_CLAIM_BAD_TYPE, 0, "others");
}

static tps_status check_claims(const tps_eat_claims *claims, tps_error *why)
{
    TPS_TRY(cwt_claims_check_encoding(&claims->cwt, why));
    TPS_TRY(cwt_claims_check(&claims->cwt, why));
    if ((claims->cwt.present & TPS_CWT_HAS_IAT) != 0 && claims->cwt.iat.is_float) {
        return tps_fail(why, TPS_CLAIM_BAD_TYPE, 0, "iat");
    }
    TPS_TRY(check_values(claims, why));
    TPS_TRY(check_lists(claims, why));
    return check_others(claims, why);
}

/* ---- one claim ---- */

static bool put_bytes(tps_cbor_writer *w, int64_t label, tps_span bytes)
{
    if (bytes.data != NULL) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_bytes(w, bytes);
    }
    return bytes.data != NULL;
}

static bool put_text(tps_cbor_writer *w, int64_t label, tps_span text)
{
    if (text.data != NULL) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_text_span(w, text);
    }
    return text.data != NULL;
}

static bool put_uint(tps_cbor_writer *w, int64_t label, bool is_present, uint64_t value)
{
    if (is_present) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_uint(w, value);
    }
    return is_present;
}

static bool put_version(tps_cbor_writer *w, int64_t label, const tps_eat_version *version)
{
    if (version->version.data == NULL) {
        return false;
    }
    tps_cbor_put_int(w, label);
    tps_cbor_put_array(w, version->has_scheme ? 2 : 1);
    tps_cbor_put_text_span(w, version->version);
    if (version->has_scheme && version->scheme_name.data != NULL) {
        tps_cbor_put_text_span(w, version->scheme_name);
    } else if (version->has_scheme) {
        tps_cbor_put_int(w, version->scheme);
    }
    return true;
}

static bool put_oemid(tps_cbor_writer *w, const tps_eat_claims *claims)
{
    return claims->oem_kind >= TPS_EAT_OEM_IEEE
               ? put_bytes(w, TPS_EAT_OEMID, claims->oemid)
               : put_uint(w, TPS_EAT_OEMID, claims->oem_kind == TPS_EAT_OEM_PEN, claims->oem_pen);
}

static bool put_location(tps_cbor_writer *w, const tps_eat_location *location)
{
    uint64_t count = 0;

    for (uint32_t i = TPS_EAT_LATITUDE; i <= TPS_EAT_AGE; i++) {
        count += location->present >> i & 1;
    }
    if (count == 0) {
        return false;
    }
    tps_cbor_put_int(w, TPS_EAT_LOCATION);
    tps_cbor_put_map(w, count);
    for (uint32_t i = TPS_EAT_LATITUDE; i <= TPS_EAT_AGE; i++) {
        if ((location->present & 1u << i) != 0) {
            tps_cbor_put_uint(w, i);
            number_put(w, location->member[i]);
        }
    }
    return true;
}

static bool put_oemboot(tps_cbor_writer *w, const tps_eat_claims *claims)
{
    if ((claims->present & TPS_EAT_HAS_OEMBOOT) == 0) {
        return false;
    }
    tps_cbor_put_int(w, TPS_EAT_OEMBOOT);
    tps_cbor_put_bool(w, claims->oemboot);
    return true;
}

static bool put_list(tps_cbor_writer *w, int64_t label, const tps_eat_claims *claims)
{
    tps_eat_list list = list_of(claims, label);

    if (list.count > 0) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_raw(w, list.encoded);
    }
    return list.count > 0;
}

/* Puts claim `label` if it is there. Returns whether it is. */
static bool put_claim(tps_cbor_writer *w, int64_t label, const tps_eat_claims *c)
{
    if (eat_list_offset(label) != 0) {
        return put_list(w, label, c);
    }
    switch (label) {
    case TPS_EAT_UEID: return put_bytes(w, label, c->ueid);
    case TPS_EAT_OEMID: return put_oemid(w, c);
    case TPS_EAT_HWMODEL: return put_bytes(w, label, c->hwmodel);
    case TPS_EAT_HWVERSION: return put_version(w, label, &c->hwversion);
    case TPS_EAT_UPTIME: return put_uint(w, label, (c->present & TPS_EAT_HAS_UPTIME) != 0, c->uptime);
    case TPS_EAT_OEMBOOT: return put_oemboot(w, c);
    case TPS_EAT_DBGSTAT: return put_uint(w, label, c->dbgstat != TPS_EAT_DEBUG_ABSENT, c->dbgstat);
    case TPS_EAT_LOCATION: return put_location(w, &c->location);
    case TPS_EAT_PROFILE:
        return c->is_profile_oid ? put_bytes(w, label, c->profile) : put_text(w, label, c->profile);
    case TPS_EAT_BOOTCOUNT:
        return put_uint(w, label, (c->present & TPS_EAT_HAS_BOOTCOUNT) != 0, c->bootcount);
    case TPS_EAT_BOOTSEED: return put_bytes(w, label, c->bootseed);
    case TPS_EAT_SWNAME: return put_text(w, label, c->swname);
    case TPS_EAT_SWVERSION: return put_version(w, label, &c->swversion);
    case TPS_EAT_INTUSE: return put_uint(w, label, c->intuse != TPS_EAT_USE_ABSENT, c->intuse);
    default: return cwt_claim_put(w, label, &c->cwt);
    }
}

/* ---- the whole ---- */

/* The claims of `others` that have no member, in their order. */
typedef struct {
    tps_cbor_reader reader;
    tps_cbor_list map;
    tps_span key; /* as encoded; empty behind the last one */
    tps_span value;
    int64_t label;
} rest;

static void next_of_rest(rest *others)
{
    others->key = TPS_SPAN_EMPTY;
    while (tps_cbor_next(&others->reader, &others->map)) {
        tps_span key = tps_cbor_skip(&others->reader);
        tps_cbor_reader label = tps_cbor_reader_init(key);
        others->value = tps_cbor_skip(&others->reader);
        others->label = claim_label(&label);
        if (tps_eat_claim_name(others->label) == NULL) {
            others->key = key;
            return;
        }
    }
}

static rest rest_of(tps_span encoded)
{
    rest others = {.reader = tps_cbor_reader_init(encoded)};

    if (encoded.data != NULL) {
        others.map = tps_cbor_enter_map(&others.reader);
        next_of_rest(&others);
    }
    return others;
}

/* Puts what stands before `label`: labels that are negative, and texts, stand behind all of ours. */
static uint64_t put_rest_before(tps_cbor_writer *w, rest *others, int64_t label)
{
    uint64_t count = 0;

    while (others->key.size > 0 && (label == INT64_MAX || (others->label >= 0 && others->label < label))) {
        tps_cbor_put_raw(w, others->key);
        tps_cbor_put_raw(w, others->value);
        next_of_rest(others);
        count++;
    }
    return count;
}

static uint64_t put_claims(tps_cbor_writer *w, const tps_eat_claims *claims)
{
    rest others = rest_of(claims->others);
    uint64_t count = 0;

    for (int64_t label = 0; label <= TPS_EAT_INTUSE; label++) {
        if (label == TPS_CWT_CNONCE + 1) {
            label = TPS_EAT_UEID;
        }
        count += put_rest_before(w, &others, label);
        count += put_claim(w, label, claims);
    }
    return count + put_rest_before(w, &others, INT64_MAX);
}

tps_status tps_eat_encode(const tps_eat_claims *claims, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(check_claims(claims, why));
    tps_cbor_put_map(&w, put_claims(&measure, claims));
    put_claims(&w, claims);
    return claims_finish(&w, encoded, why);
}
