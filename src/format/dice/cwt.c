/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR certificates of the Open Profile for DICE 2.6: CWTs in an untagged COSE_Sign1, taken apart. */
#include "format/dice/cwt.h"

#define USAGE_SIZE_MAX 2u /* X.509 has nine bits */

/* Bytes, the first of which holds the lowest bits; 0 when there are none, or too many. */
static uint32_t usage_of(tps_span bytes)
{
    uint32_t usage = 0;

    for (size_t i = 0; i < bytes.size && bytes.size <= USAGE_SIZE_MAX; i++) {
        usage |= (uint32_t)bytes.data[i] << 8 * i;
    }
    return usage;
}

/* The input value that a label is of; TPS_DICE_INPUTS if it is none. */
static uint32_t input_of_claim(int64_t label)
{
    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        if (dice_claim_of_input(i) == label) {
            return i;
        }
    }
    return TPS_DICE_INPUTS;
}

static const char *read_input(tps_cbor_reader *r, uint32_t number, tps_dice_input *input)
{
    tps_span value = number == TPS_DICE_PROFILE_NAME ? tps_cbor_get_text(r) : tps_cbor_get_bytes(r);

    input->present |= 1u << number;
    if (number != TPS_DICE_MODE) {
        input->value[number] = value;
    } else if (value.size == 1) {
        input->mode = value.data[0];
    } else {
        tps_cbor_fail(r, TPS_DICE_BAD_VALUE);
    }
    return "an input value";
}

/* Reads one claim, or passes over it. Returns its name. */
static const char *read_claim(tps_cbor_reader *r, int64_t label, tps_dice_cwt *out)
{
    uint32_t number = input_of_claim(label);

    if (number < TPS_DICE_INPUTS) {
        return read_input(r, number, &out->claims.input);
    }
    switch (label) {
    case DICE_CWT_ISSUER: out->claims.issuer = tps_cbor_get_text(r); return "issuer";
    case DICE_CWT_SUBJECT: out->claims.subject = tps_cbor_get_text(r); return "subject";
    case DICE_CWT_EXPIRY: out->expiry = tps_cbor_get_int(r); return "expiry";
    case DICE_CWT_NOT_BEFORE: out->not_before = tps_cbor_get_int(r); return "not before";
    case TPS_DICE_CLAIM_SUBJECT_PUBLIC_KEY:
        out->claims.public_key = tps_cbor_get_bytes(r);
        return "subject public key";
    case TPS_DICE_CLAIM_KEY_USAGE:
        out->claims.key_usage = usage_of(tps_cbor_get_bytes(r));
        return "key usage";
    default: (void)tps_cbor_skip(r); return NULL;
    }
}

static tps_status read_claims(tps_span payload, tps_dice_cwt *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(payload);
    const char *claim = "the claims";
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(payload, &tps_cbor_limits_message, NULL, why));
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        uint32_t type = tps_cbor_peek(&r);

        if (type != TPS_CBOR_UINT && type != TPS_CBOR_NINT) {
            (void)tps_cbor_skip(&r); /* a name of another's */
            (void)tps_cbor_skip(&r);
            continue;
        }
        claim = read_claim(&r, tps_cbor_get_int(&r), out);
    }
    if (r.status == TPS_CBOR_UNEXPECTED_TYPE || r.status == TPS_CBOR_INDEFINITE) {
        return tps_fail(why, TPS_CLAIM_BAD_TYPE, tps_cbor_offset(&r), claim);
    }
    return r.status == TPS_OK ? TPS_OK : tps_fail(why, r.status, tps_cbor_offset(&r), claim);
}

tps_status dice_cwt_check(const tps_dice_cwt_claims *claims, tps_error *why)
{
    const tps_span *empty = claims->issuer.size == 0    ? &claims->issuer
                            : claims->subject.size == 0 ? &claims->subject
                                                        : &claims->public_key;
    const char *what = "issuer, subject or key";
    tps_status status = TPS_OK;

    if (empty->size == 0) {
        status = empty->data == NULL ? TPS_DICE_MISSING : TPS_DICE_BAD_VALUE;
    } else if (claims->key_usage == 0 || claims->key_usage > UINT16_MAX) {
        status = TPS_DICE_BAD_VALUE;
        what = "key usage";
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, what);
    }
    return claims->input.present == 0 ? TPS_OK : tps_dice_input_check(&claims->input, why);
}

tps_status tps_dice_cwt_read(tps_span certificate, tps_dice_cwt *out, tps_error *why)
{
    *out = (tps_dice_cwt){.expiry = INT64_MAX, .not_before = INT64_MIN, .claims = {.key_usage = UINT32_MAX}};
    TPS_TRY(tps_cose_sign1_parse(certificate, &out->message, why));
    if (out->message.tag != 0) {
        return tps_fail(why, TPS_DICE_BAD_VALUE, 0, "the certificate is tagged");
    }
    if (out->message.is_detached) {
        return tps_fail(why, TPS_COSE_DETACHED, 0, NULL);
    }
    TPS_TRY(read_claims(out->message.payload, out, why));
    if (out->claims.key_usage == UINT32_MAX) {
        return tps_fail(why, TPS_DICE_MISSING, 0, "key usage");
    }
    return dice_cwt_check(&out->claims, why);
}
