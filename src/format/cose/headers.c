/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading COSE header buckets: each label once over both buckets, known parameters by their types, "crit"
 * obeyed, others skipped. Driven by one table, so that a parameter costs four bytes.
 */
#include "format/cose/headers.h"

/* What a value must be. */
enum {
    IS_ALG,
    IS_CRIT,
    IS_NAME, /* text, or a number for it */
    IS_BYTES,
    IS_MAP,
    IS_CERTIFICATES,
    IS_THUMBPRINT,
    IS_URI
};

typedef struct {
    uint8_t label;
    uint8_t type;
    uint16_t at; /* where its span lies among the headers */
} parameter;

#define AT(member) offsetof(tps_cose_headers, member)

static const parameter known[] = {
    {TPS_HEADER_ALG, IS_ALG, 0},
    {TPS_HEADER_CRIT, IS_CRIT, 0},
    {TPS_HEADER_CONTENT_TYPE, IS_NAME, AT(content_type)},
    {TPS_HEADER_KID, IS_BYTES, AT(kid)},
    {TPS_HEADER_IV, IS_BYTES, AT(iv)},
    {TPS_HEADER_PARTIAL_IV, IS_BYTES, AT(partial_iv)},
    {TPS_HEADER_CORIM_META, IS_BYTES, AT(corim_meta)},
    {TPS_HEADER_KID_CONTEXT, IS_BYTES, AT(kid_context)},
    {TPS_HEADER_CWT_CLAIMS, IS_MAP, AT(cwt_claims)},
    {TPS_HEADER_TYP, IS_NAME, AT(typ)},
    {TPS_HEADER_X5BAG, IS_CERTIFICATES, AT(x5bag)},
    {TPS_HEADER_X5CHAIN, IS_CERTIFICATES, AT(x5chain)},
    {TPS_HEADER_X5T, IS_THUMBPRINT, AT(x5t)},
    {TPS_HEADER_X5U, IS_URI, AT(x5u)},
};

enum { KNOWN_COUNT = sizeof known / sizeof known[0], TAG_URI = 32 };

/* More parameters than this in a bucket are an attack: to find a label twice costs their number squared. */
enum { BUCKET_MAX = 32 };

/* The names of the parameters, in the table's order. */
static const char names[] = "alg\0crit\0content type\0kid\0IV\0Partial IV\0corim-meta\0kid context\0"
                            "CWT claims\0typ\0x5bag\0x5chain\0x5t\0x5u";

/* One bucket under way. */
typedef struct {
    tps_cose_message *message;
    const tps_cose_terms *terms;
    bool is_protected;
} bucket;

static const char *name_of(const parameter *p)
{
    const char *name = names;

    for (const parameter *at = known; at != p; at++) {
        name += strlen(name) + 1;
    }
    return name;
}

static const parameter *find_known(const tps_cbor_item *label)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (label->type == TPS_CBOR_UINT && label->value == known[i].label) {
            return &known[i];
        }
    }
    return NULL;
}

/* ---- finding by label ---- */

/* True when the bucket has a pair with this label: a number, or a text of definite length. */
static bool find(tps_span map, const tps_cbor_item *label, tps_span *value)
{
    tps_cbor_reader r = tps_cbor_reader_init(map);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    tps_cbor_item item;

    while (tps_cbor_next(&r, &list) && tps_cbor_read(&r, &item)) {
        *value = tps_cbor_skip(&r);
        if (item.type == label->type && item.value == label->value &&
            tps_span_equal(item.bytes, label->bytes)) {
            return r.status == TPS_OK;
        }
    }
    *value = TPS_SPAN_EMPTY;
    return false;
}

bool tps_cose_header_find(tps_span bucket_raw, int64_t label, tps_span *value)
{
    tps_cbor_item item = {.type = label < 0 ? TPS_CBOR_NINT : TPS_CBOR_UINT};

    item.value = label < 0 ? (uint64_t)(-1 - label) : (uint64_t)label;
    return find(bucket_raw, &item, value);
}

/* ---- values ---- */

