/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of an answer below a DICE chain. */
#include "verifier/evidence/dice.h"

#include "tps/dice.h"
#include "tps/eat.h"

enum { NONCE_MIN = 8, NONCE_MAX = 64, UEID_MIN = 7, UEID_MAX = 33, AUD_MAX = 256 };

static tps_span get_sized(tps_cbor_reader *r, int type, size_t least, size_t most)
{
    tps_span value;

    if ((int)tps_cbor_peek(r) != type) {
        tps_cbor_fail(r, TPS_CLAIM_BAD_TYPE);
        return TPS_SPAN_EMPTY;
    }
    value = type == TPS_CBOR_TEXT ? tps_cbor_get_text(r) : tps_cbor_get_bytes(r);
    if (r->status == TPS_OK && (value.size < least || value.size > most)) {
        tps_cbor_fail(r, TPS_CLAIM_BAD_VALUE);
    }
    return value;
}

/* Claims that are unknown are passed over (RFC 8392, 3); `name` is of the one that was read. */
static void read_claim(tps_cbor_reader *r, evidence_claims *out, const char **name)
{
    int type = (int)tps_cbor_peek(r);
    int64_t label = 0;

    *name = NULL;
    if (type == TPS_CBOR_UINT || type == TPS_CBOR_NINT) {
        label = tps_cbor_get_int(r);
    } else {
        tps_cbor_skip(r);
    }
    switch (label) {
    case TPS_CWT_AUD:
        *name = "aud";
        out->aud = get_sized(r, TPS_CBOR_TEXT, 1, AUD_MAX);
        break;
    case TPS_EAT_NONCE:
        *name = "eat_nonce";
        out->nonce = get_sized(r, TPS_CBOR_BYTES, NONCE_MIN, NONCE_MAX);
        break;
    case TPS_EAT_UEID:
        *name = "ueid";
        out->instance_id = get_sized(r, TPS_CBOR_BYTES, UEID_MIN, UEID_MAX);
        break;
    default: tps_cbor_skip(r); break;
    }
}

tps_status dice_answer_read(tps_span payload, evidence_claims *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(payload);
    tps_cbor_list map;
    const char *name = NULL;

    TPS_TRY(tps_cbor_check(payload, &tps_cbor_limits_message, NULL, why));
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        read_claim(&r, out, &name);
    }
    if (r.status != TPS_OK) {
        return tps_fail(why, r.status, (size_t)(r.at - payload.data), name);
    }
    return out->nonce.size == 0 ? tps_fail(why, TPS_CLAIM_MISSING, 0, "eat_nonce") : TPS_OK;
}
