/* SPDX-License-Identifier: Apache-2.0 */
/* EAT claims of the opentps device profile (RFC 9711; spec/device-profile.cddl). */
#include "tps/device_claims.h"

#include "format/eat/claims.h"
#include "format/eat/device_state.h"

/* Keys within a measured component: those of a PSA software component (RFC 9783, 4.4.1). */
enum { COMPONENT_NAME = 1, COMPONENT_DIGEST = 2, COMPONENT_VERSION = 4, COMPONENT_SIGNER_ID = 5 };

/* The last of the uses that RFC 9711, 4.3.3, lists: proof of possession. */
#define INTUSE_MAX 5u

#define HAS_ALL                                                                                    \
    (TPS_DEVICE_HAS_EXP | TPS_DEVICE_HAS_IAT | TPS_DEVICE_HAS_OEMBOOT | TPS_DEVICE_HAS_BOOTCOUNT | \
     TPS_DEVICE_HAS_INTUSE | TPS_DEVICE_HAS_LIFECYCLE | TPS_DEVICE_HAS_SECURITY_COUNTER)

/* [text, ?scheme]: hwversion and swversion (RFC 9711, 4.2.5 and 4.2.7). */
static tps_span read_version(tps_cbor_reader *r)
{
    tps_cbor_list array = tps_cbor_enter_array(r);
    tps_span version = TPS_SPAN_EMPTY;

    if (array.left != 1 && array.left != 2) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    if (tps_cbor_next(r, &array)) {
        version = tps_cbor_get_text(r);
    }
    while (tps_cbor_next(r, &array)) {
        tps_cbor_get_int(r);
    }
    return version;
}

/* Exactly one pairwise identifier: a second one would let two providers compare. */
static void read_sueids(tps_cbor_reader *r, tps_device_claims *out)
{
    tps_cbor_list map = tps_cbor_enter_map(r);

    if (map.left != 1) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    while (tps_cbor_next(r, &map)) {
        out->sueid_label = tps_cbor_get_text(r);
        out->sueid = tps_cbor_get_bytes(r);
    }
}

/* A map as it is encoded. */
static tps_span read_map(tps_cbor_reader *r)
{
    if (tps_cbor_peek(r) != TPS_CBOR_MAP) {
        tps_cbor_fail(r, TPS_CBOR_UNEXPECTED_TYPE);
    }
    return tps_cbor_skip(r);
}

static void read_component(tps_cbor_reader *r, tps_device_component *component)
{
    tps_cbor_list map = tps_cbor_enter_map(r);

    *component = (tps_device_component){.name = TPS_SPAN_EMPTY};
    while (tps_cbor_next(r, &map)) {
        switch (claim_label(r)) {
        case COMPONENT_NAME: component->name = tps_cbor_get_text(r); break;
        case COMPONENT_DIGEST: component->digest = tps_cbor_get_bytes(r); break;
        case COMPONENT_VERSION: component->version = tps_cbor_get_text(r); break;
        case COMPONENT_SIGNER_ID: component->signer_id = tps_cbor_get_bytes(r); break;
        default: tps_cbor_skip(r); break;
        }
    }
}

static tps_status read_components(tps_span encoded, tps_device_claims *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list array;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    array = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &array)) {
        if (out->component_count == TPS_DEVICE_COMPONENTS_MAX) {
            return tps_fail(why, TPS_CBOR_TOO_MANY, 0, "measurements");
        }
        read_component(&r, &out->components[out->component_count++]);
    }
    return claim_read_status(&r, "measurements", why);
}

/* [+ [content-format, bytes]]; the profile has one entry, whose format is application/cbor. */
static tps_status read_measurements(tps_cbor_reader *r, tps_device_claims *out, tps_error *why)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    tps_cbor_list pair;
    uint64_t format;
    tps_span content;

    if (r->status == TPS_OK && list.left != 1) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(r), "measurements");
    }
    pair = tps_cbor_enter_array(r);
    format = tps_cbor_get_uint(r);
    content = tps_cbor_get_bytes(r);
    TPS_TRY(claim_read_status(r, "measurements", why));
    if (pair.left != 2 || format != TPS_DEVICE_MEASUREMENTS_FORMAT) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(r), "measurements");
    }
    return read_components(content, out, why);
}

static void read_small(tps_cbor_reader *r, uint32_t most, uint32_t *value)
{
    uint64_t number = tps_cbor_get_uint(r);

    if (number > most) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    *value = (uint32_t)number;
}