static bool is_number(const tps_cbor_item *item)
{
    return item->type <= TPS_CBOR_NINT && item->value <= INT64_MAX;
}

static int64_t number_of(const tps_cbor_item *item)
{
    return item->type == TPS_CBOR_UINT ? (int64_t)item->value : -1 - (int64_t)item->value;
}

static bool is_string(const tps_cbor_item *item, uint32_t type)
{
    return item->type == type && item->value != TPS_CBOR_INDEFINITE_LENGTH;
}

static bool is_understood_by_caller(const tps_cose_terms *terms, int64_t label)
{
    for (uint32_t i = 0; terms != NULL && i < terms->understood_count; i++) {
        if (terms->understood[i] == label) {
            return true;
        }
    }
    return false;
}

/* What "crit" names must be understood by somebody, and stand in the protected bucket (RFC 9052, 3.1). */
static tps_status check_critical(const bucket *b, const tps_cbor_item *label)
{
    tps_span value;

    if (label->type == TPS_CBOR_TEXT) {
        return TPS_COSE_CRIT_UNKNOWN;
    }
    if (!is_number(label)) {
        return TPS_COSE_BAD_HEADER;
    }
    if (find_known(label) == NULL && !is_understood_by_caller(b->terms, number_of(label))) {
        return TPS_COSE_CRIT_UNKNOWN;
    }
    return find(b->message->protected_raw, label, &value) ? TPS_OK : TPS_COSE_BAD_HEADER;
}

static tps_status read_crit(const bucket *b, tps_span value)
{
    tps_cbor_reader r = tps_cbor_reader_init(value);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    tps_status status = TPS_COSE_BAD_HEADER; /* of an empty one, too */
    tps_cbor_item label;

    while (b->is_protected && tps_cbor_next(&r, &list) && tps_cbor_read(&r, &label)) {
        status = check_critical(b, &label);
        if (status != TPS_OK) {
            return status;
        }
    }
    return status;
}

/* The number of certificates: one as a byte string, or an array of them (RFC 9360, 2). 0: a wrong shape. */
static uint32_t count_certificates(tps_cbor_reader *r, const tps_cbor_item *first)
{
    tps_cbor_list list = {first->value};
    uint32_t count = 0;
    tps_cbor_item item;

    if (is_string(first, TPS_CBOR_BYTES)) {
        return 1;
    }
    while (first->type == TPS_CBOR_ARRAY && tps_cbor_next(r, &list) && tps_cbor_read(r, &item)) {
        if (!is_string(&item, TPS_CBOR_BYTES) || count == TPS_COSE_X5CHAIN_MAX) {
            return 0;
        }
        count++;
    }
    return count;
}

static bool read_certificates(tps_cbor_reader *r, const tps_cbor_item *first, const parameter *p,
                              tps_cose_headers *out)
{
    uint32_t count = count_certificates(r, first);

    if (p->label == TPS_HEADER_X5CHAIN) {
        out->x5chain_count = count;
    }
    return count > 0;
}

/* COSE_CertHash: [hash algorithm, digest] (RFC 9360, 2). */
static bool read_thumbprint(tps_cbor_reader *r, const tps_cbor_item *array, tps_cose_headers *out)
{
    tps_cbor_item alg;
    tps_cbor_item digest;

    if (array->type != TPS_CBOR_ARRAY || array->value != 2 || !tps_cbor_read(r, &alg) ||
        !tps_cbor_read(r, &digest) || !is_string(&digest, TPS_CBOR_BYTES)) {
        return false;
    }
    out->x5t_alg = is_number(&alg) ? number_of(&alg) : 0;
    out->x5t = digest.bytes;
    return is_number(&alg) || is_string(&alg, TPS_CBOR_TEXT);
}

static bool read_name(const tps_cbor_item *item, const parameter *p, tps_cose_headers *out, tps_span *text)
{
    if (item->type == TPS_CBOR_UINT) {
        *(p->label == TPS_HEADER_TYP ? &out->typ_format : &out->content_format) = item->value;
        return true;
    }
    *text = item->bytes;
    return is_string(item, TPS_CBOR_TEXT);
}

