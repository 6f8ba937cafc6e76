/* SPDX-License-Identifier: Apache-2.0 */
/* A result verified: signature, then claims, then whether it is for the one who asks, now. */
#include "format/dual/dual.h"
#include "tps/base64.h"
#include "tps/ear.h"

/* ---- what is asked of it ---- */

static tps_status check_times(const tps_ear *ear, const tps_ear_terms *terms, tps_error *why)
{
    int64_t latest = terms->now > INT64_MAX - (int64_t)terms->leeway ? INT64_MAX : terms->now + terms->leeway;
    int64_t earliest = terms->now - (int64_t)terms->leeway;

    if ((ear->present & TPS_EAR_HAS_EXP) == 0 && !terms->permit_no_expiry) {
        return tps_fail(why, TPS_EAR_CLAIM_MISSING, 0, "exp");
    }
    if ((ear->present & TPS_EAR_HAS_EXP) != 0 && ear->exp <= earliest) {
        return tps_fail(why, TPS_EAR_EXPIRED, 0, "exp");
    }
    if (ear->iat > latest) {
        return tps_fail(why, TPS_EAR_NOT_YET_VALID, 0, "iat");
    }
    if ((ear->present & TPS_EAR_HAS_NBF) != 0 && ear->nbf > latest) {
        return tps_fail(why, TPS_EAR_NOT_YET_VALID, 0, "nbf");
    }
    return TPS_OK;
}

/* Names of audiences that need escapes are compared up to this size. */
#define ESCAPED_AUDIENCE_MAX 256u

static bool next_text_is(dual_reader *r, tps_span text)
{
    uint8_t unescaped[ESCAPED_AUDIENCE_MAX];
    tps_buf room = TPS_BUF_OF(unescaped);
    bool is_same;

    r->room = &room;
    is_same = tps_span_equal(dual_get_text(r), text); /* empty after an error, and `text` is not */
    r->room = NULL;
    return is_same;
}

static bool is_for(const tps_ear *ear, tps_span audience)
{
    dual_reader r = dual_reader_init(ear->audience, ear->is_json, NULL);
    dual_list list;

    if (dual_peek(&r) == DUAL_TEXT) {
        return next_text_is(&r, audience);
    }
    list = dual_enter_array(&r);
    while (dual_next(&r, &list)) {
        if (next_text_is(&r, audience)) {
            return true;
        }
    }
    return false;
}

tps_status tps_ear_check(const tps_ear *ear, const tps_ear_terms *terms, tps_error *why)
{
    TPS_TRY(check_times(ear, terms, why));
    if (terms->nonce.size != 0) {
        if (ear->nonce.size == 0) {
            return tps_fail(why, TPS_EAR_CLAIM_MISSING, 0, "eat_nonce");
        }
        if (!tps_ear_nonce_is(ear->nonce, ear->is_json, terms->nonce)) {
            return tps_fail(why, TPS_EAR_BAD_CLAIM, 0, "eat_nonce: another one");
        }
    }
    if (terms->audience.size != 0 && ear->audience.size != 0 && !is_for(ear, terms->audience)) {
        return tps_fail(why, TPS_EAR_BAD_CLAIM, 0, "aud: another one");
    }
    return TPS_OK;
}

static tps_status read_and_check(tps_span claims, bool is_json, const tps_ear_terms *terms, tps_buf *room,
                                 tps_ear *out, tps_error *why)
{
    tps_ear ear;

    TPS_TRY(tps_ear_decode(claims, room, &ear, why));
    if (ear.is_json != is_json) {
        return tps_fail(why, TPS_EAR_BAD_CLAIM, 0,
                        is_json ? "a JWT with claims in CBOR" : "a CWT with claims in JSON");
    }
    TPS_TRY(tps_ear_check(&ear, terms, why));
    *out = ear;
    return TPS_OK;
}

/* ---- JWT ---- */

tps_status tps_ear_verify_jwt(tps_span text, struct tps_crypto_key *key, const tps_ear_terms *terms,
                              tps_buf *room, tps_ear *out, tps_error *why)
{
    tps_jws_header header;
    tps_jws jws;
    size_t size;
    tps_status status = tps_jws_parse(text, &jws);

    if (status != TPS_OK) {
        return tps_fail(why, status, 0, NULL);
    }
    TPS_TRY(tps_jws_read_header(&jws, room, &header, why));
    status = tps_jws_verify_as(&jws, header.alg, key);
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, NULL);
    }
    status = tps_base64_read(jws.payload, *room, &size);
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "payload");
    }
    {
        tps_span claims = tps_span_make(room->data, size);
        room->data += size;
        room->size -= size;
        return read_and_check(claims, true, terms, room, out, why);
    }
}

/* ---- CWT ---- */

tps_status tps_ear_verify_cwt(tps_span message, const tps_cose_key_finder *keys, const tps_ear_terms *terms,
                              tps_ear *out, tps_error *why)
{
    tps_cose_message verified;

    TPS_TRY(tps_cose_sign1_verify(message, keys, NULL, &verified, why));
    return read_and_check(verified.payload, false, terms, NULL, out, why);
}