/* Claims on who asks and who answers. Returns the claim's name, or NULL if the label is none of them. */
static const char *read_identity_claim(tps_cbor_reader *r, int64_t label, tps_device_claims *out)
{
    switch (label) {
    case TPS_CWT_AUD: out->aud = tps_cbor_get_text(r); return "aud";
    case TPS_CWT_EXP:
        out->exp = tps_cbor_get_int(r);
        out->present |= TPS_DEVICE_HAS_EXP;
        return "exp";
    case TPS_CWT_IAT:
        out->iat = tps_cbor_get_int(r);
        out->present |= TPS_DEVICE_HAS_IAT;
        return "iat";
    case TPS_CWT_CNF: out->cnf = read_map(r); return "cnf";
    case TPS_EAT_NONCE: out->nonce = tps_cbor_get_bytes(r); return "nonce";
    case TPS_EAT_UEID: out->ueid = tps_cbor_get_bytes(r); return "ueid";
    case TPS_EAT_SUEIDS: read_sueids(r, out); return "sueids";
    case TPS_EAT_OEMID: out->oemid = tps_cbor_get_bytes(r); return "oemid";
    case TPS_EAT_HWMODEL: out->hwmodel = tps_cbor_get_bytes(r); return "hwmodel";
    case TPS_EAT_HWVERSION: out->hwversion = read_version(r); return "hwversion";
    case TPS_EAT_PROFILE: out->profile = tps_cbor_get_text(r); return "eat_profile";
    default: return NULL;
    }
}

/* Claims on the state the device is in, but for the measurements. */
static const char *read_state_claim(tps_cbor_reader *r, int64_t label, tps_device_claims *out)
{
    uint32_t small = 0;

    switch (label) {
    case TPS_EAT_OEMBOOT:
        out->oemboot = tps_cbor_get_bool(r);
        out->present |= TPS_DEVICE_HAS_OEMBOOT;
        return "oemboot";
    case TPS_EAT_DBGSTAT:
        read_small(r, TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY, &small);
        out->dbgstat = (uint8_t)small;
        return "dbgstat";
    case TPS_EAT_BOOTCOUNT:
        out->bootcount = tps_cbor_get_uint(r);
        out->present |= TPS_DEVICE_HAS_BOOTCOUNT;
        return "bootcount";
    case TPS_EAT_BOOTSEED: out->bootseed = tps_cbor_get_bytes(r); return "bootseed";
    case TPS_EAT_SWNAME: out->swname = tps_cbor_get_text(r); return "swname";
    case TPS_EAT_SWVERSION: out->swversion = read_version(r); return "swversion";
    case TPS_EAT_INTUSE:
        read_small(r, INTUSE_MAX, &out->intuse);
        out->present |= TPS_DEVICE_HAS_INTUSE;
        return "intuse";
    default: return NULL;
    }
}

static tps_status read_claim(tps_cbor_reader *r, tps_device_claims *out, tps_error *why)
{
    int64_t label = claim_label(r);
    const char *name;

    if (label == TPS_EAT_MEASUREMENTS) {
        return read_measurements(r, out, why);
    }
    name = read_identity_claim(r, label, out);
    name = name != NULL ? name : read_state_claim(r, label, out);
    name = name != NULL ? name : device_state_read(r, label, out);
    if (name == NULL) {
        tps_cbor_skip(r);
        name = "a claim that is unknown here";
    }
    return claim_read_status(r, name, why);
}

static tps_status check_identity(const tps_device_claims *claims, tps_error *why)
{
    TPS_TRY(claim_present(claims->ueid.data != NULL || claims->sueid.data != NULL, "ueid or sueids", why));
    if (claims->ueid.data != NULL && claims->sueid.data != NULL) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0,
                        "ueid and sueids together would link what must stay apart");
    }
    if (claims->ueid.data != NULL) {
        TPS_TRY(claim_size_in(claims->ueid, 7, 33, "ueid", why));
    } else {
        TPS_TRY(claim_size_in(claims->sueid, 7, 33, "sueids", why));
        TPS_TRY(claim_size_in(claims->sueid_label, 1, 255, "sueids", why));
    }
    if (claims->oemid.size != 3 && claims->oemid.size != 16) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "oemid");
    }
    return claim_size_in(claims->hwmodel, 1, 32, "hwmodel", why);
}

static tps_status check_components(const tps_device_claims *claims, tps_error *why)
{
    TPS_TRY(claim_present(claims->component_count > 0, "measurements", why));
    if (claims->component_count > TPS_DEVICE_COMPONENTS_MAX) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "measurements");
    }
    for (size_t i = 0; i < claims->component_count; i++) {
        const tps_device_component *component = &claims->components[i];
        TPS_TRY(claim_size_in(component->name, 1, 255, "name of a measurement", why));
        TPS_TRY(claim_size_in(component->digest, 32, 32, "digest of a measurement", why));
        if (component->signer_id.data != NULL) {
            TPS_TRY(claim_size_in(component->signer_id, 32, 32, "signer id of a measurement", why));
        }
    }
    return TPS_OK;
}

