/* SPDX-License-Identifier: Apache-2.0 */
/* The registered claims of a CWT (RFC 8392, 3), written. */
#include "format/eat/claims.h"
#include "format/eat/cwt_claims.h"
#include "format/eat/number.h"

#define HAS_ALL (TPS_CWT_HAS_EXP | TPS_CWT_HAS_NBF | TPS_CWT_HAS_IAT)

static tps_status check_date(const tps_cwt_claims *claims, uint32_t bit, tps_number date, const char *name,
                             tps_error *why)
{
    return (claims->present & bit) == 0 || number_is_date(date) ? TPS_OK
                                                                : tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, name);
}

/* The audience must be what decoding takes. */
static tps_status check_audience(tps_span aud, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(aud);
    tps_cwt_claims read = {0};

    if (aud.data == NULL) {
        return TPS_OK;
    }
    TPS_TRY(claim_is_deterministic(aud, "aud", why));
    (void)cwt_claim_read(&r, TPS_CWT_AUD, &read);
    return claim_read_status(&r, "aud", why);
}

tps_status cwt_claims_check_encoding(const tps_cwt_claims *claims, tps_error *why)
{
    if ((claims->present & ~(uint32_t)HAS_ALL) != 0) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "present");
    }
    TPS_TRY(claim_is_utf8(claims->iss, "iss", why));
    TPS_TRY(claim_is_utf8(claims->sub, "sub", why));
    if (!claims->is_scope_binary) {
        TPS_TRY(claim_is_utf8(claims->scope, "scope", why));
    }
    TPS_TRY(check_date(claims, TPS_CWT_HAS_EXP, claims->exp, "exp", why));
    TPS_TRY(check_date(claims, TPS_CWT_HAS_NBF, claims->nbf, "nbf", why));
    TPS_TRY(check_date(claims, TPS_CWT_HAS_IAT, claims->iat, "iat", why));
    TPS_TRY(check_audience(claims->aud, why));
    return claims->cnf.data == NULL ? TPS_OK : claim_is_deterministic(claims->cnf, "cnf", why);
}

static bool put_text(tps_cbor_writer *w, int64_t label, tps_span text)
{
    if (text.data != NULL) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_text_span(w, text);
    }
    return text.data != NULL;
}

static bool put_bytes(tps_cbor_writer *w, int64_t label, tps_span bytes)
{
    if (bytes.data != NULL) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_bytes(w, bytes);
    }
    return bytes.data != NULL;
}

static bool put_raw(tps_cbor_writer *w, int64_t label, tps_span encoded)
{
    if (encoded.data != NULL) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_raw(w, encoded);
    }
    return encoded.data != NULL;
}

static bool put_date(tps_cbor_writer *w, int64_t label, bool is_present, tps_number date)
{
    if (is_present) {
        tps_cbor_put_int(w, label);
        number_put(w, date);
    }
    return is_present;
}

bool cwt_claim_put(tps_cbor_writer *w, int64_t label, const tps_cwt_claims *claims)
{
    switch (label) {
    case TPS_CWT_ISS: return put_text(w, label, claims->iss);
    case TPS_CWT_SUB: return put_text(w, label, claims->sub);
    case TPS_CWT_AUD: return put_raw(w, label, claims->aud);
    case TPS_CWT_EXP: return put_date(w, label, (claims->present & TPS_CWT_HAS_EXP) != 0, claims->exp);
    case TPS_CWT_NBF: return put_date(w, label, (claims->present & TPS_CWT_HAS_NBF) != 0, claims->nbf);
    case TPS_CWT_IAT: return put_date(w, label, (claims->present & TPS_CWT_HAS_IAT) != 0, claims->iat);
    case TPS_CWT_CTI: return put_bytes(w, label, claims->cti);
    case TPS_CWT_CNF: return put_raw(w, label, claims->cnf);
    case TPS_CWT_SCOPE:
        return claims->is_scope_binary ? put_bytes(w, label, claims->scope)
                                       : put_text(w, label, claims->scope);
    case TPS_CWT_CNONCE: return put_bytes(w, label, claims->cnonce);
    default: return false;
    }
}

/* Puts all claims in the order of their labels; returns how many. */
static uint64_t put_claims(tps_cbor_writer *w, const tps_cwt_claims *claims)
{
    uint64_t count = 0;

    for (int64_t label = TPS_CWT_ISS; label <= TPS_CWT_CNONCE; label++) {
        count += cwt_claim_put(w, label, claims);
    }
    return count;
}

tps_status tps_cwt_encode(const tps_cwt_claims *claims, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(cwt_claims_check_encoding(claims, why));
    TPS_TRY(cwt_claims_check(claims, why));
    tps_cbor_put_map(&w, put_claims(&measure, claims));
    put_claims(&w, claims);
    return claims_finish(&w, encoded, why);
}
