/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading COSE header buckets: each label once over both buckets, known parameters by their types, "crit"
 * obeyed, others skipped. One table drives it, so that a parameter costs four bytes and its name.
 */
#include "format/cose/headers.h"

#include "format/cbor/walk.h"

/* Sets of CBOR types. */
enum {
    UINT = 1 << TPS_CBOR_UINT,
    NUMBER = UINT | 1 << TPS_CBOR_NINT,
    BYTES = 1 << TPS_CBOR_BYTES,
    TEXT = 1 << TPS_CBOR_TEXT,
    ARRAY = 1 << TPS_CBOR_ARRAY,
    MAP = 1 << TPS_CBOR_MAP,
    TAG = 1 << TPS_CBOR_TAG
};

typedef struct {
    uint8_t label;
    uint8_t types;
    uint8_t span;   /* where its span lies among the headers, in steps of 4 bytes */
    uint8_t number; /* where its number lies, if it can be one */
} parameter;

#define AT(member) (offsetof(tps_cose_headers, member) / 4)

static const parameter known[] = {
    {TPS_HEADER_ALG, NUMBER | TEXT, 0, AT(alg)},
    {TPS_HEADER_CRIT, ARRAY, 0, 0},
    {TPS_HEADER_CONTENT_TYPE, UINT | TEXT, AT(content_type), AT(content_format)},
    {TPS_HEADER_KID, BYTES, AT(kid), 0},
    {TPS_HEADER_IV, BYTES, AT(iv), 0},
    {TPS_HEADER_PARTIAL_IV, BYTES, AT(partial_iv), 0},
    {TPS_HEADER_CORIM_META, BYTES, AT(corim_meta), 0},
    {TPS_HEADER_KID_CONTEXT, BYTES, AT(kid_context), 0},
    {TPS_HEADER_CWT_CLAIMS, MAP, AT(cwt_claims), 0},
    {TPS_HEADER_TYP, UINT | TEXT, AT(typ), AT(typ_format)},
    {TPS_HEADER_X5BAG, BYTES | ARRAY, AT(x5bag), 0},
    {TPS_HEADER_X5CHAIN, BYTES | ARRAY, AT(x5chain), 0},
    {TPS_HEADER_X5T, ARRAY, AT(x5t), AT(x5t_alg)},
    {TPS_HEADER_X5U, TAG, AT(x5u), 0},
};

enum { KNOWN_COUNT = sizeof known / sizeof known[0], TAG_URI = 32 };

/* More parameters than this in a bucket, and more items in the value of one, are an attack: to find a label
 * twice, a bucket is gone over for each of its parameters. */
enum { BUCKET_MAX = 32, ITEMS_MAX = 255, ARRAY_MAX = TPS_COSE_X5CHAIN_MAX };

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

/* True when the item is of one of the types: a number of 63 bits and a sign, a string in one piece. */
static bool is_of(const tps_cbor_item *item, uint32_t types)
{
    bool is_too_large = item->type <= TPS_CBOR_TEXT && item->value > INT64_MAX; /* indefinite lengths, too */

    return (types >> item->type & 1) != 0 && !is_too_large;
}

static int64_t number_of(const tps_cbor_item *item)
{
    return item->type == TPS_CBOR_UINT ? (int64_t)item->value : -1 - (int64_t)item->value;
}

static const parameter *find_known(const tps_cbor_item *label)
{
    uint32_t number = label->type == TPS_CBOR_UINT && label->value <= UINT8_MAX ? (uint32_t)label->value : 0;
    const parameter *p = known;

    while (p->label != number) {
        if (++p == known + KNOWN_COUNT) {
            return NULL;
        }
    }
    return p;
}

/* A map or array under way. */
typedef struct {
    tps_cbor_reader r;
    uint64_t left;
} walk;

/* Sets out on a value, whose first item is read; into its entries, if it has any. */
static void walk_begin(walk *w, tps_span encoded, tps_cbor_item *first)
{
    w->r = tps_cbor_reader_init(encoded);
    tps_cbor_read(&w->r, first);
    w->left = first->value;
}