static tps_status check_claims(const tps_device_claims *claims, tps_error *why)
{
    if (!tps_span_is_text(claims->profile, TPS_DEVICE_PROFILE)) {
        return tps_fail(why, TPS_CLAIM_UNKNOWN_PROFILE, 0, "eat_profile");
    }
    TPS_TRY(claim_present(claims->oemid.data != NULL, "oemid", why));
    TPS_TRY(claim_present(claims->hwmodel.data != NULL, "hwmodel", why));
    TPS_TRY(claim_present(claims->dbgstat != TPS_EAT_DEBUG_ABSENT, "dbgstat", why));
    if (claims->dbgstat > TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "dbgstat");
    }
    if (claims->nonce.data != NULL) {
        TPS_TRY(claim_size_in(claims->nonce, 8, 64, "nonce", why));
    }
    TPS_TRY(check_identity(claims, why));
    if (claims->bootseed.data != NULL) {
        TPS_TRY(claim_size_in(claims->bootseed, 32, 32, "bootseed", why));
    }
    if ((claims->present & TPS_DEVICE_HAS_INTUSE) != 0 &&
        (claims->intuse == 0 || claims->intuse > INTUSE_MAX)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "intuse");
    }
    TPS_TRY(device_state_check(claims, why));
    return check_components(claims, why);
}

tps_status tps_device_claims_decode(tps_span encoded, tps_device_claims *out, tps_error *why)
{
    TPS_TRY(tps_device_claims_decode_submodule(encoded, out, why));
    return claim_present(out->nonce.data != NULL, "nonce", why);
}

tps_status tps_device_claims_decode_submodule(tps_span encoded, tps_device_claims *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    memset(out, 0, offsetof(tps_device_claims, components));
    out->dbgstat = TPS_EAT_DEBUG_ABSENT;
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        TPS_TRY(read_claim(&r, out, why));
    }
    TPS_TRY(claim_read_status(&r, "claims", why));
    return check_claims(out, why);
}

static void put_components(tps_cbor_writer *w, const tps_device_claims *claims)
{
    tps_cbor_put_array(w, claims->component_count);
    for (size_t i = 0; i < claims->component_count; i++) {
        const tps_device_component *component = &claims->components[i];
        tps_cbor_put_map(w, 2u + (component->version.size > 0) + (component->signer_id.size > 0));
        tps_cbor_put_int(w, COMPONENT_NAME);
        tps_cbor_put_text_span(w, component->name);
        tps_cbor_put_int(w, COMPONENT_DIGEST);
        tps_cbor_put_bytes(w, component->digest);
        if (component->version.size > 0) {
            tps_cbor_put_int(w, COMPONENT_VERSION);
            tps_cbor_put_text_span(w, component->version);
        }
        if (component->signer_id.size > 0) {
            tps_cbor_put_int(w, COMPONENT_SIGNER_ID);
            tps_cbor_put_bytes(w, component->signer_id);
        }
    }
}

static void put_measurements(tps_cbor_writer *w, const tps_device_claims *claims)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);

    put_components(&measure, claims);
    tps_cbor_put_int(w, TPS_EAT_MEASUREMENTS);
    tps_cbor_put_array(w, 1);
    tps_cbor_put_array(w, 2);
    tps_cbor_put_uint(w, TPS_DEVICE_MEASUREMENTS_FORMAT);
    tps_cbor_put_bytes_head(w, measure.size);
    put_components(w, claims);
}

static void put_bytes(tps_cbor_writer *w, int64_t label, tps_span value)
{
    if (value.size > 0) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_bytes(w, value);
    }
}

static void put_text(tps_cbor_writer *w, int64_t label, tps_span value)
{
    if (value.size > 0) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_text_span(w, value);
    }
}

static void put_version(tps_cbor_writer *w, int64_t label, tps_span version)
{
    if (version.size > 0) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_array(w, 1);
        tps_cbor_put_text_span(w, version);
    }
}

static void put_integer(tps_cbor_writer *w, bool is_present, int64_t label, int64_t value)
{
    if (is_present) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_int(w, value);
    }
}

