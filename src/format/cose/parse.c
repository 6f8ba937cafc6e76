/* SPDX-License-Identifier: Apache-2.0 */
/* COSE messages taken apart: the tags around, the array, what stands in its places. */
#include "format/cose/parse.h"

#include "format/cose/headers.h"

enum { NIL = 22 };

const cose_shape cose_signed[2] = {{TPS_TAG_COSE_SIGN1, 4, true}, {TPS_TAG_COSE_MAC0, 4, true}};
const cose_shape cose_encrypted[2] = {{TPS_TAG_COSE_ENCRYPT0, 3, false}, {TPS_TAG_COSE_ENCRYPT, 4, false}};
const cose_shape cose_mac[2] = {{TPS_TAG_COSE_MAC0, 4, true}, {TPS_TAG_COSE_MAC, 5, true}};

/* The tags and the array's head. RFC 8392, 6: a CWT's tag stands before another one. NULL: none of ours. */
static const cose_shape *read_start(tps_cbor_reader *r, const cose_shape *shape, uint32_t *tag)
{
    tps_cbor_item item;

    tps_cbor_read(r, &item);
    if (item.type == TPS_CBOR_TAG) {
        if (item.value == TPS_TAG_CWT) {
            tps_cbor_read(r, &item);
        }
        *tag = item.value > UINT8_MAX ? 0 : (uint32_t)item.value;
        if (item.type != TPS_CBOR_TAG || *tag == 0) {
            return NULL;
        }
        tps_cbor_read(r, &item);
    }
    for (const cose_shape *end = shape + 2; shape != end; shape++) {
        if (item.type == TPS_CBOR_ARRAY && item.value == shape->count && (*tag == 0 || *tag == shape->tag)) {
            return shape;
        }
    }
    return NULL;
}

/* A byte string in one piece: those of indefinite length have no bytes here, not even none. */
static bool is_bytes(const tps_cbor_item *item)
{
    return item->type == TPS_CBOR_BYTES && item->bytes.data != NULL;
}

static bool read_bytes(tps_cbor_reader *r, tps_span *out)
{
    tps_cbor_item item;

    tps_cbor_read(r, &item);
    *out = item.bytes;
    return is_bytes(&item);
}

/* The members of the array, but for what is in the buckets. */
static bool read_members(tps_cbor_reader *r, const cose_shape *shapes, tps_cose_message *out)
{
    const cose_shape *shape = read_start(r, shapes, &out->tag);
    tps_cbor_item item;

    if (shape == NULL || !read_bytes(r, &out->protected_raw)) {
        return false;
    }
    /* RFC 9052, 3: an empty protected map is sent as an empty string; some send h'a0', which counts as one.
     */
    if (out->protected_raw.size == 1 && out->protected_raw.data[0] == 0xa0) {
        out->protected_raw.size = 0;
    }
    out->unprotected_raw = tps_cbor_skip(r);
    tps_cbor_read(r, &item);
    out->payload = item.bytes;
    out->is_detached = item.type == TPS_CBOR_SIMPLE && item.value == NIL;
    if ((!out->is_detached && !is_bytes(&item)) ||
        (shape->has_signature && !read_bytes(r, &out->signature))) {
        return false;
    }
    if (shape->tag >= TPS_TAG_COSE_ENCRYPT) {
        out->recipients = tps_cbor_skip(r);
        return out->recipients.size > 0 && out->recipients.data[0] >> 5 == TPS_CBOR_ARRAY;
    }
    return true;
}

tps_status cose_parse(tps_span message, const cose_shape *shapes, const tps_cose_terms *terms,
                      tps_cose_message *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(message);

    memset(out, 0, sizeof *out);
    if (message.size > TPS_COSE_MESSAGE_MAX) {
        r.status = TPS_CBOR_TOO_LONG;
    } else if (!read_members(&r, shapes, out)) {
        tps_cbor_fail(&r, TPS_COSE_NOT_WELL_FORMED);
    }
    return tps_cbor_reader_finish(&r) == TPS_OK
               ? cose_headers_read(out, terms, why)
               : tps_fail(why, r.status, tps_cbor_offset(&r), "tag or members");
}

tps_status tps_cose_sign1_parse_under(tps_span message, const tps_cose_terms *terms, tps_cose_message *out,
                                      tps_error *why)
{
    return cose_parse(message, cose_signed, terms, out, why);
}

tps_status tps_cose_sign1_parse(tps_span message, tps_cose_message *out, tps_error *why)
{
    return cose_parse(message, cose_signed, NULL, out, why);
}
