/* SPDX-License-Identifier: Apache-2.0 */
/* The input values of the Open Profile for DICE 2.6: what the profile wants of them, and the X.509 extension
 * that carries them (Custom Extension Format). */
#include "format/der/writer.h"
#include "format/dice/oids.h"
#include "tps/dice.h"

#define REQUIRED                                                                                          \
    (1u << TPS_DICE_CODE_HASH | 1u << TPS_DICE_CONFIGURATION_DESCRIPTOR | 1u << TPS_DICE_AUTHORITY_HASH | \
     1u << TPS_DICE_MODE)

/* For errors, by the numbers of the values. */
static const char *const names[TPS_DICE_INPUTS] = {"code hash",
                                                   "code descriptor",
                                                   "configuration hash",
                                                   "configuration descriptor",
                                                   "authority hash",
                                                   "authority descriptor",
                                                   "mode",
                                                   "profile name"};

const char *tps_dice_mode_name(uint32_t mode)
{
    switch (mode) {
    case TPS_DICE_MODE_NORMAL: return "normal";
    case TPS_DICE_MODE_DEBUG: return "debug";
    case TPS_DICE_MODE_RECOVERY: return "recovery";
    default: return "not configured";
    }
}

static int32_t hash_of_size(size_t size)
{
    return size == 32   ? TPS_ALG_SHA256
           : size == 48 ? TPS_ALG_SHA384
           : size == 64 ? TPS_ALG_SHA512
                        : TPS_ALG_NONE;
}

/* A hash has the size of one; that of the configuration is the hash of its descriptor. */
static tps_status judge_hash(const tps_dice_input *input, uint32_t number)
{
    tps_span hash = input->value[number];
    int32_t alg = hash_of_size(hash.size);
    tps_digest digest;

    if (alg == TPS_ALG_NONE) {
        return TPS_DICE_BAD_VALUE;
    }
    if (number != TPS_DICE_CONFIGURATION_HASH) {
        return TPS_OK;
    }
    TPS_TRY(tps_crypto_hash_of(alg, input->value[TPS_DICE_CONFIGURATION_DESCRIPTOR], &digest));
    return tps_span_equal(hash, tps_span_make(digest.bytes, digest.size)) ? TPS_OK : TPS_DICE_BAD_VALUE;
}

static tps_status judge(const tps_dice_input *input, uint32_t number)
{
    if (!tps_dice_has(input->present, number)) {
        return tps_dice_has(REQUIRED, number) ? TPS_DICE_MISSING : TPS_OK;
    }
    switch (number) {
    case TPS_DICE_CODE_HASH:
    case TPS_DICE_CONFIGURATION_HASH:
    case TPS_DICE_AUTHORITY_HASH: return judge_hash(input, number);
    case TPS_DICE_MODE: return input->mode <= UINT8_MAX ? TPS_OK : TPS_DICE_BAD_VALUE;
    case TPS_DICE_PROFILE_NAME: return input->value[number].size > 0 ? TPS_OK : TPS_DICE_BAD_VALUE;
    default: return TPS_OK;
    }
}

tps_status tps_dice_input_check(const tps_dice_input *input, tps_error *why)
{
    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        tps_status status = judge(input, i);

        if (status != TPS_OK) {
            return tps_fail(why, status, 0, names[i]);
        }
    }
    return TPS_OK;
}

/* The tag within [number] EXPLICIT. */
static uint8_t inner_tag(const der_reader *r, uint32_t number)
{
    if (number == TPS_DICE_MODE) {
        return der_peek(r) == DER_ENUMERATED ? DER_ENUMERATED : DER_INTEGER;
    }
    return number == TPS_DICE_PROFILE_NAME ? DER_UTF8_STRING : DER_OCTET_STRING;
}

static void read_value(der_reader *r, uint32_t number, tps_dice_input *out)
{
    const uint8_t *outer = der_enter(r, DER_CONTEXT_CONSTRUCTED(number));

    if (number == TPS_DICE_MODE) {
        uint64_t mode = der_get_uint(r, inner_tag(r, number));
        if (mode > TPS_DICE_MODE_RECOVERY) {
            der_fail(r, TPS_DICE_BAD_VALUE);
        }
        out->mode = (uint32_t)mode;
    } else {
        out->value[number] = der_get(r, inner_tag(r, number));
    }
    der_leave(r, outer);
}

tps_status tps_dice_input_decode(tps_span encoded, tps_dice_input *out, tps_error *why)
{
    der_reader r = der_reader_init(encoded);
    const uint8_t *outer;

    TPS_TRY(der_check(encoded, why));
    *out = (tps_dice_input){.present = 0};
    outer = der_enter(&r, DER_SEQUENCE);
    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        if (der_peek(&r) == DER_CONTEXT_CONSTRUCTED(i)) {
            read_value(&r, i, out);
            out->present |= 1u << i;
        }
        if (r.status != TPS_OK) {
            return der_reader_why(&r, why, names[i]);
        }
    }
    der_leave(&r, outer);
    TPS_TRY(der_reader_why(&r, why, "a field that is unknown, stands twice or out of order"));
    return tps_dice_input_check(out, why);
}

tps_status tps_dice_input_encode(const tps_dice_input *input, tps_buf out, tps_span *encoded)
{
    der_writer w = der_writer_init(out);
    tps_dice_input again;
    tps_status status;

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(tps_dice_input_check(input, NULL));
    for (uint32_t i = TPS_DICE_INPUTS; i-- > 0;) {
        size_t mark = w.size;

        if (!tps_dice_has(input->present, i)) {
            continue;
        }
        if (i == TPS_DICE_MODE) {
            der_put_uint(&w, DER_INTEGER, input->mode);
        } else {
            der_put(&w, i == TPS_DICE_PROFILE_NAME ? DER_UTF8_STRING : DER_OCTET_STRING, input->value[i]);
        }
        der_close(&w, DER_CONTEXT_CONSTRUCTED(i), mark);
    }
    der_close(&w, DER_SEQUENCE, 0);
    TPS_TRY(der_writer_finish(&w, encoded));
    status = encoded->data == NULL ? TPS_OK : tps_dice_input_decode(*encoded, &again, NULL);
    if (status != TPS_OK) {
        *encoded = TPS_SPAN_EMPTY;
    }
    return status;
}
