/* SPDX-License-Identifier: Apache-2.0 */
/* Reading COSE header buckets: known parameters once over both buckets, "crit" obeyed, others skipped. */
#include "format/cose/headers.h"

/* A bucket under way. `seen` has a bit for each known parameter, over both buckets. */
typedef struct {
    tps_cose_headers *out;
    uint32_t seen;
    bool is_protected;
} bucket;

static const struct {
    int64_t label;
    const char *name;
    bool is_understood; /* its value is read, so that "crit" may name it */
} known[] = {
    {TPS_HEADER_ALG, "alg", true},
    {TPS_HEADER_CRIT, "crit", true},
    {TPS_HEADER_CONTENT_TYPE, "content type", true},
    {TPS_HEADER_KID, "kid", true},
    {TPS_HEADER_CORIM_META, "corim-meta", true},
    {TPS_HEADER_CWT_CLAIMS, "CWT claims", true},
    {TPS_HEADER_TYP, "typ", false},
    {TPS_HEADER_X5CHAIN, "x5chain", true},
};

#define KNOWN_COUNT (sizeof known / sizeof known[0])

/* Its place in the table, or KNOWN_COUNT. */
static size_t index_of(int64_t label)
{
    size_t i = 0;

    while (i < KNOWN_COUNT && known[i].label != label) {
        i++;
    }
    return i;
}

static void read_content_type(tps_cbor_reader *r, tps_cose_headers *out)
{
    if (tps_cbor_peek(r) == TPS_CBOR_TEXT) {
        out->content_type = tps_cbor_get_text(r);
    } else {
        out->content_format = tps_cbor_get_uint(r);
    }
}

/* One certificate as a byte string, or an array of them (RFC 9360, 2). */
static void read_x5chain(tps_cbor_reader *r, tps_cose_headers *out)
{
    tps_cbor_list list;

    if (tps_cbor_peek(r) == TPS_CBOR_BYTES) {
        out->x5chain[0] = tps_cbor_get_bytes(r);
        out->x5chain_count = 1;
        return;
    }
    list = tps_cbor_enter_array(r);
    while (tps_cbor_next(r, &list)) {
        if (out->x5chain_count == TPS_COSE_X5CHAIN_MAX) {
            tps_cbor_fail(r, TPS_CBOR_TOO_MANY);
            return;
        }
        out->x5chain[out->x5chain_count++] = tps_cbor_get_bytes(r);
    }
    if (out->x5chain_count == 0) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

/* What "crit" names must be understood here; that it is present is checked when the bucket is done. */
static tps_status read_crit(tps_cbor_reader *r, uint32_t *critical)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    bool is_empty = true;

    while (tps_cbor_next(r, &list)) {
        size_t index;
        if (tps_cbor_peek(r) == TPS_CBOR_TEXT) {
            return TPS_COSE_CRIT_UNKNOWN;
        }
        index = index_of(tps_cbor_get_int(r));
        if (r->status != TPS_OK) {
            return TPS_COSE_BAD_HEADER;
        }
        if (index == KNOWN_COUNT || !known[index].is_understood) {
            return TPS_COSE_CRIT_UNKNOWN;
        }
        *critical |= 1u << index;
        is_empty = false;
    }
    return r->status == TPS_OK && !is_empty ? TPS_OK : TPS_COSE_BAD_HEADER;
}

static tps_status read_value(tps_cbor_reader *r, bucket *b, int64_t label, uint32_t *critical)
{
    tps_cose_headers *out = b->out;

    switch (label) {
    case TPS_HEADER_ALG:
        if (tps_cbor_peek(r) == TPS_CBOR_TEXT) {
            return TPS_COSE_ALG_REFUSED; /* registered algorithms have numbers */
        }
        out->alg = tps_cbor_get_int(r);
        out->is_alg_protected = b->is_protected;
        break;
    case TPS_HEADER_CRIT: return b->is_protected ? read_crit(r, critical) : TPS_COSE_BAD_HEADER;
    case TPS_HEADER_CONTENT_TYPE: read_content_type(r, out); break;
    case TPS_HEADER_KID: out->kid = tps_cbor_get_bytes(r); break;
    case TPS_HEADER_CORIM_META: out->corim_meta = tps_cbor_get_bytes(r); break;
    case TPS_HEADER_CWT_CLAIMS: out->cwt_claims = tps_cbor_skip(r); break;
    case TPS_HEADER_X5CHAIN: read_x5chain(r, out); break;
    default: tps_cbor_skip(r); break;
    }
    return r->status == TPS_OK ? TPS_OK : TPS_COSE_BAD_HEADER;
}

static tps_status read_bucket(tps_cbor_reader *r, bucket *b, tps_error *why)
{
    tps_cbor_list map = tps_cbor_enter_map(r);
    uint32_t critical = 0;

    while (tps_cbor_next(r, &map)) {
        tps_cbor_item key;
        size_t index;
        int64_t label;
        tps_status status;
        size_t offset = tps_cbor_offset(r);
        if (tps_cbor_peek(r) == TPS_CBOR_TEXT) { /* a private name: nothing that is known here */
            tps_cbor_skip(r);
            tps_cbor_skip(r);
            continue;
        }
        tps_cbor_read(r, &key);
        if ((key.type != TPS_CBOR_UINT && key.type != TPS_CBOR_NINT) || key.value > INT64_MAX) {
            return tps_fail(why, TPS_COSE_BAD_HEADER, offset, "a label is neither number nor text");
        }
        label = key.type == TPS_CBOR_UINT ? (int64_t)key.value : -1 - (int64_t)key.value;
        index = index_of(label);
        if (index == KNOWN_COUNT) {
            tps_cbor_skip(r);
            continue;
        }
        if ((b->seen & 1u << index) != 0) {
            return tps_fail(why, TPS_COSE_DUPLICATE_HEADER, offset, known[index].name);
        }
        b->seen |= 1u << index;
        status = read_value(r, b, label, &critical);
        if (status != TPS_OK) {
            return tps_fail(why, status, offset, known[index].name);
        }
    }
    if (r->status != TPS_OK) {
        return tps_fail(why, TPS_COSE_NOT_WELL_FORMED, tps_cbor_offset(r), "headers");
    }
    /* Only the protected bucket has a crit, and it is read first: `seen` is its own. */
    if ((critical & ~b->seen) != 0) {
        return tps_fail(why, TPS_COSE_BAD_HEADER, 0,
                        "crit names a parameter that is not in the protected bucket");
    }
    return TPS_OK;
}

tps_status cose_headers_read(tps_span protected_raw, tps_cbor_reader *unprotected, tps_cose_headers *out,
                             tps_error *why)
{
    bucket b = {.out = out};

    *out = (tps_cose_headers){.content_format = UINT64_MAX};
    if (protected_raw.size > 0) {
        tps_cbor_reader r = tps_cbor_reader_init(protected_raw);
        TPS_TRY(tps_cbor_check(protected_raw, &tps_cbor_limits_message, NULL, why));
        b.is_protected = true;
        TPS_TRY(read_bucket(&r, &b, why));
    }
    b.is_protected = false;
    return read_bucket(unprotected, &b, why);
}
