/* SPDX-License-Identifier: Apache-2.0 */
/* The registered claims of a CWT (RFC 8392, 3), read; and what is asked of them. */
#include "format/eat/claims.h"
#include "format/eat/cwt_claims.h"
#include "format/eat/number.h"

/* A text, or texts: one at least. */
static tps_span read_audience(tps_cbor_reader *r)
{
    tps_cbor_reader start = *r;
    tps_cbor_list list;
    size_t count = 0;

    if (tps_cbor_peek(r) != TPS_CBOR_ARRAY) {
        tps_cbor_get_text(r);
    } else {
        list = tps_cbor_enter_array(r);
        while (tps_cbor_next(r, &list)) {
            tps_cbor_get_text(r);
            count++;
        }
        if (count == 0) {
            tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
        }
    }
    return r->status == TPS_OK ? tps_cbor_skip(&start) : TPS_SPAN_EMPTY;
}

static tps_span read_scope(tps_cbor_reader *r, bool *is_binary)
{
    *is_binary = tps_cbor_peek(r) == TPS_CBOR_BYTES;
    return *is_binary ? tps_cbor_get_bytes(r) : tps_cbor_get_text(r);
}

static tps_span read_map(tps_cbor_reader *r)
{
    if (tps_cbor_peek(r) != TPS_CBOR_MAP) {
        tps_cbor_fail(r, TPS_CBOR_UNEXPECTED_TYPE);
    }
    return tps_cbor_skip(r);
}

static void read_date(tps_cbor_reader *r, uint32_t bit, tps_number *date, tps_cwt_claims *out)
{
    *date = number_read_date(r);
    out->present |= bit;
}

const char *cwt_claim_read(tps_cbor_reader *r, int64_t label, tps_cwt_claims *out)
{
    switch (label) {
    case TPS_CWT_ISS: out->iss = tps_cbor_get_text(r); return "iss";
    case TPS_CWT_SUB: out->sub = tps_cbor_get_text(r); return "sub";
    case TPS_CWT_AUD: out->aud = read_audience(r); return "aud";
    case TPS_CWT_EXP: read_date(r, TPS_CWT_HAS_EXP, &out->exp, out); return "exp";
    case TPS_CWT_NBF: read_date(r, TPS_CWT_HAS_NBF, &out->nbf, out); return "nbf";
    case TPS_CWT_IAT: read_date(r, TPS_CWT_HAS_IAT, &out->iat, out); return "iat";
    case TPS_CWT_CTI: out->cti = tps_cbor_get_bytes(r); return "cti";
    case TPS_CWT_CNF: out->cnf = read_map(r); return "cnf";
    case TPS_CWT_SCOPE: out->scope = read_scope(r, &out->is_scope_binary); return "scope";
    case TPS_CWT_CNONCE: out->cnonce = tps_cbor_get_bytes(r); return "cnonce";
    default: return NULL;
    }
}

tps_status cwt_claims_check(const tps_cwt_claims *claims, tps_error *why)
{
    tps_cwt_confirmation confirmation;

    return claims->cnf.data == NULL ? TPS_OK : tps_cwt_confirmation_decode(claims->cnf, &confirmation, why);
}

tps_status tps_cwt_read(tps_span encoded, tps_cwt_claims *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list map;

    memset(out, 0, sizeof *out);
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        const char *name = cwt_claim_read(&r, claim_label(&r), out);
        if (name == NULL) {
            tps_cbor_skip(&r);
            name = "a claim that is unknown here";
        }
        TPS_TRY(claim_read_status(&r, name, why));
    }
    TPS_TRY(claim_read_status(&r, "claims", why));
    return cwt_claims_check(out, why);
}

tps_status tps_cwt_decode(tps_span encoded, tps_cwt_claims *out, tps_error *why)
{
    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    return tps_cwt_read(encoded, out, why);
}

/* ---- judgement ---- */

