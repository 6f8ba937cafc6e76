/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header buckets, written in deterministic order (RFC 8949, 4.2.1). One table says what stands where; each
 * bucket is gone over twice, to measure and to write.
 */
#include "format/cose/make.h"

#include "format/text/utf8.h"

/* How a span of the options is written. */
enum { IS_TEXT, IS_BYTES, IS_ENCODED, IS_CHAIN, IS_IV };

typedef struct {
    uint8_t label;
    uint8_t how;
    uint8_t at; /* its span in the options, in steps of 4 bytes */
} parameter;

#define AT(member) (offsetof(tps_cose_make_options, member) / 4)

/* Behind alg, in the order of their labels. */
static const parameter parameters[] = {
    {TPS_HEADER_CRIT, IS_ENCODED, AT(crit)},
    {TPS_HEADER_CONTENT_TYPE, IS_TEXT, AT(content_type)},
    {TPS_HEADER_KID, IS_BYTES, AT(kid)},
    {TPS_HEADER_IV, IS_IV, AT(iv)},
    {TPS_HEADER_PARTIAL_IV, IS_IV, AT(partial_iv)},
    {TPS_HEADER_CORIM_META, IS_BYTES, AT(corim_meta)},
    {TPS_HEADER_KID_CONTEXT, IS_BYTES, AT(kid_context)},
    {TPS_HEADER_CWT_CLAIMS, IS_ENCODED, AT(cwt_claims)},
    {TPS_HEADER_TYP, IS_TEXT, AT(typ)},
    {TPS_HEADER_X5CHAIN, IS_CHAIN, AT(x5chain)},
    {TPS_HEADER_X5T, IS_ENCODED, AT(x5t)},
};

/* Whether the parameter belongs into the bucket. */
static bool is_here(const parameter *p, const tps_cose_make_options *o, bool is_protected)
{
    bool belongs = p->how == IS_CHAIN           ? o->is_x5chain_protected
                   : p->label == TPS_HEADER_KID ? !o->is_kid_unprotected
                                                : p->how != IS_IV;

    return belongs == is_protected;
}

/* Options that cannot be: texts that are not UTF-8, too long a chain. */
static void refuse_unless(tps_cbor_writer *w, bool is_good)
{
    if (!is_good) {
        w->status = TPS_BAD_ARGUMENT;
    }
}

static void put_chain(tps_cbor_writer *w, const tps_cose_make_options *o)
{
    if (o->x5chain_count > 1) {
        tps_cbor_put_array(w, o->x5chain_count);
    }
    for (size_t i = 0; i < o->x5chain_count; i++) {
        tps_cbor_put_bytes(w, o->x5chain[i]);
    }
}

/* Writes one parameter if it is there; returns how many pairs that are. */
static uint32_t put_parameter(tps_cbor_writer *w, const parameter *p, const tps_cose_make_options *o)
{
    const tps_span *value = (const void *)((const uint32_t *)(const void *)o + p->at);
    bool is_typ = p->label == TPS_HEADER_TYP;
    bool is_number = p->how == IS_TEXT && (is_typ ? o->has_typ_format : o->has_content_format);

    if (!is_number && (p->how == IS_CHAIN ? o->x5chain_count : value->size) == 0) {
        return 0;
    }
    tps_cbor_put_uint(w, p->label);
    if (is_number) {
        tps_cbor_put_uint(w, is_typ ? o->typ_format : o->content_format);
    } else if (p->how == IS_CHAIN) {
        refuse_unless(w, o->x5chain_count <= TPS_COSE_X5CHAIN_MAX);
        put_chain(w, o);
    } else if (p->how == IS_ENCODED) {
        tps_cbor_put_raw(w, *value);
    } else if (p->how == IS_TEXT) {
        refuse_unless(w, utf8_is_valid(*value));
        tps_cbor_put_text_span(w, *value);
    } else {
        tps_cbor_put_bytes(w, *value);
    }
    return 1;
}

/* Writes the pairs of a bucket, which is the protected one if it has an algorithm; returns how many. */
static uint32_t put_pairs(tps_cbor_writer *w, const tps_cose_make_options *o, int32_t alg)
{
    bool is_protected = alg != TPS_ALG_NONE;
    uint32_t count = is_protected;

    if (is_protected) {
        tps_cbor_put_uint(w, TPS_HEADER_ALG);
        tps_cbor_put_int(w, alg);
    }
    if (o == NULL) {
        return count;
    }
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        if (is_here(&parameters[i], o, is_protected)) {
            count += put_parameter(w, &parameters[i], o);
        }
    }
    if (is_protected) {
        tps_cbor_put_raw(w, o->more_protected);
        count += o->more_protected_count;
    }
    return count;
}

static void put_bucket(tps_cbor_writer *w, const tps_cose_make_options *o, int32_t alg)
{
    tps_cbor_writer measure = {.data = NULL};

    tps_cbor_put_map(w, put_pairs(&measure, o, alg));
    (void)put_pairs(w, o, alg);
}

void cose_put_start(tps_cbor_writer *w, const tps_cose_make_options *o, const cose_shape *shape, int32_t alg,
                    tps_span *protected_raw)
{
    tps_cbor_writer measure = {.data = NULL};

    put_bucket(&measure, o, alg);
    if (o == NULL || !o->is_untagged) {
        tps_cbor_put_tag(w, shape->tag);
    }
    tps_cbor_put_array(w, shape->count);
    tps_cbor_put_bytes_head(w, measure.size);
    *protected_raw = tps_span_make(w->data == NULL ? NULL : w->data + w->size, measure.size);
    put_bucket(w, o, alg);
    put_bucket(w, o, TPS_ALG_NONE);
}

void cose_put_payload(tps_cbor_writer *w, const tps_cose_make_options *options, tps_span payload)
{
    if (options != NULL && options->is_detached) {
        tps_cbor_put_null(w);
    } else {
        tps_cbor_put_bytes(w, payload);
    }
}

tps_status cose_reserve_last(const tps_cbor_writer *w, size_t size, uint8_t **last, tps_span *encoded)
{
    if (w->status != TPS_OK) {
        return w->status;
    }
    if (w->size > TPS_COSE_MESSAGE_MAX - size) {
        return TPS_TOO_LARGE;
    }
    encoded->size = w->size + size;
    if (w->data == NULL) {
        return TPS_OK;
    }
    if (w->capacity < encoded->size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    encoded->data = w->data;
    *last = w->data + w->size;
    return TPS_OK;
}