/* The next element, read, which is a TPS_CBOR_END where it cannot be; false at the end. */
static bool walk_next(walk *w, tps_cbor_item *item)
{
    if (w->r.status != TPS_OK || w->left == 0) {
        return false;
    }
    tps_cbor_read(&w->r, item);
    if (item->type != TPS_CBOR_BREAK) {
        w->left -= w->left != TPS_CBOR_INDEFINITE_LENGTH;
        return true;
    }
    if (w->left != TPS_CBOR_INDEFINITE_LENGTH) {
        tps_cbor_fail(&w->r, TPS_CBOR_BAD_BREAK);
    }
    return false;
}

/* The next pair of a map; false at the end, or after an error. */
static bool walk_pair(walk *w, tps_cbor_item *label, tps_span *value)
{
    if (!walk_next(w, label)) {
        return false;
    }
    *value = cbor_skip_within(&w->r, ITEMS_MAX);
    return w->r.status == TPS_OK;
}

/* True when one of the pairs to come has this label: a number, or a text in one piece. */
static bool walk_find(const walk *start, const tps_cbor_item *label, tps_span *value)
{
    walk w = *start;
    tps_cbor_item item;

    while (walk_pair(&w, &item, value)) {
        if (item.type == label->type && item.value == label->value &&
            tps_span_equal(item.bytes, label->bytes)) {
            return true;
        }
    }
    return false;
}

static bool find(tps_span map, const tps_cbor_item *label, tps_span *value)
{
    tps_cbor_item item;
    walk w;

    walk_begin(&w, map, &item);
    return walk_find(&w, label, value);
}

bool tps_cose_header_find(tps_span bucket_raw, int64_t label, tps_span *value)
{
    tps_cbor_item item = {.type = label < 0 ? TPS_CBOR_NINT : TPS_CBOR_UINT};

    item.value = label < 0 ? (uint64_t)(-1 - label) : (uint64_t)label;
    if (!find(bucket_raw, &item, value)) {
        *value = TPS_SPAN_EMPTY;
        return false;
    }
    return true;
}

/* What "crit" names must be understood here or by the caller, and be protected (RFC 9052, 3.1). */
static tps_status check_critical(const bucket *b, const tps_cbor_item *label)
{
    const tps_cose_terms *terms = b->terms;
    bool is_understood = find_known(label) != NULL;
    tps_span value;

    for (uint32_t i = 0; terms != NULL && i < terms->understood_count; i++) {
        is_understood |= label->type != TPS_CBOR_TEXT && terms->understood[i] == number_of(label);
    }
    if (!is_understood) {
        return TPS_COSE_CRIT_UNKNOWN;
    }
    return find(b->message->protected_raw, label, &value) ? TPS_OK : TPS_COSE_BAD_HEADER;
}

/* Puts a number or a string where the parameter has its place. */
static void store(const bucket *b, const parameter *p, const tps_cbor_item *item)
{
    uint32_t *words = (uint32_t *)(void *)&b->message->headers;

    if (item->type <= TPS_CBOR_NINT) {
        *(int64_t *)(void *)(words + p->number) = number_of(item);
    } else {
        *(tps_span *)(void *)(words + p->span) = item->bytes;
    }
}

/* The elements of crit, of certificates (RFC 9360, 2), and of x5t, which is [hash algorithm, digest]. */
static tps_status read_array(const bucket *b, const parameter *p, walk *w)
{
    bool is_thumbprint = p->label == TPS_HEADER_X5T;
    uint32_t count = 0;
    tps_cbor_item item;

    while (walk_next(w, &item)) {
        bool is_name = p->label == TPS_HEADER_CRIT || (is_thumbprint && count == 0);
        if (!is_of(&item, is_name ? NUMBER | TEXT : BYTES) || count == ARRAY_MAX) {
            return TPS_COSE_BAD_HEADER;
        }
        if (p->label == TPS_HEADER_CRIT) {
            TPS_TRY(check_critical(b, &item));
        } else {
            store(b, p, &item);
        }
        count++;
    }
    if (p->label == TPS_HEADER_X5CHAIN) {
        b->message->headers.x5chain_count = count;
    }
    return count == 0 || (is_thumbprint && count != 2) ? TPS_COSE_BAD_HEADER : TPS_OK;
}

