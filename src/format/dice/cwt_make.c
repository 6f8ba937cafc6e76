/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR certificates of the Open Profile for DICE, made. */
#include "format/dice/cwt.h"

static void put_claim(tps_cbor_writer *w, int32_t label, const tps_span *value, bool is_text)
{
    tps_cbor_put_int(w, label);
    if (is_text) {
        tps_cbor_put_text_span(w, *value);
    } else {
        tps_cbor_put_bytes(w, *value);
    }
}

/* Labels in deterministic order: 1, 2, then the negative ones downwards. */
static tps_status write_claims(const tps_dice_cwt_claims *claims, tps_buf out, tps_span *encoded)
{
    const tps_dice_input *input = &claims->input;
    const uint8_t mode_byte = (uint8_t)input->mode;
    const uint8_t usage_bytes[] = {(uint8_t)claims->key_usage, (uint8_t)(claims->key_usage >> 8)};
    const tps_span mode = tps_span_make(&mode_byte, 1);
    const tps_span usage = tps_span_make(usage_bytes, claims->key_usage > UINT8_MAX ? 2 : 1);
    tps_cbor_writer w = tps_cbor_writer_init(out);
    uint32_t count = 4;

    for (uint32_t left = input->present & ((1u << TPS_DICE_INPUTS) - 1u); left > 0; left &= left - 1) {
        count++;
    }
    tps_cbor_put_map(&w, count);
    put_claim(&w, DICE_CWT_ISSUER, &claims->issuer, true);
    put_claim(&w, DICE_CWT_SUBJECT, &claims->subject, true);
    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        if (i == TPS_DICE_PROFILE_NAME) { /* the key's claims stand before it */
            put_claim(&w, TPS_DICE_CLAIM_SUBJECT_PUBLIC_KEY, &claims->public_key, false);
            put_claim(&w, TPS_DICE_CLAIM_KEY_USAGE, &usage, false);
        }
        if (tps_dice_has(input->present, i)) {
            put_claim(&w, dice_claim_of_input(i), i == TPS_DICE_MODE ? &mode : &input->value[i],
                      i == TPS_DICE_PROFILE_NAME);
        }
    }
    return tps_cbor_writer_finish(&w, encoded);
}

tps_status tps_dice_cwt_make(const tps_dice_cwt_claims *claims, const tps_cose_signer *signer,
                             tps_buf payload, tps_buf scratch, tps_buf out, tps_span *encoded)
{
    const tps_cose_make_options options = {.is_untagged = true, .scratch = scratch};
    tps_span written;

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(dice_cwt_check(claims, NULL));
    TPS_TRY(write_claims(claims, payload, encoded));
    written = *encoded;
    return written.data == NULL ? TPS_OK : tps_cose_sign1_make(written, &options, signer, out, encoded);
}