tps_status tps_cwt_check_time(const tps_cwt_claims *claims, int64_t now, uint32_t leeway, tps_error *why)
{
    int64_t earliest = now < INT64_MIN + leeway ? INT64_MIN : now - leeway;
    int64_t latest = now > INT64_MAX - leeway ? INT64_MAX : now + leeway;

    if ((claims->present & TPS_CWT_HAS_EXP) != 0 && earliest >= tps_number_ceiling(claims->exp)) {
        return tps_fail(why, TPS_CLAIM_EXPIRED, 0, "exp");
    }
    if ((claims->present & TPS_CWT_HAS_NBF) != 0 && latest < tps_number_ceiling(claims->nbf)) {
        return tps_fail(why, TPS_CLAIM_NOT_YET_VALID, 0, "nbf");
    }
    return TPS_OK;
}

bool tps_cwt_is_for(const tps_cwt_claims *claims, tps_span audience)
{
    tps_cbor_reader r = tps_cbor_reader_init(claims->aud);
    tps_cbor_list list;

    if (tps_cbor_peek(&r) == TPS_CBOR_TEXT) {
        return tps_span_equal(tps_cbor_get_text(&r), audience);
    }
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        if (tps_span_equal(tps_cbor_get_text(&r), audience) && r.status == TPS_OK) {
            return true;
        }
    }
    return false;
}

/* ---- the confirmation ---- */

/* A tag or an array: COSE_Encrypt or COSE_Encrypt0, whose insides are COSE's to judge. */
static tps_span read_encrypted_key(tps_cbor_reader *r)
{
    tps_cbor_reader start = *r;

    tps_cbor_take_tag(r, 16);
    tps_cbor_take_tag(r, 96);
    if (tps_cbor_peek(r) != TPS_CBOR_ARRAY) {
        tps_cbor_fail(r, TPS_CBOR_UNEXPECTED_TYPE);
    }
    tps_cbor_skip(r);
    return r->status == TPS_OK ? tps_cbor_skip(&start) : TPS_SPAN_EMPTY;
}

/* The value of a member; false when the label is none that is known. */
static bool read_confirmation(tps_cbor_reader *r, int64_t label, tps_span *value)
{
    switch (label) {
    case TPS_CWT_CONFIRMATION_KEY: *value = read_map(r); return true;
    case TPS_CWT_CONFIRMATION_ENCRYPTED_KEY: *value = read_encrypted_key(r); return true;
    case TPS_CWT_CONFIRMATION_KEY_ID:
    case TPS_CWT_CONFIRMATION_THUMBPRINT: *value = tps_cbor_get_bytes(r); return true;
    default: tps_cbor_skip(r); return false;
    }
}

static tps_status check_confirmation(const tps_cwt_confirmation *c, tps_error *why)
{
    if (c->kind == TPS_CWT_CONFIRMATION_UNKNOWN && c->unknown_count == 0) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "cnf: it is empty");
    }
    if (c->kind == TPS_CWT_CONFIRMATION_KEY_ID && c->value.size == 0) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "cnf: kid is empty");
    }
    if (c->kind == TPS_CWT_CONFIRMATION_THUMBPRINT && c->value.size != 32) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "cnf: a thumbprint of SHA-256 has 32 bytes");
    }
    return TPS_OK;
}

tps_status tps_cwt_confirmation_decode(tps_span encoded, tps_cwt_confirmation *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    *out = (tps_cwt_confirmation){.kind = TPS_CWT_CONFIRMATION_UNKNOWN};
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        int64_t label = claim_label(&r);
        tps_span value = TPS_SPAN_EMPTY;
        if (!read_confirmation(&r, label, &value)) {
            out->unknown_count++;
            continue;
        }
        if (out->kind != TPS_CWT_CONFIRMATION_UNKNOWN) {
            return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(&r), "cnf: more than one key");
        }
        out->kind = (uint32_t)label;
        out->value = value;
    }
    TPS_TRY(claim_read_status(&r, "cnf", why));
    return check_confirmation(out, why);
}