/* The first half of the claims, in the order of their labels: who asks and who answers. */
static void put_identity(tps_cbor_writer *w, const tps_device_claims *claims)
{
    put_text(w, TPS_CWT_AUD, claims->aud);
    put_integer(w, (claims->present & TPS_DEVICE_HAS_EXP) != 0, TPS_CWT_EXP, claims->exp);
    put_integer(w, (claims->present & TPS_DEVICE_HAS_IAT) != 0, TPS_CWT_IAT, claims->iat);
    if (claims->cnf.size > 0) {
        tps_cbor_put_int(w, TPS_CWT_CNF);
        tps_cbor_put_raw(w, claims->cnf);
    }
    put_bytes(w, TPS_EAT_NONCE, claims->nonce);
    put_bytes(w, TPS_EAT_UEID, claims->ueid);
    if (claims->sueid.size > 0) {
        tps_cbor_put_int(w, TPS_EAT_SUEIDS);
        tps_cbor_put_map(w, 1);
        tps_cbor_put_text_span(w, claims->sueid_label);
        tps_cbor_put_bytes(w, claims->sueid);
    }
    put_bytes(w, TPS_EAT_OEMID, claims->oemid);
    put_bytes(w, TPS_EAT_HWMODEL, claims->hwmodel);
    put_version(w, TPS_EAT_HWVERSION, claims->hwversion);
}

/* The second half: what state it is in. */
static void put_state(tps_cbor_writer *w, const tps_device_claims *claims)
{
    if ((claims->present & TPS_DEVICE_HAS_OEMBOOT) != 0) {
        tps_cbor_put_int(w, TPS_EAT_OEMBOOT);
        tps_cbor_put_bool(w, claims->oemboot);
    }
    put_integer(w, true, TPS_EAT_DBGSTAT, claims->dbgstat);
    put_text(w, TPS_EAT_PROFILE, claims->profile);
    if (claims->submods.size > 0) {
        tps_cbor_put_int(w, TPS_EAT_SUBMODS);
        tps_cbor_put_raw(w, claims->submods);
    }
    if ((claims->present & TPS_DEVICE_HAS_BOOTCOUNT) != 0) {
        tps_cbor_put_int(w, TPS_EAT_BOOTCOUNT);
        tps_cbor_put_uint(w, claims->bootcount);
    }
    put_bytes(w, TPS_EAT_BOOTSEED, claims->bootseed);
    put_text(w, TPS_EAT_SWNAME, claims->swname);
    put_version(w, TPS_EAT_SWVERSION, claims->swversion);
    put_measurements(w, claims);
    put_integer(w, (claims->present & TPS_DEVICE_HAS_INTUSE) != 0, TPS_EAT_INTUSE, claims->intuse);
}

static uint64_t count_claims(const tps_device_claims *claims)
{
    const tps_span optional[] = {claims->aud,    claims->cnf,       claims->ueid,
                                 claims->sueid,  claims->hwversion, claims->bootseed,
                                 claims->swname, claims->swversion, claims->submods};
    uint64_t count =
        6 + device_state_count(claims); /* nonce, oemid, hwmodel, dbgstat, profile, measurements */

    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
        count += optional[i].size > 0;
    }
    for (uint32_t bits = claims->present; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

/* What tps_cbor_check() and the reader see to in decoding. */
static tps_status check_encoding(const tps_device_claims *claims, tps_error *why)
{
    const tps_span texts[] = {claims->aud, claims->sueid_label, claims->hwversion, claims->swname,
                              claims->swversion};
    static const char *const names[] = {"aud", "sueids", "hwversion", "swname", "swversion"};
    tps_cbor_limits limits = tps_cbor_limits_message;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        TPS_TRY(claim_is_utf8(texts[i], names[i], why));
    }
    for (size_t i = 0; i < claims->component_count; i++) {
        TPS_TRY(claim_is_utf8(claims->components[i].name, "name of a measurement", why));
        TPS_TRY(claim_is_utf8(claims->components[i].version, "version of a measurement", why));
    }
    if ((claims->present & ~(uint32_t)HAS_ALL) != 0) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "present");
    }
    if (claims->cnf.size > 0) {
        limits.form = &tps_cbor_deterministic;
        TPS_TRY(tps_cbor_check(claims->cnf, &limits, NULL, why));
        if (claims->cnf.data[0] >> 5 != TPS_CBOR_MAP) {
            return tps_fail(why, TPS_CLAIM_BAD_TYPE, 0, "cnf");
        }
    }
    return device_state_check_encoding(claims, why);
}

tps_status tps_device_claims_encode(const tps_device_claims *claims, tps_buf out, tps_span *encoded,
                                    tps_error *why)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(check_claims(claims, why));
    TPS_TRY(claim_present(claims->nonce.data != NULL, "nonce", why));
    TPS_TRY(check_encoding(claims, why));
    tps_cbor_put_map(&w, count_claims(claims));
    put_identity(&w, claims);
    put_state(&w, claims);
    device_state_put(&w, claims);
    return claims_finish(&w, encoded, why);
}
