/* SPDX-License-Identifier: Apache-2.0 */
/* Header buckets, written in deterministic order (RFC 8949, 4.2.1), by a table; measuring and writing are one
 * path. */
#include "format/cose/make.h"

enum { TEXT, BYTES, RAW };

/* Parameters of the protected bucket whose value is a span of the options. */
static const struct {
    uint8_t label;
    uint8_t type;
    uint8_t at; /* in the options */
} spans[] = {
    {TPS_HEADER_CONTENT_TYPE, TEXT, offsetof(tps_cose_make_options, content_type)},
    {TPS_HEADER_KID, BYTES, offsetof(tps_cose_make_options, kid)},
    {TPS_HEADER_CORIM_META, BYTES, offsetof(tps_cose_make_options, corim_meta)},
    {TPS_HEADER_KID_CONTEXT, BYTES, offsetof(tps_cose_make_options, kid_context)},
    {TPS_HEADER_CWT_CLAIMS, RAW, offsetof(tps_cose_make_options, cwt_claims)},
    {TPS_HEADER_TYP, TEXT, offsetof(tps_cose_make_options, typ)},
};

const tps_cose_make_options *cose_options_or_none(const tps_cose_make_options *options)
{
    static const tps_cose_make_options none;

    return options == NULL ? &none : options;
}

/* Each of these writes one pair if there is something to write, and returns how many. */

static uint32_t put_bytes(tps_cbor_writer *w, int64_t label, tps_span bytes)
{
    if (bytes.size == 0) {
        return 0;
    }
    tps_cbor_put_int(w, label);
    tps_cbor_put_bytes(w, bytes);
    return 1;
}

static uint32_t put_x5chain(tps_cbor_writer *w, const tps_cose_make_options *o)
{
    if (o->x5chain_count == 0) {
        return 0;
    }
    tps_cbor_put_int(w, TPS_HEADER_X5CHAIN);
    if (o->x5chain_count > 1) {
        tps_cbor_put_array(w, o->x5chain_count);
    }
    for (size_t i = 0; i < o->x5chain_count; i++) {
        tps_cbor_put_bytes(w, o->x5chain[i]);
    }
    return 1;
}

static uint32_t put_x5t(tps_cbor_writer *w, tps_span digest)
{
    if (digest.size == 0) {
        return 0;
    }
    tps_cbor_put_int(w, TPS_HEADER_X5T);
    tps_cbor_put_array(w, 2);
    tps_cbor_put_int(w, TPS_ALG_SHA256);
    tps_cbor_put_bytes(w, digest);
    return 1;
}

static uint32_t put_crit(tps_cbor_writer *w, const tps_cose_make_options *o)
{
    if (o->crit_count == 0) {
        return 0;
    }
    tps_cbor_put_int(w, TPS_HEADER_CRIT);
    tps_cbor_put_array(w, o->crit_count);
    for (uint32_t i = 0; i < o->crit_count; i++) {
        tps_cbor_put_int(w, o->crit[i]);
    }
    return 1;
}

static uint32_t put_span(tps_cbor_writer *w, const tps_cose_make_options *o, size_t index)
{
    tps_span value = *(const tps_span *)(const void *)((const uint8_t *)o + spans[index].at);
    uint32_t label = spans[index].label;
    bool is_number = (label == TPS_HEADER_CONTENT_TYPE && o->has_content_format) ||
                     (label == TPS_HEADER_TYP && o->has_typ_format);

    if ((value.size == 0 && !is_number) || (label == TPS_HEADER_KID && o->is_kid_unprotected)) {
        return 0;
    }
    tps_cbor_put_uint(w, label);
    if (is_number) {
        tps_cbor_put_uint(w, label == TPS_HEADER_TYP ? o->typ_format : o->content_format);
    } else if (spans[index].type == TEXT) {
        tps_cbor_put_text_span(w, value);
    } else if (spans[index].type == BYTES) {
        tps_cbor_put_bytes(w, value);
    } else {
        tps_cbor_put_raw(w, value);
    }
    return 1;
}

/* The pairs of the protected bucket in order: 1, 2, then the spans, 33, 34, and the caller's own. */
static uint32_t put_protected(tps_cbor_writer *w, const cose_start *start)
{
    const tps_cose_make_options *o = start->options;
    uint32_t count = 1;

    tps_cbor_put_int(w, TPS_HEADER_ALG);
    tps_cbor_put_int(w, start->alg);
    count += put_crit(w, o);
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        count += put_span(w, o, i);
    }
    count += o->is_x5chain_protected ? put_x5chain(w, o) : 0;
    count += put_x5t(w, o->x5t);
    tps_cbor_put_raw(w, o->more_protected);
    return count + o->more_protected_count;
}

static uint32_t put_unprotected(tps_cbor_writer *w, const cose_start *start)
{
    const tps_cose_make_options *o = start->options;
    uint32_t count = o->is_kid_unprotected ? put_bytes(w, TPS_HEADER_KID, o->kid) : 0;

    count += put_bytes(w, TPS_HEADER_IV, start->iv);
    count += put_bytes(w, TPS_HEADER_PARTIAL_IV, start->partial_iv);
    return count + (o->is_x5chain_protected ? 0 : put_x5chain(w, o));
}

tps_status cose_put_start(tps_cbor_writer *w, const cose_start *start, tps_span *protected_raw)
{
    const tps_cose_make_options *o = start->options;
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);
    uint32_t count = put_protected(&measure, start);

    if (o->x5chain_count > TPS_COSE_X5CHAIN_MAX || (o->x5t.size != 0 && o->x5t.size != TPS_SHA256_SIZE)) {
        return TPS_BAD_ARGUMENT;
    }
    tps_cbor_put_map(&measure, count);
    if (!o->is_untagged) {
        tps_cbor_put_tag(w, start->tag);
    }
    tps_cbor_put_array(w, start->count);
    tps_cbor_put_bytes_head(w, measure.size);
    *protected_raw = tps_span_make(w->data == NULL ? NULL : w->data + w->size, measure.size);
    tps_cbor_put_map(w, count);
    (void)put_protected(w, start);

    measure = tps_cbor_writer_init(TPS_BUF_MEASURE);
    tps_cbor_put_map(w, put_unprotected(&measure, start));
    (void)put_unprotected(w, start);
    return TPS_OK;
}

void cose_put_payload(tps_cbor_writer *w, const tps_cose_make_options *options, tps_span payload)
{
    if (options->is_detached) {
        tps_cbor_put_null(w);
    } else {
        tps_cbor_put_bytes(w, payload);
    }
}

tps_status cose_reserve_last(const tps_cbor_writer *w, tps_buf out, size_t size, tps_buf *last,
                             tps_span *encoded)
{
    *last = (tps_buf){NULL, size};
    *encoded = TPS_SPAN_EMPTY;
    if (w->status != TPS_OK || w->size > TPS_COSE_MESSAGE_MAX - size) {
        return TPS_TOO_LARGE;
    }
    encoded->size = w->size + size;
    if (out.data == NULL) {
        return TPS_OK;
    }
    if (out.size < encoded->size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    encoded->data = out.data;
    last->data = out.data + w->size;
    return TPS_OK;
}
