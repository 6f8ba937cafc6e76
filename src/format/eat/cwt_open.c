/* SPDX-License-Identifier: Apache-2.0 */
/* CWTs as they travel (RFC 8392, 7): one layer of protection after the other is taken off. */
#include "tps/cose_encrypt.h"
#include "tps/cwt_token.h"
#include "tps/secret.h"

/* A token that is being opened. */
typedef struct {
    const tps_cwt_keys *keys;
    tps_buf room;
    size_t used;   /* of it, by what was decrypted */
    tps_span next; /* what lies inside of the layers so far */
    tps_cwt_token *out;
    tps_error *why;
} opening;

/* The tag of the message, behind a CWT's; 0 if there is none. */
static uint64_t tag_of(tps_span bytes)
{
    tps_cbor_reader r = tps_cbor_reader_init(bytes);
    uint64_t tag;

    tps_cbor_take_tag(&r, TPS_TAG_CWT);
    tag = tps_cbor_get_tag(&r);
    return r.status == TPS_OK ? tag : 0;
}

static tps_status find_secret(const opening *o, const tps_cose_message *message,
                              const tps_cose_secret **secret)
{
    if (o->keys->find_secret == NULL) {
        return TPS_COSE_NO_KEY;
    }
    TPS_TRY(o->keys->find_secret(o->keys->context, message, secret));
    return *secret == NULL ? TPS_COSE_NO_KEY : TPS_OK;
}

static tps_status take_signature(opening *o, tps_cose_message *message)
{
    const tps_cose_key_finder *signers = &o->keys->signers;

    if (signers->find == NULL) {
        return TPS_COSE_NO_KEY;
    }
    TPS_TRY(tps_cose_sign1_verify(o->next, signers, NULL, message, o->why));
    o->next = message->payload;
    o->out->signed_count++;
    return TPS_OK;
}

static tps_status take_mac(opening *o, tps_cose_message *message)
{
    const tps_cose_secret *secret = NULL;

    TPS_TRY(tps_cose_sign1_parse(o->next, message, o->why));
    TPS_TRY(find_secret(o, message, &secret));
    TPS_TRY(tps_cose_mac0_verify(o->next, secret, NULL, message, o->why));
    o->next = message->payload;
    o->out->mac_count++;
    return TPS_OK;
}

static tps_status take_encryption(opening *o, tps_cose_message *message)
{
    const tps_cose_secret *secret = NULL;
    tps_span plain = TPS_SPAN_EMPTY;
    tps_buf left = TPS_BUF_MEASURE;

    TPS_TRY(tps_cose_encrypted_parse(o->next, NULL, message, o->why));
    TPS_TRY(find_secret(o, message, &secret));
    if (o->room.data != NULL) {
        left = (tps_buf){o->room.data + o->used, o->room.size - o->used};
    }
    TPS_TRY(tps_cose_encrypt0_open(message, secret, NULL, left, &plain));
    o->used += plain.size;
    o->next = plain;
    o->out->encrypted_count++;
    return TPS_OK;
}

static tps_status take_layer(opening *o, uint64_t tag)
{
    tps_cose_message message;

    switch (tag) {
    case TPS_TAG_COSE_SIGN1: TPS_TRY(take_signature(o, &message)); break;
    case TPS_TAG_COSE_MAC0: TPS_TRY(take_mac(o, &message)); break;
    case TPS_TAG_COSE_ENCRYPT0: TPS_TRY(take_encryption(o, &message)); break;
    default: return TPS_COSE_NOT_WELL_FORMED;
    }
    o->out->tags[o->out->layer_count++] = tag;
    o->out->headers = message.headers;
    return TPS_OK;
}

/* Layers until a payload without a tag, which must be a map. */
static tps_status take_layers(opening *o)
{
    uint64_t tag = tag_of(o->next);
    tps_cbor_reader inside;

    for (tag = tag == 0 ? TPS_TAG_COSE_SIGN1 : tag; tag != 0; tag = tag_of(o->next)) {
        tps_status status =
            o->out->layer_count == TPS_CWT_LAYERS_MAX ? TPS_CBOR_TOO_DEEP : take_layer(o, tag);
        if (status != TPS_OK) {
            return tps_fail(o->why, status, 0, "a layer of the token");
        }
    }
    inside = tps_cbor_reader_init(o->next);
    if (tps_cbor_peek(&inside) != TPS_CBOR_MAP) {
        return tps_fail(o->why, TPS_CLAIM_BAD_TYPE, 0, "claims");
    }
    o->out->claims = o->next;
    return TPS_OK;
}

tps_status tps_cwt_open(tps_span bytes, const tps_cwt_keys *keys, tps_buf room, tps_cwt_token *out,
                        tps_error *why)
{
    tps_cwt_token token = {.layer_count = 0};
    opening o = {keys, room, 0, bytes, &token, why};
    tps_status status = take_layers(&o);

    if (status != TPS_OK) {
        tps_wipe(room.data, o.used);
        return status;
    }
    *out = token;
    return TPS_OK;
}