static tps_status read_alg(const tps_cbor_item *item, const bucket *b, tps_cose_headers *out)
{
    if (item->type == TPS_CBOR_TEXT) {
        return TPS_COSE_ALG_REFUSED; /* registered algorithms have numbers */
    }
    out->alg = number_of(item);
    out->is_alg_protected = b->is_protected;
    return is_number(item) ? TPS_OK : TPS_COSE_BAD_HEADER;
}

static tps_status read_value(const bucket *b, const parameter *p, tps_span value)
{
    tps_cose_headers *out = &b->message->headers;
    tps_span *at = (tps_span *)(void *)((uint8_t *)out + p->at);
    tps_cbor_reader r = tps_cbor_reader_init(value);
    tps_cbor_item item;
    bool is_good = tps_cbor_read(&r, &item);

    switch (p->type) {
    case IS_ALG: return read_alg(&item, b, out);
    case IS_CRIT: return read_crit(b, value);
    case IS_NAME: is_good = read_name(&item, p, out, at); break;
    case IS_THUMBPRINT: is_good = read_thumbprint(&r, &item, out); break;
    case IS_MAP:
        is_good = item.type == TPS_CBOR_MAP;
        *at = value;
        break;
    case IS_CERTIFICATES:
        is_good = read_certificates(&r, &item, p, out);
        *at = value;
        break;
    case IS_URI:
        is_good = item.type == TPS_CBOR_TAG && item.value == TAG_URI && tps_cbor_read(&r, &item) &&
                  is_string(&item, TPS_CBOR_TEXT);
        *at = item.bytes;
        break;
    default: /* IS_BYTES */
        is_good = is_string(&item, TPS_CBOR_BYTES);
        *at = item.bytes;
        break;
    }
    return is_good ? TPS_OK : TPS_COSE_BAD_HEADER;
}

/* ---- buckets ---- */

static tps_status read_pair(const bucket *b, const tps_cbor_item *label, tps_span value, const char **name)
{
    const parameter *p = find_known(label);
    tps_span other;

    if (p != NULL) {
        *name = name_of(p);
    }
    if (!is_number(label) && label->type != TPS_CBOR_TEXT) {
        *name = "a label is neither number nor text";
        return TPS_COSE_BAD_HEADER;
    }
    if (!b->is_protected && find(b->message->protected_raw, label, &other)) {
        return TPS_COSE_DUPLICATE_HEADER;
    }
    return p == NULL ? TPS_OK : read_value(b, p, value);
}

static tps_status read_bucket(const bucket *b, tps_span map, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(map);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    uint32_t count = 0;
    tps_cbor_item label;

    while (tps_cbor_next(&r, &list) && tps_cbor_read(&r, &label)) {
        const char *name = NULL;
        tps_span value = tps_cbor_skip(&r);
        tps_status status = count++ == BUCKET_MAX ? TPS_CBOR_TOO_MANY : read_pair(b, &label, value, &name);
        if (status != TPS_OK) {
            return tps_fail(why, status, tps_cbor_offset(&r), name);
        }
    }
    return r.status == TPS_OK ? TPS_OK : tps_fail(why, TPS_COSE_NOT_WELL_FORMED, 0, "headers");
}

tps_status cose_headers_read(tps_cose_message *message, const tps_cose_terms *terms, tps_error *why)
{
    bucket b = {message, terms, true};
    tps_cose_headers *out = &message->headers;

    out->content_format = UINT64_MAX;
    out->typ_format = UINT64_MAX;
    if (message->protected_raw.size > 0) {
        TPS_TRY(tps_cbor_check(message->protected_raw, &tps_cbor_limits_message, NULL, why));
        TPS_TRY(read_bucket(&b, message->protected_raw, why));
    }
    b.is_protected = false;
    TPS_TRY(read_bucket(&b, message->unprotected_raw, why));
    return out->iv.data != NULL && out->partial_iv.data != NULL
               ? tps_fail(why, TPS_COSE_BAD_HEADER, 0, "IV and Partial IV")
               : TPS_OK;
}
