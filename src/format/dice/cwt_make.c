/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR certificates of the Open Profile for DICE, made. */
#include "format/dice/cwt.h"

static void put_claim(tps_cbor_writer *w, int32_t label, tps_span value, bool is_text)
{
    tps_cbor_put_int(w, label);
    if (is_text) {
        tps_cbor_put_text_span(w, value);
    } else {
        tps_cbor_put_bytes(w, value);
    }
}

/* Labels in deterministic order: 1, 2, then the negative ones downwards. */
static tps_status write_claims(const tps_dice_cwt_request *request, tps_buf out, tps_span *encoded)
{
    const tps_dice_input *input = &request->input;
    const uint8_t mode = (uint8_t)input->mode;
    const uint8_t usage[] = {(uint8_t)request->key_usage, (uint8_t)(request->key_usage >> 8)};
    tps_cbor_writer w = tps_cbor_writer_init(out);
    uint32_t count = 4;

    for (uint32_t left = input->present & ((1u << TPS_DICE_INPUTS) - 1u); left > 0; left &= left - 1) {
        count++;
    }
    tps_cbor_put_map(&w, count);
    put_claim(&w, DICE_CWT_ISSUER, request->issuer, true);
    put_claim(&w, DICE_CWT_SUBJECT, request->subject, true);
    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        if (i == TPS_DICE_PROFILE_NAME) { /* the key's claims stand before it */
            put_claim(&w, TPS_DICE_CLAIM_SUBJECT_PUBLIC_KEY, request->public_key, false);
            put_claim(&w, TPS_DICE_CLAIM_KEY_USAGE,
                      tps_span_make(usage, request->key_usage > UINT8_MAX ? 2 : 1), false);
        }
        if (tps_dice_has(input->present, i)) {
            put_claim(&w, dice_claim_of_input(i),
                      i == TPS_DICE_MODE ? tps_span_make(&mode, 1) : input->value[i],
                      i == TPS_DICE_PROFILE_NAME);
        }
    }
    return tps_cbor_writer_finish(&w, encoded);
}

tps_status tps_dice_cwt_make(const tps_dice_cwt_request *request, const tps_cose_signer *signer,
                             tps_buf payload, tps_buf scratch, tps_buf out, tps_span *encoded)
{
    const tps_cose_make_options options = {.is_untagged = true, .scratch = scratch};
    tps_span claims;

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(dice_cwt_check(request->issuer, request->subject, request->public_key, request->key_usage,
                           &request->input, NULL));
    if (tps_dice_has(request->input.present, TPS_DICE_MODE) && request->input.mode > UINT8_MAX) {
        return TPS_DICE_BAD_VALUE;
    }
    TPS_TRY(write_claims(request, payload, encoded));
    claims = *encoded;
    if (claims.data == NULL) {
        return TPS_OK;
    }
    return tps_cose_sign1_make(claims, &options, signer, out, encoded);
}
