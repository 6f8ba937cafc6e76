/* SPDX-License-Identifier: Apache-2.0 */
/* COSE messages taken apart: the tags around, the array, what stands in its places. */
#include "format/cose/parse.h"

#include "format/cose/headers.h"

enum { NIL = 22 };

static const tps_cbor_limits message_limits = {TPS_COSE_MESSAGE_MAX, 16, 512, false, false};

/* Messages have from three to five members: the buckets, the content, a signature, recipients. */
typedef struct {
    uint8_t tag;
    uint8_t count;
    uint8_t kinds;
} shape;

static const shape shapes[] = {
    {TPS_TAG_COSE_SIGN1, 4, COSE_SIGNED},
    {TPS_TAG_COSE_MAC0, 4, COSE_SIGNED | COSE_MAC},
    {TPS_TAG_COSE_ENCRYPT0, 3, COSE_ENCRYPTED},
    {TPS_TAG_COSE_ENCRYPT, 4, COSE_ENCRYPTED},
    {TPS_TAG_COSE_MAC, 5, COSE_MAC},
};

static const shape *find_shape(uint32_t kind, uint64_t tag, uint64_t count)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const shape *s = &shapes[i];
        if ((s->kinds & kind) != 0 && (tag == 0 || s->tag == tag) && s->count == count) {
            return s;
        }
    }
    return NULL;
}

/* RFC 9052, 3: an empty protected map is sent as an empty string; some send h'a0', which is signed as the
 * empty one. */
static tps_span without_empty_map(tps_span protected_raw)
{
    bool is_empty_map = protected_raw.size == 1 && protected_raw.data[0] == 0xa0;

    return is_empty_map ? TPS_SPAN_EMPTY : protected_raw;
}

/* The tags and the array's head. NULL: no message of this family. */
static const shape *read_start(tps_cbor_reader *r, uint32_t kind, uint64_t *tag)
{
    tps_cbor_item item;
    bool is_tagged;

    *tag = 0;
    tps_cbor_read(r, &item);
    is_tagged = item.type == TPS_CBOR_TAG;
    if (is_tagged && item.value == TPS_TAG_CWT) {
        tps_cbor_read(r, &item);
    }
    if (item.type == TPS_CBOR_TAG) {
        *tag = item.value;
        tps_cbor_read(r, &item);
    }
    if (is_tagged &&
        *tag == 0) { /* RFC 8392, 6: a CWT's tag stands before another one. And 0 is none of ours */
        return NULL;
    }
    return item.type == TPS_CBOR_ARRAY ? find_shape(kind, *tag, item.value) : NULL;
}

tps_status cose_parse(tps_span message, uint32_t kind, const tps_cose_terms *terms, tps_cose_message *out,
                      tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(message);
    tps_cbor_item payload;
    const shape *s;
    bool is_good;

    TPS_TRY(tps_cbor_check(message, &message_limits, NULL, why));
    memset(out, 0, sizeof *out);
    s = read_start(&r, kind, &out->tag);
    if (s == NULL) {
        return tps_fail(why, TPS_COSE_NOT_WELL_FORMED, tps_cbor_offset(&r),
                        "another tag or number of members");
    }
    out->protected_raw = without_empty_map(tps_cbor_get_bytes(&r));
    if (r.status != TPS_OK) {
        return tps_fail(why, TPS_COSE_NOT_WELL_FORMED, tps_cbor_offset(&r), "protected headers");
    }
    out->unprotected_raw = tps_cbor_skip(&r);
    TPS_TRY(cose_headers_read(out, terms, why));

    tps_cbor_read(&r, &payload);
    out->payload = payload.bytes;
    out->is_detached = payload.type == TPS_CBOR_SIMPLE && payload.value == NIL;
    is_good = out->is_detached || (payload.type == TPS_CBOR_BYTES && payload.bytes.data != NULL);
    if (kind != COSE_ENCRYPTED) {
        out->signature = tps_cbor_get_bytes(&r);
    }
    if (s->tag >= TPS_TAG_COSE_ENCRYPT) {
        is_good = is_good && tps_cbor_peek(&r) == TPS_CBOR_ARRAY;
        out->recipients = tps_cbor_skip(&r);
    }
    return is_good && r.status == TPS_OK
               ? TPS_OK
               : tps_fail(why, TPS_COSE_NOT_WELL_FORMED, tps_cbor_offset(&r), "content");
}

tps_status tps_cose_sign1_parse_under(tps_span message, const tps_cose_terms *terms, tps_cose_message *out,
                                      tps_error *why)
{
    return cose_parse(message, COSE_SIGNED, terms, out, why);
}

tps_status tps_cose_sign1_parse(tps_span message, tps_cose_message *out, tps_error *why)
{
    return cose_parse(message, COSE_SIGNED, NULL, out, why);
}