static tps_status read_value(const bucket *b, const parameter *p, tps_span value)
{
    tps_cose_headers *out = &b->message->headers;
    tps_cbor_item item;
    walk w;

    walk_begin(&w, value, &item);
    if (!is_of(&item, p->types) || (p->label == TPS_HEADER_CRIT && !b->is_protected)) {
        return TPS_COSE_BAD_HEADER;
    }
    if (p->label == TPS_HEADER_ALG) {
        out->is_alg_protected = b->is_protected;
        if (item.type == TPS_CBOR_TEXT) {
            return TPS_COSE_ALG_REFUSED; /* registered algorithms have numbers */
        }
    }
    if (item.type == TPS_CBOR_ARRAY) {
        TPS_TRY(read_array(b, p, &w));
    } else if (p->label == TPS_HEADER_X5CHAIN) {
        out->x5chain_count = 1;
    }
    if (p->types == ARRAY) { /* crit and x5t were read */
        return TPS_OK;
    }
    if (item.type == TPS_CBOR_TAG &&
        (item.value != TAG_URI || !tps_cbor_read(&w.r, &item) || !is_of(&item, TEXT))) {
        return TPS_COSE_BAD_HEADER;
    }
    if ((p->types & (ARRAY | MAP)) != 0) { /* as it is encoded */
        item.type = TPS_CBOR_MAP;
        item.bytes = value;
    }
    store(b, p, &item);
    return TPS_OK;
}

/* One pair of a bucket. Sets the name of a known parameter. */
static tps_status read_pair(const bucket *b, const walk *rest, const tps_cbor_item *label, tps_span value,
                            const char **name)
{
    const parameter *p = find_known(label);
    tps_span other;

    *name = p == NULL ? "label" : name_of(p);
    if (!is_of(label, NUMBER | TEXT)) {
        return TPS_COSE_BAD_HEADER;
    }
    if (walk_find(rest, label, &other)) {
        return TPS_CBOR_DUPLICATE_KEY;
    }
    if (!b->is_protected && find(b->message->protected_raw, label, &other)) {
        return TPS_COSE_DUPLICATE_HEADER;
    }
    return p == NULL ? TPS_OK : read_value(b, p, value);
}

/* A bucket: a map with nothing behind it. */
static tps_status read_bucket(const bucket *b, tps_span map, tps_error *why)
{
    const char *name = "headers";
    uint32_t count = 0;
    tps_cbor_item label;
    tps_span value;
    walk w;

    walk_begin(&w, map, &label);
    if (label.type != TPS_CBOR_MAP) {
        tps_cbor_fail(&w.r, TPS_COSE_NOT_WELL_FORMED);
    }
    while (walk_pair(&w, &label, &value)) {
        w.r.status = count++ == BUCKET_MAX ? TPS_CBOR_TOO_MANY : read_pair(b, &w, &label, value, &name);
    }
    return tps_cbor_reader_finish(&w.r) == TPS_OK ? TPS_OK
                                                  : tps_fail(why, w.r.status, tps_cbor_offset(&w.r), name);
}

tps_status cose_headers_read(tps_cose_message *message, const tps_cose_terms *terms, tps_error *why)
{
    bucket b = {message, terms, true};
    tps_cose_headers *out = &message->headers;

    out->content_format = UINT64_MAX;
    out->typ_format = UINT64_MAX;
    if (message->protected_raw.size > 0) {
        TPS_TRY(read_bucket(&b, message->protected_raw, why));
    }
    b.is_protected = false;
    return read_bucket(&b, message->unprotected_raw, why);
}
